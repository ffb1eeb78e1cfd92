"""Dask clusters of real processes, started from the command line as on other machines."""

from __future__ import annotations

import contextlib
import json
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
from harness import PATIENCE


@dataclass
class Cluster:
    """A scheduler, and workers by their names."""

    address: str
    scheduler: subprocess.Popen[bytes]
    workers: dict[str, subprocess.Popen[bytes]]

    def tree(self, worker: str) -> list[psutil.Process]:
        """The processes that a worker has started."""
        return psutil.Process(self.workers[worker].pid).children(recursive=True)


def _address_in(file: Path) -> str:
    """What a scheduler writes once it listens; it writes in place."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with contextlib.suppress(FileNotFoundError, json.JSONDecodeError):
            return str(json.loads(file.read_text())["address"])
        time.sleep(0.05)
    raise AssertionError("the scheduler has not started")


@contextlib.contextmanager
def started_cluster(python: str, directory: Path, workers: dict[str, int]) -> Iterator[Cluster]:
    """A cluster of `workers`, with so many threads each. It ends with the context."""
    file = directory / "scheduler.json"
    running: list[subprocess.Popen[bytes]] = []

    def start(*arguments: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen([python, "-m", "dask", *arguments], cwd=directory, stderr=subprocess.DEVNULL)
        running.append(process)
        return process

    try:
        place = ["--host", "127.0.0.1"]
        scheduler = start(
            "scheduler", *place, "--port", "0", "--dashboard-address", ":0", "--scheduler-file", str(file)
        )
        address = _address_in(file)
        named = {
            name: start(
                "worker",
                address,
                *place,
                "--no-nanny",
                "--name",
                name,
                "--nthreads",
                str(threads),
                "--dashboard-address",
                ":0",
            )
            for name, threads in workers.items()
        }
        yield Cluster(address, scheduler, named)
    finally:
        for process in reversed(running):
            process.kill()
            process.wait()
