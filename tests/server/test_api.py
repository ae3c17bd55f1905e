"""The HTTP interface: jobs and their events, versions and their files, and what is refused."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from composer.errors import BadInputError
from composer.formats import read_score
from composer.formats.midi.midi_score import midi_bytes
from composer.formats.midi.performance_midi import write_performed
from composer.performance import Manner
from composer.score import Note, Part, Score, Tempo, TimeSignature
from composer.server import engine, guard
from composer.server.showing import BarNews
from composer.server.worker import Worker
from tests.server.conftest import TOKEN, Running, events_of, running


def test_a_prompt_becomes_a_version_with_files_that_can_be_replayed(server: Running, tiny_model: Path, tmp_path: Path) -> None:
    version = server.compose(prompt="a slow sad piece in D minor")
    assert (version["key"], version["bars"], version["parent"]) == ("D minor", 6, None)
    files = {
        name: server.client.get(f"/api/versions/{version['id']}/files/piece.{name}") for name in ("mid", "musicxml", "json")
    }
    assert all(answer.status_code == 200 for answer in files.values())
    from composer import composing
    from composer.rework import replay

    (tmp_path / "piece.json").write_bytes(files["json"].content)
    again = replay(tmp_path / "piece.json", model=str(tiny_model))
    composing.write(again, tmp_path / "again", ["mid"])
    assert (tmp_path / "again.mid").read_bytes() == files["mid"].content


def test_bars_are_sent_as_they_are_written_and_add_up_to_the_piece(server: Running) -> None:
    for seed in range(2, 12):  # a piece that is composed again in the same call sends its bars again
        job = server.ask("compose", ensemble="string-quintet", bars=5, seed=seed).json()
        news = [content for kind, content in events_of(server, job["id"]) if kind == "bars"]
        if len(news) == 5:
            break
    assert [item["complete"] for item in news] == [1, 2, 3, 4, 5]
    assert all(item["plays"] for item in news)
    assert ["frame" in item for item in news] == [True, False, False, False, False]
    assert len(news[0]["frame"]["bars"]) == 5
    version = server.wait(job)["result"]["version"]

    def lengths(notes: list[list[int]]) -> dict[tuple[int, int, int], int]:
        return {(part, start, pitch): length for part, start, length, pitch, _ in notes}

    assert lengths([note for item in news for note in item["notes"]]) == lengths(server.notes(version["id"]))


def test_drafts_of_a_melody_come_first_and_one_of_several_candidates_does_not_play(server: Running) -> None:
    job = server.ask("compose", style="nocturne", bars=4, seed=3, candidates=2).json()
    news = [content for kind, content in events_of(server, job["id"]) if kind == "bars"]
    drafts = [item for item in news if item["complete"] == 0]
    grown = [len(item["notes"]) for item in drafts[:4]]
    assert grown[0] == 0
    assert grown == sorted(set(grown)), "of no bar, then of 1, 2 and 4"
    assert all("frame" in item for item in drafts)
    assert drafts[0]["frame"]["chords"]
    assert not any(item["plays"] for item in news)


def test_news_of_bars_have_what_is_new_or_has_grown_and_start_over_after_a_restart() -> None:
    sent: list[dict[str, Any]] = []
    news = BarNews(lambda kind, content: sent.append(content), plays=True)

    def score(*notes: Note) -> Score:
        return Score((Part("Piano", 0, notes),), (Tempo(0, 100),), (TimeSignature(0, 4, 4),), end_ticks=3 * 1920)

    one, held, two = Note(0, 60, 480), Note(480, 62, 1440), Note(1920, 64, 480)
    for notes, complete in (((one,), 0), ((one, held), 1), ((one, replace(held, duration_ticks=2400), two), 2), ((two,), 1)):
        news.send(score(*notes), complete)
    assert [[note[1:4] for note in item["notes"]] for item in sent] == [
        [[0, 480, 60]],
        [[0, 480, 60], [480, 1440, 62]],
        [[480, 2400, 62], [1920, 480, 64]],
        [[1920, 480, 64]],
    ]
    assert ["frame" in item for item in sent] == [True, True, False, True]
    assert [item["plays"] for item in sent] == [False, True, True, True]


def test_regenerated_bars_of_one_part_leave_everything_else_as_it_was(server: Running, song: dict[str, Any]) -> None:
    piece = song
    child = server.make("infill", piece["id"], bars="3-4", parts=[1], seed=9)["version"]
    assert child["parent"] == piece["id"]
    bar = 4 * 480

    def outside(notes: list[list[int]]) -> list[list[int]]:
        return [note for note in notes if not (note[0] == 0 and 2 * bar <= note[1] < 4 * bar)]

    before, after = server.notes(piece["id"]), server.notes(child["id"])
    assert before != after
    assert outside(before) == outside(after)


def test_locked_parts_are_not_written(server: Running, song: dict[str, Any]) -> None:
    child = server.make("infill", song["id"], bars="1-2", locked=[2], seed=5)["version"]
    left = [[note for note in server.notes(version) if note[0] == 1] for version in (song["id"], child["id"])]
    assert left[0] == left[1]
    refused = server.ask("infill", song["id"], bars="1-2", locked=[1, 2])
    assert refused.status_code == 422
    assert "unlock" in refused.json()["detail"]


def test_the_parts_of_many_tracks_and_silent_ones_are_those_of_the_file(server: Running) -> None:
    def tune(number: int) -> tuple[Note, ...]:
        return tuple(Note(480 * beat, 55 + (5 * number + 3 * beat) % 24, 480) for beat in range(16))

    def uploaded(name: str, parts: Sequence[Part]) -> str:
        body = midi_bytes(Score(tuple(parts), time_signatures=(TimeSignature(0, 4, 4),)))
        job = server.client.post("/api/uploads", params={"name": name}, content=body).json()
        return str(server.wait(job)["result"]["version"]["id"])

    def kept(before: str, after: str, part: int) -> bool:
        return [note for note in server.notes(before) if note[0] == part] == [
            note for note in server.notes(after) if note[0] == part
        ]

    crowd = uploaded("crowd.mid", [Part(f"Part {number}", 3 * number, tune(number)) for number in range(20)])
    assert server.make("harmonize", crowd, seed=1)["version"]["verb"] == "harmonize"
    named = [Part("Viola", 41, tune(2)), Part("Silence", 40), Part("Cello", 42, tune(1)), Part("Flute", 73, tune(3))]
    song = uploaded("song.mid", named)
    parts = server.client.get(f"/api/versions/{song}/files/score.json").json()["parts"]
    flute = next(index for index, part in enumerate(parts) if part["name"] == "Flute")
    child = server.make("infill", song, bars="1-2", locked=[flute + 1], seed=5)["version"]["id"]
    assert kept(song, child, flute)
    assert server.notes(song) != server.notes(child)


@pytest.mark.parametrize(
    ("verb", "options"),
    [("continue", {"bars": 2}), ("vary", {"amount": 0.5}), ("accompany", {"add": "cello"}), ("reduce", {"to": "lead-sheet"})],
)
def test_other_verbs_make_children(server: Running, piece: dict[str, Any], verb: str, options: dict[str, Any]) -> None:
    child = server.make(verb, piece["id"], **options)["version"]
    assert (child["parent"], child["verb"]) == (piece["id"], verb)
    assert server.notes(child["id"])
    assert verb == "reduce" or child["bars"] == piece["bars"] + (2 if verb == "continue" else 0)


def test_an_upload_is_continued_and_its_notes_stay(server: Running, song: dict[str, Any]) -> None:
    assert (song["verb"], song["bars"], song["parts"]) == ("upload", 6, ["Flute", "Cello"])
    longer = server.make("continue", song["id"], bars=2, ending=False)["version"]
    given, found = server.notes(song["id"]), server.notes(longer["id"])
    assert [note for note in found if note in given] == given
    assert not list((server.project / "uploads").iterdir())


def test_engraving_names_the_notes_of_each_moment(server: Running, piece: dict[str, Any]) -> None:
    pytest.importorskip("verovio")
    name = server.make("engrave", piece["id"])["file"]
    engraving = server.client.get(f"/api/versions/{piece['id']}/files/{name}").json()
    named = {note for _, on, _, _ in engraving["timemap"] for note in on}
    assert named
    assert all(f'id="{note}"' in "".join(engraving["pages"]) for note in named)
    assert sum(bool(bar) for *_, bar in engraving["timemap"]) == piece["bars"]


def test_inspection_compares_requested_with_measured(server: Running, piece: dict[str, Any]) -> None:
    report = server.make("inspect", piece["id"])
    assert report["measured"]["bars"] == piece["bars"]
    assert report["requested"]["meter"]["ok"] is True
    assert report["originality"]


def test_renders_are_complete_files_of_the_version(server: Running, piece: dict[str, Any]) -> None:
    name = server.make("render", piece["id"], format="ogg")["file"]
    answer = server.client.get(f"/api/versions/{piece['id']}/files/{name}")
    assert answer.content.startswith(b"OggS")
    assert not list((server.project / "versions").glob(".*"))


def test_a_version_is_played_in_its_style(server: Running, tmp_path: Path) -> None:
    swing = server.make("compose", style="swing", form="AB", bars=8, seed=3, sections="B: swing 0")["version"]
    name = server.make("render", swing["id"], format="performance.mid")["file"]
    folder = server.project / "versions" / swing["id"]
    score = read_score(folder / "piece.mid")
    straight = ((score.bars[4].start_ticks, score.end_ticks, 0.0),)
    manners: list[Manner] = [{"style": "swing", "swing": straight}, {"style": "swing"}, {"swing": straight}]
    right, *wrong = (tmp_path / f"{index}.mid" for index in range(3))
    for path, manner in zip((right, *wrong), manners, strict=True):
        write_performed(score, path, seed=3, **manner)
    played = (folder / name).read_bytes()
    assert played == right.read_bytes()
    assert all(played != path.read_bytes() for path in wrong)


def test_a_running_job_is_canceled_and_leaves_nothing(server: Running) -> None:
    before = len(server.client.get("/api/versions").json())
    job = server.ask("compose", ensemble="orchestra", bars=200).json()
    queued = server.ask("compose", ensemble="piano", bars=100).json()
    assert server.client.delete(f"/api/jobs/{queued['id']}").json()["state"] == "canceled"
    server.client.delete(f"/api/jobs/{job['id']}")
    assert server.wait(job)["state"] == "canceled"
    assert len(server.client.get("/api/versions").json()) == before
    assert server.compose(seed=77)["bars"] == 6, "the process goes on"


def test_a_job_that_stops_by_itself_leaves_its_process_to_the_next(tiny_model: Path, tmp_path: Path) -> None:
    worker, heard = Worker(tmp_path, str(tiny_model), composes=False), list[tuple[str, Any]]()

    def listen(kind: str, content: Any) -> None:
        heard.append((kind, content))
        if kind != "failed":
            worker.stop()

    try:
        worker.run("compose", None, {"ensemble": "piano", "bars": 256}, listen)
        assert heard[-1][0] == "failed"
        assert heard[-1][1]["status"] == 499
        timers = [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]
        for timer in timers:
            timer.join(1)
        assert not any(timer.is_alive() for timer in timers)
    finally:
        worker.close()


def test_a_job_that_takes_too_long_is_stopped(tiny_model: Path, tmp_path: Path) -> None:
    with running(tmp_path / "project", tiny_model, limit_s=0.3) as server:
        job = server.wait(server.ask("compose", ensemble="orchestra", bars=256).json())
    assert (job["state"], job["error"]["status"]) == ("failed", 408)
    assert "0.3 s" in job["error"]["message"]


def test_a_full_queue_is_reported(server: Running) -> None:
    asked = [server.ask("compose", ensemble="orchestra", bars=100) for _ in range(20)]
    codes = [answer.status_code for answer in asked]
    assert codes == sorted(codes)
    assert {202, 429} == set(codes)
    for answer in reversed(asked):
        if answer.status_code == 202:
            server.client.delete(f"/api/jobs/{answer.json()['id']}")


def test_versions_and_ratings_survive_a_restart(tiny_model: Path, tmp_path: Path) -> None:
    with running(tmp_path / "project", tiny_model) as server:
        first = server.compose()
        second = server.make("vary", first["id"], amount=1)["version"]
        server.client.post("/api/ratings", json={"preferred": second["id"], "other": first["id"]})
    with running(tmp_path / "project", tiny_model) as server:
        assert server.client.get("/api/versions").json() == [first, second]
        assert server.client.get("/api/ratings").json()[0]["preferred"] == second["id"]


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({"Authorization": ""}, "token"),
        ({"Authorization": "Bearer wrong"}, "token"),
        ({"Host": "evil.example"}, "address"),
        ({"Host": "evil.example:80", "Cookie": f"cantilena={TOKEN}"}, "address"),
        ({"Origin": "https://evil.example"}, "web sites"),
        ({"Origin": "null"}, "web sites"),
        ({"Sec-Fetch-Site": "cross-site"}, "web sites"),
    ],
)
def test_strangers_are_refused(server: Running, headers: dict[str, str], said: str) -> None:
    for path in ("/api/versions", "/", "/openapi.json"):
        answer = server.client.get(path, headers=headers)
        assert answer.status_code == 403
        assert said in answer.json()["detail"]


def test_the_link_gives_a_cookie_that_scripts_cannot_read(server: Running) -> None:
    with httpx.Client(base_url=f"http://127.0.0.1:{server.port}", trust_env=False) as browser:
        assert browser.get("/?token=wrong").status_code == 403
        answer = browser.get(f"/?token={TOKEN}")
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        assert "HttpOnly" in answer.headers["set-cookie"]
        assert "SameSite=Strict" in answer.headers["set-cookie"]
        assert browser.get("/api/about").status_code == 200


@pytest.mark.parametrize(
    "request_body",
    [
        "no json",
        '{"verb": "format-disk"}',
        '{"verb": "compose", "options": {"bars": 1000}}',
        '{"verb": "compose", "options": {"nonsense": 1}}',
        '{"verb": "compose", "options": {"mood_curve": "calm@0"}}',
        '{"verb": "compose", "options": {"candidates": "x"}}',
        '{"verb": "compose", "options": {"candidates": true}}',
        '{"verb": "compose", "options": {"candidates": 1e999}}',
        '{"verb": "compose", "more": 1}',
        '{"verb": "compose", "options": {"form": "AB", "bars": 20, "sections": "b: melody tuba"}}',
        '{"verb": "vary"}',
        '{"verb": "infill", "version": "../../../etc/passwd"}',
    ],
)
def test_malformed_jobs_are_refused_before_they_are_queued(server: Running, request_body: str) -> None:
    before = len(server.client.get("/api/jobs").json())
    answer = server.client.post("/api/jobs", content=request_body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert len(server.client.get("/api/jobs").json()) == before


@pytest.mark.parametrize(
    ("verb", "options"),
    [
        ("vary", {"texture": "bed"}),
        ("continue", {"pauses": "bar 2"}),
        ("vary", {"ending": "open"}),
        ("accompany", {"amount": "x"}),
        ("harmonize", {"mode": "minor"}),
        ("transfer", {"locked": [2], "style": "waltz"}),
        ("continue", {"locked": ["nope"]}),
    ],
)
def test_options_that_a_verb_does_not_take_are_refused_before_it_is_queued(verb: str, options: dict[str, str]) -> None:
    with pytest.raises(BadInputError, match=f"(?:{verb}|infill) does not take {next(iter(options))}: "):
        engine.check(verb, "0123456789abcdef", options)


@pytest.mark.parametrize(
    ("verb", "options", "said"),
    [
        ("infill", {"parts": "x"}, "part 'x' is not in the piece: it has 1 Flute, 2 Cello"),
        ("infill", {"parts": "flute, tuba"}, "part 'tuba' is not in the piece: it has 1 Flute, 2 Cello"),
        ("infill", {"bars": "5-99"}, "bars 5-99 are not all in the piece: it has bars 1 to 6"),
        ("infill", {"bars": "1-2", "chords": "C F G"}, "3 bars of chords do not fit 2 bars"),
        ("infill", {"locked": [1, 2]}, "all parts of the selection are locked"),
        ("vary", {"parts": ["9"]}, "part '9' is not in the piece"),
        ("vary", {"bars": "7"}, "bar 7 is not in the piece"),
        ("harmonize", {"bars": "7-8"}, "bars 7-8 are not all in the piece"),
        ("infill", {"polyphony": 12}, "polyphony 12 is more than 2 parts of this ensemble can sound"),
        ("continue", {"chords": "ii foo"}, "chord 'foo' is not known"),
        ("transfer", {}, "transfer has no style to go to"),
        ("transfer", {"style": "waltz", "instruments": "drums"}, "there is no melody to keep"),
        ("transfer", {"style": "round"}, "transfer keeps the given melody, and in a round"),
        ("accompany", {"add": ["x"]}, "instrument 'x' is not known"),
        ("reduce", {"to": "x"}, "reduction 'x' is not known"),
        ("render", {"format": "x"}, "format 'x' is not known"),
    ],
)
def test_unknown_names_and_what_a_piece_cannot_meet_are_refused_before_it_is_queued(
    server: Running, song: dict[str, Any], verb: str, options: dict[str, Any], said: str
) -> None:
    before = len(server.client.get("/api/jobs").json())
    answer = server.ask(verb, song["id"], **options)
    assert answer.status_code == 422
    assert said in answer.json()["detail"]
    assert len(server.client.get("/api/jobs").json()) == before


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("jobs", "", "the body is missing: give it"),
        ("jobs", "null", "the body null cannot be used: give an object"),
        ("jobs", "{}", "verb is missing: give it"),
        ("jobs", '{"verb": true}', "verb true cannot be used: give a text"),
        ("jobs", '{"verb": "compose", "more": 1}', "more 1 is not known: leave it out"),
        ("jobs", '{"verb": "compose", "options": {"bars": {}}}', "options.bars {} cannot be used: give"),
        ("jobs", '{"verb": "vary", "version": "x"}', 'version "x" has another form: give ^[0-9a-f]{16}$'),
        ("prompt", '{"text": "' + "a" * 2001 + '"}', "is longer than 2000: shorten it"),
        ("live", '{"valence": 2}', "valence 2 is out of range: give at most 1"),
        ("live", '{"valence": null}', "valence null cannot be used: give a number"),
        ("live/news", '{"mood": 1}', "mood 1 cannot be used: give a list"),
        ("live/keep?bars=x", "", 'bars "x" cannot be used: give a whole number'),
        ("live/keep?bars=0", "", 'bars "0" is out of range: give 1 or more'),
        ("live/audience?open=x", "", 'open "x" cannot be used: give true or false'),
    ],
)
def test_refusals_name_the_value_and_the_remedy(server: Running, path: str, body: str, said: str) -> None:
    answer = server.client.post(f"/api/{path}", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert said in answer.json()["detail"]


def test_checks_are_loaded_before_the_first_job(tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = threading.Event()
    monkeypatch.setattr(engine, "warm_up_checks", loaded.set)
    with running(tmp_path, tiny_model):
        assert loaded.wait(30)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("jobs", r'{"verb": NaN}'),
        ("jobs", r'{"verb": "\ud800"}'),
        ("jobs", r'{"verb": "compose", "options": {"bars": NaN}}'),
        ("jobs", r'{"verb": "compose", "options": {"prompt": "sad \ud800 waltz"}}'),
        ("jobs", r'{"verb": "compose", "options": {"\ud800": 1}}'),
        ("prompt", r'{"text": "sad \ud800 waltz"}'),
        ("ratings", r'{"preferred": "a", "other": "b", "\ud800": 1}'),
        ("jobs", "[" * 100_000),
        ("jobs", '{"verb": "compose", "options": {"bars": ' + "9" * 5_000 + "}}"),
        ("jobs", '{"verb": "compose", "options": {"candidates": 1e300}}'),
        ("jobs", '{"verb": "vary", "version": "0123456789abcdef", "options": {"bars": [' + "1," * 200_000 + "1]}}"),
        ("live", r'{"valence": NaN}'),
        ("live/news", r'{"playing": 1e999}'),
    ],
)
def test_values_outside_json_and_unicode_are_refused_in_one_line(server: Running, path: str, body: str) -> None:
    answer = server.client.post(f"/api/{path}", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert isinstance(detail := answer.json()["detail"], str)
    assert "\n" not in detail
    assert len(detail) < 300
    assert server.client.get("/api/jobs").status_code == 200


def test_unknown_options_are_reported(server: Running, song: dict[str, Any]) -> None:
    answer = server.ask("render", song["id"], soundfont="/etc/passwd")
    assert answer.status_code == 422
    assert "give format" in answer.json()["detail"]


def test_missing_things_are_reported(server: Running) -> None:
    assert server.ask("vary", "0" * 16).status_code == 404
    assert server.client.get("/api/jobs/none").status_code == 404


@pytest.mark.parametrize(
    "name", ["..%2f..%2fetc%2fpasswd", ".hidden", "%2e%2e", "version.json%00", "none.mid", "%5c..%5cx", "a" * 4000]
)
def test_nothing_outside_a_version_is_served(server: Running, piece: dict[str, Any], name: str) -> None:
    assert server.client.get(f"/api/versions/{piece['id']}/files/{name}").status_code in (404, 422)


def test_uploads_are_limited(server: Running) -> None:
    assert server.client.post("/api/uploads?name=a.mid", content=bytes(guard.MOST_BYTES + 1)).status_code == 413
    stream = (bytes(1_000_000) for _ in range(6))  # chunked: no length is stated
    assert server.client.post("/api/uploads?name=a.mid", content=stream).status_code == 413
    assert server.client.post("/api/uploads?name=a.exe", content=b"MZ").status_code == 422
    assert server.client.post("/api/uploads?name=a.mid", content=b"").status_code == 422
    job = server.wait(server.client.post("/api/uploads?name=../../a.mid", content=b"no midi at all").json())
    assert (job["state"], job["error"]["status"]) == ("failed", 422)


@pytest.mark.parametrize("length", [f"Content-Length: {2 * guard.MOST_BYTES}", "Transfer-Encoding: chunked"])
def test_a_body_that_is_too_large_is_read_before_it_is_refused(server: Running, length: str) -> None:
    """Else the connection closes with bytes unread, and the client may lose the answer."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        head = f"POST /api/uploads?name=a.mid HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nAuthorization: Bearer {TOKEN}\r\n"
        connection.sendall(f"{head}{length}\r\n\r\n".encode())
        body = bytes(2 * guard.MOST_BYTES)
        if "chunked" in length:
            body = f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n"
        time.sleep(0.2)  # the server has seen the head
        connection.sendall(body[:-1])
        time.sleep(0.2)
        connection.sendall(body[-1:])
        assert b"413" in connection.recv(200)


def test_a_request_that_never_arrives_is_given_up(server: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "BODY_S", 0.2)
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        head = f"POST /api/uploads?name=a.mid HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nAuthorization: Bearer {TOKEN}\r\n"
        connection.sendall(f"{head}Content-Length: 100\r\n\r\nhalf".encode())
        assert b"408" in connection.recv(200)


def test_a_hundred_clients_follow_at_once(server: Running) -> None:
    host, token = f"Host: 127.0.0.1:{server.port}", f"Authorization: Bearer {TOKEN}"
    head = f"GET /api/events HTTP/1.1\r\n{host}\r\n{token}\r\n\r\n"
    with ExitStack() as opened:
        clients = [opened.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=60)) for _ in range(100)]
        for client in clients:
            client.sendall(head.encode())
            assert b"200 OK" in client.recv(1000)
        done = server.compose(bars=3, seed=8)["id"]
        for client in clients:
            seen = b""
            while done.encode() not in seen and (more := client.recv(65536)):
                seen += more
            assert done.encode() in seen


def test_the_schema_describes_the_verbs(server: Running) -> None:
    schema = server.client.get("/openapi.json").json()
    assert "/api/jobs" in schema["paths"]
    assert "infill" in schema["components"]["schemas"]["JobRequest"]["properties"]["verb"]["enum"]


def test_a_selection_is_harmonized_or_varied_and_the_rest_stays(server: Running, song: dict[str, Any]) -> None:
    bar, before = 4 * 480, server.notes(song["id"])

    def kept(notes: list[list[int]], part: int) -> list[list[int]]:
        return [note for note in notes if note[0] != part or not 2 * bar <= note[1] < 4 * bar]

    under = server.notes(server.make("harmonize", song["id"], bars="3-4", chords="F C", seed=4)["version"]["id"])
    assert kept(under, 1) == kept(before, 1), "the melody and the other bars"
    assert under != before
    varied = server.notes(server.make("vary", song["id"], bars="3-4", parts=[1], amount=1, seed=4)["version"]["id"])
    assert kept(varied, 0) == kept(before, 0)
    assert varied != before


def test_the_inbox_holds_the_newest_version(tiny_model: Path, tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    with running(tmp_path / "project", tiny_model, inbox=inbox) as server:
        for options in ({"ensemble": "string-quartet"}, {"ensemble": "piano"}):
            version = server.compose(bars=2, **options)
            midi = server.client.get(f"/api/versions/{version['id']}/files/piece.mid").content
            assert (inbox / "cantilena.mid").read_bytes() == midi
            assert len(list((inbox / "parts").glob("*.mid"))) == len(version["parts"])


def test_a_preview_of_a_prompt_says_what_gives_way(server: Running) -> None:
    answer = server.client.post("/api/prompt", json={"text": "horns in the bridge"})
    assert answer.status_code == 200
    assert "sections" not in answer.json()["options"]
    assert any("gives way" in line for line in answer.json()["lines"])
    refused = server.client.post("/api/prompt", json={"text": "a waltz at 900 bpm"})
    assert refused.status_code == 422
    assert "900" in refused.json()["detail"]
