import math

import pytest

from composer.analysis import quality
from composer.analysis.playability import measure_playability
from composer.presets import instrument_of
from composer.score import Key, Note, Part, Score
from tests.analysis.scores import melody

C_MAJOR = [60, 62, 64, 65, 67, 69, 71, 72]


def test_entropy_ranges_from_one_to_twelve_pitch_classes() -> None:
    assert quality.pitch_class_entropy(melody([60, 72, 48])) == 0.0
    assert quality.pitch_class_entropy(melody(range(60, 72))) == pytest.approx(math.log2(12))
    assert quality.bar_pitch_class_entropy(melody([60] * 4 + [60, 67, 60, 67])) == pytest.approx(0.5)


def test_a_scale_is_consistent_in_any_key() -> None:
    assert quality.scale_consistency(melody([p + 3 for p in C_MAJOR])) == 1.0
    assert quality.pitch_in_key_rate(melody(C_MAJOR), Key(0, "major")) == 1.0
    assert quality.pitch_in_key_rate(melody([57, 59, 60, 62, 64, 65, 67, 68]), Key(0, "minor")) == 1.0
    assert quality.pitch_in_key_rate(melody([60, 61]), Key(0, "major")) == 0.5


def test_groove_compares_adjacent_bars() -> None:
    halves = (Note(0, 60, 960), Note(960, 60, 960), Note(1920, 60, 1920))
    assert quality.groove_consistency(Score((Part("Flute", 73, halves),))) == 1 - 1 / 16
    assert math.isnan(quality.groove_consistency(melody([60])))


def test_structureness_is_high_for_a_loop_and_low_for_new_material() -> None:
    loop = melody([60, 64, 67, 64, 62, 65, 69, 65, 59, 62, 67, 62] * 4)
    fresh = melody([60 + (i * i * 7) % 23 for i in range(48)])
    assert quality.structureness_indicator(loop, 3, 6) == pytest.approx(1.0)
    assert quality.structureness_indicator(fresh, 3, 6) < 0.8
    assert math.isnan(quality.structureness_indicator(melody([60]), 3, 8))


def test_empty_scores_give_nan() -> None:
    empty = Score(())
    assert math.isnan(quality.pitch_class_entropy(empty))
    assert math.isnan(quality.bar_pitch_class_entropy(empty))
    assert math.isnan(quality.scale_consistency(empty))
    assert math.isnan(quality.pitch_in_key_rate(empty, Key(0, "major")))


def test_every_general_midi_program_has_a_range() -> None:
    rows = [instrument_of(program) for program in range(128)]
    assert [row.program for row in rows] == list(range(128))
    assert all(0 <= row.low < row.high <= 127 for row in rows)


def test_notes_below_a_flute_are_outside() -> None:
    (found,) = measure_playability(melody([72, 40, 74, 41]))
    assert (found.outside, found.lowest, found.highest) == (0.5, 40, 74)


def test_a_flute_plays_no_chords_and_two_hands_play_more_than_one() -> None:
    chord = tuple(Note(0, p, 480) for p in (48, 55, 64, 72, 76))
    flute, piano = Part("Flute", 73, tuple(Note(0, p, 480) for p in (72, 76))), Part("Piano", 0, chord)
    assert measure_playability(Score((flute,)))[0].unplayable_chords == 1.0
    assert measure_playability(Score((piano,)))[0].unplayable_chords == 0.0
    assert measure_playability(Score((piano, piano)))[0].unplayable_chords == 1.0


def test_a_guitarist_stops_four_frets_on_different_strings() -> None:
    def share(*pitches: int, name: str = "Guitar") -> float:
        part = Part(name, 24, tuple(Note(0, pitch, 480) for pitch in pitches))
        return measure_playability(Score((part,)))[0].unplayable_chords

    assert share(40, 47, 52, 56, 59, 64) == share(41, 48, 53, 57, 60, 65) == share(45, 69, 73, 76) == 0.0
    assert share(40, 59, 64, 68, 73) == 0.0, "a barre on the ninth fret above the open string"
    assert share(70, 73, 76, 79) == 1.0, "six frets"
    assert share(40, 43) == 1.0, "one string"
    assert (share(36, 43, 48), share(67, 60, 64, 69, name="Ukulele")) == (0.0, 0.0), "tuned down; other strings"


def test_drums_have_no_range() -> None:
    (found,) = measure_playability(Score((Part("Drums", 0, (Note(0, 36, 120),), is_drum=True),)))
    assert (found.instrument, found.outside) == ("Drums", 0.0)
