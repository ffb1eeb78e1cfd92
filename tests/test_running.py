"""Jobs that run to their end: what they compute, assign, print and raise."""

from __future__ import annotations

import re

import pytest
from harness import MIME_TYPE, Kernel

ANSI = re.compile(r"\x1b\[[0-9;]*m")


def test_the_value_of_the_last_expression_is_the_result(kernel: Kernel) -> None:
    msg_id, record = kernel.run_job("%%job\nx = 20\nx + 1")
    assert record["state"] == "finished"
    assert kernel.value(f"jobs[{record['id']}].result()") == 21
    [result] = [m for m in kernel.of(msg_id) if m["msg_type"] == "execute_result"]
    assert result["content"]["data"] == {"text/plain": "21"}
    assert result["content"]["execution_count"] == record["execution_count"]


def test_a_semicolon_hides_the_value_but_keeps_it(kernel: Kernel) -> None:
    msg_id, record = kernel.run_job("%job 6 * 7;")
    assert "execute_result" not in [m["msg_type"] for m in kernel.of(msg_id)]
    assert kernel.value(f"jobs[{record['id']}].result()") == 42


def test_a_cell_that_ends_in_a_job_shows_its_record_once(kernel: Kernel) -> None:
    msg_id, record = kernel.run_job("%job 1")
    shown = [m for m in kernel.of(msg_id) if MIME_TYPE in m["content"].get("data", {})]
    assert [m["msg_type"] for m in shown] in (["display_data"], ["display_data", "update_display_data"])
    last = shown[-1]["content"]
    assert last["data"][MIME_TYPE]["state"] == "finished"
    assert last["data"]["text/plain"].startswith(f"Job {record['id']} · 1 · finished in ")
    assert len({m["content"]["transient"]["display_id"] for m in shown}) == 1


def test_several_jobs_of_one_cell_and_lines_between(kernel: Kernel) -> None:
    msg_id = kernel.execute("a = 1\n%job a + 1\na = 10\nj = %job a + 1\n%job print('third')")
    ids = [kernel.job_of(msg_id, index) for index in range(3)]
    for job_id in ids:
        assert kernel.ended(job_id)["state"] == "finished"
    assert kernel.value(f"[jobs[{ids[0]}].result(), j.result(), j.id]") == [2, 11, ids[1]]
    assert kernel.text(msg_id) == "third\n"


@pytest.mark.parametrize(
    ("code", "output"),
    [
        ("%job print('a'); print('b')", "a\nb\n"),
        ("%job !echo out; echo err >&2", "out\nerr\n"),
        ("%%job\nword = 'hello'\n!echo {word} $word", "hello hello\n"),
        ("%%job\nlines = !printf 'a\\nb\\n'\nprint(list(lines))", "['a', 'b']\n"),
        ("%job %who_ls str", ""),
        ("%job\nprint('the body')\nprint('of the cell')", "the body\nof the cell\n"),
        ("%job --name down\nprint('named')", "named\n"),
        ("%%job --name 'two words'\nprint('named')", "named\n"),
        ("%job -- print('after the dashes')", "after the dashes\n"),
        ("%%job\nimport sys\nsys.stdout.write('x'); sys.stdout.flush(); print('y', flush=True)", "xy\n"),
        (
            "%%job\nimport threading\nt = threading.Thread(target=print, args=('child',)); t.start(); t.join()",
            "child\n",
        ),
        (
            "%%job\nimport asyncio\nasync def f():\n    print('task')\nawait asyncio.gather(f(), f())",
            "task\ntask\n",
        ),
        ("%%job\nimport asyncio\nawait asyncio.to_thread(print, 'to thread')", "to thread\n"),
    ],
)
def test_code(kernel: Kernel, code: str, output: str) -> None:
    msg_id, record = kernel.run_job(code)
    assert record["state"] == "finished", record["error"]
    assert kernel.text(msg_id) == output


def test_names_in_the_panel(kernel: Kernel) -> None:
    assert kernel.run_job("%%job\n# a comment\n\nprint(1)\nprint(2)")[1]["name"] == "print(1)"
    assert kernel.run_job("%job --name 'two words' 1")[1]["name"] == "two words"
    assert kernel.run_job("%job --name=short 1")[1]["name"] == "short"


def test_top_level_await_has_a_loop_of_its_own(kernel: Kernel) -> None:
    _, record = kernel.run_job(
        "%%job\nimport asyncio\nloop = asyncio.get_running_loop()\n"
        "await asyncio.sleep(0)\nvalue = await asyncio.sleep(0, 5)\nvalue"
    )
    assert record["state"] == "finished", record["error"]
    assert kernel.value(f"(jobs[{record['id']}].result(), value, loop.is_closed())") == (5, 5, True)


def test_a_traceback_is_ipythons_with_the_lines_of_the_cell(kernel: Kernel) -> None:
    msg_id, record = kernel.run_job("%%job\ndef divide(x):\n    return 1 / x\n\ndivide(0)")
    [error] = [m["content"] for m in kernel.of(msg_id) if m["msg_type"] == "error"]
    assert error == record["error"]
    assert (error["ename"], error["evalue"]) == ("ZeroDivisionError", "division by zero")
    text = ANSI.sub("", "\n".join(error["traceback"]))
    assert f"Cell In[{record['execution_count']}], line 5" in text
    assert re.search(r"-+> 5 divide\(0\)", text)
    assert re.search(r"-+> 3 +return 1 / x", text)
    assert "\x1b[" in "".join(error["traceback"])
    assert "jupyterlab_jobs" not in text


def test_a_traceback_of_a_job_line_points_to_its_line(kernel: Kernel) -> None:
    _, record = kernel.run_job("a = 1\n\n%job 1 / 0")
    text = ANSI.sub("", "\n".join(record["error"]["traceback"]))
    assert "line 3" in text


def test_a_class_that_breaks_its_own_str_does_not_break_the_job(kernel: Kernel) -> None:
    _, record = kernel.run_job(
        "%%job\nclass Bad(Exception):\n    def __str__(self):\n        raise ValueError\nraise Bad"
    )
    assert (record["state"], record["error"]["ename"]) == ("failed", "Bad")


@pytest.mark.parametrize(
    "code", ["raise SystemExit(3)", "raise KeyboardInterrupt", "exit_ = BaseException('x'); raise exit_"]
)
def test_no_exception_leaves_the_thread(kernel: Kernel, code: str) -> None:
    _, record = kernel.run_job(f"%%job\n{code}")
    assert record["state"] == "failed"


@pytest.mark.parametrize("code", ["exit()", "quit", "exit(keep_kernel=True)"])
def test_exit_ends_the_job_and_not_the_kernel(kernel: Kernel, code: str) -> None:
    _, record = kernel.run_job(f"%job {code}")
    assert (record["state"], record["error"]["ename"]) == ("failed", "SystemExit")
    assert record["error"]["evalue"] == "exit() ends the job, not the kernel"
    reply = kernel.shell_reply(kernel.execute("1", wait=False))
    assert reply["content"]["payload"] == []
    assert kernel.value("get_ipython().exit_now") is False


def test_result_raises_what_the_job_raised(kernel: Kernel) -> None:
    _, record = kernel.run_job("%job {}['missing']")
    msg_id = kernel.execute(f"jobs[{record['id']}].result()")
    [error] = [m["content"] for m in kernel.of(msg_id) if m["msg_type"] == "error"]
    assert error["ename"] == "KeyError"


def test_functions_can_be_submitted(kernel: Kernel) -> None:
    kernel.execute("def add(x, y=0):\n    print('adding')\n    return x + y\nj = jobs.submit(add, 1, y=2)")
    assert kernel.value("j.result(10)") == 3
    msg_id = kernel.execute("async def later():\n    return 7\nk = jobs.submit(later, name='later')")
    assert kernel.value("(k.result(10), k.name, k.done())") == (7, "later", True)
    assert kernel.execute("j = jobs.submit('1 + 1')") != msg_id
    assert kernel.value("j.result(10)") == 2


def test_a_job_can_start_a_job(kernel: Kernel) -> None:
    msg_id, record = kernel.run_job("%%job\ninner = %job print('inner')\ninner.result(10)\njobs.current.id")
    assert record["state"] == "finished", record["error"]
    assert kernel.value(f"jobs[{record['id']}].result()") == record["id"]
    assert kernel.text(msg_id) == "inner\n"
