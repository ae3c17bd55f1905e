"""Beats of a performance: tempo induction by autocorrelation, then dynamic programming over beat times.

The onset function is autocorrelated and combed with a log-normal preference for about 100 beats a minute (Ellis 2007, "Beat
tracking by dynamic programming"; Parncutt 1994). The path of beats maximises accents at beats, counted by the time they stand
for, less the square of every change of tempo in octaves; Ellis's recursion with the period as a second state, as in the bar
pointer models (Whiteley, Cemgil and Godsill 2006), so that the tempo may wander.

Knows seconds and weights, neither bars nor notes.
"""

from __future__ import annotations

import numpy as np

from composer.analysis.arrays import Floats, Ints
from composer.transcription.onsets import Events

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
    """Beats moved onto the strongest near event, frames being coarser than hearing."""
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
