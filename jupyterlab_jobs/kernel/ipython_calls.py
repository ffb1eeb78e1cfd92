"""How IPython writes magics and shell commands as Python."""

from __future__ import annotations

import ast


def ipython_call(node: ast.Call) -> tuple[str, ...] | None:
    """The method and the arguments of `get_ipython().method("…", "…")`; None for any other call."""
    match node.func:
        case ast.Attribute(value=ast.Call(func=ast.Name(id="get_ipython"), args=[], keywords=[]), attr=method):
            arguments = [
                argument.value
                for argument in node.args
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
            ]
            return (method, *arguments) if len(arguments) == len(node.args) else None
        case _:
            return None
