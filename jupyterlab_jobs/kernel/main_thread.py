"""What the runtime knows about the kernel's main thread, and says about it."""

from __future__ import annotations

import threading
from typing import Any

from .transport import KernelTransport

_BUSY_REQUEST = "jupyterlab-jobs-busy"


class MainThread:
    """Whether the main thread executes a cell.

    Every control request ends in `status: idle`, and clients then show an idle kernel although a cell is running (the
    server tells a culler the same). So after each of our replies `busy` is published again, if that is the truth.
    """

    def __init__(self, kernel: Any, transport: KernelTransport) -> None:
        self._kernel = kernel
        self._transport = transport
        self._lock = threading.Lock()
        self._depth = 0
        self._said_idle = False

    def cell_begins(self) -> None:
        """IPython's `pre_execute` event. A cell may run another one inside (`%run`, `run_cell`)."""
        with self._lock:
            self._depth += 1
            # ipykernel said `busy` a moment before this event, and one of our requests may have ended in between.
            # If it ended before that, this is a message more than needed.
            if self._said_idle:
                self._say_busy()

    def cell_ends(self) -> None:
        """IPython's `post_execute` event."""
        with self._lock:
            self._depth = max(0, self._depth - 1)

    def tell_busy_after_reply(self) -> None:
        """Called by the control handler, on the control thread."""
        # ipykernel publishes its `idle` when the handler has returned, and does not give up the loop in between.
        self._kernel.control_thread.io_loop.add_callback(self._tell_busy)

    def _tell_busy(self) -> None:
        # Under the lock: the main thread publishes its own `idle` after `cell_ends`, so that ours cannot come last.
        with self._lock:
            if self._depth == 0:
                self._said_idle = True
            else:
                self._say_busy()

    def _say_busy(self) -> None:
        """With the lock held, and while a cell runs."""
        self._said_idle = False
        # Not of the cell's own request: JupyterLab would note it in the cell's timing, as when it began.
        header = {**self._kernel.get_parent("shell")["header"], "msg_id": _BUSY_REQUEST}
        self._transport.send("status", {"execution_state": "busy"}, parent={"header": header})
