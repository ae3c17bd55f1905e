"""The table of tokens is the one place of a control token, and the vocabulary says what an id means."""

from __future__ import annotations

from dataclasses import fields

import pytest

from composer.controls import Controls
from composer.score import Chord, Note, Part, Score, TimeSignature
from composer.tokenizer import GrammarState, StreamOptions, Tokenizer, Vocabulary, quantize
from composer.tokenizer.runs import INHERITED, read_run
from composer.tokenizer.vocabulary import TOKEN_SPECS, TokenSpec

TOKENIZER = Tokenizer(Vocabulary(("waltz", "romantic"), ("chopin",)))
PIECE = quantize(Score((Part("", 0, (Note(0, 60, 480), Note(1920, 62, 480))),), end_ticks=3840))
CONTROLS = [spec for spec in TOKEN_SPECS if spec.control]


def controls_of(spec: TokenSpec) -> Controls:
    value = spec.read(TOKENIZER.vocabulary.groups[spec.kind][0])
    per_bar = "bar" in spec.scopes
    return Controls(**{spec.control: (value, value) if per_bar else (value,) if spec.most != 1 else value})


@pytest.mark.parametrize("spec", CONTROLS, ids=lambda spec: spec.kind)
def test_a_control_is_written_read_allowed_and_dropped_by_its_row(spec: TokenSpec) -> None:
    assert spec.control in {field.name for field in fields(Controls)}
    controls = controls_of(spec)
    ids = TOKENIZER.encode(PIECE, controls)
    assert getattr(TOKENIZER.decode(ids)[1], spec.control) == getattr(controls, spec.control)
    state = GrammarState(TOKENIZER.grammar)
    for token in ids:
        state.accept(token)
    assert state.finished
    dropped = TOKENIZER.encode(PIECE, controls, StreamOptions(dropped=frozenset((spec.dropout,))))
    kinds = [TOKENIZER.vocabulary.kind(token) for token in dropped]
    assert spec.kind not in kinds


def test_the_vocabulary_reads_what_it_writes() -> None:
    vocabulary = TOKENIZER.vocabulary
    assert vocabulary.is_bar(vocabulary.bar(None))
    assert vocabulary.is_bar(vocabulary.bar(300))
    assert not vocabulary.is_bar(vocabulary.part(3))
    assert vocabulary.part_of(vocabulary.part(3)) == 3
    assert vocabulary.meter_of(vocabulary.meter(TimeSignature(0, 7, 8))) == TimeSignature(0, 7, 8)
    assert vocabulary.affect_of(vocabulary.affect("Valence", -0.75)) == -0.75
    assert vocabulary.velocity_of(vocabulary.dynamic(96)) == 96
    assert vocabulary.chord_of(*vocabulary.chord_ids(Chord.parse("C/E"))) == Chord.parse("C/E")
    assert vocabulary.chord_of(vocabulary.chord(None)) is None
    assert vocabulary.kind(len(vocabulary)) == ""


def test_a_run_carries_positions_and_durations_over() -> None:
    vocabulary = TOKENIZER.vocabulary
    tokens = [
        vocabulary.pitch(60),
        vocabulary.position(24),
        vocabulary.duration(12),
        vocabulary.pitch(64),
        vocabulary.position(48),
    ]
    run = read_run(tokens, vocabulary)
    assert [(note.onset, note.steps, note.pitch) for note in run.notes] == [(INHERITED, INHERITED, 60), (24, 12, 64)]
    assert (run.onset, run.steps, run.last_kind, run.last_chord) == (48, 12, "Position", ())
    assert [note.onset for note in read_run(tokens, vocabulary, onset=0, steps=6).notes] == [0, 24]
