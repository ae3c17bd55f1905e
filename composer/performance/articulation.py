"""Articulation (how long each note is held) and the piano's sustain pedal.

KTH rules (Friberg, Bresin and Sundberg 2006; Bresin 2001 for articulation): duration contrast, repetition articulation,
punctuation at phrase ends, overall articulation. Pedaling is syncopated (legato) and changes with the harmony.
Knows no loudness.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from composer.performance.note_table import Floats, Ints, NoteTable
from composer.performance.profiles import Profile
from composer.performance.timing import TimeMap
from composer.presets import programs_of
from composer.score import Part, Score

SHORTEST_S = 0.03  # no note sounds shorter
PIANOS = programs_of("piano", "electric-piano")  # with a sustain pedal
PEDAL_DELAY_S = 0.07  # the foot comes down after the fingers, so that the old harmony is gone
# Programs that a player joins smoothly even in a detached style: organ, voices, pads.
_SMOOTH = programs_of("electric-organ", "organ", "reed-organ", "accordion", "harmonica", "voice", "synth-pad", "synth-choir")


def hold_ratio(table: NoteTable, programs: Floats, profile: Profile, amount: float) -> Floats:
    """Share of its written length for which each note sounds, 0.4 to 1. Drums and final notes are not shortened. (N,)"""
    length = table.end - table.start
    smooth = np.isin(programs, list(_SMOOTH))
    # Detached playing shortens quarters most; sixteenths are joined because they are fast, long notes because they are heavy.
    detached = profile.detached * np.interp(length, [120, 240, 480, 1440], [0.10, 0.20, 0.22, 0.05])
    short = profile.contrast * np.interp(length, [60, 240], [0.10, 0.0])
    cut = np.where(smooth, 0.3, 1.0) * (detached + short)
    cut = np.where(table.repeated, np.maximum(cut, 0.18), cut)
    cut = np.where(table.phrase_last, np.maximum(cut, 0.12), cut)
    final = table.end >= (table.end.max() if len(length) else 0)
    return np.where(table.pitched & ~final, 1.0 - amount * np.minimum(cut, 0.6), 1.0)


def has_pedal(part: Part) -> bool:
    """Whether a part is played on an instrument with a sustain pedal."""
    return part.program in PIANOS and not part.is_drum


def pedal_spans(
    score: Score, table: NoteTable, profile: Profile, amount: float, time_map: TimeMap
) -> tuple[tuple[int, int], ...]:
    """Harmonies that are pedaled, as (first, last) ticks; not those in which passing notes would blur.

    Harmonies are the score's chords; without chords, half bars.
    """
    pianos = [index for index, part in enumerate(score.parts) if has_pedal(part)]
    rows = np.flatnonzero(np.isin(table.part, pianos))
    if not profile.pedal or amount < 0.15 or not len(rows):
        return ()
    starts, ends, pitches = table.start[rows], table.end[rows], table.pitch[rows]
    spans: list[tuple[int, int]] = []
    for first, last in _harmonies(score):
        inside = (starts < last) & (ends > first)
        struck = (starts >= first) & (starts < last)
        if not struck.any() or _blurs(pitches[inside]):
            continue
        first_s, last_s = time_map.seconds(np.array([first, last])).tolist()
        if last_s - first_s > 3 * PEDAL_DELAY_S:
            spans.append((first, last))
    return tuple(spans)


def pressed_s(spans: Sequence[tuple[int, int]], time_map: TimeMap) -> tuple[tuple[float, float], ...]:
    """When the pedal is pressed and released in each of some spans in ticks, in seconds."""
    times_s = time_map.seconds(np.array(spans, dtype=np.float64).reshape(-1, 2)).tolist()
    return tuple((first_s + PEDAL_DELAY_S, last_s) for first_s, last_s in times_s)


def _blurs(pitches: Ints) -> bool:
    """Whether these pitches sound muddy when sustained together: several adjacent seconds, or a low semitone."""
    distinct = np.unique(pitches)
    steps = np.diff(distinct)
    return int((steps <= 2).sum()) > 2 or bool(((steps == 1) & (distinct[1:] < 67)).any())


def _harmonies(score: Score) -> list[tuple[int, int]]:
    """(first, last) ticks of each harmony: between chord symbols, or half bars if there are none."""
    end = score.bars[-1].end_ticks
    if score.chords:
        ticks = sorted({chord.start_ticks for chord in score.chords} | {bar.start_ticks for bar in score.bars})
    else:
        halves = (tick for bar in score.bars for tick in (bar.start_ticks, bar.start_ticks + bar.time_signature.middle_ticks))
        ticks = sorted(set(halves))
    return [(first, last) for first, last in zip(ticks, [*ticks[1:], end], strict=True) if last > first]
