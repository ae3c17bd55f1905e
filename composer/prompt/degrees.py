"""From progressions in roman numerals ("ii-V-I", "I V vi IV") to chord symbols in a key."""

from __future__ import annotations

import re

from composer.score import Chord, Key

# The case of a numeral gives major or minor, its suffix the quality, and these intervals of the two scales its root.
_STEPS = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}
_NUMERALS = ("i", "ii", "iii", "iv", "v", "vi", "vii")
_QUALITIES = {
    (True, ""): "maj", (True, "7"): "7", (True, "maj7"): "maj7", (True, "+"): "aug",
    (False, ""): "min", (False, "7"): "min7", (False, "°"): "dim", (False, "o"): "dim",
    (False, "°7"): "dim7", (False, "o7"): "dim7", (False, "ø7"): "hdim7", (False, "ø"): "hdim7",
}  # fmt: skip
_NUMERAL = r"(?:[b♭]?(?:VII|VI|IV|V|III|II|I)(?:maj7|7|\+)?|[b♭]?(?:vii|vi|iv|v|iii|ii|i)(?:[°oø]?7|[°oø])?)"
PROGRESSION = rf"{_NUMERAL}(?:(?:\s*[-–—|,]\s*|\s+){_NUMERAL}){{2,31}}(?![\w°ø])"  # two numerals are ambiguous: "I v"


def names_minor(progression: str) -> bool:
    """Whether the tonic of a progression is a minor chord.

    >>> names_minor("i VI III VII"), names_minor("ii-V-I")
    (True, False)
    """
    return bool(re.search(r"(?<![A-Za-z])i(?![A-Za-z])", progression))


def chords_of(progression: str, key: Key) -> str:
    """The chord symbols of a progression, one per bar, as `composer.brief.parse_chords` reads them.

    >>> chords_of("ii7-V7-Imaj7", Key.parse("C major")), chords_of("i VI III VII", Key.parse("A minor"))
    ('Dm7 G7 Cmaj7', 'Am F C G')
    """
    return " ".join(_chord_of(numeral, key).symbol(key) for numeral in re.findall(_NUMERAL, progression))


def _chord_of(numeral: str, key: Key) -> Chord:
    flat = numeral[0] in "b♭"
    letters = re.match(r"[IViv]+", numeral[flat:])
    assert letters is not None  # `_NUMERAL` says so
    step = _STEPS[key.mode][_NUMERALS.index(letters[0].lower())]
    return Chord((key.tonic + step - flat) % 12, _QUALITIES[letters[0].isupper(), numeral[flat + letters.end() :]])
