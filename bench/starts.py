"""How soon code begins after it was sent to a kernel, by several ways of running it beside the main thread."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing

from harness import Kernel

from .statistics import Row, median
from .table import Table
from .ways import JOB, SUBSHELL, WAYS, Way

_ROUNDS = 40

_MAIN_THREAD = {
    "idle": None,
    "asleep": "time.sleep(1000)",
    "in a Python loop": "while True: pass",
}
"""What it does when the code is sent."""

_LONGEST_WAIT = 1.0


def starts_compared(python: str) -> Iterator[Row | Table]:
    """Milliseconds from the sending of the code to its first act, p50."""
    starts = {
        what: {way.name: _time_until_begin(python, way, code) for way in WAYS} for what, code in _MAIN_THREAD.items()
    }
    yield Table(
        f"start: p50 in ms from the sending of code to its begin ('waits': not in {_LONGEST_WAIT:g} s)",
        [way.name for way in WAYS],
        {f"main {what}": [_cell(ms) for ms in times.values()] for what, times in starts.items()},
    )
    for what, times in starts.items():
        ours, theirs = times[JOB.name], times[SUBSHELL.name]
        assert ours is not None
        if theirs is not None:
            yield Row(
                f"start beside a main thread that is {what} / in a subshell",
                ours / theirs,
                "x",
                1.5,
                f"{ours:.1f} against {theirs:.1f} ms",
            )


def _cell(ms: float | None) -> str:
    return "waits" if ms is None else f"{ms:.1f}"


def _time_until_begin(python: str, way: Way, main_code: str | None) -> float | None:
    with closing(way.open(python)) as kernel:
        kernel.execute("def tell(): print(time.time())")
        place = way.place(kernel)
        if main_code is not None:
            kernel.begin(main_code)
        times = []
        for _ in range(_ROUNDS):
            begin = _time_one(kernel, way, place, is_busy=main_code is not None)
            if begin is None:
                return None
            times.append(begin)
        return median(times)


def _time_one(kernel: Kernel, way: Way, place: str, *, is_busy: bool) -> float | None:
    sent = time.time()
    msg_id = way.send(kernel, "tell()", place, is_busy)
    try:
        kernel.until(lambda: kernel.text(msg_id).strip(), _LONGEST_WAIT)
    except AssertionError:
        return None
    begun = float(kernel.text(msg_id))
    kernel.messages.clear()
    return (begun - sent) * 1000
