"""`vary` in the other mode: every note and chord is that on the same degree."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from composer import read
from composer.brief import Brief
from composer.errors import BadInputError
from composer.formats.midi.midi_score import write_midi
from composer.rework import vary
from composer.score import Chord, ChordSymbol, Key, KeySignature, Note, Part, Score, TimeSignature
from composer.understanding import Assumptions
from tests.rework.test_band_bars import song

LINE = (72, 76, 79, 77, 69, 67, 71, 72)  # C E G F A G B C
MINORE = (72, 75, 79, 77, 68, 67, 71, 72)  # the leading tone stays over the dominant


def theme(line: tuple[int, ...] = LINE, names: tuple[str, ...] = ("C", "C", "F", "G7"), key: str = "C major") -> Score:
    """Eight bars of half notes over a chord in each."""
    notes = tuple(Note(960 * half, line[half % 8], 960, 90) for half in range(16))
    symbols = tuple(ChordSymbol(1920 * bar, Chord.parse(names[bar % 4])) for bar in range(8))
    signature = KeySignature(0, Key.parse(key))
    return Score((Part("Flute", 73, notes),), time_signatures=(TimeSignature(0, 4, 4),), keys=(signature,), chords=symbols)


def test_a_minore_has_the_degrees_of_the_theme(tiny_model: Path) -> None:
    done = vary(theme(), 0, Brief(seed=1), mode="minor", model=str(tiny_model))
    assert tuple(note.pitch for note in done.score.parts[0].notes) == MINORE * 2
    assert [symbol.chord.symbol() for symbol in done.score.chords[:4] if symbol.chord] == ["Cm", "Cm", "Fm", "G7"]
    assert str(done.score.key) == "C minor"
    assert any("in C minor" in remark for remark in done.report["warnings"])


def test_a_maggiore_has_the_degrees_of_the_theme(tiny_model: Path) -> None:
    given = theme(MINORE, ("Cm", "Cm", "Fm", "G7"), "C minor")
    done = vary(given, 0, Brief(seed=1), mode="major", model=str(tiny_model)).score
    assert tuple(note.pitch for note in done.parts[0].notes) == LINE * 2
    assert str(done.key) == "C major"


def test_the_chord_on_the_seventh_degree_becomes_the_dominant_in_major(tiny_model: Path) -> None:
    given = theme((69, 76, 67, 74, 65, 72, 71, 67), ("Am", "G", "F", "G7"), "A minor")
    assumed = Assumptions(key=Key.parse("A minor"))
    done = vary(given, 0, Brief(seed=1), mode="major", model=str(tiny_model), assumptions=assumed).score
    assert [symbol.chord.symbol() for symbol in done.chords[:4] if symbol.chord] == ["A", "E/G#", "F#m", "E7/G#"]
    assert [note.pitch for note in done.parts[0].notes[:8]] == [69, 76, 68, 74, 66, 73, 71, 68]


def test_a_tune_alone_goes_by_the_degrees_of_its_key(tiny_model: Path) -> None:
    line = (74, 76, 74, 71, 74, 76, 77, 76, 74, 76, 71, 72, 69, 71, 69, 72)  # neighbors on the third, and a leading tone
    notes = tuple(Note(480 * place, pitch, 480, 90) for place, pitch in enumerate((72, 76, 79, 76, *line, 74, 71, 72, 72)))
    tune = Score((Part("Flute", 73, notes),), keys=(KeySignature(0, Key.parse("C major")),))
    done = vary(tune, 0, Brief(seed=1), mode="minor", model=str(tiny_model)).score
    leading = {7: 70, 14: 71, 17: 70, 21: 71}  # B natural where it rises to C
    moved = [leading.get(at, {76: 75, 69: 68}.get(note.pitch, note.pitch)) for at, note in enumerate(notes)]
    assert [note.pitch for note in done.parts[0].notes] == moved


def test_a_tune_over_stated_chords_keeps_its_fourth_in_major(tiny_model: Path) -> None:
    given = theme((74, 77, 67, 69, 67, 64, 73, 74), ("Dm", "C", "C", "A7"), "D minor")
    done = vary(given, 0, Brief(seed=1), mode="major", model=str(tiny_model)).score
    assert [note.pitch for note in done.parts[0].notes[:8]] == [74, 78, 67, 69, 67, 64, 73, 74]


def test_a_mode_that_the_piece_has_changes_nothing(tiny_model: Path) -> None:
    done = vary(theme(), 0, Brief(seed=1), mode="major", model=str(tiny_model))
    assert done.score == theme()


def test_a_band_goes_to_the_other_mode_and_its_drums_stay(tiny_model: Path) -> None:
    given = song()
    assumed = Assumptions(key=Key.parse("A minor"))
    done = vary(given, 0, Brief(seed=1), mode="major", model=str(tiny_model), assumptions=assumed).score
    assert done.parts[3] == given.parts[3]
    assert {note.pitch % 12 for part in done.parts[:3] for note in part.notes} <= Key.parse("A major").scale
    first = [note.pitch % 12 for note in done.parts[1].notes if note.start_ticks == 0]
    assert first == [9, 1, 4]


@pytest.mark.parametrize("selection", [{"bars": (2, 4)}, {"parts": ["flute"]}])
def test_a_mode_is_for_the_whole_piece(tiny_model: Path, selection: dict[str, object]) -> None:
    with pytest.raises(BadInputError, match="leave out bars and parts"):
        vary(theme(), 0.5, mode="minor", model=str(tiny_model), **selection)  # type: ignore[arg-type]


def test_a_piece_without_major_and_minor_has_no_other_mode(tiny_model: Path) -> None:
    drums = replace(song(), parts=song().parts[3:])
    with pytest.raises(BadInputError, match="needs a piece in major or minor"):
        vary(drums, 0.5, mode="minor", model=str(tiny_model))


def test_a_variation_in_the_other_mode_replays(tiny_model: Path, tmp_path: Path) -> None:
    import composer

    write_midi(theme(), tmp_path / "theme.mid")
    made = read(tmp_path / "theme.mid", model=tiny_model).vary(0.5, mode="minor", seed=3)
    made.save(tmp_path / "minore.mid")
    again = composer.replay(tmp_path / "minore.json", source=tmp_path / "theme.mid", model=tiny_model)
    assert again.score == made.score
