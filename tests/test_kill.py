"""Kill: each kind of code that must end, with the main thread idle and busy, and nothing else harmed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

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


def test_asyncio_cleanup_runs(kernel: Kernel) -> None:
    kernel.execute("steps = []")
    code = (
        "%%job\n"
        "import asyncio\n"
        "try:\n"
        "    await asyncio.sleep(1000)\n"
        "except asyncio.CancelledError:\n"
        "    steps.append('cancelled')\n"
        "    raise\n"
        "finally:\n"
        "    await asyncio.sleep(0.05)\n"
        "    steps.append('cleaned')\n"
    )
    job_id = kernel.job_of(kernel.execute(code))
    kernel.in_state(job_id, "running")
    kernel.ask("kill", {"jobs": [job_id]})
    assert kernel.ended(job_id)["state"] == "killed"
    assert kernel.value("steps") == ["cancelled", "cleaned"]


@pytest.mark.parametrize("awaited", ["", "await asyncio.sleep(0)\n"], ids=["first step", "later step"])
def test_asyncio_that_computes_is_cancelled_and_cleans_up(kernel: Kernel, awaited: str) -> None:
    kernel.execute("steps = []")
    msg_id = kernel.execute(
        f"%%job\nimport asyncio\n{awaited}"
        "try:\n"
        "    print('on', flush=True)\n"
        "    while True: pass\n"
        "except asyncio.CancelledError:\n"
        "    steps.append('cancelled')\n"
        "    raise\n"
        "finally:\n"
        "    for i in range(3):\n"
        "        await asyncio.sleep(0.05)\n"
        "        steps.append(i)"
    )
    kernel.until(lambda: kernel.text(msg_id) == "on\n")
    kernel.ask("kill", {"jobs": [kernel.job_of(msg_id)]})
    assert kernel.ended(kernel.job_of(msg_id))["state"] == "killed"
    assert kernel.value("steps") == ["cancelled", 0, 1, 2]


@pytest.mark.parametrize("body", ["while True: pass", "await asyncio.sleep(1000)"], ids=["computes", "waits"])
def test_asyncio_cleanup_may_compute(kernel: Kernel, body: str) -> None:
    kernel.execute("steps = []")
    msg_id = kernel.execute(
        "%%job\nimport asyncio, time\n"
        "def compute(step):\n"
        "    end = time.monotonic() + 0.1\n"
        "    while time.monotonic() < end: pass\n"
        "    steps.append(step)\n"
        "class Context:\n"
        "    async def __aenter__(self): pass\n"
        "    async def __aexit__(self, *error):\n"
        "        compute('exit')\n"
        "        await asyncio.sleep(0.01)\n"
        "        compute('exit again')\n"
        "await asyncio.sleep(0)\n"
        "try:\n"
        "    async with Context():\n"
        "        print('on', flush=True)\n"
        f"        {body}\n"
        "finally:\n"
        "    compute('finally')"
    )
    kernel.until(lambda: kernel.text(msg_id) == "on\n")
    kernel.ask("kill", {"jobs": [kernel.job_of(msg_id)]})
    assert kernel.ended(kernel.job_of(msg_id))["state"] == "killed"
    assert kernel.value("steps") == ["exit", "exit again", "finally"]


def test_a_second_kill_cuts_the_cleanup_of_asyncio_short(kernel: Kernel) -> None:
    msg_id = kernel.execute(
        "%%job\nimport asyncio\ntry:\n    await asyncio.sleep(1000)\n"
        "finally:\n    print('cleans up', flush=True)\n    while True: pass"
    )
    job_id = kernel.job_of(msg_id)
    kernel.in_state(job_id, "running")
    kernel.ask("kill", {"jobs": [job_id]})
    kernel.until(lambda: kernel.text(msg_id) == "cleans up\n")
    kernel.ask("kill", {"jobs": [job_id]})
    assert kernel.ended(job_id)["state"] == "killed"


@pytest.mark.parametrize(
    "code",
    [
        "async def computes():\n    while True: pass\nawait asyncio.gather(computes(), computes())",
        "def computes():\n    while True: pass\n"
        "asyncio.get_running_loop().call_soon(computes)\nawait asyncio.sleep(1000)",
        "while True:\n    try:\n        while True: sum(range(10))\n    except BaseException:\n        pass",
        "try:\n    while True: pass\nexcept BaseException:\n    pass\nawait asyncio.sleep(1000)",
        "kept = []\nwhile True:\n    try:\n        while True: pass\n"
        "    except BaseException as error:\n        kept.append(error)",
        "kept = []\ntry:\n    await asyncio.sleep(1000)\nexcept BaseException as error:\n    kept.append(error)\n"
        "while True: pass",
    ],
    ids=["children", "callback", "swallows", "swallows once", "keeps", "keeps and computes"],
)
def test_whatever_computes_in_an_event_loop_ends(kernel: Kernel, code: str) -> None:
    msg_id = kernel.execute(f"%%job\nimport asyncio\nawait asyncio.sleep(0)\nprint('on', flush=True)\n{code}")
    kernel.until(lambda: kernel.text(msg_id) == "on\n")
    kernel.ask("kill", {"jobs": [kernel.job_of(msg_id)]})
    assert kernel.ended(kernel.job_of(msg_id))["state"] == "killed"


_POOL = "multiprocessing.get_context('spawn').Pool(2)"


def _pool_workers(pid: int) -> list[psutil.Process]:
    """Those of a process's descendants that are workers of pools."""
    workers = []
    for child in psutil.Process(pid).children(recursive=True):
        command = "".join(child.cmdline())
        # A server's forks have the same command as the server, which is a child itself, and stays for the next pool.
        if "spawn_main" in command or ("multiprocessing.forkserver" in command and child.ppid() != pid):
            workers.append(child)
    return workers


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
@pytest.mark.parametrize(
    "code",
    [
        f"with {_POOL} as pool:\n    pool.map(abs, [1])\n    print('on', flush=True)\n    time.sleep(1000)",
        f"pool = {_POOL}\npool.map(abs, [1])\nprint('on', flush=True)\ntime.sleep(1000)",
        f"pool = {_POOL}\ntry:\n    print('on', flush=True)\n    pool.map(time.sleep, [1000] * 4)\n"
        "finally:\n    pool.close()\n    pool.join()",
        f"with {_POOL} as pool:\n    print('on', flush=True)\n    while True: pool.map(bytes, [10_000_000] * 4)",
        f"print('on', flush=True)\nwhile True:\n    with {_POOL} as pool: pool.map(abs, [1])",
    ],
    ids=["idle", "left behind", "joined", "large results", "many"],
)
def test_a_pool_ends_whose_workers_were_killed(kernel: Kernel, code: str, method: str) -> None:
    code = code.replace("spawn", method)
    pid = kernel.value("__import__('os').getpid()")
    for pause in (0.0, 0.1, 0.3):
        # What has been left behind before says nothing in this one: Python 3.12's resource tracker warns when a pool is
        # collected while it starts another one.
        kernel.execute("import gc\ngc.collect()")
        msg_id = kernel.execute(f"%%job\nimport multiprocessing, time\n{code}")
        kernel.until(lambda msg_id=msg_id: kernel.text(msg_id) == "on\n")
        time.sleep(pause)
        kernel.ask("kill", {"jobs": [kernel.job_of(msg_id)]})
        assert kernel.ended(kernel.job_of(msg_id))["state"] == "killed"
        assert kernel.text(msg_id, "stderr") == ""
        assert not _pool_workers(pid)
    threads = "[t.name for t in threading.enumerate() if '_handle_' in t.name]"
    kernel.execute(
        f"import threading, time\nend = time.monotonic() + 20\n"
        f"while {threads} and time.monotonic() < end: time.sleep(0.01)"
    )
    assert kernel.value(threads) == []


_HOLDING = """
import sys, time

def hold():
    frame = sys._getframe()
    while "outqueue" not in frame.f_locals:
        frame = frame.f_back
    frame.f_locals["outqueue"]._wlock.acquire()
    time.sleep(1000)
"""


def test_a_pool_ends_whose_worker_takes_a_lock_along_while_the_job_terminates_it(
    kernel: Kernel, tmp_path: Path
) -> None:
    (tmp_path / "holding.py").write_text(_HOLDING)
    msg_id = kernel.execute(
        f"%%job\nimport multiprocessing, sys\nsys.path.insert(0, {str(tmp_path)!r})\nimport holding\n"
        f"pool = {_POOL}\npool.apply_async(holding.hold)\n"
        "import time\nwhile pool._outqueue._wlock.acquire(False):\n"
        "    pool._outqueue._wlock.release()\n    time.sleep(0.001)\n"
        "print('terminating', flush=True)\npool.terminate()"
    )
    kernel.until(lambda: "terminating" in kernel.text(msg_id))
    job_id = kernel.job_of(msg_id)
    place = f"jobs[{job_id}]._kill_switch.where()"
    # For this lock, or for the other worker, which it keeps from being told to end.
    while not kernel.value(place).startswith(("__enter__", "_terminate_pool")):
        pass
    kernel.ask("kill", {"jobs": [job_id]})
    assert kernel.ended(job_id)["state"] == "killed"
    kernel.execute(f"sys.path.remove({str(tmp_path)!r})")


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


def test_the_pool_of_the_notebook_survives(kernel: Kernel) -> None:
    kernel.execute("from concurrent.futures import ThreadPoolExecutor\nimport time\npool = ThreadPoolExecutor(2)")
    msg_id = kernel.execute(
        "%%job\nfuture = pool.submit(lambda: print('in the pool', flush=True) or time.sleep(0.5) or 'done')\n"
        "future.result()\ntime.sleep(1000)"
    )
    job_id = kernel.job_of(msg_id)
    # What a job has done by a pool that is not its own prints into the job's cell, but is not killed with it.
    kernel.until(lambda: kernel.text(msg_id) == "in the pool\n")
    kernel.ask("kill", {"jobs": [job_id]})
    assert kernel.ended(job_id)["state"] == "killed"
    assert kernel.value("pool.submit(lambda: 6 * 7).result(10)") == 42
    assert kernel.value("[t.is_alive() for t in pool._threads]").count(False) == 0


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


def test_asyncio_cleanup_may_use_the_network_and_is_quiet(kernel: Kernel) -> None:
    kernel.execute(
        "import socket, threading\nserver = socket.create_server(('127.0.0.1', 0))\nheard = []\n"
        "def serve():\n    c, _ = server.accept()\n    heard.append(c.recv(100))\n    c.close()\n"
        "listener = threading.Thread(target=serve); listener.start(); connected = threading.Event()"
    )
    msg_id = kernel.execute(
        "%%job\nimport asyncio\nr, w = await asyncio.open_connection(*server.getsockname())\nconnected.set()\n"
        "try:\n    await r.read()\nexcept asyncio.CancelledError:\n    w.write(b'QUIT')\n    await w.drain()\n    raise"
    )
    job_id = kernel.job_of(msg_id)
    kernel.execute("connected.wait(20)")
    kernel.ask("kill", {"jobs": [job_id]})
    assert kernel.ended(job_id)["state"] == "killed"
    kernel.execute("listener.join(10)")
    assert kernel.value("heard") == [b"QUIT"]
    assert kernel.text(msg_id, "stderr") == ""


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
