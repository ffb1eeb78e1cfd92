"""Jobs in the tests' own process: real threads, functions for code, no kernel; what they publish is kept."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Any

from harness import PATIENCE, until

from jupyterlab_jobs.kernel.job import Job, JobError, Origin
from jupyterlab_jobs.kernel.kill import KillSwitch, Returned
from jupyterlab_jobs.kernel.namespace import Namespace
from jupyterlab_jobs.kernel.publisher import Publisher
from jupyterlab_jobs.kernel.registry import Registry
from jupyterlab_jobs.kernel.transport import KernelTransport
from jupyterlab_jobs.kernel.work import Work


class Outbox:
    """What the transport needs of a kernel; keeps what it is given."""

    ident = "tests"
    iopub_socket = None

    def __init__(self) -> None:
        self.session = self
        self.messages: list[tuple[str, dict[str, Any]]] = []

    def send(self, socket: None, message_type: str, content: dict[str, Any], **others: object) -> None:
        self.messages.append((message_type, content))


class Bench:
    """A registry and what it is made of. The publisher does nothing until it is started."""

    def __init__(self) -> None:
        self.outbox = Outbox()
        self.publisher = Publisher(KernelTransport(self.outbox))
        self.limits: dict[str, int] = {}
        self.made_ready = 0
        self.registry = Registry(self.publisher, self.describe, lambda: "request", self._make_ready, self.limits.get)
        self.describe_error: Callable[[BaseException], JobError] = described

    def describe(self, error: BaseException) -> JobError:
        return self.describe_error(error)

    def _make_ready(self) -> None:
        self.made_ready += 1

    def make(self, work: Work, **options: Any) -> Job:
        """A job that is not in the list yet."""
        job_id = self.registry.next_id()
        usual = {"name": f"job-{job_id}", "code": "", "origin": Origin("api", {})}
        return Job(self.registry, job_id, work=work, **usual | options)

    def begin(self, work: ToldWork, **options: Any) -> Job:
        """A job that runs."""
        job = self.registry.submit(self.make(work, **options))
        assert work.running.wait(PATIENCE)
        return job

    def woken(self) -> list[Job | int | None]:
        """The jobs of which the publisher was told since the last time, and the ids that it is to announce as removed.

        Only while it has no thread that takes them.
        """
        woken = []
        while not self.publisher._queue.empty():
            entry = self.publisher._queue.get()
            woken.append(entry)
            if isinstance(entry, Job):
                self.publisher._waiting.discard(entry.id)
        return woken

    def notes(self) -> list[str]:
        """What was shown as the runtime's own, once all is published."""
        self.publisher.start()
        self.publisher.stop()
        return [content["data"]["text/plain"] for kind, content in self.outbox.messages if kind == "display_data"]

    def settle(self) -> None:
        """Wait until the scheduler's thread has done what it was to do: an event may lead to another one."""
        for _ in range(len(self.registry.all()) + 2):
            done = threading.Event()
            self.registry.scheduler._post(done.set)
            assert done.wait(PATIENCE)

    def close(self) -> None:
        self.registry.kill(self.registry.all())
        for job in self.registry.all():
            until(job.done)
        self.publisher.stop()


class ToldWork:
    """The work of a job that does what it is told, in its own thread."""

    namespace: Any = None

    def __init__(self) -> None:
        self.begun = 0
        self.running = threading.Event()
        self._orders: queue.SimpleQueue[Callable[[], object]] = queue.SimpleQueue()
        self._value: list[object] = []

    def begin(self) -> None:
        self.begun += 1

    def run(self, job: Job) -> object:
        self.running.set()
        while not self._value:
            job._kill_switch.call_blocking(lambda: self._orders.put(_nothing), self._orders.get)()
        return self._value[0]

    def order(self, function: Callable[[], object]) -> None:
        """Have the job's thread call a function. Does not wait."""
        self._orders.put(function)

    def tell(self, function: Callable[[], object]) -> None:
        """Have the job's thread call a function; returns once it has returned or raised."""
        called = threading.Event()

        def call() -> None:
            try:
                function()
            finally:
                called.set()

        self.order(call)
        assert called.wait(PATIENCE)

    def finish(self, value: object = None) -> None:
        """Have the job return."""
        self.tell(lambda: self._value.append(value))

    def fail(self, error: BaseException) -> None:
        """Have the job raise."""

        def fail() -> None:
            raise error

        self.tell(fail)


class SourceWork(ToldWork):
    """Whose names are a snapshot of the notebook's."""

    def __init__(self, notebook: dict[str, Any]) -> None:
        super().__init__()
        self.namespace = Namespace(notebook, notebook)


class Code:
    """Runs code of a job in a thread of its own."""

    def __init__(self, switch: KillSwitch, function: Callable[[], object]) -> None:
        self.switch = switch
        self.outcome: Returned | BaseException | None = None
        self._thread = threading.Thread(target=self._run, args=(function,), daemon=True)
        self._thread.start()

    def _run(self, function: Callable[[], object]) -> None:
        self.outcome = self.switch.run(function)

    def is_blocked(self) -> bool:
        """Whether it is in a call that can be woken."""
        return any(victim.wake is not None for victim in self.switch._victims.values())

    def strike_until(self, condition: Callable[[], object]) -> None:
        """Strike again and again, as the reaper does: how often it takes depends on what the code does meanwhile."""
        until(lambda: [self.switch.strike(), condition()][1])

    def join(self) -> Returned | BaseException | None:
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()
        return self.outcome


def described(error: BaseException) -> JobError:
    return JobError(type(error).__name__, str(error), ["a traceback"])


def _nothing() -> None:
    pass
