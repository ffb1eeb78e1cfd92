"""The wire, as docs/protocol.md describes it: everything that is sent is built here, everything that arrives is
checked here, once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeVar

from .budget import MAX_SHOWN

if TYPE_CHECKING:
    from .cell_logs import CellLog
    from .job import Job
    from .output_log import OutputLog

_T = TypeVar("_T")

VERSION = 1
REQUEST_TYPE = "jobs_request"
REPLY_TYPE = "jobs_reply"
EVENT_TYPE = "jobs_event"
RECORD_MIME_TYPE = "application/vnd.jupyterlab-jobs.job+json"
METADATA_KEY = "jupyterlab_jobs"
MAX_OUTPUT_CHARACTERS = 1_000_000
"""The most that one reply to `output` holds: the control thread has other things to do."""
MAX_ITEMS = 1_000
"""The most that one reply to `items` holds."""
_HEADER_FIELDS = ("msg_id", "msg_type", "username", "session", "date", "version")


class ProtocolError(Exception):
    """A message that this side does not understand; says what is wrong with it."""


# --------------------------------------------------------------------- what arrives


def parse_request(content: object) -> tuple[str, dict[str, Any]]:
    """The method and the parameters of a request; raises `ProtocolError`."""
    request = _mapping(content, "content")
    version = request.get("version")
    if version != VERSION:
        raise ProtocolError(f"unknown protocol version {version!r}: this runtime speaks version {VERSION}")
    return _text(request, "method"), _mapping(request.get("params"), "params")


def parse_job_ids(params: dict[str, Any]) -> list[int]:
    """The parameters of `kill`, and of `clear` for some jobs; raises `ProtocolError`."""
    ids = params.get("jobs")
    if not isinstance(ids, list) or not all(type(job_id) is int for job_id in ids):
        raise ProtocolError("jobs must be a list of job ids")
    return ids


def parse_since(params: dict[str, Any], runtime_id: str) -> int | None:
    """The parameters of `snapshot`: up to which number a client has everything; None for nothing of this runtime."""
    since = params.get("since")
    if since is None:
        return None
    since = _mapping(since, "since")
    seq = since.get("seq")
    if type(seq) is not int:
        raise ProtocolError("seq must be an integer")
    return seq if _text(since, "runtime") == runtime_id else None


def parse_job_id(params: dict[str, Any]) -> int:
    """The parameters of `start_now`, `land` and `variables`; raises `ProtocolError`."""
    return _count(params, "job")


def parse_defaults(params: dict[str, Any]) -> tuple[int | None, str, int]:
    """The parameters of `configure`.

    How many jobs may run at once, None for any number; where they run; and how many characters of one a cell shows.
    """
    limit = None if params.get("limit") is None else _count(params, "limit")
    backend = "thread" if params.get("backend") is None else _text(params, "backend")
    shown = MAX_SHOWN if params.get("shown") is None else min(_count(params, "shown"), MAX_SHOWN)
    return limit, backend, shown


def parse_item_range(params: dict[str, Any]) -> tuple[int, int, int, bool]:
    """The parameters of `items`: the job, the first item, how many at most, and whether only those that failed."""
    only_failed = params.get("failed")
    if not isinstance(only_failed, bool):
        raise ProtocolError("failed must be true or false")
    return _count(params, "job"), _count(params, "offset"), min(_count(params, "limit"), MAX_ITEMS), only_failed


def parse_ahead(params: dict[str, Any]) -> list[tuple[str, str]]:
    """Of the parameters of `submit`, the cells that were sent before: their request's id and their code, in order."""
    ahead = params.get("ahead", [])
    if not isinstance(ahead, list):
        raise ProtocolError("ahead must be a list of cells")
    cells = [_mapping(cell, "ahead") for cell in ahead]
    return [(_text(cell, "msg_id"), _text(cell, "code")) for cell in cells]


def parse_submission(params: dict[str, Any]) -> tuple[str, str, dict[str, Any]]:
    """The parameters of `submit`: the code, the cell's id, the header of its execute request."""
    header = _mapping(params.get("parent"), "parent")
    # It is sent back with every output: nothing but what a header has.
    parent = {name: header[name] for name in _HEADER_FIELDS if isinstance(header.get(name), str)}
    if "msg_id" not in parent:
        raise ProtocolError("parent must be the header of an execute request")
    return _text(params, "code"), _text(params, "cell_id"), parent


def parse_output_range(params: dict[str, Any]) -> tuple[int, int, int]:
    """The parameters of `output`: a job's id, the first character, the number of characters."""
    job_id, offset, limit = (_count(params, name) for name in ("job", "offset", "limit"))
    return job_id, offset, min(limit, MAX_OUTPUT_CHARACTERS)


def _count(mapping: dict[str, Any], name: str) -> int:
    value = mapping.get(name)
    if type(value) is not int or value < 0:
        raise ProtocolError(f"{name} must be a count")
    return value


def _mapping(value: object, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ProtocolError(f"{name} must be an object")
    return value


def _text(mapping: dict[str, Any], name: str) -> str:
    value = mapping.get(name)
    if not isinstance(value, str):
        raise ProtocolError(f"{name} must be a string")
    return value


# ---------------------------------------------------------------------- what is sent


def reply(runtime_id: str, result: dict[str, Any]) -> dict[str, Any]:
    """The content of a reply to a request that was carried out."""
    return {"version": VERSION, "status": "ok", "runtime": runtime_id, "result": result}


def error_reply(error: Exception) -> dict[str, Any]:
    """The content of a reply to a request that was refused."""
    return {"version": VERSION, "status": "error", "ename": type(error).__name__, "evalue": str(error)}


def record(job: Job) -> dict[str, Any]:
    """A job, for the list."""
    # The state first: the fields that come with it are set before it is.
    return {
        "state": job.state,
        "id": job.id,
        "name": job.name,
        "code": job.code,
        "cell_id": job.origin.cell_id,
        "request": job.origin.parent.get("msg_id"),
        "execution_count": job.execution_count,
        "backend": job.backend,
        "place": None if job.place is None else asdict(job.place),
        "lane": job.origin.lane,
        "submitted": job.submitted,
        "started": job.started,
        "ended": job.ended,
        "stopping_since": job.stopping_since,
        "stuck_in": job.stuck_in,
        "timed_out": job.timed_out,
        "waiting_for": job.waiting_for if job.state == "queued" else None,
        "kill_reason": job.kill_reason,
        "notify": job.notifies,
        "has_items": job.has_items,
        "progress": None if job._progress is None else job._progress.record(),
        "error": None if job.error is None else asdict(job.error),
    }


def event(
    runtime_id: str,
    seq: int,
    records: Iterable[dict[str, Any]] = (),
    removed: Iterable[int] = (),
    cells: Iterable[CellLog] = (),
    removed_cells: Iterable[str] = (),
) -> dict[str, Any]:
    """The content of a `jobs_event`. Where it tells of cells, the caller holds the publisher's lock."""
    return {
        "version": VERSION,
        "runtime": runtime_id,
        "seq": seq,
        "now": time.time(),
        "jobs": list(records),
        "removed": list(removed),
        "cells": _cells(cells),
        "removed_cells": list(removed_cells),
    }


def snapshot(package: str, seq: int, jobs: list[Job], cells: list[CellLog], since: int | None = None) -> dict[str, Any]:
    """The result of `snapshot`: logs only as far as they have changed after the number `since`.

    The caller holds the publisher's lock.
    """
    after = -1 if since is None else since
    changed, unchanged = _split(jobs, lambda job: job._output.log.seq > after)
    changed_cells, unchanged_cells = _split(cells, lambda cell: not cell.is_told or cell.log.seq > after)
    return {
        "package": package,
        "seq": seq,
        "now": time.time(),
        "jobs": [record(job) for job in jobs],
        "outputs": {str(job.id): _log(job._output.log) for job in changed},
        "cells": _cells(changed_cells),
        "since": since,
        "unchanged_outputs": [job.id for job in unchanged],
        "unchanged_cells": [cell.request_id for cell in unchanged_cells],
    }


def _split(items: list[_T], is_first: Callable[[_T], bool]) -> tuple[list[_T], list[_T]]:
    parts: tuple[list[_T], list[_T]] = [], []
    for item in items:
        parts[0 if is_first(item) else 1].append(item)
    return parts


def _cells(cells: Iterable[CellLog]) -> dict[str, Any]:
    return {cell.request_id: {"cell_id": cell.cell_id, "log": _log(cell.log)} for cell in cells}


def _log(log: OutputLog) -> dict[str, Any]:
    # Copies: the log goes on changing while the reply is being written.
    return {
        "items": [item.copy() for item in log.items],
        "dropped": log.dropped,
        "clear_pending": log.clear_pending,
    }


def output_metadata(runtime_id: str, job_id: int | None, seq: int, *, in_cell: bool) -> dict[str, Any]:
    """The metadata of an output message, by which a client knows whose it is, and whether a cell's log holds it."""
    return {METADATA_KEY: {"version": VERSION, "runtime": runtime_id, "job": job_id, "seq": seq, "in_cell": in_cell}}


def notebook_record(job: Job, runtime_id: str) -> dict[str, Any]:
    """What a notebook file keeps of a job."""
    return {
        "version": VERSION,
        "runtime": runtime_id,
        "id": job.id,
        "name": job.name,
        "state": job.state,
        "submitted": job.submitted,
        "started": job.started,
        "ended": job.ended,
        "timed_out": job.timed_out,
    }


def record_display(job: Job, runtime_id: str) -> dict[str, Any]:
    """The content of the message that displays a job's record under its cell."""
    return {
        "data": job.bundle(),
        "metadata": {},
        "transient": {"display_id": f"jupyterlab-jobs:{runtime_id}:{job.id}"},
    }
