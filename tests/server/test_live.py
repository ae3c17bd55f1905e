"""The live room: phrases ahead of playback, moods, votes; and the audience's page, which can do nothing else."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from composer.server import connections, guard, serving
from composer.server.audience import create_audience_app
from composer.server.events import Events
from composer.server.jobs import Job, Jobs
from composer.server.live import FADE_S, MOST_VOTERS, Room, VoteRefusedError, Votes
from tests.server.conftest import Running, httpx
from tests.server.test_crash import started


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_votes_decay_and_count_once_per_voter() -> None:
    clock = Clock()
    votes = Votes(clock)
    votes.open = True
    assert votes.mean() is None
    votes.vote("a", (1, 1))
    with pytest.raises(VoteRefusedError) as refused:
        votes.vote("a", (-1, -1))
    assert refused.value.status == 429
    clock.now += FADE_S
    votes.vote("b", (-1, 0))
    mean = votes.mean()
    assert mean is not None
    assert mean[0] == pytest.approx((0.3679 - 1) / 1.3679, abs=1e-3)
    votes.vote("a", (-1, 0))
    assert votes.mean() == (-1, 0)
    clock.now += 10 * FADE_S
    assert votes.mean() is None


def test_votes_are_capped_and_can_be_closed() -> None:
    votes = Votes(Clock())
    with pytest.raises(VoteRefusedError, match="closed"):
        votes.vote("a", (0, 0))
    votes.open = True
    for voter in range(MOST_VOTERS):
        votes.vote(str(voter), (0, 0))
    with pytest.raises(VoteRefusedError, match="already voting"):
        votes.vote("one more", (0, 0))
    votes.open = False
    assert votes.mean() is None


def phrases(server: Running, count: int) -> dict[str, Any]:
    end = time.monotonic() + 60
    while (state := server.client.get("/api/live").json())["phrases"] < count:
        assert time.monotonic() < end, state
        time.sleep(0.05)
    return state


def test_phrases_stay_two_ahead_and_the_played_ones_are_kept(server: Running) -> None:
    assert server.client.post("/api/live", json={"ensemble": "no such", "valence": 0}).status_code == 422
    assert server.client.post("/api/live", json={"valence": 2}).status_code == 422
    server.client.post("/api/live", json={"ensemble": "string-quartet", "valence": 0.5, "arousal": -0.5})
    phrases(server, 3)
    time.sleep(0.5)
    assert server.client.get("/api/live").json()["phrases"] == 3, "no more than two ahead"
    server.client.post("/api/live/news", json={"playing": 1, "mood": [-0.8, 0.9]})
    state = phrases(server, 4)
    moods = [job["options"] for job in server.client.get("/api/jobs").json() if job["verb"] == "phrase"]
    assert [(one["valence"], one["arousal"]) for one in moods] == [(0.5, -0.5)] * 3 + [(-0.8, 0.9)]
    kept = server.wait(server.client.post("/api/live/keep", params={"bars": 8}).json())["result"]["version"]
    assert (kept["verb"], kept["bars"], len(kept["parts"])) == ("live", 8, 4)
    assert {start // 1920 for _, start, *_ in server.notes(kept["id"])} >= {0, 1, 2, 3, 4}, "the phrases follow each other"
    server.client.delete("/api/live")
    assert not server.client.get("/api/live").json()["running"]
    assert state["session"]


class Instant(Jobs):
    """Jobs that end at once, unless `held`."""

    def __init__(self) -> None:
        self.made, self.canceled, self.held = list[Job](), list[Job](), False

    def put(self, verb: str, version: str | None, options: dict[str, Any]) -> Job:
        self.made.append(job := Job(verb, version, options, result={}))
        if not self.held:
            job.over.set()
        return job

    def cancel(self, job: Job) -> None:
        self.canceled.append(job)
        job.over.set()


async def settled() -> None:
    for _ in range(100):
        await asyncio.sleep(0)


def test_no_more_phrases_are_played_than_there_are() -> None:
    async def play() -> list[int]:
        room, counts = Room(Instant(), Events()), []
        room.start({}, (0.0, 0.0))
        for playing in (0, 10**30, 0):
            room.update(playing, None)
            await settled()
            counts.append(room.phrases)
        room.stop()
        return counts

    assert asyncio.run(play()) == [3, 5, 5]


def test_the_phrase_of_a_stopped_piece_is_not_composed() -> None:
    async def play() -> tuple[int, int]:
        jobs = Instant()
        room, jobs.held = Room(jobs, Events()), True
        for _ in range(3):
            room.start({}, (0.0, 0.0))
            await settled()
        room.stop()
        return len(jobs.made), len(jobs.canceled)

    assert asyncio.run(play()) == (3, 3)


def test_a_vote_that_never_arrives_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "BODY_S", 0.1)
    app, sent = create_audience_app(Votes), list[dict[str, Any]]()
    parts = [{"type": "http.request", "body": b'{"valence"', "more_body": True}]

    async def receive() -> dict[str, Any]:
        if parts:
            return parts.pop()
        await asyncio.sleep(60)
        raise AssertionError

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/vote", "query_string": b"", "headers": [(b"content-length", b"100")]}
    asyncio.run(asyncio.wait_for(app(scope, receive, send), 10))
    assert sent[0]["status"] == 408


@contextmanager
def audience() -> Iterator[int]:
    """The audience's server, in a thread of this process, by its port."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        server = serving.audience_server(create_audience_app(Votes))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()


GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


def is_ended(connection: socket.socket) -> bool:
    """Whether the server ends a connection; what it sends before is read."""
    connection.settimeout(20)
    try:
        while connection.recv(10_000):
            pass
    except ConnectionResetError:
        pass
    return True


def test_silent_devices_leave_room_for_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MOST_CONNECTIONS", 3)
    with audience() as port, ExitStack() as stack:
        opened = [stack.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(5)]
        for surplus in opened[3:]:
            assert is_ended(surplus)
        opened[0].sendall(GET)
        assert opened[0].recv(15) == b"HTTP/1.1 200 OK"


@pytest.mark.parametrize("parts", [(), (GET[:9],), (GET, GET[:9]), (b"POST /vote HTTP/1.1\r\nContent-Length: 9\r\n\r\n{",)])
def test_a_device_that_completes_no_request_is_disconnected(parts: tuple[bytes, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "REQUEST_S", 0.2)
    with audience() as port, socket.create_connection(("127.0.0.1", port)) as device:
        for part in parts:
            device.sendall(part)
        assert is_ended(device)


def test_connections_leave_files_to_the_studio(monkeypatch: pytest.MonkeyPatch) -> None:
    resource = pytest.importorskip("resource")
    monkeypatch.setattr(resource, "getrlimit", lambda _: (256, 256))
    assert connections.most_connections() == 85
    monkeypatch.setattr(resource, "getrlimit", lambda _: (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert connections.most_connections() == 400


def test_the_audience_can_vote_and_do_nothing_else(tiny_model: Path, tmp_path: Path) -> None:
    with started(tmp_path / "project", tiny_model, lan=True) as (_, client):
        client.post("/api/live/audience", params={"open": True})
        address = client.get("/api/live").json()["audience"]["address"]
        assert "<svg" in client.get("/api/live").json()["audience"]["qr"]
        port = address.rstrip("/").rpartition(":")[2]
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as phone:
            assert "Vote for the mood" in phone.get("/").text
            point = {"valence": -0.5, "arousal": 0.25}
            assert phone.post("/vote", json=point).status_code == 204
            assert phone.post("/vote", json=point).status_code == 429
            assert phone.post("/vote", json={"valence": 5, "arousal": 0}).status_code == 422
            assert phone.post("/vote", json={**point, "x": "y" * 300}).status_code == 413
            for body in ('{"valence": NaN, "arousal": 0}', '{"valence": "\\ud800", "arousal": 0}'):
                assert phone.post("/vote", content=body, headers={"Content-Type": "application/json"}).status_code == 422
            for path in ("/api/about", "/api/versions", "/openapi.json", "/docs", "/../server.json"):
                assert phone.get(path).status_code == 404
            assert client.get("/api/live").json()["audience"]["mean"] == [-0.5, 0.25]
            client.post("/api/live/audience", params={"open": False})
            assert phone.post("/vote", json=point).status_code == 403
