"""What goes to a job that runs in another process, and what comes back. Used on both sides.

Everything is pickled: by `cloudpickle`, so that functions of the notebook go along by value, and with protocol 5, whose
large buffers (arrays) are passed on as they lie in memory.
"""

from __future__ import annotations

import functools
import importlib
import io
import marshal
import pickle
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import CodeType, FunctionType
from typing import Any

from IPython.core.error import UsageError

from .cell_sources import CellSources
from .job import JobError

_SMALLEST_BUFFER = 100_000
"""Bytes from which on a buffer is passed on beside the rest, and not copied into it."""


@dataclass(frozen=True, slots=True)
class Packed:
    """A pickled value. Can be pickled itself; protocol 5 takes its buffers out of the way as they are."""

    data: bytes
    buffers: Sequence[Any] = ()
    """What it refers to, in order: bytes-like."""
    code_files: tuple[str, ...] = ()
    """From which files the code in it is. (Not pickled with it.)"""
    sources: CellSources = field(default_factory=dict)
    """The text of those that are cells of the notebook, for tracebacks."""

    @property
    def size(self) -> int:
        """In bytes."""
        return len(self.data) + sum(memoryview(buffer).nbytes for buffer in self.buffers)

    def __reduce_ex__(self, protocol: Any) -> Any:
        out_of_band = pickle.PickleBuffer if protocol >= 5 else bytes
        return Packed, (self.data, [out_of_band(buffer) for buffer in self.buffers], (), self.sources)

    def plain(self) -> tuple[Any, ...]:
        """The same for `Packed(*…)`, in built-in types: for who has to unpickle it without having this package."""
        return self.data, [bytes(buffer) for buffer in self.buffers], (), self.sources


@dataclass(frozen=True, slots=True)
class CallTask:
    """Call a function."""

    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ItemsTask:
    """Call the function of the session's `MapSetup` for each of some items."""

    items: list[Any]
    stops: bool
    """Whether those after one that fails are left alone."""


@dataclass(frozen=True, slots=True)
class MapSetup:
    """What all tasks of a map have in common."""

    surroundings: bytes
    function: Callable[[Any], Any]


class GlobalsOf:
    """A dictionary that is the globals of functions, and still is that when it has been pickled together with them.

    `cloudpickle` gives all functions in a pickle that have the same globals a common dictionary again, with no more in
    it than they need. So this holds a function.
    """

    def __init__(self, names: dict[str, Any]) -> None:
        self._function = FunctionType(_nothing.__code__, names, "nothing")
        self._function.__module__ = "__main__"  # or it would be imported there

    @property
    def names(self) -> dict[str, Any]:
        """The dictionary."""
        return self._function.__globals__


def _nothing() -> None: ...


@dataclass(frozen=True, slots=True)
class CodeTask:
    """Run IPython code, in names of its own."""

    text: str
    job_id: int
    first_line: int
    execution_count: int | None
    names: dict[str, Any]
    globals_of: GlobalsOf
    """That of the notebook's functions: on the other side these are the code's."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What has become of a task."""

    value: Any = None
    error: BaseException | None = None
    described: JobError | None = None
    """How it failed, as it is shown."""
    assigned: dict[str, Any] = field(default_factory=dict)
    """The names that the code has assigned, with their values."""
    deleted: list[str] = field(default_factory=list)
    kept_back: dict[str, str] = field(default_factory=dict)
    """What cannot be pickled: the type of its value by name, of the result by an empty one."""
    globals_of: GlobalsOf | None = None
    """That of the functions which the code has defined."""


@dataclass(frozen=True, slots=True)
class ItemOutcome:
    """What has become of one item; the value of an `ItemsTask` is a list of these."""

    value: Any = None
    error: BaseException | None = None
    described: JobError | None = None


class NotPicklable(TypeError):
    """A value cannot go to another process."""

    def _render_traceback_(self) -> list[str]:
        return [f"{type(self).__name__}: {self}"]


def stays(kind: str) -> str:
    """What is said of a result of this type that cannot come back."""
    return f"the result ({kind}) cannot be pickled, and stays where it was made"


def require_cloudpickle() -> Any:
    """The module; raises `UsageError` that says how to get it."""
    try:
        return importlib.import_module("cloudpickle")
    except ImportError:
        raise UsageError(
            'jobs in other processes need cloudpickle: pip install "jupyterlab-jobs[process]", or cloudpickle alone'
        ) from None


def pack(value: Any) -> Packed:
    """Pickle a value; raises whatever its parts raise."""
    buffers: list[Any] = []
    code_files: dict[str, None] = {}

    def goes_along(buffer: pickle.PickleBuffer) -> bool:
        raw = buffer.raw()
        if raw.nbytes < _SMALLEST_BUFFER:
            return True
        buffers.append(raw)
        return False

    file = io.BytesIO()
    pickler = _pickler()(file, protocol=5, buffer_callback=goes_along)
    pickler.code_files = code_files
    pickler.dump(value)
    return Packed(file.getvalue(), buffers, tuple(code_files))


@functools.cache
def _pickler() -> Any:
    cloudpickle = require_cloudpickle()

    class Pickler(cloudpickle.Pickler):  # type: ignore[misc, name-defined] # there may be none
        def reducer_override(self, obj: Any) -> Any:
            if isinstance(obj, CodeType):
                # `cloudpickle` leaves out from which cell it is, of which tracebacks speak.
                self.code_files[obj.co_filename] = None
                return marshal.loads, (marshal.dumps(obj),)
            return super().reducer_override(obj)

    return Pickler


def unpack(packed: Packed) -> Any:
    """The value; raises whatever its parts raise."""
    return pickle.loads(packed.data, buffers=packed.buffers)


def first_unpicklable(values: Mapping[str, Any]) -> str | None:
    """The name of a value that cannot be pickled, if there is one; of a function only if nothing else is to blame."""
    names = sorted(values, key=lambda name: callable(values[name]))
    return next((name for name in names if not is_picklable(values[name])), None)


def is_picklable(value: Any) -> bool:
    """Whether a value can go to another process."""
    try:
        pack(value)
    except Exception:
        return False
    return True


def type_name(value: Any) -> str:
    """How a type is called in a message: `_thread.lock`, `list`."""
    kind = type(value)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
