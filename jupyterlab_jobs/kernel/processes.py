"""The processes that a job has started, and how to end them with all their descendants.

The guardian runs this file's source on its own: it imports nothing of the package.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from threading import get_native_id

import psutil

# Some Linux kernels are built without it.
_CHILDREN_ARE_LISTED = os.path.exists(f"/proc/self/task/{get_native_id()}/children")


class ChildProcesses:
    """The child processes of one job. Threads of the job add to it, any thread may kill."""

    __slots__ = ("_roots",)

    def __init__(self) -> None:
        self._roots: list[psutil.Process] = []

    def add(self, pid: int) -> None:
        """Remember a process that the job has just started."""
        try:
            # Knows the process by its start time too: the id alone may belong to another one some day.
            root = psutil.Process(pid)
        except psutil.Error:
            return
        # A root that has ended is kept as long as its group may have members.
        self._roots = [known for known in self._roots if _is_alive(known) or _leads_group(known)]
        self._roots.append(root)

    def family(self) -> list[int]:
        """The ids of all processes that run because of the job, ancestors before their descendants."""
        family = []
        for root in self._roots:
            if root.is_running():
                family += [root.pid, *_descendants(root)]
        return family

    def kill(self, family: list[int]) -> None:
        """Kill the `family`, as it was a moment ago, and its process groups; no error for who is gone."""
        # A descendant whose parent has ended is not in the tree any more, but it is in the process group.
        for root in self._roots:
            if _leads_group(root):
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(root.pid, signal.SIGKILL)
        for pid in family:
            with contextlib.suppress(psutil.Error, OSError):
                psutil.Process(pid).kill()


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
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children") as listing:
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
