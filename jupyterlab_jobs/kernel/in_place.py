"""Which values code changes in place, as far as it says so."""

from __future__ import annotations

import ast
from _thread import LockType
from _thread import RLock as RLockType
from concurrent.futures import Executor, Future
from queue import Queue, SimpleQueue
from threading import Barrier, Condition, Event, Semaphore, Thread
from types import ModuleType
from typing import Any

from .api import Jobs
from .code_names import has_type

_FOR_THREADS = (
    Jobs,
    Future,  # a job above all
    Executor,
    Thread,
    Barrier,
    Condition,
    Event,
    Semaphore,
    LockType,
    RLockType,
    Queue,
    SimpleQueue,
)
"""What exists for threads to tell each other something: a job that waited for a cell that waits for the job would wait
for ever."""


def changed_in_place(tree: ast.Module, notebook: dict[str, Any]) -> frozenset[str]:
    """The names of values that get an item or an attribute, or have a method called whose value is not used."""
    imported = {
        alias.asname or alias.name.partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
    }
    changed = set()
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(ctx=ast.Store() | ast.Del()) | ast.Subscript(ctx=ast.Store() | ast.Del()):
                changed.add(_root(node))
            case (
                ast.Expr(value=ast.Await(value=ast.Call(func=ast.Attribute() as method)))
                | ast.Expr(value=ast.Call(func=ast.Attribute() as method))
            ):
                # Functions of modules are called for what they do elsewhere: `time.sleep(1)`.
                name = _root(method)
                if name not in imported and not has_type(notebook.get(name), ModuleType, type, *_FOR_THREADS):
                    changed.add(name)
    return frozenset(changed - {""})


def _root(node: ast.expr) -> str:
    """`a` of `a.b[0].c`; nothing if it does not begin with a name."""
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""
