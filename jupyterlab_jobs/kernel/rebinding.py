"""Gives what was defined in a job the notebook's globals in place of the job's."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from types import CellType, FunctionType, MethodType
from typing import Any

_MOST_ITEMS = 1_000
"""The largest container that is looked into: functions are not kept by the million."""

_MOST_VALUES = 20_000
"""How many values are looked at in all."""

_DEEPEST = 50
"""How far into what holds what."""


class Rebinding:
    """Replaces functions whose globals are a job's by functions whose globals are the notebook's.

    `__globals__` cannot be assigned, so a function is built anew around the same code, cells and defaults; methods of
    classes are replaced in their class, and functions in lists, dictionaries and attributes where they are. Nothing of
    the user's is called. Functions that are kept in another way go on seeing the job's names as they were at its end.
    """

    def __init__(self, job: dict[str, Any], notebook: dict[str, Any]) -> None:
        self._job = job
        self._notebook = notebook
        self._functions: dict[int, FunctionType] = {}
        self._done: dict[int, Any] = {}
        self._kept: list[Any] = []  # their ids must stay taken
        self._depth = 0
        self._is_over = False

    def of(self, value: Any, *, is_over: bool) -> Any:
        """The value to land: a function built anew, or the value itself, changed inside if the code has ended."""
        if is_over and not self._is_over:
            self._is_over = True
            self._done.clear()  # now for the insides
        return self._of(value)

    def _of(self, value: Any) -> Any:
        kind = type(value)
        if kind in _HOLD_NO_FUNCTIONS:
            return value
        if id(value) in self._done:
            return self._done[id(value)]
        if self._depth >= _DEEPEST or len(self._kept) >= _MOST_VALUES:
            return value
        self._kept.append(value)
        self._done[id(value)] = value
        self._depth += 1
        new = self._function(value) if kind is FunctionType else self._wrapper(value, kind)
        self._done[id(value)] = new
        if new is value and self._is_over:
            self._inside(value, kind)
        self._depth -= 1
        return new

    def _function(self, function: FunctionType) -> FunctionType:
        new = function
        if function.__globals__ is self._job:
            new = self._functions.get(id(function)) or self._copy(function)
        if self._is_over:
            # What a decorator wraps, and functions that call each other, live in closures.
            for cell in function.__closure__ or ():
                self._cell(cell)
        return new

    def _copy(self, function: FunctionType) -> FunctionType:
        new: Any = FunctionType(function.__code__, self._notebook, function.__name__, None, function.__closure__)
        # Before what it holds is looked at: a recursive function is in a cell of its own.
        self._functions[id(function)] = self._done[id(function)] = new
        new.__defaults__ = self._of(function.__defaults__)
        new.__kwdefaults__ = function.__kwdefaults__
        new.__qualname__ = function.__qualname__
        new.__module__ = function.__module__
        new.__doc__ = function.__doc__
        for name in _ANNOTATIONS:
            setattr(new, name, self._of(getattr(function, name)))
        new.__dict__.update({name: self._of(value) for name, value in vars(function).items()})
        return new  # type: ignore[no-any-return] # a function with every attribute

    def _wrapper(self, value: Any, kind: type) -> Any:
        """The same around another function, where that cannot be put into it."""
        if kind in (staticmethod, classmethod):
            function = self._of(value.__func__)
            return value if function is value.__func__ else kind(function)
        if kind is property:
            accessors = [value.fget, value.fset, value.fdel]
            rebound = [self._of(accessor) for accessor in accessors]
            return property(rebound[0], rebound[1], rebound[2], value.__doc__) if _differ(rebound, accessors) else value
        if kind is MethodType:
            function, owner = self._of(value.__func__), self._of(value.__self__)
            return value if function is value.__func__ and owner is value.__self__ else MethodType(function, owner)
        if kind is functools.partial:
            parts = [value.func, *value.args, *value.keywords.values()]
            rebound = [self._of(part) for part in parts]
            if not _differ(rebound, parts):
                return value
            function, *arguments = rebound
            count = len(value.args)
            keywords = dict(zip(value.keywords, arguments[count:], strict=True))
            return functools.partial(function, *arguments[:count], **keywords)
        if kind is functools._lru_cache_wrapper:
            function = self._of(value.__wrapped__)
            if function is value.__wrapped__:
                return value
            return functools.lru_cache(**value.cache_parameters())(function)
        if kind is tuple and len(value) <= _MOST_ITEMS:
            rebound = [self._of(item) for item in value]
            return tuple(rebound) if _differ(rebound, value) else value
        return value

    def _inside(self, value: Any, kind: type) -> None:
        """Replace functions in what can hold them."""
        if kind is list and len(value) <= _MOST_ITEMS:
            for index, item in enumerate(value.copy()):
                new = self._of(item)
                if new is not item:
                    value[index] = new
        elif kind is dict and len(value) <= _MOST_ITEMS:
            self._dictionary(value)
        elif kind is functools.cached_property:
            value.func = self._of(value.func)
        elif type in type.mro(kind):
            for base in type.mro(value):
                self._class(base)
        elif self._is_from_here(kind):
            self._of(kind)
            try:
                attributes = object.__getattribute__(value, "__dict__")
            except AttributeError:
                return
            if type(attributes) is dict and len(attributes) <= _MOST_ITEMS:
                self._dictionary(attributes)

    def _class(self, value: type) -> None:
        if not self._is_from_here(value):
            return
        for name, member in list(type.__getattribute__(value, "__dict__").items()):
            new = self._of(member)
            if new is not member:
                # Not `setattr`, which a metaclass may have made the user's code, and an enumeration refuses.
                type.__setattr__(value, name, new)

    def _is_from_here(self, value: type) -> bool:
        return bool(type.__getattribute__(value, "__module__") == self._job.get("__name__"))

    def _dictionary(self, values: dict[Any, Any]) -> None:
        for key, item in list(values.items()):
            new = self._of(item)
            if new is not item:
                values[key] = new

    def _cell(self, cell: CellType) -> None:
        try:
            content = cell.cell_contents
        except ValueError:  # not assigned yet
            return
        new = self._of(content)
        if new is not content:
            cell.cell_contents = new


_HOLD_NO_FUNCTIONS = frozenset({type(None), bool, int, float, complex, str, bytes, bytearray, range})

# From 3.14 on they are computed by a function, which is not to be called for this.
_ANNOTATIONS = [
    name
    for name in ("__annotate__" if hasattr(FunctionType, "__annotate__") else "__annotations__", "__type_params__")
    if hasattr(FunctionType, name)
]


def _differ(new: Iterable[Any], old: Iterable[Any]) -> bool:
    return any(a is not b for a, b in zip(new, old, strict=True))
