"""Where jobs run, beside the threads of the kernel: what an engine has to do, and which there are."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from .remote_task import Packed

if TYPE_CHECKING:
    from .job import Job

THREAD = "thread"

Message = tuple[Any, ...]
"""What is told while a task is being done; the kind comes first.

`("stream", "stdout" or "stderr", text)`, `("message", type, content)` as in the Jupyter protocol (`display_data`,
`update_display_data`, `execute_result`, `clear_output`, `error`) and `("progress", done, total, text)` come from
`worker.run_task`; a session may add `("place", text, url or None)`, where the task is being done, and
`("note", text)`, a line for the job's cell.
"""

Receive = Callable[[Message], None]


class Held(Protocol):
    """The outcome of a task that has not failed, which stays where it is until somebody wants it."""

    def fetch(self) -> Packed:
        """Get it. May be called in any thread, and more than once."""


class Session(Protocol):
    """A place where tasks of one job are done, one after the other. `run` and `close` are called in one thread."""

    def run(self, task: Packed, receive: Receive, *, may_hold: bool) -> Packed | Held:
        """Have `worker.run_task` do a task there; returns what that returns.

        Everything that it sends goes to `receive`, in order, before this returns. Raises an exception, whose
        text a user understands, if the task could not be done. Only with `may_hold` may the outcome stay there.
        """

    def kill(self) -> None:
        """Have the code end that runs there, and whatever it has started; `run` then returns or raises.

        Called at most once, in a thread of its own, while `run` is being called; may wait.
        """

    def close(self) -> None:
        """Give the place up. What still runs there because of the job has ended when this returns."""


class Backend(Protocol):
    """Runs the tasks of jobs somewhere else."""

    def require(self) -> None:
        """Raise `IPython.core.error.UsageError`, which says what to install, if it cannot be used here.

        Called for every job, in the thread that submits it: takes no time.
        """

    @property
    def workers(self) -> int:
        """How many tasks it does at once: so many are given to it by one `jobs.map`."""

    def open(self, job: Job, setup: Packed | None) -> Session:
        """A place for tasks of this job. Called in a thread of the job's, undisturbed by a kill.

        `setup` is what `worker.run_task` is given with each task of the session. Raises as `Session.run` does.
        """


def unknown_backend(name: str, names: list[str]) -> ValueError:
    """What is raised for a name that no backend has."""
    return ValueError(f"unknown backend {name!r}; backends are: {', '.join(names)}")


class Backends:
    """The backends by their names."""

    def __init__(self) -> None:
        self._backends: dict[str, Backend] = {}

    def register(self, name: str, backend: Backend) -> None:
        """Add a backend, or put another in its place; raises `ValueError` for a name that cannot be typed.

        `TypeError` for what is no backend.
        """
        if name == THREAD or not name.isidentifier():
            raise ValueError(f"{name!r} is no name for a backend")
        # Of the class: the property may take its time.
        missing = [part for part in ("require", "workers", "open") if not hasattr(type(backend), part)]
        if missing:
            raise TypeError(f"a backend has {' and '.join(missing)}; {type(backend).__name__} has not")
        self._backends[name] = backend

    def get(self, name: str) -> Backend | None:
        """The backend; None for the threads of the kernel. Raises `ValueError` if there is none."""
        if name == THREAD:
            return None
        if name not in self._backends:
            raise unknown_backend(name, self.names)
        return self._backends[name]

    @property
    def names(self) -> list[str]:
        """All names, the threads' first."""
        return [THREAD, *self._backends]
