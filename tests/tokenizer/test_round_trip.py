"""Score -> ids -> Score, for random scores and corpus pieces, with and without merges."""

from __future__ import annotations

from dataclasses import replace
from itertools import cycle, islice

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from composer.controls import Controls
from composer.score import Key, KeySignature, Note, Part, Score, TimeSignature
from composer.tokenizer import GrammarState, Merges, StreamOptions, Tokenizer, Vocabulary, functional_shift, quantize
from composer.tokenizer.merges import load_bpe
from composer.tokenizer.piece import tokenize
from composer.tokenizer.stream import DROPPABLE, assemble, random_options, shorten
from tests.tokenizer.strategies import controls, scores

STYLES = ("waltz", "march")
COMPOSERS = ("chopin", "bach")


def _learned_tokenizer() -> Tokenizer:
    """A tokenizer with merges learned from made-up runs."""
    from composer.tokenizer.miditok_base import CantilenaMidiTok

    vocabulary = Vocabulary(STYLES, COMPOSERS)
    rng = np.random.default_rng(0)
    runs = []
    for _ in range(400):
        run = []
        for position in (0, 24, 48, 72):
            run += [vocabulary.position(position), vocabulary.pitch(60 + int(rng.integers(5))), vocabulary.duration(24)]
        runs.append(run)
        runs.append(
            [vocabulary.position(0), vocabulary.drum(36), vocabulary.drum(42), vocabulary.position(12), vocabulary.drum(42)]
        )
    learner = CantilenaMidiTok(vocabulary)
    learner.learn_merges(runs, 60)
    return Tokenizer(vocabulary, Merges(len(vocabulary), load_bpe(learner._model.to_str())))


PLAIN = Tokenizer(Vocabulary(STYLES, COMPOSERS))
LEARNED = _learned_tokenizer()


@pytest.mark.parametrize("tokenizer", [PLAIN, LEARNED], ids=["base", "merged"])
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(score=scores(), requested=controls(STYLES, COMPOSERS))
def test_decode_gives_the_normal_form_back(tokenizer: Tokenizer, score: Score, requested: Controls) -> None:
    normal = quantize(score)
    assert quantize(normal) == normal
    bars = len(normal.bars)
    for name in ("recalls", "relations", "phrase_ends"):
        if values := getattr(requested, name):
            requested = replace(requested, **{name: tuple(islice(cycle(values), bars))})
    ids = tokenizer.encode(score, requested)
    decoded, found = tokenizer.decode(ids)
    assert decoded == normal
    assert found.styles == requested.styles
    assert found.composer == requested.composer
    assert found.transposition == (None if score.key is None else -functional_shift(score.key))
    assert tokenizer.encode(decoded, found) == ids


@pytest.mark.parametrize("tokenizer", [PLAIN, LEARNED], ids=["base", "merged"])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(score=scores(max_bars=5), requested=controls(STYLES, COMPOSERS), seed=st.integers(0, 2**32 - 1), data=st.data())
def test_grammar_allows_every_stream(
    tokenizer: Tokenizer, score: Score, requested: Controls, seed: int, data: st.DataObject
) -> None:
    piece = tokenizer.tokenize(score, requested)
    options = random_options(piece, np.random.default_rng(seed), dict.fromkeys((*DROPPABLE, "everything", "part_order"), 0.3))
    if data.draw(st.booleans()):
        first = data.draw(st.integers(0, piece.n_bars - 1))
        hole = (first, data.draw(st.integers(first + 1, piece.n_bars)))
        options = StreamOptions(dropped=options.dropped, part_order=options.part_order, hole=hole)
    without_order = replace(options, part_order=())
    ids = assemble(piece, tokenizer.vocabulary, options)
    state = GrammarState(tokenizer.grammar)
    for token in ids:
        assert not state.finished
        mask = state.mask()
        assert mask.any()
        state.accept(token)
    assert state.finished
    assert tokenizer.decode(ids)[0].parts == tokenizer.decode(assemble(piece, tokenizer.vocabulary, without_order))[0].parts


def test_hole_decodes_to_the_whole_piece() -> None:
    notes = tuple(Note(1920 * bar, 60 + bar, 480) for bar in range(6))
    score = quantize(Score((Part("", 40, notes),), keys=(KeySignature(0, Key(0, "major")),), end_ticks=6 * 1920))
    ids = PLAIN.encode(score, options=StreamOptions(hole=(2, 4)))
    assert PLAIN.names(ids).index("FILL_None") < PLAIN.names(ids).index("Pitch_62")
    assert PLAIN.decode(ids)[0] == score


def test_window_restates_what_is_in_force() -> None:
    signatures = (TimeSignature(0, 4, 4), TimeSignature(1920, 3, 4))
    notes = tuple(Note(tick, 60, 480, 112) for tick in (0, 1920, 3360))
    score = quantize(Score((Part("", 0, notes),), time_signatures=signatures, end_ticks=1920 + 2 * 1440))
    names = PLAIN.names(PLAIN.encode(score, options=StreamOptions(first_bar=2)))
    assert names[1] == "Meter_3/4"
    assert "Dynamic_ff" in names
    assert names.count("Bar_0") == 1


def test_generation_under_random_choices_never_dead_ends() -> None:
    rng = np.random.default_rng(1)
    for tokenizer in (PLAIN, LEARNED):
        state = GrammarState(tokenizer.grammar)
        for _ in range(1500):
            mask = state.mask()
            assert mask.any()
            state.advance(int(rng.choice(np.flatnonzero(mask))))
            if state.finished:
                state = GrammarState(tokenizer.grammar)


def test_sixteen_parts_at_most() -> None:
    drums = Part("", 0, (Note(0, 38, 1),), is_drum=True)
    parts = (*(Part("", program, (Note(0, 60, 480),)) for program in range(20)), drums)
    folded = quantize(Score(parts, end_ticks=1920)).parts
    assert len(folded) == 16
    assert sum(part.is_drum for part in folded) == 1
    assert tokenize(quantize(Score(parts, end_ticks=1920)), Controls(), PLAIN.vocabulary, PLAIN.merges).programs.size == 16


def test_shortened_stream_keeps_its_header_and_last_phrases() -> None:
    notes = tuple(Note(480 * beat, 60 + beat % 7, 480) for beat in range(24 * 4))
    score = Score((Part("", 40, notes),), keys=(KeySignature(0, Key(0, "major")),), end_ticks=24 * 1920)
    ids = PLAIN.encode(score)[:-30]
    short = shorten(ids, PLAIN.vocabulary, 150)
    names = PLAIN.names(short)
    bars = [int(name.removeprefix("Bar_")) for name in names if name.startswith("Bar_")]
    assert len(short) <= 150
    assert short[-100:] == ids[-100:]
    assert names[: names.index(f"Bar_{bars[0]}")] == PLAIN.names(ids)[: PLAIN.names(ids).index("Bar_23")]
    assert (23 - bars[0]) % 4 == 0
    assert len(shorten(ids, PLAIN.vocabulary, 9)) == 9
