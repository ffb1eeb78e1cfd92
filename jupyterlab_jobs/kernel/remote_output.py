"""What a job writes in a process of another machine's or this one's, on its way to the kernel."""

from __future__ import annotations

import functools
import io
import os
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell

from .backends import Receive
from .displays import display_message
from .output import sendable

# Not what code of the user's may put there.
_now, _sleep = time.monotonic, time.sleep

_FLUSH_AFTER = 0.02
"""Seconds after which is sent what was not sent at once: parts of lines, and lines that come thick and fast."""

_MOST_LINES = 10
"""How many lines are sent at once in that time."""

_STARTS_OF_PROCESSES = frozenset({"os.exec", "os.fork", "os.posix_spawn", "os.system", "pty.spawn", "subprocess.Popen"})
"""Audit events before which parts of lines are sent: what the new process writes comes after them."""

_LARGE = 8_000
"""Characters that are sent even if no line is complete."""


class RemoteOutput:
    """Takes all that is printed, displayed or shown as an error in this process, in its order."""

    def __init__(self, shell: InteractiveShell, send: Receive) -> None:
        """`send` sends a message to the kernel. It may be called in any thread."""
        stdout = _Stream("stdout", send)
        self._streams = [stdout, _Stream("stderr", send, stdout)]
        self._send = send
        shell.display_pub = _Publisher(shell, self.send)
        shell._showtraceback = self._show_traceback  # type: ignore[method-assign] # as ipykernel does
        sys.stdout, sys.stderr = self._streams
        _flush_soon(self._streams)
        sys.addaudithook(self._flush_before_processes)

    def send(self, message: tuple[Any, ...]) -> None:
        """Send a message after all that was written before."""
        self.flush()
        self._send(message)

    def flush(self) -> None:
        """Send what was held back."""
        for stream in self._streams:
            stream.flush()

    def _flush_before_processes(self, event: str, _: tuple[Any, ...]) -> None:
        if event in _STARTS_OF_PROCESSES:
            self.flush()

    def _show_traceback(self, etype: type, evalue: Any, stb: list[str]) -> None:
        traceback = [sendable(line) for line in stb]
        content = {"ename": etype.__name__, "evalue": sendable(str(evalue)), "traceback": traceback}
        self.send(("message", "error", content))


class _Stream(io.TextIOBase):
    """`sys.stdout` or `sys.stderr`: sends lines at once, and together when they come quickly.

    `_lock` guards what was not sent yet, of both: where the two alternate, the order stays.
    """

    def __init__(self, name: str, send: Receive, other: _Stream | None = None) -> None:
        self._name = name
        self._send = send
        self._other = other
        self._parts: list[str] = []
        self._size = 0
        if other is None:
            self._lock = threading.RLock()
        else:
            self._lock, other._other = other._lock, self
        self._window = (0.0, 0)  # since when so many lines were sent
        self._wakes_flusher: Callable[[], None] | None = None
        self._is_due = False

    name = property(lambda self: f"<{self._name}>")
    encoding = "utf-8"
    errors = "replace"

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        with self._lock:
            if self._other is not None and self._other._size:
                self._other.flush()
            self._parts.append(text)
            self._size += len(text)
            if self._size > _LARGE or ("\n" in text and self._is_quiet):
                self.flush()
            elif not self._is_due and self._wakes_flusher is not None:
                self._is_due = True
                self._wakes_flusher()
        return len(text)

    @property
    def _is_quiet(self) -> bool:
        """Whether a line may go at once: what follows may hold the GIL, and nobody could send it any more."""
        began, count = self._window
        now = _now()
        if now - began > _FLUSH_AFTER:
            began, count = now, 0
        self._window = (began, count + 1)
        return self._wakes_flusher is None or count < _MOST_LINES

    def flush(self) -> None:
        with self._lock:
            self._is_due = False
            text, self._parts, self._size = "".join(self._parts), [], 0
            if text:
                self._send(("stream", self._name, sendable(text)))

    def flush_with(self, wake: Callable[[], None] | None) -> None:
        """Have somebody who calls `flush` soon, when woken; without one, every line is sent at once."""
        self._wakes_flusher = wake

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return False

    def fileno(self) -> int:
        return {"stdout": 1, "stderr": 2}[self._name]


def _flush_soon(streams: list[_Stream]) -> None:
    """Have a thread that sends what streams hold back. A forked child has not got it."""
    wanted = threading.Event()

    def run() -> None:
        while True:
            wanted.wait()
            wanted.clear()
            _sleep(_FLUSH_AFTER)
            for stream in streams:
                stream.flush()

    threading.Thread(target=run, name="jobs-flush", daemon=True).start()
    for stream in streams:
        stream.flush_with(wanted.set)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=functools.partial(stream.flush_with, None))


class _Publisher(DisplayPublisher):
    """Sends what is displayed."""

    def __init__(self, shell: InteractiveShell, send: Receive) -> None:
        super().__init__(parent=shell, shell=shell)  # type: ignore[no-untyped-call, unused-ignore] # IPython's
        self._send = send

    def publish(
        self,
        data: dict[str, Any],
        metadata: dict[str, Any] | None = None,
        source: str = "",
        *,
        transient: dict[str, Any] | None = None,
        update: bool = False,
        **_: Any,
    ) -> None:
        message = display_message(data, metadata, transient, update=update)
        self._send(("message", message.type, message.content))

    def clear_output(self, wait: bool = False) -> None:
        self._send(("message", "clear_output", {"wait": bool(wait)}))
