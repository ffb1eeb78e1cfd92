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
import ctypes
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


def raise_in_thread(ident: int, exception: type[BaseException] | None) -> None:
    """Have `exception` raised in the thread with this id; None takes back one that was not delivered yet."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(
        ctypes.c_ulong(ident), None if exception is None else ctypes.py_object(exception)
    )


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

    __slots__ = ("_blocked", "_cancelled", "_ident", "_lock", "_task", "children", "requested")

    def __init__(self) -> None:
        self._lock = allocate_lock()
        self._ident: int | None = None
        self._blocked: _Blocked | None = None
        self._task: tuple[asyncio.AbstractEventLoop, asyncio.Task[Any]] | None = None
        self._cancelled: float | None = None
        self.requested = False
        self.children = ChildProcesses()

    def open(self) -> None:
        """From now on the calling thread can be struck. Raises `JobKilled` if the kill came first."""
        with self._lock:
            self._ident = get_ident()
            if self.requested:
                raise JobKilled

    def close(self) -> None:
        """From now on no strike reaches the calling thread, nor does one that is on its way."""
        with self._lock:
            if self._ident is not None:
                raise_in_thread(self._ident, None)
                self._ident = None

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
                raise JobKilled
            result = function(*args, **kwargs)
        except BaseException:
            if blocked.woken:
                raise JobKilled from None
            raise
        finally:
            with self._lock:
                self._blocked = None
        if blocked.woken:
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
                raise_in_thread(ident, JobKilled)
        # After: a wait for a child that the kill has ended must not return as if nothing had happened.
        self.children.kill(family)
        return True

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

    _FIRST_PAUSE = 0.0005
    _LONGEST_PAUSE = 0.05

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._targets: dict[KillSwitch, float] = {}
        self._thread: threading.Thread | None = None

    def watch(self, switch: KillSwitch) -> None:
        """Strike at this switch again and again, with growing pauses, until its code has ended."""
        with self._condition:
            self._targets[switch] = self._FIRST_PAUSE
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="jobs-reaper", daemon=True)
                self._thread.start()
            self._condition.notify()

    def _run(self) -> None:
        while True:
            with self._condition:
                while not self._targets:
                    self._condition.wait()
                pause = min(self._targets.values())
            time.sleep(pause)
            with self._condition:
                targets = list(self._targets.items())
            for switch, last_pause in targets:
                alive = switch.strike(again=True)
                with self._condition:
                    if not alive:
                        self._targets.pop(switch, None)
                    elif switch in self._targets:
                        self._targets[switch] = min(last_pause * 1.5, self._LONGEST_PAUSE)
