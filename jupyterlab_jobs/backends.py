"""For engines of your own: what `jobs.register_backend` takes. `worker` has the part for the other side."""

from __future__ import annotations

from .kernel.backends import Backend, Held, Message, Receive, Session
from .kernel.remote_failure import BackendError
from .kernel.remote_task import Packed

__all__ = ["Backend", "BackendError", "Held", "Message", "Packed", "Receive", "Session"]
