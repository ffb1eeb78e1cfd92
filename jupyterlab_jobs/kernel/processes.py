"""The processes that a job has started, and how to end them with all their descendants.

The guardian runs this file's source on its own: it imports nothing of the package.

A look into `/proc` by `open` and `os.listdir` lets go of the GIL many times. While another thread computes, it takes
the switch interval, 5 ms, to get it back each time; so on Linux libc is called with the GIL held, for microseconds.
"""

from __future__ import annotations

import contextlib
import ctypes
import math
import os
import select
import signal
import sys
import time
from _thread import allocate_lock
from collections.abc import Callable
from threading import get_native_id
from weakref import WeakMethod

import psutil

_HAS_PROC = os.path.exists("/proc/self/stat")

# Some Linux kernels are built without it.
_CHILDREN_ARE_LISTED = os.path.exists(f"/proc/self/task/{get_native_id()}/children")

_REST = 0.01
"""Seconds after a kill in which it is not worth while to kill the same processes again."""

_PAUSE = 0.0005
"""Seconds between two looks at processes that end."""

_LONGEST_END = 0.5
"""Seconds that killed processes may take to end: one that waits for a disk or a driver can take any time."""


class ChildProcesses:
    """The child processes of one job. Threads of the job add to it, any thread may kill."""

    __slots__ = ("_killed", "_lock", "_polls", "_roots")

    def __init__(self) -> None:
        self._lock = allocate_lock()  # for changes
        self._roots: list[_Process] = []
        self._polls: dict[int, WeakMethod[Callable[[], object]]] = {}
        self._killed = (-math.inf, 0)

    @property
    def is_empty(self) -> bool:
        """Whether the job has started none."""
        return not self._roots

    def add(self, pid: int, poll: Callable[[], object] | None = None) -> None:
        """Remember a process that the job has just started.

        `poll` is the bound method by which the object that stands for the process learns of its end.
        """
        root = _Process(pid)
        if not root.exists:
            return
        with self._lock:  # several threads of the job may start processes
            # A root that has ended is kept as long as it is a zombie, or its group may have members.
            roots = [known for known in self._roots if known.exists or known.leads_group]
            polls = {known.pid: self._polls[known.pid] for known in roots if known.pid in self._polls}
            if poll is not None:
                polls[pid] = WeakMethod(poll)
            self._polls = polls
            self._roots = [*roots, root]

    @property
    def are_running(self) -> bool:
        """Whether one that the job itself has started has not ended yet."""
        return any(root.is_running for root in self._roots)

    @property
    def were_just_killed(self) -> bool:
        """Whether it is not worth while to kill them again."""
        when, how_many = self._killed
        return time.monotonic() - when < _REST and how_many == len(self._roots)

    def family(self) -> list[int]:
        """The ids of all processes that run because of the job, ancestors before their descendants."""
        family = []
        for root in self._roots:
            if root.is_running:  # a zombie has no descendants any more
                family += [root.pid, *_descendants(root.pid)]
        return family

    def kill(self, family: list[int]) -> None:
        """Kill the `family`, as it was a moment ago, and its process groups; no error for who is gone."""
        self._killed = time.monotonic(), len(self._roots)
        # A descendant whose parent has ended is not in the tree any more, but it is in the process group.
        for root in self._roots:
            if root.leads_group:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(root.pid, signal.SIGKILL)
        for pid in family:
            with contextlib.suppress(psutil.Error, OSError):
                if os.name == "posix":
                    os.kill(pid, signal.SIGKILL)
                else:
                    psutil.Process(pid).kill()

    def end(self) -> None:
        """Kill them and wait until none runs any more, so that none is replaced by its pool."""
        deadline = time.monotonic() + _LONGEST_END
        while True:
            family = self.family()
            self.kill(family)
            if not family or time.monotonic() >= deadline:
                return
            _wait_for_end(family[0], deadline)

    def reap(self) -> None:
        """Leave none of those that have ended as a zombie. Called after `end`."""
        deadline = time.monotonic() + _LONGEST_END
        while not all(self._is_reaped(root) for root in self._roots) and time.monotonic() < deadline:
            time.sleep(_PAUSE)

    def _is_reaped(self, root: _Process) -> bool:
        if root.is_running:
            return True  # not in time; it is left to the system
        poll = self._polls[root.pid]() if root.pid in self._polls else None
        if poll is not None:
            # By the object, which would miss its process's return code if somebody else were told.
            with contextlib.suppress(ValueError):  # a closed `multiprocessing.Process`
                poll()
        elif os.name == "posix" and root.exists:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(root.pid, os.WNOHANG)
        return not root.exists


class _Process:
    """A process, known by its start time too: the id alone may belong to another one some day."""

    __slots__ = ("_identity", "pid")

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._identity = _identity(pid)

    @property
    def exists(self) -> bool:
        """Whether it is there, be it as a zombie."""
        return self._identity is not None and _identity(self.pid) == self._identity

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        if not _HAS_PROC:
            return self.exists and not _is_zombie(self.pid)
        stat = _stat(self.pid)  # once: a kill looks at all of them several times
        return stat is not None and stat[19] == self._identity and stat[0] != b"Z"

    @property
    def leads_group(self) -> bool:
        """Whether the process group that it has founded, and only that, still exists."""
        if os.name != "posix":
            return False
        try:
            if os.getpgid(self.pid) != self.pid:
                return False  # it has never founded one: it runs in the group of its parent
        except ProcessLookupError:
            pass  # gone; the others may be there
        try:
            # While a group has members, the system gives its number to no other process.
            os.killpg(self.pid, 0)
        except (ProcessLookupError, PermissionError):
            return False
        return _identity(self.pid) in (None, self._identity)


def kill_at_end_of_input() -> None:
    """Read process ids, a line each, until there are no more; then end these processes."""
    children = ChildProcesses()
    for line in sys.stdin:
        children.add(int(line))
    children.kill(children.family())


def _wait_for_end(pid: int, deadline: float) -> None:
    """Wait until a process has ended, or for as long as there is to wait where the system does not tell of it."""
    if sys.platform == "linux":
        try:
            # Looks again and again would take the time from it: what ends needs the processor for milliseconds.
            pidfd = os.pidfd_open(pid)
        except ProcessLookupError:
            return
        except OSError:  # an old kernel, or a sandbox's
            pass
        else:
            poll = select.poll()
            poll.register(pidfd, select.POLLIN)
            poll.poll(max(0.0, deadline - time.monotonic()) * 1000)
            os.close(pidfd)
            return
    time.sleep(_PAUSE)


def _identity(pid: int) -> object:
    """What no other process with this id ever has in common with it; None if there is no such process."""
    if _HAS_PROC:
        stat = _stat(pid)
        return stat and stat[19]
    try:
        return psutil.Process(pid)
    except psutil.Error:
        return None


def _is_zombie(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _descendants(pid: int) -> list[int]:
    if not _CHILDREN_ARE_LISTED:
        # Looks at every process of the system.
        with contextlib.suppress(psutil.Error, OSError):
            return [process.pid for process in psutil.Process(pid).children(recursive=True)]
        return []
    found = []
    waiting = [pid]
    while waiting:
        listings = _paths(f"/proc/{waiting.pop()}/task/*/children")
        children = [int(child) for listing in listings for child in (_read(listing) or b"").split()]
        found += children
        waiting += children
    return found


# ------------------------------------------------------ `/proc`, without letting go of the GIL


class _Glob(ctypes.Structure):
    """libc's `glob_t`, as far as it is the same everywhere."""

    _fields_ = (
        ("count", ctypes.c_size_t),
        ("paths", ctypes.POINTER(ctypes.c_char_p)),
        ("rest", ctypes.c_byte * 128),
    )


if _HAS_PROC:
    _libc = ctypes.PyDLL(None)
    _libc.read.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t)
    _libc.read.restype = ctypes.c_ssize_t


def _stat(pid: int) -> list[bytes] | None:
    """What `/proc` tells of a process, from its state on; None if there is none with this id."""
    text = _read(b"/proc/%d/stat" % pid)
    # Its name comes first, which may hold anything.
    return text.rpartition(b")")[2].split() if text else None


def _read(path: bytes) -> bytes | None:
    """The content of a file; None if it cannot be read: what ends is not there, and another user's tells nothing."""
    fd = _libc.open(path, os.O_RDONLY | os.O_CLOEXEC)
    if fd < 0:
        return None
    try:
        content = b""
        buffer = ctypes.create_string_buffer(4096)
        while (length := _libc.read(fd, buffer, len(buffer))) > 0:
            content += buffer.raw[:length]
        return content
    finally:
        _libc.close(fd)


def _paths(pattern: str) -> list[bytes]:
    """The paths of files."""
    found = _Glob()
    try:
        if _libc.glob(pattern.encode(), 0, None, ctypes.byref(found)) != 0:
            return []
        paths: list[bytes] = found.paths[: found.count]
        return paths
    finally:
        _libc.globfree(ctypes.byref(found))
