"""Runs jobs in processes of their own, one for each."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable
from importlib.abc import InspectLoader
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any, cast

from IPython.core.interactiveshell import InteractiveShell

from . import bootstrap
from .cell_sources import sources_of
from .child_output import PipeReader
from .guardian import guard, start_guardian
from .messages import OutputMessage
from .process_wire import ENDED, REPORT, STARTED, receive_packed, send_packed
from .processes import ChildProcesses
from .remote_task import Outcome, Packed, unpack
from .threads import run_as, start_own_thread

if TYPE_CHECKING:
    from .job import Job

_GRACE = 0.2
"""Seconds that a process has for its `finally` blocks; then it is killed, with all that it has started."""

_LONGEST_START = 30.0
"""Seconds that the server may take to start."""

_BOOT = """
import json, socket, sys
control = socket.socket(fileno=int(sys.argv[1]))
length = int(control.recv(10, socket.MSG_WAITALL))
told = json.loads(control.recv(length, socket.MSG_WAITALL))
control.detach()
sys.path[:] = told["path"]
if told["files"]:
    names = {"__name__": "bootstrap"}
    exec(told["bootstrap"], names)
    sys.meta_path.insert(0, names["CarriedSource"](told["files"]))
from jupyterlab_jobs.kernel.process_server import main
main()
"""


class ProcessDied(RuntimeError):
    """The process of a job has ended without having finished it."""

    def _render_traceback_(self) -> list[str]:
        return [f"{type(self).__name__}: {self}"]


def can_fork() -> bool:
    """Whether this system has what the backend needs."""
    return hasattr(os, "fork") and hasattr(socket, "send_fds")


class ProcessBackend:
    """Has a server that forks processes, and one process more than are needed. Any thread may call `open`.

    `_lock` guards the server and the spare process.
    """

    def __init__(self, pipes: PipeReader) -> None:
        self._pipes = pipes
        self._lock = threading.Lock()
        self._server: _Server | None = None
        self._spare: _Worker | None = None

    def open(self, job: Job) -> ProcessSession:
        """A process for the job."""
        return ProcessSession(job, self._take(), self._pipes)

    def close(self) -> None:
        """End all processes."""
        with self._lock:
            server, self._server = self._server, None
            spare, self._spare = self._spare, None
        if spare is not None:
            spare.end()
            spare.close_outputs()
        if server is not None:
            server.close()

    def _take(self) -> _Worker:
        with self._lock:
            if self._server is None or not self._server.is_alive:
                self._server, self._spare = run_as(None, _Server), None
            worker = self._spare or self._server.start_worker()
            # The next job's, which then need not wait for the fork.
            self._spare = self._server.start_worker()
            return worker


class ProcessSession:
    """The process of a job."""

    def __init__(self, job: Job, worker: _Worker, pipes: PipeReader) -> None:
        self._job = job
        self._worker = worker
        self._pipes = pipes

    def run(self, packed: Packed) -> Outcome:
        """Have the process do a task; raises `ProcessDied`."""
        return self._worker.work(self._job, packed)

    def close(self) -> None:
        """End the process."""
        self._worker.end()
        # What C code has written before a crash; and what a process writes that the job has left behind.
        self._worker.hear(self._pipes, self._job)


class _Server:
    """The server of processes, from the kernel's side. A thread reads what it says."""

    def __init__(self) -> None:
        start_guardian()
        self._control, childs_end = socket.socketpair()
        with childs_end:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _BOOT, str(childs_end.fileno())],
                pass_fds=[childs_end.fileno()],
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        guard(self._process.pid)
        self.is_alive = True
        self._lock = threading.Lock()
        self._asked: deque[_Worker] = deque()
        self._workers: dict[int, _Worker] = {}
        told = json.dumps({"path": sys.path, **_carried()}).encode()
        self._control.sendall(b"%10d%s" % (len(told), told))
        start_own_thread("jobs-processes", self._listen)

    def start_worker(self) -> _Worker:
        """Have a process forked. Does not wait."""
        ours, theirs = socket.socketpair()
        outputs = [os.pipe(), os.pipe()]
        worker = _Worker(ours, [read for read, _ in outputs])
        with self._lock, theirs:
            self._asked.append(worker)
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # the worker's connection ends as well
                socket.send_fds(
                    self._control,
                    [b"f"],
                    [theirs.fileno(), *(write for _, write in outputs), *(read for read, _ in outputs)],
                )
        for _, write in outputs:
            os.close(write)
        return worker

    def close(self) -> None:
        """End it, and all of its processes."""
        for worker in list(self._workers.values()):
            worker.kill()
        with contextlib.suppress(OSError):
            self._control.shutdown(socket.SHUT_RDWR)
        self._process.wait()

    def _listen(self) -> None:
        received = b""
        with contextlib.suppress(OSError):
            while chunk := self._control.recv(4096):
                received += chunk
                while len(received) >= REPORT.size:
                    kind, pid, status = REPORT.unpack(received[: REPORT.size])
                    received = received[REPORT.size :]
                    if kind == STARTED:
                        with self._lock:
                            worker = self._workers[pid] = self._asked.popleft()
                        guard(pid)
                        worker.has_started(pid)
                    elif kind == ENDED:
                        self._workers.pop(pid).has_ended(status)
        self.is_alive = False
        for worker in [*self._asked, *self._workers.values()]:
            worker.has_ended(None)
        self._process.wait()


class _Worker:
    """One process, from the kernel's side."""

    def __init__(self, end: socket.socket, outputs: list[int]) -> None:
        self._socket = end
        self._connection: Connection[Any, Any] = Connection(os.dup(end.fileno()))
        self._outputs = outputs
        self._tree = ChildProcesses()
        self._pid: int | None = None
        self._started = threading.Event()
        self._ended = threading.Event()
        self._status: int | None = None
        self._is_terminated = False

    # ---------------------------------------------------- told by the server's thread

    def has_started(self, pid: int) -> None:
        """It has been forked."""
        self._pid = pid
        self._tree.add(pid)
        self._started.set()

    def has_ended(self, status: int | None) -> None:
        """It is gone, with this status, if anybody knows."""
        self._status = status
        self._ended.set()
        self._started.set()

    # ------------------------------------------------------------ in the job's thread

    def hear(self, pipes: PipeReader, job: Job) -> None:
        """Have what is still to be read of its output go to the job."""
        pipes.add(job, *self._outputs)

    def work(self, job: Job, packed: Packed) -> Outcome:
        """Do the task, and tell the job what the process writes."""
        try:
            outcome = job._kill_switch.call_blocking(self._wake, self._converse, job, packed)
        except (EOFError, BrokenPipeError, ConnectionResetError):
            raise ProcessDied(self._how_it_died()) from None
        result: Outcome = unpack(outcome)
        return result

    def _converse(self, job: Job, packed: Packed) -> Packed:
        """Send the task, and take what comes until the outcome does; raises `EOFError` at the end of the process."""
        connection = self._connection
        send_packed(connection, packed)
        while True:
            match connection.recv():
                case ("stream", name, text):
                    job._output.write(name, text)
                case ("message", kind, content):
                    job._output.put(OutputMessage(kind, content))
                case ("progress", done, total, text):
                    job.progress(done, total, text)
                case ("sources", names):
                    connection.send(sources_of(InteractiveShell.instance(), names))
                case ("outcome",):
                    return receive_packed(connection)

    # ------------------------------------------------------------------ in any thread

    def _wake(self) -> None:
        """A kill has come. Called at every strike."""
        if not self._is_terminated:
            self._is_terminated = True
            start_own_thread("jobs-process-end", self._terminate)

    def _terminate(self) -> None:
        self._started.wait(_LONGEST_START)
        if self._pid is not None and not self._ended.is_set():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGTERM)
        self._ended.wait(_GRACE)
        self._tree.end()
        # Somebody whom the process has forked may have its end of the connection, and the job's thread waits for that.
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def kill(self) -> None:
        """Kill it, and all that it has started."""
        self._started.wait(_LONGEST_START)
        self._tree.end()

    def close_outputs(self) -> None:
        """Nobody will read its output."""
        for fd in self._outputs:
            os.close(fd)

    def _how_it_died(self) -> str:
        self._ended.wait(1)
        status = self._status
        if status is None:
            return "the process of the job has ended, and nobody knows why"
        if os.WIFSIGNALED(status):
            number = os.WTERMSIG(status)
            name = signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"
            text = f"the process of the job was ended by {name}"
            return f"{text}; the system may have been out of memory" if name == "SIGKILL" else text
        return f"the process of the job has ended by itself, with exit status {os.WEXITSTATUS(status)}"

    def end(self) -> None:
        """Close the connection, which ends a process that waits; kill one that works, and all that it has started."""
        self._connection.close()
        self._socket.close()
        if self._is_terminated:
            self.kill()


def _carried() -> dict[str, Any]:
    """The sources of the package, if the page has brought it into this kernel."""
    loader = getattr(sys.modules[__name__.partition(".")[0]].__spec__, "loader", None)
    files: Callable[[], dict[str, str]] | None = getattr(loader, "files", None)
    if files is None:
        return {"files": None}
    source = cast("InspectLoader", bootstrap.__spec__.loader).get_source(bootstrap.__name__)
    return {"files": files(), "bootstrap": source}
