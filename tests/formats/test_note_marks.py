"""Lyrics and articulations of MusicXML files, from reading to writing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from composer.brief import Brief
from composer.formats import read_score, write_score
from composer.formats.abc import abc_text
from composer.formats.lilypond import lilypond_text
from composer.formats.midi.unisons import separate_unisons
from composer.rework import accompany, infill, transfer, vary
from composer.score import Key, KeySignature, Marker, Note, NoteMarks, Part, Score, Syllable, TimeSignature

SUNG = (
    NoteMarks((Syllable("A", "1", "begin"), Syllable("Come", "2")), ("accent",)),
    NoteMarks((Syllable("ve", "1", "end", extends=True),), ("staccato", "tenuto")),
    None,
)
PITCHES = (72, 74, 76, 77, 79, 77, 76, 74)
LINE = tuple(  # the second half has the notes of the first, but no words
    Note(480 * beat, PITCHES[beat % 8], 480, marks=SUNG[min(beat % 8, 2)] if beat < 16 else None) for beat in range(32)
)
SONG = Score(
    (Part("Voice", 52, LINE),),
    time_signatures=(TimeSignature(0, 4, 4),),
    keys=(KeySignature(0, Key.parse("C major")),),
    markers=(Marker(0, "Verse"), Marker(4 * 1920, "Chorus")),
)


def marks_of(part: Part) -> list[NoteMarks | None]:
    return [note.marks for note in part.notes]


def test_lyrics_and_articulations_are_written_and_read(tmp_path: Path) -> None:
    write_score(SONG, tmp_path / "song.musicxml")
    again = read_score(tmp_path / "song.musicxml")
    assert len(again.bars) == len(SONG.bars)
    assert marks_of(again.parts[0]) == marks_of(SONG.parts[0])


def test_a_note_tied_over_a_barline_has_its_words_once(tmp_path: Path) -> None:
    held = Score((Part("Voice", 52, (Note(960, 72, 1920, marks=SUNG[0]),)),), time_signatures=SONG.time_signatures)
    write_score(held, tmp_path / "held.musicxml")
    assert (tmp_path / "held.musicxml").read_text().count("<lyric") == 2
    assert marks_of(read_score(tmp_path / "held.musicxml").parts[0]) == [SUNG[0]]


def test_separated_unisons_keep_their_marks() -> None:
    first, second = Note(0, 60, 960, marks=SUNG[0]), Note(480, 60, 480, spelled=0)
    assert [(note.marks, note.spelled) for note in separate_unisons([first, second])] == [(SUNG[0], None), (None, 0)]


def test_given_notes_keep_their_words_under_an_accompaniment(tiny_model: Path) -> None:
    result = accompany(SONG, Brief.from_dict({"ensemble": "piano", "seed": 1}), model=str(tiny_model))
    assert result.notation is not None
    assert marks_of(result.notation.parts[0]) == marks_of(SONG.parts[0])


def test_a_transferred_melody_keeps_its_words_and_the_piece_its_markers(tiny_model: Path) -> None:
    for style in ("swing", "string-quartet"):
        result = transfer(SONG, Brief.from_dict({"style": style, "seed": 1}), model=str(tiny_model))
        found = [marks for part in result.score.parts for marks in marks_of(part) if marks]
        assert found == [marks for marks in marks_of(SONG.parts[0]) if marks]
        assert result.score.markers == SONG.markers
    lower = replace(SONG, parts=(replace(SONG.parts[0], notes=tuple(replace(note, pitch=note.pitch - 24) for note in LINE)),))
    result = transfer(lower, Brief.from_dict({"style": "lied", "density": 0.5, "seed": 1}), model=str(tiny_model))
    assert result.score.markers == SONG.markers


def test_lyrics_are_in_midi_lilypond_and_abc_files(tmp_path: Path) -> None:
    write_score(SONG, tmp_path / "song.mid")
    words = [[(one.text, one.place) for one in note.marks.lyrics[:1]] if note.marks else [] for note in LINE]
    again = read_score(tmp_path / "song.mid").parts
    assert [part.name for part in again] == ["Voice"]
    assert [[(one.text, one.place) for one in note.marks.lyrics] if note.marks else [] for note in again[0].notes] == words
    lilypond = lilypond_text(SONG)
    assert lilypond.count("\\new Lyrics") == 2, "two verses"
    assert '"A"1*1/4 -- "ve"1*7/4 __ "A"1*1/4' in lilypond
    abc = abc_text(SONG)
    assert "w: A-ve * * | * * * * | A-ve * * | * * * *" in abc
    assert "w: Come * * * | * * * * | Come * * * | * * * *" in abc


def test_upbeats_are_not_counted_in_lyrics_of_lilypond() -> None:
    line = (Note(1440, 67, 480, marks=NoteMarks((Syllable("O"),))), Note(1920, 72, 1920, marks=NoteMarks((Syllable("come"),))))
    assert '\\lyricmode { "O"1*1/4 "come"1*1' in lilypond_text(replace(SONG, parts=(Part("Voice", 52, line),), markers=()))


@pytest.mark.parametrize("verb", ["infill", "vary"])
def test_bars_that_are_written_again_keep_their_words(tiny_model: Path, verb: str) -> None:
    if verb == "infill":
        result = infill(SONG, [(0, 2)], Brief(seed=1), model=str(tiny_model))
    else:
        result = vary(SONG, 1.0, Brief(seed=1), model=str(tiny_model))
    assert result.notation is not None

    def words(score: Score) -> str:
        notes = score.parts[0].notes
        return "".join(
            one.text.replace(" ", "") for n in notes for one in (n.marks.lyrics if n.marks else ()) if one.verse == "1"
        )

    assert [n.pitch for n in result.notation.parts[0].notes] != [n.pitch for n in LINE]
    assert words(result.notation) == words(SONG)
