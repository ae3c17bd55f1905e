"""Beat and bar tracking of performances: onset events, beats, metrical level, downbeats.

Knows seconds and accents, not bars or notes of a score.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from composer.analysis.arrays import Floats, Ints, ScoreArrays
from composer.understanding.quantizing import COMPOUND, SIMPLE, quantize_events

_TOGETHER_S = 0.045  # maximum spread of a chord's onsets
_LONG_S = 0.6  # longer intervals do not add weight
_BASS_REACH_S = 2.0  # window around an event for finding the bass


@dataclass(frozen=True)
class Events:
    """Onset events of a piece in time order, (E,) each, and the event of each note.

    Notes that start almost together are one event (a chord is never played exactly together). Events weigh more with more
    notes, before a long interval (agogic accent), with loudness and with a low bass (Lerdahl and Jackendoff 1983, metrical
    preference rules 4-6; Dixon 2001, "Automatic extraction of tempo and beat from expressive performances").

    Attributes:
        time_s: mean onset of the event's notes.
        weight: strength of the accent, 1 on average.
        start_s: onset of each note, pitched notes before drums, each in the order of `ScoreArrays`: (N,).
        event: event of each of these notes: (N,).
    """

    time_s: Floats
    weight: Floats
    start_s: Floats
    event: Ints


def find_events(arrays: ScoreArrays) -> Events:
    """Finds the onset events of a piece with notes."""
    tables = (arrays.notes, arrays.drums)
    start = arrays.seconds(np.concatenate([table.start for table in tables]))
    pitch = np.concatenate([arrays.notes.pitch, np.full(len(arrays.drums), 127)])
    velocity = np.concatenate([table.velocity for table in tables])
    order = np.argsort(start, kind="stable")
    event = _clusters(start[order])
    n_events = int(event[-1]) + 1
    count = np.bincount(event)
    time_s = np.bincount(event, start[order]) / count
    loud = np.bincount(event, velocity[order]) / count
    lowest = np.full(n_events, 127)
    np.minimum.at(lowest, event, pitch[order])
    interval = np.minimum(np.diff(time_s, append=time_s[-1] + _LONG_S) / _LONG_S, 1.0)
    weight = np.sqrt(count) * (0.4 + interval) * (0.5 + loud / 128) + 0.7 * _is_bass(time_s, lowest)
    of_note = np.empty(len(start), np.int64)
    of_note[order] = event
    return Events(time_s, weight / max(weight.mean(), 1e-9), start, of_note)


def _clusters(times: Floats) -> Ints:
    """Event index of each onset, given ascending times."""
    labels, first, label = [], -np.inf, -1
    for time in times.tolist():
        if time - first > _TOGETHER_S:
            first, label = time, label + 1
        labels.append(label)
    return np.array(labels, np.int64)


def _is_bass(time_s: Floats, lowest: Ints) -> Floats:
    """1 where an event has the lowest pitch within reach (within a third), else 0."""
    low = np.searchsorted(time_s, time_s - _BASS_REACH_S)
    high = np.searchsorted(time_s, time_s + _BASS_REACH_S)
    floor = np.array([lowest[a:b].min() for a, b in zip(low.tolist(), high.tolist(), strict=True)])
    return np.asarray(lowest <= floor + 4, np.float64)


_RATIOS = (1.0, 2.0, 0.5, 1.5, 2 / 3)


@dataclass(frozen=True, slots=True)
class Weights:
    """Costs of a reading in addition to its rhythm, in nats.

    Attributes:
        beat: per beat.
        compound: additional cost per dotted beat.
        change: per squared octave of tempo change between beats.
        usual: per event of a reading one deviation from the preferred tempo.
        octaves: that deviation.
    """

    beat: float = 0.3
    compound: float = 0.3
    change: float = 20.0
    usual: float = 0.1
    octaves: float = 0.8


@dataclass(frozen=True, slots=True)
class Reading:
    """Beats at one metrical level, and the terms of its cost.

    Attributes:
        beats_s: beat times: (B,).
        simple: cost of the rhythm in simple beats.
        compound: cost of the rhythm in dotted beats.
        changes: sum of the squared tempo changes, in octaves.
        distance: distance of the period from the preferred one, in octaves.
        events: number of onset events.
    """

    beats_s: Floats
    simple: float
    compound: float
    changes: float
    distance: float
    events: int

    def cost(self, compound: bool | None, weights: Weights) -> float:
        """The description length; `compound` specifies whether beats are dotted, `None` if unknown."""
        dotted = self.compound + weights.compound * len(self.beats_s)
        rhythm = min(self.simple, dotted) if compound is None else dotted if compound else self.simple
        pace = weights.beat * len(self.beats_s) + weights.change * self.changes
        return rhythm + pace + weights.usual * self.events * (self.distance / weights.octaves) ** 2 / 2


def find_beats(events: Events, start_s: float, end_s: float, *, compound: bool | None = None) -> Floats:
    """Beat times in seconds that cover `start_s` to `end_s`, at the metrical level with the simplest rhythm.

    Beats are tracked at the induced tempo, its double, its half and the 3:2 ratios. The reading with the shortest description
    wins: the costs of its subdivisions, of its tempo changes and of an unusual tempo (minimum description length, as Temperley
    2007, "Music and Probability", ch. 3, weighs meters). The weights were fitted on training pieces by
    `tools/fit/levels.py`; a wide range does equally well, these are within 0.005 of the best, and stiffer ones found
    fewer meters on held-out pieces. What they leave undecided is also ambiguous to human listeners.

    Args:
        events: onset events.
        start_s: the first onset.
        end_s: the end of the last note.
        compound: whether beats are dotted; `None` if unknown.
    """
    weights = Weights()
    return min(readings(events, start_s, end_s), key=lambda reading: reading.cost(compound, weights)).beats_s


def readings(events: Events, start_s: float, end_s: float) -> list[Reading]:
    """The piece at every metrical level, starting with the induced tempo; see `find_beats`."""
    induced = induce_period(onset_function(events, start_s, end_s))
    periods = [induced * ratio for ratio in _RATIOS if SHORTEST_S <= induced * ratio <= LONGEST_S]
    return [_reading(events, track_beats(events, start_s, end_s, period), period) for period in periods]


def _reading(events: Events, beats_s: Floats, period: float) -> Reading:
    simple, compound = (quantize_events(events.time_s, beats_s, choices)[2] for choices in (SIMPLE, COMPOUND))
    changes = float(np.sum(np.diff(np.log2(np.diff(beats_s))) ** 2))
    return Reading(beats_s, simple, compound, changes, float(np.log2(period / PREFERRED_S)), len(events.time_s))


_PRIOR = {2: -0.12, 3: 0.0, 4: 0.06, 5: -0.4, 7: -0.5}  # prior of each number of beats, as an effect size
_PRIOR_COMPOUND = {2: 0.1, 3: -0.05, 4: 0.0}
_HARMONY, _BASS = 1.5, 1.0  # weights relative to the accent of starting notes
_LONGEST = 2.0  # notes longer than this many beats do not weigh more


def beat_accents(start: Floats, end: Floats, pitch: Floats, n_cells: int, cells_per_beat: int = 1) -> Floats:
    """Strength of each cell (a beat, or an equal part of one): (n_cells,), mean 0, deviation 1.

    Strong cells are those on which more and longer notes start, the bass enters and the harmony changes (Temperley 2001;
    Klapuri, Eronen and Astola 2006, "Analysis of the meter of acoustic musical signals").

    Args:
        start: note starts in beats: (N,).
        end: note ends in beats.
        pitch: MIDI pitches; drums as nan.
        n_cells: number of cells.
        cells_per_beat: cells per beat.
    """
    cell = np.rint(start * cells_per_beat).astype(np.int64)
    on = np.abs(start * cells_per_beat - cell) < 0.01
    on &= cell < n_cells
    length = np.minimum(end - start, _LONGEST)
    pitched = on & ~np.isnan(pitch)
    begun = np.bincount(cell[on], np.sqrt(np.maximum(length[on], 0.0)), n_cells)
    lowest = np.full(n_cells, 128.0)
    np.minimum.at(lowest, cell[pitched], pitch[pitched])
    bass = np.where(lowest <= _running_floor(lowest) + 4, 1.0, 0.0)
    novelty = _novelty(cell, pitch, end, n_cells, cells_per_beat)
    return _standard(_standard(np.sqrt(begun)) + _BASS * _standard(bass) + _HARMONY * _standard(novelty))


def find_bars(accents: Floats, *, compound: bool) -> tuple[int, int]:
    """Estimates beats per bar (2, 3, 4, 5 or 7) and the first downbeat's index (0-based, less than that number).

    Other meters have to be specified by the user.

    >>> find_bars(np.tile([2.0, 0.0, 0.1], 12), compound=False)
    (3, 0)
    """
    prior = _PRIOR_COMPOUND if compound else _PRIOR
    contrast = {n: _contrasts(accents, n) for n in prior}
    beats = max(prior, key=lambda n: float(contrast[n].max()) + prior[n])
    return beats, int(contrast[beats].argmax())


def first_downbeat(accents: Floats, cells_per_bar: int) -> int:
    """Index of the first downbeat in bars of a known number of cells."""
    return int(_contrasts(accents, cells_per_bar).argmax())


def _contrasts(accents: Floats, period: int) -> Floats:
    """Mean accent of the cells at each phase minus that of all others: (period,); zero for one bar or less."""
    if len(accents) <= period:
        return np.zeros(period)
    place = np.arange(len(accents)) % period
    total, count = np.bincount(place, accents, period), np.bincount(place, minlength=period)
    rest = (accents.sum() - total) / np.maximum(len(accents) - count, 1)
    return np.asarray(total / count - rest, np.float64)


def _novelty(cell: Ints, pitch: Floats, end: Floats, n_cells: int, cells_per_beat: int) -> Floats:
    """Distance between the pitch classes of the two beats after and before each cell: (n_cells,)."""
    chroma = np.zeros((n_cells, 12))
    pitched = np.flatnonzero(~np.isnan(pitch) & (cell < n_cells))
    for index in pitched.tolist():
        first = int(cell[index])
        last = max(first + 1, int(np.rint(min(end[index] * cells_per_beat, n_cells))))
        chroma[first : min(last, first + 4 * cells_per_beat), int(pitch[index]) % 12] += 1.0
    span = 2 * cells_per_beat
    sums = np.concatenate([np.zeros((1, 12)), np.cumsum(chroma, axis=0)])
    at = np.arange(n_cells)
    after = sums[np.minimum(at + span, n_cells)] - sums[at]
    before = sums[at] - sums[np.maximum(at - span, 0)]
    norm = np.linalg.norm(after, axis=1) * np.linalg.norm(before, axis=1)
    return np.asarray(np.where(norm > 0, 1.0 - (after * before).sum(axis=1) / np.maximum(norm, 1e-9), 0.0), np.float64)


def _running_floor(lowest: Floats, reach: int = 4) -> Floats:
    """Lowest pitch within a few cells."""
    padded = np.pad(lowest, reach, constant_values=128.0)
    return np.asarray(np.min(np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1), axis=1), np.float64)


def _standard(values: Floats) -> Floats:
    deviation = float(values.std())
    return np.asarray((values - values.mean()) / max(deviation, 1e-9), np.float64)


RATE_HZ = 80
_SMOOTH_S = 0.022
PREFERRED_S = 0.6  # 100 beats per minute
_PREFERENCE_OCTAVES = 0.55
SHORTEST_S, LONGEST_S = 0.24, 1.4
_WANDER = 1.5  # maximum ratio between local and main tempo
_STIFFNESS = 60.0  # cost of doubling the tempo between two beats
_REFINE_S = 0.07  # maximum distance of an event from its beat


def onset_function(events: Events, start_s: float, end_s: float) -> Floats:
    """Accents as a smooth function of time from `start_s` to `end_s` at `RATE_HZ`, mean 0, deviation 1: (F,)."""
    frames = int((end_s - start_s) * RATE_HZ) + 2
    place = np.clip(np.rint((events.time_s - start_s) * RATE_HZ).astype(np.int64), 0, frames - 1)
    pulses = np.bincount(place, events.weight, frames)
    width = int(4 * _SMOOTH_S * RATE_HZ)
    kernel = np.exp(-0.5 * (np.arange(-width, width + 1) / (_SMOOTH_S * RATE_HZ)) ** 2)
    smooth = np.convolve(pulses, kernel, "same") if frames >= len(kernel) else pulses
    return np.asarray((smooth - smooth.mean()) / max(float(smooth.std()), 1e-9), np.float64)


def induce_period(envelope: Floats) -> float:
    """The main beat's period in seconds.

    The onset function is autocorrelated and combed, with a log-normal preference for about 100 beats per minute (Ellis 2007,
    "Beat tracking by dynamic programming"; Parncutt 1994).

    >>> envelope = np.zeros(80 * 20)
    >>> envelope[::40] = 1.0
    >>> induce_period(envelope - envelope.mean())
    0.5
    """
    lags = np.arange(int(SHORTEST_S * RATE_HZ), int(LONGEST_S * RATE_HZ) + 1)
    longest = 4 * int(lags[-1]) + 2
    size = 1 << int(len(envelope) + longest).bit_length()
    spectrum = np.fft.rfft(envelope, size)
    correlation = np.fft.irfft(np.abs(spectrum) ** 2, size)[:longest]
    correlation = correlation / max(float(correlation[0]), 1e-9)
    near = np.maximum(correlation, np.maximum(np.roll(correlation, 1), np.roll(correlation, -1)))  # tolerates inexact tempos
    comb = correlation[lags] + 0.6 * near[2 * lags] + 0.3 * near[3 * lags] + 0.4 * near[4 * lags]
    preference = np.exp(-0.5 * (np.log2(lags / RATE_HZ / PREFERRED_S) / _PREFERENCE_OCTAVES) ** 2)
    return float(lags[int(np.argmax(np.maximum(comb, 1e-6) * preference))] / RATE_HZ)


def track_beats(events: Events, start_s: float, end_s: float, period_s: float) -> Floats:
    """Beat times in seconds that cover `start_s` to `end_s`: the first at or before, the last at or after.

    The path of beats maximizes the accents at beats, weighted by their duration, minus the square of every tempo change in
    octaves: Ellis's recursion with the period as a second state, as in the bar pointer models (Whiteley, Cemgil and Godsill
    2006), so that the tempo may vary.

    Args:
        events: onset events.
        start_s: the first onset.
        end_s: the end of the last note.
        period_s: the beat's main period.
    """
    envelope = onset_function(events, start_s, end_s)
    period = round(period_s * RATE_HZ)
    frames = _best_path(envelope, period)
    beats = _refined(start_s + frames / RATE_HZ, events)
    return _covering(beats, period / RATE_HZ, start_s, end_s)


def _best_path(envelope: Floats, main: int) -> Ints:
    """Frames of the beats: Viterbi over (frame, period since the previous beat)."""
    periods = np.arange(max(2, round(main / _WANDER)), round(main * _WANDER) + 1)  # (P,)
    jumps = -_STIFFNESS * np.log2(periods[:, None] / periods[None, :]) ** 2  # (P, P): this period, the previous one
    home = -0.3 * np.log2(periods / main) ** 2
    gain = periods / main
    frames, states = len(envelope), len(periods)
    lead = int(periods[-1])
    best = np.zeros((frames + lead, states))  # rows before `lead` precede the piece
    back = np.full((frames, states), -1, np.int64)
    row = np.arange(states)
    for frame in range(frames):
        before = best[frame + lead - periods] + jumps  # (P, P)
        choice = before.argmax(axis=1)
        best[frame + lead] = before[row, choice] + gain * (envelope[frame] + home)
        back[frame] = choice
    last = frames + lead - main
    frame = int(best[last:].max(axis=1).argmax()) + last - lead
    state = int(best[frame + lead].argmax())
    path = []
    while frame >= 0:
        path.append(frame)
        frame, state = frame - int(periods[state]), int(back[frame, state])
    return np.array(path[::-1], np.int64)


def _refined(beats: Floats, events: Events) -> Floats:
    """Moves beats to the strongest nearby event, since frames are coarser than hearing."""
    moved = beats.copy()
    for index, beat in enumerate(beats.tolist()):
        low, high = np.searchsorted(events.time_s, [beat - _REFINE_S, beat + _REFINE_S])
        if low < high:
            distance = np.abs(events.time_s[low:high] - beat)
            moved[index] = events.time_s[low + int(np.argmax(events.weight[low:high] - distance / _REFINE_S))]
    return np.asarray(np.maximum.accumulate(moved + np.arange(len(moved)) * 1e-6), np.float64)


def _covering(beats: Floats, period: float, start_s: float, end_s: float) -> Floats:
    """Extends beats at their first and last pace until they cover the piece."""
    if len(beats) < 2:
        return np.asarray(start_s + period * np.arange(int((end_s - start_s) / period) + 2), np.float64)
    first, last = float(np.median(np.diff(beats[:5]))), float(np.median(np.diff(beats[-5:])))
    before = int(np.ceil(max(0.0, beats[0] - start_s - 1e-9) / first))
    after = int(np.ceil(max(0.0, end_s - beats[-1]) / last)) + 1
    return np.concatenate([beats[0] - first * np.arange(before, 0, -1), beats, beats[-1] + last * np.arange(1, after + 1)])
