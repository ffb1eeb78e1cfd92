"""Killing an asyncio task: a proper cancellation, and another one where that was swallowed."""

from __future__ import annotations

import asyncio
import contextlib
import math
import selectors
import time
from _thread import get_ident
from typing import Any

from .errors import JobKilled
from .victim import Victim

_LONGEST_STEP = 0.003
"""Seconds that a task may compute between two awaits; after that an exception is raised in its thread instead."""

_PATIENCE = 0.5
"""Seconds that a cancelled task is left alone if it cannot be seen whether it cleans up, and that a loop may compute
outside of tasks."""


class TaskKill:
    """Cancels the task that a job's thread runs.

    A task that cleans up must be left alone, and one that has swallowed the cancellation must be cancelled again. What
    tells them apart is the `CancelledError`: while the task cleans up it is alive, and with it the message it was made
    with; when it was swallowed both are deleted.

    A task that computes does not hear of a cancellation. It takes 5 ms to get the GIL back from it, so that there is no
    time to wait and see whether it does: it is known how long the loop has been awake, and the first strike raises a
    `CancelledError` between two bytecodes.

    Made in the task, and owned by the thread of its event loop; what says nothing else may be called in any thread.
    """

    def __init__(self, victim: Victim) -> None:
        self.ident = get_ident()
        self._victim = victim
        self._loop = asyncio.get_running_loop()
        task = asyncio.current_task()
        assert task is not None
        self._task: Any = task
        self._awake_since: float | None = None
        if isinstance(getattr(self._loop, "_selector", None), selectors.BaseSelector):
            self.loop_wakes_up()  # and it is called after each waiting
        self._asked: float | None = None
        self._raised = False
        self._cancelled: float | None = None
        self._attempts = 0
        self._is_seen = True
        self._swallowed = False

    def is_leaving(self, handled: BaseException | None) -> bool:
        """Whether the task cleans up, as far as that can be known; or has done so, and its loop is being closed.

        `handled` is the exception that the thread handles.
        """
        if self._task.done():
            return True
        if self._cancelled is None or self._swallowed:
            return False
        if handled is None and self._long_step() is self._task:
            return False  # it has kept the exception, and computes on
        return self._is_seen or time.monotonic() - self._cancelled < _PATIENCE

    def loop_falls_asleep(self) -> None:
        """The loop is about to wait. In the loop's thread."""
        self._awake_since = math.inf

    def loop_wakes_up(self) -> None:
        """The loop has waited, and goes on. In the loop's thread."""
        self._awake_since = time.monotonic()

    def strike(self, handled: BaseException | None) -> None:
        """Cancel the task, or wait for that to have an effect; if it can have none, raise an exception in the thread.

        `handled` is the exception that the thread was handling a moment ago.
        """
        if self._task.done():
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(_wake_up)
            self._victim.strike(handled)
            return
        step = self._long_step()
        if step is self._task:
            self._victim.strike(handled, None if self._raised else self._exception_type())
            return
        if step is None and self._is_time_up(self._awake_since, _PATIENCE):
            self._victim.strike(handled)  # it is in a callback, or there is no end of them
        elif self._asked is None or self._victim.forced or (step is None and self._is_time_up(self._asked)):
            try:
                self._loop.call_soon_threadsafe(self._cancel_unless_leaving)
            except RuntimeError:  # the loop has just been closed
                self._victim.strike(handled)
                return
            self._asked = time.monotonic()
            # If another task computed, that has taken 5 ms. And of many tasks each may have its turn while the loop is
            # awake.
            if self._long_step() is not step:
                return
        if step is not None:
            self._victim.strike(handled)

    def _long_step(self) -> Any:
        """The task that computes, which need not be the job's own; None if none has done so for long."""
        step = asyncio.current_task(self._loop)
        since = self._asked if self._awake_since is None else self._awake_since
        return step if self._is_time_up(since) else None

    def _is_time_up(self, since: float | None, seconds: float = _LONGEST_STEP) -> bool:
        return since is not None and time.monotonic() - since >= seconds

    def _exception_type(self) -> type[JobKilled]:
        """What is raised in the task while it computes, for it the same as a cancellation."""
        members = {
            "__init__": staticmethod(self._on_raised),
            "__del__": staticmethod(self.on_swallowed),
            "__module__": JobKilled.__module__,
        }
        return type(JobKilled.__name__, (JobKilled, asyncio.CancelledError), members)

    def _on_raised(self) -> None:
        self._raised = self._is_seen = True
        self._swallowed = False
        self._cancelled = time.monotonic()

    def _cancel_unless_leaving(self) -> None:
        # It may have been raised in the task since this was asked for.
        if self._victim.forced or not self.is_leaving(None):
            self.cancel()

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
            waiter = waiter._fut_waiter  # type: ignore[attr-defined] # as above
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
