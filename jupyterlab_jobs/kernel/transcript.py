"""All the text that a job has written, whatever of it the cell shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .messages import OutputMessage, text_of
from .spool import BLOCK_SIZE, Spool

_MAX_PIECES = 1_000
"""How many small texts are kept before they are joined: each of them takes more memory than its characters."""

_SMALL = 4_000
"""How many characters between two displays are not worth a block."""

_MAX_UPDATABLE = 1_000
"""How many displays can be found by an update. Those before have become text like any other."""


@dataclass(slots=True)
class _InFile:
    """Text in a block of the spool."""

    block: int
    size: int  # bytes
    length: int  # characters


@dataclass(slots=True)
class _InMemory:
    """Text of the display that has this id."""

    display_id: str
    text: str


@dataclass(slots=True)
class _Missing:
    """What could not be kept."""

    missing: int  # characters
    reason: str

    @property
    def text(self) -> str:
        return f"\n[… {self.missing:,} characters are missing here: {self.reason} …]\n"


class Transcript:
    """What `job.output` is: streams, errors and the text of what was displayed, in order.

    The newest part is in memory, the rest in the spool. Owned by the publisher, changed and read under its lock; what
    `reader` returns needs no lock.
    """

    __slots__ = ("_clear_pending", "_parts", "_pieces", "_size", "_spool", "_updatable", "missing", "was_cleared")

    def __init__(self, spool: Spool | None, clear_pending: bool = False) -> None:
        self._spool = spool
        self._parts: list[_InFile | _InMemory | _Missing | str] = []
        self._pieces: list[str] = []  # after the parts
        self._size = 0  # characters in the pieces
        self._updatable: dict[str, _InMemory] = {}
        self._clear_pending = clear_pending
        self.was_cleared = False
        self.missing: _Missing | None = None
        """The last gap that a full disk has made."""

    def apply(self, message: OutputMessage) -> None:
        """Take in what the job has written."""
        content = message.content
        match message.type:
            case "clear_output":
                if content["wait"]:
                    self._clear_pending = True
                else:
                    self._clear()
            case "update_display_data":
                self._update(content)
            case _:
                if self._clear_pending:
                    self._clear()
                self._append(message.type, content)

    def following(self) -> Transcript:
        """An empty one, for what is written after this."""
        return Transcript(None, self._clear_pending)

    def reader(self) -> TranscriptReader:
        """The present text, for who reads it, and closes the reader."""
        parts = [part if isinstance(part, _InFile | str) else part.text for part in self._parts]
        return TranscriptReader(self._spool, [*parts, *self._pieces])

    @property
    def is_spooled(self) -> bool:
        """Whether a part of it is in the file."""
        return any(isinstance(part, _InFile) for part in self._parts)

    def release(self) -> None:
        """Forget all of it."""
        if self._spool is not None:
            blocks = [part.block for part in self._parts if isinstance(part, _InFile)]
            if blocks:
                self._spool.release(blocks)
        self._parts = []
        self._pieces = []
        self._size = 0
        self._updatable = {}
        self.missing = None

    def _clear(self) -> None:
        self.release()
        self._clear_pending = False
        self.was_cleared = True

    def _append(self, kind: str, content: dict[str, Any]) -> None:
        text = text_of(kind, content)
        display_id = content.get("transient", {}).get("display_id")
        if display_id is None or len(self._updatable) >= _MAX_UPDATABLE:
            self._write(text)
        else:
            # It may be updated, so it stays in memory, between what was written before and after.
            self._settle(everything=True)
            part = _InMemory(display_id, text)
            self._parts.append(part)
            self._updatable[display_id] = part

    def _update(self, content: dict[str, Any]) -> None:
        part = self._updatable.get(content.get("transient", {}).get("display_id"))
        if part is not None:
            part.text = text_of("display_data", content)

    def _write(self, text: str) -> None:
        self._pieces.append(text)
        self._size += len(text)
        if self._spool is None:
            return
        if self._size >= BLOCK_SIZE:
            self._settle()
        elif len(self._pieces) > _MAX_PIECES:
            self._pieces = ["".join(self._pieces)]

    def _settle(self, *, everything: bool = False) -> None:
        """Move the pieces to the parts: to the file in full blocks, and with `everything`, the rest too."""
        if not self._pieces:
            return
        text = "".join(self._pieces)
        self._pieces = []
        self._size = 0
        if self._spool is None or (everything and len(text) < _SMALL):
            self._parts.append(text)
            return
        data = text.encode()
        start = 0
        while len(data) - start >= BLOCK_SIZE or (everything and start < len(data)):
            end = min(start + BLOCK_SIZE, len(data))
            while end < len(data) and data[end] & 0xC0 == 0x80:  # in the middle of a character
                end -= 1
            self._keep(data[start:end])
            start = end
        rest = data[start:].decode()
        if rest:
            self._pieces.append(rest)
            self._size = len(rest)

    def _keep(self, data: bytes) -> None:
        assert self._spool is not None
        length = len(data.decode())
        try:
            self._parts.append(_InFile(self._spool.write(data), len(data), length))
        except OSError as error:
            # A full disk is no reason for the job to fail, nor to say nothing.
            if not self._parts or self._parts[-1] is not self.missing:
                self.missing = _Missing(0, error.strerror or str(error))
                self._parts.append(self.missing)
            self.missing.missing += length


class TranscriptReader:
    """The text as it was when the reader was made. Closed by who has made it."""

    def __init__(self, spool: Spool | None, parts: list[_InFile | str]) -> None:
        self._spool = spool
        self._parts = parts
        self._lengths = [len(part) if isinstance(part, str) else part.length for part in parts]
        self.total = sum(self._lengths)
        """How many characters there are."""
        if spool is not None:
            spool.begin_reading()

    def close(self) -> None:
        """What it read from may be released."""
        if self._spool is not None:
            self._spool.end_reading()

    def read(self, offset: int = 0, limit: int | None = None) -> str:
        """`limit` characters from `offset` on."""
        end = self.total if limit is None else offset + limit
        found = []
        begin = 0
        for part, length in zip(self._parts, self._lengths, strict=True):
            if begin >= end:
                break
            if begin + length > offset:
                found.append(self._text(part)[max(0, offset - begin) : end - begin])
            begin += length
        return "".join(found)

    def _text(self, part: _InFile | str) -> str:
        if isinstance(part, str):
            return part
        assert self._spool is not None
        return self._spool.read(part.block, part.size).decode()
