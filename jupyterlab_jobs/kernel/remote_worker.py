"""Does the tasks of one job in a process of another machine's or this one's, and tells the kernel what they write.

`prepare` is called first in a process. Then there is one `TaskRunner` for its job.
"""

from __future__ import annotations

import asyncio
import builtins
import contextlib
import functools
import gc
import inspect
import io
import os
import sys
import threading
import time
from collections.abc import Callable
from types import FunctionType
from typing import Any

from IPython.core.displaypub import DisplayPublisher
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

import jupyterlab_jobs

from . import surroundings, threads
from .api import the_jobs
from .backends import Receive
from .cell_sources import learn
from .displays import display_message, result_message
from .errors import JobKilled
from .figures import show_figures
from .job import JobError
from .output import sendable
from .progress import checked
from .progress_bars import follow_progress_bars
from .remote_task import (
    CallTask,
    CodeTask,
    ItemOutcome,
    ItemsTask,
    MapSetup,
    NotPicklable,
    Outcome,
    Packed,
    is_picklable,
    pack,
    stays,
    type_name,
    unpack,
)
from .replacements import Replacements
from .source import compile_source
from .tracebacks import describe_error, undescribed

_FLUSH_AFTER = 0.02
"""Seconds after which is sent what was not sent at once: parts of lines, and lines that come thick and fast."""

_MOST_LINES = 10
"""How many lines are sent at once in that time."""

_STARTS_OF_PROCESSES = frozenset({"os.exec", "os.fork", "os.posix_spawn", "os.system", "pty.spawn", "subprocess.Popen"})
"""Audit events before which parts of lines are sent: what the new process writes comes after them."""

_LARGE = 8_000
"""Characters that are sent even if no line is complete."""


# Not what code of the user's may put there.
_now, _sleep = time.monotonic, time.sleep


class WorkerShell(InteractiveShell):
    """IPython without a terminal or a kernel: for magics, displays and tracebacks."""

    def init_virtualenv(self) -> None:
        """The kernel's `sys.path` says all."""

    def enable_gui(self, gui: str | None = None) -> None:
        """There is no screen."""


class RemoteJob:
    """What stands for the job on this side: `jobs.current`, and what the runtime's own parts need of one."""

    _namespace = None

    def __init__(self, send: Receive) -> None:
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
    """Have a shell in this process, and all that every task needs: it is forked, and each fork would do it again."""
    config = Config()
    # Nor a thread that keeps one.
    config.HistoryManager.enabled = False
    shell: InteractiveShell = WorkerShell.instance(config=config)
    with contextlib.suppress(UsageError):  # told by the task
        _first_task()
    # Else the collector would write to every page, and have it copied.
    gc.collect()
    gc.freeze()
    return shell


@functools.cache
def _first_task() -> Packed:
    """Calls a function that does nothing, and goes over by value as those of a notebook."""
    function = FunctionType(_nothing.__code__, {"__name__": "__main__", "__builtins__": builtins}, "nothing")
    return pack((surroundings.present(), CallTask(function, (), {})))


def _nothing() -> None: ...


class TaskRunner:
    """Does the tasks of one job, one after the other, in this process, which belongs to it from now on."""

    def __init__(self, send: Receive) -> None:
        """`send` sends a message to the kernel, as `backends.Message` says. It may be called in any thread."""
        self._setup: Packed | MapSetup | None = None
        self._shell = shell = InteractiveShell.instance()
        self._job: Any = RemoteJob(send)
        stdout = _Stream("stdout", send)
        self._streams = [stdout, _Stream("stderr", send, stdout)]
        self._send = functools.partial(_send_in_order, self._streams, send)
        shell.display_pub = _Publisher(shell, self._send)
        shell._showtraceback = functools.partial(_show_traceback, self._send)  # type: ignore[method-assign] # as ipykernel does
        sys.stdout, sys.stderr = self._streams
        _flush_soon(self._streams)
        jupyterlab_jobs.jobs = RemoteJobs(self._job)  # type: ignore[assignment] # all that there is here
        sys.addaudithook(functools.partial(_flush_before_processes, self._streams))
        follow_progress_bars(Replacements())

    def warm_up(self) -> None:
        """Do a task that does nothing: a process that was just forked has to copy each page that it uses for one."""
        with contextlib.suppress(UsageError):
            self.execute(_first_task())

    def set_up(self, setup: Packed) -> None:
        """What all tasks have in common that come now."""
        self._setup = setup

    def execute(self, packed: Packed) -> Packed:
        """Do a task; returns its pickled `Outcome`. Only `JobKilled` is raised."""
        outcome = threads.run_as(self._job, self._run, packed)
        for stream in self._streams:
            stream.flush()
        return _packed_outcome(outcome)

    def _run(self, packed: Packed) -> Outcome:
        try:
            wanted, task = self._unpack(packed)
            if wanted is not None:
                surroundings.adopt(wanted)
            if isinstance(task, CodeTask):
                return _run_code(self._shell, task, self._send)
            if isinstance(task, CallTask):
                return Outcome(_call(task.function, *task.args, **task.kwargs))
            return Outcome(self._run_items(task, self._map_setup()))
        except JobKilled:
            raise
        except BaseException as error:
            return Outcome(error=error, described=self._described(error))

    def _map_setup(self) -> MapSetup:
        setup = self._setup
        assert setup is not None
        if isinstance(setup, Packed):
            unpacked: MapSetup = self._unpack(setup)
            surroundings.adopt(unpacked.surroundings)
            self._setup = setup = unpacked
        return setup

    def _run_items(self, task: ItemsTask, setup: MapSetup) -> list[ItemOutcome]:
        outcomes = []
        for item in task.items:
            try:
                outcomes.append(ItemOutcome(_call(setup.function, item)))
            except JobKilled:
                raise
            except BaseException as error:
                outcomes.append(ItemOutcome(error=error, described=self._described(error)))
                if task.stops:
                    break
        return outcomes

    def _unpack(self, packed: Packed) -> Any:
        learn(self._shell, packed.sources)
        return unpack(packed)

    def _described(self, error: BaseException) -> JobError:
        try:
            return describe_error(self._shell, error)
        except Exception:
            return undescribed(error)


def _call(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    value = function(*args, **kwargs)
    if inspect.iscoroutine(value):
        value = asyncio.run(value)
    show_figures()
    return value


def _run_code(shell: InteractiveShell, task: CodeTask, send: Receive) -> Outcome:
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
    if isinstance(value, list) and value and isinstance(value[0], ItemOutcome):
        value = [item if is_picklable(item) else _picklable_item(item) for item in value]
    if not is_picklable(value):
        kept_back[""] = type_name(value)
        value = None
    if error is not None and not is_picklable(error):
        error = _picklable_error(error, outcome.described)
    return pack(Outcome(value, error, outcome.described, assigned, outcome.deleted, kept_back, outcome.globals_of))


def _picklable_item(item: ItemOutcome) -> ItemOutcome:
    if item.error is not None:
        return ItemOutcome(error=_picklable_error(item.error, item.described), described=item.described)
    error = NotPicklable(stays(type_name(item.value)))
    return ItemOutcome(error=error, described=undescribed(error))


def _picklable_error(error: BaseException, described: JobError | None) -> RuntimeError:
    return RuntimeError(f"{type_name(error)}: {described.evalue if described else ''}")


# --------------------------------------------------------------------------- what it writes


class _Stream(io.TextIOBase):
    """`sys.stdout` or `sys.stderr`: sends lines at once, and together when they come quickly.

    `_lock` guards what was not sent yet, of both: where the two alternate, the order stays.
    """

    def __init__(self, name: str, send: Receive, other: _Stream | None = None) -> None:
        self._name = name
        self._send = send
        self._other = other
        self._parts: list[str] = []
        self._size = 0
        if other is None:
            self._lock = threading.RLock()
        else:
            self._lock, other._other = other._lock, self
        self._window = (0.0, 0)  # since when so many lines were sent
        self._wakes_flusher: Callable[[], None] | None = None
        self._is_due = False

    name = property(lambda self: f"<{self._name}>")
    encoding = "utf-8"
    errors = "replace"

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        with self._lock:
            if self._other is not None and self._other._size:
                self._other.flush()
            self._parts.append(text)
            self._size += len(text)
            if self._size > _LARGE or ("\n" in text and self._is_quiet):
                self.flush()
            elif not self._is_due and self._wakes_flusher is not None:
                self._is_due = True
                self._wakes_flusher()
        return len(text)

    @property
    def _is_quiet(self) -> bool:
        """Whether a line may go at once: what follows may hold the GIL, and nobody could send it any more."""
        began, count = self._window
        now = _now()
        if now - began > _FLUSH_AFTER:
            began, count = now, 0
        self._window = (began, count + 1)
        return self._wakes_flusher is None or count < _MOST_LINES

    def flush(self) -> None:
        with self._lock:
            self._is_due = False
            text, self._parts, self._size = "".join(self._parts), [], 0
            if text:
                self._send(("stream", self._name, sendable(text)))

    def flush_with(self, wake: Callable[[], None] | None) -> None:
        """Have somebody who calls `flush` soon, when woken; without one, every line is sent at once."""
        self._wakes_flusher = wake

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return False

    def fileno(self) -> int:
        return {"stdout": 1, "stderr": 2}[self._name]


def _flush_soon(streams: list[_Stream]) -> None:
    """Have a thread that sends what streams hold back. A forked child has not got it."""
    wanted = threading.Event()

    def run() -> None:
        while True:
            wanted.wait()
            wanted.clear()
            _sleep(_FLUSH_AFTER)
            for stream in streams:
                stream.flush()

    threading.Thread(target=run, name="jobs-flush", daemon=True).start()
    for stream in streams:
        stream.flush_with(wanted.set)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=functools.partial(stream.flush_with, None))


class _Publisher(DisplayPublisher):
    """Sends what is displayed."""

    def __init__(self, shell: InteractiveShell, send: Receive) -> None:
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


def _show_traceback(send: Receive, etype: type, evalue: Any, stb: list[str]) -> None:
    content = {"ename": etype.__name__, "evalue": sendable(str(evalue)), "traceback": [sendable(line) for line in stb]}
    send(("message", "error", content))


def _send_in_order(streams: list[_Stream], send: Receive, message: tuple[Any, ...]) -> None:
    """Send what was written before first."""
    for stream in streams:
        stream.flush()
    send(message)
