"""What a cell, or a job, has in the notebook: outputs, as an output area makes them of messages."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .messages import OutputMessage, size_of

MAX_LOG_CHARACTERS = 1_000_000
MAX_LOG_ITEMS = 2_000


@dataclass(slots=True)
class OutputLog:
    """Outputs as a notebook would hold them, bounded. Owned by the publisher: changed and read under its lock."""

    items: list[dict[str, Any]] = field(default_factory=list)
    dropped: int = 0
    size: int = 0
    max_size: int = MAX_LOG_CHARACTERS
    max_items: int = MAX_LOG_ITEMS
    clear_pending: bool = False
    seq: int = 0
    """The number of the last message that has changed it."""
    display_ids: dict[str, None] = field(default_factory=dict)
    """Those of the displays in it. (Like a deque, an empty set takes hundreds of bytes.)"""

    def apply(self, message: OutputMessage, seq: int) -> None:
        """Take in a message, as an output area does; `seq` is its number."""
        if message.type != "update_display_data":
            self.seq = seq
        content = message.content
        if message.type == "clear_output":
            if content["wait"]:
                self.clear_pending = True
            else:
                self._clear()
            return
        display_id = (content.get("transient") or {}).get("display_id")
        if message.type == "update_display_data":
            if display_id not in self.display_ids:
                return
            self.seq = seq
            for item in self.items:
                if item.get("display_id") == display_id:
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
                self.display_ids[display_id] = None
            self.items.append(item)
            self.size += _size(item)
        self._bound()

    def _clear(self) -> None:
        self.items.clear()
        self.size = 0
        self.clear_pending = False
        self.display_ids.clear()

    def _bound(self) -> None:
        while len(self.items) > 1 and (self.size > self.max_size or len(self.items) > self.max_items):
            item = self.items.pop(0)
            size = _size(item)
            self.size -= size
            self.dropped += size
            display_id = item.get("display_id")
            if not any(other.get("display_id") == display_id for other in self.items):
                self.display_ids.pop(str(display_id), None)
        if self.size > self.max_size and self.items[0]["output_type"] == "stream":
            excess = self.size - self.max_size
            self.items[0]["text"] = self.items[0]["text"][excess:]
            self.size -= excess
            self.dropped += excess


def _size(item: dict[str, Any]) -> int:
    return size_of(item["output_type"], item)
