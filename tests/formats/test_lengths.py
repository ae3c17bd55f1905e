"""Notated lengths of performed notes."""

from __future__ import annotations

from itertools import pairwise

import pytest

from composer.formats.abc import abc_text
from composer.formats.engraving.dynamic_marks import Dynamics
from composer.formats.engraving.layout import Layout
from composer.formats.engraving.notation import notate
from composer.formats.engraving.note_lengths import written_lengths
from composer.formats.lilypond import lilypond_text
from composer.formats.musicxml.musicxml_write import musicxml_bytes
from composer.score import Note, Part, Score


def written(*notes: tuple[int, int]) -> list[tuple[int, bool]]:
    """Notated length and staccato of notes given as ((start, performed length)) in ticks."""
    played = tuple(Note(start, 60 + i, length) for i, (start, length) in enumerate(notes))
    found = written_lengths(played, Score((Part("Violin", 40, played),)).bars)
    return [(note.duration_ticks, (note.start_ticks, note.pitch) in found.marks) for note in found.notes]


@pytest.mark.parametrize(
    ("played", "expected"),
    [
        ([(0, 440), (480, 442), (960, 880)], [(480, False), (480, False), (960, False)]),  # 92% of the value
        ([(0, 180), (240, 180), (480, 180)], [(240, True)] * 3),  # not dotted sixteenths and thirty-second rests
        ([(0, 120), (240, 120), (480, 120)], [(240, True)] * 3),
        ([(0, 147), (160, 150), (320, 140), (480, 480)], [(160, False)] * 3 + [(480, False)]),
        ([(0, 500), (480, 1440)], [(480, False), (1440, False)]),  # a legato overlap is not a second voice
        ([(0, 1930), (1920, 1700)], [(1920, False), (1920, False)]),
        ([(0, 360), (480, 720), (1440, 240)], [(360, False), (720, False), (240, False)]),  # note values stay
        ([(0, 1680)], [(1680, False)]),
        ([(0, 240), (240, 320), (480, 240)], [(240, False), (240, False), (240, False)]),  # a stray triplet end
    ],
)
def test_lengths_are_notated_in_plain_values(played: list[tuple[int, int]], expected: list[tuple[int, bool]]) -> None:
    assert written(*played) == expected


def test_full_notes_between_short_ones_are_tenuto() -> None:
    played = tuple(Note(240 * i, 60 + i, 235 if i == 2 else 100) for i in range(5))
    marks = written_lengths(played, Score((Part("Violin", 40, played),)).bars).marks
    assert [marks.get((note.start_ticks, note.pitch)) for note in played] == [*["staccato"] * 2, "tenuto", *["staccato"] * 2]
    score = Score((Part("Violin", 40, played),))
    assert musicxml_bytes(score).count(b"<tenuto") == 1
    assert "--" in lilypond_text(score)
    assert "!tenuto!" in abc_text(score)


def test_notes_of_equal_pitch_never_overlap() -> None:
    notes = tuple(Note(start, 60, 90) for start in range(0, 1920, 120))
    found = written_lengths(notes, Score((Part("Violin", 40, notes),)).bars).notes
    assert [note.start_ticks for note in found] == [note.start_ticks for note in notes]
    assert all(a.end_ticks <= b.start_ticks for a, b in pairwise(found))


def symbols(part: Part) -> list[tuple[str, int]]:
    [printed] = notate(Score((part,)), Layout(), [Dynamics()])
    return [(s.value, s.tremolo) for bar in printed.staves[0].bars for s in bar.voices[0] if s.members]


@pytest.mark.parametrize(("program", "is_drum"), [(47, False), (0, True)])
def test_rolls_are_written_as_tremolo(program: int, is_drum: bool) -> None:
    roll = tuple(Note(start, 38, 60) for start in range(0, 1920, 60))
    part = Part("Roll", program, (*roll, Note(1920, 38, 480)), is_drum)
    assert symbols(part) == [("whole", 3), ("quarter", 0)]
    other = Part("Violin", 40, roll)
    assert {tremolo for _, tremolo in symbols(other)} == {0}
