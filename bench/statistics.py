"""Percentiles, and how a row of the table looks."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass


def percentile(values: list[float], fraction: float) -> float:
    """The smallest value that at least this fraction of the values does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(fraction * len(ordered)) - 1)]


def median(values: list[float]) -> float:
    """The 50th percentile."""
    return percentile(values, 0.5)


def interleaved(count: int, *functions: Callable[[], object]) -> list[list[float]]:
    """Time the functions in turn, `count` times each, in milliseconds; noise of the machine hits all alike."""
    times: list[list[float]] = [[] for _ in functions]
    for _ in range(count):
        for function, collected in zip(functions, times, strict=True):
            begin = time.perf_counter()
            function()
            collected.append((time.perf_counter() - begin) * 1000)
    return times


@dataclass(frozen=True)
class Row:
    """One line of the table: a measured value, its bound, and where it comes from."""

    name: str
    value: float
    unit: str
    bound: float
    detail: str

    @property
    def holds(self) -> bool:
        """Whether the value is within its bound."""
        return self.value <= self.bound

    def __str__(self) -> str:
        mark = " " if self.holds else "!"
        return f"{mark} {self.name:<56}{self.value:>9.2f} {self.unit:<6}{self.bound:>8.2f}   {self.detail}"
