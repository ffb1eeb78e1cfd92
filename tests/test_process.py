"""Jobs in processes of their own, each in a real one."""

from __future__ import annotations

import re
import signal
from pathlib import Path

import psutil
import pytest
from harness import Kernel


def error_of(kernel: Kernel, code: str) -> str:
    """The last line of the traceback of a job that fails, without colours."""
    _, record = kernel.run_job(code)
    assert record["state"] == "failed", record
    return re.sub(r"\x1b\[[\d;]*m", "", record["error"]["traceback"][-1])


def workers(kernel: Kernel) -> list[psutil.Process]:
    """The processes of jobs, and the one that is kept ready."""
    pid = kernel.value("__import__('os').getpid()")
    servers = [child for child in psutil.Process(pid).children() if "process_server" in " ".join(child.cmdline())]
    return [worker for server in servers for worker in server.children()]


def on_the_way(kernel: Kernel, code: str) -> tuple[str, int]:
    """A job that has printed `on`."""
    msg_id = kernel.execute(code)
    job_id = kernel.job_of(msg_id)
    kernel.until(lambda: "on\n" in kernel.text(msg_id))
    return msg_id, job_id


# --------------------------------------------------------------------------- variables


def test_code_has_copies_of_what_it_reads_and_lands_what_it_assigns(kernel: Kernel) -> None:
    kernel.execute(
        "import os\nbase, kept = 10, [1]\ndef scaled(x): return x * base\nclass Point:\n    x = 1\npoint = Point()"
    )
    msg_id, record = kernel.run_job(
        "%%job -p\n"
        "kept.append(2)\nresult = scaled(4)\npid = os.getpid()\n"
        "def there(): return base + result\nother = Point()\ndel base\nresult"
    )
    assert record["state"] == "finished", record
    assert record["backend"] == "process"
    assert kernel.value(f"jobs[{record['id']}].result(), result, pid != os.getpid(), kept") == (40, 40, True, [1])
    assert "execute_result" in [m["msg_type"] for m in kernel.of(msg_id)]
    # What it has defined is the notebook's, and finds the notebook's names.
    assert kernel.value("'base' in globals(), type(other) is Point, there.__globals__ is globals()") == (
        False,
        True,
        True,
    )
    kernel.execute("base = 1")
    assert kernel.value("there()") == 41


def test_functions_of_the_notebook_and_the_code_share_their_names(kernel: Kernel) -> None:
    kernel.execute("count = 0\ndef step():\n    global count\n    count += 1")
    _, record = kernel.run_job("%%job -p\nstep(); step(); count")
    assert kernel.value(f"jobs[{record['id']}].result(), count") == (2, 2)


@pytest.mark.parametrize("code", ["lock.locked()", "reads_it()"])
def test_what_cannot_go_is_named_before_anything_starts(kernel: Kernel, code: str) -> None:
    kernel.execute("import threading\nlock = threading.Lock()\ndef reads_it(): return lock.locked()")
    assert error_of(kernel, f"%job -p {code}").startswith("NotPicklable: `lock` (_thread.lock) cannot be pickled, as")


def test_what_cannot_come_back_stays_and_the_rest_lands(kernel: Kernel) -> None:
    msg_id, record = kernel.run_job(
        "%%job -p\nimport threading\nunpicklable, number = threading.Lock(), 7\nunpicklable"
    )
    assert record["state"] == "finished"
    notes = [str(m["content"]["data"]) for m in kernel.of(msg_id) if m["msg_type"] == "display_data"]
    assert any("`unpicklable` (_thread.lock) cannot be pickled, and stays" in note for note in notes)
    assert kernel.value("number, 'unpicklable' in globals()") == (7, False)
    kernel.execute(
        "def locked():\n    import threading\n    return threading.Lock()\nj = jobs.submit(locked, on='process')"
    )
    assert "the result (_thread.lock) cannot be pickled" in kernel.value("str(j.exception())")


def test_large_arrays_go_over_and_come_back(kernel: Kernel) -> None:
    kernel.execute("import numpy\nnumbers = numpy.arange(2_000_000, dtype='float64')")
    kernel.run_job("%%job -p\ntwice = numbers * 2\ntwice[0] = -1")
    assert kernel.value("float(twice[0]), float(twice[-1]), float(numbers[0]), twice.flags.writeable") == (
        -1.0,
        3999998.0,
        0.0,
        True,
    )


def test_a_process_has_what_the_kernel_has_changed_since(kernel: Kernel, tmp_path: Path) -> None:
    (tmp_path / "beside.py").write_text("value = 5")
    kernel.execute(
        f"import os, sys\nbefore = os.getcwd()\nos.chdir({str(tmp_path)!r}); os.environ['OF_THE_KERNEL'] = 'x'\n"
        f"sys.path.insert(0, {str(tmp_path)!r})"
    )
    _, record = kernel.run_job("%%job -p\nimport beside, os\nos.getcwd(), os.environ['OF_THE_KERNEL'], beside.value")
    kernel.execute("os.chdir(before); del os.environ['OF_THE_KERNEL'], sys.path[0]")
    assert kernel.value(f"jobs[{record['id']}].result()") == (str(tmp_path.resolve()), "x", 5)


# ------------------------------------------------------------------------------ output


def test_everything_that_is_written_comes_to_the_cell_in_order(kernel: Kernel) -> None:
    msg_id, record = kernel.run_job(
        "%%job -p\n"
        "import os, subprocess, sys\nfrom IPython.display import HTML, clear_output, display\n"
        "print('one')\nos.system('echo two')\nprint('three', end='')\nsubprocess.run(['echo', ' four'])\n"
        "print('five', file=sys.stderr)\nhandle = display(HTML('<b>six</b>'), display_id='h')\n"
        "handle.update(HTML('<b>seven</b>'))\nos.write(1, b'eight\\n')\n!echo nine\n"
        "print('ten')\n'eleven'"
    )
    assert record["state"] == "finished", record
    written = []
    for message in kernel.of(msg_id):
        content = message["content"]
        if message["msg_type"] == "stream":
            written += content["text"].split()
        elif "text/html" in content.get("data", {}):
            written.append(re.sub("<.*?>", "", content["data"]["text/html"]))
        elif message["msg_type"] == "execute_result":
            written.append(content["data"]["text/plain"].strip("'"))
    assert written == ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"]


def test_a_part_of_a_line_is_shown_while_the_code_goes_on(kernel: Kernel) -> None:
    msg_id = kernel.execute("%%job -p\nimport time\nprint('half', end='')\ntime.sleep(1000)")
    kernel.until(lambda: kernel.text(msg_id) == "half")


def test_magics_and_errors_are_as_in_the_notebook(kernel: Kernel) -> None:
    msg_id, record = kernel.run_job("%%job -p\nwords = !echo a b\n%time number = 3\n(words[0], number)")
    assert kernel.value(f"jobs[{record['id']}].result()") == ("a b", 3)
    assert "Wall time" in kernel.text(msg_id)
    msg_id, record = kernel.run_job("%%job -p\nx = 1\n\ndef f():\n    return x / 0\nf()")
    [error] = [m["content"] for m in kernel.of(msg_id) if m["msg_type"] == "error"]
    shown = re.sub(r"\x1b\[[\d;]*m", "", "\n".join(error["traceback"]))
    assert error["ename"] == "ZeroDivisionError"
    assert "line 6" in shown
    assert re.search(r"-> 5 \s+return x / 0", shown)
    assert "remote_worker" not in shown
    kernel.execute(f"error = jobs[{record['id']}].exception()")
    assert kernel.value("type(error).__name__") == "ZeroDivisionError"


def test_progress_is_told(kernel: Kernel) -> None:
    _, job_id = on_the_way(
        kernel,
        "%%job -p\nimport time\nfrom tqdm import tqdm\n"
        "for i in tqdm(range(8), desc='epochs', mininterval=0):\n"
        "    if i == 5:\n        print('on')\n        time.sleep(1000)",
    )
    kernel.until(lambda: (kernel.records.get(job_id, {}).get("progress") or {}).get("done") == 5)
    assert kernel.records[job_id]["progress"]["text"] == "epochs"


def test_a_job_there_tells_its_progress_by_jobs_current(kernel: Kernel) -> None:
    kernel.execute("def tell(done): jobs.current.progress(done, 4, 'there')")
    for code in ("tell(3)", "from jupyterlab_jobs import jobs\njobs.current.progress(3, 4, 'there')"):
        _, record = kernel.run_job(f"%%job -p\n{code}")
        assert record["state"] == "finished", record
        assert {key: record["progress"][key] for key in ("done", "total", "text")} == {
            "done": 3,
            "total": 4,
            "text": "there",
        }
    assert "jobs.kill_all is in the kernel" in error_of(kernel, "%job -p jobs.kill_all()")


def test_figures_are_shown_at_the_end(kernel: Kernel) -> None:
    msg_id, record = kernel.run_job("%%job -p\nimport matplotlib.pyplot as plt\nplt.plot([1, 2]);")
    assert record["state"] == "finished", record
    assert any("image/png" in m["content"].get("data", {}) for m in kernel.of(msg_id))


# -------------------------------------------------------------------------------- ends


@pytest.mark.parametrize(
    ("code", "last"),
    [
        ("try:\n    while True: time.sleep(0.1)\nfinally:\n    print('cleaned up')", "cleaned up\n"),
        ("while True:\n    try: time.sleep(0.1)\n    except Exception: pass", "on\n"),
        ("while True:\n    try: time.sleep(0.1)\n    except BaseException: pass", "on\n"),
        (
            "import ctypes, signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, {15})\nctypes.PyDLL(None).sleep(1000)",
            "on\n",
        ),
        ("lock = threading.Lock(); lock.acquire(); lock.acquire()", "on\n"),
        ("import subprocess\nsubprocess.run('sleep 1000 & sleep 1000', shell=True)", "on\n"),
    ],
    ids=["finally", "except Exception", "bare except", "C call", "lock", "grandchildren"],
)
def test_a_kill_ends_the_process_and_all_that_it_has_started(kernel: Kernel, code: str, last: str) -> None:
    msg_id, job_id = on_the_way(
        kernel, f"%%job -p\nimport os, threading, time\nprint(os.getpid())\nprint('on')\n{code}"
    )
    process = psutil.Process(int(kernel.text(msg_id).split()[0]))
    kernel.until(lambda: not code.endswith("shell=True)") or len(process.children(recursive=True)) == 3)
    family = [process, *process.children(recursive=True)]
    kernel.ask("kill", {"jobs": [job_id]})
    record = kernel.ended(job_id)
    assert record["state"] == "killed"
    assert record["ended"] - record["stopping_since"] < 5
    assert kernel.text(msg_id).endswith(last)
    _, alive = psutil.wait_procs(family, timeout=5)
    assert not alive


def test_a_kill_in_the_middle_of_large_outputs_ends_the_process_as_well(kernel: Kernel) -> None:
    _, job_id = on_the_way(
        kernel,
        "%%job -p\nimport time\nprint('on')\n"
        "try:\n    while True: print('x' * 1_000_000)\nfinally:\n    time.sleep(1000)",
    )
    kernel.ask("kill", {"jobs": [job_id]})
    assert kernel.ended(job_id)["state"] == "killed"


def test_a_kill_touches_no_other_process(kernel: Kernel) -> None:
    code = "%%job -p\nimport time\nprint('on')\ntime.sleep(1000)"
    _, first = on_the_way(kernel, code)
    _, second = on_the_way(kernel, code)
    kernel.ask("kill", {"jobs": [first]})
    assert kernel.ended(first)["state"] == "killed"
    _, third = kernel.run_job("%job -p 6 * 7")
    assert third["state"] == "finished"
    assert kernel.records[second]["state"] == "running"


@pytest.mark.parametrize(
    ("code", "how"),
    [
        ("os.kill(os.getpid(), 11)", "was ended by SIGSEGV"),
        ("os.kill(os.getpid(), 9)", "was ended by SIGKILL; the system may have been out of memory"),
        ("os._exit(3)", "has ended by itself, with exit status 3"),
    ],
)
def test_a_process_that_dies_says_how(kernel: Kernel, code: str, how: str) -> None:
    kernel.execute("import os")
    message = error_of(kernel, f"%job -p print('written', flush=True); {code}")
    assert message == f"ProcessDied: the process of the job {how}"


def test_no_process_is_left_when_jobs_have_ended_and_none_was_there_before(fresh_kernel: Kernel) -> None:
    fresh_kernel.install()
    fresh_kernel.run_job("%job 1")
    assert workers(fresh_kernel) == []
    for _ in range(3):
        fresh_kernel.run_job("%job -p 1")
    # One is kept ready for the next.
    fresh_kernel.until(lambda: len(workers(fresh_kernel)) == 1)
    [ready] = workers(fresh_kernel)
    fresh_kernel.execute("import jupyterlab_jobs; jupyterlab_jobs.unload_ipython_extension(get_ipython())")
    ready.wait(10)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_processes_end_with_the_kernel(fresh_kernel: Kernel, how: int) -> None:
    fresh_kernel.install()
    on_the_way(fresh_kernel, "%%job -p\nimport time\nprint('on')\nwhile True: pass")
    family = workers(fresh_kernel)
    assert len(family) == 2
    psutil.Process(fresh_kernel.value("__import__('os').getpid()")).send_signal(how)
    _, alive = psutil.wait_procs(family, timeout=10)
    assert not alive


# --------------------------------------------------------------------------- functions


def test_functions_run_in_processes_too(kernel: Kernel) -> None:
    kernel.execute(
        "import os\ndef f(a, b=1): return a + b, os.getpid()\nasync def g(): return 5\ndef bad(): {}['key']\n"
        "one, two, three = (jobs.submit(f, 1, b=2, on='process'), jobs.submit(g, on='process'), "
        "jobs.submit(bad, on='process'))"
    )
    assert kernel.value("one.result()[0], one.result()[1] != os.getpid(), two.result()") == (3, True, 5)
    assert kernel.value("repr(three.exception())") == "KeyError('key')"
    assert "def bad(): {}['key']" in re.sub(r"\x1b\[[\d;]*m", "", kernel.value("three.traceback"))


def test_a_map_has_a_process_for_each_worker(kernel: Kernel) -> None:
    kernel.execute(
        "import os\ndef f(x): return 10 // x, os.getpid()\n"
        "group = jobs.map(f, [1, 2, 0, 5], workers=2, on='process', errors='collect')\nresults = group.result()"
    )
    assert kernel.value("[type(r).__name__ if isinstance(r, Exception) else r[0] for r in results]") == [
        10,
        5,
        "ZeroDivisionError",
        2,
    ]
    assert kernel.value("len({r[1] for r in results if type(r) is tuple} - {os.getpid()}) in (1, 2)")
    kernel.execute("import time\nendless = jobs.map(time.sleep, [1000] * 4, workers=2, on='process')")
    job_id = kernel.value("endless.id")
    kernel.until(lambda: len(workers(kernel)) == 3)
    kernel.ask("kill", {"jobs": [job_id]})
    assert kernel.ended(job_id)["state"] == "killed"
    kernel.until(lambda: len(workers(kernel)) == 1)


# --------------------------------------------------------------------------- bad input


def test_what_makes_no_sense_is_said_in_a_line(kernel: Kernel) -> None:
    for code, message in (
        ("%job --on nowhere 1", "%job: unknown backend 'nowhere'; backends are: thread, process"),
        ("%job -p --shared 1", "%job: --shared is for a job in a thread"),
    ):
        assert message in kernel.text(kernel.execute(code), "stderr")
    kernel.execute("import sys\nsys.modules['cloudpickle'] = None")
    said = kernel.text(kernel.execute("%job -p 1"), "stderr")
    kernel.execute("del sys.modules['cloudpickle']")
    assert 'pip install "jupyterlab-jobs[process]"' in said


# ------------------------------------------------------------------------------ limits


def test_a_limit_for_processes_queues_them_and_nobody_else(kernel: Kernel) -> None:
    kernel.execute("jobs.limits['process'] = 1")
    try:
        _, first = on_the_way(kernel, "%%job -p\nimport time\nprint('on')\ntime.sleep(1000)")
        second = kernel.job_of(kernel.execute("%job -p 2"))
        third = kernel.job_of(kernel.execute("%job -p 3"))
        assert kernel.in_state(second, "queued")["waiting_for"] == "its turn: 1 at once on process"
        assert kernel.run_job("%job 'in a thread'")[1]["state"] == "finished"
        kernel.ask("kill", {"jobs": [first]})
        ended = [kernel.ended(job_id) for job_id in (second, third)]
        assert [record["state"] for record in ended] == ["finished", "finished"]
        assert ended[1]["started"] >= ended[0]["ended"]
    finally:
        kernel.execute("del jobs.limits['process']")
    assert kernel.value("jobs.limits['process'], list(jobs.limits)") == (None, ["thread", "process", "dask"])


def test_a_limit_that_is_raised_lets_jobs_start(kernel: Kernel) -> None:
    kernel.execute("import time\njobs.limits['thread'] = 1")
    try:
        first = kernel.job_of(kernel.execute("%job time.sleep(1000)"))
        second = kernel.job_of(kernel.execute("%job time.sleep(1000)"))
        kernel.in_state(second, "queued")
        kernel.execute("jobs.limits['thread'] = 2")
        kernel.in_state(second, "running")
        assert kernel.records[first]["state"] == "running"
    finally:
        kernel.execute("jobs.limits['thread'] = None")


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("jobs.limits['process'] = 0", "a limit is a number of jobs, or None, not 0"),
        ("jobs.limits['nowhere'] = 1", "unknown backend 'nowhere'; backends are: thread, process, dask"),
    ],
)
def test_a_limit_that_is_none_is_refused(kernel: Kernel, assignment: str, message: str) -> None:
    reply = kernel.shell_reply(kernel.execute(assignment, wait=False))
    assert (reply["content"]["ename"], reply["content"]["evalue"]) == ("ValueError", message)
