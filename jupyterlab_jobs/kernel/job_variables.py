"""`job.vars`: what a job has assigned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from .errors import NoSuchVariable

if TYPE_CHECKING:
    from .job import Job


class JobVariables(Mapping[str, Any]):
    """The names that a job has assigned and that have not become the notebook's by its end; changes as the job goes on.

    Those of a job that has failed or was killed are there until it is cleared.
    """

    __slots__ = ("_job",)

    def __init__(self, job: Job) -> None:
        self._job = job

    def __getitem__(self, name: str) -> Any:
        """The value; raises `NoSuchVariable`, a `KeyError`, which says where else to look."""
        try:
            return self._values()[name]
        except KeyError:
            raise NoSuchVariable(f"job {self._job.id} {self._why_not(name)}") from None

    def copy(self) -> dict[str, Any]:
        """All of them, as they are at one moment."""
        return self._values()

    def __iter__(self) -> Iterator[str]:
        return iter(self._values())

    def __len__(self) -> int:
        return len(self._values())

    def __repr__(self) -> str:
        return f"<variables of job {self._job.id}: {', '.join(sorted(self)) or 'none'}>"

    def _values(self) -> dict[str, Any]:
        namespace = self._job._namespace
        return {} if namespace is None else namespace.changes()

    def _why_not(self, name: str) -> str:
        job = self._job
        if job._namespace is not None:
            return f"has not assigned {name!r}"
        if job.state == "queued":
            return "has not started"
        if job.state == "finished":
            return "has finished: its variables are the notebook's"
        if job.is_removed:
            return "was cleared, and its variables with it"
        return "has no variables of its own"

    def _ipython_key_completions_(self) -> list[str]:
        return list(self)
