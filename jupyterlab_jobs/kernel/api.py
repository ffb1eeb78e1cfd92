"""`jobs`: what a user has in hand."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from .backends import THREAD, Backend, Backends
from .background_jobs import BackgroundJob, BackgroundJobNames
from .chunks import chunks
from .dask_backend import DaskBackend
from .group import Group
from .job import Job, Origin
from .job_table import job_table
from .limits import Limits
from .map_work import ErrorPolicy, MapWork
from .registry import Registry
from .remote_work import RemoteCalls, RemoteCallWork
from .scheduler import AwaitedJob
from .states import ENDED
from .syntax import JobOptions
from .threads import current_job
from .work import FunctionWork

T = TypeVar("T")


class Jobs(BackgroundJobNames):
    """The jobs of this kernel (`from jupyterlab_jobs import jobs`). Everything may be called from any thread.

    It has the names of `IPython.lib.backgroundjobs.BackgroundJobManager` as well.
    """

    def __init__(
        self,
        registry: Registry,
        origin: Callable[[], Origin],
        submit_code: Callable[[str, JobOptions, Origin], Job],
        backends: Backends,
        limits: Limits,
        dask: DaskBackend,
    ) -> None:
        self._registry = registry
        self._backends = backends
        self._limits = limits
        self._dask = dask
        self._origin = origin
        self._submit_code = submit_code
        self._has_own_limit = False

    def submit(
        self,
        fn_or_code: Callable[..., Any] | str,
        *args: Any,
        name: str | None = None,
        on: str = "thread",
        timeout: float | None = None,
        after: Job | int | Iterable[Job | int] = (),
        **kwargs: Any,
    ) -> Job:
        """Run a function, or IPython code, in the background.

        A function is called with `args` and `kwargs`. Code runs as `%job` runs it, and takes neither. It starts once
        the jobs `after` have finished, and is killed if one of them does not. After `timeout` seconds it is killed.
        Raises `SyntaxError` for code that does not compile, `TypeError` for what is neither, `NoSuchJob` where there is
        no job to wait for, `ValueError` for an unknown backend.
        """
        backend = self._backends.get(on)
        awaited = self._jobs_of(after)
        if isinstance(fn_or_code, str):
            if args or kwargs:
                raise TypeError("arguments go with a function, not with code")
            return self._submit_code(fn_or_code, JobOptions(name, timeout, after=tuple(awaited), on=on), self._origin())
        if not callable(fn_or_code):
            raise TypeError(f"submit() takes a function or code, not {type(fn_or_code).__name__}")
        if backend is None:
            return self._submit_function(name, FunctionWork(fn_or_code, args, kwargs), timeout, awaited)
        work = RemoteCallWork(backend, fn_or_code, args, kwargs)
        return self._submit_function(name, work, timeout, awaited, on)

    def _jobs_of(self, after: Job | int | Iterable[Job | int]) -> list[Job]:
        each = [after] if isinstance(after, Job | int) else after
        return [self._registry.get(job) if isinstance(job, int) else job for job in each]

    def _submit_function(
        self,
        name: str | None,
        work: FunctionWork | RemoteCallWork,
        timeout: float | None = None,
        after: Iterable[Job] = (),
        on: str = THREAD,
    ) -> Job:
        title = name or getattr(work.function, "__qualname__", None) or repr(work.function)
        job = Job(self._registry, self._registry.next_id(), title, title, self._origin(), work, timeout, backend=on)
        return self._registry.submit(job, [AwaitedJob(other) for other in after])

    def map(
        self,
        fn: Callable[[Any], Any],
        iterable: Iterable[Any],
        *,
        workers: int | None = None,
        on: str = "thread",
        name: str | None = None,
        timeout: float | None = None,
        after: Job | int | Iterable[Job | int] = (),
        errors: ErrorPolicy = "stop",
    ) -> Group:
        """Call a function for every item in the background, at most `workers` at once, all of them as one job.

        Items are taken from the iterable when a worker is free. `fn` may be a coroutine function: then the workers are
        tasks of one event loop. An item that fails ends the group, after those that are being worked on; with
        `errors="collect"` its exception takes the place of the result, and the others go on. If `workers` is not given,
        it is a few more than there are processors, 32 at most; in processes one for each processor, and on Dask one for
        each thread of the cluster's workers. Raises as `submit` does.
        """
        backend = self._backends.get(on)
        if not callable(fn):
            raise TypeError(f"map() takes a function first, not {type(fn).__name__}")
        if workers is not None and (type(workers) is not int or workers < 1):
            raise ValueError(f"workers is a number of workers, not {workers!r}")
        if errors not in ("stop", "collect"):
            raise ValueError(f"errors is 'stop' or 'collect', not {errors!r}")
        awaited = self._jobs_of(after)
        calls = None if backend is None else RemoteCalls(backend, fn, stops=errors == "stop")
        work = MapWork(fn, iterable, workers, errors, calls)
        title = name or f"map {getattr(fn, '__qualname__', None) or repr(fn)}"
        group = Group.of(self._registry, self._registry.next_id(), title, self._origin(), work, timeout, on)
        self._registry.submit(group, [AwaitedJob(other) for other in awaited])
        return group

    def chunks(self, sequence: Sequence[T], count: int) -> list[Sequence[T]]:
        """Deal a sequence out to at most `count` parts, round robin. Raises `ValueError` if `count` is less than 1."""
        return chunks(sequence, count)

    def __getitem__(self, job_id: int) -> Job:
        """The job with this id; raises `NoSuchJob`, a `LookupError`."""
        return self._registry.get(job_id)

    def __len__(self) -> int:
        return len(self._registry.all())

    def __iter__(self) -> Iterator[Job]:
        return iter(self._registry.all())

    @property
    def running(self) -> list[Job]:
        """Those that have not ended: queued, running, stopping."""
        return [job for job in self if job.state not in ENDED]

    @property
    def finished(self) -> list[Job]:
        """Those that came to their end."""
        return [job for job in self if job.state == "finished"]

    @property
    def failed(self) -> list[Job]:
        """Those that failed or were killed."""
        return [job for job in self if job.state in ("failed", "killed")]

    @property
    def current(self) -> Job | None:
        """The job that the calling code is part of, or None."""
        return current_job()

    @property
    def history(self) -> int:
        """How many jobs that have ended are kept, with what they have written: beyond that the first are forgotten.

        Can be assigned; raises `ValueError` for what is not a count.
        """
        return self._registry.history

    @history.setter
    def history(self, count: int) -> None:
        if type(count) is not int or count < 0:
            raise ValueError(f"jobs.history is a number of jobs, not {count!r}")
        self._registry.set_history(count)

    @property
    def limit(self) -> int | None:
        """How many jobs run at once; the others are queued, first come first served. None for any number.

        Can be assigned, and then counts more than the setting in JupyterLab; raises `ValueError` for what is not a
        count. A job that waits for another one takes nobody's place.
        """
        return self._registry.scheduler.limit

    @limit.setter
    def limit(self, count: int | None) -> None:
        if count is not None and (type(count) is not int or count < 1):
            raise ValueError(f"jobs.limit is a number of jobs, or None, not {count!r}")
        self._has_own_limit = True
        self._registry.scheduler.limit = count

    @property
    def limits(self) -> Limits:
        """How many jobs run at once on each backend, by its name: `jobs.limits["process"] = 8`; None for any number.

        A `jobs.map` is one job. Raises `ValueError` for what is no backend or no count.
        """
        return self._limits

    @property
    def dask(self) -> Any:
        """The `distributed.Client` of the cluster on which jobs `on="dask"` run; None if there is none yet.

        That is the one that was assigned, or Dask's current client, or the newest in the notebook. The first job starts
        a cluster on this machine if there is none. Assigning raises `TypeError` for what is no client; None takes it
        back.
        """
        return self._dask.client

    @dask.setter
    def dask(self, client: Any) -> None:
        self._dask.client = client

    def register_backend(self, name: str, backend: Backend) -> None:
        """Have `%job --on name` and `on="name"` run jobs on an engine of your own.

        `jupyterlab_jobs.backends` says what it has to do. Raises `ValueError` for a name that is no identifier,
        `TypeError` for what is no backend.
        """
        self._backends.register(name, backend)

    def set_default_limit(self, count: int | None) -> None:
        """What the settings in JupyterLab say about `limit`."""
        if not self._has_own_limit:
            self._registry.scheduler.limit = count or None

    def kill(self, *ids: int) -> list[Job]:
        """Begin to kill jobs; returns those that had not ended. Raises `NoSuchJob` before any is killed."""
        return self._registry.kill([self[job_id] for job_id in ids])

    def kill_all(self) -> list[Job]:
        """Begin to kill every job that has not ended; returns them."""
        return self._registry.kill(self)

    def wait(self, *ids: int, timeout: float | None = None) -> bool:
        """Wait until these jobs, or all, have ended; returns whether they have within `timeout` seconds.

        A job that waits for all does not wait for itself.
        """
        awaited = [self[job_id] for job_id in ids] or [job for job in self if job is not current_job()]
        deadline = None if timeout is None else time.monotonic() + timeout
        return all(job.wait(None if deadline is None else max(0.0, deadline - time.monotonic())) for job in awaited)

    def clear(self, *ids: int) -> list[Job]:
        """Forget these jobs, or all, as far as they have ended; returns those forgotten."""
        return self._registry.remove([self[job_id] for job_id in ids] or self)

    @property
    def all(self) -> Mapping[int, BackgroundJob]:
        return {job.id: BackgroundJob(job, job.id) for job in self}

    @property
    def completed(self) -> list[Job]:
        """The same as `finished`."""
        return self.finished

    @property
    def dead(self) -> list[Job]:
        """The same as `failed`."""
        return self.failed

    def _start(self, name: str | None, function: Callable[..., Any], *args: Any, **kwargs: Any) -> BackgroundJob:
        job = self._submit_function(name, FunctionWork(function, args, kwargs))
        return BackgroundJob(job, job.id)

    def _forget(self, jobs: list[BackgroundJob]) -> None:
        self._registry.remove(job.job for job in jobs)

    def __repr__(self) -> str:
        return job_table(list(self))

    def __reduce__(self) -> Any:
        # In the process of a job it is what stands for it there.
        return the_jobs, ()


def the_jobs() -> Any:
    """The jobs of this process."""
    from .. import jobs

    return jobs
