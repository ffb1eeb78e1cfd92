"""What a cell is about to bind, and what the code of a job reads."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from IPython.core.interactiveshell import InteractiveShell

from .code_names import NO_NAMES, Names, any_name_because_of, compiled, names_of, reached_from
from .definite_names import reads_before_binding
from .in_place import changed_in_place
from .ipython_calls import ipython_call
from .magic_names import effect_of
from .repeated_imports import remove_repeated_imports

_ISOLATED = "__isolated__"

_RESULTS = frozenset({"_", "__", "___", "Out", "_oh"})
"""What IPython binds where a cell ends with an expression."""


def bound_by(shell: InteractiveShell, cells: Sequence[str]) -> list[Names]:
    """For each of the cells, which run in this order, the names that it binds, deletes, or changes in place.

    In place is what a statement says: `data["x"] = 1`, `options.depth = 2`, and `urls.append(url)` where the value is
    not used. A change that a function makes to what it was given is not seen. An import of what the notebook has
    imported already binds nothing. May be called in any thread.
    """
    result = []
    to_come: dict[str, frozenset[str]] = {}  # what functions bind that a cell before is about to define, by their names
    for text in cells:
        try:
            cell = _Cell(shell, text)
            in_place = changed_in_place(cell.tree, shell.user_ns)
            remove_repeated_imports(cell.tree, shell.user_ns)
            found = names_of(compiled(cell.tree), is_top_level=True)
        except (SyntaxError, ValueError):
            result.append(NO_NAMES)  # it will fail, before it has done anything
            continue
        reached = reached_from(found.reads, shell.user_ns)
        called = frozenset[str]().union(*(to_come[name] for name in found.reads if name in to_come))
        because_of = any_name_because_of(found.reads, shell.user_ns)
        binds = (
            Names(found.binds | found.binds_in_functions | called, because_of)
            | Names(in_place)
            | cell.binds
            | reached.binds
        )
        if _shows_value(cell.tree):
            binds |= Names(_RESULTS)
        result.append(binds)
        to_come |= dict.fromkeys(found.binds, found.binds_in_functions | called)
    return result


def read_by(shell: InteractiveShell, code: str) -> Names:
    """The notebook's names that code reads, also through the notebook's functions; raises `SyntaxError`.

    May be called in any thread.
    """
    cell = _Cell(shell, code)
    reads = reads_before_binding(cell.tree)
    every = names_of(compiled(cell.tree), is_top_level=True).reads
    because_of = any_name_because_of(every, shell.user_ns)
    direct = Names(frozenset(reads), because_of) | cell.reads
    return direct | reached_from(direct.names, shell.user_ns).reads


class _Cell:
    """The Python of a cell, with magics replaced by the code that they run, and what these do beside that."""

    def __init__(self, shell: InteractiveShell, text: str) -> None:
        self.reads = NO_NAMES
        self.binds = NO_NAMES
        self._shell = shell
        self.tree = self._parse(text)

    def _parse(self, text: str) -> ast.Module:
        try:
            tree = ast.parse(self._shell.input_transformer_manager.transform_cell(text))
        except SyntaxError:
            # A magic without its `%`. Only now, because IPython looks at values for it, and may run code of the user's.
            tree = ast.parse(self._shell.transform_cell(text))
        return ast.fix_missing_locations(_MagicsReplaced(self).visit(tree))  # type: ignore[no-any-return] # a Module

    def replacement(self, call: tuple[str, ...]) -> list[ast.stmt]:
        """The statements that a magic runs."""
        effect = effect_of(call)
        self.reads |= effect.reads
        self.binds |= effect.binds
        if effect.python is None:
            return []
        statements = self._parse(effect.python).body
        if not effect.is_isolated or not statements:
            return statements
        function: ast.FunctionDef = ast.parse(f"async def {_ISOLATED}(): pass").body[0]  # type: ignore[assignment] # just that
        function.body = statements
        return [function]


class _MagicsReplaced(ast.NodeTransformer):
    def __init__(self, cell: _Cell) -> None:
        self._cell = cell

    def visit_Expr(self, node: ast.Expr) -> Any:
        call = ipython_call(node.value) if isinstance(node.value, ast.Call) else None
        if call is None:
            return self.generic_visit(node)
        return self._cell.replacement(call) or ast.Pass()

    def visit_Call(self, node: ast.Call) -> Any:
        call = ipython_call(node)
        if call is None:
            return self.generic_visit(node)
        found = names_of(compiled(ast.Module(self._cell.replacement(call), [])), is_top_level=True)
        self._cell.reads |= Names(found.reads)
        self._cell.binds |= Names(found.binds | found.binds_in_functions)
        return ast.Constant(None)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> Any:
        if any(alias.name == "*" for alias in node.names):
            self._cell.binds |= Names(any_because_of="import *")
            self._cell.reads |= Names(any_because_of="import *")
        return node


def _shows_value(tree: ast.Module) -> bool:
    return bool(tree.body) and isinstance(tree.body[-1], ast.Expr)


@dataclass(frozen=True, slots=True)
class Dependency:
    """A cell for which a job has to wait, and why."""

    index: int
    """Which of the cells."""
    reason: str
    """``it defines `urls` ``."""


def dependencies(shell: InteractiveShell, cells: Sequence[str], code: str) -> list[Dependency]:
    """For which of the cells ahead a job with this code has to wait; raises `SyntaxError`.

    May be called in any thread.
    """
    reads = read_by(shell, code)
    found = []
    for index, binds in enumerate(bound_by(shell, cells)):
        reason = _overlap(binds, reads, shell.user_ns)
        if reason is not None:
            found.append(Dependency(index, reason))
    return found


def _overlap(binds: Names, reads: Names, notebook: dict[str, Any]) -> str | None:
    common = binds.names & reads.names
    common |= {name for name in reads.names if _is_numbered(name)}
    if common:
        return f"it defines {_listed(common)}"
    named = binds.names - _RESULTS
    if reads.any_because_of and (named or binds.any_because_of):
        what = _listed(named) if named else f"names by {binds.any_because_of}"
        return f"it defines {what}, and the job may read any name by {reads.any_because_of}"
    own = [name for name in reads.names if name in notebook or not hasattr(builtins, name)]
    if binds.any_because_of and own:
        return f"it may define any name by {binds.any_because_of}"
    return None


def _is_numbered(name: str) -> bool:
    """Whether a name is one of those that every cell shifts: `_12`, `_i`, `In`."""
    return name in {"In", "_i", "_ii", "_iii", "_ih"} or name.lstrip("_i").isdigit()


def _listed(names: Iterable[str]) -> str:
    shown = [f"`{name}`" for name in sorted(names)]
    return ", ".join(shown[:3]) + (f" and {len(shown) - 3} more" if len(shown) > 3 else "")
