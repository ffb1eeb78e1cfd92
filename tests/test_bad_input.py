"""What is refused, and how it says so. Nothing of it may start a job or harm the kernel."""

from __future__ import annotations

import re

import pytest
from harness import Kernel

OPTIONS = (
    "options are: --name NAME, --timeout DURATION, --after JOB[,JOB…], --now, --quiet, --notify, --on BACKEND, -p, "
    "--shared"
)
ANSI = re.compile(r"\x1b\[[0-9;]*m")


def failure(kernel: Kernel, code: str) -> str:
    """Everything that a cell shows when it fails."""
    msg_id = kernel.execute(code)
    errors = ["\n".join(m["content"]["traceback"]) for m in kernel.of(msg_id) if m["msg_type"] == "error"]
    assert not kernel.records
    return ANSI.sub("", kernel.text(msg_id, "stderr") + "\n".join(errors)).strip()


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("%job", "UsageError: %job: no code; write `%job f(x)`, or `%%job` on the first line of a cell"),
        (
            "%job --name x",
            "UsageError: %job: no code; write `%job f(x)`, or `%%job` on the first line of a cell",
        ),
        (
            "%job --bogus 1",
            f"UsageError: %job: unrecognized arguments: --bogus; {OPTIONS}",
        ),
        (
            "%job --name",
            f"UsageError: %job: argument --name: expected one argument; {OPTIONS}",
        ),
        (
            "%%job 1 + 1\n2",
            "UsageError: %%job: only options may stand on its line, found '1 + 1'; the code goes below",
        ),
        ("%%job\n\n  ", "UsageError: %%job: no code below"),
        ("%jobs kill 99", "UsageError: %jobs kill: there is no job 99; `%jobs` lists those there are"),
        ("%jobs kill x", "UsageError: %jobs kill: 'x' is neither the number nor the name of a job"),
        ("%jobs kill", "UsageError: %jobs kill: which? name their numbers, or `all`"),
        (
            "%jobs dance",
            "UsageError: %jobs: unknown verb 'dance'; verbs are: kill, wait, clear, traceback, output, land",
        ),
    ],
)
def test_one_line_says_what_is_wrong(kernel: Kernel, code: str, message: str) -> None:
    assert failure(kernel, code) == message


@pytest.mark.parametrize("code", ["%job 1 +", "%%job\nx = 1\nif x\n    pass", "%job\nx = 1\n  indent"])
def test_a_syntax_error_is_shown_as_usual(kernel: Kernel, code: str) -> None:
    text = failure(kernel, code)
    assert re.search(r"\b(SyntaxError|IndentationError): ", text)
    assert "jupyterlab_jobs" not in text
    assert "Traceback" not in text


def test_a_syntax_error_has_its_caret_and_line(kernel: Kernel) -> None:
    text = failure(kernel, "%%job\nx = 1\ny = = 2")
    assert "line 3" in text
    assert "^" in text


def test_there_is_no_standard_input(kernel: Kernel) -> None:
    for code in ("%job input()", "%job __import__('getpass').getpass()"):
        _, record = kernel.run_job(code)
        assert record["state"] == "failed"
        assert "jobs have no standard input" in record["error"]["evalue"]


@pytest.mark.parametrize(
    "code",
    [
        "breakpoint()",
        "import pdb\npdb.set_trace()",
        "import pdb\npdb.run('1 + 1')",
        "from IPython.core.debugger import set_trace\nset_trace()",
        "%debug 1 + 1",
        "%debug",
        "import sys\ntry:\n    1 / 0\nexcept ZeroDivisionError:\n    import pdb\n    pdb.post_mortem()",
    ],
)
def test_there_is_no_debugger(kernel: Kernel, code: str) -> None:
    _, record = kernel.run_job("%%job\n" + code)
    assert record["state"] == "failed"
    assert record["error"]["ename"] == "NoDebugger"
    assert "run the code as a cell to debug it" in record["error"]["evalue"]
    # The foreground's are as they were.
    assert kernel.value("__import__('pdb').Pdb().reset()") is None


def test_killing_what_has_ended_does_nothing_and_says_so(kernel: Kernel) -> None:
    _, record = kernel.run_job("%job 1")
    job_id = record["id"]
    assert kernel.ask("kill", {"jobs": [job_id]}) == {"killed": [], "ended": [job_id]}
    assert kernel.text(kernel.execute(f"%jobs kill {job_id}")) == f"job {job_id} has ended already: finished\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"version": 2, "method": "snapshot", "params": {}}, "unknown protocol version 2"),
        ({"method": "snapshot", "params": {}}, "unknown protocol version None"),
        ({"version": 1, "method": "dance", "params": {}}, "unknown method 'dance'"),
        ({"version": 1, "method": 3, "params": {}}, "method must be a string"),
        ({"version": 1, "method": "kill", "params": []}, "params must be an object"),
        ({"version": 1, "method": "kill", "params": {}}, "jobs must be a list of job ids"),
        ({"version": 1, "method": "kill", "params": {"jobs": ["1"]}}, "jobs must be a list of job ids"),
        ({"version": 1, "method": "kill", "params": {"jobs": [True]}}, "jobs must be a list of job ids"),
        ({"version": 1, "method": "kill", "params": {"jobs": [12345]}}, "there is no job 12345"),
        ({"version": 1, "method": "submit", "params": {"code": 1}}, "parent must be an object"),
        (
            {"version": 1, "method": "submit", "params": {"code": 1, "parent": {}}},
            "parent must be the header",
        ),
        ({"version": 1, "method": "submit", "params": {"parent": {"msg_id": "x"}}}, "code must be a string"),
    ],
)
def test_a_malformed_request_is_refused(kernel: Kernel, content: dict[str, object], message: str) -> None:
    request = kernel.client.session.msg("jobs_request", content)
    kernel.client.control_channel.send(request)
    reply = kernel.control_reply(request["header"]["msg_id"])["content"]
    assert reply["status"] == "error"
    assert message in reply["evalue"]
    assert kernel.ask("snapshot")["jobs"] == []
