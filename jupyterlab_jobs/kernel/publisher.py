"""Tells the clients what happens to the jobs. All of it is sent by one thread.

Why one: in ipykernel every thread that publishes on IOPub opens a socket of its own, and a thousand jobs would run out
of file descriptors. It is also what makes messages few and large: whatever has come together while the thread paused
goes out at once.
"""

from __future__ import annotations

import logging
import math
import threading
import time
import uuid
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from . import protocol
from .budget import Budget
from .captured_cells import CapturedCells
from .cell_logs import CellLog, CellLogs
from .handover import Handover
from .keep_alive import KeepAlive
from .kill import QUICK_END
from .messages import OutputMessage
from .progress import TELL_INTERVAL
from .spool import Spool
from .states import ENDED
from .threads import start_own_thread
from .transport import KernelTransport

if TYPE_CHECKING:
    from .job import Job, Origin

_log = logging.getLogger(__name__)

Mark = dict[str, Any]
"""Metadata of a message."""

# The Jupyter server drops what exceeds 1,000 messages a second: stay at half of that, whatever the number of jobs.
_SECONDS_PER_MESSAGE = 0.002
_SHORTEST_PAUSE = 0.02
# While there is more to tell all the time: fewer, larger messages. A page that has missed some gets them all at once.
_LONGEST_PAUSE = 0.1
_PAUSE_GROWTH = 1.5

_LONGEST_STOP = 4.0
"""Seconds that are left for what is to be sent when the runtime is unloaded."""


class Publisher:
    """Owns the sequence number, the jobs' output logs and those of their cells, the budget and the spool.

    `lock` guards the logs and the number. `intake` guards what the jobs have written until it is sent, and may be taken
    under `lock`, not the other way round.

    Any thread may call `wake`, `announce_removed`, `start_cell_log` and `publish_foreground`; what jobs write, only the
    publisher's own sends.
    """

    def __init__(self, transport: KernelTransport) -> None:
        # Reentrant, because the garbage collector may run a finalizer anywhere, and that may display something.
        self.lock = threading.RLock()
        self.intake = threading.RLock()
        self.cells = CellLogs()
        self.captured = CapturedCells()
        self.runtime_id = uuid.uuid4().hex
        self.seq = 0
        self.budget = Budget()
        self.spool = Spool()
        self._transport = transport
        self._queue: SimpleQueue[Job | int | None] = SimpleQueue()
        self._waiting: set[int] = set()
        # Jobs whose newest progress is to be told, and when it may be.
        self._progressing: set[int] = set()
        self._later: dict[Job, float] = {}
        self._thread: threading.Thread | None = None
        self._keep_alive = KeepAlive()
        self._handover = Handover()

    def start(self) -> None:
        """Start the thread, if it does not run yet."""
        if self._thread is None:
            self._thread = start_own_thread("jobs-publisher", self._run)

    def stop(self) -> None:
        """Send what is left, and end the thread."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join(timeout=_LONGEST_STOP + 1)
            self._thread = None
        self._handover.hasten(is_flooded=False)

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

    def tell_progress(self, job: Job) -> None:
        """The job has said how far it is. As cheap as `wake`; what it says is told when it is time again."""
        if job.id in self._progressing:
            return
        try:
            self._progressing.add(job.id)
            self._queue.put(job)
        except BaseException:
            self._progressing.discard(job.id)
            raise

    def start_cell_log(self, origin: Origin) -> None:
        """A job is started by a cell, of which clients are told from now on."""
        if origin.cell_id is not None:
            with self.lock:
                # The express lane may be ahead of the main thread. Otherwise a cell that has no log has ended long ago,
                # as far as the log is concerned, and what it has shown is not known.
                if origin.lane == "express" or self.cells.find(origin.parent.get("msg_id")) is not None:
                    self.cells.start_job(origin.parent, origin.cell_id)

    def publish_foreground(self, message: OutputMessage, request_id: str | None, send: Callable[[Mark], Any]) -> Any:
        """Publish what is no job's output by calling `send` with the metadata to add; returns what it returns.

        It is numbered if it is seen under a cell with jobs. Called in any thread that publishes.
        """
        with self.lock:
            cell = self._cell_of(request_id)
            display_id = (message.content.get("transient") or {}).get("display_id")
            is_update = message.type == "update_display_data"
            mark: Mark = {}
            if (cell is not None and cell.has_jobs) or (is_update and self.cells.shows(display_id)):
                self.seq += 1
                mark = protocol.output_metadata(self.runtime_id, None, self.seq, in_cell=True)
            sent = send(mark)
            if message.type == "stream":
                self.budget.charge_cells(len(message.content["text"]))
            # After it, and so under a number that was taken before: if it could not be sent, clients see a gap.
            if cell is not None or is_update:
                self.cells.apply(cell, message.frozen(), self.seq)
            return sent

    def _cell_of(self, request_id: str | None) -> CellLog | None:
        """The log of the cell under which a request's output is shown now."""
        return None if request_id in self.captured else self.cells.find(request_id)

    def announce_removed(self, job_id: int) -> None:
        """The job is no longer in the list."""
        self._queue.put(job_id)

    # ------------------------------------------------------------- the thread

    def _run(self) -> None:
        stopping = False
        deadline = math.inf
        pause = _SHORTEST_PAUSE
        # Once it is to stop, until all is sent: who has something left wakes it again.
        while not stopping or (not self._queue.empty() and time.monotonic() < deadline):
            changed: dict[Job, None] = {}
            removed: list[int] = []
            begin = time.monotonic()
            try:
                entry = self._queue.get(timeout=self._longest_silence())
                # What is written after a silence is shown soon.
                is_busy = time.monotonic() - begin < _LONGEST_PAUSE
                pause = min(_LONGEST_PAUSE, pause * _PAUSE_GROWTH) if is_busy else _SHORTEST_PAUSE
                while True:
                    if entry is None:
                        stopping = True
                        deadline = time.monotonic() + _LONGEST_STOP
                    elif isinstance(entry, int):
                        removed.append(entry)
                    else:
                        changed[entry] = None
                    entry = self._queue.get_nowait()
            except Empty:
                pass
            changed |= dict.fromkeys(self._take_due())
            if not stopping and self._put_off(changed) and not (changed or removed):
                continue
            try:
                sent = self._publish(list(changed), removed)
            except Exception:
                # What cannot be sent must not silence all other jobs; the gap in `seq` makes clients ask again.
                _log.exception("Failed to publish")
                sent = 1
            # While this waits for the next ones it must not keep these alive, and their results.
            changed.clear()
            entry = None
            if not (stopping and self._queue.empty()):
                time.sleep(max(pause, sent * _SECONDS_PER_MESSAGE))

    def _longest_silence(self) -> float | None:
        """Seconds after which there is something to tell although nobody says so; None for never."""
        silence = self._keep_alive.longest_silence
        if not self._later:
            return silence
        until_due = max(0.0, min(self._later.values()) - time.monotonic())
        return until_due if silence is None else min(silence, until_due)

    def _put_off(self, changed: dict[Job, None]) -> bool:
        """Take out the jobs that are expected to end in a moment; returns whether there are any."""
        soon = []
        for job in [job for job in changed if job.state == "stopping"]:
            # From here on its end enqueues it again.
            self._waiting.discard(job.id)
            delay = (job.stopping_since or 0.0) + QUICK_END - time.time()
            if job.state == "stopping" and 0 < delay <= QUICK_END:
                soon.append(job)
                self._later[job] = time.monotonic() + delay
                del changed[job]
        return bool(soon)

    def _take_due(self) -> list[Job]:
        """The jobs of which something may be told now."""
        if not self._later:
            return []
        now = time.monotonic()
        due = [job for job, when in self._later.items() if when <= now]
        for job in due:
            del self._later[job]
        return due

    def _record(self, job: Job) -> dict[str, Any]:
        """The job's record, with the progress that was told last if that was a moment ago."""
        output, progress = job._output, job._progress
        if progress is None:
            return protocol.record(job)
        now = time.monotonic()
        if output.progress_told is not None and job.state not in ENDED and now < output.progress_told[0]:
            self._later[job] = output.progress_told[0]
            return {**protocol.record(job), "progress": output.progress_told[1]}
        # Before it is looked at: what the job says from here on enqueues it again.
        self._progressing.discard(job.id)
        progress.measure(time.time())
        record = protocol.record(job)
        output.progress_told = now + TELL_INTERVAL, record["progress"]
        self._later.pop(job, None)
        return record

    def _publish(self, jobs: list[Job], removed: list[int]) -> int:
        sent = 0
        self._take_in(jobs)
        with self.lock:
            # From here on a change enqueues a job again.
            for job in jobs:
                self._waiting.discard(job.id)
            records: list[dict[str, Any]] = []
            told: list[Job] = []
            for job in self.budget.begin_turn(jobs):
                # The record before the output: when it says that the job has ended, all its output is there to be
                # taken, and so is sent before the end is announced.
                record = self._record(job)
                try:
                    sent += self._publish_output(job, ended=record["state"] in ENDED)
                except Exception:
                    # What cannot be sent must not silence the other jobs.
                    _log.exception("Failed to publish the output of job %s", job.id)
                    self.wake(job)  # there may be more
                self._keep_alive.note(record)
                if job.is_removed:
                    job._output.forget()
                elif _changeable(record) != job._output.told and (record["state"] not in ENDED or job._output.is_sent):
                    # The end of a job whose output fills more than this turn is told in a later one.
                    records.append(record)
                    told.append(job)
            cells = [cell for cell in self.cells.with_jobs() if not cell.is_told]
            removed_cells = self.cells.take_removed()
            is_silent = not jobs  # nothing at all: the kernel must not seem to be idle
            if records or removed or cells or removed_cells or is_silent:
                self.seq += 1
                content = protocol.event(self.runtime_id, self.seq, records, removed, cells, removed_cells)
                for cell in cells:
                    cell.is_told = True
                    cell.log.seq = self.seq
                self._transport.send(protocol.EVENT_TYPE, content)
                sent += 1
                for job, record in zip(told, records, strict=True):
                    job._output.told = _changeable(record)
        self._handover.hasten(is_flooded=self.budget.flooding > 0)
        return sent

    def _take_in(self, jobs: list[Job]) -> None:
        """Take the bulk of what jobs have written, of which a part goes to a file, while the cells may publish."""
        for job in jobs:
            try:
                job._output.take_in()
            except Exception:
                _log.exception("Failed to keep the output of job %s", job.id)

    def _publish_output(self, job: Job, *, ended: bool) -> int:
        output = job._output
        output.take_in()
        self.budget.begin_job()
        if output.shown is None and not self.budget.has_room:
            self.wake(job)
            return 0
        sent = self._show_record(job) if output.shown is None else 0
        for message in output.take(ended=ended):
            if output.shown == "cleared":
                sent += self._show_record(job)
            # Who is told that the job is removed has no place for its output any more.
            self._send_output(job, message, None if job.is_removed else job.id)
            # After it: what cannot be sent must not be in the log, or no snapshot could be sent either.
            output.log.apply(message, self.seq)
            sent += 1
            if message.type == "clear_output":
                # Clearing took the job's record out of the cell as well. After clear_output(wait=True) it comes back
                # with the next output, so that nothing flickers.
                output.shown = "cleared"
                if not message.content["wait"]:
                    sent += self._show_record(job)
        if output.is_waiting:
            self.wake(job)
        # "cleared": what a clear_output(wait=True) leaves there, nothing has come to replace.
        if ended and output.shown in ("running", "cleared") and output.is_sent:
            sent += self._show_record(job, update=True)
        return sent

    def _show_record(self, job: Job, *, update: bool = False) -> int:
        """Display the job's record under its cell; returns how many messages that took."""
        output = job._output
        output.shown = "ended" if job.state in ENDED else "running"
        has_record = job.origin.parent and job.origin.lane != "api"  # submit() returns the Job, which shows itself
        if not has_record and not (update and output.displayed):
            return 0
        message = OutputMessage(
            "update_display_data" if update else "display_data",
            protocol.record_display(job, self.runtime_id),
        )
        # It is no part of what the job has written, but of what stands under the cell.
        self._send_output(job, message, None)
        self.budget.charge(output, 0, is_stream=False)
        return 1

    def _send_output(self, job: Job, message: OutputMessage, job_id: int | None) -> None:
        parent = job.origin.parent
        cell = self._cell_of(parent.get("msg_id"))
        metadata = protocol.output_metadata(self.runtime_id, job_id, self.seq + 1, in_cell=cell is not None)
        self._transport.send(message.type, message.content, parent=parent, metadata=metadata)
        self.seq += 1
        self.cells.apply(cell, message, self.seq)


def _changeable(record: dict[str, Any]) -> tuple[Any, ...]:
    """What may be another one the next time: of a job that has ended only the number of its cell."""
    return (record["state"], record["execution_count"]) if record["state"] in ENDED else tuple(record.values())
