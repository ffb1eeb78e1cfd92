"""One session of a backend, as the work of a job uses it."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

from .backends import Backend, Held, Message, Session
from .held_result import HeldResult
from .messages import OUTPUT_TYPES, OutputMessage
from .remote_task import Outcome, Packed, unpack
from .threads import start_own_thread

if TYPE_CHECKING:
    from .job import Job


class RemoteSession:
    """Has tasks done somewhere else, in a thread of the job's. A kill reaches them."""

    def __init__(self, job: Job, session: Session) -> None:
        self._job = job
        self._session = session
        self._kill: threading.Thread | None = None

    def run(self, task: Packed) -> Outcome:
        """Have a task done; returns what has become of it."""
        outcome = self._run(task, may_hold=False)
        assert isinstance(outcome, Packed)
        result: Outcome = unpack(outcome)
        return result

    def run_and_hold(self, task: Packed) -> Outcome:
        """As `run`; but the value may be a `HeldResult`."""
        outcome = self._run(task, may_hold=True)
        if isinstance(outcome, Packed):
            result: Outcome = unpack(outcome)
            return result
        held = outcome
        return Outcome(HeldResult(lambda: unpack(held.fetch()).value))

    def _run(self, task: Packed, *, may_hold: bool) -> Packed | Held:
        switch, session = self._job._kill_switch, self._session
        outcome: Packed | Held = switch.call_blocking(self._wake, session.run, task, self._receive, may_hold=may_hold)
        return outcome

    def _wake(self) -> None:
        """A kill has come. Called at every strike, in any thread."""
        if self._kill is None:
            self._kill = start_own_thread(f"job-{self._job.id}-kill", self._session.kill)

    def close(self) -> None:
        """Give the place up, once what a kill does there is done."""
        if self._kill is not None:
            self._kill.join()
        self._session.close()

    def _receive(self, message: Message) -> None:
        """Tell the job what is told about it. Called in its thread."""
        job = self._job
        match message:
            case ("stream", "stdout" | "stderr" as name, str() as text):
                job._output.write(name, text)
            case ("message", kind, dict() as content) if kind in OUTPUT_TYPES:
                job._output.put(OutputMessage(kind, content))
            case ("progress", done, total, str() as text):
                job.progress(done, total, text)
            case ("place", str() as text, url):
                job._set_place(text, url)
            case ("note", str() as text):
                job._output.note(text)
            case _:
                raise ValueError(f"a backend has told {message!r:.100}, which means nothing")


@contextlib.contextmanager
def opened(backend: Backend, job: Job, setup: Packed | None = None) -> Iterator[RemoteSession]:
    """A session of a backend, which is closed whatever happens."""
    switch = job._kill_switch
    sessions: list[RemoteSession] = []
    try:
        # Kept before the kill, which may come when it is open, is raised.
        switch.undisturbed(lambda: sessions.append(RemoteSession(job, backend.open(job, setup))))
        yield sessions[0]
    finally:
        for session in sessions:
            switch.undisturbed(session.close)
