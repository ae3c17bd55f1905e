"""The sustain pedal: part of note lengths in understood scores, kept in written files."""

from __future__ import annotations

from pathlib import Path

from composer.formats.midi.midi_score import read_midi, write_midi
from composer.score import Note, Part, Score, Tempo, TimeSignature
from composer.understanding import restore, understand
from composer.understanding.pedal import sustained
from tests.rework.odd_files import odd_files


def _lengths(score: Score) -> list[int]:
    return [note.duration_ticks for note in sustained(score).parts[0].notes]


def test_a_note_lasts_to_the_release() -> None:
    assert _lengths(Score((Part("Piano", 0, (Note(0, 60, 100), Note(1500, 60, 100)), pedals=((50, 800),)),))) == [800, 100]


def test_the_next_stroke_of_the_key_ends_a_note() -> None:
    assert _lengths(Score((Part("Piano", 0, (Note(0, 60, 100), Note(480, 60, 100)), pedals=((0, 960),)),))) == [480, 480]


def test_a_pedal_outside_the_note_changes_nothing() -> None:
    notes = (Note(0, 60, 100), Note(480, 60, 300))
    assert _lengths(Score((Part("Piano", 0, notes, pedals=((120, 470), (800, 900))),))) == [100, 300]


def test_an_arpeggio_over_its_bass_is_a_line() -> None:
    line = tuple(Note(240 * i, 60 + 4 * i, 90) for i in range(4))
    assert _lengths(Score((Part("Piano", 0, (Note(0, 36, 90), *line), pedals=((10, 1900),)),))) == [1900, 240, 240, 240, 1180]


def test_a_piano_of_two_tracks_has_one_pedal() -> None:
    hands = (Part("Right", 0, (Note(0, 72, 60),)), Part("Left", 0, (Note(0, 48, 60),), pedals=((0, 960),)), Part("Flute", 73))
    assert [part.notes[0].duration_ticks for part in sustained(Score(hands)).parts[:2]] == [960, 960]


def test_the_pedal_survives_a_round_trip(tmp_path: Path) -> None:
    piano = Part("Piano", 0, tuple(Note(480 * i, 60, 240) for i in range(16)), pedals=((0, 900), (1000, 1800)))
    user = Score((piano,), (Tempo(0, 100.0),), (TimeSignature(0, 4, 4),))
    write_midi(user, tmp_path / "piano.mid")
    read = read_midi(tmp_path / "piano.mid")
    assert read.parts == user.parts
    understood = understand(read)
    assert understood.score.parts[0].pedals == ()
    assert restore(read, understood, understood.score) == read


def test_short_notes_under_the_pedal_are_understood_as_long() -> None:
    user = read_midi(odd_files()["sustain-heavy"])
    assert {note.duration_ticks for part in user.parts for note in part.notes} == {60}
    understood = understand(user).score.parts[0].notes
    assert min(note.duration_ticks for note in understood) >= 200  # the pedal is up 40 ticks before the barline
