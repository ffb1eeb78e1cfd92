"""In a job, IPython's magics find the job's names where they look for the notebook's."""

from __future__ import annotations

from typing import Any

from IPython.core.interactiveshell import InteractiveShell

from .replacements import Replacements
from .threads import current_job

_ATTRIBUTES = ("user_ns", "user_global_ns")


def route_names(replacements: Replacements, shell: InteractiveShell) -> None:
    """Have `shell.user_ns` be the job's names for the threads of a job that has its own."""
    for name in _ATTRIBUTES:
        replacements.set(type(shell), name, _Names(name, vars_of_class(type(shell), name)))


def vars_of_class(owner: type, name: str) -> Any:
    """What a class has under a name, without binding it; None if there is nothing."""
    return next((vars(base)[name] for base in owner.__mro__ if name in vars(base)), None)


def notebook_names(shell: InteractiveShell) -> dict[str, Any]:
    """The notebook's names, whoever asks."""
    attribute = vars_of_class(type(shell), "user_ns")
    names: dict[str, Any] = attribute.of_foreground(shell) if isinstance(attribute, _Names) else shell.user_ns
    return names


class _Names:
    """A data descriptor. What the foreground has is where it was: in a property of IPython's, or in the object."""

    def __init__(self, name: str, original: Any) -> None:
        self._name = name
        self._original = original

    def __get__(self, shell: Any, owner: type | None = None) -> Any:
        if shell is None:
            return self
        job = current_job()
        if job is not None and job._namespace is not None:
            return job._namespace.names
        return self.of_foreground(shell)

    def __set__(self, shell: Any, value: Any) -> None:
        if self._original is None:
            vars(shell)[self._name] = value
        else:
            self._original.__set__(shell, value)

    def of_foreground(self, shell: Any) -> Any:
        """The notebook's names, whoever asks."""
        if self._original is None:
            return vars(shell)[self._name]
        return self._original.__get__(shell, type(shell))
