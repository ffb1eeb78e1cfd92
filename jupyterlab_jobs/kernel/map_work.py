"""What the job behind `jobs.map` does: call a function for every item, with a few at a time."""

from __future__ import annotations

import asyncio
import inspect
import operator
import os
import threading
import time
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError
from typing import TYPE_CHECKING, Any, Literal

from .errors import JobKilled
from .remote_failure import RemoteFailure
from .tracebacks import add_traceback

if TYPE_CHECKING:
    from .job import Job
    from .remote_task import ItemOutcome
    from .remote_work import RemoteCalls

ErrorPolicy = Literal["stop", "collect"]

_MISSING: Any = object()


_QUICK = 0.05
"""Seconds: a worker somewhere else that needs less for what it was given is given twice as many items next."""

_SLOW = 0.2
"""Seconds: one that needs more is given half as many."""

_LONGEST_TAKE = 0.01
"""Seconds that a worker waits for more than one item: an iterable may take its time for each."""


class MapWork:
    """Calls a function for every item of an iterable, at most `workers` at once.

    Items are taken when a worker is free for one: of a million, no more than the workers have in hand exist at a time.
    Workers somewhere else take several at once if these are quickly done.
    An item that fails ends the whole: no other is begun, and those in hand come to their end. With `collect` the
    exception takes the place of the result, and all goes on.
    """

    def __init__(
        self,
        function: Callable[[Any], Any],
        items: Iterable[Any],
        workers: int | None,
        errors: ErrorPolicy = "stop",
        calls: RemoteCalls | None = None,
    ) -> None:
        """`calls` is how to call the function if that is to happen somewhere else: there it is known how many workers
        there are, if `workers` is not given."""
        self.function = function
        self._calls = calls
        self.results = MapResults()
        self._items: Iterator[Any] | None = iter(items)
        self._total = operator.length_hint(items, -1)
        self._workers = workers
        self._collects = errors == "collect"
        self._taking = threading.Lock()  # generators cannot be used by two threads at once
        self._taken = 0
        self._error: BaseException | None = None

    def begin(self) -> None:
        """There is nothing to prepare."""

    @property
    def namespace(self) -> None:
        """A function's variables are its own."""

    def run(self, job: Job) -> list[Any]:
        self._tell(job)
        if self._workers is None:
            self._workers = most_threads() if self._calls is None else self._calls.workers
        if self._calls is None and inspect.iscoroutinefunction(self.function):
            job._kill_switch.run_coroutine(self._run_tasks(job))
        else:
            self._run_threads(job)
        self._tell(job)
        if self._error is not None:
            raise self._error
        return self.results.values

    # ------------------------------------------------------------------------- threads

    def _run_threads(self, job: Job) -> None:
        # This thread is a worker as well. The others belong to the job: a kill reaches them.
        workers = self._workers or 1
        number = workers if self._total < 0 else min(workers, self._total)
        others = [threading.Thread(target=self._work, args=(job,), name=f"job-{job.id}-{n}") for n in range(1, number)]
        for thread in others:
            thread.start()
        self._work(job)
        for thread in others:
            thread.join()

    def _work(self, job: Job) -> None:
        try:
            if self._calls is None:
                self._work_here(job)
            else:
                self._work_elsewhere(self._calls, job)
        except JobKilled:
            raise
        except BaseException as error:  # of a backend's
            self._error = self._error or error

    def _work_here(self, job: Job) -> None:
        while (taken := self._take()) is not None:
            index, item = taken
            try:
                result = self.function(item)
            except JobKilled:
                raise
            except BaseException as error:
                self._failed(index, error)
            else:
                self.results.put(index, result)
            self._tell(job)

    # ----------------------------------------------------------------------- elsewhere

    def _work_elsewhere(self, calls: RemoteCalls, job: Job) -> None:
        size = 1
        taken = self._take_some(size)
        while taken:
            # Again if the place has been lost with the items that it had.
            with calls.opened(job) as call:
                is_there = True
                while taken and is_there:
                    began = time.monotonic()
                    is_there = self._call(call, taken)
                    self._tell(job)
                    size = _next_size(size, time.monotonic() - began)
                    taken = self._take_some(size)

    def _call(self, call: Callable[[list[Any]], list[ItemOutcome]], taken: list[tuple[int, Any]]) -> bool:
        """Have some items done; returns whether the place is still there."""
        try:
            outcomes = call([item for _, item in taken])
        except (JobKilled, RemoteFailure):
            raise
        except Exception as error:
            for index, _ in taken:
                self._failed(index, error)
            return False
        for (index, _), outcome in zip(taken, outcomes, strict=False):  # those after one that has failed are left alone
            if outcome.error is None:
                self.results.put(index, outcome.value)
            else:
                if outcome.described is not None:
                    add_traceback(outcome.error, outcome.described)
                self._failed(index, outcome.error)
        return True

    def _take_some(self, count: int) -> list[tuple[int, Any]]:
        """The next items: no more than leaves the other workers their share, nor than are there at once."""
        if self._total >= 0:
            count = min(count, max(1, (self._total - self._taken) // (2 * (self._workers or 1))))
        taken: list[tuple[int, Any]] = []
        deadline = time.monotonic() + _LONGEST_TAKE
        while len(taken) < count and (not taken or time.monotonic() < deadline):
            one = self._take()
            if one is None:
                break
            taken.append(one)
        return taken

    # --------------------------------------------------------------------------- tasks

    async def _run_tasks(self, job: Job) -> None:
        tasks = [asyncio.ensure_future(self._work_in_task(job)) for _ in range(self._workers or 1)]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()

    async def _work_in_task(self, job: Job) -> None:
        while (taken := self._take()) is not None:
            index, item = taken
            try:
                result = await self.function(item)
            except (JobKilled, CancelledError, asyncio.CancelledError):
                raise
            except BaseException as error:
                self._failed(index, error)
            else:
                self.results.put(index, result)
            self._tell(job)

    # ---------------------------------------------------------------------------------

    def _take(self) -> tuple[int, Any] | None:
        """The next item and its number, counted from 0."""
        with self._taking:
            if self._items is None or self._error is not None:
                return None
            try:
                item = next(self._items)
            except JobKilled:
                raise
            except StopIteration:
                self._items = None
                return None
            except BaseException as error:  # of the iterable's
                self._error = error
                return None
            self._taken += 1
            return self._taken - 1, item

    def _failed(self, index: int, error: BaseException) -> None:
        if self._collects:
            self.results.put(index, error, failed=True)
        elif self._error is None:
            self._error = error

    def _tell(self, job: Job) -> None:
        failed = len(self.results.failed)
        total = None if self._total < 0 else self._total
        job.progress(self.results.count, total, f"{failed:,} failed" if failed else "")


def most_threads() -> int:
    """How many threads of the kernel work for a map, if nobody says."""
    return min(32, (os.cpu_count() or 1) + 4)


def _next_size(size: int, seconds: float) -> int:
    """How many items to give to a worker, after so many took it so long."""
    if seconds < _QUICK:
        return 2 * size
    return max(1, size // 2) if seconds > _SLOW else size


class MapResults:
    """The results, as they come. Written by the workers, read by who waits for them."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        """In the order of the items; a placeholder for those that are not there yet."""
        self.failed: list[int] = []
        """The numbers of the items that have failed: theirs are exceptions."""
        self.count = 0
        """How many are there."""
        self._order = array("q")  # the numbers of the items as they were completed; a million ints would be objects
        self._condition = threading.Condition()
        self._is_over = False

    def put(self, index: int, value: Any, *, failed: bool = False) -> None:
        """Store the result of an item."""
        with self._condition:
            values = self.values
            if index == len(values):
                values.append(value)
            else:
                while len(values) <= index:
                    values.append(_MISSING)
                values[index] = value
            self._order.append(index)
            self.count += 1
            if failed:
                self.failed.append(index)
            self._condition.notify_all()

    def end(self, _: object = None) -> None:
        """There will be no more."""
        with self._condition:
            self._is_over = True
            self._condition.notify_all()

    def in_order(self, index: int, timeout: float | None) -> tuple[Any] | None:
        """The result of an item, as soon as it is there; None if it never will be. Raises `TimeoutError`."""
        self._wait(lambda: index < len(self.values) and self.values[index] is not _MISSING, timeout)
        with self._condition:
            value = self.values[index] if index < len(self.values) else _MISSING
        return None if value is _MISSING else (value,)

    def as_completed(self, number: int, timeout: float | None) -> tuple[Any] | None:
        """The result that came as the `number`th, counted from 0; None if there will be none. Raises `TimeoutError`."""
        self._wait(lambda: number < len(self._order), timeout)
        with self._condition:
            return (self.values[self._order[number]],) if number < len(self._order) else None

    def part(
        self, offset: int, limit: int, *, only_failed: bool
    ) -> tuple[int, list[tuple[int, tuple[()] | tuple[Any], bool]]]:
        """How many there are, and of some the number, the result if it is there, and whether it is of one that failed.

        With `only_failed` of those that have failed, which come in the order in which they did.
        """
        with self._condition:
            numbers: Sequence[int] = self.failed if only_failed else range(len(self.values))
            values = [(number, self.values[number]) for number in numbers[offset : offset + limit]]
            failed = set(self.failed)
            total = len(numbers)
        return total, [(number, () if value is _MISSING else (value,), number in failed) for number, value in values]

    def _wait(self, is_there: Callable[[], bool], timeout: float | None) -> None:
        with self._condition:
            if not self._condition.wait_for(lambda: self._is_over or is_there(), timeout):
                raise TimeoutError("no further result in time")
