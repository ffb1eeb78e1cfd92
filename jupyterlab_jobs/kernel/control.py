"""Answers the page's requests on the control channel, while the main thread works.

Everything here runs on ipykernel's control thread, one request at a time: it must not block, because interrupt and
shutdown come the same way.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError

from . import protocol
from .job import Job, Origin
from .syntax import jobs_of_cell

if TYPE_CHECKING:
    from .runtime import Runtime


_Answer = tuple[dict[str, Any], list[Job]]
"""The result of a request, and the jobs to start once it is sent."""


class ControlChannel:
    """The handler of `jobs_request`. Added to the kernel's handlers by the runtime."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._methods = {
            "snapshot": self._snapshot,
            "submit": self._submit,
            "kill": self._kill,
            "kill_all": self._kill_all,
            "clear": self._clear,
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
            result, new_jobs = answer(params)
            content = protocol.reply(runtime.publisher.runtime_id, result)
        except Exception as error:
            content, new_jobs = protocol.error_reply(error), []
        self._send(stream, ident, request, content)
        # After the reply: from here on the jobs compete for the GIL.
        for job in new_jobs:
            runtime.registry.start(job)
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
        try:
            calls = jobs_of_cell(self._runtime.shell, code)
            origin = Origin("express", parent, cell_id)
            # All of them before any is added: a cell with a mistake starts none of its jobs.
            prepared = [self._runtime.prepare(call, origin) for call in calls or []]
        except (SyntaxError, UsageError) as error:
            # Reported under the cell when the main thread comes to it, as for any other cell.
            return {"jobs": [], "reason": str(error)}, []
        if not prepared:
            return {"jobs": [], "reason": "the cell holds more than jobs"}, []
        registry = self._runtime.registry
        jobs = self._runtime.lanes.claim(parent["msg_id"], lambda: [registry.add(job) for job in prepared])
        if jobs is None:
            return {"jobs": [], "reason": "the main thread was faster"}, []
        return {"jobs": [job.id for job in jobs], "reason": None}, jobs

    def _kill(self, params: dict[str, Any]) -> _Answer:
        jobs = [self._runtime.registry.get(job_id) for job_id in protocol.parse_job_ids(params)]
        killed = {job.id for job in self._runtime.registry.kill(jobs)}
        return {"killed": sorted(killed), "ended": [job.id for job in jobs if job.id not in killed]}, []

    def _kill_all(self, params: dict[str, Any]) -> _Answer:
        registry = self._runtime.registry
        return {"killed": [job.id for job in registry.kill(registry.all())], "ended": []}, []

    def _clear(self, params: dict[str, Any]) -> _Answer:
        registry = self._runtime.registry
        return {"removed": [job.id for job in registry.remove(registry.all())]}, []

    def _output(self, params: dict[str, Any]) -> _Answer:
        job_id, offset, limit = protocol.parse_output_range(params)
        with closing(self._runtime.registry.get(job_id)._output.reader()) as reader:
            text = reader.read(offset, limit)
            return {"text": text, "next": offset + len(text), "total": reader.total}, []
