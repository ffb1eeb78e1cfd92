"""`jobs.map`, groups and `jobs.chunks`."""

from __future__ import annotations

import pytest
from harness import Kernel

from jupyterlab_jobs.kernel.chunks import chunks


@pytest.mark.parametrize(
    ("length", "count", "parts"),
    [
        (7, 3, [[0, 3, 6], [1, 4], [2, 5]]),
        (2, 5, [[0], [1]]),
        (0, 3, []),
    ],
)
def test_chunks_are_dealt_round_robin(length: int, count: int, parts: list[list[int]]) -> None:
    assert chunks(list(range(length)), count) == parts
    assert chunks(range(length), count) == [range(length)[i::count] for i in range(min(length, count))]


def test_there_is_at_least_one_chunk() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        chunks([1], 0)


def test_results_are_in_order_and_at_most_so_many_run_at_once(alone: Kernel) -> None:
    alone.execute(
        "now = most = 0\n"
        "def square(i):\n"
        "    global now, most\n"
        "    with lock:\n        now += 1; most = max(most, now)\n"
        "    time.sleep(0.001 * (i % 3))\n"
        "    with lock:\n        now -= 1\n"
        "    return i * i\n"
        "group = jobs.map(square, range(100), workers=4)"
    )
    assert alone.value("group.result(60) == [i * i for i in range(100)]")
    assert alone.value("most") == 4
    assert alone.value("group.name, group.state, list(jobs) == [group]") == ("map square", "finished", True)
    assert alone.value("group.result() is not group.result()"), "what one does to the list is nobody else's concern"
    record = alone.ended(1)
    assert record["progress"]["done"] == record["progress"]["total"] == 100


def test_items_are_taken_when_a_worker_is_free(alone: Kernel) -> None:
    alone.execute(
        "taken = 0\n"
        "def items():\n"
        "    global taken\n"
        "    for i in range(1_000_000):\n        taken = i + 1\n        yield i\n"
        "group = jobs.map(lambda i: gate.wait(60), items(), workers=3)"
    )
    alone.until(lambda: alone.value("taken") == 3)
    assert alone.ask("snapshot")["jobs"][0]["progress"]["total"] is None
    alone.execute("group.kill(); group.wait(); gate.set()")
    assert alone.value("taken") == 3


def test_results_come_as_they_are_completed(gated: Kernel) -> None:
    gated.execute(
        "gates = [threading.Event() for _ in range(3)]\n"
        "def wait(i):\n    gates[i].wait(60)\n    return i\n"
        "group = jobs.map(wait, range(3), workers=3)\n"
        "coming = group.as_completed(60); inorder = group.results(60)"
    )
    gated.execute("gates[2].set(); first = next(coming); gates[0].set(); second = next(coming)")
    assert gated.value("first, second, next(inorder), group.state") == (2, 0, 0, "running")
    reply = gated.shell_reply(gated.execute("next(group.results(0))\nlist(group.results(0.01))", wait=False))["content"]
    assert (reply["ename"], reply["evalue"]) == ("TimeoutError", "no further result in time")
    gated.value("gates[1].set()")  # which is sent again if it is aborted, coming right after a cell that has failed
    assert gated.value("list(coming), list(inorder), list(group.as_completed())") == ([1], [1, 2], [2, 0, 1])


def test_the_first_error_stops_the_group_after_what_is_in_hand(alone: Kernel) -> None:
    alone.execute(
        "begun = []; ended = []\n"
        "def work(i):\n"
        "    begun.append(i)\n"
        "    if i == 1:\n        raise ValueError('one')\n"
        "    if i == 0:\n        gate.wait(60); ended.append(i)\n"
        "    return i\n"
        "group = jobs.map(work, range(100), workers=2)"
    )
    alone.until(lambda: alone.value("begun") == [0, 1])
    assert alone.value("group.state") == "running"
    alone.execute("gate.set(); group.wait()")
    assert alone.value("begun, ended, group.state, str(group.exception())") == ([0, 1], [0], "failed", "one")
    record = alone.ended(1)
    assert record["error"]["ename"] == "ValueError"
    assert any("raise" in line and "one" in line for line in record["error"]["traceback"])
    reply = alone.shell_reply(alone.execute("got = []\nfor r in group.results():\n    got.append(r)", wait=False))
    assert reply["content"]["ename"] == "ValueError"
    assert alone.value("got, group.failures") == ([0], {})


def test_errors_can_be_collected(alone: Kernel) -> None:
    alone.execute("group = jobs.map(lambda i: 6 // i, [1, 0, 2, 0], workers=2, errors='collect'); group.wait()")
    assert alone.value("group.state, sorted(group.failures)") == ("finished", [1, 3])
    assert alone.value("[type(r).__name__ for r in group.result()]") == [
        "int",
        "ZeroDivisionError",
        "int",
        "ZeroDivisionError",
    ]
    assert alone.in_state(1, "finished")["progress"]["text"] == "2 failed"


def test_an_iterable_that_fails_ends_the_group(gated: Kernel) -> None:
    gated.execute(
        "def items():\n    yield 1\n    raise KeyError('source')\n"
        "group = jobs.map(str, items(), workers=2, errors='collect'); group.wait()"
    )
    assert gated.value("group.state, repr(group.exception())") == ("failed", "KeyError('source')")


def test_one_kill_ends_all_workers(alone: Kernel) -> None:
    alone.execute(
        "before = threading.active_count(); on = threading.Semaphore(0)\n"
        "def work(i):\n    on.release(); time.sleep(1000)\n"
        "group = jobs.map(work, range(100), workers=8)\n"
        "for _ in range(8):\n    on.acquire()"
    )
    assert alone.ask("kill", {"jobs": [1]})["killed"] == [1]
    assert alone.ended(1)["state"] == "killed"
    assert alone.value("[t.name for t in threading.enumerate() if t.name.startswith('job-')]") == []
    reply = alone.shell_reply(alone.execute("list(group.results())", wait=False))
    assert reply["content"]["ename"] == "JobWasKilled"


def test_coroutine_functions_run_in_one_event_loop(gated: Kernel) -> None:
    gated.execute(
        "threads = set(); now = most = 0\n"
        "async def fetch(i):\n"
        "    global now, most\n"
        "    threads.add(threading.get_ident()); now += 1; most = max(most, now)\n"
        "    await asyncio.sleep(0.001)\n    now -= 1\n    return i\n"
        "group = jobs.map(fetch, range(50), workers=7); group.wait()"
    )
    assert gated.value("group.result() == list(range(50)), most, len(threads)") == (True, 7, 1)
    gated.execute("async def hang(i):\n    await asyncio.sleep(1000)\ngroup = jobs.map(hang, range(3))")
    gated.in_state(gated.value("group.id"), "running")
    gated.execute("group.kill(); group.wait()")
    assert gated.value("group.state") == "killed"
    gated.execute("async def fail(i):\n    1 / 0\ngroup = jobs.map(fail, range(3)); group.wait()")
    assert gated.value("group.state, type(group.exception()).__name__") == ("failed", "ZeroDivisionError")


def test_what_the_workers_print_belongs_to_the_group(gated: Kernel) -> None:
    msg_id = gated.execute("group = jobs.map(print, ['a', 'b', 'c'], workers=3)")
    gated.execute("group.wait()")
    gated.until(lambda: sorted(gated.text(msg_id).split()) == ["a", "b", "c"])
    assert sorted(gated.value("group.output").split()) == ["a", "b", "c"]


def test_a_group_is_awaitable_waits_for_others_and_is_let_go(alone: Kernel) -> None:
    alone.execute(
        "import weakref, gc\n"
        "first = jobs.submit(gate.wait); group = jobs.map(str, range(3), after=first, name='texts')\n"
        "state = group.state; gate.set(); awaited = await group"
    )
    assert alone.value("state, awaited, group.name") == ("queued", ["0", "1", "2"], "texts")
    alone.execute("jobs.wait(); gc.collect(); gc.disable()\nalive = weakref.ref(group); jobs.clear(); del group, first")
    alone.until(lambda: alone.value("alive() is None"))
    alone.execute("gc.enable()")


@pytest.mark.parametrize(
    ("call", "error"),
    [
        ("jobs.map(3, [1])", "TypeError"),
        ("jobs.map(str, 3)", "TypeError"),
        ("jobs.map(str, [1], workers=0)", "ValueError"),
        ("jobs.map(str, [1], errors='ignore')", "ValueError"),
        ("jobs.map(str, [1], on='moon')", "ValueError"),
        ("jobs.map(str, [1], after=99)", "NoSuchJob"),
    ],
)
def test_bad_input(gated: Kernel, call: str, error: str) -> None:
    assert gated.shell_reply(gated.execute(call, wait=False))["content"]["ename"] == error
    assert gated.value("len(jobs)") == 0


def test_nothing_to_do(gated: Kernel) -> None:
    assert gated.value("jobs.map(str, []).result(60), jobs.map(str, iter(())).result(60)") == ([], [])
