"""How much our code adds to the page."""

from __future__ import annotations

import gzip
from pathlib import Path

from .statistics import Row

STATIC = Path(__file__).parent.parent / "jupyterlab_jobs" / "labextension" / "static"


def page_size() -> Row:
    """The gzipped size of all that the labextension serves."""
    files = [path for path in STATIC.iterdir() if path.suffix in (".js", ".css", ".json", ".svg")]
    size = sum(len(gzip.compress(path.read_bytes(), 9)) for path in files) / 1000
    return Row("our code in the page, gzipped", size, "kB", 60.0, f"{len(files)} files")
