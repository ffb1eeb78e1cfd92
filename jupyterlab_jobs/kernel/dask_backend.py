"""Runs jobs on a Dask cluster: the one whose client is in the notebook, or one on this machine, started when needed."""

from __future__ import annotations

import contextlib
import importlib.util
import sys
import threading
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell

from .dask_cluster import DaskCluster, address_of, answer_of
from .dask_session import DaskSession
from .remote_failure import BackendError
from .remote_task import Packed
from .threads import run_as

if TYPE_CHECKING:
    from .job import Job


class DaskBackend:
    """Gives each session a client's cluster. `_lock` guards the cluster and what is known of it."""

    def __init__(self, shell: InteractiveShell, version: str) -> None:
        self._shell = shell
        self._version = version
        self._lock = threading.Lock()
        self._chosen: Any = None
        self._own: Any = None
        self._announced: Any = None
        self._clusters: dict[str, DaskCluster] = {}

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
        threads: dict[str, int] = answer_of(client, client.nthreads)
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
                cluster = DaskCluster(client, self._version)
                self._clusters = {**alive, client.id: cluster}
        if is_new:
            dashboard = f", dashboard at {client.dashboard_link}" if client.dashboard_link else ""
            workers = len(answer_of(client, client.nthreads))
            job._output.note(f"Started a Dask cluster on this machine with {workers} workers{dashboard}")
        run_as(None, cluster.prepare)
        return DaskSession(job, cluster, setup)

    def close(self) -> None:
        """End the cluster that was started for jobs."""
        own, self._own = self._own, None
        if own is not None:
            cluster = own.cluster
            own.close()
            cluster.close()

    def _running_client(self) -> Any:
        with self._lock:
            client = self.client
            if client is None or (client is self._own and client.status != "running"):
                client = self._own = run_as(None, _start_local_cluster)
        if client.asynchronous:
            raise BackendError("jobs cannot use an asynchronous Dask client: assign jobs.dask another one")
        if client.status != "running":
            where = address_of(client)
            raise BackendError(
                f"the Dask client of {where} is {client.status}: connect again, or assign jobs.dask another"
            )
        return client


def _distributed() -> Any:
    try:
        return importlib.import_module("distributed")
    except ImportError:
        raise _missing() from None


def _missing() -> UsageError:
    return UsageError('jobs on Dask need Dask: pip install "jupyterlab-jobs[dask]"')


def _start_local_cluster() -> Any:
    distributed = _distributed()
    # Any port: somebody else's cluster may have the usual one.
    cluster = distributed.LocalCluster(dashboard_address="127.0.0.1:0")
    return distributed.Client(cluster, set_as_default=False)
