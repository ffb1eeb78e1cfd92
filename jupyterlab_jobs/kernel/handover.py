"""How soon threads hand the GIL over."""

from __future__ import annotations

import sys

_SOON = 0.001
"""Seconds. Python's own interval of 0.005 lets a cell, which needs the GIL a dozen times for a line of output, wait for
each of the jobs that compute, a dozen times."""


class Handover:
    """Has threads hand the GIL over sooner while jobs flood. It costs them little, and nothing when none does."""

    def __init__(self) -> None:
        self._usual: float | None = None

    def hasten(self, *, is_flooded: bool) -> None:
        """Tell whether jobs flood. Called by the publisher's thread."""
        if is_flooded == (self._usual is not None):
            return
        if self._usual is None:
            self._usual = sys.getswitchinterval()
            sys.setswitchinterval(min(_SOON, self._usual))
        else:
            # The user may have set another one meanwhile.
            if abs(sys.getswitchinterval() - min(_SOON, self._usual)) < 1e-5:
                sys.setswitchinterval(self._usual)
            self._usual = None
