"""How far does the mood estimate change when a file lacks information? Prints correlations and distances.

    python -m benchmarks mood_deprived CORPUS --stride 3

Game and film music and a twelfth of Mutopia are reduced to one piano staff and estimated; then again with one velocity, with
played onsets, without tempo and meter (the same seconds at 120 quarters per minute), with shortened notes, and with the first
three at once. It also prints each cue's share of the variance of the estimates without dynamics.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from composer.analysis import score_arrays
from composer.analysis.chords import chord_path
from composer.analysis.key import estimate_key
from composer.analysis.mood import estimate_mood, mood_model
from composer.analysis.mood_features import FEATURES, measure_mood_features
from composer.score import Note, Part, Score, Tempo
from composer.training.data.corpus import list_items, read_item
from tools.corpus import corpus_folder

FEWEST_NOTES = 50
JITTER_S = 0.01
rng = np.random.default_rng(0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", type=Path, nargs="?", default=corpus_folder())
    parser.add_argument("--stride", type=int, default=1, help="read every n-th piece only")
    args = parser.parse_args()
    items = list_items(args.corpus, ["games", "freemusic"]) + list_items(args.corpus, ["mutopia"])[::12]
    scores = [piano(read_item(item).score) for item in items[:: args.stride]]
    scores = [score for score in scores if len(score.parts[0].notes) >= FEWEST_NOTES]
    whole = np.array([points(score) for score in scores])
    print(f"Mood of {len(scores)} pieces on one staff, and of what is left of them: valence, arousal")
    for name, deprive in DEPRIVED.items():
        left = np.array([points(deprive(score)) for score in scores])
        r = [np.corrcoef(whole[:, axis], left[:, axis])[0, 1] for axis in (0, 1)]
        moved = np.abs(left - whole).mean(axis=0)
        same = ((left > 0) == (whole > 0)).all(axis=1).mean()
        print(f"  {name:24} r {r[0]:.2f} {r[1]:.2f}  moved {moved[0]:.2f} {moved[1]:.2f}  same quadrant {same:.0%}")
    print_shares([level(score) for score in scores])


def points(score: Score) -> tuple[float, float]:
    estimate = estimate_mood(score)
    return estimate.valence, estimate.arousal


def print_shares(scores: list[Score]) -> None:
    rows = []
    for score in scores:
        arrays = score_arrays(score)
        key = estimate_key(arrays)
        windows = np.zeros(arrays.n_bars, np.int64)
        rows.append(measure_mood_features(arrays, key, chord_path(arrays, key.key), windows)[0])
    model = mood_model()
    parts = model.judge.standard(np.array(rows))[:, :, None] * model.weights  # (pieces, F, 2)
    total = parts.sum(axis=1)
    centred = (parts - parts.mean(axis=0)) * (total - total.mean(axis=0))[:, None]
    shares = centred.mean(axis=0) / total.var(axis=0)
    for axis, title in enumerate(("valence", "arousal")):
        ranked = sorted(zip(FEATURES, shares[:, axis].tolist(), strict=True), key=lambda row: -row[1])[:6]
        print(f"  share in {title}: " + ", ".join(f"{name} {share:.0%}" for name, share in ranked))


def with_notes(score: Score, change: Callable[[Score, Note], Note]) -> Score:
    return replace(score, parts=tuple(replace(p, notes=tuple(sorted(change(score, n) for n in p.notes))) for p in score.parts))


def piano(score: Score) -> Score:
    """All pitched notes on one staff, unisons once, without key or other markings."""
    notes = {(note.start_ticks, note.pitch): note for part in score.parts if not part.is_drum for note in part.notes}
    return Score((Part("Piano", 0, tuple(sorted(notes.values()))),), score.tempos, score.time_signatures)


def level(score: Score) -> Score:
    return with_notes(score, lambda _, note: replace(note, velocity=90))


def played(score: Score) -> Score:
    def late(whole: Score, note: Note) -> Note:
        ticks = round(rng.normal(0.0, JITTER_S) * whole.qpm_at(note.start_ticks) * 8)
        return replace(note, start_ticks=max(0, note.start_ticks + ticks))

    return with_notes(score, late)


def unbarred(score: Score) -> Score:
    """The same seconds at 120 quarters per minute: 960 ticks per second, in 4/4."""
    arrays = score_arrays(score)

    def at(tick: int) -> int:
        return round(float(arrays.seconds(np.array([tick]))[0]) * 960)

    def timed(_: Score, note: Note) -> Note:
        start = at(note.start_ticks)
        return replace(note, start_ticks=start, duration_ticks=max(1, at(note.end_ticks) - start))

    return replace(with_notes(score, timed), tempos=(Tempo(0, 120.0),), time_signatures=(), end_ticks=0)


def short(score: Score) -> Score:
    return with_notes(score, lambda _, note: replace(note, duration_ticks=max(1, note.duration_ticks // 2)))


DEPRIVED: dict[str, Callable[[Score], Score]] = {
    "one velocity": level,
    "onsets off by 10 ms": played,
    "no tempo, no meter": unbarred,
    "all three": lambda score: unbarred(played(level(score))),
    "notes half as long": short,
}
