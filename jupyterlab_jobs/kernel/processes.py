"""The processes that a job has started, and how to end them with all their children."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from typing import Any

import psutil


class ChildProcesses:
    """The child processes of one job. Threads of the job add to it, any thread may kill."""

    __slots__ = ("_started",)

    def __init__(self) -> None:
        self._started: list[tuple[subprocess.Popen[Any], psutil.Process]] = []

    def add(self, process: subprocess.Popen[Any]) -> None:
        """Remember a process that the job has just started."""
        try:
            # Knows the process by its start time too: the id alone may belong to another one some day.
            identity = psutil.Process(process.pid)
        except psutil.NoSuchProcess:
            return
        self._started = [child for child in self._started if child[0].returncode is None]
        self._started.append((process, identity))

    def kill(self) -> None:
        """Kill every process that still runs, and what it has started; no error for those that are gone."""
        for process, identity in self._started:
            if process.returncode is None and identity.is_running():
                _kill_tree(identity)


def _kill_tree(root: psutil.Process) -> None:
    try:
        family = [*root.children(recursive=True), root]
        # A descendant whose parent has ended is not in the tree any more, but it is in the process group.
        if os.name == "posix" and os.getpgid(root.pid) == root.pid:
            os.killpg(root.pid, signal.SIGKILL)
    except (psutil.NoSuchProcess, ProcessLookupError, PermissionError):
        return
    for process in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
