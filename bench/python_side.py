"""What a job's code, a pool of items and a record cost, against the same without a job."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from harness import Kernel

from .statistics import Row, median
from .table import Table

_ROUNDS = 9

_LOOP = "total = 0\nfor i in range(2_000_000):\n    total += i % 7"

_FUNCTION = "def spin(count):\n    total = 0\n    for i in range(count):\n        total += i % 7\n    return total"

_STARTS = """
def starts(count):
    times = []
    for _ in range(count):
        begin = time.perf_counter()
        job = jobs.submit("time.sleep(0.01)")  # or the submitter gets the GIL back when the whole job is over
        times.append((time.perf_counter() - begin) * 1000)
        job.wait()
    return sorted(times)[count // 2]
"""

_MAP = """
from concurrent.futures import ThreadPoolExecutor
def same(item):
    return item
def pooled(count):
    begin = time.perf_counter()
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(same, range(count)))
    return (time.perf_counter() - begin) / count * 1e6
def mapped(count):
    begin = time.perf_counter()
    jobs.map(same, range(count), workers=6).wait()
    return (time.perf_counter() - begin) / count * 1e6
"""

_PROGRESS = """
progress = jobs.current.progress
begin = time.perf_counter()
for i in range(200_000):
    pass
empty = time.perf_counter() - begin
begin = time.perf_counter()
for i in range(200_000):
    progress(i, 200_000)
each = (time.perf_counter() - begin - empty) / 200_000 * 1e6
"""

_MEMORY = """
import gc, tracemalloc
from concurrent.futures import ThreadPoolExecutor
from IPython.lib.backgroundjobs import BackgroundJobManager
pool, manager = ThreadPoolExecutor(6), BackgroundJobManager()

def kilobytes(start, wait):
    jobs.clear(); gc.collect(); tracemalloc.start()
    kept = []
    for _ in range(40):
        made = [start() for _ in range(50)]
        for one in made:
            wait(one)
        kept += made
    del made, one
    gc.collect()
    size = tracemalloc.get_traced_memory()[0] / 2_000_000
    tracemalloc.stop()
    return size
"""

_RECORDS = {
    "jupyterlab-jobs": "kilobytes(lambda: jobs.submit(int), lambda job: job.wait())",
    "BackgroundJobManager": "kilobytes(lambda: manager.new(int), lambda job: job.join())",
    "ThreadPoolExecutor": "kilobytes(lambda: pool.submit(int), lambda future: future.result())",
}


def python_side(python: str) -> Iterator[Row | Table]:
    """The speed of a job's code, the cost of its namespace, of `jobs.map`, of `progress` and of a finished record."""
    with contextlib.closing(Kernel(python)) as kernel:
        kernel.install()
        kernel.execute("import time")
        kernel.run_job("%job 0")
        yield _hot_loop(kernel)
        yield _landed_function(kernel)
        yield from _namespace(kernel)
        kernel.execute(_MAP)
        pooled, mapped = _in_turn(kernel, "pooled(10_000)", "mapped(10_000)")
        yield Row(
            "jobs.map / ThreadPoolExecutor.map, per item",
            mapped / pooled,
            "x",
            1.1,
            f"{mapped:.1f} against {pooled:.1f} µs",
        )
        kernel.run_job(f"%%job\n{_PROGRESS}")
        yield Row("progress()", float(kernel.value("each")), "µs", 1.0, "median of one loop")
        kernel.execute(_MEMORY)
        sizes = {name: float(kernel.value(expression)) for name, expression in _RECORDS.items()}
        yield Row("a finished job's record", sizes["jupyterlab-jobs"], "kB", 3.0, "of 2,000, without output")
        yield Table(
            "memory: kB of each of 2,000 that have ended",
            list(sizes),
            {"in the kernel": [f"{size:.1f}" for size in sizes.values()]},
        )


def _hot_loop(kernel: Kernel) -> Row:
    timed = f"begin = time.perf_counter()\n{_LOOP}\nspent = time.perf_counter() - begin"
    cell, job = [], []
    for _ in range(_ROUNDS):
        kernel.execute(timed)
        cell.append(float(kernel.value("spent")))
        kernel.run_job(f"%%job\n{timed}")
        job.append(float(kernel.value("spent")))
    return _slower("hot loop, in a job / in a cell", cell, job, 1 / 0.95)


def _landed_function(kernel: Kernel) -> Row:
    kernel.execute(_FUNCTION.replace("spin", "spin_of_cell"))
    kernel.run_job(f"%%job\n{_FUNCTION}")
    kernel.execute(
        "def timed(f):\n    begin = time.perf_counter()\n    f(1_000_000)\n    return time.perf_counter() - begin"
    )
    cell: list[float] = []
    landed: list[float] = []
    for _ in range(_ROUNDS):
        cell.append(float(kernel.value("timed(spin_of_cell)")))
        landed.append(float(kernel.value("timed(spin)")))
    return _slower("landed function / function of a cell", cell, landed, 1 / 0.98)


def _slower(name: str, cell: list[float], job: list[float], bound: float) -> Row:
    # The least of each: others on the machine only add to it.
    return Row(name, min(job) / min(cell), "x", bound, f"{min(job) * 1000:.1f} against {min(cell) * 1000:.1f} ms")


def _namespace(kernel: Kernel) -> Iterator[Row]:
    kernel.execute(_STARTS)
    few = float(kernel.value("starts(200)"))
    kernel.execute("globals().update({f'name_{i}': i for i in range(10_000)})")
    many = float(kernel.value("starts(200)"))
    kernel.execute("for i in range(10_000):\n    del globals()[f'name_{i}']")
    yield Row("start with 10,000 names more", many - few, "ms", 1.0, f"{many:.2f} against {few:.2f} ms, medians")


def _in_turn(kernel: Kernel, *expressions: str) -> list[float]:
    times: list[list[Any]] = [[] for _ in expressions]
    for _ in range(_ROUNDS):
        for expression, collected in zip(expressions, times, strict=True):
            collected.append(float(kernel.value(expression)))
    return [median(collected) for collected in times]
