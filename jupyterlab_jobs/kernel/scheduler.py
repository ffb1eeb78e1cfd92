"""When a queued job starts: after what it waits for, and when there is room for it."""

from __future__ import annotations

import itertools
import logging
import threading
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from queue import SimpleQueue
from typing import TYPE_CHECKING

from .states import ENDED
from .threads import current_job, run_as, start_own_thread

if TYPE_CHECKING:
    from .job import Job

_log = logging.getLogger(__name__)

_REMEMBERED_CELLS = 1_000

WAITS_FOR_ITS_TURN = "its turn"


@dataclass(frozen=True, slots=True)
class AwaitedCell:
    """A cell after whose end a job is to start."""

    request_id: str
    reason: str
    """Why: ``it defines `urls` ``."""


@dataclass(frozen=True, slots=True)
class AwaitedJob:
    """A job after whose end another one is to start."""

    job: Job


Awaited = AwaitedCell | AwaitedJob


class Scheduler:
    """The queued jobs: those that wait for others, and those that wait for their turn, first come first served.

    A job is *prepared* once it waits for nobody any more: that is when it takes its snapshot of the variables. So jobs
    that a loop starts keep the variables of their turn, however long the limit holds them back.

    `_lock` guards everything, and no callback is called under it. What a job's end sets off is done in a thread of the
    scheduler's own, which no kill and no interrupt can reach; it is started when first needed.
    """

    def __init__(
        self,
        prepare: Callable[[Job], None],
        launch: Callable[[Job], None],
        refuse: Callable[[Job, str], None],
        changed: Callable[[Job], None],
        limit_of: Callable[[str], int | None],
    ) -> None:
        """`refuse` is told a reason why the job never starts; `changed`, that `waiting_for` is another text.

        `limit_of` tells how many jobs of a backend may run at once, None for any number. It is called under the lock.
        """
        self._limit_of = limit_of
        self._prepare = prepare
        self._launch = launch
        self._refuse = refuse
        self._changed = changed
        self._lock = threading.Lock()
        self._limit: int | None = None
        self._blocked: dict[Job, list[Awaited]] = {}
        self._ready: defaultdict[str, dict[Job, int]] = defaultdict(dict)  # by backend, with numbers in their order
        self._numbers = itertools.count()
        self._running: set[Job] = set()
        self._in_wait: dict[Job, int] = {}  # running jobs that wait for others, by the number of their waiting threads
        # How cells have ended: with the reason why what has waited for them does not start, or with None.
        self._ended_cells: OrderedDict[str, str | None] = OrderedDict()
        self._events: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._thread: threading.Thread | None = None

    @property
    def limit(self) -> int | None:
        """How many jobs may run at once; None for any number."""
        return self._limit

    @limit.setter
    def limit(self, limit: int | None) -> None:
        with self._lock:
            self._limit = limit
        self.limits_changed()

    def limits_changed(self) -> None:
        """There may be room for more jobs; those that wait on are told the new limit."""
        self._post(self._apply_limits)

    # ---------------------------------------------------------------------- in any thread

    def submit(self, job: Job, awaited: Sequence[Awaited] = (), *, now: bool = False) -> None:
        """Start a job, now or when it is time. With `now` it has not to wait for its turn, if for nobody else."""
        with self._lock:
            missing, reason = self._still_missing(awaited)
            if missing and reason is None and job.state not in ENDED:
                job.waiting_for = _described(missing)
                self._blocked[job] = missing
        if reason is not None:
            self._refuse(job, reason)
            return
        if missing:
            self._changed(job)
            return
        self._prepare(job)
        with self._lock:
            if job.state in ENDED:  # it was killed before; `job_ended` does not come any more
                return
            # It overtakes nobody but those that wait for room on another backend.
            starts = now or (self._has_room_on(job.backend) and not self._ready[job.backend])
            if starts:
                self._running.add(job)
            else:
                self._have_wait(job)
        if starts:
            self._launch(job)
        else:
            self._changed(job)
            self._post(self._launch_ready)  # there may be room by now

    def start_now(self, job: Job) -> bool:
        """Start a job that waits, whatever it waits for; returns whether it did."""
        with self._lock:
            if job not in self._blocked and job not in self._ready[job.backend]:
                return False
            self._blocked.pop(job, None)
            self._ready[job.backend].pop(job, None)
            job.waiting_for = None
            self._running.add(job)
        run_as(None, self._prepare, job)
        self._launch(job)
        return True

    def job_ended(self, job: Job) -> None:
        """A job has ended, in whatever way, or it never begins."""
        with self._lock:
            self._running.discard(job)
            self._in_wait.pop(job, None)
            self._ready[job.backend].pop(job, None)
            self._blocked.pop(job, None)
            if not any(self._ready.values()) and not self._blocked:
                return
        self._post(lambda: self._release(AwaitedJob(job)))

    def cell_ended(self, request_id: str, reason: str | None = None) -> None:
        """A cell is over. Called on the main thread, before the next one begins.

        `reason` says why no job starts that has waited for it: it has failed.
        """
        with self._lock:
            self._ended_cells[request_id] = reason
            while len(self._ended_cells) > _REMEMBERED_CELLS:
                self._ended_cells.popitem(last=False)
            free = []
            is_awaited = False
            for job, awaited in self._blocked.items():
                missing, failed = self._still_missing(awaited)
                is_awaited = is_awaited or len(missing) < len(awaited)
                if not missing and failed is None:
                    free.append(job)
        # At once: the next cell may rebind the names.
        for job in free:
            self._prepare(job)
        if is_awaited:
            self._post(lambda: self._release(None))

    def cells_are_over(self, job: Job) -> None:
        """All cells are over for which a job may wait: the main thread has come to its own."""
        with self._lock:
            awaited = self._blocked.get(job)
            if awaited is None:
                return
            self._blocked[job] = [other for other in awaited if isinstance(other, AwaitedJob)]
        if not self._blocked[job]:
            self._prepare(job)
        self._post(lambda: self._release(None))

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """The caller waits for other jobs: a running job takes nobody's place meanwhile."""
        job = current_job()
        if job is None:
            yield
            return
        with self._lock:
            self._in_wait[job] = self._in_wait.get(job, 0) + 1
            others_wait = any(self._ready.values())
        if others_wait:
            self._post(self._launch_ready)
        try:
            yield
        finally:
            with self._lock:
                if self._in_wait.get(job, 0) > 1:
                    self._in_wait[job] -= 1
                else:
                    self._in_wait.pop(job, None)

    # --------------------------------------------------------------------------------------

    def _has_room_on(self, backend: str) -> bool:
        assert self._lock.locked()
        if self._limit is not None and len(self._running) - len(self._in_wait) >= self._limit:
            return False
        limit = self._limit_of(backend)
        return limit is None or limit > sum(
            job.backend == backend and job not in self._in_wait for job in self._running
        )

    def _have_wait(self, job: Job) -> None:
        assert self._lock.locked()
        job.waiting_for = self._turn_on(job.backend)
        self._ready[job.backend][job] = next(self._numbers)

    def _turn_on(self, backend: str) -> str:
        """What a job waits for that waits for room on a backend."""
        limit = self._limit_of(backend)
        return WAITS_FOR_ITS_TURN if limit is None else f"{WAITS_FOR_ITS_TURN}: {limit} at once on {backend}"

    def _still_missing(self, awaited: Sequence[Awaited]) -> tuple[list[Awaited], str | None]:
        """What has not ended yet, and why the job never starts."""
        assert self._lock.locked()
        missing: list[Awaited] = []
        for other in awaited:
            match other:
                case AwaitedCell(request_id):
                    if request_id not in self._ended_cells:
                        missing.append(other)
                    elif (reason := self._ended_cells[request_id]) is not None:
                        return [], reason
                case AwaitedJob(job):
                    if job.state not in ENDED:
                        missing.append(other)
                    elif job.state != "finished":
                        what = "failed" if job.state == "failed" else "was killed"
                        return [], f"job {job.id}, after which it was to run, {what}"
        return missing, None

    def _release(self, ended: AwaitedJob | None) -> None:
        """Free the jobs that need not wait any more; after the end of a job only those that have waited for it."""
        with self._lock:
            free, refused, changed = [], [], []
            for job, awaited in list(self._blocked.items()):
                if ended is not None and ended not in awaited:
                    continue
                missing, reason = self._still_missing(awaited)
                if reason is not None:
                    del self._blocked[job]
                    refused.append((job, reason))
                elif missing:
                    self._blocked[job] = missing
                    if job.waiting_for != (text := _described(missing)):
                        job.waiting_for = text
                        changed.append(job)
                else:
                    free.append(job)
        for job in changed:
            self._changed(job)
        for job, reason in refused:
            self._refuse(job, reason)
        for job in free:
            self._prepare(job)
            with self._lock:
                if self._blocked.pop(job, None) is None:  # it was started or killed meanwhile
                    continue
                self._have_wait(job)
            self._changed(job)
        self._launch_ready()

    def _apply_limits(self) -> None:
        self._launch_ready()
        changed: list[Job] = []
        with self._lock:
            for backend, ready in self._ready.items():
                text = self._turn_on(backend)
                stale = [job for job in ready if job.waiting_for != text]
                for job in stale:
                    job.waiting_for = text
                changed += stale
        for job in changed:
            self._changed(job)

    def _launch_ready(self) -> None:
        while True:
            with self._lock:
                first = (
                    next(iter(ready.items()))
                    for backend, ready in self._ready.items()
                    if ready and self._has_room_on(backend)
                )
                job, _ = min(first, key=lambda item: item[1], default=(None, 0))
                if job is None:
                    return
                del self._ready[job.backend][job]
                job.waiting_for = None
                self._running.add(job)
            self._launch(job)

    def _post(self, event: Callable[[], None]) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = start_own_thread("jobs-scheduler", self._run)
        self._events.put(event)

    def _run(self) -> None:
        while True:
            event = self._events.get()
            try:
                event()
            except Exception:
                # Or nothing that waits would ever start.
                _log.exception("Failed to start jobs")
            del event  # it may hold a job that has ended


def _described(awaited: Sequence[Awaited]) -> str:
    """What a job waits for, in words."""
    cells = [other for other in awaited if isinstance(other, AwaitedCell)]
    ids = [str(other.job.id) for other in awaited if isinstance(other, AwaitedJob)]
    parts = []
    if ids:
        parts.append(f"job {ids[0]}" if len(ids) == 1 else f"jobs {', '.join(ids)}")
    if cells:
        more = f" and {len(cells) - 1} more" if len(cells) > 1 else ""
        parts.append(f"cell [*]{more}: {cells[0].reason}")
    return ", ".join(parts)
