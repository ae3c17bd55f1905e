"""Ticks to seconds, strictly or with rubato, and small shifts of onsets.

Rules: phrase arch (Friberg, Bresin and Sundberg 2006, after Todd 1989), final ritardando (Friberg and Sundberg 1999,
"Does music performance allude to locomotion?", JASA 105, 1469-1484), swing ratio by tempo (Friberg and Sundström 2002,
Music Perception 19, 333-349), melody lead (Goebl 2001, JASA 110, 563-572), asynchrony in ensembles (Rasch 1979,
Acustica 43, 121-131). Knows no loudness and no note ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from composer.performance.note_table import Floats, Ints, NoteTable, phrase_bounds
from composer.performance.profiles import Profile
from composer.score import DEFAULT_QPM, TICKS_PER_QUARTER, Score

GRID_TICKS = TICKS_PER_QUARTER // 4  # resolution of the tempo curve, a sixteenth
MAX_STRETCH = 1.06  # the most that rubato may lengthen a span, before the compensation
ARCH_DEPTH = 0.04
TEMPO_PEAK = 0.45  # position of the tempo maximum in a phrase
RITARD_EXPONENT = 3.0  # q of Friberg and Sundberg's curve, the value preferred by listeners
RITARD_S = 2.6  # typical length of a final ritardando
SwingSpan = tuple[int, int, float]  # first tick, tick after the last, and the swing from 0 to 1


@dataclass(frozen=True, slots=True)
class TimeMap:
    """Piecewise linear map from ticks to seconds, both increasing. (K,) each."""

    ticks: Floats
    times_s: Floats

    def seconds(self, ticks: Ints | Floats) -> Floats:
        """Time of each tick in seconds; ticks beyond the last knot are extrapolated."""
        inside = np.interp(ticks, self.ticks, self.times_s)
        pace = (self.times_s[-1] - self.times_s[-2]) / (self.ticks[-1] - self.ticks[-2])
        return np.asarray(inside + np.maximum(0.0, np.asarray(ticks) - self.ticks[-1]) * pace)


def strict_map(score: Score) -> TimeMap:
    """The score's tempo map, without rubato."""
    end = max(score.bars[-1].end_ticks, score.last_note_end_ticks)
    knots = sorted({0, end, *(t.start_ticks for t in score.tempos if 0 < t.start_ticks < end)})
    return TimeMap(np.array(knots, dtype=np.float64), np.array([score.seconds_at(tick) for tick in knots]))


def arch(place: Floats, peak: float) -> Floats:
    """A parabola over a phrase: 1 at `peak` (0-1), 0 at the farther end; `place` runs from 0 to 1."""
    return np.asarray(1.0 - ((place - peak) / max(peak, 1.0 - peak)) ** 2)


def ritard(place: Floats, final: float) -> Floats:
    """Relative tempo along a ritardando, from 1 at place 0 to `final` at place 1 (Friberg and Sundberg 1999)."""
    return np.asarray((1.0 + (final**RITARD_EXPONENT - 1.0) * np.clip(place, 0.0, 1.0)) ** (1.0 / RITARD_EXPONENT))


def expressive_map(score: Score, profile: Profile, amount: float, seed: int = 0) -> TimeMap:
    """The tempo map with phrase arches and ritardandos, scaled by `amount` (0-1).

    Neither the piece nor any span between two of its hit points or sudden tempo changes changes in length. The rest of a span
    evenly compensates for its ritardandos, by at most `MAX_STRETCH`.
    """
    plain = strict_map(score)
    groove = any(part.is_drum for part in score.parts)  # a drummer keeps time
    grid = np.unique(np.append(np.arange(0, plain.ticks[-1], GRID_TICKS), plain.ticks))
    middles = (grid[1:] + grid[:-1]) / 2
    steps_s = np.diff(plain.seconds(grid))
    factor = 1.0 + (0.0 if groove else amount * profile.phrase * ARCH_DEPTH) * _phrase_wave(score, middles, seed)
    bounds = _fixed_ticks(score, plain.ticks)
    stretch = np.searchsorted(bounds, middles) - 1  # index of the span of each step
    written_s = np.diff(plain.seconds(bounds))
    for damping in (1.0, 0.6, 0.3, 0.0):
        slowing = _slowing(score, middles, amount * profile.ritard * damping * (0.5 if groove else 1.0))
        played_s = steps_s / (factor * slowing)
        longer = np.bincount(stretch, played_s, len(written_s)) / written_s
        if longer.max() <= MAX_STRETCH:
            break
    return TimeMap(grid, np.append(0.0, np.cumsum(played_s / longer[stretch])))


def _fixed_ticks(score: Score, ticks: Floats) -> Floats:
    """The ticks of tempo changes, without those of gradual ones, and the hit points: rubato does not move these. (K,)"""
    gradual = np.zeros(len(ticks), bool)
    for ramp in score.tempo_ramps:
        gradual |= (ticks > ramp.start_ticks) & (ticks <= ramp.end_ticks) & (ticks < ticks[-1])
    hits = [marker.start_ticks for marker in score.markers if marker.hit and marker.start_ticks < ticks[-1]]
    return np.unique(np.append(ticks[~gradual], hits))


def phrase_depths(count: int, seed: int) -> Floats:
    """Depth of each phrase arch, around 1; shaping all phrases alike would sound mechanical. (count,)"""
    return np.clip(1.0 + 0.35 * np.random.default_rng([seed, 3]).standard_normal(count), 0.3, 1.7)


def _phrase_wave(score: Score, ticks: Floats, seed: int) -> Floats:
    """Tempo deviation of the phrase arches at each tick, with mean 0, about -1 to 0.6.

    Two levels, as in the KTH rule: every phrase, and at half depth every pair of phrases.
    """
    bounds = phrase_bounds(score)
    depths = phrase_depths(len(bounds) - 1, seed)
    pairs = np.unique(np.append(bounds[:-1:2], bounds[-1]))
    return _arches(ticks, bounds, depths) + _arches(ticks, pairs, np.full(len(pairs) - 1, 0.5))


def _arches(ticks: Floats, bounds: Ints, depths: Floats) -> Floats:
    """One arch of mean 0 and the given depth between adjacent bounds."""
    index = np.clip(np.searchsorted(bounds, ticks, side="right") - 1, 0, len(bounds) - 2)
    place = np.clip((ticks - bounds[index]) / (bounds[index + 1] - bounds[index]), 0.0, 1.0)
    mean = float(np.mean(arch(np.linspace(0.0, 1.0, 65), TEMPO_PEAK)))
    return depths[index] * (arch(place, TEMPO_PEAK) - mean)


def _slowing(score: Score, ticks: Floats, amount: float) -> Floats:
    """Relative tempo of the final ritardando and of small ones before later sections; a loop has none."""
    result = np.ones(len(ticks))
    if score.is_loop:
        return result  # a loop continues
    last_onset = max((n.start_ticks for p in score.parts if not p.is_drum for n in p.notes), default=0)
    length = min(RITARD_S * score.qpm_at(last_onset) / 60.0 * TICKS_PER_QUARTER, 0.2 * last_onset)
    is_written = any(ramp.slows and ramp.end_ticks > last_onset - length for ramp in score.tempo_ramps)
    if length > 0 and not is_written:
        result *= ritard((ticks - (last_onset - length)) / length, 1.0 - 0.3 * min(1.5, amount))
    first = score.bars[score.upbeat_bars].start_ticks  # which no section precedes
    for marker in score.section_markers:
        bar = score.bar_at(marker.start_ticks)
        if first < bar.start_ticks < last_onset - 2 * length:
            span = bar.time_signature.bar_ticks
            place = (ticks - (bar.start_ticks - span)) / span
            result *= np.where(place < 1.0, ritard(place, 1.0 - 0.1 * min(1.5, amount)), 1.0)
    return result


def swing_ratio(qpm: float) -> float:
    """Ratio of long to short eighths in swing, from about 3 at 90 to 1 at 320 qpm (Friberg and Sundström 2002).

    >>> [round(swing_ratio(qpm), 1) for qpm in (80, 200, 320)]
    [3.0, 2.0, 1.0]
    """
    return float(np.interp(qpm, [80.0, 320.0], [3.0, 1.0]))


def swung(ticks: Ints, score: Score, amount: Floats) -> Floats:
    """Ticks with the midpoints of simple beats delayed by a share of the full swing ratio.

    Args:
        ticks: (N,)
        score: whose tempo determines the ratio; one with compound meters does not swing.
        amount: the share for each tick, 0 to 1. (N,)
    """
    if not amount.any() or any(bar.time_signature.is_compound for bar in score.bars):
        return ticks.astype(np.float64)
    ratio = swing_ratio(score.qpm_at(0) if score.tempos else DEFAULT_QPM)
    middle = 0.5 + amount * (ratio / (1.0 + ratio) - 0.5)
    beat, place = np.divmod(ticks / TICKS_PER_QUARTER, 1.0)
    late = np.where(place < 0.5, 2.0 * place * middle, middle + (2.0 * place - 1.0) * (1.0 - middle))
    return np.asarray((beat + late) * TICKS_PER_QUARTER)


def swing_amounts(ticks: Ints, usual: float, spans: Sequence[SwingSpan]) -> Floats:
    """The swing at each tick: that of the span which it is in, else the usual one. (N,)

    >>> swing_amounts(np.array([0, 480, 960]), 0.0, [(480, 960, 0.5)]).tolist()
    [0.0, 0.5, 0.0]
    """
    amounts = np.full(len(ticks), usual)
    for start, end, amount in spans:
        amounts[(ticks >= start) & (ticks < end)] = amount
    return amounts


def onset_shifts_s(table: NoteTable, profile: Profile, amount: float, seed: int) -> Floats:
    """Shift of each onset in seconds: melody lead, asynchrony between players, spread chords.

    Notes that a part starts together share an error. Correlated (slow random walk) and independent errors are mixed, as in
    human timing (Gilden 2001). Errors are about 5 to 12 ms. (N,)
    """
    shifts = np.zeros(len(table.part))
    drums = set(table.part[~table.pitched].tolist())
    for index in np.unique(table.part).tolist():
        rng = np.random.default_rng([seed, 1, index])
        rows = np.flatnonzero(table.part == index)
        onsets, inverse = np.unique(table.start[rows], return_inverse=True)
        walk = _smooth(rng.standard_normal(len(onsets)), 0.8)
        size_s = 0.002 if index in drums else 0.006
        errors = size_s * (0.7 * walk + 0.7 * rng.standard_normal(len(onsets)))
        shifts[rows] = profile.noise * np.clip(errors, -0.02, 0.02)[inverse]
        if index not in drums:
            rank = np.arange(len(rows)) - np.searchsorted(inverse, inverse)  # 0 for the lowest note of a chord
            shifts[rows] += 0.003 * profile.noise * np.minimum(rank, 5)
    shifts -= 0.010 * profile.voicing * table.melody  # the full lead of a piano is 20-30 ms; half suits all instruments
    return amount * shifts


def _smooth(noise: Floats, memory: float) -> Floats:
    """First-order autoregression of unit variance, driven by white noise."""
    result = np.empty_like(noise)
    state = 0.0
    gain = float(np.sqrt(1.0 - memory**2))
    for i, value in enumerate(noise.tolist()):
        state = memory * state + gain * value
        result[i] = state
    return result
