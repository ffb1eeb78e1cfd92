"""Sends what a job's threads print to the job, and leaves everybody else's output alone.

The kernel's own stream objects are changed, not replaced: whoever took hold of one earlier (a logging handler, a
library's default argument) is covered as well. ipykernel's ways to pin a thread to a cell differ between 6.29
and 7.4, and publish from the thread itself; this depends on neither.

`sys.stdout`, `sys.stderr` and `sys.displayhook` are `PerJob`, so that a redirection is in force in the job that has
made it, and only there; the foreground's is in force in the foreground.
"""

from __future__ import annotations

import functools
import importlib
import io
import sys
import threading
from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal

from ipykernel.iostream import OutStream

from .per_job import PerJob
from .terminal import TerminalStream
from .threads import current_job

if TYPE_CHECKING:
    from .job import Job

_SHELLS_OWN = (OutStream, TerminalStream)
"""The streams of a kernel, and of a terminal."""


class KernelStreams:
    """The kernel's two stream objects. Made before anybody has put others into their place.

    `route` changes them, `restore` makes them what they were.
    """

    def __init__(self) -> None:
        self._streams: dict[Literal["stdout", "stderr"], OutStream | TerminalStream] = {}
        for name in ("stdout", "stderr"):
            stream = getattr(sys, name)
            if isinstance(stream, _SHELLS_OWN):
                self._streams[name] = stream
        self._attributes: list[_StreamPerJob] = []

    def route(self, show_result: Callable[[Any], None]) -> None:
        """Have what a job's threads write go to the job. `show_result` is what a job finds as `sys.displayhook`."""
        for stream in self._streams.values():
            # The object stays the same, its class becomes a subclass.
            stream.__class__ = _routed_class(type(stream))
        self._attributes = [_StreamPerJob(name, stream) for name, stream in self._streams.items()]
        attributes: dict[str, Any] = dict(zip(self._streams, self._attributes, strict=True))
        attributes["displayhook"] = PerJob("displayhook", lambda: show_result)
        # The documented way to customize the access to a module's attributes.
        sys.__class__ = type(ModuleType.__name__, (_System,), attributes)
        for attribute in self._attributes:
            attribute.put_in_place()

    def restore(self) -> None:
        """Undo `route`."""
        sys.__class__ = ModuleType
        for attribute in self._attributes:
            attribute.take_out()
        for stream in self._streams.values():
            stream.__class__ = type(stream).__bases__[0]

    def flush_foreground(self) -> None:
        """Send what the foreground has printed. Called before a job starts, whose output must not come before it."""
        for stream in self._streams.values():
            # A flush waits for ipykernel's IO thread, so not for nothing; where it keeps that elsewhere, always.
            if getattr(stream, "_buffers", True):
                stream.flush()

    def write_to_descriptors(self) -> None:
        """Have this process write where any process does. Called in a forked child, which can publish nothing."""
        for fd, (name, stream) in enumerate(self._streams.items(), start=1):
            descriptor = io.TextIOWrapper(io.FileIO(fd, "w", closefd=False), write_through=True)
            stream.write = descriptor.write  # type: ignore[assignment] # of text to the same end
            setattr(sys, name, stream)


class _System(ModuleType):
    """The class of the module `sys` while there are jobs."""

    if sys.version_info >= (3, 14):
        # The interpreter takes what is read often straight from the `__dict__`, past the descriptors of this class
        # (python/cpython#156399): but not where attributes are looked up in another way than a module's.
        __getattribute__ = object.__getattribute__

    def __new__(cls, name: str, doc: str | None = None) -> Any:
        # Whoever makes a module, as an import does, calls the type of `sys`. It may also be a base class.
        return ModuleType(name, doc) if cls is type(sys) else super().__new__(cls)

    def __reduce__(self) -> Any:
        # Picklers know modules by their exact class.
        return importlib.import_module, (self.__name__,)


class _StreamPerJob(PerJob):
    """`sys.stdout` or `sys.stderr`.

    Only Python code comes by here. C code, `print()` above all, takes what is in the module's `__dict__`. That is the
    kernel's stream as long as nobody has put another one into its place, and a `_SharedStream` afterwards.
    """

    def __init__(self, name: Literal["stdout", "stderr"], kernels: OutStream | TerminalStream) -> None:
        super().__init__(name, lambda: kernels)
        self._lock = threading.Lock()
        self._is_redirected = False  # by a job, once

    def __set__(self, shared: Any, value: Any) -> None:
        job = current_job()
        if job is None:
            with self._lock:
                self._put(value)
        elif type(value) is _SharedStream:
            # As found in the `__dict__`, and put back: the job has no stream of its own any more.
            job._own_values.pop(self, None)
        else:
            if not self._is_redirected:
                # A kill must not come while the lock is held.
                job._kill_switch.undisturbed(self._begin_redirections)
            job._own_values[self] = value

    def of_foreground(self, shared: Any) -> Any:
        stream = super().of_foreground(shared)
        if type(stream) is _SharedStream and isinstance(stream.foreground, _SHELLS_OWN):
            return stream.foreground
        return stream

    def put_in_place(self) -> None:
        """Share what the foreground has put in the place of the kernel's stream before."""
        with self._lock:
            self._put(vars(sys)[self._name])

    def take_out(self) -> None:
        """Leave the foreground's stream to everybody."""
        stream = vars(sys)[self._name]
        if type(stream) is _SharedStream:
            vars(sys)[self._name] = stream.foreground

    def _begin_redirections(self) -> None:
        with self._lock:
            self._is_redirected = True
            self._put(vars(sys)[self._name])

    def _put(self, stream: Any) -> None:
        assert self._lock.locked()
        if type(stream) is not _SharedStream and (self._is_redirected or not isinstance(stream, _SHELLS_OWN)):
            stream = _SharedStream(stream, self)
        vars(sys)[self._name] = stream


class _RoutedWrite:
    """The attribute `write` of a stream.

    A data descriptor, because IPython 9 assigns `stream.write` at the beginning of every cell, to keep what it prints
    in its history, and again at its end. Here both are taken as what the foreground wants to be called, and what is
    handed out as the present `write` routes first: a job's output must not end up in that history.
    """

    def __init__(self, original: Callable[[Any, str], int], of_job: Callable[[Any, Job, str], int]) -> None:
        self._original = original
        self._of_job = of_job

    def __get__(self, stream: Any, owner: type) -> Any:
        if stream is None:
            return self
        try:
            foreground = vars(stream)["write"]
        except KeyError:
            foreground = functools.partial(self._original, stream)
        if type(foreground) is _Router:
            return foreground
        return _Router(stream, self._of_job, foreground)

    def __set__(self, stream: Any, write: Callable[[str], int]) -> None:
        vars(stream)["write"] = write


class _Router:
    """A `write` that asks first who calls it."""

    __slots__ = ("_foreground", "_of_job", "_stream")

    def __init__(self, stream: Any, of_job: Callable[[Any, Job, str], int], foreground: Callable[[str], int]) -> None:
        self._stream = stream
        self._of_job = of_job
        self._foreground = foreground

    def __call__(self, text: str) -> int:
        job = current_job()
        if job is None:
            return self._foreground(text)
        return self._of_job(self._stream, job, text)


def _write_to_job(stream: OutStream, job: Job, text: str) -> int:
    if not isinstance(text, str):
        raise TypeError(f"write() argument must be str, not {type(text).__name__}")
    return job._output.write(stream.name, text)


def _routed_class(original: type) -> type:
    class Routed(original):  # type: ignore[misc] # a base that is known at run time only
        write = _RoutedWrite(vars(original)["write"], _write_to_job)

        def flush(self) -> None:
            # A job's output is on its way already, and the kernel's flush would wait for its IO thread.
            if current_job() is None:
                super().flush()

    Routed.__name__ = Routed.__qualname__ = original.__name__
    return Routed


class _SharedStream:
    """Stands for the stream that the caller's job has as `sys.stdout` or `sys.stderr`, or else the foreground."""

    def __init__(self, foreground: Any, attribute: PerJob) -> None:
        self.foreground = foreground
        self._attribute = attribute

    write = _RoutedWrite(
        lambda self, text: self.foreground.write(text),
        lambda self, job, text: self._attribute.of(job).write(text),
    )

    def __getattr__(self, name: str) -> Any:
        return getattr(self._present(), name)

    @property  # type: ignore[misc] # read-only
    def __class__(self) -> type:
        # Libraries ask with isinstance() whether it is they who have put a stream there.
        return type(self._present())

    def _present(self) -> Any:
        job = current_job()
        return self.foreground if job is None else self._attribute.of(job)
