"""A process that does jobs one after another, so that composing never holds up the server.

The process is spawned, keeps its models open between jobs, and dies with the server. A job is stopped by an event that it looks
at whenever it reports progress; one that does not stop is ended with its process, and another process takes its place.
"""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Protocol

from composer.errors import CantilenaError
from composer.server import engine
from composer.server.versions import Store

_GRACE_S = 5.0  # for a job to stop by itself
_NICE = 5  # how much a process that only reads gives way to composing


class Listener(Protocol):
    """Takes what a job reports. Called from another thread."""

    def __call__(self, kind: str, content: Any) -> None:
        """`kind` is "progress", "bars", "done" (with the result) or "failed" (with status and message)."""


class Cancelled(Exception):  # noqa: N818
    """The job is to stop."""


class Worker:
    """One process and the job it is at.

    Args:
        project: the project's folder.
        model: name or path of the model, `None` for the packaged one.
        composes: whether it opens the model at once. A process that only reads starts with its first job, and gives way.
    """

    def __init__(self, project: Path, model: str | None, *, composes: bool) -> None:
        self._project, self._model, self._composes = project, model, composes
        self._context = get_context("spawn")
        self._lock = threading.Lock()
        self._closed = False
        self._stop = self._context.Event()
        self._process: Any = None
        if composes:
            self._start()

    def _start(self) -> None:
        self._stop = self._context.Event()
        self._pipe, theirs = self._context.Pipe()
        arguments = (theirs, self._stop, str(self._project), self._model, self._composes)
        self._process = self._context.Process(target=_serve, args=arguments, daemon=True)
        self._process.start()
        theirs.close()

    def run(self, verb: str, version: str | None, options: dict[str, Any], listener: Listener) -> None:
        """Does a job and returns when it is over; call it from a thread.

        The listener hears "done" or "failed" last, whatever happens.
        """
        with self._lock:
            if not self._closed and not (self._process and self._process.is_alive()):
                self._start()
            self._stop.clear()
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
        listener(kind, content)

    def stop(self) -> None:
        """Stops the job at hand, with its process if it does not listen."""
        process = self._process
        self._stop.set()
        timer = threading.Timer(_GRACE_S, self._end_if_busy, (process,))
        timer.daemon = True
        timer.start()

    def _end_if_busy(self, process: Any) -> None:
        if self._stop.is_set() and self._lock.locked() and process is self._process:
            process.terminate()

    def close(self) -> None:
        """Ends the process."""
        self._closed = True
        self._stop.set()
        if self._process:
            self._process.terminate()
            self._process.join(_GRACE_S)


def _serve(pipe: Any, stop: Any, project: str, model: str | None, composes: bool) -> None:
    """The process: takes jobs until the server closes the pipe."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the server ends it
    if not composes and hasattr(os, "nice"):
        os.nice(_NICE)
    store = Store(Path(project))
    told: tuple[str, Any] = ("", None)

    def tell(kind: str, content: Any) -> None:
        nonlocal told
        if stop.is_set():
            raise Cancelled
        if (kind, content) != told:
            told = kind, content
            pipe.send(told)

    bench = engine.Bench(store, tell, model)
    if composes:
        engine.warm_up(bench)
    with suppress(EOFError, OSError, KeyboardInterrupt):
        while True:
            verb, version, options = pipe.recv()
            try:
                result = "done", engine.run(verb, version, options, bench)
            except Cancelled:
                result = "failed", {"status": 499, "message": "the job was stopped"}
            except KeyError as error:
                result = "failed", {"status": 404, "message": f"there is no version {error.args[0]!r}"}
            except (CantilenaError, ValueError, TypeError) as error:
                result = "failed", {"status": 422, "message": str(error)}
            except Exception as error:
                result = "failed", {"status": 500, "message": f"{type(error).__name__}: {error}"}
            if result[0] == "failed":
                store.clean(os.getpid())
            pipe.send(result)
