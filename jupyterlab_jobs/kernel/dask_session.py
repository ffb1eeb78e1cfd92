"""What one job does on a Dask cluster."""

from __future__ import annotations

import functools
import threading
import uuid
from dataclasses import replace
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from .backends import Held, Receive
from .dask_cluster import DaskCluster, address_of
from .remote_failure import BackendError
from .remote_task import Packed
from .threads import run_as, start_own_thread

if TYPE_CHECKING:
    from .job import Job

_LARGE = 100_000
"""Bytes from which on a task is sent to a worker beside the scheduler's list of tasks."""

_NOT_STARTED = 0.3
"""Seconds in which a task that was cancelled can still turn out to have been started."""

_LONGEST_END = 5.0
"""Seconds after which a killed job does not wait any more for its worker to say that the code has ended."""

_DO = "__import__('distributed').get_worker().plugins[plugin].run(key, topic, session, setup, task)"

_DONE: Any = object()
_GIVEN_UP: Any = object()


class DaskSession:
    """Submits tasks of one job, and passes on what they write."""

    def __init__(self, job: Job, cluster: DaskCluster, setup: Packed | None) -> None:
        self._job = job
        self._cluster = cluster
        self._client = cluster.client
        self._id = uuid.uuid4().hex
        self._setup = setup
        self._inbox: SimpleQueue[Any] = SimpleQueue()
        self._future: Any = None
        self._is_killed = False
        self._over = threading.Event()
        self._workers: set[str] = set()

    def run(self, task: Packed, receive: Receive, *, may_hold: bool) -> Packed | Held:
        """Have a worker do a task; raises `BackendError`."""
        client = self._client
        key = f"{self._job.name[:60]}-{uuid.uuid4().hex}"
        waits = ", waiting for a worker" if self._setup is None else ""
        where = f"Dask cluster at {address_of(client)}{waits}"
        receive(("place", where, client.dashboard_link))
        self._over.clear()
        self._inbox = SimpleQueue()
        self._cluster.inboxes[key] = self._inbox.put
        try:
            names = {
                "plugin": self._cluster.plugin,
                "key": key,
                "topic": client.id,
                "session": self._id,
                "setup": self._shared_setup(),
                "task": self._sendable(task),
            }
            self._future = future = run_as(None, self._submit, key, names)
            if self._is_killed:  # before there was anything to cancel
                future.cancel()
            outcome = self._converse(receive)
            if outcome is not None:
                return outcome
            return _HeldByDask(future) if may_hold else _HeldByDask(future).fetch()
        finally:
            self._over.set()
            del self._cluster.inboxes[key]
            self._future = None

    def _submit(self, key: str, names: dict[str, Any]) -> Any:
        # Not as the job: Dask starts threads of its own when it first needs them, and a kill would end them.
        future = self._client.submit(eval, _DO, names, key=key, pure=False)
        inbox = self._inbox
        future.add_done_callback(lambda _: inbox.put(_DONE))
        return future

    def _converse(self, receive: Receive) -> Packed | None:
        """Take what comes until the task is done; returns the outcome if it was told."""
        outcome: Packed | None = None
        is_done = has_ended = False
        place = ""
        while not is_done or (self._is_killed and not has_ended):
            try:
                message = self._inbox.get(timeout=_NOT_STARTED if is_done and not place else None)
            except Empty:
                break
            if message is _GIVEN_UP:
                receive(("note", f"{place} has not confirmed that the code has ended"))
                break
            if message is _DONE:
                is_done = True
                self._check()
                continue
            match message:
                case ("place", name, address):
                    before, place = place, _described(name, address)
                    if before:
                        receive(("note", f"{before} is gone: Dask runs the task again, on {place}"))
                    self._workers.add(address)
                    if self._setup is None:
                        receive(("place", place, self._client.dashboard_link))
                case ("ended", told):
                    has_ended = True
                    outcome = told
                case _:
                    receive(message)
        return outcome

    def _check(self) -> None:
        """Raise what has become of a task that was not done."""
        future = self._future
        status = future.status
        if status == "error":
            error = future.exception()
            text = str(error) if isinstance(error, BackendError) else f"{type(error).__name__}: {error}"
            raise BackendError(text)
        if status in ("cancelled", "lost") and not self._is_killed:
            if self._client.status != "running":
                raise BackendError(f"the connection to the Dask cluster at {address_of(self._client)} was lost")
            raise BackendError("the task was cancelled on the Dask cluster")

    def kill(self) -> None:
        """Cancel the task: its worker then ends the process in which it runs, and says so."""
        self._is_killed = True
        future = self._future
        if future is not None:
            start_own_thread("jobs-dask-cancel", future.cancel)
        if not self._over.wait(_LONGEST_END):
            self._inbox.put(_GIVEN_UP)

    def close(self) -> None:
        """End the processes that the workers keep for this session."""
        if self._setup is not None and self._workers and self._client.status == "running":
            end = functools.partial(self._client.run, _end_session, self._cluster.plugin, self._id)
            start_own_thread("jobs-dask-end", functools.partial(end, workers=list(self._workers), on_error="ignore"))

    def _shared_setup(self) -> Any:
        if self._setup is None:
            return None
        setups = self._cluster.setups
        with self._cluster.preparing:
            if self._job not in setups:
                setups[self._job] = self._sendable(self._setup)
            return setups[self._job]

    def _sendable(self, packed: Packed) -> Any:
        """A pickled value as an argument of a task."""
        # The scheduler unpickles what is in its list of tasks.
        if packed.size <= _LARGE:
            return packed.plain()
        return run_as(None, functools.partial(self._client.scatter, packed, hash=False))


def _described(name: str, address: str) -> str:
    return f"Dask worker {address}" if name == address else f"Dask worker {name} at {address}"


def _end_session(plugin: str, session: str, dask_worker: Any) -> None:
    """Called in a worker."""
    dask_worker.plugins[plugin].end_session(session)


class _HeldByDask:
    """An outcome that stays on the cluster as long as somebody has this."""

    def __init__(self, future: Any) -> None:
        self._future = future

    def fetch(self) -> Packed:
        """Get it; raises what Dask raises if it is lost."""
        outcome: Packed = self._future.result()
        # Dask's buffers are read-only; arrays that were made by a job are not.
        writable = [bytearray(buffer) if memoryview(buffer).readonly else buffer for buffer in outcome.buffers]
        return replace(outcome, buffers=writable)
