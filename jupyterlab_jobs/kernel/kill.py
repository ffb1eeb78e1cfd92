"""Killing a job that runs in a thread.

CPython cannot end a thread; it can raise an exception in one (`PyThreadState_SetAsyncExc`), which is delivered
between two bytecodes. So a kill is a *strike*, repeated until the code has ended:

- a thread in a blocking call that `patches` knows (sleep, socket) is woken, and raises `JobKilled` by itself;
- an asyncio job's task is cancelled, so that `finally` and `async with` run as they should;
- any other thread gets the exception, and the processes that the job has started are killed, so that a wait for one
  of them returns.

What a strike cannot end is a long call inside of C code: the exception waits until the call returns.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import functools
import math
import sys
import threading
import time
from _thread import allocate_lock, get_ident
from collections.abc import Callable
from typing import Any

from .errors import JobKilled
from .processes import ChildProcesses

_CANCEL_PATIENCE = 0.5
"""Seconds that a cancelled task has for its clean-up before it is cancelled, or struck, again."""


_set_exception = ctypes.PYFUNCTYPE(None, ctypes.c_ulong, ctypes.py_object)(
    ("PyThreadState_SetAsyncExc", ctypes.pythonapi)
)
_unset_exception = ctypes.PYFUNCTYPE(None, ctypes.c_ulong, ctypes.c_void_p)(
    ("PyThreadState_SetAsyncExc", ctypes.pythonapi)
)


def _absorb_pending_exception() -> None:
    """Make sure that no exception is pending in the calling thread, and that the interpreter does not look for one.

    Before 3.13, one flag tells all threads that an exception is pending somewhere. Taking the exception back leaves the
    flag up: every thread then runs slowly, and on 3.11 hangs when it is traced (by a debugger, by cProfile). Only
    raising the exception takes it down.
    """
    with contextlib.suppress(JobKilled):
        _set_exception(get_ident(), JobKilled)  # in the place of what may be pending; raised as soon as it returns


def _reporting_kill(report: Callable[[], None]) -> type[JobKilled]:
    """A `JobKilled` that reports, when it is raised, that it was."""
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
    return _reporting_kill(functools.partial(_set_exception, ident, JobKilled))


def stems_from_kill(error: BaseException | None) -> bool:
    """Whether an exception is a `JobKilled`, or was raised while one was on its way out."""
    seen = 0
    while error is not None and seen < 100:  # a context can be a cycle
        if isinstance(error, JobKilled):
            return True
        error, seen = error.__context__, seen + 1
    return False


def _is_leaving(ident: int) -> bool:
    """Whether a thread handles a `JobKilled` at this moment: it is in a `finally` or `except` on its way out."""
    error: Any = sys._current_exceptions().get(ident)
    return stems_from_kill(error[1] if isinstance(error, tuple) else error)  # a tuple before Python 3.12


def _waits_in_event_loop(ident: int) -> bool:
    """Whether a thread that runs an event loop has nothing to do but wait, so that a cancellation reaches it."""
    frame = sys._current_frames().get(ident)
    return frame is not None and frame.f_globals.get("__name__") in ("selectors", "asyncio.windows_events")


class _Blocked:
    """A thread of the job is in a blocking call, and how to make that return."""

    __slots__ = ("wake", "woken")

    def __init__(self, wake: Callable[[], None]) -> None:
        self.wake = wake
        self.woken = False


class KillSwitch:
    """What it takes to kill one job's code.

    The job's thread calls `open`, `close`, `call_blocking` and `run_coroutine`; any thread may call `strike`. `_lock`
    makes sure that a strike hits the job's code and nothing else: once `close` has returned, no strike reaches the
    thread any more.
    """

    __slots__ = ("_blocked", "_cancelled", "_ident", "_lock", "_raised", "_task", "children", "requested")

    def __init__(self) -> None:
        self._lock = allocate_lock()
        self._ident: int | None = None
        self._blocked: _Blocked | None = None
        self._task: tuple[asyncio.AbstractEventLoop, asyncio.Task[Any]] | None = None
        self._cancelled: float | None = None
        self._raised: list[bool] = []  # not empty once a JobKilled was raised in the thread
        self.requested = False
        self.children = ChildProcesses()

    def open(self) -> None:
        """From now on the calling thread can be struck. Raises `JobKilled` if the kill came first."""
        with self._lock:
            self._ident = get_ident()
            if self.requested:
                raise JobKilled

    def close(self) -> None:
        """From now on no strike reaches the calling thread.

        May raise one `JobKilled` that was on its way, or two; to be called again then.
        """
        with self._lock:
            self._ident = None
        if self.requested:
            _absorb_pending_exception()

    def call_blocking(self, wake: Callable[[], None], function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Call a function that blocks, and that `wake` makes return.

        Raises `JobKilled` instead of calling it if the kill has come already, or after it if the kill has woken it;
        but a `finally` block that runs because of the kill may make blocking calls in peace.

        `wake` is called from another thread and must not block.
        """
        if get_ident() != self._ident:  # a thread that the job has started
            return function(*args, **kwargs)
        # Registered before `requested` is looked at: a strike that comes between the two finds it.
        blocked = self._blocked = _Blocked(wake)
        try:
            if self.requested and not stems_from_kill(sys.exc_info()[1]):
                blocked.woken = True
            else:
                result = function(*args, **kwargs)
        except BaseException:
            if not blocked.woken:
                raise
        finally:
            with self._lock:
                self._blocked = None
        if blocked.woken:
            self._raised.append(True)
            raise JobKilled
        return result

    def run_coroutine(self, coroutine: Any) -> Any:
        """Run a coroutine in an event loop of the calling thread's own; a strike cancels it."""

        async def main() -> Any:
            task = asyncio.current_task()
            assert task is not None
            self._task = (asyncio.get_running_loop(), task)
            if self.requested:  # the strike came before there was a task to cancel
                task.cancel()
            try:
                return await coroutine
            finally:
                self._task = None

        try:
            return asyncio.run(main())
        except asyncio.CancelledError:
            if self.requested:
                raise JobKilled from None
            raise

    def strike(self, *, again: bool = False) -> bool:
        """Try once to end the code; returns whether there is code to end.

        With `again`, a thread that is on its way out already is left to its `finally` blocks.
        """
        with self._lock:
            self.requested = True
            ident = self._ident
            if ident is None:
                return False
            if again and _is_leaving(ident):
                return True
            # Before the thread hears of it: on its way out it may end a child itself, and grandchildren would be lost.
            family = self.children.family()
            if self._blocked is not None:
                self._blocked.woken = True
                self._blocked.wake()
            elif not self._cancel_task(ident, again):
                # One that was raised, and is not on its way out, has been swallowed.
                report = functools.partial(self._raised.append, True)
                _set_exception(ident, _insistent_kill(ident) if self._raised else _reporting_kill(report))
        # After: a wait for a child that the kill has ended must not return as if nothing had happened.
        self.children.kill(family)
        return True

    def take_back(self) -> None:
        """Take back an exception that was not raised yet. Called in the reaper's thread, between two strikes."""
        with self._lock:
            if self._ident is not None:
                _unset_exception(self._ident, None)
        _absorb_pending_exception()

    def _cancel_task(self, ident: int, again: bool) -> bool:
        """Cancel the job's asyncio task, if that can have an effect; returns whether it can."""
        assert self._lock.locked()
        if self._task is None:
            return False
        now = time.monotonic()
        if again and self._cancelled is not None and now - self._cancelled < _CANCEL_PATIENCE:
            return True
        if again and not _waits_in_event_loop(ident):
            return False  # it computes: only an exception reaches it
        self._cancelled = now
        loop, task = self._task
        try:
            loop.call_soon_threadsafe(task.cancel)
        except RuntimeError:  # the loop has just been closed
            return False
        return True


class Reaper:
    """Strikes again at jobs that have not ended yet. One thread for all of them, started when first needed."""

    _FIRST_PAUSE = 0.0002
    _LONGEST_PAUSE = 0.05
    _GRACE = 0.001

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._pauses: dict[KillSwitch, float] = {}
        self._haste = _Haste()
        self._thread: threading.Thread | None = None

    def watch(self, switch: KillSwitch) -> None:
        """Strike at this switch again and again, with growing pauses, until its code has ended."""
        with self._condition:
            # Here, and not in the reaper's thread, which would have to wait for its turn first.
            self._haste.begin()
            self._pauses[switch] = self._FIRST_PAUSE
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="jobs-reaper", daemon=True)
                self._thread.start()
            self._condition.notify()

    def _run(self) -> None:
        while True:
            with self._condition:
                if not self._pauses:
                    self._haste.end()
                    self._condition.wait()
                pause = min(self._pauses.values(), default=0.0)
            time.sleep(pause)
            with self._condition:
                self._haste.end_if_long()
                pauses = list(self._pauses.items())
            lasting = []
            for switch, last in pauses:
                alive = switch.strike(again=True)
                if alive and last == self._LONGEST_PAUSE:
                    lasting.append(switch)
                with self._condition:
                    if not alive:
                        self._pauses.pop(switch, None)
                    elif switch in self._pauses:
                        self._pauses[switch] = min(last * 1.5, self._LONGEST_PAUSE)
            if lasting:
                # They are in calls inside of C code, and may be for hours. An exception that is pending all the time
                # would slow down everybody else.
                time.sleep(self._GRACE)
                for switch in lasting:
                    switch.take_back()


class _Haste:
    """While a kill is under way, threads that compute give way after 0.1 ms instead of 5.

    Otherwise a loop that swallows the first strike would keep the reaper waiting before each further one. Not for
    longer than a second: a call inside of C code can last, and does not care. The reaper's lock guards it.
    """

    _INTERVAL = 0.0001
    _LONGEST = 1.0

    def __init__(self) -> None:
        self._normal: float | None = None
        self._since = 0.0

    def begin(self) -> None:
        self._since = time.monotonic()
        if self._normal is None and sys.getswitchinterval() > self._INTERVAL:
            self._normal = sys.getswitchinterval()
            sys.setswitchinterval(self._INTERVAL)

    def end_if_long(self) -> None:
        if time.monotonic() - self._since > self._LONGEST:
            self.end()

    def end(self) -> None:
        if self._normal is None:
            return
        # Left alone if somebody has set it to something else in the meantime.
        if math.isclose(sys.getswitchinterval(), self._INTERVAL):
            sys.setswitchinterval(self._normal)
        self._normal = None
