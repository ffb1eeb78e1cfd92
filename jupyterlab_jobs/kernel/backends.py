"""Where jobs run, beside the threads of the kernel: what an engine has to do, and which there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from .remote_task import Outcome, Packed

if TYPE_CHECKING:
    from .job import Job

THREAD = "thread"


class Session(Protocol):
    """A place where tasks of one job are done, one after the other. Used by one thread of the job."""

    def run(self, packed: Packed) -> Outcome:
        """Have a `remote_worker.TaskRunner` do a task there; returns what has become of it.

        The thread waits here: when the job is killed, `JobKilled` is raised in it. What the task writes goes to the
        job's output.
        """

    def close(self) -> None:
        """Give the place up. What still runs there because of the job has ended when this returns."""


class Backend(Protocol):
    """Runs the pickled tasks of jobs somewhere else."""

    def open(self, job: Job) -> Session:
        """A place for tasks of this job. Called in a thread of the job's, undisturbed by a kill."""


class Backends:
    """The backends by their names."""

    def __init__(self) -> None:
        self._backends: dict[str, Backend] = {}

    def register(self, name: str, backend: Backend) -> None:
        """Add a backend, or put another in its place; raises `ValueError` for a name that cannot be typed."""
        if name == THREAD or not name.isidentifier():
            raise ValueError(f"{name!r} is no name for a backend")
        self._backends[name] = backend

    def get(self, name: str) -> Backend | None:
        """The backend; None for the threads of the kernel. Raises `ValueError` if there is none."""
        if name == THREAD:
            return None
        if name not in self._backends:
            raise ValueError(f"unknown backend {name!r}; backends are: {', '.join(self.names)}")
        return self._backends[name]

    @property
    def names(self) -> list[str]:
        """All names, the threads' first."""
        return [THREAD, *self._backends]
