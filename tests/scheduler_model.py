"""What `Scheduler` is to do, said in the simplest way: no threads, no events, and no care for time."""

from __future__ import annotations

from jupyterlab_jobs.kernel.scheduler import Awaited, AwaitedCell, AwaitedJob


class SchedulerModel:
    """What is to become of the jobs, by their numbers."""

    def __init__(self) -> None:
        self.limit: int | None = None
        self.limits: dict[str, int] = {}
        self.backend: dict[int, str] = {}
        self.blocked: dict[int, list[Awaited]] = {}
        self.ready: list[int] = []
        self.running: list[int] = []
        self.waits: dict[int, int] = {}
        self.ended: dict[int, str] = {}
        self.awaited: dict[int, list[Awaited]] = {}
        self.refused: set[int] = set()
        self.prepared: set[int] = set()
        self.cells: dict[str, str | None] = {}

    def missing(self, awaited: list[Awaited]) -> list[Awaited] | None:
        """What has not ended; None if the job never starts."""
        if self.reasons(awaited):
            return None
        return [other for other in awaited if not self.is_over(other)]

    def is_over(self, other: Awaited) -> bool:
        return other.job.id in self.ended if isinstance(other, AwaitedJob) else other.request_id in self.cells

    def reasons(self, awaited: list[Awaited]) -> set[str]:
        """Why a job never starts: if there are several, any of them may come first."""
        reasons = {
            self.cells[other.request_id] for other in awaited if isinstance(other, AwaitedCell) and self.is_over(other)
        }
        for other in awaited:
            state = self.ended.get(other.job.id) if isinstance(other, AwaitedJob) else None
            if state in ("failed", "killed"):
                what = {"failed": "failed", "killed": "was killed"}[state]
                reasons.add(f"job {other.job.id}, after which it was to run, {what}")
        return reasons - {None}

    def has_room(self, backend: str) -> bool:
        working = [self.backend[number] for number in self.running if number not in self.waits]
        limit = self.limits.get(backend)
        return (self.limit is None or len(working) < self.limit) and (limit is None or working.count(backend) < limit)

    def submit(self, number: int, awaited: list[Awaited], *, now: bool) -> None:
        self.awaited[number] = awaited
        missing = self.missing(awaited)
        if missing is None:
            self.refused.add(number)
            self.end(number, "killed")
        elif missing:
            self.blocked[number] = missing
        elif now:
            self.start(number)
        else:
            self.make_ready(number)
            self.launch()

    def make_ready(self, number: int) -> None:
        self.prepared.add(number)
        self.ready.append(number)

    def start(self, number: int) -> None:
        self.prepared.add(number)
        self.running.append(number)

    def end(self, number: int, state: str) -> None:
        self.ended[number] = state
        for numbers in (self.ready, self.running):
            if number in numbers:
                numbers.remove(number)
        self.blocked.pop(number, None)
        self.waits.pop(number, None)
        self.release()

    def release(self) -> None:
        refused = []
        for number, missing in [(number, self.missing(awaited)) for number, awaited in self.blocked.items()]:
            if missing is None:
                refused.append(number)
            elif missing:
                self.blocked[number] = missing
            else:
                del self.blocked[number]
                self.make_ready(number)
        for number in refused:
            del self.blocked[number]
        for number in refused:
            self.refused.add(number)
            self.end(number, "killed")
        self.launch()

    def launch(self) -> None:
        for number in list(self.ready):
            if self.has_room(self.backend[number]):
                self.ready.remove(number)
                self.start(number)

    def waiting_for(self, number: int) -> str | None:
        if number in self.ready:
            limit = self.limits.get(self.backend[number])
            return "its turn" if limit is None else f"its turn: {limit} at once on {self.backend[number]}"
        awaited = self.blocked.get(number, [])
        jobs = [str(other.job.id) for other in awaited if isinstance(other, AwaitedJob)]
        cells = [other.reason for other in awaited if isinstance(other, AwaitedCell)]
        parts = [f"job {jobs[0]}"] if len(jobs) == 1 else [f"jobs {', '.join(jobs)}"] if jobs else []
        if cells:
            more = f" and {len(cells) - 1} more" if len(cells) > 1 else ""
            parts.append(f"cell [*]{more}: {cells[0]}")
        return ", ".join(parts) or None
