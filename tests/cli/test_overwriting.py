"""No command replaces a file without --overwrite, and none ever replaces its source."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.rework.odd_files import odd_files

SONG = odd_files()["lyrics"]


@pytest.fixture
def song(tmp_path: Path) -> Path:
    (tmp_path / "song.mid").write_bytes(SONG)
    return tmp_path / "song.mid"


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_compose_numbers_its_pieces(cantilena, tiny_model, tmp_path):
    arguments = ("compose", "--model", tiny_model, "--name", "same", "--seed", 1, "--ensemble", "flute", "--format", "mid")
    assert cantilena(*arguments, "--bars", 1).out.split() == ["same.mid", "same.json"]
    before = contents(tmp_path)
    assert cantilena(*arguments, "--bars", 2).out.split() == ["same-2.mid", "same-2.json"]
    assert contents(tmp_path).items() >= before.items()
    assert cantilena(*arguments, "--bars", 2, "--overwrite").out.split() == ["same.mid", "same.json"]
    assert (tmp_path / "same.mid").read_bytes() == (tmp_path / "same-2.mid").read_bytes()


def test_files_of_an_earlier_piece_are_named_and_kept(cantilena, tiny_model, tmp_path):
    arguments = ("compose", "--model", tiny_model, "--name", "same", "--ensemble", "flute", "--bars", 1)
    assert cantilena(*arguments, "--seed", 1, "--format", "mid,abc").code == 0
    before = (tmp_path / "same.abc").read_bytes()
    done = cantilena(*arguments, "--seed", 2, "--format", "mid", "--overwrite")
    assert "not replaced, of an earlier piece: same.abc" in done.err
    assert (tmp_path / "same.abc").read_bytes() == before
    assert "not replaced" not in cantilena(*arguments, "--seed", 2, "--format", "mid,abc", "--overwrite").err


def test_a_replay_writes_the_formats_of_the_original(cantilena, tiny_model):
    arguments = ("--model", tiny_model, "--name", "F#", "--ensemble", "flute", "--bars", 1, "--seed", 1)
    assert cantilena("compose", *arguments, "--format", "abc").out.split() == ["F#.abc", "F#.json"]
    again = ("replay", "F#.json", "--model", tiny_model)
    assert {path.rsplit(".")[-1] for path in cantilena(*again, "-o", "one").out.split()} == {"abc", "json"}
    assert {path.rsplit(".")[-1] for path in cantilena(*again, "-o", "two", "--format", "mid").out.split()} == {"mid", "json"}
    Path("F#.abc").unlink()
    assert {path.rsplit(".")[-1] for path in cantilena(*again, "-o", "three").out.split()} == {"abc", "json"}


def test_a_sidecar_names_the_formats_of_its_files(cantilena, tiny_model):
    arguments = ("--model", tiny_model, "--name", "a", "--ensemble", "flute", "--bars", 1, "--seed", 1)
    assert cantilena("compose", *arguments, "--format", "musicxml,mid").code == 0
    content = json.loads(Path("a.json").read_text())
    assert content["formats"] == ["musicxml", "mid"]
    Path("b.json").write_text(json.dumps(content | {"formats": ["nope"]}))
    done = cantilena("replay", "b.json", "--model", tiny_model)
    assert (done.code, "format 'nope' is not known" in done.err) == (3, True)


def test_default_names_contain_style_key_and_seed(cantilena, tiny_model):
    arguments = ("--bars", 2, "--format", "mid", "--seed", 5, "--model", tiny_model)
    done = cantilena("compose", "--style", "waltz", "--key", "Eb", *arguments)
    assert done.out.split() == ["waltz-Eb-major-5.mid", "waltz-Eb-major-5.json"]
    chosen = json.loads(cantilena("compose", "--json", *arguments).out)
    style, key = chosen["plan"]["styles"][0], chosen["plan"]["key"].replace(" ", "-").replace("#", "-sharp")
    assert chosen["files"][0] == f"{style}-{key}-5.mid"
    done = cantilena("compose", "--name", "{style} {key} {bars} {meter}", *arguments)
    assert "any" not in done.out


def test_earlier_takes_are_kept(cantilena, tiny_model, song):
    arguments = ("continue", "song.mid", "--bars", 1, "--format", "mid", "--model", tiny_model, "-q")
    takes = [cantilena(*arguments, "--seed", seed).out.split()[0] for seed in (1, 2, 1)]
    assert takes == ["song-continue-1.mid", "song-continue-2.mid", "song-continue-1-2.mid"]
    assert cantilena(*arguments).out.split()[0] not in takes
    assert song.read_bytes() == SONG


@pytest.mark.parametrize(
    "command",
    [
        ("convert", "song.mid", "out.musicxml"),
        ("convert", "song.mid", "out.wav"),
        ("render", "song.mid", "-o", "out.wav"),
        ("reduce", "song.mid", "-o", "out.musicxml"),
        ("inspect", "song.mid", "--picture", "out.svg"),
    ],
    ids=lambda command: " ".join(command),
)
def test_a_named_file_is_refused_if_it_exists(cantilena, song, tmp_path, command):
    out = tmp_path / command[-1]
    out.write_text("mine")
    done = cantilena(*command)
    assert (done.code, done.out, done.err.count("\n")) == (3, "", 1)
    assert f"{out.name} already exists: give another name or folder, or replace it (overwrite=True, or --overwrite)" in done.err
    assert out.read_text() == "mine"
    assert cantilena(*command, "--overwrite").code == 0
    assert out.read_bytes() != b"mine"
    assert sorted(contents(tmp_path)) == sorted(["song.mid", out.name])


@pytest.mark.parametrize(
    "command", [("convert", "song.mid", "song.mid"), ("reduce", "song.mid", "-o", "song.mid")], ids=lambda command: command[0]
)
def test_a_source_is_kept_even_with_overwrite(cantilena, song, command):
    for options in ((), ("--overwrite",)):
        done = cantilena(*command, *options)
        assert (done.code, "is the input file" in done.err) == (3, True)
        assert song.read_bytes() == SONG


def test_render_numbers_its_default_name_and_keeps_stems(cantilena, song, tmp_path):
    (tmp_path / "song.wav").write_text("mine")
    assert cantilena("render", "song.mid", "--stems", "parts").out.split()[0] == "song-2.wav"
    before = contents(tmp_path)
    done = cantilena("render", "song.mid", "--stems", "parts")
    assert (done.code, "parts already exists" in done.err) == (3, True)
    assert contents(tmp_path) == before


def test_replay_keeps_an_existing_piece(cantilena, tiny_model, tmp_path):
    assert cantilena("compose", "--model", tiny_model, "--bars", 2, "--name", "a", "--format", "mid").code == 0
    before = contents(tmp_path)
    again = ("replay", "a.json", "--model", tiny_model, "--format", "mid")
    assert cantilena(*again).out.split() == ["a-2.mid", "a-2.json"]
    after = contents(tmp_path)
    assert after.items() >= before.items()
    assert after["a-2.mid"] == before["a.mid"]
    done = cantilena(*again, "--overwrite")
    assert (done.code, "a.json is the input file" in done.err) == (3, True)
    assert contents(tmp_path) == after


def test_an_exported_model_replaces_nothing(cantilena, tiny_model, tmp_path):
    pytest.importorskip("onnx")
    (tmp_path / "m.onnx").write_text("mine")
    done = cantilena("models", "export", tiny_model, "--hf", "hf", "--onnx", "m.onnx")
    assert (done.code, "m.onnx already exists" in done.err) == (3, True)
    assert contents(tmp_path) == {"m.onnx": b"mine"}
    assert cantilena("models", "export", tiny_model, "--onnx", "m.onnx", "--overwrite").code == 0


def test_the_folder_of_stems_is_not_the_audio_file(cantilena, song, tmp_path):
    before = contents(tmp_path)
    for options in (("-o", "n.wav", "--stems", "n.wav"), ("--stems", "song.wav"), ("-o", "n.wav", "--stems", "./n.wav/s")):
        done = cantilena("render", song, *options)
        assert done.code == 3
        assert "cannot be both the audio file and the folder of the stems" in done.err
    assert contents(tmp_path) == before
    assert list(tmp_path.iterdir()) == [song]


@pytest.mark.skipif(os.name != "posix", reason="named pipes")
def test_pipes_are_never_replaced(cantilena, song, tmp_path, tiny_model):
    for name in ("out.musicxml", "out.wav", "out.svg", "same.mid"):
        os.mkfifo(tmp_path / name)
    for arguments in (
        ("convert", song, "out.musicxml"),
        ("render", song, "-o", "out.wav", "-q"),
        ("inspect", song, "--picture", "out.svg"),
        ("reduce", song, "-o", "out.musicxml"),
        ("compose", "--name", "same", "--bars", 1, "--format", "mid", "--model", tiny_model, "-q"),
    ):
        done = cantilena(*arguments, "--overwrite")
        assert (done.code, done.out, done.err.count("\n")) == (3, "", 1)
        assert "is a pipe, a socket or a device: give another name" in done.err
    assert all((tmp_path / name).is_fifo() for name in ("out.musicxml", "out.wav", "out.svg", "same.mid"))
