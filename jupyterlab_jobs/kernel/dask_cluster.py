"""A Dask cluster, as jobs use it: whether it is there, what its workers are given, and what they tell."""

from __future__ import annotations

import pickle
import sys
import threading
from collections.abc import Callable
from importlib.abc import InspectLoader
from queue import Empty, SimpleQueue
from typing import Any, cast
from weakref import WeakKeyDictionary

from . import dask_boot
from .job_processes import carried_sources
from .remote_failure import BackendError
from .threads import start_own_thread

_LONGEST_ANSWER = 5.0
"""Seconds that a cluster may take to answer."""

_LONGEST_PREPARATION = 60.0
"""Seconds that all workers together may take to load what they need."""


class DaskCluster:
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
            answer_of(client, client.nthreads)
            if not self._is_prepared:
                plugin = _plugin(self.plugin, self._version)
                # Every worker answers; one that hangs would hold up all jobs for good.
                answer_of(client, lambda: client.register_plugin(plugin), within=_LONGEST_PREPARATION)
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


def address_of(client: Any) -> str:
    return str(client.scheduler.address if client.scheduler is not None else "an unknown scheduler")


def answer_of(client: Any, ask: Callable[[], Any], *, within: float = _LONGEST_ANSWER) -> Any:
    """What the cluster answers; raises `BackendError` if it does not `within` so many seconds."""
    answers: SimpleQueue[tuple[Any, BaseException | None]] = SimpleQueue()

    def run() -> None:
        try:
            answers.put((ask(), None))
        except BaseException as error:
            answers.put((None, error))

    start_own_thread("jobs-dask-ask", run)
    try:
        answer, error = answers.get(timeout=within)
    except Empty:
        raise BackendError(
            f"the Dask cluster at {address_of(client)} has not answered in {within:g} s: is it still there?"
        ) from None
    if error is not None:
        raise BackendError(f"the Dask cluster at {address_of(client)}: {type(error).__name__}: {error}") from error
    return answer


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
