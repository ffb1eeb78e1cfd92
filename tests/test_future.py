"""A job is a `concurrent.futures.Future`: what CPython's own tests of that class ask for, of jobs in all states."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator

import pytest
from harness import Kernel

_SET_UP = """
import asyncio, concurrent.futures, gc, threading, time, weakref
from concurrent.futures import ALL_COMPLETED, FIRST_COMPLETED, FIRST_EXCEPTION, as_completed, wait
gate = threading.Event()
running = jobs.submit(gate.wait)
while running.state != 'running': pass
finished = jobs.submit(lambda: 42)
failed = jobs.submit(lambda: 1 / 0)
killed = jobs.submit(gate.wait)
killed.kill()
jobs.wait(finished.id, failed.id, killed.id)
all_four = [running, finished, failed, killed]

def raised(function, *args):
    try:
        function(*args)
    except BaseException as error:
        return type(error).__name__

async def raised_by(awaitable):
    try:
        await awaitable
    except BaseException as error:
        return type(error).__name__
"""


@pytest.fixture
def jobs_in_all_states(kernel: Kernel) -> Iterator[Kernel]:
    """A kernel with one job in each state."""
    kernel.execute(_SET_UP)
    yield kernel
    kernel.execute("gate.set()")


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("[isinstance(job, concurrent.futures.Future) for job in all_four]", [True] * 4),
        ("[job.done() for job in all_four]", [False, True, True, True]),
        ("[job.running() for job in all_four]", [True, False, False, False]),
        ("[job.cancelled() for job in all_four]", [False, False, False, True]),
        # result and exception
        ("[raised(job.result, 0) for job in all_four]", ["TimeoutError", None, "ZeroDivisionError", "JobWasKilled"]),
        ("finished.result(), finished.result(timeout=0)", (42, 42)),
        ("raised(running.exception, 0), finished.exception()", ("TimeoutError", None)),
        ("type(failed.exception()).__name__, type(killed.exception()).__name__", ("ZeroDivisionError", "JobWasKilled")),
        ("isinstance(killed.exception(), concurrent.futures.CancelledError)", True),
        # wait and as_completed
        ("[len(part) for part in wait(all_four, timeout=0.05)]", [3, 1]),
        ("wait(all_four, return_when=FIRST_COMPLETED).not_done == {running}", True),
        ("failed in wait(all_four, return_when=FIRST_EXCEPTION).done", True),
        ("wait([finished, failed], return_when=ALL_COMPLETED).done == {finished, failed}", True),
        ("set(as_completed([finished, failed, killed])) == {finished, failed, killed}", True),
        ("raised(list, as_completed(all_four, timeout=0))", "TimeoutError"),
        # cancel
        ("[job.cancel() for job in (finished, failed, killed)]", [False, False, True]),
    ],
)
def test_it_behaves_as_a_future(jobs_in_all_states: Kernel, expression: str, expected: object) -> None:
    assert jobs_in_all_states.value(expression) == expected


def test_to_cancel_is_to_kill(jobs_in_all_states: Kernel) -> None:
    kernel = jobs_in_all_states
    assert kernel.value("running.cancel()") is True
    assert kernel.ended(kernel.value("running.id"))["state"] == "killed"
    assert kernel.value("raised(running.result), running.cancelled()") == ("JobWasKilled", True)


def test_callbacks_are_called_once_with_the_job(jobs_in_all_states: Kernel) -> None:
    kernel = jobs_in_all_states
    kernel.execute(
        "called = []\n"
        "def note(job):\n    called.append((job.state, threading.current_thread().name))\n"
        "def fails(job):\n    called.append('fails')\n    raise ValueError\n"
        "for job in all_four:\n    job.add_done_callback(note)\n"
        "running.add_done_callback(fails)\nrunning.add_done_callback(note)"
    )
    # Those of a job that has ended are called at once, by the caller.
    here = "MainThread"
    assert kernel.value("called") == [("finished", here), ("failed", here), ("killed", here)]
    kernel.execute("called.clear()\ngate.set()\nrunning.result()\nwhile len(called) < 3: time.sleep(0.001)")
    name = kernel.value("f'job-{running.id}'")
    assert kernel.value("called") == [("finished", name), "fails", ("finished", name)]


def test_results_raise_with_the_jobs_own_traceback(kernel: Kernel) -> None:
    kernel.execute("def deep():\n    return {}['missing']")
    kernel.execute("j = jobs.submit('deep()')\nj.wait()")
    for _ in range(3):
        msg_id = kernel.execute("j.result()")
        [error] = [m["content"] for m in kernel.of(msg_id) if m["msg_type"] == "error"]
        shown = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(error["traceback"]))
        assert error["ename"] == "KeyError"
        assert shown.count("return {}['missing']") == 1
        assert shown.index("return {}['missing']") < shown.index("direct cause") < shown.index("j.result()")
    # It does not grow from one time to the next, and a cause of the user's own is still there.
    kernel.execute(
        "def chained():\n    try:\n        1 / 0\n    except Exception as e:\n        raise ValueError('x') from e\n"
        "c = jobs.submit(chained)\nc.wait()\nerror = c.exception()"
    )
    assert kernel.value(
        "type(error).__name__, type(error.__cause__).__name__, type(error.__cause__.__cause__).__name__"
    ) == ("ValueError", "ZeroDivisionError", "JobTraceback")


def test_interrupting_who_waits_leaves_the_job_alone(jobs_in_all_states: Kernel) -> None:
    kernel = jobs_in_all_states
    for code in ("running.result()", "wait([running])", "jobs.wait()"):
        # The text, as a SIGINT before the code runs would interrupt nothing.
        msg_id = kernel.execute(f"print('on', flush=True)\n{code}", wait=False)
        kernel.until(lambda msg_id=msg_id: kernel.text(msg_id) == "on\n")
        interrupt(kernel, msg_id)
        assert kernel.shell_reply(msg_id)["content"]["ename"] == "KeyboardInterrupt", code
        assert kernel.value("running.state") == "running"


def interrupt(kernel: Kernel, msg_id: str) -> None:
    """As a person does, who presses the button again when nothing happens.

    CPython misses a signal that comes in the instant before a thread goes to sleep in a lock without a timeout.
    """
    for _ in range(10):
        kernel.manager.interrupt_kernel()
        with contextlib.suppress(AssertionError):
            kernel.until(lambda: any(m["msg_type"] == "error" for m in kernel.of(msg_id)), patience=1)
            return


def test_a_job_that_waits_for_itself_is_told_so(kernel: Kernel) -> None:
    for wait in ("jobs.current.result()", "jobs.current.wait()", "await jobs.current"):
        _, record = kernel.run_job(f"%job {wait}")
        assert record["error"]["evalue"] == f"job {record['id']} cannot wait for its own end"


# ---------------------------------------------------------------------------- asyncio


def test_a_cell_that_awaits_a_job_does_not_block_the_kernels_loop(jobs_in_all_states: Kernel) -> None:
    kernel = jobs_in_all_states
    kernel.execute(
        "ticks = 0\n"
        "async def tick():\n    global ticks\n    while True:\n        ticks += 1\n        await asyncio.sleep(0.001)\n"
        "ticking = asyncio.create_task(tick())\n"
        "timer = threading.Timer(0.3, gate.set)\ntimer.start()\n"
        "awaited = await running\nticking.cancel()"
    )
    assert kernel.value("awaited, ticks > 20") == (True, True)


def test_jobs_are_gathered_and_raise_as_they_end(jobs_in_all_states: Kernel) -> None:
    kernel = jobs_in_all_states
    kernel.execute(
        "outcomes = await asyncio.gather(finished, failed, killed, return_exceptions=True)\n"
        "names = [outcomes[0]] + [type(outcome).__name__ for outcome in outcomes[1:]]\n"
        "wrapped = await asyncio.wrap_future(finished)\n"
        "late = await raised_by(asyncio.wait_for(running, 0.05))"
    )
    assert kernel.value("names, wrapped, late") == ([42, "ZeroDivisionError", "JobWasKilled"], 42, "TimeoutError")
    # To give up waiting is not to kill.
    assert kernel.value("running.state") == "running"


def test_a_job_awaits_a_job(jobs_in_all_states: Kernel) -> None:
    kernel = jobs_in_all_states
    msg_id = kernel.execute("%%job\nasync with asyncio.Lock():\n    x = await running\nx")
    kernel.in_state(kernel.job_of(msg_id), "running")
    kernel.execute("gate.set()")
    assert kernel.ended(kernel.job_of(msg_id))["state"] == "finished"


# ------------------------------------------------------------------------ the history


def test_the_first_jobs_that_have_ended_are_forgotten(kernel: Kernel) -> None:
    kernel.execute("before = jobs.history\njobs.history = 3\nstarted = [jobs.submit(int) for _ in range(3)]")
    kernel.execute("jobs.wait()\nlast = jobs.submit(int)\nlast.wait()")
    kernel.until(lambda: len(kernel.records) == 3)
    assert kernel.value("[job.id for job in jobs] == [job.id for job in [*started[1:], last]]") is True
    kernel.execute("jobs.history = 1")
    kernel.until(lambda: len(kernel.records) == 1)
    # Who has one goes on having it.
    assert kernel.value("started[0].result(), started[0].is_removed, len(jobs)") == (0, True, 1)
    msg_id = kernel.execute("jobs.history = 'many'")
    [error] = [m["content"] for m in kernel.of(msg_id) if m["msg_type"] == "error"]
    assert error["evalue"] == "jobs.history is a number of jobs, not 'many'"
    kernel.execute("jobs.history = before")
