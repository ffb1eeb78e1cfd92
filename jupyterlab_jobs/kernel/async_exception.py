"""Raising an exception in another thread: `PyThreadState_SetAsyncExc`, and what it takes to rely on it."""

from __future__ import annotations

import contextlib
import ctypes
import sys
from _thread import get_ident
from typing import Any

from .errors import JobKilled

set_async_exception = ctypes.PYFUNCTYPE(None, ctypes.c_ulong, ctypes.py_object)(
    ("PyThreadState_SetAsyncExc", ctypes.pythonapi)
)
"""Have an exception class raised in the thread with this id, between two bytecodes. Does not let go of the GIL."""

_unset = ctypes.PYFUNCTYPE(None, ctypes.c_ulong, ctypes.c_void_p)(("PyThreadState_SetAsyncExc", ctypes.pythonapi))


def take_back(ident: int) -> None:
    """Take back an exception that was not raised yet. Called in a thread that nobody kills."""
    _unset(ident, None)
    absorb_pending()


def absorb_pending() -> None:
    """Make sure that no exception is pending in the calling thread, and that the interpreter does not look for one.

    Before 3.13, one flag tells all threads that an exception is pending somewhere. Taking the exception back leaves the
    flag up: every thread then runs slowly, and on 3.11 hangs when it is traced (by a debugger, by cProfile). Only
    raising the exception takes it down.
    """
    with contextlib.suppress(JobKilled):
        # In the place of what may be pending; raised as soon as it returns.
        set_async_exception(get_ident(), JobKilled)


def stems_from_kill(error: BaseException | None) -> bool:
    """Whether an exception is a `JobKilled`, or was raised while one was on its way out."""
    seen = 0
    while error is not None and seen < 100:  # a context can be a cycle
        if isinstance(error, JobKilled):
            return True
        error, seen = error.__context__, seen + 1
    return False


def handled_exceptions() -> dict[int, BaseException | None]:
    """By the ids of all threads: the exception for which one is in an `except` or `finally` at this moment."""
    handled: dict[int, Any] = sys._current_exceptions()
    if _AS_TUPLES:
        return {ident: exc_info and exc_info[1] for ident, exc_info in handled.items()}
    return handled


_AS_TUPLES = sys.version_info < (3, 12)

PENDING_EXCEPTIONS_DISTURB = sys.version_info[:2] == (3, 11)
"""Whether an exception that is pending in one thread makes the others hang when they are traced."""
