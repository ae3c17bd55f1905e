"""Fine-tuning: trainable weights, the split of the music, and early stopping on held-out music."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from composer.errors import BadInputError
from composer.model.adapter import merge
from composer.model.checkpoint import load_config, load_weights, save_release
from composer.model.network import Decoder
from composer.presets.user_styles import STYLE_TOKEN
from composer.score import Key, KeySignature, Note, Part, Score, Tempo, TimeSignature
from composer.training.data.corpus import Piece
from composer.training.user_style.counting import habits_of
from composer.training.user_style.finetune import Tuning, tune
from composer.training.user_style.lowrank import METHODS, adapt, free_row, read_pairs
from composer.training.user_style.music import split, write_training_data


def tune_of(seed: int, bars: int = 24) -> Score:
    """A waltz for two flutes made of a few figures."""
    rng = np.random.default_rng(seed)
    figures = ((72, 76, 79), (74, 77, 81), (71, 74, 79))
    chosen = rng.integers(0, 3, bars)
    high = tuple(
        Note(1440 * bar + 480 * beat, figures[figure][beat], 480, 80) for bar, figure in enumerate(chosen) for beat in range(3)
    )
    low = tuple(Note(1440 * bar, figures[figure][0] - 12, 1440, 80) for bar, figure in enumerate(chosen))
    return Score(
        (Part("Flute 1", 73, high), Part("Flute 2", 73, low)),
        tempos=(Tempo(0, 120.0 + seed),),
        time_signatures=(TimeSignature(0, 3, 4),),
        keys=(KeySignature(0, Key.parse("C major")),),
    )


def piece(name: str, score: Score) -> Piece:
    return Piece(f"folder/{name}", "folder", "train", "unknown", "", name, name, score, key_source="annotated")


PIECES = tuple(piece(f"{seed}.mid", tune_of(seed)) for seed in range(10))


@pytest.fixture(scope="module")
def lively_model(tiny_model, tmp_path_factory) -> Path:
    """The tiny model with norms of one and an embedding large enough to make predictions."""
    folder = tmp_path_factory.mktemp("lively") / "lively"
    weights = load_weights(tiny_model)
    for name, array in weights.items():
        array[:] = 1.0 if "norm" in name else array * (8 if "embed" in name else 2)
    save_release(folder, weights, load_config(tiny_model), {})
    shutil.copyfile(tiny_model / "tokenizer.json", folder / "tokenizer.json")
    return folder


@pytest.fixture(scope="module")
def data(tiny_model, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("own")
    write_training_data(split(PIECES), tiny_model / "tokenizer.json", folder, STYLE_TOKEN)
    return folder


def released(folder: Path) -> Decoder:
    return Decoder.released(load_config(folder), load_weights(folder))


def test_files_are_split_without_a_work_on_both_sides():
    twin = replace(tune_of(3), parts=tune_of(3).parts[:1])
    music = split([*PIECES, piece("3.musicxml", twin), piece("copy of 4.mid", tune_of(4))])
    sides = [{Path(one.group).stem for one in side} for side in (music.train, music.held_out)]
    assert not sides[0] & sides[1]
    assert len(sides[1]) == 2
    assert [name for name, reason in music.left_out if "same notes as 4.mid" in reason] == ["copy of 4.mid"]
    assert len(music.pieces) == 11


def test_files_of_one_name_in_several_folders_are_several_pieces():
    music = split([piece(f"song{n}/score.mid", tune_of(n)) for n in range(12)])
    assert len(music.held_out) == 2


def test_the_split_does_not_depend_on_the_order_of_the_files():
    assert {one.id for one in split(PIECES).held_out} == {one.id for one in split(reversed(PIECES)).held_out}


@pytest.mark.parametrize(
    ("pieces", "message"),
    [
        ([], "no readable piece"),
        (PIECES[:1], "one readable piece"),
        ([piece(f"{n}.mid", tune_of(n, 4)) for n in range(3)], "too few"),
    ],
)
def test_too_little_music_is_refused(pieces, message):
    with pytest.raises(BadInputError, match=message):
        split(pieces)


def test_habits_are_counted():
    habits = habits_of(PIECES)
    assert habits.meters == ("3/4",)
    assert habits.bars == (24, 24)
    assert habits.tempo_qpm == (120.9, 128.1)
    assert [(part.name, part.program) for part in habits.parts] == [("Flute 1", 73), ("Flute 2", 73)]
    assert habits.parts[0].low <= 71 < 81 <= habits.parts[0].high
    quartet = [
        piece(
            "q", replace(tune_of(1), parts=tuple(Part("", program, tune_of(1).parts[0].notes) for program in (40, 40, 41, 42)))
        )
    ]
    assert habits_of(quartet).ensemble == "string-quartet"


def test_merged_weights_compute_what_the_adapted_network_does(tiny_model):
    network = released(tiny_model)
    before = network.embed_tokens.weight.detach()[7].clone()
    torch.manual_seed(0)
    for parameter in adapt(network, rank=3):
        torch.nn.init.normal_(parameter, std=0.1)
    free_row(network, 7, torch.full_like(before, 0.3))
    merged = merge(load_weights(tiny_model), read_pairs(network, 7, before))
    other = Decoder.released(network.config, merged)
    ids = torch.arange(24)[None]
    with torch.inference_mode():
        assert (released(tiny_model)(ids) - network(ids)).abs().max() > 0.1
        assert torch.allclose(other(ids), network(ids), atol=1e-4)


@pytest.mark.parametrize("method", METHODS)
def test_held_out_music_gets_more_likely(lively_model, data, method):
    tuning = Tuning(method=method, rank=4, passes=8, context=192, learning_rate=1e-2, checks=4, held_out_windows=4)
    tuned = tune(lively_model, data, STYLE_TOKEN, tuning)
    assert tuned.after.per_note < min(tuned.before.per_note, tuned.with_nearest.per_note)
    assert tuned.after.per_note == pytest.approx(min(bits for _, bits in tuned.curve), abs=1e-3)
    assert bool(tuned.pairs) == (method == "low-rank")
    assert tuned.reason in ("finished", "no better")
    if tuned.pairs:
        a, b = tuned.pairs["model.embed_tokens.weight"]
        assert np.count_nonzero(b) == 1
        assert np.abs(a).max() > 0


def test_it_stops_when_held_out_music_gets_worse(tiny_model, data):
    steep = Tuning(method="everything", learning_rate=3.0, passes=40, context=192, checks=40, patience=2, held_out_windows=2)
    tuned = tune(tiny_model, data, STYLE_TOKEN, steep)
    assert tuned.reason == "no better"
    assert tuned.passes < 30


def test_the_time_limit_ends_it(tiny_model, data):
    seconds = iter(range(0, 10**6, 20))
    tuning = Tuning(minutes=1.0, passes=1000, context=192, checks=2, held_out_windows=2)
    tuned = tune(tiny_model, data, STYLE_TOKEN, tuning, clock=lambda: float(next(seconds)))
    assert tuned.reason == "time"
    assert len(tuned.curve) >= 1
