"""Mood tables: cross-validated agreement with composers' words, by source, without single cues, and for single cues."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from composer.analysis.mood import MoodModel, mood_model
from composer.analysis.mood_features import FEATURES
from tools.fit.mood import FITTED_SHARE, RIDGE
from tools.fit.mood_words import Judged, collect_judged, fold_of, ridge

Floats = npt.NDArray[np.float64]

FOLDS = 10
STRONG = 0.15  # minimum distance from both axes for a word to determine a quadrant
SPEED = ("tempo", "onset_rate", "note_rate", "drum_rate", "note_length")
MODE = ("mode", "majorness", "chord_mode")
ABLATIONS: dict[str, tuple[str, ...]] = {
    "without tempo": ("tempo",),
    "without any speed": SPEED,
    "without mode": MODE,
    "without dynamics": ("loudness", "loudness_change"),
    "without register": ("register", "bass_register", "melody_register", "spread"),
    "tempo alone": tuple(name for name in FEATURES if name != "tempo"),
    "note rate alone": tuple(name for name in FEATURES if name != "note_rate"),
    "mode alone": tuple(name for name in FEATURES if name not in MODE),
}


def print_mood(corpus: Path) -> None:
    print_tables(collect_judged(corpus))


def print_tables(judged: Judged) -> None:
    model = mood_model()
    cues = model.judge.standard(judged.features)
    pieces = len(judged.piece_features)
    print(f"Mood: {len(cues)} passages of {pieces} pieces under composers' words; correlation, {FOLDS} folds by composer")
    blended = cross_validated(judged, cues, model)
    rows = {
        "prior alone": cues @ model.prior,
        "fit alone": cross_validated(judged, cues, model, share=(1.0, 1.0)),
        "blend (shipped)": blended,
    }
    for name, dropped in ABLATIONS.items():
        keep = np.array([cue not in dropped for cue in FEATURES], np.float64)
        rows[name] = cross_validated(judged, cues * keep, model)
    for name, predicted in rows.items():
        print(f"  {name:20} valence {agreement(judged, predicted, 0):5.2f}  arousal {agreement(judged, predicted, 1):5.2f}")
    tempo = cues[:, FEATURES.index("tempo")]
    proxy = [weighted_correlation(blended[:, axis], tempo, judged.weights) for axis in (0, 1)]
    print(f"  shipped estimate against tempo itself: valence {proxy[0]:.2f}, arousal {proxy[1]:.2f}")
    rest = [partial_correlation(blended[:, axis], judged.points[:, axis], tempo, judged.weights) for axis in (0, 1)]
    print(f"  shipped estimate, tempo held constant (partial correlation): valence {rest[0]:.2f}, arousal {rest[1]:.2f}")
    print("  by source: passages, valence, arousal, right quadrant (chance by the words' own frequencies)")
    for source in sorted(set(judged.sources.tolist())):
        mine = judged.sources == source
        right, chance, n = quadrants(judged.points[mine], blended[mine], blended)
        row = [weighted_correlation(blended[mine, axis], judged.points[mine, axis], judged.weights[mine]) for axis in (0, 1)]
        print(f"  {source:24} {mine.sum():5}  {row[0]:5.2f}  {row[1]:5.2f}  {right:4.0%} of {n} ({chance:.0%})")


def cross_validated(judged: Judged, cues: Floats, model: MoodModel, share: tuple[float, float] = FITTED_SHARE) -> Floats:
    """Estimates of every passage by a model fitted without its composer: (M, 2)."""
    folds = np.array([fold_of(group, FOLDS) for group in judged.groups.tolist()])
    estimates = np.zeros_like(judged.points)
    for fold in range(FOLDS):
        train = folds != fold
        fitted, _ = ridge(cues[train], judged.points[train], judged.weights[train], RIDGE)
        prior_size, fitted_size = (cues[train] @ model.prior).std(axis=0), (cues[train] @ fitted).std(axis=0)
        fitted = fitted * np.where(prior_size > 0, prior_size, 1.0) / np.maximum(fitted_size, 1e-9)
        part = np.array(share)
        estimates[~train] = cues[~train] @ ((1 - part) * model.prior + part * fitted)
    return estimates


def agreement(judged: Judged, estimates: Floats, axis: int) -> float:
    return weighted_correlation(estimates[:, axis], judged.points[:, axis], judged.weights)


def weighted_correlation(a: Floats, b: Floats, weights: Floats) -> float:
    a, b = a - np.average(a, weights=weights), b - np.average(b, weights=weights)
    spread = np.sqrt(np.average(a * a, weights=weights) * np.average(b * b, weights=weights))
    return float(np.average(a * b, weights=weights) / spread) if spread > 0 else 0.0


def partial_correlation(a: Floats, b: Floats, control: Floats, weights: Floats) -> float:
    """Partial correlation: both variables without the linear part of the control."""
    with_a, with_b = weighted_correlation(a, control, weights), weighted_correlation(b, control, weights)
    return (weighted_correlation(a, b, weights) - with_a * with_b) / float(np.sqrt((1 - with_a**2) * (1 - with_b**2)))


def quadrants(points: Floats, estimates: Floats, all_estimates: Floats) -> tuple[float, float, int]:
    """Share of clearly placed words whose quadrant is estimated correctly, the same by chance, and their number."""
    clear = (np.abs(points) >= STRONG).all(axis=1)
    truth = 2 * (points[clear, 0] > 0) + (points[clear, 1] > 0)
    middle = np.median(all_estimates, axis=0)
    guess = 2 * (estimates[clear, 0] > middle[0]) + (estimates[clear, 1] > middle[1])
    chance = sum(float((truth == q).mean() * (guess == q).mean()) for q in range(4)) if clear.any() else float("nan")
    return float((truth == guess).mean()) if clear.any() else float("nan"), chance, int(clear.sum())
