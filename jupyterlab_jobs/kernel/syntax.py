"""What `%job` and `%jobs` accept, and which jobs a cell holds."""

from __future__ import annotations

import argparse
import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic_arguments import MagicArgumentParser

from .ipython_calls import ipython_call

if TYPE_CHECKING:
    from .job import Job

# A word of the options: quotes may hold blanks.
_WORD = re.compile(r"""\s*((?:[^\s"']|"[^"]*"|'[^']*')+)""")

_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s?)?")

_JOB_ALONE = re.compile(r"^%job(?=\s|$)")


@dataclass(frozen=True, slots=True)
class JobOptions:
    """The options of one `%job`."""

    name: str | None = None
    timeout: float | None = None
    """Seconds after which the job is killed."""
    shared: bool = False
    """Whether it runs in the notebook's own namespace."""
    after: tuple[Job | int | str, ...] = ()
    """Jobs after which it starts, or their numbers or names."""
    now: bool = False
    """Whether it waits neither for cells nor for its turn."""
    quiet: bool = False
    """Whether what it writes is shown in the panel only."""
    as_cell: bool = False
    """Whether the line of `%%job` is not one of the cell's: the page has put it there."""
    notify: bool = False
    """Whether the page tells the user of its end."""
    on: str | None = None
    """The name of the backend; None for the user's default."""


@dataclass(frozen=True, slots=True)
class JobCall:
    """One `%job` or `%%job` of a cell."""

    options: JobOptions
    code: str
    first_line: int
    """The line of the cell, counted from 1, on which `code` begins."""


class _OptionParser(MagicArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> Any:
        raise UsageError(f"%job: {message}; options are: {self.options_help()}")

    def shown_actions(self) -> list[argparse.Action]:
        """The options that users are told of."""
        return [action for action in self._actions if action.option_strings and action.help != argparse.SUPPRESS]

    def options_help(self) -> str:
        actions = self.shown_actions()
        return ", ".join(
            f"{action.option_strings[0]} {action.metavar}" if action.metavar else action.option_strings[0]
            for action in actions
        )


_parser = _OptionParser("%job", add_help=False)  # type: ignore[no-untyped-call] # IPython's
_parser.allow_abbrev = False
_parser.add_argument("--name", metavar="NAME", help="what the panel calls the job")
_parser.add_argument("--timeout", metavar="DURATION", help="kill the job after 90, 90s, 5m or 1h30m")
_parser.add_argument("--after", metavar="JOB[,JOB…]", help="start when these jobs have finished")
_parser.add_argument("--now", action="store_true", help="wait neither for cells nor for a place")
_parser.add_argument("--quiet", action="store_true", help="show what it writes in the panel only")
_parser.add_argument("--notify", action="store_true", help="tell when it has ended")
_parser.add_argument("--on", metavar="BACKEND", help="where it runs: thread, process, dask")
_parser.add_argument("-p", dest="on", action="store_const", const="process", help="run in a process of its own")
_parser.add_argument("--shared", action="store_true", help="run in the notebook's own namespace, as a cell does")
_parser.add_argument("--as-cell", action="store_true", help=argparse.SUPPRESS)


def option_strings() -> list[str]:
    """The options of `%job`."""
    return [action.option_strings[0] for action in _parser.shown_actions()]


def split_options(line: str) -> tuple[JobOptions, str]:
    """The options at the beginning of a line, and the code after them; raises `UsageError`.

    The first word that is not an option ends them, and so does `--`.
    """
    words: list[str] = []
    position = 0
    while match := _WORD.match(line, position):
        word = match.group(1)
        if word == "--":
            position = match.end()
            break
        if not re.match(r"--?[A-Za-z]", word):
            break
        words.append(word)
        position = match.end()
        action = _parser._option_string_actions.get(word)
        if action is not None and action.nargs != 0:
            value = _WORD.match(line, position)
            if value is not None:
                words.append(value.group(1))
                position = value.end()
    options = _parser.parse_args([_unquoted(word) for word in words])
    if options.shared and options.on not in (None, "thread"):
        raise UsageError("%job: --shared is for a job in a thread: another process has no names of the notebook")
    found = JobOptions(
        name=options.name,
        timeout=None if options.timeout is None else parse_duration(options.timeout),
        shared=options.shared,
        after=_listed(options.after),
        now=options.now,
        quiet=options.quiet,
        notify=options.notify,
        on=options.on,
        as_cell=options.as_cell,
    )
    return found, line[position:].strip()


def _listed(text: str | None) -> tuple[str, ...]:
    """The parts of `3,5`; raises `UsageError` where there is none."""
    if text is None:
        return ()
    parts = tuple(part.strip() for part in text.split(",") if part.strip())
    if not parts:
        raise UsageError("%job: --after needs the number or the name of a job; write --after 3 or --after 3,5")
    return parts


def parse_duration(text: str) -> float:
    """Seconds from `90`, `90s`, `5m` or `1h30m`; raises `UsageError`."""
    match = _DURATION.fullmatch(text)
    seconds = 0.0
    if match is not None:
        hours, minutes, rest = (float(part or 0) for part in match.groups())
        seconds = 3600 * hours + 60 * minutes + rest
    if seconds <= 0:
        raise UsageError(f"%job: {text!r} is not a duration; write 90, 90s, 5m or 1h30m")
    return seconds


def _unquoted(word: str) -> str:
    return re.sub(r"\"([^\"]*)\"|'([^']*)'", lambda match: match.group(1) or match.group(2) or "", word)


def parse_line(line: str, first_line: int) -> JobCall:
    """What `%job line` asks for; raises `UsageError`."""
    options, code = split_options(line)
    if not code:
        raise UsageError("%job: no code; write `%job f(x)`, or `%%job` on the first line of a cell")
    return JobCall(options, code, first_line)


def parse_cell(line: str, body: str) -> JobCall:
    """What `%%job line` above a body asks for; raises `UsageError`."""
    options, rest = split_options(line)
    if rest:
        raise UsageError(f"%%job: only options may stand on its line, found {rest!r}; the code goes below")
    if not body.strip():
        raise UsageError("%%job: no code below")
    return JobCall(options, body, first_line=1 if options.as_cell else 2)


def cell_magic_for_job_alone(lines: list[str]) -> list[str]:
    """Input transformation: `%job [options]` alone on the first line, with a body below, is `%%job`."""
    for index, line in enumerate(lines):
        if not line.strip():
            continue
        match = _JOB_ALONE.match(line)
        if match and any(text.strip() for text in lines[index + 1 :]):
            try:
                _, code = split_options(line[match.end() :])
            except UsageError:
                return lines  # the magic itself says what is wrong
            if not code:
                return [*lines[:index], "%" + line, *lines[index + 1 :]]
        break
    return lines


def jobs_of_cell(shell: InteractiveShell, text: str) -> list[JobCall] | None:
    """The jobs of a cell that holds nothing but jobs; None if it holds anything else.

    IPython's own transformation does the parsing, so that both lanes understand a cell in the same way. Raises
    `SyntaxError` and `UsageError`.
    """
    calls = []
    for statement in ast.parse(shell.transform_cell(text)).body:
        match statement:
            case ast.Expr(value=ast.Call() as call) | ast.Assign(targets=[ast.Name()], value=ast.Call() as call):
                magic = ipython_call(call)
            case _:
                return None
        match magic:
            case ("run_line_magic", "job", line):
                calls.append(parse_line(line, statement.lineno))
            case ("run_cell_magic", "job", line, body):
                calls.append(parse_cell(line, body))
            case _:
                return None
    return calls
