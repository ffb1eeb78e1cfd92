from __future__ import annotations

import importlib.metadata
import json

from harness import ROOT

import jupyterlab_jobs


def test_the_version_is_that_of_the_frontend() -> None:
    frontend = json.loads((ROOT / "package.json").read_text())

    assert jupyterlab_jobs.__version__ == frontend["version"]
    assert importlib.metadata.version("jupyterlab_jobs") == frontend["version"]


def test_jupyterlab_finds_the_frontend_under_its_name() -> None:
    frontend = json.loads((ROOT / "package.json").read_text())
    (extension,) = jupyterlab_jobs._jupyter_labextension_paths()

    assert extension["dest"] == frontend["name"]
    assert f"jupyterlab_jobs/{extension['src']}" == frontend["jupyterlab"]["outputDir"]
