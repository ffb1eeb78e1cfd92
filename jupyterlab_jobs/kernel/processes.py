"""The processes that a job has started, and how to end them with all their children."""

from __future__ import annotations

import contextlib
import os
import signal

import psutil


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
        except psutil.NoSuchProcess:
            return
        # A root that has ended is kept as long as its group may have members.
        self._roots = [known for known in self._roots if _is_alive(known) or _leads_group(known)]
        self._roots.append(root)

    def family(self) -> list[psutil.Process]:
        """All processes that run because of the job, descendants before their ancestors."""
        family = []
        for root in self._roots:
            with contextlib.suppress(psutil.NoSuchProcess):
                family += [*reversed(root.children(recursive=True)), root]
        return family

    def kill(self, family: list[psutil.Process] | None = None) -> None:
        """Kill the family, or the `family` as it was a moment ago; no error for who is gone."""
        roots = self._roots
        if not roots:
            return
        if family is None:
            family = self.family()
        # A descendant whose parent has ended is not in the tree any more, but it is in the process group.
        for root in roots:
            if _leads_group(root):
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(root.pid, signal.SIGKILL)
        for process in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()


def _is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _leads_group(process: psutil.Process) -> bool:
    """Whether the process group that this process has founded, and only that, still exists."""
    if os.name != "posix":
        return False
    try:
        # While the group has members, the system does not give its number to another process.
        if os.getpgid(process.pid) != process.pid:
            return False  # it has never founded one: it runs in the group of its parent
    except ProcessLookupError:
        pass  # gone; the others may be there
    try:
        os.killpg(process.pid, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return not psutil.pid_exists(process.pid) or process.is_running()
