"""`Registry` by itself: what becomes of a job in whatever state something happens to it."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from in_process import Bench, ToldWork, described, until

from jupyterlab_jobs.kernel import registry as registry_module
from jupyterlab_jobs.kernel.errors import JobKilled, JobTimedOut, JobWasKilled, NoSuchJob
from jupyterlab_jobs.kernel.job import Job, JobError, Origin
from jupyterlab_jobs.kernel.kill import KillSwitch
from jupyterlab_jobs.kernel.namespace import Landing, Namespace
from jupyterlab_jobs.kernel.registry import Registry
from jupyterlab_jobs.kernel.remote_failure import RemoteFailure

pytestmark = pytest.mark.usefixtures("quiet_kills")


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.close()


@pytest.fixture
def registry(bench: Bench) -> Registry:
    return bench.registry


class _SourceWork(ToldWork):
    """Whose names are a snapshot of the notebook's."""

    def __init__(self, notebook: dict[str, Any]) -> None:
        super().__init__()
        self.namespace = Namespace(notebook, notebook)


def _notes(bench: Bench) -> list[object]:
    """What was shown as the runtime's own, once all is published."""
    bench.publisher.start()
    bench.publisher.stop()
    return [content["data"]["text/plain"] for kind, content in bench.outbox.messages if kind == "display_data"]


# ----------------------------------------------------------------------- the list


def test_jobs_are_numbered_and_listed_in_their_order(bench: Bench, registry: Registry) -> None:
    jobs = [bench.begin(ToldWork()) for _ in range(3)]
    assert [job.id for job in jobs] == [1, 2, 3]
    assert registry.all() == jobs
    assert bench.made_ready == 3


def test_a_job_is_found_by_what_it_is_called(bench: Bench, registry: Registry) -> None:
    first, second, third = (bench.begin(ToldWork(), name=name) for name in ("train", "load", "train"))
    assert registry.get(2) is second
    assert registry.find(second) == [second]
    assert registry.find(1) == registry.find("1") == [first]
    assert registry.find("train") == [first, third]
    for unknown in (4, "4", "tra"):
        with pytest.raises(NoSuchJob, match=str(unknown)):
            registry.find(unknown)
    with pytest.raises(NoSuchJob):
        registry.get(4)


def test_a_job_is_queued_until_it_is_started(bench: Bench, registry: Registry) -> None:
    work = ToldWork()
    job = bench.make(work)
    assert registry.all() == []
    assert registry.add(job) is job
    assert registry.all() == [job]
    assert job.state == "queued"
    bench.woken()
    registry.start(job)
    assert work.running.wait(20)
    assert job.state == "running"
    assert job in bench.woken()
    assert job.running()


def test_the_cell_is_known_to_have_jobs_before_there_is_one(bench: Bench, registry: Registry) -> None:
    header = {"msg_id": "request"}
    job = bench.make(ToldWork(), origin=Origin("express", header, cell_id="cell"))
    seen: list[object] = []
    start_cell_log = bench.publisher.start_cell_log

    def watch(origin: Origin) -> None:
        seen.append(registry.all())
        start_cell_log(origin)

    bench.publisher.start_cell_log = watch
    registry.submit(job)
    cell = bench.publisher.cells.find("request")
    assert cell is not None
    assert cell.has_jobs
    assert seen == [[]]


def test_a_job_that_cannot_be_started_is_no_job_that_waits_for_ever(bench: Bench, registry: Registry) -> None:
    class Interrupted(ToldWork):
        def begin(self) -> None:
            raise KeyboardInterrupt

    job = bench.make(Interrupted())
    with pytest.raises(KeyboardInterrupt):
        registry.submit(job)
    assert job.state == "killed"


def test_what_was_never_listed_is_not_killed(bench: Bench, registry: Registry) -> None:
    def interrupt(origin: Origin) -> None:
        raise KeyboardInterrupt

    bench.publisher.start_cell_log = interrupt
    job = bench.make(ToldWork())
    with pytest.raises(KeyboardInterrupt):
        registry.submit(job)
    assert registry.all() == []
    assert job.state == "queued"


def test_an_interrupt_after_the_start_leaves_the_job_alone(bench: Bench, registry: Registry) -> None:
    work = ToldWork()
    job = bench.make(work)
    wake = bench.publisher.wake

    def interrupt(woken: Job) -> None:
        wake(woken)
        if threading.current_thread() is threading.main_thread():
            assert work.running.wait(20)
            raise KeyboardInterrupt

    bench.publisher.wake = interrupt
    with pytest.raises(KeyboardInterrupt):
        registry.submit(job)
    assert job.state == "running"
    bench.publisher.wake = wake


def test_only_what_has_ended_is_removed(bench: Bench, registry: Registry) -> None:
    work = ToldWork()
    ended, running = bench.begin(work), bench.begin(ToldWork())
    work.finish()
    until(ended.done)
    until(lambda: ended in registry._ended)
    bench.woken()
    assert registry.remove([running, ended]) == [ended]
    assert ended.is_removed
    assert not running.is_removed
    assert registry.all() == [running]
    # The one to announce it, the other to let go of its output.
    assert bench.woken() == [ended.id, ended]
    assert registry.remove([ended]) == []
    assert bench.woken() == []
    assert registry._ended == {}


def test_what_is_removed_keeps_no_variables(bench: Bench, registry: Registry) -> None:
    work = _SourceWork({})
    job = bench.begin(work)
    work.fail(ZeroDivisionError())
    until(lambda: job in registry._ended)
    assert job._namespace is work.namespace
    registry.remove([job])
    assert job._namespace is None


def test_the_first_that_have_ended_are_forgotten_first(bench: Bench, registry: Registry) -> None:
    registry.set_history(2)
    works = [ToldWork() for _ in range(4)]
    jobs = [bench.begin(work) for work in works]
    for place in (2, 0):
        works[place].finish()
        until(lambda place=place: jobs[place] in registry._ended)
    assert registry.all() == jobs
    works[3].finish()
    until(lambda: jobs[2].is_removed)
    assert registry.all() == [jobs[0], jobs[1], jobs[3]]
    registry.set_history(0)
    assert registry.all() == [jobs[1]]
    works[1].finish()
    until(lambda: registry.all() == [])
    assert registry.history == 0


def test_what_is_removed_before_it_has_settled_is_not_kept(bench: Bench, registry: Registry) -> None:
    work = ToldWork()
    job = bench.begin(work)
    job.add_done_callback(lambda _: registry.remove([job]))
    work.finish()
    until(lambda: registry.all() == [])
    bench.begin(last := ToldWork())  # whose end is looked at after that of the other one
    last.finish()
    until(lambda: len(registry._ended) == 1)
    assert job not in registry._ended


# ---------------------------------------------------------------------- how jobs end


def test_the_value_is_the_result(bench: Bench, registry: Registry) -> None:
    work = ToldWork()
    job = bench.begin(work)
    job._own_values[bench] = 1
    before = time.time()
    work.finish(42)
    assert job.result(20) == 42
    assert job.state == "finished"
    assert job.ended is not None
    assert job.started is not None
    assert before <= job.ended <= time.time()
    assert job.started <= before
    assert job.stopping_since is None
    until(lambda: job in registry._ended)
    assert job._work is None
    assert job._own_values == {}
    assert job in bench.woken()


def test_variables_land_before_anybody_hears_of_the_end(bench: Bench, registry: Registry) -> None:
    notebook: dict[str, Any] = {"kept": 0, "changed": 0}
    work = _SourceWork(notebook)
    job = bench.begin(work)
    job._namespace.names["result"] = 42
    job._namespace.names["changed"] = 1
    notebook["changed"] = 2
    seen: list[object] = []
    job.add_done_callback(lambda _: seen.append(notebook.get("result")))
    work.finish()
    until(lambda: job in registry._ended)
    assert seen == [42]
    assert notebook == {"kept": 0, "changed": 1, "result": 42}
    assert _notes(bench) == ["Job 1 replaced `changed`: rebound in the notebook since the job started"]
    assert job._namespace is None
    assert registry.land(job) == Landing([], [])


def test_nothing_is_said_of_names_that_nobody_has_rebound(bench: Bench, registry: Registry) -> None:
    work = _SourceWork({"a": 1})
    job = bench.begin(work)
    job._namespace.names["a"] = 2
    work.finish()
    until(lambda: job in registry._ended)
    assert _notes(bench) == []


def test_several_replaced_names_are_named(bench: Bench, registry: Registry) -> None:
    notebook: dict[str, Any] = {"a": 0, "b": 0}
    work = _SourceWork(notebook)
    job = bench.begin(work)
    job._namespace.names.update(a=1, b=1)
    notebook.update(a=2, b=2)
    work.finish()
    until(lambda: job in registry._ended)
    assert _notes(bench) == ["Job 1 replaced `a`, `b`: rebound in the notebook since the job started"]


class _Lands:
    """Remembers whether it was landed as that of a job that is over."""

    def __init__(self) -> None:
        self.seen: list[bool] = []

    def land(self, *, is_over: bool) -> Landing:
        self.seen.append(is_over)
        return Landing([], [])


def test_a_job_is_over_when_it_has_ended_unless_somebody_knows_better(bench: Bench, registry: Registry) -> None:
    work = ToldWork()
    work.namespace = lands = _Lands()
    job = bench.begin(work)
    registry.land(job)
    registry.land(job, is_over=True)
    work.fail(ZeroDivisionError())
    until(lambda: job in registry._ended)
    registry.land(job)
    registry.land(job, is_over=False)
    assert lands.seen == [False, True, True, False]
    work = ToldWork()
    work.namespace = lands = _Lands()
    job = bench.begin(work)
    work.finish()
    until(job.done)
    assert lands.seen == [True]


def test_a_failure_is_described(bench: Bench, registry: Registry) -> None:
    work = ToldWork()
    job = bench.begin(work)
    error = ZeroDivisionError("by zero")
    work.fail(error)
    assert job.exception(20) is error
    assert job.state == "failed"
    assert job.error == described(error)
    assert "a traceback" in job.output
    assert error.__traceback__ is None  # or its frames would keep the variables
    assert "a traceback" in str(error.__cause__)
    until(lambda: job in registry._ended)
    assert job._work is None


def test_variables_of_a_failed_job_are_there(bench: Bench, registry: Registry) -> None:
    notebook: dict[str, Any] = {}
    work = _SourceWork(notebook)
    job = bench.begin(work)
    job._namespace.names["part"] = 1
    work.fail(ZeroDivisionError())
    until(lambda: job in registry._ended)
    assert notebook == {}
    assert registry.land(job).names == ["part"]
    assert notebook == {"part": 1}


def test_a_failure_elsewhere_is_shown_as_it_was_there(bench: Bench) -> None:
    work = ToldWork()
    job = bench.begin(work)
    error, elsewhere = ValueError("there"), JobError("ValueError", "there", ["the traceback of another process"])
    work.fail(RemoteFailure(error, elsewhere))
    assert job.exception(20) is error
    assert job.error is elsewhere
    assert "the traceback of another process" in job.output


def test_a_failure_that_cannot_be_described_is_one(bench: Bench) -> None:
    def fail(error: BaseException) -> JobError:
        raise SystemExit

    bench.describe_error = fail
    work = ToldWork()
    job = bench.begin(work)
    work.fail(ZeroDivisionError())
    assert isinstance(job.exception(20), ZeroDivisionError)
    assert job.state == "failed"
    assert job.error is not None
    assert job.error.ename == "ZeroDivisionError"
    assert "could not be rendered" in job.output


def test_the_description_can_be_killed(bench: Bench) -> None:
    begun, entered = threading.Event(), threading.Event()

    def endless(error: BaseException) -> JobError:
        entered.set()
        return job._kill_switch.call_blocking(begun.set, begun.wait)

    bench.describe_error = endless
    work = ToldWork()
    job = bench.begin(work)
    work.fail(ZeroDivisionError())
    assert entered.wait(20)
    assert job.state == "running"
    job.kill()
    assert isinstance(job.exception(20), ZeroDivisionError)
    assert job.state == "failed"


def test_a_failure_on_the_way_out_of_a_kill_is_described_in_peace(bench: Bench) -> None:
    work = ToldWork()
    job = bench.begin(work)

    def survive() -> None:
        with contextlib.suppress(JobKilled):
            job.kill()
        raise ZeroDivisionError from None

    called: list[BaseException] = []

    def describe(error: BaseException) -> JobError:
        called.append(error)
        return described(error)

    bench.describe_error = describe
    work.order(survive)
    until(job.done)
    assert job.state in ("failed", "killed")  # or it was struck again before it could raise
    assert [job.error] == [described(error) for error in called] or [None]


def test_a_thread_that_the_system_does_not_give_is_a_failure(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(registry_module, "start_thread", refuse)
    job = bench.registry.submit(bench.make(ToldWork()))
    assert job.state == "failed"
    with pytest.raises(RuntimeError, match="can't start new thread"):
        job.result(20)


def test_what_leaves_nothing_behind_shares_its_kill_switch(bench: Bench, registry: Registry) -> None:
    work, other = ToldWork(), ToldWork()
    job, killed = bench.begin(work), bench.begin(other)
    own = job._kill_switch
    work.finish()
    until(lambda: job in registry._ended)
    assert job._kill_switch is registry._spent is not own
    assert isinstance(registry._spent, KillSwitch)
    killed.kill()
    until(lambda: killed in registry._ended)
    assert killed._kill_switch is not registry._spent
    assert killed._kill_switch.requested


def test_what_leaves_a_process_behind_keeps_its_own(bench: Bench, registry: Registry) -> None:
    work = ToldWork()
    job = bench.begin(work)
    own: KillSwitch = job._kill_switch
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        own.children.add(child.pid)
        work.finish()
        until(lambda: job in registry._ended)
        assert job._kill_switch is own
        child.communicate(b"\n")


# ------------------------------------------------------------------------------ kills


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


def test_a_job_that_kills_itself_and_others_kills_the_others_first(bench: Bench, registry: Registry) -> None:
    work = ToldWork()
    job, other = bench.begin(work), bench.begin(ToldWork())
    work.order(lambda: registry.kill([job, other]))
    for killed in (job, other):
        until(killed.done)
        assert killed.state == "killed"


def test_what_else_a_job_kills_does_not_depend_on_how_fast_its_own_kill_is(bench: Bench, registry: Registry) -> None:
    work = ToldWork()
    job, other = bench.begin(work), bench.begin(ToldWork())

    def strike_at_once(watched: Job) -> None:
        striker = threading.Thread(target=watched._kill_switch.strike)
        striker.start()
        striker.join()

    registry._reaper.watch = strike_at_once
    work.order(lambda: registry.kill([job, other]))
    for killed in (job, other):
        until(killed.done)
        assert killed.state == "killed"


def test_a_kill_strikes_by_itself(bench: Bench, registry: Registry) -> None:
    work = ToldWork()
    job, other = bench.begin(work), bench.begin(ToldWork())
    registry._reaper.watch = lambda job: None
    work.order(lambda: registry.kill([job, other]))
    for killed in (job, other):
        until(killed.done)
        assert killed.state == "killed"


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
