"""`Scheduler` against a model of it: whatever happens in whatever order, the same jobs run, wait, and never start."""

from __future__ import annotations

import functools
import threading
from collections.abc import Collection
from contextlib import AbstractContextManager

import pytest
from harness import PATIENCE, until
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from in_process import Bench, ToldWork
from scheduler_model import SchedulerModel

from jupyterlab_jobs.kernel.job import Job
from jupyterlab_jobs.kernel.scheduler import Awaited, AwaitedCell, AwaitedJob

pytestmark = pytest.mark.usefixtures("quiet_kills")

_BACKENDS = ("thread", "process")
_limits = st.none() | st.integers(1, 3)
_places = st.integers(0, 15)
_cells = st.integers(0, 2)


class _Machine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.bench = Bench()
        self.scheduler = self.bench.registry.scheduler
        self.model = SchedulerModel()
        self.jobs: list[Job] = []
        self.told: dict[int, tuple[str, str | None]] = {}
        self.work: dict[int, ToldWork] = {}
        self.waits: dict[int, list[AbstractContextManager[None]]] = {}

    def teardown(self) -> None:
        self.bench.close()

    @initialize(
        limit=st.sampled_from([1, 2, 3, None]), limits=st.dictionaries(st.sampled_from(_BACKENDS), st.integers(1, 2))
    )
    def begin(self, limit: int | None, limits: dict[str, int]) -> None:
        if limit is not None:
            self.limit_all(limit)
        for backend, most in limits.items():
            self.limit_backend(backend, most)

    @rule(backend=st.sampled_from(_BACKENDS), count=st.integers(2, 4), now=st.sampled_from([False, False, False, True]))
    def submit(self, backend: str, count: int, now: bool) -> None:
        for _ in range(count):
            self._submit(backend, [], now=now)

    @precondition(lambda self: self.jobs)
    @rule(
        backend=st.sampled_from(_BACKENDS),
        places=st.lists(_places, min_size=1, max_size=3),
        cells=st.lists(_cells, max_size=1),
        now=st.booleans(),
    )
    def submit_after(self, backend: str, places: list[int], cells: list[int], now: bool) -> None:
        others = dict.fromkeys(self._at(place) for place in places)
        self._submit(backend, [*map(AwaitedJob, others), *map(self._cell, cells)], now=now)

    @rule(
        backend=st.sampled_from(_BACKENDS),
        cells=st.lists(_cells, min_size=1, max_size=3, unique=True),
        now=st.booleans(),
    )
    def submit_after_cells(self, backend: str, cells: list[int], now: bool) -> None:
        self._submit(backend, list(map(self._cell, cells)), now=now)

    def _cell(self, number: int) -> AwaitedCell:
        """A new one, or one for which others wait."""
        name = f"cell {len(self.jobs) // 3}.{number}"
        return AwaitedCell(name, f"because of {name}")

    def _submit(self, backend: str, awaited: list[Awaited], *, now: bool) -> None:
        work = ToldWork()
        job = self.bench.make(work, backend=backend)
        self.jobs.append(job)
        self.work[job.id] = work
        self.model.backend[job.id] = backend
        self.bench.registry.submit(job, awaited, now=now)
        self.model.submit(job.id, awaited, now=now)

    def _at(self, place: int, numbers: Collection[int] = ()) -> Job:
        """One of the jobs with these numbers; without any, of all. Most often one of the last."""
        jobs = [job for job in self.jobs if job.id in numbers] or self.jobs
        return jobs[-1 - place % len(jobs)]

    @precondition(lambda self: self.model.running)
    @rule(place=_places, fails=st.booleans())
    def end(self, place: int, fails: bool) -> None:
        job = self._at(place, self.model.running)
        work = self.work[job.id]
        for wait in reversed(self.waits.pop(job.id, [])):
            work.tell(functools.partial(wait.__exit__, None, None, None))
        if fails:
            work.fail(ZeroDivisionError())
        else:
            work.finish()
        until(job.done)
        self.model.end(job.id, "failed" if fails else "finished")

    @precondition(lambda self: self.jobs)
    @rule(place=_places)
    def kill(self, place: int) -> None:
        job = self._at(place)
        assert job.kill() == (job.id not in self.model.ended)
        until(job.done)
        self.waits.pop(job.id, None)
        if job.id not in self.model.ended:
            self.model.end(job.id, "killed")

    @rule(place=_places, reason=st.sampled_from([None, None, None, "it has failed"]))
    def end_cell(self, place: int, reason: str | None) -> None:
        awaited = [other for others in self.model.blocked.values() for other in others]
        cells = [cell.request_id for cell in awaited if isinstance(cell, AwaitedCell)] or [
            "a cell that nobody waits for"
        ]
        cell = cells[place % len(cells)]
        self.scheduler.cell_ended(cell, reason)
        self.model.cells[cell] = reason
        self.model.release()
        # At once: the next cell may rebind the names.
        assert all(self.work[number].begun for number in self.model.prepared)

    @precondition(lambda self: self.jobs)
    @rule(place=_places)
    def come_to_its_cell(self, place: int) -> None:
        job = self._at(place, self.model.blocked)
        self.scheduler.cells_are_over(job)
        awaited = self.model.blocked.get(job.id)
        if awaited is None:
            return
        self.model.blocked[job.id] = [other for other in awaited if isinstance(other, AwaitedJob)]
        if not self.model.blocked[job.id]:
            assert self.work[job.id].begun
        self.model.release()

    @precondition(lambda self: self.jobs)
    @rule(place=_places)
    def start_now(self, place: int) -> None:
        job = self._at(place, [*self.model.blocked, *self.model.ready])
        waits = job.id in self.model.blocked or job.id in self.model.ready
        assert self.scheduler.start_now(job) == waits
        if waits:
            self.model.blocked.pop(job.id, None)
            if job.id in self.model.ready:
                self.model.ready.remove(job.id)
            self.model.start(job.id)

    @rule(limit=_limits)
    def limit_all(self, limit: int | None) -> None:
        self.scheduler.limit = limit
        assert self.scheduler.limit == limit
        self.model.limit = limit
        self.model.launch()

    @rule(backend=st.sampled_from(_BACKENDS), limit=_limits)
    def limit_backend(self, backend: str, limit: int | None) -> None:
        for limits in (self.bench.limits, self.model.limits):
            limits.pop(backend, None)
            if limit is not None:
                limits[backend] = limit
        self.scheduler.limits_changed()
        self.model.launch()

    @precondition(lambda self: self.model.running)
    @rule(place=_places)
    def wait(self, place: int) -> None:
        job = self._at(place, self.model.running)
        wait = self.scheduler.waiting()
        self.work[job.id].tell(wait.__enter__)
        self.waits.setdefault(job.id, []).append(wait)
        self.model.waits[job.id] = self.model.waits.get(job.id, 0) + 1
        self.model.launch()

    @precondition(lambda self: self.model.waits)
    @rule(place=_places)
    def wait_no_more(self, place: int) -> None:
        job = self._at(place, self.model.waits)
        wait = self.waits[job.id].pop()
        self.work[job.id].tell(lambda: wait.__exit__(None, None, None))
        self.model.waits[job.id] -= 1
        if not self.model.waits[job.id]:
            del self.model.waits[job.id]

    @invariant()
    def is_as_the_model(self) -> None:
        self.bench.settle()
        for number in self.model.running:
            assert self.work[number].running.wait(PATIENCE)
        woken = self.bench.woken()
        for job in self.jobs:
            state = "running" if job.id in self.model.running else self.model.ended.get(job.id, "queued")
            assert (job.id, job.state) == (job.id, state)
            assert job.waiting_for == self.model.waiting_for(job.id)
            if job.id in self.model.refused:
                assert job.kill_reason in self.model.reasons(self.model.awaited[job.id])
            else:
                assert job.kill_reason is None
            assert (self.work[job.id].begun > 0) == (job.id in self.model.prepared)
            if self.told.get(job.id) != (state, job.waiting_for):
                assert job in woken
                self.told[job.id] = state, job.waiting_for


TestScheduler = _Machine.TestCase
TestScheduler.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)


def test_a_job_that_waits_in_several_threads_waits_until_the_last_is_over(bench: Bench) -> None:
    scheduler = bench.registry.scheduler
    scheduler.limit = 1
    work, second, third = ToldWork(), ToldWork(), ToldWork()
    bench.begin(work)
    first_wait, *other_waits = waits = [scheduler.waiting() for _ in range(3)]
    for wait in waits:
        work.tell(wait.__enter__)
    for wait in other_waits:
        work.tell(functools.partial(wait.__exit__, None, None, None))
    bench.begin(second)  # there is room
    work.tell(lambda: first_wait.__exit__(None, None, None))
    job = bench.registry.submit(bench.make(third))
    assert job.waiting_for == "its turn"
    second.finish()
    bench.settle()
    assert job.waiting_for == "its turn"  # the first one computes
    again = scheduler.waiting()
    work.tell(again.__enter__)
    assert third.running.wait(PATIENCE)


def test_what_is_killed_while_it_is_made_ready_holds_up_nobody(bench: Bench) -> None:
    class KillsItself(ToldWork):
        def begin(self) -> None:
            killed.kill()

    first, last = ToldWork(), ToldWork()
    awaited = [AwaitedJob(bench.begin(first))]
    killed = bench.make(KillsItself())
    for job in (killed, bench.make(last)):
        bench.registry.submit(job, awaited)
    first.finish()
    assert last.running.wait(PATIENCE)
    assert killed.state == "killed"


def test_the_turn_goes_across_backends(bench: Bench) -> None:
    bench.registry.scheduler.limit = 1
    works = [ToldWork() for _ in range(6)]
    jobs = [
        bench.registry.submit(bench.make(work, backend=_BACKENDS[number % 3 % 2])) for number, work in enumerate(works)
    ]
    assert {job.backend for job in jobs} == set(_BACKENDS)
    for number, work in enumerate(works):
        assert work.running.wait(PATIENCE)
        assert [other.state for other in jobs[number + 1 :]] == ["queued"] * (5 - number)
        work.finish()


def test_waiting_is_for_jobs(bench: Bench) -> None:
    scheduler = bench.registry.scheduler
    scheduler.limit = 1
    running = bench.begin(ToldWork())
    with scheduler.waiting():  # as the main thread, which is no job's
        assert scheduler._in_wait == {}
        waits = bench.registry.submit(bench.make(ToldWork()))
        assert waits.state == "queued"
    assert running.state == "running"


def test_cells_that_ended_long_ago_are_forgotten(bench: Bench) -> None:
    scheduler = bench.registry.scheduler
    for number in range(1_001):
        scheduler.cell_ended(str(number))
    first, second = (bench.make(ToldWork()) for _ in range(2))
    bench.registry.submit(first, [AwaitedCell("0", "a reason")])
    bench.registry.submit(second, [AwaitedCell("1", "a reason")])
    until(lambda: second.state == "running")
    assert first.state == "queued"


def test_an_event_that_fails_is_not_the_last(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    scheduler = bench.registry.scheduler
    done = threading.Event()

    def fail() -> None:
        raise ZeroDivisionError

    scheduler._post(fail)
    scheduler._post(done.set)
    assert done.wait(PATIENCE)
    assert "Failed to start jobs" in caplog.text
