"""Which cells' output is shown elsewhere."""

from __future__ import annotations

from typing import Any


class CapturedCells:
    """The requests whose output a widget shows instead of the cell.

    `ipywidgets.Output` has the page send it there, as long as the widget's `msg_id` is that of the request.
    """

    def __init__(self) -> None:
        self._request_by_widget: dict[str, str] = {}

    def hear(self, message_type: str, content: dict[str, Any]) -> None:
        """Take in what a widget says to the page."""
        widget = content.get("comm_id")
        if message_type == "comm_close":
            self._request_by_widget.pop(widget, None)  # type: ignore[arg-type]
            return
        data = content.get("data")
        state = data.get("state") if isinstance(data, dict) else None
        if isinstance(state, dict) and isinstance(state.get("msg_id"), str) and isinstance(widget, str):
            if state["msg_id"]:
                self._request_by_widget[widget] = state["msg_id"]
            else:
                self._request_by_widget.pop(widget, None)

    def __contains__(self, request_id: str | None) -> bool:
        # A copy: another thread may change it.
        return bool(self._request_by_widget) and request_id in list(self._request_by_widget.values())
