"""From a job's code, as it stands in the cell, to something that can run."""

from __future__ import annotations

import ast
import inspect
from dataclasses import dataclass
from types import CodeType
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.interactiveshell import InteractiveShell


@dataclass(frozen=True, slots=True)
class CompiledSource:
    """Code of a job, ready to run: the statements, and the expression at their end if there is one."""

    statements: CodeType
    expression: CodeType | None
    is_async: bool
    """Whether there is an `await` at the top level."""
    shows_value: bool
    """Whether the expression's value is to be shown: it is not if a semicolon follows."""

    def run(self, names: dict[str, Any]) -> Any:
        """Run in `names`, and return the value of the expression. Must not be called if `is_async`."""
        exec(self.statements, names)
        return None if self.expression is None else eval(self.expression, names)

    async def run_async(self, names: dict[str, Any]) -> Any:
        """The same for code with an `await` at the top level."""
        value = None
        for code in (self.statements, self.expression):
            if code is not None:
                # eval() of statements with a top-level await returns a coroutine, as IPython's run_code uses it.
                value = eval(code, names)
                if _is_coroutine(code):
                    value = await value
        return None if self.expression is None else value


def _is_coroutine(code: CodeType) -> bool:
    return bool(code.co_flags & inspect.CO_COROUTINE)


def compile_source(
    shell: InteractiveShell, text: str, *, job_id: int, first_line: int, execution_count: int | None
) -> CompiledSource:
    """Compile IPython code (magics and `!cmd` included).

    `first_line` is the line of the cell, counted from 1, on which `text` begins, so that tracebacks show the cell's
    line numbers. Raises `SyntaxError`.
    """
    transformed = "\n" * (first_line - 1) + shell.transform_cell(text)
    # The compiler names code by its text. With the id in it, two jobs of one cell, or a job and an ordinary cell with
    # the same text, do not overwrite each other's lines in tracebacks.
    file_name = shell.compile.cache(
        transformed,
        "*" if execution_count is None else execution_count,  # type: ignore[arg-type] # only ever printed
        raw_code=f"{text}\n# job {job_id}",
    )
    tree = shell.transform_ast(shell.compile.ast_parse(transformed, filename=file_name))
    last = tree.body[-1] if tree.body else None
    expression = None
    if isinstance(last, ast.Expr) and shell.ast_node_interactivity != "none":
        tree.body.pop()
        expression = ast.Expression(last.value)
    flags = shell.compile.flags | (ast.PyCF_ALLOW_TOP_LEVEL_AWAIT if shell.autoawait else 0)

    def compiled(node: ast.Module | ast.Expression, mode: str) -> CodeType:
        code = compile(node, file_name, mode, flags, dont_inherit=True)
        assert isinstance(code, CodeType)
        return code

    statements = compiled(tree, "exec")
    value = None if expression is None else compiled(expression, "eval")
    return CompiledSource(
        statements,
        value,
        is_async=_is_coroutine(statements) or (value is not None and _is_coroutine(value)),
        shows_value=not DisplayHook.semicolon_at_end_of_expression(transformed),
    )
