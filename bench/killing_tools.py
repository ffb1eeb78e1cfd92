"""The tools whose kill is compared, each used as its documentation says."""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Callable
from typing import Any, Protocol

import dask
import ipyparallel
from distributed import Client, LocalCluster
from harness import Kernel


class Tool(Protocol):
    """Runs one piece of code at a time."""

    means: dict[str, Callable[[], None]]
    """The ways to end it, by name, the gentlest first."""

    def start(self, source: str) -> None:
        """Run the function `work` that the source defines."""

    def renew(self) -> None:
        """Get ready for the next piece of code although the last one still runs."""

    def close(self) -> None:
        """End everything that runs."""


class Jobs:
    """This project: the kill button of the panel."""

    def __init__(self, python: str) -> None:
        self._python = python
        self.means = {"jupyterlab-jobs": self._kill}
        self._start_kernel()

    def _start_kernel(self) -> None:
        self._kernel = Kernel(self._python)
        self._kernel.install()

    def start(self, source: str) -> None:
        self._job = self._kernel.job_of(self._kernel.execute(f"%%job\n{source}\n{_call(source)}"))

    def _kill(self) -> None:
        self._kernel.ask("kill", {"jobs": [self._job]})

    def renew(self) -> None:
        self.close()
        self._start_kernel()

    def close(self) -> None:
        self._kernel.close()


_BACKGROUND_JOBS = """
import asyncio, ctypes, time
from IPython.lib.backgroundjobs import BackgroundJobManager
manager = BackgroundJobManager()
def raise_in(thread):
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(SystemExit))
def raise_until_ended(thread):
    while thread.is_alive():
        raise_in(thread)
        time.sleep(0.001)
"""


class BackgroundJobs:
    """IPython's `BackgroundJobManager`. It has no kill: its user can raise an exception in the job's thread."""

    def __init__(self, python: str) -> None:
        self._python = python
        self.means = {
            "BackgroundJobManager, raise once": lambda: self._execute("raise_in(job)"),
            "BackgroundJobManager, raise on": lambda: self._execute("raise_until_ended(job)"),
        }
        self._start_kernel()

    def _start_kernel(self) -> None:
        self._kernel = Kernel(self._python)
        self._kernel.execute(_BACKGROUND_JOBS)

    def start(self, source: str) -> None:
        call = "lambda: asyncio.run(work())" if source.startswith("async") else "work"
        self._kernel.execute(f"{source}\njob = manager.new({call})")

    def _execute(self, code: str) -> None:
        self._kernel.execute(code, wait=False)

    def renew(self) -> None:
        self.close()
        self._start_kernel()

    def close(self) -> None:
        self._kernel.close()


class IPyParallel:
    """A cluster of one engine, because a signal reaches all that an engine does."""

    def __init__(self) -> None:
        self._cluster = ipyparallel.Cluster(
            n=1,
            log_level=logging.CRITICAL,
            # An engine is there once its heart has beaten twice.
            controller_args=["--HeartMonitor.period=250"],
        )
        self._client = self._cluster.start_and_connect_sync(activate=False)
        self.means = {
            "ipyparallel, SIGINT": lambda: self._cluster.signal_engines_sync(signal.SIGINT),
            "ipyparallel, SIGKILL": lambda: self._cluster.signal_engines_sync(signal.SIGKILL),
        }

    def start(self, source: str) -> None:
        self._client[:].execute(f"{source}\n{_call(source)}", block=False)

    def renew(self) -> None:
        while self._client.ids:  # the SIGKILL has ended the engine
            time.sleep(0.01)
        self._cluster.stop_engines_sync()
        self._cluster.start_engines_sync(n=1)
        self._client.wait_for_engines(1, interactive=False)

    def close(self) -> None:
        self._client.close()
        self._cluster.stop_cluster_sync()


class Dask:
    """A local cluster of one worker process with one thread."""

    def __init__(self) -> None:
        # Or the cluster would give up a worker whose process has been ended.
        dask.config.set({"distributed.deploy.lost-worker-timeout": "1h"})
        self._cluster = LocalCluster(
            n_workers=1, threads_per_worker=1, dashboard_address=None, silence_logs=logging.CRITICAL
        )
        self._client = Client(self._cluster)
        self.means = {"Dask, cancel": lambda: self._future.cancel()}

    def start(self, source: str) -> None:
        # Defined in `__main__`, as in a notebook, so that it is sent by value. A worker awaits a coroutine function.
        namespace: dict[str, Any] = {"__name__": "__main__"}
        exec(source, namespace)
        self._future = self._client.submit(namespace["work"], pure=False)

    def renew(self) -> None:
        # `Client.restart` does the same, but waits for four seconds first. The nanny starts another process.
        [nanny] = self._cluster.workers.values()
        stuck = nanny.pid
        os.kill(stuck, signal.SIGKILL)
        while nanny.pid in (None, stuck):
            time.sleep(0.01)

    def close(self) -> None:
        self._client.close()
        self._cluster.close()


def _call(source: str) -> str:
    """How a cell calls `work`."""
    return "await work()" if source.startswith("async") else "work()"
