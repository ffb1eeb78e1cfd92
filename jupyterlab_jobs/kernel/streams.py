"""Sends what a job's threads print and display to the job, and leaves everybody else's output alone.

The kernel's own stream objects are changed, not replaced: whoever took hold of one earlier (a logging handler, a
library's default argument) is covered as well. ipykernel's ways to pin a thread to a cell differ between 6.29
and 7.4, and publish from the thread itself; this depends on neither.
"""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable
from contextlib import _RedirectStream
from typing import Any

from ipykernel.iostream import OutStream
from ipykernel.jsonutil import encode_images, json_clean
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from jupyter_client.jsonutil import json_default

from .output import OutputMessage, sendable
from .replacements import Replacements
from .threads import current_job


def json_bundle(data: dict[str, Any], metadata: dict[str, Any] | None) -> dict[str, Any]:
    """A MIME bundle as it goes over the wire: images encoded, everything JSON, and no object of the user's.

    Raises `TypeError` or `ValueError` for what is not: here, where the user sees it, and not in the publisher's thread.
    """
    content = json_clean({"data": encode_images(data), "metadata": metadata or {}})
    text = json.dumps(content, default=json_default, ensure_ascii=False)
    bundle: dict[str, Any] = json.loads(sendable(text))
    return bundle


class KernelStreams:
    """The kernel's two stream objects. Made before anybody has put others into their place.

    `route` changes them, `restore` makes them what they were.
    """

    def __init__(self) -> None:
        self._streams = [stream for stream in (sys.stdout, sys.stderr) if isinstance(stream, OutStream)]

    def route(self) -> None:
        """Have what a job's threads write go to the job."""
        for stream in self._streams:
            # The object stays the same, its class becomes a subclass.
            stream.__class__ = _routed_class(type(stream))

    def restore(self) -> None:
        """Undo `route`."""
        for stream in self._streams:
            stream.__class__ = type(stream).__bases__[0]


def route_displays(replacements: Replacements, shell: InteractiveShell) -> None:
    """Have what a job's threads display go to the job."""
    publisher = shell.display_pub
    replacements.set(publisher, "publish", _routed_publish(publisher.publish))
    replacements.set(publisher, "clear_output", _routed_clear(publisher.clear_output))


def route_redirections(replacements: Replacements) -> None:
    """Have a job's output not caught by what the foreground puts in the place of the streams."""
    replacements.set(_RedirectStream, "__enter__", _routed_redirection(_RedirectStream.__enter__))
    replacements.set(capture_output, "__enter__", _routed_redirection(capture_output.__enter__))


def route_current_redirection() -> None:
    """The same for what is in their place already, while the first job starts."""
    if current_job() is None:
        for name in ("stdout", "stderr"):
            stream = getattr(sys, name)
            if not isinstance(stream, (OutStream, _ForegroundStream)):
                setattr(sys, name, _ForegroundStream(stream, name))


def _routed_redirection(original: Callable[[Any], Any]) -> Callable[[Any], Any]:
    @functools.wraps(original)
    def enter(self: Any) -> Any:
        result = original(self)
        route_current_redirection()
        return result

    return enter


class _ForegroundStream:
    """A stream that the foreground has put in the place of `sys.stdout` or `sys.stderr`: jobs do not write to it."""

    def __init__(self, stream: Any, name: Any) -> None:
        self._stream = stream
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        return getattr(self._stream, attribute)

    def write(self, text: str) -> int:
        job = current_job()
        if job is None:
            return self._stream.write(text)  # type: ignore[no-any-return]
        return job._output.write(self._name, text)

    def flush(self) -> None:
        if current_job() is None:
            self._stream.flush()


class _RoutedWrite:
    """The attribute `write` of a stream.

    A data descriptor, because IPython 9 assigns `stream.write` at the beginning of every cell, to keep what it prints
    in its history, and again at its end. Here both are taken as what the foreground wants to be called, and what is
    handed out as the present `write` routes first: a job's output must not end up in that history.
    """

    def __init__(self, original: Callable[[Any, str], int]) -> None:
        self._original = original

    def __get__(self, stream: Any, owner: type) -> Any:
        if stream is None:
            return self
        try:
            foreground = vars(stream)["write"]
        except KeyError:
            foreground = functools.partial(self._original, stream)
        if type(foreground) is _Router:
            return foreground
        return _Router(stream.name, foreground)

    def __set__(self, stream: Any, write: Callable[[str], int]) -> None:
        vars(stream)["write"] = write


class _Router:
    """A `write` that asks first who calls it."""

    __slots__ = ("_foreground", "_name")

    def __init__(self, name: Any, foreground: Callable[[str], int]) -> None:
        self._name = name
        self._foreground = foreground

    def __call__(self, text: str) -> int:
        job = current_job()
        if job is None:
            return self._foreground(text)
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        return job._output.write(self._name, text)


def _routed_class(original: type) -> type:
    class Routed(original):  # type: ignore[misc]
        write = _RoutedWrite(vars(original)["write"])

        def flush(self) -> None:
            # A job's output is on its way already, and the kernel's flush would wait for its IO thread.
            if current_job() is None:
                super().flush()

    Routed.__name__ = Routed.__qualname__ = original.__name__
    return Routed


def _routed_publish(original: Callable[..., None]) -> Callable[..., None]:
    def publish(
        data: dict[str, Any],
        metadata: dict[str, Any] | None = None,
        *args: Any,
        transient: dict[str, Any] | None = None,
        update: bool = False,
        **kwargs: Any,
    ) -> None:
        job = current_job()
        if job is None:
            original(data, metadata, *args, transient=transient, update=update, **kwargs)
            return
        content = {**json_bundle(data, metadata), "transient": transient or {}}
        job._output.put(OutputMessage("update_display_data" if update else "display_data", content))

    return publish


def _routed_clear(original: Callable[[bool], None]) -> Callable[..., None]:
    def clear_output(wait: bool = False) -> None:
        job = current_job()
        if job is None:
            original(wait)
        else:
            job._output.put(OutputMessage("clear_output", {"wait": bool(wait)}))

    return clear_output
