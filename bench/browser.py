"""How soon a user sees something, in a real JupyterLab in a real browser."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from .statistics import Row, median, percentile

_UI_TESTS = Path(__file__).parent.parent / "ui-tests"


def shift_enter() -> Row:
    """From Shift+Enter on `%job pass` to its row in the panel, against Shift+Enter on `pass` to its prompt number."""
    times = _run_playwright("shift-enter")
    return _medians("Shift+Enter to the job's row / to a cell's number", times["job"], times["cell"], 1.5)


def page_start() -> Row:
    """From the opening of JupyterLab's page until all is restored, with the extension and without."""
    times = _run_playwright("page-start")
    return _medians("start of the page / without the extension", times["with"], times["without"], 1.05)


def _medians(name: str, ours: list[float], theirs: list[float], bound: float) -> Row:
    """How many times longer the first took than the second; both in milliseconds."""
    half, their_half = median(ours), median(theirs)
    return Row(name, half / their_half, "x", bound, f"p50 {half:.0f} ms against {their_half:.0f} ms")


def first_line() -> Iterator[Row]:
    """From Shift+Enter on a job to its first line under the cell: the main thread works, against an idle kernel."""
    times = _run_playwright("first-line")
    idle = percentile(times["idle"], 0.95)
    idle_median = median(times["idle"])
    for state, what, bound in (
        ("sleep", "sleeps", 1.5),
        ("loop", "is in a Python loop", 5),
        ("numpy", "is in numpy", 1.5),
    ):
        busy = percentile(times[state], 0.95)
        yield Row(
            f"Shift+Enter to a job's line, main {what} / idle",
            busy / idle,
            "x",
            bound,
            f"p95 {busy:.0f} ms against {idle:.0f} ms; p50 {median(times[state]):.0f} against {idle_median:.0f}",
        )


def panel() -> Iterator[Row]:
    """The panel with 10,000 rows, against the Running panel with 1,000; 20 rows change ten times a second."""
    ours = _run_playwright("panel")
    theirs = _run_playwright("running")
    painted, running = percentile(ours["paint"], 0.95), percentile(theirs["paint"], 0.95)
    yield Row(
        "panel of 10,000 rows: event to paint",
        painted,
        "ms p95",
        50.0,
        f"p50 {median(ours['paint']):.0f} ms; {ours['changes'][0]:.0f} changes/s",
    )
    yield Row(
        "panel of 10,000 rows: event to paint, jobs come and go",
        percentile(ours["moving"], 0.95),
        "ms p95",
        50.0,
        f"p50 {median(ours['moving']):.0f} ms; {ours['moves'][0]:.0f} changes/s",
    )
    longest = max(ours["longest"][0], ours["longestMove"][0])
    yield Row("panel of 10,000 rows: longest task", longest, "ms", 50.0, "while events come, and it scrolls")
    frames = ours["frames"][0]
    yield Row(
        "panel of 10,000 rows: time for a frame, scrolling", 1000 / frames, "ms", 1000 / 55, f"{frames:.0f} frames/s"
    )
    yield Row("panel of 10,000 rows: memory of the page", ours["heap"][0], "MB", 30.0, "")
    yield Row(
        "event to paint / in the Running panel, a tenth of the rows",
        painted / running,
        "x",
        1.0,
        f"there {running:.0f} ms, longest task {theirs['longest'][0]:.0f} ms",
    )
    yield Row(
        "memory of the page / of the Running panel, a tenth of the rows",
        ours["heap"][0] / theirs["heap"][0],
        "x",
        1.0,
        f"there {theirs['heap'][0]:.0f} MB",
    )


def _run_playwright(script: str) -> dict[str, list[float]]:
    """Run a script of ui-tests/bench; returns what it has measured."""
    with tempfile.TemporaryDirectory() as directory:
        results = Path(directory, "results.json")
        process = subprocess.run(
            [_UI_TESTS / "node_modules" / ".bin" / "playwright", "test", "--project=bench", script],
            cwd=_UI_TESTS,
            env=os.environ | {"JLJ_BENCH_RESULTS": str(results)},
            capture_output=True,
            text=True,
        )
        if process.returncode != 0:
            sys.exit(f"playwright ended with {process.returncode}\n{process.stdout}\n{process.stderr}")
        times: dict[str, list[float]] = json.loads(results.read_text())
        return times
