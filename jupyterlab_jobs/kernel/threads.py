"""Which job a thread belongs to.

A dictionary by thread id, and neither a `ContextVar` nor a `threading.local`: threads that a job starts inherit no
context, and the kill and the panel ask from other threads.
"""

from __future__ import annotations

import functools
import os
import threading
from _thread import get_ident
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from .job import Job

T = TypeVar("T")

_job_by_thread: dict[int, Job] = {}


if hasattr(os, "register_at_fork"):
    # A forked child has none of the jobs: what it prints goes where any process's output goes.
    os.register_at_fork(after_in_child=_job_by_thread.clear)


def current_job() -> Job | None:
    """The job that the calling thread belongs to, or None; costs one dictionary look-up."""
    return _job_by_thread.get(get_ident())


def run_as(job: Job | None, function: Callable[..., Any], *args: Any) -> Any:
    """Call a function with the calling thread belonging to `job`, or to none."""
    ident = get_ident()
    before = _job_by_thread.get(ident)
    _belong(ident, job)
    try:
        return function(*args)
    finally:
        _belong(ident, before)


def undisturbed(function: Callable[[], T]) -> T:
    """Call a function that a kill of the calling job would leave half done."""
    job = current_job()
    result: T = function() if job is None else job._kill_switch.undisturbed(function)
    return result


def start_own_thread(name: str, target: Callable[..., None], *args: Any) -> threading.Thread:
    """Start a thread of the runtime's own. Started by a job, it would otherwise belong to it, and die with it."""
    # A daemon: the kernel's shutdown must not wait for it.
    thread = threading.Thread(target=target, args=args, name=name, daemon=True)
    job, start = current_job(), functools.partial(run_as, None, thread.start)
    if job is None:
        start()
    else:
        # As for a thread that a job starts: see `_inheriting_start` in patches.py.
        job._kill_switch.undisturbed(start)
    return thread


def _belong(ident: int, job: Job | None) -> None:
    if job is None:
        # Thread ids are used again by the system: an entry must not outlive its thread.
        _job_by_thread.pop(ident, None)
    else:
        _job_by_thread[ident] = job
