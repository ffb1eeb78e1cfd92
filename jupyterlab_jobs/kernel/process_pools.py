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
from .threads import current_job, run_as, undisturbed

_LONGEST_END = 0.5
"""Seconds that a thread may take that is told to end."""

_SLICE = 0.003
"""Seconds between two looks whether those that may hold a lock are being killed."""

_LONGEST_HOLD = 0.01
"""Seconds after which a lock that no thread of this process has is one that a worker has taken along."""


class ProcessPools:
    """The pools that one job has made."""

    __slots__ = ("_lock", "_pools")

    def __init__(self) -> None:
        self._lock = allocate_lock()  # for changes
        self._pools: list[_Pool] = []

    def add(self, pool: Any) -> None:
        """Remember a pool. Called in a thread of the job, undisturbed."""
        with self._lock:  # several threads of the job may make pools
            self._pools = [known for known in [*self._pools, _Pool(pool)] if known.is_alive]

    @property
    def is_empty(self) -> bool:
        """Whether the job has made none."""
        return not self._pools

    def stop(self) -> None:
        """Have the pools replace no worker any more, and do no work. In any thread; does not wait."""
        for pool in self._pools:
            for keeper in pool.keepers:
                keeper._state = TERMINATE

    def free_locks(self) -> None:
        """Give back what workers have taken along, once none of them runs any more. Called at every strike."""
        for pool in self._pools:
            pool.free_lock()

    def free_locks_for_good(self) -> None:
        """The same when the job has ended.

        Also what was given back before: that may have woken a worker that was ending, and nobody else.
        """
        for pool in self._pools:
            pool.free_lock_for_good()

    def wait_for_starter(self, task_handler: Thread) -> None:
        """Wait until the pool of this thread certainly starts no worker any more, to which it would pass its queues."""
        for pool in self._pools:
            if task_handler in pool.keepers:
                pool.wait_for_starter(_LONGEST_END)

    def wait_until_stopped(self) -> bool:
        """Wait until they certainly start no worker any more; returns whether there are any.

        Their workers have been killed, which wakes them.
        """
        deadline = time.monotonic() + _LONGEST_END
        for pool in self._pools:
            pool.wait_for_starter(max(0.0, deadline - time.monotonic()))
        return bool(self._pools)


class _Pool:
    """A pool: the threads that keep it going, and the lock for which they and its workers wait."""

    __slots__ = ("_is_suspect", "_lock", "keepers")

    def __init__(self, pool: Any) -> None:
        # The one that starts workers comes first.
        names = ("_worker_handler", "_task_handler", "_result_handler")
        self.keepers: list[Any] = [vars(pool)[name] for name in names if name in vars(pool)]
        # Without them, it has failed to start.
        self._lock = pool._outqueue._wlock if self.keepers else None
        self._is_suspect = False

    @property
    def is_alive(self) -> bool:
        return any(keeper.is_alive() for keeper in self.keepers)

    def wait_for_starter(self, seconds: float) -> None:
        """Wait for the end of the thread that starts workers, if there is one."""
        for starter in self.keepers[:1]:
            # As nobody, here and below: a job's thread joins in slices, and needs the GIL for each.
            run_as(None, starter.join, seconds)

    def free_lock(self) -> None:
        """The job may be terminating the pool while its workers are killed: then it waits in C for this lock."""
        assert self._lock is not None
        if self._lock.acquire(False):
            self._lock.release()
        elif self._lock._semlock._count() == 0:
            # No thread of this process has it; one that has just got it may not have been counted yet.
            if self._is_suspect:
                with contextlib.suppress(ValueError):  # it has been given back in between
                    self._lock.release()
            self._is_suspect = not self._is_suspect
            return
        self._is_suspect = False

    def free_lock_for_good(self) -> None:
        """The pool's threads wait in C for this lock as well."""
        assert self._lock is not None
        if self._lock.acquire(True, _LONGEST_HOLD) or self._lock._semlock._count() == 0:
            with contextlib.suppress(ValueError):  # it has been given back in between
                self._lock.release()


def make_killable(replacements: Replacements) -> None:
    """Put the patches in."""
    if os.name != "posix":  # there no locks are taken along
        return
    from multiprocessing.forkserver import ForkServer
    from multiprocessing.resource_tracker import ResourceTracker

    for helper in (ForkServer, ResourceTracker):
        replacements.set(helper, "ensure_running", _undisturbed_launch(helper.ensure_running))
    replacements.set(Pool, "__init__", _remembered_init(Pool.__init__))
    replacements.set(Pool, "close", _final_close(Pool.close))
    replacements.set(Pool, "_help_stuff_finish", staticmethod(_patient_help(Pool._help_stuff_finish)))  # type: ignore[attr-defined] # private
    terminate_pool = vars(Pool)["_terminate_pool"].__func__
    replacements.set(Pool, "_terminate_pool", classmethod(_safe_termination(terminate_pool)))


def _undisturbed_launch(original: Callable[[Any], None]) -> Callable[[Any], None]:
    """The launch of a helper process: a kill in its midst would leave a process that nobody knows."""

    @functools.wraps(original)
    def ensure_running(self: Any) -> None:
        undisturbed(functools.partial(original, self))

    return ensure_running


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
                job._kill_switch.pools.wait_for_starter(task_handler)
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
    _acquire(outqueue._wlock)
    with contextlib.suppress(OSError):
        # For the thread that takes the results, which may have got half of one; and other processes, forked meanwhile,
        # may have the pipe open.
        os.set_blocking(outqueue._writer.fileno(), False)
        outqueue._writer.send(None)
    outqueue._writer.close()
    outqueue._wlock.release()


def _acquire(lock: Any) -> None:
    """Get a lock for which workers wait as well: one that was killed may have taken it along, and has no use for it."""
    while not lock.acquire(True, _SLICE):
        # The thread that passes tasks on holds it for a moment, which is long where the machine is busy.
        if lock._semlock._count() == 0:
            # Nobody in this process does, or has given it back since.
            lock.acquire(False)
            return
