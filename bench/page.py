"""How much our code adds to the page."""

from __future__ import annotations

import gzip
from pathlib import Path

from .statistics import Row

STATIC = Path(__file__).parent.parent / "jupyterlab_jobs" / "labextension" / "static"


# Loaded when a kernel turns out not to have the package.
RUNTIME = "carried-runtime."


def page_size() -> Row:
    """The gzipped size of all that the labextension serves to a page."""
    files = [path for path in STATIC.iterdir() if path.suffix in (".js", ".css", ".json", ".svg")]
    sizes = {path.name: len(gzip.compress(path.read_bytes(), 9)) / 1000 for path in files}
    runtime = sum(size for name, size in sizes.items() if name.startswith(RUNTIME))
    assert runtime > 0
    return Row(
        "our code in the page, gzipped",
        sum(sizes.values()) - runtime,
        "kB",
        60.0,
        f"{runtime:.1f} kB more for a kernel that lacks the package",
    )
