"""`Registry` by itself: the kills, in whatever state a job is."""

from __future__ import annotations

import threading
import time

import pytest
from harness import until
from in_process import Bench, ToldWork

from jupyterlab_jobs.kernel.errors import JobTimedOut, JobWasKilled
from jupyterlab_jobs.kernel.job import Job
from jupyterlab_jobs.kernel.registry import Registry

pytestmark = pytest.mark.usefixtures("quiet_kills")


def test_a_queued_job_is_killed_at_once(bench: Bench, registry: Registry) -> None:
    work = ToldWork()
    job = registry.add(bench.make(work))
    bench.woken()
    assert registry.kill([job]) == [job]
    assert job.state == "killed"
    assert bench.woken() == [job]
    with pytest.raises(JobWasKilled, match=r"^job 1 was killed$"):
        job.result(20)
    assert job.started is None
    assert job.ended is not None
    registry.start(job)  # as whoever has submitted it does, and comes too late
    registry.scheduler.limits_changed()
    assert job.state == "killed"
    assert registry.kill([job]) == []
    assert not work.running.is_set()
    assert not job.timed_out


def test_why_a_job_never_starts_is_told(bench: Bench, registry: Registry) -> None:
    job = registry.add(bench.make(ToldWork()))
    registry._refuse(job, "a reason")
    assert job.kill_reason == "a reason"
    with pytest.raises(JobWasKilled, match=r"^job 1 was killed: a reason$"):
        job.result(20)


def test_the_callbacks_of_a_queued_job_do_not_hold_up_who_kills_it(bench: Bench, registry: Registry) -> None:
    job = registry.add(bench.make(ToldWork()))
    threads: list[threading.Thread] = []
    go_on = threading.Event()

    def callback(_: object) -> None:
        go_on.wait()
        threads.append(threading.current_thread())

    job.add_done_callback(callback)
    assert registry.kill([job]) == [job]
    assert threads == []
    go_on.set()
    until(lambda: threads)
    assert threads[0] is not threading.current_thread()
    assert threads[0].name == "job-1"
    with pytest.raises(JobWasKilled):
        job.result(20)


def test_a_running_job_stops_and_is_killed(bench: Bench, registry: Registry) -> None:
    job, other = bench.begin(ToldWork()), bench.begin(ToldWork())
    bench.woken()
    before = time.time()
    assert registry.kill([job]) == [job]
    with pytest.raises(JobWasKilled, match=r"^job 1 was killed$"):
        job.result(20)
    assert job._history == ["queued", "running", "stopping", "killed"]
    assert job.stopping_since is not None
    assert job.ended is not None
    assert before <= job.stopping_since <= job.ended <= time.time()
    assert other.state == "running"
    assert set(bench.woken()) == {job}
    assert registry.kill([job, other]) == [other]


def test_a_second_kill_cuts_the_clean_up_short(bench: Bench, registry: Registry) -> None:
    work = ToldWork()
    job = bench.begin(work)
    begun, cleaning, first, second = (threading.Event() for _ in range(4))

    def code() -> None:
        begun.set()
        try:
            job._kill_switch.call_blocking(first.set, first.wait)
        finally:
            cleaning.set()
            job._kill_switch.call_blocking(second.set, second.wait)

    work.order(code)
    assert begun.wait(20)
    registry.kill([job])
    assert cleaning.wait(20)
    assert job.state == "stopping"
    assert not second.is_set()
    assert registry.kill([job]) == [job]
    until(job.done)
    assert job.state == "killed"


def _a_job_kills_itself_and_another(bench: Bench) -> None:
    work = ToldWork()
    job, other = bench.begin(work), bench.begin(ToldWork())
    work.order(lambda: bench.registry.kill([job, other]))
    for killed in (job, other):
        until(killed.done)
        assert killed.state == "killed"


def test_a_job_that_kills_itself_and_others_kills_the_others_first(bench: Bench) -> None:
    _a_job_kills_itself_and_another(bench)


def test_what_else_a_job_kills_does_not_depend_on_how_fast_its_own_kill_is(bench: Bench, registry: Registry) -> None:
    def strike_at_once(watched: Job) -> None:
        striker = threading.Thread(target=watched._kill_switch.strike)
        striker.start()
        striker.join()

    registry._reaper.watch = strike_at_once
    _a_job_kills_itself_and_another(bench)


def test_a_kill_strikes_by_itself(bench: Bench, registry: Registry) -> None:
    registry._reaper.watch = lambda job: None
    _a_job_kills_itself_and_another(bench)


def test_a_job_that_survives_its_own_kill_has_not_come_back_from_it(bench: Bench, registry: Registry) -> None:
    work = ToldWork()
    job = bench.begin(work)
    came_back: list[bool] = []

    def code() -> None:
        registry.kill([job])
        came_back.append(True)

    work.order(code)
    until(job.done)
    assert came_back == []


def test_time_is_up(bench: Bench, registry: Registry) -> None:
    job = bench.begin(ToldWork(), timeout=0.05)
    with pytest.raises(JobTimedOut, match=r"^job 1 has timed out after 0.05 s$"):
        job.result(20)
    assert job.state == "killed"
    assert job.timed_out


def test_the_time_of_what_is_ending_cannot_be_up(bench: Bench, registry: Registry) -> None:
    queued = registry.add(bench.make(ToldWork(), timeout=1000))
    registry._time_is_up(queued)
    assert (queued.state, queued.timed_out) == ("queued", False)
    job = bench.begin(ToldWork(), timeout=1000)
    job.kill()
    registry._time_is_up(job)
    until(job.done)
    registry._time_is_up(job)
    assert not job.timed_out


def test_where_a_job_is_stuck_is_told(bench: Bench, registry: Registry) -> None:
    job = bench.begin(ToldWork())
    bench.woken()
    registry._tell_stuck(job, "wait, line 3")
    assert job.stuck_in == "wait, line 3"
    assert bench.woken() == [job]


def test_the_number_of_its_cell_is_told(bench: Bench, registry: Registry) -> None:
    job = bench.begin(ToldWork())
    bench.woken()
    registry.set_execution_count(job, 7)
    assert job.execution_count == 7
    assert bench.woken() == [job]


def test_what_was_killed_before_its_thread_was_there_does_not_begin(bench: Bench, registry: Registry) -> None:
    job = registry.add(bench.make(ToldWork()))
    registry.kill([job])
    bench.woken()
    assert not registry.job_starts(job)
    assert bench.woken() == []
    assert job.started is None


def test_a_job_that_runs_waits_for_nothing(bench: Bench, registry: Registry) -> None:
    bench.registry.scheduler.limit = 1
    first = ToldWork()
    bench.begin(first)
    job = registry.submit(bench.make(second := ToldWork()))
    assert job.waiting_for == "its turn"
    first.finish()
    assert second.running.wait(20)
    until(lambda: job.state == "running")
    assert job.waiting_for is None
    third = registry.submit(bench.make(ToldWork()))
    assert third.waiting_for == "its turn"
    third.kill()
    assert third.waiting_for is None
