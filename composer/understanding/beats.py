"""Beats and bars of a performance: onset events, beat tracking, metrical level, downbeats.

Knows seconds and weights, nothing of parts or tokens.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from composer.analysis.arrays import Floats, Ints, ScoreArrays
from composer.understanding.quantizing import COMPOUND, SIMPLE, quantise_events

_TOGETHER_S = 0.045  # from the first to the last note of a chord as people play it
_LONG_S = 0.6  # an interval from which on an event weighs no more
_BASS_REACH_S = 2.0  # around an event, for telling whether its lowest note is the bass


@dataclass(frozen=True)
class Events:
    """Onset events of a piece by time, (E,) each, and the event of each note.

    Attributes:
        time_s: mean onset of the event's notes.
        weight: how strong an accent it is, about 1.
        start_s: onset of each note, pitched ones first, then drums, each as `ScoreArrays` has them: (N,).
        event: event of each of these notes: (N,).
    """

    time_s: Floats
    weight: Floats
    start_s: Floats
    event: Ints


def find_events(arrays: ScoreArrays) -> Events:
    """The onset events of a piece that has notes.

    Notes that begin almost together are one event: no chord is struck in one instant. An event weighs more with more notes,
    before a long interval (agogic accent), with loudness and with a low bass (Lerdahl and Jackendoff 1983, metrical preference
    rules 4-6; Dixon 2001, "Automatic extraction of tempo and beat from expressive performances").
    """
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
    """Number of the event of each onset, ascending times given."""
    labels, first, label = [], -np.inf, -1
    for time in times.tolist():
        if time - first > _TOGETHER_S:
            first, label = time, label + 1
        labels.append(label)
    return np.array(labels, np.int64)


def _is_bass(time_s: Floats, lowest: Ints) -> Floats:
    """1 where an event has the lowest pitch within reach (give a third), else 0."""
    low = np.searchsorted(time_s, time_s - _BASS_REACH_S)
    high = np.searchsorted(time_s, time_s + _BASS_REACH_S)
    floor = np.array([lowest[a:b].min() for a, b in zip(low.tolist(), high.tolist(), strict=True)])
    return np.asarray(lowest <= floor + 4, np.float64)


_RATIOS = (1.0, 2.0, 0.5, 1.5, 2 / 3)


@dataclass(frozen=True, slots=True)
class Weights:
    """What a reading costs in addition to its rhythm, in nats.

    Fitted on training pieces by `tools/fit/levels.py`, where a wide range is equally good, these within 0.005 of the best;
    stiffer ones found fewer right meters in held-out pieces. What they leave undecided, people also tap differently.

    Attributes:
        beat: of every beat.
        compound: of every dotted beat, beside that.
        change: of a squared octave of tempo from beat to beat.
        usual: of every event of a reading one deviation from the preferred tempo.
        octaves: that deviation.
    """

    beat: float = 0.3
    compound: float = 0.3
    change: float = 20.0
    usual: float = 0.1
    octaves: float = 0.8


@dataclass(frozen=True, slots=True)
class Reading:
    """Beats at one metrical level and the terms of their cost.

    Attributes:
        beats_s: beat times: (B,).
        simple: cost of the rhythm in simple beats.
        compound: the same in dotted beats.
        changes: sum of the squared changes of tempo, in octaves.
        distance: of the period from the preferred one, in octaves.
        events: number of onset events.
    """

    beats_s: Floats
    simple: float
    compound: float
    changes: float
    distance: float
    events: int

    def cost(self, compound: bool | None, weights: Weights) -> float:
        """The description's length; `compound` says whether beats are dotted, `None` that this is not known."""
        dotted = self.compound + weights.compound * len(self.beats_s)
        rhythm = min(self.simple, dotted) if compound is None else dotted if compound else self.simple
        pace = weights.beat * len(self.beats_s) + weights.change * self.changes
        return rhythm + pace + weights.usual * self.events * (self.distance / weights.octaves) ** 2 / 2


def find_beats(events: Events, start_s: float, end_s: float, *, compound: bool | None = None) -> Floats:
    """Beat times in seconds that cover `start_s` to `end_s`, at the level that makes the rhythm simplest.

    Beats are tracked at the induced tempo, its double, its half and the ratios of three to two between them. Each reading is
    weighed by the length of its description: the cost of its subdivisions, of its changes of tempo, and of an unusual tempo
    (minimum description length, as Temperley 2007, "Music and Probability", ch. 3, weighs meters).

    Args:
        events: onset events.
        start_s: the first onset.
        end_s: the end of the last note.
        compound: whether beats are dotted; `None` if that is not known.
    """
    weights = Weights()
    return min(readings(events, start_s, end_s), key=lambda reading: reading.cost(compound, weights)).beats_s


def readings(events: Events, start_s: float, end_s: float) -> list[Reading]:
    """The piece at every level, that of the induced tempo first; see `find_beats`."""
    induced = induce_period(onset_function(events, start_s, end_s))
    periods = [induced * ratio for ratio in _RATIOS if SHORTEST_S <= induced * ratio <= LONGEST_S]
    return [_reading(events, track_beats(events, start_s, end_s, period), period) for period in periods]


def _reading(events: Events, beats_s: Floats, period: float) -> Reading:
    simple, compound = (quantise_events(events.time_s, beats_s, choices)[2] for choices in (SIMPLE, COMPOUND))
    changes = float(np.sum(np.diff(np.log2(np.diff(beats_s))) ** 2))
    return Reading(beats_s, simple, compound, changes, float(np.log2(period / PREFERRED_S)), len(events.time_s))


_BEFOREHAND = {2: -0.12, 3: 0.0, 4: 0.06, 5: -0.4, 7: -0.5}  # how much likelier each number of beats is, as an effect size
_BEFOREHAND_COMPOUND = {2: 0.1, 3: -0.05, 4: 0.0}
_HARMONY, _BASS = 1.5, 1.0  # weights beside the accent of the notes that begin
_LONGEST = 2.0  # beats beyond which a note weighs no more


def beat_accents(start: Floats, end: Floats, pitch: Floats, n_cells: int, cells_per_beat: int = 1) -> Floats:
    """How strong each cell (a beat, or an equal part of one) is: (n_cells,), mean 0, deviation 1.

    A downbeat is where more and longer notes begin, where the bass enters and where the harmony changes (Temperley 2001;
    Klapuri, Eronen and Astola 2006, "Analysis of the meter of acoustic musical signals").

    Args:
        start: note starts in beats: (N,).
        end: note ends in beats.
        pitch: MIDI pitches; drums as nan.
        n_cells: number of cells.
        cells_per_beat: cells to a beat.
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
    """Beats per bar (2, 3, 4, 5 or 7; no others are estimated) and the first downbeat's index (0-based, below that number).

    >>> find_bars(np.tile([2.0, 0.0, 0.1], 12), compound=False)
    (3, 0)
    """
    beforehand = _BEFOREHAND_COMPOUND if compound else _BEFOREHAND
    contrast = {n: _contrasts(accents, n) for n in beforehand}
    beats = max(beforehand, key=lambda n: float(contrast[n].max()) + beforehand[n])
    return beats, int(contrast[beats].argmax())


def first_downbeat(accents: Floats, cells_per_bar: int) -> int:
    """Index of the first downbeat in bars of a known number of cells."""
    return int(_contrasts(accents, cells_per_bar).argmax())


def _contrasts(accents: Floats, period: int) -> Floats:
    """Mean accent of the cells at each phase over that of all others: (period,); 0 for one bar or less."""
    if len(accents) <= period:
        return np.zeros(period)
    place = np.arange(len(accents)) % period
    total, count = np.bincount(place, accents, period), np.bincount(place, minlength=period)
    rest = (accents.sum() - total) / np.maximum(len(accents) - count, 1)
    return np.asarray(total / count - rest, np.float64)


def _novelty(cell: Ints, pitch: Floats, end: Floats, n_cells: int, cells_per_beat: int) -> Floats:
    """Distance between the pitch classes of the two beats after and the two before each cell: (n_cells,)."""
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
PREFERRED_S = 0.6  # 100 beats a minute
_PREFERENCE_OCTAVES = 0.55
SHORTEST_S, LONGEST_S = 0.24, 1.4
_WANDER = 1.5  # how far local tempo may leave the main one, as a ratio
_STIFFNESS = 60.0  # what a change of tempo by an octave between two beats would cost
_REFINE_S = 0.07  # how far an event may lie from the beat that it is taken to mark


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

    The onset function is autocorrelated and combed with a log-normal preference for about 100 beats per minute (Ellis 2007,
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
    near = np.maximum(correlation, np.maximum(np.roll(correlation, 1), np.roll(correlation, -1)))  # a tempo is never exact
    comb = correlation[lags] + 0.6 * near[2 * lags] + 0.3 * near[3 * lags] + 0.4 * near[4 * lags]
    preference = np.exp(-0.5 * (np.log2(lags / RATE_HZ / PREFERRED_S) / _PREFERENCE_OCTAVES) ** 2)
    return float(lags[int(np.argmax(np.maximum(comb, 1e-6) * preference))] / RATE_HZ)


def track_beats(events: Events, start_s: float, end_s: float, period_s: float) -> Floats:
    """Beat times in seconds that cover `start_s` to `end_s`: the first one at or before, the last one at or after.

    The path maximizes the accents at beats, each weighted by the time it covers, minus the square of every change of tempo in
    octaves: Ellis's recursion with the period as a second state, as in the bar pointer models (Whiteley, Cemgil and Godsill
    2006), so that the tempo may drift.

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
    """Frames of the beats: Viterbi over (frame, period to the beat before)."""
    periods = np.arange(max(2, round(main / _WANDER)), round(main * _WANDER) + 1)  # (P,)
    jumps = -_STIFFNESS * np.log2(periods[:, None] / periods[None, :]) ** 2  # (P, P): row = this, column = the one before
    home = -0.3 * np.log2(periods / main) ** 2
    gain = periods / main
    frames, states = len(envelope), len(periods)
    lead = int(periods[-1])
    best = np.zeros((frames + lead, states))  # rows before `lead`: nothing has been heard yet
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
    """Beats moved to the strongest nearby event, since frames are coarse."""
    moved = beats.copy()
    for index, beat in enumerate(beats.tolist()):
        low, high = np.searchsorted(events.time_s, [beat - _REFINE_S, beat + _REFINE_S])
        if low < high:
            distance = np.abs(events.time_s[low:high] - beat)
            moved[index] = events.time_s[low + int(np.argmax(events.weight[low:high] - distance / _REFINE_S))]
    return np.asarray(np.maximum.accumulate(moved + np.arange(len(moved)) * 1e-6), np.float64)


def _covering(beats: Floats, period: float, start_s: float, end_s: float) -> Floats:
    """Beats continued at their first and last pace until nothing lies outside."""
    if len(beats) < 2:
        return np.asarray(start_s + period * np.arange(int((end_s - start_s) / period) + 2), np.float64)
    first, last = float(np.median(np.diff(beats[:5]))), float(np.median(np.diff(beats[-5:])))
    before = int(np.ceil(max(0.0, beats[0] - start_s - 1e-9) / first))
    after = int(np.ceil(max(0.0, end_s - beats[-1]) / last)) + 1
    return np.concatenate([beats[0] - first * np.arange(before, 0, -1), beats, beats[-1] + last * np.arange(1, after + 1)])
