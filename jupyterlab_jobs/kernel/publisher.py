"""Tells the clients what happens to the jobs. All of it is sent by one thread.

Why one: in ipykernel every thread that publishes on IOPub opens a socket of its own, and a thousand jobs would run out
of file descriptors. It is also what makes messages few and large: whatever has come together while the thread paused
goes out at once.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from . import protocol
from .keep_alive import KeepAlive
from .output import OutputMessage
from .states import ENDED
from .threads import start_own_thread
from .transport import KernelTransport

if TYPE_CHECKING:
    from .job import Job

_log = logging.getLogger(__name__)

# The Jupyter server drops what exceeds 1,000 messages a second: stay at half of that, whatever the number of jobs.
_SECONDS_PER_MESSAGE = 0.002
_SHORTEST_PAUSE = 0.02

# So that a job that writes much is not in the way of the others, nor of a snapshot.
_MESSAGES_PER_TURN = 50


class Publisher:
    """Owns the sequence number and the jobs' output logs; `lock` guards both.

    Any thread may call `wake` and `announce_removed`; only the publisher's own sends.
    """

    def __init__(self, transport: KernelTransport) -> None:
        self.lock = threading.Lock()
        self.runtime_id = uuid.uuid4().hex
        self.seq = 0
        self._transport = transport
        self._queue: SimpleQueue[Job | int | None] = SimpleQueue()
        self._waiting: set[int] = set()
        self._thread: threading.Thread | None = None
        self._keep_alive = KeepAlive()

    def start(self) -> None:
        """Start the thread, if it does not run yet."""
        if self._thread is None:
            self._thread = start_own_thread("jobs-publisher", self._run)

    def stop(self) -> None:
        """Send what is left, and end the thread."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join(timeout=5)
            self._thread = None

    def wake(self, job: Job) -> None:
        """Something about the job has changed: it has written, or its state is another."""
        # Cheap on purpose, it is called for every print. Two threads that pass the test at once enqueue the job
        # twice, which does no harm.
        if job.id in self._waiting:
            return
        try:
            self._waiting.add(job.id)
            self._queue.put(job)
        except BaseException:
            # A kill that hits between the two lines would leave the job waiting, but not in the queue.
            self._waiting.discard(job.id)
            raise

    def announce_removed(self, job_id: int) -> None:
        """The job is no longer in the list."""
        self._queue.put(job_id)

    # ------------------------------------------------------------- the thread

    def _run(self) -> None:
        stopping = False
        while not stopping:
            changed: dict[Job, None] = {}
            removed: list[int] = []
            try:
                entry = self._queue.get(timeout=self._keep_alive.longest_silence)
                while True:
                    if entry is None:
                        stopping = True
                    elif isinstance(entry, int):
                        removed.append(entry)
                    else:
                        changed[entry] = None
                    entry = self._queue.get_nowait()
            except Empty:
                pass
            try:
                sent = self._publish(list(changed), removed)
            except Exception:
                # What cannot be sent must not silence all other jobs; the gap in `seq` makes clients ask again.
                _log.exception("Failed to publish")
                sent = 1
            if not stopping:
                time.sleep(max(_SHORTEST_PAUSE, sent * _SECONDS_PER_MESSAGE))

    def _publish(self, jobs: list[Job], removed: list[int]) -> int:
        sent = 0
        with self.lock:
            # From here on a change enqueues a job again.
            for job in jobs:
                self._waiting.discard(job.id)
            records = []
            for job in jobs:
                # The record before the output: when it says that the job has ended, all its output is there to be
                # taken, and so is sent before the end is announced.
                record = protocol.record(job)
                try:
                    sent += self._publish_output(job, ended=record["state"] in ENDED)
                except Exception:
                    # What cannot be sent must not silence the other jobs.
                    _log.exception("Failed to publish the output of job %s", job.id)
                self._keep_alive.note(record)
                if not job.is_removed:
                    records.append(record)
            # The end of a job whose output fills more than this turn is told in a later one.
            records = [r for r in records if r["state"] not in ENDED or r["id"] not in self._waiting]
            if records or removed or not jobs:  # nothing at all: the kernel must not seem to be idle
                self.seq += 1
                content = protocol.event(self.runtime_id, self.seq, records, removed)
                self._transport.send(protocol.EVENT_TYPE, content)
                sent += 1
        return sent

    def _publish_output(self, job: Job, *, ended: bool) -> int:
        output = job._output
        sent = self._show_record(job) if output.shown is None else 0
        for message in output.take(_MESSAGES_PER_TURN):
            if output.shown == "cleared":
                sent += self._show_record(job)
            metadata = protocol.output_metadata(self.runtime_id, job.id, self.seq + 1)
            self._transport.send(message.type, message.content, parent=job.origin.parent, metadata=metadata)
            # After it: what cannot be sent must not be in the log, or no snapshot could be sent either.
            self.seq += 1
            output.log.apply(message)
            sent += 1
            if message.type == "clear_output":
                # Clearing took the job's record out of the cell as well. After clear_output(wait=True) it comes back
                # with the next output, so that nothing flickers.
                output.shown = "cleared"
                if not message.content["wait"]:
                    sent += self._show_record(job)
        if not output.is_empty:
            self.wake(job)
        elif ended and output.shown == "running":
            sent += self._show_record(job, update=True)
        return sent

    def _show_record(self, job: Job, *, update: bool = False) -> int:
        """Display the job's record under its cell; returns how many messages that took."""
        output = job._output
        output.shown = "ended" if job.done() else "running"
        has_record = job.origin.parent and job.origin.lane != "api"  # submit() returns the Job, which shows itself
        if not has_record and not (update and output.displayed):
            return 0
        message = OutputMessage(
            "update_display_data" if update else "display_data",
            protocol.record_display(job, self.runtime_id),
        )
        self._transport.send(message.type, message.content, parent=job.origin.parent)
        return 1
