"""The processes that a job has started, and how to end them with all their descendants.

The guardian runs this file's source on its own: it imports nothing of the package.
"""

from __future__ import annotations

import contextlib
import math
import os
import signal
import sys
import time
from collections.abc import Callable
from threading import get_native_id
from weakref import WeakMethod

import psutil

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

    __slots__ = ("_killed", "_polls", "_roots")

    def __init__(self) -> None:
        self._roots: list[psutil.Process] = []
        self._polls: dict[int, WeakMethod[Callable[[], object]]] = {}
        self._killed = (-math.inf, 0)

    def add(self, pid: int, poll: Callable[[], object] | None = None) -> None:
        """Remember a process that the job has just started.

        `poll` is the bound method by which the object that stands for the process learns of its end.
        """
        try:
            # Knows the process by its start time too: the id alone may belong to another one some day.
            root = psutil.Process(pid)
        except psutil.Error:
            return
        # A root that has ended is kept as long as its group may have members.
        self._roots = [known for known in self._roots if _is_alive(known) or _leads_group(known)]
        self._roots.append(root)
        self._polls = {known.pid: self._polls[known.pid] for known in self._roots if known.pid in self._polls}
        if poll is not None:
            self._polls[pid] = WeakMethod(poll)

    @property
    def were_just_killed(self) -> bool:
        """Whether it is not worth while to kill them again."""
        when, how_many = self._killed
        return time.monotonic() - when < _REST and how_many == len(self._roots)

    def family(self) -> list[int]:
        """The ids of all processes that run because of the job, ancestors before their descendants."""
        family = []
        for root in self._roots:
            if root.is_running():
                family += [root.pid, *_descendants(root)]
        return family

    def kill(self, family: list[int]) -> None:
        """Kill the `family`, as it was a moment ago, and its process groups; no error for who is gone."""
        self._killed = time.monotonic(), len(self._roots)
        # A descendant whose parent has ended is not in the tree any more, but it is in the process group.
        for root in self._roots:
            if _leads_group(root):
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(root.pid, signal.SIGKILL)
        for pid in family:
            with contextlib.suppress(psutil.Error, OSError):
                if os.name == "posix":
                    os.kill(pid, signal.SIGKILL)
                else:
                    psutil.Process(pid).kill()

    def end(self) -> None:
        """Kill them and wait for their end, so that none is left as a zombie, nor replaced by its pool."""
        deadline = time.monotonic() + _LONGEST_END
        self.kill(self.family())
        while not all(self._has_ended(root) for root in self._roots) and time.monotonic() < deadline:
            time.sleep(_PAUSE)
            self.kill(self.family())

    def _has_ended(self, root: psutil.Process) -> bool:
        poll = self._polls[root.pid]() if root.pid in self._polls else None
        if poll is not None:
            # By the object, which would miss its process's return code if somebody else were told.
            with contextlib.suppress(ValueError):  # a closed `multiprocessing.Process`
                poll()
        elif os.name == "posix" and root.is_running():
            with contextlib.suppress(ChildProcessError):
                os.waitpid(root.pid, os.WNOHANG)
        return not root.is_running()


def kill_at_end_of_input() -> None:
    """Read process ids, a line each, until there are no more; then end these processes."""
    children = ChildProcesses()
    for line in sys.stdin:
        children.add(int(line))
    children.kill(children.family())


def _descendants(root: psutil.Process) -> list[int]:
    if not _CHILDREN_ARE_LISTED:
        # Looks at every process of the system.
        with contextlib.suppress(psutil.Error, OSError):
            return [process.pid for process in root.children(recursive=True)]
        return []
    found = []
    waiting = [root.pid]
    while waiting:
        children = _listed_children(waiting.pop())
        found += children
        waiting += children
    return found


def _listed_children(pid: int) -> list[int]:
    children: list[int] = []
    # What ends meanwhile is not there, and another user's tells nothing.
    with contextlib.suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):
            with contextlib.suppress(OSError), open(f"/proc/{pid}/task/{task}/children") as listing:
                children += map(int, listing.read().split())
    return children


def _is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _leads_group(process: psutil.Process) -> bool:
    """Whether the process group that this process has founded, and only that, still exists."""
    if os.name != "posix":
        return False
    try:
        if os.getpgid(process.pid) != process.pid:
            return False  # it has never founded one: it runs in the group of its parent
    except ProcessLookupError:
        pass  # gone; the others may be there
    try:
        # While a group has members, the system gives its number to no other process.
        os.killpg(process.pid, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return not psutil.pid_exists(process.pid) or process.is_running()
