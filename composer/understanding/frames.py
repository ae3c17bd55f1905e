"""The frame of a user's piece for each kind of timing: bars, tempos, time warp, and grid position of every note."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from composer.analysis import ScoreArrays
from composer.analysis.arrays import Floats, Ints
from composer.score import TICKS_PER_QUARTER, Score, Tempo, TimeSignature
from composer.tokenizer.normal_form import snap_ticks
from composer.tokenizer.vocabulary import TICKS_PER_STEP
from composer.understanding.barlines import true_bars
from composer.understanding.beats import beat_accents, find_bars, find_beats, find_events, first_downbeat
from composer.understanding.quantizing import COMPOUND, OFF_GRID_TICKS, SIMPLE, quantize_events, written_lengths
from composer.understanding.understood import Warp

_TEMPO_CHANGE = 0.12  # a new tempo is written if a phrase differs by this much
_TEMPO_BARS = 4
_SIMPLE_PLACES = (TICKS_PER_QUARTER // 8, TICKS_PER_QUARTER // 6)
_MOSTLY = 0.75  # minimum share of triplets among divided beats in compound meter


@dataclass(frozen=True)
class Frame:
    """Bars, tempos, warp and remarks, and every note's start and length on the grid.

    Attributes:
        meters: from tick 0 on.
        tempos: from tick 0 on; on barlines if estimated.
        warp: from the user's ticks.
        starts: grid tick of each note in the order of `ScoreArrays`, pitched notes before drums: (N,).
        durations: ticks, at least one grid step: (N,).
        remarks: messages to the user.
    """

    meters: tuple[TimeSignature, ...]
    tempos: tuple[Tempo, ...]
    warp: Warp
    starts: Ints
    durations: Ints
    remarks: tuple[str, ...]


def _columns(arrays: ScoreArrays) -> tuple[Ints, Ints, Floats]:
    """Start, end and pitch (nan for drums) of all notes: (N,) each."""
    tables = (arrays.notes, arrays.drums)
    pitch = np.concatenate([arrays.notes.pitch.astype(np.float64), np.full(len(arrays.drums), np.nan)])
    return np.concatenate([t.start for t in tables]), np.concatenate([t.end for t in tables]), pitch


def notated_frame(arrays: ScoreArrays, meters: tuple[TimeSignature, ...]) -> Frame:
    """Uses the file's bars, with a padded upbeat, and the nearest grid step of its bar for each note."""
    score = arrays.score
    missing, meters = true_bars(meters, score.last_note_end_ticks)
    start, end, _ = _columns(arrays)
    bars = Score((), time_signatures=meters, end_ticks=score.last_note_end_ticks + missing + 1).bars
    bar_start = np.array([bar.start_ticks for bar in bars])
    at = start + missing
    bar = bar_start[np.searchsorted(bar_start, at, side="right") - 1]
    snapped = bar + np.array([_nearest_place(tick) for tick in (at - bar).tolist()], np.int64)
    upbeat = (f"upbeat of {_quarters(meters[0].bar_ticks - missing)}",) if missing else ()
    return Frame(meters, _moved(score, missing), Warp.shift(missing), snapped, _on_grid(end - start), upbeat)


def played_frame(arrays: ScoreArrays, meters: tuple[TimeSignature, ...]) -> Frame:
    """Uses the file's bars and beats, and the likeliest subdivision of its beat for each note."""
    score = arrays.score
    missing, meters = true_bars(meters, score.last_note_end_ticks)
    beat_ticks = _beats_of(Score((), time_signatures=meters, end_ticks=score.last_note_end_ticks + missing + 1))
    warp = Warp.shift(missing)
    events = find_events(arrays)
    beats_s = arrays.seconds(np.maximum(beat_ticks - missing, 0)) + np.minimum(beat_ticks - missing, 0) / TICKS_PER_QUARTER
    places, _, _ = quantize_events(events.time_s, beats_s, COMPOUND if meters[0].is_compound else SIMPLE)
    starts = _grid(np.interp(places, np.arange(len(beat_ticks)), beat_ticks))[events.event]
    remarks = ["played to the file's beat: quantized"]
    if missing:
        remarks.append(f"upbeat of {_quarters(meters[0].bar_ticks - missing)}")
    return Frame(meters, _moved(score, missing), warp, starts, _lengths(arrays, warp, starts), tuple(remarks))


def performed_frame(arrays: ScoreArrays, requested: TimeSignature | None) -> Frame:
    """Estimates bars and beats from the notes and ignores those of the file.

    Args:
        arrays: the piece.
        requested: the meter, if known; its felt beat (the quarter in 5/8 and 7/8) is tracked.
    """
    events = find_events(arrays)
    _, end, pitch = _columns(arrays)
    compound = requested.is_compound if requested else None
    beats_s = find_beats(events, float(events.time_s[0]), float(arrays.seconds(end).max()), compound=compound)
    if compound is None:
        compound = _is_compound(quantize_events(events.time_s, beats_s, SIMPLE)[1])
    places, _, _ = quantize_events(events.time_s, beats_s, COMPOUND if compound else SIMPLE)
    beat = 3 * TICKS_PER_QUARTER // 2 if compound else TICKS_PER_QUARTER
    start_beats, end_beats = places[events.event], np.interp(arrays.seconds(end), beats_s, np.arange(len(beats_s)))
    meter, first = _estimated_bars(start_beats, end_beats, pitch, len(beats_s), requested, compound)
    lead = (-first) % meter.bar_ticks  # missing part of the first bar
    beat_ticks = lead + beat * np.arange(len(beats_s))
    warp = _beat_warp(arrays, beats_s, beat_ticks)
    starts = _grid(lead + beat * places)[events.event]
    tempos = _tempos(beats_s, beat_ticks, meter)
    remarks = [
        f"performed: tempo estimated, about {tempos[0].qpm:g} quarter notes per minute",
        f"meter {'as requested' if requested else 'estimated'}: {meter}",
    ]
    return Frame((meter,), tempos, warp, starts, _lengths(arrays, warp, starts), tuple(remarks))


def _estimated_bars(
    start: Floats, end: Floats, pitch: Floats, n_beats: int, requested: TimeSignature | None, compound: bool
) -> tuple[TimeSignature, int]:
    """The meter, and the ticks from the first beat to the first downbeat."""
    beat = 3 * TICKS_PER_QUARTER // 2 if compound else TICKS_PER_QUARTER
    if requested is None:
        beats, first = find_bars(beat_accents(start, end, pitch, n_beats), compound=compound)
        meter = TimeSignature(0, 3 * beats, 8) if compound else TimeSignature(0, beats, 4)
        return meter, first * beat
    per_beat = 1 if requested.bar_ticks % beat == 0 else 2
    cells = max(1, requested.bar_ticks * per_beat // beat)
    accents = beat_accents(start, end, pitch, n_beats * per_beat, per_beat)
    return replace(requested, start_ticks=0), first_downbeat(accents, cells) * beat // per_beat


def _nearest_place(tick: int) -> int:
    """The grid tick nearest to an offset in a bar; offsets off the grid move to sixteenth triplets or thirty-seconds."""
    on_grid = snap_ticks(tick) * TICKS_PER_STEP
    if abs(tick - on_grid) <= OFF_GRID_TICKS:
        return on_grid
    return min((round(tick / unit) * unit for unit in _SIMPLE_PLACES), key=lambda place: abs(place - tick))


def _is_compound(steps: Ints) -> bool:
    divided = steps[steps > 1]
    return len(divided) >= 4 and float(np.mean(divided % 3 == 0)) >= _MOSTLY


def _beats_of(bars: Score) -> Ints:
    """Beats of all bars, quarters or longer, and the end."""
    ticks: list[int] = []
    for bar in bars.bars:
        ticks += range(bar.start_ticks, bar.end_ticks, max(bar.time_signature.beat_ticks, TICKS_PER_QUARTER))
    return np.array([*ticks, bars.bars[-1].end_ticks], np.int64)


def _beat_warp(arrays: ScoreArrays, beats_s: Floats, beat_ticks: Ints) -> Warp:
    """Warp with knots at the beats, in the file's ticks."""
    score = arrays.score
    knots = np.unique([0, score.last_note_end_ticks + 1, *(tempo.start_ticks for tempo in score.tempos)])
    times = arrays.seconds(knots)
    pace = (times[-1] - times[-2]) / (knots[-1] - knots[-2])
    ticks = np.interp(beats_s, times, knots) + np.maximum(beats_s - times[-1], 0) / pace + np.minimum(beats_s, 0) / pace
    rounded = np.rint(ticks).astype(np.int64)
    keep = np.concatenate([[True], np.diff(rounded) > 0])
    return Warp(tuple(rounded[keep].tolist()), tuple(beat_ticks[keep].tolist()))


def _lengths(arrays: ScoreArrays, warp: Warp, starts: Ints) -> Ints:
    """Durations from the warped ends, on the grid."""
    _, end, _ = _columns(arrays)
    ends = np.interp(end, warp.user_ticks, warp.score_ticks)
    outside = (end < warp.user_ticks[0]) | (end > warp.user_ticks[-1])
    ends[outside] = [warp.to_score_exact(tick) for tick in end[outside].tolist()]
    return _on_grid(written_lengths(starts, ends))


def _tempos(beats_s: Floats, beat_ticks: Ints, meter: TimeSignature) -> tuple[Tempo, ...]:
    """Tempo of the first phrase and of each later phrase that clearly differs, in whole quarters per minute."""
    tempos: list[Tempo] = []
    phrase = meter.bar_ticks * _TEMPO_BARS
    per_beat = (beat_ticks[1] - beat_ticks[0]) / TICKS_PER_QUARTER
    for start in range(0, int(beat_ticks[-1]), phrase):
        inside = beats_s[(beat_ticks >= start) & (beat_ticks <= start + phrase)]
        if len(inside) < 3:
            continue
        qpm = float(np.clip(round(60.0 * per_beat / float(np.median(np.diff(inside)))), 20, 300))
        if not tempos or abs(qpm / tempos[-1].qpm - 1) > _TEMPO_CHANGE:
            tempos.append(Tempo(start if tempos else 0, qpm))
    return tuple(tempos) or (Tempo(0, float(round(60.0 * per_beat / float(np.median(np.diff(beats_s)))))),)


def _moved(score: Score, missing: int) -> tuple[Tempo, ...]:
    sounding = (tempo for tempo in score.tempos if tempo.start_ticks < score.last_note_end_ticks)
    return tuple(Tempo(tempo.start_ticks + missing if tempo.start_ticks else 0, tempo.qpm) for tempo in sounding)


def _grid(ticks: Floats) -> Ints:
    return np.rint(ticks / TICKS_PER_STEP).astype(np.int64) * TICKS_PER_STEP


def _on_grid(lengths: Ints | Floats) -> Ints:
    return np.maximum(_grid(np.asarray(lengths, np.float64)), TICKS_PER_STEP)


def _quarters(ticks: int) -> str:
    count = ticks / TICKS_PER_QUARTER
    return f"{count:g} quarter note{'' if count == 1 else 's'}"
