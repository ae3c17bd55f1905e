"""Playability: whether a part's notes are in its instrument's range, and whether one player can play them together.

Ranges are those of `presets/instruments.toml` (Adler 2002, Blatter 1997). Knows no breath, bowing, or difficulty at a tempo.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from composer.analysis.arrays import ScoreArrays, score_arrays
from composer.presets import Instrument, instrument_of, programs_of
from composer.score import Part, Score

HAND_SPAN = 14  # a ninth, which most hands reach; wider chords are rolled or split
HAND_FINGERS = 5
KEYBOARDS = programs_of(
    "piano", "electric-piano", "harpsichord", "celesta", "electric-organ", "organ", "reed-organ", "accordion"
)
HAND_FRETS = 4  # that a hand covers on the neck of a guitar in one position
FRET_FINGERS = 4  # that stop strings there
_BARRES = 2  # fingers that may stop several strings at one fret
_FINGER_SHIFT = 5  # semitones between two stopped strings that a hand covers (Adler 2002: up to an octave across two strings)
_CONTRABASS = 43  # played as one voice, unlike the other solo strings
_LOWEST_STRINGS = {40: 55, 110: 55, 41: 48, 42: 36}  # open pitch, by program: violin, fiddle, viola, cello


@dataclass(frozen=True, slots=True)
class Reach:
    """What one player, or one hand of a keyboard player or harpist, can play together.

    Attributes:
        notes: maximum number of notes.
        span: maximum interval from the lowest to the highest note, in semitones.
        alone: whether a note must end before the next starts, as for voices and winds.
        lowest_string: open pitch of the lowest of four strings a fifth apart, for double stops; `None` for others.
        strings: open pitches of the strings of a fretted instrument, which may be tuned down; empty for others.
        frets: number of its frets.
    """

    notes: int = 128
    span: int = 128
    alone: bool = False
    lowest_string: int | None = None
    strings: tuple[int, ...] = ()
    frets: int = 0

    def allows(self, pitches: Sequence[int]) -> bool:
        """Whether these pitches (ascending) can be played together.

        >>> violin = reach_of(40)
        >>> violin.allows((67, 76)), violin.allows((57, 60)), violin.allows((62, 88)), violin.allows((55, 62, 71))
        (True, False, False, False)
        >>> guitar = reach_of(24)
        >>> guitar.allows((40, 47, 52, 56, 59, 64)), guitar.allows((70, 73, 76, 79)), guitar.allows((40, 41))
        (True, False, False)
        """
        if len(pitches) > self.notes or (len(pitches) > 1 and pitches[-1] - pitches[0] > self.span):
            return False
        if self.strings and pitches:
            lowered = max(0, min(self.strings) - pitches[0])  # as in metal
            return _can_finger(tuple(pitches), tuple(string - lowered for string in self.strings), self.frets)
        return len(pitches) < 2 or self.lowest_string is None or _is_double_stop(pitches[0], pitches[1], self.lowest_string)


def _is_double_stop(low: int, high: int, lowest_string: int) -> bool:
    """Whether two adjacent strings can play both pitches, with one of them open or both within a hand's reach."""
    for string in (lowest_string, lowest_string + 7, lowest_string + 14):
        below, above = low - string, high - string - 7
        if below >= 0 and above >= 0 and (below == 0 or above == 0 or abs(above - below) <= _FINGER_SHIFT):
            return True
    return False


@lru_cache(maxsize=65536)
def _can_finger(pitches: tuple[int, ...], strings: tuple[int, ...], frets: int, stopped: tuple[int, ...] = ()) -> bool:
    """Whether a hand that stops some frets can play more pitches on other strings: open, or within the frets of a position.

    Every finger stops one string, but two may lie across several.
    """
    if stopped:
        across = sorted(stopped.count(fret) - 1 for fret in set(stopped))[-_BARRES:]
        if max(stopped) - min(stopped) >= HAND_FRETS or len(stopped) - sum(across) > FRET_FINGERS:
            return False
    if not pitches:
        return True
    *others, pitch = pitches
    return any(
        _can_finger(tuple(others), (*strings[:place], *strings[place + 1 :]), frets, (*stopped, fret) if fret else stopped)
        for place, string in enumerate(strings)
        if 0 <= (fret := pitch - string) <= frets
    )


ONE_VOICE = Reach(notes=1, span=0, alone=True)
_REACHES: dict[Reach, frozenset[int]] = {
    Reach(HAND_FINGERS, HAND_SPAN): KEYBOARDS | programs_of("harmonica"),
    # A player with four mallets; sections, which divide.
    Reach(4, 36): programs_of(
        "mallet", "dulcimer", "tremolo-strings", "pizzicato-strings", "string-section", "synth-strings", "brass-section"
    ),
    Reach(2, 24): programs_of("timpani"),  # a stick in each hand
    Reach(6, 31): programs_of("acoustic-guitar", "electric-guitar", "plucked"),
    Reach(2, 12): programs_of("acoustic-bass", "electric-bass"),
    Reach(4, 16): programs_of("harp"),  # a harpist's hand plays without the little finger
    ONE_VOICE: programs_of("voice", "brass", "saxophone", "reed", "pipe", "bagpipe", "shawm") | {_CONTRABASS},
}


@lru_cache(maxsize=1)
def _reach_table() -> dict[int, Reach]:
    table = {program: reach for reach, programs in _REACHES.items() for program in programs}
    return (
        table
        | {program: _on_strings(reach, instrument_of(program)) for program, reach in table.items()}
        | {program: Reach(2, 24, lowest_string=string) for program, string in _LOWEST_STRINGS.items()}
    )


def _on_strings(reach: Reach, instrument: Instrument) -> Reach:
    """The reach on an instrument, with its strings, which alone limit the span, if it is fretted."""
    if not (strings := instrument.strings):
        return reach
    return replace(reach, span=instrument.high - min(strings), strings=strings, frets=instrument.high - max(strings))


def reach_of(program: int, name: str = "") -> Reach:
    """What one player or hand can play together on an instrument; unlimited for synthesizers.

    The name of a part says which of several instruments of a program it is.

    >>> reach_of(40, "Violin").notes, reach_of(40, "Erhu").notes
    (2, 1)
    >>> reach_of(73).notes, reach_of(0), reach_of(90).notes
    (1, Reach(notes=5, span=14, alone=False, lowest_string=None, strings=(), frets=0), 128)
    """
    reach, instrument = _reach_table().get(program, Reach()), instrument_of(program, name)
    if instrument.single:
        return ONE_VOICE
    return _on_strings(reach, instrument) if instrument.strings != reach.strings else reach


def hands_on(program: int, name: str, staves: int) -> int:
    """How many hands play each of the staves that a keyboard has: both a single one, but that of an accordion has one.

    >>> hands_on(0, "Piano", 1), hands_on(0, "Piano (left hand)", 2), hands_on(21, "Accordion", 1)
    (2, 1, 1)
    """
    return 2 if program in KEYBOARDS and staves == 1 and not instrument_of(program, name).left else 1


@dataclass(frozen=True, slots=True)
class PartPlayability:
    """Findings for one part.

    Attributes:
        part: its index.
        instrument: title of its instrument; "Drums" for drums.
        lowest: lowest MIDI pitch, `None` without notes.
        highest: highest MIDI pitch.
        outside: share of notes outside the instrument's range, 0..1.
        most_at_once: maximum number of notes that start together.
        unplayable_chords: share of onsets that one player cannot play (see `Reach`): several notes on a wind instrument, two
            on one string, frets out of reach, more than five notes or a ninth in a hand (two hands if the part is its
            keyboard's only staff, else one per staff).
    """

    part: int
    instrument: str
    lowest: int | None
    highest: int | None
    outside: float
    most_at_once: int
    unplayable_chords: float


def measure_playability(score: Score | ScoreArrays) -> tuple[PartPlayability, ...]:
    """Findings for every part. Drums have no range.

    >>> from composer.score import Note, Part, Score
    >>> low_flute = Part("Flute", 73, (Note(0, 40, 480), Note(480, 72, 480)))
    >>> found, = measure_playability(Score((low_flute,)))
    >>> found.outside, found.unplayable_chords
    (0.5, 0.0)
    """
    arrays = score_arrays(score)
    parts = arrays.score.parts
    programs = [None if part.is_drum else part.program for part in parts]
    hands = [hands_on(part.program, part.name, programs.count(part.program)) for part in parts]
    return tuple(_measure_part(arrays, index, count) for index, count in enumerate(hands))


def _measure_part(arrays: ScoreArrays, index: int, hands: int) -> PartPlayability:
    part = arrays.score.parts[index]
    table = arrays.drums if part.is_drum else arrays.notes
    mine = table.part == index
    pitch, start = table.pitch[mine], table.start[mine]
    title = "Drums" if part.is_drum else instrument_of(part.program, part.name).title
    if not len(pitch):
        return PartPlayability(index, title, None, None, 0.0, 0, 0.0)
    _, first, count = np.unique(start, return_index=True, return_counts=True)
    chords = np.split(pitch, first[1:])
    outside = 0.0
    if not part.is_drum:
        instrument = instrument_of(part.program, part.name)
        low = min((instrument.low, *instrument.left))
        outside = float(((pitch < low) | (pitch > instrument.high)).mean())
    bad = sum(not _is_playable(chord.tolist(), part, hands) for chord in chords) if not part.is_drum else 0
    return PartPlayability(index, title, int(pitch.min()), int(pitch.max()), outside, int(count.max()), bad / len(chords))


def _is_playable(chord: list[int], part: Part, hands: int) -> bool:
    """Whether the player of a part can play these pitches (ascending) together."""
    reach = reach_of(part.program, part.name)
    splits = range(len(chord) + 1) if hands == 2 else (0,)
    return any(reach.allows(chord[:split]) and reach.allows(chord[split:]) for split in splits)
