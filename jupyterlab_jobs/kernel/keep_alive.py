"""Keeps a kernel whose jobs are silent from being culled as idle."""

from __future__ import annotations

from typing import Any

from .states import ENDED

LONGEST_SILENCE = 1.0
"""For how many seconds the publisher may send nothing while a job has not ended.

The Jupyter server takes any message on IOPub for activity, unless it and the request that it belongs to are of a type
in `MappingKernelManager.untracked_message_types`; `jobs_event` is not. `cull_idle_timeout` is a whole number of
seconds, as is its neighbour in a kernel's specification, so that 1 is the shortest: it would end kernels while their
users think, or before they have connected. This holds from 2 s on, for the price of an empty event a second.

It also tells a client that has missed the last message before a silence that there was one.
"""


class KeepAlive:
    """Knows which jobs have not ended, as far as they were published. Used by the publisher's thread alone."""

    def __init__(self) -> None:
        self._alive: set[int] = set()

    def note(self, record: dict[str, Any]) -> None:
        """This record of a job is being published."""
        if record["state"] in ENDED:
            self._alive.discard(record["id"])
        else:
            self._alive.add(record["id"])

    @property
    def longest_silence(self) -> float | None:
        """For how many seconds nothing needs to be published, if nothing happens; None: for ever."""
        return LONGEST_SILENCE if self._alive else None
