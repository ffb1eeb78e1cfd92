"""The names of `IPython.lib.backgroundjobs`: what IPython's own tests ask of them, and the rest."""

from __future__ import annotations

import pytest
from harness import Kernel

_SET_UP = """
import threading, time
from jupyterlab_jobs import BackgroundJobManager
gate = threading.Event()

def sleeper(interval=0.0001, *a, **kw):
    time.sleep(interval)
    return dict(interval=interval, other_args=a, kw_args=kw)

def crasher(interval=0.0001):
    time.sleep(interval)
    raise Exception(f"Dead job with interval {interval}")
"""


@pytest.fixture(params=["BackgroundJobManager", "jobs"])
def managed(kernel: Kernel, request: pytest.FixtureRequest) -> Kernel:
    """A kernel whose `managed` is a manager made afresh, or `jobs`."""
    made = "BackgroundJobManager()" if request.param == "BackgroundJobManager" else "jobs"
    kernel.execute(f"{_SET_UP}\nmanaged = {made}")
    return kernel


def test_result(managed: Kernel) -> None:
    managed.execute("j = managed.new(sleeper)\nj.join()")
    assert managed.value("j.result['interval'], j.finished, j.status") == (0.0001, True, "Completed")
    assert managed.value("managed.result(j.num) == j.result") is True


def test_flush(managed: Kernel) -> None:
    managed.execute("j = managed.new(sleeper)\nj.join()")
    assert managed.value("len(managed.completed), len(managed.dead)") == (1, 0)
    msg_id = managed.execute("managed.flush(); managed.flush()")
    assert managed.text(msg_id) == "Flushing 1 Completed job.\nNo jobs to flush.\n"
    assert managed.value("len(managed.completed), len(managed.all)") == (0, 0)


def test_dead(managed: Kernel) -> None:
    managed.execute("j = managed.new(crasher)\nj.join()")
    assert managed.value("len(managed.completed), len(managed.dead)") == (0, 1)
    assert managed.value("j.result, j.finished") == (
        "<BackgroundJob died, call jobs.traceback() for details>",
        False,
    )
    msg_id = managed.execute("managed.traceback()\nmanaged.traceback(j.num)\nj.traceback()")
    assert managed.text(msg_id).count("Dead job with interval 0.0001") == 3
    managed.execute("managed.flush()")
    assert managed.value("len(managed.dead)") == 0


def test_longer(managed: Kernel) -> None:
    managed.execute("j = managed.new(gate.wait)")
    assert managed.value("len(managed.running), len(managed.completed)") == (1, 0)
    assert managed.value("j.result, j.is_alive()") == ("<BackgroundJob has not completed>", True)
    managed.execute("gate.set()\nj.join()")
    assert managed.value("len(managed.running), len(managed.completed)") == (0, 1)


def test_arguments(managed: Kernel) -> None:
    managed.execute("j = managed.new(sleeper, 0, 'a', kw=dict(b=1), daemon=True)\nj.join()")
    assert managed.value("j.result") == {"interval": 0, "other_args": ("a",), "kw_args": {"b": 1}}


def test_expressions(managed: Kernel) -> None:
    managed.execute(
        "x = 1\ndef start():\n    y = 2\n    return managed.new('x + y')\n"
        "started = [start(), managed.new('a', {'a': 3}), managed.new('a + b', {'a': 1}, {'b': 3})]\n"
        "for j in started: j.join()"
    )
    assert managed.value("[j.result for j in started], str(started[0])") == ([3, 3, 4], "x + y")


def test_status(managed: Kernel) -> None:
    managed.execute("done = managed.new(int)\ndead = managed.new(crasher)\ndone.join(); dead.join()")
    managed.execute("j = managed.new('gate.wait()')")
    msg_id = managed.execute("managed()\nmanaged.status()")
    numbers = managed.value("(j.num, done.num, dead.num)")
    text = "Running jobs:\n{} : gate.wait()\n\nCompleted jobs:\n{} : int\n\nDead jobs:\n{} : crasher\n\n"
    assert managed.text(msg_id) == 2 * text.format(*numbers)


def test_removing(managed: Kernel) -> None:
    managed.execute("j = managed.new(gate.wait)")
    msg_id = managed.execute("managed.remove(j.num)\nmanaged.remove(99)\nmanaged.result(99)")
    errors = managed.text(msg_id, "stderr")
    assert "is still running, it can not be removed" in errors
    assert errors.count("Job #99 not found") == 2
    managed.execute("gate.set()\nj.join()\nmanaged.remove(j.num)")
    assert managed.value("len(managed.all), j.job.is_removed") == (0, True)


@pytest.mark.parametrize(
    ("call", "error"),
    [
        ("managed.new(3)", "TypeError"),
        ("managed.new('x =')", "SyntaxError"),
        ("managed.new('x', {}, {}, {})", "ValueError"),
    ],
)
def test_bad_input(managed: Kernel, call: str, error: str) -> None:
    reply = managed.shell_reply(managed.execute(call, wait=False))["content"]
    assert reply["ename"] == error
    assert managed.value("len(managed.all)") == 0


def test_managers_are_apart(kernel: Kernel) -> None:
    kernel.execute(f"{_SET_UP}\none, two = BackgroundJobManager(), BackgroundJobManager()")
    kernel.execute("a, b = one.new(int), two.new(int)")
    assert kernel.value("a.num, b.num, list(one.all), one[0] is a, two[b] is b") == (0, 0, [0], True, True)
    assert kernel.value("len(jobs)") == 2
