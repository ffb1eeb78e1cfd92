"""What the job behind `jobs.map` does: call a function for every item, with a few at a time."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import operator
import threading
from array import array
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from typing import TYPE_CHECKING, Any, Literal

from .errors import JobKilled

if TYPE_CHECKING:
    from .job import Job
    from .remote_work import RemoteCalls

ErrorPolicy = Literal["stop", "collect"]

_MISSING: Any = object()


class MapWork:
    """Calls a function for every item of an iterable, at most `workers` at once.

    Items are taken when a worker is free for one: of a million, no more than the workers have in hand exist at a time.
    An item that fails ends the whole: no other is begun, and those in hand come to their end. With `collect` the
    exception takes the place of the result, and all goes on.
    """

    def __init__(
        self,
        function: Callable[[Any], Any],
        items: Iterable[Any],
        workers: int,
        errors: ErrorPolicy = "stop",
        calls: RemoteCalls | None = None,
    ) -> None:
        """`calls` is how to call the function if that is to happen somewhere else."""
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
        number = self._workers if self._total < 0 else min(self._workers, self._total)
        others = [threading.Thread(target=self._work, args=(job,), name=f"job-{job.id}-{n}") for n in range(1, number)]
        for thread in others:
            thread.start()
        self._work(job)
        for thread in others:
            thread.join()

    def _work(self, job: Job) -> None:
        with contextlib.nullcontext(self.function) if self._calls is None else self._calls.opened(job) as function:
            self._work_with(function, job)

    def _work_with(self, function: Callable[[Any], Any], job: Job) -> None:
        while (taken := self._take()) is not None:
            index, item = taken
            try:
                result = function(item)
            except JobKilled:
                raise
            except BaseException as error:
                self._failed(index, error)
            else:
                self.results.put(index, result)
            self._tell(job)

    # --------------------------------------------------------------------------- tasks

    async def _run_tasks(self, job: Job) -> None:
        tasks = [asyncio.ensure_future(self._work_in_task(job)) for _ in range(self._workers)]
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

    def _wait(self, is_there: Callable[[], bool], timeout: float | None) -> None:
        with self._condition:
            if not self._condition.wait_for(lambda: self._is_over or is_there(), timeout):
                raise TimeoutError("no further result in time")
