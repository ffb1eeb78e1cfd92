"""A `NameError` for a name that a job has assigned says where the value is."""

from __future__ import annotations

import contextlib
import functools
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from IPython.core.interactiveshell import InteractiveShell

from .replacements import Replacements

if TYPE_CHECKING:
    from .job import Job


def hint_at_jobs(replacements: Replacements, shell: InteractiveShell, jobs: Callable[[], Iterable[Job]]) -> None:
    """Add the hint to what is shown in the foreground. Called on the main thread."""
    original = shell.showtraceback

    @functools.wraps(original)
    def showtraceback(exc_tuple: Any = None, *args: Any, **kwargs: Any) -> None:
        error = exc_tuple[1] if exc_tuple else sys.exc_info()[1]
        add_hint(error, jobs())
        original(exc_tuple, *args, **kwargs)

    replacements.set(shell, "showtraceback", showtraceback)


def add_hint(error: BaseException | None, jobs: Iterable[Job]) -> None:
    """Note on a `NameError` which job has the variable, and the ways to get at it. May be called in any thread."""
    if type(error) is not NameError or not isinstance(error.name, str):
        return
    name = error.name
    for job in sorted(jobs, key=lambda job: job.id, reverse=True):
        if name in job.vars:
            state = {"failed": "has failed", "killed": "was killed"}.get(job.state, "has not finished")
            _add_note(
                error,
                f"`{name}` is a variable of job {job.id}, which {state}: "
                f'jobs[{job.id}].vars["{name}"] is its value, jobs[{job.id}].land() makes all of them the notebook\'s',
            )
            return


def _add_note(error: BaseException, note: str) -> None:
    """`add_note`, also before Python 3.11: IPython shows the notes there as well."""
    notes = getattr(error, "__notes__", [])
    if note not in notes:
        with contextlib.suppress(AttributeError, TypeError):
            setattr(error, "__notes__", [*notes, note])  # noqa: B010 - unknown to the type before 3.11
