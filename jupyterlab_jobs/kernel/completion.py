"""Completes the options of `%job`, the verbs of `%jobs`, and the numbers and names of jobs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from IPython.core import completer
from IPython.core.interactiveshell import InteractiveShell

from .job import Job
from .magics import VERBS
from .replacements import Replacements
from .syntax import option_strings

_MAGIC = re.compile(r"\s*%{1,2}(jobs?)\s")


def complete_jobs(
    replacements: Replacements,
    shell: InteractiveShell,
    jobs: Callable[[], Iterable[Job]],
    backends: Callable[[], list[str]],
) -> None:
    """Have IPython's completer know what follows the magics; what this does not know, it completes as ever."""
    if not hasattr(completer, "context_matcher"):  # before IPython 8.6
        return

    @completer.context_matcher()  # type: ignore[no-untyped-call, untyped-decorator, unused-ignore] # IPython's
    def job_matcher(context: Any) -> Any:
        line = context.line_with_cursor[: context.cursor_position]
        fragment, before = _after_magic(line)
        known = _words_that_follow(before, fragment, list(jobs()), backends()) if before else []
        found = [word for word in known if word.startswith(fragment)]
        return {
            "completions": [completer.SimpleCompletion(text=word, type="magic") for word in found],
            "matched_fragment": fragment,
            "suppress": bool(found),  # Python's names have no place there
        }

    matchers = shell.Completer.custom_matchers
    matchers.append(job_matcher)
    replacements.add(lambda: matchers.remove(job_matcher))


def _words_that_follow(before: list[str], fragment: str, jobs: Sequence[Job], backends: list[str]) -> list[str]:
    """What may stand in the place of `fragment`; nothing where that is not for the magics to say."""
    if before[0] == "jobs":
        return list(VERBS) if len(before) == 1 else [*_references(jobs), "all"]
    if before[-1] == "--after" or (len(before) > 2 and before[-2] == "--after" and before[-1].endswith(",")):
        return _references(jobs)
    if before[-1] == "--on":
        return backends
    if fragment.startswith("-") and (len(before) == 1 or before[1].startswith("-")):
        return [option for option in option_strings() if option not in before]
    return []


def _after_magic(line: str) -> tuple[str, list[str]]:
    """The word at the end of the line, and those before it, the magic's name first; none if there is no magic."""
    match = _MAGIC.match(line)
    if match is None:
        return "", []
    rest = line[match.end() :]
    fragment = re.split(r"[\s,]", rest)[-1]
    return fragment, [match.group(1), *rest[: len(rest) - len(fragment)].split()]


def _references(jobs: Sequence[Job]) -> list[str]:
    """The numbers of the jobs, the newest first, and the names that are one word."""
    newest = jobs[::-1]
    names = {job.name: None for job in newest if job.name.isidentifier()}
    return [*(str(job.id) for job in newest), *names]
