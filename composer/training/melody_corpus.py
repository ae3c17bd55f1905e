"""Training data of the melody network: the leading line of each piece of the corpus over its chords and cadences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from pathlib import Path

import numpy as np

from composer.analysis.arrays import score_arrays
from composer.analysis.melody import leading_parts, melody_line
from composer.melody.line_events import events_of
from composer.melody.line_vocabulary import HIGH, LOW, Event, lead_family
from composer.score import Note, Part, Score, TimeSignature
from composer.tokenizer.piece import TokenizedPiece
from composer.tokenizer.vocabulary import TICKS_PER_STEP, Vocabulary
from composer.training.data.shards import Shard
from composer.training.harmony_corpus import HarmonyPiece, read_harmony

_SHORTEST = 8  # bars
_FEWEST_SOUNDING = 0.6  # share of bars in which the line has a note
_USUAL_LOW, _USUAL_HIGH = 66, 78  # octave of a line's mean pitch


@dataclass(frozen=True, slots=True)
class MelodyPiece:
    """The melody of one piece in functional pitch.

    Attributes:
        harmony: chords, cadences and moods of the same bars.
        lead: family of the leading instrument, one of `LEADS`.
        bars: events of each bar.
    """

    harmony: HarmonyPiece
    lead: str
    bars: tuple[tuple[Event, ...], ...]


def melody_pieces(folder: Path, vocabulary: Vocabulary) -> Iterator[MelodyPiece]:
    """The pieces of a shard whose melody and harmony are clear, each cut to its longest stretch in one meter."""
    shard = Shard(folder)
    for index in range(len(shard)):
        harmony = read_harmony(shard, index, vocabulary)
        if harmony is not None and (piece := _read(shard[index], harmony, vocabulary)) is not None:
            yield piece


def _read(piece: TokenizedPiece, harmony: HarmonyPiece, vocabulary: Vocabulary) -> MelodyPiece | None:
    score = base_score(piece, vocabulary)
    starts = [bar.start_ticks for bar in score.bars]
    meters = [bar.time_signature for bar in score.bars]
    first, last = _longest_run(meters, harmony.meter)
    line = melody_line(score)
    if last - first < _SHORTEST or len(line) < 2 * _SHORTEST:
        return None
    bars = events_of([note for note in line if starts[first] <= note.start_ticks], starts[first:last], harmony.meter)
    if sum(any(pitch is not None for _, pitch in bar) for bar in bars) < _FEWEST_SOUNDING * len(bars):
        return None
    program = _leading_program(score, first, last)
    cut = {name: getattr(harmony, name)[first:last] for name in ("bars", "moods", "recalls", "cadences")}
    return MelodyPiece(replace(harmony, **cut), lead_family(program), tuple(_in_usual_octave(bars)))


def base_score(piece: TokenizedPiece, vocabulary: Vocabulary) -> Score:
    """The score of a piece in base tokens, without its controls."""
    meters = [vocabulary.meter_of(int(token)) for token in piece.bars[0]]
    starts = np.cumsum([0, *(meter.bar_ticks for meter in meters)]).tolist()
    kinds = [(kind, vocabulary.ids_of(kind)) for kind in ("Position", "Duration", "Pitch")]
    notes: list[list[Note]] = [[] for _ in piece.programs]
    ids, ends, parts = piece.notes.tolist(), piece.segment_notes.tolist(), piece.segment_part.tolist()
    values = vocabulary.note_steps
    bar_of = np.repeat(np.arange(len(meters)), np.diff(piece.bar_segments)).tolist()
    positions, durations, pitches = (range_ for _, range_ in kinds)
    for segment, (begin, end) in enumerate(pairwise(ends)):
        mine, offset, length = notes[parts[segment]], 0, TICKS_PER_STEP
        velocity = vocabulary.velocity_of(int(piece.segment_dynamic[segment]))
        for token in ids[begin:end]:
            if token in pitches:
                mine.append(Note(starts[bar_of[segment]] + offset, int(values[token]), length, velocity))
            elif token in positions:
                offset = int(values[token]) * TICKS_PER_STEP
            elif token in durations:
                length = int(values[token]) * TICKS_PER_STEP
    signatures = []
    for meter, group in groupby(range(len(meters)), key=lambda bar: meters[bar]):
        signatures.append(replace(meter, start_ticks=starts[next(iter(group))]))
    programs = [vocabulary.value(int(token)) for token in piece.programs]
    made = [
        Part(f"{index}", 0 if program == "drums" else int(program), tuple(sorted(mine)), is_drum=program == "drums")
        for index, (program, mine) in enumerate(zip(programs, notes, strict=True))
    ]
    return Score(tuple(made), time_signatures=tuple(signatures), end_ticks=starts[-1])


def _longest_run(meters: Sequence[TimeSignature], meter: TimeSignature) -> tuple[int, int]:
    """The longest stretch of bars in a meter: its first bar and the one after it."""
    best, first = (0, 0), 0
    for is_mine, group in groupby(meters, key=lambda other: replace(other, start_ticks=0) == replace(meter, start_ticks=0)):
        size = len(list(group))
        if is_mine and size > best[1] - best[0]:
            best = first, first + size
        first += size
    return best


def _leading_program(score: Score, first: int, last: int) -> int:
    leaders = leading_parts(score_arrays(score))[first:last]
    most = Counter(leaders.tolist()).most_common(1)[0][0]
    return score.parts[most].program if most >= 0 else 0


def _in_usual_octave(bars: Sequence[Sequence[Event]]) -> list[tuple[Event, ...]]:
    pitches = [pitch for bar in bars for _, pitch in bar if pitch is not None]
    mean = float(np.mean(pitches))
    shift = 0
    while mean + shift >= _USUAL_HIGH:
        shift -= 12
    while mean + shift < _USUAL_LOW:
        shift += 12

    def inside(pitch: int) -> int:
        while pitch > HIGH:
            pitch -= 12
        while pitch < LOW:
            pitch += 12
        return pitch

    return [tuple((step, None if pitch is None else inside(pitch + shift)) for step, pitch in bar) for bar in bars]
