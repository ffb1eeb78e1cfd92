"""A process that outlives the kernel by a moment, and ends what jobs have started if the kernel could not.

A kernel that is killed outright (`kill -9`, out of memory) runs no clean-up, and the processes of its jobs have
sessions of their own, so that nobody else would end them. (Linux has a parent-death signal for that; but it is sent
when the *thread* that has started the process ends, and a job's thread does.)

The kernel starts the guardian with the first child process, and tells it about each over a pipe. The end of the pipe is
the end of the kernel. The guardian runs this file's source on its own: it imports nothing of the package.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from importlib.abc import InspectLoader
from typing import IO, cast

_lock = threading.Lock()
_pipe: IO[bytes] | None = None


def guard(pid: int, created: float) -> None:
    """Have a process, and its process group, end with the kernel. Called in the kernel, in any thread.

    `created` is the time of its start, in seconds since the epoch: the id alone may belong to another one later.
    """
    global _pipe
    with _lock:
        if _pipe is None:
            _pipe = _start()
        try:
            _pipe.write(f"{pid} {created!r}\n".encode())
            _pipe.flush()
        except BrokenPipeError:  # somebody has killed the guardian
            _pipe = None


def _start() -> IO[bytes]:
    # From the loader: the page carries this file into kernels that have it in no directory.
    assert __spec__ is not None
    source = cast("InspectLoader", __spec__.loader).get_source(__name__)
    process = subprocess.Popen(
        [sys.executable, "-c", f"{source}\nwait_for_the_end()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        # Out of reach of whatever kills the kernel's process group.
        start_new_session=True,
    )
    assert process.stdin is not None
    # It is never waited for: it ends after us.
    process.returncode = 0
    return process.stdin


def wait_for_the_end() -> None:
    """What the guardian does."""
    guarded = [line.split() for line in sys.stdin]
    for pid, created in guarded:
        _end(int(pid), float(created))


def _end(pid: int, created: float) -> None:
    import psutil

    try:
        process = psutil.Process(pid)
        if process.create_time() != created:
            return
        family = [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    if os.name == "posix" and os.getpgid(pid) == pid:
        os.killpg(pid, signal.SIGKILL)
    for member in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            member.kill()
