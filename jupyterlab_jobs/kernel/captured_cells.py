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
        if not isinstance(widget, str):
            return
        data = content.get("data")
        state = data.get("state") if isinstance(data, dict) else None
        request_id = state.get("msg_id") if isinstance(state, dict) else None
        if message_type == "comm_close" or request_id == "":
            self._request_by_widget.pop(widget, None)
        elif isinstance(request_id, str):
            self._request_by_widget[widget] = request_id

    def __contains__(self, request_id: str | None) -> bool:
        # A copy: another thread may change it.
        return bool(self._request_by_widget) and request_id in list(self._request_by_widget.values())
