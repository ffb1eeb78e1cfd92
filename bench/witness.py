"""Proof that code has ended, whatever the tool that runs it says."""

from __future__ import annotations

import os
import select
import time
from pathlib import Path


class Witness:
    """A named pipe that the code holds open for writing while it runs.

    Whatever way the code ends by, the system closes its end: when the `with` block is left, and when the process dies.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        os.mkfifo(path)
        self._reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)

    def close(self) -> None:
        os.close(self._reader)
        self.path.unlink()

    def wait_for_begin(self, count: int) -> None:
        """Wait until `count` threads or processes have opened the pipe, and written a byte each."""
        poll = select.poll()
        poll.register(self._reader, select.POLLIN)
        while count > 0:
            assert poll.poll(20_000), "the code did not begin"
            count -= len(os.read(self._reader, count))

    def wait_for_end(self, deadline: float) -> float | None:
        """The moment, by `time.perf_counter`, when nobody holds the pipe any more; None if the deadline comes first."""
        poll = select.poll()
        poll.register(self._reader, 0)  # hearing of the end is not an option: it is always reported
        if not poll.poll(max(0.0, deadline - time.perf_counter()) * 1000):
            return None
        return time.perf_counter()
