"""What ends, and how soon, when the same code is killed by the means of different tools."""

from __future__ import annotations

import contextlib
import itertools
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from stalling_server import StallingServer

from .killing_tools import BackgroundJobs, Dask, IPyParallel, Jobs, Tool
from .statistics import Row, median
from .table import Table
from .witness import Witness
from .witnessed_programs import PROGRAMS, Program

_ROUNDS = 7
_DEADLINE = 1.0

_SETTLING = 0.05
"""Seconds from the first sign of the code to the moment when it blocks for certain."""

_UNKILLABLE = 1
"""A lock that nobody releases: in a thread, CPython has no way out of waiting for it."""


@dataclass(frozen=True)
class _End:
    """How many milliseconds after a kill the code had ended; and the threads and processes that it had started, too."""

    code: float | None
    all: float | None


def kills_compared(python: str) -> Iterator[Row | Table]:
    """From the call of the tool's kill to the end of the code with its threads and processes, seen from outside."""
    results: dict[str, dict[str, list[_End]]] = {}
    with contextlib.closing(_Stage()) as stage:
        for make in (lambda: Jobs(python), lambda: BackgroundJobs(python), IPyParallel, Dask):
            with contextlib.closing(make()) as tool:
                for kind, program in PROGRAMS.items():
                    for means, ends in stage.try_means(tool, program).items():
                        results.setdefault(means, {})[kind] = ends
    yield Table(
        f"kill: p50 in ms until all has ended ('never': not in {_DEADLINE:g} s; '-': the gentler means has ended it)",
        list(results),
        {kind: [_cell(ends[kind]) for ends in results.values()] for kind in PROGRAMS},
    )
    missed = {
        means: [kind for kind, ends in kinds.items() if not _all_ended(ends)]
        # A harsher means was tried only on what a gentler one had left.
        for means, kinds in results.items()
        if all(kinds.values())
    }
    (_, ours), *theirs = missed.items()
    yield Row(
        "kinds of blocking that a kill does not end",
        len(ours),
        f"of {len(PROGRAMS)}",
        _UNKILLABLE,
        "; ".join([", ".join(ours), *(f"{means}: {len(kinds)}" for means, kinds in theirs)]),
    )


def _all_ended(ends: list[_End]) -> bool:
    return all(end.all is not None for end in ends)


def _cell(ends: list[_End]) -> str:
    if not ends:
        return "-"
    if _all_ended(ends):
        return f"{median([end.all for end in ends if end.all is not None]):.1f}"
    last = ends[-1]
    text = "never" if last.code is None else f"{last.code:.1f}, not its parts"
    return text if len(ends) == 1 else f"{text} ({len(ends) - 1} of {len(ends)} ended)"


class _Stage:
    """Where programs are run, killed and watched."""

    def __init__(self) -> None:
        self._directory = tempfile.TemporaryDirectory()
        self._server = StallingServer()
        self._watcher = ThreadPoolExecutor(1)
        self._numbers = itertools.count()

    def close(self) -> None:
        self._watcher.shutdown()
        self._server.close()
        self._directory.cleanup()

    def try_means(self, tool: Tool, program: Program) -> dict[str, list[_End]]:
        """What each means does: the gentlest several times, until it fails; a harsher one to what is left then."""
        ends: dict[str, list[_End]] = {means: [] for means in tool.means}
        failed = False
        for _ in range(_ROUNDS):
            with self._running(tool, program) as end_by:
                for means, kill in tool.means.items():
                    end = end_by(kill)
                    ends[means].append(end)
                    if end.all is not None:
                        break
                    failed = True
            if failed:
                tool.renew()
                break
        return ends

    @contextlib.contextmanager
    def _running(self, tool: Tool, program: Program) -> Iterator[Callable[[Callable[[], None]], _End]]:
        """Run a program until it blocks; gives a function that kills it by some means and watches its end."""
        # New pipes each time: what has survived its kill still holds the old ones.
        number = next(self._numbers)
        with contextlib.ExitStack() as stack:
            code, parts = (
                stack.enter_context(contextlib.closing(Witness(Path(self._directory.name, f"{name}-{number}"))))
                for name in ("code", "parts")
            )
            tool.start(program.source(code=str(code.path), parts=str(parts.path), port=self._server.port))
            code.wait_for_begin(1)
            parts.wait_for_begin(program.parts)
            if program.asks_server:
                assert self._server.asked.acquire(timeout=10)
            time.sleep(_SETTLING)

            def watch(begin: float) -> _End:
                moments = [code.wait_for_end(begin + _DEADLINE)]
                moments.append(parts.wait_for_end(begin + _DEADLINE) if program.parts else moments[0])
                times = [None if moment is None else (moment - begin) * 1000 for moment in moments]
                return _End(times[0], None if None in times else times[1])

            def end_by(kill: Callable[[], None]) -> _End:
                # Watched while it is being called: it need not return before the code has ended.
                begin = time.perf_counter()
                end = self._watcher.submit(watch, begin)
                kill()
                return end.result()

            yield end_by
