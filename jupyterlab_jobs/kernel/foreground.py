"""What the main thread publishes for cells that have started jobs gets into their logs as well."""

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING, Any

from jupyter_client.session import extract_header

from .messages import OUTPUT_TYPES, OutputMessage, with_display_id
from .replacements import Replacements

if TYPE_CHECKING:
    from IPython.core.interactiveshell import ExecutionResult

    from .publisher import Publisher
    from .scheduler import Scheduler


_HEARD = OUTPUT_TYPES | {"comm_open", "comm_msg", "comm_close"}


class ForegroundCells:
    """Tells which cell the main thread executes."""

    def __init__(self, kernel: Any, publisher: Publisher, scheduler: Scheduler) -> None:
        self._kernel = kernel
        self._publisher = publisher
        self._scheduler = scheduler
        # A cell may run another one inside, and code may be run for no cell: the ends come in the reverse order.
        self._running: list[str | None] = []
        self.running: tuple[str, str] | None = None
        """The id and the code of the request that the main thread executes."""

    def cell_begins(self) -> None:
        """IPython's `pre_execute` event."""
        request = self._kernel.get_parent("shell")
        header, cell_id = request.get("header", {}), request.get("metadata", {}).get("cellId")
        if "msg_id" in header and isinstance(code := request.get("content", {}).get("code"), str):
            self.running = header["msg_id"], code
        if not isinstance(cell_id, str) or "msg_id" not in header:
            self._running.append(None)
            return
        self._running.append(header["msg_id"])
        with self._publisher.lock:
            self._publisher.cells.begin(header, cell_id)

    def cell_ends(self) -> None:
        """IPython's `post_execute` event."""
        request_id = self._running.pop() if self._running else None
        if request_id is not None:
            with self._publisher.lock:
                self._publisher.cells.end(request_id)

    def cell_has_run(self, result: ExecutionResult) -> None:
        """IPython's `post_run_cell` event, after `post_execute`."""
        if self._running or self.running is None:  # a cell inside of another one
            return
        request_id, _ = self.running
        self.running = None
        if result.success:
            reason = None
        elif isinstance(result.error_in_exec, KeyboardInterrupt):
            reason = "the cell that it waited for was interrupted"
        else:
            reason = "the cell that it waited for failed"
        self._scheduler.cell_ended(request_id, reason)


def notice_aborts(replacements: Replacements, kernel: Any, scheduler: Scheduler) -> None:
    """After an error the kernel answers the requests that wait without executing them: these cells are over as well."""
    original = kernel._send_abort_reply

    @functools.wraps(original)
    def send_abort_reply(stream: Any, message: dict[str, Any], idents: Any) -> None:
        original(stream, message, idents)
        request_id = message.get("header", {}).get("msg_id")
        if isinstance(request_id, str):
            scheduler.cell_ended(request_id, "the cell that it waited for was not run: a cell before it failed")

    replacements.set(kernel, "_send_abort_reply", send_abort_reply)


def record_foreground(replacements: Replacements, session: Any, publisher: Publisher) -> None:
    """Have every output that ipykernel sends through its `session` pass by the publisher.

    The session is where all of it comes together: streams from ipykernel's IO thread, displays, results and errors
    from the main thread, in whatever way they were made.
    """
    original = session.send
    pid = os.getpid()

    @functools.wraps(original)
    def send(
        stream: Any,
        message: Any,
        content: Any = None,
        parent: Any = None,
        ident: Any = None,
        buffers: Any = None,
        track: bool = False,
        header: Any = None,
        metadata: dict[str, Any] | None = None,
    ) -> Any:
        message_type: Any = message if isinstance(message, str) else message.get("msg_type")
        # In a forked process a thread that is not there may have held the publisher's lock.
        if message_type not in _HEARD or os.getpid() != pid:
            return original(stream, message, content, parent, ident, buffers, track, header, metadata)
        if not isinstance(message, str):
            content, parent = message["content"], message["parent_header"]
        if message_type not in OUTPUT_TYPES:
            publisher.captured.hear(message_type, content)
            return original(stream, message, content, parent, ident, buffers, track, header, metadata)
        _make_regular(message_type, content)
        request_id = extract_header(parent).get("msg_id") if parent else None

        def send_marked(mark: dict[str, Any]) -> Any:
            if isinstance(message, str):
                marked = {**(metadata or {}), **mark}
                return original(stream, message, content, parent, ident, buffers, track, header, marked)
            message["metadata"].update(mark)
            return original(stream, message, ident=ident, buffers=buffers, track=track)

        return publisher.publish_foreground(OutputMessage(message_type, content), request_id, send_marked)

    replacements.set(session, "send", send)


def _make_regular(message_type: str, content: dict[str, Any]) -> None:
    """Give what users pass on the type that Jupyter's protocol asks for; clients are not as lenient as IPython."""
    if message_type == "clear_output":
        content["wait"] = bool(content.get("wait"))
    elif "display_id" in (content.get("transient") or ()):
        content["transient"] = with_display_id(content["transient"])
