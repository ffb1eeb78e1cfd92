"""How long it takes from the kill to the end of the code, for each kind of blocking."""

from __future__ import annotations

from harness import Kernel
from killing_programs import BLOCKING
from stalling_server import StallingServer

from .statistics import Row, median, percentile

_KINDS = ("loop", "bare except", "sleep", "urlopen before the headers", "subprocess.run", "shell command")
_ROUNDS = 40


def kill_latency(python: str) -> list[Row]:
    """From the kill, by the kernel's clock, to the end of the code."""
    kernel, server = Kernel(python), StallingServer()
    try:
        kernel.install()
        return [_of_kind(kernel, server, kind) for kind in _KINDS]
    finally:
        kernel.close()
        server.close()


def _of_kind(kernel: Kernel, server: StallingServer, kind: str) -> Row:
    code = BLOCKING[kind].replace("{port}", str(server.port))
    times = []
    for _ in range(_ROUNDS):
        job_id = kernel.job_of(kernel.execute(f"%%job\n{code}"))
        kernel.in_state(job_id, "running")
        if "{port}" in BLOCKING[kind]:
            server.asked.acquire(timeout=10)
        elif kind in ("subprocess.run", "shell command"):
            while not kernel.value(f"len(jobs[{job_id}]._kill_switch.children.family())"):
                pass
        kernel.ask("kill", {"jobs": [job_id]})
        record = kernel.ended(job_id)
        assert record["state"] == "killed"
        times.append((record["ended"] - record["stopping_since"]) * 1000)
        kernel.messages.clear()
    p95 = percentile(times, 0.95)
    return Row(f"kill: {kind}", p95, "ms p95", 5.0, f"p50 {median(times):.2f} ms, worst {max(times):.2f} ms")
