"""What stands under the cells that have started jobs, so that a page that has missed some of it can show it again.

Everything that was published for such a cell is in its log, in the order in which clients have seen it: the output of
its jobs, their records, and what the cell has written in the foreground, before its first job too. So the output of
every cell is kept while it runs.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from jupyter_client.jsonutil import parse_date

from .messages import OutputMessage
from .output_log import OutputLog

# The oldest are forgotten. A notebook that was saved since has them.
MAX_CELLS = 500
MAX_CHARACTERS = 20_000_000
# More than a job's own log has: jobs hold back text that is too much, but not pictures.
MAX_CELL_CHARACTERS = 5_000_000
MAX_CELL_ITEMS = 5_000


@dataclass(slots=True)
class CellLog:
    """One execution of a cell."""

    request_id: str
    cell_id: str
    sent: float
    """When the page has sent the execute request, in seconds since the epoch."""
    log: OutputLog = field(default_factory=lambda: OutputLog(max_size=MAX_CELL_CHARACTERS, max_items=MAX_CELL_ITEMS))
    depth: int = 0
    """How many executions of code the main thread is in for it: a cell may run another one inside."""
    has_jobs: bool = False
    is_told: bool = False
    """Whether the clients know that there is a log."""


class CellLogs:
    """The logs by the id of the execute request. Owned by the publisher: called under its lock."""

    def __init__(self) -> None:
        self._by_request: OrderedDict[str, CellLog] = OrderedDict()
        self._removed: list[str] = []

    def begin(self, header: dict[str, Any], cell_id: str) -> None:
        """The main thread begins to execute a cell."""
        self._enter(header, cell_id).depth += 1

    def end(self, request_id: str) -> None:
        """The main thread has executed a cell."""
        cell = self._by_request.get(request_id)
        if cell is not None:
            cell.depth -= 1
            if cell.depth <= 0 and not cell.has_jobs:
                del self._by_request[request_id]

    def start_job(self, header: dict[str, Any], cell_id: str) -> None:
        """A job was started by a cell; over the express lane before the main thread comes to it."""
        cell = self._enter(header, cell_id)
        if not cell.has_jobs:
            cell.has_jobs = True
            self._replace_older(cell)
            self._bound()

    def find(self, request_id: str | None) -> CellLog | None:
        """The log of a request, if it is kept."""
        return None if request_id is None else self._by_request.get(request_id)

    def apply(self, cell: CellLog | None, message: OutputMessage, seq: int) -> None:
        """Take in a message that was published for a cell, under this number."""
        if message.type == "update_display_data":
            # A display is updated wherever it stands, by whomever.
            for other in self._by_request.values():
                other.log.apply(message, seq)
        elif cell is not None:
            cell.log.apply(message, seq)

    def shows(self, display_id: str | None) -> bool:
        """Whether a display stands under one of the cells with jobs."""
        return display_id is not None and any(
            cell.has_jobs and display_id in cell.log.display_ids for cell in self._by_request.values()
        )

    def with_jobs(self) -> list[CellLog]:
        """What clients are told of, the oldest first."""
        return [cell for cell in self._by_request.values() if cell.has_jobs]

    def take_removed(self) -> list[str]:
        """The ids of the requests that are no longer in the list; each is returned once."""
        removed, self._removed = self._removed, []
        return removed

    def _enter(self, header: dict[str, Any], cell_id: str) -> CellLog:
        request_id = header["msg_id"]
        cell = self._by_request.get(request_id)
        if cell is None:
            cell = self._by_request[request_id] = CellLog(request_id, cell_id, _seconds(header.get("date")))
            self._replace_older(cell)
        return cell

    def _replace_older(self, cell: CellLog) -> None:
        """A cell shows its newest execution only: that which was sent last, as requests can overtake each other."""
        for other in self.with_jobs():
            if other.cell_id == cell.cell_id and other is not cell:
                self._remove(other if other.sent <= cell.sent else cell)

    def _remove(self, cell: CellLog) -> None:
        if self._by_request.pop(cell.request_id, None) is not None and cell.is_told:
            self._removed.append(cell.request_id)

    def _bound(self) -> None:
        cells = self.with_jobs()
        size = sum(cell.log.size for cell in cells)
        for index, cell in enumerate(cells[:-1]):
            if len(cells) - index <= MAX_CELLS and size <= MAX_CHARACTERS:
                break
            size -= cell.log.size
            self._remove(cell)


def _seconds(date: object) -> float:
    """A header's date: `jupyter_client` has read it already if it was a message's own."""
    if isinstance(date, str):
        date = parse_date(date)
    return date.timestamp() if isinstance(date, datetime) else time.time()
