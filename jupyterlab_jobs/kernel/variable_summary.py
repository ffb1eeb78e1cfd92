"""Variables in a few words, without running any code of theirs.

Whoever asks must not wait, and a `repr` may take hours.

So only what built-in types and arrays of the well-known libraries are is told; of anything else the type.
"""

from __future__ import annotations

from collections import Counter, OrderedDict, defaultdict, deque
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any

MOST = 200
"""How many are told at once."""

_LONGEST = 80
"""Characters of a value."""

_ARGS: Any = vars(BaseException)["args"]

_LONGEST_INT = 256
"""Bits: the digits of a number take the longer the more there are."""

_COLLECTIONS = (list, tuple, set, frozenset, dict, deque, defaultdict, OrderedDict, Counter)

_ARRAYS = frozenset(
    {
        ("numpy", "ndarray"),
        ("pandas", "DataFrame"),
        ("pandas", "Series"),
        ("polars", "DataFrame"),
        ("torch", "Tensor"),
    }
)
"""The packages and names of types that have a `shape` which is there at once."""


def summaries(values: dict[str, Any]) -> list[dict[str, str]]:
    """The name, the type and the value of each, by name; at most `MOST`. In any thread."""
    return [
        {"name": name, "type": type(values[name]).__name__, "value": summary(values[name])}
        for name in sorted(name for name in values if type(name) is str)[:MOST]
    ]


def summary(value: Any) -> str:
    """A value in about `_LONGEST` characters, if that is possible at once; else nothing. Of an exception its type."""
    kind = type(value)
    if kind is int and value.bit_length() > _LONGEST_INT:
        return f"{value.bit_length()} bits"
    if value is None or kind in (bool, int, float, complex, range):
        return repr(value)
    if kind in (str, bytes):
        return repr(value[:_LONGEST]) + ("…" if len(value) > _LONGEST else "")
    if kind in _COLLECTIONS:
        return f"{len(value):,} item{'' if len(value) == 1 else 's'}"
    if isinstance(value, BaseException):
        args: Any = _ARGS.__get__(value)  # a subclass may have something else under this name
        told = args[0] if args and type(args[0]) is str else ""
        return f"{kind.__name__}: {told[:_LONGEST]}" if told else kind.__name__
    if kind in (FunctionType, BuiltinFunctionType, ModuleType, type):
        return str(value.__name__)[:_LONGEST]
    if (kind.__module__.partition(".")[0], kind.__name__) in _ARRAYS:
        return " x ".join(f"{size:,}" for size in value.shape) or "a number"
    return ""
