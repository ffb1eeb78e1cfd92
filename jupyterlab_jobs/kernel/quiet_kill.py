"""Keeps a kill from being reported as an error that nobody has handled."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from typing import Any

from .errors import JobKilled
from .replacements import Replacements


def silence_kills(replacements: Replacements) -> None:
    """Have `JobKilled` not reported by those who find it where they can do nothing with it.

    These are asyncio's tasks, the threads of a pool, and the interpreter itself when it was raised in a `__del__` or in
    the callback of a weak reference.
    """
    for name in ("asyncio", "concurrent.futures"):
        logger = logging.getLogger(name)
        logger.addFilter(_is_no_kill)
        replacements.add(_removal(logger))
    replacements.set(sys, "unraisablehook", _quiet_hook(sys.unraisablehook))


def _removal(logger: logging.Logger) -> Callable[[], None]:
    return lambda: logger.removeFilter(_is_no_kill)


def _is_no_kill(record: logging.LogRecord) -> bool:
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, JobKilled)


def _quiet_hook(original: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def hook(unraisable: Any) -> Any:
        return None if issubclass(unraisable.exc_type, JobKilled) else original(unraisable)

    return hook
