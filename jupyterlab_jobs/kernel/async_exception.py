"""Raising an exception in another thread: `PyThreadState_SetAsyncExc`, and what it takes to rely on it."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import sys
from _thread import get_ident
from collections.abc import Callable
from typing import Any

from .errors import JobKilled

_set = ctypes.PYFUNCTYPE(None, ctypes.c_ulong, ctypes.py_object)(("PyThreadState_SetAsyncExc", ctypes.pythonapi))
_unset = ctypes.PYFUNCTYPE(None, ctypes.c_ulong, ctypes.c_void_p)(("PyThreadState_SetAsyncExc", ctypes.pythonapi))


def raise_kill(ident: int, raised: list[bool]) -> None:
    """Have `JobKilled` raised in a thread, between two bytecodes; `raised` is appended to when it is.

    If one was raised there before, and this one is needed because it was swallowed, then this one insists.
    """
    _set(ident, _insistent_kill(ident) if raised else _reporting_kill(functools.partial(raised.append, True)))


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
        _set(get_ident(), JobKilled)  # in the place of what may be pending; raised as soon as it returns


def stems_from_kill(error: BaseException | None) -> bool:
    """Whether an exception is a `JobKilled`, or was raised while one was on its way out."""
    seen = 0
    while error is not None and seen < 100:  # a context can be a cycle
        if isinstance(error, JobKilled):
            return True
        error, seen = error.__context__, seen + 1
    return False


def is_leaving(ident: int) -> bool:
    """Whether a thread handles a `JobKilled` at this moment: it is in a `finally` or `except` on its way out."""
    error: Any = sys._current_exceptions().get(ident)
    return stems_from_kill(error[1] if isinstance(error, tuple) else error)  # a tuple before Python 3.12


def _reporting_kill(report: Callable[[], None]) -> type[JobKilled]:
    # CPython makes an instance of the class in the thread in which it raises it. `__init__` must be a C function:
    # in a Python function, the next pending exception would be raised right there.
    return type(JobKilled.__name__, (JobKilled,), {"__init__": staticmethod(report), "__module__": __name__})


def _insistent_kill(ident: int) -> type[JobKilled]:
    """A `JobKilled` that, when it is raised, makes another one pending.

    For code such as `while True: try: f() except: pass`. CPython looks for pending exceptions after a call and at the
    end of a loop; the thread gives up the GIL at the same places, nearly always in `f`, inside of the `try`, and so
    nearly every exception from outside is raised there and swallowed. The second one is raised at the first such place
    after the first was caught: in the handler, or behind it.
    """
    return _reporting_kill(functools.partial(_set, ident, JobKilled))
