"""What C code and child processes write in a job's process: to the file descriptors 1 and 2, which are pipes.

The process reads them itself, because only here it is known what was written before what. The kernel has the pipes'
ends as well, for what is left in them when the process dies.
"""

from __future__ import annotations

import codecs
import os
import select
import threading
from collections.abc import Callable
from typing import Any

from .output import sendable

_PIPE_SIZE = 65536

# Not what code of the user's may put there.
_read, _poll = os.read, select.poll


class DescriptorOutput:
    """Reads the pipes, in a thread of its own and before every message. `lock` guards the reading and the sending."""

    def __init__(self, stdout: int, stderr: int, send: Callable[[tuple[Any, ...]], None]) -> None:
        """`send` is called under the lock."""
        self.lock = threading.RLock()
        self._send = send
        decoder = codecs.getincrementaldecoder("utf-8")
        self._pipes = {fd: (name, decoder(errors="replace")) for name, fd in (("stdout", stdout), ("stderr", stderr))}
        self._ready = _poll()
        for fd in self._pipes:
            os.set_blocking(fd, False)
            self._ready.register(fd, select.POLLIN)
        threading.Thread(target=self._run, name="jobs-descriptors", daemon=True).start()

    def drain(self) -> None:
        """Send what was written until now."""
        with self.lock:
            for fd, _ in self._ready.poll(0):
                name, decoder = self._pipes[fd]
                try:
                    text = decoder.decode(_read(fd, _PIPE_SIZE))
                except BlockingIOError:  # the kernel has been faster
                    continue
                if text:
                    self._send(("stream", name, sendable(text)))

    def _run(self) -> None:
        ready = _poll()
        for fd in self._pipes:
            ready.register(fd, select.POLLIN)
        while True:
            ready.poll()
            self.drain()
