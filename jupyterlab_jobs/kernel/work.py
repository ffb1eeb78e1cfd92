"""What a job does: call a function, or run a cell's code."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from IPython.core.interactiveshell import InteractiveShell

from .namespace import Namespace
from .source import CompiledSource

if TYPE_CHECKING:
    from .job import Job


class Work(Protocol):
    """What a job does."""

    def begin(self) -> None:
        """The job is about to start. Called in the thread that starts it."""

    def run(self, job: Job) -> Any:
        """Do it, and return the job's result; may raise anything. Called in the job's thread."""

    def land(self) -> None:
        """Publish the variables of a job that has finished. Called in the job's thread."""


@dataclass(frozen=True, slots=True)
class FunctionWork:
    """Calls a function; a coroutine runs in an event loop of the job's own."""

    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]

    def begin(self) -> None:
        """There is nothing to prepare."""

    def run(self, job: Job) -> Any:
        value = self.function(*self.args, **self.kwargs)
        return job._kill_switch.run_coroutine(value) if inspect.iscoroutine(value) else value

    def land(self) -> None:
        """A function's variables are its own."""


class SourceWork:
    """Runs code in a snapshot of the notebook's names, and shows the value of its last expression."""

    __slots__ = ("_namespace", "_shell", "_source")

    def __init__(self, shell: InteractiveShell, source: CompiledSource) -> None:
        self._shell = shell
        self._source = source

    def begin(self) -> None:
        # Here, and not in the job's thread: the next turn of a loop around `%job` changes the variables.
        self._namespace = Namespace(self._shell.user_ns)

    def run(self, job: Job) -> Any:
        return run_source(job, self._source, self.names)

    def land(self) -> None:
        self._namespace.land()

    @property
    def names(self) -> dict[str, Any]:
        """The names that the code sees. Only after `begin`."""
        return self._namespace.names


def run_source(job: Job, source: CompiledSource, names: dict[str, Any]) -> Any:
    """Run code in `names`, and show the value of its last expression; returns it. Called in the job's thread."""
    value = job._kill_switch.run_coroutine(source.run_async(names)) if source.is_async else source.run(names)
    if value is not None and source.shows_value:
        # Here, and not after the end: a __repr__ is the user's code too, and must be killable.
        sys.displayhook(value)
    return value
