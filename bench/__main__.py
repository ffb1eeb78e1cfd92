"""Runs the measurements, prints them as they come and writes `bench/results.json`.

    python -m bench [GROUP ...]

Without a group all of them. The results of the others stay in the file: ratios never cross the border of a group.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Literal

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from .browser import first_line, page_start, panel, shift_enter  # noqa: E402 - the tests' harness comes first
from .flood import cells_in_a_flood  # noqa: E402
from .kill import kill_latency  # noqa: E402
from .kill_compared import kills_compared  # noqa: E402
from .latency import express_lane, idle_runtime, in_kernel  # noqa: E402
from .page import page_size  # noqa: E402
from .patches import cost_of_patches  # noqa: E402
from .plots import draw  # noqa: E402
from .printing import printing_compared  # noqa: E402
from .python_side import python_side  # noqa: E402
from .saturation import saturation  # noqa: E402
from .scale_out import scale_out  # noqa: E402
from .starts import starts_compared  # noqa: E402
from .statistics import Row  # noqa: E402
from .table import Table  # noqa: E402

_RESULTS = ROOT / "bench" / "results.json"

_PICTURES: dict[str, tuple[str, Literal["linear", "log"]]] = {
    "start": ("bench-starts.svg", "log"),
    "output": ("bench-output.svg", "linear"),
    "throughput": ("bench-throughput.svg", "linear"),
    "memory": ("bench-memory.svg", "linear"),
    "kill": ("bench-kills.svg", "log"),
    "start elsewhere": ("bench-starts-elsewhere.svg", "log"),
    "map": ("bench-map.svg", "log"),
}
"""Of the tables in which all is in one unit; and their axes."""


def _latency(python: str) -> Iterator[Row | Table]:
    yield express_lane(python)
    yield in_kernel(python)
    yield from starts_compared(python)


def _idle(python: str) -> Iterator[Row]:
    yield idle_runtime(python)
    yield from cost_of_patches(python)


def _kill(python: str) -> Iterator[Row | Table]:
    yield from kill_latency(python)
    yield from kills_compared(python)


def _scale(python: str) -> Iterator[Row | Table]:
    yield from scale_out(python)
    yield saturation(python)


def _page(python: str) -> Iterator[Row]:
    yield page_size()


def _browser(python: str) -> Iterator[Row]:
    yield page_start()
    yield shift_enter()
    yield from first_line()
    yield from panel()


_GROUPS: dict[str, Callable[[str], Iterator[Row | Table]]] = {
    "latency": _latency,
    "idle": _idle,
    "flood": cells_in_a_flood,
    "output": printing_compared,
    "kill": _kill,
    "scale": _scale,
    "python": python_side,
    "page": _page,
    "browser": _browser,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("groups", metavar="GROUP", nargs="*", help=f"one of {', '.join(_GROUPS)} (default: all)")
    groups = parser.parse_args().groups or list(_GROUPS)
    if unknown := set(groups) - set(_GROUPS):
        parser.error(f"unknown group {', '.join(sorted(unknown))}; there are {', '.join(_GROUPS)}")
    results = json.loads(_RESULTS.read_text()) if _RESULTS.exists() else {}
    print(f"{'':58}{'measured':>16}{'bound':>8}")
    for group in groups:
        results[group] = []
        for result in _GROUPS[group](sys.executable):
            print(result, flush=True)
            picture = _PICTURES.get(result.name.partition(":")[0])
            if isinstance(result, Table) and picture is not None:
                print(f"drawn in {draw(result, *picture).relative_to(ROOT)}")
            results[group].append(asdict(result) | ({"holds": result.holds} if isinstance(result, Row) else {}))
    _RESULTS.write_text(json.dumps(results, indent=2) + "\n")
    print(f"written to {_RESULTS.relative_to(ROOT)}")


if __name__ == "__main__":  # Dask's worker processes import this module too
    main()
