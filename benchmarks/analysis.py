"""Measures the labels: accuracy of key, meter, chords, cadence and mood, and speed.

    python -m benchmarks analysis CORPUS
    python -m benchmarks analysis CORPUS --only key --count 100

Key and meter are tested on held-out works (`fit_key.held_out`) against the annotations of their sources; chords against the
analyses that music21 ships (Bach chorales, Monteverdi madrigals); mood by cross-validation on composers' words, grouped by
composer (docs/mood.md discusses that table).
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np

from benchmarks.chord_data import ANALYSED, read_analysed, segment_truth
from benchmarks.mood_tables import print_mood
from composer.analysis import analyze, score_arrays
from composer.analysis.chords import QUALITIES, chord_path
from composer.analysis.key import estimate_key
from composer.analysis.meter_estimate import METERS, estimate_meter
from composer.analysis.phrasing import detect_cadence
from composer.score import Key, Score
from composer.training.data.corpus import Piece, list_items, read_item
from tools.corpus import corpus_folder
from tools.fit.key import held_out

MUSIC21_FINDERS = ("KrumhanslSchmuckler", "AardenEssen", "SimpleWeights", "BellmanBudge", "TemperleyKostkaPayne")
TIMED_BY_MUSIC21 = 20  # pieces on which music21 is timed, which takes seconds per piece
MARGINS = (0.0, 0.05, 0.1, 0.2, 0.4, 1.01)
GROUPING = {
    "2/4": "duple", "4/4": "duple", "2/2": "duple", "4/2": "duple", "4/8": "duple", "2/1": "duple",
    "3/4": "triple", "3/2": "triple", "3/8": "compound", "6/8": "compound", "6/4": "compound", "12/8": "compound",
    "9/8": "nine",
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", type=Path, nargs="?", default=corpus_folder())
    parser.add_argument("--only", choices=sorted(TABLES), action="append", help="print only this table; can be repeated")
    parser.add_argument("--count", type=int, default=500, help="held-out scores for key and meter")
    args = parser.parse_args()
    for name in args.only or TABLES:
        TABLES[name](args.corpus, args.count)
        print(flush=True)


def held_out_pieces(corpus: Path, count: int) -> Iterator[Piece]:
    """`count` held-out pieces spread over all sources that annotate keys."""
    groups: dict[str, list[str]] = {}
    chosen = []
    for item in list_items(corpus):
        if item.source not in groups:
            rows = (corpus / f"{item.source}.manifest.jsonl").read_text("utf-8").splitlines()
            groups[item.source] = [json.loads(row).get("group") or json.loads(row)["id"] for row in rows]
        if held_out(groups[item.source][item.line]):
            chosen.append(item)
    found = 0
    for item in chosen[:: max(1, len(chosen) // (2 * count))]:
        piece = read_item(item)
        if piece.key and piece.key_source == "annotated" and sum(len(part.notes) for part in piece.score.parts) >= 20:
            yield piece
            found += 1
        if found == count:
            return


def print_key(corpus: Path, count: int) -> None:
    right: Counter[str] = Counter()
    near: Counter[str] = Counter()
    ours_s = theirs_s = 0.0
    total = timed = 0
    for piece in held_out_pieces(corpus, count):
        assert piece.key is not None
        started = time.perf_counter()
        estimate = estimate_key(piece.score).key
        ours = time.perf_counter() - started
        total += 1
        if timed < TIMED_BY_MUSIC21:
            timed, ours_s, theirs_s = timed + 1, ours_s + ours, theirs_s + music21_seconds(piece.score)
        for name, key in {"cantilena": estimate, **music21_keys(piece.score)}.items():
            right[name] += (key.tonic, key.mode) == (piece.key.tonic, piece.key.mode)
            near[relation(key, piece.key)] += name == "cantilena"
    print(f"Key (tonic and mode) of {total} held-out scores")
    for name in ("cantilena", *MUSIC21_FINDERS):
        print(f"  {name:24} {right[name] / total:6.1%}")
    print("  cantilena's answers:", ", ".join(f"{name} {n / total:.1%}" for name, n in near.most_common() if n))
    print(f"  {theirs_s / ours_s:.0f} times as fast as one music21 finder ({timed} scores, without building the stream)")


def music21_keys(score: Score) -> dict[str, Key]:
    """Keys found by music21, which uses only the total duration of each pitch class."""
    from music21 import note, pitch, stream
    from music21.analysis import discrete

    ticks = np.zeros(12, np.int64)
    for part in score.parts:
        for n in () if part.is_drum else part.notes:
            ticks[n.pitch % 12] += n.duration_ticks
    summary = stream.Stream()
    for pitch_class in range(12):
        if ticks[pitch_class]:
            summary.append(note.Note(pitch.Pitch(pitch_class), quarterLength=float(ticks[pitch_class] / 480)))
    answers = ((name, getattr(discrete, name)().getSolution(summary)) for name in MUSIC21_FINDERS)
    return {name: Key.from_tonic(answer.tonic.pitchClass, answer.mode) for name, answer in answers}


def music21_seconds(score: Score) -> float:
    """Time of music21's Krumhansl key finder for a score, without building its stream."""
    from music21 import note, stream
    from music21.analysis import discrete

    whole = stream.Stream()
    for _, n in score.notes():
        whole.insert(n.start_ticks / 480, note.Note(n.pitch, quarterLength=n.duration_ticks / 480))
    started = time.perf_counter()
    discrete.KrumhanslSchmuckler().getSolution(whole)
    return time.perf_counter() - started


def relation(estimate: Key, truth: Key) -> str:
    """Name of the relation of an estimated key to the true one."""
    if (estimate.tonic, estimate.mode) == (truth.tonic, truth.mode):
        return "right"
    if estimate.mode != truth.mode:
        same = estimate.tonic == truth.tonic
        return "parallel" if same else "relative" if estimate.fifths % 12 == truth.fifths % 12 else "other"
    return "a fifth off" if (estimate.fifths - truth.fifths) % 12 in (1, 11) else "other"


def print_meter(corpus: Path, count: int) -> None:
    judged: list[tuple[str, str, float]] = []  # written, estimated, margin
    for piece in held_out_pieces(corpus, count):
        meters = {str(signature) for signature in piece.score.time_signatures}
        if len(meters) == 1 and meters <= GROUPING.keys():
            estimate = estimate_meter(piece.score)
            judged.append((meters.pop(), str(estimate.time_signature), estimate.margin))
    same = sum(truth == found for truth, found, _ in judged)
    grouped = sum(GROUPING[found] == GROUPING[truth] for truth, found, _ in judged)
    total, known = len(judged), sum(truth in METERS for truth, _, _ in judged)
    print(
        f"Meter of {total} held-out scores with one meter: {grouped / total:.1%} in its grouping, {same / total:.1%} as written"
    )
    print(f"  of the {known} in a meter that the estimator can return ({', '.join(METERS)}): {same / known:.1%} as written")
    print("  by margin: scores, right in grouping; and were 4/4 assumed instead")
    for low, high in pairwise(MARGINS):
        rows = [(truth, found) for truth, found, margin in judged if low <= margin < high]
        right = sum(GROUPING[found] == GROUPING[truth] for truth, found in rows) / max(1, len(rows))
        common = sum(GROUPING[truth] == "duple" for truth, _ in rows) / max(1, len(rows))
        print(f"    {low:.2f} to {min(high, 1):.2f}  {len(rows):4}  {right:4.0%}  {common:4.0%}")


def print_chords(corpus: Path, count: int) -> None:
    print("Chords against published analyses: segments (two per bar) that one annotated chord fills to 70 %")
    for collection in ANALYSED:
        right: Counter[str] = Counter()
        total = pieces = 0
        for score, analysis in read_analysed(collection):
            arrays = score_arrays(score)
            truth = segment_truth(arrays, analysis)
            if truth is None:
                continue  # the analysis does not match the notes: different bar numbers or transposition
            pieces += 1
            states = chord_path(arrays, estimate_key(arrays).key)
            for segment, chord in truth.items():
                root, quality = states[segment] % 12, QUALITIES[states[segment] // 12]
                total += 1
                right["root"] += root == chord.root
                right["root and quality"] += root == chord.root and quality == chord.quality
        shares = ", ".join(f"{name} {n / total:.1%}" for name, n in right.items())
        print(f"  {collection:12} {pieces} pieces, {total} segments: {shares}")


def print_cadence(corpus: Path, count: int) -> None:
    found = Counter(detect_cadence(piece.score, piece.key) for piece in held_out_pieces(corpus, count))
    total = found.total()
    print(f"Cadences at the end of {total} held-out scores, by their annotated key (movements may end in another)")
    print("  " + ", ".join(f"{name} {n / total:.1%}" for name, n in found.most_common()))


def print_speed(corpus: Path, count: int) -> None:
    bars, seconds = 0, 0.0
    items = list_items(corpus)
    for item in items[:: max(1, len(items) // count)]:
        score = read_item(item).score
        bars += len(score.bars)
        started = time.process_time()
        analyze(score)
        seconds += time.process_time() - started
    print(f"All labels: {seconds / bars * 1e6:.0f} µs per bar; 890,000 bars on two cores: {seconds / bars * 445e3:.0f} s")


def print_mood_table(corpus: Path, count: int) -> None:
    print_mood(corpus)


TABLES: dict[str, Callable[[Path, int], None]] = {
    "key": print_key,
    "meter": print_meter,
    "chords": print_chords,
    "cadence": print_cadence,
    "mood": print_mood_table,
    "speed": print_speed,
}
