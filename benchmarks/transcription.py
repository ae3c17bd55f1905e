"""How well are performances understood? Held-out scores, performed with a drifting tempo and transcribed.

    python -m benchmarks transcription --pieces 30

The performed score is the ground truth. For each level of rubato: the F-measure of beats within 70 ms at the written metrical
level, and at the best of that level and its half, double, third and triple (as in MIREX); the shares of inter-onset intervals
and note lengths that are notated in the right proportion; the share of written downbeats on estimated barlines; the share of
pieces correctly classified as triple meter or not.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from composer.score import Score
from composer.training.data.corpus import list_items, read_item
from composer.understanding import Understood, understand
from tests.understanding.performances import Recording, record
from tools.corpus import corpus_folder

LEVELS = ((0.3, 0.0), (0.7, 0.0), (1.0, 0.0), (1.0, 0.08), (1.0, 0.15))  # expression, tempo drift
_TICKS_PER_S = 960.0
_WITHIN_S = 0.07
_RATIOS = (1 / 3, 1 / 2, 2 / 3, 1, 3 / 2, 2, 3)

Floats = npt.NDArray[np.float64]


def held_out(count: int) -> list[Score]:
    """Scores of a few minutes without drum patterns; always the same ones."""
    items = [item for item in list_items(corpus_folder(), splits={"valid"}) if item.source != "groove"]
    random.Random(3).shuffle(items)
    found: list[Score] = []
    for item in items:
        score = read_item(item).score
        if 60 < sum(1 for _ in score.notes()) < 2500:
            found.append(score)
        if len(found) == count:
            break
    return found


def f_measure(truth: Floats, found: Floats) -> float:
    """F-measure of beats within 70 ms."""
    if not len(truth) or not len(found):
        return 0.0
    distance = np.abs(truth[:, None] - found[None, :])
    recall, precision = (distance.min(axis=1) < _WITHIN_S).mean(), (distance.min(axis=0) < _WITHIN_S).mean()
    return float(2 * recall * precision / max(recall + precision, 1e-9))


def other_levels(beats: Floats) -> Iterator[Floats]:
    """The beats, their halves and thirds, and every second and third of them."""
    at = np.arange(len(beats), dtype=np.float64)
    yield beats
    for parts in (2, 3):
        yield np.interp(np.arange(0, len(beats) - 1, 1 / parts), at, beats)
        yield from (beats[first::parts] for first in range(parts))


def pairs(score: Score, recording: Recording, understood: Understood) -> npt.NDArray[np.int64]:
    """Start and length of each note as written and as estimated; notes of a pitch are matched in time order within parts."""
    place = {
        origin: (note.start_ticks, note.duration_ticks)
        for part, source in zip(understood.score.parts, understood.parts, strict=True)
        for note, origins in zip(part.notes, source.notes, strict=True)
        for origin in origins
    }
    found: list[tuple[int, int, int, int]] = []
    for index, (played, written) in enumerate(zip(recording.score.parts, score.parts, strict=True)):
        estimated: dict[int, list[tuple[int, int]]] = {}
        for number, note in enumerate(played.notes):
            estimated.setdefault(note.pitch, []).append(place[index, number])
        stated: dict[int, list[tuple[int, int]]] = {}
        for note in written.notes:
            stated.setdefault(note.pitch, []).append((note.start_ticks, note.duration_ticks))
        for pitch, notes in stated.items():
            if len(notes) == len(estimated.get(pitch, [])):
                found += [(*one, *other) for one, other in zip(notes, estimated[pitch], strict=True)]
    return np.array(sorted(found), np.int64)


def judge(score: Score, expression: float, wander: float) -> tuple[float, ...]:
    """The six figures of one piece."""
    recording = record(score, expression=expression, wander=wander, seed=7)
    understood = understand(recording.score)
    beat = score.bars[0].time_signature.beat_ticks
    truth = np.array([recording.tick_of(tick) for tick in range(0, score.last_note_end_ticks + 1, beat)]) / _TICKS_PER_S
    meter = understood.meter
    ticks = range(0, understood.score.bars[-1].end_ticks, meter.beat_ticks)
    found = np.array([understood.warp.to_user(tick) for tick in ticks]) / _TICKS_PER_S
    notes = pairs(score, recording, understood)
    written, estimated = np.diff(notes[:, ::2], axis=0)[np.diff(notes[:, 0]) > 0].T
    right, ratio = max((float((np.abs(estimated - ratio * written) < 1).mean()), ratio) for ratio in _RATIOS)
    long = float((np.abs(notes[:, 3] - ratio * notes[:, 1]) < 1).mean())
    downbeats = {bar.start_ticks for bar in score.bars}
    barlines = {bar.start_ticks for bar in understood.score.bars}
    on = [int(place in barlines) for tick, _, place, _ in notes.tolist() if tick in downbeats]
    beats_a_bar = [m.bar_ticks // m.beat_ticks % 3 == 0 for m in (meter, score.bars[0].time_signature)]
    best = max(f_measure(level, found) for level in other_levels(truth))
    return (
        f_measure(truth, found),
        best,
        right,
        long,
        float(np.mean(on)) if on else 0.0,
        float(beats_a_bar[0] == beats_a_bar[1]),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--pieces", type=int, default=30)
    scores = held_out(parser.parse_args().pieces)
    columns = ("beats F", "any level", "intervals", "lengths", "downbeats", "two/three")
    print(f"{'rubato':>16}" + "".join(f"{name:>11}" for name in columns) + f"   {len(scores)} pieces")
    for expression, wander in LEVELS:
        figures = np.mean([judge(score, expression, wander) for score in scores], axis=0)
        print(f"{expression:9g} {wander:6.0%}" + "".join(f"{figure:11.3f}" for figure in figures), flush=True)
