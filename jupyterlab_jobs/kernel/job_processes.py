"""Processes for jobs, from the side of whoever wants them: the kernel, or a Dask worker.

`process_server` forks them, and they end with the process that has the server.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from importlib import resources
from importlib.abc import InspectLoader
from multiprocessing.connection import Connection
from typing import Any, cast

from . import bootstrap
from .backends import Receive
from .guardian import guard, start_guardian
from .process_wire import ENDED, OUTCOME, REPORT, SETUP, STARTED, TASK, receive_buffers, send_packed
from .processes import ChildProcesses
from .remote_failure import BackendError
from .remote_task import Packed
from .threads import run_as, start_own_thread

_GRACE = 0.2
"""Seconds that a process has for its `finally` blocks; then it is killed, with all that it has started."""

_HEAD_START = 0.001
"""Seconds that a process has for itself before the next one is made ready."""

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


class ProcessDied(BackendError):
    """The process of a job has ended without having finished it."""


def can_fork() -> bool:
    """Whether this system has what the backend needs."""
    return hasattr(os, "fork") and hasattr(socket, "send_fds")


class ProcessPool:
    """Has a server that forks processes, and one process more than are needed. Any thread may call it.

    `_lock` guards the server and the spare process.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._server: ProcessServer | None = None
        self._spare: JobProcess | None = None

    def take(self) -> JobProcess:
        """A process that nobody else has."""
        with self._lock:
            server = self._living_server()
            process, self._spare = self._spare or server.start(), None
        # The next job need not wait for a fork, nor this one for that.
        process.when_taken = self._make_spare
        return process

    def warm_up(self) -> None:
        """Have a process ready for the first job. If that cannot be, the job will say why."""
        with self._lock, contextlib.suppress(OSError):
            server = self._living_server()
            self._spare = self._spare or server.start()

    def _make_spare(self) -> None:
        """Have a process ready for the next job."""
        with self._lock, contextlib.suppress(OSError):
            # No new server: the last process may have been taken because everything ends.
            if self._server is not None and self._server.is_alive:
                self._spare = self._spare or self._server.start()

    def _living_server(self) -> ProcessServer:
        assert self._lock.locked()
        if self._server is None or not self._server.is_alive:
            self._server, self._spare = run_as(None, ProcessServer), None
        return self._server

    def close(self) -> None:
        """End all processes."""
        with self._lock:
            server, self._server = self._server, None
            spare, self._spare = self._spare, None
        if spare is not None:
            spare.discard()
        if server is not None:
            server.close()


class ProcessServer:
    """The server of processes, from the side of whoever wants them. A thread reads what it says."""

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
        self._asked: deque[JobProcess] = deque()
        self._processes: dict[int, JobProcess] = {}
        told = json.dumps({"path": sys.path, **_carried()}).encode()
        self._control.sendall(b"%10d%s" % (len(told), told))
        start_own_thread("jobs-processes", self._listen)

    def start(self) -> JobProcess:
        """Have a process forked. Does not wait."""
        ours, theirs = socket.socketpair()
        outputs = [os.pipe(), os.pipe()]
        process = JobProcess(ours, [read for read, _ in outputs])
        with self._lock, theirs:
            self._asked.append(process)
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # the process's connection ends as well
                socket.send_fds(
                    self._control,
                    [b"f"],
                    [theirs.fileno(), *(write for _, write in outputs), *(read for read, _ in outputs)],
                )
        for _, write in outputs:
            os.close(write)
        return process

    def close(self) -> None:
        """End it, and all of its processes."""
        for process in list(self._processes.values()):
            process.kill()
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
                            process = self._processes[pid] = self._asked.popleft()
                        guard(pid)
                        process.has_started(pid)
                    elif kind == ENDED:
                        self._processes.pop(pid).has_ended(status)
        self.is_alive = False
        for process in [*self._asked, *self._processes.values()]:
            process.has_ended(None)
        self._process.wait()


class JobProcess:
    """One process. It does the tasks of one job, one after the other."""

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
        self.is_set_up = False
        """Whether its tasks have something in common, and it knows what."""
        self.when_taken: Callable[[], None] | None = None
        """To be called once, when it is at work or has ended, in any thread."""

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
        self._make_way()

    # ----------------------------------------------------------------- in one thread

    def set_up(self, setup: Packed) -> None:
        """Tell what all of its tasks have in common; raises `ProcessDied`."""
        self.is_set_up = True
        with self._telling_its_death():
            send_packed(self._connection, SETUP, setup)

    def run(self, task: Packed, receive: Receive) -> Packed:
        """Have it do a task, and hand on what it sends; returns the outcome. Raises `ProcessDied`."""
        with self._telling_its_death():
            send_packed(self._connection, TASK, task)
            # The fork of the next process would be in the way of this one, which is just beginning; a task that is done
            # by then leaves it to the end of the process.
            if not self._connection.poll(_HEAD_START):
                self._make_way()
            while (message := self._connection.recv())[0] != OUTCOME:
                self._make_way()
                receive(message)
            return receive_buffers(self._connection, message)

    def _make_way(self) -> None:
        when_taken, self.when_taken = self.when_taken, None
        if when_taken is not None:
            when_taken()

    @contextlib.contextmanager
    def _telling_its_death(self) -> Iterator[None]:
        try:
            yield
        except (EOFError, BrokenPipeError, ConnectionResetError):
            raise ProcessDied(self._how_it_died()) from None

    def close(self) -> list[int]:
        """End it, if it waits for a task, or with all that it has started, if it was terminated.

        Returns the file descriptors at which its standard output and error can be read.
        """
        self._connection.close()
        self._socket.close()
        if self._is_terminated:
            self.kill()
        return self._outputs

    def discard(self) -> None:
        """As `close`, and nobody will read its output."""
        for fd in self.close():
            os.close(fd)

    # ------------------------------------------------------------------ in any thread

    def terminate(self) -> None:
        """End it: `SIGTERM`, and after a moment `SIGKILL` for whatever it has started as well. Waits for that."""
        self._is_terminated = True
        self._started.wait(_LONGEST_START)
        if self._pid is not None and not self._ended.is_set():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGTERM)
        self._ended.wait(_GRACE)
        self._tree.end()
        # Somebody whom the process has forked may have its end of the connection, and `run` waits for that.
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def kill(self) -> None:
        """Kill it, and all that it has started."""
        self._started.wait(_LONGEST_START)
        self._tree.end()

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


def _carried() -> dict[str, Any]:
    """The sources of the package, if they were brought into this process."""
    loader = getattr(sys.modules[__name__.partition(".")[0]].__spec__, "loader", None)
    return carried_sources() if hasattr(loader, "files") else {"files": None}


def carried_sources() -> dict[str, Any]:
    """The sources of the package and of what imports it from them."""
    package = __name__.partition(".")[0]
    loader = getattr(sys.modules[package].__spec__, "loader", None)
    files: Callable[[], dict[str, str]] = getattr(loader, "files", functools.partial(_installed_files, package))
    source = cast("InspectLoader", bootstrap.__spec__.loader).get_source(bootstrap.__name__)
    return {"files": files(), "bootstrap": source}


def _installed_files(package: str) -> dict[str, str]:
    root = resources.files(package)
    parts = {package: root, f"{package}/kernel": root / "kernel"}
    return {
        f"{path}/{file.name}": file.read_text(encoding="utf-8")
        for path, directory in parts.items()
        for file in directory.iterdir()
        if file.name.endswith(".py")
    }
