"""What a job writes: from the threads that write it to the log that clients ask for."""

from __future__ import annotations

import time
import weakref
from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any, Literal

from .budget import Usage
from .child_output import ChildPipe, hear_all
from .flood import Backlog
from .messages import OutputMessage, StreamName, size_of, text_of
from .output_log import OutputLog
from .threads import undisturbed
from .transcript import Transcript, TranscriptReader

if TYPE_CHECKING:
    from .job import Job, JobError
    from .publisher import Publisher

# Writers wait when the publisher has not taken so much: jobs that flood must eat neither the memory nor all the time.
_MAX_PENDING_SIZE = 4_000_000  # of all jobs that flood
_MAX_PENDING_SIZE_OF_MANY = 50_000
_MESSAGE_SIZE = 200  # what a message takes beside its text
_PAUSE = 0.05  # seconds: of fifty that wait, none must be in the way of a cell all the time
_LONGEST_WAIT = 20  # pauses


def sendable(text: str) -> str:
    """The text without what cannot be sent: halves of surrogate pairs become question marks."""
    if text.isascii():
        return text
    return text.encode("utf-8", "replace").decode("utf-8")


class Output:
    """One job's output.

    The job's threads append to `_pending`, without a lock (a list's `append` is atomic) and without sending
    anything: in ipykernel every thread that publishes opens a socket of its own. The publisher's thread takes it from
    there.
    """

    __slots__ = (
        "__weakref__",
        "_backlog",
        "_has_taken_all",
        "_is_forgotten",
        "_job",
        "_pending",
        "_pending_size",
        "_publisher",
        "children",
        "displayed",
        "job_id",
        "log",
        "progress_told",
        "shown",
        "told",
        "transcript",
        "usage",
    )

    def __init__(self, job: Job, publisher: Publisher) -> None:
        # Weak, as its backlog's reference to this: a job that nobody has any more goes at once, and its result with it.
        self._job = weakref.ref(job)
        self.job_id = job.id
        self._publisher = publisher
        self._pending: list[OutputMessage] = []  # no deque, of which an empty one takes 600 bytes
        self._pending_size = 0
        self._has_taken_all = True
        self._is_forgotten = False
        self._backlog = Backlog(self, publisher.budget)
        self.usage = Usage()
        self.transcript = Transcript(publisher.spool)
        self.told: tuple[Any, ...] | None = None
        """The values of the job's record as the clients have it. Owned by the publisher."""
        self.progress_told: tuple[float, Any] | None = None
        """The progress that the clients have, and when they may get another. Owned by the publisher."""
        self.log = OutputLog()
        self.shown: Literal["running", "ended", "cleared"] | None = None
        """How the job's record stands under its cell now. Owned by the publisher."""
        self.displayed = False
        """Whether the user has displayed the job somewhere else as well."""
        self.children: list[ChildPipe] = []
        """What child processes write to. Changed by one operation at a time, which is atomic."""

    def write(self, name: StreamName, text: str) -> int:
        """Write to a stream. Called in the job's threads."""
        if text:
            self.put(OutputMessage("stream", {"name": name, "text": sendable(text)}))
        return len(text)

    def error(self, error: JobError) -> None:
        """Write an error, as a cell that fails does."""
        content = {"ename": error.ename, "evalue": error.evalue, "traceback": error.traceback}
        self.put(OutputMessage("error", content))

    def note(self, text: str) -> None:
        """Show a line of the runtime's own."""
        content = {"data": {"text/plain": sendable(text)}, "metadata": {}, "transient": {}}
        self.put(OutputMessage("display_data", content, is_note=True))

    def put(self, message: OutputMessage) -> None:
        """Hand a message to the publisher. Called in any thread; waits if too much is on its way."""
        if self.children:
            # What a child has written before comes before. A kill in the middle would lose it.
            undisturbed(self.hear_children)
        self._append(message)

    def put_from_child(self, name: StreamName, text: str) -> None:
        """Write what a child process has written. Called under the lock of its pipe."""
        if text:
            self._append(OutputMessage("stream", {"name": name, "text": sendable(text)}))

    def hear_children(self) -> None:
        """Take in what the child processes have written until now."""
        if self.children:
            hear_all(self.children.copy())

    def _append(self, message: OutputMessage) -> None:
        # Computed before: a kill in another module than this one could come between the two lines below.
        size = _MESSAGE_SIZE + size_of(message.type, message.content)
        self._pending.append(message)
        self._pending_size += size
        job = self._job()
        if job is not None:
            self._publisher.wake(job)
        waits = 0
        limit = max(_MAX_PENDING_SIZE // (self._publisher.budget.flooding or 1), _MAX_PENDING_SIZE_OF_MANY)
        while self._pending_size > limit and waits < _LONGEST_WAIT:
            # Not for ever: a publisher that cannot send must not stop the jobs.
            time.sleep(_PAUSE)
            waits += 1

    def take_in(self) -> None:
        """Take what is pending, with neighbouring writes to one stream joined. The publisher calls it."""
        with self._publisher.intake:
            self._take_in()

    def _take_in(self) -> None:
        # What is there now: a job that writes without end must not keep the publisher here.
        pending = self._pending.copy()
        taken = taken_size = 0
        try:
            while taken < len(pending) and not self._backlog.is_full:
                message = pending[taken]
                taken += 1
                taken_size += _MESSAGE_SIZE + size_of(message.type, message.content)
                texts = [message.content["text"]] if message.type == "stream" else []
                while texts and taken < len(pending) and _same_stream(message, pending[taken]):
                    text = pending[taken].content["text"]
                    texts.append(text)
                    taken_size += _MESSAGE_SIZE + len(text)
                    taken += 1
                if len(texts) > 1:
                    message = OutputMessage("stream", {"name": message.content["name"], "text": "".join(texts)})
                if not message.is_note:
                    self.transcript.apply(message)
                self._backlog.add(message)
        finally:
            # One operation, between two of the writers'.
            del self._pending[:taken]
        self._has_taken_all = taken == len(pending)
        self._pending_size = 0 if self._has_taken_all else max(0, self._pending_size - taken_size)

    def take(self, *, ended: bool) -> Iterator[OutputMessage]:
        """What may be sent now. The publisher calls it after `take_in`."""
        return self._backlog.take(ended=ended and self._has_taken_all)

    @property
    def is_sent(self) -> bool:
        """Whether nothing that was written before the last `take_in` is on its way to the clients."""
        return self._has_taken_all and self._backlog.is_sent

    @property
    def is_waiting(self) -> bool:
        """Whether the publisher has more to do for it."""
        return bool(self._pending) or self._backlog.is_waiting

    @property
    def waiting(self) -> int:
        """How much is on its way to the clients, roughly."""
        return self._pending_size + self._backlog.size

    def flood_id(self, number: int) -> str:
        """The display id of the note in the place of what was left out."""
        return f"jupyterlab-jobs:{self._publisher.runtime_id}:{self.job_id}:flood-{number}"

    def forget(self) -> None:
        """The job is no longer in the list: what the file holds goes. What memory holds stays, the log above all.

        The publisher calls it.
        """
        with self._publisher.intake:
            if self.transcript.is_spooled:
                self._is_forgotten = True
                self.transcript.release()

    def text(self) -> str:
        """All text that the job has written."""
        return undisturbed(self._text)

    def _text(self) -> str:
        with self._publisher.intake:
            reader = None if self._is_forgotten else self.transcript.reader()
            following = self.transcript.following()
            pending = [message for message in self._pending if not message.is_note]
        if reader is None:
            with self._publisher.lock:
                return "".join(text_of(item["output_type"], item) for item in self.log.items)
        with closing(reader):
            for message in pending:
                following.apply(message)
            with closing(following.reader()) as later:
                return later.read() if following.was_cleared else reader.read() + later.read()

    def reader(self) -> TranscriptReader:
        """What the publisher has taken of the text, for who closes the reader."""
        with self._publisher.intake:
            return self.transcript.reader()


def _same_stream(message: OutputMessage, following: OutputMessage) -> bool:
    return following.type == "stream" and following.content["name"] == message.content["name"]
