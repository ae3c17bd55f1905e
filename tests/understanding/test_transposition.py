"""A piece in another key: notes, keys and chord symbols move together, drums stay."""

from __future__ import annotations

from dataclasses import replace

import pytest

from composer.errors import BadInputError
from composer.score import Chord, ChordSymbol, Key, KeySignature, Note, Part, Score
from composer.understanding import understand
from composer.understanding.transposition import newly_out_of_range, transpose

TUNE = Part("Flute", 73, tuple(Note(480 * i, pitch, 480) for i, pitch in enumerate((62, 65, 69, 74, 73, 69, 65, 62))))
DRUMS = Part("Drums", 0, (Note(0, 36, 120), Note(480, 38, 120)), is_drum=True)
SONG = Score((TUNE, DRUMS), keys=(KeySignature(0, Key.parse("D minor")),), chords=(ChordSymbol(0, Chord.parse("Dm/F")),))


@pytest.mark.parametrize(
    ("text", "semitones", "key", "chord"),
    [
        ("-3", -3, "B minor", "Bm/D"),
        ("m3 down", -3, "B minor", "Bm/D"),
        ("M2", 2, "E minor", "Em/G"),
        ("octave up", 12, "D minor", "Dm/F"),
        ("to E minor", 2, "E minor", "Em/G"),
        ("To Bb minor", -4, "Bb minor", "Bbm/Db"),
        ("to A# minor", -4, "A# minor", "Bbm/Db"),
    ],
)
def test_everything_with_a_pitch_moves_and_drums_stay(text: str, semitones: int, key: str, chord: str) -> None:
    moved = transpose(SONG, text)
    assert [note.pitch for note in moved.parts[0].notes] == [note.pitch + semitones for note in TUNE.notes]
    assert moved.parts[1] == DRUMS
    assert str(moved.keys[0].key) == key
    assert moved.chords[0].chord == Chord.parse(chord)


def test_a_church_mode_stays_one() -> None:
    dorian = Score((TUNE,), keys=(KeySignature(0, Key.parse("D dorian")),))
    assert str(transpose(dorian, "2").keys[0].key) == "E dorian"


@pytest.mark.parametrize("text", ["", "x", "m3 sideways", "49", "to H", "to E", "-48 down", "m11"])
def test_what_is_no_transposition_is_refused(text: str) -> None:
    with pytest.raises(BadInputError):
        transpose(SONG, text)


def test_notes_that_leave_midi_are_refused_and_those_out_of_range_counted() -> None:
    high = Score((Part("Piccolo", 72, (Note(0, 100, 480),)),))
    with pytest.raises(BadInputError, match="outside 0 to 127"):
        transpose(high, "48")
    assert newly_out_of_range(SONG, transpose(SONG, "M3 down")) == "out of range by the transposition: 2 notes (2 of Flute)"
    assert newly_out_of_range(SONG, transpose(SONG, "2")) == ""


def test_the_spelling_of_the_file_is_used() -> None:
    scale = tuple(Note(480 * i, 66 + step, 480) for i, step in enumerate((0, 2, 4, 5, 7, 9, 11, 12, 7, 4, 0)))
    sharp = Score((Part("Flute", 73, scale),), keys=(KeySignature(0, Key.parse("F# major")),))
    read = understand(sharp)
    assert str(read.key) == "F# major"
    assert not any("suggest" in remark for remark in read.notes)


@pytest.mark.parametrize(
    ("title", "text", "expected"),
    [
        ("Song in D minor - Flute", "m3 down", "Song in B minor - Flute"),
        ("Song in D minor", "to A# minor", "Song in A# minor"),
        ("Song in E minor", "m3 down", "Song in E minor"),  # not the key of the piece
        ("Winter in D", "m3 down", "Winter in D"),
    ],
)
def test_a_key_that_the_title_names_moves(title: str, text: str, expected: str) -> None:
    assert transpose(replace(SONG, title=title), text).title == expected
