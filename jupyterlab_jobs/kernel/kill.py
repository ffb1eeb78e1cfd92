"""Killing a job that runs in threads.

CPython cannot end a thread; it can raise an exception in one, which is delivered between two bytecodes. So a kill is a
*strike* at each of the job's threads, repeated until the code has ended:

- a thread in a blocking call that `patches` knows (sleep, socket, lock) is woken, and raises `JobKilled` by itself;
- an asyncio job's task is cancelled, so that `finally` and `async with` run as they should;
- any other thread gets the exception, and the processes that the job has started are killed, so that a wait for one
  of them returns.

What a strike cannot end is a long call inside of C code: the exception waits until the call returns.
"""

from __future__ import annotations

import asyncio
import functools
import sys
import time
from _thread import LockType, allocate_lock, get_ident
from collections.abc import Callable
from types import FrameType
from typing import Any

from . import async_exception
from .errors import JobKilled
from .processes import ChildProcesses

_CANCEL_PATIENCE = 0.5
"""Seconds that a cancelled task has for its clean-up before it is cancelled, or struck, again."""


_LOCKING = frozenset({"__enter__", "__exit__", "acquire", "release", "_acquire_restore", "_release_save", "_is_owned"})

_BOOK_KEEPING = frozenset(f"{__package__}.{name}" for name in ("output", "publisher", "registry", "threads"))


class Returned:
    """The value of a call that has returned."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


class _Victim:
    """A thread that can be struck. The switch's lock guards it, but for `wake`, which is the thread's own to set."""

    __slots__ = ("closed", "forced", "ident", "raised", "wake", "woken")

    def __init__(self, ident: int) -> None:
        self.ident = ident
        self.wake: Callable[[], None] | None = None  # how to end the blocking call in which it is
        self.woken = False
        self.closed = False  # its code has ended; set by the thread itself, without the lock
        self.forced = False  # its clean-up is to be cut short
        self.raised: list[bool] = []  # not empty once a JobKilled was raised in it


class KillSwitch:
    """What it takes to kill one job's code.

    The job's threads call `run`, `call_blocking` and `run_coroutine`; any thread may call `strike`. `_lock` makes sure
    that a strike hits the job's code and nothing else: once `run` has returned, no strike reaches the thread any more.
    """

    __slots__ = ("_all_gone", "_cancelled", "_lock", "_task", "_victims", "children", "requested")

    def __init__(self) -> None:
        self._lock = allocate_lock()
        self._victims: dict[int, _Victim] = {}
        self._all_gone: LockType | None = None
        self._task: tuple[int, asyncio.AbstractEventLoop, asyncio.Task[Any]] | None = None
        self._cancelled: float | None = None
        self.requested = False
        self.children = ChildProcesses()

    # --------------------------------------------------------------- in the job's threads

    def run(self, function: Callable[[], Any]) -> Returned | BaseException:
        """Call a function that a strike can end; returns what came of it. Never raises."""
        victim = _Victim(get_ident())
        outcome: Returned | BaseException | None = None
        # From `closed` on nobody strikes. What can still arrive after it is one exception that is pending, the one that
        # an insistent one has ready, and one of a strike that had looked at `closed` before: each handler takes one.
        try:
            try:
                try:
                    try:
                        self._open(victim)
                        outcome = Returned(function())
                        victim.closed = True
                    except BaseException as error:
                        victim.closed = True
                        outcome = error
                    self._close(victim)
                except JobKilled as late:
                    victim.closed = True
                    outcome = late if outcome is None else outcome
                    self._close(victim)
            except JobKilled as later:
                outcome = later if outcome is None else outcome
                self._close(victim)
        except JobKilled as latest:
            outcome = latest if outcome is None else outcome
            self._close(victim)
        try:
            assert outcome is not None
            return outcome
        finally:
            # An exception refers to this frame: this frame must not refer to it.
            del outcome

    def call_blocking(self, wake: Callable[[], None], function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Call a function that blocks, and that `wake` makes return.

        Raises `JobKilled` instead of calling it if the kill has come already, or after it if the kill has woken it;
        but a `finally` block that runs because of the kill may make blocking calls in peace.

        `wake` is called from another thread and must not block.
        """
        victim = self._victims.get(get_ident())
        if victim is None or victim.wake is not None:  # nobody can strike; or a call inside of such a call
            return function(*args, **kwargs)
        victim.woken = False
        # Registered before `requested` is looked at: a strike that comes between the two finds it.
        victim.wake = wake
        try:
            if self.requested and not async_exception.stems_from_kill(sys.exc_info()[1]):
                victim.woken = True
            else:
                result = function(*args, **kwargs)
        except BaseException:
            if not victim.woken:
                raise
        finally:
            with self._lock:
                victim.wake = None
        if victim.woken:
            victim.raised.append(True)
            raise JobKilled
        return result

    def run_coroutine(self, coroutine: Any) -> Any:
        """Run a coroutine in an event loop of the calling thread's own; a strike cancels it."""

        async def main() -> Any:
            task = asyncio.current_task()
            assert task is not None
            self._task = (get_ident(), asyncio.get_running_loop(), task)
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

    @property
    def runs_event_loop(self) -> bool:
        """Whether the calling thread runs the job's coroutine."""
        return self._task is not None and self._task[0] == get_ident()

    def wait_until_all_gone(self) -> None:
        """Wait until no thread of the job can be struck any more, because all have ended."""
        with self._lock:
            if not self._victims:
                return
            gone = self._all_gone = allocate_lock()
            gone.acquire()
        gone.acquire()

    def _open(self, victim: _Victim) -> None:
        """From now on the calling thread can be struck. Raises `JobKilled` if the kill came first."""
        with self._lock:
            self._victims[victim.ident] = victim
            if self.requested:
                raise JobKilled

    def _close(self, victim: _Victim) -> None:
        """From now on no strike reaches the calling thread.

        May raise a `JobKilled` that was on its way; to be called again then.
        """
        with self._lock:
            self._forget(victim)
        if self.requested:
            async_exception.absorb_pending()

    def _forget(self, victim: _Victim) -> None:
        assert self._lock.locked()
        self._victims.pop(victim.ident, None)
        if not self._victims and self._all_gone is not None:
            self._all_gone.release()
            self._all_gone = None

    # -------------------------------------------------------------------- in any thread

    def strike(self, *, again: bool = False) -> bool:
        """Try once to end the code; returns whether there is code to end.

        With `again`, a thread that is on its way out already is left to its `finally` blocks.
        """
        with self._lock:
            self.requested = True
            frames = sys._current_frames()
            victims = []
            for victim in list(self._victims.values()):
                if victim.ident not in frames:
                    self._forget(victim)  # the thread is gone, and its number may become another's
                elif not victim.closed and self._may_strike(victim, frames[victim.ident], again):
                    victims.append(victim)
            del frames
            if not victims:
                return bool(self._victims)
            # Before the threads hear of it: on its way out one may end a child itself, and grandchildren would be lost.
            family = self.children.family()
            for victim in victims:
                self._strike(victim, again)
        # After: a wait for a child that the kill has ended must not return as if nothing had happened.
        self.children.kill(family)
        return True

    def _may_strike(self, victim: _Victim, frame: FrameType, again: bool) -> bool:
        """Whether a strike would hit at the right moment; otherwise the next one may."""
        if not again:
            victim.forced = victim.forced or async_exception.is_leaving(victim.ident)
        elif not victim.forced and async_exception.is_leaving(victim.ident):
            return False
        # Between the taking of a lock and the `with` that will release it, or inside of our own book-keeping.
        module = frame.f_globals.get("__name__", "")
        return victim.wake is not None or not (
            (module in ("threading", "logging") and frame.f_code.co_name in _LOCKING) or module in _BOOK_KEEPING
        )

    def take_back(self) -> None:
        """Take back exceptions that were not raised yet. Called in the reaper's thread, between two strikes."""
        with self._lock:
            for victim in self._victims.values():
                if not victim.closed:
                    async_exception.take_back(victim.ident)

    def where(self) -> str | None:
        """The innermost function in which a thread of the job is, and its line; None if there is none."""
        with self._lock:
            idents = list(self._victims)
        frames = sys._current_frames()
        for ident in idents:
            frame = frames.get(ident)
            while frame is not None and frame.f_globals.get("__package__") == __package__:
                frame = frame.f_back
            if frame is not None:
                return f"{frame.f_code.co_name}, line {frame.f_lineno}"
        return None

    def _strike(self, victim: _Victim, again: bool) -> None:
        assert self._lock.locked()
        if victim.wake is not None:
            victim.woken = True
            victim.wake()
        elif not self._cancel_task(victim, again):
            async_exception.raise_kill(victim.ident, victim.raised)

    def _cancel_task(self, victim: _Victim, again: bool) -> bool:
        """Cancel the asyncio task that a thread runs, if that can have an effect; returns whether it can."""
        if self._task is None or self._task[0] != victim.ident:
            return False
        _, loop, task = self._task
        now = time.monotonic()
        if again and self._cancelled is not None and now - self._cancelled < _CANCEL_PATIENCE:
            return True
        if again and asyncio.current_task(loop) is not None:
            return False  # it computes: only an exception reaches it
        try:
            # A task that is still there has swallowed the first one.
            loop.call_soon_threadsafe(task.cancel if self._cancelled is None else functools.partial(_kill_task, task))
        except RuntimeError:  # the loop has just been closed
            return False
        self._cancelled = now
        return True


def _kill_task(task: asyncio.Future[Any]) -> None:
    """Have `JobKilled` raised where a task waits. Called in its event loop."""
    waiter: asyncio.Future[Any] | None = task
    while isinstance(waiter, asyncio.Task):
        waiter = waiter._fut_waiter  # type: ignore[attr-defined] # there is no public way to what a task waits for
    if waiter is None:
        task.cancel()  # it does not wait
    elif not waiter.done():
        waiter.set_exception(JobKilled())
