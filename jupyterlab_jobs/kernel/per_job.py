"""Attributes of which every job has a value of its own.

What captures output, and what remembers the current figure, assigns attributes of objects that the whole process
shares, such as `sys.stdout`. In a job such an assignment is the job's: its threads see it, nobody else does, and it
ends with the job.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .threads import current_job


class PerJob:
    """A data descriptor, to be put into the class of the object that is shared.

    The value of the foreground stays in the object's `__dict__`, under the same name. A job's values are in the job,
    under the descriptor, and begin with what `initial` returns.
    """

    def __init__(self, name: str, initial: Callable[[], Any]) -> None:
        self._name = name
        self._initial = initial

    def __get__(self, shared: Any, owner: type | None = None) -> Any:
        if shared is None:
            return self
        job = current_job()
        return self.of_foreground(shared) if job is None else self.of(job)

    def __set__(self, shared: Any, value: Any) -> None:
        job = current_job()
        if job is None:
            vars(shared)[self._name] = value
        else:
            job._own_values[self] = value

    def __delete__(self, shared: Any) -> None:
        job = current_job()
        if job is None:
            del vars(shared)[self._name]
        else:
            job._own_values.pop(self, None)

    def of_foreground(self, shared: Any) -> Any:
        """The value of who belongs to no job."""
        try:
            return shared.__dict__[self._name]
        except KeyError:
            raise AttributeError(self._name) from None

    def of(self, job: Any) -> Any:
        """The value of a job."""
        values = job._own_values
        try:
            return values[self]
        except KeyError:
            return values.setdefault(self, self._initial())
