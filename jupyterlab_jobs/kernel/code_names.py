"""The notebook's names that code reads and binds, as its bytecode shows: also that of the functions that it calls."""

from __future__ import annotations

import ast
import builtins
import dis
import functools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import CodeType, FunctionType, MethodType
from typing import Any

_READS = {"LOAD_NAME", "LOAD_GLOBAL", "LOAD_FROM_DICT_OR_GLOBALS"}
_BINDS_AT_TOP_LEVEL = {"STORE_NAME", "DELETE_NAME"}
_BINDS = {"STORE_GLOBAL", "DELETE_GLOBAL"}

_MOST_FUNCTIONS = 1_000
"""How many are looked at, on a thread on which kills wait."""

_ACCESS_ANY_NAME = {"eval", "exec", "get_ipython", "globals", "locals"}
"""Built-in functions whose caller may read and bind any name."""


@dataclass(frozen=True, slots=True)
class Names:
    """Some of the notebook's names, or any of them."""

    names: frozenset[str] = frozenset()
    any_because_of: str | None = None
    """What makes it impossible to know them all, as it stands in the code."""

    def __or__(self, other: Names) -> Names:
        return Names(self.names | other.names, self.any_because_of or other.any_because_of)


NO_NAMES = Names()


@dataclass(frozen=True, slots=True)
class CodeNames:
    """What a piece of code does with names that are not its own."""

    reads: frozenset[str]
    binds: frozenset[str]
    """Assigned or deleted at the top level."""
    binds_in_functions: frozenset[str]
    """The same by `global` in functions that it defines."""


def names_of(code: CodeType, *, is_top_level: bool = False) -> CodeNames:
    """The names in code, and in the functions, classes and comprehensions that it contains."""
    reads: set[str] = set()
    binds: set[str] = set()
    inner: set[str] = set()
    for instruction in dis.get_instructions(code):
        if instruction.opname in _READS:
            reads.add(instruction.argval)
        elif instruction.opname in _BINDS or (is_top_level and instruction.opname in _BINDS_AT_TOP_LEVEL):
            (binds if is_top_level else inner).add(instruction.argval)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            nested = names_of(constant)
            reads |= nested.reads
            inner |= nested.binds_in_functions
    return CodeNames(frozenset(reads), frozenset(binds), frozenset(inner))


def compiled(node: ast.Module | ast.Expression) -> CodeType:
    """Compile code that may hold an `await` at the top level; raises `SyntaxError` or `ValueError`."""
    mode = "exec" if isinstance(node, ast.Module) else "eval"
    code = compile(node, "<names>", mode, ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    assert isinstance(code, CodeType)
    return code


def is_builtin(name: str, notebook: Mapping[str, Any]) -> bool:
    """Whether a name means Python's own object."""
    return name not in notebook and (hasattr(builtins, name) or name == "get_ipython")


def has_type(value: Any, *types: type) -> bool:
    """`isinstance`, without running code of the user's, as an object's `__class__` may be."""
    return not set(types).isdisjoint(type.mro(type(value)))


def any_name_because_of(reads: Iterable[str], notebook: Mapping[str, Any]) -> str | None:
    """What in these names makes it impossible to know which others are read and bound."""
    for name in sorted(_ACCESS_ANY_NAME.intersection(reads)):
        if name == "get_ipython" or is_builtin(name, notebook):
            return f"{name}()"
    return None


@dataclass(frozen=True, slots=True)
class Reached:
    """What functions of the notebook do when they are called, and those that they call."""

    reads: Names
    binds: Names


def reached_from(names: Iterable[str], notebook: dict[str, Any]) -> Reached:
    """Follow names to the notebook's functions, classes and their instances, and the names in these further.

    Nothing of the user's is called, and no container is looked into. May be called in any thread.
    """
    reads: set[str] = set()
    binds: set[str] = set()
    unknown: str | None = None
    seen_names = set(names)
    waiting = list(seen_names)
    seen_codes: set[CodeType] = set()
    while waiting and unknown is None:
        value = notebook.get(waiting.pop())
        for code in _codes_of(value, notebook):
            if code in seen_codes:
                continue
            seen_codes.add(code)
            found = names_of(code)
            unknown = unknown or any_name_because_of(found.reads, notebook)
            reads |= found.reads
            binds |= found.binds_in_functions
            waiting += found.reads - seen_names
            seen_names |= found.reads
        if len(seen_codes) > _MOST_FUNCTIONS:
            unknown = "the number of functions"
    return Reached(Names(frozenset(reads), unknown), Names(frozenset(binds), unknown))


def _codes_of(value: Any, notebook: dict[str, Any]) -> Iterator[CodeType]:
    """The code that may run when a value is used, as far as it sees the notebook's names."""
    waiting = [value]
    seen: set[int] = set()
    while waiting:
        value = waiting.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        kind = type(value)
        # By the exact types, whose attributes are read without running code of the user's.
        if kind is FunctionType:
            if value.__globals__ is notebook:
                yield value.__code__
            waiting += [value.__dict__.get("__wrapped__"), *_contents(value)]
        elif kind is MethodType:
            waiting += [value.__func__, value.__self__]
        elif kind is functools.partial:
            waiting += [value.func, *value.args, *value.keywords.values()]
        elif kind is functools._lru_cache_wrapper:
            waiting.append(value.__wrapped__)
        elif kind in (staticmethod, classmethod):
            waiting.append(value.__func__)
        elif kind is property:
            waiting += [value.fget, value.fset, value.fdel]
        elif has_type(value, type):
            for base in type.mro(value):
                if type.__getattribute__(base, "__module__") == notebook.get("__name__"):
                    waiting += [*type.__getattribute__(base, "__dict__").values()]
        elif type.__getattribute__(kind, "__module__") == notebook.get("__name__"):
            waiting.append(kind)


def _contents(function: FunctionType) -> Iterator[Any]:
    for cell in function.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:  # not assigned yet
            continue
