"""A thread that is to be killed, and how `JobKilled` is raised in it: at the right moment, and not in vain."""

from __future__ import annotations

import dis
import functools
import logging
import queue
import sys
import threading
import weakref
from _thread import get_ident
from collections.abc import Callable
from multiprocessing.synchronize import SemLock
from types import FrameType
from typing import Any

from .async_exception import PENDING_EXCEPTIONS_DISTURB, set_async_exception, stems_from_kill
from .errors import JobKilled

_LOAD_SPECIAL = dis.opmap.get("LOAD_SPECIAL")

_PATIENCE = 3
"""How many exceptions the code may keep before each is followed by another one."""

_LOCKING_METHODS = (
    "__enter__",
    "__exit__",
    "_acquireLock",
    "_acquire_restore",
    "_is_owned",
    "_releaseLock",
    "_release_save",
    "acquire",
    "release",
)


# Iterating calls the function without a bytecode that makes a call: see `Victim.strike`.
_all_frames = iter(sys._current_frames, None)
_all_handled = iter(sys._current_exceptions, None)


class Victim:
    """Raises `JobKilled` in one thread, and again where that was swallowed, until its code has ended.

    An exception that is deleted while the code goes on was swallowed, and has another one raised right behind the
    handler that has swallowed it. CPython looks for an exception from outside at a few places only, in most versions
    all of them inside of the `try` in code such as `while True: try: f() except: pass`. So the thread is traced then: a
    trace function can raise at every line. In 3.11 another pending exception does as well, and must do, because a
    thread of 3.11 that is traced hangs while an exception is pending anywhere.

    Only the thread itself has an exception followed by another one: where another thread drops the last reference, such
    as a future's, or the garbage collector does, the code may be anywhere by now. `strike` will look where.

    `strike` may be called in any thread, under the lock of the job's `KillSwitch`; everything else, and what is said to
    be the thread's own, belongs to the thread that is killed.
    """

    __slots__ = (
        "_exceptions",
        "_is_for_cleanup",
        "_raised",
        "_rearming",
        "forced",
        "ident",
        "in_cleanup",
        "is_closed",
        "wake",
        "woken",
    )

    def __init__(self, ident: int, *, is_for_cleanup: bool = False) -> None:
        self.ident = ident
        self._is_for_cleanup = is_for_cleanup
        self.wake: Callable[[], None] | None = None
        """How to end the blocking call in which the thread is. The thread's own to set."""
        self.woken = False
        """Whether that was done."""
        self.in_cleanup = False
        """Whether that call is made on the way out. The thread's own to set, before `wake`."""
        self.is_closed = False
        """Whether its code has ended. The thread's own to set."""
        self.forced = False
        """Whether its clean-up is to be cut short."""
        self._raised: list[bool] = []
        self._exceptions: tuple[type[JobKilled], type[JobKilled]] | None = None
        self._rearming: Callable[[], object] | None = None

    def strike(self, handled: BaseException | None, exception: type[JobKilled] | None = None) -> None:
        """Have `JobKilled` raised in the thread, another one, between two bytecodes, if this is a moment for it.

        `handled` is the exception that the thread was handling a moment ago. It may have begun to handle a `JobKilled`
        since then, or to take a lock. `exception` is what to raise instead of one that is followed by others.
        """
        ident = self.ident
        frame: FrameType | None = None
        if exception is None:
            first, following = self._exception_types()
            exception = first if len(self._raised) < _PATIENCE else following
        # The thread must not run between the look at where it is and the raising: it may take a lock. CPython changes
        # threads after a call and at the end of a loop (3.10: more often); there is neither from here to the raising.
        for frames in _all_frames:
            for all_handled in _all_handled:
                if ident in frames and not self.is_closed and self.wake is None:
                    now_handled: Any = all_handled[ident]
                    if now_handled.__class__ is tuple:  # before Python 3.12
                        now_handled = now_handled[1]
                    frame = frames[ident]
                    code, at = frame.f_code, frame.f_lasti
                    if (
                        (self.forced or now_handled is handled)
                        and code.co_filename not in _BOOK_KEEPING
                        and (code.co_filename, code.co_name) not in _LOCKING
                        # From 3.14 on, the `__enter__` of a `with` is a call like any other.
                        and not (_LOAD_SPECIAL is not None and at >= 2 and code.co_code[at - 2] == _LOAD_SPECIAL)
                    ):
                        set_async_exception(ident, exception)
                break
            break
        # They hold this very frame.
        del frames, frame, all_handled

    def exception(self) -> JobKilled:
        """One to raise in the thread."""
        return self._exception_types()[0]()

    def close(self) -> None:
        """The code has ended: leave the thread alone."""
        self.is_closed = True
        if sys.gettrace() == self._raise_at_line:
            sys.settrace(None)

    def is_leaving(self, handled: BaseException | None) -> bool:
        """Whether the thread is in a `finally` or `except` on its way out, or was started in one.

        `handled` is the exception that it handles.
        """
        return self._is_for_cleanup or stems_from_kill(handled)

    def _exception_types(self) -> tuple[type[JobKilled], type[JobKilled]]:
        """What is raised to end the code; and if it keeps them, so that they do not show that they were swallowed."""
        if self._exceptions is None:  # most threads are never killed
            # CPython makes an instance of the class in the thread in which it raises it.
            first = _exception_type(functools.partial(self._raised.append, True))
            self._rearming = _when_deleted(functools.partial(set_async_exception, self.ident, first))
            insist = self._rearm if PENDING_EXCEPTIONS_DISTURB else self._trace
            first.__del__ = staticmethod(insist)  # type: ignore[attr-defined] # no class has one before
            following = _exception_type(insist)
            following.__del__ = staticmethod(insist)  # type: ignore[attr-defined] # as above
            self._exceptions = first, following
        return self._exceptions

    def _rearm(self) -> None:
        """Have the code raise where CPython looks for exceptions next."""
        if not self._may_insist():
            return
        code = sys._getframe(1).f_code
        if (
            self.wake is None
            and code.co_filename not in _BOOK_KEEPING
            and (code.co_filename, code.co_name) not in _LOCKING
        ):
            assert self._rearming is not None
            # Dropped with the last of this frame: an exception that is pending before that would be raised right here.
            _until_return = self._rearming()

    def _may_insist(self) -> bool:
        """Whether the calling thread is this one, and its code is not on its way out by now."""
        return not self.is_closed and get_ident() == self.ident and not self.is_leaving(sys.exc_info()[1])

    def _trace(self) -> None:
        """Have the next line of the code raise."""
        if not self._may_insist():
            return
        frame: FrameType | None = sys._getframe(1)
        while frame is not None:
            if frame.f_globals.get("__package__") != __package__ and frame.f_code.co_filename not in _WITH_LOCKS:
                frame.f_trace = self._raise_at_line
            frame = frame.f_back
        sys.settrace(self._raise_at_line)

    def _raise_at_line(self, frame: FrameType, event: str, argument: Any) -> Any:
        """Trace function. CPython ends the tracing when it raises."""
        if self.is_closed:
            sys.settrace(None)
            return None
        if event == "line":
            raise self.exception()
        # Functions that are called from here on are not traced: what swallows is in one of their callers.
        return None if event == "call" else self._raise_at_line


def _exception_type(on_raise: Callable[[], None]) -> type[JobKilled]:
    members = {"__init__": staticmethod(on_raise), "__module__": JobKilled.__module__}
    return type(JobKilled.__name__, (JobKilled,), members)


def _when_deleted(function: Callable[[], None]) -> Callable[[], object]:
    """A class whose instances call a C function when they are deleted."""
    return type("_WhenDeleted", (), {"__slots__": (), "__del__": staticmethod(function)})


# What takes and releases locks with every call.
_IMPORTS = "<frozen importlib._bootstrap>"
_WITH_LOCKS = frozenset(
    function.__code__.co_filename
    for function in (threading.Thread.start, logging.Handler.acquire, queue.Queue.get, SemLock.__enter__)
) | {_IMPORTS}

# Between the taking of a lock and the `with` that will release it.
_LOCKING = frozenset((file_name, name) for file_name in _WITH_LOCKS for name in _LOCKING_METHODS)

# The runtime's own book-keeping, where it opens and closes pipes, where modules are locked that are being imported, and
# the callbacks of weak references, from which no exception gets out. Carried modules have no `__file__`.
_BOOK_KEEPING = frozenset({weakref.WeakSet.add.__code__.co_filename, weakref.__file__, _IMPORTS}) | frozenset(
    Victim.strike.__code__.co_filename.replace("victim.py", f"{name}.py")
    for name in (
        "child_output",
        "deadlines",
        "job_processes",
        "kill",
        "output",
        "patches",
        "process_pools",
        "processes",
        "publisher",
        "reaper",
        "registry",
        "remote_session",
        "remote_work",
        "task_kill",
        "threads",
        "victim",
    )
)
