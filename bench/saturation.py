"""What many jobs and many items cost: the numbers behind docs/scaling.md."""

from __future__ import annotations

import time

import psutil
from harness import Kernel

from .table import Table

_SLEEPERS = """
import threading, time
stop = threading.Event()
def sleeper(): stop.wait()
def start(count, on):
    begin = time.perf_counter()
    started = [jobs.submit(time.sleep, 1000, on=on) if on != "thread" else jobs.submit(sleeper) for _ in range(count)]
    while any(job.state == "queued" for job in started):
        time.sleep(0.01)
    return time.perf_counter() - begin
def same(item): return item
def mapped(count, **where):
    begin = time.perf_counter()
    jobs.map(same, range(count), **where).wait()
    return time.perf_counter() - begin
"""

_JOBS = (("thread", 100), ("thread", 1_000), ("thread", 10_000), ("process", 20), ("process", 100), ("dask", 100))
_ITEMS = (("thread", 100_000), ("thread", 1_000_000), ("process", 1_000_000), ("dask", 1_000_000))


def saturation(python: str) -> Table:
    """Jobs that run at once, and items of one map: how long it takes, memory, and what goes over the wire."""
    rows = {}
    for on, count in _JOBS:
        rows[f"{count:,} jobs on {on}"] = _measure(python, f"start({count}, {on!r})", count)
    for on, count in _ITEMS:
        rows[f"{count:,} items on {on}"] = _measure(python, f"mapped({count}, on={on!r})", count)
    columns = [
        "seconds, in all",
        "µs, each",
        "kernel, MB more",
        "children, MB",
        "`pass`, ms meanwhile",
        "events, number",
        "events, MB",
    ]
    return Table("saturation", columns, rows)


def _measure(python: str, expression: str, count: int) -> list[str]:
    kernel = Kernel(python)
    try:
        kernel.install()
        kernel.client.execute(_SLEEPERS, reply=True)
        kernel.client.execute("jobs.limits['process'] = None; jobs.history = 100_000", reply=True)
        where = "process" if "process" in expression else "dask" if "dask" in expression else "thread"
        kernel.client.execute(f"jobs.submit(same, 1, on={where!r}).result()", reply=True, timeout=60)
        process = psutil.Process(kernel.value("__import__('os').getpid()"))
        before = process.memory_info().rss
        kernel.messages.clear()
        msg_id = kernel.client.execute(f"seconds = {expression}")
        kernel.until(lambda: _is_idle(kernel, msg_id), patience=900)
        seconds = kernel.value("seconds")
        after = process.memory_info().rss
        children = sum(_unique(child) for child in process.children(recursive=True))
        begin = time.perf_counter()
        kernel.client.execute("pass", reply=True, timeout=60)
        latency = (time.perf_counter() - begin) * 1000
        events = [message for message in kernel.messages if message["msg_type"] == "jobs_event"]
        size = sum(len(repr(message["content"])) for message in events)
        kernel.client.execute("stop.set()", reply=True, timeout=60)
    finally:
        kernel.close()
    return [
        f"{seconds:.1f}",
        f"{seconds / count * 1e6:.0f}",
        f"{(after - before) / 1e6:.0f}",
        f"{children / 1e6:.0f}",
        f"{latency:.0f}",
        f"{len(events):,}",
        f"{size / 1e6:.1f}",
    ]


def _unique(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().uss)
    except psutil.Error:
        return 0


def _is_idle(kernel: Kernel, msg_id: str) -> bool:
    return any(m["msg_type"] == "status" and m["content"]["execution_state"] == "idle" for m in kernel.of(msg_id))
