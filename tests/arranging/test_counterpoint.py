"""Counterpoint: a voice fills in the rhythm of another one and follows the rules of two voices."""

from __future__ import annotations

import random
from itertools import pairwise

from composer.arranging.counterpoint import Stroke, Voice, complementary, counterpoint
from composer.arranging.line_search import Place
from composer.score import Chord, Note, TimeSignature

METER = TimeSignature.parse("4/4")
QUARTER = 480
SCALE = frozenset({0, 2, 4, 5, 7, 9, 11})


def line(pitches: list[int], ticks: int = QUARTER) -> list[Note]:
    return [Note(ticks * index, pitch, ticks, 80) for index, pitch in enumerate(pitches)]


def test_a_voice_moves_where_the_other_one_holds() -> None:
    runs = [Note(index * 120, 72, 120, 80) for index in range(8)]
    holds = [Note(2 * QUARTER, 72, 2 * QUARTER, 80)]
    for seed in range(10):
        rhythm = complementary([Voice([*runs, *holds], True)], 0, 4 * QUARTER, METER, 1.5, random.Random(seed))
        first = sum(start < 2 * QUARTER for start, _ in rhythm)
        assert first < len(rhythm) - first
        assert all(start + ticks == then for (start, ticks), (then, _) in pairwise(rhythm))
        assert sum(rhythm[-1]) == 4 * QUARTER


def test_a_voice_that_may_not_wait_begins_at_once() -> None:
    for seed in range(10):
        rhythm = complementary([Voice(line([72] * 4), True)], 0, 4 * QUARTER, METER, 1.5, random.Random(seed), may_wait=False)
        assert rhythm[0][0] == 0


def test_two_voices_are_consonant_and_invert() -> None:
    chord = Chord.parse("C")
    subject = line([72, 76, 79, 76, 72, 76, 79, 72])
    for seed in range(10):
        tones = frozenset(chord.pitch_classes)
        strokes = [
            Stroke(QUARTER * index, QUARTER, chord, Place(tones, tones, SCALE, rests=True, aim=66))
            for index in range(len(subject))
        ]
        other = Voice(subject, is_above=True, inverts=True)
        pitches, _ = counterpoint(strokes, [other], (55, 78), [], None, METER, 11, 0.2, random.Random(seed))
        sizes = [(note.pitch - pitch) % 12 for note, pitch in zip(subject, pitches, strict=True)]
        assert not {5, 7} & set(sizes)
        assert all(note.pitch > pitch for note, pitch in zip(subject, pitches, strict=True))


def test_a_leading_tone_is_not_doubled_between_beats() -> None:
    chord = Chord.parse("G")
    tones = frozenset(chord.pitch_classes)
    place = Place(tones, tones, SCALE, rests=True, aim=71)
    strokes = [Stroke(QUARTER // 2 * index, QUARTER // 2, chord, place) for index in range(8)]
    other = Voice(line([59] * 4), is_above=False)
    for seed in range(10):
        pitches, _ = counterpoint(strokes, [other], (65, 78), [], None, METER, 11, 0.2, random.Random(seed))
        assert 71 not in pitches
