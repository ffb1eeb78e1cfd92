"""What a kill needs changed in the standard library, and why.

Blocking calls do not notice an exception that another thread raises in theirs, threads and processes do not know who
started them. So a few functions are wrapped. A wrapper does what the original does, except in a job's thread; the
first job puts them in, and `Replacements.undo` takes them out again. They are in one file, as long as it is, so
that it can be read in one go what is changed for everybody in the process.
"""

from __future__ import annotations

import _socket
import contextlib
import functools
import multiprocessing.pool
import multiprocessing.process
import os
import queue
import select
import selectors
import socket
import ssl
import subprocess
import sys
import threading
import time
from _thread import LockType, allocate_lock
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures.thread import BrokenThreadPool
from multiprocessing.dummy import DummyProcess
from multiprocessing.pool import ThreadPool
from typing import Any

from . import process_pools
from .async_exception import stems_from_kill
from .errors import JobKilled
from .guardian import guard, start_guardian
from .kill import Returned
from .replacements import Replacements
from .threads import current_job, run_as
from .tracebacks import drop_frames

_SOCKET_METHODS = (
    "_accept",
    "connect",
    "connect_ex",
    "recv",
    "recv_into",
    "recvfrom",
    "recvfrom_into",
    "recvmsg",
    "recvmsg_into",
    "send",
    "sendall",
    "sendmsg",
    "sendto",
)

# These read and write the socket inside of OpenSSL.
_TLS_METHODS = ("do_handshake", "read", "write", "send", "unwrap")

_JOIN_SLICE = 0.003

# Threads that keep a pool of processes going. They end with the pool; killed, they would leave it unable to end.
_KEEPERS_OF_PROCESSES = {
    "concurrent.futures.process",
    "joblib.externals.loky.backend.queues",
    "joblib.externals.loky.process_executor",
    "loky.backend.queues",
    "loky.process_executor",
    "multiprocessing.pool",
    "multiprocessing.queues",
}


def apply(replacements: Replacements) -> None:
    """Put the patches in."""
    replace = replacements.set
    sleep = time.sleep
    killable_sleep = _killable_sleep(sleep)
    replace(time, "sleep", killable_sleep)
    for module in list(sys.modules.values()):
        # `from time import sleep`, before we came.
        if getattr(module, "__dict__", {}).get("sleep") is sleep:
            replace(module, "sleep", killable_sleep)
    for name in _SOCKET_METHODS:
        original = getattr(_socket.socket, name, None)
        if original is not None:  # some do not exist on Windows
            replace(socket.socket, name, _killable_socket_method(original))
    for name in _TLS_METHODS:
        replace(ssl.SSLSocket, name, _killable_socket_method(vars(ssl.SSLSocket)[name]))
    replace(select, "select", _killable_select(select.select))
    if hasattr(select, "poll"):
        replace(select, "poll", _killable_poll(select.poll))
    for name in ("SelectSelector", "PollSelector", "EpollSelector", "KqueueSelector"):
        selector = getattr(selectors, name, None)
        if selector is not None:
            replace(selector, "select", _killable_selector(selector.select))
    replace(threading.Condition, "wait", _killable_wait(threading.Condition.wait))
    replace(threading.Thread, "join", _killable_join(threading.Thread.join))
    replace(threading.Thread, "start", _inheriting_start(threading.Thread.start))
    replace(ThreadPoolExecutor, "__init__", _owned_init(ThreadPoolExecutor.__init__))
    replace(ThreadPoolExecutor, "submit", _owned_submit(ThreadPoolExecutor.submit))
    replace(ThreadPool, "_setup_queues", _killable_queues(vars(ThreadPool)["_setup_queues"]))
    replace(subprocess.Popen, "__init__", _remembered_init(subprocess.Popen.__init__))
    process = multiprocessing.process.BaseProcess
    replace(process, "start", _remembered_start(process.start))
    process_pools.make_killable(replacements)


# ------------------------------------------------------------------------------ time


def _killable_sleep(original: Callable[[float], None]) -> Callable[[float], None]:
    """A sleep is a C call; waiting for a lock instead can be ended by releasing it."""

    @functools.wraps(original)
    def sleep(seconds: float, /) -> None:
        job = current_job()
        if job is None:
            return original(seconds)
        try:
            bounded = 0 < seconds < threading.TIMEOUT_MAX
        except TypeError:
            bounded = False
        if not bounded:
            return original(seconds)  # returns at once, or raises the error for what was passed
        lock = allocate_lock()
        lock.acquire()
        job._kill_switch.call_blocking(functools.partial(_release, lock), lock.acquire, True, float(seconds))
        return None

    return sleep


def _release(lock: LockType) -> None:
    if lock.locked():  # a second strike finds it open
        lock.release()


# --------------------------------------------------------------------------- sockets


def _killable_socket_method(original: Any) -> Any:
    """A stalled peer: shutting the socket down ends the call that waits for it, whatever its timeout."""

    @functools.wraps(original)
    def method(self: socket.socket, *args: Any, **kwargs: Any) -> Any:
        job = current_job()
        # A socket that does not block needs no waking; an event loop's clean-up goes on using its sockets.
        if job is None or self.gettimeout() == 0.0 or job._kill_switch.task is not None:
            return original(self, *args, **kwargs)
        wake = functools.partial(_shut_down, self)
        return job._kill_switch.call_blocking(wake, original, self, *args, **kwargs)

    return method


def _shut_down(victim: socket.socket) -> None:
    # Not the method of the object: an SSLSocket's would take away the TLS state under the reader's feet.
    with contextlib.suppress(OSError):  # not connected, or closed in the meantime
        _socket.socket.shutdown(victim, socket.SHUT_RDWR)


@contextlib.contextmanager
def _wake_up_call() -> Iterator[tuple[int, Callable[[], None]]]:
    """A file descriptor that becomes readable when the function is called."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)

    def wake() -> None:
        with contextlib.suppress(OSError):
            os.write(writer, b"\0")

    try:
        yield reader, wake
    finally:
        os.close(reader)
        os.close(writer)


def _killable_select(original: Callable[..., tuple[list[Any], list[Any], list[Any]]]) -> Callable[..., Any]:
    """A `select` that waits for one descriptor more."""

    @functools.wraps(original)
    def killable(rlist: Any, wlist: Any, xlist: Any, timeout: float | None = None, /) -> Any:
        job = current_job()
        if job is None or os.name != "posix":  # on Windows only sockets can be waited for
            return original(rlist, wlist, xlist, timeout)
        with _wake_up_call() as (reader, wake):
            ready, *others = job._kill_switch.call_blocking(wake, original, [*rlist, reader], wlist, xlist, timeout)
        return ([fd for fd in ready if fd is not reader], *others)

    return killable


class _KillablePoll:
    """A `select.poll()` object of a job."""

    def __init__(self, poll: Any) -> None:
        self._poll = poll

    def __getattr__(self, name: str) -> Any:
        return getattr(self._poll, name)

    def poll(self, timeout: float | None = None, /) -> list[tuple[int, int]]:
        job = current_job()
        if job is None:
            return self._poll.poll(timeout)  # type: ignore[no-any-return] # the original has no public type
        with _wake_up_call() as (reader, wake):
            self._poll.register(reader, select.POLLIN)
            try:
                events = job._kill_switch.call_blocking(wake, self._poll.poll, timeout)
            finally:
                self._poll.unregister(reader)
        return [event for event in events if event[0] != reader]


def _killable_poll(original: Callable[[], Any]) -> Callable[[], Any]:
    """`select.poll` makes objects of a type that cannot be changed."""

    @functools.wraps(original)
    def poll() -> Any:
        return original() if current_job() is None else _KillablePoll(original())

    return poll


def _killable_selector(original: Callable[..., list[Any]]) -> Callable[..., list[Any]]:
    """A selector that waits for one descriptor more. An event loop's is left alone: its task is cancelled."""

    @functools.wraps(original)
    def killable(self: selectors.BaseSelector, timeout: float | None = None) -> list[Any]:
        job = current_job()
        if job is None or os.name != "posix":
            return original(self, timeout)
        task = job._kill_switch.task
        if task is not None:
            task.loop_falls_asleep()
            try:
                return original(self, timeout)
            finally:
                task.loop_wakes_up()
        with _wake_up_call() as (reader, wake):
            key = self.register(reader, selectors.EVENT_READ)
            try:
                ready = job._kill_switch.call_blocking(wake, original, self, timeout)
            finally:
                self.unregister(reader)
        return [event for event in ready if event[0] is not key]

    return killable


# ------------------------------------------------------------------- locks and threads


def _killable_wait(original: Callable[..., bool]) -> Callable[..., bool]:
    """What queues, events, barriers, semaphores and futures wait with."""

    @functools.wraps(original)
    def wait(self: Any, timeout: float | None = None) -> bool:
        job = current_job()
        if job is None:
            return original(self, timeout)
        waiter = allocate_lock()
        waiter.acquire()
        # The whole of it, not only the waiting: a kill in the middle must not leave the lock released, or the waiter
        # in the list.
        wake = functools.partial(_release, waiter)
        notified: list[bool] = []
        try:
            return bool(job._kill_switch.call_blocking(wake, _wait, self, waiter, timeout, notified))
        except JobKilled:
            if notified:
                self.notify()  # for somebody who can use it
            raise

    return wait


def _wait(condition: Any, waiter: LockType, timeout: float | None, notified: list[bool]) -> bool:
    """`Condition.wait`, as in CPython, but with a waiter that is known outside; appends to `notified` if it was."""
    if not condition._is_owned():
        raise RuntimeError("cannot wait on un-acquired lock")
    condition._waiters.append(waiter)
    saved_state = condition._release_save()
    try:
        if timeout is None:
            return waiter.acquire()
        return waiter.acquire(True, timeout) if timeout > 0 else waiter.acquire(False)
    finally:
        condition._acquire_restore(saved_state)
        try:
            condition._waiters.remove(waiter)
        except ValueError:  # notify() has taken it out
            notified.append(True)


def _killable_join(original: Callable[..., None]) -> Callable[..., None]:
    """A join waits in C for a lock that is not ours to release: wait in slices."""

    @functools.wraps(original)
    def join(self: threading.Thread, timeout: float | None = None) -> None:
        job = current_job()
        if job is None:
            return original(self, timeout)
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            left = _JOIN_SLICE if deadline is None else min(_JOIN_SLICE, deadline - time.monotonic())
            # Undisturbed, because until 3.12 an exception in the middle marks the thread that is waited for as ended.
            # Also raises what is wrong with the call.
            job._kill_switch.undisturbed(functools.partial(original, self, max(left, 0.0)))
            if not self.is_alive() or left <= 0:
                return None

    return join


def _inheriting_start(original: Callable[[threading.Thread], None]) -> Callable[[threading.Thread], None]:
    """A thread that a job starts belongs to the job: what it prints goes to the job's cell, and a kill ends it."""

    @functools.wraps(original)
    def start(self: threading.Thread) -> None:
        job = current_job()
        if job is None:
            original(self)
            return
        switch = job._kill_switch
        run = self.run
        target = getattr(self, "_target", None)
        is_keeper = {getattr(target, "__module__", None), type(self).__module__} & _KEEPERS_OF_PROCESSES
        if not is_keeper or isinstance(self, DummyProcess):  # a worker of a `multiprocessing.pool.ThreadPool`
            run = functools.partial(_run_killable, switch, run, is_for_cleanup=switch.is_leaving)

        def run_once() -> None:
            del self.run  # else the thread would keep the job alive, and itself
            run_as(job, run)

        # On the instance, so that subclasses with a `run` of their own are covered.
        self.run = run_once  # type: ignore[method-assign] # see above
        # Until 3.11 a thread that is being started has the id of the one that starts it, for a moment, and an exception
        # for that one would be raised in it, before it has come to anything that catches it.
        switch.undisturbed(functools.partial(original, self))

    return start


def _run_killable(switch: Any, run: Callable[[], None], *, is_for_cleanup: bool) -> None:
    outcome = switch.run(run, is_for_cleanup=is_for_cleanup)
    if isinstance(outcome, Returned):
        return
    if switch.requested and stems_from_kill(outcome):
        drop_frames(outcome)
    else:
        raise outcome


def _owned_init(original: Callable[..., None]) -> Callable[..., None]:
    """A pool starts its threads when work is submitted: they belong to who has made the pool."""

    @functools.wraps(original)
    def init(self: ThreadPoolExecutor, *args: Any, **kwargs: Any) -> None:
        job = vars(self)["_jobs_owner"] = current_job()
        original(self, *args, **kwargs)
        if job is not None:
            # Its threads wait for work in C. A kill would only take effect when the first of them is told to end, and
            # before it has passed that on: the others would wait for ever.
            vars(self)["_work_queue"] = queue.Queue()

    return init


def _killable_queues(original: Callable[[Any], None]) -> Callable[[Any], None]:
    """The same for the workers of a `multiprocessing.pool.ThreadPool`, which wait for work in C as well."""

    @functools.wraps(original)
    def setup_queues(self: Any) -> None:
        original(self)
        if current_job() is not None:
            self._inqueue = queue.Queue()
            self._quick_put = self._inqueue.put

    return setup_queues


def _owned_submit(original: Callable[..., Any]) -> Callable[..., Any]:
    """In a job, what is submitted to a pool that is not the job's prints into the job's cell all the same."""

    @functools.wraps(original)
    def submit(self: ThreadPoolExecutor, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        job = current_job()
        owner = vars(self).get("_jobs_owner")
        if job is owner:
            return original(self, fn, *args, **kwargs)
        if owner is not None and owner._kill_switch.requested:
            raise BrokenThreadPool(f"job {owner.id}, which has made this pool, was killed: make another pool")
        task = functools.partial(run_as, job, functools.partial(fn, *args, **kwargs))
        return run_as(owner, original, self, task)

    return submit


# ------------------------------------------------------------------------- processes


def _remembered_init(original: Callable[..., None]) -> Callable[..., None]:
    """A process that a job starts dies with it, and only with it.

    It gets a session of its own, because the kernel's interrupt signals the whole process group, and because that
    makes it possible to find grandchildren whose parent has ended.
    """

    @functools.wraps(original)
    def init(self: subprocess.Popen[Any], *args: Any, **kwargs: Any) -> None:
        job = current_job()
        if job is None:
            original(self, *args, **kwargs)
            return
        if os.name == "posix" and not kwargs.keys() & {"process_group", "preexec_fn"}:
            kwargs.setdefault("start_new_session", True)
        _start_remembered(job, self, self.poll, functools.partial(original, self, *args, **kwargs))

    return init


def _remembered_start(original: Callable[..., None]) -> Callable[..., None]:
    """The same for `multiprocessing`."""

    @functools.wraps(original)
    def start(self: multiprocessing.process.BaseProcess) -> None:
        job = current_job()
        if job is None:
            original(self)
        else:
            _start_remembered(job, self, self.is_alive, functools.partial(original, self))

    return start


def _start_remembered(job: Any, process: Any, poll: Callable[[], object], start: Callable[[], None]) -> None:
    children = job._kill_switch.children

    def start_and_remember() -> None:
        # Not as the job, whose child the guardian would be.
        run_as(None, start_guardian)
        start()
        guard(process.pid)
        children.add(process.pid, poll)
        if job._kill_switch.is_about_to_raise:
            # Before it has come to anything: it would miss what the job takes away on its way out, and complain.
            children.kill(children.family())

    # Not that it blocks: a kill between the fork and the moment when we know its result would lose the process.
    job._kill_switch.undisturbed(start_and_remember)
