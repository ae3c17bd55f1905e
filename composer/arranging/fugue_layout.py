"""Where the voices of a fugue enter, and over which chords.

The subject is answered by one voice after another, a fifth higher in exact transposition (a real answer); later entries are in
other keys, between episodes whose chords fall by fifths to a bar of the dominant of the key that follows (Mann, *The Study of
Fugue*, 1958).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from composer.arranging.progressions import Bars
from composer.plan import Plan
from composer.plan.seeded import choose
from composer.presets import EnsemblePart
from composer.score import CHORD_QUALITIES, TICKS_PER_QUARTER, Chord, Key, TimeSignature

FUGUE = "fugue"  # the lead of styles whose voices enter with a subject
FEWEST_VOICES, MOST_VOICES = 2, 5
_SUBJECT, _OF_SHORT_BARS = 2, 4  # bars of a subject, and of one in bars of less than three quarters
_EPISODE, _CLOSE = 2, 2  # bars between later entries, and after the last one
_OCTAVE, _FIFTH, _FOURTH = 12, 7, 5
_ENTRIES = {2: (0, 1), 3: (1, 0, 2), 4: (2, 1, 0, 3), 5: (2, 1, 0, 3, 4)}  # voices from the top in the order of their entries
_LATER = (0, _FIFTH, 0, _FOURTH)  # semitones above the tonic of the keys of later entries, the first after an answer
_HIGHEST, _LOWEST = 76, 48  # middle of the range of the highest and the lowest voice
_WIDE = 10  # semitones from the middle of its range that a voice may move
# Degrees of the scale, from 0: roots of the chords of a subject, of which one is drawn; the dominant, and the step of the roots
# of an episode, from each to the one before it.
_SUBJECTS = ((0, 3, 4, 0), (0, 5, 4, 0), (0, 1, 4, 0))
_FOURTH_DEGREE, _DOMINANT, _BY_FIFTHS, _DEGREES = 3, 4, 4, 7


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the subject: its voice from the top, its first bar, and the semitones above the tonic of its key."""

    voice: int
    bar: int
    key: int


@dataclass(frozen=True)
class Layout:
    """Where the voices of a fugue enter.

    Attributes:
        plan: of the piece.
    """

    plan: Plan

    @property
    def size(self) -> int:
        """Bars of the subject."""
        return _SUBJECT if self.plan.meter.bar_ticks >= 3 * TICKS_PER_QUARTER else _OF_SHORT_BARS

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """The entries of the exposition in tonic and dominant by turns, later ones, and the last one in the tonic."""
        voices = len(self.plan.parts)
        found = [Entry(voice, place * self.size, _FIFTH * (place % 2)) for place, voice in enumerate(_ENTRIES[voices])]
        last = self.plan.bars - _CLOSE - self.size
        place, bar = 0, voices * self.size + _EPISODE
        while bar + self.size <= last:
            found.append(Entry(place % voices, bar, _LATER[(voices % 2 + place) % len(_LATER)]))
            place, bar = place + 1, bar + self.size + _EPISODE
        return (*found, Entry(voices - 1 if found[-1].voice != voices - 1 else 0, last, 0))

    def entry_at(self, bar: int) -> Entry | None:
        """The entry that sounds in a bar."""
        return next((entry for entry in self.entries if entry.bar <= bar < entry.bar + self.size), None)

    def key_at(self, bar: int) -> Key:
        """The key of a bar: that of its entry. Episodes leave the key of the entry before after their first bar."""
        return self._key_of(self.entry_at(bar) or self.entry_at(bar - 1) or self._following(bar))

    def _key_of(self, entry: Entry | None) -> Key:
        return self.plan.key.transposed(entry.key) if entry else self.plan.key

    def _following(self, bar: int) -> Entry | None:
        """The first entry after a bar."""
        return next((entry for entry in self.entries if entry.bar > bar), None)

    @property
    def is_halved(self) -> bool:
        """Whether the chords of an episode change in the middle of bars, not only on barlines."""
        meter = self.plan.meter
        return self.size == _SUBJECT and 2 * meter.middle_ticks == meter.bar_ticks

    @property
    def closes(self) -> int:
        """First tick of the last note of the subject, from its start: that of its last chord."""
        meter = self.plan.meter
        return (self.size - 1) * meter.bar_ticks + (meter.middle_ticks if self.size == _SUBJECT else 0)

    @property
    def subject_meter(self) -> TimeSignature:
        """The meter in which the rhythm of the subject is written: two short bars are one long bar."""
        meter = self.plan.meter
        return meter if self.size == _SUBJECT else TimeSignature(0, 2 * meter.numerator, meter.denominator)

    @property
    def chords(self) -> Bars:
        """The chords of every bar."""
        plan, found = self.plan, list[tuple[Chord, ...]]()
        rows = (
            _SUBJECTS if plan.key.mode == "major" else _SUBJECTS[:-1]
        )  # the triad on the second degree in minor is diminished
        row = choose(plan.band_seed, "subject", rows, [1.0] * len(rows))
        per_bar = len(row) // self.size
        for bar in range(plan.bars):
            key, following = self.key_at(bar), self._following(bar)
            if entry := self.entry_at(bar):
                degrees: Sequence[int] = row[per_bar * (bar - entry.bar) : per_bar * (bar - entry.bar + 1)]
            elif following:
                key, rest = self._key_of(following), following.bar - bar - 1  # bars before that of the dominant
                count = 1 + (self.is_halved and rest > 0)
                degrees = [(_DOMINANT + _BY_FIFTHS * (count * rest - place)) % _DEGREES for place in range(count)]
            else:
                degrees = (0,) if bar == plan.bars - 1 else (_FOURTH_DEGREE, _DOMINANT)
            found.append(tuple(_triad(key, degree) for degree in degrees))
        return tuple(found)


def _triad(key: Key, degree: int) -> Chord:
    """The triad on a degree of a key's scale, from 0; that on the fifth degree of a minor key is major."""
    natural = sorted(
        (tone - key.tonic) % _OCTAVE for tone in key.scale if key.church or tone != leading_tone(key) or key.mode == "major"
    )
    root, third, fifth = (natural[(degree + step) % _DEGREES] for step in (0, 2, 4))
    shape = (0, (third - root) % _OCTAVE, (fifth - root) % _OCTAVE)
    quality = next(name for name, tones in CHORD_QUALITIES.items() if tones == shape)
    is_dominant = degree == _DOMINANT and not key.church
    return Chord((key.tonic + root) % _OCTAVE, "maj" if is_dominant else quality)


def leading_tone(key: Key) -> int:
    """The pitch class a half step below the tonic."""
    return (key.tonic - 1) % _OCTAVE


def fits(plan: Plan) -> bool:
    """Whether a plan has the voices and the bars of a fugue in which every voice enters."""
    voices = len(plan.parts)
    if not FEWEST_VOICES <= voices <= MOST_VOICES or any(part.is_drum for part in plan.parts) or plan.loop:
        return False
    return plan.bars >= (voices + 1) * Layout(plan).size + _CLOSE


def fugue_ranges(parts: Sequence[EnsemblePart]) -> list[tuple[int, int]]:
    """The lowest and highest pitch of each voice."""
    steps = max(1, len(parts) - 1)
    middles = [_HIGHEST - (_HIGHEST - _LOWEST) * place / steps for place in range(len(parts))]
    kept = [
        min(max(middle, part.low + _WIDE), max(part.low + _WIDE, part.high - _WIDE))
        for middle, part in zip(middles, parts, strict=True)
    ]
    return [
        (max(part.low, round(middle) - _WIDE), min(part.high, round(middle) + _WIDE))
        for middle, part in zip(kept, parts, strict=True)
    ]
