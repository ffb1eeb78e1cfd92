"""One background execution."""

from __future__ import annotations

import time
from concurrent import futures
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from IPython.display import display

from . import protocol
from .job_variables import JobVariables
from .kill import KillSwitch
from .output import Output
from .states import ENDED, State

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


class Job:
    """A background job: code, a state, its output, its result or its error.

    Made by `%job` and `jobs.submit`, never by hand. All attributes may be read from any thread; they are changed by
    the registry, under its lock.
    """

    __slots__ = (
        "__weakref__",
        "_future",
        "_history",
        "_kill_switch",
        "_namespace",
        "_output",
        "_own_values",
        "_registry",
        "_work",
        "code",
        "ended",
        "error",
        "execution_count",
        "id",
        "is_removed",
        "name",
        "origin",
        "started",
        "stopping_since",
        "stuck_in",
        "submitted",
        "timed_out",
        "timeout",
    )

    def __init__(
        self,
        registry: Registry,
        job_id: int,
        name: str,
        code: str,
        origin: Origin,
        work: Work,
        timeout: float | None = None,
    ) -> None:
        self._registry = registry
        self._future: futures.Future[Any] = futures.Future()
        self.id = job_id
        self.name = name
        self.code = code
        self.origin = origin
        self.execution_count = origin.execution_count
        self._history: list[State] = ["queued"]
        self.timeout = timeout
        self.submitted = time.time()
        self.started: float | None = None
        self.ended: float | None = None
        self.stopping_since: float | None = None
        self.timed_out = False
        self.is_removed = False
        self.stuck_in: str | None = None  # where a job is that does not end although it is being killed
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

    def done(self) -> bool:
        """Whether it has ended, in whatever way."""
        return self.state in ENDED

    def result(self, timeout: float | None = None) -> Any:
        """The value of the job's last expression, once it has finished.

        Raises what the job has raised; `JobWasKilled` if it was killed; `TimeoutError` if it has not ended in
        `timeout` seconds.
        """
        if not self.wait(timeout):
            raise TimeoutError(f"job {self.id} has not ended in {timeout} s")
        error = self._future.exception()
        if error is None:
            return self._future.result()
        try:
            # Else each time would add the frames of the last one.
            raise error.with_traceback(None)
        finally:
            del self, error  # which the traceback would keep, and they the traceback

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """What `result` would raise, or None, once the job has ended; raises `TimeoutError` as `result` does."""
        if not self.wait(timeout):
            raise TimeoutError(f"job {self.id} has not ended in {timeout} s")
        return self._future.exception()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the job has ended, at most `timeout` seconds; returns whether it has."""
        return bool(futures.wait([self._future], timeout).done)

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

    def kill(self) -> bool:
        """Kill the job; returns False if it had ended already.

        Does not wait: the state is `stopping` until the code has really ended.
        """
        return self._registry.kill([self]) != []

    def __repr__(self) -> str:
        return f"<Job {self.id} {self.name!r} {self.describe_state()}>"

    def describe_state(self) -> str:
        """The state in words, with the time that it took."""
        duration = self.duration
        if duration is None:
            return self.state
        if self.state == "killed" and self.timed_out:
            return f"timed out after {duration:.1f} s"
        return f"{self.state} {'in' if self.done() else 'for'} {duration:.1f} s"

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
