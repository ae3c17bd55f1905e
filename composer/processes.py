"""Distributes work to worker processes, which may die: a task whose worker died is halved until the cause is isolated.

`Spread` keeps track of tasks; a `Crew` runs them, in processes on this machine (`ProcessCrew`) or elsewhere
(`composer.farm.on_ray`). Does not know what the tasks are.
"""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from threading import Lock, Thread
from types import TracebackType
from typing import Any, Generic, Protocol, TypeVar

from composer.errors import BadInputError

MAX_JOBS = 64
UNDISTURBED = Lock()  # held by a worker while it writes files, so that it never ends in between
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
_LIVES = 2  # attempts at a task that cannot be halved; one death may be an accident
_TRIES = 5  # attempts at a task that fails with an OSError: storage and networks recover


T = TypeVar("T")  # a task
R = TypeVar("R")  # its result
Given = TypeVar("Given", contravariant=True)  # a task as an argument


class Crew(Protocol[Given, R]):
    """Workers that run one function on tasks; a context manager that ends the workers on exit."""

    deaths: tuple[type[BaseException], ...]  # exceptions of a future whose worker has died

    @property
    def capacity(self) -> int:
        """How many tasks can currently run at the same time."""

    def submit(self, task: Given) -> Future[R]:
        """Starts a task."""


# Creates a crew that runs a function, which other processes must be able to import.
Hire = Callable[[Callable[[Any], Any]], AbstractContextManager[Crew[Any, Any]]]


class Spread(Generic[T, R]):
    """Waiting and running tasks.

    Args:
        crew: the workers.
        halve: splits a task into two smaller ones; empty if it cannot be split.
    """

    def __init__(self, crew: Crew[T, R], halve: Callable[[T], Sequence[T]]) -> None:
        self._crew, self._halve = crew, halve
        self._waiting: deque[_Attempt[T]] = deque()
        self._under_way: dict[Future[R], _Attempt[T]] = {}
        self.deaths = 0

    @property
    def full(self) -> bool:
        """Whether more tasks would have to wait."""
        return len(self._waiting) + len(self._under_way) >= self._crew.capacity

    @property
    def busy(self) -> bool:
        """Whether there is anything to wait for."""
        return bool(self._waiting or self._under_way)

    def add(self, task: T) -> None:
        """Starts a task as soon as a worker is free."""
        self._waiting.append(_Attempt(task))
        self._start()

    def collect(self) -> Iterator[tuple[T, R | None]]:
        """Waits for a task to end; yields finished tasks with their results, `None` for a task that killed its workers.

        Raises:
            OSError: a task failed with it five times.
            Exception: any other exception of a task.
        """
        self._start()
        for future in wait(self._under_way, return_when=FIRST_COMPLETED).done:
            attempt = self._under_way.pop(future)
            error = future.exception()
            if error is None:
                yield attempt.task, future.result()
            elif isinstance(error, self._crew.deaths):
                self.deaths += 1
                halves = self._halve(attempt.task)
                if halves:
                    self._waiting.extendleft(_Attempt(half) for half in reversed(halves))
                elif attempt.died + 1 < _LIVES:
                    self._waiting.append(_Attempt(attempt.task, attempt.failed, attempt.died + 1))
                else:
                    yield attempt.task, None
            elif isinstance(error, OSError) and attempt.failed + 1 < _TRIES:
                self._waiting.append(_Attempt(attempt.task, attempt.failed + 1, attempt.died))
            else:
                raise error
        self._start()

    def _start(self) -> None:
        while self._waiting and len(self._under_way) < self._crew.capacity:
            attempt = self._waiting.popleft()
            self._under_way[self._crew.submit(attempt.task)] = attempt


@dataclass(frozen=True, slots=True)
class _Attempt(Generic[T]):
    task: T
    failed: int = 0
    died: int = 0


class ProcessCrew(Generic[T, R]):
    """Processes on this machine that share its cores; started when needed and replaced when they die.

    They end at once after an exception inside the block, otherwise after their current work, and also when this process is
    killed.

    Args:
        work: the function to run.
        jobs: number of processes, 1 to 64.

    Raises:
        BadInputError: `jobs` is out of range.
    """

    deaths: tuple[type[BaseException], ...] = (BrokenProcessPool,)

    def __init__(self, work: Callable[[T], R], jobs: int) -> None:
        self._work, self.capacity = work, checked_jobs(jobs)
        self._workers: list[_Worker] = []
        self._threads = _limited_threads(jobs)

    def __enter__(self) -> ProcessCrew[T, R]:
        self._threads.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for worker in self._workers:
            worker.end(at_once=kind is not None)
        self._threads.__exit__(kind, error, trace)

    def submit(self, task: T) -> Future[R]:
        """Starts a task in an idle process."""
        for worker in [worker for worker in self._workers if worker.idle]:
            try:
                return worker.submit(self._work, task)
            except BrokenProcessPool:  # it died, either of its last task or while idle
                self._workers.remove(worker)
                worker.end(at_once=True)
        self._workers.append(_Worker())
        return self._workers[-1].submit(self._work, task)


class _Worker:
    """A process connected by a pipe with this process."""

    def __init__(self) -> None:
        context = get_context("spawn")
        self._ours, self._theirs = context.Pipe()
        self._pool = ProcessPoolExecutor(1, context, _end_with, (self._theirs,))
        self._task: Future[Any] | None = None

    @property
    def idle(self) -> bool:
        return self._task is None or self._task.done()

    def submit(self, work: Callable[[T], R], task: T) -> Future[R]:
        future = self._pool.submit(work, task)
        self._task = future
        return future

    def end(self, *, at_once: bool) -> None:
        if not at_once:
            self._pool.shutdown()
        self._ours.close()
        self._pool.shutdown(cancel_futures=True)
        self._theirs.close()


def checked_jobs(jobs: int) -> int:
    """Checks the number of processes.

    Raises:
        BadInputError: it is out of range.
    """
    if not 1 <= jobs <= MAX_JOBS:
        raise BadInputError(f"number of jobs {jobs} is out of range: give 1 to {MAX_JOBS}")
    return jobs


def leave_to_parent() -> None:
    """Ignores the signals that a terminal sends to all of its processes: Ctrl-C and its own end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)


def _end_with(parent: Connection) -> None:
    """Ends this process when the other end of a pipe is closed or the pool ends it, after any file that it is writing.

    Ctrl-C and the end of the terminal are handled by the parent.
    """

    def end() -> None:
        with UNDISTURBED:
            os._exit(1)

    def wait_for_end() -> None:
        parent.poll(None)
        end()

    leave_to_parent()
    signal.signal(signal.SIGTERM, lambda number, frame: Thread(target=end, daemon=True).start())
    Thread(target=wait_for_end, daemon=True).start()


@contextmanager
def _limited_threads(jobs: int) -> Iterator[None]:
    """Lets processes started in the block use their share of the cores, unless the environment specifies it."""
    kept: Mapping[str, Any] = {name: os.environ.get(name) for name in _THREADS}
    share = str(max(1, (os.cpu_count() or 1) // jobs))
    os.environ |= {name: share for name, value in kept.items() if value is None}
    try:
        yield
    finally:
        for name, value in kept.items():
            if value is None:
                del os.environ[name]
