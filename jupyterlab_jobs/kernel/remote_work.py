"""What a job does that runs somewhere else: its part in the kernel."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from IPython.core.interactiveshell import InteractiveShell

from . import surroundings
from .backends import Backend
from .cell_sources import sources_of
from .remote_failure import RemoteFailure
from .remote_session import opened
from .remote_task import (
    CallTask,
    ItemOutcome,
    ItemsTask,
    MapSetup,
    NotPicklable,
    Outcome,
    Packed,
    first_unpicklable,
    pack,
    require_cloudpickle,
    stays,
    type_name,
)

if TYPE_CHECKING:
    from .job import Job


class RemoteCalls:
    """Calls a function for a job's items somewhere else."""

    def __init__(self, backend: Backend, function: Callable[[Any], Any], *, stops: bool) -> None:
        """With `stops`, items after one that fails are left alone, of those that are given at once."""
        require_cloudpickle()
        backend.require()
        self._backend = backend
        self._function = function
        self._stops = stops
        self._packing = threading.Lock()
        self._setup: Packed | None = None

    @property
    def workers(self) -> int:
        """How many items can be worked on at once."""
        return self._backend.workers

    @contextlib.contextmanager
    def opened(self, job: Job) -> Iterator[Callable[[list[Any]], list[ItemOutcome]]]:
        """What does some items, for one thread of the job's."""
        with self._packing:
            if self._setup is None:
                name = getattr(self._function, "__qualname__", "the function")
                self._setup = pack_task(MapSetup(surroundings.present(), self._function), {name: self._function})
        with opened(self._backend, job, self._setup) as session:

            def call(items: list[Any]) -> list[ItemOutcome]:
                try:
                    packed = pack_task((None, ItemsTask(items, self._stops)), {"the item": items[0]})
                except Exception as error:
                    if len(items) == 1:
                        return [ItemOutcome(error=error)]
                    outcomes: list[ItemOutcome] = []
                    for item in items:
                        outcomes += call([item])
                        if self._stops and outcomes[-1].error is not None:
                            break
                    return outcomes
                return list(_value(session.run(packed)))

            yield call


class RemoteWork:
    """Packs its task when the job starts, so that it has the values of that moment."""

    _may_hold = False

    def __init__(self, backend: Backend) -> None:
        require_cloudpickle()
        backend.require()
        self._backend = backend
        self._packed: Packed | Exception | None = None

    def _pack(self) -> Packed:
        raise NotImplementedError

    def begin(self) -> None:
        if self._packed is None:
            try:
                self._packed = self._pack()
            except Exception as error:
                # Told as the failure of the job: there may be nobody else to tell by now.
                self._packed = error

    def _outcome(self, job: Job) -> Outcome:
        packed, self._packed = self._packed, None
        if isinstance(packed, Exception):
            raise packed
        assert packed is not None
        with opened(self._backend, job) as session:
            outcome = session.run_and_hold(packed) if self._may_hold else session.run(packed)
        _value(outcome)
        return outcome


class RemoteCallWork(RemoteWork):
    """Calls a function."""

    namespace = None
    _may_hold = True

    def __init__(
        self, backend: Backend, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        super().__init__(backend)
        self.function = function
        self._task = CallTask(function, args, kwargs)

    def _pack(self) -> Packed:
        task = self._task
        values = {getattr(task.function, "__qualname__", "the function"): task.function}
        values |= {f"argument {n}": value for n, value in enumerate(task.args, 1)} | task.kwargs
        return pack_task((surroundings.present(), task), values)

    def run(self, job: Job) -> Any:
        return _result(self._outcome(job))


def _result(outcome: Outcome) -> Any:
    if "" in outcome.kept_back:
        raise NotPicklable(stays(outcome.kept_back[""]))
    return outcome.value


def _value(outcome: Outcome) -> Any:
    if outcome.error is not None:
        assert outcome.described is not None
        raise RemoteFailure(outcome.error, outcome.described)
    return outcome.value


def pack_task(task: Any, values: Mapping[str, Any]) -> Packed:
    """Pickle a task, with the text of the cells that its code is from.

    Raises `NotPicklable` that names the one of its `values` that cannot be pickled.
    """
    try:
        packed = pack(task)
    except Exception as error:
        name = first_unpicklable(values)
        if name is None:
            raise
        raise NotPicklable(
            f"`{name}` ({type_name(values[name])}) cannot be pickled, as what goes to another process must be: make it "
            f"in the job, or run the job in a thread ({type(error).__name__}: {error})"
        ) from None
    return replace(packed, sources=sources_of(InteractiveShell.instance(), packed.code_files))
