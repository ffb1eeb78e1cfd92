"""`%jobs`: the table, waiting, and notebooks that run unattended."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from harness import Kernel


def table(kernel: Kernel) -> list[str]:
    msg_id = kernel.execute("%jobs")
    [result] = [m for m in kernel.of(msg_id) if m["msg_type"] == "execute_result"]
    text: str = result["content"]["data"]["text/plain"]
    return text.split("\n")


def test_the_table(alone: Kernel) -> None:
    assert table(alone) == ["no jobs; `%job CODE` starts one"]
    alone.run_job("%job --name " + "n" * 100 + " 1")
    alone.run_job("%job raise ValueError('two\\nlines')")
    alone.execute("%%job --name running\njobs.current.progress(3, 4, 'epochs')\ngate.wait(60)")
    alone.in_state(3, "running")
    alone.until(lambda: alone.value("'3 of 4' in repr(jobs[3])"))
    alone.execute("%job --after running 4")
    head, *rows = table(alone)
    assert head.split() == ["job", "state", "time", "name"]
    assert [row.split()[:2] for row in rows] == [["1", "finished"], ["2", "failed"], ["3", "running"], ["4", "queued"]]
    assert "n" * 59 + "…" in rows[0]
    assert rows[1].endswith("ValueError: two lines")
    assert rows[2].endswith("3 of 4 · epochs")
    assert rows[3].endswith("waiting for job 3")
    alone.execute("gate.set()")


def test_a_long_table_shows_the_newest(alone: Kernel) -> None:
    alone.execute("for i in range(120):\n    jobs.submit(int)\njobs.wait()")
    _, more, *rows = table(alone)
    assert more == "… 70 more before these; jobs[N] is one of them"
    assert [int(row.split()[0]) for row in rows] == list(range(71, 121))


def test_waiting_shows_how_far_it_is_and_what_has_not_finished(alone: Kernel) -> None:
    alone.execute("%%job\njobs.current.progress(3, 4)\ngate.wait(60)")
    alone.execute("%job 1 / 0")
    msg_id = alone.execute("%jobs wait", wait=False)
    alone.until(lambda: "waiting for 1 job of 2 · job 1 3 of 4" in alone.text(msg_id))
    alone.submit_express("%job gate.set()", cell_id="opener")
    assert alone.shell_reply(msg_id)["content"]["status"] == "ok"
    alone.until(lambda: alone.text(msg_id).endswith("ZeroDivisionError: division by zero\n"))
    last = alone.text(msg_id).split("\r")[-1]
    assert last.startswith("job 2 failed in ")


def test_a_short_wait_says_nothing(alone: Kernel) -> None:
    alone.execute("%job 1")
    assert alone.text(alone.execute("%jobs wait")) == ""


def test_an_interrupt_ends_the_wait_and_no_job(alone: Kernel) -> None:
    alone.execute("%job gate.wait(60)")
    msg_id = alone.execute("%jobs wait", wait=False)
    following = alone.execute("after = 1", wait=False)
    alone.until(lambda: "waiting for" in alone.text(msg_id))
    alone.manager.interrupt_kernel()
    assert alone.shell_reply(msg_id)["content"]["ename"] == "KeyboardInterrupt"
    assert alone.shell_reply(following)["content"]["status"] == "aborted"
    alone.until(lambda: alone.text(msg_id).endswith("not waiting any more; 1 job of 1 still running\n"))
    assert alone.value("jobs[1].state") == "running"


def test_a_job_can_wait_for_the_others(alone: Kernel) -> None:
    alone.execute("%job 1")
    _, record = alone.run_job("%job %jobs wait")
    assert record["state"] == "finished"


# ---------------------------------------------------------------------------- completion


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("%job --na", {"--name"}),
        ("%%job --", {"--name", "--timeout", "--after", "--now", "--quiet", "--notify", "--on", "--shared"}),
        ("%job --shared --", {"--name", "--timeout", "--after", "--now", "--quiet", "--notify", "--on"}),
        ("%job --after ", {"1", "2", "load"}),
        ("%job --after 1,l", {"load"}),
        ("%job --on th", {"thread"}),
        ("%jobs ki", {"kill"}),
        ("%jobs wait lo", {"load"}),
        ("x = 1\n%jobs kill a", {"all"}),
        ("%job gate.is_s", {"is_set"}),
    ],
)
def test_completion(alone: Kernel, code: str, expected: set[str]) -> None:
    alone.run_job("%job --name load 1")
    alone.run_job("%job 2 + 2")
    content = alone.shell_reply(alone.client.complete(code))["content"]
    matches = set(content["matches"])
    # IPython's other completers may have something to add.
    assert expected <= matches
    assert not {word for word in matches if word.startswith("--")} - expected


# ---------------------------------------------------------------------------- unattended


def notebook_of(*cells: str) -> dict[str, Any]:
    return {
        "cells": [
            {"cell_type": "code", "id": f"c{i}", "execution_count": None, "metadata": {}, "outputs": [], "source": cell}
            for i, cell in enumerate(cells)
        ],
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


@pytest.mark.parametrize(
    "command",
    [
        ["nbconvert", "--to", "notebook", "--execute", "--inplace"],
        ["execute", "--inplace"],
    ],
)
def test_a_notebook_that_runs_unattended_loses_nothing(tmp_path: Path, command: list[str]) -> None:
    path = tmp_path / "batch.ipynb"
    cells = (
        "%load_ext jupyterlab_jobs\nimport time",
        "%job --name slow time.sleep(0.5); print('written late'); value = 7",
        "%jobs wait",
        "print(value)",
    )
    path.write_text(json.dumps(notebook_of(*cells)))
    environment = {**os.environ, "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    subprocess.run(
        [sys.executable, "-m", "jupyter", *command, str(path)],
        check=True,
        env=environment,
        timeout=120,
        capture_output=True,
    )
    outputs = [json.dumps(cell["outputs"]) for cell in json.loads(path.read_text())["cells"]]
    assert "end it with `%jobs wait`" in outputs[1]
    assert "written late" in outputs[2]
    assert "job 1" in outputs[2]
    assert "7" in outputs[3]
