"""Jobs in processes and on Dask, next to loky, ipyparallel and plain Dask, in one kernel with one clock."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from harness import Kernel

from .statistics import Row
from .table import Table

_PREPARE = """
import os, signal, time
import ipyparallel, loky, numpy
from distributed import Client, LocalCluster

def begun(_=None):
    import time
    return time.perf_counter()  # one clock for all processes of the machine

def spin(count):
    total = 0
    for i in range(count):
        total += i % 7
    return total

def p50(values):
    return sorted(values)[len(values) // 2]

def to_running(start, count=40):
    times = []
    for _ in range(count):
        time.sleep(0.02)
        begin = time.perf_counter()
        times.append((start() - begin) * 1000)
    return p50(times)

def seconds(run):
    begin = time.perf_counter()
    run()
    return time.perf_counter() - begin
"""

_STARTS = """
pool = loky.get_reusable_executor(max_workers=2, timeout=1000)
client = Client(LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None))
cluster = ipyparallel.Cluster(n=2, log_level=40)
view = cluster.start_and_connect_sync().load_balanced_view()
pool.submit(begun).result(); jobs.submit(begun, on="process").result()
jobs.submit(begun, on="dask").result(); view.apply_sync(begun)
"""

_STARTS_ALONE = """
pool = loky.get_reusable_executor(max_workers=2, timeout=1000)
pool.submit(begun).result(); jobs.submit(begun, on="process").result()
"""

_TOOLS = {
    "jupyterlab-jobs, process": 'jobs.submit({call}, on="process").result()',
    "jupyterlab-jobs, dask": 'jobs.submit({call}, on="dask").result()',
    "loky": "pool.submit({call}).result()",
    "Dask": "client.submit({call}, pure=False).result()",
    "ipyparallel": "view.apply_sync({call})",
}

_MANY = {
    "jupyterlab-jobs, process": 'jobs.map({call}, workers=2, on="process").result()',
    "jupyterlab-jobs, dask": 'jobs.map({call}, on="dask").result()',
    "loky": "list(pool.map({call}))",
    "Dask": "client.gather(client.map({call}, pure=False))",
    "ipyparallel": "list(view.map_sync({call}))",
}

_KILLS = """
killed = []
for _ in range(20):
    job = jobs.submit({code!r}, on={on!r})
    while "on" not in job.output:
        time.sleep(0.001)
    begin = time.perf_counter()
    job.kill()
    job.wait()
    killed.append((time.perf_counter() - begin) * 1000)
killed.sort()
"""

_PROGRAMS = {
    "loop": "print('on')\nwhile True: pass",
    "C call": "import ctypes\nprint('on')\nctypes.CDLL(None).sleep(1000)",
    "deaf": "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('on')\ntime.sleep(1000)",
}


def _warm_start_alone(python: str) -> Row:
    """In a kernel with nothing else; both in turn, and the middle of the rounds, because machines are noisy."""
    kernel = Kernel(python)
    try:
        kernel.install()
        for code in (_PREPARE, _STARTS_ALONE):
            _run(kernel, code)
        rounds = [
            [
                float(_value(kernel, f"to_running(lambda: {_TOOLS[name].format(call='begun')})"))
                for name in ("jupyterlab-jobs, process", "loky")
            ]
            for _ in range(5)
        ]
    finally:
        kernel.close()
    ours, lokys = sorted(rounds, key=lambda times: times[0] / times[1])[len(rounds) // 2]
    return Row(
        "a process, warm: submit to running / loky", ours / lokys, "x", 2.0, f"p50 {ours:.2f} ms against {lokys:.2f} ms"
    )


def scale_out(python: str) -> Iterator[Row | Table]:
    """Starts, large arrays, many items, two processors and kills."""
    yield _warm_start_alone(python)
    kernel = Kernel(python)
    try:
        kernel.install()
        for code in (_PREPARE, _STARTS):
            _run(kernel, code)
        start = {
            name: _value(kernel, f"to_running(lambda: {code.format(call='begun')})") for name, code in _TOOLS.items()
        }
        yield Row(
            "a process, warm, beside clusters: submit to running / loky",
            start["jupyterlab-jobs, process"] / start["loky"],
            "x",
            2.0,
            f"p50 {start['jupyterlab-jobs, process']:.2f} ms against {start['loky']:.2f} ms",
        )
        arrays = {}
        _run(kernel, "big = numpy.ones(25_000_000)\ndef first(x): return float(x[0])")
        for name in ("jupyterlab-jobs, process", "loky"):
            code = _TOOLS[name].format(call="first, big")
            arrays[name] = _best(kernel, f"seconds(lambda: {code})")
        yield Row(
            "a process: 200 MB as an argument / loky",
            arrays["jupyterlab-jobs, process"] / arrays["loky"],
            "x",
            1.3,
            f"{arrays['jupyterlab-jobs, process']:.2f} s against {arrays['loky']:.2f} s",
        )
        yield Table(
            "start elsewhere: p50 in ms from submit to running",
            list(start),
            {"warm": [f"{value:.2f}" for value in start.values()]},
        )
        items = {
            name: _value(kernel, f"seconds(lambda: {code.format(call='begun, range(5_000)')})")
            for name, code in _MANY.items()
        }
        alone = _best(kernel, "seconds(lambda: [spin(3_000_000) for _ in range(8)])")
        computing = {
            name: _best(kernel, f"seconds(lambda: {code.format(call='spin, [3_000_000] * 8')})")
            for name, code in _MANY.items()
        }
        yield Table(
            f"map: seconds, on two processors (the 8 that compute need {alone:.2f} in the foreground)",
            list(items),
            {
                "5,000 small items": [f"{value:.2f}" for value in items.values()],
                "8 items that compute": [f"{value:.2f}" for value in computing.values()],
            },
        )
        speed = {name: alone / value for name, value in computing.items()}
        yield Row(
            "2-core map: foreground / processes (at least 1.8)",
            1.8 / speed["jupyterlab-jobs, process"],
            "x",
            1.0,
            f"{speed['jupyterlab-jobs, process']:.2f} times faster; loky {speed['loky']:.2f}",
        )
        for on in ("process", "dask"):
            for name, code in _PROGRAMS.items():
                _run(kernel, _KILLS.format(code=code, on=on))
                half, most = _value(kernel, "killed[10], killed[18]")
                yield Row(f"kill on {on}: {name}", most, "ms p95", 300.0, f"p50 {half:.0f} ms")
        _run(kernel, "cluster.stop_cluster_sync(); client.cluster.close(); pool.shutdown(kill_workers=True)")
    finally:
        kernel.close()


def _best(kernel: Kernel, expression: str) -> float:
    return float(min(_value(kernel, expression) for _ in range(3)))


def _run(kernel: Kernel, code: str) -> None:
    reply = kernel.client.execute(code, reply=True, timeout=300)
    assert reply["content"]["status"] == "ok", reply["content"]


def _value(kernel: Kernel, expression: str) -> Any:
    _run(kernel, f"_measured = {expression}")
    return kernel.value("_measured")
