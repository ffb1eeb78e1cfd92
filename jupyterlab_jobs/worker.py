"""For engines of your own: what does the tasks of jobs where these run. `backends` has the part for the kernel."""

from __future__ import annotations

from .kernel.backends import Receive
from .kernel.job_processes import ProcessPool
from .kernel.remote_task import Packed

__all__ = ["run_task"]

_pool = ProcessPool()


def run_task(task: Packed, setup: Packed | None, send: Receive) -> Packed:
    """Do a task of a job in a process of its own, forked from one that has imported what it needs.

    Both arguments are what the session was given. Everything that the task writes goes to `send`, in the calling
    thread, in order, before this returns the outcome, which `Session.run` returns. An exception that is raised in the
    calling thread meanwhile, as a `KeyboardInterrupt`, ends the process and all that it has started. Raises
    `backends.BackendError` if the process dies. Needs a system that can fork.
    """
    process = _pool.take()
    try:
        if setup is not None:
            process.set_up(setup)
        return process.run(task, send)
    except BaseException:
        process.terminate()
        raise
    finally:
        process.discard()
