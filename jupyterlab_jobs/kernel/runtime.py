"""Puts the parts together, once per kernel."""

from __future__ import annotations

import atexit
import functools
import os
import sys
import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ipykernel import version_info as ipykernel_version  # type: ignore[attr-defined] # not in its __all__
from ipykernel.zmqshell import ZMQInteractiveShell
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell

from .. import __version__
from . import patches, protocol
from .api import Jobs
from .backends import Backend, Backends
from .batch import HINT, is_batch
from .capture_magic import route_capture_magic
from .cell_names import dependencies
from .child_output import PipeReader, hear_children
from .completion import complete_jobs
from .control import ControlChannel
from .dask_backend import DaskBackend
from .displays import route_displays, show_result
from .errors import NoSuchJob
from .exit import route_exit
from .figures import separate_figures
from .foreground import ForegroundCells, notice_aborts, record_foreground
from .job import Job, JobError, Origin
from .job_names import route_names
from .lanes import Lanes
from .limits import Limits
from .magics import JobMagics
from .main_thread import MainThread
from .name_hint import add_hint, hint_at_jobs
from .process_backend import ProcessBackend
from .progress_bars import follow_progress_bars
from .publisher import Publisher
from .quiet_kill import silence_kills
from .registry import Registry
from .remote_code import RemoteCode, RemoteCodeWork
from .replacements import Replacements
from .scheduler import Awaited, AwaitedCell, AwaitedJob
from .shell_commands import route_shell_commands
from .source import compile_source
from .stdin import refuse_input, while_not_forwarded
from .streams import KernelStreams
from .syntax import JobCall, JobOptions, cell_magic_for_job_alone
from .terminal import TerminalKernel, is_terminal
from .threads import current_job
from .tracebacks import ShownSyntaxError, describe_error
from .transport import KernelTransport
from .work import SourceWork, Work

OLDEST_IPYKERNEL = (6, 29)

_runtime: Runtime | None = None


def install(shell: InteractiveShell) -> Runtime:
    """Bring the runtime into a kernel; returns the one that is there if there is one.

    Called on the main thread. Raises `UsageError` where jobs cannot run.
    """
    global _runtime
    if _runtime is None:
        if not (isinstance(shell, ZMQInteractiveShell) or is_terminal(shell)):
            raise UsageError("Jobs need a kernel that is based on ipykernel, or IPython's terminal; this is neither")
        if ipykernel_version[:2] < OLDEST_IPYKERNEL:
            found, needed = (".".join(map(str, version[:2])) for version in (ipykernel_version, OLDEST_IPYKERNEL))
            raise UsageError(f"Jobs need ipykernel {needed} or newer; this kernel has {found}")
        _runtime = Runtime(shell)
    return _runtime


def uninstall(shell: InteractiveShell) -> None:
    """Kill all jobs, and undo everything that `install` did."""
    global _runtime
    if _runtime is not None and _runtime.shell is shell:
        _runtime.close()
        _runtime = None


def get_runtime() -> Runtime:
    """The runtime of this kernel; brings it in if it is not there yet."""
    if _runtime is not None:
        return _runtime
    if not InteractiveShell.initialized():
        raise ImportError("jobs need a Jupyter kernel, or IPython; this is neither")
    return install(InteractiveShell.instance())


class Runtime:
    """Everything that belongs to one kernel."""

    def __init__(self, shell: InteractiveShell) -> None:
        self.shell = shell
        self.kernel: Any = shell.kernel if isinstance(shell, ZMQInteractiveShell) else TerminalKernel(shell)
        self.version = __version__
        self._transport = KernelTransport(self.kernel)
        self.publisher = Publisher(self._transport)
        self.backends = Backends()
        limits = Limits(lambda: self.backends.names, lambda: self.registry.scheduler.limits_changed())
        self.registry = Registry(
            self.publisher, self._describe_error, self._request_id, self._make_ready, limits.__getitem__
        )
        self._dask = DaskBackend(shell, __version__)
        self.jobs = Jobs(self.registry, self._origin_of_call, self._submit_code, self.backends, limits, self._dask)
        self.lanes = Lanes()
        self.main_thread = MainThread(self.kernel, self._transport)
        self._pid = os.getpid()
        self._is_batch: bool | None = None  # nobody has asked yet
        self._last_header: dict[str, Any] = {}
        self.default_backend = "thread"
        """Where `%job` runs without `--on`. The control thread may change it."""
        self._ready = False
        self._ready_lock = threading.Lock()
        self._streams = KernelStreams()
        self._pipes = PipeReader()
        self._processes = ProcessBackend(self._pipes)
        self.backends.register("process", self._processes)
        self.backends.register("dask", self._dask)
        self._installed = Replacements()
        self._for_jobs = Replacements()
        refuse_input(self._installed, self.kernel)
        shell.register_magics(JobMagics(self))
        complete_jobs(self._installed, shell, self.registry.all, lambda: self.backends.names)
        shell.input_transformers_cleanup.append(cell_magic_for_job_alone)
        self._cells = ForegroundCells(self.kernel, self.publisher, self.registry.scheduler)
        for listener in (self.main_thread, self._cells):
            shell.events.register("pre_execute", listener.cell_begins)
            shell.events.register("post_execute", listener.cell_ends)
        shell.events.register("post_run_cell", self._cells.cell_has_run)
        notice_aborts(self._installed, self.kernel, self.registry.scheduler)
        record_foreground(self._installed, self.kernel.session, self.publisher)
        self.kernel.control_handlers[protocol.REQUEST_TYPE] = ControlChannel(self)
        self._owns_name = "jobs" not in shell.user_ns
        if self._owns_name:
            shell.push({"jobs": self.jobs}, interactive=False)  # type: ignore[no-untyped-call, unused-ignore] # IPython's
        # Tells other clients, who may have missed the restart, that this is another runtime than the one they know.
        self._transport.send(protocol.EVENT_TYPE, protocol.event(self.publisher.runtime_id, 0))
        # The processes that jobs have started have sessions of their own: nothing else would end them.
        atexit.register(self._kill_children)

    def close(self) -> None:
        """Kill all jobs, and take everything back. Called on the main thread."""
        self.jobs.kill_all()
        self.jobs.wait(timeout=5)
        self._kill_children()
        self._dask.close()
        atexit.unregister(self._kill_children)
        self.kernel.control_handlers.pop(protocol.REQUEST_TYPE, None)
        for listener in (self.main_thread, self._cells):
            self.shell.events.unregister("pre_execute", listener.cell_begins)
            self.shell.events.unregister("post_execute", listener.cell_ends)
        self.shell.events.unregister("post_run_cell", self._cells.cell_has_run)
        self.shell.input_transformers_cleanup.remove(cell_magic_for_job_alone)
        for kind in ("line", "cell"):
            for name in ("job", "jobs"):
                self.shell.magics_manager.magics[kind].pop(name, None)
        if self._owns_name and self.shell.user_ns.get("jobs") is self.jobs:
            del self.shell.user_ns["jobs"]
        self.publisher.stop()
        while_not_forwarded(self.kernel, self._installed.undo)
        if self._ready:
            self._for_jobs.undo()
            self._streams.restore()
        if isinstance(self.kernel, TerminalKernel):
            self.kernel.close()

    def _make_ready(self) -> None:
        """The first job pays for what jobs need. Called before every job, in whatever thread."""
        with self._ready_lock:
            if self._ready:
                return
            self._streams.route(functools.partial(show_result, self.shell))
            route_displays(self._for_jobs, self.shell)
            route_capture_magic(self._for_jobs, self.shell)
            route_names(self._for_jobs, self.shell)
            route_shell_commands(self._for_jobs)
            route_exit(self._for_jobs, self.shell)
            separate_figures(self._for_jobs)
            follow_progress_bars(self._for_jobs)
            hear_children(self._for_jobs, self._streams, self._pipes)
            patches.apply(self._for_jobs)
            silence_kills(self._for_jobs)
            hint_at_jobs(self._for_jobs, self.shell, self.registry.all)
            self.publisher.start()
            self._ready = True

    # ------------------------------------------------------------------ submitting

    def prepare(self, call: JobCall, origin: Origin) -> Job:
        """Compile what a `%job` asks for, and make a job of it that is not in the list yet; raises `SyntaxError`."""
        job_id = self.registry.next_id()
        source = compile_source(
            self.shell,
            call.code,
            job_id=job_id,
            first_line=call.first_line,
            execution_count=origin.execution_count,
        )
        name = call.options.name or _title(call.code)
        options = call.options
        on = options.on or ("thread" if options.shared else self.default_backend)
        backend = self._backend(on)
        work: Work
        if backend is None:
            work = SourceWork(self.shell, source, is_shared=options.shared)
        else:
            code = RemoteCode(backend, call.code, job_id, call.first_line, origin.execution_count)
            work = RemoteCodeWork(self.shell, code)
        if options.quiet:
            origin = replace(origin, parent={})  # what it writes belongs to no cell
        return Job(
            self.registry,
            job_id,
            name,
            call.code,
            origin,
            work,
            options.timeout,
            notifies=options.notify,
            backend=on,
        )

    def _backend(self, name: str) -> Backend | None:
        try:
            return self.backends.get(name)
        except ValueError as error:
            raise UsageError(f"%job: {error}") from None

    def awaited(self, call: JobCall, ahead: Sequence[tuple[str, str]] = ()) -> list[Awaited]:
        """What a job waits for: jobs by its options, and those of the cells `ahead` that bind a name it reads.

        The cells by their request's id and their code. Raises `SyntaxError`; `UsageError` for a job that is not there.
        """
        try:
            jobs = [AwaitedJob(job) for which in call.options.after for job in self.registry.find(which)]
        except NoSuchJob as error:
            raise UsageError(f"%job: --after: {error}") from None
        if not ahead or call.options.now:
            return [*jobs]
        found = dependencies(self.shell, [code for _, code in ahead], call.code)
        return [*jobs, *(AwaitedCell(ahead[cell.index][0], cell.reason) for cell in found)]

    def running_cell(self) -> tuple[str, str] | None:
        """The cell that the main thread executes: its request's id and its code. May be called in any thread."""
        return self._cells.running

    def submit(self, call: JobCall, origin: Origin) -> Job:
        """Start the job that a `%job` asks for; raises `SyntaxError`, and `UsageError` for a job that is not there."""
        awaited = self.awaited(call)
        return self.registry.submit(self.prepare(call, origin), awaited, now=call.options.now)

    def submit_from_cell(self, call: JobCall) -> Job:
        """Start the job of a `%job` that is being executed, or return the one the express lane has started for it.

        Raises what is shown as a SyntaxError under the cell.
        """
        job = None
        if current_job() is None:
            job = self.lanes.take(self._request_id(), call.code)
            if job is None:
                self._say_how_to_wait()
                self._streams.flush_foreground()
        if job is not None:
            self.registry.scheduler.cells_are_over(job)
            self.registry.set_execution_count(job, self._prompt_number())
            return job
        try:
            return self.submit(call, self._origin_of_call("queue"))
        except SyntaxError as error:
            raise ShownSyntaxError.of(self.shell, error) from None

    @property
    def is_batch(self) -> bool:
        """Whether a program runs the notebook from the first cell to the last, and then ends the kernel."""
        if self._is_batch is None:
            self._is_batch = is_batch()
        return self._is_batch

    def _say_how_to_wait(self) -> None:
        """Once, with the first job of a notebook that runs unattended."""
        if self._is_batch is None and self.is_batch:
            sys.stderr.write(f"{HINT}\n")

    def _submit_code(self, code: str, options: JobOptions, origin: Origin) -> Job:
        return self.submit(JobCall(options, code, first_line=1), origin)

    def _origin_of_call(self, lane: Any = "api") -> Origin:
        """Where the calling code stands: in a cell, or in a job."""
        job = current_job()
        if job is not None:
            return Origin(lane, job.origin.parent, job.origin.cell_id, job.execution_count)
        request = self.kernel.get_parent("shell")
        return Origin(
            lane,
            self._shared_header(request.get("header", {})),
            request.get("metadata", {}).get("cellId"),
            self._prompt_number(),
        )

    def _shared_header(self, header: dict[str, Any]) -> dict[str, Any]:
        """A copy of a request's header, one for all jobs of that request."""
        if self._last_header.get("msg_id") != header.get("msg_id"):
            self._last_header = dict(header)
        return self._last_header

    def _request_id(self) -> str:
        """The id of the request that the main thread executes."""
        request_id: str = self.kernel.get_parent("shell").get("header", {}).get("msg_id", "")
        return request_id

    def _prompt_number(self) -> int | None:
        """The number of the cell that the main thread executes."""
        # Not `shell.execution_count`: IPython 9 counts up before it runs the cell, IPython 8 after.
        result = self.shell.displayhook.exec_result
        return None if result is None else result.execution_count

    def _describe_error(self, error: BaseException) -> JobError:
        add_hint(error, self.registry.all())
        return describe_error(self.shell, error)

    def _kill_children(self) -> None:
        if os.getpid() != self._pid:  # at the exit of a process that was forked
            return
        for job in self.registry.all():
            children = job._kill_switch.children
            children.kill(children.family())
        self._processes.close()


def _title(code: str) -> str:
    """The first line of the code that says something."""
    lines = (line.strip() for line in code.splitlines())
    return next((line for line in lines if line and not line.startswith("#")), code.strip())
