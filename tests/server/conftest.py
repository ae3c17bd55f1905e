"""A server with an untrained model, in a thread of this process, and a client."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi")
httpx = pytest.importorskip("httpx")
uvicorn = pytest.importorskip("uvicorn")

TOKEN = "a-token-of-the-tests"
PIANO = {"ensemble": "piano", "bars": 6, "meter": "4/4", "seed": 3}


@dataclass
class Running:
    """A running server."""

    port: int
    project: Path
    client: Any

    def ask(self, verb: str, version: str | None = None, /, **options: Any) -> Any:
        return self.client.post("/api/jobs", json={"verb": verb, "version": version, "options": options})

    def wait(self, job: dict[str, Any]) -> dict[str, Any]:
        for _ in range(10):
            job = self.client.get(f"/api/jobs/{job['id']}", params={"wait_s": 30}).json()
            if job["state"] not in ("queued", "running"):
                return job
        raise AssertionError(job)

    def make(self, verb: str, version: str | None = None, /, **options: Any) -> dict[str, Any]:
        job = self.wait(self.ask(verb, version, **options).json())
        assert job["state"] == "done", job["error"]
        return job["result"]

    def compose(self, **options: Any) -> dict[str, Any]:
        return self.make("compose", **{**PIANO, **options})["version"]

    def notes(self, version: str) -> list[list[int]]:
        return self.client.get(f"/api/versions/{version}/files/score.json").json()["notes"]


@contextmanager
def running(project: Path, model: Path, **settings: Any) -> Iterator[Running]:
    from composer.server.app import create_app

    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(512)
        port = listening.getsockname()[1]
        app = create_app(project, TOKEN, port, model=str(model), **settings)
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", ws="none", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        headers = {"Authorization": f"Bearer {TOKEN}"}
        try:
            while not server.started:
                time.sleep(0.02)
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=60, trust_env=False) as client:
                yield Running(port, project, client)
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(scope="module")
def server(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("project"), tiny_model) as started:
        yield started


@pytest.fixture(scope="module")
def piece(server: Running) -> dict[str, Any]:
    return server.compose()


@pytest.fixture(scope="session")
def song_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six bars of a melody over a bass, as a user's file."""
    from composer.formats import write_score
    from composer.score import Key, KeySignature, Note, Part, Score, Tempo, TimeSignature

    tune = tuple(Note(480 * i, 72 + step, 480) for i, step in enumerate([0, 2, 4, 5, 7, 5, 4, 2] * 3))
    bass = tuple(Note(960 * i, 48 + step, 960) for i, step in enumerate([0, 7, 5, 7] * 3))
    score = Score(
        (Part("Flute", 73, tune), Part("Cello", 42, bass)),
        (Tempo(0, 100),),
        (TimeSignature(0, 4, 4),),
        (KeySignature(0, Key(0, "major")),),
    )
    path = tmp_path_factory.mktemp("song") / "My song.mid"
    write_score(score, path)
    return path


@pytest.fixture(scope="module")
def song(server: Running, song_file: Path) -> dict[str, Any]:
    job = server.client.post("/api/uploads", params={"name": song_file.name}, content=song_file.read_bytes()).json()
    return server.wait(job)["result"]["version"]


def events_of(server: Running, job: str, after: int = 0) -> list[tuple[str, dict[str, Any]]]:
    """The events of a job until its end."""
    found, kind = [], ""
    with server.client.stream("GET", "/api/events", headers={"Last-Event-ID": str(after)}) as stream:
        for line in stream.iter_lines():
            if line.startswith("event: "):
                kind = line[7:]
            elif line.startswith("data: "):
                content = json.loads(line[6:])
                if job in (content.get("job"), content.get("id")):
                    found.append((kind, content))
                    if content.get("state") in ("done", "failed", "canceled"):
                        return found
    raise AssertionError("the stream ended before the job")
