"""The score: notes, parts, tempos, meters, keys, chords and markers on one integer timeline.

Everything is immutable and counted in ticks, 480 per quarter note. A score is *notated* music: it knows grid positions, written
dynamics and pedals, but no performance (see `composer.performance` for seconds and rubato). Uses only the standard library, so
that every other module may import it.

Knows no files, tokens or styles.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal, get_args

from composer.errors import BadInputError

if TYPE_CHECKING:
    import music21
    import pretty_midi

TICKS_PER_QUARTER = 480
DEFAULT_VELOCITY = 72
DEFAULT_QPM = 100.0
UPBEAT_BAR = "the upbeat is bar 1, in sheet music 0"  # how commands and reports count bars
# Markers between which game engines loop a file.
LOOP_START, LOOP_END = "loopStart", "loopEnd"

Mode = Literal["major", "minor"]
# Degrees of a key in semitones above its tonic, in minor with both sevenths.
SCALES: dict[Mode, tuple[int, ...]] = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10, 11)}
# Church modes: fifths from the tonic of the major key with the same signature to theirs, and the nearest mode.
CHURCH_MODES: dict[str, tuple[int, Mode]] = {
    "ionian": (0, "major"), "dorian": (2, "minor"), "phrygian": (4, "minor"), "lydian": (-1, "major"),
    "mixolydian": (1, "major"), "aeolian": (3, "minor"), "locrian": (5, "minor"),
}  # fmt: skip
# Other scales: the mode in which they are notated, the nearest of major and minor, and degrees in semitones above the tonic.
# Hirajoshi as in Malm, "Japanese Music and Musical Instruments" (1959); hijaz is the phrygian dominant, freygish in klezmer.
OTHER_SCALES: dict[str, tuple[str, Mode, tuple[int, ...]]] = {
    "major pentatonic": ("major", "major", (0, 2, 4, 7, 9)),
    "minor pentatonic": ("minor", "minor", (0, 3, 5, 7, 10)),
    "hirajoshi": ("minor", "minor", (0, 2, 3, 7, 8)),
    "hijaz": ("phrygian", "major", (0, 1, 4, 5, 7, 8, 10)),
}  # fmt: skip
MODAL_NAMES = (*CHURCH_MODES, *OTHER_SCALES)  # of keys that are neither major nor minor
# Of all of them, the fifths from the tonic of the major key with the same signature to theirs, and the nearest mode.
_SIGNATURES: dict[str, tuple[int, Mode]] = {"major": (0, "major"), "minor": (3, "minor"), **CHURCH_MODES}
_SIGNATURES |= {name: (_SIGNATURES[notated][0], mode) for name, (notated, mode, _) in OTHER_SCALES.items()}
_OTHER_NAMES = {
    "major": "maj dur", "minor": "min m moll", "major pentatonic": "pentatonic", "hijaz": "freygish phrygian-dominant",
}  # fmt: skip
_SCALE_NAMES = {other.replace("-", " "): name for name, others in _OTHER_NAMES.items() for other in others.split()}
_SCALE_NAMES |= {name: name for name in _SIGNATURES}
_MOST_ACCIDENTALS = 7  # of a key signature
HitStrength = Literal["big", "sudden", "soft"]
_HIT = re.compile(r"hit \d[\d:.]* (big|sudden|soft)")

NATURALS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
LETTERS_BY_FIFTHS = "FCGDAEB"  # the circle of fifths by letter; F is one fifth below C


def spell_fifths(position: int) -> str:
    """Name of the note `position` fifths above C (negative: below).

    >>> [spell_fifths(n) for n in (-3, 0, 1, 6, 8)]
    ['Eb', 'C', 'G', 'F#', 'G#']
    """
    octave, letter = divmod(position + 1, 7)
    return LETTERS_BY_FIFTHS[letter] + ("#" * octave if octave >= 0 else "b" * -octave)


def parse_pitch_name(text: str) -> tuple[int, int]:
    """Position on the circle of fifths and pitch class (0-11) of a note name such as "F#" or "Bb".

    Raises:
        BadInputError: the text is not a note name.

    >>> parse_pitch_name("Bb")
    (-2, 10)
    """
    match = re.fullmatch(r"([A-Ga-g])(#{0,2}|b{0,2}|♯|♭)", text.strip())
    if not match:
        raise BadInputError(f"note name {text!r} is not known: use A to G with # or b, for example F# or Bb")
    letter, accidental = match[1].upper(), match[2].replace("♯", "#").replace("♭", "b")
    shift = accidental.count("#") - accidental.count("b")
    return LETTERS_BY_FIFTHS.index(letter) - 1 + 7 * shift, (NATURALS[letter] + shift) % 12


@dataclass(frozen=True, slots=True)
class Key:
    """A key: signature in fifths (-7 flats .. 7 sharps), mode and, for church modes and other scales, their name.

    The `mode` of a church mode or other scale is that of the third of its tonic chord.

    >>> Key.parse("D minor")
    Key(fifths=-1, mode='minor', church='')
    >>> Key.parse("F# major").tonic, str(Key(-3, "minor")), str(Key.parse("Bb Major")), str(Key.parse("DM"))
    (6, 'C minor', 'Bb major', 'D major')
    """

    fifths: int
    mode: Mode
    church: str = ""

    @property
    def signature(self) -> Key:
        """The major or minor key with this signature: A minor for D dorian."""
        return Key(self.fifths, self.mode)

    @property
    def scale_name(self) -> str:
        """Name of the church mode or other scale, else of the mode: "dorian", "minor"."""
        return self.church or self.mode

    @property
    def notated(self) -> Key:
        """The key in a mode that notation has: D phrygian for D hijaz, C major for C major pentatonic; others stay.

        >>> [str(Key.parse(key).notated) for key in ("D hijaz", "A minor pentatonic", "D dorian")]
        ['D phrygian', 'A minor', 'D dorian']
        """
        return Key.from_signature(self.fifths, OTHER_SCALES[self.church][0]) if self.church in OTHER_SCALES else self

    @property
    def tonic(self) -> int:
        """Pitch class of the tonic, 0 (C) to 11 (B)."""
        return (7 * self.tonic_fifths) % 12

    @property
    def tonic_fifths(self) -> int:
        """The tonic's position on the circle of fifths (C = 0)."""
        return self.fifths + _SIGNATURES[self.scale_name][0]

    @property
    def scale(self) -> frozenset[int]:
        """Pitch classes of its scale: in minor with both sevenths, in a church mode those of the signature; five or more.

        >>> sorted(Key.parse("A minor").scale)
        [0, 2, 4, 5, 7, 8, 9, 11]
        >>> sorted(Key.parse("D dorian").scale)
        [0, 2, 4, 5, 7, 9, 11]
        >>> sorted(Key.parse("A minor pentatonic").scale)
        [0, 2, 4, 7, 9]
        """
        if self.church in CHURCH_MODES:
            return frozenset(7 * (self.fifths + step) % 12 for step in range(-1, 6))
        steps = OTHER_SCALES[self.church][2] if self.church else SCALES[self.mode]
        return frozenset((self.tonic + step) % 12 for step in steps)

    @property
    def tonic_triad(self) -> Chord:
        """The triad on the tonic, diminished in locrian."""
        return Chord(self.tonic, "dim" if self.church == "locrian" else self.mode[:3])

    @property
    def characteristic(self) -> frozenset[int]:
        """Pitch classes that tell its scale from major or minor on its tonic; empty in these and in parts of them.

        >>> [sorted(Key.parse(f"C {mode}").characteristic) for mode in ("dorian", "mixolydian", "locrian", "ionian")]
        [[9], [10], [1, 6], []]
        """
        return self.scale - frozenset((self.tonic + step) % 12 for step in SCALES[self.mode])

    def __str__(self) -> str:
        return f"{spell_fifths(self.tonic_fifths)} {self.scale_name}"

    @classmethod
    def from_signature(cls, fifths: int, name: str) -> Key:
        """The key with a signature in fifths and a mode, church mode or other scale; major under any other name.

        >>> [str(Key.from_signature(0, name)) for name in ("minor", "dorian", "none")]
        ['A minor', 'D dorian', 'C major']
        """
        return cls(fifths, _SIGNATURES.get(name, _SIGNATURES["major"])[1], name if name in MODAL_NAMES else "")

    @classmethod
    def from_tonic(cls, tonic: int, mode: Mode) -> Key:
        """The key on a pitch class with the fewest accidentals (Gb major rather than F# major, Eb minor).

        >>> str(Key.from_tonic(10, "minor"))
        'Bb minor'
        """
        fifths = (7 * (tonic - (9 if mode == "minor" else 0))) % 12
        return cls(fifths - 12 if fifths >= 6 else fifths, mode)

    def transposed(self, semitones: int) -> Key:
        """The key some semitones higher, with the fewest accidentals.

        >>> str(Key.parse("D minor").transposed(-3)), str(Key.parse("D dorian").transposed(2))
        ('B minor', 'E dorian')
        """
        moved = Key.from_tonic((self.signature.tonic + semitones) % 12, self.mode)
        return replace(moved, church=self.church)

    def spelled_near(self, other: Key) -> Key:
        """The same key with the signature the fewest fifths from that of another one; of two, that with fewer accidentals.

        >>> [str(Key.parse("Gb major").spelled_near(Key.parse(key))) for key in ("E major", "Bb minor")]
        ['F# major', 'Gb major']
        """
        spellings = [fifths for fifths in (self.fifths - 12, self.fifths, self.fifths + 12) if abs(fifths) <= _MOST_ACCIDENTALS]
        return replace(self, fifths=min(spellings, key=lambda fifths: (abs(fifths - other.fifths), abs(fifths))))

    @classmethod
    def parse(cls, text: str) -> Key:
        """Reads "D minor", "Dm", "f# minor", "Bb", "Eb major", "D dorian", "A minor pentatonic", "D hijaz".

        Raises:
            BadInputError: not a key, or one with more than seven accidentals.
        """
        key = cls._of_name(text)
        if abs(key.fifths) > _MOST_ACCIDENTALS:
            raise BadInputError(
                f"key {text!r} needs {abs(key.fifths)} accidentals, at most {_MOST_ACCIDENTALS} are possible: "
                f"write {str(key._within_signatures())!r}"
            )
        return key

    @classmethod
    def parse_any_spelling(cls, text: str) -> Key:
        """The same, for a key with more than seven accidentals its enharmonic equivalent.

        >>> str(Key.parse_any_spelling("Db minor")), str(Key.parse_any_spelling("D minor"))
        ('C# minor', 'D minor')

        Raises:
            BadInputError: not a key.
        """
        return cls._of_name(text)._within_signatures()

    def _within_signatures(self) -> Key:
        """The enharmonic equivalent with at most seven accidentals; the key itself where it has no more."""
        turns = (self.fifths > _MOST_ACCIDENTALS) - (self.fifths < -_MOST_ACCIDENTALS)
        return replace(self, fifths=self.fifths - 12 * turns)

    @classmethod
    def _of_name(cls, text: str) -> Key:
        match = re.fullmatch(r"\s*([A-Ga-g](?:#|b|♯|♭)?)[\s_-]*([A-Za-z]*(?:[\s_-]+[A-Za-z]+)?)\s*", text)
        name = re.sub(r"[\s_-]+", " ", match[2]) if match else ""
        name = "major" if name == "M" else name.lower()  # "DM" is D major and "Dm" D minor; other names in any case
        if match and name == "":
            name = "minor" if match[1][0].islower() else "major"  # the usual shorthand: "d" is D minor, "D" is D major
        if not match or name not in _SCALE_NAMES:
            raise BadInputError(
                f"key {text!r} is not known: write a tonic and a mode, for example 'D minor', 'Bb major' or 'D dorian'"
            )
        return cls.from_signature(parse_pitch_name(match[1])[0] - _SIGNATURES[_SCALE_NAMES[name]][0], _SCALE_NAMES[name])


# Intervals of each chord quality above its root in semitones, reduced to one octave.
CHORD_QUALITIES: dict[str, tuple[int, ...]] = {
    "maj": (0, 4, 7),
    "min": (0, 3, 7),
    "dim": (0, 3, 6),
    "aug": (0, 4, 8),
    "7": (0, 4, 7, 10),
    "maj7": (0, 4, 7, 11),
    "min7": (0, 3, 7, 10),
    "hdim7": (0, 3, 6, 10),
    "dim7": (0, 3, 6, 9),
    "sus4": (0, 5, 7),
    "5": (0, 7),
    "sus2": (0, 2, 7),
    "add9": (0, 4, 7, 2),
    "minadd9": (0, 3, 7, 2),
    "6": (0, 4, 7, 9),
    "min6": (0, 3, 7, 9),
    "69": (0, 4, 7, 9, 2),
    "min69": (0, 3, 7, 9, 2),
    "minmaj7": (0, 3, 7, 11),
    "7sus4": (0, 5, 7, 10),
    "9": (0, 4, 7, 10, 2),
    "maj9": (0, 4, 7, 11, 2),
    "min9": (0, 3, 7, 10, 2),
    "9sus4": (0, 5, 7, 10, 2),
    "11": (0, 7, 10, 2, 5),
    "min11": (0, 3, 7, 10, 2, 5),
    "13": (0, 4, 7, 10, 2, 9),
    "maj13": (0, 4, 7, 11, 2, 9),
    "min13": (0, 3, 7, 10, 2, 9),
    "7b5": (0, 4, 6, 10),
    "7#5": (0, 4, 8, 10),
    "7b9": (0, 4, 7, 10, 1),
    "7#9": (0, 4, 7, 10, 3),
    "7#11": (0, 4, 7, 10, 6),
    "7b13": (0, 4, 7, 10, 8),
    "7alt": (0, 4, 10, 1, 3, 8),
    "maj7#11": (0, 4, 7, 11, 6),
    "maj7#5": (0, 4, 8, 11),
}
# Qualities that chord estimation distinguishes and the token stream contains; `Chord.reduced` maps all others to them.
BASIC_QUALITIES = ("maj", "min", "dim", "aug", "7", "maj7", "min7", "hdim7", "dim7", "sus4")
_QUALITY_SUFFIX = {quality: quality for quality in CHORD_QUALITIES} | {
    "maj": "", "min": "m", "min7": "m7", "hdim7": "m7b5", "minadd9": "madd9", "min6": "m6", "69": "6/9", "min69": "m6/9",
    "minmaj7": "m(maj7)", "min9": "m9", "min11": "m11", "min13": "m13",
}  # fmt: skip
_OTHER_SUFFIXES = {
    "maj": "M maj", "min": "- min mi", "dim": "o ° m(b5)", "aug": "+ (#5) #5", "7": "dom7 dom", 
    "maj7": "M7 Maj7 ^7 ^ Δ Δ7 ma7 j7",
    "min7": "-7 min7 mi7", "hdim7": "ø ø7 m7(b5) -7b5 min7b5", "dim7": "o7 °7", "sus4": "sus", "5": "no3",
    "sus2": "2 sus9", "add9": "(add9) add2 2", "minadd9": "m(add9) madd2 minadd9", "6": "maj6 M6 add6", "min6": "-6 min6 mi6",
    "69": "69 6add9 6(9)", "min69": "m69 -69 min69", "minmaj7": "mMaj7 mmaj7 minmaj7 mM7 -Maj7 m^7 mΔ -Δ -Δ7 mΔ7",
    "7sus4": "7sus sus7 7(sus4)", "9": "dom9", "maj9": "M9 Maj9 Δ9 ^9 ma9", "min9": "-9 min9 mi9", "9sus4": "9sus sus9",
    "min11": "-11 min11 mi11", "maj13": "M13 Maj13 Δ13 ^13", "min13": "-13 min13", "7b5": "7-5 7(b5)",
    "7#5": "+7 aug7 7+5 7+ 7(#5)", "7b9": "7-9 7(b9)", "7#9": "7+9 7(#9)", "7#11": "7+11 7(#11) 9#11 13#11",
    "7b13": "7(b13)", "7alt": "alt 7(alt) 7b9#5 7#5b9 7#9#5 7#5#9", "maj7#11": "maj7(#11) M7#11 Δ#11 maj9#11 lyd",
    "maj7#5": "maj7(#5) M7#5 +M7 augmaj7 +maj7",
}  # fmt: skip
_SUFFIX_QUALITY = {name: quality for quality, names in _OTHER_SUFFIXES.items() for name in names.split()}
_SUFFIX_QUALITY |= {suffix: quality for quality, suffix in _QUALITY_SUFFIX.items()}


_NOTE_NAME = "[A-G](?:#|b|♯|♭)?"
_FLATTEST, _SHARPEST = -8, 12  # Fb and B#, the limits of spellings with one accidental
_PLAIN_ROOTS = range(-6, 11)  # Gb to A#: without Fb and Cb, E# and B#


@dataclass(frozen=True, slots=True)
class Chord:
    """A chord by root (pitch class 0-11), quality (a name in `CHORD_QUALITIES`) and bass.

    `bass` is the pitch class in the bass if a symbol names one other than the root ("C/E"), else `None`.

    >>> Chord.parse("F#m7b5").symbol(), sorted(Chord.parse("Dm").pitch_classes), Chord.parse("Cmaj9/E").symbol()
    ('F#m7b5', [2, 5, 9], 'Cmaj9/E')
    """

    root: int
    quality: str
    bass: int | None = None

    @property
    def pitch_classes(self) -> frozenset[int]:
        """The chord's pitch classes including its bass, 0-11."""
        tones = {(self.root + interval) % 12 for interval in CHORD_QUALITIES[self.quality]}
        return frozenset(tones if self.bass is None else tones | {self.bass})

    @property
    def suffix(self) -> str:
        """The part of a lead-sheet symbol after the root, without the bass."""
        return _QUALITY_SUFFIX[self.quality]

    @property
    def lowest(self) -> int:
        """Pitch class of the bass, 0-11."""
        return self.root if self.bass is None else self.bass

    @property
    def reduced(self) -> Chord:
        """The chord with the nearest quality in `BASIC_QUALITIES`, over the same bass: a ninth becomes a seventh chord.

        >>> [Chord.parse(symbol).reduced.symbol() for symbol in ("Am9/G", "C6", "G7alt", "D5", "Fsus2")]
        ['Am7/G', 'C', 'G7', 'D', 'Fsus4']
        """
        return Chord(self.root, _reduced_quality(self.quality), self.bass)

    def transposed(self, semitones: int) -> Chord:
        """The chord transposed by semitones, including the bass."""
        return Chord((self.root + semitones) % 12, self.quality, None if self.bass is None else (self.bass + semitones) % 12)

    def symbol(self, key: Key | None = None) -> str:
        """Lead-sheet symbol, spelled by `spelled`.

        >>> Chord(8, "maj").symbol(), Chord(8, "dim7").symbol(), Chord(10, "dim7").symbol(Key.parse("B minor"))
        ('Ab', 'G#dim7', 'A#dim7')
        """
        root, bass = self.spelled(key)
        return spell_fifths(root) + self.suffix + ("" if bass is None else "/" + spell_fifths(bass))

    def spelled(self, key: Key | None = None) -> tuple[int, int | None]:
        """Positions of root and bass on the line of fifths (C = 0), each with at most one accidental.

        The root is as close to the key's signature as possible; E#, B#, Fb and Cb are roots only if they are in the signature.
        Roots of chords with minor thirds, and all roots in minor keys, are biased to the sharp side, because diminished chords
        are built on leading tones. The bass is spelled as a chord tone.

        >>> [spell_fifths(Chord(root, "dim7").spelled(Key.parse(key))[0]) for root, key in ((5, "F# minor"), (5, "F#"))]
        ['F', 'E#']
        """
        fifths = key.fifths if key else 0
        center = fifths + (2.5 if 3 in CHORD_QUALITIES[self.quality] else 0.5)
        center += key is not None and key.mode == "minor"
        signature = range(fifths - 1, fifths + 6)
        places = (p for p in range(_FLATTEST, _SHARPEST + 1) if (7 * p) % 12 == self.root)
        root = min((p for p in places if p in _PLAIN_ROOTS or p in signature), key=lambda p: abs(p - center))
        return root, None if self.bass is None else self._bass_position(root)

    def _bass_position(self, root_position: int) -> int:
        """Position of the bass on the line of fifths, nearest to a fifth above the root."""
        nearby = (p for p in range(_FLATTEST, _SHARPEST + 1) if (7 * p) % 12 == self.bass)
        return min(nearby, key=lambda p: abs(p - root_position - 1))

    @classmethod
    def parse(cls, text: str) -> Chord:
        """Reads a lead-sheet symbol: "Dm", "A7", "Bbmaj7", "F#m7b5", "G13", "C/E".

        Raises:
            BadInputError: unknown root, quality or bass.
        """
        match = re.fullmatch(rf"({_NOTE_NAME})(.*?)(?:/({_NOTE_NAME}))?", text.strip())
        if not match or match[2] not in _SUFFIX_QUALITY:
            known = " ".join("C" + suffix for suffix in _QUALITY_SUFFIX.values())
            raise BadInputError(
                f"chord {text[:40]!r} is not known: use a root, one of these qualities and, if needed, a bass (C/E): {known}"
            )
        root = parse_pitch_name(match[1])[1]
        bass = parse_pitch_name(match[3])[1] if match[3] else root
        return cls(root, _SUFFIX_QUALITY[match[2]], None if bass == root else bass)


NO_CHORD = "N.C."


def parse_symbol(text: str) -> Chord | None:
    """A chord, or `None` for "N.C." (no harmony).

    Raises:
        BadInputError: unknown root, quality or bass.
    """
    return None if text.strip().upper() in (NO_CHORD, "NC") else Chord.parse(text)


def symbol_of(chord: Chord | None, key: Key | None = None) -> str:
    """The text of a chord, which `parse_symbol` reads.

    >>> symbol_of(None), symbol_of(parse_symbol("C/E")), parse_symbol("N.C.")
    ('N.C.', 'C/E', None)
    """
    return NO_CHORD if chord is None else chord.symbol(key)


def _reduced_quality(quality: str) -> str:
    """The basic quality with the same third and seventh; without a third, the most likely triad."""
    tones = CHORD_QUALITIES[quality]
    if quality in BASIC_QUALITIES:
        return quality
    if quality == "maj7#5":
        return "aug"
    if 4 not in tones and 3 not in tones:
        return "7" if quality == "11" else "maj" if quality == "5" else "sus4"
    if 3 in tones and 4 not in tones:
        return "min7" if 10 in tones else "min"
    return "7" if 10 in tones else "maj7" if 11 in tones else "maj"


@dataclass(frozen=True, slots=True)
class Syllable:
    """A syllable under a note: its text, the number of its verse, its place in the word, and whether a line follows it.

    `place` is the MusicXML type "single", "begin", "middle" or "end".
    """

    text: str
    verse: str = "1"
    place: str = "single"
    extends: bool = False


BREATH = "breath-mark"  # among the articulations of a note


@dataclass(frozen=True, slots=True)
class NoteMarks:
    """What sheet music has at a note beside its pitch and length: lyrics, and articulations by their MusicXML names."""

    lyrics: tuple[Syllable, ...] = ()
    articulations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class Note:
    """A note: start and duration in ticks, MIDI pitch 0-127, velocity 1-127. Ordered by start, then pitch.

    `spelled` is the position on the line of fifths (C = 0) of the name that sheet music gives it; `None` where there is none.
    It does not hold after a change of the pitch class. `marks` are those of sheet music. Neither counts in comparisons.
    """

    start_ticks: int
    pitch: int
    duration_ticks: int
    velocity: int = DEFAULT_VELOCITY
    spelled: int | None = field(default=None, compare=False, repr=False)
    marks: NoteMarks | None = field(default=None, compare=False, repr=False)

    @property
    def end_ticks(self) -> int:
        """First tick after the note."""
        return self.start_ticks + self.duration_ticks


@dataclass(frozen=True, slots=True)
class Part:
    """A part or staff: name, General MIDI program (0-127) and notes in order.

    A piano's two staves are two parts with the same program. For drums, `program` is 0 and pitches are General MIDI percussion
    keys. `pedals` is the notated sustain pedal as (down, up) in ticks; durations of notes do not include it.
    """

    name: str
    program: int
    notes: tuple[Note, ...] = ()
    is_drum: bool = False
    pedals: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class Tempo:
    """Quarter notes per minute from a tick on."""

    start_ticks: int
    qpm: float


@dataclass(frozen=True, slots=True, order=True)
class TimeSignature:
    """Meter from a tick (a barline) on; the denominator is a power of two."""

    start_ticks: int
    numerator: int
    denominator: int

    @property
    def bar_ticks(self) -> int:
        """Length of one bar."""
        return self.numerator * 4 * TICKS_PER_QUARTER // self.denominator

    @property
    def is_compound(self) -> bool:
        """Whether beats are dotted, as in 6/8, 9/8 and 12/8."""
        return self.numerator % 3 == 0 and self.numerator > 3 and self.denominator >= 4

    @property
    def beat_ticks(self) -> int:
        """Length of the felt beat: the denominator's note value, dotted in compound meters."""
        unit = 4 * TICKS_PER_QUARTER // self.denominator
        return 3 * unit if self.is_compound else unit

    @property
    def middle_ticks(self) -> int:
        """Offset of a bar's second chord: the middle if beats allow, else the last strong beat.

        >>> [TimeSignature(0, n, d).middle_ticks // 240 for n, d in ((4, 4), (3, 4), (6, 8), (9, 8), (5, 4), (7, 8))]
        [4, 4, 3, 6, 6, 4]
        """
        beats = self.bar_ticks // self.beat_ticks
        return (beats + 1) // 2 * self.beat_ticks if beats > 1 else self.bar_ticks // 2

    def chord_ticks(self, count: int) -> tuple[int, ...]:
        """Offsets of `count` chords in a bar: two at the start and the middle, more on evenly spaced beats.

        >>> [TimeSignature(0, 4, 4).chord_ticks(n) for n in (1, 2, 3)]
        [(0,), (0, 960), (0, 480, 960)]
        """
        if count <= 2:
            return (0, self.middle_ticks)[:count]
        beats = self.bar_ticks // self.beat_ticks
        return tuple(index * beats // count * self.beat_ticks for index in range(count))

    def __str__(self) -> str:
        return f"{self.numerator}/{self.denominator}"

    @classmethod
    def parse(cls, text: str) -> TimeSignature:
        """Reads "3/4".

        Raises:
            BadInputError: not a meter, or one outside 1-99 over 1, 2, 4, 8, 16, 32.
        """
        match = re.fullmatch(r"\s*(\d{1,2})\s*/\s*(1|2|4|8|16|32)\s*", text)
        if not match or int(match[1]) < 1:
            raise BadInputError(f"meter {text!r} is not known: write beats over note value, for example 3/4 or 6/8")
        return cls(0, int(match[1]), int(match[2]))


@dataclass(frozen=True, slots=True)
class KeySignature:
    """The key from a tick on."""

    start_ticks: int
    key: Key


@dataclass(frozen=True, slots=True)
class ChordSymbol:
    """The harmony from a tick on; `None` means no chord (N.C.)."""

    start_ticks: int
    chord: Chord | None


@dataclass(frozen=True, slots=True, order=True)
class Marker:
    """A text at a tick: a section name, an end of a loop, or a hit point of a film cue ("hit 0:12.5 big")."""

    start_ticks: int
    text: str

    @property
    def hit(self) -> HitStrength | None:
        """The strength of a hit point; `None` for other markers.

        >>> Marker(0, "hit 0:31 soft").hit, Marker(0, "A").hit
        ('soft', None)
        """
        match = _HIT.fullmatch(self.text)
        return next((strength for strength in get_args(HitStrength) if match and match[1] == strength), None)


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of a score: its 0-based index, extent and meter."""

    index: int
    start_ticks: int
    time_signature: TimeSignature

    @property
    def end_ticks(self) -> int:
        """First tick of the next bar."""
        return self.start_ticks + self.time_signature.bar_ticks


@dataclass(frozen=True, slots=True)
class TempoMap:
    """Piecewise linear map from ticks to seconds. The last tempo holds for ever; before the first one `DEFAULT_QPM` does.

    Attributes:
        ticks: where each tempo begins, ascending from 0.
        times_s: the same in seconds.
        qpm: the tempos.
    """

    ticks: tuple[int, ...]
    times_s: tuple[float, ...]
    qpm: tuple[float, ...]

    @staticmethod
    @lru_cache(maxsize=64)
    def of(tempos: tuple[Tempo, ...]) -> TempoMap:
        """The map of tempos in order of time.

        >>> TempoMap.of((Tempo(960, 60.0),)).seconds(1440)
        2.2
        """
        steps = [] if tempos and tempos[0].start_ticks == 0 else [(0, DEFAULT_QPM)]
        steps += [(tempo.start_ticks, tempo.qpm) for tempo in tempos]
        times_s = [0.0]
        for (tick, qpm), (following, _) in pairwise(steps):
            times_s.append(times_s[-1] + (following - tick) * 60.0 / (qpm * TICKS_PER_QUARTER))
        return TempoMap(tuple(tick for tick, _ in steps), tuple(times_s), tuple(qpm for _, qpm in steps))

    def seconds(self, tick: float) -> float:
        """Time of a tick in seconds."""
        index = max(0, bisect_right(self.ticks, tick) - 1)
        return self.times_s[index] + (tick - self.ticks[index]) * 60.0 / (self.qpm[index] * TICKS_PER_QUARTER)


@dataclass(frozen=True, slots=True)
class TempoRamp:
    """A span in which the tempo rises or falls step by step: first tick, tick of the last step, and the tempi at both."""

    start_ticks: int
    end_ticks: int
    from_qpm: float
    to_qpm: float

    @property
    def slows(self) -> bool:
        """Whether it is a ritardando and not an accelerando."""
        return self.to_qpm < self.from_qpm


_RAMP_STEPS, _RAMP_RATIO = 4, 1.05  # fewest tempi of a ramp, and the least ratio of its ends
_LEAP = 3.0  # times the second step of a ramp that the first one is at most


def _ramp_of(run: Sequence[Tempo]) -> TempoRamp | None:
    """The ramp that tempi form, of which the first one may hold long and the first step may be a leap."""
    if len(run) < _RAMP_STEPS:
        return None
    first, second, third = run[:3]
    rise = third.qpm - second.qpm
    if not 0 < (second.qpm - first.qpm) * rise <= _LEAP * rise**2:
        run, first = run[1:], second
    else:
        first = Tempo(max(first.start_ticks, 2 * second.start_ticks - third.start_ticks), first.qpm)
    last = run[-1]
    is_ramp = len(run) >= _RAMP_STEPS - 1 and max(first.qpm, last.qpm) >= _RAMP_RATIO * min(first.qpm, last.qpm)
    return TempoRamp(first.start_ticks, last.start_ticks, first.qpm, last.qpm) if is_ramp else None


@dataclass(frozen=True, slots=True)
class Score:
    """A whole piece.

    Event tuples are in time order. A missing tempo, meter or key means 100 qpm, 4/4 and unknown. `end_ticks` is the end of the
    last bar (0: the end of the last bar with notes); `composer` is the person whom its file names, empty if it names nobody.
    """

    parts: tuple[Part, ...]
    tempos: tuple[Tempo, ...] = ()
    time_signatures: tuple[TimeSignature, ...] = ()
    keys: tuple[KeySignature, ...] = ()
    chords: tuple[ChordSymbol, ...] = ()
    markers: tuple[Marker, ...] = ()
    title: str = ""
    end_ticks: int = 0
    composer: str = ""
    _bars: list[tuple[Bar, ...]] = field(default_factory=list, init=False, repr=False, compare=False, hash=False)
    _last_end: list[int] = field(default_factory=list, init=False, repr=False, compare=False, hash=False)

    @property
    def key(self) -> Key | None:
        """The main key, which is the first one."""
        return self.keys[0].key if self.keys else None

    @property
    def is_loop(self) -> bool:
        """Whether the piece is a loop."""
        return self.loop_ticks is not None

    @property
    def section_markers(self) -> tuple[Marker, ...]:
        """Section markers, without those of a loop and of hit points."""
        return tuple(m for m in self.markers if m.text not in (LOOP_START, LOOP_END) and m.hit is None)

    @property
    def loop_ticks(self) -> tuple[int, int] | None:
        """Start and end of a loop; the start defaults to that of the piece. `None` if it is not a loop."""
        begin = next((marker.start_ticks for marker in self.markers if marker.text == LOOP_START), 0)
        end = next((marker.start_ticks for marker in self.markers if marker.text == LOOP_END), 0)
        return (begin, end) if begin < end else None

    @property
    def last_note_end_ticks(self) -> int:
        """First tick after the last sounding note. Computed once."""
        if not self._last_end:
            self._last_end.append(max((note.end_ticks for part in self.parts for note in part.notes), default=0))
        return self._last_end[0]

    @property
    def bars(self) -> tuple[Bar, ...]:
        """All bars in order; the last one contains or touches `end_ticks`. Computed once."""
        if not self._bars:
            self._bars.append(tuple(_lay_bars(self.time_signatures, max(self.end_ticks, self.last_note_end_ticks))))
        return self._bars[0]

    @property
    def upbeat_bars(self) -> int:
        """1 if nothing sounds before the second half of the first of several bars, else 0.

        >>> [Score((Part("Flute", 73, (Note(tick, 60, 2400),)),)).upbeat_bars for tick in (0, 480, 960, 1440, 1920)]
        [0, 0, 1, 1, 0]
        """
        first = min((part.notes[0].start_ticks for part in self.parts if part.notes), default=0)
        end = self.bars[0].end_ticks
        return int(len(self.bars) > 1 and end <= 2 * first < 2 * end)

    def bar_at(self, tick: int) -> Bar:
        """The bar that contains a tick (the last bar for ticks after the end)."""
        return self.bars[max(0, bisect_right(self.bars, tick, key=lambda bar: bar.start_ticks) - 1)]

    def qpm_at(self, tick: int) -> float:
        """Tempo in force at a tick."""
        index = bisect_right(self.tempos, tick, key=lambda tempo: tempo.start_ticks)
        return self.tempos[index - 1].qpm if index else DEFAULT_QPM

    def seconds_at(self, tick: int) -> float:
        """Time of a tick in seconds from the start, by the tempo map."""
        return self.tempo_map.seconds(tick)

    @property
    def is_pedaled(self) -> bool:
        """Whether a part has a notated sustain pedal."""
        return any(part.pedals for part in self.parts)

    @property
    def tempo_map(self) -> TempoMap:
        """Ticks to seconds by the score's tempos."""
        return TempoMap.of(self.tempos)

    @property
    def tempo_ramps(self) -> tuple[TempoRamp, ...]:
        """Where the tempo changes gradually: several times in one direction, each time less than a bar after the last.

        >>> faster = tuple(Tempo(480 * beat, 60.0 + 5 * beat) for beat in range(5))
        >>> Score((), tempos=faster, end_ticks=3840).tempo_ramps
        (TempoRamp(start_ticks=0, end_ticks=1920, from_qpm=60.0, to_qpm=80.0),)
        """
        return tuple(ramp for run in self._tempo_runs() if (ramp := _ramp_of(run)))

    def _tempo_runs(self) -> list[list[Tempo]]:
        """The tempi, divided where one holds for a bar or more and where they turn; each with the one that led to it."""
        runs = [list(self.tempos[:1])]
        for before, tempo in pairwise(self.tempos):
            run = runs[-1]
            step = tempo.start_ticks - before.start_ticks
            if step >= self.bar_at(before.start_ticks).time_signature.bar_ticks or (
                len(run) > 1 and (tempo.qpm > before.qpm) != (before.qpm > run[-2].qpm)
            ):
                runs.append([before, tempo])
            else:
                run.append(tempo)
        return runs

    @property
    def duration_s(self) -> float:
        """Length in seconds to the end of the last bar."""
        return self.seconds_at(self.bars[-1].end_ticks)

    def to_pretty_midi(self) -> pretty_midi.PrettyMIDI:
        """The score as a `pretty_midi.PrettyMIDI` object, times in seconds by the score's tempo map.

        Raises:
            ImportError: pretty_midi is not installed.

        >>> Score((Part("Flute", 73, (Note(480, 60, 480),)),)).to_pretty_midi().instruments[0].notes
        [Note(start=0.600000, end=1.200000, pitch=60, velocity=72)]
        """
        import pretty_midi

        result = pretty_midi.PrettyMIDI(resolution=TICKS_PER_QUARTER, initial_tempo=self.qpm_at(0))
        for part in self.parts:
            instrument = pretty_midi.Instrument(part.program, part.is_drum, part.name)
            for note in part.notes:
                start, end = self.seconds_at(note.start_ticks), self.seconds_at(note.end_ticks)
                instrument.notes.append(pretty_midi.Note(note.velocity, note.pitch, start, end))
            result.instruments.append(instrument)
        for meter in self.time_signatures:
            time = self.seconds_at(meter.start_ticks)
            result.time_signature_changes.append(pretty_midi.TimeSignature(meter.numerator, meter.denominator, time))
        for signature in self.keys:
            number = (signature.key.tonic % 12) + (12 if signature.key.mode == "minor" else 0)
            time = self.seconds_at(signature.start_ticks)
            result.key_signature_changes.append(pretty_midi.KeySignature(number, time))
        return result

    def to_music21(self) -> music21.stream.Score:
        """The score as a `music21.stream.Score`, one part of measures for each part, offsets in quarter notes.

        Raises:
            ImportError: music21 is not installed.

        >>> Score((Part("Flute", 73, (Note(480, 60, 480),)),)).to_music21().recurse().notes[0].nameWithOctave
        'C4'
        """
        import music21

        new_part: Any = music21.stream.Part  # whose annotations are partial
        result = music21.stream.Score()
        for place, part in enumerate(self.parts):
            stream = new_part(id=part.name)
            stream.partName = part.name
            named = music21.instrument.fromString("Percussion") if part.is_drum else None
            stream.insert(0, named or music21.instrument.instrumentFromMidiProgram(part.program))
            if not place:
                for tempo in self.tempos:
                    stream.insert(tempo.start_ticks / TICKS_PER_QUARTER, music21.tempo.MetronomeMark(number=tempo.qpm))
            for meter in self.time_signatures or (TimeSignature(0, 4, 4),):
                stream.insert(meter.start_ticks / TICKS_PER_QUARTER, music21.meter.TimeSignature(str(meter)))
            for signature in self.keys:
                stream.insert(signature.start_ticks / TICKS_PER_QUARTER, music21.key.KeySignature(signature.key.fifths))
            for note in part.notes:
                sounding = music21.note.Note(note.pitch, quarterLength=note.duration_ticks / TICKS_PER_QUARTER)
                sounding.volume.velocity = note.velocity
                stream.insert(note.start_ticks / TICKS_PER_QUARTER, sounding)
            result.insert(0, stream.makeNotation())
        return result

    def notes(self) -> Iterator[tuple[int, Note]]:
        """Every note with the index of its part, ordered by part."""
        for index, part in enumerate(self.parts):
            for note in part.notes:
                yield index, note

    def transposed(self, semitones: int) -> Score:
        """The same piece with all pitched notes, keys and chords transposed. Notes must stay within 0-127."""
        if semitones == 0:
            return self
        keys = tuple(replace(k, key=k.key.transposed(semitones)) for k in self.keys)
        chords = tuple(replace(c, chord=c.chord and c.chord.transposed(semitones)) for c in self.chords)
        parts = tuple(
            part if part.is_drum else replace(part, notes=tuple(replace(n, pitch=n.pitch + semitones) for n in part.notes))
            for part in self.parts
        )
        return replace(self, parts=parts, keys=keys, chords=chords)


def _lay_bars(signatures: Iterable[TimeSignature], end_ticks: int) -> Iterator[Bar]:
    """Bars from tick 0 on; a meter change within a bar takes effect at the next barline."""
    pending = deque(sorted(signatures))
    current = TimeSignature(0, 4, 4)
    start = index = 0
    while start < end_ticks or index == 0:
        while pending and pending[0].start_ticks <= start:
            current = pending.popleft()
        yield Bar(index, start, current)
        start, index = start + current.bar_ticks, index + 1
