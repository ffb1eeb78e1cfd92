"""Figures that jobs make with pyplot.

pyplot has one set of figures, the current one among them, for the whole process. Here each job has its own, so that it
draws on nobody else's axes, and what it has drawn is shown under its cell: when it calls `plt.show()`, and with the
inline backend when its code ends, as at the end of a cell.
"""

from __future__ import annotations

import functools
import sys
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any

from IPython.core.getipython import get_ipython

from .after_import import after_import
from .per_job import PerJob
from .replacements import Replacements
from .threads import current_job

_INLINE_BACKEND = "matplotlib_inline.backend_inline"


def separate_figures(replacements: Replacements) -> None:
    """Give every job its own figures, as soon as matplotlib is there."""

    def separate_all(helpers: Any) -> None:
        replacements.set(helpers.Gcf, "figs", _Figures(helpers.Gcf.figs))

    def separate_those_to_draw(backend: Any) -> None:
        replacements.set(backend, "show", _Show(backend.show))

    after_import(replacements, {"matplotlib._pylab_helpers": separate_all, _INLINE_BACKEND: separate_those_to_draw})


def show_figures() -> None:
    """Show the figures that the code has left, as the end of a cell does. Called in a job's thread."""
    backend = sys.modules.get(_INLINE_BACKEND)
    shell = get_ipython()
    # The callback is there while the backend is in use.
    if backend is not None and shell is not None and backend.flush_figures in shell.events.callbacks["post_execute"]:
        backend.flush_figures()


class _Figures:
    """The managers of the figures of whoever asks, by number; the current one is the last."""

    def __init__(self, foreground: OrderedDict[Any, Any]) -> None:
        self._foreground = foreground

    def _present(self) -> Any:
        job = current_job()
        return self._foreground if job is None else job._own_values.setdefault(self, OrderedDict())

    def __getattr__(self, name: str) -> Any:
        return getattr(self._present(), name)

    def __getitem__(self, number: Any) -> Any:
        return self._present()[number]

    def __setitem__(self, number: Any, manager: Any) -> None:
        self._present()[number] = manager

    def __delitem__(self, number: Any) -> None:
        del self._present()[number]

    def __contains__(self, number: object) -> bool:
        return bool(number in self._present())

    def __iter__(self) -> Iterator[Any]:
        yield from self._present()

    def __reversed__(self) -> Iterator[Any]:
        yield from reversed(self._present())

    def __len__(self) -> int:
        return len(self._present())


class _Show:
    """The inline backend's `show`, whose attributes are what it has still to draw."""

    _draw_called = PerJob("_draw_called", bool)
    _to_draw = PerJob("_to_draw", list)

    def __init__(self, original: Callable[..., Any]) -> None:
        self._original = original
        functools.update_wrapper(self, original)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._original(*args, **kwargs)
