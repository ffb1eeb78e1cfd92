"""How long it takes from the kill to the end of the code, for each kind of blocking."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

from harness import Kernel, sleepers, until
from killing_programs import BLOCKING
from stalling_server import StallingServer

from .statistics import Row, median, percentile

_ROUNDS = 40
"""Of each kind: a p95 of few is the worst of them, which tells of the machine."""

_PATIENCE = 3.0
"""Seconds after which a job counts as one that the kill does not end, and as one that has taken so long."""

_SETTLING = 0.01
"""Seconds from the last sign that the code gives to the moment when it blocks for certain."""

_LONGER_SETTLING = {"TLS handshake": 0.2}
"""It loads the certificates first: a call inside of C code, which the kill would have to wait for."""

_WITH_CHILD = (
    "subprocess.run",
    "Popen.wait",
    "check_output",
    "grandchildren",
    "shell command",
    "getoutput",
    "bash magic",
    "asyncio subprocess",
)

_FORKS = "multiprocessing pool that forks"

_POOLS = {"multiprocessing pool": 2, "multiprocessing pool that starts": 1, _FORKS: 2}
"""How often they say that they have begun."""

_SLOWER_THAN_TERMINATE = 2.0
"""Linux takes milliseconds to end two copies of the kernel, whoever ends them, twice as many while another processor
computes: how many, a pool tells that the notebook itself terminates while nothing else happens."""

_TERMINATE = """
import multiprocessing, time
times = []
for _ in range({rounds}):
    pool = multiprocessing.get_context('{method}').Pool(2)
    pool.map(abs, range(2), chunksize=1)
    pool.map_async(time.sleep, [1000] * 4)
    time.sleep(0.01)
    begin = time.perf_counter()
    pool.terminate()
    pool.join()
    times.append((time.perf_counter() - begin) * 1000)
"""

_WHILE_BUSY = (
    "loop",
    "bare except",
    "sleep",
    "urlopen before the headers",
    "queue",
    "subprocess.run",
    "asyncio sleep",
)

_MAIN_THREAD = {
    "sleeps": ("while True: time.sleep(0.01)", 5.0),
    "computes": ("while True: pass", 100.0),
}
"""What the main thread does meanwhile, and how long a kill may take then."""


def kill_latency(python: str) -> Iterator[Row]:
    """From the kill, by the kernel's clock, to the end of the code; some kinds also while the main thread is busy."""
    with contextlib.closing(_Bench(python)) as bench:
        for kind in BLOCKING:
            yield bench.measure_pool(kind) if kind in _POOLS else bench.measure(f"kill: {kind}", kind, 5.0)
    for what, (code, bound) in _MAIN_THREAD.items():
        with contextlib.closing(_Bench(python, code)) as bench:
            for kind in _WHILE_BUSY:
                yield bench.measure(f"kill while main {what}: {kind}", kind, bound)


class _Bench:
    """A kernel with the runtime, in which jobs are started and killed; `main_code` keeps its main thread busy."""

    def __init__(self, python: str, main_code: str | None = None) -> None:
        self._python = python
        self._main_code = main_code
        self._server = StallingServer()
        self._start_kernel()

    def _start_kernel(self) -> None:
        kernel = self._kernel = Kernel(self._python)
        kernel.install()
        kernel.execute("import time; from time import sleep")
        if self._main_code is not None:
            kernel.begin(self._main_code)

    def close(self) -> None:
        self._kernel.close()
        self._server.close()

    def measure_pool(self, kind: str) -> Row:
        """As any other kind, with the pool's own `terminate` beside it."""
        self._kernel.execute(_TERMINATE.format(rounds=_ROUNDS, method="fork" if kind == _FORKS else "spawn"))
        own = percentile(self._kernel.value("times"), 0.95)
        row = self.measure(f"kill: {kind}", kind, max(5.0, _SLOWER_THAN_TERMINATE * own) if kind == _FORKS else 5.0)
        return replace(row, detail=f"{row.detail}; `terminate` in the notebook: {own:.2f} ms p95")

    def measure(self, name: str, kind: str, bound: float) -> Row:
        """Start and kill jobs of one kind; a thread is woken between them, to tell what the machine itself takes."""
        self._round(kind)  # what it imports is imported then
        times: list[float] = []
        wake_ups: list[float] = []
        for _ in range(_ROUNDS):
            times.append(self._round(kind))
            wake_ups.append(_wake_up())
        detail = (
            f"p50 {median(times):.2f} ms, worst {max(times):.2f} ms of {len(times)}; "
            f"a thread's wake-up {percentile(wake_ups, 0.95):.2f} ms p95"
        )
        if lasting := times.count(_PATIENCE * 1000):
            detail += f"; {lasting} had not ended after {_PATIENCE:g} s"
        return Row(name, percentile(times, 0.95), "ms p95", bound, detail)

    def _round(self, kind: str) -> float:
        """Milliseconds that one kill took."""
        kernel = self._kernel
        job_id = self._submit("%%job\n" + BLOCKING[kind].replace("{port}", str(self._server.port)))
        kernel.in_state(job_id, "running")
        self._wait_for_sign(kind)
        kernel.ask("kill", {"jobs": [job_id]})
        try:
            kernel.until(lambda: kernel.records[job_id]["state"] == "killed", _PATIENCE)
        except AssertionError:
            self._kernel.close()
            self._start_kernel()
            return _PATIENCE * 1000
        record = kernel.records[job_id]
        kernel.messages.clear()
        return float(record["ended"] - record["stopping_since"]) * 1000

    def _submit(self, code: str) -> int:
        if self._main_code is None:
            return self._kernel.job_of(self._kernel.execute(code))
        _, answer = self._kernel.submit_express(code)
        [job_id] = answer["jobs"]
        return int(job_id)

    def _wait_for_sign(self, kind: str) -> None:
        if "{port}" in BLOCKING[kind]:
            assert self._server.asked.acquire(timeout=10)
        elif kind in _WITH_CHILD:
            # Not through the kernel, whose main thread may be busy.
            until(lambda: sleepers(self._kernel), 10)
        elif kind in _POOLS:
            kernel = self._kernel
            kernel.until(lambda: _printed(kernel).count("pool") == _POOLS[kind])
        time.sleep(_LONGER_SETTLING.get(kind, _SETTLING))


def _printed(kernel: Kernel) -> str:
    return "".join(m["content"]["text"] for m in kernel.messages if m["msg_type"] == "stream")


def _wake_up() -> float:
    """Milliseconds from the setting of an event to the moment when the thread that waits for it runs."""
    event, awake = threading.Event(), []

    def wait() -> None:
        event.wait()
        awake.append(time.perf_counter())

    thread = threading.Thread(target=wait)
    thread.start()
    time.sleep(0.001)  # until it waits
    begin = time.perf_counter()
    event.set()
    thread.join()
    return (awake[0] - begin) * 1000
