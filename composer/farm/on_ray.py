"""A crew of Ray tasks, one core each: https://docs.ray.io. The workers need Cantilena, the model and the storage.

`composer.processes.Spread` handles retries. Ray's are disabled, since Ray cannot distinguish a brief that kills its worker from
a lost machine. Tasks take addresses, not objects, so that nothing is lost with a node's memory.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from concurrent.futures import Future
from types import TracebackType
from typing import Any, Generic, TypeVar

from composer.errors import MissingExtraError, pip_line

T = TypeVar("T")
R = TypeVar("R")
_AHEAD = 2  # submitted tasks per core, so that no core waits for the driver


class RayCrew(Generic[T, R]):
    """The cluster at RAY_ADDRESS; without that variable, a local one that lives as long as the `with` block.

    Args:
        work: function that the tasks run; the workers must be able to import it.

    Raises:
        MissingExtraError: Ray is not installed.
    """

    def __init__(self, work: Callable[[T], R]) -> None:
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # no telemetry
        try:
            import ray
        except ModuleNotFoundError:
            raise MissingExtraError(f"--on ray needs ray: {pip_line('farm')}") from None
        self._ray, self._work = ray, work
        errors = ray.exceptions
        self.deaths: tuple[type[BaseException], ...] = (
            errors.WorkerCrashedError,
            errors.NodeDiedError,
            errors.OutOfMemoryError,
            errors.LocalRayletDiedError,
            errors.ObjectLostError,
        )

    def __enter__(self) -> RayCrew[T, R]:
        self._ray.init(log_to_driver=False, logging_level=logging.ERROR)
        self._task = self._ray.remote(num_cpus=1, max_retries=0)(self._work)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._ray.shutdown()

    @property
    def capacity(self) -> int:
        """Number of tasks to keep submitted; changes with the size of the cluster."""
        resources: dict[str, float] = self._ray.cluster_resources()  # type: ignore[no-untyped-call]
        return max(1, int(_AHEAD * resources.get("CPU", 1)))

    def submit(self, task: T) -> Future[R]:
        """Starts a task on any node with a free core."""
        return _plain(self._task.remote(task).future())


def _plain(future: Future[Any]) -> Future[Any]:
    """A future with the original exception of the task instead of Ray's wrapper."""
    plain: Future[Any] = Future()
    plain.set_running_or_notify_cancel()

    def settle(done: Future[Any]) -> None:
        error = done.exception()
        if error is None:
            plain.set_result(done.result())
        else:
            plain.set_exception(getattr(error, "cause", None) or error)

    future.add_done_callback(settle)
    return plain
