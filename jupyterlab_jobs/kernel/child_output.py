"""What the child processes of jobs write, for the jobs' cells.

A child inherits the kernel's file descriptors 1 and 2, and what it writes there would appear under whichever cell is
the newest. So a child that a job starts gets pipes of its own for them, which one thread reads for all jobs.

Without effect on Windows, where the kernel does not show what children write either.
"""

from __future__ import annotations

import codecs
import contextlib
import functools
import inspect
import multiprocessing.util
import os
import select
import selectors
import subprocess
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Literal

from .replacements import Replacements
from .threads import current_job, run_as, start_own_thread

if TYPE_CHECKING:
    from .job import Job
    from .output import Output
    from .streams import KernelStreams

_PIPE_SIZE = 65536
"""What fits into a pipe: one read of that many bytes takes all that was written before it."""

_LINGER = 5.0
"""Seconds that the thread waits for other pipes: to start it takes as long as a small job."""

# Not the one for jobs that can be killed.
_new_poll: Callable[[], Any] = getattr(select, "poll", None)  # type: ignore[assignment] # not on Windows


def hear_children(replacements: Replacements, streams: KernelStreams, reader: PipeReader) -> None:
    """Have what the children of jobs write go to the jobs."""
    if os.name != "posix":
        return
    from multiprocessing import popen_fork

    replacements.set(subprocess.Popen, "__init__", _heard_init(subprocess.Popen.__init__, reader))
    replacements.set(popen_fork.Popen, "_launch", _heard_launch(popen_fork.Popen._launch, reader, streams))  # type: ignore[attr-defined] # private
    util: Any = multiprocessing.util
    replacements.set(util, "spawnv_passfds", _heard_spawn(util.spawnv_passfds, reader))


class ChildPipe:
    """A pipe that a child writes to. `_lock` guards the reading of it."""

    __slots__ = ("_decoder", "_lock", "_name", "_output", "fd", "is_open")

    def __init__(self, fd: int, output: Output, name: Literal["stdout", "stderr"]) -> None:
        os.set_blocking(fd, False)
        self.fd = fd
        self.is_open = True
        self._output = output
        self._name = name
        # Incremental: a character may come in two pieces.
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        # Reentrant: what is called in between may print.
        self._lock = threading.RLock()

    def hear(self) -> bool:
        """Hand over what the child has written; returns False at the end. Called by the reader and by the job."""
        with self._lock:
            if not self.is_open:
                return False
            try:
                chunk = os.read(self.fd, _PIPE_SIZE)
            except BlockingIOError:
                return True
            self._output.put_from_child(self._name, self._decoder.decode(chunk, final=not chunk))
            return bool(chunk)

    def wait_for_reader(self) -> None:
        """Wait until what the reader has taken out, and holds in its hands, is handed over."""
        with self._lock:
            pass

    def close(self) -> None:
        """Nothing will come any more. Called by the reader."""
        with self._lock:
            self.is_open = False
            os.close(self.fd)
        self._output.children.remove(self)


def hear_all(pipes: list[ChildPipe]) -> None:
    """Hand over what children have written until now. Called in any thread, for every print of a job with children."""
    poll = _new_poll()
    for pipe in pipes:
        poll.register(pipe.fd, select.POLLIN)
    ready = {fd for fd, _ in poll.poll(0)}
    for pipe in pipes:
        if pipe.fd in ready:
            pipe.hear()
        else:
            pipe.wait_for_reader()


class PipeReader:
    """Reads the pipes of all jobs' children, in a thread that lives a little longer than these.

    `_lock` guards the number of pipes and the thread.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._selector = selectors.DefaultSelector()
        self._pipes = 0
        self._thread: threading.Thread | None = None

    @contextlib.contextmanager
    def pipes(self, job: Job, *names: Literal["stdout", "stderr"]) -> Iterator[list[int]]:
        """The ends of new pipes, for a child that is started within the context."""
        childs_ends = []
        heard = []
        try:
            for name in names:
                fd, childs_end = os.pipe()
                childs_ends.append(childs_end)
                heard.append(ChildPipe(fd, job._output, name))
            yield childs_ends
        finally:
            for childs_end in childs_ends:
                os.close(childs_end)
            # Also if there is no child: they end at once.
            self._hear(job, heard)

    def add(self, job: Job, stdout: int, stderr: int) -> None:
        """Read two pipes, which are closed when they end, as what a job writes."""
        self._hear(job, [ChildPipe(stdout, job._output, "stdout"), ChildPipe(stderr, job._output, "stderr")])

    def _hear(self, job: Job, pipes: list[ChildPipe]) -> None:
        job._output.children += pipes
        self._add(pipes)

    def _add(self, pipes: list[ChildPipe]) -> None:
        with self._lock:
            for pipe in pipes:
                # A selector that waits already, of the kinds that Linux and macOS have, takes notice at once.
                self._selector.register(pipe.fd, selectors.EVENT_READ, pipe)
            self._pipes += len(pipes)
            if self._thread is None and self._pipes:
                self._thread = start_own_thread("jobs-child-output", self._run)

    def _run(self) -> None:
        while True:
            ready = self._selector.select(_LINGER)
            for key, _ in ready:
                if not key.data.hear():
                    self._selector.unregister(key.fd)
                    key.data.close()
                    with self._lock:
                        self._pipes -= 1
            if not ready:
                with self._lock:
                    if self._pipes == 0:
                        self._thread = None
                        return


def _heard_init(original: Callable[..., None], reader: PipeReader) -> Callable[..., None]:
    """`subprocess.Popen`, and with it `asyncio`'s."""
    signature = inspect.signature(original)

    @functools.wraps(original)
    def init(self: subprocess.Popen[Any], *args: Any, **kwargs: Any) -> None:
        job = current_job()
        if job is None:
            original(self, *args, **kwargs)
            return
        arguments = signature.bind(self, *args, **kwargs).arguments
        missing: list[Literal["stdout", "stderr"]] = []
        for name in ("stdout", "stderr"):
            if arguments.get(name) is None:
                missing.append(name)
        with reader.pipes(job, *missing) as ends:
            original(**arguments | dict(zip(missing, ends, strict=True)))

    return init


def _heard_launch(original: Callable[..., None], reader: PipeReader, streams: KernelStreams) -> Callable[..., None]:
    """`multiprocessing` that forks."""

    @functools.wraps(original)
    def launch(self: Any, process: Any) -> None:
        job = current_job()
        if job is None:
            original(self, process)
            return
        bootstrap = process._bootstrap
        with reader.pipes(job, "stdout", "stderr") as ends:

            def in_child(*args: Any, **kwargs: Any) -> Any:
                for fd, end in enumerate(ends, start=1):
                    os.dup2(end, fd)
                streams.write_to_descriptors()
                return bootstrap(*args, **kwargs)

            process._bootstrap = in_child
            try:
                original(self, process)
            finally:
                del process._bootstrap

    return launch


def _heard_spawn(original: Callable[..., int], reader: PipeReader) -> Callable[..., int]:
    """`multiprocessing` that starts a new interpreter; its helpers, which are not the job's, come by here as well."""

    @functools.wraps(original)
    def spawnv_passfds(path: Any, args: list[Any], passfds: Any) -> int:
        job = current_job()
        if job is None or "--multiprocessing-fork" not in args:
            return original(path, args, passfds)
        with reader.pipes(job, "stdout", "stderr") as (stdout, stderr):
            start = functools.partial(
                subprocess.Popen,
                args,
                executable=path,
                stdout=stdout,
                stderr=stderr,
                pass_fds=passfds,
                restore_signals=False,
            )
            process: subprocess.Popen[bytes] = run_as(None, start)
        process.returncode = 0  # multiprocessing waits for it
        return process.pid

    return spawnv_passfds
