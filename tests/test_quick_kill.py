"""What is put off until killed code has ended, or has had a moment to: it needs the processor itself."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace
from typing import Any

import pytest
from harness import PATIENCE, until
from in_process import Bench, ToldWork

from jupyterlab_jobs.kernel import control, publisher
from jupyterlab_jobs.kernel.control import ControlChannel
from jupyterlab_jobs.kernel.job import Job
from jupyterlab_jobs.kernel.states import ENDED

pytestmark = pytest.mark.usefixtures("quiet_kills")


def _states(bench: Bench, job: Job) -> list[str]:
    """What was told of a job, one after the other."""
    events = [content for kind, content in bench.outbox.messages if kind == "jobs_event"]
    return [record["state"] for event in events for record in event["jobs"] if record["id"] == job.id]


def _cleaning(bench: Bench, go_on: threading.Event) -> Job:
    """A job whose clean-up takes until `go_on` is set."""
    work = ToldWork()
    job = bench.begin(work)
    begun = threading.Event()

    def code() -> None:
        begun.set()
        try:
            job._kill_switch.call_blocking(killed.set, killed.wait)
        finally:
            job._kill_switch.call_blocking(go_on.set, go_on.wait)

    killed = threading.Event()
    work.order(code)
    assert begun.wait(PATIENCE)
    return job


class _Answers:
    """What the control channel needs of a runtime; keeps the answers, and in which state a job was at each."""

    def __init__(self, bench: Bench, job: Job) -> None:
        self.registry = bench.registry
        self.publisher = bench.publisher
        self.kernel = SimpleNamespace(session=self)
        self.main_thread = SimpleNamespace(tell_busy_after_reply=lambda: None)
        self.sent: list[tuple[object, str]] = []
        self._job = job

    def send(self, stream: None, kind: str, content: dict[str, Any], *others: object) -> None:
        self.sent.append((content["result"], self._job.state))


def _ask(answers: _Answers, method: str, params: dict[str, Any]) -> None:
    content = {"version": 1, "method": method, "params": params}
    ControlChannel(answers)(None, None, {"content": content})  # type: ignore[arg-type]  # stands in for the runtime


def test_a_job_that_ends_at_once_is_not_told_to_be_stopping(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publisher, "QUICK_END", PATIENCE)
    bench.publisher.start()
    job, other = bench.begin(ToldWork()), bench.begin(ToldWork())
    until(lambda: _states(bench, job) and _states(bench, other))
    begin = time.monotonic()
    bench.registry.kill([job])
    until(lambda: _states(bench, job)[-1] in ENDED)
    assert time.monotonic() - begin < PATIENCE / 2
    assert _states(bench, job) == ["running", "killed"]
    assert _states(bench, other) == ["running"]


def test_a_job_that_takes_longer_is_told_to_be_stopping(bench: Bench) -> None:
    bench.publisher.start()
    go_on = threading.Event()
    job = _cleaning(bench, go_on)
    bench.registry.kill([job])
    until(lambda: "stopping" in _states(bench, job))
    assert job.state == "stopping"
    go_on.set()
    until(lambda: _states(bench, job)[-1] == "killed")
    assert _states(bench, job).count("stopping") == 1


def test_a_clock_that_is_set_back_hides_nothing(bench: Bench) -> None:
    bench.publisher.start()
    go_on = threading.Event()
    job = _cleaning(bench, go_on)
    bench.registry.kill([job])
    job.stopping_since = time.time() + 3600
    bench.publisher.wake(job)
    until(lambda: "stopping" in _states(bench, job))
    go_on.set()


@pytest.mark.parametrize(("method", "params"), [("kill", {"jobs": [1]}), ("kill_all", {})])
def test_a_kill_is_answered_once_the_code_has_ended(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, method: str, params: dict[str, Any]
) -> None:
    monkeypatch.setattr(control, "QUICK_END", PATIENCE)
    job = bench.begin(ToldWork())
    answers = _Answers(bench, job)
    _ask(answers, method, params)
    assert answers.sent == [({"killed": [1], "ended": []}, "killed")]
    _ask(answers, "kill", {"jobs": [1]})
    assert answers.sent[1:] == [({"killed": [], "ended": [1]}, "killed")]


def test_a_kill_that_takes_longer_is_answered_soon(bench: Bench) -> None:
    go_on = threading.Event()
    job = _cleaning(bench, go_on)
    answers = _Answers(bench, job)
    _ask(answers, "kill", {"jobs": [job.id]})
    assert answers.sent == [({"killed": [job.id], "ended": []}, "stopping")]
    go_on.set()
