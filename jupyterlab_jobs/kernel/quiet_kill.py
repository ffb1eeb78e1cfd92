"""Keeps asyncio and thread pools from reporting a kill as an error that nobody has handled."""

from __future__ import annotations

import logging
from collections.abc import Callable

from .errors import JobKilled


def silence_kills() -> Callable[[], None]:
    """Have `JobKilled` not logged by those who find it in their threads and tasks; returns what undoes that."""
    loggers = [logging.getLogger(name) for name in ("asyncio", "concurrent.futures")]
    for logger in loggers:
        logger.addFilter(_is_no_kill)

    def undo() -> None:
        for logger in loggers:
            logger.removeFilter(_is_no_kill)

    return undo


def _is_no_kill(record: logging.LogRecord) -> bool:
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, JobKilled)
