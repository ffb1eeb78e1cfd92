"""The text of the notebook's cells, for tracebacks that are made in another process."""

from __future__ import annotations

import linecache
from collections.abc import Iterable
from typing import Any

from IPython.core.interactiveshell import InteractiveShell

CellSources = dict[str, tuple[Any, list[str]]]
"""By the file names that IPython gives to cells: the number of the cell, and its lines."""


def sources_of(shell: InteractiveShell, names: Iterable[str]) -> CellSources:
    """What this process knows of them."""
    numbers = shell.compile._filename_map
    return {name: (numbers[name], linecache.getlines(name)) for name in names if name in numbers}


def learn(shell: InteractiveShell, sources: CellSources) -> None:
    """Have this process know them as well."""
    for name, (number, lines) in sources.items():
        shell.compile._filename_map[name] = number
        linecache.cache[name] = (sum(map(len, lines)), None, lines, name)
