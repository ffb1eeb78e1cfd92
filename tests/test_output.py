"""A job's output goes to its own cell, live, whatever else prints."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness import Kernel


def test_ten_jobs_and_the_main_thread_print_at_once(kernel: Kernel) -> None:
    lines = 200
    cells = {}
    for number in range(10):
        code = f"%%job\nfor i in range({lines}):\n    print('job {number}', i)"
        cells[number] = kernel.execute(code, wait=False)
    main = kernel.execute(f"for i in range({lines}):\n    print('main', i)")
    for msg_id in cells.values():
        assert kernel.ended(kernel.job_of(msg_id))["state"] == "finished"
    for number, msg_id in cells.items():
        assert kernel.text(msg_id) == "".join(f"job {number} {i}\n" for i in range(lines))
    expected = "".join(f"main {i}\n" for i in range(lines))
    kernel.until(lambda: kernel.text(main) == expected)


def test_output_is_live_while_the_main_thread_works(kernel: Kernel) -> None:
    kernel.execute("import threading; gate = threading.Event(); done = threading.Event()")
    msg_id = kernel.execute("%%job\nprint('first')\ngate.wait(20)\nprint('second')\ndone.set()")
    busy = kernel.execute("done.wait(20)", wait=False)
    kernel.until(lambda: kernel.text(msg_id) == "first\n")
    kernel.submit_express("%job gate.set()")
    kernel.until(lambda: kernel.text(msg_id) == "first\nsecond\n")
    assert kernel.shell_reply(busy)["content"]["status"] == "ok"


def test_stdout_and_stderr_keep_their_order(kernel: Kernel) -> None:
    msg_id, _ = kernel.run_job(
        "%%job\nimport sys\nfor i in range(3):\n    print('o', i)\n    print('e', i, file=sys.stderr)"
    )
    streams = [m["content"] for m in kernel.of(msg_id) if m["msg_type"] == "stream"]
    merged: list[tuple[str, str]] = []
    for content in streams:
        merged.append((content["name"], content["text"]))
    assert merged == [(name, f"{name[3]} {i}\n") for i in range(3) for name in ("stdout", "stderr")]


def test_display_update_and_clear(kernel: Kernel) -> None:
    msg_id, record = kernel.run_job(
        "%%job\n"
        "from IPython.display import display, clear_output, HTML\n"
        "print('gone')\n"
        "clear_output()\n"
        "handle = display(HTML('<b>1</b>'), display_id=True)\n"
        "handle.update(HTML('<b>2</b>'))"
    )
    log = kernel.ask("snapshot")["outputs"][str(record["id"])]
    assert [item["data"]["text/html"] for item in log["items"]] == ["<b>2</b>"]
    kinds = [m["msg_type"] for m in kernel.of(msg_id)]
    # Clearing the cell takes the job's record with it: it is displayed again.
    cleared = kinds.index("clear_output")
    assert kinds[cleared + 1] == "display_data"
    assert "application/vnd.jupyterlab-jobs.job+json" in kernel.of(msg_id)[cleared + 1]["content"]["data"]


def test_the_history_of_the_foreground_stays_its_own(kernel: Kernel) -> None:
    kernel.execute("import threading; gate = threading.Event(); said = threading.Event()")
    msg_id = kernel.execute("%%job\ngate.wait(20)\nprint('from the job')\nsaid.set()")
    main = kernel.execute("print('from the cell')\ngate.set()\nsaid.wait(20)\nprint('done')")
    kernel.ended(kernel.job_of(msg_id))
    kernel.until(lambda: kernel.text(main) == "from the cell\ndone\n")
    assert kernel.text(msg_id) == "from the job\n"
    outputs = kernel.value(
        "[str(o.bundle) for os in getattr(get_ipython().history_manager, 'outputs', {}).values() for o in os]"
    )
    assert not [text for text in outputs if "from the job" in text]


def test_the_log_is_bounded(kernel: Kernel) -> None:
    _, record = kernel.run_job(
        "%%job\nfrom IPython.display import Markdown\nfor i in range(30):\n    display(Markdown('x' * 100_000))"
    )
    log = kernel.ask("snapshot")["outputs"][str(record["id"])]
    assert sum(len(item["data"]["text/markdown"]) for item in log["items"]) <= 1_000_000
    assert log["dropped"] >= 2_000_000


def test_events_are_numbered_without_a_gap(kernel: Kernel) -> None:
    before = kernel.ask("snapshot")["seq"]

    def numbers() -> list[int]:
        found = [
            m["content"]["seq"] if m["msg_type"] == "jobs_event" else m["metadata"]["jupyterlab_jobs"]["seq"]
            for m in kernel.messages
            if m["msg_type"] == "jobs_event" or "jupyterlab_jobs" in m["metadata"]
        ]
        return [number for number in found if number > before]

    msg_id, _ = kernel.run_job("%%job\nfor i in range(50):\n    print(i, flush=True)")
    snapshot = kernel.ask("snapshot")
    # A job that has ended may be told once more: what is in the snapshot need not have arrived yet.
    kernel.until(lambda: numbers()[-1] >= snapshot["seq"])
    assert numbers() == list(range(before + 1, before + 1 + len(numbers())))
    assert snapshot["jobs"][-1]["state"] == "finished"
    assert kernel.text(msg_id) == "".join(f"{i}\n" for i in range(50))


def test_a_function_as_the_first_job_prints_into_its_cell(fresh_kernel: Kernel) -> None:
    fresh_kernel.install()
    msg_id = fresh_kernel.execute("def f():\n    print('adding')\nj = jobs.submit(f)\nj.wait(10)")
    assert fresh_kernel.value("j.output") == "adding\n"
    fresh_kernel.until(lambda: fresh_kernel.text(msg_id) == "adding\n")


def test_redirections_of_the_foreground_do_not_catch_a_job(kernel: Kernel) -> None:
    kernel.execute("import threading; gate = threading.Event(); said = threading.Event()")
    job = kernel.execute("%%job\ngate.wait(20)\nprint('from the job')\nsaid.set()")
    kernel.execute("%%capture captured\nprint('captured')\ngate.set()\nsaid.wait(20)")
    assert kernel.value("captured.stdout") == "captured\n"
    kernel.ended(kernel.job_of(job))
    assert kernel.text(job) == "from the job\n"
    kernel.execute(
        "import io, contextlib\nbuffer = io.StringIO()\nwith contextlib.redirect_stdout(buffer):\n"
        "    j = %job print('from another job')\n    j.wait(10)\n    print('redirected')"
    )
    assert kernel.value("[buffer.getvalue(), j.output]") == ["redirected\n", "from another job\n"]


def test_a_job_has_a_display_hook_of_its_own_however_often_that_is_read(kernel: Kernel) -> None:
    # The interpreter takes what is read often from where it has found it before.
    kernel.execute("import sys\ndef read(): return {sys.displayhook for _ in range(1000)}\nforeground = read()")
    _, record = kernel.run_job("%%job\nassert len(read()) == 1\nassert not read() & foreground")
    assert record["state"] == "finished", record["error"]


def test_what_is_imported_later_is_an_ordinary_module(kernel: Kernel, tmp_path: Path) -> None:
    (tmp_path / "imported_later.py").write_text("stdout = 'of the module'")
    code = f"import sys, types\nsys.path.append({str(tmp_path)!r})\nimport imported_later as later"
    _, record = kernel.run_job(
        f"%%job\n{code}\nassert type(later) is types.ModuleType\nassert later.stdout == 'of the module'"
    )
    assert record["state"] == "finished", record["error"]
    # Some derive their own from it.
    _, record = kernel.run_job(
        "%%job\nimport sys\nclass Lazy(type(sys)):\n    pass\nlazy = Lazy('lazy', 'is told')\n"
        "assert (type(lazy), lazy.__name__, lazy.__doc__) == (Lazy, 'lazy', 'is told')"
    )
    assert record["state"] == "finished", record["error"]


def test_the_first_job_may_start_in_a_captured_cell(fresh_kernel: Kernel) -> None:
    fresh_kernel.install()
    fresh_kernel.execute("%%capture captured\nj = %job print('from the job')\nj.wait(10)\nprint('captured')")
    assert fresh_kernel.value("[captured.stdout, j.output]") == ["captured\n", "from the job\n"]


@pytest.mark.parametrize(
    ("code", "state"),
    [
        ("print('\\ud800')", "finished"),
        ("from IPython.display import display\ndisplay({'application/json': {'a': object()}}, raw=True)", "failed"),
        ("class E(Exception):\n    def _render_traceback_(self):\n        return [1, None]\nraise E", "failed"),
        ("class E(Exception):\n    def __str__(self):\n        raise SystemExit\nraise E", "failed"),
    ],
)
def test_what_cannot_be_sent_harms_nobody(kernel: Kernel, code: str, state: str) -> None:
    bad = kernel.execute(f"%%job\n{code}", wait=False)
    good = kernel.execute("%%job\nfor i in range(50):\n    print(i)")
    assert kernel.ended(kernel.job_of(good))["state"] == "finished"
    assert kernel.text(good) == "".join(f"{i}\n" for i in range(50))
    assert kernel.ended(kernel.job_of(bad))["state"] == state
    assert len(kernel.ask("snapshot")["jobs"]) == 2


def test_a_job_that_floods_is_not_in_the_way(kernel: Kernel) -> None:
    flood = kernel.execute(
        "%%job\nimport sys\nfor i in range(2000):\n    print(i)\n    print(i, file=sys.stderr)", wait=False
    )
    other = kernel.execute("%job print('other')")
    kernel.until(lambda: kernel.text(other) == "other\n")
    assert kernel.ended(kernel.job_of(flood))["state"] == "finished"
    assert kernel.text(flood) == kernel.text(flood, "stderr") == "".join(f"{i}\n" for i in range(2000))


def test_a_forked_process_prints(kernel: Kernel) -> None:
    msg_id, record = kernel.run_job(
        "%%job\nimport multiprocessing\nc = multiprocessing.get_context('fork')\n"
        "q = c.SimpleQueue()\np = c.Process(target=q.put, args=('forked',))\np.start()\nprint(q.get())\np.join()"
    )
    assert record["state"] == "finished", record["error"]
    assert kernel.text(msg_id) == "forked\n"
