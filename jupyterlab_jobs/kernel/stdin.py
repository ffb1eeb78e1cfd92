"""`input()`, `getpass()` and debuggers in a job: an error at once, instead of a question that nobody can answer."""

from __future__ import annotations

import bdb
import builtins
import functools
import getpass
from collections.abc import Callable
from typing import Any

from IPython.core.magics.execution import ExecutionMagics

from .replacements import Replacements
from .threads import current_job


class NoStandardInput(RuntimeError):
    """A job has asked for input."""

    def __init__(self) -> None:
        super().__init__("jobs have no standard input: ask before you start the job, and pass the answer as a variable")


class NoDebugger(RuntimeError):
    """A job has started a debugger."""

    def __init__(self) -> None:
        super().__init__(
            "jobs have no standard input, and so no debugger: run the code as a cell to debug it; of a job "
            "that has failed, the panel has the traceback"
        )


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
            replacements.set(owner, name, _refusing(getattr(owner, name), NoStandardInput))

    while_not_forwarded(kernel, replace)
    for owner, name in (
        # What every debugger of Python's kind calls first.
        (bdb.Bdb, "reset"),
        (bdb.Bdb, "set_trace"),
        # ipykernel's does nothing where no debugger is attached.
        (builtins, "breakpoint"),
        # `%debug` shows an error and goes on.
        (ExecutionMagics, "_debug_post_mortem"),
        (ExecutionMagics, "_run_with_debugger"),
    ):
        replacements.set(owner, name, _refusing(getattr(owner, name), NoDebugger))


def while_not_forwarded(kernel: Any, change: Callable[[], None]) -> None:
    """Change what a cell finds before ipykernel's replacement, and after it. Called on the main thread."""
    forwarded = builtins.input == kernel.raw_input
    if forwarded:
        kernel._restore_input()
    change()
    if forwarded:
        kernel._forward_input(kernel._allow_stdin)


def _refusing(original: Callable[..., Any], error: type[RuntimeError]) -> Callable[..., Any]:
    @functools.wraps(original)
    def ask(*args: Any, **kwargs: Any) -> Any:
        if current_job() is not None:
            raise error()
        return original(*args, **kwargs)

    return ask
