"""A job's variables: its own while it runs, the notebook's when it lands."""

from __future__ import annotations

import re
import textwrap

import pytest
from definitions import DEFINITIONS, Definition
from harness import Kernel

ANSI = re.compile(r"\x1b\[[0-9;]*m")


def run(kernel: Kernel, code: str) -> int:
    """Run a job that must finish; returns its id."""
    _, record = kernel.run_job("%%job\n" + textwrap.dedent(code).strip())
    assert record["state"] == "finished", record["error"]
    return int(record["id"])


def start_waiting(kernel: Kernel, before: str, after: str = "pass") -> int:
    """Start a job that has run some code and waits, until `gate.set()`; returns its id."""
    kernel.execute("import threading\ngate = threading.Event()\nreached = threading.Event()")
    msg_id = kernel.execute(f"%%job\n{before}\nreached.set()\ngate.wait(20)\n{after}")
    job_id = kernel.job_of(msg_id)
    assert kernel.value("reached.wait(20)") is True
    return job_id


def open_gate(kernel: Kernel, job_id: int) -> dict[str, object]:
    kernel.execute("gate.set()")
    return kernel.ended(job_id)


def error_of(kernel: Kernel, code: str) -> str:
    """What a cell that fails shows, without colours."""
    msg_id = kernel.execute(code)
    errors = [m for m in kernel.of(msg_id) if m["msg_type"] == "error"]
    assert len(errors) == 1, [(m["msg_type"], m["content"]) for m in kernel.of(msg_id)]
    [error] = errors
    return ANSI.sub("", "\n".join(error["content"]["traceback"]))


# --------------------------------------------------------------- landing by the panel


def test_the_panel_lands_what_a_job_has_assigned_so_far(kernel: Kernel) -> None:
    kernel.execute("from_the_panel = 0")
    job_id = start_waiting(kernel, "from_the_panel = 1")
    assert kernel.ask("land", {"job": job_id}) == {"names": ["from_the_panel"]}
    assert kernel.value("from_the_panel") == 1
    assert kernel.ask("land", {"job": job_id}) == {"names": []}
    assert kernel.request("land", {"job": 10**6})["ename"] == "NoSuchJob"


def test_the_panel_removes_a_job_that_has_ended(kernel: Kernel) -> None:
    ended, other = (kernel.run_job("%job 1")[1]["id"] for _ in range(2))
    running = start_waiting(kernel, "1")
    assert kernel.ask("clear", {"jobs": [ended, running]}) == {"removed": [ended]}
    kernel.until(lambda: ended not in kernel.records)
    assert {other, running} <= kernel.records.keys()


# ------------------------------------------------------------------ landing by itself


def test_assignments_land_when_the_job_finishes(kernel: Kernel) -> None:
    kernel.execute("landing = 'before'")
    job_id = start_waiting(kernel, "landing = 'after'")
    assert kernel.value("landing") == "before"
    assert open_gate(kernel, job_id)["state"] == "finished"
    assert kernel.value("landing") == "after"


def test_a_job_sees_the_variables_as_they_were_when_it_started(kernel: Kernel) -> None:
    kernel.execute("seen = 1")
    job_id = start_waiting(kernel, "pass", "seen")
    kernel.execute("seen = 2")
    open_gate(kernel, job_id)
    assert kernel.value(f"jobs[{job_id}].result()") == 1


def test_two_copies_of_a_loop_do_not_disturb_each_other(kernel: Kernel) -> None:
    code = "%%job\ntotal = 0\nfor i in range(20000):\n    total += i\ntotal"
    first, second = kernel.execute(code), kernel.execute(code)
    for msg_id in (first, second):
        job_id = kernel.job_of(msg_id)
        kernel.ended(job_id)
        assert kernel.value(f"jobs[{job_id}].result()") == sum(range(20000))


def test_jobs_of_a_foreground_loop_each_get_their_own_value(kernel: Kernel) -> None:
    kernel.execute("started = []\nfor chunk in range(5):\n    j = %job chunk * 10\n    started.append(j)")
    assert kernel.value("[job.result(10) for job in started]") == [0, 10, 20, 30, 40]


def test_deleted_names_are_deleted(kernel: Kernel) -> None:
    kernel.execute("doomed = 1")
    run(kernel, "del doomed")
    assert kernel.value("'doomed' in globals()") is False


@pytest.mark.parametrize("end", ["1 / 0", "while True: pass"])
def test_a_job_that_does_not_finish_lands_nothing(kernel: Kernel, end: str) -> None:
    kernel.execute("untouched = 1")
    job_id = start_waiting(kernel, "untouched = 2", end)
    kernel.execute("gate.set()")
    kernel.in_state(job_id, "running", "failed")
    kernel.ask("kill", {"jobs": [job_id]})
    assert kernel.ended(job_id)["state"] in ("failed", "killed")
    assert kernel.value("untouched") == 1


def test_names_that_the_notebook_rebound_are_replaced_and_named(kernel: Kernel) -> None:
    kernel.execute("kept = rebound = removed = 1")
    job_id = start_waiting(kernel, "kept = rebound = new = removed = 2")
    kernel.execute("rebound = new = 3\ndel removed")
    open_gate(kernel, job_id)
    assert kernel.value("kept, rebound, new, removed") == (2, 2, 2, 2)
    notes = [
        m["content"]["data"]["text/plain"]
        for m in kernel.messages
        if m["msg_type"] == "display_data" and "replaced" in m["content"]["data"].get("text/plain", "")
    ]
    assert notes[-1] == (
        f"Job {job_id} replaced `new`, `rebound`, `removed`: rebound in the notebook since the job started"
    )
    assert kernel.value(f"jobs[{job_id}].output") == "", "the runtime's own line is no output of the job"


def test_what_nobody_rebound_is_not_spoken_of(kernel: Kernel) -> None:
    kernel.execute("quiet = 1")
    msg_id, _ = kernel.run_job("%%job\nquiet = 2")
    assert not [m for m in kernel.of(msg_id) if "replaced" in str(m["content"].get("data"))]


def test_a_job_that_a_job_starts_sees_its_variables(kernel: Kernel) -> None:
    job_id = run(kernel, "inner = 5\nk = %job inner * 2\nk.result(10)")
    assert kernel.value(f"jobs[{job_id}].result()") == 10


# ------------------------------------------------------------------ vars and land


def test_the_variables_of_a_running_job_can_be_seen(kernel: Kernel) -> None:
    kernel.execute("given = 1")
    job_id = start_waiting(kernel, "peeked = 5", "peeked = 6\ngate.clear()\nreached.set()\ngate.wait(20)")
    assert kernel.value(f"dict(jobs[{job_id}].vars)") == {"peeked": 5}
    assert kernel.value(f"'given' in jobs[{job_id}].vars, len(jobs[{job_id}].vars)") == (False, 1)
    assert f"job {job_id} has not assigned 'given'" in error_of(kernel, f"jobs[{job_id}].vars['given']")
    kernel.execute("reached.clear(); gate.set()")
    assert kernel.value("reached.wait(20)") is True
    assert kernel.value(f"jobs[{job_id}].vars['peeked']") == 6
    open_gate(kernel, job_id)
    assert kernel.value(f"dict(jobs[{job_id}].vars)") == {}
    assert "its variables are the notebook's" in error_of(kernel, f"jobs[{job_id}].vars['peeked']")


@pytest.mark.parametrize("verb", [False, True])
def test_a_running_job_can_land(kernel: Kernel, verb: bool) -> None:
    job_id = start_waiting(kernel, "middle = 1\nuntouched_since = 1", "middle = 2")
    if verb:
        msg_id = kernel.execute(f"%jobs land {job_id}")
        assert kernel.text(msg_id) == f"job {job_id}: landed middle, untouched_since\n"
    else:
        assert kernel.value(f"jobs[{job_id}].land()") == ["middle", "untouched_since"]
    assert kernel.value("middle") == 1
    assert kernel.value(f"jobs[{job_id}].land()") == []
    kernel.execute("untouched_since = 'newer'")
    open_gate(kernel, job_id)
    # What the job has not touched since it landed is the notebook's own business.
    assert kernel.value("middle, untouched_since") == (2, "newer")


@pytest.mark.parametrize("end", ["1 / 0", "kill"])
def test_the_variables_of_a_job_that_did_not_finish_can_land(kernel: Kernel, end: str) -> None:
    job_id = start_waiting(kernel, "salvaged = [1]\ndef salvaged_function():\n    return salvaged", end)
    if end == "kill":
        kernel.ask("kill", {"jobs": [job_id]})
    else:
        kernel.execute("gate.set()")
    kernel.ended(job_id)
    assert kernel.value(f"jobs[{job_id}].vars['salvaged']") == [1]
    assert kernel.value(f"jobs[{job_id}].land()") == ["salvaged", "salvaged_function"]
    kernel.execute("salvaged = 'newer'")
    assert kernel.value("salvaged_function()") == "newer"
    kernel.execute(f"cleared = jobs[{job_id}]\n%jobs clear {job_id}")
    assert kernel.value("dict(cleared.vars), cleared.land()") == ({}, [])
    assert "was cleared" in error_of(kernel, "cleared.vars['salvaged']")


def test_a_function_has_no_variables_to_land(kernel: Kernel) -> None:
    kernel.execute("j = jobs.submit(len, [1])")
    assert kernel.value("j.result(10), j.land(), dict(j.vars)") == (1, [], {})


def test_classes_land_for_good_at_the_end(kernel: Kernel) -> None:
    code = "depth = 1\nclass Early:\n    def depth(self):\n        return depth\ndef early():\n    return depth"
    job_id = start_waiting(kernel, code, "seen = Early().depth(), early()")
    kernel.execute(f"jobs[{job_id}].land()\ndepth = 100")
    assert kernel.value("early()") == 100
    open_gate(kernel, job_id)
    # The job has seen its own names to the end.
    assert kernel.value("seen") == (1, 1)
    assert kernel.value("early(), Early().depth()") == (100, 100)


# ------------------------------------------------------------------ the hint


def test_a_name_error_for_a_jobs_variable_names_the_ways_to_it(kernel: Kernel) -> None:
    job_id = start_waiting(kernel, "hinted = 1")
    shown = error_of(kernel, "hinted")
    hint = (
        f"`hinted` is a variable of job {job_id}, which has not finished: "
        f'jobs[{job_id}].vars["hinted"] is its value, jobs[{job_id}].land() makes all of them the notebook\'s'
    )
    assert shown.count(hint) == 1
    assert "NameError: name 'hinted' is not defined" in shown
    _, record = kernel.run_job("%job hinted + 1")
    assert hint in ANSI.sub("", "\n".join(record["error"]["traceback"]))
    kernel.ask("kill", {"jobs": [job_id]})
    kernel.ended(job_id)
    assert "which was killed" in error_of(kernel, "hinted")
    assert "variable of job" not in error_of(kernel, "no_job_has_this")


# ------------------------------------------------------------------ --shared


def test_a_shared_job_has_the_notebooks_names(kernel: Kernel) -> None:
    kernel.execute("import threading\ngate = threading.Event()\nreached = threading.Event()")
    msg_id = kernel.execute("%%job --shared\nat_once = 1\nreached.set()\ngate.wait(20)\nlater = from_notebook + 1")
    job_id = kernel.job_of(msg_id)
    assert kernel.value("reached.wait(20), at_once") == (True, 1)
    kernel.execute("from_notebook = 10")
    assert kernel.value(f"jobs[{job_id}].land(), dict(jobs[{job_id}].vars)") == ([], {})
    open_gate(kernel, job_id)
    assert kernel.value("later") == 11


# ------------------------------------------------------------------ what may be defined


@pytest.mark.parametrize("definition", DEFINITIONS.values(), ids=DEFINITIONS)
def test_what_a_job_defines_is_the_notebooks_afterwards(kernel: Kernel, definition: Definition) -> None:
    run(kernel, definition.job)
    kernel.execute(definition.cell)
    assert kernel.value(definition.expression) == definition.expected


def test_a_class_of_a_landed_job_can_be_pickled(kernel: Kernel) -> None:
    run(kernel, "class Pickled:\n    def __init__(self, x):\n        self.x = x\nmade_by_job = Pickled(1)")
    kernel.execute("import pickle")
    assert kernel.value("pickle.loads(pickle.dumps(made_by_job)).x, type(made_by_job) is Pickled") == (1, True)


# ------------------------------------------------------------------ magics


def test_magics_find_the_jobs_own_variables(kernel: Kernel) -> None:
    kernel.execute("word = 'notebook'")
    msg_id, record = kernel.run_job(
        "%%job\nword = 'job'\n!echo {word} $word\nlines = !echo {word}\n%time timed = word + '!'\n"
        "%timeit -n 1 -r 1 assert word == 'job'\nword"
    )
    assert record["state"] == "finished", record["error"]
    assert kernel.text(msg_id).splitlines()[0] == "job job"
    assert kernel.value("list(lines), timed") == (["job"], "job!")


def test_cell_magics_of_a_job_assign_the_jobs_variables(kernel: Kernel) -> None:
    _, record = kernel.run_job("%%job\nget_ipython().run_cell_magic('bash', '--out from_bash', 'echo hello')")
    assert record["state"] == "finished", record["error"]
    assert kernel.value("from_bash") == "hello\n"
    kernel.run_job("%%job\nget_ipython().run_cell_magic('time', '', 'in_time = 1')")
    assert kernel.value("in_time") == 1


def test_a_script_that_a_job_runs_lands_with_it(kernel: Kernel, tmp_path: object) -> None:
    script = f"{tmp_path}/script.py"
    with open(script, "w") as file:
        file.write("from_script = 1\ndef script_function():\n    return from_script\n")
    job_id = start_waiting(kernel, f"%run {script}")
    assert kernel.value("'from_script' in globals()") is False
    assert kernel.value(f"jobs[{job_id}].vars['from_script']") == 1
    open_gate(kernel, job_id)
    assert kernel.value("from_script, script_function()") == (1, 1)


def test_the_foreground_keeps_its_own(kernel: Kernel) -> None:
    job_id = start_waiting(kernel, "hidden = 1")
    msg_id = kernel.execute("%who_ls\nprint('hidden' in get_ipython().user_ns)")
    assert kernel.text(msg_id) == "False\n"
    open_gate(kernel, job_id)


# ------------------------------------------------------------------ memory

_DATA = "class Data: pass\nimport weakref, gc\nrefs = []"


def test_a_finished_job_keeps_nothing_but_its_result(kernel: Kernel) -> None:
    kernel.execute(_DATA)
    code = "def f(): return local\nlocal = Data()\nkept = Data()\nrefs += map(weakref.ref, (f, local, kept))\nkept"
    kernel.execute(f"gc.collect()\ngc.disable()\nj = jobs.submit({code!r})\nj.wait()\nfinished = j.state")
    assert kernel.value("finished, [r() is not None for r in refs]") == ("finished", [False, True, True])
    kernel.execute("del local, kept")
    assert kernel.value("[r() is not None for r in refs]") == [False, False, True]
    assert kernel.value("j.result() is refs[2]()") is True
    kernel.execute("jobs.clear(j.id)\ndel j")
    _until_gone(kernel, "refs[2]")
    kernel.execute("gc.enable()")


@pytest.mark.parametrize("end", ["1 / 0", "[1 / x for x in range(3)]", "gate.wait(100)"])
def test_a_job_that_did_not_finish_keeps_its_variables_until_it_is_cleared(kernel: Kernel, end: str) -> None:
    kernel.execute(_DATA + "\nimport threading\ngate = threading.Event()\ngc.collect()\ngc.disable()")
    code = f"def in_frame():\n    x = Data()\n    refs.append(weakref.ref(x))\n    {end}\nkept = Data()\nin_frame()"
    kernel.execute(f"j = jobs.submit({code!r})\nwhile not refs: pass\nif not j.wait(0.2): j.kill()\nj.wait()")
    # No frame of it is left; `executing`, which finds what has failed in a line, makes circles before Python 3.11.
    kernel.execute("import sys\nif sys.version_info < (3, 11): gc.collect()")
    _until_gone(kernel, "refs[0]")
    kernel.execute("kept_ref = weakref.ref(j.vars['kept'])")
    assert kernel.value("kept_ref() is j.vars['kept']") is True
    kernel.execute("job_ref = weakref.ref(j)\njobs.clear(j.id)\ndel j")
    _until_gone(kernel, "job_ref")
    # Its function and its names hold each other, as those of every module do.
    kernel.execute("gc.enable()\ngc.collect()")
    assert kernel.value("kept_ref()") is None


def _until_gone(kernel: Kernel, reference: str) -> None:
    """Wait until what a weak reference refers to is gone: other threads let go of it a moment later."""
    kernel.execute(
        "import time\nend = time.monotonic() + 10\n"
        f"while {reference}() is not None and time.monotonic() < end: time.sleep(0.001)"
    )
    assert kernel.value(f"{reference}() is None") is True
