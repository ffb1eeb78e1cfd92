"""The side of the Dask workers: does the tasks of jobs, each in a process that the job has for itself there.

So a kill ends the job's code for certain, and whatever it has started, while the worker's other tasks go on; and a
crash ends the job and not the worker. A Dask task stands for it meanwhile, in one of the worker's threads. It sends
what the process writes as Dask events: from the worker to the scheduler and from there to the kernel, over connections
that are there already, and in order with the end of the task.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import threading
import time
from collections import defaultdict
from typing import Any

from distributed import WorkerPlugin

from .backends import Message
from .job_processes import JobProcess, ProcessPool
from .remote_task import Packed
from .threads import start_own_thread

_PAUSE = 0.05
"""Seconds between two events of a task."""

_MOST_CHARACTERS = 64_000
"""What one event holds: more waits, and so does the process that writes it. The scheduler passes on what all tasks of
the cluster write, and keeps the last thousand events."""

_IDLE = 60.0
"""Seconds after which a process that waits for another task is ended: its kernel may be gone."""

_INLINE = 64_000
"""Bytes of an outcome that come with the last event, which saves the kernel to fetch them."""


class JobsPlugin(WorkerPlugin):  # type: ignore[misc, unused-ignore] # there may be none where this is checked
    """Does the tasks of jobs in one worker. `_lock` guards the processes."""

    idempotent = True

    def __init__(self, name: str) -> None:
        self.name = name
        self._worker: Any = None
        self._pool = ProcessPool()
        self._lock = threading.Lock()
        self._idle: defaultdict[str, list[tuple[float, JobProcess]]] = defaultdict(list)
        self._running: dict[str, JobProcess] = {}

    # ------------------------------------------------------------ called by Dask, in its loop

    def setup(self, worker: Any) -> None:
        """The worker is there, and a job will be soon."""
        self._worker = worker
        start_own_thread("jobs-warm-up", self._pool.warm_up)

    def teardown(self, worker: Any) -> None:
        """The worker ends."""
        start_own_thread("jobs-teardown", self._pool.close)

    def transition(self, key: Any, start: str, finish: str, **_: Any) -> None:
        """A task changes its state: if it was cancelled, or nobody wants its result any more, its process ends."""
        if finish in ("cancelled", "released", "forgotten"):
            process = self._running.get(key)
            if process is not None:
                start_own_thread("jobs-kill", process.terminate)

    # ----------------------------------------------------------- in a thread for one task

    def run(self, key: str, topic: str, session: str, setup: Any, task: Any) -> Packed | None:
        """Do a task. With `setup`, the process is kept for the next task of this session.

        What it writes goes to the `topic`, and in the end the outcome if it is small. Otherwise that is returned.
        Raises `ProcessDied`.
        """
        task, setup = _packed(task), None if setup is None else _packed(setup)
        outbox = _Outbox(self._worker, topic, key)
        outbox.put(("place", f"{self._worker.name}", self._worker.address))
        process = self._idle_process(session) or self._pool.take()
        outcome: Packed | None = None
        try:
            with self._lock:
                self._running[key] = process
            known = self._worker.state.tasks.get(key)
            if known is None or known.state not in ("executing", "long-running"):  # it was cancelled before
                process.terminate()
            if setup is not None and not process.is_set_up:
                process.set_up(setup)
            outcome = process.run(task, outbox.put)
        finally:
            with self._lock:
                del self._running[key]
            if outcome is not None and setup is not None:
                self._give_back(session, process)
            else:
                _pass_on_rest(process.close(), outbox)
            is_inline = outcome is not None and outcome.size <= _INLINE
            outbox.end(("ended", outcome if is_inline else None))
        return None if is_inline else outcome

    def _idle_process(self, session: str) -> JobProcess | None:
        with self._lock:
            return self._idle[session].pop()[1] if self._idle[session] else None

    def _give_back(self, session: str, process: JobProcess) -> None:
        with self._lock:
            self._idle[session].append((time.monotonic(), process))
        self._worker.loop.add_callback(self._worker.loop.call_later, _IDLE + 1, self._end_idle)

    def _end_idle(self) -> None:
        with self._lock:
            oldest = time.monotonic() - _IDLE
            ended = [entry for entries in self._idle.values() for entry in entries if entry[0] < oldest]
            for session, entries in list(self._idle.items()):
                self._idle[session] = [entry for entry in entries if entry not in ended]
        for _, process in ended:
            process.discard()

    def end_session(self, session: str) -> None:
        """There will be no more tasks of this session."""
        with self._lock:
            idle = self._idle.pop(session, [])
        for _, process in idle:
            process.discard()


def _packed(value: Packed | tuple[Any, ...]) -> Packed:
    return value if isinstance(value, Packed) else Packed(*value)


class _Outbox:
    """What is sent to the kernel about a task. `_changed` guards it."""

    def __init__(self, worker: Any, topic: str, key: str) -> None:
        self._worker = worker
        self._topic = topic
        self._key = key
        self._changed = threading.Condition()
        self._messages: list[Message] = []
        self._size = 0
        self._is_due = False
        self._last = 0.0

    def put(self, message: Message) -> None:
        """Send a message soon. Called in the task's thread; waits while there is much that was not sent yet."""
        with self._changed:
            self._changed.wait_for(lambda: self._size < _MOST_CHARACTERS)
            self._messages.append(message)
            self._size += len(message[2]) if message[0] == "stream" else 100
            if self._is_due:
                return
            self._is_due = True
        self._worker.loop.add_callback(self._send_soon)

    def end(self, message: Message) -> None:
        """Send the last message, with all that is there: before Dask tells that the task is done."""
        with self._changed:
            self._messages.append(message)
        self._worker.loop.add_callback(self._send)

    # ------------------------------------------------------------------- in Dask's loop

    def _send_soon(self) -> None:
        pause = self._last + _PAUSE - time.monotonic()
        if pause > 0:
            self._worker.loop.call_later(pause, self._send)
        else:
            self._send()

    def _send(self) -> None:
        with self._changed:
            messages, self._messages, self._size, self._is_due = self._messages, [], 0, False
            self._last = time.monotonic()
            self._changed.notify_all()
        if messages:
            self._worker.log_event(self._topic, [self._key, pickle.dumps(messages, protocol=5)])


def _pass_on_rest(outputs: list[int], outbox: _Outbox) -> None:
    """What the process has left in its pipes, if it has crashed."""
    for name, fd in zip(("stdout", "stderr"), outputs, strict=True):
        os.set_blocking(fd, False)
        with contextlib.suppress(BlockingIOError):
            while rest := os.read(fd, _MOST_CHARACTERS):
                outbox.put(("stream", name, rest.decode(errors="replace")))
        os.close(fd)
