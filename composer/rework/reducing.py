"""A score for fewer hands: a piano reduction that two hands can play, or a lead sheet of melody and chord symbols.

The reduction keeps the melody and the bass whole and, of the rest, what the harmony needs and the hands reach: notes that add
a pitch class, moved by octaves to where a hand is (Huang, Chiu and Shan 2012, "Towards an automatic music arrangement framework
using score reduction"). Knows no fingering and no tremolo: repeated notes faster than an eighth are one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import groupby, pairwise
from statistics import median

import numpy as np

from composer.analysis.key import best_path
from composer.analysis.melody import melody_line
from composer.errors import BadInputError
from composer.presets import programs_of
from composer.score import TICKS_PER_QUARTER, Chord, ChordSymbol, Note, Part, Score
from composer.understanding import Understood

_PIANO = 0
_KEYBOARDS = programs_of("piano", "electric-piano", "harpsichord")  # instruments whose music a pianist plays unchanged
_REACH = 12  # semitones between a hand's outer notes; a ninth is reached, an octave comfortably
_LOWEST, _HIGHEST = 21, 108
_MOST_HELD = 12  # last inner notes of a hand that may still sound
_MOST_INNER = 2  # inner notes that begin together in a hand, beside melody or bass
_SHORTEST_INNER = TICKS_PER_QUARTER // 2
_SHORTEST_HELD = TICKS_PER_QUARTER // 4
_LEAP = 16  # semitones that a hand moves from one eighth to the next, at most
_BASS_RESTS = 4 * TICKS_PER_QUARTER  # from one note of a bass to the next
_MIDDLE, _ABOVE = 60, 67  # the hands meet; from here on nothing is a bass
_LOW, _MUDDY = 50, 7  # below this pitch a melody is the left hand's, and intervals narrower than a fifth sound muddy
_SHORT_BAR_TICKS = 2 * TICKS_PER_QUARTER  # one chord symbol is enough for a bar of this length
_MELODY_RANGE = (57, 81)  # a lead sheet's staff with few ledger lines
_OCTAVE_COST = 0.5


def reduce(understood: Understood, to: str = "piano") -> Score:
    """The piece for piano or as a lead sheet, with its markers.

    Args:
        understood: the piece (see `composer.understanding.understand`).
        to: a name in `REDUCTIONS`.

    Raises:
        BadInputError: an unknown target, or a piece of drums alone.
    """
    checked_reduction(to)
    if not any(part.notes and not part.is_drum for part in understood.score.parts):
        raise BadInputError("there are only drums: a reduction needs notes with pitch")
    return replace(REDUCTIONS[to](understood.score), markers=understood.markers)


def lead_sheet(score: Score) -> Score:
    """Melody on one staff, moved to it by octaves, and the chord symbols.

    >>> from composer.score import Note, Part, Score
    >>> from composer.understanding import understand
    >>> tune = Part("Piccolo", 72, tuple(Note(480 * i, p, 480) for i, p in enumerate([96, 95, 93, 91] * 4)))
    >>> bass = Part("Bass", 32, tuple(Note(1920 * i, p, 1920) for i, p in enumerate([36, 43, 41, 36])))
    >>> sheet = lead_sheet(understand(Score((tune, bass))).score)
    >>> [part.name for part in sheet.parts], sheet.parts[0].notes[0].pitch, sheet.chords[0].chord.symbol()
    (['Melody'], 72, 'C')
    """
    line = melody_line(score)
    shifts = _octaves(score, line)
    melody = tuple(replace(note, pitch=note.pitch + shifts[score.bar_at(note.start_ticks).index]) for note in line)
    return replace(score, parts=(Part("Melody", _PIANO, melody),), chords=tuple(_sparse(score)))


def _octaves(score: Score, line: Sequence[Note]) -> list[int]:
    """Semitones by which each bar of the line moves to be on the staff; changing them costs as much as half a bar off it."""
    low, high = _MELODY_RANGE
    shifts = [12 * octaves for octaves in range(-4, 6)]
    fits = np.tile([-abs(shift) / 1200 for shift in shifts], (len(score.bars), 1))
    for index, group in groupby(line, key=lambda note: score.bar_at(note.start_ticks).index):
        pitches = np.array([note.pitch for note in group])
        fits[index] -= [float(((pitches + shift < low) | (pitches + shift > high)).mean()) for shift in shifts]
        fits[index] -= [float(pitches.min() + shift < 0 or pitches.max() + shift > 127) for shift in shifts]
    return [shifts[choice] for choice in best_path(fits, _OCTAVE_COST)]


def _sparse(score: Score) -> Iterator[ChordSymbol]:
    """Chord symbols for a player: where the chord changes, in short bars on the barline only."""
    last: Chord | None = None
    for symbol in score.chords:
        bar = score.bar_at(symbol.start_ticks)
        crowded = bar.start_ticks < symbol.start_ticks and bar.time_signature.bar_ticks <= _SHORT_BAR_TICKS
        if symbol.chord != last and not crowded:
            last = symbol.chord
            yield symbol


def piano_reduction(score: Score) -> Score:
    """Two staves, each within a hand's reach at every onset. Music for one keyboard stays as it is."""
    pitched = [part for part in score.parts if not part.is_drum]
    if len(pitched) <= 2 and all(part.program in _KEYBOARDS for part in pitched):
        return replace(score, parts=tuple(pitched))
    melody = [note for note in melody_line(score) if _LOWEST <= note.pitch <= _HIGHEST]
    everything = sorted({note for part in pitched for note in part.notes})
    bass = _bass_line(pitched, melody)
    right, left = _hands(score, melody, bass)
    inner = _in_rhythm(score, _inner(everything, {*melody, *bass}), [*melody, *bass])
    for _, together in groupby(inner, key=lambda note: note.start_ticks):
        _place(list(together), right, left)
    loudness = _loudness(score, melody)
    hands = [tuple(loudness(note) for note in hand.all_notes()) for hand in (right, left)]
    names = ("Piano (right hand)", "Piano (left hand)")
    return replace(score, parts=tuple(Part(name, _PIANO, notes) for name, notes in zip(names, hands, strict=True)), chords=())


def _hands(score: Score, melody: list[Note], bass: list[Note]) -> tuple[_Hand, _Hand]:
    """Melody to the right and bass to the left; low melody over no bass, or one that doubles it, is the left hand's too."""
    sounding = _Line(bass)
    low: set[Note] = set()
    for _, group in groupby(melody, key=lambda note: score.bar_at(note.start_ticks).index):
        notes = list(group)
        under = [(note, sounding.at(note.start_ticks)) for note in notes]
        alone = all(other is None or note.pitch - other.pitch in (0, _REACH) for note, other in under)
        if alone and median(note.pitch for note in notes) < (_ABOVE if any(other for _, other in under) else _LOW):
            low.update(notes)
    return _Hand([note for note in melody if note not in low]), _Hand(sorted([*bass, *low]))


def _bass_line(parts: Sequence[Part], melody: list[Note]) -> list[Note]:
    """The lowest line that is not the melody, each note to the next one's beginning at the longest.

    What others play far above a note of the bass player, right after it or before the next one, is not part of the line.
    """
    tune = _Line(melody)
    lowest: dict[int, tuple[Note, set[int]]] = {}  # with the parts that play the note
    for index, part in enumerate(parts):
        for note in part.notes:
            above = tune.at(note.start_ticks)
            if note.pitch < (above.pitch if above else _ABOVE):
                other, players = lowest.get(note.start_ticks, (None, set[int]()))
                if other is None or note.pitch < other.pitch:
                    lowest[note.start_ticks] = note, {index}
                elif note.pitch == other.pitch:
                    lowest[note.start_ticks] = min(note, other), {*players, index}
    line: list[Note] = []
    starts, playing = sorted(lowest), set[int]()
    for place, start in enumerate(starts):
        note, players = lowest[start]
        if line and line[-1].end_ticks > start and note.pitch > line[-1].pitch:
            continue  # an inner note over a held bass
        if line and not players & playing and note.pitch > line[-1].pitch + _REACH:
            later = (lowest[tick][0].pitch for tick in starts[place + 1 :] if tick - line[-1].start_ticks <= _BASS_RESTS)
            if start - line[-1].start_ticks <= _SHORTEST_INNER or any(pitch + _REACH < note.pitch for pitch in later):
                continue  # an inner note after a short one of the bass
        line.append(note)
        playing = players
    cut = [replace(a, duration_ticks=min(a.duration_ticks, b.start_ticks - a.start_ticks)) for a, b in pairwise(line)]
    return [note for note in (*cut, *line[-1:]) if note.pitch >= _LOWEST]


def _inner(notes: list[Note], outer: set[Note]) -> Iterator[Note]:
    """Notes that are neither melody nor bass and not a repetition faster than an eighth, by onset."""
    taken = {(note.start_ticks, note.pitch) for note in outer}
    last: dict[int, int] = {}
    for note in notes:
        if (note.start_ticks, note.pitch) in taken:
            continue
        if note.start_ticks - last.get(note.pitch, -TICKS_PER_QUARTER) < _SHORTEST_INNER:
            continue
        last[note.pitch] = note.start_ticks
        taken.add((note.start_ticks, note.pitch))
        yield note


def _in_rhythm(score: Score, inner: Iterable[Note], outer: Iterable[Note]) -> Iterator[Note]:
    """Inner notes on the beats, and longer ones that begin with an outer note or on an eighth where no part plays triplets.

    They also end there: two hands share one rhythm.
    """
    borders = sorted({tick for note in outer for tick in (note.start_ticks, note.end_ticks)})
    known = set(borders)
    uneven = {tick // TICKS_PER_QUARTER for tick in borders if tick % _SHORTEST_HELD}
    for note in inner:
        bar = score.bar_at(note.start_ticks)
        into = note.start_ticks - bar.start_ticks
        off_beat = into % (bar.time_signature.beat_ticks if bar.time_signature.is_compound else TICKS_PER_QUARTER) > 0
        stray = into % _SHORTEST_INNER or (off_beat and note.start_ticks // TICKS_PER_QUARTER in uneven)
        if (off_beat and note.duration_ticks < _SHORTEST_INNER) or (stray and note.start_ticks not in known):
            continue
        last = borders[bisect_right(borders, note.end_ticks) - 1] if borders else 0
        end = max(last, note.end_ticks - (note.end_ticks - bar.start_ticks) % _SHORTEST_INNER)
        yield replace(note, duration_ticks=end - note.start_ticks if end > note.start_ticks else _SHORTEST_HELD)


def _loudness(score: Score, melody: list[Note]) -> Callable[[Note], Note]:
    """Gives a note the melody's dynamic in its bar: instruments that were marked apart are one now."""
    marked: dict[int, int] = {}
    for index, group in groupby(melody, key=lambda note: score.bar_at(note.start_ticks).index):
        marked[index] = round(median(note.velocity for note in group))
    return lambda note: replace(note, velocity=marked.get(score.bar_at(note.start_ticks).index, note.velocity))


class _Line:
    """A line of notes that do not overlap, looked up by time."""

    def __init__(self, notes: list[Note]) -> None:
        self._notes = notes
        self._starts = [note.start_ticks for note in notes]

    def at(self, tick: int) -> Note | None:
        """The note that sounds at a tick."""
        index = bisect_right(self._starts, tick) - 1
        return self._notes[index] if index >= 0 and self._notes[index].end_ticks > tick else None


@dataclass
class _Hand:
    """The line that a hand must play, and the inner notes that it has taken on beside it."""

    line: list[Note]
    inner: list[Note] = field(default_factory=list)
    _first: int = 0

    @cached_property
    def _starts(self) -> list[int]:
        return [note.start_ticks for note in self.line]

    def sounding(self, note: Note) -> list[Note]:
        """The notes that the hand holds or strikes while `note` sounds."""
        while self._first < len(self.line) and self.line[self._first].end_ticks <= note.start_ticks:
            self._first += 1  # notes come in order of onset
        held = []
        for other in self.line[self._first :]:
            if other.start_ticks >= note.end_ticks:
                break
            held.append(other)
        return held + [other for other in self.inner[-_MOST_HELD:] if other.end_ticks > note.start_ticks]

    def _moves_to(self, note: Note) -> bool:
        """Whether the hand has the time to move to the note, and from it to the next ones of the line."""
        first = max(0, bisect_right(self._starts, note.start_ticks - _SHORTEST_INNER - 1))
        last = bisect_right(self._starts, note.start_ticks + _SHORTEST_INNER)
        near = (*self.line[first:last], *self.inner[-_MOST_HELD:])
        return all(
            abs(other.pitch - note.pitch) <= _LEAP
            for other in near
            if abs(other.start_ticks - note.start_ticks) <= _SHORTEST_INNER
        )

    def reaches(self, note: Note) -> bool:
        """Whether the hand gets to the note in time and reaches it for as long as it sounds."""
        held = self.sounding(note)
        pitches = [other.pitch for other in held] + [note.pitch]
        together = sum(other.start_ticks == note.start_ticks for other in held)
        nearest = min((abs(other.pitch - note.pitch) for other in held), default=128)
        clear = nearest >= _MUDDY if min(pitches) < _LOW else nearest > 0
        within = max(pitches) - min(pitches) <= _REACH and together <= _MOST_INNER
        return clear and within and self._moves_to(note)

    def all_notes(self) -> tuple[Note, ...]:
        """Line and inner notes in order."""
        return tuple(sorted({*self.line, *self.inner}))


def _place(together: list[Note], right: _Hand, left: _Hand) -> None:
    """Gives each inner note of one onset to a hand that reaches it, new pitch classes first, doublings left out."""
    first = together[0]
    sounding_classes = {note.pitch % 12 for hand in (right, left) for note in hand.sounding(first)}
    for note in sorted(together, key=lambda note: (-note.duration_ticks, -note.pitch)):
        if note.pitch % 12 in sounding_classes:
            continue
        if _assign(note, right, left):
            sounding_classes.add(note.pitch % 12)


def _assign(note: Note, right: _Hand, left: _Hand) -> bool:
    """Gives the note to a hand, for a beat only if no hand can hold it longer; whether that succeeded."""
    for ticks in sorted({max(note.duration_ticks, _SHORTEST_HELD), min(note.duration_ticks, TICKS_PER_QUARTER)}, reverse=True):
        lasting = replace(note, duration_ticks=ticks)
        for hand, pitch in _assignments(lasting, right, left):
            moved = replace(lasting, pitch=pitch)
            if hand.reaches(moved):
                hand.inner.append(moved)
                return True
    return False


def _assignments(note: Note, right: _Hand, left: _Hand) -> Iterator[tuple[_Hand, int]]:
    """Hands and octaves to try: between bass and melody, as written first, then nearer to the right hand, then to the left."""
    top = min((other.pitch for other in right.sounding(note) if other in right.line), default=_HIGHEST)
    bottom = max((other.pitch for other in left.sounding(note) if other in left.line), default=_LOWEST)
    inside = [pitch for pitch in range(note.pitch % 12, 128, 12) if bottom < pitch < top]
    for pitch in sorted(inside, key=lambda pitch: (abs(pitch - note.pitch), -pitch)):
        hands = (right, left) if pitch >= _MIDDLE - 5 else (left, right)
        for hand in hands:
            yield hand, pitch


REDUCTIONS: dict[str, Callable[[Score], Score]] = {"piano": piano_reduction, "lead-sheet": lead_sheet}


def checked_reduction(name: str) -> str:
    """The name of a reduction.

    Raises:
        BadInputError: there is none of that name.
    """
    if name not in REDUCTIONS:
        raise BadInputError(f"reduction {name!r} is not known: choose from {', '.join(REDUCTIONS)}")
    return name
