"""Jobs on a Dask cluster whose scheduler and workers are processes of their own, and do not have the package."""

from __future__ import annotations

import itertools
import os
import re
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from clusters import Cluster, started_cluster
from distributed import WorkerPlugin
from harness import Kernel

from jupyterlab_jobs.kernel import dask_boot

PYTHONS = os.environ.get("JLJ_KERNEL_PYTHONS", sys.executable).split(os.pathsep)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A worker that does three tasks at once, and another one. The last of the environments has not the package."""
    with started_cluster(PYTHONS[-1], tmp_path_factory.mktemp("dask"), {"three": 3, "one": 1}) as started:
        yield started


@pytest.fixture(scope="module")
def _connected(cluster: Cluster) -> Iterator[Kernel]:
    kernel = Kernel(PYTHONS[0])
    assert kernel.install()["status"] == "ready"
    kernel.execute(
        f"from distributed import Client\nclient = Client({cluster.address!r})\nclient.wait_for_workers(2, timeout=30)"
    )
    yield kernel
    kernel.close()


@pytest.fixture
def kernel(_connected: Kernel) -> Iterator[Kernel]:
    """A kernel with the cluster's client in its notebook."""
    yield _connected
    _connected.ask("kill_all")
    _connected.execute("jobs.wait(timeout=20)\njobs.clear()")
    _connected.messages.clear()


def notes(kernel: Kernel, msg_id: str) -> list[str]:
    """What the runtime has said under a cell."""
    return [m["content"]["data"]["text/plain"] for m in kernel.of(msg_id) if m["msg_type"] == "display_data"][1:]


def started(kernel: Kernel, code: str) -> tuple[str, int]:
    """A job whose code has printed `on`."""
    msg_id = kernel.execute(code)
    job_id = kernel.job_of(msg_id)
    kernel.until(lambda: "on\n" in kernel.text(msg_id))
    kernel.until(lambda: job_id in kernel.records)  # the event about it may come after what it has printed
    return msg_id, job_id


def failure(kernel: Kernel, code: str) -> str:
    """The last line of the traceback of a job that fails, without colours."""
    _, record = kernel.run_job(code)
    assert record["state"] == "failed", record
    return re.sub(r"\x1b\[[\d;]*m", "", record["error"]["traceback"][-1])


def gone(kernel: Kernel, pid: int) -> Callable[[], bool]:
    """Whether a process has ended; a zombie has."""
    return lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


# ------------------------------------------------------------------------- what comes back


def test_code_runs_on_a_worker_and_lands(kernel: Kernel, cluster: Cluster) -> None:
    kernel.execute("base = 10\ndef scaled(x): return x * base")
    msg_id, record = kernel.run_job(
        "%%job --on dask\n"
        "import os\nfrom IPython.display import HTML, clear_output\n"
        "print('first'); os.system('echo second'); display(HTML('<b>third</b>')); print('fourth')\n"
        "here, result = os.getpid(), scaled(4)\n"
        "def there(): return result + base\nresult"
    )
    assert record["state"] == "finished", record
    assert (record["backend"], record["place"]["text"].partition(" at tcp://")[0]) in [
        ("dask", f"Dask worker {name}") for name in ("three", "one")
    ]
    kinds = [m["msg_type"] for m in kernel.of(msg_id) if m["msg_type"] in ("stream", "display_data", "execute_result")]
    assert [kind for kind, _ in itertools.groupby(kinds)] == [
        "display_data",
        "stream",
        "display_data",
        "stream",
        "execute_result",
    ]
    assert kernel.text(msg_id) == "first\nsecond\nfourth\n"
    assert kernel.value(f"jobs[{record['id']}].result(), result, there()") == (40, 40, 50)
    # In a process of its own: the worker only started it.
    assert kernel.value("here") in [process.pid for name in ("three", "one") for process in cluster.tree(name)] or gone(
        kernel, kernel.value("here")
    )
    assert kernel.value("here") not in [worker.pid for worker in cluster.workers.values()]


def test_output_and_progress_come_while_it_runs(kernel: Kernel, tmp_path: Path) -> None:
    go_on = tmp_path / "go-on"
    msg_id, job_id = started(
        kernel,
        "%%job --on dask\nimport os, time\nfrom jupyterlab_jobs import jobs\njobs.current.progress(3, 10, 'three')\n"
        f"print('on')\nwhile not os.path.exists({str(go_on)!r}): time.sleep(0.01)\nprint('done')",
    )
    kernel.until(lambda: kernel.records[job_id]["progress"])
    progress = kernel.records[job_id]["progress"]
    assert (progress["done"], progress["total"], progress["text"]) == (3, 10, "three")
    assert kernel.records[job_id]["state"] == "running"
    go_on.touch()
    assert kernel.ended(job_id)["state"] == "finished"
    assert kernel.text(msg_id) == "on\ndone\n"


def test_a_failure_has_the_traceback_of_the_notebook(kernel: Kernel) -> None:
    kernel.execute("def divided(x):\n    y = x\n    return 1 / y")
    _, record = kernel.run_job("%%job --on dask\nzero = 0\ndivided(zero)")
    assert record["state"] == "failed"
    text = re.sub(r"\x1b\[[\d;]*m", "", "\n".join(record["error"]["traceback"]))
    assert record["error"]["ename"] == "ZeroDivisionError"
    assert "----> 3 divided(zero)" in text
    assert "----> 3     return 1 / y" in text


def test_a_large_result_stays_on_the_cluster_until_it_is_asked_for(kernel: Kernel) -> None:
    kernel.execute(
        "import numpy\ndef ones(count): return numpy.ones(count)\nj = jobs.submit(ones, 1_000_000, on='dask')\nj.wait()"
    )
    stored = "sum(client.run(lambda dask_worker: len(dask_worker.data)).values())"
    kernel.until(lambda: kernel.value(stored) == 1)
    assert kernel.value("float(j.result().sum()), float(j.result()[-1])") == (1_000_000.0, 1.0)
    kernel.execute("import gc\ndel j\njobs.clear()\ngc.collect()")
    kernel.until(lambda: kernel.value(stored) == 0)


def test_large_variables_go_over_and_come_back(kernel: Kernel) -> None:
    kernel.execute("import numpy\nnumbers = numpy.arange(1_000_000, dtype='float64')")
    msg_id, record = kernel.run_job("%job --on dask doubled = numbers * 2")
    assert record["state"] == "finished", record
    assert kernel.value("float(doubled[-1]), doubled.flags.writeable") == (1999998.0, True)
    assert kernel.text(msg_id, "stderr") == ""


def test_a_map_of_many_items_tells_the_page_little(kernel: Kernel) -> None:
    kernel.execute("offset = 1\ndef shifted(x): return x + offset")
    msg_id = kernel.execute("group = jobs.map(shifted, range(100_000), on='dask')")
    job_id = kernel.value("group.id")
    record = kernel.in_state(job_id, "finished", "failed")
    assert record["state"] == "finished", record
    assert kernel.value("group.result() == list(range(1, 100_001))") is True
    events = [m for m in kernel.messages if m["msg_type"] == "jobs_event"]
    assert len(events) < 300
    assert kernel.text(msg_id, "stderr") == ""


def test_an_item_that_fails_stops_the_map_or_is_collected(kernel: Kernel) -> None:
    kernel.execute("def inverse(x): return 1 / x")
    assert "ZeroDivisionError" in kernel.value("str(type(jobs.map(inverse, [1, 0, 2], on='dask').exception()))")
    kernel.execute("group = jobs.map(inverse, [1, 0, 2], on='dask', errors='collect')")
    assert kernel.value("[str(value) for value in group.result()]") == ["1.0", "division by zero", "0.5"]


def test_a_flood_of_output_is_complete(kernel: Kernel) -> None:
    _, record = kernel.run_job("%%job --on dask\nfor i in range(50_000): print(i, 'x' * 20)")
    assert record["state"] == "finished", record
    lines = kernel.value(f"jobs[{record['id']}].output").splitlines()
    assert lines == [f"{i} {'x' * 20}" for i in range(50_000)]


# ------------------------------------------------------------------------------- kills


def test_a_kill_stops_the_code_while_other_tasks_of_the_worker_go_on(kernel: Kernel, tmp_path: Path) -> None:
    running = {}
    for name in ("doomed", "spared"):
        pid_file, go_on = tmp_path / f"{name}-pid", tmp_path / f"{name}-go-on"
        _, job_id = started(
            kernel,
            f"%%job --on dask --name {name}\nimport os, subprocess, time\nchild = subprocess.Popen(['sleep', '1000'])\n"
            f"open({str(pid_file)!r}, 'w').write(f'{{os.getpid()}} {{child.pid}}')\nprint('on')\n"
            f"while not os.path.exists({str(go_on)!r}): pass\nchild.kill()\n'ended'",
        )
        running[name] = (job_id, [int(pid) for pid in pid_file.read_text().split()], go_on)
    # And one of the user's own, in a thread of a worker.
    kernel.execute("import time\nothers = client.map(lambda x: time.sleep(0.2) or x, range(8))")
    doomed, pids, _ = running["doomed"]
    kernel.ask("kill", {"jobs": [doomed]})
    assert kernel.ended(doomed)["state"] == "killed"
    for pid in pids:
        kernel.until(gone(kernel, pid))
    spared, _, go_on = running["spared"]
    assert kernel.records[spared]["state"] == "running"
    go_on.touch()
    assert kernel.ended(spared)["state"] == "finished"
    assert kernel.value("client.gather(others)") == list(range(8))


def test_a_kill_ends_what_waits_for_a_worker(kernel: Kernel, tmp_path: Path) -> None:
    kernel.execute(
        "import os, time\n"
        f"def block(i):\n    while not os.path.exists({str(tmp_path / 'go-on')!r}): time.sleep(0.01)\n"
        "blocks = client.map(block, range(4), pure=False)\n"
        "while sum(len(keys) for keys in client.processing().values()) < 4: time.sleep(0.01)"
    )
    msg_id = kernel.execute("%job --on dask print('never')")
    job_id = kernel.job_of(msg_id)
    kernel.in_state(job_id, "running")
    kernel.until(lambda: ((kernel.records[job_id]["place"] or {}).get("text") or "").endswith("waiting for a worker"))
    kernel.ask("kill", {"jobs": [job_id]})
    assert kernel.ended(job_id)["state"] == "killed"
    (tmp_path / "go-on").touch()
    kernel.execute("client.gather(blocks)")
    assert kernel.text(msg_id) == ""


def test_a_kill_ends_a_map(kernel: Kernel, cluster: Cluster) -> None:
    kernel.execute("def spin(x):\n    while True: pass\ngroup = jobs.map(spin, range(100), on='dask')")
    job_id = kernel.value("group.id")

    def busy() -> int:
        return sum(p.cpu_num() >= 0 and p.cpu_percent(0.02) > 5 for name in cluster.workers for p in cluster.tree(name))

    kernel.until(lambda: busy() >= 2)
    kernel.ask("kill", {"jobs": [job_id]})
    assert kernel.ended(job_id)["state"] == "killed"
    kernel.until(lambda: busy() == 0)


def test_the_death_of_the_kernel_ends_its_jobs(cluster: Cluster, tmp_path: Path) -> None:
    kernel = Kernel(PYTHONS[0])
    assert kernel.install()["status"] == "ready"
    kernel.execute(f"from distributed import Client\nclient = Client({cluster.address!r})")
    started(
        kernel,
        f"%%job --on dask\nimport os\nopen({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()))\nprint('on')\n"
        "while True: pass",
    )
    pid = int((tmp_path / "pid").read_text())
    kernel.close()
    psutil.wait_procs([psutil.Process(pid)] if psutil.pid_exists(pid) else [], timeout=30)
    assert not psutil.pid_exists(pid)


# ----------------------------------------------------------------------------- failures


def test_a_crash_ends_the_job_and_not_the_worker(kernel: Kernel, cluster: Cluster) -> None:
    line = failure(kernel, "%%job --on dask\nimport ctypes\nctypes.string_at(0)")
    assert line == "BackendError: the process of the job was ended by SIGSEGV"
    assert kernel.value("len(client.nthreads())") == 2


def test_what_cannot_be_pickled_is_named(kernel: Kernel) -> None:
    kernel.execute("import threading\nguard = threading.Lock()")
    assert failure(kernel, "%job --on dask guard.acquire()").startswith(
        "NotPicklable: `guard` (_thread.lock) cannot be pickled, as what goes to another process must be"
    )


def test_a_module_that_a_worker_has_not_is_named(kernel: Kernel, tmp_path: Path) -> None:
    (tmp_path / "only_in_the_kernel.py").write_text("def f(): return 1")
    kernel.execute(f"import sys\nsys.path.insert(0, {str(tmp_path)!r})\nimport only_in_the_kernel")
    kernel.execute("sys.path.pop(0)")
    assert "No module named 'only_in_the_kernel'" in failure(kernel, "%job --on dask only_in_the_kernel.f()")


@pytest.mark.parametrize(
    ("release", "version", "reason"),
    [
        ([3, 2], None, f"runs Python 3.{sys.version_info[1]}, and the notebook Python 3.2"),
        (list(sys.version_info[:2]), "9.9.9", "and the notebook 9.9.9: install the same"),
    ],
)
def test_another_python_or_package_is_refused(release: list[int], version: str | None, reason: str) -> None:
    plugin = dask_boot.make_plugin("jobs", release, version or "0", {}, "")
    assert isinstance(plugin, WorkerPlugin)
    assert reason in plugin.reason


def test_a_client_that_was_closed_is_told(kernel: Kernel, cluster: Cluster) -> None:
    kernel.execute(f"closed = Client({cluster.address!r}, set_as_default=False)\nclosed.close()\njobs.dask = closed")
    try:
        assert "is closed: connect again" in failure(kernel, "%job --on dask 1")
    finally:
        kernel.execute("jobs.dask = None")
    assert kernel.value("jobs.dask is client") is True


def test_a_worker_that_dies_has_its_task_run_again(tmp_path: Path) -> None:
    with started_cluster(PYTHONS[-1], tmp_path, {"first": 1, "second": 1}) as cluster:
        kernel = Kernel(PYTHONS[0])
        try:
            assert kernel.install()["status"] == "ready"
            kernel.execute(
                f"from distributed import Client\nclient = Client({cluster.address!r})\nclient.wait_for_workers(2)"
            )
            msg_id, job_id = started(
                kernel,
                f"%%job --on dask\nimport os, time\nprint('on')\nwhile not os.path.exists({str(tmp_path / 'go')!r}):\n"
                "    time.sleep(0.01)\n'ended'",
            )
            place = kernel.records[job_id]["place"]["text"]
            name = "first" if "first" in place else "second"
            cluster.workers[name].send_signal(signal.SIGKILL)
            kernel.until(lambda: kernel.text(msg_id).count("on\n") == 2, patience=60)
            (tmp_path / "go").touch()
            assert kernel.ended(job_id)["state"] == "finished"
            assert any(
                note.startswith(f"{place} is gone: Dask runs the task again, on") for note in notes(kernel, msg_id)
            )
            # A cluster that is there and does not answer.
            cluster.scheduler.send_signal(signal.SIGSTOP)
            assert "has not answered in 5 s: is it still there?" in failure(kernel, "%job --on dask 1")
            cluster.scheduler.send_signal(signal.SIGCONT)
            # And one that goes.
            msg_id, job_id = started(kernel, "%%job --on dask\nimport time\nprint('on')\ntime.sleep(1000)")
            cluster.scheduler.kill()
            assert "the connection to the Dask cluster" in kernel.ended(job_id)["error"]["evalue"]
        finally:
            kernel.close()


def test_a_worker_that_hangs_does_not_hold_up_jobs_for_good(tmp_path: Path) -> None:
    with started_cluster(PYTHONS[-1], tmp_path, {"only": 1}) as cluster:
        kernel = Kernel(PYTHONS[0])
        try:
            assert kernel.install()["status"] == "ready"
            kernel.execute(
                f"from distributed import Client\nclient = Client({cluster.address!r})\nclient.wait_for_workers(1)\n"
                "import jupyterlab_jobs.kernel.dask_cluster as dask_cluster\ndask_cluster._LONGEST_PREPARATION = 2"
            )
            cluster.workers["only"].send_signal(signal.SIGSTOP)
            assert "has not answered in 2 s" in failure(kernel, "%job --on dask 1")
            cluster.workers["only"].send_signal(signal.SIGCONT)
            _, record = kernel.run_job("%job --on dask 1")
            assert record["state"] == "finished"
        finally:
            kernel.close()


# ------------------------------------------------------------------ a cluster of its own


def test_without_a_client_a_cluster_is_started_and_says_so(python: str) -> None:
    kernel = Kernel(python)
    try:
        assert kernel.install()["status"] == "ready"
        assert kernel.value("jobs.dask is None") is True
        msg_id = kernel.execute("%job --on dask 6 * 7")
        job_id = kernel.job_of(msg_id)
        # Scheduler, workers and the servers of processes are new interpreters, all at once.
        kernel.until(lambda: kernel.records.get(job_id, {}).get("ended"), patience=80)
        record = kernel.records[job_id]
        assert record["state"] == "finished", record
        assert kernel.value(f"jobs[{record['id']}].result()") == 42
        (note,) = notes(kernel, msg_id)
        assert re.match(
            r"Started a Dask cluster on this machine with \d+ workers, dashboard at http://127.0.0.1:\d+", note
        )
        assert record["place"]["url"].startswith("http://127.0.0.1:")
        _, again = kernel.run_job("%job --on dask 1")
        assert again["state"] == "finished"
        pids = [
            child.pid for child in psutil.Process(kernel.value("__import__('os').getpid()")).children(recursive=True)
        ]
    finally:
        kernel.close()
    _, alive = psutil.wait_procs([psutil.Process(pid) for pid in pids if psutil.pid_exists(pid)], timeout=30)
    assert not alive


def test_without_dask_it_is_said_how_to_get_it(fresh_kernel: Kernel) -> None:
    assert fresh_kernel.install()["status"] == "ready"
    fresh_kernel.execute("import sys\nsys.modules['distributed'] = None")
    reply = fresh_kernel.shell_reply(fresh_kernel.execute("%job --on dask 1", wait=False))
    assert 'pip install "jupyterlab-jobs[dask]"' in reply["content"]["evalue"]
