"""Part writing: finds alto, tenor and bass below a melody over given chords, as in a chorale, or two or four voices below it.

The lower voices minimize one cost over the whole piece (dynamic programming): chords have their third, voices move by small
steps and keep their order and distance, no parallel fifths and octaves, leading notes and sevenths resolve, the bass moves
against the melody (Aldwell and Schachter, *Harmony and Voice Leading*).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, product

import numpy as np
from numpy.typing import NDArray

from composer.analysis.chord_functions import bent_scale
from composer.arranging.setting import Setting
from composer.score import TICKS_PER_QUARTER, Chord, Key, Note

_OCTAVE = 12
_WIDEST = 12  # semitones between soprano and alto, and between alto and tenor
_USUALLY_BELOW = (4, 9, 14)  # semitones from the melody to inner voices
_MIDDLE, _MIDDLE_OF_BASS = 0.06, 0.05  # cost of a semitone away from the middle of the register
USUAL_MELODY = 69  # mean pitch
_SOFTEST, _ENERGY_SHARE = 50, 32  # velocity of a bar without energy, and what energy adds
_FOREIGN, _REPLACED, _STATIC = 1.5, 0.8, 0.9  # costs of chords without the melody's tone, of unplanned and repeated ones
# Costs of root motions by semitones upwards, and of triads by semitones from the tonic, where they take a planned one's place;
# after their rates in 50 openings of human hymns.
_ROOTS = (0.5, 1.0, 0.4, 0.9, 0.9, 0.0, 1.2, 0.1, 0.9, 0.6, 0.4, 1.0)
_DEGREES = {0: 0.0, 2: 0.3, 3: 0.3, 4: 0.6, 5: 0.2, 7: 0.1, 8: 0.4, 9: 0.3, 10: 0.3, 11: 0.6}
_UNSTABLE, _STABLE_BASSES = 1.0, (0, 3, 4)  # cost of a bass other than the root or the third
_RUBS = 1.0  # cost of a passing note of the melody that clashes or is not above the alto
# Costs of a pitch that neighbors share, from above, by number of voices.
_UNISONS = {3: (1.0, 2.0), 4: (1.0, 1.5, 2.0), 5: (1.0, 1.0, 1.5, 2.0)}
_CROWDED = 5.0  # cost of three voices on one pitch
_PARALLEL = 5.0  # cost of parallel fifths and octaves
_SAME_CHORD, _SAME_BASS = 0.5, 0.6  # costs of those of an earlier bar with the same melody
_RETURNS = 2  # rounds in which such bars get new chords, so that a third occurrence differs from the second
_LOWER_VOICES = {
    2: ("alto", "bass"),
    3: ("alto", "tenor", "bass"),
    4: ("second", "alto", "tenor", "bass"),
}
_CLOSES = ("authentic", "half", "related")  # kinds of cadences whose bass is planned

Ranges = Sequence[tuple[int, int]]  # of the lower voices, from the highest down
Pitches = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Event:
    """A beat on which the harmony or the melody moves: its tick, length, chord and pitches from the soprano down."""

    start: int
    ticks: int
    chord: Chord
    pitches: tuple[int, ...]

    @property
    def soprano(self) -> int:
        """The pitch of the melody."""
        return self.pitches[0]

    @property
    def voices(self) -> Mapping[str, int]:
        """The pitch of each voice, from the soprano down."""
        return dict(zip(("soprano", *lower_voices(len(self.pitches) - 1)), self.pitches, strict=True))


@dataclass(frozen=True, slots=True)
class _Moment:
    """A beat for which a chord is set.

    Attributes:
        start: tick.
        chord: the planned one.
        soprano: pitch of the melody.
        begins: whether the planned chord begins here.
        struck: whether the melody strikes here.
        passing: pitches that the melody strikes before the next beat.
    """

    start: int
    chord: Chord
    soprano: int
    begins: bool
    struck: bool
    passing: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _Layer:
    """What may sound at a moment: the chords, and of each option its chord's index, pitches (N, voices) and cost (N,)."""

    chords: tuple[Chord, ...]
    of_chord: NDArray[np.int64]
    pitches: NDArray[np.int64]
    cost: NDArray[np.float64]


def lower_voices(count: int) -> tuple[str, ...]:
    """The names of two to four voices below a soprano."""
    return _LOWER_VOICES[count]


def velocity_of(setting: Setting, event: Event) -> int:
    """The velocity of the voices of a chord, by the energy of its bar."""
    bar = min(event.start // setting.plan.meter.bar_ticks, len(setting.bars) - 1)
    return round(_SOFTEST + _ENERGY_SHARE * setting.bars[bar].energy)


def pulse_of(setting: Setting) -> int:
    """Ticks between places where voices strike together: a beat, but a quarter in meters of half notes unless melismatic."""
    beat = setting.plan.meter.beat_ticks
    return beat if setting.band.melismatic or setting.plan.meter.is_compound else min(beat, TICKS_PER_QUARTER)


def _moments(setting: Setting, tune: Sequence[Note]) -> list[_Moment]:
    """Each beat, from the first note of the melody on, on which the melody strikes or the chord changes."""
    meter, pulse, found = setting.plan.meter, pulse_of(setting), list[_Moment]()
    starts = [note.start_ticks for note in tune]
    struck = {start for start in starts if start % pulse == 0}
    first = starts[0] if starts else 0
    for bar in setting.bars:
        end = bar.start + meter.bar_ticks
        changes = {tick for span in bar.spans if (tick := bar.start + span.start) > first}
        if bar.start <= first < end:
            changes.add(first)
        for tick in sorted(changes | {tick for tick in range(bar.start, end, pulse) if tick in struck}):
            index = max(0, bisect_right(starts, tick) - 1)
            chord = bar.chord_at(tick - bar.start)
            begins = tick in changes and not (found and found[-1].chord == chord)
            found.append(_Moment(tick, chord, tune[index].pitch if tune else USUAL_MELODY, begins, tick in struck))
    ends = [moment.start for moment in found[1:]] + [setting.plan.bars * meter.bar_ticks]
    return [
        replace(moment, passing=tuple(note.pitch for note in tune if moment.start < note.start_ticks < end))
        for moment, end in zip(found, ends, strict=True)
    ]


def set_parts(setting: Setting, tune: Sequence[Note], ranges: Ranges, *, harmonize: bool = False) -> list[Event]:
    """The lower voices of each moment at minimum cost.

    Args:
        setting: the piece.
        tune: the melody.
        ranges: of the two to four voices.
        harmonize: whether struck notes of the melody may have other chords of the key where the planned one lacks them or has
            sounded before, and planned chords another bass, except in bars that close a phrase.
    """
    plan, moments, key = setting.plan, _moments(setting, tune), setting.plan.key
    closing = {bar for bar, kind in enumerate(plan.closes) if kind in _CLOSES} | {plan.bars - 1}
    leading = (key.tonic + 11) % _OCTAVE
    layers: list[_Layer] = []
    like = _earlier(moments, tune, plan.meter.bar_ticks, closing) if harmonize else {}
    for index, moment in enumerate(moments):
        varies = harmonize and 0 < index < len(moments) - 2
        following = moments[index + 1].chord if index in like and varies else None
        chords = _chords(moment, key, following) if varies else [(moment.chord, 0.0)]
        keeps_bass = not harmonize or moment.start // plan.meter.bar_ticks in closing
        layers.append(_layer(moment, chords, ranges, leading, keeps_bass=keeps_bass))
    moves = [
        _moving(before, now, moment.begins, leading, key.tonic) + _reaching(before, now, last.passing)
        for before, now, last, moment in zip(layers, layers[1:], moments, moments[1:], strict=False)
    ]
    chosen = cheapest([layer.cost for layer in layers], moves)
    for _ in range(_RETURNS if like else 0):
        taken = [_taken(layer, choice) for layer, choice in zip(layers, chosen, strict=True)]
        costs = [layer.cost + _repeating(layer, [taken[e] for e in like.get(i, ())]) for i, layer in enumerate(layers)]
        chosen = cheapest(costs, moves)
    ends = [moment.start for moment in moments[1:]] + [plan.bars * plan.meter.bar_ticks]
    return [
        Event(
            moment.start,
            _length(moment.start, end, tune),
            layer.chords[layer.of_chord[choice]],
            tuple(map(int, layer.pitches[choice])),
        )
        for moment, end, layer, choice in zip(moments, ends, layers, chosen, strict=True)
    ]


def cheapest(costs: Sequence[NDArray[np.float64]], moves: Sequence[NDArray[np.float64]]) -> list[int]:
    """The option of each layer on the cheapest way through all of them."""
    total, back = costs[0], list[NDArray[np.int64]]()
    for cost, move in zip(costs[1:], moves, strict=True):
        through = total[:, None] + move
        back.append(through.argmin(0))
        total = through.min(0) + cost
    chosen = [int(total.argmin())]
    for came in reversed(back):
        chosen.append(int(came[chosen[-1]]))
    return chosen[::-1]


def _earlier(moments: Sequence[_Moment], tune: Sequence[Note], ticks: int, closing: Collection[int]) -> dict[int, list[int]]:
    """The moments at the same place of earlier bars with the same melody, by moment.

    Bars that close a phrase have none, nor has the first moment after them, with which a phrase returns.
    """
    sung: dict[int, list[tuple[int, int]]] = {}
    for note in tune:
        sung.setdefault(note.start_ticks // ticks, []).append((note.start_ticks % ticks, note.pitch))
    places = {moment.start: index for index, moment in enumerate(moments)}
    found: dict[int, list[int]] = {}
    for index, moment in enumerate(moments):
        bar = moment.start // ticks
        like = [other for other in range(bar) if bar in sung and bar not in closing and sung.get(other) == sung[bar]]
        earlier = [places[at] for other in like if (at := moment.start - (bar - other) * ticks) in places]
        if earlier and not (moment.start % ticks == 0 and bar - 1 in closing):
            found[index] = earlier
    return found


def _taken(layer: _Layer, choice: int) -> tuple[Chord, int]:
    """The chord and the pitch class of the bass of an option."""
    return layer.chords[layer.of_chord[choice]], int(layer.pitches[choice, -1]) % _OCTAVE


def _repeating(layer: _Layer, earlier: Sequence[tuple[Chord, int]]) -> NDArray[np.float64]:
    """Cost of the chords and basses of earlier bars with the same melody, (N,)."""
    cost = np.zeros(len(layer.pitches))
    for chord, bass in dict.fromkeys(earlier):
        same = np.array([other == chord for other in layer.chords])[layer.of_chord]
        cost += _SAME_CHORD * same + _SAME_BASS * (layer.pitches[:, -1] % _OCTAVE == bass)
    return cost


def _chords(moment: _Moment, key: Key, following: Chord | None) -> list[tuple[Chord, float]]:
    """The planned chord and others that may take its place, with what each costs.

    Where a melody sounds again, every chord may be varied: by those that fit also the chord that is `following`.
    """
    tone, planned = moment.soprano % _OCTAVE, moment.chord
    foreign = tone not in planned.pitch_classes
    found = [(planned, _FOREIGN * foreign)]
    if moment.struck and (foreign or following is not None or not moment.begins):
        others = [*_triads(key), *(Chord(planned.root, quality) for quality in ("maj", "min", "7") if foreign)]
        fitting = bent_scale(key.scale, planned)  # no triad that contradicts an altered tone of the planned chord
        fitting = (fitting if following is None else fitting & bent_scale(key.scale, following)) | {tone}
        found += [
            (chord, _REPLACED + _DEGREES.get((chord.root - key.tonic) % _OCTAVE, 0.6))
            for chord in dict.fromkeys(others)
            if tone in chord.pitch_classes <= fitting and chord != planned
        ]
    return found


def _triads(key: Key) -> list[Chord]:
    """The triads of a key, in minor with the leading note in the dominant's, in a church mode all on its scale."""
    if key.church:
        every = [Chord(root, quality) for root in sorted(key.scale) for quality in ("maj", "min", "dim")]
        return [chord for chord in every if chord.pitch_classes <= key.scale]
    major = ((0, "maj"), (2, "min"), (4, "min"), (5, "maj"), (7, "maj"), (9, "min"), (11, "dim"))
    minor = ((0, "min"), (2, "dim"), (3, "maj"), (5, "min"), (7, "maj"), (8, "maj"), (10, "maj"), (11, "dim"))
    return [Chord((key.tonic + step) % _OCTAVE, quality) for step, quality in (major if key.mode == "major" else minor)]


def _layer(moment: _Moment, chords: Sequence[tuple[Chord, float]], ranges: Ranges, leading: int, *, keeps_bass: bool) -> _Layer:
    """The options of a moment, with the planned bass or also other ones where the chord begins."""
    pitches, costs, of_chord = [], [], []
    for index, (chord, cost) in enumerate(chords):
        fixed = keeps_bass and moment.begins and chord == moment.chord
        options = _options(chord, moment.soprano, ranges, fixed=fixed)
        if not len(options):
            if index:
                continue
            options = np.array([_fallback(chord, moment.soprano, ranges)], np.int64)
        pitches.append(options)
        costs.append(cost + _standing(chord, options, leading) + _placed(options, ranges) + _rubbing(moment, options))
        of_chord.append(np.full(len(options), index))
    return _Layer(tuple(c for c, _ in chords), np.concatenate(of_chord), np.concatenate(pitches), np.concatenate(costs))


def _length(start: int, end: int, tune: Sequence[Note]) -> int:
    """Ticks of a chord, which ends with the melody where that rests until the next one."""
    sounding = [note.end_ticks for note in tune if note.start_ticks < end and note.end_ticks > start]
    return (min(end, max(sounding)) if sounding else end) - start


def _options(chord: Chord, top: int, ranges: Ranges, *, fixed: bool) -> Pitches:
    """The possible voicings of a chord, (N, voices), from the soprano down; a fixed one has its bass."""
    tones = chord.pitch_classes
    low = {chord.lowest} if fixed else {chord.lowest, chord.root, *_thirds(chord)}
    if chord.quality == "dim" and not fixed:
        low = {*_thirds(chord)}
    *inner, lowest = ranges
    uppers = [[p for p in range(span[0], span[1] + 1) if p % _OCTAVE in tones] for span in inner]
    uppers[0] = [p for p in uppers[0] if top - _WIDEST <= p <= top]
    basses = [p for p in range(lowest[0], lowest[1] + 1) if p % _OCTAVE in low]
    found = [
        (top, *voicing)
        for voicing in product(*uppers, basses)
        if voicing[-1] <= voicing[-2] and all(0 <= upper - under <= _WIDEST for upper, under in pairwise(voicing[:-1]))
    ]
    return np.array(found, np.int64).reshape(-1, 1 + len(ranges))


def _fallback(chord: Chord, top: int, ranges: Ranges) -> tuple[int, ...]:
    """The nearest tones if no spacing is allowed: under a melody below the alto's range."""

    def nearest(span: tuple[int, int], near: int, classes: frozenset[int]) -> int:
        inside = [p for p in range(span[0], span[1] + 1) if p % _OCTAVE in classes]
        return min(inside or [span[0]], key=lambda p: abs(p - near))

    tones = chord.pitch_classes
    *inner, lowest = ranges
    below = [nearest(span, top - down, tones) for span, down in zip(inner, _USUALLY_BELOW, strict=False)]
    return top, *below, nearest(lowest, sum(lowest) // 2, frozenset({chord.lowest}))


def _thirds(chord: Chord) -> list[int]:
    """The pitch class of a chord's third, if it has one."""
    return [tone for interval in (4, 3) if (tone := (chord.root + interval) % _OCTAVE) in chord.pitch_classes][:1]


def _seventh(chord: Chord) -> int:
    """The pitch class of a chord's minor seventh, -1 if it has none."""
    tone = (chord.root + 10) % _OCTAVE
    return tone if tone in chord.pitch_classes else -1


def _standing(chord: Chord, options: Pitches, leading: int) -> NDArray[np.float64]:
    """Cost of each voicing by itself, (N,)."""
    classes = options % _OCTAVE
    count = {tone: (classes == tone).sum(1) for tone in {*chord.pitch_classes, leading, chord.root}}
    cost = np.zeros(len(options))
    thirds = _thirds(chord)
    for third in thirds:
        cost += np.where(count[third] == 0, 5.0, 1.2 * (count[third] - 1))
    for tone in chord.pitch_classes - {*thirds, chord.root, (chord.root + 7) % _OCTAVE}:  # such as sevenths: exactly once
        cost += np.where(count[tone] == 0, 2.0, 4.0 * (count[tone] - 1))
    fifth = (chord.root + 7) % _OCTAVE
    if fifth in count:
        cost += 0.6 * (count[fifth] == 0)
    cost += 1.5 * (count[chord.root] == 0) + 4.0 * np.maximum(0, count[leading] - 1)
    bass, gaps = options[:, -1], options[:, :-1] - options[:, 1:]
    cost += (gaps == 0) @ np.array(_UNISONS[options.shape[1]]) + 0.8 * (gaps[:, -1] < 4)
    cost += _CROWDED * (options[:, :-2] == options[:, 2:]).any(1)
    cost += 0.06 * np.abs(np.diff(gaps[:, : max(2, len(gaps[0]) - 1)])).sum(1) + 0.1 * np.maximum(0, gaps[:, -1] - 14)
    if int(options[0, 0]) % _OCTAVE not in chord.pitch_classes:  # a foreign tone: its neighbors leave it alone
        near = np.abs(options[:, 1:] - options[:, :1])
        cost += 3.0 * ((near > 0) & (near <= 2)).any(1) + 4.0 * np.isin(near % _OCTAVE, (1, 11)).any(1)
    cost += 0.4 * (bass % _OCTAVE != chord.lowest)
    cost += _UNSTABLE * ~np.isin((bass - chord.root) % _OCTAVE, _STABLE_BASSES)
    return cost


def _placed(options: Pitches, ranges: Ranges) -> NDArray[np.float64]:
    """Cost of the distance of the lower voices from the middle of their registers, (N,)."""
    middle = np.array([(low + high) / 2 for low, high in ranges])
    away: NDArray[np.float64] = np.abs(options[:, 1:] - middle) @ np.array([*[_MIDDLE] * (len(ranges) - 1), _MIDDLE_OF_BASS])
    return away


def _rubbing(moment: _Moment, options: Pitches) -> NDArray[np.float64]:
    """Cost of lower voices a semitone, or octaves and a semitone, from what the melody passes through, or above it, (N,)."""
    cost = np.zeros(len(options))
    for pitch in set(moment.passing):
        cost += _RUBS * (np.isin((pitch - options[:, 1:]) % _OCTAVE, (1, _OCTAVE - 1)).any(1) | (options[:, 1] >= pitch))
    return cost


def _progressing(first: Chord, then: Chord, tonic: int) -> float:
    """Cost of one chord after another, by the motion of their roots."""
    if first == then:
        return _STATIC
    degree, move = (first.root - tonic) % _OCTAVE, (then.root - first.root) % _OCTAVE
    back = degree == 7 and (then.root - tonic) % _OCTAVE in (2, 5)  # from the dominant to a subdominant
    return _ROOTS[move] + 1.5 * back


def _moving(before: _Layer, now: _Layer, begins: bool, leading: int, tonic: int) -> NDArray[np.float64]:
    """Cost of moving from each option to each next one, (M, N)."""
    first, then = before.pitches[:, None, :], now.pitches[None, :, :]
    step, voices = then - first, then.shape[-1]
    size = np.abs(step)
    cost = np.zeros(step.shape[:2])
    for voice in range(1, voices - 1):
        leap = size[..., voice]
        cost += 0.15 * leap + 0.4 * (leap > 5) + 2.0 * (leap > 7) + 1.5 * (leap == 6)
        rises = np.isin(step[..., voice], (1, 0, -1, -2))
        cost += 1.2 * ((first[..., voice] % _OCTAVE == leading) & ~rises)
    sevenths = np.array([_seventh(chord) for chord in before.chords])[before.of_chord][:, None, None]
    falls = np.isin(step[..., 1:], (0, -1, -2))
    cost += 1.2 * ((first[..., 1:] % _OCTAVE == sevenths) & ~falls).sum(-1)
    leap = size[..., -1]
    cost += 0.08 * leap + 0.6 * (leap > 7) + 1.0 * (leap > 9) + 1.5 * (leap == 6) + 4.0 * (leap > _OCTAVE)
    cost += 0.5 * (leap == 0) * begins + 0.4 * ((leap == 0) | (leap == _OCTAVE)) * (not begins)
    for upper in range(voices):
        for lower in range(upper + 1, voices):
            moves = (step[..., upper] != 0) & (step[..., lower] != 0)
            interval = (then[..., upper] - then[..., lower]) % _OCTAVE
            same = (first[..., upper] - first[..., lower]) % _OCTAVE == interval
            cost += _PARALLEL * (moves & same & np.isin(interval, (0, 7)))
    outer = (then[..., 0] - then[..., -1]) % _OCTAVE
    together = step[..., 0] * step[..., -1] > 0
    cost += 1.2 * (together & np.isin(outer, (0, 7)) & (size[..., 0] > 2)) + 0.3 * together
    above, below = then[..., 1:] > first[..., :-1], then[..., 1:-2] < first[..., 2:-1]
    cost += 1.5 * above[..., 0] + above[..., 1:].sum(-1) + below.sum(-1)
    cost += 0.7 * (size[..., 1:] == 0).all(-1)
    follows = np.array([[_progressing(one, other, tonic) for other in now.chords] for one in before.chords])
    cost += follows[before.of_chord[:, None], now.of_chord[None, :]]
    return cost


def _reaching(before: _Layer, now: _Layer, passing: Sequence[int]) -> NDArray[np.float64]:
    """Cost of parallel fifths and octaves with the melody, which comes from a passing note, (M, N)."""
    if not passing:
        return np.zeros((1, 1))
    lower, then = before.pitches[:, None, 1:], now.pitches[None, :, 1:]
    interval = (now.pitches[None, :, :1] - then) % _OCTAVE
    same = (passing[-1] - lower) % _OCTAVE == interval
    moves = (then != lower) & (now.pitches[None, :, :1] != passing[-1])
    cost: NDArray[np.float64] = _PARALLEL * (moves & same & np.isin(interval, (0, 7))).sum(-1)
    return cost
