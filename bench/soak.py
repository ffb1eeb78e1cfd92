"""Half an hour of random jobs, kills, reloads and interrupted connections in a real JupyterLab.

    python -m bench.soak [--minutes 30] [--seed N]

At the end, every line that was printed is compared with every line that is shown: none may be lost, doubled or in
another place.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).parent.parent
_UI_TESTS = _ROOT / "ui-tests"
_REPORT = _ROOT / "bench" / "soak.json"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.soak")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, help="what the actions depend on (default: another one each time)")
    arguments = parser.parse_args()
    environment = os.environ | {"JLJ_BENCH_RESULTS": str(_REPORT), "JLJ_SOAK_MINUTES": str(arguments.minutes)}
    if arguments.seed is not None:
        environment["JLJ_SOAK_SEED"] = str(arguments.seed)
    for old in _REPORT.parent.glob("soak.json*"):
        old.unlink()
    playwright = _UI_TESTS / "node_modules" / ".bin" / "playwright"
    process = subprocess.run([playwright, "test", "--project=soak"], cwd=_UI_TESTS, env=environment, check=False)
    if _REPORT.exists():
        print(_REPORT.read_text())
    return process.returncode


if __name__ == "__main__":
    sys.exit(main())
