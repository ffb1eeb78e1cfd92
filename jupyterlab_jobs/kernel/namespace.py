"""A job's own names: a snapshot of the notebook's when it starts, the notebook's when it lands."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

from .rebinding import Rebinding
from .threads import undisturbed

_MISSING: Any = object()


@dataclass(frozen=True, slots=True)
class Landing:
    """What has become of the notebook's names."""

    names: list[str]
    """Those that were assigned or deleted, sorted."""
    replaced: list[str]
    """Those of them that the notebook had rebound since the job started."""


class Namespace:
    """The names that one job's code sees.

    A plain dict, used as the globals of the code: nothing that is faster exists, and neither another job nor the
    notebook can change a name in it. The objects are shared, as a function's arguments are.
    """

    __slots__ = ("_before", "_landed", "_lock", "_names", "_notebook", "_notebook_before", "_rebinding")

    def __init__(self, notebook: dict[str, Any], visible: dict[str, Any]) -> None:
        """`visible` is what the code sees that starts the job: the notebook's names, or those of another job."""
        self._notebook = notebook
        # dict() of a dict does not let go of the GIL: no other thread can assign in the middle.
        self._before = dict(visible)
        self._notebook_before = self._before if visible is notebook else dict(notebook)
        self._names: dict[str, Any] | None = None
        # By name: the job's value when it was landed, and what it was landed as.
        self._landed: dict[str, tuple[Any, Any]] = {}
        self._rebinding: Rebinding | None = None
        self._lock = threading.Lock()

    @property
    def names(self) -> dict[str, Any]:
        """The globals of the code. Made when the job begins: of those that wait for their turn, each has one dict."""
        if self._names is None:
            self._rebinding = Rebinding(names := dict(self._before), self._notebook)
            self._names = names
        return self._names

    def changes(self) -> dict[str, Any]:
        """The names that the job has assigned so far, with their values. May be called from any thread."""
        before, names = self._before, self._names
        if names is None:
            return {}
        return {
            name: value
            for name, value in names.copy().items()
            if before.get(name, _MISSING) is not value and name != "__builtins__"
        }

    def land(self, *, is_over: bool) -> Landing:
        """Make the job's assignments and deletions the notebook's, all at once: those that have not landed yet.

        `is_over` tells that the job's code has ended. Until then its classes, of which there is but one, go on seeing
        the job's names; functions land as copies that see the notebook's. May be called from any thread.
        """
        # Nothing here is the user's code but the destructors of what the notebook lets go: that comes afterwards.
        replaced_values: list[Any] = []
        return undisturbed(lambda: self._land(is_over, replaced_values))

    def _land(self, is_over: bool, replaced_values: list[Any]) -> Landing:
        notebook = self._notebook
        with self._lock:
            if self._names is None or self._rebinding is None:
                return Landing([], [])
            names = self._names.copy()
            # Also what has landed and is now as it was before.
            changed = self.changes().keys() | (self._before.keys() - names.keys()) | self._landed.keys()
            landing: dict[str, tuple[Any, Any]] = {}
            for name in changed:
                value = names.get(name, _MISSING)
                landed = value if value is _MISSING else self._rebinding.of(value, is_over=is_over)
                before = self._landed.get(name)
                # What has landed already lands no more: what the notebook has made of it since then is newer.
                if before is None or before[0] is not value or before[1] is not landed:
                    landing[name] = value, landed
            replaced = []
            for name in landing:
                now = notebook.get(name, _MISSING)
                replaced_values.append(now)
                before = self._notebook_before.get(name, _MISSING)
                if now is not before and now is not self._landed.get(name, (None, before))[1]:
                    replaced.append(name)
            # One update() with string keys runs no Python code in between: the foreground sees all names or none.
            notebook.update({name: landed for name, (_, landed) in landing.items() if landed is not _MISSING})
            for name, (_, landed) in landing.items():
                if landed is _MISSING:
                    notebook.pop(name, None)
            self._landed |= landing
            if is_over:
                # The job's own functions keep its names alive, and the names them: they go at once if nobody else has
                # one. Those that somebody has find the landed ones from now on.
                own = {name: landed for name, (_, landed) in landing.items() if landed is not _MISSING}
                replaced_values += [self._names.copy()]
                self._names.update(own)
        return Landing(sorted(landing), sorted(replaced))
