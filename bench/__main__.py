"""Runs every measurement, prints one table and writes `bench/results.json`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from .browser import shift_enter  # noqa: E402 - the tests' harness comes first
from .kill import kill_latency  # noqa: E402
from .latency import express_lane, idle_runtime, in_kernel  # noqa: E402
from .page import page_size  # noqa: E402
from .statistics import Row  # noqa: E402


def _rows() -> Iterator[Row]:
    python = sys.executable
    yield express_lane(python)
    yield in_kernel(python)
    yield idle_runtime(python)
    yield from kill_latency(python)
    yield page_size()
    yield shift_enter()


def main() -> None:
    rows = []
    print(f"{'':58}{'measured':>16}{'bound':>8}")
    for row in _rows():
        rows.append(row)
        mark = " " if row.holds else "!"
        print(f"{mark} {row.name:<56}{row.value:>9.2f} {row.unit:<6}{row.bound:>8.2f}   {row.detail}", flush=True)
    results = ROOT / "bench" / "results.json"
    results.write_text(json.dumps([asdict(row) | {"holds": row.holds} for row in rows], indent=2) + "\n")
    print(f"written to {results.relative_to(ROOT)}")


main()
