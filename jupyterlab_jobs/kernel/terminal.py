"""Jobs in IPython's terminal, where there is no kernel, and nobody who could be sent messages.

What a job writes is printed, above the prompt where prompt_toolkit draws one. Everything else is as in a kernel: the
runtime finds here what it needs of one.
"""

from __future__ import annotations

import io
import sys
import threading
from collections.abc import Callable
from typing import Any, Literal

from IPython.core.interactiveshell import InteractiveShell

from . import protocol
from .states import ENDED


def is_terminal(shell: InteractiveShell) -> bool:
    """Whether it is IPython's terminal. Does not import that: in a kernel it would take a tenth of a second."""
    module = sys.modules.get("IPython.terminal.interactiveshell")
    return module is not None and isinstance(shell, module.TerminalInteractiveShell)


class TerminalStream(io.TextIOBase):
    """`sys.stdout` or `sys.stderr`, as an object whose class can be changed; else as the one that it stands for."""

    def __init__(self, name: Literal["stdout", "stderr"], stream: Any) -> None:
        self.name = name
        self.original = stream
        self._ends_line = True
        # Of two threads that write; a signal handler may print while its thread does.
        self._lock = threading.RLock()

    def write(self, text: str) -> int:
        with self._lock:
            if text:
                self._ends_line = text.endswith("\n")
            return int(self.original.write(text) or 0)

    def write_line(self, text: str) -> None:
        """Write a line of its own: the main thread may have written a part of one, `print()` writes `\\n` by itself."""
        with self._lock:
            self.write(f"{text}\n" if self._ends_line else f"\n{text}\n")

    def flush(self) -> None:
        self.original.flush()

    def isatty(self) -> bool:
        return bool(self.original.isatty())

    def fileno(self) -> int:
        return int(self.original.fileno())

    def writable(self) -> bool:
        return True

    @property
    def buffer(self) -> Any:
        """The stream of bytes below it."""
        return self.original.buffer

    @property
    def encoding(self) -> str:  # type: ignore[override] # an attribute there
        return str(self.original.encoding)

    @property
    def errors(self) -> str | None:  # type: ignore[override] # as above
        return str(self.original.errors)


class TerminalKernel:
    """What the runtime needs of a kernel, for an IPython that runs in a terminal."""

    ident = "terminal"
    iopub_socket = None

    def __init__(self, shell: InteractiveShell) -> None:
        self.session = _TerminalSession()
        self.control_handlers: dict[str, Callable[..., None]] = {}
        self._cells = 0
        self._streams: list[tuple[Literal["stdout", "stderr"], TerminalStream]] = []
        shell.events.register("pre_execute", self._cell_begins)
        self._shell = shell
        for name in ("stdout", "stderr"):
            stream = TerminalStream(name, getattr(sys, name))
            self._streams.append((name, stream))
            setattr(sys, name, stream)

    def close(self) -> None:
        """Take everything back."""
        self._shell.events.unregister("pre_execute", self._cell_begins)
        for name, stream in self._streams:
            if getattr(sys, name) is stream:
                setattr(sys, name, stream.original)

    def get_parent(self, channel: str) -> dict[str, Any]:
        """What stands for the request that is executed: each input has a number."""
        return {"header": {"msg_id": f"input-{self._cells}"}, "metadata": {}, "content": {}}

    def raw_input(self, prompt: str = "") -> str:
        """Nobody is asked by way of a frontend."""
        return input(prompt)

    def getpass(self, prompt: str = "") -> str:
        """Nobody is asked by way of a frontend."""
        return input(prompt)

    def _send_abort_reply(self, *_: Any) -> None:
        """No input waits for another one."""

    def _cell_begins(self) -> None:
        self._cells += 1


class _TerminalSession:
    """Prints what is sent to the clients, as far as it is to be seen by people. Called by the publisher's thread."""

    def send(
        self,
        stream: Any,
        message_type: str,
        content: dict[str, Any],
        parent: Any = None,
        ident: Any = None,
        buffers: Any = None,
        track: bool = False,
        header: Any = None,
        metadata: Any = None,
    ) -> None:
        """As `jupyter_client.session.Session.send`."""
        match message_type:
            case "stream":
                getattr(sys, content["name"]).write(content["text"])
            case "error":
                _write_line(sys.stderr, "\n".join(content["traceback"]))
            case "display_data" | "execute_result" | "update_display_data":
                text = _shown(message_type, content["data"])
                if text is not None:
                    _write_line(sys.stdout, text)
            case _:
                return
        sys.stdout.flush()


def _write_line(stream: Any, text: str) -> None:
    if isinstance(stream, TerminalStream):
        stream.write_line(text)
    else:
        # prompt_toolkit's, which writes above the prompt.
        stream.write(f"{text}\n")


def _shown(message_type: str, data: dict[str, Any]) -> str | None:
    """The text of what is displayed; of a job's record only that of its end, and no update of anything else."""
    record = data.get(protocol.RECORD_MIME_TYPE)
    if isinstance(record, dict):
        return data["text/plain"] if record["state"] in ENDED else None
    return None if message_type == "update_display_data" else str(data.get("text/plain", ""))
