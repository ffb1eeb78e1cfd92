"""`Registry` by itself: what becomes of a job whose code has ended."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
import time
from typing import Any

import pytest
from harness import until
from in_process import Bench, SourceWork, ToldWork, described

from jupyterlab_jobs.kernel import registry as registry_module
from jupyterlab_jobs.kernel.errors import JobKilled
from jupyterlab_jobs.kernel.job import JobError
from jupyterlab_jobs.kernel.kill import KillSwitch
from jupyterlab_jobs.kernel.namespace import Landing
from jupyterlab_jobs.kernel.registry import Registry
from jupyterlab_jobs.kernel.remote_failure import RemoteFailure

pytestmark = pytest.mark.usefixtures("quiet_kills")


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
    work = SourceWork(notebook)
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
    assert bench.notes() == ["Job 1 replaced `changed`: rebound in the notebook since the job started"]
    assert job._namespace is None
    assert registry.land(job) == Landing([], [])


def test_nothing_is_said_of_names_that_nobody_has_rebound(bench: Bench, registry: Registry) -> None:
    work = SourceWork({"a": 1})
    job = bench.begin(work)
    job._namespace.names["a"] = 2
    work.finish()
    until(lambda: job in registry._ended)
    assert bench.notes() == []


def test_several_replaced_names_are_named(bench: Bench, registry: Registry) -> None:
    notebook: dict[str, Any] = {"a": 0, "b": 0}
    work = SourceWork(notebook)
    job = bench.begin(work)
    job._namespace.names.update(a=1, b=1)
    notebook.update(a=2, b=2)
    work.finish()
    until(lambda: job in registry._ended)
    assert bench.notes() == ["Job 1 replaced `a`, `b`: rebound in the notebook since the job started"]


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
    work = SourceWork(notebook)
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
