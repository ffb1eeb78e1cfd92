"""Parts of a sequence, for as many jobs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def chunks(sequence: Sequence[T], count: int) -> list[Sequence[T]]:
    """Deal a sequence out, round robin: the parts are of the same kind as the sequence, and differ by one in length.

    There are no more of them than the sequence has elements. Raises `ValueError` if `count` is less than 1.
    """
    if count < 1:
        raise ValueError(f"the number of chunks is at least 1, not {count}")
    count = min(count, len(sequence))
    return [sequence[first::count] for first in range(count)]
