"""A kill of a job that has a pool of processes: the pool ends with its workers."""

from __future__ import annotations

import time
from pathlib import Path

import psutil
import pytest
from harness import Kernel

_POOL = "multiprocessing.get_context('spawn').Pool(2)"


def _pool_workers(pid: int) -> list[psutil.Process]:
    """Those of a process's descendants that are workers of pools."""
    workers = []
    for child in psutil.Process(pid).children(recursive=True):
        try:
            command = "".join(child.cmdline())
        except psutil.ZombieProcess:
            assert child.ppid() != pid  # a server's own child, which it is about to reap
            continue
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
