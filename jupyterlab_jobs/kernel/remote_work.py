"""What a job does that runs somewhere else: its part in the kernel."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from .backends import Backend, Session
from .remote_failure import RemoteFailure
from .remote_task import (
    CallTask,
    CodeTask,
    NotPicklable,
    Outcome,
    Packed,
    Surroundings,
    first_unpicklable,
    pack,
    require_cloudpickle,
    type_name,
)
from .tracebacks import add_traceback

if TYPE_CHECKING:
    from .job import Job


@contextlib.contextmanager
def opened(backend: Backend, job: Job) -> Iterator[Session]:
    """A session of a backend, which is closed whatever happens."""
    switch = job._kill_switch
    sessions: list[Session] = []
    try:
        # Kept before the kill, which may come when it is open, is raised.
        switch.undisturbed(lambda: sessions.append(backend.open(job)))
        yield sessions[0]
    finally:
        for session in sessions:
            switch.undisturbed(session.close)


class RemoteCalls:
    """Calls a function for a job's items somewhere else."""

    def __init__(self, backend: Backend, function: Callable[[Any], Any]) -> None:
        require_cloudpickle()
        self._backend = backend
        self._function = function

    @contextlib.contextmanager
    def opened(self, job: Job) -> Iterator[Callable[[Any], Any]]:
        """The function, for one thread of the job's."""
        with opened(self._backend, job) as session:
            surroundings: Surroundings | None = Surroundings.present()

            def call(item: Any) -> Any:
                nonlocal surroundings
                task = CallTask(self._function, (item,), {})
                outcome = session.run(pack_task(task, {"the function": self._function, "the item": item}, surroundings))
                surroundings = None
                if outcome.error is not None:
                    assert outcome.described is not None
                    add_traceback(outcome.error, outcome.described)
                    raise outcome.error
                return _result(outcome)

            yield call


class RemoteWork:
    """Packs its task when the job starts, so that it has the values of that moment."""

    def __init__(self, backend: Backend) -> None:
        require_cloudpickle()
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
            outcome = session.run(packed)
        if outcome.error is not None:
            assert outcome.described is not None
            raise RemoteFailure(outcome.error, outcome.described)
        return outcome


class RemoteCallWork(RemoteWork):
    """Calls a function."""

    namespace = None

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
        return pack_task(task, values, Surroundings.present())

    def run(self, job: Job) -> Any:
        return _result(self._outcome(job))


def _result(outcome: Outcome) -> Any:
    if "" in outcome.kept_back:
        raise NotPicklable(f"the result ({outcome.kept_back['']}) cannot be pickled, and stays where it was made")
    return outcome.value


def pack_task(task: CallTask | CodeTask, values: Mapping[str, Any], surroundings: Surroundings | None) -> Packed:
    """Pickle a task; raises `NotPicklable` that names the one of its `values` that cannot be."""
    try:
        return pack((surroundings, task))
    except Exception as error:
        name = first_unpicklable(values)
        if name is None:
            raise
        raise NotPicklable(
            f"`{name}` ({type_name(values[name])}) cannot be pickled, as what goes to another process must be: make it "
            f"in the job, or run the job in a thread ({type(error).__name__}: {error})"
        ) from None
