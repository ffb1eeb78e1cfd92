"""How the failure of what ran somewhere else comes to its job."""

from __future__ import annotations

from .job import JobError


class RemoteFailure(Exception):
    """Carries an exception that was raised somewhere else, and how it was shown there."""

    def __init__(self, error: BaseException, described: JobError) -> None:
        super().__init__()
        self.error = error
        self.described = described
