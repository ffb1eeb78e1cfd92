from __future__ import annotations

import importlib.metadata
import json
import sys
from pathlib import Path

import pytest
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


def test_the_licences_of_all_that_is_bundled_are_listed() -> None:
    static = Path(sys.prefix, "share/jupyter/labextensions/jupyterlab-jobs/static")
    if not (listed := static / "third-party-licenses.json").exists():
        pytest.skip("a build for development lists none")
    licences = {entry["name"]: entry for entry in json.loads(listed.read_text())["packages"]}

    # The second one is bundled because the first one needs it.
    assert {"@tanstack/react-virtual", "@tanstack/virtual-core"} <= licences.keys()
    for licence in licences.values():
        assert licence["licenseId"]
        assert licence["extractedText"]
