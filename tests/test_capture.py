"""What is captured in a job is that job's, what is captured elsewhere is not, whatever the order."""

from __future__ import annotations

import pytest
from harness import Kernel

SETUP = """
import contextlib, io, logging, sys, threading
from IPython.display import HTML, display
from IPython.utils.capture import capture_output
"""


@pytest.fixture(autouse=True)
def _names(kernel: Kernel) -> None:
    kernel.execute(SETUP)


def test_redirections_in_jobs_catch_their_own_job(kernel: Kernel) -> None:
    kernel.execute("barrier = threading.Barrier(3); buffers = [io.StringIO(), io.StringIO()]")
    code = (
        "%%job\n"
        "with contextlib.redirect_stdout(buffers[{0}]), contextlib.redirect_stderr(buffers[{0}]):\n"
        "    barrier.wait(20)\n"
        "    for i in range(50):\n"
        "        print('job {0}')\n"
        "        print('error {0}', file=sys.stderr)\n"
        "    barrier.wait(20)\n"
        "print('after {0}')"
    )
    cells = [kernel.execute(code.format(number)) for number in range(2)]
    main = kernel.execute(
        "barrier.wait(20)\nprint('main')\nprint('main too', file=sys.stderr)\nbarrier.wait(20)\nprint('end')"
    )
    for number, msg_id in enumerate(cells):
        assert kernel.ended(kernel.job_of(msg_id))["state"] == "finished"
        assert kernel.text(msg_id) == f"after {number}\n"
        assert kernel.text(msg_id, "stderr") == ""
    kernel.until(lambda: kernel.text(main) == "main\nend\n" and kernel.text(main, "stderr") == "main too\n")
    assert kernel.value("[b.getvalue() for b in buffers]") == [f"job {n}\nerror {n}\n" * 50 for n in range(2)]


def test_redirections_of_a_job_can_be_nested_and_include_its_threads(kernel: Kernel) -> None:
    msg_id, record = kernel.run_job(
        "%%job\n"
        "outer, inner = io.StringIO(), io.StringIO()\n"
        "with contextlib.redirect_stdout(outer):\n"
        "    print('a')\n"
        "    with contextlib.redirect_stdout(inner):\n"
        "        t = threading.Thread(target=print, args=('b',)); t.start(); t.join()\n"
        "        assert sys.stdout is inner\n"
        "    print('c')\n"
        "print('d')"
    )
    assert record["state"] == "finished", record["error"]
    assert kernel.value("[outer.getvalue(), inner.getvalue()]") == ["a\nc\n", "b\n"]
    assert kernel.text(msg_id) == "d\n"


def test_the_order_of_leaving_does_not_matter(kernel: Kernel) -> None:
    kernel.execute(
        "entered, left = threading.Event(), threading.Event()\n"
        "mine, its, before = io.StringIO(), io.StringIO(), sys.stdout"
    )
    job = kernel.execute(
        "%%job\nwith contextlib.redirect_stdout(its):\n"
        "    entered.set()\n    left.wait(20)\n    print('job inside')\nprint('job outside')",
        wait=False,
    )
    main = kernel.execute(
        "with contextlib.redirect_stdout(mine):\n"
        "    entered.wait(20)\n    print('main inside')\nprint('main outside')\nleft.set()"
    )
    kernel.ended(kernel.job_of(job))
    later = kernel.execute("print('later')")
    assert kernel.value("[mine.getvalue(), its.getvalue()]") == ["main inside\n", "job inside\n"]
    assert kernel.text(job) == "job outside\n"
    kernel.until(lambda: kernel.text(main) == "main outside\n")
    kernel.until(lambda: kernel.text(later) == "later\n")


def test_a_job_enters_first_and_leaves_first(kernel: Kernel) -> None:
    kernel.execute("entered, leave = threading.Event(), threading.Event()\nmine, its = io.StringIO(), io.StringIO()")
    job = kernel.execute(
        "%%job\nwith contextlib.redirect_stdout(its):\n"
        "    entered.set()\n    leave.wait(20)\n    print('job inside')\nprint('job outside')"
    )
    main = kernel.execute(
        "entered.wait(20)\nwith contextlib.redirect_stdout(mine):\n    leave.set()\n"
        "    list(jobs)[-1].wait(20)\n    print('main inside')\nprint('main outside')"
    )
    kernel.ended(kernel.job_of(job))
    assert kernel.value("[mine.getvalue(), its.getvalue()]") == ["main inside\n", "job inside\n"]
    assert kernel.text(job) == "job outside\n"
    kernel.until(lambda: kernel.text(main) == "main outside\n")


def test_assigning_a_stream_in_a_job_is_the_jobs_own_business(kernel: Kernel) -> None:
    msg_id, record = kernel.run_job(
        "%%job\n"
        "class Tee:\n"
        "    def __init__(self, stream):\n        self.stream, self.seen = stream, []\n"
        "    def write(self, text):\n        self.seen.append(text)\n        return self.stream.write(text)\n"
        "    def flush(self):\n        self.stream.flush()\n"
        "sys.stdout = tee = Tee(sys.stdout)\n"
        "sys.stdout = Tee(sys.stdout)\n"
        "print('seen')\n"
        "seen = tee.seen"
    )
    assert record["state"] == "finished", record["error"]
    main = kernel.execute("print('main')")
    kernel.until(lambda: kernel.text(main) == "main\n")
    other, _ = kernel.run_job("%job print('other')")
    assert kernel.text(other) == "other\n"
    assert kernel.text(msg_id) == "seen\n"
    assert "".join(kernel.value("seen")) == "seen\n"


def test_assigning_a_stream_in_the_foreground_leaves_jobs_alone(kernel: Kernel) -> None:
    kernel.execute("before = sys.stdout; sys.stdout = mine = io.StringIO()")
    msg_id, _ = kernel.run_job("%job print('from the job')")
    kernel.execute("print('from the cell'); kind = isinstance(sys.stdout, io.StringIO); sys.stdout = before")
    main = kernel.execute("print('again')")
    assert kernel.text(msg_id) == "from the job\n"
    assert kernel.value("[mine.getvalue(), kind, sys.stdout is before]") == ["from the cell\n", True, True]
    kernel.until(lambda: kernel.text(main) == "again\n")


def test_mock_patches_a_stream_in_a_job(kernel: Kernel) -> None:
    msg_id, record = kernel.run_job(
        "%%job\nfrom unittest import mock\n"
        "with mock.patch('sys.stdout', new_callable=io.StringIO) as patched:\n    print('inside')\n"
        "print('outside', patched.getvalue())"
    )
    assert record["state"] == "finished", record["error"]
    assert kernel.text(msg_id) == "outside inside\n\n"


def test_the_module_sys_can_be_pickled(kernel: Kernel) -> None:
    kernel.run_job("%job 1")
    kernel.execute("import copy, inspect, pickle")
    assert kernel.value(
        "[pickle.loads(pickle.dumps(sys)) is sys, copy.deepcopy(sys) is sys, inspect.ismodule(sys)]"
    ) == [
        True,
        True,
        True,
    ]


def test_capture_output_in_a_job_takes_displays_too(kernel: Kernel) -> None:
    kernel.execute("entered, leave = threading.Event(), threading.Event()")
    job = kernel.execute(
        "%%job\nwith capture_output() as captured:\n"
        "    print('text')\n    print('error', file=sys.stderr)\n    display(HTML('<b>captured</b>'))\n"
        "    entered.set()\n    leave.wait(20)\n"
        "display(HTML('<b>shown</b>'))"
    )
    main = kernel.execute("entered.wait(20)\nprint('main')\ndisplay(HTML('<i>main</i>'))\nleave.set()\n6 * 7")
    assert kernel.ended(kernel.job_of(job))["state"] == "finished"
    assert kernel.value("[captured.stdout, captured.stderr, [o.data['text/html'] for o in captured.outputs]]") == [
        "text\n",
        "error\n",
        ["<b>captured</b>"],
    ]
    assert kernel.text(job) == ""
    assert _html(kernel, job) == ["<b>shown</b>"]
    kernel.until(lambda: kernel.text(main) == "main\n")
    assert _html(kernel, main) == ["<i>main</i>"]
    assert [m for m in kernel.of(main) if m["msg_type"] == "execute_result"]


def test_the_foregrounds_capture_does_not_take_a_jobs_displays(kernel: Kernel) -> None:
    kernel.execute("gate = threading.Event()")
    job = kernel.execute(
        "%%job\ngate.wait(20)\ndisplay(HTML('<b>job</b>'))\nhandle = display(HTML('1'), display_id=True)\n"
        "handle.update(HTML('2'))"
    )
    kernel.execute("%%capture captured\ndisplay(HTML('<i>main</i>'))\ngate.set()\nwaited = list(jobs)[-1].wait(20)")
    kernel.ended(kernel.job_of(job))
    assert kernel.value("[o.data['text/html'] for o in captured.outputs]") == ["<i>main</i>"]
    assert _html(kernel, job) == ["<b>job</b>", "1", "2"]


def test_the_first_job_starts_in_a_cell_that_is_captured(fresh_kernel: Kernel) -> None:
    fresh_kernel.execute(SETUP)
    fresh_kernel.install()
    fresh_kernel.execute(
        "%%capture captured\nj = jobs.submit(lambda: (print('job'), display(HTML('<b>job</b>'))))\nj.wait(20)\n"
        "print('main')\ndisplay(HTML('<i>main</i>'))"
    )
    fresh_kernel.run_job("%job display(HTML('<b>later</b>'))")
    assert fresh_kernel.value("[captured.stdout, [o.data['text/html'] for o in captured.outputs]]") == [
        "main\n",
        ["<i>main</i>"],
    ]
    assert fresh_kernel.value("j.output.splitlines()[0]") == "job"


def test_the_capture_magic_in_a_job(kernel: Kernel) -> None:
    kernel.execute("seen = 1")
    msg_id, record = kernel.run_job(
        "%%job\n%%capture caught\nprint('text')\ndisplay(HTML('<b>captured</b>'))\nseen += 1\nfound = seen * 10\nfound"
    )
    assert record["state"] == "finished", record["error"]
    assert kernel.text(msg_id) == ""
    assert kernel.value(
        "[caught.stdout, caught.outputs[0].data['text/html'], caught.outputs[1].data, seen, found]"
    ) == [
        "text\n",
        "<b>captured</b>",
        {"text/plain": "20"},
        2,
        20,
    ]
    msg_id, record = kernel.run_job("%%job\n%%capture --no-stdout --no-display other\nprint('text')\n6 * 7")
    assert record["state"] == "finished", record["error"]
    assert kernel.text(msg_id) == "text\n"
    [result] = [m["content"] for m in kernel.of(msg_id) if m["msg_type"] == "execute_result"]
    assert result["data"] == {"text/plain": "42"}


def test_the_capture_magic_in_a_job_that_fails(kernel: Kernel) -> None:
    _, record = kernel.run_job("%%job\n%%capture never\nunlanded = 1\n1 / 0")
    assert (record["state"], record["error"]["ename"]) == ("failed", "ZeroDivisionError")
    assert kernel.value("[name in globals() for name in ('never', 'unlanded')]") == [False, False]


def test_the_capture_magic_awaits(kernel: Kernel) -> None:
    _, record = kernel.run_job("%%job\n%%capture waited\nimport asyncio\nprint(await asyncio.sleep(0, 'slept'))")
    assert record["state"] == "finished", record["error"]
    assert kernel.value("waited.stdout") == "slept\n"


def test_shell_commands_in_a_job_are_captured(kernel: Kernel) -> None:
    msg_id, record = kernel.run_job("%%job\nwith capture_output() as captured:\n    !echo out\nprint('after')")
    assert record["state"] == "finished", record["error"]
    assert kernel.value("captured.stdout") == "out\n"
    assert kernel.text(msg_id) == "after\n"


def test_a_representation_that_fails_says_so_under_the_jobs_cell(kernel: Kernel) -> None:
    kernel.execute("gate = threading.Event()")
    job = kernel.execute(
        "%%job\nclass Bad:\n    def _repr_html_(self):\n        raise ValueError('no html')\n"
        "gate.wait(20)\ndisplay(Bad())"
    )
    main = kernel.execute("gate.set()\nwaited = list(jobs)[-1].wait(20)")
    kernel.ended(kernel.job_of(job))
    assert [m["content"]["evalue"] for m in kernel.of(job) if m["msg_type"] == "error"] == ["no html"]
    assert not [m for m in kernel.of(main) if m["msg_type"] == "error"]


def test_logging_handlers_that_were_there_before(kernel: Kernel) -> None:
    kernel.execute(
        "log = logging.getLogger('early'); log.setLevel('INFO'); log.propagate = False\n"
        "log.addHandler(logging.StreamHandler())"
    )
    kernel.execute("%%capture captured\nlog.addHandler(logging.StreamHandler(sys.stdout))\nlog.info('from the cell')")
    msg_id, _ = kernel.run_job("%job log.info('from the job')")
    kernel.execute("log.handlers.clear()")
    assert kernel.text(msg_id, "stderr") == "from the job\n"
    assert kernel.text(msg_id) == "from the job\n"
    assert kernel.value("captured.stdout") == "from the cell\n"


def test_logging_in_a_job_while_the_foreground_captures(kernel: Kernel) -> None:
    kernel.execute(
        "gate = threading.Event(); log = logging.getLogger('now'); log.setLevel('INFO'); log.propagate = False"
    )
    job = kernel.execute("%%job\ngate.wait(20)\nlog.info('from the job')")
    kernel.execute(
        "%%capture captured\nlog.addHandler(logging.StreamHandler())\nlog.info('from the cell')\n"
        "gate.set()\nwaited = list(jobs)[-1].wait(20)"
    )
    kernel.execute("log.handlers.clear()")
    kernel.ended(kernel.job_of(job))
    assert kernel.text(job, "stderr") == "from the job\n"
    assert kernel.value("captured.stderr") == "from the cell\n"


@pytest.mark.parametrize(
    "code",
    [
        "t = threading.Thread(target=say, daemon=True)\nt.start()\nt.join()",
        "t = threading.Timer(0, say)\nt.start()\nt.join()",
        "with ThreadPoolExecutor(2) as pool:\n    pool.submit(say).result()",
        "pool.submit(say).result()",
        "with ThreadPool(2) as p:\n    p.apply(say)",
        "await asyncio.to_thread(say)",
        "await asyncio.get_running_loop().run_in_executor(None, say)",
        "await asyncio.get_running_loop().run_in_executor(pool, say)",
        "asyncio.run(asyncio.to_thread(say))",
    ],
)
def test_threads_and_pools_of_a_job(kernel: Kernel, code: str) -> None:
    kernel.execute(
        "import asyncio\nfrom concurrent.futures import ThreadPoolExecutor\n"
        "from multiprocessing.pool import ThreadPool\n"
        "pool = ThreadPoolExecutor(1)\npool.submit(int).result()\n"
        "def say():\n    print('said')\n    logging.getLogger('said').warning('warned')\n    display(HTML('shown'))\n"
    )
    msg_id, record = kernel.run_job(f"%%job\n{code}")
    kernel.execute("pool.shutdown()")
    assert record["state"] == "finished", record["error"]
    assert kernel.text(msg_id) == "said\n"
    assert "warned" in kernel.text(msg_id, "stderr")
    assert _html(kernel, msg_id) == ["shown"]


def test_after_the_end_everything_is_what_it_was(fresh_kernel: Kernel) -> None:
    present = "[type(sys), sys.stdout, sys.stderr, vars(sys)['stdout'], get_ipython().display_pub]"
    fresh_kernel.execute(f"{SETUP}\nbefore = {present}")
    fresh_kernel.install()
    fresh_kernel.run_job("%%job\nsys.stdout = io.StringIO()\nwith capture_output():\n    print(1)")
    fresh_kernel.execute("from jupyterlab_jobs.kernel import runtime\nruntime.uninstall(get_ipython())")
    fresh_kernel.execute(f"now = {present}")
    assert fresh_kernel.value("[a is b for a, b in zip(before, now)]") == [True] * 5
    assert not fresh_kernel.value("'display_pub' in vars(type(get_ipython()))")
    msg_id = fresh_kernel.execute("print('as before')\ndisplay(HTML('<i>as before</i>'))")
    fresh_kernel.until(lambda: fresh_kernel.text(msg_id) == "as before\n")
    assert _html(fresh_kernel, msg_id) == ["<i>as before</i>"]


def _html(kernel: Kernel, msg_id: str) -> list[str]:
    return [
        m["content"]["data"]["text/html"]
        for m in kernel.of(msg_id)
        if m["msg_type"] in ("display_data", "update_display_data") and "text/html" in m["content"]["data"]
    ]
