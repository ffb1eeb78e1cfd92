"""A process that does nothing but fork: with little in it, without threads, and quickly.

The kernel itself must not fork, as it has threads; and a new interpreter takes half a second to import what a job
needs. The kernel starts one of these when the first job in a process needs it, and sends it five file descriptors for
each process that it wants: the connection to it, what becomes its standard output and error, and the ends at which
these are read. The server tells the process ids, in the same order, and how processes have ended. It ends with the
connection.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import selectors
import signal
import socket
import sys
from multiprocessing.connection import Connection
from typing import Any, NoReturn

from .descriptor_output import DescriptorOutput
from .errors import JobKilled
from .process_wire import ENDED, OUTCOME, REPORT, SETUP, STARTED, receive_buffers, send_packed
from .remote_worker import TaskRunner, prepare

_DESCRIPTORS = 5


def serve(control: socket.socket) -> None:
    """Fork as long as the kernel is there."""
    prepare()
    # It gets these from the kernel's terminal or the process group's; only the kernel ends it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    woken, wakes = os.pipe()
    for fd in (woken, wakes):
        os.set_blocking(fd, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wakes, warn_on_full_buffer=False)
    selector = selectors.DefaultSelector()
    selector.register(control, selectors.EVENT_READ)
    selector.register(woken, selectors.EVENT_READ)
    while True:
        for key, _ in selector.select():
            if key.fd == woken:
                os.read(woken, 1024)
                _report_ends(control)
                continue
            request, fds, _, _ = socket.recv_fds(control, 1, _DESCRIPTORS)
            if not request:
                return
            pid = os.fork()
            if pid == 0:
                selector.close()
                control.close()
                signal.set_wakeup_fd(-1)
                os.close(woken)
                os.close(wakes)
                _be_worker(*fds)
            for fd in fds:
                os.close(fd)
            control.sendall(REPORT.pack(STARTED, pid, 0))


def _report_ends(control: socket.socket) -> None:
    with contextlib.suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            control.sendall(REPORT.pack(ENDED, pid, status))


def _be_worker(connection_fd: int, stdout: int, stderr: int, read_stdout: int, read_stderr: int) -> NoReturn:
    """The life of a forked process: one or more tasks, and the end."""
    status = 1
    try:
        os.setsid()
        os.dup2(stdout, 1)
        os.dup2(stderr, 2)
        os.close(stdout)
        os.close(stderr)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGTERM, _raise_killed)
        _work(Connection(connection_fd), read_stdout, read_stderr)
        status = 0
    except (JobKilled, EOFError, BrokenPipeError, ConnectionResetError):
        pass  # the kernel has ended it, or has ended itself
    except BaseException:
        sys.__excepthook__(*sys.exc_info())
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        with contextlib.suppress(BaseException):
            atexit._run_exitfuncs()
        os._exit(status)


def _raise_killed(*_: Any) -> None:
    # Once: what runs because of it must come to its end. The kernel kills whoever takes too long.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise JobKilled


def _work(connection: Connection[Any, Any], read_stdout: int, read_stderr: int) -> None:
    descriptors = DescriptorOutput(read_stdout, read_stderr, connection.send)

    def send(message: tuple[Any, ...]) -> None:
        with descriptors.lock:
            descriptors.drain()
            connection.send(message)

    runner = TaskRunner(send)
    runner.warm_up()
    while True:
        message = connection.recv()
        packed = receive_buffers(connection, message)
        if message[0] == SETUP:
            runner.set_up(packed)
            continue
        outcome = runner.execute(packed)
        with descriptors.lock:
            descriptors.drain()
            send_packed(connection, OUTCOME, outcome)


def main() -> None:
    """What the kernel starts: the connection's file descriptor is the first argument."""
    serve(socket.socket(fileno=int(sys.argv[1])))
