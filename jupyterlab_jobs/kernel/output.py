"""What a job writes: from the threads that write it to the log that clients ask for."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from .job import Job, JobError
    from .publisher import Publisher

MessageType = Literal["stream", "display_data", "update_display_data", "execute_result", "error", "clear_output"]

MAX_LOG_CHARACTERS = 1_000_000
MAX_LOG_ITEMS = 2_000

# Writers wait when this much is on its way to the clients: a job that floods must not eat the memory.
_MAX_PENDING_CHARACTERS = 4_000_000


@dataclass(frozen=True, slots=True)
class OutputMessage:
    """One message of Jupyter's messaging protocol, as yet without header."""

    type: MessageType
    content: dict[str, Any]


def _size(item: dict[str, Any]) -> int:
    """How many characters an output item holds, roughly."""
    if item["output_type"] == "stream":
        return len(item["text"])
    if item["output_type"] == "error":
        return sum(map(len, item["traceback"]))
    return sum(len(value) if isinstance(value, str) else 100 for value in item["data"].values())


@dataclass(slots=True)
class OutputLog:
    """Outputs as a notebook would hold them, bounded. Owned by the publisher: changed and read under its lock."""

    items: deque[dict[str, Any]] = field(default_factory=deque)
    dropped: int = 0
    size: int = 0
    clear_pending: bool = False

    def apply(self, message: OutputMessage) -> None:
        """Take in a message, as an output area does."""
        content = message.content
        if message.type == "clear_output":
            if content["wait"]:
                self.clear_pending = True
            else:
                self._clear()
            return
        display_id = content.get("transient", {}).get("display_id")
        if message.type == "update_display_data":
            for item in self.items:
                if display_id is not None and item.get("display_id") == display_id:
                    self.size -= _size(item)
                    item.update(data=content["data"], metadata=content["metadata"])
                    self.size += _size(item)
            return
        if self.clear_pending:
            self._clear()
        last = self.items[-1] if self.items else None
        if message.type == "stream" and last is not None and last.get("name") == content["name"]:
            last["text"] += content["text"]
            self.size += len(content["text"])
        else:
            item = {"output_type": message.type, **content}
            item.pop("transient", None)
            if display_id is not None:
                item["display_id"] = display_id
            self.items.append(item)
            self.size += _size(item)
        self._bound()

    def _clear(self) -> None:
        self.items.clear()
        self.size = 0
        self.clear_pending = False

    def _bound(self) -> None:
        while len(self.items) > 1 and (self.size > MAX_LOG_CHARACTERS or len(self.items) > MAX_LOG_ITEMS):
            size = _size(self.items.popleft())
            self.size -= size
            self.dropped += size
        if self.size > MAX_LOG_CHARACTERS and self.items[0]["output_type"] == "stream":
            excess = self.size - MAX_LOG_CHARACTERS
            self.items[0]["text"] = self.items[0]["text"][excess:]
            self.size -= excess
            self.dropped += excess


class Output:
    """One job's output.

    The job's threads append to `_pending`, without a lock (a deque's `append` is atomic) and without sending
    anything: in ipykernel every thread that publishes opens a socket of its own. The publisher's thread takes it from
    there.
    """

    __slots__ = (
        "_job",
        "_pending",
        "_pending_characters",
        "_publisher",
        "_room",
        "displayed",
        "log",
        "shown",
    )

    def __init__(self, job: Job, publisher: Publisher) -> None:
        self._job = job
        self._publisher = publisher
        self._pending: deque[OutputMessage] = deque()
        self._pending_characters = 0
        self._room: threading.Event | None = None
        self.log = OutputLog()
        self.shown: Literal["running", "ended", "cleared"] | None = None
        """How the job's record stands under its cell now. Owned by the publisher."""
        self.displayed = False
        """Whether the user has displayed the job somewhere else as well."""

    def write(self, name: Literal["stdout", "stderr"], text: str) -> int:
        """Write to a stream. Called in the job's threads."""
        if text:
            self.put(OutputMessage("stream", {"name": name, "text": text}))
            self._pending_characters += len(text)
            if self._pending_characters > _MAX_PENDING_CHARACTERS:
                self._wait_for_room()
        return len(text)

    def error(self, error: JobError) -> None:
        """Write an error, as a cell that fails does."""
        content = {"ename": error.ename, "evalue": error.evalue, "traceback": error.traceback}
        self.put(OutputMessage("error", content))

    def put(self, message: OutputMessage) -> None:
        """Hand a message to the publisher. Called in any thread."""
        self._pending.append(message)
        self._publisher.wake(self._job)

    def take(self) -> Iterator[OutputMessage]:
        """Everything that is pending, with neighbouring writes to one stream joined. The publisher calls it."""
        pending = self._pending
        name, texts = "", list[str]()
        # Bounded by what is there now: a job that writes without end must not keep the publisher here.
        for _ in range(len(pending)):
            message = pending.popleft()
            if message.type == "stream" and message.content["name"] == name:
                texts.append(message.content["text"])
                continue
            if texts:
                yield OutputMessage("stream", {"name": name, "text": "".join(texts)})
                name, texts = "", []
            if message.type == "stream":
                name, texts = message.content["name"], [message.content["text"]]
            else:
                yield message
        if texts:
            yield OutputMessage("stream", {"name": name, "text": "".join(texts)})
        self._pending_characters = 0
        if self._room is not None:
            self._room.set()

    def text(self) -> str:
        """All text that the log still holds, and what is on its way there."""
        with self._publisher.lock:
            items = [item.copy() for item in self.log.items]
            pending = list(self._pending)
        log = OutputLog(deque(items), clear_pending=self.log.clear_pending)
        for message in pending:
            log.apply(message)
        return "".join(_text_of(item) for item in log.items)

    def _wait_for_room(self) -> None:
        room = self._room = threading.Event()
        if self._pending_characters > _MAX_PENDING_CHARACTERS:
            # The time-out only guards against a publisher that cannot send; the pause is what counts.
            room.wait(1)
        self._room = None


def _text_of(item: dict[str, Any]) -> str:
    match item["output_type"]:
        case "stream":
            return str(item["text"])
        case "error":
            return "\n".join(item["traceback"]) + "\n"
        case _:
            return str(item["data"].get("text/plain", "")) + "\n"
