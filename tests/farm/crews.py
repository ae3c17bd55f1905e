"""Workers for tests, which run in this process and can be made to die."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any


class DiedError(Exception):
    """The worker died."""


class Crew:
    """Runs tasks at once; `fails` may raise the exception of a task."""

    deaths = (DiedError,)

    def __init__(self, work: Callable[[Any], Any], *, capacity: int = 1, fails: Callable[[Any], None] = lambda task: None):
        self.work, self.capacity, self.fails = work, capacity, fails
        self.tasks: list[Any] = []

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def submit(self, task: Any) -> Future[Any]:
        self.tasks.append(task)
        future: Future[Any] = Future()
        try:
            self.fails(task)
            future.set_result(self.work(task))
        except Exception as error:
            future.set_exception(error)
        return future
