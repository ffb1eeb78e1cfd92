"""The bars of tqdm and rich, in a job, are its progress, without a change of the code that makes them.

Of nested bars it is the outermost. Both libraries draw at most every 0.1 s, or do more for one step than this does.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any
from weakref import WeakSet

from .after_import import after_import
from .replacements import Replacements
from .threads import current_job


def follow_progress_bars(replacements: Replacements) -> None:
    """Have them tell how far a job is, as soon as they are imported."""

    def follow_tqdm(module: Any) -> None:
        bar = module.tqdm
        replacements.set(bar, "_instances", _Bars(bar))
        replacements.set(bar, "refresh", _telling_refresh(bar.refresh))

    def follow_rich(module: Any) -> None:
        for name in ("update", "advance"):
            replacements.set(module.Progress, name, _telling(getattr(module.Progress, name)))

    after_import(replacements, {"tqdm.std": follow_tqdm, "rich.progress": follow_rich})


class _Bars:
    """tqdm's bars: those of whoever asks, as their number tells on which line the next one is drawn.

    They are kept in the order in which they were made, weakly, as tqdm does.
    """

    def __init__(self, bar: Any) -> None:
        self._foreground: Any = getattr(bar, "_instances", None) or WeakSet()

    def present(self) -> Any:
        """The bars of the calling job, or of the foreground."""
        job = current_job()
        return self._foreground if job is None else job._own_values.setdefault(self, WeakSet())

    def __getattr__(self, name: str) -> Any:
        return getattr(self.present(), name)

    def __contains__(self, bar: object) -> bool:
        return bar in self.present()

    def __iter__(self) -> Iterator[Any]:
        return iter(self.present())

    def __len__(self) -> int:
        return len(self.present())


def _telling_refresh(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def refresh(self: Any, *args: Any, **kwargs: Any) -> Any:
        job = current_job()
        if job is not None and abs(getattr(self, "pos", 0)) == 0:
            job.progress(self.n, self.total or None, (self.desc or "").removesuffix(": "))
        return original(self, *args, **kwargs)

    return refresh


def _telling(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def change(self: Any, task_id: Any, *args: Any, **kwargs: Any) -> Any:
        result = original(self, task_id, *args, **kwargs)
        job = current_job()
        if job is not None:
            task = self.tasks[0] if self.tasks else None
            if task is not None and task.id == task_id:
                job.progress(task.completed, task.total, task.description)
        return result

    return change
