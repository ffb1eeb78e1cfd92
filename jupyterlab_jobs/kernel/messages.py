"""The messages by which a job's output reaches the clients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

MessageType = Literal["stream", "display_data", "update_display_data", "execute_result", "error", "clear_output"]
OUTPUT_TYPES: frozenset[MessageType] = frozenset(get_args(MessageType))
StreamName = Literal["stdout", "stderr"]


@dataclass(frozen=True, slots=True)
class OutputMessage:
    """One message of Jupyter's messaging protocol, as yet without header."""

    type: MessageType
    content: dict[str, Any]


def size_of(message: OutputMessage) -> int:
    """How many characters a message holds, roughly."""
    content = message.content
    if message.type == "stream":
        return len(content["text"])
    if message.type == "error":
        return sum(map(len, content["traceback"]))
    if message.type == "clear_output":
        return 0
    return sum(len(value) if isinstance(value, str) else 100 for value in content["data"].values())
