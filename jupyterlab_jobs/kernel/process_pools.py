"""`multiprocessing.Pool` in a job: what it takes that a kill can end its workers.

The pool takes a worker that ends for an accident, and starts another one in its place. And it could not end itself any
more: a worker that was killed while it waited for a task has taken the lock of the tasks' queue along, for which
`terminate` waits, in C and without end. The same holds for the results. And the task that it had is never done, for
which `join` waits.
"""

from __future__ import annotations

import contextlib
import functools
import os
import time
from _thread import allocate_lock
from collections.abc import Callable
from multiprocessing.pool import TERMINATE, Pool, ThreadPool
from threading import Thread
from typing import Any

from .replacements import Replacements
from .threads import current_job, run_as

_LONGEST_END = 0.5
"""Seconds that a thread may take that is told to end."""

_SLICE = 0.003
"""Seconds between two looks whether those that may hold a lock are being killed."""


class ProcessPools:
    """The pools that one job has made, by the threads that keep each of them going."""

    __slots__ = ("_keepers", "_lock")

    def __init__(self) -> None:
        self._lock = allocate_lock()  # for changes
        self._keepers: list[list[Any]] = []

    def add(self, pool: Any) -> None:
        """Remember a pool. Called in a thread of the job, undisturbed."""
        # The one that starts workers comes first.
        names = ("_worker_handler", "_task_handler", "_result_handler")
        new = [vars(pool)[name] for name in names if name in vars(pool)]
        with self._lock:  # several threads of the job may make pools
            self._keepers = [keepers for keepers in [*self._keepers, new] if any(k.is_alive() for k in keepers)]

    @property
    def is_empty(self) -> bool:
        """Whether the job has made none."""
        return not self._keepers

    def stop(self) -> None:
        """Have the pools replace no worker any more, and do no work. In any thread; does not wait."""
        for keepers in self._keepers:
            for keeper in keepers:
                keeper._state = TERMINATE

    def wait_until_stopped(self) -> bool:
        """Wait until they certainly start no worker any more; returns whether there are any.

        Their workers have been killed, which wakes them.
        """
        deadline = time.monotonic() + _LONGEST_END
        for starter, *_ in self._keepers:
            # As nobody, here and below: a job's thread joins in slices, and needs the GIL for each.
            run_as(None, starter.join, max(0.0, deadline - time.monotonic()))
        return bool(self._keepers)


def make_killable(replacements: Replacements) -> None:
    """Put the patches in."""
    if os.name != "posix":  # there no locks are taken along
        return
    replacements.set(Pool, "__init__", _remembered_init(Pool.__init__))
    replacements.set(Pool, "close", _final_close(Pool.close))
    replacements.set(Pool, "_help_stuff_finish", staticmethod(_patient_help(Pool._help_stuff_finish)))  # type: ignore[attr-defined]
    terminate_pool = vars(Pool)["_terminate_pool"].__func__
    replacements.set(Pool, "_terminate_pool", classmethod(_safe_termination(terminate_pool)))


def _remembered_init(original: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(original)
    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        job = current_job()
        if job is None or isinstance(self, ThreadPool):
            original(self, *args, **kwargs)
            return
        try:
            original(self, *args, **kwargs)
        finally:
            job._kill_switch.undisturbed(functools.partial(job._kill_switch.pools.add, self))

    return init


def _final_close(original: Callable[[Any], None]) -> Callable[[Any], None]:
    """A pool that a kill has stopped does not do what was left to do when it was closed."""

    @functools.wraps(original)
    def close(self: Any) -> None:
        if _is_stopped(type(self), self._worker_handler):
            self.terminate()
        else:
            original(self)

    return close


def _patient_help(original: Callable[..., None]) -> Callable[..., None]:
    """The waiting for the lock of the tasks: the workers may be killed while the job terminates the pool anyway."""

    @functools.wraps(original)
    def help_stuff_finish(inqueue: Any, task_handler: Thread, size: int) -> None:
        job = current_job()
        if job is None:
            original(inqueue, task_handler, size)
            return
        # Otherwise as the original, which makes room for a thread that waits for it.
        while not inqueue._rlock.acquire(True, _SLICE):
            if job._kill_switch.requested:
                inqueue._reader.close()  # an error for that thread
                return
        while task_handler.is_alive() and inqueue._reader.poll():
            inqueue._reader.recv()
            time.sleep(0)

    return help_stuff_finish


def _safe_termination(original: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(original)
    def terminate_pool(
        cls: type,
        taskqueue: Any,
        inqueue: Any,
        outqueue: Any,
        pool: list[Any],
        change_notifier: Any,
        worker_handler: Any,
        *others: Any,
    ) -> None:
        if _is_stopped(cls, worker_handler):
            end = functools.partial(_end, inqueue, outqueue, pool, change_notifier, worker_handler)
            job = current_job()
            run_as(None, end) if job is None else job._kill_switch.undisturbed(functools.partial(run_as, None, end))
        else:
            original(cls, taskqueue, inqueue, outqueue, pool, change_notifier, worker_handler, *others)

    return terminate_pool


def _is_stopped(pool_type: type, worker_handler: Any) -> bool:
    """Whether a kill has stopped the pool, which is not being terminated yet."""
    return worker_handler._state == TERMINATE and not issubclass(pool_type, ThreadPool)


def _end(inqueue: Any, outqueue: Any, pool: list[Any], change_notifier: Any, worker_handler: Thread) -> None:
    """Terminate a pool that a kill has stopped. The job waits for its workers when it ends."""
    change_notifier.put(None)
    worker_handler.join(_LONGEST_END)  # or it may be about to start another worker, to which it passes the queues
    for worker in pool:
        worker.kill()
    inqueue._reader.close()  # the thread that passes tasks on may wait for room
    # That one may be writing as well, for a moment; after that, it is a worker that has taken the lock along.
    outqueue._wlock.acquire(True, _SLICE)
    with contextlib.suppress(OSError):
        # For the thread that takes the results, which may have got half of one; and other processes, forked meanwhile,
        # may have the pipe open.
        os.set_blocking(outqueue._writer.fileno(), False)
        outqueue._writer.send(None)
    outqueue._writer.close()
    outqueue._wlock.release()
