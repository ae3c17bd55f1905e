"""What a chord does in its key: applied, borrowed, augmented sixth; and whether the next chord resolves it.

Terms after Aldwell and Schachter, *Harmony and Voice Leading*. Keys are a tonic (pitch class) and a mode, so that
functional and sounding pitch are treated alike.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cache

from composer.score import SCALES, Chord, Mode

LEADING = ("dim", "dim7", "hdim7")
_BORROWED = {(5, "min"), (8, "maj"), (2, "dim"), (2, "hdim7"), (1, "maj")}  # of the parallel minor, and the Neapolitan
_PREDOMINANT_GOALS = (7, 11)  # degrees, in semitones, that a borrowed chord leads to


@cache
def scale_in(tonic: int, mode: Mode) -> frozenset[int]:
    """Pitch classes of a key, in minor with both seventh degrees.

    >>> sorted(scale_in(0, "major"))
    [0, 2, 4, 5, 7, 9, 11]
    """
    return frozenset((tonic + step) % 12 for step in SCALES[mode])


def belongs_to(chord: Chord, tonic: int, mode: Mode) -> bool:
    """Whether a chord is diatonic in a key; in minor the leading note belongs only to chords on the dominant and on itself.

    >>> [belongs_to(Chord.parse(symbol), 9, "minor") for symbol in ("E7", "G", "Am", "Caug", "D7")]
    [True, True, True, False, False]
    """
    leading = (tonic + 11) % 12
    if mode == "minor" and leading in chord.pitch_classes and chord.root not in ((tonic + 7) % 12, leading):
        return False
    return chord.pitch_classes <= scale_in(tonic, mode)


def bent_scale(scale: Collection[int], chord: Chord) -> frozenset[int]:
    """The scale altered to fit a chord: the chord's tones replace scale tones a semitone from those off the scale.

    Of the two sevenths of a minor key, a chord that contains one replaces the other.

    >>> sorted(bent_scale(scale_in(0, "major"), Chord.parse("D7")))
    [0, 2, 4, 6, 9, 11]
    >>> sorted(bent_scale(scale_in(9, "minor"), Chord.parse("E")))
    [0, 2, 4, 5, 8, 9, 11]
    """
    mine, natural = chord.pitch_classes, frozenset(scale)
    subtonics = [pc for pc in natural if {(pc + 1) % 12, (pc + 2) % 12} <= natural]
    other = {(pc + 1) % 12 for pc in subtonics if pc in mine} | {pc for pc in subtonics if (pc + 1) % 12 in mine}
    return frozenset(pc for pc in natural if not ({(pc + 1) % 12, (pc - 1) % 12} & (mine - natural))) - (other - mine) | mine


def is_dominant(chord: Chord) -> bool:
    """Whether a chord sounds like a dominant: a major triad or a dominant seventh.

    >>> is_dominant(Chord.parse("G7")), is_dominant(Chord.parse("Gm"))
    (True, False)
    """
    return chord.quality in ("maj", "7")


def leads_to(chord: Chord, following: Chord) -> bool:
    """Whether a chord is the dominant, or the diminished chord on the leading note, of the one after it.

    >>> leads_to(Chord.parse("D7"), Chord.parse("G")), leads_to(Chord.parse("D7"), Chord.parse("C"))
    (True, False)
    """
    fall = (following.root - chord.root) % 12
    if chord.quality == "dim7":
        return fall % 3 == 1 and following.quality not in LEADING
    return (fall == 5 and is_dominant(chord)) or (fall == 1 and chord.quality in LEADING)


def leads_seventh(before: Chord | None, chord: Chord, following: Chord) -> bool:
    """Whether a seventh in the bass falls by step, to a chord a fifth below or a semitone above.

    Other sevenths than those of dominants are prepared by the chord before; passing ones, after the same root, only fall.

    >>> C, G7, Dm, F, E = (Chord.parse(symbol) for symbol in ("C", "G7/F", "Dm7/C", "F", "C/E"))
    >>> leads_seventh(F, G7, E), leads_seventh(C, Dm, Chord.parse("G7/B")), leads_seventh(G7, Dm, Chord.parse("G7/B"))
    (True, True, False)
    """
    falls = (chord.lowest - following.lowest) % 12 in (1, 2)
    if before is not None and before.root == chord.root:
        return falls
    prepared = before is None or chord.lowest in before.pitch_classes or (chord.root + 4) % 12 in chord.pitch_classes
    return falls and prepared and (following.root - chord.root) % 12 in (1, 5)


def is_applied(chord: Chord, following: Chord, tonic: int, mode: Mode) -> bool:
    """Whether a chord off the scale leads to the chord after it.

    >>> is_applied(Chord.parse("D7"), Chord.parse("G"), 0, "major"), is_applied(Chord.parse("G7"), Chord.parse("C"), 0, "major")
    (True, False)
    """
    off = not chord.pitch_classes <= scale_in(tonic, mode)
    return off and following.quality not in LEADING and leads_to(chord, following)


def is_borrowed(chord: Chord, tonic: int, mode: Mode) -> bool:
    """Whether a chord is a predominant of the parallel minor (in major), or the Neapolitan.

    >>> is_borrowed(Chord.parse("Fm"), 0, "major"), is_borrowed(Chord.parse("F"), 0, "major")
    (True, False)
    """
    kind = "min" if chord.quality in ("min7", "min6") else chord.quality
    degree = ((chord.root - tonic) % 12, kind)
    return degree in _BORROWED and (mode == "major" or degree == (1, "maj"))


def is_six_four(chord: Chord, tonic: int) -> bool:
    """Whether a chord is the tonic over its fifth.

    >>> is_six_four(Chord.parse("C/G"), 0)
    True
    """
    return chord.root == tonic and chord.bass == (tonic + 7) % 12


def is_augmented_sixth(chord: Chord, following: Chord, tonic: int) -> bool:
    """Whether a chord, spelled as a seventh chord, is an augmented sixth that opens to the dominant's octave.

    >>> is_augmented_sixth(Chord.parse("Ab7"), Chord.parse("G"), 0)
    True
    """
    return chord.root == (tonic + 8) % 12 and chord.quality == "7" and following.lowest == (tonic + 7) % 12


def goes_on(chord: Chord, following: Chord, tonic: int, mode: Mode) -> bool:
    """Whether one chord may follow another: anything after chords of the key, its resolution after a chord off it.

    >>> D7, G, F, C = (Chord.parse(symbol) for symbol in ("D7", "G", "F", "C"))
    >>> goes_on(D7, G, 0, "major"), goes_on(D7, F, 0, "major"), goes_on(F, C, 0, "major")
    (True, False, True)
    """
    scale, degree = scale_in(tonic, mode), (following.root - tonic) % 12
    if chord.bass is not None and (chord.bass - chord.root) % 12 in (9, 10, 11):  # the seventh in the bass falls by step
        held = following.root == chord.root and following.pitch_classes >= chord.pitch_classes
        if not held and (chord.bass - following.lowest) % 12 not in (1, 2):
            return False
    if chord.pitch_classes <= scale:
        return True
    if mode == "minor" and degree == 7 and following.quality in ("min", "min7"):
        return False
    if chord.root == following.root and is_dominant(chord):
        return is_dominant(following)
    if is_borrowed(chord, tonic, mode):
        plagal = degree == 0 and (chord.root - tonic) % 12 == 5
        opens = degree == 6 and following.quality == "dim7"
        return degree in _PREDOMINANT_GOALS or plagal or opens or is_six_four(following, tonic)
    if (chord.root - tonic) % 12 == 8 and chord.quality == "7":
        return is_augmented_sixth(chord, following, tonic)
    if (chord.root - tonic) % 12 in (2, 6) and is_six_four(following, tonic):
        return is_dominant(chord) or chord.quality in LEADING
    deceptive = chord.quality == "7" and (following.root - chord.root) % 12 == 1 and following.pitch_classes <= scale
    return deceptive or (leads_to(chord, following) and following.quality not in ("dim", "dim7", "aug"))
