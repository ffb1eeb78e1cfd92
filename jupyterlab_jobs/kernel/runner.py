"""Runs one job's work in a thread of its own.

Guarantee: however the work ends, and whenever a kill arrives, exactly one of the `Ending`'s methods is called, and no
exception leaves the thread. `BaseException` is caught exactly where the user's code runs.
"""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any, Protocol

from .errors import JobKilled
from .kill import stems_from_kill
from .threads import run_as

if TYPE_CHECKING:
    from .job import Job
    from .work import Work


class Observer(Protocol):
    """Who is told how a job goes. Called in the job's thread."""

    def job_starts(self, job: Job) -> bool:
        """The thread is there; returns whether to go on: False if the job was killed while it was queued."""

    def job_returned(self, job: Job, work: Work, value: Any) -> None:
        """The work is done."""

    def job_raised(self, job: Job, error: BaseException) -> None:
        """The work has failed."""

    def job_was_killed(self, job: Job) -> None:
        """The work was ended by a kill."""


def start_thread(job: Job, work: Work, observer: Observer) -> None:
    """Start the job's thread."""
    threading.Thread(
        # A daemon: the kernel's shutdown must not wait for it.
        target=run_as,
        args=(job, _run, job, work, observer),
        name=f"job-{job.id}",
        daemon=True,
    ).start()


def _run(job: Job, work: Work, observer: Observer) -> None:
    if not observer.job_starts(job):
        return
    outcome = _call(job, work)
    if isinstance(outcome, _Returned):
        observer.job_returned(job, work, outcome.value)
    elif job.kill_switch.requested and (stems_from_kill(outcome) or isinstance(outcome, asyncio.CancelledError)):
        # What was started while the kill was under way.
        children = job.kill_switch.children
        children.kill(children.family())
        observer.job_was_killed(job)
    else:
        observer.job_raised(job, outcome)


class _Returned:
    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


def _call(job: Job, work: Work) -> _Returned | BaseException:
    """Run the work with the kill switch open."""
    switch = job.kill_switch
    outcome: _Returned | BaseException | None = None
    # A strike can hit between the end of the work and that of close(), and an insistent one hits twice. While one is
    # being handled no further one is sent (see KillSwitch.strike).
    try:
        try:
            try:
                switch.open()
                outcome = _Returned(work.run(job))
            except BaseException as error:
                outcome = error
            switch.close()
        except JobKilled as late:
            if outcome is None:
                outcome = late
            switch.close()
    except JobKilled as later:
        if outcome is None:
            outcome = later
        switch.close()
    try:
        assert outcome is not None
        return outcome
    finally:
        # An exception refers to this frame: this frame must not refer to it.
        del outcome
