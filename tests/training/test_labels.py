"""Labels: stated values are kept, unknown ones removed, and everything else is measured."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from composer.controls import PHRASE_BARS, RECALL_BARS
from composer.score import Chord, ChordSymbol, Key, KeySignature, Note, Part, Score, Tempo, TimeSignature
from composer.training.data.corpus import Piece, list_items, read_item
from composer.training.data.labels import label

CADENCE = [(60, 64, 67), (65, 69, 72), (67, 71, 74), (60, 64, 67)]  # C F G C


def _piece(**values: object) -> Piece:
    notes = tuple(Note(1920 * bar, pitch, 1920, 90) for bar, chord in enumerate(CADENCE * 2) for pitch in chord)
    score = Score((Part("Organ", 19, notes),), (Tempo(0, 60.0),), (TimeSignature(0, 4, 4),))
    return Piece("x", "folder", "train", "CC0-1.0", "", "x", "x", score, **values)


def test_key_and_chords_are_measured_if_not_stated() -> None:
    score, controls = label(_piece(genre="organ", era="baroque", composer="bach"))
    assert str(score.key) == "C major"
    assert [symbol.chord.symbol() for symbol in score.chords][:4] == ["C", "F", "G", "C"]
    assert controls.styles == ("organ", "baroque")
    assert controls.composer == "bach"
    assert controls.density == pytest.approx(0.75)
    assert controls.polyphony == pytest.approx(3.0)
    assert controls.recalls == (0, 0, 0, 0, 1, 4, 4, 4)
    assert len(controls.moods) == 8 // PHRASE_BARS


def test_an_annotated_key_is_trusted_and_an_estimated_one_is_not() -> None:
    dorian = KeySignature(0, Key.parse("D minor"))
    piece = _piece()
    piece = replace(piece, score=replace(piece.score, keys=(dorian, KeySignature(3840, Key.parse("G")))))
    score, _ = label(replace(piece, key_source="annotated"))
    assert score.keys == (dorian, KeySignature(3840, Key.parse("G")))
    score, _ = label(replace(piece, key_source="estimated"))
    assert str(score.key) == "C major"


def test_unknown_tempo_and_dynamics_are_removed() -> None:
    score, _ = label(_piece())
    assert score.tempos == (Tempo(0, 60.0),)
    assert {note.velocity for _, note in score.notes()} == {90}
    score, _ = label(_piece(tempo_known=False, dynamics_known=False))
    assert score.tempos == ()
    assert {note.velocity for _, note in score.notes()} == {72}


def test_drums_alone_have_neither_key_nor_chords() -> None:
    beat = tuple(Note(480 * i, 36 if i % 2 == 0 else 38, 60) for i in range(32))
    score = Score((Part("Drums", 0, beat, is_drum=True),), keys=(KeySignature(0, Key.parse("C")),))
    labeled, controls = label(Piece("x", "groove", "train", "CC-BY-4.0", "", "x", "x", score, genre="rock-drums"))
    assert labeled.keys == ()
    assert labeled.chords == ()
    assert controls.polyphony is None
    assert controls.density == pytest.approx(1.0)


def test_corpus_pieces_get_complete_labels(corpus_folder: Path) -> None:
    for item in list_items(corpus_folder)[::1500]:
        piece = read_item(item)
        score, controls = label(piece)
        bars = len(score.bars)
        assert len(controls.recalls) == bars
        assert set(controls.recalls) <= set(RECALL_BARS)
        assert len(controls.moods) == -(-bars // PHRASE_BARS)
        assert controls.styles == piece.styles
        if any(part.notes and not part.is_drum for part in score.parts):
            assert score.key is not None
            assert score.chords[0].start_ticks == 0
            assert all(
                symbol == ChordSymbol(symbol.start_ticks, None) or isinstance(symbol.chord, Chord) for symbol in score.chords
            )
        if piece.key_source == "annotated":
            assert score.key == piece.key
