"""Runs the code of a job somewhere else, with copies of the notebook's names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from IPython.core.interactiveshell import InteractiveShell

from . import surroundings
from .backends import Backend
from .cell_names import read_by
from .job_names import notebook_names
from .namespace import Namespace
from .rebinding import Rebinding
from .remote_task import CodeTask, GlobalsOf, Packed, is_picklable
from .remote_work import RemoteWork, pack_task

if TYPE_CHECKING:
    from .job import Job


@dataclass(frozen=True, slots=True)
class RemoteCode:
    """Where the code of a job is to run, and from where in the notebook it comes."""

    backend: Backend
    text: str
    job_id: int
    first_line: int
    execution_count: int | None


class RemoteCodeWork(RemoteWork):
    """Runs code, with copies of the names that it reads; those that it assigns land as those of any job."""

    def __init__(self, shell: InteractiveShell, code: RemoteCode) -> None:
        super().__init__(code.backend)
        self._shell = shell
        self._code = code
        self.namespace: Namespace | None = None

    def begin(self) -> None:
        if self.namespace is None:
            self.namespace = Namespace(notebook_names(self._shell), self._shell.user_ns)
        super().begin()

    def _pack(self) -> Packed:
        code, notebook = self._code, notebook_names(self._shell)
        names = self._names_for(code.text, dict(self._shell.user_ns))
        task = CodeTask(code.text, code.job_id, code.first_line, code.execution_count, names, GlobalsOf(notebook))
        return pack_task((surroundings.present(), task), names)

    def _names_for(self, text: str, visible: dict[str, Any]) -> dict[str, Any]:
        reads = read_by(self._shell, text)
        if not reads.any_because_of:
            return {name: visible[name] for name in reads.names if name in visible and name not in _OWN_THERE}
        # It may read any name: what can go goes.
        hidden = self._shell.user_ns_hidden
        return {
            name: value
            for name, value in visible.items()
            if name not in hidden and name not in _OWN_THERE and not name.startswith("_") and is_picklable(value)
        }

    def run(self, job: Job) -> Any:
        outcome = self._outcome(job)
        assert self.namespace is not None
        assert outcome.globals_of is not None
        names = self.namespace.names
        # What the code has defined has globals that came along with it: here they are the notebook's.
        rebinding = Rebinding(outcome.globals_of.names, names)
        names.update({name: rebinding.of(value, is_over=True) for name, value in outcome.assigned.items()})
        for name in outcome.deleted:
            names.pop(name, None)
        for name, kind in outcome.kept_back.items():
            what = f"`{name}`" if name else "The result"
            job._output.note(f"{what} ({kind}) cannot be pickled, and stays in the process of job {job.id}")
        return outcome.value


_OWN_THERE = frozenset({"In", "Out", "exit", "get_ipython", "quit"})
"""What code has there as well, or what means the kernel's own."""
