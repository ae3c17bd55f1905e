"""From a folder of MIDI files to a model that composes: data, train, evaluate, release."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path

import numpy as np
import pytest

from composer.formats import write_score
from composer.model.checkpoint import load_weights
from composer.score import Key, KeySignature, Note, Part, Score, Tempo, TimeSignature
from composer.training.calibration import LAST_NORM

CONFIG = """
[model]
hidden_size = 32
intermediate_size = 64
num_hidden_layers = 1
num_attention_heads = 2
num_key_value_heads = 2
max_position_embeddings = 128

[training]
batch_size = 2
micro_batch = 2
warmup_steps = 1
max_steps = 3
log_steps = 1
compile = false
threads = 1

[data]
seed = 5
"""


@pytest.fixture
def music(tmp_path):
    """Forty short scales, enough for one to be held out."""
    folder = tmp_path / "music"
    folder.mkdir()
    for index in range(40):
        rng = random.Random(index)
        notes = tuple(Note(240 * step, 60 + 2 * rng.randrange(8), 240) for step in range(64))
        keys, meters = (KeySignature(0, Key(0, "major")),), (TimeSignature(0, 4, 4),)
        score = Score((Part("Flute", 73, notes),), (Tempo(0, 96.0),), meters, keys)
        write_score(score, folder / f"scale-{index}.mid")
    (folder / "broken.mid").write_bytes(b"no music")
    return folder


def test_training_a_model_from_a_folder(cantilena, music, tmp_path):
    (tmp_path / "mine.toml").write_text(CONFIG)
    done = cantilena("data", "build", music, "-o", "data", "--merges", 20, "-j", 1)
    assert (done.code, done.out) == (0, "data\n")
    assert "40 of 41 files read, 1 skipped" in done.err
    assert "40 pieces: 3" in done.err

    rows = [json.loads(line) for line in cantilena("data", "stats", "data", "--json").out.splitlines()]
    assert sum(row["pieces"] for row in rows) == 40
    assert sum(row["notes"] for row in rows) == 40 * 64
    assert {row["split"] for row in rows} == {"train", "valid"}
    assert "folder" in cantilena("data", "stats", "data").out

    done = cantilena("train", "mine.toml", "--data", "data", "--run", "run")
    assert (done.code, done.out.strip()) == (0, "run/model")
    assert "log.jsonl" in done.err
    for brief in ({}, {"--bars": 3}, {"--ensemble": "string-quartet"}):  # it composes like its data
        arguments = [item for pair in brief.items() for item in pair]
        done = cantilena("compose", "--model", "run/model", "--explain", "--json", "--seed", 5, *arguments)
        plan = json.loads(done.out)["plan"]
        assert plan["parts"][0]["name"] == ("Violin 1" if "--ensemble" in brief else "Flute")
        assert (plan["meter"], plan["tempo_qpm"], plan["key"]) == ("4/4", 96.0, "C major")
        assert plan["bars"] == brief.get("--bars", 8)
    assert json.loads(cantilena("compose", "--model", "run/model", "--style", "waltz", "--explain", "--json").out)["plan"][
        "styles"
    ]
    assert cantilena("train", "mine.toml", "--data", "data", "--run", "run").code == 3  # a run is never overwritten

    figures = [
        json.loads(line)
        for line in cantilena("evaluate", "run/model", "--data", "data", "--context", 128, "--json").out.splitlines()
    ]
    assert [(row["model"], row["context"], row["reach"]) for row in figures] == [
        ("model", 128, 0), ("unigram", 128, 0), ("5-gram", 128, 0),
    ]  # fmt: skip
    assert all(row["held_out"]["all"]["bits_per_note"] > 0 for row in figures)
    assert "bits per note" in cantilena("evaluate", "run/model", "--data", "data", "--context", 128, "--no-baselines").out

    notes = {}
    for split in ("train", "valid"):
        done = cantilena(
            "evaluate", "run/model", "--data", "data", "--split", split, "--windows", 0, "--no-baselines", "--json"
        )  # fmt: skip
        row = json.loads(done.out)
        assert row["split"] == split
        notes[split] = row["held_out"]["all"]["notes"]
    assert sum(notes.values()) == 40 * 64
    assert notes["train"] > notes["valid"] > 0
    done = cantilena("evaluate", "run/model", "--data", "data", "--split", "all")
    assert (done.code, "choose train or valid" in done.err) == (3, True)

    assert cantilena("models", "release", "run", "again", "--data", "data").code == 0
    assert json.loads((tmp_path / "again" / "generation_config.json").read_text())["human_likelihood"] < 0
    weights = [(tmp_path / folder / "model.safetensors").read_bytes() for folder in ("run/model", "again")]
    assert weights[0] == weights[1]
    assert cantilena("data", "build", music, "-o", "other", "--merges", 5, "-j", 1).code == 0
    done = cantilena("models", "release", "run", "third", "--data", "other")
    assert done.code == 3
    assert "trained on" in done.err
    done = cantilena("models", "average", "mean", "run/model", "again=2", "--data", "other")
    assert (done.code, "another tokenizer" in done.err) == (3, True)
    shutil.copytree(tmp_path / "data", tmp_path / "half", ignore=shutil.ignore_patterns("valid"))
    for command in (("average", "mean", "run/model", "again"), ("release", "run", "third")):
        done = cantilena("models", *command, "--data", "half")
        assert (done.code, "no training data" in done.err) == (3, True)
    assert not (tmp_path / "mean").exists()
    assert not (tmp_path / "third").exists()
    assert cantilena("models", "average", "mean", "run/model", "again=2", "--data", "data").out == "mean\n"
    kept = load_weights(tmp_path / "mean")
    factor = float(cantilena("models", "calibrate", "mean", "--data", "data").out)
    scaled = load_weights(tmp_path / "mean")
    np.testing.assert_allclose(scaled[LAST_NORM], kept[LAST_NORM] * factor, rtol=2e-3)
    assert all(np.array_equal(scaled[name], kept[name]) for name in kept if name != LAST_NORM)
    done = cantilena("models", "calibrate", "mean", "--data", "other")
    assert (done.code, "another tokenizer" in done.err) == (3, True)
    done = cantilena("compose", "--model", "again", "--bars", 2, "--ensemble", "flute", "--name", "mine", "--format", "mid")
    assert (done.code, done.out) == (0, "mine.mid\nmine.json\n")


@pytest.mark.parametrize(
    ("text", "word"),
    [("[data]\nfolder = 1", "folder"), ("[nonsense]", "nonsense"), ("[model]\nsize = 3", "size"), ("=", "mine.toml")],
)
def test_a_wrong_configuration_is_refused(cantilena, music, tmp_path, text, word):
    (tmp_path / "mine.toml").write_text(text)
    done = cantilena("train", "mine.toml", "--data", "data")
    assert (done.code, done.err.count("\n")) == (3, 1)
    assert word in done.err


def test_an_unknown_configuration_names_the_available_ones(cantilena):
    outcome = cantilena("train", "longer")
    assert outcome.code == 3
    assert "'longer': give a TOML file or one of tiny, base, onward" in outcome.err


@pytest.mark.parametrize("command", [("train", "tiny"), ("train", "harmony"), ("train", "melody"), ("evaluate",)])
def test_missing_data_are_reported_with_the_remedy(cantilena, command):
    done = cantilena(*command, "--data", "nope")
    assert (done.code, done.err.count("\n")) == (3, 1)
    assert "nope contains no training data: run `cantilena data build FOLDER -o nope` first" in done.err


def test_the_page_of_keys_is_the_output_of_the_command(cantilena):
    page = (Path(__file__).parents[2] / "docs" / "config.md").read_text()
    assert page == cantilena("train", "--keys").out
    assert "| `warmup_steps` | `100` | steps of linear warm-up. |" in page


def test_a_log_file_gets_progress_lines_at_intervals(capsys, monkeypatch):
    from composer.training import loop

    tell = loop._terminal_line()
    tell("step 1")
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(loop, "_SECONDS_BETWEEN_LINES", 0.0)
    tell("step 2")
    assert capsys.readouterr().err == "step 2\n"
