"""Runs one job's work in a thread of its own.

Guarantee: however the work ends, and whenever a kill arrives, exactly one of the `Observer`'s methods is called, and no
exception leaves the thread. `BaseException` is caught exactly where the user's code runs.
"""

from __future__ import annotations

import asyncio
import functools
import time
from typing import TYPE_CHECKING, Any, Protocol

from .async_exception import stems_from_kill
from .figures import show_figures
from .kill import Returned
from .threads import run_as, start_own_thread
from .tracebacks import drop_frames

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

    def job_was_killed(self, job: Job, ended: float) -> None:
        """The work was ended by a kill."""


def start_thread(job: Job, work: Work, observer: Observer) -> None:
    """Start the job's thread."""
    start_own_thread(f"job-{job.id}", run_as, job, _run, job, work, observer)


def _work(job: Job, work: Work) -> Any:
    """Do the work and show its figures, also those of work that fails."""
    try:
        value = work.run(job)
    except BaseException:
        if not job._kill_switch.requested:
            show_figures()
        raise
    show_figures()
    return value


def _run(job: Job, work: Work, observer: Observer) -> None:
    if not observer.job_starts(job):
        return
    switch = job._kill_switch
    outcome = switch.run(functools.partial(_work, job, work))
    # Without waiting for more: a process that the job has left behind may run for long.
    job._output.hear_children()
    if isinstance(outcome, Returned):
        observer.job_returned(job, work, outcome.value)
    elif switch.requested and (stems_from_kill(outcome) or isinstance(outcome, asyncio.CancelledError)):
        drop_frames(outcome)
        # The threads that it has started are being killed as well, and the processes that were started meanwhile.
        switch.wait_until_all_gone()
        switch.end_children()
        ended = time.time()
        # Nobody hears of the end before the system has forgotten them, for which another process may have to wait.
        switch.children.reap()
        observer.job_was_killed(job, ended)
    else:
        observer.job_raised(job, outcome)
