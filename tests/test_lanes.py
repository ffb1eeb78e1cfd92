"""One cell, two lanes: whichever comes first starts its jobs, and nothing is started twice."""

from __future__ import annotations

from pathlib import Path

from harness import Kernel


def busy(kernel: Kernel) -> str:
    """Have the main thread wait until a job sets `release`."""
    kernel.execute("import threading; release = threading.Event(); started = threading.Event()")
    return kernel.begin("started.set(); release.wait(20)")


def test_a_job_starts_and_ends_while_the_main_thread_works(kernel: Kernel) -> None:
    busy(kernel)
    msg_id, answer = kernel.submit_express("%job print('meanwhile')")
    [job_id] = answer["jobs"]
    record = kernel.ended(job_id)
    assert (record["state"], record["lane"], record["cell_id"]) == ("finished", "express", "cell")
    assert record["execution_count"] is None
    assert kernel.text(msg_id) == "meanwhile\n"
    kernel.submit_express("%job release.set()")
    reply = kernel.shell_reply(msg_id)["content"]
    assert reply["status"] == "ok"
    # The prompt number comes when the main thread comes to the cell.
    kernel.until(lambda: kernel.records[job_id]["execution_count"] == reply["execution_count"])
    assert len(kernel.job_ids("print('meanwhile')")) == 1


def test_a_result_without_a_prompt_number_is_displayed(kernel: Kernel) -> None:
    busy(kernel)
    msg_id, answer = kernel.submit_express("%job 6 * 7")
    kernel.ended(answer["jobs"][0])
    marked = [m for m in kernel.of(msg_id) if m["metadata"].get("jupyterlab_jobs", {}).get("job")]
    [text] = [m["content"]["data"]["text/plain"] for m in marked]
    assert text == "42"
    # JupyterLab refuses a result whose number is none.
    assert "execute_result" not in [m["msg_type"] for m in kernel.of(msg_id)]
    kernel.submit_express("%job release.set()")


def test_an_assigned_job_is_the_one_that_was_started(kernel: Kernel) -> None:
    busy(kernel)
    msg_id, answer = kernel.submit_express("first = %job 1\nsecond = %job 2")
    kernel.submit_express("%job release.set()")
    kernel.shell_reply(msg_id)
    assert kernel.value("[first.id, second.id]") == answer["jobs"]
    assert kernel.value("[first.result(10), second.result(10)]") == [1, 2]


def test_the_main_thread_may_be_faster(kernel: Kernel) -> None:
    msg_id = kernel.execute("%job 'once'")
    answer = kernel.ask("submit", {"code": "%job 'once'", "cell_id": "c", "parent": {"msg_id": msg_id}})
    assert answer == {"jobs": [], "reason": "the main thread was faster"}
    job_id = kernel.job_of(msg_id)
    kernel.ended(job_id)
    assert len(kernel.job_ids("'once'")) == 1
    # And no number is left out for the job that did not come to be.
    assert kernel.job_of(kernel.execute("%job 'next'")) == job_id + 1


def test_a_body_and_its_options(kernel: Kernel) -> None:
    busy(kernel)
    for code in (
        "%%job --name body\nx = 5\nx + 1",
        "%job --name body\nx = 5\nx + 1",
        "\n\n%%job --name body\nx = 5\nx + 1",
    ):
        _, answer = kernel.submit_express(code)
        [job_id] = answer["jobs"]
        assert kernel.ended(job_id)["name"] == "body"
    kernel.submit_express("%job release.set()")


def test_more_than_jobs_is_left_to_the_queue(kernel: Kernel) -> None:
    busy(kernel)
    for code in ("y = 1\n%job y", "print(1)", "%%timeit\n1", "f(%job)"):
        msg_id, answer = kernel.submit_express(code)
        assert answer["jobs"] == []
        assert answer["reason"]
    kernel.submit_express("%job release.set()")
    kernel.shell_reply(msg_id)


def test_a_bad_cell_says_so_when_the_main_thread_comes_to_it(kernel: Kernel) -> None:
    busy(kernel)
    msg_id, answer = kernel.submit_express("%job 1 +")
    assert answer["jobs"] == []
    kernel.submit_express("%job release.set()")
    assert kernel.shell_reply(msg_id)["content"]["ename"] == "SyntaxError"


def _states(kernel: Kernel, since: int) -> list[tuple[str, str]]:
    """The statuses among the messages from this index on, with the type of the request that each belongs to."""
    return [
        (m["parent_header"]["msg_type"], m["content"]["execution_state"])
        for m in kernel.messages[since:]
        if m["msg_type"] == "status"
    ]


def test_the_kernel_does_not_look_idle_while_it_works(kernel: Kernel) -> None:
    main = busy(kernel)
    for _ in range(3):
        kernel.ask("snapshot")
        count = len(kernel.messages)
        # Our request ends in an idle; then the kernel says again that it is busy, with the cell.
        kernel.until(lambda since=count: ("execute_request", "busy") in _states(kernel, since))
        assert _states(kernel, count)[-1] == ("execute_request", "busy")
    kernel.submit_express("%job release.set()")
    kernel.shell_reply(main)
    kernel.client.kernel_info(reply=True, timeout=10)
    kernel.until(
        lambda: [m for m in kernel.messages if m["msg_type"] == "status"][-1]["content"]["execution_state"] == "idle"
    )


def test_the_kernel_looks_busy_if_a_request_ends_just_before_a_cell_begins(kernel: Kernel, tmp_path: Path) -> None:
    before_cell, in_cell = tmp_path / "before_cell", tmp_path / "in_cell"
    kernel.execute(
        "import os, time\n"
        "def wait_for(path):\n"
        "    while not os.path.exists(path):\n"
        "        time.sleep(0.005)\n"
        f"def hold(): wait_for({str(before_cell)!r})\n"
        "get_ipython().events.callbacks['pre_execute'].insert(0, hold)"
    )
    cell = kernel.begin(f"get_ipython().events.unregister('pre_execute', hold); wait_for({str(in_cell)!r})")
    since = len(kernel.messages)
    kernel.ask("snapshot")
    kernel.until(lambda: ("jobs_request", "idle") in _states(kernel, since))
    before_cell.touch()
    kernel.until(lambda: ("execute_request", "busy") in _states(kernel, since))
    in_cell.touch()
    kernel.shell_reply(cell)
    kernel.until(lambda: ("execute_request", "idle") in _states(kernel, since))
    assert _states(kernel, since) == [
        ("jobs_request", "busy"),
        ("jobs_request", "idle"),
        ("execute_request", "busy"),
        ("execute_request", "idle"),
    ]


def test_an_idle_kernel_stays_idle(kernel: Kernel) -> None:
    first = kernel.execute("1")
    kernel.ask("snapshot")
    second = kernel.execute("2")
    kernel.ask("snapshot")
    kernel.execute("3")
    for msg_id in (first, second):
        states = [m["content"]["execution_state"] for m in kernel.of(msg_id) if m["msg_type"] == "status"]
        # `busy` may be said again while the cell runs, if the request before it is answered late; `idle` comes last.
        assert states in (["busy", "idle"], ["busy", "busy", "idle"])


def test_a_cell_with_a_mistake_starts_none_of_its_jobs(kernel: Kernel) -> None:
    busy(kernel)
    msg_id, answer = kernel.submit_express("%job 'good'\n%job 1 +")
    assert answer["jobs"] == []
    kernel.submit_express("%job release.set()")
    assert kernel.shell_reply(msg_id)["content"]["ename"] == "SyntaxError"
    # As in any cell, what stands before the mistake has run; once.
    kernel.ended(kernel.job_of(msg_id))
    assert len(kernel.job_ids("'good'")) == 1
