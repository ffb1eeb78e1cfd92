"""Brings the package to Dask workers.

The kernel sends this file's source and the package's with a `WorkerPlugin`. It runs in a worker before anything of the
package is there, so it imports nothing of it. Nothing is compiled on one side for the other: they may be of different
Pythons, which is found out here.
"""

from __future__ import annotations

import importlib
import sys
import traceback
from typing import Any


def make_plugin(name: str, python: list[int], version: str, files: dict[str, str], bootstrap: str) -> Any:
    """What does the tasks of jobs in this worker. Never raises: that would end the worker as it starts."""
    try:
        return _make_plugin(name, python, version, files, bootstrap)
    except Exception as error:
        traceback.print_exc()
        return _refusal(name, f"cannot run jobs: {type(error).__name__}: {error}")


def _make_plugin(name: str, python: list[int], version: str, files: dict[str, str], bootstrap: str) -> Any:
    here = list(sys.version_info[:2])
    if here != python:
        return _refusal(
            name,
            f"runs Python {here[0]}.{here[1]}, and the notebook Python {python[0]}.{python[1]}: code and variables "
            "cannot go between them. Start the worker with the notebook's Python",
        )
    missing = [package for package in ("cloudpickle", "IPython", "psutil") if importlib.util.find_spec(package) is None]
    if missing:
        return _refusal(name, f"has no {' and no '.join(missing)}: pip install {' '.join(missing).lower()}")
    if "jupyterlab_jobs" not in sys.modules:
        names: dict[str, Any] = {"__name__": "bootstrap"}
        exec(bootstrap, names)
        sys.meta_path.insert(0, names["CarriedSource"](files))
    found = importlib.import_module("jupyterlab_jobs").__version__
    if found != version:
        return _refusal(name, f"has jupyterlab-jobs {found}, and the notebook {version}: install the same")
    return importlib.import_module("jupyterlab_jobs.kernel.dask_worker").JobsPlugin(name)


def _refusal(name: str, reason: str) -> Any:
    from distributed import WorkerPlugin, get_worker

    class Refusal(WorkerPlugin):  # type: ignore[misc, unused-ignore] # there may be none where this is checked
        idempotent = True

        def __init__(self) -> None:
            self.name = name
            self.reason = reason

        def run(self, *_: Any) -> Any:
            raise RuntimeError(f"the Dask worker {get_worker().address} {self.reason}")

    return Refusal()
