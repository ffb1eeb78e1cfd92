"""Waits for jobs in a cell, with a line that tells how far they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent import futures

from .job import Job

_FIRST_LINE_AFTER = 0.5  # seconds: a short wait says nothing
_INTERVAL = 0.2


def wait_with_line(jobs: Sequence[Job], write: Callable[[str], object]) -> None:
    """Wait until all have ended. An interrupt ends the wait, and what follows it as in any cell; the jobs go on."""
    pending = set(jobs)
    length = 0
    interval = _FIRST_LINE_AFTER
    try:
        while True:
            futures.wait(pending, interval)
            pending = {job for job in pending if not job.done()}
            if not pending:
                return
            line = _line(jobs, pending)
            # Over what was there before.
            write("\r" + line.ljust(length))
            length = len(line)
            interval = _INTERVAL
    except KeyboardInterrupt:
        write(("\n" if length else "") + f"not waiting any more; {_count(len(pending))} of {len(jobs)} still running\n")
        length = 0
        raise
    finally:
        if length:
            write("\r" + " " * length + "\r")


def _line(jobs: Sequence[Job], pending: set[Job]) -> str:
    text = f"waiting for {_count(len(pending))} of {len(jobs)}"
    with_progress = [job for job in jobs if job in pending and job._progress is not None]
    shown = with_progress[:1] or [job for job in jobs if job in pending][:1]
    for job in shown:
        progress = "" if job._progress is None else f" {job._progress}"
        text += f" · job {job.id}{progress}"
    return text


def _count(number: int) -> str:
    return "1 job" if number == 1 else f"{number} jobs"
