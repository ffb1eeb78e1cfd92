"""What becomes of the messages of a job that writes too much, message by message."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path
from typing import Any, Literal

import pytest

from jupyterlab_jobs.kernel import spool
from jupyterlab_jobs.kernel.budget import MAX_SHOWN, Budget, Usage
from jupyterlab_jobs.kernel.flood import Backlog
from jupyterlab_jobs.kernel.messages import OutputMessage
from jupyterlab_jobs.kernel.spool import BLOCK_SIZE, Spool
from jupyterlab_jobs.kernel.transcript import Transcript


class Clock:
    """Time that passes when a test says so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr("time.monotonic", lambda: self.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


class Output:
    """What a backlog knows of a job's output."""

    def __init__(self) -> None:
        self.usage = Usage()
        self.transcript = Transcript(None)
        self.job_id = 3
        self.waiting = 0

    def flood_id(self, number: int) -> str:
        return f"flood-{number}"


class Job:
    """A job's output, without a kernel."""

    def __init__(self, budget: Budget) -> None:
        self._output: Any = Output()
        self.backlog = Backlog(self._output, budget)

    def write(self, text: str, name: Literal["stdout", "stderr"] = "stdout") -> None:
        self.backlog.add(OutputMessage("stream", {"name": name, "text": text}))

    def display(self, text: str, display_id: str | None = None, *, update: bool = False) -> None:
        transient = {} if display_id is None else {"display_id": display_id}
        content = {"data": {"text/plain": text}, "metadata": {}, "transient": transient}
        self.backlog.add(OutputMessage("update_display_data" if update else "display_data", content))

    def clear(self, *, wait: bool) -> None:
        self.backlog.add(OutputMessage("clear_output", {"wait": wait}))


class Turns:
    """The publisher's turns."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.budget = Budget()

    def turn(self, *jobs: Job, ended: bool = False, pause: float = 0.02) -> list[OutputMessage]:
        self._clock.now += pause
        sent = []
        for job in jobs:
            job._output.waiting = job.backlog.size
        ordered: Any = self.budget.begin_turn(jobs)  # type: ignore[arg-type]
        for job in ordered:
            self.budget.begin_job()
            sent += job.backlog.take(ended=ended)
        return sent

    def turns(self, job: Job, *, ended: bool = False) -> list[OutputMessage]:
        """Everything that is sent until nothing is left."""
        sent = self.turn(job, ended=ended)
        while job.backlog.is_waiting:
            sent += self.turn(job, ended=ended)
        return sent


@pytest.fixture
def turns(clock: Clock) -> Turns:
    return Turns(clock)


def brief(messages: list[OutputMessage]) -> list[str]:
    shown: list[str] = []
    for message in messages:
        match message.type:
            case "stream":
                shown.append(message.content["text"])
            case "clear_output":
                shown.append("clear")
            case _:
                shown.append(f"{message.type} {message.content['data']['text/plain']}")
    return shown


def test_little_is_sent_as_it_comes(turns: Turns) -> None:
    job = Job(turns.budget)
    job.write("a")
    job.write("b")
    job.write("c", "stderr")
    job.display("d")
    assert brief(turns.turn(job)) == ["ab", "c", "display_data d"]
    assert job.backlog.is_sent
    assert not job.backlog.is_waiting


def test_what_is_cleared_is_not_sent(turns: Turns) -> None:
    job = Job(turns.budget)
    job.write("a")
    job.display("elsewhere", "e", update=True)
    job.clear(wait=False)
    job.write("b")
    assert brief(turns.turn(job)) == ["update_display_data elsewhere", "clear", "b"]
    job.write("c")
    job.clear(wait=True)
    assert brief(turns.turn(job)) == ["c", "clear"]
    for i in range(3):
        job.write(f"{i}")
        job.clear(wait=True)
    job.write("end")
    assert brief(turns.turn(job)) == ["clear", "end"]


def test_of_many_updates_the_newest_is_sent(turns: Turns) -> None:
    job = Job(turns.budget)
    job.display("0", "a")
    for i in range(5):
        job.display(f"a{i}", "a", update=True)
        job.display(f"b{i}", "b", update=True)
    assert brief(turns.turn(job)) == ["display_data 0", "update_display_data a4", "update_display_data b4"]


def test_who_writes_little_comes_first(turns: Turns) -> None:
    floods = [Job(turns.budget) for _ in range(20)]
    little = Job(turns.budget)
    for i in range(100):
        for job in floods:
            job.write("x" * 100_000)
        if i % 10 != 0:
            turns.turn(*floods)
            continue
        little.write("little")
        sent = turns.turn(*floods, little)
        assert next(m.content["text"] for m in sent if m.type == "stream") == "little"


def test_the_rate_is_kept(turns: Turns, clock: Clock) -> None:
    jobs = [Job(turns.budget) for _ in range(20)]
    arrivals: list[tuple[float, int]] = []
    while clock.now < 1010:
        for job in jobs:
            job.write("€" * 10_000 + "\x1b" * 1000)
        for message in turns.turn(*jobs):
            size = len(message.content["text"].encode()) if message.type == "stream" else 0
            arrivals.append((clock.now, size + 1000))
    for start, _ in arrivals:
        window = [size for at, size in arrivals if start <= at < start + 3]
        assert len(window) < 2000
        assert sum(window) < 2_000_000


def test_a_cell_that_is_full(turns: Turns) -> None:
    job = Job(turns.budget)
    shown = ""
    written = 0
    while "left out" not in shown:
        line = f"{written:9d}\n"
        job.write(line * 1000)
        written += 10_000
        shown += "".join(brief(turns.turn(job, pause=0.05)))
        assert written < 2_000_000
    assert written > MAX_SHOWN
    # However slowly it goes on.
    for _ in range(10):
        job.write("slow\n")
        messages = turns.turn(job, pause=2)
        assert [m.type for m in messages] == ["update_display_data"]
        assert messages[0].content["data"]["text/plain"].endswith("\nslow")
        assert not job.backlog.is_waiting
    job.write("the end\n")
    note, *end = brief(turns.turns(job, ended=True))
    # In the end, nothing was left out.
    assert note == "update_display_data "
    assert "".join(end).endswith("slow\nthe end\n")
    assert job.backlog.is_sent
    # Unless it clears the cell.
    job.clear(wait=False)
    job.write("again")
    assert brief(turns.turn(job, ended=True)) == ["clear", "again"]


def test_a_cell_that_shows_less(turns: Turns) -> None:
    turns.budget.shown = 10_000
    job = Job(turns.budget)
    for number in range(3_000):
        job.write(f"{number:9d}\n")
    shown = brief(turns.turns(job, ended=True))
    assert shown[0].startswith("        0\n")
    assert shown[-1].endswith("     2999\n")
    assert 8_000 <= sum(map(len, shown)) <= 15_000


def test_a_full_cell_still_gets_errors(turns: Turns) -> None:
    job = Job(turns.budget)
    job.write("x" * 2 * MAX_SHOWN)
    job.write("last\n")
    job.display("result")
    assert brief(turns.turns(job))[-2:] == ["last\n", "display_data result"]


def test_jobs_give_way_to_a_cell_that_writes_much(turns: Turns) -> None:
    def sent(of_cell: int) -> int:
        """What a job sends in a second."""
        job = Job(turns.budget)
        characters = 0
        for _ in range(50):
            turns.budget.charge_cells(of_cell // 50)
            job.write("x" * 100_000)
            characters += sum(len(m.content["text"]) for m in turns.turn(job) if m.type == "stream")
            job.clear(wait=False)
        return characters

    sent(0)  # what had been saved up for
    alone = sent(0)
    assert sent(100_000) == pytest.approx(alone - 100_000, rel=0.1)
    assert sent(10_000_000) == pytest.approx(alone / 2, rel=0.1)


def test_displays_in_a_flood_fill_the_backlog_and_text_does_not(turns: Turns) -> None:
    job = Job(turns.budget)
    job.write("x" * 50_000_000)
    assert not job.backlog.is_full
    for i in range(1000):
        job.display(f"{i}")
    assert job.backlog.is_full
    sent = turns.turns(job)
    assert [text for text in brief(sent) if text.startswith("display_data") and "left out" not in text] == [
        f"display_data {i}" for i in range(1000)
    ]


def test_a_process_left_behind_does_not_hold_up_the_end(turns: Turns) -> None:
    job = Job(turns.budget)
    job.write("x" * 1_000_000)
    turns.turn(job)
    for _ in range(500):
        job.write("y" * 100_000)
        turns.turn(job, ended=True)
        if job.backlog.is_sent:
            return
    raise AssertionError("its end is never told")


# ------------------------------------------------------------------------- the transcript


def stream(text: str) -> OutputMessage:
    return OutputMessage("stream", {"name": "stdout", "text": text})


def test_a_transcript_in_the_file() -> None:
    file = Spool()
    transcript = Transcript(file)
    expected = ""
    for i in range(3000):
        text = f"{i} €𝄞" * (i % 50)
        transcript.apply(stream(text))
        expected += text
    assert transcript.is_spooled
    with closing(transcript.reader()) as reader:
        assert reader.total == len(expected)
        assert reader.read() == expected
        for offset in range(0, len(expected), 9_999):
            assert reader.read(offset, 7) == expected[offset : offset + 7]
            assert reader.read(offset, 99_999) == expected[offset : offset + 99_999]


@pytest.mark.parametrize("file", [Spool(), None])
def test_displays_in_a_transcript_are_updated(file: Spool | None) -> None:
    transcript = Transcript(file)

    def display(text: str, *, update: bool) -> None:
        content = {"data": {"text/plain": text}, "metadata": {}, "transient": {"display_id": "d"}}
        transcript.apply(OutputMessage("update_display_data" if update else "display_data", content))

    transcript.apply(stream("a" * 100_000))
    display("old", update=False)
    transcript.apply(stream("b" * 100_000))
    display("new", update=True)
    with closing(transcript.reader()) as reader:
        assert reader.read() == "a" * 100_000 + "new\n" + "b" * 100_000


def test_room_in_the_file_is_used_again_but_not_while_it_is_read() -> None:
    file = Spool()
    first, second = Transcript(file), Transcript(file)
    first.apply(stream("a" * 10 * BLOCK_SIZE))
    second.apply(stream("b" * BLOCK_SIZE))
    reader = first.reader()
    first.release()
    second.apply(stream("c" * 10 * BLOCK_SIZE))
    assert reader.read() == "a" * 10 * BLOCK_SIZE
    reader.close()
    length = os.fstat(file._file.fileno()).st_size  # type: ignore[union-attr]
    second.apply(stream("d" * 10 * BLOCK_SIZE))
    assert os.fstat(file._file.fileno()).st_size == length  # type: ignore[union-attr]
    with closing(second.reader()) as reader:
        assert reader.read() == "b" * BLOCK_SIZE + "c" * 10 * BLOCK_SIZE + "d" * 10 * BLOCK_SIZE
    second.release()
    assert file._file is None


def test_no_room_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    file = Spool()
    transcript = Transcript(file)
    transcript.apply(stream("a" * BLOCK_SIZE))
    monkeypatch.setattr(spool, "_is_full", lambda _: True)
    transcript.apply(stream("b" * 3 * BLOCK_SIZE))
    monkeypatch.undo()
    transcript.apply(stream("c" * BLOCK_SIZE + "d"))
    with closing(transcript.reader()) as reader:
        before, gap, after = reader.read().split("\n")
    assert before == "a" * BLOCK_SIZE
    assert gap == f"[… {3 * BLOCK_SIZE:,} characters are missing here: No space left on device …]"
    assert after == "c" * BLOCK_SIZE + "d"


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")
def test_the_file_has_no_name() -> None:
    file = Spool()
    file.write(b"x")
    assert "(deleted)" in os.readlink(f"/proc/self/fd/{file._file.fileno()}")  # type: ignore[union-attr]


def test_a_progress_bar_does_not_fill_the_cell(clock: Clock) -> None:
    turns = Turns(clock)
    job = Job(turns.budget)
    bar = "\r" + "#" * 99
    for _ in range(2 * MAX_SHOWN // len(bar)):
        job.write(bar)
        if job.backlog.size > 10_000:
            sent = turns.turns(job)
            assert [message.type for message in sent] == ["stream"] * len(sent)
    job.write("\nend\n")
    sent = turns.turns(job, ended=True)
    assert "".join(message.content["text"] for message in sent).endswith("\nend\n")
