"""A real kernel, and the page's side of the wire."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
from jupyter_client import BlockingKernelClient, KernelManager

import jupyterlab_jobs

ROOT = Path(__file__).parent.parent
# As it is installed, which may be from a wheel.
PACKAGE = Path(jupyterlab_jobs.__file__).parent
VERSION = json.loads((ROOT / "package.json").read_text())["version"]
MIME_TYPE = "application/vnd.jupyterlab-jobs.job+json"
PATIENCE = 20.0


def until(condition: Callable[[], Any], patience: float = PATIENCE, pause: float = 0.001) -> Any:
    """Wait until the condition holds, looking again after each `pause` (seconds); returns its value."""
    deadline = time.monotonic() + patience
    while not (value := condition()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(pause)
    return value


def carried_files() -> dict[str, str]:
    """The sources that the page carries, as `scripts/carry-runtime.mjs` has written them."""
    path = ROOT / "src" / "kernel" / "carried-files.json"
    files: dict[str, str] = json.loads(path.read_text("utf-8"))
    return files


def install_expression(files: dict[str, str] | None, version: str) -> str:
    """The expression by which the page brings the runtime in; without files, the kernel's own copy."""
    bootstrap = carried_files()["jupyterlab_jobs/kernel/bootstrap.py"]
    carried = None if files is None else json.dumps(files)
    return (
        f"(lambda scope: (exec(compile({bootstrap!r}, '<jupyterlab_jobs bootstrap>', 'exec'), scope), "
        f"scope['install']({carried!r}, {version!r}))[1])({{}})"
    )


class Kernel:
    """One kernel process and one client. Collects every IOPub message it sees, in order."""

    def __init__(self, python: str, module: str = "ipykernel_launcher -f {connection_file}") -> None:
        self.python = python
        # Kernels that start at the same time, in other processes, pick the same ports now and then.
        self._sockets = tempfile.TemporaryDirectory(prefix="jobs-tests-")
        sockets = {"transport": "ipc", "ip": str(Path(self._sockets.name, "kernel"))} if os.name == "posix" else {}
        self.manager = KernelManager(**sockets)
        self.manager.kernel_spec.argv = [python, "-m", *module.split()]
        # Under pytest ipykernel would not read its own file descriptors. What it reads it repeats on the terminal.
        env = {k: v for k, v in os.environ.items() if k != "PYTEST_CURRENT_TEST"}
        self.manager.start_kernel(env=env, stdout=subprocess.DEVNULL)
        self.messages: list[dict[str, Any]] = []
        self._connect()

    def _connect(self) -> None:
        self.client: BlockingKernelClient = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)

    def close(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)
        self._sockets.cleanup()

    # ------------------------------------------------------------- the wire

    def install(self) -> dict[str, Any]:
        """Bring the runtime in as the page does; returns the answer."""
        return self._answer_to(install_expression(carried_files(), VERSION))

    def start_own_copy(self, version: str) -> dict[str, Any]:
        """Do what the page does first, as a page of this version; returns the answer."""
        return self._answer_to(install_expression(None, version))

    def _answer_to(self, expression: str) -> dict[str, Any]:
        msg_id = self.client.execute(
            "", silent=True, store_history=False, user_expressions={"jupyterlab_jobs": expression}
        )
        answer = self.shell_reply(msg_id)["content"]["user_expressions"]["jupyterlab_jobs"]
        assert answer["status"] == "ok", answer
        content: dict[str, Any] = answer["data"]["application/json"]
        return content

    def execute(self, code: str, *, wait: bool = True, cell_id: str | None = None) -> str:
        """Run a cell; returns its message id. With `wait`, until its reply and its idle are there."""
        content = {
            "code": code,
            "silent": False,
            "store_history": True,
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": True,
        }
        message = self.client.session.msg("execute_request", content)
        if cell_id is not None:
            message["metadata"]["cellId"] = cell_id
        self.client.shell_channel.send(message)
        msg_id: str = message["header"]["msg_id"]
        if wait:
            self.shell_reply(msg_id)
            self.until(
                lambda: any(
                    m["msg_type"] == "status" and m["content"]["execution_state"] == "idle" for m in self.of(msg_id)
                )
            )
        return msg_id

    def begin(self, code: str) -> str:
        """Run a cell, and wait until it has begun; returns its message id."""
        msg_id = self.execute(code, wait=False)
        self.until(lambda: any(m["msg_type"] == "execute_input" for m in self.of(msg_id)))
        return msg_id

    def shell_reply(self, msg_id: str) -> dict[str, Any]:
        return self._reply(self.client.get_shell_msg, msg_id)

    def request(self, method: str, params: dict[str, Any] | None = None, version: int = 1) -> dict[str, Any]:
        """Send a `jobs_request` and return the content of its reply."""
        content = {"version": version, "method": method, "params": {} if params is None else params}
        message = self.client.session.msg("jobs_request", content)
        self.client.control_channel.send(message)
        reply = self.control_reply(message["header"]["msg_id"])
        result: dict[str, Any] = reply["content"]
        return result

    def ask(self, method: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
        """The result of a request that must succeed."""
        reply = self.request(method, params)
        assert reply["status"] == "ok", reply
        result: dict[str, Any] = reply["result"]
        return result

    def submit_express(
        self, code: str, cell_id: str = "cell", ahead: list[dict[str, str]] | None = None
    ) -> tuple[str, dict[str, Any]]:
        """What the page does with a job cell while the kernel is busy: both lanes. Returns the message id too.

        `ahead` are the cells before it, by `msg_id` and `code`; without them it waits for none.
        """
        msg_id = self.execute(code, wait=False, cell_id=cell_id)
        header = {"msg_id": msg_id, "session": self.client.session.session, "msg_type": "execute_request"}
        params = {"code": code, "cell_id": cell_id, "parent": header, "ahead": ahead}
        return msg_id, self.ask("submit", params)

    def control_reply(self, msg_id: str) -> dict[str, Any]:
        return self._reply(self.client.get_control_msg, msg_id)

    def job_ids(self, code: str) -> list[int]:
        """The ids of all jobs with this code."""
        return [job_id for job_id, record in self.records.items() if record["code"] == code]

    def _reply(self, get: Callable[..., dict[str, Any]], msg_id: str) -> dict[str, Any]:
        deadline = time.monotonic() + PATIENCE
        while True:
            reply = get(timeout=max(0.01, deadline - time.monotonic()))
            if reply["parent_header"].get("msg_id") == msg_id:
                return reply

    # --------------------------------------------------------- what was seen

    def until(self, condition: Callable[[], Any], patience: float = PATIENCE) -> Any:
        """Collect messages until the condition holds; returns its value."""
        deadline = time.monotonic() + patience
        while not (value := condition()):
            remaining = deadline - time.monotonic()
            assert remaining > 0, "waited in vain; the last messages: " + repr(
                [(m["msg_type"], m["content"]) for m in self.messages[-8:]]
            )
            self._collect(remaining)
        return value

    def _collect(self, timeout: float) -> None:
        try:
            self.messages.append(self.client.get_iopub_msg(timeout=min(timeout, 0.1)))
        except Exception as error:  # queue.Empty
            if type(error).__name__ != "Empty":
                raise

    def of(self, msg_id: str) -> list[dict[str, Any]]:
        """The messages that belong to a request's cell."""
        return [m for m in self.messages if m["parent_header"].get("msg_id") == msg_id]

    def text(self, msg_id: str, name: str = "stdout") -> str:
        """What was printed under a request's cell."""
        return "".join(
            m["content"]["text"] for m in self.of(msg_id) if m["msg_type"] == "stream" and m["content"]["name"] == name
        )

    @property
    def records(self) -> dict[int, dict[str, Any]]:
        """The newest record of every job, as the events told it."""
        found: dict[int, dict[str, Any]] = {}
        for message in self.messages:
            if message["msg_type"] == "jobs_event":
                found.update({record["id"]: record for record in message["content"]["jobs"]})
                for job_id in message["content"]["removed"]:
                    found.pop(job_id, None)
        return found

    def job_of(self, msg_id: str, index: int = 0) -> int:
        """The id of a job that the cell of this request has started, taken from the record under the cell."""

        def displayed() -> list[int]:
            return [
                m["content"]["data"][MIME_TYPE]["id"]
                for m in self.of(msg_id)
                if m["msg_type"] == "display_data" and MIME_TYPE in m["content"]["data"]
            ]

        self.until(lambda: len(displayed()) > index)
        return displayed()[index]

    def ended(self, job_id: int) -> dict[str, Any]:
        """Wait until a job has ended; returns its last record."""
        return self.in_state(job_id, "finished", "failed", "killed")

    def in_state(self, job_id: int, *states: str) -> dict[str, Any]:
        """Wait until a job is in one of the states; returns its record."""
        try:
            self.until(lambda: self.records.get(job_id, {}).get("state") in states)
        except AssertionError as error:
            raise AssertionError(f"job {job_id} is not {' or '.join(states)}: {self.records.get(job_id)}") from error
        return self.records[job_id]

    def run_job(self, code: str) -> tuple[str, dict[str, Any]]:
        """Run a job cell to its end; returns the message id and the last record."""
        msg_id = self.execute(code)
        return msg_id, self.ended(self.job_of(msg_id))

    def value(self, expression: str) -> Any:
        """The value of an expression in the notebook, by its repr."""
        expressions = {"value": f"repr(({expression}))"}
        reply = {"status": "aborted"}
        while reply["status"] == "aborted":  # as the kernel does with what comes right after a cell that has failed
            reply = self.shell_reply(self.client.execute("", silent=True, user_expressions=expressions))["content"]
        result: Any = reply["user_expressions"]["value"]  # type: ignore[index]
        assert result["status"] == "ok", result
        import ast

        return ast.literal_eval(ast.literal_eval(result["data"]["text/plain"]))


def sleepers(kernel: Kernel) -> list[psutil.Process]:
    """The `sleep`s that are descendants of a kernel."""
    found = psutil.Process(kernel.manager.provisioner.pid).children(recursive=True)
    return [process for process in found if _name(process) == "sleep"]


def _name(process: psutil.Process) -> str:
    try:
        return process.name()
    except psutil.NoSuchProcess:
        return ""
