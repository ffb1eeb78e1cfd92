"""What a job does: call a function, or run a cell's code."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from IPython.core.interactiveshell import InteractiveShell

from .job_names import notebook_names
from .namespace import Namespace
from .source import CompiledSource

if TYPE_CHECKING:
    from .job import Job


class Work(Protocol):
    """What a job does."""

    def begin(self) -> None:
        """The job waits for nobody any more. Called in the thread that starts it; only the first call counts."""

    def run(self, job: Job) -> Any:
        """Do it, and return the job's result; may raise anything. Called in the job's thread."""

    @property
    def namespace(self) -> Namespace | None:
        """The names of the code, if they are not somebody else's. Only after `begin`."""


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

    @property
    def namespace(self) -> None:
        """A function's variables are its own."""


class SourceWork:
    """Runs code, and shows the value of its last expression.

    The code has a snapshot of the names that are visible where the job is started; or the notebook's own, if they are
    to be shared.
    """

    __slots__ = ("_is_shared", "_shell", "_source", "namespace")

    def __init__(self, shell: InteractiveShell, source: CompiledSource, *, is_shared: bool = False) -> None:
        self._shell = shell
        self._source = source
        self._is_shared = is_shared
        self.namespace: Namespace | None = None

    def begin(self) -> None:
        # Here, and not in the job's thread: the next turn of a loop around `%job` changes the variables.
        if not self._is_shared and self.namespace is None:
            self.namespace = Namespace(notebook_names(self._shell), self._shell.user_ns)

    def run(self, job: Job) -> Any:
        names = notebook_names(self._shell) if self.namespace is None else self.namespace.names
        return run_source(job, self._source, names)


def run_source(job: Job, source: CompiledSource, names: dict[str, Any]) -> Any:
    """Run code in `names`, and show the value of its last expression; returns it. Called in the job's thread."""
    value = job._kill_switch.run_coroutine(source.run_async(names)) if source.is_async else source.run(names)
    if value is not None and source.shows_value:
        # Here, and not after the end: a __repr__ is the user's code too, and must be killable.
        sys.displayhook(value)
    return value
