"""The runtime keeps what stands under a cell with jobs, as a page shows it."""

from __future__ import annotations

from typing import Any

from harness import MIME_TYPE as RECORD
from harness import Kernel

_KEPT = ("output_type", "name", "text", "data", "ename", "execution_count")


def shown(kernel: Kernel, request: str) -> list[dict[str, Any]]:
    """What the messages that a page gets for a request make of its cell."""
    outputs: list[dict[str, Any]] = []
    clear_next = False
    for message in kernel.messages:
        content = message["content"]
        kind = message["msg_type"]
        display_id = content.get("transient", {}).get("display_id")
        if kind == "update_display_data":
            for output in outputs:
                if output["display_id"] == display_id:
                    output.update(data=content["data"])
        if message["parent_header"].get("msg_id") != request:
            continue
        if kind == "clear_output":
            if content["wait"]:
                clear_next = True
            else:
                outputs.clear()
        elif kind in ("stream", "display_data", "execute_result", "error"):
            if clear_next:
                outputs.clear()
                clear_next = False
            if kind == "stream" and outputs and outputs[-1].get("name") == content["name"]:
                outputs[-1]["text"] += content["text"]
            else:
                outputs.append({"output_type": kind, "display_id": display_id, **content})
    return [_kept(output) for output in outputs]


def logged(kernel: Kernel, request: str) -> list[dict[str, Any]] | None:
    """What the runtime has of it."""
    cell = kernel.ask("snapshot")["cells"].get(request)
    if cell is None:
        return None
    return [_kept(item) for item in cell["log"]["items"]]


def _kept(output: dict[str, Any]) -> dict[str, Any]:
    return {key: output[key] for key in _KEPT if key in output}


def same(kernel: Kernel, request: str) -> list[dict[str, Any]]:
    """What is shown, once it is also what the runtime has."""
    kernel.until(lambda: shown(kernel, request) == logged(kernel, request))
    return shown(kernel, request)


def test_a_cell_with_everything(kernel: Kernel) -> None:
    request = kernel.execute(
        "from IPython.display import display, clear_output, HTML\n"
        "import sys\n"
        "print('before the jobs')\n"
        "display(HTML('<i>mine</i>'))\n"
        "%job print('one'); print('bar 1%\\rbar 2%', file=sys.stderr); display(HTML('<b>1</b>'))\n"
        "%job 1 / 0\n"
        "jobs.wait()\n"
        "print('after the jobs')\n"
        "7",
        cell_id="everything",
    )
    for index in range(2):
        kernel.ended(kernel.job_of(request, index))
    outputs = same(kernel, request)
    texts = [output["text"] for output in outputs if output["output_type"] == "stream" and output["name"] == "stdout"]
    assert texts[0].startswith("before the jobs\n")
    assert "one\n" in "".join(texts)
    assert "after the jobs\n" in "".join(texts)
    assert {"text": "bar 1%\rbar 2%\n", "output_type": "stream", "name": "stderr"} in outputs
    assert [output["ename"] for output in outputs if output["output_type"] == "error"] == ["ZeroDivisionError"]
    assert [output["data"] for output in outputs if output["output_type"] == "execute_result"] == [{"text/plain": "7"}]
    records = [output["data"][RECORD]["state"] for output in outputs if RECORD in output.get("data", {})]
    assert sorted(records) == ["failed", "finished"]


def test_displays_are_updated_wherever_they_stand(kernel: Kernel) -> None:
    request = kernel.execute(
        "handle = display('first', display_id='shared')\n%job display('in the job', display_id='of the job')",
        cell_id="displays",
    )
    kernel.ended(kernel.job_of(request))
    # By another cell, which has no jobs, and by another job.
    kernel.execute("from IPython.display import update_display; update_display('second', display_id='shared')")
    other = kernel.execute("%job update_display('updated', display_id='of the job')", cell_id="another")
    kernel.ended(kernel.job_of(other))
    data = [output["data"].get("text/plain") for output in same(kernel, request)]
    assert "'second'" in data
    assert "'updated'" in data


def test_clearing(kernel: Kernel) -> None:
    request = kernel.execute(
        "%%job\n"
        "from IPython.display import clear_output\n"
        "for i in range(3):\n"
        "    print(i)\n"
        "    clear_output(wait=True)\n"
        "print('end')",
        cell_id="clearing",
    )
    kernel.ended(kernel.job_of(request))
    assert [output["text"] for output in same(kernel, request) if output["output_type"] == "stream"] == ["end\n"]


def test_a_snapshot_tells_what_a_client_has_missed(kernel: Kernel) -> None:
    first = kernel.execute("%job print('first')", cell_id="first")
    second = kernel.execute("%job print('second')", cell_id="second")
    ids = [kernel.job_of(request) for request in (first, second)]
    for job_id in ids:
        kernel.ended(job_id)
    reply = kernel.request("snapshot")
    since = {"runtime": reply["runtime"], "seq": reply["result"]["seq"]}
    third = kernel.execute("%job display('third', display_id='third')", cell_id="third")
    kernel.ended(kernel.job_of(third))
    news = kernel.ask("snapshot", {"since": since})
    assert news["since"] == since["seq"]
    assert set(news["outputs"]) == {str(kernel.job_of(third))}
    assert set(news["unchanged_outputs"]) == set(ids)
    assert set(news["cells"]) == {third}
    assert {first, second} <= set(news["unchanged_cells"])
    assert {record["id"] for record in news["jobs"]} >= set(ids)
    # Of another runtime a client knows nothing that would be of use.
    everything = kernel.ask("snapshot", {"since": {**since, "runtime": "another"}})
    assert everything["since"] is None
    assert set(everything["cells"]) >= {first, second, third}
    assert kernel.request("snapshot", {"since": {"runtime": "r", "seq": "1"}})["ename"] == "ProtocolError"


def test_an_ordinary_cell_is_not_kept(kernel: Kernel) -> None:
    request = kernel.execute("print('ordinary')", cell_id="ordinary")
    assert logged(kernel, request) is None


def test_only_the_newest_execution_of_a_cell_is_kept(kernel: Kernel) -> None:
    kernel.execute("import threading; gate = threading.Event()")
    first = kernel.execute("%job gate.wait(20); print('first')", cell_id="again")
    second = kernel.execute("%job print('second')", cell_id="again")
    kernel.ended(kernel.job_of(second))
    kernel.execute("gate.set()")
    kernel.ended(kernel.job_of(first))
    assert logged(kernel, first) is None
    assert same(kernel, second)
    third = kernel.execute("print('no job any more')", cell_id="again")
    assert logged(kernel, second) is None
    assert logged(kernel, third) is None


def test_a_cell_of_the_express_lane(kernel: Kernel) -> None:
    kernel.execute("import threading; gate = threading.Event()")
    busy = kernel.execute("gate.wait(20)", wait=False)
    request, _ = kernel.submit_express("%job print('express')", cell_id="express")
    kernel.ended(kernel.job_of(request))
    assert any(output.get("text") == "express\n" for output in same(kernel, request))
    kernel.submit_express("%job gate.set()")
    kernel.shell_reply(busy)
    kernel.shell_reply(request)
    same(kernel, request)


def test_events_and_numbers_have_no_gap(kernel: Kernel) -> None:
    request = kernel.execute("print('a')\n%job print('b')\njobs.wait()\nprint('c')", cell_id="numbers")
    kernel.ended(kernel.job_of(request))
    same(kernel, request)
    events = [message["content"] for message in kernel.messages if message["msg_type"] == "jobs_event"]
    marks = [message["metadata"].get("jupyterlab_jobs", {}) for message in kernel.messages]
    numbers = sorted([event["seq"] for event in events] + [mark["seq"] for mark in marks if mark])
    assert numbers == list(range(numbers[0], numbers[-1] + 1))
    told = [event["cells"][request] for event in events if request in event["cells"]]
    assert [cell["cell_id"] for cell in told] == ["numbers"]
    assert told[0]["log"]["items"][0]["text"].startswith("a\n")


def test_what_users_pass_on_becomes_what_the_protocol_asks_for(kernel: Kernel) -> None:
    code = "from IPython.display import display, update_display, clear_output\n"
    for job in ("", "%job "):
        request = kernel.execute(
            f"{code}%job 0\n{job}clear_output(1); display('a', display_id=7); update_display('b', display_id=7)",
            cell_id=f"lenient{job}",
        )
        for index in range(2 if job else 1):
            kernel.ended(kernel.job_of(request, index))
        kernel.until(lambda request=request: "'b'" in str(logged(kernel, request)))
        ids = [item.get("display_id") for item in kernel.ask("snapshot")["cells"][request]["log"]["items"]]
        assert "7" in ids
        waits = [m["content"]["wait"] for m in kernel.of(request) if m["msg_type"] == "clear_output"]
        assert waits == [True]


def test_a_display_is_kept_as_it_was_shown(kernel: Kernel) -> None:
    request = kernel.execute(
        "data = {'text/plain': 'a', 'application/json': {'x': [1]}}\n"
        "%job 0\n"
        "display(data, raw=True)\n"
        "data['text/plain'] = 'b'; data['application/json']['x'].append(2)",
        cell_id="mutable",
    )
    kernel.ended(kernel.job_of(request))
    assert {"text/plain": "a", "application/json": {"x": [1]}} in [
        output.get("data") for output in same(kernel, request)
    ]


def test_a_job_that_ends_with_a_pending_clear_has_its_end_under_the_cell(kernel: Kernel) -> None:
    request = kernel.execute("%%job\ndisplay('picture'); clear_output(wait=True)", cell_id="pending")
    kernel.ended(kernel.job_of(request))
    [state] = [output["data"][RECORD]["state"] for output in same(kernel, request) if RECORD in output.get("data", {})]
    assert state == "finished"


def test_a_job_that_comes_late_does_not_replace_what_its_cell_shows(kernel: Kernel) -> None:
    request = kernel.execute(
        "import asyncio\n"
        "async def later():\n"
        "    await asyncio.sleep(0)\n"
        "    while not released: await asyncio.sleep(0.01)\n"
        "    jobs.submit('print(1)', name='late')\n"
        "released = []\n"
        "task = asyncio.create_task(later())\n"
        "print('shown')",
        cell_id="late",
    )
    kernel.execute("released.append(1)")
    kernel.until(lambda: any(record["name"] == "late" for record in kernel.records.values()))
    assert logged(kernel, request) is None


def test_what_a_widget_captures_is_not_under_the_cell(kernel: Kernel) -> None:
    # What ipywidgets' Output does when it is entered and left.
    request = kernel.execute(
        "%job 0\n"
        "kernel = get_ipython().kernel\n"
        "def tell(msg_id):\n"
        "    content = {'comm_id': 'w', 'data': {'method': 'update', 'state': {'msg_id': msg_id}}}\n"
        "    kernel.session.send(kernel.iopub_socket, 'comm_msg', content, parent=kernel.get_parent('shell'))\n"
        "import sys; jobs.wait(); print('before'); sys.stdout.flush()\n"
        "tell(kernel.get_parent('shell')['header']['msg_id'])\n"
        "display('captured')\n"
        "tell('')\n"
        "display('after')",
        cell_id="widget",
    )
    kernel.until(lambda: "'after'" in str(logged(kernel, request)))
    log = str(logged(kernel, request))
    assert "before" in log
    assert "captured" not in log
