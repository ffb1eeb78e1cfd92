"""Runs jobs on a Dask cluster: the one whose client is in the notebook, or one on this machine, started when needed."""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import pickle
import sys
import threading
import uuid
from collections.abc import Callable
from dataclasses import replace
from importlib.abc import InspectLoader
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, cast
from weakref import WeakKeyDictionary

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell

from . import dask_boot
from .backends import Held, Receive
from .job_processes import carried_sources
from .remote_failure import BackendError
from .remote_task import Packed
from .threads import run_as, start_own_thread

if TYPE_CHECKING:
    from .job import Job

_LONGEST_ANSWER = 5.0
"""Seconds that a cluster may take to answer."""

_LARGE = 100_000
"""Bytes from which on a task is sent to a worker beside the scheduler's list of tasks."""

_NOT_STARTED = 0.3
"""Seconds in which a task that was cancelled can still turn out to have been started."""

_DO = "__import__('distributed').get_worker().plugins[plugin].run(key, topic, session, setup, task)"

_DONE: Any = object()
_GIVEN_UP: Any = object()


class DaskBackend:
    """Gives each session a client's cluster. `_lock` guards the cluster and what is known of it."""

    def __init__(self, shell: InteractiveShell, version: str) -> None:
        self._shell = shell
        self._version = version
        self._lock = threading.Lock()
        self._chosen: Any = None
        self._own: Any = None
        self._announced: Any = None
        self._clusters: dict[str, _Cluster] = {}

    @property
    def client(self) -> Any:
        """The `distributed.Client` that jobs use: the one that was assigned, the notebook's, or the one of the cluster
        that was started for jobs. None if there is none yet."""
        if self._chosen is not None:
            return self._chosen
        distributed = sys.modules.get("distributed")
        if distributed is None:
            return None
        with contextlib.suppress(ValueError):
            return distributed.Client.current()
        clients = [value for value in self._shell.user_ns.copy().values() if isinstance(value, distributed.Client)]
        alive = [client for client in clients if client.status == "running"]
        return alive[-1] if alive else self._own

    @client.setter
    def client(self, client: Any) -> None:
        if client is not None and not isinstance(client, _distributed().Client):
            raise TypeError(f"jobs.dask is a distributed.Client, or None, not {client!r:.60}")
        self._chosen = client

    def require(self) -> None:
        """Raises `UsageError` that says how to get what is missing."""
        if importlib.util.find_spec("distributed") is None:
            raise _missing()

    @property
    def workers(self) -> int:
        """The threads of all workers."""
        client = self._running_client()
        threads: dict[str, int] = _answer(client, client.nthreads)
        return max(1, sum(threads.values()))

    def open(self, job: Job, setup: Packed | None) -> DaskSession:
        """A session on the cluster; raises `BackendError` if it does not answer."""
        client = self._running_client()
        with self._lock:
            is_new = client is self._own and client is not self._announced
            self._announced = self._own
            cluster = self._clusters.get(client.id)
            if cluster is None:
                alive = {id_: known for id_, known in self._clusters.items() if known.client.status == "running"}
                cluster = _Cluster(client, self._version)
                self._clusters = {**alive, client.id: cluster}
        if is_new:
            dashboard = f", dashboard at {client.dashboard_link}" if client.dashboard_link else ""
            workers = len(_answer(client, client.nthreads))
            job._output.note(f"Started a Dask cluster on this machine with {workers} workers{dashboard}")
        run_as(None, cluster.prepare)
        return DaskSession(job, cluster, setup)

    def close(self) -> None:
        """End the cluster that was started for jobs."""
        own, self._own = self._own, None
        if own is not None:
            own.close()

    def _running_client(self) -> Any:
        with self._lock:
            client = self.client
            if client is None or (client is self._own and client.status != "running"):
                client = self._own = run_as(None, _start_local_cluster)
        if client.asynchronous:
            raise BackendError("jobs cannot use an asynchronous Dask client: assign jobs.dask another one")
        if client.status != "running":
            raise BackendError(
                f"the Dask client of {_address(client)} is {client.status}: connect again, or assign jobs.dask another"
            )
        return client


def _distributed() -> Any:
    try:
        return importlib.import_module("distributed")
    except ImportError:
        raise _missing() from None


def _missing() -> UsageError:
    return UsageError('jobs on Dask need Dask: pip install "jupyterlab-jobs[dask]"')


def _described(name: str, address: str) -> str:
    return f"Dask worker {address}" if name == address else f"Dask worker {name} at {address}"


def _start_local_cluster() -> Any:
    distributed = _distributed()
    # Any port: somebody else's cluster may have the usual one.
    cluster = distributed.LocalCluster(dashboard_address="127.0.0.1:0")
    return distributed.Client(cluster, set_as_default=False)


def _address(client: Any) -> str:
    return str(client.scheduler.address if client.scheduler is not None else "an unknown scheduler")


def _answer(client: Any, ask: Callable[[], Any]) -> Any:
    """What the scheduler answers; raises `BackendError` if it does not in time."""
    answers: SimpleQueue[tuple[Any, BaseException | None]] = SimpleQueue()

    def run() -> None:
        try:
            answers.put((ask(), None))
        except BaseException as error:
            answers.put((None, error))

    start_own_thread("jobs-dask-ask", run)
    try:
        answer, error = answers.get(timeout=_LONGEST_ANSWER)
    except Empty:
        raise BackendError(
            f"the Dask cluster at {_address(client)} has not answered in {_LONGEST_ANSWER:g} s: is it still there?"
        ) from None
    if error is not None:
        raise BackendError(f"the Dask cluster at {_address(client)}: {type(error).__name__}: {error}") from error
    return answer


class _Cluster:
    """What is done once for each client: the workers are prepared, and events are passed to the tasks that they are of.

    The topic is one that Dask forgets with the client.
    """

    def __init__(self, client: Any, version: str) -> None:
        self.client = client
        self.plugin = f"jupyterlab-jobs-{version}"
        """The name of the plugin that does the tasks."""
        self._version = version
        self.preparing = threading.Lock()
        self._is_prepared = False
        self.setups: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()
        self.inboxes: dict[str, Callable[[Any], None]] = {}

    def prepare(self) -> None:
        """Bring the workers what they need, if that was not done; raises `BackendError`."""
        client = self.client
        with self.preparing:
            _answer(client, client.nthreads)
            if not self._is_prepared:
                client.register_plugin(_plugin(self.plugin, self._version))
                client.subscribe_topic(client.id, self._hear)
                self._is_prepared = True

    def _hear(self, event: Any) -> None:
        """Called in Dask's loop, with a time and a message; there are Dask's own in this topic, too."""
        match event[1]:
            case [str() as key, bytes() as messages]:
                inbox = self.inboxes.get(key)
                if inbox is not None:
                    for message in pickle.loads(messages):
                        inbox(message)


def _end_session(plugin: str, session: str, dask_worker: Any) -> None:
    """Called in a worker."""
    dask_worker.plugins[plugin].end_session(session)


def _plugin(name: str, version: str) -> Any:
    from distributed import WorkerPlugin

    files = carried_sources()
    boot = cast("InspectLoader", dask_boot.__spec__.loader).get_source(dask_boot.__name__)
    arguments = (name, list(sys.version_info[:2]), version, files["files"], files["bootstrap"])

    class Plugin(WorkerPlugin):  # type: ignore[misc, unused-ignore] # there may be none where this is checked
        idempotent = True

        def __init__(self) -> None:
            self.name = name

        def __reduce__(self) -> Any:
            # Text alone: what a Python compiles, another one does not understand.
            names = {"__name__": "dask_boot", "source": boot, "arguments": arguments}
            return eval, ("(exec(source, globals()), make_plugin(*arguments))[1]", names)

    return Plugin()


class DaskSession:
    """Submits tasks of one job, and passes on what they write."""

    def __init__(self, job: Job, cluster: _Cluster, setup: Packed | None) -> None:
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
        where = f"Dask cluster at {_address(client)}{waits}"
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
                raise BackendError(f"the connection to the Dask cluster at {_address(self._client)} was lost")
            raise BackendError("the task was cancelled on the Dask cluster")

    def kill(self) -> None:
        """Cancel the task: its worker then ends the process in which it runs, and says so."""
        self._is_killed = True
        future = self._future
        if future is not None:
            start_own_thread("jobs-dask-cancel", future.cancel)
        if not self._over.wait(_LONGEST_ANSWER):
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
