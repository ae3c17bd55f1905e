"""A server killed at any moment loses no finished version and leaves no partial one."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from composer.errors import INTERRUPTED
from composer.formats import read_score
from composer.server.versions import Store
from tests.server.conftest import PIANO, httpx

pytestmark = pytest.mark.skipif(os.name != "posix", reason="kills by signal")
PROGRAM = "from composer.cli import app; import sys; app(['serve', '--port', '0', *sys.argv[1:]])"


@contextmanager
def started(project: Path, model: Path, *, lan: bool = False) -> Iterator[tuple[subprocess.Popen[str], Any]]:
    """A server in a process, which ends with the block, and a client."""
    main = project.parent / "main.py"
    main.write_text(f"if __name__ == '__main__':\n    {PROGRAM}\n")
    environment = {**os.environ, "CANTILENA_HOME": str(project.parent / "home")}
    arguments = [sys.executable, main, "--project", project, "--model", model, *(["--lan"] if lan else [])]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stdout
            address, _, token = process.stdout.readline().strip().partition("/?token=")
            if lan:
                process.stdout.readline()
            headers = {"Authorization": f"Bearer {token}"}
            with httpx.Client(base_url=address, headers=headers, timeout=300, trust_env=False) as client:
                yield process, client
        finally:
            process.terminate()


def done(client: Any, job: dict[str, Any]) -> str:
    """The version or file that a job makes."""
    while job["state"] in ("queued", "running"):
        job = client.get(f"/api/jobs/{job['id']}", params={"wait_s": 30}).json()
    assert job["state"] == "done", job
    return str(job["result"]["version"]["id"] if "version" in job["result"] else job["result"]["file"])


class Sessions:
    """Sessions of a user of one project, each ended by SIGKILL.

    Attributes:
        versions: ids of finished versions.
        ratings: number of preferences given.
        caught: for each kill, what the user was waiting for.
    """

    def __init__(self, project: Path, model: Path) -> None:
        self._project, self._model = project, model
        self.versions, self.ratings, self.caught = list[str](), 0, list[str]()
        self._seconds: dict[str, float] = {}
        self._verbs: dict[str, Callable[[Any, int], None]] = {
            "compose": self._compose, "infill": self._infill, "rate": self._rate, "upload": self._upload,
            "engrave": self._engrave, "render": self._render,
        }  # fmt: skip

    def begin(self) -> None:
        """A session that does everything once and takes the time of each."""
        with started(self._project, self._model) as (_, client):
            for name, verb in self._verbs.items():
                begun = time.monotonic()
                verb(client, 0)
                self._seconds[name] = time.monotonic() - begun

    def kill(self, number: int, moment: float) -> None:
        """A session that does one thing again and again until it is killed at a fraction of its time."""
        name = list(self._verbs)[number % len(self._verbs)]
        with started(self._project, self._model) as (process, client):
            self._check(client)
            self._verbs["compose"](client, 2 * number)  # the process is ready
            threading.Timer(moment * self._seconds[name], process.kill).start()
            with suppress(httpx.TransportError):
                while process.poll() is None:
                    self._verbs[name](client, 2 * number + 1)
            assert process.wait() == -signal.SIGKILL
        self.caught.append(name)

    def end(self) -> None:
        """Checks the project a last time."""
        with started(self._project, self._model) as (_, client):
            self._check(client)

    def _make(self, client: Any, verb: str, version: str | None, **options: Any) -> str:
        return done(client, client.post("/api/jobs", json={"verb": verb, "version": version, "options": options}).json())

    def _compose(self, client: Any, seed: int) -> None:
        self.versions.append(self._make(client, "compose", None, **{**PIANO, "bars": 4, "seed": seed}))

    def _infill(self, client: Any, seed: int) -> None:
        self.versions.append(self._make(client, "infill", self.versions[-1], bars="2-3", seed=seed))

    def _rate(self, client: Any, _: int) -> None:
        pair = {"preferred": self.versions[-1], "other": self.versions[0]}
        self.ratings += client.post("/api/ratings", json=pair).status_code == 201

    def _upload(self, client: Any, number: int) -> None:
        body = client.get(f"/api/versions/{self.versions[-1]}/files/piece.mid").content
        self.versions.append(done(client, client.post(f"/api/uploads?name={number}.mid", content=body).json()))

    def _engrave(self, client: Any, _: int) -> None:
        self._make(client, "engrave", self.versions[-1])

    def _render(self, client: Any, _: int) -> None:
        self._make(client, "render", self.versions[-1], format="ogg")

    def _check(self, client: Any) -> None:
        """The project has everything that was finished and nothing partial."""
        found = {version["id"] for version in client.get("/api/versions").json()}
        assert set(self.versions) <= found
        assert len(client.get("/api/ratings").json()) >= self.ratings
        for folder in self._project.glob("versions/[0-9a-f]*"):
            record = json.loads((folder / "version.json").read_text())
            assert record["id"] == folder.name
            assert read_score(folder / "piece.mid").parts
            assert read_score(folder / "piece.musicxml").parts
            assert record["verb"] == "upload" or json.loads((folder / "piece.json").read_text())["streams"]
            assert json.loads((folder / "score.json").read_text())["notes"]
            for path in folder.glob("engraving.json"):
                assert json.loads(path.read_text())["pages"]
            for path in folder.glob("*.ogg"):
                assert path.read_bytes()[:4] == b"OggS"


def killed_and_reopened(project: Path, model: Path, times: int) -> Iterator[Sessions]:
    """Kills the server at random moments of each kind of work, and checks the project each time it is opened again."""
    sessions, chance = Sessions(project, model), random.Random(1)
    sessions.begin()
    for number in range(times):
        sessions.kill(number, chance.uniform(0, 1.5))
        yield sessions
    sessions.end()


def test_killing_the_server_loses_nothing(tiny_model: Path, tmp_path: Path) -> None:
    assert len(list(killed_and_reopened(tmp_path / "project", tiny_model, 2))) == 2


@pytest.mark.long
def test_killing_the_server_twenty_times_loses_nothing(tiny_model: Path, tmp_path: Path) -> None:
    assert len(list(killed_and_reopened(tmp_path / "project", tiny_model, 20))) == 20


def test_a_server_ends_without_a_traceback_while_a_page_waits(tiny_model: Path, tmp_path: Path, capfd: Any) -> None:
    with started(tmp_path / "project", tiny_model) as (process, client):
        job = client.post("/api/jobs", json={"verb": "compose", "options": {"ensemble": "orchestra", "bars": 256}}).json()
        threading.Timer(1, process.terminate).start()
        assert client.get(f"/api/jobs/{job['id']}", params={"wait_s": 30}).json()["state"] in ("queued", "running")
        assert process.wait(60) == INTERRUPTED
    assert "Traceback" not in capfd.readouterr().err


def test_a_second_server_is_refused_and_leaves_the_first_alone(tiny_model: Path, tmp_path: Path) -> None:
    project = tmp_path / "project"
    with started(project, tiny_model) as (_, client):
        upload = Store(project).received(b"of the first", ".mid")
        with Store(project).draft() as draft:
            address = json.loads((tmp_path / "home" / "server.json").read_text())
            again = [sys.executable, tmp_path / "main.py", "--project", project, "--model", tiny_model]
            environment = {**os.environ, "CANTILENA_HOME": str(tmp_path / "home")}
            second = subprocess.run(again, capture_output=True, text=True, env=environment, check=False)
            assert (second.returncode, second.stdout, second.stderr.count("\n")) == (3, "", 1)
            for said in (str(project), f"{client.base_url}/?token={address['token']}", "--project"):
                assert said in second.stderr
            assert draft.is_dir()
        assert upload.is_file()
        assert json.loads((tmp_path / "home" / "server.json").read_text()) == address


def test_a_terminated_server_removes_its_address(tiny_model: Path, tmp_path: Path) -> None:
    with started(tmp_path / "project", tiny_model) as (process, _):
        assert (tmp_path / "home" / "server.json").is_file()
        process.terminate()
        assert process.wait(60) == INTERRUPTED
    assert not (tmp_path / "home" / "server.json").exists()
