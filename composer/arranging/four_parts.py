"""Four-part writing: finds alto and tenor between a melody and the bass of the harmony, as in a chorale.

Alto and tenor minimize one cost over the whole piece (dynamic programming): the chord's third is there, no parallel fifths and
octaves, no crossing, small steps, no doubled leading note (Aldwell and Schachter, *Harmony and Voice Leading*). Afterwards
passing notes fill thirds, and suspensions hold tones over a strong beat.
"""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from composer.arranging.setting import Setting
from composer.score import Chord, Note

_OCTAVE = 12
_WIDEST_UPPER, _WIDEST_LOWER = 12, 12  # semitones between soprano and alto, alto and tenor
_PASSING, _SUSPENDED = 0.4, 0.15

Ranges = tuple[tuple[int, int], tuple[int, int], tuple[int, int]]  # of alto, tenor and bass


@dataclass(frozen=True, slots=True)
class Event:
    """A beat on which the harmony or the melody moves: its tick, length, chord and four pitches."""

    start: int
    ticks: int
    chord: Chord
    soprano: int
    alto: int
    tenor: int
    bass: int


def moments(setting: Setting, tune: Sequence[Note]) -> list[tuple[int, Chord, int]]:
    """Tick, chord and melody pitch of each beat on which the melody strikes or the chord changes."""
    beat, found = setting.plan.meter.beat_ticks, []
    starts = [note.start_ticks for note in tune]
    struck = {start for start in starts if start % beat == 0}
    for bar in setting.bars:
        places = {bar.start + span.start for span in bar.spans}
        places |= {tick for tick in range(bar.start, bar.start + setting.plan.meter.bar_ticks, beat) if tick in struck}
        for tick in sorted(places):
            index = max(0, bisect_right(starts, tick) - 1)
            found.append((tick, bar.chord_at(tick - bar.start), tune[index].pitch if tune else 72))
    return found


def set_parts(setting: Setting, tune: Sequence[Note], ranges: Ranges) -> list[Event]:
    """Alto, tenor and bass of each moment at minimum cost."""
    points = moments(setting, tune)
    basses = _bass_line([chord for _, chord, _ in points], ranges[2])
    leading = (setting.plan.key.tonic + 11) % _OCTAVE
    layers: list[list[tuple[int, int]]] = []
    costs: list[dict[tuple[int, int], float]] = []
    back: list[dict[tuple[int, int], tuple[int, int]]] = []
    for index, ((_, chord, soprano), bass) in enumerate(zip(points, basses, strict=True)):
        options = list(_options(chord, soprano, bass, ranges)) or [_fallback(chord, soprano, ranges)]
        now: dict[tuple[int, int], float] = {}
        came: dict[tuple[int, int], tuple[int, int]] = {}
        for pair in options:
            still = _standing(chord, soprano, bass, pair, leading)
            if index == 0:
                now[pair] = still
                continue
            before = (points[index - 1][2], basses[index - 1])
            best = min(costs[-1], key=lambda other: costs[-1][other] + _moving(before, other, (soprano, bass), pair, leading))
            now[pair] = still + costs[-1][best] + _moving(before, best, (soprano, bass), pair, leading)
            came[pair] = best
        layers.append(options)
        costs.append(now)
        back.append(came)
    pair = min(costs[-1], key=lambda other: costs[-1][other])
    chosen = [pair]
    for came in reversed(back[1:]):
        pair = came[pair]
        chosen.append(pair)
    chosen.reverse()
    ends = [tick for tick, _, _ in points[1:]] + [setting.plan.bars * setting.plan.meter.bar_ticks]
    return [
        Event(tick, end - tick, chord, soprano, alto, tenor, bass)
        for (tick, chord, soprano), end, (alto, tenor), bass in zip(points, ends, chosen, basses, strict=True)
    ]


def _bass_line(chords: Sequence[Chord], span: tuple[int, int]) -> list[int]:
    """The basses of the chords, each near the one before and in the middle of the register."""
    low, high = span
    last, line = (low + high) / 2, []
    for chord in chords:
        options = [pitch for pitch in range(low, high + 1) if pitch % _OCTAVE == chord.lowest]
        pitch = min(
            options or [low + (chord.lowest - low) % _OCTAVE], key=lambda p: abs(p - last) + 0.25 * abs(p - (low + high) / 2)
        )
        line.append(pitch)
        last = pitch
    return line


def _options(chord: Chord, soprano: int, bass: int, ranges: Ranges) -> Iterator[tuple[int, int]]:
    tones = chord.pitch_classes
    altos = [
        p for p in range(ranges[0][0], min(ranges[0][1], soprano) + 1) if p % _OCTAVE in tones and soprano - p <= _WIDEST_UPPER
    ]
    tenors = [p for p in range(max(bass, ranges[1][0]), ranges[1][1] + 1) if p % _OCTAVE in tones]
    for alto, tenor in product(altos, tenors):
        if tenor <= alto <= tenor + _WIDEST_LOWER:
            yield alto, tenor


def _fallback(chord: Chord, soprano: int, ranges: Ranges) -> tuple[int, int]:
    """The nearest tones if no spacing is allowed: under a melody below the alto's range."""

    def nearest(span: tuple[int, int], wanted: int) -> int:
        return min(
            (p for p in range(span[0], span[1] + 1) if p % _OCTAVE in chord.pitch_classes), key=lambda p: abs(p - wanted)
        )

    return nearest(ranges[0], soprano - 4), nearest(ranges[1], soprano - 9)


def _standing(chord: Chord, soprano: int, bass: int, pair: tuple[int, int], leading: int) -> float:
    """Cost of a single chord."""
    alto, tenor = pair
    classes = [pitch % _OCTAVE for pitch in (soprano, alto, tenor, bass)]
    cost = 0.0
    third = next(
        ((chord.root + tone) % _OCTAVE for tone in (4, 3) if (chord.root + tone) % _OCTAVE in chord.pitch_classes), None
    )
    if third is not None:
        cost += 5.0 if third not in classes else 1.2 * (classes.count(third) - 1)
    for tone in chord.pitch_classes - {third, chord.root, (chord.root + 7) % _OCTAVE}:  # such as sevenths: exactly once
        cost += 2.0 if tone not in classes else 4.0 * (classes.count(tone) - 1)
    cost += 0.6 * ((chord.root + 7) % _OCTAVE not in classes) + 1.5 * (chord.root not in classes)
    cost += 4.0 * max(0, classes.count(leading) - 1)
    cost += 1.0 * (soprano == alto) + 1.5 * (alto == tenor) + 2.0 * (tenor == bass) + 0.8 * (tenor - bass < 4)
    return cost + 0.06 * abs((soprano - alto) - (alto - tenor)) + 0.1 * max(0, tenor - bass - 14)


def _moving(before: tuple[int, int], one: tuple[int, int], now: tuple[int, int], other: tuple[int, int], leading: int) -> float:
    """Cost of moving from one chord to the next."""
    first, then = (before[0], one[0], one[1], before[1]), (now[0], other[0], other[1], now[1])
    cost = 0.0
    for voice in (1, 2):
        size = abs(then[voice] - first[voice])
        cost += 0.22 * size + (0.8 if size > 4 else 0.0) + (2.0 if size > 7 else 0.0) + (1.5 if size == 6 else 0.0)
        if first[voice] % _OCTAVE == leading and then[voice] != first[voice]:
            cost += 0.0 if then[voice] - first[voice] in (1, -1, -2) else 1.2
    for upper in range(4):
        for lower in range(upper + 1, 4):
            if first[upper] == then[upper] or first[lower] == then[lower]:
                continue
            interval = (then[upper] - then[lower]) % _OCTAVE
            if interval in (0, 7) and (first[upper] - first[lower]) % _OCTAVE == interval:
                cost += 5.0
    cost += 1.5 * (then[1] > first[0]) + 1.0 * (then[2] > first[1]) + 1.0 * (then[1] < first[2])
    return cost


def embellished(setting: Setting, events: Sequence[Event], voice: str, chance: random.Random, rate: float) -> list[Note]:
    """One voice as notes, with passing notes and suspensions.

    Args:
        setting: the piece.
        events: the four parts.
        voice: "alto", "tenor" or "bass".
        chance: of the embellishments.
        rate: share of the usual embellishments, 0 to 1.
    """
    beat, notes = setting.plan.meter.beat_ticks, list[Note]()
    ticks_of_bar = setting.plan.meter.bar_ticks
    last = len(events) - 1
    for index, event in enumerate(events):
        pitch, energy = getattr(event, voice), setting.bars[min(event.start // ticks_of_bar, len(setting.bars) - 1)].energy
        velocity = round(50 + 32 * energy)
        start, ticks = event.start, event.ticks
        following = events[index + 1] if index < last else None
        previous = notes[-1] if notes else None
        falls = previous is not None and previous.end_ticks == start and 1 <= previous.pitch - pitch <= 2
        may_wait = index < last and voice != "bass" and start % ticks_of_bar == 0 and ticks >= beat
        suspends = falls and may_wait and pitch % _OCTAVE != event.soprano % _OCTAVE and chance.random() < _SUSPENDED * rate
        if suspends and previous:
            half = beat if ticks > beat else beat // 2
            notes[-1] = Note(previous.start_ticks, previous.pitch, previous.duration_ticks + half, previous.velocity)
            start, ticks = start + half, ticks - half
        target = getattr(following, voice) if following else None
        if target is not None and ticks >= beat and abs(target - pitch) in (3, 4) and chance.random() < _PASSING * rate:
            between = _between(setting, pitch, target)
            if between is not None:
                half = max(beat // 2, ticks // 4)
                notes.append(Note(start, pitch, ticks - half, velocity))
                notes.append(Note(start + ticks - half, between, half, velocity - 3))
                continue
        notes.append(Note(start, pitch, ticks, velocity))
    return notes


def _between(setting: Setting, low: int, high: int) -> int | None:
    scale = setting.plan.key.scale
    inside = [p for p in range(min(low, high) + 1, max(low, high)) if p % _OCTAVE in scale]
    return inside[len(inside) // 2] if inside else None


def pitch_at(events: Sequence[Event], starts: Sequence[int], tick: int, voice: str) -> int:
    """The pitch that a voice has at a tick."""
    value: int = getattr(events[max(0, bisect_right(starts, tick) - 1)], voice)
    return value
