"""Sends what a job's threads print and display to the job, and leaves everybody else's output alone.

The kernel's own stream objects are changed, not replaced: whoever took hold of one earlier (a logging handler, a
library's default argument) is covered as well. ipykernel's ways to pin a thread to a cell differ between 6.29
and 7.4, and publish from the thread itself; this depends on neither.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any

from ipykernel.jsonutil import encode_images, json_clean
from IPython.core.interactiveshell import InteractiveShell

from .output import OutputMessage
from .threads import current_job


def json_bundle(data: dict[str, Any], metadata: dict[str, Any] | None) -> dict[str, Any]:
    """A MIME bundle as it goes over the wire: images encoded, everything JSON."""
    content: dict[str, Any] = json_clean({"data": encode_images(data), "metadata": metadata or {}})
    return content


class OutputRouting:
    """The changed streams and display publisher of a kernel; `remove` makes them what they were."""

    def __init__(self, shell: InteractiveShell) -> None:
        self._streams = [sys.stdout, sys.stderr]
        for stream in self._streams:
            # The object stays the same, its class becomes a subclass.
            stream.__class__ = _routed_class(type(stream))
        self._publisher = vars(shell.display_pub)
        self._publisher["publish"] = _routed_publish(shell.display_pub.publish)
        self._publisher["clear_output"] = _routed_clear(shell.display_pub.clear_output)

    def remove(self) -> None:
        """Undo everything."""
        for stream in self._streams:
            stream.__class__ = type(stream).__bases__[0]
        for name in ("publish", "clear_output"):
            self._publisher.pop(name, None)


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
        return job.output_log.write(self._name, text)


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
        job.output_log.put(OutputMessage("update_display_data" if update else "display_data", content))

    return publish


def _routed_clear(original: Callable[[bool], None]) -> Callable[..., None]:
    def clear_output(wait: bool = False) -> None:
        job = current_job()
        if job is None:
            original(wait)
        else:
            job.output_log.put(OutputMessage("clear_output", {"wait": bool(wait)}))

    return clear_output
