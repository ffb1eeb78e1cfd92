"""Runs jobs in processes of their own on the kernel's machine."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from IPython.core.error import UsageError

from .backends import Receive
from .child_output import PipeReader
from .job_processes import JobProcess, ProcessPool, can_fork
from .remote_task import Packed

if TYPE_CHECKING:
    from .job import Job


class ProcessBackend:
    """Gives each session a process."""

    def __init__(self, pipes: PipeReader) -> None:
        self._pipes = pipes
        self._pool = ProcessPool()

    def require(self) -> None:
        """Raises `UsageError` where processes cannot fork."""
        if not can_fork():
            raise UsageError("jobs in processes need a system that can fork, as Linux and macOS: run it in a thread")

    @property
    def workers(self) -> int:
        """One for each processor."""
        return os.cpu_count() or 1

    def open(self, job: Job, setup: Packed | None) -> ProcessSession:
        """A process for the job."""
        process = self._pool.take()
        if setup is not None:
            try:
                process.set_up(setup)
            except BaseException:
                process.discard()
                raise
        return ProcessSession(job, process, self._pipes)

    def close(self) -> None:
        """End all processes."""
        self._pool.close()


class ProcessSession:
    """The process of a job."""

    def __init__(self, job: Job, process: JobProcess, pipes: PipeReader) -> None:
        self._job = job
        self._process = process
        self._pipes = pipes

    def run(self, task: Packed, receive: Receive, *, may_hold: bool) -> Packed:
        """Have the process do a task; raises `ProcessDied`."""
        return self._process.run(task, receive)

    def kill(self) -> None:
        """End the process."""
        self._process.terminate()

    def close(self) -> None:
        """Let the process go."""
        # What C code has written before a crash; and what a process writes that the job has left behind.
        self._pipes.add(self._job, *self._process.close())
