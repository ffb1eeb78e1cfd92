"""The result of a job that stays where it was made, until somebody asks for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class HeldResult:
    """Stands for a result. `get` may be called in any thread, and fetches it anew each time."""

    __slots__ = ("get",)

    def __init__(self, get: Callable[[], Any]) -> None:
        self.get = get
