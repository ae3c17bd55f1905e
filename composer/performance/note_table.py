"""The score as a flat table of notes with the context that performance rules need.

Arrays have one entry per note, N in total, sorted by part, then start, then pitch. Knows meter, phrases and chords, but not
seconds or rules.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from composer.controls import PHRASE_BARS
from composer.presets import programs_of
from composer.score import Score, TimeSignature

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

# Melodic charge by pitch class above the reference, in semitone order (Friberg 1991, table of the KTH rules): distance on the
# circle of fifths, plus 0.5 on the flat side.
MELODIC_CHARGE = np.array([0.0, 6.5, 2.0, 4.5, 4.0, 2.5, 6.0, 1.0, 5.5, 3.0, 3.5, 5.0])


@dataclass(frozen=True, slots=True)
class NoteTable:
    """Notes and their context, N notes.

    Attributes:
        part, start, end, pitch, velocity: the note; start and end in ticks. (N,)
        strength: metrical strength, from 0 between beats to 1 on the barline. (N,)
        phrase: index of its phrase. (N,)
        phrase_place: position in its phrase, 0 to 1. (N,)
        phrase_last: whether it is the last note of its part in the phrase. (N,)
        melody: whether it belongs to the melody. (N,)
        charge: tension of pitch and harmony relative to the key, about 0 to 6. (N,)
        repeated: whether the part's next note, at its end, has the same pitch. (N,)
        pitched: whether it is not a drum. (N,)
    """

    part: Ints
    start: Ints
    end: Ints
    pitch: Ints
    velocity: Ints
    strength: Floats
    phrase: Ints
    phrase_place: Floats
    phrase_last: Bools
    melody: Bools
    charge: Floats
    repeated: Bools
    pitched: Bools


def phrase_bounds(score: Score) -> Ints:
    """Start ticks of phrases, and the end of the last bar: every `PHRASE_BARS` bars, counted from each section marker.

    A remainder of one bar joins the previous phrase, an upbeat the following one.
    """
    upbeat = score.upbeat_bars
    marked = {score.bar_at(marker.start_ticks).index for marker in score.section_markers} - {upbeat} | {0}
    starts: list[int] = []
    since = 0
    for bar in score.bars:
        if bar.index in marked:
            since = bar.index or upbeat
        left = next((m for m in sorted(marked) if m > bar.index), len(score.bars)) - bar.index
        if bar.index in marked or (bar.index > since and (bar.index - since) % PHRASE_BARS == 0 and left > 1):
            starts.append(bar.start_ticks)
    return np.array([*starts, score.bars[-1].end_ticks], dtype=np.int64)


def metrical_strength(signature: TimeSignature, offset_ticks: int) -> float:
    """1 on the barline, 0.6 at the bar's middle accent, 0.35 on other beats, 0.1 halfway between beats, else 0.

    >>> [metrical_strength(TimeSignature(0, 4, 4), tick) for tick in (0, 480, 960, 240, 120)]
    [1.0, 0.35, 0.6, 0.1, 0.0]
    """
    beat = signature.beat_ticks
    if offset_ticks == 0:
        return 1.0
    if offset_ticks == signature.middle_ticks and signature.numerator != 3:
        return 0.6
    if offset_ticks % beat == 0:
        return 0.35
    return 0.1 if (2 * offset_ticks) % beat == 0 else 0.0


def tabulate(score: Score) -> NoteTable:
    """The table of a score's notes. Notes with equal part, start and pitch are merged."""
    rows = sorted(
        {(i, n.start_ticks, n.pitch): (i, n.start_ticks, n.end_ticks, n.pitch, n.velocity) for i, n in score.notes()}.values()
    )
    part, start, end, pitch, velocity = (
        np.array(column, dtype=np.int64) for column in (zip(*rows, strict=True) if rows else [()] * 5)
    )
    bounds = phrase_bounds(score)
    phrase = np.clip(np.searchsorted(bounds, start, side="right") - 1, 0, len(bounds) - 2)
    drums = np.array([p.is_drum for p in score.parts], dtype=bool)
    pitched = ~drums[part] if len(part) else np.zeros(0, bool)
    return NoteTable(
        part=part,
        start=start,
        end=_cut_overlaps(part, start, end, pitch),
        pitch=pitch,
        velocity=velocity,
        strength=_strengths(score, start),
        phrase=phrase,
        phrase_place=(start - bounds[phrase]) / np.maximum(1, bounds[phrase + 1] - bounds[phrase]),
        phrase_last=_last_of_phrase(part, start, phrase),
        melody=_melody(score, part, start, end, pitch, pitched),
        charge=_charges(score, start, pitch, pitched),
        repeated=_repeated(part, start, end, pitch),
        pitched=pitched,
    )


def _cut_overlaps(part: Ints, start: Ints, end: Ints, pitch: Ints) -> Ints:
    """Ends, cut so that a part never sounds the same pitch twice at once."""
    order = np.lexsort((start, pitch, part))
    same = (part[order][1:] == part[order][:-1]) & (pitch[order][1:] == pitch[order][:-1])
    cut = end.copy()
    cut[order[:-1][same]] = np.minimum(end[order[:-1][same]], start[order[1:][same]])
    return cut


def _strengths(score: Score, start: Ints) -> Floats:
    """Metrical strength of each onset."""
    known: dict[int, float] = {}
    for tick in set(start.tolist()):
        bar = score.bar_at(tick)
        known[tick] = metrical_strength(bar.time_signature, tick - bar.start_ticks)
    return np.array([known[tick] for tick in start.tolist()], dtype=np.float64)


def _last_of_phrase(part: Ints, start: Ints, phrase: Ints) -> Bools:
    """Whether each note is the last onset of its part in its phrase."""
    latest: dict[tuple[int, int], int] = {}
    for key, tick in zip(zip(part.tolist(), phrase.tolist(), strict=True), start.tolist(), strict=True):
        latest[key] = max(tick, latest.get(key, 0))
    return np.array(
        [latest[(p, f)] == t for p, f, t in zip(part.tolist(), phrase.tolist(), start.tolist(), strict=True)], dtype=bool
    )


def _melody(score: Score, part: Ints, start: Ints, end: Ints, pitch: Ints, pitched: Bools) -> Bools:
    """The singers' top part where there are voices, else the skyline: notes with no higher one sounding at their onset."""
    singers = [i for i, p in enumerate(score.parts) if p.program in programs_of("voice") and p.notes and not p.is_drum]
    if singers:
        highest = max(singers, key=lambda i: float(np.mean([note.pitch for note in score.parts[i].notes])))
        return np.asarray(part == highest)
    melody = np.zeros(len(part), dtype=bool)
    order = [i for i in np.lexsort((-pitch, start)).tolist() if pitched[i]]
    sounding: list[int] = []
    for i in order:
        sounding = [j for j in sounding if end[j] > start[i]]
        melody[i] = all(pitch[j] < pitch[i] for j in sounding)
        sounding.append(i)
    return melody


def _charges(score: Score, start: Ints, pitch: Ints, pitched: Bools) -> Floats:
    """Melodic charge above the chord's root plus the chord's mean charge above the tonic; without chords only the former."""
    key_ticks = [k.start_ticks for k in score.keys]
    chord_ticks = [c.start_ticks for c in score.chords]
    charges = np.zeros(len(start))
    for i, (tick, note) in enumerate(zip(start.tolist(), pitch.tolist(), strict=True)):
        key_index = max(0, bisect_right(key_ticks, tick) - 1)
        if not pitched[i] or not score.keys:
            continue
        tonic = score.keys[key_index].key.tonic
        chord_index = bisect_right(chord_ticks, tick) - 1
        chord = score.chords[chord_index].chord if chord_index >= 0 else None
        root = tonic if chord is None else chord.root
        harmonic = 0.0 if chord is None else float(np.mean([MELODIC_CHARGE[(c - tonic) % 12] for c in chord.pitch_classes]))
        charges[i] = 0.5 * MELODIC_CHARGE[(note - root) % 12] + 0.5 * harmonic
    return charges


def _repeated(part: Ints, start: Ints, end: Ints, pitch: Ints) -> Bools:
    """Whether the same part plays the same pitch again exactly when the note ends."""
    onsets = set(zip(part.tolist(), pitch.tolist(), start.tolist(), strict=True))
    return np.array([key in onsets for key in zip(part.tolist(), pitch.tolist(), end.tolist(), strict=True)], dtype=bool)
