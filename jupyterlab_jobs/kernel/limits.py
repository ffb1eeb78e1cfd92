"""How many jobs run at once on each backend."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, MutableMapping

from .backends import unknown_backend

DEFAULT_LIMITS = {"process": max(4, os.cpu_count() or 1)}
"""Processes take memory and a processor each; threads wait for most of their time, and Dask has a queue of its own."""


class Limits(MutableMapping[str, "int | None"]):
    """By the backend's name, how many of its jobs run at once; the others are queued. None for any number.

    `jobs.limits["process"] = 8`. Raises `ValueError` for what is no backend or no count.
    """

    def __init__(self, names: Callable[[], list[str]], changed: Callable[[], None]) -> None:
        """`changed` is called after every change, in the thread that makes it."""
        self._names = names
        self._changed = changed
        self._limits: dict[str, int | None] = dict(DEFAULT_LIMITS)

    def __getitem__(self, backend: str) -> int | None:
        return self._limits.get(self._checked(backend))

    def __setitem__(self, backend: str, count: int | None) -> None:
        if count is not None and (type(count) is not int or count < 1):
            raise ValueError(f"a limit is a number of jobs, or None, not {count!r}")
        self._limits[self._checked(backend)] = count
        self._changed()

    def __delitem__(self, backend: str) -> None:
        self[backend] = None

    def __iter__(self) -> Iterator[str]:
        return iter(self._names())

    def __len__(self) -> int:
        return len(self._names())

    def __repr__(self) -> str:
        return repr(dict(self))

    def _checked(self, backend: str) -> str:
        names = self._names()
        if backend not in names:
            raise unknown_backend(backend, names)
        return backend
