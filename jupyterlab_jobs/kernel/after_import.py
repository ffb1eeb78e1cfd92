"""Waits for modules that are perhaps never imported."""

from __future__ import annotations

import functools
import importlib
import sys
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from .replacements import Replacements

Hook = Callable[[Any], None]


def after_import(replacements: Replacements, hooks: dict[str, Hook]) -> None:
    """Call hooks with modules, by their name: now if it was imported already, else when it is.

    A hook is called in the thread that imports, before anybody else can use the module.
    """
    # First, so that a module which is imported meanwhile is not missed.
    finder = _Finder(hooks)
    sys.meta_path.insert(0, finder)
    replacements.add(finder.remove)
    for name in hooks:
        if name in sys.modules:
            # Not from there: another thread may be in the middle of importing it.
            finder.call(name, importlib.import_module(name))


class _Finder(MetaPathFinder):
    """Finds nothing by itself: has the others find the module, and adds the hook to its loader."""

    def __init__(self, hooks: dict[str, Hook]) -> None:
        self._hooks = dict(hooks)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in self._hooks:
            return None
        for finder in sys.meta_path:
            if finder is not self:
                spec = finder.find_spec(fullname, path, target)
                if spec is not None:
                    if spec.loader is not None:
                        loader: Any = spec.loader
                        loader.exec_module = functools.partial(self._execute, loader, loader.exec_module)
                    return spec
        return None

    def call(self, name: str, module: ModuleType) -> None:
        """Call the hook for a module, once."""
        hook = self._hooks.pop(name, None)
        if hook is not None:
            hook(module)

    def remove(self) -> None:
        """Wait no longer."""
        self._hooks.clear()
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def _execute(self, loader: Loader, execute: Callable[[ModuleType], None], module: ModuleType) -> None:
        del loader.exec_module  # the one that was put into the object
        execute(module)
        self.call(module.__name__, module)
