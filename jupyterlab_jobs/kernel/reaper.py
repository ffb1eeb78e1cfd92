"""Repeats strikes until a job has ended."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from .async_exception import PENDING_EXCEPTIONS_DISTURB
from .threads import start_own_thread

if TYPE_CHECKING:
    from .job import Job

_log = logging.getLogger(__name__)

STUCK_AFTER = 2.0
"""Seconds after which a job that does not end says where it is."""


class Reaper:
    """Strikes again at jobs that have not ended yet. One thread for all of them, started when first needed.

    `tell_stuck` is called in that thread for a job that has not ended after `STUCK_AFTER`, with the place where it is,
    and again when the place changes.
    """

    _FIRST_PAUSE = 0.0002
    _GROWTH = 1.15
    _LONGEST_PAUSE = 0.02
    _GRACE = 0.05

    def __init__(self, tell_stuck: Callable[[Job, str], None]) -> None:
        self._tell_stuck = tell_stuck
        self._condition = threading.Condition()
        self._pauses: dict[Job, float] = {}
        self._thread: threading.Thread | None = None

    def watch(self, job: Job) -> None:
        """Strike at this job again and again, with growing pauses, until its code has ended."""
        with self._condition:
            self._pauses[job] = self._FIRST_PAUSE
            if self._thread is None:
                self._thread = start_own_thread("jobs-reaper", self._run)
            self._condition.notify()

    def _run(self) -> None:
        late = 0.0
        while True:
            with self._condition:
                if not self._pauses:
                    self._condition.wait()
                pause = min(self._pauses.values(), default=0.0)
            # Late means that other threads compute. They hand over the GIL every 5 ms; if we asked for it that often,
            # the thread that is to end would not get it.
            pause = max(pause, min(late, self._LONGEST_PAUSE))
            begin = time.monotonic()
            time.sleep(pause)
            late = max(late / 2, time.monotonic() - begin - pause)
            self._strike_all()

    def _strike_all(self) -> None:
        # A function of its own: while the thread waits, none of its variables must keep a job alive.
        with self._condition:
            pauses = list(self._pauses.items())
        lasting = [job for job, last in pauses if self._strike(job, last)]
        for job in lasting:
            self._look_where(job)
        if lasting and PENDING_EXCEPTIONS_DISTURB:
            # They are in calls inside of C code, and may be for hours.
            with self._condition:
                self._condition.wait(self._GRACE)  # or until another job is to be killed
            for job in lasting:
                job._kill_switch.take_back()

    def _strike(self, job: Job, last_pause: float) -> bool:
        """Strike once more; returns whether the job has resisted for long."""
        try:
            alive = job._kill_switch.strike()
        except Exception:
            # Or no kill would work any more.
            _log.exception("Failed to kill job %s", job.id)
            alive = True
        with self._condition:
            if not alive:
                self._pauses.pop(job, None)
            elif job in self._pauses:
                self._pauses[job] = min(last_pause * self._GROWTH, self._LONGEST_PAUSE)
        return alive and last_pause == self._LONGEST_PAUSE

    def _look_where(self, job: Job) -> None:
        if job.stopping_since is None or time.time() - job.stopping_since < STUCK_AFTER:
            return
        where = job._kill_switch.where()
        if where is not None and where != job.stuck_in:
            self._tell_stuck(job, where)
