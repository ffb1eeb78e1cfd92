"""What the runtime raises."""

from __future__ import annotations

from concurrent.futures import CancelledError


class JobKilled(BaseException):
    """Raised inside of a job that is being killed.

    Derives from `BaseException`, so that `except Exception` in a job's retry loop does not swallow the kill.
    """


class JobWasKilled(CancelledError):
    """Raised by `Job.result()` of a job that was killed."""


class JobTimedOut(JobWasKilled, TimeoutError):
    """Raised by `Job.result()` of a job that was killed because its time was up."""


class NoSuchVariable(KeyError):
    """A job has no variable of this name; says why."""

    def __str__(self) -> str:
        # Not a `KeyError`'s, which quotes its message.
        return str(self.args[0])


class NoSuchJob(LookupError):
    """There is no job with this id."""

    def __init__(self, job_id: object) -> None:
        super().__init__(f"there is no job {job_id}; `%jobs` lists those there are")
