"""`%%capture` in a job."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from IPython.core.displayhook import DisplayHook
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic_arguments import parse_argstring
from IPython.utils.capture import capture_output

from .figures import show_figures
from .replacements import Replacements
from .source import compile_source
from .threads import current_job
from .work import run_source

if TYPE_CHECKING:
    from .job import Job


def route_capture_magic(replacements: Replacements, shell: InteractiveShell) -> None:
    """Have `%%capture` run a job's code as the job's.

    IPython's own runs it as a cell of the foreground, with its variables and its history, and goes on after an error.
    """
    # Here, and not in the table of magics: IPython fills that lazily, by now or later.
    original: Callable[..., Any] = type(shell).run_cell_magic

    @functools.wraps(original)
    def run_cell_magic(self: InteractiveShell, magic_name: str, line: str, cell: str) -> Any:
        job = current_job()
        if job is None or magic_name != "capture":
            return original(self, magic_name, line, cell)
        return _capture(self, job, line, cell)

    replacements.set(type(shell), "run_cell_magic", run_cell_magic)


def _capture(shell: InteractiveShell, job: Job, line: str, cell: str) -> None:
    from IPython.core.magics.execution import ExecutionMagics

    names = shell.user_ns
    arguments = parse_argstring(ExecutionMagics.capture, line)
    source = compile_source(shell, cell, job_id=job.id, first_line=1, execution_count=job.execution_count)
    with capture_output(not arguments.no_stdout, not arguments.no_stderr, not arguments.no_display) as captured:
        run_source(job, source, names)
        show_figures()
    if DisplayHook.semicolon_at_end_of_expression(cell):
        names.pop(arguments.output, None)
    elif arguments.output:
        names[arguments.output] = captured
