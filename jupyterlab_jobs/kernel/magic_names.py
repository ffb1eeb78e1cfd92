"""What IPython's magics and shell commands do with the notebook's names."""

from __future__ import annotations

import ast
import re
import string
from dataclasses import dataclass

from .code_names import NO_NAMES, Names, compiled, names_of

# fmt: off
_SCRIPTS = {
    "!", "bash", "perl", "pypy", "python", "python2", "python3", "ruby", "script", "sh", "sx", "system",
}

_TOUCH_NO_NAME = _SCRIPTS | {
    "HTML", "SVG", "alias", "autoreload", "autosave", "bookmark", "cat", "cd", "clear", "cmd", "colors",
    "conda", "config", "connect_info", "cp", "dhist", "dirs", "env", "file", "gui", "hist", "history", "html",
    "javascript", "job", "jobs", "js", "latex", "ldir", "less", "lf", "lk", "ll", "load", "ls", "lsmagic", "lx",
    "mamba", "man", "markdown", "matplotlib", "micromamba", "mkdir", "mv", "page", "pinfo", "pinfo2", "pip",
    "popd", "precision", "psearch", "psource", "pushd", "pwd", "pycat", "quickref", "rehashx", "rm", "rmdir",
    "save", "set_env", "svg", "tb", "unalias", "uv", "writefile", "xmode",
}
# fmt: on

_RUN_PYTHON = frozenset({"prun", "time", "timeit"})

_OPTIONS = re.compile(r"(?:\s*-[A-Za-z]+(?:\s*\d+)?(?=\s|$))*\s*")

_SCRIPT_BINDS = re.compile(r"--(?:out|err|proc)[\s=]+([^\W\d]\w*)")

_DOLLAR = re.compile(r"\$([^\W\d][\w.]*)")


@dataclass(frozen=True, slots=True)
class MagicEffect:
    """What a magic does with names."""

    reads: Names = NO_NAMES
    binds: Names = NO_NAMES
    python: str | None = None
    """Code that it runs."""
    is_isolated: bool = False
    """Whether what that code assigns is its own."""


def effect_of(call: tuple[str, ...]) -> MagicEffect:
    """What an `ipython_call` does with names."""
    match call:
        case ("system" | "getoutput", command):
            return MagicEffect(reads=_interpolated(command))
        case ("run_line_magic", name, line):
            return _magic("%" + name, name, line, None)
        case ("run_cell_magic", name, line, body):
            return _magic("%%" + name, name, line, body)
        case _:
            return _unknown("get_ipython()")


def _magic(shown: str, name: str, line: str, body: str | None) -> MagicEffect:
    if name in _RUN_PYTHON:
        options = _OPTIONS.match(line)
        statement = line[options.end() if options else 0 :]
        return MagicEffect(python="\n".join(filter(None, [statement, body])), is_isolated=name == "timeit")
    if name == "capture" and body is not None:
        words = [word for word in line.split() if not word.startswith("-")]
        return MagicEffect(binds=Names(frozenset(words)), python=body)
    if name not in _TOUCH_NO_NAME or (name == "jobs" and "land" in line.split()):
        return _unknown(shown)
    binds = frozenset(_SCRIPT_BINDS.findall(line)) if name in _SCRIPTS else frozenset[str]()
    # The code of a job is not interpolated before it runs, and lands by its own time.
    return MagicEffect(reads=NO_NAMES if name == "job" else _interpolated(line), binds=Names(binds))


def _unknown(what: str) -> MagicEffect:
    anything = Names(any_because_of=what)
    return MagicEffect(reads=anything, binds=anything)


def _interpolated(text: str) -> Names:
    """The names in `{expression}` and `$name`, which IPython replaces by their values."""
    expressions = [match.group(1) for match in _DOLLAR.finditer(text)]
    try:
        expressions += [field for _, field, _, _ in string.Formatter().parse(text) if field]
    except ValueError:  # IPython leaves the text as it is
        return NO_NAMES
    reads: set[str] = set()
    for expression in expressions:
        try:
            reads |= names_of(compiled(ast.parse(expression.strip(), mode="eval"))).reads
        except (SyntaxError, ValueError):
            continue  # left as it is, too
    return Names(frozenset(reads))
