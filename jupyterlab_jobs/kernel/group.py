"""The jobs that `jobs.map` starts together, as one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from .job import Job, Origin
from .map_work import MapResults, MapWork
from .variable_summary import summary

if TYPE_CHECKING:
    from .registry import Registry


class Group(Job):
    """A function called for many items: one row in the panel, one progress, one kill.

    It is a job whose result is the list of all results, in the order of the items; they can be had one by one before
    it has ended, as well as those of a group that has failed or was killed.
    """

    _results: MapResults
    has_items = True

    @classmethod
    def of(
        cls, registry: Registry, job_id: int, name: str, origin: Origin, work: MapWork, timeout: float | None, on: str
    ) -> Group:
        """A group that does this work."""
        group = cls(registry, job_id, name, name, origin, work, timeout, backend=on)
        # Neither refers to the group: who has only that keeps it alive.
        group._results = work.results
        group.add_done_callback(work.results.end)
        return group

    def result(self, timeout: float | None = None) -> list[Any]:
        """The list of all results, in the order of the items; raises as `Job.result` does.

        With `errors="collect"` it holds the exceptions of the items that have failed in their places.
        """
        return list(super().result(timeout))

    def results(self, timeout: float | None = None) -> Iterator[Any]:
        """All results in the order of the items, each as soon as it is there.

        Where one is missing because the group has failed or was killed, what `result` raises is raised; `TimeoutError`
        after `timeout` seconds in all.
        """
        return self._each(self._results.in_order, timeout)

    def as_completed(self, timeout: float | None = None) -> Iterator[Any]:
        """All results as they come; raises as `results` does."""
        return self._each(self._results.as_completed, timeout)

    @property
    def failures(self) -> dict[int, BaseException]:
        """The exceptions of the items that have failed so far, by the item's number; only with `errors="collect"`."""
        return {index: self._results.values[index] for index in self._results.failed.copy()}

    def items(self, offset: int, limit: int, *, only_failed: bool) -> tuple[int, list[dict[str, Any]]]:
        """How many items have been begun, or have failed, and what became of some of them. In any thread."""
        total, found = self._results.part(offset, limit, only_failed=only_failed)
        return total, [
            {
                "index": index,
                "state": "running" if not result else "failed" if failed else "finished",
                "text": summary(result[0]) if result else "",
            }
            for index, result, failed in found
        ]

    def _each(self, get: Callable[[int, float | None], tuple[Any] | None], timeout: float | None) -> Iterator[Any]:
        deadline = None if timeout is None else time.monotonic() + timeout
        number = 0
        while True:
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            with self._registry.scheduler.waiting():
                found = get(number, left)
            if found is None:
                super().result()
                return
            yield found[0]
            number += 1
