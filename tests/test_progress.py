"""How far a job is: as it says itself, and by the bars of tqdm and rich."""

from __future__ import annotations

from typing import Any

import pytest
from harness import Kernel


def told(kernel: Kernel, job_id: int) -> list[dict[str, Any]]:
    """What events have told of the job's progress, while it had not ended."""
    events = [m["content"] for m in kernel.messages if m["msg_type"] == "jobs_event"]
    records = [record for event in events for record in event["jobs"] if record["id"] == job_id]
    return [record["progress"] for record in records if record["progress"] and record["state"] == "running"]


def test_the_newest_is_told_soon_although_nothing_follows(gated: Kernel) -> None:
    job_id = gated.job_of(
        gated.execute(
            "%%job\nfor i in range(100):\n    jobs.current.progress(i, 100, f'part {i}')\n"
            "jobs.current.progress(100.5)\ngate.wait(60)"
        )
    )
    gated.until(lambda: [p["done"] for p in told(gated, job_id)][-1:] == [100.5])
    progress = told(gated, job_id)[-1]
    assert (progress["total"], progress["text"]) == (100, "")
    assert gated.value(f"'100.5 of 100' in repr(jobs[{job_id}])")
    gated.execute("gate.set()")
    assert gated.ended(job_id)["progress"]["done"] == 100.5


def test_no_more_than_ten_times_a_second(gated: Kernel) -> None:
    _, record = gated.run_job(
        "%%job\nbegin = time.monotonic(); n = 0\n"
        "while time.monotonic() < begin + 1.5:\n    jobs.current.progress(n); n += 1"
    )
    seconds = record["ended"] - record["started"]
    seen = [p["done"] for p in told(gated, record["id"])]
    assert 2 <= len(set(seen)) <= seconds * 10 + 2
    assert record["progress"]["done"] == gated.value("n") - 1
    assert record["progress"]["rate"] == pytest.approx(gated.value("n") / seconds, rel=0.5)


def test_the_rate_begins_anew_with_another_loop(gated: Kernel) -> None:
    gated.execute("end = threading.Event()")
    job_id = gated.job_of(
        gated.execute(
            "%%job\nimport time\ntime.sleep(0.2)\njobs.current.progress(5, 10)\ngate.wait(60)\n"
            "jobs.current.progress(0, 3)\nend.wait(60)"
        )
    )
    gated.until(lambda: told(gated, job_id) and told(gated, job_id)[-1]["rate"])
    gated.execute("gate.set()")
    gated.until(lambda: told(gated, job_id)[-1]["total"] == 3)
    assert told(gated, job_id)[-1]["rate"] is None
    gated.execute("end.set()")
    assert gated.ended(job_id)["state"] == "finished"


def test_the_first_moment_says_nothing_about_the_rate(gated: Kernel) -> None:
    job_id = gated.job_of(gated.execute("%%job\njobs.current.progress(30, 100)\ngate.wait(60)"))
    gated.until(lambda: told(gated, job_id))
    assert told(gated, job_id)[0]["rate"] is None
    gated.execute("gate.set()")
    assert gated.ended(job_id)["state"] == "finished"


@pytest.mark.parametrize(
    ("call", "error"),
    [
        ("progress('half')", "TypeError"),
        ("progress(None)", "TypeError"),
        ("progress(1, 'all')", "TypeError"),
        ("progress(float('nan'))", "ValueError"),
        ("progress(1, float('inf'))", "ValueError"),
    ],
)
def test_what_is_no_progress(gated: Kernel, call: str, error: str) -> None:
    _, record = gated.run_job(f"%job jobs.current.{call}")
    assert record["error"]["ename"] == error
    assert record["progress"] is None or record["progress"]["done"] == 0


def test_numbers_of_other_kinds_and_texts_that_are_none(gated: Kernel) -> None:
    _, record = gated.run_job("%job import numpy; jobs.current.progress(numpy.int64(3), numpy.float32(4), 5)")
    assert record["state"] == "finished", record["error"]
    assert record["progress"] | {"rate": None} == {"done": 3, "total": 4, "text": "5", "rate": None}
    _, record = gated.run_job("%job jobs.current.progress(1, text='x' * 1000)")
    assert len(record["progress"]["text"]) == 200


# ----------------------------------------------------------------------------- bars


@pytest.mark.parametrize("module", ["tqdm", "tqdm.auto"])
def test_a_tqdm_loop_needs_no_change(gated: Kernel, module: str) -> None:
    job_id = gated.job_of(
        gated.execute(
            "%%job\n"
            f"from {module} import tqdm\n"
            "for i in tqdm(range(40), desc='outer'):\n"
            "    for j in tqdm(range(3), desc='inner', leave=False):\n        pass\n"
            "    if i == 20:\n        time.sleep(0.11)\n"
            "    if i == 30:\n        time.sleep(0.11); gate.wait(60)"
        )
    )
    gated.until(lambda: told(gated, job_id)[-1:] and told(gated, job_id)[-1]["done"] >= 20)
    progress = told(gated, job_id)[-1]
    assert (progress["total"], progress["text"]) == (40, "outer")
    gated.execute("gate.set()")
    assert gated.ended(job_id)["state"] == "finished"


def test_the_bars_of_two_jobs_do_not_move_each_other(gated: Kernel) -> None:
    gated.execute("from tqdm import tqdm\nforeground = tqdm(total=3)")
    ids = [
        gated.job_of(gated.execute(f"%%job\nbar = tqdm(total={n})\nbar.update({n - 1})\nbar.refresh()\ngate.wait(60)"))
        for n in (10, 20)
    ]
    for job_id, total in zip(ids, (10, 20), strict=True):
        gated.until(lambda job_id=job_id: told(gated, job_id))
        assert told(gated, job_id)[-1]["total"] == total
    assert gated.value(f"[chr(27) in jobs[i].output for i in {ids}]") == [False, False], "no bar is below another"
    gated.execute("gate.set(); foreground.close()")
    for job_id in ids:
        assert gated.ended(job_id)["state"] == "finished"


def test_rich_progress(gated: Kernel) -> None:
    job_id = gated.job_of(
        gated.execute(
            "%%job\nfrom rich.progress import Progress\n"
            "with Progress() as bars:\n"
            "    outer = bars.add_task('epochs', total=8)\n    inner = bars.add_task('steps', total=1000)\n"
            "    bars.advance(outer, 3)\n    bars.update(inner, completed=5)\n    gate.wait(60)"
        )
    )
    gated.until(lambda: told(gated, job_id))
    progress = told(gated, job_id)[-1]
    assert (progress["done"], progress["total"], progress["text"]) == (3, 8, "epochs")
    gated.execute("gate.set()")
    assert gated.ended(job_id)["state"] == "finished"


def test_bars_in_the_foreground_are_no_jobs_progress(alone: Kernel) -> None:
    alone.run_job("%job 1")
    reply = alone.shell_reply(alone.execute("from tqdm import tqdm\nfor _ in tqdm(range(3)): pass", wait=False))
    assert reply["content"]["status"] == "ok"
    assert alone.ask("snapshot")["jobs"][0]["progress"] is None
