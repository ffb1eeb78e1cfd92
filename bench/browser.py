"""How soon a user sees something, in a real JupyterLab in a real browser."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from .statistics import Row, median

_UI_TESTS = Path(__file__).parent.parent / "ui-tests"


def shift_enter() -> Row:
    """From Shift+Enter on `%job pass` to its row in the panel, against Shift+Enter on `pass` to its prompt number."""
    times = _run_playwright("bench")
    job, cell = median(times["job"]), median(times["cell"])
    return Row(
        "Shift+Enter to the job's row / to a cell's number",
        job / cell,
        "x",
        1.5,
        f"p50 {job:.0f} ms against {cell:.0f} ms",
    )


def _run_playwright(project: str) -> dict[str, list[float]]:
    """Run the scripts of a project of ui-tests/playwright.config.ts; returns what they have measured."""
    with tempfile.TemporaryDirectory() as directory:
        results = Path(directory, "results.json")
        process = subprocess.run(
            [_UI_TESTS / "node_modules" / ".bin" / "playwright", "test", f"--project={project}"],
            cwd=_UI_TESTS,
            env=os.environ | {"JLJ_BENCH_RESULTS": str(results)},
            capture_output=True,
            text=True,
        )
        if process.returncode != 0:
            sys.exit(f"playwright ended with {process.returncode}\n{process.stdout}\n{process.stderr}")
        times: dict[str, list[float]] = json.loads(results.read_text())
        return times
