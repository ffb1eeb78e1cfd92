"""How long it takes to start a job, and what an idle runtime costs."""

from __future__ import annotations

import itertools
import json

from harness import Kernel

from .statistics import Row, interleaved, median, percentile

_IN_KERNEL = """
import json, threading, time
def noop(): pass
def bare():
    thread = threading.Thread(target=noop)
    thread.start()
    thread.join()
def as_job():
    jobs.submit(noop).wait()
def timed(function):
    begin = time.perf_counter()
    function()
    return (time.perf_counter() - begin) * 1000
for _ in range(200): bare(); as_job()
bare_times, job_times = [], []
for _ in range(2000):
    bare_times.append(timed(bare))
    job_times.append(timed(as_job))
jobs.clear();
"""


def express_lane(python: str) -> Row:
    """A `submit` that starts a job while the main thread sleeps, against `execute_request` of `pass` on the kernel."""
    kernel = Kernel(python)
    try:
        kernel.install()
        kernel.run_job("%job 0")
        numbers = itertools.count()

        def execute() -> None:
            kernel.shell_reply(kernel.client.execute("pass"))

        def submit() -> None:
            parent = {"msg_id": f"bench-{next(numbers)}"}
            kernel.ask("submit", {"code": "%job pass", "cell_id": "cell", "parent": parent})

        executed, _ = interleaved(100, execute, lambda: None)
        # The main thread sleeps: this is what the express lane is for.
        kernel.execute("import threading; stop = threading.Event(); stop.wait(120)", wait=False)
        submitted, _ = interleaved(100, submit, lambda: None)
        kernel.submit_express("%job stop.set()")
    finally:
        kernel.close()
    return Row(
        "submit over the express lane / execute_request('pass')",
        median(submitted) / median(executed),
        "x",
        0.6,
        f"p50 {median(submitted):.2f} ms against {median(executed):.2f} ms",
    )


def in_kernel(python: str) -> Row:
    """`jobs.submit(f).wait()` against `Thread(target=f)`, `start`, `join`."""
    kernel = Kernel(python)
    try:
        kernel.install()
        kernel.execute(_IN_KERNEL)
        bare, job = (json.loads(kernel.value(f"json.dumps({name})")) for name in ("bare_times", "job_times"))
    finally:
        kernel.close()
    return Row(
        "jobs.submit + wait / Thread start + join",
        median(job) / median(bare),
        "x",
        1.5,
        f"p50 {median(job) * 1000:.0f} µs against {median(bare) * 1000:.0f} µs; "
        f"p95 {percentile(job, 0.95) * 1000:.0f} against {percentile(bare, 0.95) * 1000:.0f} µs",
    )


def idle_runtime(python: str) -> Row:
    """`pass` in a kernel with the runtime against one without."""
    with_runtime, without = Kernel(python), Kernel(python)
    try:
        with_runtime.install()
        with_runtime.run_job("%job 0")
        runs = [
            (lambda kernel=kernel: kernel.shell_reply(kernel.client.execute("pass")))
            for kernel in (with_runtime, without)
        ]
        interleaved(50, *runs)
        ours, theirs = interleaved(600, *runs)
    finally:
        with_runtime.close()
        without.close()
    return Row(
        "`pass` with an idle runtime / without",
        median(ours) / median(theirs),
        "x",
        1.03,
        f"p50 {median(ours):.2f} ms against {median(theirs):.2f} ms",
    )
