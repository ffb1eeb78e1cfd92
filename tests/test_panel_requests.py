"""What the panel asks for when somebody opens a job's details, and what it tells the kernel of the settings."""

from __future__ import annotations

from typing import Any

import pytest
from harness import Kernel

from jupyterlab_jobs.kernel.variable_summary import summaries


def _job(kernel: Kernel, code: str) -> int:
    job_id = kernel.job_of(kernel.execute(code))
    return int(job_id)


def _variables(kernel: Kernel, job_id: int) -> dict[str, tuple[str, str]]:
    answer = kernel.ask("variables", {"job": job_id})
    assert answer["total"] == len(answer["variables"])
    return {one["name"]: (one["type"], one["value"]) for one in answer["variables"]}


def test_variables_are_told_without_a_repr_and_while_the_main_thread_works(kernel: Kernel) -> None:
    kernel.execute("import threading; let_go = threading.Event()")
    cell = kernel.execute(
        "%%job\n"
        "class Slow:\n"
        "    def __repr__(self): let_go.wait()\n"
        "    __str__ = __repr__\n"
        "class Array:\n"
        "    shape = property(lambda self: let_go.wait())\n"
        "slow, text, many = Slow(), 'x' * 1000, list(range(1234))\n"
        "huge, array, nothing, pi = 10**10_000, Array(), None, 3.14\n"
        "error = ValueError('wrong')\n"
        "print('assigned')\n"
        "let_go.wait()"
    )
    job_id = kernel.job_of(cell)
    kernel.until(lambda: "assigned" in kernel.text(cell))
    busy = kernel.execute("let_go.wait()", wait=False)

    found = _variables(kernel, job_id)

    assert found.pop("Slow") == ("type", "Slow")
    assert found == {
        "slow": ("Slow", ""),
        "text": ("str", repr("x" * 80) + "…"),
        "many": ("list", "1,234 items"),
        "huge": ("int", "33220 bits"),
        "Array": ("type", "Array"),
        "array": ("Array", ""),
        "nothing": ("NoneType", "None"),
        "pi": ("float", "3.14"),
        "error": ("ValueError", "ValueError: wrong"),
    }
    kernel.submit_express("%job let_go.set()")
    kernel.shell_reply(busy)
    kernel.in_state(job_id, "finished")
    assert _variables(kernel, job_id) == {}  # they are the notebook's now


def test_arrays_are_told_by_their_shape() -> None:
    numpy, pandas = pytest.importorskip("numpy"), pytest.importorskip("pandas")
    frame = pandas.DataFrame({"a": range(12_345), "b": 0})
    told = summaries({"frame": frame, "grid": numpy.zeros((3, 4)), "scalar": numpy.array(1)})
    assert [one["value"] for one in told] == ["12,345 x 2", "3 x 4", "a number"]


def test_of_very_many_variables_the_first_are_told(kernel: Kernel) -> None:
    job_id = _job(kernel, "%%job\nfor n in range(500):\n    globals()[f'v{n:03}'] = n\n1 / 0")
    kernel.in_state(job_id, "failed")
    answer = kernel.ask("variables", {"job": job_id})
    assert answer["total"] == 501
    assert len(answer["variables"]) == 200


def test_items_of_a_group(kernel: Kernel) -> None:
    kernel.execute(
        "def halve(n):\n    if n % 10 == 3: raise ValueError(f'no {n}')\n    return n / 2\n"
        "group = jobs.map(halve, range(100), workers=2, errors='collect'); group.wait()"
    )
    job_id = kernel.value("group.id")
    assert kernel.in_state(job_id, "finished")["has_items"] is True

    answer = kernel.ask("items", {"job": job_id, "offset": 2, "limit": 3, "failed": False})
    assert answer == {
        "total": 100,
        "items": [
            {"index": 2, "state": "finished", "text": "1.0"},
            {"index": 3, "state": "failed", "text": "ValueError: no 3"},
            {"index": 4, "state": "finished", "text": "2.0"},
        ],
    }
    failed = kernel.ask("items", {"job": job_id, "offset": 8, "limit": 1_000_000, "failed": True})
    assert failed["total"] == 10
    assert {item["state"] for item in failed["items"]} == {"failed"}
    assert len(failed["items"]) == 2


def test_items_that_are_worked_on(kernel: Kernel) -> None:
    kernel.execute(
        "import threading; go = threading.Event(); begun = threading.Event()\n"
        "def wait(n):\n    begun.set()\n    go.wait()\n    return n\n"
        "group = jobs.map(lambda n: n if n == 0 else wait(n), range(3), workers=1); begun.wait()"
    )
    job_id = kernel.value("group.id")
    answer = kernel.ask("items", {"job": job_id, "offset": 0, "limit": 10, "failed": False})
    assert answer["items"] == [{"index": 0, "state": "finished", "text": "0"}]
    kernel.execute("go.set(); group.wait()")


@pytest.mark.parametrize(
    "params",
    [
        {"offset": 0, "limit": 10},
        {"offset": -1, "limit": 10, "failed": False},
        {"offset": 0, "limit": "all", "failed": False},
    ],
)
def test_what_is_wrong_about_a_range_of_items_is_told(kernel: Kernel, params: dict[str, Any]) -> None:
    reply = kernel.request("items", {"job": 1, **params})
    assert (reply["status"], reply["ename"]) == ("error", "ProtocolError")


def test_a_job_that_is_no_group_has_no_items(kernel: Kernel) -> None:
    job_id = _job(kernel, "%job 1")
    assert kernel.in_state(job_id, "finished")["has_items"] is False
    reply = kernel.request("items", {"job": job_id, "offset": 0, "limit": 1, "failed": False})
    assert reply["evalue"] == f"job {job_id} has no items"


def test_the_settings_say_where_jobs_run(alone: Kernel) -> None:
    alone.execute("import os")
    alone.ask("configure", {"limit": None, "backend": "process"})
    elsewhere = "import os; os.getpid()"
    here = alone.value("os.getpid()")
    assert alone.value(f"jobs.submit({elsewhere!r}).result()") == here  # of Python's it is said where
    alone.execute(f"j = %job {elsewhere}")
    assert alone.value("j.result()") != here
    assert alone.value("j.backend") == "process"
    alone.execute(f"j = %job --on thread {elsewhere}")
    assert alone.value("j.result()") == here
    alone.execute(f"j = %job --shared {elsewhere}")
    assert alone.value("j.result()") == here

    # One that nobody has registered here changes nothing.
    alone.ask("configure", {"limit": None, "backend": "moon"})
    alone.execute(f"j = %job {elsewhere}")
    assert alone.value("j.backend") == "process"
    alone.ask("configure", {"limit": None})
    alone.execute(f"j = %job {elsewhere}")
    assert alone.value("j.backend") == "thread"


def test_the_settings_say_how_much_a_cell_shows(alone: Kernel) -> None:
    code = "%job print('\\n'.join(str(n) for n in range(100_000)))"

    def shown() -> int:
        cell = alone.execute(code)
        alone.in_state(alone.job_of(cell), "finished")
        alone.until(lambda: "99999\n" in alone.text(cell))
        return len(alone.text(cell))

    alone.ask("configure", {"shown": 20_000})
    assert shown() < 40_000
    alone.ask("configure", {"shown": None})
    assert shown() > 100_000
