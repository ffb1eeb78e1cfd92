"""The two lanes by which one cell can arrive, and who of them starts its jobs.

A cell always arrives as an execute request (the queue lane). When the main thread is busy, the page sends the same
cell over the control channel as well (the express lane). Both name the execute request's id: the first one starts the
jobs, the other finds them started.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Callable

from .job import Job

_REMEMBERED_REQUESTS = 1_000


class Lanes:
    """Which execute requests' jobs were started, by which lane. May be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # None: the main thread has come to the request. Else the express lane was first, and these of its jobs
        # are still to be handed to the main thread. Bounded, because a request that is aborted is never come to.
        self._requests: OrderedDict[str, deque[Job] | None] = OrderedDict()

    def claim(self, request_id: str, add: Callable[[], list[Job]]) -> list[Job] | None:
        """Have the express lane start a request's jobs: `add` makes them, the caller starts them.

        None if the main thread has come to the request already: then none is made, so that no number is left out.
        Should it come at this moment, it waits for `add`. What `add` raises leaves the request to the main thread.
        """
        with self._lock:
            if request_id in self._requests:
                return None
            jobs = add()
            self._remember(request_id, deque(jobs))
            return jobs

    def take(self, request_id: str, code: str) -> Job | None:
        """The job with this code that the express lane has started for a request, or None.

        Called by the main thread for every job of the request, in their order; from then on the express lane is
        closed to the request.
        """
        with self._lock:
            jobs = self._requests.get(request_id)
            if jobs and jobs[0].code == code:
                return jobs.popleft()
            self._remember(request_id, None)
            return None

    def _remember(self, request_id: str, jobs: deque[Job] | None) -> None:
        self._requests[request_id] = jobs
        while len(self._requests) > _REMEMBERED_REQUESTS:
            self._requests.popitem(last=False)
