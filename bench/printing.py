"""Twenty that print at once, by several ways of running code beside the main thread."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing

from harness import Kernel

from .table import Table
from .ways import WAYS, Way

_PRINTERS = 20

_FAST = 2_000
_SLOW = 50
"""How many lines each of them prints."""

_SETUP = f"""
import subprocess, threading, time

def fast(printer):
    for line in range({_FAST}):
        print(f"{{printer}}:{{line}}")

def slow(printer):
    for line in range({_SLOW}):
        print(f"{{printer}}:{{line}}")
        time.sleep(0.01)

def by_thread(printer):
    thread = threading.Thread(target=slow, args=(printer,))
    thread.start()
    thread.join()

def by_child(printer):
    loop = "for n in $(seq 0 {_SLOW - 1}); do echo $0:$n; sleep 0.01; done"
    subprocess.run(["sh", "-c", loop, str(printer)])
"""

_KINDS = {"the code itself": "slow", "a thread of its own": "by_thread", "a child process": "by_child"}

_PATIENCE = 3.0
"""Seconds without a line after which no more are expected."""


def printing_compared(python: str) -> Iterator[Table]:
    """How much of what twenty print arrives whole under the cell that has started them, and how fast."""
    names = [way.name for way in WAYS]
    yield Table(
        f"output: % of lines that arrive whole, under their own cell, of {_PRINTERS} that print at once",
        names,
        {
            f"printed by {what}": [f"{100 * _print(python, way, function, _SLOW)[0]:.0f}" for way in WAYS]
            for what, function in _KINDS.items()
        },
    )
    yield Table(
        f"throughput: thousand lines a second, of {_PRINTERS} that print {_FAST:,} each without a pause",
        names,
        {"lines": [f"{_print(python, way, 'fast', _FAST)[1] / 1000:.1f}" for way in WAYS]},
    )


def _print(python: str, way: Way, function: str, lines: int) -> tuple[float, float]:
    """Let all of them print; returns which part of the lines came where it belongs, and how many came a second."""
    with closing(way.open(python)) as kernel:
        kernel.execute(_SETUP)
        places = [way.place(kernel) for _ in range(_PRINTERS)]
        kernel.messages.clear()
        begin = time.perf_counter()
        sent = [way.send(kernel, f"{function}({printer})", place, False) for printer, place in enumerate(places)]
        count, last = _await_lines(kernel, _PRINTERS * lines)
        right = 0
        for printer, msg_id in enumerate(sent):
            expected = Counter(f"{printer}:{line}" for line in range(lines))
            right += (Counter(kernel.text(msg_id).splitlines()) & expected).total()
        return right / (_PRINTERS * lines), count / (last - begin)


def _await_lines(kernel: Kernel, expected: int) -> tuple[int, float]:
    """Wait until so many lines have come, or no more come; returns how many did, and when the last of them."""
    count, seen, last = 0, 0, time.perf_counter()

    def more() -> bool:
        nonlocal count, seen
        new, seen = kernel.messages[seen:], len(kernel.messages)
        found = sum(m["content"]["text"].count("\n") for m in new if m["msg_type"] == "stream")
        count += found
        return found > 0

    while count < expected:
        try:
            kernel.until(more, _PATIENCE)
        except AssertionError:
            break
        last = time.perf_counter()
    return count, last
