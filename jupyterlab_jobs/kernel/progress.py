"""How far a job is, as it says itself."""

from __future__ import annotations

import math
from typing import Any

TELL_INTERVAL = 0.1
"""Seconds between two records of one job that differ in nothing but its progress."""

_RATE_MEMORY = 3.0
"""Seconds over which the rate is averaged."""

_SHORTEST_LOOK = 0.1
"""Seconds below which what was done says nothing about how fast it goes: the first steps may have been there before."""

_LONGEST_TEXT = 200


class Progress:
    """What the job has said last, and how fast it goes. The job's threads write, the publisher's reads."""

    __slots__ = ("_counted", "_counted_at", "done", "rate", "text", "total")

    def __init__(self, begun: float) -> None:
        """`begun` is when the job did: the first rate is that since then."""
        self.done: int | float = 0
        self.total: int | float | None = None
        self.text = ""
        self.rate: float | None = None
        """How many are done per second; None while nothing is."""
        self._counted = 0.0
        self._counted_at = begun

    def measure(self, now: float) -> None:
        """Bring the rate up to date. Called by the publisher, each time before it tells the clients."""
        done, seconds = float(self.done), now - self._counted_at
        if done < self._counted:  # another loop has begun
            self._counted, self._counted_at, self.rate = done, now, None
        elif done > self._counted and seconds >= _SHORTEST_LOOK:
            rate = (done - self._counted) / seconds
            weight = 1.0 if self.rate is None else 1 - math.exp(-seconds / _RATE_MEMORY)
            self.rate = rate if self.rate is None else self.rate + weight * (rate - self.rate)
            self._counted, self._counted_at = done, now

    def record(self) -> dict[str, Any]:
        """As the clients get it."""
        return {
            "done": self.done,
            "total": self.total,
            "text": self.text[:_LONGEST_TEXT],
            "rate": self.rate,
        }

    def __str__(self) -> str:
        share = f"{self.done:,}" if self.total is None else f"{self.done:,} of {self.total:,}"
        return f"{share} · {self.text}" if self.text else share


def checked(value: Any) -> int | float:
    """A number that is plain and can be sent; raises `TypeError` or `ValueError` for what is none."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise TypeError(f"progress(done, total, text) takes numbers, not {value!r}") from None
    if not math.isfinite(number):
        raise ValueError(f"progress(done, total, text) takes finite numbers, not {value!r}")
    return int(number) if number.is_integer() else number
