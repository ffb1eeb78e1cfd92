"""Jobs in IPython's terminal: a process of its own, to which a user types."""

from __future__ import annotations

import io
import subprocess
import sys

from jupyterlab_jobs.kernel.terminal import TerminalStream

_SESSION = """
%load_ext jupyterlab_jobs
j = %job print('from the job'); 6 * 7
j.wait()
print([j.state, j.output, j.result()])
%job --name bad 1 / 0
jobs.wait()
%jobs
%job --name endless while True: pass
%jobs kill endless
jobs[3].wait()
jobs[3].state
%job input('?')
jobs[4].wait()
print('of the terminal')
%unload_ext jupyterlab_jobs
import sys; print('restored:', sys.stdout is sys.__stdout__)
exit
"""


def test_a_session() -> None:
    command = [sys.executable, "-m", "IPython", "--simple-prompt", "--no-banner", "--colors=NoColor"]
    done = subprocess.run(command, input=_SESSION, capture_output=True, text=True, timeout=100)
    said = done.stdout
    assert "['finished', 'from the job\\n42\\n', 42]" in said
    assert "ZeroDivisionError: division by zero" in said + done.stderr
    assert "Job 2 · bad · failed in" in said
    [row] = [line for line in said.splitlines() if line.strip().startswith("2  failed")]
    assert row.split()[-4:] == ["ZeroDivisionError:", "division", "by", "zero"]
    assert "job 3: killing" in said
    assert "'killed'" in said
    assert "NoStandardInput: jobs have no standard input" in said + done.stderr
    assert "of the terminal" in said
    assert "restored: True" in said
    assert done.returncode == 0


def test_what_the_runtime_tells_has_a_line_of_its_own() -> None:
    written = io.StringIO()
    stream = TerminalStream("stdout", written)
    stream.write_line("one")
    # As `print()` does: the text, and later the end of the line.
    stream.write("half")
    stream.write_line("two")
    stream.write("")
    stream.write_line("three")
    assert written.getvalue() == "one\nhalf\ntwo\nthree\n"
