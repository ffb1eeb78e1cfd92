"""When queued jobs start: after other jobs, after cells, and when there is room."""

from __future__ import annotations

import pytest
from harness import Kernel

WAIT_FOR_GATE = "gate.wait(60)"


def busy_cell(kernel: Kernel, code: str) -> dict[str, str]:
    """A cell that runs until the gate opens, and then does something; as a job's `ahead` tells of it."""
    text = f"print('on', flush=True)\ngate.wait(60)\n{code}"
    msg_id = kernel.execute(text, wait=False)
    kernel.until(lambda: kernel.text(msg_id).startswith("on\n"))
    return {"msg_id": msg_id, "code": text}


def queued_cell(kernel: Kernel, code: str) -> dict[str, str]:
    return {"msg_id": kernel.execute(code, wait=False), "code": code}


def express(kernel: Kernel, code: str, *ahead: dict[str, str]) -> int:
    _, answer = kernel.submit_express(code, ahead=list(ahead))
    [job_id] = answer["jobs"]
    return int(job_id)


def open_gate(kernel: Kernel) -> None:
    """Whatever the main thread does."""
    kernel.submit_express("%job gate.set()", cell_id="opener")


# ------------------------------------------------------------------------------ --after


def test_a_job_after_others_starts_when_all_have_finished(gated: Kernel) -> None:
    first = gated.job_of(gated.execute(f"%job --name first {WAIT_FOR_GATE}; made = 1"))
    second = gated.job_of(gated.execute("%job --name second 2"))
    gated.ended(second)
    third = gated.job_of(gated.execute("%job --after first,second made + 1"))
    assert gated.in_state(third, "queued")["waiting_for"] == f"job {first}"
    gated.execute("gate.set()")
    assert gated.ended(third)["state"] == "finished"
    assert gated.value(f"jobs[{third}].result()") == 2, "the snapshot is taken when it starts"
    record = gated.records[third]
    assert record["waiting_for"] is None
    assert record["started"] >= gated.records[first]["ended"]


@pytest.mark.parametrize(
    ("code", "what"), [("%job 1 / 0", "failed"), ("%job --timeout 0.05 gate.wait(60)", "was killed")]
)
def test_a_job_after_one_that_does_not_finish_is_killed_with_the_reason(gated: Kernel, code: str, what: str) -> None:
    _, awaited = gated.run_job(code)
    late = gated.job_of(gated.execute(f"%job --after {awaited['id']} started.append(1)"))
    chained = gated.job_of(gated.execute(f"%job --after {late} started.append(2)"))
    reason = f"job {awaited['id']}, after which it was to run, {what}"
    assert gated.ended(late)["kill_reason"] == reason
    assert gated.ended(chained)["kill_reason"] == f"job {late}, after which it was to run, was killed"
    assert gated.value("started") == []
    error = gated.value(f"str(jobs[{late}].exception())")
    assert error == f"job {late} was killed: {reason}"
    assert reason in gated.value(f"repr(jobs[{late}])")


def test_a_long_chain_of_jobs_is_refused_at_once(gated: Kernel) -> None:
    gated.execute(
        "def fail():\n    gate.wait(60)\n    raise ValueError\n"
        "first = last = jobs.submit(fail)\n"
        "for _ in range(1_000):\n    last = jobs.submit(print, 'never', after=last)\n"
        "gate.set()"
    )
    assert gated.value("last.wait(30), last.state, len(jobs.failed)") == (True, "killed", 1_001)


def test_api_and_bad_input_of_after(gated: Kernel) -> None:
    gated.execute("a = jobs.submit(gate.wait); b = jobs.submit('7', after=a.id); c = jobs.submit(int, after=[a, b])")
    assert gated.value("b.state, c.state, b.waiting_for, c.waiting_for") == (
        "queued",
        "queued",
        f"job {gated.value('a.id')}",
        f"jobs {gated.value('a.id')}, {gated.value('b.id')}",
    )
    gated.execute("gate.set()")
    assert gated.value("c.result(30)") == 0
    for code, message in (
        ("%job --after 99 1", "UsageError: %job: --after: there is no job 99"),
        ("%job --after , 1", "UsageError: %job: --after needs the number or the name of a job"),
        ("%job --on moon 1", "UsageError: %job: unknown backend 'moon'; backends are: thread"),
    ):
        count = gated.value("len(jobs)")
        assert message in gated.text(gated.execute(code), "stderr")
        assert gated.value("len(jobs)") == count


# ---------------------------------------------------------------------------- jobs.limit


def test_no_more_than_the_limit_run_and_the_first_come_first(gated: Kernel) -> None:
    gated.execute(
        "jobs.limit = 2\nnow = most = 0\nlock = threading.Lock()\n"
        "def work(i):\n"
        "    global now, most\n"
        "    with lock:\n        now += 1; most = max(most, now); started.append(i)\n"
        "    gate.wait(60)\n"
        "    with lock:\n        now -= 1\n"
        "for i in range(20):\n    %job work(i)"
    )
    gated.until(lambda: len(gated.records) == 20)
    gated.until(lambda: [r["state"] for r in gated.records.values()].count("running") == 2)
    waiting = [r for r in gated.records.values() if r["state"] == "queued"]
    assert {r["waiting_for"] for r in waiting} == {"its turn"}
    gated.execute("gate.set(); jobs.wait()")
    assert gated.value("most, sorted(started[:2]), sorted(started) == list(range(20))") == (2, [0, 1], True)


def test_jobs_behind_the_limit_keep_the_variables_of_their_turn_of_the_loop(gated: Kernel) -> None:
    gated.execute(
        "jobs.limit = 1\nhold = jobs.submit(gate.wait)\nfor chunk in range(5):\n    %job started.append(chunk)"
    )
    gated.execute("chunk = 'another'; gate.set(); jobs.wait()")
    assert gated.value("started") == [0, 1, 2, 3, 4]


def test_a_job_that_waits_for_another_takes_nobodys_place(gated: Kernel) -> None:
    gated.execute(
        "jobs.limit = 1\n"
        "def outer():\n    return jobs.submit(inner).result() + 1\n"
        "def inner():\n    return jobs.submit(int).result() + 1\n"
    )
    _, record = gated.run_job("%job outer()")
    assert gated.value(f"jobs[{record['id']}].result()") == 2
    for wait in ("await jobs.submit(int)", "jobs.submit(int)\n%jobs wait", "list(jobs.map(int, [1]).results())"):
        _, record = gated.run_job(f"%%job\n{wait}")
        assert record["state"] == "finished"


def test_a_higher_limit_and_a_kill_make_room(gated: Kernel) -> None:
    gated.execute("jobs.limit = 1\na, b, c = (jobs.submit(gate.wait) for _ in range(3))")
    gated.in_state(gated.value("a.id"), "running")
    assert gated.value("b.state, c.state") == ("queued", "queued")
    gated.execute("a.kill()")
    gated.in_state(gated.value("b.id"), "running")
    gated.execute("jobs.limit = None")
    gated.in_state(gated.value("c.id"), "running")
    gated.execute("jobs.limit = 1; d = jobs.submit(gate.wait); d.kill()")
    assert gated.value("d.state, d.started") == ("killed", None)


def test_bad_limits_and_the_limit_of_the_settings(alone: Kernel) -> None:
    for bad in ("0", "-1", "'2'", "True", "1.5"):
        reply = alone.shell_reply(alone.execute(f"jobs.limit = {bad}", wait=False))
        assert reply["content"]["ename"] == "ValueError"
        assert alone.value("jobs.limit") is None
    alone.ask("configure", {"limit": 3})
    assert alone.value("jobs.limit") == 3
    alone.execute("jobs.limit = 5")
    alone.ask("configure", {"limit": 4})
    assert alone.value("jobs.limit") == 5, "what the code says counts more"


# -------------------------------------------------------------------------- cells ahead


def test_a_job_that_reads_what_the_running_cell_binds_waits_for_it(gated: Kernel) -> None:
    cell = busy_cell(gated, "urls = ['a']")
    waits = express(gated, "%job started.append(urls)", cell)
    free = express(gated, "%job started.append('free')", cell)
    assert gated.ended(free)["state"] == "finished"
    assert gated.in_state(waits, "queued")["waiting_for"] == "cell [*]: it defines `urls`"
    rebinds = queued_cell(gated, "urls = ['b']")
    open_gate(gated)
    assert gated.ended(waits)["state"] == "finished"
    gated.shell_reply(rebinds["msg_id"])
    assert gated.value("started") == ["free", ["a"]], "it sees the names as they were when the cell ended"


def test_a_job_waits_for_a_queued_cell_and_the_running_cell_of_another_client(gated: Kernel) -> None:
    busy_cell(gated, "foreign = 1")
    queued = queued_cell(gated, "local = 2")
    both = express(gated, "%job started.append(foreign + local)", queued)
    assert gated.in_state(both, "queued")["waiting_for"] == "cell [*] and 1 more: it defines `foreign`"
    open_gate(gated)
    assert gated.ended(both)["state"] == "finished"
    assert gated.value("started") == [3]


@pytest.mark.parametrize("code", ["%job --now started.append(late)", "%job started.append(late)"])
def test_start_now(gated: Kernel, code: str) -> None:
    gated.execute("late = 'old'")
    cell = busy_cell(gated, "late = 'new'")
    job_id = express(gated, code, cell)
    if "--now" not in code:
        gated.in_state(job_id, "queued")
        assert gated.ask("start_now", {"job": job_id}) == {"waits": True}
    assert gated.ended(job_id)["state"] == "finished"
    assert gated.ask("start_now", {"job": job_id}) == {"waits": False}
    open_gate(gated)
    assert gated.value("started") == ["old"]


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        ("gate.set()", "the cell that it waited for failed"),
        ("interrupt", "the cell that it waited for was interrupted"),
    ],
)
def test_a_job_is_not_started_when_the_awaited_cell_does_not_finish(gated: Kernel, end: str, reason: str) -> None:
    cell = busy_cell(gated, "late = 1 / 0")
    job_id = express(gated, "%job started.append(late)", cell)
    gated.in_state(job_id, "queued")
    if end == "interrupt":
        gated.manager.interrupt_kernel()
    else:
        open_gate(gated)
    record = gated.ended(job_id)
    assert (record["state"], record["kill_reason"]) == ("killed", reason)
    gated.shell_reply(cell["msg_id"])
    assert gated.value("started") == []


def test_a_job_is_not_started_when_the_awaited_cell_is_aborted(gated: Kernel) -> None:
    failing = busy_cell(gated, "1 / 0")
    queued = queued_cell(gated, "late = 1")
    job_id = express(gated, "%job started.append(late)", failing, queued)
    gated.in_state(job_id, "queued")
    open_gate(gated)
    record = gated.ended(job_id)
    assert record["kill_reason"] == "the cell that it waited for was not run: a cell before it failed"


def test_a_cell_inside_of_the_awaited_cell_is_not_its_end(gated: Kernel) -> None:
    cell = busy_cell(gated, "get_ipython().run_cell('x = 1')\nsecond.wait(60)\nx = 2")
    gated.submit_express("%job --shared second = threading.Event()", cell_id="maker")
    job_id = express(gated, "%job started.append(x)", cell)
    gated.in_state(job_id, "queued")
    open_gate(gated)
    probe = express(gated, "%job --name probe 1")
    gated.ended(probe)
    assert gated.records[job_id]["state"] == "queued"
    gated.submit_express("%job second.set()", cell_id="setter")
    gated.ended(job_id)
    gated.shell_reply(cell["msg_id"])
    assert gated.value("started") == [2]


def test_a_job_that_waits_for_a_cell_can_be_killed(gated: Kernel) -> None:
    cell = busy_cell(gated, "late = 1")
    job_id = express(gated, "%job started.append(late)", cell)
    gated.in_state(job_id, "queued")
    assert gated.ask("kill", {"jobs": [job_id]})["killed"] == [job_id]
    assert gated.ended(job_id)["state"] == "killed"
    open_gate(gated)
    gated.shell_reply(cell["msg_id"])
    assert gated.value("started") == []


def test_what_never_ends_as_a_cell_ends_with_the_jobs_own_request(gated: Kernel) -> None:
    cell = busy_cell(gated, "pass")
    unknown = {"msg_id": "of-another-page", "code": "late = 1"}
    job_id = express(gated, "%job started.append('late' in globals())", cell, unknown)
    gated.in_state(job_id, "queued")
    open_gate(gated)
    assert gated.ended(job_id)["state"] == "finished"


# ------------------------------------------------------------------- --quiet and --notify


def test_a_quiet_job_writes_to_the_panel_only(alone: Kernel) -> None:
    msg_id = alone.execute("j = %job --quiet print('quiet')")
    alone.execute("j.wait()")
    alone.until(lambda: alone.ask("snapshot")["outputs"].get("1", {}).get("items"))
    assert alone.ask("snapshot")["outputs"]["1"]["items"][0]["text"] == "quiet\n"
    assert alone.text(msg_id) == ""
    assert alone.value("j.output") == "quiet\n"


def test_a_job_that_notifies_says_so(alone: Kernel) -> None:
    _, record = alone.run_job("%job --notify 1")
    assert record["notify"] is True
    _, record = alone.run_job("%job 1")
    assert record["notify"] is False
