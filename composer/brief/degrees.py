"""Roman numerals ("ii V7 I", "V/V", "vii°6") as chords in a key. Knows keys, no briefs."""

from __future__ import annotations

import re
from dataclasses import dataclass

from composer.errors import BadInputError
from composer.score import CHORD_QUALITIES, SCALES, Chord, Key

_NAMES = ("i", "ii", "iii", "iv", "v", "vi", "vii")
_MAJOR, _SCALE = SCALES["major"], range(-1, 6)  # in semitones above the tonic, and in fifths above the tonic of a major key
_SIXTH, _SEVENTH = 5, 6  # places in a scale
_CAPITALS, _SMALL = r"(?:VII|VI|IV|V|III|II|I)", r"(?:vii|vi|iv|v|iii|ii|i)"
_ROOT = rf"[b♭#♯]?(?:{_CAPITALS}|{_SMALL})"
_TRIAD, _SEVENTH_CHORD = r"6/?4|6", r"6/?5|4/?3|4/?2"  # figures of inversions
_FIGURES_OF_TRIADS, _FIGURES_OF_SEVENTHS = ("6", "64"), ("65", "43", "42")  # from the first inversion on
_DEGREE = re.compile(rf"([b♭#♯]?)({_CAPITALS}|{_SMALL})(\S*?)(?:/({_ROOT}))?")
_FOREIGN = re.compile(r"^[ivIV]|/[A-Ga-g]")  # after a numeral: "viii", and basses by their names
_INVERTED = re.compile(rf"([°o+]?)({_TRIAD})|([°oø+]|maj|M|)({_SEVENTH_CHORD})")
_MAJOR_NUMERAL = rf"{_CAPITALS}(?:maj(?:7|9)|sus4|\+|{_SEVENTH_CHORD}|{_TRIAD}|7|9|13)?"
_MINOR_NUMERAL = rf"{_SMALL}(?:[°oø](?:{_SEVENTH_CHORD}|7)|[°o](?:{_TRIAD})|[°oø]|{_SEVENTH_CHORD}|{_TRIAD}|7|9)?"
_NUMERAL = rf"[b♭#♯]?(?:{_MAJOR_NUMERAL}|{_MINOR_NUMERAL})(?:/{_ROOT})?"
_NEXT = rf"(?:(?:\s*[-–—|,]\s*|\s+){_NUMERAL})"
# A progression within a text, where two numerals are ambiguous ("I v"), but not beside the name of a section.
PROGRESSION, SECTION_PROGRESSION = (rf"{_NUMERAL}{_NEXT}{{{more},31}}(?![\w°ø])" for more in (2, 1))


@dataclass(frozen=True, slots=True)
class Degree(Chord):
    """A chord by its Roman numeral: that of C major until `in_key` gives it a key.

    Capitals are chords with a major third, small letters those with a minor one. After them may come what chord symbols have
    after the root ("V7", "Imaj7", "iiø7"), the figures of an inversion (6 64, of a seventh chord 65 43 42) and the degree of
    which it is one ("V/V"). Of the degrees of the key and of the major key on its tonic, a flat lowers the higher and a sharp
    raises the lower one, so bVII and VII are one chord in minor. Diminished chords on vi and vii have the raised degrees of
    minor.
    """

    numeral: str = ""

    @classmethod
    def read(cls, numeral: str) -> Degree | None:
        """The chord that a text names; `None` if it is not a Roman numeral.

        Raises:
            BadInputError: it begins as one and is not known.
        """
        match = _DEGREE.fullmatch(numeral)
        if not match or (match[3].isalpha() and _quality(*match.group(2, 3)) is None):  # such as "violin"
            return None
        chord = _chord(match, Key(0, "major"))
        return cls(chord.root, chord.quality, chord.bass, numeral)

    def in_key(self, key: Key) -> Chord:
        """The chord in a key.

        >>> [Degree.read(text).in_key(Key.parse("A minor")).symbol() for text in "i bVI VII vii°7 V65 V7/iv".split()]
        ['Am', 'F', 'G', 'G#dim7', 'E7/G#', 'A7']
        """
        match = _DEGREE.fullmatch(self.numeral)
        assert match is not None  # `read` says so
        return _chord(match, key)

    def symbol(self, key: Key | None = None) -> str:
        """The Roman numeral."""
        return self.numeral


def _chord(match: re.Match[str], key: Key) -> Chord:
    """The chord that a match of `_DEGREE` names in a key.

    Raises:
        BadInputError: it has no known quality.
    """
    sign, letters, suffix, target = match.groups()
    if target:
        applied = _DEGREE.fullmatch(target)
        assert applied is not None  # the pattern says so
        key = Key.from_tonic(_chord(applied, key).root, "minor" if applied[2].islower() else "major")
    if (found := _quality(letters, suffix)) is None:
        raise BadInputError(
            f"Roman numeral {match[0][:40]!r} is not known: write I to VII, small for minor, then a quality as in chord "
            "symbols (V7 Imaj7 vii°), an inversion (6 64 65 43 42) or a degree after a slash (V/V)"
        )
    quality, inversion = found
    tones, place = CHORD_QUALITIES[quality], _NAMES.index(letters.lower())
    step = sorted((7 * (key.fifths + fifths) - key.tonic) % 12 for fifths in _SCALE)[place]
    if sign:
        step = min(step, _MAJOR[place]) + 1 if sign in "#♯" else max(step, _MAJOR[place]) - 1
    elif tones[:3] == CHORD_QUALITIES["dim"] and place in (_SIXTH, _SEVENTH):
        step = _MAJOR[place]
    root = (key.tonic + step) % 12
    return Chord(root, quality, (root + tones[inversion]) % 12 if inversion else None)


def _quality(letters: str, suffix: str) -> tuple[str, int] | None:
    """The quality of a numeral and the number of the tone in the bass; `None` if what follows its letters is not known."""
    inversion, is_minor = 0, letters.islower()
    if figures := _INVERTED.fullmatch(suffix):
        written = (figures[2] or figures[4]).replace("/", "")
        inversion = 1 + (_FIGURES_OF_TRIADS if figures[2] else _FIGURES_OF_SEVENTHS).index(written)
        suffix = figures[1] if figures[2] else f"{figures[3]}7"
    if _FOREIGN.search(suffix):
        return None
    for symbol in (f"Cm{suffix}", f"C{suffix}")[not is_minor :]:
        try:
            chord = Chord.parse(symbol)
        except BadInputError:
            continue
        has_third = 4 not in CHORD_QUALITIES[chord.quality] or not is_minor
        if has_third and chord == Chord(0, chord.quality):
            return chord.quality, inversion
    return None
