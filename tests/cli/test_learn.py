"""Learning a user style from a folder of files and composing in it, on the command line."""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from composer import presets
from composer.errors import BadInputError
from composer.formats.midi.midi_score import write_midi
from composer.locks import LOCK_FILE
from composer.model.checkpoint import load_config, load_weights, save_release
from composer.presets import user_styles
from composer.score import Note, Part, Score, Tempo, TimeSignature

QUICK = ("--passes", 0.5, "--json")


def song(seed: int) -> Score:
    rng = np.random.default_rng(seed)
    pitches = 60 + np.cumsum(rng.integers(-4, 5, 96)) % 20
    notes = tuple(Note(480 * index, int(pitch), 480, 80) for index, pitch in enumerate(pitches))
    return Score((Part("Oboe", 68, notes),), tempos=(Tempo(0, 90.0),), time_signatures=(TimeSignature(0, 3, 4),))


def style_named(name: str) -> user_styles.UserStyle:
    return user_styles.UserStyle(
        name=name, model="tiny", model_fingerprint="0" * 16, token="user1", created="2026-01-01", files=9, held_out_files=2,
        notes=900, bits_before=5.0, bits_nearest=4.9, bits_after=4.5, nearest="waltz", passes=3.0, minutes=1.0,
        tempo_qpm=(90.0, 90.0), meters=("3/4",), bars=(8, 16), parts=(user_styles.EnsemblePart("Oboe", 68, low=60, high=84),),
    )  # fmt: skip


@pytest.fixture
def songs(tmp_path, monkeypatch):
    """Eight songs and a broken file in the folder `songs`, and an empty home."""
    monkeypatch.setenv("CANTILENA_HOME", str(tmp_path / "home"))
    presets.reload_user_styles()
    (tmp_path / "songs").mkdir()
    for seed in range(8):
        write_midi(song(seed), tmp_path / "songs" / f"{seed}.mid")
    (tmp_path / "songs" / "broken.mid").write_bytes(b"MThd nonsense")
    yield Path("songs")
    monkeypatch.undo()
    presets.reload_user_styles()


@pytest.fixture
def learn(cantilena, tiny_model, songs):
    return lambda *options: cantilena("learn", songs, "--model", tiny_model, *options)


def test_a_learned_style_is_a_style_like_any_other(learn, cantilena, tiny_model, tmp_path):
    done = learn("--name", "mine", *QUICK)
    assert done.code == 0, done.err
    record = json.loads(done.out)
    assert (record["name"], record["files"], record["held_out_files"], record["meters"]) == ("mine", 8, 2, ["3/4"])
    assert any("broken.mid" in warning for warning in record["warnings"])
    assert any("8 files give only a tint" in warning for warning in record["warnings"])
    folder = Path(record["folder"])
    assert sorted(path.name for path in folder.iterdir()) == ["adapter.safetensors", "originality.npz", "style.json"]
    assert [path.name for path in folder.parent.iterdir()] == ["mine"]

    listed = [line.split()[:2] for line in cantilena("styles").out.splitlines()]
    assert listed[-1] == ["mine", "user"]
    assert "mine" in cantilena("learn", "--list").out

    arguments = ("--model", tiny_model, "--seed", 3, "--bars", 4, "--format", "mid")
    for style, name in (("mine", "alone"), ("mine:0.6,waltz:0.4", "mixed"), ("waltz", "without")):
        assert cantilena("compose", "--style", style, "--name", name, *arguments).code == 0
    sidecar = json.loads(Path("alone.json").read_text())
    assert sidecar["model"]["adapter"]["name"] == "mine"
    assert sidecar["plan"]["meter"] == "3/4"
    assert [(part["name"], part["program"]) for part in sidecar["plan"]["parts"]] == [("Oboe", 68)]
    assert sidecar["originality"]["own"]["checked"]
    mixed = json.loads(Path("mixed.json").read_text())
    assert mixed["model"]["adapter"] == sidecar["model"]["adapter"]
    assert {tuple(mixed["plan"]["styles"])} | {tuple(share["styles"]) for share in mixed["plan"]["blend"]} >= {("user1",)}
    assert "adapter" not in json.loads(Path("without.json").read_text())["model"]

    again = cantilena("replay", "alone.json", "--model", tiny_model, "--format", "mid", "-o", "again")
    assert again.code == 0, again.err
    assert Path("again/alone.mid").read_bytes() == Path("alone.mid").read_bytes()

    Path("briefs.jsonl").write_text('{"style": "mine", "bars": 4}\n{"style": "waltz", "bars": 4}\n')
    batch = cantilena("batch", "briefs.jsonl", "--model", tiny_model, "--format", "mid", "-o", "many")
    assert batch.code == 0, batch.err
    adapters = [
        json.loads(path.read_text())["model"].get("adapter", {}).get("name") for path in sorted(Path("many").glob("*.json"))
    ]
    assert adapters == ["mine", None]

    added = cantilena(
        "accompany", "songs/1.mid", "--add", "cello", "--style", "mine", *arguments[:4], "--name", "added", "--format", "mid"
    )
    assert added.code == 0, added.err
    assert json.loads(Path("added.json").read_text())["model"]["adapter"]["name"] == "mine"


def test_replay_and_other_models_are_checked(learn, cantilena, tiny_model, tmp_path):
    assert learn("--name", "mine", *QUICK).code == 0
    arguments = ("--style", "mine", "--seed", 3, "--bars", 4, "--format", "mid", "--name", "piece")
    assert cantilena("compose", "--model", tiny_model, *arguments).code == 0

    added = ("accompany", "songs/1.mid", "--add", "cello", "--style", "mine", "--seed", 3, "--name", "added", "--format", "mid")
    assert cantilena(*added, "--model", tiny_model).code == 0

    twice = learn("--name", "mine", *QUICK)
    assert (twice.code, len(twice.err.splitlines())) == (3, 1)
    assert "--replace" in twice.err
    assert learn("--name", "mine", "--replace", "--seed", 5, *QUICK).code == 0
    refused = cantilena("replay", "piece.json", "--model", tiny_model, "--format", "mid")
    assert (refused.code, len(refused.err.splitlines())) == (3, 1)
    assert "another user style" in refused.err
    again = ("replay", "added.json", "--source", "songs/1.mid", "--model", tiny_model, "--format", "mid")
    replaced = cantilena(*again)
    assert (replaced.code, "another user style 'mine' than is learned here" in replaced.err) == (3, True), replaced.err

    other = tmp_path / "other"
    weights = load_weights(tiny_model)
    save_release(other, {name: array + np.float32(0.01) for name, array in weights.items()}, load_config(tiny_model), {})
    (other / "tokenizer.json").write_bytes((tiny_model / "tokenizer.json").read_bytes())
    elsewhere = cantilena("compose", "--model", other, *arguments)
    assert (elsewhere.code, len(elsewhere.err.splitlines())) == (3, 1)
    assert "was learned on tiny" in elsewhere.err

    assert cantilena("learn", "--remove", "mine").code == 0
    assert not (tmp_path / "home" / "styles" / "mine").exists()
    presets.reload_user_styles()
    gone = cantilena("compose", "--model", tiny_model, *arguments)
    assert (gone.code, "'mine' is not known" in gone.err) == (3, True)
    removed = cantilena(*again)
    assert (removed.code, "'mine'" in removed.err) == (3, True), removed.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("empty", "--name", "mine"), "contains no score"),
        (("missing", "--name", "mine"), "is not a folder"),
        (("songs",), "name is missing"),
        (("songs", "--name", "Waltz!"), "is invalid"),
        (("songs", "--name", "waltz"), "already means the style waltz"),
        (("songs", "--name", "chopin"), "already means the composer chopin"),
        (("songs", "--name", "string-quartet"), "already"),
        (("songs", "--name", "mine", "--list"), "options exclude each other"),
        (("--remove", "nobody"), "not one of yours"),
        (("--remove", "../songs"), "is invalid"),
        ((), "options exclude each other"),
    ],
)
def test_impossible_requests_give_one_line(cantilena, songs, tmp_path, arguments, message):
    (tmp_path / "empty").mkdir()
    done = cantilena("learn", *arguments)
    assert (done.code, len(done.err.splitlines())) == (3, 1), done.err
    assert message in done.err
    assert (tmp_path / "songs").is_dir()


def test_errors_are_reported_before_torch_is_loaded(cantilena, songs, monkeypatch):
    monkeypatch.setitem(sys.modules, "composer.training.user_style.learning", None)
    assert "is not a folder" in cantilena("learn", "missing", "--name", "mine").err
    assert "already means the style waltz" in cantilena("learn", songs, "--name", "waltz").err


def test_a_seed_is_in_range(cantilena, songs):
    done = cantilena("learn", songs, "--name", "mine", "--seed", 2**65)
    assert (done.code, "seed '36893488147419103232' is out of range" in done.err) == (3, True)


@pytest.mark.parametrize("content", ["", "[]", '{"version": 1}', '{"version": 9, "name": "x"}', "{"])
def test_a_damaged_record_does_not_affect_others(cantilena, songs, tmp_path, content):
    folder = tmp_path / "home" / "styles" / "broken"
    folder.mkdir(parents=True)
    (folder / user_styles.RECORD_FILE).write_text(content)
    presets.reload_user_styles()
    assert "broken" not in presets.styles()
    assert cantilena("styles").code == 0
    listed = cantilena("learn", "--list")
    assert (listed.code, "cannot be read" in listed.out) == (0, True)
    assert cantilena("learn", "--remove", "broken").code == 0
    assert not folder.exists()


@pytest.mark.parametrize(
    "changed",
    [
        {"model": 5}, {"token": ["user1"]}, {"files": -1}, {"bits_before": 0}, {"tempo_qpm": [120, 90]}, {"tempo_qpm": [90]},
        {"meters": []}, {"meters": ["3/0"]}, {"bars": [8, 10**9]}, {"parts": []}, {"parts": [{"name": "Oboe", "program": 128}]},
        {"parts": [{"name": "Oboe", "program": 68, "is_drum": False, "low": 90, "high": 60}]}, {"minutes": float("nan")},
    ],
)  # fmt: skip
def test_values_of_a_record_are_checked(changed):
    whole = style_named("mine").to_json()
    assert user_styles.UserStyle.from_json(json.loads(json.dumps(whole))) == style_named("mine")
    with pytest.raises(BadInputError, match="the record of a user style is damaged") as caught:
        user_styles.UserStyle.from_json({**json.loads(json.dumps(whole)), **changed})
    assert "object" not in str(caught.value)


def test_two_user_styles_are_not_mixed(cantilena, songs, tiny_model, tmp_path):
    for name in ("mine", "yours"):
        user_styles.save_style(style_named(name), lambda folder: None)
    presets.reload_user_styles()
    assert user_styles.read_styles()["mine"] == user_styles.UserStyle.from_json(
        json.loads((tmp_path / "home/styles/mine/style.json").read_text())
    )
    done = cantilena("compose", "--model", tiny_model, "--style", "mine,yours", "--bars", 4)
    assert (done.code, "were learned separately" in done.err) == (3, True)


def test_a_failed_save_keeps_the_old_style(songs, tmp_path):
    style = style_named("mine")
    user_styles.save_style(style, lambda folder: None)

    def fails(folder: Path) -> None:
        raise RuntimeError("disk full")

    with pytest.raises(RuntimeError):
        user_styles.save_style(style, fails)
    assert [path.name for path in (tmp_path / "home" / "styles").iterdir()] == ["mine"]
    assert "mine" in user_styles.read_styles()


def test_a_kill_at_any_moment_of_replacing_leaves_a_style(songs, monkeypatch):
    def write(folder: Path, text: str = "old") -> None:
        (folder / user_styles.ADAPTER_FILE).write_text(text)

    user_styles.save_style(style_named("mine"), write)
    plain, calls = Path.rename, [0]
    for last in range(4):  # before each rename: the old style aside, the new one in

        def killed(path: Path, target: Path, last: int = last) -> Path:
            calls[0] += 1
            if calls[0] > last:
                raise KeyboardInterrupt
            return plain(path, target)

        calls[0] = 0
        with monkeypatch.context() as patched:
            patched.setattr(Path, "rename", killed)
            patched.setattr("composer.presets.user_styles.shutil.rmtree", lambda *_, **__: None)  # no cleanup either
            with suppress(KeyboardInterrupt):
                user_styles.save_style(style_named("mine"), lambda folder: write(folder, "new"))
        assert set(user_styles.read_styles()) == {"mine"}
        assert (user_styles.styles_folder() / "mine" / user_styles.ADAPTER_FILE).read_text() == ("old" if last < 2 else "new")


def test_tokens_left_by_a_killed_process_are_deleted(learn, tmp_path):
    left = tmp_path / "home" / "styles" / ".learning-dead"
    left.mkdir(parents=True)
    (left / LOCK_FILE).touch()
    assert learn("--name", "mine", *QUICK).code == 0
    assert [path.name for path in (tmp_path / "home" / "styles").iterdir()] == ["mine"]
