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
from collections.abc import Callable
from types import FunctionType
from typing import Any

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

import jupyterlab_jobs

from . import surroundings, threads
from .api import the_jobs
from .backends import Receive
from .cell_sources import learn
from .displays import result_message
from .errors import JobKilled
from .figures import show_figures
from .job import JobError
from .progress import checked
from .progress_bars import follow_progress_bars
from .remote_output import RemoteOutput
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
        self._output = RemoteOutput(shell, send)
        jupyterlab_jobs.jobs = RemoteJobs(self._job)  # type: ignore[assignment] # all that there is here
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
        self._output.flush()
        return _packed_outcome(outcome)

    def _run(self, packed: Packed) -> Outcome:
        try:
            wanted, task = self._unpack(packed)
            if wanted is not None:
                surroundings.adopt(wanted)
            if isinstance(task, CodeTask):
                return _run_code(self._shell, task, self._output.send)
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
