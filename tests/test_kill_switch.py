"""`KillSwitch` by itself: also what is too rare to wait for, as a kill that arrives at any one line of `run`."""

from __future__ import annotations

import gc
import sys
import threading
import time
import weakref
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
from harness import until
from in_process import Code

from jupyterlab_jobs.kernel.errors import JobKilled
from jupyterlab_jobs.kernel.kill import KillSwitch, Returned
from jupyterlab_jobs.kernel.victim import Victim

pytestmark = pytest.mark.usefixtures("quiet_kills")


def _returns() -> int:
    return 42


def _nothing() -> None:
    pass


def _fails() -> int:
    raise ZeroDivisionError


class _Blow:
    """Raises `JobKilled` at the n-th line of `run` at which a strike could reach the thread, in the manner of CPython:
    between two lines.
    """

    def __init__(self, switch: KillSwitch, n: int) -> None:
        self.switch = switch
        self.left = n
        self.victim: Victim | None = None
        self.too_late_for: Any = None
        """What had come of the code already, and nothing changes any more."""

    def trace(self, frame: FrameType, event: str, arg: object) -> Any:
        if frame.f_code is not KillSwitch.run.__code__:
            return None
        if event == "line" and self.switch._victims:
            self.left -= 1
            if self.left == 0:
                self.victim = frame.f_locals["victim"]
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
        assert blow.victim is not None
        assert blow.victim.is_closed
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


def test_a_blocking_call_is_woken() -> None:
    switch, event = KillSwitch(), threading.Event()
    code = Code(switch, lambda: switch.call_blocking(event.set, event.wait))
    until(code.is_blocked)
    assert switch.strike()
    assert isinstance(code.join(), JobKilled)
    assert not switch.strike()


def test_what_a_woken_call_raises_is_the_kill() -> None:
    switch, event = KillSwitch(), threading.Event()

    def interrupted() -> None:
        event.wait()
        raise OSError

    code = Code(switch, lambda: switch.call_blocking(event.set, interrupted))
    until(code.is_blocked)
    switch.strike()
    assert isinstance(code.join(), JobKilled)


def test_a_blocking_call_is_a_call() -> None:
    switch = KillSwitch()
    arguments = Returned(None)

    def keep(*args: object, **kwargs: object) -> int:
        arguments.value = args, kwargs
        return 42

    outcome = switch.run(lambda: switch.call_blocking(_nothing, keep, 1, two=2))
    assert isinstance(outcome, Returned)
    assert outcome.value == 42
    assert arguments.value == ((1,), {"two": 2})
    assert isinstance(switch.run(lambda: switch.call_blocking(_nothing, _fails)), ZeroDivisionError)
    switch.strike()
    # Nobody can strike what no `run` has called.
    assert switch.call_blocking(_nothing, _returns) == 42


def test_a_call_inside_of_a_blocking_call_leaves_how_it_is_woken() -> None:
    switch, outer, inner = KillSwitch(), threading.Event(), threading.Event()
    code = Code(
        switch,
        lambda: switch.call_blocking(outer.set, lambda: switch.call_blocking(inner.set, outer.wait)),
    )
    until(code.is_blocked)
    switch.strike()
    assert isinstance(code.join(), JobKilled)
    assert outer.is_set()
    assert not inner.is_set()


def test_a_kill_before_a_blocking_call_takes_its_place() -> None:
    switch = KillSwitch()
    called: list[bool] = []

    def code() -> None:
        switch.requested = True
        switch.undisturbed(lambda: called.append(True))

    assert isinstance(switch.run(code), JobKilled)
    assert called == []


def test_clean_up_may_block_until_it_is_forced() -> None:
    switch, event, second = KillSwitch(), threading.Event(), threading.Event()
    seen: list[object] = []

    def code() -> None:
        seen.append(switch.is_leaving)
        try:
            switch.call_blocking(event.set, event.wait)
        finally:
            seen.append(switch.is_leaving)
            seen.append(switch.undisturbed(_returns))
            switch.call_blocking(second.set, second.wait)
            seen.append("not reached")

    running = Code(switch, code)
    until(running.is_blocked)
    assert switch.strike()
    assert not switch.is_leaving  # in this thread
    until(lambda: len(seen) == 3 and running.is_blocked())
    assert switch.strike()  # there is code to end, and it is left to its clean-up
    assert not second.is_set()
    assert switch.strike(force=True)
    assert isinstance(running.join(), JobKilled)
    assert seen == [False, True, 42]
    assert second.is_set()


def test_an_exception_is_taken_back() -> None:
    switch = KillSwitch()
    begun = threading.Event()

    def code() -> int:
        begun.set()
        time.sleep(0.1)
        return 42

    before = sys.getswitchinterval()
    sys.setswitchinterval(60)  # the thread does not run between the strike and its end
    try:
        running = Code(switch, code)
        begun.wait()
        switch.strike()
        switch.take_back()
    finally:
        sys.setswitchinterval(before)
    outcome = running.join()
    assert isinstance(outcome, Returned)
    assert outcome.value == 42


def test_who_waits_for_the_end_of_all_threads() -> None:
    switch, first, second = KillSwitch(), threading.Event(), threading.Event()
    switch.wait_until_all_gone()  # there are none
    assert switch.is_spent
    codes = [Code(switch, first.wait), Code(switch, second.wait)]
    until(lambda: len(switch._victims) == 2)
    assert not switch.is_spent
    waiter = threading.Thread(target=switch.wait_until_all_gone, daemon=True)
    waiter.start()
    until(lambda: switch._all_gone is not None)
    first.set()
    codes[0].join()
    assert switch._all_gone is not None
    second.set()
    codes[1].join()
    waiter.join(20)
    assert not waiter.is_alive()
    assert switch.is_spent
    assert isinstance(Code(switch, _returns).join(), Returned)  # nobody waits for this one
    switch.strike()
    assert not switch.is_spent


def test_a_thread_that_has_gone_without_a_word_keeps_nobody_waiting() -> None:
    switch, event, go = KillSwitch(), threading.Event(), threading.Event()

    def vanish() -> None:
        switch._open(Victim(threading.get_ident()))
        go.wait()

    gone = threading.Thread(target=vanish)
    gone.start()
    code = Code(switch, lambda: switch.call_blocking(event.set, event.wait))
    until(lambda: len(switch._victims) == 2 and code.is_blocked())
    waiter = threading.Thread(target=switch.wait_until_all_gone, daemon=True)
    waiter.start()
    # Not before: one of the others would get its number.
    go.set()
    gone.join()
    assert switch.strike()
    assert isinstance(code.join(), JobKilled)
    waiter.join(20)
    assert not waiter.is_alive()
    assert switch._victims == {}
    assert not switch.strike()


class _SlowSwitch(KillSwitch):
    """Takes time between the end of the code and the moment from which nobody strikes."""

    def __init__(self) -> None:
        super().__init__()
        self.closing, self.go_on = threading.Event(), threading.Event()

    def _close(self, victim: Victim) -> None:
        if not self.closing.is_set():
            self.closing.set()
            self.go_on.wait()
        super()._close(victim)


def test_a_thread_whose_code_has_ended_is_spared_among_others() -> None:
    switch, event = _SlowSwitch(), threading.Event()
    ended = Code(switch, _returns)
    assert switch.closing.wait(20)
    running = Code(switch, lambda: switch.call_blocking(event.set, event.wait))
    until(running.is_blocked)
    assert switch.strike()
    assert isinstance(running.join(), JobKilled)
    assert switch.strike()  # it has not gone yet
    switch.go_on.set()
    outcome = ended.join()
    assert isinstance(outcome, Returned)
    assert outcome.value == 42
    assert not switch.strike()


def test_where_the_code_is_is_told_and_not_where_the_runtime_is() -> None:
    switch, lock = KillSwitch(), threading.Lock()
    lock.acquire()

    def code() -> None:
        switch.call_blocking(lock.release, lock.acquire)

    running = Code(switch, code)
    until(running.is_blocked)
    assert switch.where() == f"code, line {code.__code__.co_firstlineno + 1}"
    switch.strike()
    assert isinstance(running.join(), JobKilled)


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
