"""How much may be sent, and whose turn it is."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .job import Job
    from .output import Output

# The Jupyter server drops what a kernel publishes beyond 1,000,000 bytes of streams a second, measured over 3 s: half
# of that is for the jobs, the rest for the cells.
_BYTES_PER_SECOND = 450_000
_MOST_AT_ONCE = 200_000  # after a pause
# What a message takes beside its content: headers, metadata, a signature.
_MESSAGE_BYTES = 1_000
# The server does not count what is not a stream. The page does, but one picture must not stop everybody else.
_MAX_DISPLAY_BYTES = 50_000

# So that nobody waits long for the next turn: the publisher pauses for every message.
_MESSAGES_PER_TURN = 100
_MESSAGES_PER_JOB = 50

# A text that is long is sent in few large pieces: the page does something for every one.
_SMALLEST_PIECE = 16_000

MAX_SHOWN = 900_000
"""How many characters of streams a cell shows, as long as the job does not clear it: a bit less than the log keeps."""

_BACKLOG = 256_000
_SMALLEST_BACKLOG = 32_000

_HALF_LIFE = 1.0  # seconds


class Usage:
    """What a job has sent in the last seconds. Owned by the publisher."""

    __slots__ = ("_at", "_bytes")

    def __init__(self) -> None:
        self._bytes = 0.0
        self._at = 0.0

    def add(self, count: float, now: float) -> None:
        """Count what is being sent."""
        self._bytes = self.at(now) + count
        self._at = now

    def at(self, now: float) -> float:
        """How much it is now, as it fades."""
        return self._bytes * 0.5 ** ((now - self._at) / _HALF_LIFE) if self._bytes else 0.0


class Budget:
    """Shares out what the publisher may send. Who has sent least comes first. Owned by the publisher."""

    def __init__(self) -> None:
        self._bytes = float(_MOST_AT_ONCE)
        self._at = time.monotonic()
        self._messages = 0
        self._messages_of_job = 0
        self._share = 0
        self._of_cells = 0
        self.backlog = _BACKLOG
        """How many characters of one job may wait to be sent; with more, it is flooding."""
        self.flooding = 0
        """How many jobs are. Kept by their backlogs."""
        self.shown = MAX_SHOWN
        """How many characters of a job a cell shows; of more, the beginning and the end. Any thread may set it."""

    def begin_turn(self, jobs: Iterable[Job]) -> list[Job]:
        """The jobs in the order in which they may send."""
        now = time.monotonic()
        earned = (now - self._at) * _BYTES_PER_SECOND
        earned -= min(self._of_cells, earned / 2)
        self._of_cells = 0
        self._bytes = min(_MOST_AT_ONCE, self._bytes + earned)
        self._at = now
        self._messages = _MESSAGES_PER_TURN
        ordered = sorted(jobs, key=lambda job: _weight(job._output, now))
        waiting = max(1, len(ordered))
        self._share = max(_SMALLEST_PIECE, int(self._bytes) // waiting)
        self.backlog = max(_SMALLEST_BACKLOG, _BACKLOG // waiting)
        return ordered

    def charge_cells(self, size: int) -> None:
        """A cell has written so much in the foreground. The jobs give way, by half of what they may send."""
        self._of_cells += size

    def begin_job(self) -> None:
        """The next one's turn."""
        self._messages_of_job = min(_MESSAGES_PER_JOB, self._messages)

    @property
    def has_room(self) -> bool:
        """Whether the present job may send another message."""
        return self._messages_of_job > 0 and self._bytes > 0

    def piece_of(self, length: int) -> int:
        """How many characters of a text that long may be sent now."""
        wanted = min(length, self._share)
        return wanted if wanted <= self._bytes else 0

    def charge(self, output: Output, size: int, *, is_stream: bool) -> None:
        """A job sends something that has this many bytes."""
        counted = _MESSAGE_BYTES + (size if is_stream else min(size, _MAX_DISPLAY_BYTES))
        self._bytes -= counted
        self._messages -= 1
        self._messages_of_job -= 1
        output.usage.add(_MESSAGE_BYTES + size, self._at)


def _weight(output: Output, now: float) -> float:
    """How much a job has sent, or is about to send next."""
    return output.usage.at(now) + min(output.waiting, _SMALLEST_PIECE)
