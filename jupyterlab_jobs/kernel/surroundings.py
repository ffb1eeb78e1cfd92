"""What a process has that the kernel may have changed since it was started: directory, environment, import path.

They go along with every task, and hardly ever change: so they are pickled once, and compared as bytes.
"""

from __future__ import annotations

import os
import pickle
import sys
from typing import Any

_last: tuple[tuple[Any, ...], bytes] = (), b""


def present() -> bytes:
    """Those of this process, pickled."""
    global _last
    parts = (os.getcwd(), _raw_environment(), list(sys.path))
    known, pickled = _last
    if parts != known:
        # Whatever another thread changes from here on differs from `parts`, and is found the next time.
        pickled = pickle.dumps((parts[0], dict(os.environ), parts[2]), protocol=5)
        _last = parts, pickled
    return pickled


def adopt(pickled: bytes) -> None:
    """Have this process have those of another one."""
    if pickled == present():
        return
    directory, wanted, path = pickle.loads(pickled)
    os.chdir(directory)
    # What is the same stays: each assignment goes to the system.
    environment = dict(os.environ)
    for name in environment.keys() - wanted.keys():
        del os.environ[name]
    os.environ.update(wanted.items() - environment.items())
    if sys.path != path:
        sys.path[:] = path


def _raw_environment() -> dict[Any, Any]:
    """A copy of what `os.environ` decodes anew for each look, which takes a hundred times as long."""
    raw: Any = getattr(os.environ, "_data", None)
    return dict(raw if isinstance(raw, dict) else os.environ)
