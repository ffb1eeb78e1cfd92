"""The jobs of one kernel."""

from __future__ import annotations

import functools
import itertools
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from .deadlines import Deadlines
from .errors import JobTimedOut, JobWasKilled, NoSuchJob
from .job import Job, JobError
from .kill import KillSwitch, Returned
from .namespace import Landing
from .publisher import Publisher
from .reaper import Reaper
from .remote_failure import RemoteFailure
from .runner import start_thread
from .scheduler import Awaited, Scheduler
from .states import ENDED, State, check_transition
from .threads import current_job, start_own_thread, undisturbed
from .tracebacks import add_traceback, drop_frames, undescribed
from .work import Work

DEFAULT_HISTORY = 10_000


class Registry:
    """The table of all jobs, and the only place where a job's state changes.

    `_lock` guards the table and every job's state. Nothing is published and no callback is called under it.
    """

    def __init__(
        self,
        publisher: Publisher,
        describe_error: Callable[[BaseException], JobError],
        current_request: Callable[[], str],
        make_ready: Callable[[], None],
        limit_of: Callable[[str], int | None],
    ) -> None:
        self.publisher = publisher
        self.current_request = current_request
        self._make_ready = make_ready
        self._describe_error = describe_error
        self._lock = threading.Lock()
        self._by_id: dict[int, Job] = {}
        self.history = DEFAULT_HISTORY
        """How many jobs that have ended stay in the list: then the first of them are forgotten, as `remove` does."""
        self._ended: dict[Job, None] = {}  # in the order of their ends
        self._last_id = 0
        self._spent = KillSwitch()
        """That of all jobs that have ended and left no thread or process behind: each takes a kilobyte."""
        self._reaper = Reaper(self._tell_stuck)
        self._deadlines = Deadlines(self._time_is_up)
        self.scheduler = Scheduler(self._prepare, self._launch, self._refuse, publisher.wake, limit_of)

    def next_id(self) -> int:
        """An id for a job that is about to be added."""
        with self._lock:
            self._last_id += 1
            return self._last_id

    def add(self, job: Job) -> Job:
        """Put a job into the list; it is queued until `start`."""
        self._make_ready()
        # Before it is in the list: a kill of the job that submits, or an interrupt, may come while this waits.
        undisturbed(functools.partial(self.publisher.start_cell_log, job.origin))
        with self._lock:
            self._by_id[job.id] = job
        return job

    def submit(self, job: Job, awaited: Sequence[Awaited] = (), *, now: bool = False) -> Job:
        """Put a job into the list and start it, as `start` does."""
        try:
            self.add(job)
            self.start(job, awaited, now=now)
        except BaseException:
            # An interrupt, or the kill of the job that submits: nobody would start this one any more.
            if job.id in self._by_id and job.state == "queued":
                self.kill([job])
            raise
        return job

    def start(self, job: Job, awaited: Sequence[Awaited] = (), *, now: bool = False) -> None:
        """Start a queued job, once everything has ended that it is to wait for and, unless it is to start `now`, there
        is room for it. Does nothing if it was killed in the meantime.
        """
        self.scheduler.submit(job, awaited, now=now)
        self.publisher.wake(job)

    def get(self, job_id: int) -> Job:
        """The job with this id; raises `NoSuchJob`."""
        job = self._by_id.get(job_id)
        if job is None:
            raise NoSuchJob(job_id)
        return job

    def find(self, which: Job | int | str) -> list[Job]:
        """The jobs that have this number or this name; raises `NoSuchJob`."""
        if isinstance(which, Job):
            return [which]
        if isinstance(which, int) or which.isdecimal():
            return [self.get(int(which))]
        named = [job for job in self.all() if job.name == which]
        if not named:
            raise NoSuchJob(which)
        return named

    def all(self) -> list[Job]:
        """All jobs, in the order of submission."""
        with self._lock:
            return list(self._by_id.values())

    def kill(self, jobs: Iterable[Job]) -> list[Job]:
        """Begin to kill; returns those that had not ended yet. Does not wait."""
        struck: dict[Job, State] = {}
        for job in sorted(jobs, key=lambda job: job is current_job()):
            state = undisturbed(functools.partial(self._begin_kill, job))
            if state not in ENDED:
                struck[job] = state
        # From here, because that is fastest; the job that kills itself last, because it does not come back.
        for job in sorted(struck, key=lambda job: job is current_job()):
            if job.state == "stopping":
                # A second kill means it.
                job._kill_switch.strike(force=struck[job] == "stopping")
        return list(struck)

    def _begin_kill(self, job: Job) -> State:
        """Have a job be killed, if it has not ended; returns the state in which it was."""
        with self._lock:
            state = job.state
            if state == "queued":
                self._enter(job, "killed")
            elif state == "running":
                self._enter(job, "stopping")
        if state == "queued":
            because = "" if job.kill_reason is None else f": {job.kill_reason}"
            error = JobWasKilled(f"job {job.id} was killed{because}")
            if job._done_callbacks:  # type: ignore[attr-defined] # a Future has no public way to ask
                # They are the user's, and the calling thread has other things to do.
                start_own_thread(f"job-{job.id}", self._settle, job, None, error)
            else:
                self._settle(job, error=error)
        elif state not in ENDED:
            # Before the first strike: whatever becomes of that, it will be repeated.
            self._reaper.watch(job)
            self.publisher.wake(job)
        return state

    def remove(self, jobs: Iterable[Job]) -> list[Job]:
        """Forget those of the jobs that have ended; returns them."""
        removed = []
        for job in jobs:
            with self._lock:
                if job.state not in ENDED or self._by_id.pop(job.id, None) is None:
                    continue
                job.is_removed = True
                self._ended.pop(job, None)
                job._namespace = None
            self.publisher.announce_removed(job.id)
            self.publisher.wake(job)  # which lets go of its output
            removed.append(job)
        return removed

    def land(self, job: Job, *, is_over: bool | None = None) -> Landing:
        """Make a job's variables the notebook's; `is_over` if its code has ended. May be called in any thread."""
        namespace = job._namespace
        if namespace is None:
            return Landing([], [])
        return namespace.land(is_over=job.state in ENDED if is_over is None else is_over)

    def set_execution_count(self, job: Job, execution_count: int | None) -> None:
        """The main thread has come to the cell of a job that was started over the express lane."""
        job.execution_count = execution_count
        self.publisher.wake(job)

    # -------------------------------------------- told by the runner, in the job's thread

    def job_starts(self, job: Job) -> bool:
        with self._lock:
            if job.state != "queued":
                return False
            self._enter(job, "running")
        job.set_running_or_notify_cancel()
        if job.timeout is not None:
            self._deadlines.add(job, job.timeout)
        self.publisher.wake(job)
        return True

    def job_returned(self, job: Job, work: Work, value: Any) -> None:
        # Before the state changes: whoever has seen `finished` sees the variables.
        landing = self.land(job, is_over=True)
        if landing.replaced:
            names = ", ".join(f"`{name}`" for name in landing.replaced)
            job._output.note(f"Job {job.id} replaced {names}: rebound in the notebook since the job started")
        with self._lock:
            self._enter(job, "finished")
        self._settle(job, value=value)

    def job_raised(self, job: Job, error: BaseException) -> None:
        if isinstance(error, RemoteFailure):
            self._enter_failed(job, error.error, error.described)
            return
        # A `__str__` is the user's code: it can be killed, and raise anything.
        rendered = _run_killable_once(job, lambda: self._describe_error(error))
        described = undescribed(error) if isinstance(rendered, BaseException) else rendered.value
        self._enter_failed(job, error, described)

    def _enter_failed(self, job: Job, error: BaseException, described: JobError) -> None:
        job._output.error(described)
        with self._lock:
            job.error = described
            self._enter(job, "failed")
        drop_frames(error)
        add_traceback(error, described)
        self._settle(job, error=error)

    def job_was_killed(self, job: Job, ended: float) -> None:
        with self._lock:
            self._enter(job, "killed", ended)
        if job.timed_out:
            self._settle(job, error=JobTimedOut(f"job {job.id} has timed out after {job.timeout:g} s"))
        else:
            self._settle(job, error=JobWasKilled(f"job {job.id} was killed"))

    # --------------------------------------------------------------------------

    def _prepare(self, job: Job) -> None:
        work = job._work
        if work is not None:
            work.begin()
            job._namespace = work.namespace

    def _launch(self, job: Job) -> None:
        work = job._work
        if work is not None:  # or it was killed in the meantime
            try:
                start_thread(job, work, self)
            except RuntimeError as error:  # the system has no thread left
                self.job_raised(job, error)

    def _refuse(self, job: Job, reason: str) -> None:
        job.kill_reason = reason
        self.kill([job])

    def _time_is_up(self, job: Job) -> None:
        with self._lock:
            if job.state != "running":
                return
            job.timed_out = True
        self.kill([job])

    def _tell_stuck(self, job: Job, where: str) -> None:
        job.stuck_in = where
        self.publisher.wake(job)

    def _enter(self, job: Job, state: State, ended: float | None = None) -> None:
        assert self._lock.locked()
        check_transition(job.id, job._history, state)
        now = time.time()
        if job.waiting_for is not None:
            job.waiting_for = None
        if state == "running":
            job.started = now
        elif state == "stopping":
            job.stopping_since = now
        else:
            job.ended = now if ended is None else ended
        # Last: readers without the lock look at the state first.
        job._history.append(state)

    def set_history(self, count: int) -> None:
        """Keep no more than so many jobs that have ended."""
        self.history = count
        self._forget_the_oldest()

    def _forget_the_oldest(self) -> None:
        with self._lock:
            superfluous = list(itertools.islice(self._ended, max(0, len(self._ended) - self.history)))
        self.remove(superfluous)

    def _settle(self, job: Job, value: Any = None, error: BaseException | None = None) -> None:
        """Tell everybody that the job has ended: the clients, who waits for it, its callbacks."""
        job._work = None
        if job.state == "finished":
            job._namespace = None
        job._own_values.clear()
        if job._kill_switch.is_spent:
            job._kill_switch = self._spent
        self.publisher.wake(job)
        if error is None:
            job.set_result(value)
        else:
            job.set_exception(error)
        self.scheduler.job_ended(job)
        with self._lock:
            if not job.is_removed:
                self._ended[job] = None
        self._forget_the_oldest()


def _run_killable_once(job: Job, function: Callable[[], Any]) -> Returned | BaseException:
    """Run what follows the job's code. The kill that the code has survived must not end it before it begins."""
    begun: list[bool] = []

    def begin() -> Any:
        begun.append(True)
        return function()

    if not job._kill_switch.requested:
        outcome = job._kill_switch.run(begin)
        if begun:
            return outcome
    try:
        return Returned(function())
    except BaseException as error:
        return error
