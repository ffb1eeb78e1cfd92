"""`%job`, `%%job` and `%jobs`."""

from __future__ import annotations

import shlex
import sys
from types import FrameType
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_cell_magic, line_magic, magics_class, no_var_expand

from .errors import NoSuchJob
from .flood import shortened
from .states import ENDED
from .syntax import parse_cell, parse_line
from .threads import current_job
from .waiting_line import wait_with_line

if TYPE_CHECKING:
    from .job import Job
    from .runtime import Runtime


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line.replace(",", " "))
    except ValueError as error:
        raise UsageError(f"%jobs: {error}") from None


VERBS = ("kill", "wait", "clear", "traceback", "output", "land")


@magics_class
class JobMagics(Magics):
    """The magics of one runtime."""

    def __init__(self, runtime: Runtime) -> None:
        super().__init__(runtime.shell)
        self._runtime = runtime

    # `{x}` and `$x` in the line are the job's code and not to be expanded here.
    @no_var_expand
    @line_cell_magic
    def job(self, line: str, cell: str | None = None) -> Job:
        """Run code in the background: `%job [--name NAME] CODE`, or `%%job [--name NAME]` above a cell."""
        call = parse_line(line, self._line_of_caller()) if cell is None else parse_cell(line, cell)
        return self._runtime.submit_from_cell(call)

    @line_magic
    def jobs(self, line: str) -> Any:
        """List the jobs, or do something with them: `%jobs [kill|wait|clear|traceback|output|land] [JOB…|all]`."""
        jobs = self._runtime.jobs
        verb, *names = _words(line) or [""]
        if not verb:
            return jobs
        if verb not in VERBS:
            raise UsageError(f"%jobs: unknown verb {verb!r}; verbs are: {', '.join(VERBS)}")
        chosen = self._chosen(verb, names)
        if verb == "kill":
            if not chosen:
                print("no job is running")
            killed = jobs.kill(*(job.id for job in chosen))
            for job in chosen:
                print(f"job {job.id}: killing" if job in killed else f"job {job.id} has ended already: {job.state}")
        elif verb == "wait":
            self._wait(chosen)
        elif verb == "clear":
            jobs.clear(*(job.id for job in chosen))
        elif verb == "land":
            for job in chosen:
                names = job.land()
                print(f"job {job.id}: landed {', '.join(names)}" if names else f"job {job.id}: nothing to land")
        else:
            for job in chosen:
                text = getattr(job, verb) or f"job {job.id} ({job.state}) has no {verb}"
                print(shortened(text, f"jobs[{job.id}].{verb}"))
        return None

    def _wait(self, chosen: list[Job]) -> None:
        """Wait, with a line that tells how far they are; and say which have not finished."""
        awaited = [job for job in chosen if job is not current_job()]
        with self._runtime.registry.scheduler.waiting():
            wait_with_line(awaited, sys.stdout.write)
        if self._runtime.is_batch:
            # What they have written since their cells ended, nobody has taken.
            for job in awaited:
                print(f"job {job.id} · {job.name} · {job.describe_state()}")
                print(shortened(job.output, f"jobs[{job.id}].output"), end="")
            return
        for job in awaited:
            if job.state != "finished":
                error = "" if job.error is None else f": {job.error.ename}: {job.error.evalue}"
                print(f"job {job.id} {job.describe_state()}{error}")

    def _chosen(self, verb: str, names: list[str]) -> list[Job]:
        jobs = self._runtime.jobs
        if names == ["all"] or not names:
            if verb == "kill" and not names:
                raise UsageError("%jobs kill: which? name their numbers, or `all`")
            return [job for job in jobs if verb != "kill" or job.state not in ENDED]
        chosen = []
        for name in names:
            if not name.isdecimal():
                named = [job for job in jobs if job.name == name]
                if not named:
                    raise UsageError(f"%jobs {verb}: {name!r} is neither the number nor the name of a job")
                chosen += named
                continue
            try:
                chosen.append(jobs[int(name)])
            except NoSuchJob as error:
                raise UsageError(f"%jobs {verb}: {error}") from None
        return chosen

    def _line_of_caller(self) -> int:
        """The line of the cell on which the magic stands."""
        frame: FrameType | None = sys._getframe(1)
        while frame is not None:
            # IPython's magic machinery and ours call each other; the cell, or the job's code, is beyond.
            if not frame.f_globals.get("__name__", "").startswith(("IPython.", "ipykernel.", __package__)):
                return frame.f_lineno
            frame = frame.f_back
        return 1
