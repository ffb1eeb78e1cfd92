"""`KillSwitch` and `TaskKill` by themselves: the kill of a coroutine."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Coroutine
from typing import Any

import pytest
from in_process import Code

from jupyterlab_jobs.kernel.errors import JobKilled
from jupyterlab_jobs.kernel.kill import KillSwitch, Returned

pytestmark = pytest.mark.usefixtures("quiet_kills")


def test_a_coroutine_is_cancelled() -> None:
    switch = KillSwitch()
    seen: list[object] = []
    begun = threading.Event()

    async def endless() -> None:
        seen.append(switch.task is not None)
        begun.set()
        try:
            await asyncio.sleep(1000)
        except asyncio.CancelledError:
            await asyncio.sleep(0)  # clean-up may wait
            seen.append("cancelled")
            raise

    running = Code(switch, lambda: switch.run_coroutine(endless()))
    begun.wait()
    assert switch.task is None  # in this thread
    running.strike_until(lambda: running.outcome is not None)
    assert isinstance(running.join(), JobKilled)
    assert seen == [True, "cancelled"]
    assert switch._task is None


class _CleanUp:
    """Sleeps, and takes its time to clean up."""

    def __init__(self) -> None:
        self.begun, self._cleaning, self._go_on = threading.Event(), threading.Event(), threading.Event()
        self._is_done = False

    async def sleep(self) -> None:
        try:
            await asyncio.sleep(1000)
        finally:
            self._cleaning.set()
            await asyncio.to_thread(self._go_on.wait)
            self._is_done = True

    def is_left_in_peace_by_a_kill_of(self, coroutine: Coroutine[Any, Any, None]) -> None:
        switch = KillSwitch()
        running = Code(switch, lambda: switch.run_coroutine(coroutine))
        self.begun.wait()
        running.strike_until(self._cleaning.is_set)
        for _ in range(5):
            assert switch.strike()
            time.sleep(0.005)  # for an exception to arrive
        self._go_on.set()
        assert isinstance(running.join(), JobKilled)
        assert self._is_done


def test_a_coroutine_cleans_up_in_peace() -> None:
    clean_up = _CleanUp()

    async def endless() -> None:
        clean_up.begun.set()
        await clean_up.sleep()

    clean_up.is_left_in_peace_by_a_kill_of(endless())


def test_the_closing_of_the_loop_is_clean_up_after_a_kill() -> None:
    clean_up = _CleanUp()

    async def endless() -> None:
        # Left by the job's own task: it is cancelled because the loop is closed.
        task = asyncio.create_task(clean_up.sleep())
        await asyncio.sleep(0)
        clean_up.begun.set()
        await asyncio.sleep(1000)
        await task

    clean_up.is_left_in_peace_by_a_kill_of(endless())


def test_a_coroutine_returns_raises_and_cancels_itself() -> None:
    async def returns() -> int:
        return 42

    async def fails() -> None:
        raise ZeroDivisionError

    async def cancels() -> None:
        raise asyncio.CancelledError

    switch = KillSwitch()
    outcome = switch.run(lambda: switch.run_coroutine(returns()))
    assert isinstance(outcome, Returned)
    assert outcome.value == 42
    assert isinstance(switch.run(lambda: switch.run_coroutine(fails())), ZeroDivisionError)
    assert isinstance(switch.run(lambda: switch.run_coroutine(cancels())), asyncio.CancelledError)
    assert switch._task is None


def test_a_kill_before_the_event_loop_is_not_lost() -> None:
    switch = KillSwitch()
    begun: list[bool] = []

    async def coroutine() -> None:
        await asyncio.sleep(0)
        begun.append(True)

    def code() -> None:
        switch.requested = True  # as a strike does that finds no task
        switch.run_coroutine(coroutine())

    assert isinstance(switch.run(code), JobKilled)
    assert begun == []
