"""`Registry` by itself: the list of jobs, and how they get there, start and leave it."""

from __future__ import annotations

import threading

import pytest
from harness import until
from in_process import Bench, SourceWork, ToldWork

from jupyterlab_jobs.kernel.errors import NoSuchJob
from jupyterlab_jobs.kernel.job import Job, Origin
from jupyterlab_jobs.kernel.registry import Registry

pytestmark = pytest.mark.usefixtures("quiet_kills")


def test_jobs_are_numbered_and_listed_in_their_order(bench: Bench, registry: Registry) -> None:
    jobs = [bench.begin(ToldWork()) for _ in range(3)]
    assert [job.id for job in jobs] == [1, 2, 3]
    assert registry.all() == jobs
    assert bench.made_ready == 3


def test_a_job_is_found_by_what_it_is_called(bench: Bench, registry: Registry) -> None:
    first, second, third = (bench.begin(ToldWork(), name=name) for name in ("train", "load", "train"))
    assert registry.get(2) is second
    assert registry.find(second) == [second]
    assert registry.find(1) == registry.find("1") == [first]
    assert registry.find("train") == [first, third]
    for unknown in (4, "4", "tra"):
        with pytest.raises(NoSuchJob, match=str(unknown)):
            registry.find(unknown)
    with pytest.raises(NoSuchJob):
        registry.get(4)


def test_a_job_is_queued_until_it_is_started(bench: Bench, registry: Registry) -> None:
    work = ToldWork()
    job = bench.make(work)
    assert registry.all() == []
    assert registry.add(job) is job
    assert registry.all() == [job]
    assert job.state == "queued"
    bench.woken()
    registry.start(job)
    assert work.running.wait(20)
    assert job.state == "running"
    assert job in bench.woken()
    assert job.running()


def test_the_cell_is_known_to_have_jobs_before_there_is_one(bench: Bench, registry: Registry) -> None:
    header = {"msg_id": "request"}
    job = bench.make(ToldWork(), origin=Origin("express", header, cell_id="cell"))
    seen: list[object] = []
    start_cell_log = bench.publisher.start_cell_log

    def watch(origin: Origin) -> None:
        seen.append(registry.all())
        start_cell_log(origin)

    bench.publisher.start_cell_log = watch
    registry.submit(job)
    cell = bench.publisher.cells.find("request")
    assert cell is not None
    assert cell.has_jobs
    assert seen == [[]]


def test_a_job_that_cannot_be_started_is_no_job_that_waits_for_ever(bench: Bench, registry: Registry) -> None:
    class Interrupted(ToldWork):
        def begin(self) -> None:
            raise KeyboardInterrupt

    job = bench.make(Interrupted())
    with pytest.raises(KeyboardInterrupt):
        registry.submit(job)
    assert job.state == "killed"


def test_what_was_never_listed_is_not_killed(bench: Bench, registry: Registry) -> None:
    def interrupt(origin: Origin) -> None:
        raise KeyboardInterrupt

    bench.publisher.start_cell_log = interrupt
    job = bench.make(ToldWork())
    with pytest.raises(KeyboardInterrupt):
        registry.submit(job)
    assert registry.all() == []
    assert job.state == "queued"


def test_an_interrupt_after_the_start_leaves_the_job_alone(bench: Bench, registry: Registry) -> None:
    work = ToldWork()
    job = bench.make(work)
    wake = bench.publisher.wake

    def interrupt(woken: Job) -> None:
        wake(woken)
        if threading.current_thread() is threading.main_thread():
            assert work.running.wait(20)
            raise KeyboardInterrupt

    bench.publisher.wake = interrupt
    with pytest.raises(KeyboardInterrupt):
        registry.submit(job)
    assert job.state == "running"
    bench.publisher.wake = wake


def test_only_what_has_ended_is_removed(bench: Bench, registry: Registry) -> None:
    work = ToldWork()
    ended, running = bench.begin(work), bench.begin(ToldWork())
    work.finish()
    until(ended.done)
    until(lambda: ended in registry._ended)
    bench.woken()
    assert registry.remove([running, ended]) == [ended]
    assert ended.is_removed
    assert not running.is_removed
    assert registry.all() == [running]
    # The one to announce it, the other to let go of its output.
    assert bench.woken() == [ended.id, ended]
    assert registry.remove([ended]) == []
    assert bench.woken() == []
    assert registry._ended == {}


def test_what_is_removed_keeps_no_variables(bench: Bench, registry: Registry) -> None:
    work = SourceWork({})
    job = bench.begin(work)
    work.fail(ZeroDivisionError())
    until(lambda: job in registry._ended)
    assert job._namespace is work.namespace
    registry.remove([job])
    assert job._namespace is None


def test_the_first_that_have_ended_are_forgotten_first(bench: Bench, registry: Registry) -> None:
    registry.set_history(2)
    works = [ToldWork() for _ in range(4)]
    jobs = [bench.begin(work) for work in works]
    for place in (2, 0):
        works[place].finish()
        until(lambda place=place: jobs[place] in registry._ended)
    assert registry.all() == jobs
    works[3].finish()
    until(lambda: jobs[2].is_removed)
    assert registry.all() == [jobs[0], jobs[1], jobs[3]]
    registry.set_history(0)
    assert registry.all() == [jobs[1]]
    works[1].finish()
    until(lambda: registry.all() == [])
    assert registry.history == 0


def test_what_is_removed_before_it_has_settled_is_not_kept(bench: Bench, registry: Registry) -> None:
    work = ToldWork()
    job = bench.begin(work)
    job.add_done_callback(lambda _: registry.remove([job]))
    work.finish()
    until(lambda: registry.all() == [])
    bench.begin(last := ToldWork())  # whose end is looked at after that of the other one
    last.finish()
    until(lambda: len(registry._ended) == 1)
    assert job not in registry._ended
