"""Jobs: requests to the server, their queues, and their results.

There are two lanes, each with a process: one composes, the other only reads versions (engraving, audio, measurements), so that
a score appears while the next piece is being composed.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import time
from typing import Any

from composer.server import engine
from composer.server.events import Events
from composer.server.worker import Worker

MOST_WAITING = 16
LONGEST_S = 900.0
_KEPT = 300  # number of finished jobs to remember


class QueueFullError(Exception):
    """Too many jobs are waiting."""


@dataclass
class Job:
    """One job.

    Attributes:
        id: random identifier.
        verb, version, options: the request; see `engine.run`.
        state: "queued", "running", "done", "failed" or "canceled".
        progress: 0 to 1.
        result: result of the verb, once done.
        error: status (an HTTP status) and message, once failed.
        created: seconds since 1970.
    """

    verb: str
    version: str | None
    options: dict[str, Any]
    id: str = field(default_factory=lambda: secrets.token_hex(8))
    state: str = "queued"
    progress: float = 0.0
    result: dict[str, Any] | None = None
    error: dict[str, Any] | None = None
    created: float = field(default_factory=time)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def to_dict(self) -> dict[str, Any]:
        """The job as JSON values."""
        names = ("id", "verb", "version", "options", "state", "progress", "result", "error", "created")
        return {name: getattr(self, name) for name in names}


class _Lane:
    """The queue of one process."""

    def __init__(self, worker: Worker, events: Events, limit_s: float) -> None:
        self.worker, self._events, self._limit_s = worker, events, limit_s
        self.waiting: deque[Job] = deque()
        self.current: Job | None = None
        self._more = asyncio.Event()
        self._timed_out = False

    def put(self, job: Job) -> None:
        self.waiting.append(job)
        self._more.set()

    async def work(self) -> None:
        """Runs jobs forever."""
        while True:
            while not self.waiting:
                self._more.clear()
                await self._more.wait()
            self.current = job = self.waiting.popleft()
            job.state, self._timed_out = "running", False
            self._events.publish("job", job.to_dict())
            loop = asyncio.get_running_loop()
            limit = loop.call_later(self._limit_s, self._time_out)

            def listen(kind: str, content: Any, job: Job = job, loop: asyncio.AbstractEventLoop = loop) -> None:
                with suppress(RuntimeError):  # the loop is closed: the server is shutting down
                    loop.call_soon_threadsafe(self._receive, job, kind, content)

            await asyncio.to_thread(self.worker.run, job.verb, job.version, job.options, listen)
            limit.cancel()
            await job.over.wait()
            self.current = None

    def _time_out(self) -> None:
        self._timed_out = True
        self.worker.stop()

    def _receive(self, job: Job, kind: str, content: Any) -> None:
        if kind == "progress":
            job.progress = content
            self._events.publish("progress", {"job": job.id, "progress": content})
        elif kind == "done":
            job.state, job.progress, job.result = "done", 1.0, content
            if "version" in content:
                self._events.publish("version", content["version"])
            self._finish(job)
        elif kind == "failed":
            stopped = content["status"] == 499
            if stopped and self._timed_out:
                message = f"the job took longer than {self._limit_s:g} s: request fewer bars or parts"
                job.state, job.error = "failed", {"status": 408, "message": message}
            else:
                job.state, job.error = "canceled" if stopped else "failed", content
            self._finish(job)
        else:
            self._events.publish(kind, {"job": job.id, **content})

    def _finish(self, job: Job) -> None:
        job.over.set()
        self._events.publish("job", job.to_dict())

    def cancel(self, job: Job) -> None:
        if job is self.current:
            self.worker.stop()
        elif job in self.waiting:
            self.waiting.remove(job)
            job.state, job.error = "canceled", {"status": 499, "message": "the job was stopped"}
            self._finish(job)


class Jobs:
    """All jobs of the server.

    Args:
        project: folder of the project.
        model: name or path of the model, `None` for the packaged one.
        events: log for the events of jobs.
        limit_s: time limit of a job in seconds.
        inbox: folder for a DAW, see `inbox`.
    """

    def __init__(
        self, project: Path, model: str | None, events: Events, *, limit_s: float = LONGEST_S, inbox: Path | None = None
    ) -> None:
        self._events = events
        self._composing = _Lane(Worker(project, model, composes=True, inbox=inbox), events, limit_s)
        self._reading = _Lane(Worker(project, model, composes=False, inbox=inbox), events, limit_s)
        self._jobs: dict[str, Job] = {}
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Starts working in the running event loop."""
        self._tasks = [asyncio.create_task(lane.work()) for lane in (self._composing, self._reading)]

    def put(self, verb: str, version: str | None, options: dict[str, Any]) -> Job:
        """Queues a job.

        Raises:
            QueueFullError: `MOST_WAITING` jobs are already waiting.
        """
        lane = self._composing if verb in engine.NEEDS_MODEL else self._reading
        if len(lane.waiting) >= MOST_WAITING:
            raise QueueFullError(f"{MOST_WAITING} jobs are already waiting: let some finish or cancel some")
        job = Job(verb, version, options)
        self._jobs[job.id] = job
        self._forget()
        lane.put(job)
        self._events.publish("job", job.to_dict())
        return job

    def get(self, job_id: str) -> Job:
        """Returns a job by its id.

        Raises:
            KeyError: the job does not exist or has been forgotten.
        """
        return self._jobs[job_id]

    def all(self) -> list[Job]:
        """The jobs of this run of the server, oldest first."""
        return list(self._jobs.values())

    def cancel(self, job: Job) -> None:
        """Stops a job or removes it from the queue."""
        for lane in (self._composing, self._reading):
            lane.cancel(job)

    def end_waits(self) -> None:
        """Ends all waits for jobs."""
        for job in self._jobs.values():
            job.over.set()

    async def close(self) -> None:
        """Terminates the processes."""
        for lane in (self._composing, self._reading):
            lane.worker.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _forget(self) -> None:
        over = [job for job in self._jobs.values() if job.over.is_set()]
        for job in over[: max(0, len(over) - _KEPT)]:
            del self._jobs[job.id]
