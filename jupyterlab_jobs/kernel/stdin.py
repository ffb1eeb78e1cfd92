"""`input()` and `getpass()` in a job: an error at once, instead of a question that nobody can answer."""

from __future__ import annotations

import builtins
import functools
import getpass
from collections.abc import Callable
from typing import Any

from .replacements import Replacements
from .threads import current_job


class NoStandardInput(RuntimeError):
    """A job has asked for input."""

    def __init__(self) -> None:
        super().__init__("jobs have no standard input: ask before you start the job, and pass the answer as a variable")


def refuse_input(replacements: Replacements, kernel: Any) -> None:
    """Replace the functions that ask. Called on the main thread."""

    def replace() -> None:
        # What the functions are, and what ipykernel puts in their place while a cell runs.
        for owner, name in (
            (builtins, "input"),
            (getpass, "getpass"),
            (kernel, "raw_input"),
            (kernel, "getpass"),
        ):
            replacements.set(owner, name, _refusing(getattr(owner, name)))

    while_not_forwarded(kernel, replace)


def while_not_forwarded(kernel: Any, change: Callable[[], None]) -> None:
    """Change what a cell finds before ipykernel's replacement, and after it. Called on the main thread."""
    forwarded = builtins.input == kernel.raw_input
    if forwarded:
        kernel._restore_input()
    change()
    if forwarded:
        kernel._forward_input(kernel._allow_stdin)


def _refusing(original: Callable[..., str]) -> Callable[..., str]:
    @functools.wraps(original)
    def ask(*args: Any, **kwargs: Any) -> str:
        if current_job() is not None:
            raise NoStandardInput
        return original(*args, **kwargs)

    return ask
