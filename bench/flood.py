"""How soon a cell's output is there while jobs print as much as they can."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing

from harness import Kernel

from .statistics import Row, median, percentile

_ROUNDS = 60

_SETUP = """
import threading, time
end = threading.Event()
def flood(rate):
    begun = time.monotonic()
    printed = 0
    while not end.is_set():
        while printed < (time.monotonic() - begun) * rate and not end.is_set():
            print(f'{printed:49d}')
            printed += 1
        time.sleep(0.05)
"""

_FLOODS = {
    "a job prints as fast as it can": "jobs.submit(flood, 1e9)",
    "50 jobs print 10,000 lines/s": "for _ in range(50): jobs.submit(flood, 10_000)",
}


def cells_in_a_flood(python: str) -> Iterator[Row]:
    """From the request of `print("a cell")` to its output, at a client of the kernel."""
    for what, start in _FLOODS.items():
        with closing(Kernel(python)) as kernel:
            kernel.install()
            kernel.execute(_SETUP)
            calm = _times(kernel)
            kernel.execute(start)
            kernel.until(lambda kernel=kernel: "left out so far" in _displayed(kernel))
            times = _times(kernel)
            kernel.execute("end.set()")
        yield Row(
            f"a cell's output while {what}",
            percentile(times, 0.95),
            "ms p95",
            500,
            f"p50 {median(times):.0f} ms, worst {max(times):.0f} ms of {len(times)}; else p50 {median(calm):.1f} ms",
        )


def _times(kernel: Kernel) -> list[float]:
    times = []
    for _ in range(_ROUNDS):
        begin = time.perf_counter()
        cell = kernel.execute("print('a cell')", wait=False)
        kernel.until(lambda cell=cell: kernel.text(cell) == "a cell\n")
        times.append((time.perf_counter() - begin) * 1000)
        kernel.messages.clear()
        time.sleep(0.05)  # not in step with the publisher
    return times


def _displayed(kernel: Kernel) -> str:
    return "".join(str(m["content"]["data"]) for m in kernel.messages if m["msg_type"] == "display_data")
