"""Answers the page's requests on the control channel, while the main thread works.

Everything here runs on ipykernel's control thread, one request at a time: it must not block for more than a moment,
because interrupt and shutdown come the same way.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from concurrent.futures import wait
from contextlib import closing
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError

from . import protocol
from .group import Group
from .job import Job, Origin
from .kill import QUICK_END
from .syntax import JobCall, jobs_of_cell
from .variable_summary import summaries

if TYPE_CHECKING:
    from .runtime import Runtime

_Answer = tuple[dict[str, Any], Sequence[Callable[[], object]]]
"""The result of a request, and what is to be done once it is sent."""


class ControlChannel:
    """The handler of `jobs_request`. Added to the kernel's handlers by the runtime."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._methods = {
            "snapshot": self._snapshot,
            "submit": self._submit,
            "kill": self._kill,
            "kill_all": self._kill_all,
            "start_now": self._start_now,
            "configure": self._configure,
            "clear": self._clear,
            "land": self._land,
            "variables": self._variables,
            "items": self._items,
            "output": self._output,
        }

    def __call__(self, stream: Any, ident: Any, request: dict[str, Any]) -> None:
        """Answer one request; what is wrong with it is told in the reply, because ipykernel would only log it."""
        runtime = self._runtime
        try:
            method, params = protocol.parse_request(request.get("content"))
            answer = self._methods.get(method)
            if answer is None:
                raise protocol.ProtocolError(f"unknown method {method!r}")
            result, starts = answer(params)
            content = protocol.reply(runtime.publisher.runtime_id, result)
        except Exception as error:
            content, starts = protocol.error_reply(error), []
        self._send(stream, ident, request, content)
        # After the reply: from here on the jobs compete for the GIL.
        for start in starts:
            start()
        runtime.main_thread.tell_busy_after_reply()

    def _send(self, stream: Any, ident: Any, request: dict[str, Any], content: dict[str, Any]) -> None:
        session = self._runtime.kernel.session
        try:
            session.send(stream, protocol.REPLY_TYPE, content, request, ident)
        except Exception as error:
            # What cannot be packed must not leave the page without an answer.
            session.send(stream, protocol.REPLY_TYPE, protocol.error_reply(error), request, ident)

    def _snapshot(self, params: dict[str, Any]) -> _Answer:
        publisher = self._runtime.publisher
        with publisher.lock:
            # Under the lock: a job that is missing here must have a higher number than the snapshot.
            jobs = self._runtime.registry.all()
            since = protocol.parse_since(params, publisher.runtime_id)
            cells = publisher.cells.with_jobs()
            return protocol.snapshot(self._runtime.version, publisher.seq, jobs, cells, since), []

    def _submit(self, params: dict[str, Any]) -> _Answer:
        code, cell_id, parent = protocol.parse_submission(params)
        ahead = self._ahead(params, parent["msg_id"])
        runtime, registry = self._runtime, self._runtime.registry
        try:
            calls = jobs_of_cell(runtime.shell, code)
            if not calls:
                return {"jobs": [], "reason": "the cell holds more than jobs"}, []
            awaited = [runtime.awaited(call, ahead) for call in calls]
            add = functools.partial(self._add, calls, Origin("express", parent, cell_id))
            jobs = runtime.lanes.claim(parent["msg_id"], add)
        except (SyntaxError, UsageError) as error:
            # Reported under the cell when the main thread comes to it, as for any other cell.
            return {"jobs": [], "reason": str(error)}, []
        if jobs is None:
            return {"jobs": [], "reason": "the main thread was faster"}, []
        starts = [
            functools.partial(registry.start, job, others, now=call.options.now)
            for call, job, others in zip(calls, jobs, awaited, strict=True)
        ]
        return {"jobs": [job.id for job in jobs], "reason": None}, starts

    def _add(self, calls: list[JobCall], origin: Origin) -> list[Job]:
        # All of them are made before any is added: a cell with a mistake starts none of its jobs.
        jobs = [self._runtime.prepare(call, origin) for call in calls]
        return [self._runtime.registry.add(job) for job in jobs]

    def _ahead(self, params: dict[str, Any], request_id: str) -> list[tuple[str, str]]:
        """The cells ahead of a request: those the page has sent, and the one that runs, whoever has sent it."""
        if params.get("ahead") is None:  # the user wants no job to wait
            return []
        ahead = protocol.parse_ahead(params)
        running = self._runtime.running_cell()
        if running is not None and running[0] not in {request_id, *(other for other, _ in ahead)}:
            ahead.insert(0, running)
        return ahead

    def _start_now(self, params: dict[str, Any]) -> _Answer:
        registry = self._runtime.registry
        job = registry.get(protocol.parse_job_id(params))
        # Answered before it is done, as a submission is.
        return {"waits": job.waiting_for is not None}, [functools.partial(registry.scheduler.start_now, job)]

    def _configure(self, params: dict[str, Any]) -> _Answer:
        limit, backend, shown = protocol.parse_defaults(params)
        self._runtime.jobs.set_default_limit(limit)
        if backend in self._runtime.backends.names:  # the user may have set one that this notebook has not registered
            self._runtime.default_backend = backend
        self._runtime.publisher.budget.shown = shown
        return {}, []

    def _kill(self, params: dict[str, Any]) -> _Answer:
        jobs = [self._runtime.registry.get(job_id) for job_id in protocol.parse_job_ids(params)]
        killed = self._kill_jobs(jobs)
        return {"killed": killed, "ended": [job.id for job in jobs if job.id not in killed]}, []

    def _kill_all(self, params: dict[str, Any]) -> _Answer:
        return {"killed": self._kill_jobs(self._runtime.registry.all()), "ended": []}, []

    def _kill_jobs(self, jobs: list[Job]) -> list[int]:
        """Kill, and give the code a moment to end; returns the ids of those jobs that had not ended before."""
        killed = self._runtime.registry.kill(jobs)
        wait(killed, timeout=QUICK_END)
        return sorted(job.id for job in killed)

    def _clear(self, params: dict[str, Any]) -> _Answer:
        registry = self._runtime.registry
        ids = None if params.get("jobs") is None else protocol.parse_job_ids(params)
        jobs = registry.all() if ids is None else [registry.get(job_id) for job_id in ids]
        return {"removed": [job.id for job in registry.remove(jobs)]}, []

    def _land(self, params: dict[str, Any]) -> _Answer:
        return {"names": self._runtime.registry.get(protocol.parse_job_id(params)).land()}, []

    def _variables(self, params: dict[str, Any]) -> _Answer:
        values = self._runtime.registry.get(protocol.parse_job_id(params)).vars.copy()
        return {"total": len(values), "variables": summaries(values)}, []

    def _items(self, params: dict[str, Any]) -> _Answer:
        job_id, offset, limit, only_failed = protocol.parse_item_range(params)
        job = self._runtime.registry.get(job_id)
        if not isinstance(job, Group):
            raise protocol.ProtocolError(f"job {job_id} has no items")
        total, items = job.items(offset, limit, only_failed=only_failed)
        return {"total": total, "items": items}, []

    def _output(self, params: dict[str, Any]) -> _Answer:
        job_id, offset, limit = protocol.parse_output_range(params)
        with closing(self._runtime.registry.get(job_id)._output.reader()) as reader:
            text = reader.read(offset, limit)
            return {"text": text, "next": offset + len(text), "total": reader.total}, []
