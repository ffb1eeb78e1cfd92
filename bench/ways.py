"""The ways of running code beside a notebook's main thread, each as its documentation has it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from harness import Kernel

_ASYNC_KERNEL = Path(__file__).parent.parent / ".venv-async-kernel" / "bin" / "python"

_SETUP = """
import time
from concurrent.futures import ThreadPoolExecutor
from IPython.lib.backgroundjobs import BackgroundJobManager
pool, manager = ThreadPoolExecutor(20), BackgroundJobManager()
"""


@dataclass(frozen=True)
class Way:
    """One way: how its kernel is started, and how a call is sent to it."""

    name: str
    send: Callable[[Kernel, str, str, bool], str]
    """Takes a kernel, a call, a place for it, and whether the main thread is busy; returns the id of the message."""
    start: Callable[[str], Kernel] = Kernel
    place: Callable[[Kernel], str] = lambda kernel: ""
    """Makes room for one call at a time."""

    def open(self, python: str) -> Kernel:
        """A kernel in which calls can be sent; to be closed."""
        kernel = self.start(python)
        kernel.execute(_SETUP)
        return kernel


def _with_runtime(python: str) -> Kernel:
    kernel = Kernel(python)
    kernel.install()
    kernel.run_job("%job 0")
    return kernel


def _as_job(kernel: Kernel, call: str, place: str, is_busy: bool) -> str:
    if not is_busy:
        return kernel.execute(f"%job {call}", wait=False)
    msg_id, _ = kernel.submit_express(f"%job {call}", ahead=[])
    return msg_id


def _as_cell(kernel: Kernel, call: str, place: str, is_busy: bool) -> str:
    return kernel.execute(call, wait=False)


def _in_subshell(kernel: Kernel, call: str, place: str, is_busy: bool) -> str:
    content = {"code": call, "silent": False, "store_history": False, "user_expressions": {}, "allow_stdin": False}
    message = kernel.client.session.msg("execute_request", content)
    message["header"]["subshell_id"] = place
    kernel.client.shell_channel.send(message)
    return str(message["header"]["msg_id"])


def _create_subshell(kernel: Kernel) -> str:
    message = kernel.client.session.msg("create_subshell_request", {})
    kernel.client.control_channel.send(message)
    reply = kernel.control_reply(message["header"]["msg_id"])["content"]
    assert reply["status"] == "ok", reply
    return str(reply["subshell_id"])


def _start_async_kernel(python: str) -> Kernel:
    # Its environment has a Python of the same version.
    return Kernel(str(_ASYNC_KERNEL), "async_kernel start --name=async --connection_file={connection_file}")


def _in_async_thread(kernel: Kernel, call: str, place: str, is_busy: bool) -> str:
    return kernel.execute(f"# thread\n{call}", wait=False)


def _with_manager(kernel: Kernel, call: str, place: str, is_busy: bool) -> str:
    return kernel.execute(f"manager.new(lambda: {call});", wait=False)


def _in_pool(kernel: Kernel, call: str, place: str, is_busy: bool) -> str:
    return kernel.execute(f"pool.submit(lambda: {call});", wait=False)


JOB = Way("jupyterlab-jobs", _as_job, _with_runtime)
CELL = Way("a cell", _as_cell)
SUBSHELL = Way("ipykernel, subshell", _in_subshell, place=_create_subshell)
WAYS = (
    JOB,
    CELL,
    SUBSHELL,
    Way("async-kernel, thread", _in_async_thread, _start_async_kernel),
    Way("BackgroundJobManager", _with_manager),
    Way("ThreadPoolExecutor", _in_pool),
)
