"""`exit` and `quit` in a job end the job, and not the kernel with everybody else's work."""

from __future__ import annotations

import functools
from collections.abc import Callable

from IPython.core.interactiveshell import InteractiveShell

from .replacements import Replacements
from .threads import current_job


def route_exit(replacements: Replacements, shell: InteractiveShell) -> None:
    """Have IPython's `exit` raise `SystemExit` in a job, as Python's own does everywhere."""
    original: Callable[[InteractiveShell], None] = type(shell).ask_exit  # type: ignore[attr-defined] # in each kind of shell

    @functools.wraps(original)
    def ask_exit(self: InteractiveShell) -> None:
        if current_job() is not None:
            raise SystemExit("exit() ends the job, not the kernel")
        original(self)

    replacements.set(type(shell), "ask_exit", ask_exit)
