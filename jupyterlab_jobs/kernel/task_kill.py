"""Killing an asyncio task: a proper cancellation, and another one where that was swallowed."""

from __future__ import annotations

import asyncio
import contextlib
import time
from _thread import get_ident
from typing import Any

from .victim import Victim

_LONGEST_STEP = 0.003
"""Seconds that a task may compute between two awaits; after that an exception is raised in its thread instead."""

_PATIENCE = 0.5
"""Seconds that a cancelled task is left alone if it cannot be seen whether it cleans up."""


class TaskKill:
    """Cancels the task that a job's thread runs.

    A task that cleans up must be left alone, and one that has swallowed the cancellation must be cancelled again. What
    tells them apart is the `CancelledError`: while the task cleans up it is alive, and with it the message it was made
    with; when it was swallowed both are deleted.

    Made in the task, and owned by the thread of its event loop; what says nothing else may be called in any thread.
    """

    def __init__(self, victim: Victim) -> None:
        self.ident = get_ident()
        self._victim = victim
        self._loop = asyncio.get_running_loop()
        task = asyncio.current_task()
        assert task is not None
        self._task: Any = task
        self._asked: float | None = None
        self._cancelled: float | None = None
        self._attempts = 0
        self._is_seen = True
        self._swallowed = False

    @property
    def is_leaving(self) -> bool:
        """Whether the task cleans up, as far as that can be known; or has done so, and its loop is being closed."""
        if self._task.done():
            return True
        if self._cancelled is None or self._swallowed:
            return False
        return self._is_seen or time.monotonic() - self._cancelled < _PATIENCE

    def strike(self) -> bool:
        """Cancel the task, or wait for that to have an effect; returns whether it can have one."""
        if self._task.done():
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(_wake_up)
            return False
        if self._asked is not None and not self._victim.forced:
            if time.monotonic() - self._asked < _LONGEST_STEP:
                return True
            if asyncio.current_task(self._loop) is not None:
                return False  # it computes: only an exception reaches it
        try:
            self._loop.call_soon_threadsafe(self.cancel)
        except RuntimeError:  # the loop has just been closed
            return False
        self._asked = time.monotonic()
        return True

    def cancel(self) -> None:
        """Cancel the task; if it has swallowed that twice, raise `JobKilled` where it waits. In the loop's thread."""
        if self._task.done():
            return
        self._swallowed = False
        self._cancelled = self._asked = time.monotonic()
        self._attempts += 1
        waiter = self._task._fut_waiter  # there is no public way to what a task waits for
        # If it does not wait, the task itself keeps the message.
        self._is_seen = waiter is not None and not waiter.done()
        if self._attempts > 2 and self._is_seen:
            self._raise_where_it_waits()
        else:
            self._task.cancel(_Cancellation(self))

    def on_swallowed(self) -> None:
        """A `CancelledError` was deleted. In any thread: one that has looked at it may be the last to have it."""
        if self._task.done():
            return
        self._swallowed = True
        with contextlib.suppress(RuntimeError):  # the loop has just been closed
            # Not at once: the task may be about to return.
            self._loop.call_soon_threadsafe(self._cancel_again)

    def _cancel_again(self) -> None:
        if self._swallowed:
            self.cancel()

    def _raise_where_it_waits(self) -> None:
        waiter = self._task._fut_waiter
        while isinstance(waiter, asyncio.Task) and waiter._fut_waiter is not None:  # type: ignore[attr-defined] # as above
            waiter = waiter._fut_waiter  # type: ignore[attr-defined]
        if isinstance(waiter, asyncio.Task) or waiter.done():
            self._task.cancel()
        else:
            waiter.set_exception(self._victim.exception())


def _wake_up() -> None:
    """What a loop is given to do so that it stops waiting."""


class _Cancellation:
    """The message of a `CancelledError`."""

    def __init__(self, task_kill: TaskKill) -> None:
        self._task_kill = task_kill

    def __str__(self) -> str:
        return "the job is being killed"

    __repr__ = __str__

    def __del__(self) -> None:
        self._task_kill.on_swallowed()
