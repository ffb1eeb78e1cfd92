"""Which names code reads that it may not have bound itself by then."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import Any, TypeVar

from .code_names import compiled, names_of


def reads_before_binding(tree: ast.Module) -> set[str]:
    """The global names that a module reads and that may not be its own by then, whatever way it takes.

    What functions read counts from the first statement on that is no definition: before that none of them can have been
    called. Raises `SyntaxError` or `ValueError` for what cannot be compiled.
    """
    reads = _Reads()
    reads.follow(tree.body, frozenset())
    return reads.names


class _Reads:
    def __init__(self) -> None:
        self.names: set[str] = set()

    def follow(self, statements: Iterable[ast.stmt], before: frozenset[str]) -> frozenset[str]:
        """Add what is read; returns the names that are bound for certain after the statements."""
        bound = set(before)
        in_functions: set[str] = set()
        for statement in statements:
            if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                at_once = _names_read(_heads_only(statement))
                self.names |= at_once - bound
                in_functions |= _names_read(statement) - at_once
                if statement.decorator_list:  # a decorator may call it
                    self.names |= in_functions - bound
                bound.add(statement.name)
            else:
                self.names |= in_functions - bound
                self._statement(statement, bound)
        self.names |= in_functions - bound
        return frozenset(bound)

    def _statement(self, statement: ast.stmt, bound: set[str]) -> None:
        """Add what is read, and what is bound for certain afterwards to `bound`."""
        match statement:
            case ast.Pass() | ast.Break() | ast.Continue():
                pass
            case ast.For() | ast.AsyncFor():
                self._read(statement.iter, bound)
                inside = bound | self._targets(statement.target, bound)
                self.follow(statement.body, frozenset(inside))
                self.follow(statement.orelse, frozenset(bound))
            case ast.While():
                self._read(statement.test, bound)
                self.follow(statement.body, frozenset(bound))
                self.follow(statement.orelse, frozenset(bound))
            case ast.If():
                self._read(statement.test, bound)
                branches = (statement.body, statement.orelse)
                after = [self.follow(branch, frozenset(bound)) for branch in branches]
                bound |= after[0] & after[1]
            case ast.With() | ast.AsyncWith():
                for item in statement.items:
                    self._read(item.context_expr, bound)
                    if item.optional_vars is not None:
                        bound |= self._targets(item.optional_vars, bound)
                # A context manager may swallow an exception from anywhere in the block.
                self.follow(statement.body, frozenset(bound))
            case ast.Match():
                self._read(statement.subject, bound)
                for case in statement.cases:
                    self._case(case, bound)
            case ast.Delete():
                self.names |= _names_in(statement, ast.Load) | (_names_in(statement, ast.Del) - bound)
                bound -= _names_in(statement, ast.Del)
            case _ if hasattr(statement, "handlers"):  # `try`, or `try` with `except*`
                self._try(statement, bound)
            case _:
                self.names |= _names_read(statement) - bound
                bound |= _bound_by_simple(statement)

    def _read(self, expression: ast.expr, bound: set[str]) -> None:
        self.names |= _names_read(expression) - bound
        bound |= _walruses(expression)

    def _targets(self, target: ast.expr, bound: set[str]) -> set[str]:
        """The names that an assignment to `target` binds."""
        self.names |= _names_in(target, ast.Load) - bound
        return _names_in(target, ast.Store)

    def _case(self, case: ast.match_case, before: set[str]) -> None:
        self.names |= _names_in(case.pattern, ast.Load) - before
        bound = before | _captures(case.pattern)
        if case.guard is not None:
            self._read(case.guard, bound)
        self.follow(case.body, frozenset(bound))

    def _try(self, statement: Any, bound: set[str]) -> None:
        before = frozenset(bound)
        tried = self.follow(statement.body, before)
        for handler in statement.handlers:
            if handler.type is not None:
                self._read(handler.type, bound)
            self.follow(handler.body, before | {handler.name} if handler.name else before)
        self.follow(statement.orelse, tried)
        bound |= self.follow(statement.finalbody, before)


_HAVE_STATEMENTS = (ast.stmt, ast.excepthandler, ast.match_case)

_N = TypeVar("_N", bound="ast.stmt | ast.excepthandler | ast.match_case")


def _heads_only(node: _N) -> _N:
    """Leaves of functions what runs when they are defined: decorators, defaults, annotations."""
    # No `copy.deepcopy`: it follows what others hang on nodes. `executing`, with which IPython makes tracebacks, gives
    # each its parent; and a `Load()` is the same object in all trees.
    fields: dict[str, Any] = {}
    for name, value in ast.iter_fields(node):
        if name == "body" and isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            fields[name] = [ast.copy_location(ast.Pass(), node)]
        elif isinstance(value, list):
            fields[name] = [_heads_only(item) if isinstance(item, _HAVE_STATEMENTS) else item for item in value]
        else:
            fields[name] = value
    return ast.copy_location(type(node)(**fields), node)


def _names_read(node: ast.stmt | ast.expr) -> frozenset[str]:
    tree = ast.Expression(node) if isinstance(node, ast.expr) else ast.Module([node], [])
    return names_of(compiled(tree), is_top_level=True).reads


def _names_in(node: ast.AST, context: type[ast.expr_context]) -> set[str]:
    return {name.id for name in ast.walk(node) if isinstance(name, ast.Name) and isinstance(name.ctx, context)}


def _bound_by_simple(statement: ast.stmt) -> set[str]:
    match statement:
        case ast.Assign() | ast.AugAssign() | ast.AnnAssign(value=ast.expr()):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            value: Any = statement.value
            return set[str]().union(*(_names_in(target, ast.Store) for target in targets)) | _walruses(value)
        case ast.Import() | ast.ImportFrom():
            return {alias.asname or alias.name.partition(".")[0] for alias in statement.names}
        case ast.Expr(value=value):
            return _walruses(value)
        case _:
            return set()


def _captures(pattern: ast.pattern) -> set[str]:
    names = set()
    for node in ast.walk(pattern):
        match node:
            case (
                ast.MatchAs(name=str() as name)
                | ast.MatchStar(name=str() as name)
                | ast.MatchMapping(rest=str() as name)
            ):
                names.add(name)
    return names


def _walruses(expression: ast.expr) -> set[str]:
    """The names that are bound by `:=` wherever an expression is evaluated as far as its beginning."""
    names = set()
    node: ast.AST | None = expression
    while node is not None:
        match node:
            case ast.NamedExpr():
                names.add(node.target.id)
                node = node.value
            case ast.Compare():
                node = node.left
            case ast.UnaryOp():
                node = node.operand
            case ast.BoolOp():
                node = node.values[0]
            case _:
                node = None
    return names
