"""`input()` and `getpass()` in a job: an error at once, instead of a question that nobody can answer."""

from __future__ import annotations

import builtins
import functools
import getpass
from collections.abc import Callable
from typing import Any

from .threads import current_job


class NoStandardInput(RuntimeError):
    """A job has asked for input."""

    def __init__(self) -> None:
        super().__init__("jobs have no standard input: ask before you start the job, and pass the answer as a variable")


class StandardInput:
    """Replaces the functions that ask; `remove` puts them back. Both are called on the main thread."""

    def __init__(self, kernel: Any) -> None:
        self._kernel = kernel
        self._remove: list[Callable[[], None]] = []
        self._while_not_forwarded(self._replace_all)

    def remove(self) -> None:
        """Undo everything."""
        self._while_not_forwarded(self._restore_all)

    def _replace_all(self) -> None:
        # While a cell runs, ipykernel has put its own methods in the place of the two functions.
        for owner, name in (
            (vars(builtins), "input"),
            (vars(getpass), "getpass"),
            (vars(self._kernel), "raw_input"),
            (vars(self._kernel), "getpass"),
        ):
            original = owner.get(name)
            owner[name] = _refusing(getattr(self._kernel, name) if original is None else original)
            self._remove.append(functools.partial(_put_back, owner, name, original))

    def _restore_all(self) -> None:
        while self._remove:
            self._remove.pop()()

    def _while_not_forwarded(self, change: Callable[[], None]) -> None:
        """Change what a cell finds before ipykernel's replacement, and after it."""
        kernel = self._kernel
        forwarded = builtins.input == kernel.raw_input
        if forwarded:
            kernel._restore_input()
        change()
        if forwarded:
            kernel._forward_input(kernel._allow_stdin)


def _put_back(owner: dict[str, Any], name: str, original: Any) -> None:
    if original is None:
        del owner[name]
    else:
        owner[name] = original


def _refusing(original: Callable[..., str]) -> Callable[..., str]:
    @functools.wraps(original)
    def ask(*args: Any, **kwargs: Any) -> str:
        if current_job() is not None:
            raise NoStandardInput
        return original(*args, **kwargs)

    return ask
