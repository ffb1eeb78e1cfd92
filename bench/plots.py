"""Draws the tables that set tools side by side, for the documentation."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Literal

import matplotlib as mpl
import matplotlib.pyplot as plt

from .table import Table

_IMAGES = Path(__file__).parent.parent / "docs" / "images"

_OURS = "#1976d2"
_OTHERS = ("#9e9e9e", "#bdbdbd", "#757575", "#c7b299", "#a1887f", "#90a4ae", "#78909c", "#b0bec5")

_BAR = 0.8
"""How much of a row its bars take together."""


def draw(table: Table, file_name: str, scale: Literal["linear", "log"]) -> Path:
    """Write a picture of a table, whose cells are numbers or say why there is none; returns its path.

    A group of bars for each row, and a bar for each column.
    """
    # The same picture from the same numbers: no date, no random ids, and text that stays text.
    mpl.rcParams |= {"svg.hashsalt": "jupyterlab-jobs", "svg.fonttype": "none", "font.size": 9}
    height = _BAR / len(table.columns)
    figure, axes = plt.subplots(figsize=(8, 0.9 + len(table.rows) * (0.16 * len(table.columns) + 0.12)))
    others = iter(_OTHERS)
    least = min(number for cells in table.rows.values() for number in map(_number, cells) if number)
    start = least / 2 if scale == "log" else 0.0
    for index, column in enumerate(table.columns):
        color = _OURS if column.startswith("jupyterlab-jobs") else next(others)
        for row, cells in enumerate(table.rows.values()):
            place = row + (index + 0.5) * height - _BAR / 2
            number = _number(cells[index])
            axes.barh(
                place, number or 0, 0.9 * height, color=color, label=column.replace(",", "") if row == 0 else None
            )
            axes.annotate(
                cells[index],
                (number or start, place),
                xytext=(3, 0),
                textcoords="offset points",
                va="center",
                fontsize=7,
                color="#424242",
            )
    axes.set_xscale(scale)
    axes.set_xlim(left=start)
    axes.xaxis.set_major_formatter("{x:g}")
    axes.margins(x=0.15)
    axes.set_yticks(range(len(table.rows)), list(table.rows))
    axes.invert_yaxis()
    axes.set_title(table.name, fontsize=9, loc="left")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))
    path = _IMAGES / file_name
    figure.savefig(path, bbox_inches="tight", metadata={"Date": None})
    plt.close(figure)
    return path


def _number(cell: str) -> float | None:
    with contextlib.suppress(ValueError):
        return float(cell)
    return None
