"""What is too rare to wait for: a kill that arrives at any one line of `KillSwitch.run`."""

from __future__ import annotations

import gc
import sys
import threading
import weakref
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from jupyterlab_jobs.kernel.errors import JobKilled
from jupyterlab_jobs.kernel.kill import KillSwitch, Returned
from jupyterlab_jobs.kernel.victim import Victim


def _returns() -> int:
    return 42


def _fails() -> int:
    raise ZeroDivisionError


class _Blow:
    """Raises `JobKilled` at the n-th line of `run` at which a strike could reach the thread, in the manner of CPython:
    between two lines.
    """

    def __init__(self, switch: KillSwitch, n: int) -> None:
        self.switch = switch
        self.left = n
        self.too_late_for: Any = None
        """What had come of the code already, and nothing changes any more."""

    def trace(self, frame: FrameType, event: str, arg: object) -> Any:
        if frame.f_code is not KillSwitch.run.__code__:
            return None
        if event == "line" and self.switch._victims:
            self.left -= 1
            if self.left == 0:
                if frame.f_locals["victim"].is_closed:
                    self.too_late_for = frame.f_locals["outcome"]
                raise JobKilled
        return self.trace


@pytest.mark.parametrize("is_requested", [False, True], ids=["alone", "with a kill"])
@pytest.mark.parametrize("function", [_returns, _fails])
def test_a_kill_at_any_line_is_the_outcome_or_comes_too_late(function: Callable[[], int], is_requested: bool) -> None:
    def code() -> int:
        switch.requested = is_requested
        return function()

    count = 0
    while True:
        switch = KillSwitch()
        blow = _Blow(switch, count + 1)
        before = sys.gettrace()
        sys.settrace(blow.trace)
        try:
            outcome = switch.run(code)  # never raises
        finally:
            sys.settrace(before)
        assert switch._victims == {}
        if blow.left > 0:  # the code has no more lines
            break
        count += 1
        if blow.too_late_for is None:
            assert isinstance(outcome, JobKilled)
        else:
            assert outcome is blow.too_late_for
    assert count >= 3
    if function is _returns:
        assert isinstance(outcome, Returned)
        assert outcome.value == 42
    else:
        assert isinstance(outcome, ZeroDivisionError)


class _LateSwitch(KillSwitch):
    """Whose strikes are on their way still when the code has ended."""

    def __init__(self, late: int) -> None:
        super().__init__()
        self.late = late

    def _close(self, victim: Victim) -> None:
        if self.late > 0:
            self.late -= 1
            raise JobKilled
        super()._close(victim)


@pytest.mark.parametrize("late", [0, 1, 2, 3])
def test_kills_that_come_too_late_change_nothing(late: int) -> None:
    switch = _LateSwitch(late)
    outcome = switch.run(_returns)
    assert isinstance(outcome, Returned)
    assert outcome.value == 42
    assert switch._victims == {}
    switch = _LateSwitch(late)
    assert isinstance(switch.run(_fails), ZeroDivisionError)


def test_nothing_begins_after_the_kill_but_clean_up() -> None:
    switch = KillSwitch()
    assert not switch.strike()  # there is nothing to end
    assert switch.requested
    begun: list[bool] = []
    assert isinstance(switch.run(lambda: begun.append(True)), JobKilled)
    assert begun == []
    assert isinstance(switch.run(lambda: begun.append(True), is_for_cleanup=True), Returned)
    assert begun == [True]


class _Value:
    pass


def test_a_look_at_where_the_code_is_keeps_nothing_alive() -> None:
    switch = KillSwitch()
    begun, end = threading.Event(), threading.Event()
    held: list[weakref.ref[_Value]] = []

    def code() -> None:
        value = _Value()
        held.append(weakref.ref(value))
        begun.set()
        end.wait()

    thread = threading.Thread(target=switch.run, args=(code,))
    gc.collect()
    gc.disable()  # what is kept in a circle would go at any time
    try:
        thread.start()
        begun.wait()
        where = switch.where()
        end.set()
        thread.join()
        assert where is not None
        assert where.startswith("wait, line ")
        assert held[0]() is None
        assert switch.where() is None
    finally:
        gc.enable()
