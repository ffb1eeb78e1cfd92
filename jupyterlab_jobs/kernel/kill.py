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
import sys
from _thread import LockType, allocate_lock, get_ident
from collections.abc import Callable
from typing import Any

from . import async_exception
from .async_exception import handled_exceptions
from .errors import JobKilled
from .process_pools import ProcessPools
from .processes import ChildProcesses
from .task_kill import TaskKill
from .victim import Victim

QUICK_END = 0.01
"""Seconds for which nothing is told about a kill. Its answer and the `stopping` of the job take milliseconds of the
processor, here and in the page, which the code that is to end needs more; most has ended then."""


class Returned:
    """The value of a call that has returned."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


class KillSwitch:
    """What it takes to kill one job's code.

    The job's threads call `run`, `call_blocking` and `run_coroutine`; any thread may call `strike`. `_lock` makes sure
    that a strike hits the job's code and nothing else: once `run` has returned, no strike reaches the thread any more.
    """

    __slots__ = ("_all_gone", "_lock", "_task", "_victims", "children", "pools", "requested")

    def __init__(self) -> None:
        self._lock = allocate_lock()
        self._victims: dict[int, Victim] = {}
        self._all_gone: LockType | None = None
        self._task: TaskKill | None = None
        self.requested = False
        self.children = ChildProcesses()
        self.pools = ProcessPools()

    # --------------------------------------------------------------- in the job's threads

    def run(self, function: Callable[[], Any], *, is_for_cleanup: bool = False) -> Returned | BaseException:
        """Call a function that a strike can end; returns what came of it. Never raises.

        `is_for_cleanup` spares it as a `finally` block is spared.
        """
        victim = Victim(get_ident(), is_for_cleanup=is_for_cleanup)
        outcome: Returned | BaseException | None = None
        # From `closed` on nobody strikes. What can still arrive after it is an exception that is pending, and one of a
        # strike that had looked at `closed` before: each handler takes one.
        try:
            try:
                try:
                    try:
                        self._open(victim)
                        outcome = Returned(function())
                        victim.is_closed = True
                    except BaseException as error:
                        victim.is_closed = True
                        outcome = error
                    self._close(victim)
                except JobKilled as late:
                    victim.is_closed = True
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
        victim.in_cleanup = self.requested and victim.is_leaving(sys.exc_info()[1])
        # Registered before `requested` is looked at: a strike that comes between the two finds it.
        victim.wake = wake
        try:
            if self.requested and not victim.in_cleanup:
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
            raise victim.exception()
        return result

    def undisturbed(self, function: Callable[[], Any]) -> Any:
        """Call a function that ends soon, and that a kill would leave half done. Raises `JobKilled` before or after."""
        return self.call_blocking(_nothing, function)

    def run_coroutine(self, coroutine: Any) -> Any:
        """Run a coroutine in an event loop of the calling thread's own; a strike cancels it."""

        async def main() -> Any:
            with self._lock:
                self._task = task = TaskKill(self._victims[get_ident()])
                if self.requested:  # the strike came before there was a task to cancel
                    task.strike(None)
            try:
                return await coroutine
            finally:
                if not self.requested:  # else the closing of the loop is clean-up as well
                    self._task = None

        running = main()
        try:
            return asyncio.run(running)
        except asyncio.CancelledError:
            if self.requested:
                raise JobKilled from None
            raise
        finally:
            self._task = None
            # A kill that came before the loop was there would leave them behind, never awaited.
            running.close()
            coroutine.close()

    @property
    def is_spent(self) -> bool:
        """Whether there is nothing of the job left that it could kill, or that would have to know of a kill."""
        return not (self._victims or self.requested) and self.children.is_empty and self.pools.is_empty

    @property
    def task(self) -> TaskKill | None:
        """How to kill the job's coroutine, if the calling thread runs it."""
        task = self._task
        return task if task is not None and task.ident == get_ident() else None

    @property
    def is_about_to_raise(self) -> bool:
        """Whether the kill has come during the blocking call that the calling thread makes."""
        victim = self._victims.get(get_ident())
        return victim is not None and victim.woken

    @property
    def is_leaving(self) -> bool:
        """Whether the calling thread is on its way out because of the kill."""
        victim = self._victims.get(get_ident())
        return self.requested and victim is not None and self._is_leaving(victim, sys.exc_info()[1])

    def wait_until_all_gone(self) -> None:
        """Wait until no thread of the job can be struck any more, because all have ended."""
        with self._lock:
            if not self._victims:
                return
            gone = self._all_gone = allocate_lock()
            gone.acquire()
        gone.acquire()

    def end_children(self) -> None:
        """End the processes that the job has started. Called once its code has ended, by its own thread."""
        self.pools.stop()
        self.children.end()
        if self.pools.wait_until_stopped():
            self.children.end()  # what a pool has started meanwhile
            self.pools.free_locks_for_good()

    def _open(self, victim: Victim) -> None:
        """From now on the calling thread can be struck. Raises `JobKilled` if the kill came first."""
        with self._lock:
            self._victims[victim.ident] = victim
            if self.requested and not victim.is_leaving(None):
                raise JobKilled

    def _close(self, victim: Victim) -> None:
        """From now on no strike reaches the calling thread.

        May raise a `JobKilled` that was on its way; to be called again then.
        """
        with self._lock:
            self._forget(victim)
        if self.requested:
            victim.close()
            async_exception.absorb_pending()

    def _forget(self, victim: Victim) -> None:
        assert self._lock.locked()
        self._victims.pop(victim.ident, None)
        if not self._victims and self._all_gone is not None:
            self._all_gone.release()
            self._all_gone = None

    # -------------------------------------------------------------------- in any thread

    def strike(self, *, force: bool = False) -> bool:
        """Try once to end the code; returns whether there is code to end. Raises `JobKilled` in a thread of the job.

        A thread that is on its way out already is left to its `finally` blocks; with `force`, these are cut short.
        """
        with self._lock:
            self.requested = True
            handled = handled_exceptions()
            victims = []
            for victim in list(self._victims.values()):
                if victim.ident not in handled:
                    self._forget(victim)  # the thread is gone, and its number may become another's
                    continue
                leaves = self._is_leaving(victim, handled[victim.ident])
                victim.forced = victim.forced or (force and leaves)
                if not victim.is_closed and (victim.forced or not leaves):
                    victims.append(victim)
            if not victims:
                return bool(self._victims)
            self.pools.stop()
            if not (self.pools.is_empty or self.children.are_running):
                self.pools.free_locks()
            # Before the threads hear of it: on its way out one may end a child itself, and grandchildren would be lost.
            family = None if self.children.were_just_killed else self.children.family()
            for victim in victims:
                if victim.ident != get_ident():
                    self._strike(victim, handled[victim.ident])
            del handled
        # After: a wait for a child that the kill has ended must not return as if nothing had happened.
        if family is not None:
            self.children.kill(family)
        for victim in victims:
            if victim.ident == get_ident():
                raise victim.exception()
        return True

    def take_back(self) -> None:
        """Take back exceptions that were not raised yet. Called in the reaper's thread, between two strikes."""
        with self._lock:
            for victim in self._victims.values():
                if not victim.is_closed:
                    async_exception.take_back(victim.ident)

    def where(self) -> str | None:
        """The innermost function in which a thread of the job is, and its line; None if there is none."""
        with self._lock:
            idents = list(self._victims)
        frames = sys._current_frames()
        # This very frame: it would stay, with those of all threads and what they hold, until it is found to be garbage.
        del frames[get_ident()]
        for ident in idents:
            frame = frames.get(ident)
            while frame is not None and frame.f_globals.get("__package__") == __package__:
                frame = frame.f_back
            if frame is not None:
                return f"{frame.f_code.co_name}, line {frame.f_lineno}"
        return None

    def _is_leaving(self, victim: Victim, handled: BaseException | None) -> bool:
        task = self._task_of(victim)
        return victim.is_leaving(handled) or (task is not None and task.is_leaving(handled))

    def _task_of(self, victim: Victim) -> TaskKill | None:
        task = self._task
        return task if task is not None and task.ident == victim.ident else None

    def _strike(self, victim: Victim, handled: BaseException | None) -> None:
        assert self._lock.locked()
        task = self._task_of(victim)
        if victim.wake is not None:
            # While we have the lock, the call does not end.
            if victim.forced or not victim.in_cleanup:
                victim.woken = True
                victim.wake()
        elif task is None:
            victim.strike(handled)
        else:
            task.strike(handled)


def _nothing() -> None:
    """What there is to wake in a call that ends by itself."""
