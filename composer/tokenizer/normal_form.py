"""From any score to the normal form, which the token stream represents exactly.

The normal form is a score in C major or A minor on the grid of `vocabulary`: meter and tempo change at barlines only,
every part has one dynamic per bar, chords begin at the start or the middle of bars, equal pitches of a part do not overlap,
there are at most 16 parts, and no names, titles and markers. `decode(encode(q))` equals `q` for every normal form `q`;
`quantize` leaves a normal form unchanged.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import replace

from composer.controls import MAX_PARTS
from composer.score import (
    DEFAULT_VELOCITY,
    TICKS_PER_QUARTER,
    Bar,
    Chord,
    ChordSymbol,
    Key,
    KeySignature,
    Note,
    Part,
    Score,
    Tempo,
    TimeSignature,
)
from composer.tokenizer.vocabulary import (
    DRUM_DURATION_STEPS,
    DRUM_PITCHES,
    DURATIONS,
    DYNAMIC_VELOCITIES,
    MAX_BAR_STEPS,
    METERS,
    POSITIONS,
    STEPS_PER_QUARTER,
    TEMPOS_QPM,
    TICKS_PER_STEP,
    nearest,
)

_KNOWN_METERS = frozenset(METERS)
_QUARTER_POSITIONS = tuple(step for step in POSITIONS if step <= STEPS_PER_QUARTER)
# The nearest allowed step for every tick of a quarter note.
_SNAP = tuple(_QUARTER_POSITIONS[nearest(_QUARTER_POSITIONS, tick / TICKS_PER_STEP)] for tick in range(TICKS_PER_QUARTER))
_SHORT = 4 * STEPS_PER_QUARTER * TICKS_PER_STEP
_DURATION_OF_TICKS = tuple(DURATIONS[nearest(DURATIONS, tick / TICKS_PER_STEP)] for tick in range(_SHORT))
_FRAGMENTS = tuple(TimeSignature(0, n, d) for n, d in ((4, 4), (1, 4), (1, 8), (1, 16), (1, 32)))
_ROLAND_DRUMS = {22: 42, 26: 46}  # the edge zones of an electronic kit's hi-hat


def functional_shift(key: Key | None) -> int:
    """Semitones (-6..5) that bring a key's tonic to C (major) or A (minor); 0 without a key.

    >>> functional_shift(Key.parse("D minor")), functional_shift(Key.parse("G major"))
    (-5, 5)
    """
    if key is None:
        return 0
    home = 0 if key.mode == "major" else 9
    return (home - key.tonic + 6) % 12 - 6


class _Grid:
    """Barlines in steps, and the nearest step of a tick whose offset in its bar has a Position token."""

    def __init__(self, bars: tuple[Bar, ...]) -> None:
        self.start_ticks = [bar.start_ticks for bar in bars]
        self.start_steps = [tick // TICKS_PER_STEP for tick in self.start_ticks]
        self.end_steps = bars[-1].end_ticks // TICKS_PER_STEP
        self._next_start = [*self.start_steps[1:], self.end_steps]

    def snap(self, tick: int) -> int:
        index = max(0, bisect_right(self.start_ticks, tick) - 1)
        return min(self.start_steps[index] + snap_ticks(tick - self.start_ticks[index]), self._next_start[index])


def quantize(score: Score) -> Score:
    """The normal form of a score, in C major or A minor (see the module docstring).

    Notes outside 0-127 after the transposition move by octaves; percussion keys outside General MIDI are left out.
    """
    bars = tuple(_lay_grid(score.bars))
    grid = _Grid(bars)
    shift = functional_shift(score.key)
    parts = tuple(_quantize_part(part, shift, grid) for part in fold_parts(score.parts))
    key = score.key and Key(0, score.key.mode)
    return Score(
        parts=parts,
        tempos=tuple(_quantize_tempos(score, bars)),
        time_signatures=_signatures(bars),
        keys=(KeySignature(0, key),) if key else (),
        chords=tuple(_quantize_chords(score.chords, shift, bars)),
        end_ticks=bars[-1].end_ticks,
    )


def _lay_grid(bars: Iterable[Bar]) -> Iterator[Bar]:
    """Bars whose meters have tokens: any other bar becomes one bar of equal length, or several."""
    index = start = 0
    for bar in bars:
        for signature in _known_meters(bar.time_signature):
            yield Bar(index, start, signature)
            index, start = index + 1, start + signature.bar_ticks


def _known_meters(signature: TimeSignature) -> Iterator[TimeSignature]:
    if str(signature) in _KNOWN_METERS:
        yield replace(signature, start_ticks=0)
        return
    left = signature.bar_ticks
    for fragment in _FRAGMENTS:
        while left >= fragment.bar_ticks:
            yield fragment
            left -= fragment.bar_ticks


def _signatures(bars: tuple[Bar, ...]) -> tuple[TimeSignature, ...]:
    signatures: list[TimeSignature] = []
    for bar in bars:
        if not signatures or str(signatures[-1]) != str(bar.time_signature):
            signatures.append(replace(bar.time_signature, start_ticks=bar.start_ticks))
    return tuple(signatures)


def _quantize_tempos(score: Score, bars: tuple[Bar, ...]) -> Iterator[Tempo]:
    if not score.tempos:
        return
    last = 0
    for bar in bars:
        qpm = TEMPOS_QPM[nearest(TEMPOS_QPM, score.qpm_at(max(bar.start_ticks, score.tempos[0].start_ticks)))]
        if qpm != last:
            yield Tempo(bar.start_ticks, float(qpm))
            last = qpm


def _quantize_chords(symbols: tuple[ChordSymbol, ...], shift: int, bars: tuple[Bar, ...]) -> Iterator[ChordSymbol]:
    """Chord changes moved to the nearest start or middle of a bar; the later of two at one place wins."""
    slots = [tick for bar in bars for tick in (bar.start_ticks, bar.start_ticks + bar.time_signature.middle_ticks)]
    placed: dict[int, Chord | None] = {}
    for symbol in symbols:
        chord = symbol.chord and symbol.chord.reduced.transposed(shift)
        placed[slots[nearest(slots, symbol.start_ticks)]] = chord
    first = min(placed, default=0)
    if first not in {bar.start_ticks for bar in bars}:
        placed[max(bar.start_ticks for bar in bars if bar.start_ticks < first)] = None  # a bar's first chord is always stated
    last: Chord | None = None
    for count, tick in enumerate(sorted(placed)):
        if count == 0 or placed[tick] != last:
            last = placed[tick]
            yield ChordSymbol(tick, last)


def snap_ticks(tick: int) -> int:
    """The grid step nearest to a tick."""
    quarter, rest = divmod(tick, TICKS_PER_QUARTER)
    return quarter * STEPS_PER_QUARTER + _SNAP[rest]


def _fit_duration(steps: int) -> int:
    """Longest duration with a token that is no longer than `steps` (at least 1)."""
    return DURATIONS[max(0, bisect_right(DURATIONS, steps) - 1)]


def _quantize_part(part: Part, shift: int, grid: _Grid) -> Part:
    onsets: dict[tuple[int, int], tuple[int, int]] = {}  # (pitch, start step) -> (duration, velocity)
    for note in part.notes:
        start = grid.snap(note.start_ticks)
        if start >= grid.end_steps:
            continue
        if part.is_drum:
            pitch = _ROLAND_DRUMS.get(note.pitch, note.pitch)
            if DRUM_PITCHES[0] <= pitch <= DRUM_PITCHES[-1]:
                onsets[pitch, start] = (min(DRUM_DURATION_STEPS, grid.end_steps - start), note.velocity)
            continue
        pitch = note.pitch + shift
        pitch += 12 if pitch < 0 else -12 if pitch > 127 else 0
        ticks = note.duration_ticks
        steps = _DURATION_OF_TICKS[ticks] if ticks < _SHORT else DURATIONS[nearest(DURATIONS, ticks / TICKS_PER_STEP)]
        if steps > onsets.get((pitch, start), (0, 0))[0]:
            onsets[pitch, start] = (steps, note.velocity)
    if part.is_drum:
        raw = [(start, pitch, steps, velocity) for (pitch, start), (steps, velocity) in onsets.items()]
    else:
        raw = list(_without_overlaps(onsets, grid.end_steps))
    return Part("", 0 if part.is_drum else part.program, tuple(_level_velocities(sorted(raw), grid)), part.is_drum)


def _without_overlaps(onsets: dict[tuple[int, int], tuple[int, int]], end_steps: int) -> Iterator[tuple[int, int, int, int]]:
    """(start, pitch, steps, velocity) with each note ending before its pitch sounds again and before the piece ends."""
    following: dict[int, int] = {}
    for pitch, start in sorted(onsets, reverse=True):
        steps, velocity = onsets[pitch, start]
        yield start, pitch, _fit_duration(min(steps, following.get(pitch, end_steps) - start)), velocity
        following[pitch] = start


def _level_velocities(raw: list[tuple[int, int, int, int]], grid: _Grid) -> Iterator[Note]:
    """Notes with one dynamic per bar: the one nearest to the median velocity of the bar's notes."""
    by_bar: dict[int, list[tuple[int, int, int, int]]] = {}
    for item in raw:
        by_bar.setdefault(bisect_right(grid.start_steps, item[0]), []).append(item)
    for items in by_bar.values():
        velocity = sorted(item[3] for item in items)[len(items) // 2]
        if velocity != DEFAULT_VELOCITY:
            velocity = DYNAMIC_VELOCITIES[1 + nearest(DYNAMIC_VELOCITIES[1:], velocity)]
        for start, pitch, steps, _ in items:
            yield Note(start * TICKS_PER_STEP, pitch, steps * TICKS_PER_STEP, velocity)


def fold_parts(parts: tuple[Part, ...], limit: int = MAX_PARTS) -> tuple[Part, ...]:
    """At most `limit` parts: all percussion in one, then the most similar parts merged, the smallest first.

    Most similar are parts of one program, then of one General MIDI family (eight programs), then any.
    """
    folded = [part for part in parts if not part.is_drum]
    drums = [part for part in parts if part.is_drum]
    if drums:
        where = next(index for index, part in enumerate(parts) if part.is_drum)
        folded.insert(sum(not part.is_drum for part in parts[:where]), _merge(drums))
    while len(folded) > limit:
        _, first, second = min(_similarity(folded))
        folded[first] = _merge([folded[first], folded[second]])
        del folded[second]
    return tuple(folded)


def _similarity(parts: list[Part]) -> Iterator[tuple[tuple[int, int], int, int]]:
    for first, one in enumerate(parts):
        for second in range(first + 1, len(parts)):
            other = parts[second]
            if one.is_drum or other.is_drum:
                distance = 3
            elif one.program == other.program:
                distance = 0
            else:
                distance = 1 if one.program // 8 == other.program // 8 else 2
            yield (distance, len(one.notes) + len(other.notes)), first, second


def _merge(parts: list[Part]) -> Part:
    largest = max(parts, key=lambda part: len(part.notes))
    return replace(largest, notes=tuple(sorted(note for part in parts for note in part.notes)))


assert all(TimeSignature.parse(meter).bar_ticks <= MAX_BAR_STEPS * TICKS_PER_STEP for meter in METERS)
