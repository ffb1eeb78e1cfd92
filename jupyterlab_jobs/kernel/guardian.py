"""A process that outlives the kernel by a moment, and ends what jobs have started if the kernel could not.

A kernel that is killed outright (`kill -9`, out of memory) runs no clean-up, and the processes of its jobs have
sessions of their own, so that nobody else would end them. (Linux has a parent-death signal for that; but it is sent
when the *thread* that has started the process ends, and a job's thread does.)

The kernel starts the guardian before the first child process, and tells it about each over a pipe. It runs the source
of `processes.py` on its own. The end of the pipe is the end of the kernel. What a kernel starts in its last
microseconds, and cannot tell any more, lives on.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from importlib.abc import InspectLoader
from typing import cast

from . import processes

_lock = threading.Lock()
_pipe: int | None = None
"""The file descriptor. A file object would complain in each forked child about the one that is closed below."""


def start_guardian() -> None:
    """Have a guardian, so that `guard` takes no time. Called in the kernel, in a thread that belongs to no job."""
    global _pipe
    with _lock:
        if _pipe is None:
            with contextlib.suppress(OSError):  # the user's process is worth more than its guardian
                _pipe = _start()


def guard(pid: int) -> None:
    """Have a process, its descendants and its process group end with the kernel. Called in any of its threads."""
    global _pipe
    with _lock:
        if _pipe is None:
            return
        try:
            os.write(_pipe, f"{pid}\n".encode())
        except BrokenPipeError:  # somebody has killed the guardian: the next process gets another
            os.close(_pipe)
            _pipe = None


def _start() -> int:
    # From the loader: the page carries the sources into kernels that have them in no directory.
    spec = processes.__spec__
    assert spec is not None
    source = cast("InspectLoader", spec.loader).get_source(processes.__name__)
    process = subprocess.Popen(
        [sys.executable, "-c", f"{source}\n{processes.kill_at_end_of_input.__name__}()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        # Out of reach of whatever kills the kernel's process group.
        start_new_session=True,
    )
    assert process.stdin is not None
    # It is never waited for: it ends after us.
    process.returncode = 0
    with process.stdin as pipe:
        return os.dup(pipe.fileno())


def _forget_pipe() -> None:
    """A forked child would keep the pipe open after the kernel's end."""
    global _lock, _pipe
    _lock = threading.Lock()  # another thread may have held it during the fork
    if _pipe is not None:
        os.close(_pipe)
        _pipe = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_pipe)
