"""Jobs that write more than a notebook can show: nothing is lost, nobody else is disturbed."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Iterator
from typing import Any

import psutil
import pytest
from harness import Kernel

from jupyterlab_jobs.kernel.messages import OutputMessage
from jupyterlab_jobs.kernel.output_log import OutputLog

# What the Jupyter server allows in a window of 3 s.
WINDOW = 3.0
MAX_MESSAGES = 1_000 * WINDOW
MAX_BYTES = 1_000_000 * WINDOW

LINES = "for i in range({count}):\n    print(f'{{i:99d}}')"
EXPECTED = "''.join(f'{{i:99d}}\\n' for i in range({count}))"


class Meter:
    """Notes when each message arrives, and how much memory the kernel has then."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._process = psutil.Process(kernel.manager.provisioner.pid)
        self._collect = kernel._collect
        kernel._collect = self._measured  # type: ignore[method-assign]
        self._before = self._process.memory_info().rss
        self._arrivals: list[tuple[float, int]] = []
        self.growth = 0

    def _measured(self, timeout: float) -> None:
        count = len(self._kernel.messages)
        self._collect(timeout)
        now = time.monotonic()
        for message in self._kernel.messages[count:]:
            if message["msg_type"] not in ("status", "execute_input"):
                self._arrivals.append((now, _bytes_of(message)))
        self.growth = max(self.growth, self._process.memory_info().rss - self._before)

    def check_rates(self) -> None:
        """Check that the server would have dropped nothing."""
        first = size = 0
        for last, (now, added) in enumerate(self._arrivals):
            size += added
            while self._arrivals[first][0] < now - WINDOW:
                size -= self._arrivals[first][1]
                first += 1
            assert last - first < MAX_MESSAGES
            assert size < MAX_BYTES


def _bytes_of(message: dict[str, Any]) -> int:
    if message["msg_type"] != "stream":
        return 0
    parts = (message["header"], message["parent_header"], message["metadata"], message["content"])
    return sum(len(json.dumps(part, default=str, ensure_ascii=False).encode()) for part in parts)


def log_of(kernel: Kernel, job_id: int) -> list[dict[str, Any]]:
    """What a job shows: according to the kernel, and to the messages that a page has got, which must be the same."""
    snapshot = kernel.ask("snapshot")

    def marks() -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
        for message in kernel.messages:
            mark = message["metadata"].get("jupyterlab_jobs")
            if mark is not None:
                yield mark, message
            elif message["msg_type"] == "jobs_event":
                yield message["content"] | {"job": None}, message

    kernel.until(lambda: any(mark["seq"] == snapshot["seq"] for mark, _ in marks()))
    applied = OutputLog()
    for mark, message in marks():
        if mark["job"] == job_id and mark["seq"] <= snapshot["seq"]:
            applied.apply(OutputMessage(message["msg_type"], message["content"]), 0)
    log = snapshot["outputs"][str(job_id)]
    assert json.loads(json.dumps(list(applied.items))) == log["items"]
    assert log["dropped"] == applied.dropped == 0
    items: list[dict[str, Any]] = log["items"]
    return items


def note_of(item: dict[str, Any]) -> str:
    text: str = item["data"]["text/plain"]
    assert text.startswith("[… ")
    return text


def is_spool_empty(kernel: Kernel) -> bool:
    kernel.execute("import jupyterlab_jobs.kernel.runtime")
    return bool(kernel.value("jupyterlab_jobs.kernel.runtime.get_runtime().publisher.spool._file is None"))


def test_a_hundred_megabytes(fresh_kernel: Kernel) -> None:
    kernel = fresh_kernel
    kernel.install()
    kernel.run_job("%job print('the first job pays for what jobs need')")
    meter = Meter(kernel)
    flood = kernel.execute("%%job\n" + LINES.format(count=1_000_000))
    job_id = kernel.job_of(flood)
    cells: list[float] = []
    jobs: list[float] = []
    while "ended" not in kernel.records.get(job_id, {}) or kernel.records[job_id]["ended"] is None:
        begun = time.monotonic()
        cell = kernel.execute("print('a cell')", wait=False)
        kernel.until(lambda cell=cell: kernel.text(cell) == "a cell\n")
        cells.append(time.monotonic() - begun)
        begun = time.monotonic()
        job = kernel.execute("%job print('a job')", wait=False)
        kernel.until(lambda job=job: kernel.text(job) == "a job\n")
        jobs.append(time.monotonic() - begun)
    assert kernel.records[job_id]["state"] == "finished"
    # The machine may have other things to do now and then.
    assert len(cells) > 3
    assert statistics.median(cells) < 0.5
    assert statistics.median(jobs) < 0.5
    meter.check_rates()
    assert meter.growth < 20_000_000
    assert kernel.value("__import__('sys').getswitchinterval()") == pytest.approx(0.005)

    head, note, tail = log_of(kernel, job_id)
    expected = "".join(f"{i:99d}\n" for i in range(1_000_000))
    assert len(head["text"]) > 10_000
    assert expected.startswith(head["text"])
    assert len(tail["text"]) > 10_000
    assert expected.endswith("\n" + tail["text"])
    left_out = len(expected) - len(head["text"]) - len(tail["text"])
    assert f"{left_out:,} characters left out here" in note_of(note)
    assert f"jobs[{job_id}].output" in note_of(note)
    assert kernel.value(f"jobs[{job_id}].output == " + EXPECTED.format(count=1_000_000))


def test_fifty_floods_at_once(fresh_kernel: Kernel) -> None:
    kernel = fresh_kernel
    kernel.install()
    kernel.run_job("%job print('the first job pays for what jobs need')")
    meter = Meter(kernel)
    floods = [kernel.execute("%%job\n" + LINES.format(count=10_000), wait=False) for _ in range(50)]
    cell = kernel.execute("print('a cell')")
    assert kernel.text(cell) == "a cell\n"
    quiet = kernel.execute("%job print('a quiet job')")
    kernel.until(lambda: kernel.text(quiet) == "a quiet job\n")
    job_ids = [kernel.job_of(flood) for flood in floods]
    for job_id in job_ids:
        kernel.until(lambda job_id=job_id: kernel.records[job_id]["state"] == "finished", patience=60)
    meter.check_rates()
    assert meter.growth < 50 * 10_000_000
    assert kernel.value(f"all(jobs[i].output == {EXPECTED.format(count=10_000)} for i in {job_ids})")
    expected = "".join(f"{i:99d}\n" for i in range(10_000))
    for job_id in job_ids:
        texts = [item["text"] for item in log_of(kernel, job_id) if item["output_type"] == "stream"]
        assert expected.startswith(texts[0])
        assert expected.endswith(texts[-1])


def test_a_flood_that_ends_before_its_job(kernel: Kernel) -> None:
    kernel.execute("import threading; gates = [threading.Event() for _ in range(2)]")
    job = kernel.execute(
        "%%job\n"
        "print('x' * 99)\nprint('y' * 2_000_000 + '\\nthe end of the flood')\n"
        "gates[0].wait(60)\nprint('later')\n"
        "gates[1].wait(60)\nprint('z' * 2_000_000)\nprint('the end of all')"
    )
    job_id = kernel.job_of(job)
    # While nothing more comes.
    kernel.until(lambda: kernel.text(job).endswith("the end of the flood\n"))
    kernel.execute("gates[0].set()")
    kernel.until(lambda: kernel.text(job).endswith("the end of the flood\nlater\n"))
    kinds = [item["output_type"] for item in log_of(kernel, job_id)]
    assert kinds == ["stream", "display_data", "stream"]
    kernel.execute("gates[1].set()")
    kernel.ended(job_id)
    items = log_of(kernel, job_id)
    assert [item["output_type"] for item in items] == ["stream", "display_data", "stream", "display_data", "stream"]
    assert items[1]["display_id"] != items[3]["display_id"]
    assert items[4]["text"].endswith("the end of all\n")
    assert kernel.value(f"jobs[{job_id}].output.replace('y' * 2_000_000, '').replace('z' * 2_000_000, '')") == (
        "x" * 99 + "\n\nthe end of the flood\nlater\n\nthe end of all\n"
    )


def test_the_note_is_live_and_rarely_updated(kernel: Kernel) -> None:
    kernel.execute("import itertools, threading, time; end = threading.Event()")
    begun = time.monotonic()
    job = kernel.execute(
        "%%job\nfor i in itertools.count():\n"
        # A hundred at once, so that it is a flood on a slow machine, too.
        "    print(''.join(f'{100 * i + j}%\\r' for j in range(100)), end='')\n    if end.is_set():\n        break"
    )
    job_id = kernel.job_of(job)

    def notes() -> list[str]:
        kinds = ("display_data", "update_display_data")
        texts = [m["content"]["data"]["text/plain"] for m in kernel.of(job) if m["msg_type"] in kinds]
        return [text for text in texts if text.startswith("[… ")]

    kernel.until(lambda: len(notes()) >= 3)
    assert len(notes()) <= time.monotonic() - begun + 1
    for text in notes():
        first, *lines = text.split("\n")
        assert "left out so far" in first
        assert len(lines) == 1  # of all that stood in that line, what is seen
        assert lines[0].endswith("%")
        assert len(lines[0]) < 20
    kernel.execute("end.set()")
    kernel.ended(job_id)
    assert "left out here" in notes()[-1]
    assert kernel.text(job).endswith("%\r")
    assert kernel.value(
        f"jobs[{job_id}].output == ''.join(f'{{i}}%\\r' for i in range(jobs[{job_id}].output.count('%')))"
    )


def test_errors_and_displays_keep_their_place(kernel: Kernel) -> None:
    job = kernel.execute(
        "%%job\nfrom IPython.display import HTML\n"
        "print('a' * 1_000_000, '\\nbefore the display')\ndisplay(HTML('<b>bold</b>'))\n"
        "print('b' * 1_000_000, '\\nbefore the error')\n1 / 0"
    )
    job_id = kernel.job_of(job)
    assert kernel.ended(job_id)["state"] == "failed"
    items = log_of(kernel, job_id)
    kinds = [item["output_type"] for item in items]
    assert kinds == ["stream", "display_data", "stream", "display_data", "stream", "display_data", "stream", "error"]
    assert items[2]["text"] == "before the display\n"
    assert items[3]["data"]["text/html"] == "<b>bold</b>"
    assert items[6]["text"] == "before the error\n"
    text = kernel.value(f"jobs[{job_id}].output.replace('a' * 1_000_000, 'a').replace('b' * 1_000_000, 'b')")
    assert text.startswith("a \nbefore the display\n<IPython.core.display.HTML object>\nb \nbefore the error\n")
    assert "division by zero" in text.splitlines()[-1]


def test_clearing_forgets_the_flood(kernel: Kernel) -> None:
    assert is_spool_empty(kernel)
    kernel.execute("import threading; gates = [threading.Event() for _ in range(2)]")
    job = kernel.execute(
        "%%job\nfrom IPython.display import clear_output\n"
        "print('a' * 3_000_000)\ngates[0].wait(60)\nclear_output()\nprint('b')\ngates[1].wait(60)\n"
        "print('c' * 3_000_000)\nclear_output(wait=True)\nprint('d')"
    )
    job_id = kernel.job_of(job)
    kernel.until(lambda: any("left out" in str(item) for item in log_of(kernel, job_id)))
    assert not is_spool_empty(kernel)
    kernel.execute("gates[0].set()")
    kernel.until(lambda: kernel.text(job).endswith("b\n"))
    assert [item["text"] for item in log_of(kernel, job_id)] == ["b\n"]
    assert kernel.value(f"jobs[{job_id}].output") == "b\n"
    assert is_spool_empty(kernel)
    kernel.execute("gates[1].set()")
    kernel.ended(job_id)
    assert [item["text"] for item in log_of(kernel, job_id)] == ["d\n"]
    assert kernel.value(f"jobs[{job_id}].output") == "d\n"
    assert is_spool_empty(kernel)


def test_the_file_goes_with_the_jobs(kernel: Kernel) -> None:
    assert is_spool_empty(kernel)
    kernel.run_job("%job print('a' * 3_000_000)")
    kernel.run_job("%job print('b' * 3_000_000)")
    kernel.execute("first, second = jobs")
    assert not is_spool_empty(kernel)
    kernel.execute("jobs.clear(first.id)")
    assert kernel.value("second.output == 'b' * 3_000_000 + '\\n'")
    assert not is_spool_empty(kernel)
    kernel.execute("jobs.clear()")
    kernel.until(lambda: not kernel.records)
    assert is_spool_empty(kernel)
    # What was shown is what is left of it.
    assert kernel.value("'left out here' in second.output and len(second.output) < 200_000")


def test_the_output_in_parts(kernel: Kernel) -> None:
    _, record = kernel.run_job("%%job\nfor i in range(100_000):\n    print(i, '€' * (i % 7), '𝄞')")
    expected = "".join(f"{i} {'€' * (i % 7)} 𝄞\n" for i in range(100_000))
    parts: list[str] = []
    offset, total = 0, 1
    while offset < total:
        result = kernel.ask("output", {"job": record["id"], "offset": offset, "limit": 77_777})
        assert 0 < len(result["text"]) <= 77_777
        parts.append(result["text"])
        offset, total = result["next"], result["total"]
    assert "".join(parts) == expected
    assert total == len(expected)
    beyond = kernel.ask("output", {"job": record["id"], "offset": total + 5, "limit": 10**12})
    assert beyond == {"text": "", "next": total + 5, "total": total}
    everything = kernel.ask("output", {"job": record["id"], "offset": 0, "limit": 10**12})
    assert everything["text"] == expected[:1_000_000]


@pytest.mark.parametrize("params", [{}, {"job": 1, "offset": -1, "limit": 5}, {"job": 1, "offset": 0, "limit": "5"}])
def test_a_malformed_request_for_output(kernel: Kernel, params: dict[str, Any]) -> None:
    reply = kernel.request("output", params)
    assert reply["status"] == "error"
    assert reply["ename"] == "ProtocolError"


def test_the_output_of_a_job_that_is_not_there(kernel: Kernel) -> None:
    assert kernel.request("output", {"job": 10**6, "offset": 0, "limit": 5})["ename"] == "NoSuchJob"


def test_a_kill_during_the_flood(kernel: Kernel) -> None:
    kernel.execute("import itertools")
    job = kernel.execute("%%job\nfor i in itertools.count():\n    print(f'{i:99d}')")
    job_id = kernel.job_of(job)
    kernel.until(lambda: any("left out so far" in str(m["content"]) for m in kernel.of(job)))
    kernel.ask("kill", {"jobs": [job_id]})
    assert kernel.ended(job_id)["state"] == "killed"
    head, note, tail = log_of(kernel, job_id)
    assert "left out here" in note_of(note)
    kernel.execute(f"text = jobs[{job_id}].output; lines = text.split('\\n'); last = lines.pop()")
    # The kill may have come between a line and its end.
    assert kernel.value("lines == [f'{i:99d}' for i in range(len(lines))] and last in ('', f'{len(lines):99d}')")
    assert kernel.value(f"text.startswith({head['text'][:200]!r}) and text.endswith({tail['text'][-200:]!r})")
    assert kernel.text(kernel.execute("print('still there')")) == "still there\n"


def test_a_job_that_reads_a_flood_is_killed(kernel: Kernel) -> None:
    _, flood = kernel.run_job("%job print('x' * 20_000_000)")
    for _ in range(5):
        reader = kernel.execute(f"%%job\nwhile True:\n    jobs[{flood['id']}].output")
        job_id = kernel.job_of(reader)
        kernel.in_state(job_id, "running")
        kernel.ask("kill", {"jobs": [job_id]})
        assert kernel.ended(job_id)["state"] == "killed"
    assert kernel.value(f"jobs[{flood['id']}].output == 'x' * 20_000_000 + '\\n'")


def test_the_magic_does_not_flood_either(kernel: Kernel) -> None:
    _, record = kernel.run_job("%job print('x' * 3_000_000 + '\\nthe end')")
    cell = kernel.execute(f"%jobs output {record['id']}")
    kernel.until(lambda: kernel.text(cell).endswith("the end\n\n"))
    text = kernel.text(cell)
    assert f"2,800,009 characters left out here. All of it is in jobs[{record['id']}].output" in text
    assert len(text) < 201_000


def test_without_room_on_the_disk(fresh_kernel: Kernel) -> None:
    kernel = fresh_kernel
    kernel.install()
    kernel.execute(
        "import tempfile\n"
        "def fail(*args, **kwargs):\n    raise OSError(28, 'No space left on device')\n"
        "tempfile.TemporaryFile = fail"
    )
    job, record = kernel.run_job("%job print('x' * 3_000_000 + '\\nthe end')")
    assert record["state"] == "finished"
    assert kernel.text(job).endswith("the end\n")
    note = note_of(log_of(kernel, record["id"])[1])
    assert "could not be kept: No space left on device" in note
    output = kernel.value(f"jobs[{record['id']}].output")
    assert "characters are missing here: No space left on device" in output
    assert output.endswith("the end\n")


def test_a_loop_that_clears_and_one_that_updates(kernel: Kernel) -> None:
    _, clearing = kernel.run_job(
        "%%job\nfrom IPython.display import clear_output\n"
        "for i in range(20_000):\n    clear_output(wait=True)\n    print(i)"
    )
    assert [item["text"] for item in log_of(kernel, clearing["id"])] == ["19999\n"]
    assert clearing["ended"] - clearing["started"] < 10
    _, updating = kernel.run_job(
        "%%job\nhandle = display('0', display_id=True)\nfor i in range(20_000):\n    handle.update(str(i))"
    )
    (item,) = log_of(kernel, updating["id"])
    assert item["data"]["text/plain"] == "'19999'"
    assert kernel.value(f"jobs[{updating['id']}].output") == "'19999'\n"
