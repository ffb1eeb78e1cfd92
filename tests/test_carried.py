"""What the page carries is the package's code, line by line."""

from __future__ import annotations

import ast

import pytest
from harness import PACKAGE, carried_files


def without_docstrings(source: str) -> str:
    """The syntax tree with its line numbers, every docstring made empty. Columns change with the indentation."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            node.value = ast.Constant("", lineno=node.lineno, col_offset=0, end_lineno=0, end_col_offset=0)
            node.end_lineno = node.end_col_offset = 0
            node.value.kind = None
    for node in ast.walk(tree):
        # A body that ends in a docstring ends earlier without it.
        for attribute in ("end_lineno", "col_offset", "end_col_offset"):
            if hasattr(node, attribute):
                setattr(node, attribute, 0)
    return ast.dump(tree, include_attributes=True)


@pytest.mark.parametrize("name", sorted(carried_files()))
def test_the_carried_code_is_the_packages(name: str) -> None:
    original = (PACKAGE.parent / name).read_text("utf-8")
    assert without_docstrings(carried_files()[name]) == without_docstrings(original)


def test_every_file_is_carried() -> None:
    names = {
        path.relative_to(PACKAGE.parent).as_posix()
        for path in PACKAGE.rglob("*.py")
        if path.name != "_version.py" and "labextension" not in path.parts
    }
    assert set(carried_files()) == names
