"""The messages by which a job's output reaches the clients."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal, get_args

from jupyter_client.jsonutil import json_default

MessageType = Literal["stream", "display_data", "update_display_data", "execute_result", "error", "clear_output"]
OUTPUT_TYPES: frozenset[MessageType] = frozenset(get_args(MessageType))
StreamName = Literal["stdout", "stderr"]


@dataclass(frozen=True, slots=True)
class OutputMessage:
    """One message of Jupyter's messaging protocol, as yet without header."""

    type: MessageType
    content: dict[str, Any]
    is_note: bool = False
    """Whether it is the runtime's own: the cell shows it, and it is no part of what the job has written."""

    def frozen(self) -> OutputMessage:
        """The message as it was sent: ipykernel takes over what the user has passed to it, who may change it later."""
        if "data" not in self.content:
            return self
        data, metadata = (
            {key: value if isinstance(value, str) else _json_copy(value) for key, value in self.content[part].items()}
            for part in ("data", "metadata")
        )
        return OutputMessage(self.type, {**self.content, "data": data, "metadata": metadata})


def with_display_id(transient: dict[str, Any]) -> dict[str, Any]:
    """The transient data with a display id that is text: users pass numbers as well."""
    return {**transient, "display_id": str(transient["display_id"])}


def size_of(kind: str, content: dict[str, Any]) -> int:
    """How many characters a message, or an output in a notebook, holds, roughly."""
    if kind == "stream":
        return len(content["text"])
    if kind == "error":
        return sum(map(len, content["traceback"]))
    if kind == "clear_output":
        return 0
    return sum(len(value) if isinstance(value, str) else 100 for value in content["data"].values())


def text_of(kind: str, content: dict[str, Any]) -> str:
    """What a message, or an output in a notebook, says to who reads only text."""
    match kind:
        case "stream":
            return str(content["text"])
        case "error":
            return "\n".join(content["traceback"]) + "\n"
        case _:
            return str(content["data"].get("text/plain", "")) + "\n"


def _json_copy(value: Any) -> Any:
    return json.loads(json.dumps(value, default=json_default))
