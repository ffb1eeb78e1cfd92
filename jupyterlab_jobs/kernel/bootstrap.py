"""Brings the runtime's carried source into a kernel that lacks it.

The page sends this file and the sources of the whole package, and has `install` called, once per kernel session. It
runs before anything else of the package is there, so it imports nothing of it.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.metadata
import importlib.util
import json
import sys
from types import ModuleType
from typing import Any

PACKAGE = "jupyterlab_jobs"


class Answer:
    """What the page gets: IPython's display formatter takes the JSON from it."""

    def __init__(self, content: dict[str, str]) -> None:
        self._content = content

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        return {"application/json": self._content, "text/plain": self._content["status"]}


class CarriedSource(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Imports the package from the sources that the page carries."""

    def __init__(self, files: dict[str, str]) -> None:
        self._files = files
        self._modules: dict[str, tuple[str, str, bool]] = {}
        for path, source in files.items():
            name, is_package = path.removesuffix(".py").replace("/", "."), False
            if name.endswith(".__init__"):
                name, is_package = name.removesuffix(".__init__"), True
            self._modules[name] = (path, source, is_package)

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        if fullname not in self._modules:
            return None
        origin, _, is_package = self._modules[fullname]
        return importlib.util.spec_from_loader(fullname, self, origin=origin, is_package=is_package)

    def files(self) -> dict[str, str]:
        """The sources by their paths, for another process."""
        return self._files

    def get_source(self, fullname: str) -> str:
        return self._modules[fullname][1]

    def get_filename(self, fullname: str) -> str:
        """Found by tracebacks and debuggers, together with `get_source`."""
        return self._modules[fullname][0]

    def is_package(self, fullname: str) -> bool:
        return self._modules[fullname][2]

    def exec_module(self, module: ModuleType) -> None:
        name = module.__name__
        exec(compile(self.get_source(name), self.get_filename(name), "exec", dont_inherit=True), vars(module))


def install(files: str | None, version: str) -> Answer:
    """Bring the runtime in, if the kernel can have it and has none.

    `files` is a JSON object from path to source; without it, only a copy of the kernel's own is started. Never raises:
    what goes wrong is for the panel to say.
    """
    try:
        running = sys.modules.get(PACKAGE)
        if running is None and _installed_version() != version:
            if files is None:
                return Answer({"status": "missing"})
            sources = json.loads(files)
            sources[f"{PACKAGE}/_version.py"] = f"__version__ = {version!r}\n"
            sys.meta_path.insert(0, CarriedSource(sources))
        return _start()
    except Exception as error:
        return Answer(
            {
                "status": "unavailable",
                "reason": f"The job runtime could not start: {type(error).__name__}: {error}",
            }
        )


def _installed_version() -> str | None:
    try:
        return importlib.metadata.version(PACKAGE)
    except importlib.metadata.PackageNotFoundError:
        return None


def _start() -> Answer:
    try:
        from IPython.core.error import UsageError
        from IPython.core.interactiveshell import InteractiveShell

        runtime_module = importlib.import_module(f"{PACKAGE}.kernel.runtime")
    except ImportError as error:
        if (error.name or "").partition(".")[0] in ("IPython", "ipykernel"):
            return Answer({"status": "unavailable", "reason": "Jobs need a Python kernel that is based on ipykernel."})
        raise
    try:
        runtime = runtime_module.install(InteractiveShell.instance())
    except UsageError as error:
        return Answer({"status": "unavailable", "reason": f"{error}."})
    return Answer({"status": "ready", "version": runtime.version})
