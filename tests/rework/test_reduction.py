"""Reductions: what two hands can play, with melody and bass whole; a lead sheet with the melody and its chords."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby, pairwise
from pathlib import Path

import pytest
from typer.testing import CliRunner

from composer.analysis.melody import leading_parts, melody_line
from composer.analysis.playability import HAND_SPAN
from composer.cli import app
from composer.errors import BadInputError
from composer.formats import read_score, write_score
from composer.formats.midi.midi_score import midi_bytes
from composer.rework.reducing import reduce
from composer.score import Marker, Note, Part, Score, Tempo, TimeSignature
from composer.understanding import understand

_CHORDS = [(48, 64, 67, 72), (41, 65, 69, 72), (43, 62, 71, 79), (48, 64, 67, 76)]


def _orchestra() -> Score:
    """Eight bars of chords spread and doubled over five octaves, a tune in quarters on top."""
    tune = tuple(Note(480 * i, 76 + (0, 3, 5, 2)[i % 4], 480) for i in range(32))
    parts = [Part("Flute", 73, tune)]
    for name, program, voice, octave in (("Horn", 60, 1, 0), ("Viola", 41, 2, 0), ("Oboe", 68, 1, 1), ("Trombone", 57, 2, -1)):
        parts.append(Part(name, program, tuple(Note(1920 * i, _CHORDS[i % 4][voice] + 12 * octave, 1920) for i in range(8))))
    parts.append(Part("Double Bass", 43, tuple(Note(1920 * i, _CHORDS[i % 4][0] - 12, 1920) for i in range(8))))
    parts.append(Part("Kit", 0, tuple(Note(480 * i, 36, 20) for i in range(32)), is_drum=True))
    return Score(tuple(parts), (Tempo(0, 96.0),), (TimeSignature(0, 4, 4),))


def test_a_piano_reduction_keeps_melody_and_bass_in_two_hands() -> None:
    score = _orchestra()
    right, left = reduce(understand(score)).parts
    assert {(n.start_ticks, n.pitch) for n in score.parts[0].notes} <= {(n.start_ticks, n.pitch) for n in right.notes}
    assert {(n.start_ticks, n.pitch) for n in score.parts[5].notes} <= {(n.start_ticks, n.pitch) for n in left.notes}
    for hand in (right, left):
        for moment in {note.start_ticks for note in hand.notes}:
            held = [note.pitch for note in hand.notes if note.start_ticks <= moment < note.end_ticks]
            assert max(held) - min(held) <= HAND_SPAN
            assert len(held) <= 5


def test_a_piano_reduction_keeps_the_harmony() -> None:
    score = reduce(understand(_orchestra()))
    for bar in range(8):
        sounding = {note.pitch % 12 for part in score.parts for note in part.notes if note.start_ticks // 1920 == bar}
        assert {pitch % 12 for pitch in _CHORDS[bar % 4][:3]} <= sounding


def test_inner_notes_keep_to_the_rhythm_of_the_outer_ones() -> None:
    """A horn between the beats of melody and bass, and one that is released between them."""
    late = Part("Horn", 60, tuple(Note(1920 * i + 65, 64, 480) for i in range(8)))
    soon = Part("Horn", 60, tuple(Note(1920 * i + 960, 67, 415) for i in range(8)))
    score = _orchestra()
    score = Score((score.parts[0], score.parts[5], late, soon), score.tempos, score.time_signatures)
    notes = [note for part in reduce(understand(score)).parts for note in part.notes]
    assert {note.start_ticks % 480 for note in notes} == {0}
    assert {note.duration_ticks for note in notes if note.start_ticks % 1920 == 960} <= {240, 480}


def test_a_line_in_octaves_alone_is_the_left_hands() -> None:
    tune = [(480 * i, 48 + (0, 3, 7, 5)[i % 4]) for i in range(32)]
    cello = Part("Cello", 42, tuple(Note(tick, pitch, 480) for tick, pitch in tune))
    bass = Part("Double Bass", 43, tuple(Note(tick, pitch - 12, 480) for tick, pitch in tune))
    right, left = reduce(understand(Score((cello, bass)))).parts
    assert not right.notes
    assert [note.pitch for note in left.notes] == [p for _, pitch in tune for p in (pitch - 12, pitch)]


def _pulsing(*, alone: bool) -> Score:
    """A tune over short basses with off-beats two octaves higher, which others play, or the same player."""
    tune = tuple(Note(960 * i, 81 + (0, 3, 2, -2)[i % 4], 960) for i in range(16))
    basses = tuple(Note(480 * i, 33 + (0, 5)[i // 4 % 2], 240) for i in range(32))
    offs = tuple(Note(480 * i + 240, 64 + (0, 5)[i // 4 % 2] + 5 * (i % 2), 240) for i in range(32))
    low = [Part("Cello", 42, tuple(sorted([*basses, *offs])))] if alone else [Part("Viola", 41, offs), Part("Bass", 43, basses)]
    return Score((Part("Flute", 73, tune), *low), (Tempo(0, 96.0),), (TimeSignature(0, 4, 4),))


def _leaps(part: Part) -> list[int]:
    """The widest distance of a hand from each onset to the next, if that is an eighth later or sooner."""
    strokes = {start: [note.pitch for note in notes] for start, notes in groupby(part.notes, key=lambda note: note.start_ticks)}
    near = [(strokes[one], strokes[other]) for one, other in pairwise(strokes) if other - one <= 240]
    return [max(max(one) - min(other), max(other) - min(one)) for one, other in near]


def test_a_hand_does_not_leap_between_a_bass_and_the_off_beats_of_others() -> None:
    score = _pulsing(alone=False)
    right, left = reduce(understand(score)).parts
    assert {(n.start_ticks, n.pitch) for n in score.parts[2].notes} <= {(n.start_ticks, n.pitch) for n in left.notes}
    assert max(_leaps(left) + _leaps(right), default=0) <= 19


def test_basses_and_off_beats_of_one_player_stay_as_they_are() -> None:
    score = _pulsing(alone=True)
    _, left = reduce(understand(score)).parts
    assert [(n.start_ticks, n.pitch) for n in left.notes] == [(n.start_ticks, n.pitch) for n in score.parts[1].notes]


@pytest.mark.parametrize("target", ["piano", "lead-sheet"])
def test_reductions_have_the_marks_of_sections(target: str) -> None:
    tune = Part("Flute", 73, tuple(Note(960 + 480 * beat, 72 + beat % 5, 480) for beat in range(30)))
    bass = Part("Bass", 32, tuple(Note(1920 * bar, 36 + bar % 3, 1920) for bar in range(1, 8)))
    song = Score((tune, bass), time_signatures=(TimeSignature(0, 2, 4), TimeSignature(960, 4, 4)))
    marked = replace(song, markers=(Marker(960, "Verse"), Marker(960 + 4 * 1920, "Chorus")))
    reduction = reduce(understand(marked), target)
    places = {marker.text: marker.start_ticks for marker in reduction.markers}
    starts = [bar.start_ticks for bar in reduction.bars]
    first = starts.index(places["Verse"])
    assert starts.index(places["Chorus"]) == first + 4


def test_a_lead_sheet_stays_on_its_staff() -> None:
    """A tune in the deep, handed on to a high flute."""
    low = Part("Cello", 42, tuple(Note(480 * i, 36 + (0, 3, 7, 5)[i % 4], 480) for i in range(32)))
    high = Part("Flute", 73, tuple(Note(480 * i, 84 + (0, 3, 7, 5)[i % 4], 480) for i in range(32, 64)))
    melody = reduce(understand(Score((low, high))), "lead-sheet").parts[0].notes
    assert {note.pitch for note in melody} <= set(range(57, 82))
    assert [note.pitch % 12 for note in melody] == [(0, 3, 7, 5)[i % 4] for i in range(64)]


def test_all_instruments_take_the_melodys_dynamic() -> None:
    parts = [
        replace(part, notes=tuple(replace(n, velocity=30 + 9 * i) for n in part.notes))
        for i, part in enumerate(_orchestra().parts)
    ]
    reduced = reduce(understand(replace(_orchestra(), parts=tuple(parts))))
    assert {note.velocity for part in reduced.parts for note in part.notes} == {30}


def test_piano_music_stays_as_it_is() -> None:
    hands = (Part("Right", 0, (Note(0, 72, 480), Note(0, 88, 480))), Part("Left", 0, (Note(0, 36, 480),)))
    score = understand(Score(hands)).score
    assert reduce(understand(Score(hands))).parts == score.parts


def test_the_melody_goes_from_part_to_part() -> None:
    tune = [(480 * i, 60 + (0, 4, 7, 5)[i % 4]) for i in range(32)]
    high = tuple(Note(t, p + 12, 480) for t, p in tune[:16])
    low = tuple(Note(t, p, 480) for t, p in tune[16:])
    pad = tuple(Note(1920 * bar, 50, 1920) for bar in range(8))
    score = Score((Part("Pad", 48, pad), Part("Flute", 73, high), Part("Horn", 60, low)))
    assert leading_parts(score).tolist() == [1, 1, 1, 1, 2, 2, 2, 2]
    assert melody_line(score) == high + low


def test_a_cello_leads_below_chords_of_violins() -> None:
    tune = tuple(Note(240 * i, 58 + (0, 2, 4, 2, 5, 4, 2, 0)[i % 8], 240) for i in range(64))
    stabs = [tuple(Note(1920 * bar, top - bar % 3, 480) for bar in range(8)) for top in (79, 74)]
    chords = [tuple(Note(960 * half, top - half % 4, 960) for half in range(16)) for top in (70, 65)]
    cello = Part("Cello", 42, tune)
    for upper in (stabs, chords):
        score = Score((*(Part("Violin", 40, notes) for notes in upper), cello))
        assert leading_parts(score).tolist() == [2] * 8


def test_a_voice_leads_below_its_accompaniment() -> None:
    voice = tuple(Note(480 * i, 62 + (0, 2, 4, 2)[i % 4], 480) for i in range(16))
    figure = tuple(Note(240 * i, 72 + (0, 4, 7, 4)[i % 4], 240) for i in range(32))
    assert melody_line(Score((Part("Piano", 0, figure), Part("Voice", 52, voice)))) == voice


def test_drums_cannot_be_reduced_and_unknown_targets_are_named() -> None:
    drums = Score((Part("Kit", 0, (Note(0, 36, 20),), is_drum=True),))
    with pytest.raises(BadInputError, match="only drums"):
        reduce(understand(drums))
    with pytest.raises(BadInputError, match="piano, lead-sheet"):
        reduce(understand(_orchestra()), "organ")


def test_the_command_writes_both(tmp_path: Path) -> None:
    source = tmp_path / "orchestra.mid"
    write_score(_orchestra(), source)
    for target, parts in (("piano", 2), ("lead-sheet", 1)):
        out = tmp_path / f"{target}.musicxml"
        result = CliRunner().invoke(app, ["reduce", str(source), "-o", str(out), "--to", target])
        assert result.exit_code == 0, result.output
        score = read_score(out)
        assert len(score.parts) == parts
        assert bool(score.chords) == (target == "lead-sheet")


def test_the_command_takes_the_users_word(tmp_path: Path) -> None:
    source = tmp_path / "orchestra.mid"
    write_score(_orchestra(), source)
    out = tmp_path / "out.mid"
    options = ["-o", str(out), "--assume-meter", "2/4", "--assume-key", "A minor"]
    result = CliRunner().invoke(app, ["reduce", str(source), *options])
    assert result.exit_code == 0, result.output
    score = read_score(out)
    assert str(score.bars[0].time_signature) == "2/4"
    assert str(score.key) == "A minor"


def test_the_command_reads_midi_from_standard_input(tmp_path: Path) -> None:
    out = tmp_path / "out.mid"
    result = CliRunner().invoke(app, ["reduce", "-", "-o", str(out)], input=midi_bytes(_orchestra()))
    assert result.exit_code == 0, result.output
    assert len(read_score(out).parts) == 2


@pytest.mark.parametrize("above", ["choir", "after-beats"])
def test_a_theme_in_the_horns_survives(above: str) -> None:
    theme = tuple(Note(480 * beat, pitch, 480) for beat, pitch in enumerate((62, 65, 64, 62, 67, 65, 64, 60) * 4))
    parts = {
        "choir": Part("Choir", 52, tuple(Note(1920 * bar, p, 1920, 70) for bar in range(8) for p in (69, 74, 77))),
        "after-beats": Part("Violin", 40, tuple(Note(480 * beat, 76, 240, 70) for beat in range(32) if beat % 2)),
    }
    bass = Part("Cello", 42, tuple(Note(1920 * bar, 38, 1920, 70) for bar in range(8)))
    made = reduce(understand(Score((parts[above], Part("Horn", 60, theme), bass))))
    written = {(note.start_ticks, note.pitch) for part in made.parts for note in part.notes}
    assert {(note.start_ticks, note.pitch) for note in theme} <= written
