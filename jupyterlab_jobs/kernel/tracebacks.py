"""A job's error, rendered as IPython renders a cell's."""

from __future__ import annotations

import copy
import traceback
from types import TracebackType
from typing import Any

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell

from .job import JobError
from .output import sendable

_OWN_PACKAGE = __name__.rpartition(".")[0]


def describe_error(shell: InteractiveShell, error: BaseException) -> JobError:
    """Render an exception that a job's code has raised. Called in the job's thread, which may be killed in it."""
    tb = _without_own_frames(error.__traceback__)
    try:
        lines = _render(shell, error, tb)
    except Exception:
        # A __str__ or _render_traceback_ of the user's that fails, as IPython itself guards against.
        lines = traceback.format_exception(type(error), error, tb)
    try:
        evalue = str(error)
    except Exception:
        evalue = f"<{type(error).__name__}: str() failed>"
    return JobError(type(error).__name__, sendable(evalue), [sendable(str(line)) for line in lines])


def undescribed(error: BaseException) -> JobError:
    """What is left to say of an exception that cannot be rendered."""
    name = type(error).__name__
    return JobError(name, "", [f"{name}: its traceback could not be rendered"])


class JobTraceback(Exception):
    """The first cause of an exception that `Job.result()` raises: the job's own traceback."""

    def __init__(self, error: JobError) -> None:
        super().__init__("\n" + "\n".join(error.traceback))


def drop_frames(error: BaseException) -> None:
    """Take the frames from an exception and those that led to it: they would keep the job's variables alive."""
    for link in _linked(error):
        link.__traceback__ = None


def add_traceback(error: BaseException, described: JobError) -> None:
    """Have an exception say as text where it was raised, as the first cause of all."""
    first, seen = error, set[int]()
    while id(first) not in seen and (earlier := first.__cause__ or first.__context__) is not None:
        seen.add(id(first))
        first = earlier
    if first.__cause__ is None:
        suppressed = first.__suppress_context__
        first.__cause__ = JobTraceback(described)
        first.__suppress_context__ = suppressed


def _linked(error: BaseException) -> list[BaseException]:
    found: dict[int, BaseException] = {}
    waiting: list[object] = [error]
    while waiting:
        link = waiting.pop()
        if isinstance(link, BaseException) and id(link) not in found:
            found[id(link)] = link
            members = getattr(link, "exceptions", ())  # of a group
            waiting += [link.__cause__, link.__context__, *(members if type(members) is tuple else ())]
    return list(found.values())


def _render(shell: InteractiveShell, error: BaseException, tb: TracebackType | None) -> list[str]:
    if isinstance(error, UsageError):
        return [f"UsageError: {error}"]
    render = getattr(error, "_render_traceback_", None)
    if render is not None:
        return list(render())
    # A copy: the shell's own renderer keeps the exception it works on, and the main thread may be using it.
    renderer: Any = copy.copy(shell.SyntaxTB if isinstance(error, SyntaxError) and tb is None else shell.InteractiveTB)
    renderer.tb = None
    lines = list(renderer.structured_traceback(type(error), error, tb, tb_offset=0))
    renderer.tb = None
    return lines


def _without_own_frames(tb: TracebackType | None) -> TracebackType | None:
    """The traceback from the user's first frame on."""
    start = tb
    while start is not None and start.tb_frame.f_globals.get("__package__") == _OWN_PACKAGE:
        start = start.tb_next
    return start


class ShownSyntaxError(Exception):
    """Makes a cell fail with nothing but a SyntaxError's own lines, as a cell with that error does.

    A SyntaxError itself, raised while a cell runs, is shown with the frames that it went through: the magic's.
    """

    def __init__(self, lines: list[str], message: str) -> None:
        super().__init__(message)
        self._lines = lines

    @classmethod
    def of(cls, shell: InteractiveShell, error: SyntaxError) -> ShownSyntaxError:
        """The same error, as it is shown."""
        lines = shell.SyntaxTB.structured_traceback(type(error), error, None)
        # The class's name is what clients see as `ename`.
        shown = type(type(error).__name__, (cls,), {})
        return shown(lines, str(error))  # type: ignore[no-any-return] # of this very class

    def _render_traceback_(self) -> list[str]:
        return self._lines
