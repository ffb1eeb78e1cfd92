"""Everything that the runtime changes in the standard library, and why.

Blocking calls do not notice an exception that another thread raises in theirs, threads and processes do not know who
started them. So a few functions are wrapped. A wrapper does what the original does, except in a job's thread; the
first job puts them in, `remove` takes them out again.
"""

from __future__ import annotations

import _socket
import contextlib
import functools
import os
import socket
import subprocess
import threading
import time
from _thread import allocate_lock
from collections.abc import Callable
from typing import Any

from .threads import current_job, run_as

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

_MISSING = object()

_undo: list[Callable[[], None]] = []


def apply() -> None:
    """Put the patches in; does nothing if they are in."""
    if _undo:
        return
    _patch(time, "sleep", _killable_sleep(time.sleep))
    _patch(threading.Thread, "start", _inheriting_start(threading.Thread.start))
    _patch(subprocess.Popen, "__init__", _remembered_init(subprocess.Popen.__init__))
    for name in _SOCKET_METHODS:
        original = getattr(_socket.socket, name, None)
        if original is not None:  # some do not exist on Windows
            _patch(socket.socket, name, _killable_socket_method(original))


def remove() -> None:
    """Take all patches out."""
    while _undo:
        _undo.pop()()


def _patch(owner: Any, name: str, replacement: Any) -> None:
    before = vars(owner).get(name, _MISSING)
    setattr(owner, name, replacement)

    def undo() -> None:
        if vars(owner).get(name) is not replacement:
            return  # somebody has patched it after us: it is theirs now
        if before is _MISSING:
            delattr(owner, name)
        else:
            setattr(owner, name, before)

    _undo.append(undo)


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
        job.kill_switch.call_blocking(functools.partial(_release, lock), lock.acquire, True, float(seconds))
        return None

    return sleep


def _release(lock: Any) -> None:
    if lock.locked():  # a second strike finds it open
        lock.release()


def _killable_socket_method(original: Any) -> Any:
    """A stalled peer: shutting the socket down ends the call that waits for it, whatever its timeout."""

    @functools.wraps(original)
    def method(self: socket.socket, *args: Any, **kwargs: Any) -> Any:
        job = current_job()
        if job is None:
            return original(self, *args, **kwargs)
        wake = functools.partial(_shut_down, self)
        return job.kill_switch.call_blocking(wake, original, self, *args, **kwargs)

    return method


def _shut_down(victim: socket.socket) -> None:
    # Not the method of the object: an SSLSocket's would take away the TLS state under the reader's feet.
    with contextlib.suppress(OSError):  # not connected, or closed in the meantime
        _socket.socket.shutdown(victim, socket.SHUT_RDWR)


def _inheriting_start(original: Callable[[threading.Thread], None]) -> Callable[[threading.Thread], None]:
    """A thread that a job starts belongs to the job: what it prints goes to the job's cell."""

    @functools.wraps(original)
    def start(self: threading.Thread) -> None:
        job = current_job()
        if job is not None:
            # On the instance, so that subclasses with a `run` of their own are covered.
            self.run = functools.partial(run_as, job, self.run)  # type: ignore[method-assign]
        original(self)

    return start


def _remembered_init(original: Callable[..., None]) -> Callable[..., None]:
    """A process that a job starts dies with it, and only with it.

    It gets a session of its own, because the kernel's interrupt signals the whole process group, and because that
    makes it possible to find grandchildren whose parent has ended.
    """

    @functools.wraps(original)
    def init(self: subprocess.Popen[Any], *args: Any, **kwargs: Any) -> None:
        job = current_job()
        if job is not None and os.name == "posix" and not kwargs.keys() & {"process_group", "preexec_fn"}:
            kwargs.setdefault("start_new_session", True)
        if job is None:
            original(self, *args, **kwargs)
            return
        children = job.kill_switch.children

        def start() -> None:
            original(self, *args, **kwargs)
            children.add(self.pid)

        # Not that it blocks: a kill between the fork and the moment when we know its result would lose the process.
        job.kill_switch.call_blocking(_nothing, start)

    return init


def _nothing() -> None:
    """What there is to wake in a call that ends by itself."""
