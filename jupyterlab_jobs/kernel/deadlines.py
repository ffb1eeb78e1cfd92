"""Calls back when the time of a job is up. One thread for all jobs, started when first needed."""

from __future__ import annotations

import heapq
import itertools
import threading
import time
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING

from .threads import start_own_thread

if TYPE_CHECKING:
    from .job import Job


class Deadlines:
    """The jobs that have a timeout; `expired` is called in a thread of its own, also for jobs that have ended."""

    def __init__(self, expired: Callable[[Job], None]) -> None:
        self._expired = expired
        self._condition = threading.Condition()
        # Weak: a job that ends before its time is not kept until then.
        self._heap: list[tuple[float, int, weakref.ref[Job]]] = []
        self._order = itertools.count()  # jobs cannot be compared
        self._thread: threading.Thread | None = None

    def add(self, job: Job, seconds: float) -> None:
        """Have `expired` called for a job after so many seconds."""
        with self._condition:
            heapq.heappush(self._heap, (time.monotonic() + seconds, next(self._order), weakref.ref(job)))
            if self._thread is None:
                self._thread = start_own_thread("jobs-deadlines", self._run)
            self._condition.notify()

    def _run(self) -> None:
        while True:
            with self._condition:
                while not self._heap or self._heap[0][0] > time.monotonic():
                    wait = None if not self._heap else self._heap[0][0] - time.monotonic()
                    self._condition.wait(wait if wait is None or wait < threading.TIMEOUT_MAX else None)
                _, _, reference = heapq.heappop(self._heap)
            job = reference()
            if job is not None:
                self._expired(job)
            del job  # or it would live until the next one
