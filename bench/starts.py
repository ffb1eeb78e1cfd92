"""How soon code begins after it was sent to a kernel, by several ways of running it beside the main thread."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from harness import Kernel

from .statistics import Row, median
from .table import Table

_ROUNDS = 40

_MAIN_THREAD = {
    "idle": None,
    "asleep": "time.sleep(1000)",
    "in a Python loop": "while True: pass",
}
"""What it does when the code is sent."""

_SETUP = """
import time
from concurrent.futures import ThreadPoolExecutor
from IPython.lib.backgroundjobs import BackgroundJobManager
pool, manager = ThreadPoolExecutor(1), BackgroundJobManager()
def tell(): print(time.time())
"""

_LONGEST_WAIT = 1.0


def starts_compared(python: str) -> Iterator[Row | Table]:
    """Milliseconds from the sending of the code to its first act, p50; each tool as its documentation has it."""
    starts = {what: _starts(python, code) for what, code in _MAIN_THREAD.items()}
    yield Table(
        f"start: p50 in ms from the sending of code to its begin ('waits': not in {_LONGEST_WAIT:g} s)",
        list(next(iter(starts.values()))),
        {f"main {what}": [_cell(ms) for ms in times.values()] for what, times in starts.items()},
    )
    for what, times in starts.items():
        ours, theirs = times["jupyterlab-jobs"], times["ipykernel, subshell"]
        assert ours is not None
        if theirs is not None:
            yield Row(
                f"start beside a main thread that is {what} / in a subshell",
                ours / theirs,
                "x",
                1.5,
                f"{ours:.1f} against {theirs:.1f} ms",
            )


def _cell(ms: float | None) -> str:
    return "waits" if ms is None else f"{ms:.1f}"


def _starts(python: str, main_code: str | None) -> dict[str, float | None]:
    kernel = Kernel(python)
    try:
        kernel.install()
        kernel.execute(_SETUP)
        kernel.run_job("%job 0")
        subshell = _create_subshell(kernel)
        if main_code is not None:
            kernel.begin(main_code)

        def as_job() -> str:
            if main_code is None:
                return kernel.execute("%job tell()", wait=False)
            msg_id, _ = kernel.submit_express("%job tell()", ahead=[])
            return msg_id

        tools: dict[str, Callable[[], str]] = {
            "jupyterlab-jobs": as_job,
            "a cell": lambda: kernel.execute("tell()", wait=False),
            "ipykernel, subshell": lambda: _send(kernel, "tell()", subshell),
            "BackgroundJobManager": lambda: kernel.execute("manager.new(tell);", wait=False),
            "ThreadPoolExecutor": lambda: kernel.execute("pool.submit(tell);", wait=False),
        }
        return {name: _time_until_begin(kernel, send) for name, send in tools.items()}
    finally:
        kernel.close()


def _time_until_begin(kernel: Kernel, send: Callable[[], str]) -> float | None:
    times = []
    for _ in range(_ROUNDS):
        sent = time.time()
        msg_id = send()
        try:
            kernel.until(lambda: kernel.text(msg_id).strip(), _LONGEST_WAIT)  # noqa: B023 - awaited here
        except AssertionError:
            return None
        times.append((float(kernel.text(msg_id)) - sent) * 1000)
        kernel.messages.clear()
    return median(times)


def _create_subshell(kernel: Kernel) -> str:
    message = kernel.client.session.msg("create_subshell_request", {})
    kernel.client.control_channel.send(message)
    reply = kernel.control_reply(message["header"]["msg_id"])["content"]
    assert reply["status"] == "ok", reply
    return str(reply["subshell_id"])


def _send(kernel: Kernel, code: str, subshell: str) -> str:
    content = {"code": code, "silent": False, "store_history": False, "user_expressions": {}, "allow_stdin": False}
    message = kernel.client.session.msg("execute_request", content)
    message["header"]["subshell_id"] = subshell
    kernel.client.shell_channel.send(message)
    return str(message["header"]["msg_id"])
