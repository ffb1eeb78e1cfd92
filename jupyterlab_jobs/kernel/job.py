"""One background execution."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Generator
from concurrent import futures
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from IPython.display import display

from . import protocol
from .held_result import HeldResult
from .job_variables import JobVariables
from .kill import KillSwitch
from .output import Output
from .progress import Progress, checked
from .slim_condition import SlimCondition
from .states import ENDED, State
from .threads import current_job

if TYPE_CHECKING:
    from .namespace import Namespace
    from .registry import Registry
    from .work import Work

Lane = Literal["queue", "express", "api"]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a job comes from, and so where its output goes."""

    lane: Lane
    parent: dict[str, Any]
    """The header of the request under whose cell the output appears; empty if there is none."""
    cell_id: str | None = None
    execution_count: int | None = None


@dataclass(frozen=True, slots=True)
class JobError:
    """How a job failed, as it is shown: no reference to the exception's frames."""

    ename: str
    evalue: str
    traceback: list[str]
    """Lines with ANSI colours."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where exactly a job runs, in the words of its backend."""

    text: str
    url: str | None
    """A page about it."""


class Job(futures.Future[Any]):
    """A background job: code, a state, its output, its result or its error.

    Made by `%job` and `jobs.submit`, never by hand. It is a `concurrent.futures.Future`, so that whatever waits for one
    waits for a job. All attributes may be read from any thread; they are changed by the registry, under its lock.
    """

    # What most jobs never have is in the class: CPython shares the keys of no more than 30 attributes, and beyond that
    # an object takes a kilobyte more.
    _progress: Progress | None = None
    timeout: float | None = None
    stopping_since: float | None = None
    timed_out = False
    is_removed = False
    stuck_in: str | None = None
    """Where a job is that does not end although it is being killed."""
    waiting_for: str | None = None
    """What a queued job waits for: other jobs, cells, or its turn."""
    kill_reason: str | None = None
    """Why the runtime itself has killed it."""
    backend = "thread"
    """Where it runs."""
    place: Place | None = None
    """Where exactly it runs, if its backend says so."""
    has_items = False
    """Whether it is a `Group`."""
    notifies = False
    """Whether the page tells the user of its end."""

    def __init__(
        self,
        registry: Registry,
        job_id: int,
        name: str,
        code: str,
        origin: Origin,
        work: Work,
        timeout: float | None = None,
        *,
        notifies: bool = False,
        backend: str = backend,
    ) -> None:
        super().__init__()
        self._condition = SlimCondition()
        self._registry = registry
        self.id = job_id
        self.name = name
        self.code = code
        self.origin = origin
        self.execution_count = origin.execution_count
        self._history: list[State] = ["queued"]
        if timeout is not None:
            self.timeout = timeout
        if notifies:
            self.notifies = True
        if backend != self.backend:
            self.backend = backend
        self.submitted = time.time()
        self.started: float | None = None
        self.ended: float | None = None
        self.error: JobError | None = None
        self._work: Work | None = work
        self._namespace: Namespace | None = None
        self._kill_switch = KillSwitch()
        self._output = Output(self, registry.publisher)
        self._own_values: dict[object, Any] = {}  # by what looks them up: see per_job

    @property
    def state(self) -> State:
        """Where the job is in its life."""
        return self._history[-1]

    @property
    def duration(self) -> float | None:
        """Seconds that it ran, or has been running; None while it is queued."""
        if self.started is None:
            return None
        return (self.ended or time.time()) - self.started

    @property
    def output(self) -> str:
        """All that it has written so far, as text: what it printed, its errors, and the text of what it displayed."""
        return self._output.text()

    @property
    def traceback(self) -> str | None:
        """The traceback of a failed job, with ANSI colours."""
        return None if self.error is None else "\n".join(self.error.traceback)

    def result(self, timeout: float | None = None) -> Any:
        """The value of the job's last expression, once it has finished.

        Raises what the job has raised, with the job's own traceback as its first cause; `JobWasKilled` if it was
        killed; `TimeoutError` if it has not ended in `timeout` seconds; `RuntimeError` in the job itself.
        """
        error = self.exception(timeout)
        if error is None:
            value = super().result()
            return value.get() if isinstance(value, HeldResult) else value
        try:
            # Else each time would add the frames of the last one.
            raise error.with_traceback(None)
        finally:
            del self, error  # which the traceback would keep, and they the traceback

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """What `result` would raise, or None, once the job has ended; raises `TimeoutError` as `result` does."""
        if not (self.done() or self.wait(timeout)):
            raise TimeoutError(f"job {self.id} has not ended in {timeout} s")
        return super().exception()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the job has ended, at most `timeout` seconds; returns whether it has.

        Raises `RuntimeError` in the job itself, which would wait for ever.
        """
        if self.done():
            return True
        if current_job() is self:
            raise RuntimeError(f"job {self.id} cannot wait for its own end")
        with self._registry.scheduler.waiting():
            return bool(futures.wait([self], timeout).done)

    def __await__(self) -> Generator[Any, None, Any]:
        """`await job` is what `result()` is; the event loop goes on. To give up waiting leaves the job alone."""
        loop = asyncio.get_running_loop()
        ended = loop.create_future()

        def set_ended() -> None:
            if not ended.done():  # whoever waited may have given up
                ended.set_result(None)

        def wake(_: object) -> None:
            with contextlib.suppress(RuntimeError):  # the loop has been closed
                loop.call_soon_threadsafe(set_ended)

        self.add_done_callback(wake)
        if current_job() is not self:
            with self._registry.scheduler.waiting():
                yield from ended
        return self.result()

    def cancelled(self) -> bool:
        """Whether it was killed."""
        return self.state == "killed"

    def cancel(self) -> bool:
        """Kill the job, as `kill` does; returns whether it is being killed, or was."""
        return self.kill() or self.cancelled()

    @property
    def vars(self) -> JobVariables:
        """The names that it has assigned, with their values: while it runs, and after it has failed or was killed."""
        return JobVariables(self)

    def land(self) -> list[str]:
        """Make what it has assigned so far the notebook's now; returns the names that have changed there.

        For a job that runs, and for one that has failed or was killed, whose variables do not land by themselves. What
        has landed already does not land again.
        """
        return self._registry.land(self).names

    def progress(self, done: float, total: float | None = None, text: str = "") -> None:
        """Tell how far the job is: `done` of `total`, and a short text; for the panel, the badge and `%jobs`.

        To be called by the job itself (`jobs.current.progress(…)`), as often as it likes: clients hear of it at most
        ten times a second. A total that was given once stays until another one is. Raises `TypeError` for what is no
        number, `ValueError` for what is not finite.
        """
        progress = self._progress
        if progress is None:
            progress = self._progress = Progress(self.started or time.time())
        # The plain case first: a loop may call this a million times.
        done = done if type(done) is int else checked(done)
        if total is not None:
            progress.total = total if type(total) is int else checked(total)
        progress.done = done
        progress.text = text if type(text) is str else str(text)
        self._registry.publisher.tell_progress(self)

    def _set_place(self, text: str, url: str | None) -> None:
        """Its backend tells where exactly it runs."""
        place = Place(text, url)
        if place != self.place:
            self.place = place
            self._registry.publisher.wake(self)

    def kill(self) -> bool:
        """Kill the job; returns False if it had ended already.

        Does not wait: the state is `stopping` until the code has really ended.
        """
        return self._registry.kill([self]) != []

    def __repr__(self) -> str:
        return f"<Job {self.id} {self.name!r} {self.describe_state()}>"

    def describe_state(self) -> str:
        """The state in words, with the time that it took."""
        if self.kill_reason is not None:
            return f"{self.state}: {self.kill_reason}"
        if self.state == "queued" and self.waiting_for is not None:
            return f"{self.state}: waiting for {self.waiting_for}"
        duration = self.duration
        if duration is None:
            return self.state
        if self.state == "killed" and self.timed_out:
            return f"timed out after {duration:.1f} s"
        if self.state in ENDED:
            return f"{self.state} in {duration:.1f} s"
        text = f"{self.state} for {duration:.1f} s"
        return text if self._progress is None else f"{text}: {self._progress}"

    def bundle(self) -> dict[str, Any]:
        """What a frontend shows: the record that becomes a badge, and a line of text for everybody else."""
        return {
            protocol.RECORD_MIME_TYPE: protocol.notebook_record(self, self._registry.publisher.runtime_id),
            "text/plain": f"Job {self.id} · {self.name} · {self.describe_state()}",
        }

    def _ipython_display_(self) -> None:
        # A cell that ends in `%job …` has the job as its value, and the job's record is under that cell already.
        request = self._registry.current_request()
        if self.origin.lane == "api" or request != self.origin.parent.get("msg_id"):
            self._output.displayed = True
            content = protocol.record_display(self, self._registry.publisher.runtime_id)
            display(content["data"], raw=True, display_id=content["transient"]["display_id"])
