"""How the failure of what ran somewhere else comes to its job."""

from __future__ import annotations

from .job import JobError


class RemoteFailure(Exception):
    """Carries an exception that was raised somewhere else, and how it was shown there."""

    def __init__(self, error: BaseException, described: JobError) -> None:
        super().__init__()
        self.error = error
        self.described = described


class BackendError(RuntimeError):
    """A task could not be done, for a reason that is not in the code. Shown without a traceback."""

    def _render_traceback_(self) -> list[str]:
        return [f"{type(self).__name__}: {self}"]
