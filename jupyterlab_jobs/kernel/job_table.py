"""The jobs as a table of text: what `%jobs` prints, wherever it is."""

from __future__ import annotations

from collections.abc import Sequence

from .job import Job

_MOST_ROWS = 50
_LONGEST_NAME = 60


def job_table(jobs: Sequence[Job]) -> str:
    """One line for each of the jobs, those that were started last if there are many."""
    if not jobs:
        return "no jobs; `%job CODE` starts one"
    shown = jobs[-_MOST_ROWS:]
    cells = [("job", "state", "time", "name", "")]
    for job in shown:
        duration = job.duration
        time = "" if duration is None else f"{duration:.1f} s"
        cells.append((str(job.id), job.state, time, _short(job.name), _remark(job)))
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [
        f"{number:>{widths[0]}}  {state:<{widths[1]}}  {time:>{widths[2]}}  {name:<{widths[3]}}  {remark}".rstrip()
        for number, state, time, name, remark in cells
    ]
    if len(jobs) > len(shown):
        lines.insert(1, f"… {len(jobs) - len(shown):,} more before these; jobs[N] is one of them")
    return "\n".join(lines)


def _remark(job: Job) -> str:
    """What is worth knowing beside the state."""
    if job.error is not None:
        return _short(f"{job.error.ename}: {job.error.evalue}")
    if job.kill_reason is not None:
        return job.kill_reason
    if job.state == "queued":
        return f"waiting for {job.waiting_for}" if job.waiting_for else ""
    if job.timed_out:
        return "timed out"
    return str(job._progress) if job._progress is not None and job.state == "running" else ""


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_NAME else f"{line[: _LONGEST_NAME - 1]}…"
