"""A server killed at any moment loses no finished version and leaves no partial one."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from composer.formats import read_score
from tests.server.conftest import PIANO, httpx

pytestmark = pytest.mark.skipif(os.name != "posix", reason="kills by signal")
PROGRAM = "from pathlib import Path; from composer.server.serving import serve_project; import sys; "
PROGRAM += "serve_project(Path(sys.argv[1]), 0, model=sys.argv[2], lan=len(sys.argv) > 3)"


def start(project: Path, model: Path, *, lan: bool = False) -> tuple[subprocess.Popen[str], Any]:
    main = project.parent / "main.py"
    main.write_text(f"if __name__ == '__main__':\n    {PROGRAM}\n")
    process = subprocess.Popen(
        [sys.executable, main, project, model, *(["lan"] if lan else [])], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    address, _, token = process.stdout.readline().strip().partition("/?token=")
    if lan:
        process.stdout.readline()
    return process, httpx.Client(base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=60, trust_env=False)


def killed_and_reopened(project: Path, model: Path, times: int) -> None:
    """Composes, kills the server at random moments, and checks the project each time."""
    chance, finished, seed = random.Random(1), set[str](), 0
    for _ in range(times):
        process, client = start(project, model)
        with process, client:
            assert finished <= {version["id"] for version in client.get("/api/versions").json()}
            end = time.monotonic() + chance.uniform(0.2, 4)
            while time.monotonic() < end or not finished:
                seed += 1
                options = {**PIANO, "bars": 2, "seed": seed}
                job = client.post("/api/jobs", json={"verb": "compose", "options": options}).json()
                wait = max(0.0, end - time.monotonic()) if finished else 30
                job = client.get(f"/api/jobs/{job['id']}", params={"wait_s": round(wait, 2)}).json()
                if job["state"] == "done":
                    finished.add(job["result"]["version"]["id"])
            process.send_signal(signal.SIGKILL)
        for folder in project.glob("versions/[0-9a-f]*"):
            assert json.loads((folder / "version.json").read_text())["id"] == folder.name
            assert read_score(folder / "piece.mid").parts
            assert json.loads((folder / "piece.json").read_text())["streams"]
            assert json.loads((folder / "score.json").read_text())["notes"]
    assert finished


def test_killing_the_server_loses_nothing(tiny_model: Path, tmp_path: Path) -> None:
    killed_and_reopened(tmp_path / "project", tiny_model, 2)


@pytest.mark.long
def test_killing_the_server_twenty_times_loses_nothing(tiny_model: Path, tmp_path: Path) -> None:
    killed_and_reopened(tmp_path / "project", tiny_model, 20)
