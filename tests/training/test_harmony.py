"""The planner's training: its reading of harmony, its form tokens, and the n-gram baselines."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from composer.harmony.chord_vocabulary import HarmonyVocabulary, chord_name
from composer.model.config import ModelConfig
from composer.model.network import Decoder
from composer.score import Chord, TimeSignature
from composer.training.harmony_corpus import HarmonyPiece, common_names, find_cadences
from composer.training.harmony_training import (
    encode,
    held_out,
    ngram_baseline,
    reading_weights,
    report_rows,
    train_planner,
)
from composer.training.small_network import NetworkTraining

C, F, G, G7, AM = (Chord.parse(symbol) for symbol in ("C", "F", "G", "G7", "Am"))


def piece_of(*bars: tuple[Chord | None, ...], style: str = "hymn", recalls: tuple[int, ...] = ()) -> HarmonyPiece:
    nothing = (None,) * len(bars)
    closes = tuple(find_cadences(bars, [False] * len(bars), "major"))
    return HarmonyPiece("x", (style,), "major", TimeSignature(0, 4, 4), bars, nothing, recalls or (0,) * len(bars), closes)


PIECE = piece_of((C,), (F,), (C, G7), (C,), (AM,), (F,), (G,), (C,))


@pytest.fixture(scope="module")
def vocabulary() -> HarmonyVocabulary:
    return HarmonyVocabulary(("hymn", "waltz"), (*sorted(map(chord_name, (C, F, G, G7, AM))), "none"))


def test_style_form_and_cadences_precede_the_chords(vocabulary):
    ids, chosen = encode(PIECE, vocabulary)
    tokens = [vocabulary.tokens[token] for token in ids]
    assert (tokens[:3], tokens[-1]) == (["BOS", "Style_hymn", "Mode_major"], "EOS")
    chords = [vocabulary.chord_at(token) for token, counts in zip(ids[:-1], chosen, strict=False) if counts]
    assert chords == [chord for bar in PIECE.bars for chord in bar]
    assert sum(token.startswith("Left_") for token in tokens) == len(PIECE.bars)


def test_a_stream_that_starts_later_recalls_nothing_before_its_start(vocabulary):
    recalling = replace(PIECE, recalls=(0, 0, 0, 0, 4, 4, 4, 4))
    stream = [vocabulary.tokens[token] for token in encode(recalling, vocabulary)[0]]
    assert stream.count("Recall_4") == 4
    assert not [
        token for token in map(vocabulary.tokens.__getitem__, encode(recalling, vocabulary, start=4)[0]) if "Recall" in token
    ]


def test_styles_are_dropped_at_random(vocabulary):
    streams = [encode(PIECE, vocabulary, np.random.default_rng(seed))[0] for seed in range(60)]
    kept = [vocabulary.ids["Style_hymn"] in stream for stream in streams]
    assert 0 < kept.count(False) < 20


def test_rare_styles_are_sampled_above_their_share():
    pieces = [PIECE] * 9 + [replace(PIECE, styles=("waltz",))]
    weights = reading_weights(pieces)
    assert weights.sum() == pytest.approx(1)
    assert weights[-1] == pytest.approx(3 * weights[0])


def test_names_are_kept_above_a_count():
    styles, chords = common_names([PIECE, replace(PIECE, styles=("waltz",))], least=4)
    assert styles == ("hymn", "waltz")
    assert set(chords) == {chord_name(C), chord_name(F), "none"}


@pytest.mark.parametrize(
    ("bars", "kind"),
    [
        (((C,), (F,), (G7,), (C,)), "authentic"),
        (((C,), (AM,), (F,), (G,)), "half"),
        (((C,), (G,), (F,), (C,)), "plagal"),
        (((C,), (F,), (G7,), (AM,)), "deceptive"),
        (((C,), (F,), (G7,), (Chord(0, "maj", 4),)), None),
    ],
)
def test_cadences_in_fourth_bars_are_found_by_formula(bars, kind):
    assert find_cadences((*bars, (C,)), [False] * 5, "major")[3] == kind


def test_an_ngram_learns_its_style(vocabulary):
    hymns = [piece_of(*[(C,), (G,)] * 8)] * 3
    waltzes = [piece_of(*[(C,), (F,)] * 8, style="waltz")] * 3
    figures = ngram_baseline([*hymns, *waltzes], [hymns[0], waltzes[0]], vocabulary, 2)
    assert figures["hymn"][1] == figures["waltz"][1] == 16
    assert all(math.exp(figures[name][0]) < 1.5 for name in ("hymn", "waltz")), "given the style, the next chord is clear"
    assert math.exp(ngram_baseline([*hymns, *waltzes], [waltzes[0]], vocabulary, 1)[""][0]) > 1.7


def test_an_ngram_gives_unseen_chords_a_probability(vocabulary):
    nats, count = ngram_baseline([piece_of((C,), (C,))], [PIECE], vocabulary, 3)[""]
    assert count == sum(map(len, PIECE.bars))
    assert math.isfinite(nats)


def test_a_tiny_planner_trains_and_is_measured_on_the_same_chords(vocabulary):
    config = ModelConfig(len(vocabulary), 16, 32, 1, 2, 2, 128)
    settings = NetworkTraining(minutes=0.003, context=64, batch=2, bfloat16=False, compile=False)
    network = train_planner([PIECE], vocabulary, config, settings, lambda line: None)
    assert isinstance(network, Decoder)
    figures = {"planner": held_out(network, [PIECE], vocabulary), "bigram": ngram_baseline([PIECE], [PIECE], vocabulary, 2)}
    assert figures["planner"][""][1] == figures["bigram"][""][1] == 9
    rows = report_rows(figures, least=1)
    assert [row[0] for row in rows] == ["all", "hymn"]
    assert all(len(row) == 3 for row in rows)
