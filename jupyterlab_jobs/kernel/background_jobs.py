"""The names of `IPython.lib.backgroundjobs`, so that a notebook that uses them needs only another import.

What differs: the jobs can be killed, what they print goes to their own cell, and they are in the panel.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .job import Job
from .states import ENDED
from .work import FunctionWork

_log = logging.getLogger(__name__)

_NOT_COMPLETED = "<BackgroundJob has not completed>"
_DIED = "<BackgroundJob died, call jobs.traceback() for details>"


class BackgroundJob:
    """A job as `BackgroundJobManager` hands it out; `job` is the `Job` itself."""

    stat_created, stat_created_c = "Created", 0
    stat_running, stat_running_c = "Running", 1
    stat_completed, stat_completed_c = "Completed", 2
    stat_dead, stat_dead_c = "Dead (Exception), call jobs.traceback() for details", -1

    def __init__(self, job: Job, num: int) -> None:
        self.job = job
        self.num = num

    @property
    def result(self) -> Any:
        """The value that the job has returned, or a text that says that there is none yet."""
        if not self.job.done():
            return _NOT_COMPLETED
        return _DIED if self.job.exception() is not None else self.job.result()

    @property
    def stat_code(self) -> int:
        """A number for the state."""
        if self.job.state == "queued":
            return self.stat_created_c
        if self.job.state not in ENDED:
            return self.stat_running_c
        return self.stat_completed_c if self.job.state == "finished" else self.stat_dead_c

    @property
    def status(self) -> str:
        """The state in words."""
        names = (self.stat_created, self.stat_running, self.stat_completed)
        return self.stat_dead if self.stat_code == self.stat_dead_c else names[self.stat_code]

    @property
    def finished(self) -> bool:
        """Whether it came to its end without an error."""
        return self.stat_code == self.stat_completed_c

    def traceback(self) -> None:
        """Print how the job failed."""
        print(self.job.traceback or f"job {self.job.id} ({self.job.state}) has no traceback")

    def join(self, timeout: float | None = None) -> None:
        """Wait until it has ended, at most `timeout` seconds."""
        self.job.wait(timeout)

    def is_alive(self) -> bool:
        """Whether it has not ended."""
        return not self.job.done()

    def kill(self) -> bool:
        """Kill it; returns False if it had ended already."""
        return self.job.kill()

    def __str__(self) -> str:
        return self.job.name

    def __repr__(self) -> str:
        return f"<BackgroundJob #{self.num}: {self.job.name}>"


class BackgroundJobNames:
    """What `BackgroundJobManager` can do, for whoever has jobs by their numbers."""

    @property
    def all(self) -> Mapping[int, BackgroundJob]:
        """The jobs by their numbers."""
        raise NotImplementedError

    def _start(self, name: str | None, function: Callable[..., Any], *args: Any, **kwargs: Any) -> BackgroundJob:
        raise NotImplementedError

    def _forget(self, jobs: list[BackgroundJob]) -> None:
        raise NotImplementedError

    def new(self, func_or_exp: Callable[..., Any] | str, *args: Any, **kwargs: Any) -> BackgroundJob:
        """Start a job: `new(function, *args, kw={…})` or `new("expression", globals, locals)`.

        An expression without dictionaries has the caller's variables. Raises `TypeError` for what is neither a function
        nor an expression, `ValueError` for more than two dictionaries, `SyntaxError`.
        """
        if callable(func_or_exp):
            return self._start(None, func_or_exp, *args, **kwargs.get("kw", {}))
        if not isinstance(func_or_exp, str):
            raise TypeError(f"new() takes a function or an expression, not {type(func_or_exp).__name__}")
        if len(args) > 2:
            raise ValueError("an expression takes at most two dictionaries: globals and locals")
        code = compile(func_or_exp, "<job>", "eval")
        caller = sys._getframe(1)
        scopes = args or (caller.f_globals, caller.f_locals)
        return self._start(func_or_exp, eval, code, *scopes)

    def __call__(self) -> None:
        """The same as `status`."""
        self.status()

    def status(self, verbose: int = 0) -> None:
        """Print what runs, what has completed, and what has died."""
        jobs = self.all.values()
        for name, group in (("Running", _alive(jobs)), ("Completed", _completed(jobs)), ("Dead", _dead(jobs))):
            if group:
                print(f"{name} jobs:", *(f"{job.num} : {job}" for job in group), "", sep="\n")

    def remove(self, num: int) -> None:
        """Forget a job that has ended."""
        job = self._find(num)
        if job is not None and job.is_alive():
            _log.error("Job #%s is still running, it can not be removed.", num)
        elif job is not None:
            self._forget([job])

    def flush(self) -> None:
        """Forget all jobs that have ended."""
        jobs = self.all.values()
        ended = {"Completed": _completed(jobs), "Dead": _dead(jobs)}
        for kind, group in ended.items():
            if group:
                print(f"Flushing {len(group)} {kind} job{'s' if len(group) > 1 else ''}.")
                self._forget(group)
        if not any(ended.values()):
            print("No jobs to flush.")

    def result(self, num: int) -> Any:
        """The result of a job, or a text that says why there is none."""
        job = self._find(num)
        return None if job is None else job.result

    def traceback(self, job: int | BackgroundJob | None = None) -> None:
        """Print how a job has failed, or how all have that have."""
        if job is None:
            for dead in _dead(self.all.values()):
                print(f"Traceback for: {dead!r}")
                dead.traceback()
        elif found := self._find(job if isinstance(job, int) else job.num):
            found.traceback()

    def _find(self, num: int) -> BackgroundJob | None:
        job = self.all.get(num)
        if job is None:
            _log.error("Job #%s not found", num)
        return job


class BackgroundJobManager(BackgroundJobNames):
    """Some of this kernel's jobs, as `IPython.lib.backgroundjobs.BackgroundJobManager` manages them, counted from 0."""

    def __init__(self) -> None:
        from .runtime import get_runtime

        self._jobs = get_runtime().jobs
        self._all: dict[int, BackgroundJob] = {}
        self._last = -1

    @property
    def all(self) -> Mapping[int, BackgroundJob]:
        return self._all

    @property
    def running(self) -> list[BackgroundJob]:
        """Those that have not ended."""
        return _alive(self._all.values())

    @property
    def completed(self) -> list[BackgroundJob]:
        """Those that came to their end without an error."""
        return _completed(self._all.values())

    @property
    def dead(self) -> list[BackgroundJob]:
        """Those that have failed, or were killed."""
        return _dead(self._all.values())

    def __getitem__(self, key: int | BackgroundJob) -> BackgroundJob:
        return self._all[key if isinstance(key, int) else key.num]

    def _start(self, name: str | None, function: Callable[..., Any], *args: Any, **kwargs: Any) -> BackgroundJob:
        self._last += 1
        job = BackgroundJob(self._jobs._submit_function(name, FunctionWork(function, args, kwargs)), self._last)
        self._all[job.num] = job
        return job

    def _forget(self, jobs: list[BackgroundJob]) -> None:
        for job in jobs:
            del self._all[job.num]
        self._jobs._forget(jobs)


def _alive(jobs: Iterable[BackgroundJob]) -> list[BackgroundJob]:
    return [job for job in jobs if job.is_alive()]


def _completed(jobs: Iterable[BackgroundJob]) -> list[BackgroundJob]:
    return [job for job in jobs if job.finished and not job.is_alive()]


def _dead(jobs: Iterable[BackgroundJob]) -> list[BackgroundJob]:
    return [job for job in jobs if job.stat_code == BackgroundJob.stat_dead_c and not job.is_alive()]
