"""Several tools, side by side."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """Text in rows and columns, both of which have names."""

    name: str
    columns: list[str]
    rows: dict[str, list[str]]

    def __str__(self) -> str:
        # A column's name takes two lines: the tool, and what of it is measured.
        heads = [column.partition(", ") for column in self.columns]
        lines = [["", *(tool for tool, _, _ in heads)], ["", *(what for _, _, what in heads)]]
        lines += [[name, *cells] for name, cells in self.rows.items()]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        text = (
            "   ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
        )
        return "\n".join([self.name, *text])
