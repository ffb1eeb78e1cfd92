"""A job's own names: a snapshot of the notebook's when it starts, the notebook's when it lands."""

from __future__ import annotations

from types import CellType, FunctionType
from typing import Any


class Namespace:
    """The names that one job's code sees.

    A plain dict, used as the globals of the code: nothing that is faster exists, and neither another job nor the
    notebook can change a name in it. The objects are shared, as a function's arguments are.
    """

    __slots__ = ("_before", "_notebook", "names")

    def __init__(self, notebook: dict[str, Any]) -> None:
        self._notebook = notebook
        # dict() of a dict does not let go of the GIL: no other thread can assign in the middle.
        self._before = dict(notebook)
        self.names = dict(self._before)

    def changes(self) -> dict[str, Any]:
        """The names that the job has assigned so far, with their values."""
        before, missing = self._before, object()
        return {
            name: value
            for name, value in self.names.copy().items()
            if before.get(name, missing) is not value and name != "__builtins__"
        }

    def land(self) -> None:
        """Make the job's assignments and deletions the notebook's, all at once. Called in the job's thread."""
        landing = self.changes()
        rebinding = _Rebinding(self.names, self._notebook)
        for name, value in landing.items():
            landing[name] = rebinding.of(value)
        deleted = self._before.keys() - self.names.keys()
        # One update() with string keys runs no Python code in between: the foreground sees all names or none.
        self._notebook.update(landing)
        for name in deleted:
            self._notebook.pop(name, None)


class _Rebinding:
    """Gives functions that were defined in a job the notebook's globals in place of the job's.

    `__globals__` cannot be assigned, so a function is built anew around the same code, cells and defaults; methods of
    classes are replaced in their class.
    """

    def __init__(self, job: dict[str, Any], notebook: dict[str, Any]) -> None:
        self._job = job
        self._notebook = notebook
        self._done: dict[int, Any] = {}
        self._kept: list[Any] = []  # ids in `_done` must stay taken

    def of(self, value: Any) -> Any:
        """The value to land: a function built anew, a class with its methods built anew, else the value itself."""
        if id(value) in self._done:
            return self._done[id(value)]
        self._kept.append(value)
        self._done[id(value)] = value
        if isinstance(value, FunctionType):
            if value.__globals__ is self._job:
                return self._function(value)
        elif isinstance(value, (staticmethod, classmethod)):
            function = self.of(value.__func__)
            if function is not value.__func__:
                self._done[id(value)] = type(value)(function)
        elif isinstance(value, property):
            accessors = [value.fget, value.fset, value.fdel]
            rebound = [accessor and self.of(accessor) for accessor in accessors]
            if any(new is not old for new, old in zip(rebound, accessors, strict=True)):
                self._done[id(value)] = property(rebound[0], rebound[1], rebound[2], value.__doc__)
        elif isinstance(value, type) and value.__module__ == self._job.get("__name__"):
            for name, member in list(vars(value).items()):
                rebound_member = self.of(member)
                if rebound_member is not member:
                    setattr(value, name, rebound_member)
        return self._done[id(value)]

    def _function(self, function: FunctionType) -> FunctionType:
        new = FunctionType(
            function.__code__, self._notebook, function.__name__, function.__defaults__, function.__closure__
        )
        self._done[id(function)] = new
        new.__kwdefaults__ = function.__kwdefaults__
        new.__annotations__ = function.__annotations__
        new.__qualname__ = function.__qualname__
        new.__module__ = function.__module__
        new.__doc__ = function.__doc__
        new.__dict__.update({name: self.of(value) for name, value in vars(function).items()})
        # What a decorator wraps, and functions that call each other, live in closures.
        for cell in function.__closure__ or ():
            self._cell(cell)
        return new

    def _cell(self, cell: CellType) -> None:
        try:
            content = cell.cell_contents
        except ValueError:  # not assigned yet
            return
        if isinstance(content, (FunctionType, type)):
            rebound = self.of(content)
            if rebound is not content:
                cell.cell_contents = rebound
