from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import psutil
import pytest
from harness import Kernel, sleepers
from in_process import Bench

from jupyterlab_jobs.kernel.quiet_kill import silence_kills
from jupyterlab_jobs.kernel.registry import Registry
from jupyterlab_jobs.kernel.replacements import Replacements


def _pythons() -> list[str]:
    return os.environ.get("JLJ_KERNEL_PYTHONS", sys.executable).split(os.pathsep)


def _ipykernel_version(python: str) -> str:
    code = "import importlib.metadata as m; print(m.version('ipykernel'))"
    return subprocess.run([python, "-c", code], check=True, capture_output=True, text=True).stdout.strip()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "python" in metafunc.fixturenames:
        pythons = _pythons()
        ids = [f"ipykernel-{_ipykernel_version(python)}" for python in pythons]
        metafunc.parametrize("python", pythons, ids=ids, scope="session")


@pytest.fixture(scope="session")
def _shared_kernel(python: str) -> Iterator[Kernel]:
    kernel = Kernel(python)
    assert kernel.install()["status"] == "ready"
    yield kernel
    kernel.close()


@pytest.fixture
def kernel(_shared_kernel: Kernel) -> Iterator[Kernel]:
    """A kernel with the runtime, shared between tests: idle and without jobs at the beginning of each."""
    yield _shared_kernel
    _shared_kernel.ask("kill_all")
    _shared_kernel.client.kernel_info(reply=True, timeout=20)  # the main thread is free
    _shared_kernel.until(lambda: not _running(_shared_kernel))
    _shared_kernel.ask("clear")
    _shared_kernel.until(lambda: not _shared_kernel.records)
    _shared_kernel.messages.clear()
    # What a test's jobs have started is gone, and does not turn up in another test.
    _, alive = psutil.wait_procs(sleepers(_shared_kernel), timeout=10)
    assert not alive


def _running(kernel: Kernel) -> list[int]:
    return [job_id for job_id, record in kernel.records.items() if record["state"] in ("queued", "running", "stopping")]


@pytest.fixture
def fresh_kernel(python: str) -> Iterator[Kernel]:
    """A kernel of the test's own, without the runtime."""
    kernel = Kernel(python)
    yield kernel
    kernel.close()


_GATE = "import asyncio, threading, time; gate, lock, started = threading.Event(), threading.Lock(), []"


@pytest.fixture
def gated(kernel: Kernel) -> Iterator[Kernel]:
    """The shared kernel, with an event on which jobs and cells can wait."""
    kernel.execute(_GATE)
    yield kernel
    kernel.execute("gate.set(); jobs.limit = None")


@pytest.fixture
def alone(fresh_kernel: Kernel) -> Kernel:
    """The same in a kernel in which the first job has the number 1."""
    fresh_kernel.install()
    fresh_kernel.execute(_GATE)
    return fresh_kernel


@pytest.fixture
def quiet_kills() -> Iterator[None]:
    """For jobs in the tests' own process: a kill may arrive in a `__del__`, or while garbage is collected."""
    replacements = Replacements()
    silence_kills(replacements)
    yield
    replacements.undo()


@pytest.fixture
def bench() -> Iterator[Bench]:
    """Jobs in the tests' own process."""
    bench = Bench()
    yield bench
    bench.close()


@pytest.fixture
def registry(bench: Bench) -> Registry:
    return bench.registry
