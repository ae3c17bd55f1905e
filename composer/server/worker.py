"""A process that runs jobs one after another, so that composing never blocks the server.

The process is spawned, keeps its models loaded between jobs, and ends with the server. To stop a job, an event is set that the
job checks whenever it reports progress. If it does not stop, its process is terminated and replaced.
"""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Protocol

from composer.errors import CantilenaError
from composer.processes import leave_to_parent
from composer.server import engine
from composer.server.versions import Store

_GRACE_S = 5.0  # time for a job to stop by itself
_NICE = 5  # niceness of the process that only reads


class Listener(Protocol):
    """Receives the events of a job. Called from another thread."""

    def __call__(self, kind: str, content: Any) -> None:
        """`kind` is "progress", "bars", "done" (with the result) or "failed" (with status and message)."""


class Canceled(Exception):  # noqa: N818
    """The job must stop."""


class Worker:
    """One process and its current job.

    Args:
        project: folder of the project.
        model: name or path of the model, `None` for the packaged one.
        composes: whether it loads the model at once. A process that only reads starts with its first job, at low priority.
        inbox: folder for a DAW, see `inbox`.
    """

    def __init__(self, project: Path, model: str | None, *, composes: bool, inbox: Path | None = None) -> None:
        self._project, self._model, self._composes, self._inbox = project, model, composes, inbox
        self._context = get_context("spawn")
        self._lock = threading.Lock()
        self._closed = False
        self._stop = self._context.Event()
        self._process: Any = None
        self._timer: threading.Timer | None = None  # ends the process if the current job does not stop
        if composes:
            self._start()

    def _start(self) -> None:
        self._stop = self._context.Event()
        self._pipe, theirs = self._context.Pipe()
        arguments = (theirs, self._stop, str(self._project), self._model, self._composes, self._inbox)
        self._process = self._context.Process(target=_serve, args=arguments, daemon=True)
        self._process.start()
        theirs.close()

    def run(self, verb: str, version: str | None, options: dict[str, Any], listener: Listener) -> None:
        """Runs a job and returns when it has ended; call it from a thread.

        The listener always receives "done" or "failed" last.
        """
        with self._lock:
            if not self._closed and not (self._process and self._process.is_alive()):
                self._start()
            self._stop.clear()
            self._stand_down()
            try:
                self._pipe.send((verb, version, options))
                while True:
                    kind, content = self._pipe.recv()
                    if kind in ("done", "failed"):
                        break
                    listener(kind, content)
            except (EOFError, OSError):
                message = "the job was stopped" if self._stop.is_set() else "the composing process ended: try again"
                kind, content = "failed", {"status": 499 if self._stop.is_set() else 500, "message": message}
                self._process.join(_GRACE_S)
            self._stand_down()
        listener(kind, content)

    def stop(self) -> None:
        """Stops the current job, and terminates its process if the job does not react."""
        self._stop.set()
        if self._timer is None:
            self._timer = threading.Timer(_GRACE_S, self._end_if_busy, (self._process,))
            self._timer.daemon = True
            self._timer.start()

    def _stand_down(self) -> None:
        """Spares the next job the end of the process that was due for another one."""
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def _end_if_busy(self, process: Any) -> None:
        if self._stop.is_set() and self._lock.locked() and process is self._process:
            process.terminate()

    def close(self) -> None:
        """Terminates the process."""
        self._closed = True
        self._stop.set()
        if self._process:
            self._process.terminate()
            self._process.join(_GRACE_S)


def _serve(pipe: Any, stop: Any, project: str, model: str | None, composes: bool, inbox: Path | None) -> None:
    """Main function of the process: runs jobs until the server closes the pipe."""
    leave_to_parent()
    if not composes and hasattr(os, "nice"):
        os.nice(_NICE)
    store = Store(Path(project))
    sent: tuple[str, Any] = ("", None)

    def send(kind: str, content: Any) -> None:
        nonlocal sent
        if stop.is_set():
            raise Canceled
        if (kind, content) != sent:
            sent = kind, content
            pipe.send(sent)

    bench = engine.Bench(store, send, model, inbox)
    if composes:
        engine.warm_up(bench)
    with suppress(EOFError, OSError, KeyboardInterrupt):
        while True:
            verb, version, options = pipe.recv()
            try:
                result = "done", engine.run(verb, version, options, bench)
            except Canceled:
                result = "failed", {"status": 499, "message": "the job was stopped"}
            except KeyError as error:
                result = "failed", {"status": 404, "message": f"version {error.args[0]!r} does not exist"}
            except (CantilenaError, ValueError, TypeError) as error:
                result = "failed", {"status": 422, "message": str(error)}
            except Exception as error:
                result = "failed", {"status": 500, "message": f"{type(error).__name__}: {error}"}
            pipe.send(result)
