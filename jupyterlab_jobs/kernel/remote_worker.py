"""Runs one task in a process of another machine's or this one's, and tells the kernel what it writes.

`prepare` is called first in a process. Then there is one `TaskRunner` for its job.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import io
import sys
import threading
from collections.abc import Callable
from typing import Any

from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

import jupyterlab_jobs

from . import threads
from .api import the_jobs
from .cell_sources import CellSources, learn, unknown_in
from .displays import display_message, result_message
from .errors import JobKilled
from .figures import show_figures
from .job import JobError
from .output import sendable
from .progress import checked
from .progress_bars import follow_progress_bars
from .remote_task import CallTask, CodeTask, Outcome, Packed, is_picklable, pack, type_name, unpack
from .replacements import Replacements
from .source import compile_source
from .tracebacks import describe_error, undescribed

Send = Callable[[tuple[Any, ...]], None]
"""Sends a message to the kernel: its kind, and what belongs to it. May be called in any thread."""

_FLUSH_AFTER = 0.05
"""Seconds after which a part of a line is sent, too."""

_STARTS_OF_PROCESSES = frozenset({"os.exec", "os.fork", "os.posix_spawn", "os.system", "pty.spawn", "subprocess.Popen"})
"""Audit events before which parts of lines are sent: what the new process writes comes after them."""

_LARGE = 8_000
"""Characters that are sent even if no line is complete."""


class WorkerShell(InteractiveShell):
    """IPython without a terminal or a kernel: for magics, displays and tracebacks."""

    def init_virtualenv(self) -> None:
        """The kernel's `sys.path` says all."""

    def enable_gui(self, gui: str | None = None) -> None:
        """There is no screen."""


class RemoteJob:
    """What stands for the job on this side: `jobs.current`, and what the runtime's own parts need of one."""

    _namespace = None

    def __init__(self, send: Send) -> None:
        self._send = send
        self._own_values: dict[Any, Any] = {}

    def progress(self, done: float, total: float | None = None, text: str = "") -> None:
        """As `Job.progress`."""
        number = done if type(done) is int else checked(done)
        self._send(("progress", number, None if total is None else checked(total), str(text)))


class RemoteJobs:
    """What stands for `jobs` on this side."""

    def __init__(self, current: RemoteJob) -> None:
        self.current = current
        """The job that this process runs."""

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"jobs.{name} is in the kernel: in another process there is jobs.current alone")

    def __reduce__(self) -> Any:
        return the_jobs, ()


def prepare() -> InteractiveShell:
    """Have a shell in this process."""
    config = Config()
    # Nor a thread that keeps one: this process is forked.
    config.HistoryManager.enabled = False
    shell: InteractiveShell = WorkerShell.instance(config=config)
    return shell


class TaskRunner:
    """Does the tasks of one job, one after the other, in this process, which belongs to it from now on."""

    def __init__(self, send: Send, ask_sources: Callable[[list[str]], CellSources]) -> None:
        """`ask_sources` asks the kernel for what `cell_sources.sources_of` tells there."""
        self._ask_sources = ask_sources
        self._shell = shell = InteractiveShell.instance()
        self._job: Any = RemoteJob(send)
        self._streams = [_Stream(name, send) for name in ("stdout", "stderr")]
        self._send = functools.partial(_send_in_order, self._streams, send)
        shell.display_pub = _Publisher(shell, self._send)
        shell._showtraceback = functools.partial(_show_traceback, self._send)  # type: ignore[method-assign] # as ipykernel does
        sys.stdout, sys.stderr = self._streams
        jupyterlab_jobs.jobs = RemoteJobs(self._job)  # type: ignore[assignment] # all that there is here
        sys.addaudithook(functools.partial(_flush_before_processes, self._streams))
        follow_progress_bars(Replacements())

    def execute(self, packed: Packed) -> Packed:
        """Do a task; returns its pickled `Outcome`. Only `JobKilled` is raised."""
        outcome = threads.run_as(self._job, self._run, packed)
        for stream in self._streams:
            stream.flush()
        return _packed_outcome(outcome)

    def _run(self, packed: Packed) -> Outcome:
        try:
            surroundings, task = unpack(packed)
            if surroundings is not None:
                surroundings.apply()
            return _call(task) if isinstance(task, CallTask) else _run_code(self._shell, task, self._send)
        except JobKilled:
            raise
        except BaseException as error:
            return Outcome(error=error, described=self._described(error))

    def _described(self, error: BaseException) -> JobError:
        try:
            if unknown := unknown_in(error):
                learn(self._shell, self._ask_sources(unknown))
            return describe_error(self._shell, error)
        except Exception:
            return undescribed(error)


def _call(task: CallTask) -> Outcome:
    value = task.function(*task.args, **task.kwargs)
    if inspect.iscoroutine(value):
        value = asyncio.run(value)
    show_figures()
    return Outcome(value)


def _run_code(shell: InteractiveShell, task: CodeTask, send: Send) -> Outcome:
    names = task.globals_of.names
    names.update(task.names)
    names |= {"__name__": "__main__", "get_ipython": shell.get_ipython}
    shell.user_ns = names
    before = dict(names)
    source = compile_source(
        shell,
        task.text,
        job_id=task.job_id,
        first_line=task.first_line,
        execution_count=task.execution_count,
    )
    value = asyncio.run(source.run_async(names)) if source.is_async else source.run(names)
    if value is not None and source.shows_value:
        message = result_message(shell, value, task.execution_count)
        if message is not None:
            send(("message", message.type, message.content))
    show_figures()
    missing = object()
    assigned = {
        name: value
        for name, value in names.items()
        if before.get(name, missing) is not value and name != "__builtins__"
    }
    deleted = [name for name in task.names if name not in names]
    return Outcome(value, assigned=assigned, deleted=deleted, globals_of=task.globals_of)


def _packed_outcome(outcome: Outcome) -> Packed:
    try:
        return pack(outcome)
    except Exception:
        pass
    # Something cannot go back: the rest does.
    kept_back = {name: type_name(value) for name, value in outcome.assigned.items() if not is_picklable(value)}
    assigned = {name: value for name, value in outcome.assigned.items() if name not in kept_back}
    value, error = outcome.value, outcome.error
    if not is_picklable(value):
        kept_back[""] = type_name(value)
        value = None
    if error is not None and not is_picklable(error):
        error = RuntimeError(f"{type_name(error)}: {outcome.described.evalue if outcome.described else ''}")
    return pack(Outcome(value, error, outcome.described, assigned, outcome.deleted, kept_back, outcome.globals_of))


# --------------------------------------------------------------------------- what it writes


class _Stream(io.TextIOBase):
    """`sys.stdout` or `sys.stderr`: sends whole lines at once, and parts of them after a moment."""

    def __init__(self, name: str, send: Send) -> None:
        self._name = name
        self._send = send
        self._parts: list[str] = []
        self._size = 0
        self._lock = threading.RLock()
        self._timer: threading.Timer | None = None

    name = property(lambda self: f"<{self._name}>")
    encoding = "utf-8"
    errors = "replace"

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        with self._lock:
            self._parts.append(text)
            self._size += len(text)
            if "\n" in text or self._size > _LARGE:
                self.flush()
            elif self._timer is None:
                self._timer = threading.Timer(_FLUSH_AFTER, self.flush)
                self._timer.daemon = True
                self._timer.start()
        return len(text)

    def flush(self) -> None:
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            text, self._parts, self._size = "".join(self._parts), [], 0
            if text:
                self._send(("stream", self._name, sendable(text)))

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return False

    def fileno(self) -> int:
        return {"stdout": 1, "stderr": 2}[self._name]


class _Publisher(DisplayPublisher):
    """Sends what is displayed."""

    def __init__(self, shell: InteractiveShell, send: Send) -> None:
        super().__init__(parent=shell, shell=shell)  # type: ignore[no-untyped-call, unused-ignore] # IPython's
        self._send = send

    def publish(
        self,
        data: dict[str, Any],
        metadata: dict[str, Any] | None = None,
        source: str = "",
        *,
        transient: dict[str, Any] | None = None,
        update: bool = False,
        **_: Any,
    ) -> None:
        message = display_message(data, metadata, transient, update=update)
        self._send(("message", message.type, message.content))

    def clear_output(self, wait: bool = False) -> None:
        self._send(("message", "clear_output", {"wait": bool(wait)}))


def _flush_before_processes(streams: list[_Stream], event: str, _: tuple[Any, ...]) -> None:
    if event in _STARTS_OF_PROCESSES:
        for stream in streams:
            stream.flush()


def _show_traceback(send: Send, etype: type, evalue: Any, stb: list[str]) -> None:
    content = {"ename": etype.__name__, "evalue": sendable(str(evalue)), "traceback": [sendable(line) for line in stb]}
    send(("message", "error", content))


def _send_in_order(streams: list[_Stream], send: Send, message: tuple[Any, ...]) -> None:
    """Send what was written before first."""
    for stream in streams:
        stream.flush()
    send(message)
