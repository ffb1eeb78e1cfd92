"""Replaces attributes of other people's objects, and puts them back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_MISSING = object()


class Replacements:
    """A stack of replaced attributes.

    An attribute that somebody else has replaced again in the meantime is left to them.
    """

    def __init__(self) -> None:
        self._undo: list[Callable[[], None]] = []

    def set(self, owner: Any, name: str, replacement: Any) -> None:
        """Replace an attribute of a module, a class or an object."""
        before = vars(owner).get(name, _MISSING)
        setattr(owner, name, replacement)

        def undo() -> None:
            if vars(owner).get(name) is not replacement:
                return
            if before is _MISSING:
                delattr(owner, name)
            else:
                setattr(owner, name, before)

        self._undo.append(undo)

    def add(self, undo: Callable[[], None]) -> None:
        """Something else was changed, which this takes back."""
        self._undo.append(undo)

    def undo(self) -> None:
        """Put everything back, the last one first."""
        while self._undo:
            self._undo.pop()()
