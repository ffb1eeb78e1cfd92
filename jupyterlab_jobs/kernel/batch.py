"""Kernels that a program runs a notebook in from the first cell to the last: nbconvert, papermill, `jupyter execute`.

These programs take what arrives while a cell is executing, and shut the kernel down after the last one.
"""

from __future__ import annotations

import os
from pathlib import PurePath

import psutil

_PROGRAMS = ("jupyter-nbconvert", "jupyter-execute", "nbconvert", "papermill")

VARIABLE = "JUPYTERLAB_JOBS_BATCH"
"""The environment variable that says it of programs that are not known here: `1` or `0`."""

HINT = "Jobs and a notebook that runs unattended: end it with `%jobs wait`, or it is over before they are."


def is_batch() -> bool:
    """Whether such a program has started this kernel."""
    said = os.environ.get(VARIABLE)
    if said is not None:
        return said not in ("", "0")
    try:
        words = psutil.Process(os.getppid()).cmdline()
    except psutil.Error:
        return False
    names = {PurePath(word).stem for word in words[:3]}
    return any(name in names for name in _PROGRAMS) or (
        "jupyter" in names and not names.isdisjoint({"nbconvert", "execute"})
    )
