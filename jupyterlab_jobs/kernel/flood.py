"""What a job has written and the clients have not got yet; and what they never get, because it is too much.

Of a flood, the cell shows the beginning and the end. What is between is left out, with a note in its place that is
displayed once and updated while the flood goes on. All of it is an ordinary sequence of messages: the logs in the
kernel and in the page, and the notebook file, hold the same.
"""

from __future__ import annotations

import json
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from .messages import OutputMessage, StreamName, size_of

if TYPE_CHECKING:
    from .budget import Budget
    from .output import Output

# Of the backlog, when there is too much of it: so much is shown of the beginning, and of the end.
_SHOWN_PART = 1 / 4
# Where the cell has as much as it can show.
_SHORT_END = 8_000

_MAX_MESSAGES = 1_000
_MAX_SIZE = 4_000_000

_BOTH_ENDS = 200_000

_NOTE_INTERVAL = 1.0  # seconds
_NOTES_PER_SECOND = 25  # of all jobs together
_NEWEST_LINES = 5
_LONGEST_LINE = 200

_QUIET = 1.0
"""How many seconds a job must write little until its flood is over."""


class Backlog:
    """The messages of one job that wait to be sent. Owned by the publisher, used under its lock."""

    __slots__ = (
        "_budget",
        "_floods",
        "_has_ended",
        "_messages",
        "_output",
        "_pending_clear",
        "_region",
        "_shown",
        "_text_size",
        "size",
    )

    def __init__(self, output: Output, budget: Budget) -> None:
        self._output: Output = weakref.proxy(output)
        self._budget = budget
        self._messages: list[OutputMessage] = []  # no deque: an empty one takes 600 bytes
        self.size = 0
        """How many characters all messages hold, roughly."""
        self._text_size = 0  # of those of streams
        self._region: _Region | None = None  # after the messages
        self._shown = 0  # characters of streams that were sent since the cell was cleared
        self._pending_clear: OutputMessage | None = None  # a `clear_output(wait=True)` that nothing has followed yet
        self._floods = 0
        self._has_ended = False

    # ------------------------------------------------------------------- what comes in

    @property
    def is_full(self) -> bool:
        """Whether what comes now must wait, and with it who writes it. Text alone never fills it."""
        return len(self._messages) >= _MAX_MESSAGES or self.size - self._text_size > _MAX_SIZE

    def add(self, message: OutputMessage) -> None:
        """Take in what the job has written."""
        if message.type == "stream":
            self._add_text(message)
            return
        if message.type == "update_display_data":
            # Not in order with the text, for it changes what is in the cell. Only the newest one matters.
            self._drop(lambda other: other.type == message.type and _display_id(other) == _display_id(message))
        elif message.type != "clear_output":
            self._close_region()
            self._clear_if_pending()
        elif message.content["wait"]:
            self._close_region()
            self._pending_clear = message
        else:
            self._drop_what_is_cleared()
        self._push(message)

    def _add_text(self, message: OutputMessage) -> None:
        name, text = message.content["name"], message.content["text"]
        if self._region is not None:
            self._region.add(name, text)
            return
        self._clear_if_pending()
        last = self._messages[-1] if self._messages else None
        if last is not None and last.type == "stream" and last.content["name"] == name:
            self._messages.pop()
            self._count(last, -1)
            message = OutputMessage("stream", {"name": name, "text": last.content["text"] + text})
        self._push(message)
        if self._text_size > self._budget.backlog or self._is_cell_full:
            self._open_region()

    def _push(self, message: OutputMessage) -> None:
        self._messages.append(message)
        self._count(message, 1)

    def _count(self, message: OutputMessage, sign: int) -> None:
        size = sign * size_of(message.type, message.content)
        self.size += size
        if message.type == "stream":
            self._text_size += size

    def _drop(self, is_superfluous: Callable[[OutputMessage], bool]) -> None:
        kept = [message for message in self._messages if not is_superfluous(message)]
        if len(kept) < len(self._messages):
            self._messages = kept
            self.size = self._text_size = 0
            for message in kept:
                self._count(message, 1)

    def _clear_if_pending(self) -> None:
        if self._pending_clear is not None:
            self._drop_what_is_cleared()

    def _drop_what_is_cleared(self) -> None:
        """What the cell would show for no time need not be sent. An update may be for another cell."""
        clear, self._pending_clear = self._pending_clear, None
        self._drop(lambda message: message.type != "update_display_data" and message is not clear)
        self._end_region()
        self._shown = 0

    # ---------------------------------------------------------------------- the flood

    @property
    def _is_cell_full(self) -> bool:
        return self._shown + self._text_size >= self._budget.shown

    def _open_region(self) -> None:
        """From the last text on, leave out what is not the beginning."""
        most = self._budget.shown
        part = min(int(self._budget.backlog * _SHOWN_PART), most // 2)
        run: deque[OutputMessage] = deque()
        while self._messages and self._messages[-1].type == "stream":
            run.appendleft(self._messages.pop())
            self._count(run[0], -1)
        room = min(part, most - self._shown - self._text_size)
        self._floods += 1
        self._budget.flooding += 1
        self._region = _Region(self._output.flood_id(self._floods), part if room > 0 else min(part, _SHORT_END))
        for message in run:
            name, text = message.content["name"], message.content["text"]
            shown, rest = text[: max(0, room)], text[max(0, room) :]
            room -= len(shown)
            if shown:
                self._push(OutputMessage("stream", {"name": name, "text": shown}))
            if rest:
                self._region.add(name, rest)

    def _close_region(self) -> None:
        """The flood is over: after the note comes what was written last, and then what follows."""
        region = self._end_region()
        if region is None:
            return
        texts = region.end(short=self._text_size > self._budget.backlog)
        left_out = region.total - sum(len(text) for _, text in texts)
        if left_out or region.is_shown:
            self._push(region.message(_final_note(left_out, self._output) if left_out else ""))
        for name, text in texts:
            self._push(OutputMessage("stream", {"name": name, "text": text}))

    def _end_region(self) -> _Region | None:
        region, self._region = self._region, None
        if region is not None:
            self._budget.flooding -= 1
        return region

    # ------------------------------------------------------------------ what goes out

    def take(self, *, ended: bool) -> Iterator[OutputMessage]:
        """What may be sent now. The job's end is only told when everything was."""
        budget = self._budget
        now = time.monotonic()
        if self._region is not None and (
            (ended and not self._has_ended) or (self._region.is_quiet(now) and (ended or not self._is_cell_full))
        ):
            self._close_region()
        if ended:
            # Once: a process that the job has left behind may go on.
            self._has_ended = True
        while budget.has_room:
            message = self._next() if self._messages else self._note(now)
            if message is None:
                return
            self._charge(message)
            yield message

    def _next(self) -> OutputMessage | None:
        message = self._messages[0]
        if message.type == "stream":
            name, text = message.content["name"], message.content["text"]
            length = self._budget.piece_of(len(text))
            if length == 0:
                return None
            if length < len(text):
                self._messages[0] = OutputMessage("stream", {"name": name, "text": text[length:]})
                message = OutputMessage("stream", {"name": name, "text": text[:length]})
                self._count(message, -1)
                self._shown += _lasting(message.content["text"])
                return message
            self._shown += _lasting(text)
        del self._messages[0]
        self._count(message, -1)
        return message

    def _note(self, now: float) -> OutputMessage | None:
        """What stands for the region while it grows."""
        region = self._region
        interval = max(_NOTE_INTERVAL, self._budget.flooding / _NOTES_PER_SECOND)
        if region is None or not region.has_news or now < region.noted + interval:
            return None
        region.noted = now
        return region.message(_note_meanwhile(region))

    def _charge(self, message: OutputMessage) -> None:
        is_stream = message.type == "stream"
        if is_stream:
            # As it is sent: a control character takes six bytes.
            size = len(json.dumps(message.content["text"], ensure_ascii=False).encode())
        else:
            size = size_of(message.type, message.content)
        self._budget.charge(self._output, size, is_stream=is_stream)

    @property
    def is_sent(self) -> bool:
        """Whether nothing of what was written before the job's end is on its way."""
        return not self._messages and (self._region is None or self._has_ended)

    @property
    def is_waiting(self) -> bool:
        """Whether there is something to do that no further output would give rise to."""
        region = self._region
        return bool(self._messages) or (
            region is not None and (region.has_news or self._has_ended or not self._is_cell_full)
        )


def _lasting(text: str) -> int:
    """How many characters of it stay in the cell: a progress bar overwrites itself."""
    if "\r" not in text:
        return len(text)
    return sum(len(_visible(line)) + 1 for line in text.split("\n"))


def _visible(line: str) -> str:
    """What is seen of a line that has overwritten itself."""
    return line.rstrip("\r").rpartition("\r")[2]


class _Region:
    """Where text is being left out."""

    __slots__ = (
        "_display_id",
        "_end",
        "_end_length",
        "_limit",
        "_since",
        "_written",
        "has_news",
        "is_shown",
        "noted",
        "total",
    )

    def __init__(self, display_id: str, limit: int) -> None:
        self._display_id = display_id
        self._limit = limit
        self._end: deque[tuple[StreamName, str]] = deque()  # what was written last
        self._end_length = 0
        self._since = time.monotonic()
        self._written = 0  # since then
        self.total = 0
        self.has_news = False
        self.is_shown = False
        self.noted = 0.0

    def add(self, name: StreamName, text: str) -> None:
        """Take in what is left out, unless it turns out to be the end."""
        self.total += len(text)
        self._written += len(text)
        self.has_news = True
        text = text[-self._limit :]
        if self._end and self._end[-1][0] == name and len(self._end[-1][1]) < self._limit // 8:
            # Few pieces, of which none is copied often.
            last = self._end.pop()[1]
            self._end_length -= len(last)
            text = last + text
        self._end.append((name, text))
        self._end_length += len(text)
        while self._end_length - len(self._end[0][1]) >= self._limit:
            self._end_length -= len(self._end.popleft()[1])

    def is_quiet(self, now: float) -> bool:
        """Whether so little is written that it can be shown again."""
        if now - self._since < _QUIET:
            return False
        written, self._written, self._since = self._written, 0, now
        return written < self._limit // 2

    def end(self, *, short: bool) -> list[tuple[StreamName, str]]:
        """What was written last, from the beginning of a line on."""
        limit = min(self._limit, _SHORT_END) if short else self._limit
        texts = list(self._end)
        excess = self._end_length - limit
        while excess > 0:
            name, text = texts[0]
            cut = min(excess, len(text))
            texts[0] = (name, text[cut:])
            excess -= cut
            if not texts[0][1]:
                del texts[0]
        if texts and self.total > sum(len(text) for _, text in texts):
            name, text = texts[0]
            texts[0] = (name, text[text.find("\n") + 1 :])
        return [(name, text) for name, text in texts if text]

    def newest_lines(self) -> list[str]:
        """The last lines, as they would be seen."""
        text = "".join(text for _, text in self._end)[-_NEWEST_LINES * _LONGEST_LINE * 4 :]
        return [_visible(line)[:_LONGEST_LINE] for line in text.rstrip().split("\n")][-_NEWEST_LINES:]

    def message(self, text: str) -> OutputMessage:
        """Show a note in the place of what is left out."""
        content = {"data": {"text/plain": text}, "metadata": {}, "transient": {"display_id": self._display_id}}
        message = OutputMessage("update_display_data" if self.is_shown else "display_data", content)
        self.is_shown = True
        self.has_news = False
        return message


def shortened(text: str, source: str) -> str:
    """A text that can be shown at once: if it is too long for that, its beginning and its end."""
    left_out = len(text) - _BOTH_ENDS
    if left_out <= 0:
        return text
    start, end = text[: _BOTH_ENDS // 2], text[-_BOTH_ENDS // 2 :]
    return f"{start}\n[… {left_out:,} characters left out here. All of it is in {source} …]\n{end}"


def _display_id(message: OutputMessage) -> object:
    return message.content["transient"].get("display_id")


def _note_meanwhile(region: _Region) -> str:
    lines = region.newest_lines()
    left_out = max(0, region.total - sum(len(line) + 1 for line in lines))
    return "\n".join(
        [f"[… {left_out:,} characters left out so far, more than a notebook can show. The newest lines are: …]", *lines]
    )


def _final_note(left_out: int, output: Output) -> str:
    missing = output.transcript.missing
    if missing is not None:
        return (
            f"[… {left_out:,} characters left out here, more than a notebook can show. Of all that the job has "
            f"written, {missing.missing:,} characters could not be kept: {missing.reason} …]"
        )
    return (
        f"[… {left_out:,} characters left out here, more than a notebook can show. All of it is in "
        f"jobs[{output.job_id}].output, and “Save output…” in the Jobs panel saves it …]"
    )
