"""Imports of what a notebook has imported already, as cells have them on top that were run before."""

from __future__ import annotations

import ast
import sys
from typing import Any


def remove_repeated_imports(tree: ast.Module, notebook: dict[str, Any]) -> None:
    """Take those imports out of the code that leave every name of the notebook as it is."""
    _Repeated(notebook).visit(tree)


class _Repeated(ast.NodeTransformer):
    def __init__(self, notebook: dict[str, Any]) -> None:
        self._notebook = notebook

    def visit_Import(self, node: ast.Import) -> ast.stmt:
        for alias in node.names:
            name = alias.asname or alias.name.partition(".")[0]
            module = sys.modules.get(alias.name)
            bound = module if alias.asname else sys.modules.get(name)
            if module is None or self._notebook.get(name) is not bound:
                return node
        return ast.copy_location(ast.Pass(), node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.stmt:
        contents = getattr(sys.modules.get(node.module or ""), "__dict__", {})
        for alias in node.names:
            value = contents.get(alias.name)
            if value is None or self._notebook.get(alias.asname or alias.name) is not value:
                return node
        return ast.copy_location(ast.Pass(), node)
