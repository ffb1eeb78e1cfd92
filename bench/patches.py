"""What the patches of the standard library cost the code that is not a job's."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from harness import Kernel

from .statistics import Row

_CALLS = {
    "time.sleep(0)": "time.sleep(0)",
    "Condition.wait(0)": "with condition: condition.wait(0)",
    "Event.wait(0)": "event.wait(0)",
    "socket send + recv": "left.send(b'+'); right.recv(1)",
    "select.select(timeout 0)": "select.select([right], [], [], 0)",
    "selector.select(0)": "selector.select(0)",
    "Thread start + join": "thread = threading.Thread(target=int); thread.start(); thread.join()",
    "pool submit + result": "pool.submit(int).result()",
}

_SET_UP = """
import functools, select, selectors, socket, threading, time, timeit
from concurrent.futures import ThreadPoolExecutor
condition, event = threading.Condition(), threading.Event()
left, right = socket.socketpair()
selector = selectors.DefaultSelector()
selector.register(right, selectors.EVENT_READ)
pool = ThreadPoolExecutor(1)
@functools.cache
def timer(code):
    timer = timeit.Timer(code, globals=globals())
    # As many calls as take 5 ms.
    count = max(1, int(0.005 / (timer.timeit(100) / 100)))
    return timer, count
def measure(code):
    timer_, count = timer(code)
    return timer_.timeit(count) / count * 1e9
"""

_ROUNDS = 40


def cost_of_patches(python: str) -> Iterator[Row]:
    """Calls on the main thread of a kernel that has run a job, against those in a kernel without the runtime."""
    with contextlib.closing(Kernel(python)) as patched, contextlib.closing(Kernel(python)) as untouched:
        patched.install()
        patched.run_job("%job 0")
        patched.execute(_SET_UP)
        untouched.execute(_SET_UP)
        for name, code in _CALLS.items():
            ours, theirs = _least(patched, untouched, code)
            yield Row(
                f"{name}, patched / not",
                ours / theirs,
                "x",
                1.5,
                f"{ours:.0f} against {theirs:.0f} ns: {ours - theirs:+.0f} ns",
            )


def _least(patched: Kernel, untouched: Kernel, code: str) -> tuple[float, float]:
    """Nanoseconds that the code takes in each kernel: the least of many measurements, because others only add to it."""
    times: dict[Kernel, list[float]] = {patched: [], untouched: []}
    for number in range(_ROUNDS):
        # In turn, and each of them as often first.
        for kernel in (patched, untouched) if number % 2 else (untouched, patched):
            times[kernel].append(kernel.value(f"measure({code!r})"))
    return min(times[patched]), min(times[untouched])
