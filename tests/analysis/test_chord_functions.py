"""Which chords may follow one another."""

from __future__ import annotations

import pytest

from composer.analysis.chord_functions import goes_on, is_applied, is_augmented_sixth, is_borrowed
from composer.score import Chord, Mode


def chords(text: str) -> list[Chord]:
    return [Chord.parse(symbol) for symbol in text.split()]


@pytest.mark.parametrize(
    ("text", "tonic", "mode", "follows"),
    [
        ("C Em", 0, "major", True),
        ("D7 G", 0, "major", True),
        ("D7 C/G", 0, "major", True),
        ("D7 F", 0, "major", False),
        ("E7 F", 0, "major", True),
        ("F#dim7 C/G", 0, "major", True),
        ("Fm G7", 0, "major", True),
        ("Fm C", 0, "major", True),
        ("Fm Em", 0, "major", False),
        ("Ab7 G", 0, "major", True),
        ("Ab7 Am", 0, "major", False),
        ("Bb/D E7", 9, "minor", True),
        ("Bb/D C", 9, "minor", False),
        ("B7 E7", 9, "minor", True),
        ("B7 Em", 9, "minor", False),
        ("G7/F C/E", 0, "major", True),
        ("G7/F C", 0, "major", False),
    ],
)
def test_chords_off_the_key_and_sevenths_in_the_bass_resolve(text: str, tonic: int, mode: Mode, follows: bool) -> None:
    one, two = chords(text)
    assert goes_on(one, two, tonic, mode) is follows


def test_chords_are_named_by_what_they_do() -> None:
    d7, g, fm, ab7, bb = chords("D7 G Fm Ab7 Bb")
    assert is_applied(d7, g, 0, "major")
    assert not is_applied(d7, g, 7, "major")
    assert is_borrowed(fm, 0, "major")
    assert not is_borrowed(fm, 9, "minor")
    assert is_augmented_sixth(ab7, g, 0)
    assert is_borrowed(bb, 9, "minor")
