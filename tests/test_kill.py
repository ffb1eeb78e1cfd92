"""Kill: each kind of code that must end, with the main thread idle and busy, and nothing else harmed."""

from __future__ import annotations

from collections.abc import Iterator

import psutil
import pytest
from harness import Kernel, sleepers
from killing_programs import BLOCKING
from stalling_server import StallingServer


@pytest.fixture
def server() -> Iterator[StallingServer]:
    server = StallingServer()
    yield server
    server.close()


@pytest.mark.parametrize("kind", BLOCKING)
def test_kill(kernel: Kernel, server: StallingServer, kind: str) -> None:
    # An innocent bystander runs the same code.
    code = BLOCKING[kind].replace("{port}", str(server.port))
    kernel.execute("from time import sleep")
    victim, bystander = (kernel.job_of(kernel.execute(f"%%job\n{code}")) for _ in range(2))
    if "{port}" in BLOCKING[kind]:
        assert server.asked.acquire(timeout=10)
        assert server.asked.acquire(timeout=10)
    for job_id in (victim, bystander):
        kernel.in_state(job_id, "running")
    assert kernel.ask("kill", {"jobs": [victim]}) == {"killed": [victim], "ended": []}
    record = kernel.ended(victim)
    assert record["state"] == "killed"
    assert record["stopping_since"] <= record["ended"]
    assert kernel.ask("snapshot")["jobs"][1]["state"] == "running"
    assert kernel.value("40 + 2") == 42
    kernel.ask("kill", {"jobs": [bystander]})
    assert kernel.ended(bystander)["state"] == "killed"
    kernel.value("0")
    assert not sleepers(kernel)


@pytest.mark.parametrize("kind", ["loop", "sleep", "subprocess.run"])
@pytest.mark.parametrize(
    "main", ["import time\nwhile not release.is_set(): time.sleep(0.01)", "while not release.is_set(): pass"]
)
def test_kill_while_the_main_thread_works(kernel: Kernel, kind: str, main: str) -> None:
    kernel.execute("import threading; release = threading.Event()")
    busy = kernel.begin(main)
    _, answer = kernel.submit_express(f"%%job\n{BLOCKING[kind]}")
    [job_id] = answer["jobs"]
    kernel.in_state(job_id, "running")
    kernel.ask("kill", {"jobs": [job_id]})
    assert kernel.ended(job_id)["state"] == "killed"
    kernel.submit_express("%job release.set()")
    assert kernel.shell_reply(busy)["content"]["status"] == "ok"


def test_cleanup_runs_to_its_end(kernel: Kernel) -> None:
    kernel.execute("import threading; cleaning = threading.Event(); steps = []")
    job_id = kernel.job_of(
        kernel.execute(
            "%%job\n"
            "import time\n"
            "try:\n"
            "    time.sleep(1000)\n"
            "finally:\n"
            "    cleaning.set()\n"
            "    for i in range(5):\n"
            "        time.sleep(0.05)\n"
            "        steps.append(i)\n"
        )
    )
    kernel.in_state(job_id, "running")
    kernel.ask("kill", {"jobs": [job_id]})
    assert kernel.ended(job_id)["state"] == "killed"
    assert kernel.value("steps") == [0, 1, 2, 3, 4]


def test_a_second_kill_cuts_the_cleanup_short(kernel: Kernel) -> None:
    kernel.execute("import threading; cleaning = threading.Event()")
    code = "%%job\nimport time\ntry:\n    time.sleep(1000)\nfinally:\n    cleaning.set()\n    time.sleep(1000)"
    job_id = kernel.job_of(kernel.execute(code))
    kernel.in_state(job_id, "running")
    kernel.ask("kill", {"jobs": [job_id]})
    kernel.execute("cleaning.wait(20)")
    assert kernel.in_state(job_id, "stopping")
    assert kernel.ask("kill", {"jobs": [job_id]})["killed"] == [job_id]
    assert kernel.ended(job_id)["state"] == "killed"


def test_a_job_that_ends_by_itself_while_being_killed_has_finished(kernel: Kernel) -> None:
    code = "%%job\nimport time\ntry:\n    time.sleep(1000)\nexcept BaseException:\n    pass\n'kept'"
    job_id = kernel.job_of(kernel.execute(code))
    kernel.in_state(job_id, "running")
    kernel.ask("kill", {"jobs": [job_id]})
    # It swallows the kill, and is killed again unless it ends before that: both are true stories.
    if kernel.ended(job_id)["state"] == "finished":
        assert kernel.value(f"jobs[{job_id}].result()") == "kept"
    else:
        assert kernel.records[job_id]["state"] == "killed"
        assert kernel.value(f"type(jobs[{job_id}].exception()).__name__") == "JobWasKilled"


def test_kill_all_leaves_the_main_thread_alone(kernel: Kernel) -> None:
    for _ in range(5):
        kernel.execute("%%job\nwhile True:\n    pass", wait=False)
    msg_id = kernel.execute("print('still here')")
    kernel.until(lambda: sum(r["state"] == "running" for r in kernel.records.values()) == 5)
    assert len(kernel.ask("kill_all")["killed"]) == 5
    kernel.until(lambda: all(r["state"] == "killed" for r in kernel.records.values()))
    assert kernel.text(msg_id) == "still here\n"
    assert kernel.text(kernel.execute("print('and here')")) == "and here\n"


def test_grandchildren_die_too(kernel: Kernel) -> None:
    job_id = kernel.job_of(kernel.execute("%job !sh -c 'sleep 1000 & sleep 1000 & wait'"))
    kernel.in_state(job_id, "running")
    grandchildren = kernel.until(lambda: len(found := sleepers(kernel)) >= 2 and found)
    assert len(grandchildren) == 2
    kernel.ask("kill", {"jobs": [job_id]})
    assert kernel.ended(job_id)["state"] == "killed"
    _, alive = psutil.wait_procs(grandchildren, timeout=10)
    assert not alive


def test_an_interrupt_leaves_jobs_alone(kernel: Kernel) -> None:
    kernel.execute("%job __import__('subprocess').run(['sleep', '1000'])")
    kernel.until(lambda: sleepers(kernel))  # between its fork and its `setsid` it is in the kernel's process group
    busy = kernel.execute("import time\nprint('on', flush=True)\nwhile True: time.sleep(0.01)", wait=False)
    kernel.until(lambda: kernel.text(busy) == "on\n")
    kernel.manager.interrupt_kernel()
    assert kernel.shell_reply(busy)["content"]["ename"] == "KeyboardInterrupt"
    assert kernel.ask("snapshot")["jobs"][0]["state"] == "running"


def test_a_shutdown_ends_the_children(fresh_kernel: Kernel) -> None:
    kernel = fresh_kernel
    kernel.install()
    job_id = kernel.job_of(kernel.execute("%job !sleep 1000"))
    kernel.in_state(job_id, "running")
    pid = kernel.value("__import__('os').getpid()")
    family = kernel.until(lambda: psutil.Process(pid).children(recursive=True))
    kernel.manager.shutdown_kernel(now=False)
    _, alive = psutil.wait_procs(family, timeout=10)
    assert not alive


@pytest.mark.parametrize("kind", ["loop", "sleep", "bare except"])
def test_a_kill_leaves_nothing_pending_in_the_interpreter(kernel: Kernel, kind: str) -> None:
    job_id = kernel.job_of(kernel.execute(f"%%job\n{BLOCKING[kind]}"))
    kernel.in_state(job_id, "running")
    kernel.ask("kill", {"jobs": [job_id]})
    kernel.ended(job_id)
    # On Python 3.11, tracing hangs while the interpreter believes that an exception is pending in some thread.
    msg_id = kernel.execute(
        "import cProfile\nprofile = cProfile.Profile()\nprofile.enable()\nsum(i for i in range(10))\n"
        "profile.disable()\nprint('traced')"
    )
    assert kernel.text(msg_id) == "traced\n"


def test_a_long_call_in_c_is_stopping_until_it_returns(kernel: Kernel) -> None:
    # A raw lock: nothing can end this wait but its release.
    kernel.execute("import _thread\nlock = _thread.allocate_lock()\nlock.acquire()")
    job_id = kernel.job_of(kernel.execute("%%job\nlock.acquire()\nwhile True: pass"))
    kernel.in_state(job_id, "running")
    kernel.ask("kill", {"jobs": [job_id]})
    # The main thread goes on, also traced.
    msg_id = kernel.execute(
        "import cProfile, time\nprofile = cProfile.Profile()\nprofile.enable()\n"
        "end = time.monotonic() + 1\nwhile time.monotonic() < end: pass\nprofile.disable()\nprint('traced')"
    )
    assert kernel.text(msg_id) == "traced\n"
    assert kernel.ask("snapshot")["jobs"][0]["state"] == "stopping"
    kernel.execute("lock.release()")
    assert kernel.ended(job_id)["state"] == "killed"


def test_a_timeout_kills(kernel: Kernel) -> None:
    _, record = kernel.run_job("%job --timeout 0.2s __import__('time').sleep(1000)")
    assert (record["state"], record["timed_out"]) == ("killed", True)
    assert record["ended"] - record["started"] < 5
    error = kernel.value(f"repr(jobs[{record['id']}].exception())")
    assert error == f"JobTimedOut('job {record['id']} has timed out after 0.2 s')"
    assert kernel.value(f"repr(jobs[{record['id']}])").count(" timed out after 0.")
    assert kernel.run_job("%job --timeout 1h 'in time'")[1]["timed_out"] is False


def test_kill_by_name(kernel: Kernel) -> None:
    for name in ("a", "a", "b"):
        kernel.execute(f"%job --name {name} __import__('time').sleep(1000)")
    kernel.until(lambda: len(kernel.records) == 3)
    kernel.execute("%jobs kill a")
    kernel.until(lambda: sorted(r["state"] for r in kernel.records.values()) == ["killed", "killed", "running"])
    assert next(r["name"] for r in kernel.records.values() if r["state"] == "running") == "b"


def test_a_restart_ends_everything(fresh_kernel: Kernel) -> None:
    kernel = fresh_kernel
    kernel.install()
    # One that no kill could end, one with a child, and a child whose job has been over for long.
    kernel.execute("import _thread\nlock = _thread.allocate_lock()\nlock.acquire()\n%job lock.acquire()")
    sleeping = kernel.job_of(kernel.execute("%job !sleep 1000"))
    kernel.in_state(sleeping, "running")
    _, record = kernel.run_job("%job __import__('subprocess').Popen(['sleep', '1000'])")
    kernel.ask("clear")
    assert record["state"] == "finished"
    children = kernel.until(lambda: len(found := sleepers(kernel)) == 2 and found)
    before = kernel.value("__import__('os').getpid()")
    kernel.client.stop_channels()
    kernel.manager.restart_kernel()
    kernel._connect()
    assert kernel.value("__import__('os').getpid()") != before
    _, alive = psutil.wait_procs(children, timeout=10)
    assert not alive


@pytest.mark.parametrize(
    "command", ["sleep 1000 & echo $! $$; exec sleep 1000", "sleep 1000 > /dev/null & echo $!"], ids=["both", "orphan"]
)
def test_a_killed_kernel_takes_the_children_along(fresh_kernel: Kernel, command: str) -> None:
    kernel = fresh_kernel
    kernel.install()
    kernel.run_job("%job !true")
    # A fork of the kernel, which outlives it, must not keep the guardian waiting.
    kernel.execute("import os, time\nfork = os.fork()\nif fork == 0:\n    time.sleep(1000)\n    os._exit(0)")
    fork = psutil.Process(kernel.value("fork"))
    msg_id = kernel.execute(f"%job !{command}")
    # The output is read once the shell has been started and remembered.
    kernel.until(lambda: kernel.text(msg_id).endswith("\n"))
    orphans = [psutil.Process(int(pid)) for pid in kernel.text(msg_id).split()]
    try:
        psutil.Process(kernel.value("os.getpid()")).kill()
        _, alive = psutil.wait_procs(orphans, timeout=10)
        assert not alive
    finally:
        fork.kill()


def test_a_stuck_job_says_where(kernel: Kernel) -> None:
    kernel.execute("import _thread\nlock = _thread.allocate_lock()\nlock.acquire()\ndef waits():\n    lock.acquire()")
    job_id = kernel.job_of(kernel.execute("%job waits()"))
    kernel.in_state(job_id, "running")
    kernel.ask("kill", {"jobs": [job_id]})
    kernel.until(lambda: kernel.records[job_id]["stuck_in"])
    assert kernel.records[job_id]["state"] == "stopping"
    assert kernel.records[job_id]["stuck_in"] == "waits, line 5"
    kernel.execute("lock.release()")
    assert kernel.ended(job_id)["state"] in ("killed", "finished")


def test_a_job_that_was_started_by_a_job_is_its_own(kernel: Kernel) -> None:
    outer = kernel.job_of(kernel.execute("%%job\ninner = %job __import__('time').sleep(1000)\ninner.wait()"))
    kernel.until(lambda: sum(r["state"] == "running" for r in kernel.records.values()) == 2)
    kernel.ask("kill", {"jobs": [outer]})
    assert kernel.ended(outer)["state"] == "killed"
    assert [r["state"] for r in kernel.ask("snapshot")["jobs"]] == ["killed", "running"]


def test_many_kills_of_one_job_hit_nothing_else(kernel: Kernel) -> None:
    kernel.execute(
        "import threading, logging\nhit = []\nlogger = logging.getLogger('test')\n"
        "logger.addHandler(logging.NullHandler())\n"
        "def innocent():\n    try:\n        for _ in range(2000): pass\n"
        "    except BaseException as e:\n        hit.append(e)\n"
        "def hammer(job):\n    while not job.done():\n        job.kill()\n"
        "for _ in range(60):\n"
        "    j = %job while True: logger.error('x')\n"
        "    hammer(j)\n"
        "    t = threading.Thread(target=innocent); t.start(); t.join()\n"
        "logger.error('still works')"
    )
    kernel.until(lambda: len(kernel.records) == 60 and all(r["state"] == "killed" for r in kernel.records.values()))
    assert kernel.value("hit") == []


def test_kill_all_from_inside_a_job(kernel: Kernel) -> None:
    for _ in range(2):
        kernel.execute("%job __import__('time').sleep(1000)")
    kernel.execute("%job jobs.kill_all()")
    kernel.execute("%job __import__('time').sleep(0)")
    kernel.until(lambda: len(kernel.records) == 4)
    kernel.until(lambda: not [r for r in kernel.records.values() if r["ended"] is None])
    assert [r["state"] for r in kernel.ask("snapshot")["jobs"]][:3] == ["killed", "killed", "killed"]


def test_a_cleared_job_does_not_come_back(kernel: Kernel) -> None:
    kernel.execute("import threading; release = threading.Event()")
    kernel.begin("release.wait(20)")
    msg_id, answer = kernel.submit_express("%job 'gone'")
    kernel.ended(answer["jobs"][0])
    kernel.ask("clear")
    kernel.until(lambda: not kernel.records)
    kernel.submit_express("%job release.set()")
    kernel.shell_reply(msg_id)
    kernel.until(lambda: any(r["code"] == "release.set()" and r["ended"] for r in kernel.records.values()))
    assert len(kernel.records) == 1


def test_a_job_that_survives_its_kill_lands(kernel: Kernel) -> None:
    # Its code has ended by itself after the kill was asked for: the landing is not to be killed in its place.
    kernel.execute(
        "from jupyterlab_jobs.kernel.registry import _run_killable_once\n"
        "from types import SimpleNamespace\nfrom jupyterlab_jobs.kernel.kill import KillSwitch\n"
        "switch = KillSwitch()\nswitch.strike()\njob = SimpleNamespace(_kill_switch=switch)"
    )
    assert kernel.value("switch.requested") is True
    assert kernel.value("_run_killable_once(job, lambda: 'landed').value") == "landed"
    assert kernel.value("type(_run_killable_once(job, lambda: 1 / 0)).__name__") == "ZeroDivisionError"
