"""Corpus passages marked with a composer's character word, their cues, and the weights of these cues in the literature."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from composer.analysis import score_arrays
from composer.analysis.chords import chord_path
from composer.analysis.key import KeyEstimate, estimate_key
from composer.analysis.mood_features import measure_mood_features
from composer.training.data.corpus import Piece, list_items, read_item
from tools.fit.character_words import read_mood

Floats = npt.NDArray[np.float64]

# Weight of a standard deviation of each cue on (valence, arousal). Signs and order after Eerola, Friberg and Bresin (2013),
# Gabrielsson and Lindström (2010) and Juslin and Laukka (2004); docs/mood.md discusses them one by one.
LITERATURE: dict[str, tuple[float, float]] = {
    "mode": (0.35, 0.00), "majorness": (0.35, 0.00), "chord_mode": (0.30, 0.00), "unstable_chords": (-0.15, 0.05),
    "tempo": (0.08, 0.15), "onset_rate": (0.12, 0.35), "note_rate": (0.00, 0.50), "note_length": (-0.08, -0.25),
    "articulation": (-0.08, -0.12), "loudness": (-0.03, 0.25), "loudness_change": (0.00, 0.05),
    "register": (0.05, 0.00), "bass_register": (0.08, -0.10), "melody_register": (0.10, 0.08), "spread": (0.00, 0.10),
    "dissonance": (-0.10, 0.08), "chromaticism": (-0.12, 0.05), "leap": (0.00, 0.08), "contour": (0.03, 0.00),
    "fullness": (0.00, 0.00), "drum_rate": (0.00, 0.20),
}  # fmt: skip
PASSAGE_BARS = 8
_LONGEST_TEXT = 80  # longer texts are prose, not markings
_SUNG_LATIN = frozenset(
    {"domini", "dominus", "deus", "deo", "sancti", "sanctus", "patri", "gloria", "et", "kyrie", "agnus", "dei", "christe"}
)


@dataclass(frozen=True)
class Judged:
    """Marked passages (M) and the pieces they are in (P).

    Attributes:
        features: cues of each passage (M, F).
        points: valence and arousal of its words (M, 2).
        weights: 1 / sqrt(passages in the piece), so that no piece dominates (M,).
        sources: its source (M,).
        groups: its composer, for cross-validation (M,).
        pieces: its piece (M,).
        piece_features: cues of whole pieces (P, F).
    """

    features: Floats
    points: Floats
    weights: Floats
    sources: npt.NDArray[np.str_]
    groups: npt.NDArray[np.str_]
    pieces: npt.NDArray[np.str_]
    piece_features: Floats


def collect_judged(corpus: Path, stride: int = 1) -> Judged:
    """Reads every `stride`-th piece with character words."""
    features, points, sources, groups, pieces, whole = [], [], [], [], [], []
    for item in list_items(corpus)[::stride]:
        piece = read_item(item)
        marks = dict(read_marks(piece))
        if not marks:
            continue
        rows, piece_row = passage_features(piece, sorted(marks))
        whole.append(piece_row)
        for bar, row in zip(sorted(marks), rows, strict=True):
            features.append(row)
            points.append(marks[bar])
            sources.append(piece.source)
            groups.append(piece.composer or piece.group)
            pieces.append(piece.id)
    names = np.array(pieces)
    _, place, count = np.unique(names, return_inverse=True, return_counts=True)
    return Judged(
        np.array(features),
        np.array(points),
        1.0 / np.sqrt(count[place]),
        np.array(sources),
        np.array(groups),
        names,
        np.array(whole),
    )


def read_marks(piece: Piece) -> Iterator[tuple[int, tuple[float, float]]]:
    """(0-based bar, mean point) of the bars with character words."""
    found: dict[int, dict[str, tuple[float, float]]] = {}
    texts = [*piece.expressions, *([(1, piece.tempo_text)] if piece.tempo_text else [])]
    for bar, text in texts:
        if len(text) > _LONGEST_TEXT or _SUNG_LATIN & set(text.lower().split()) or not 1 <= bar <= len(piece.score.bars):
            continue
        mood = read_mood(text)
        if mood is not None:
            found.setdefault(bar - 1, {})[text.lower().strip(" .")] = (mood.valence, mood.arousal)
    for bar, by_text in found.items():
        valence, arousal = np.mean(list(by_text.values()), axis=0)
        yield bar, (float(valence), float(arousal))


def passage_features(piece: Piece, bars: list[int]) -> tuple[Floats, Floats]:
    """Cues of the passages that start at `bars` (M, F), and of the whole piece (F,)."""
    arrays = score_arrays(piece.score)
    key = KeyEstimate.known(piece.key) if piece.key and piece.key_source == "annotated" else estimate_key(arrays)
    chords = chord_path(arrays, key.key)
    ends = [min(bar + PASSAGE_BARS, *(later for later in [*bars, arrays.n_bars] if later > bar)) for bar in bars]
    cuts = np.array(sorted({0, *bars, *(end for end in ends if end < arrays.n_bars)}))
    windows = np.searchsorted(cuts, np.arange(arrays.n_bars), side="right") - 1
    table = measure_mood_features(arrays, key, chords, windows)
    whole = measure_mood_features(arrays, key, chords, np.zeros(arrays.n_bars, np.int64))[0]
    return table[np.searchsorted(cuts, bars)], whole


def ridge(x: Floats, y: Floats, weights: Floats, penalty: float) -> tuple[Floats, Floats]:
    """Weighted ridge regression: coefficients (F, outputs) and intercepts (outputs,). `penalty` is per unit of weight."""
    x_mean, y_mean = np.average(x, axis=0, weights=weights), np.average(y, axis=0, weights=weights)
    weighted = (x - x_mean) * weights[:, None]
    gram = weighted.T @ (x - x_mean) + penalty * weights.sum() * np.eye(x.shape[1])
    coefficients = np.linalg.solve(gram, weighted.T @ (y - y_mean))
    return coefficients, y_mean - x_mean @ coefficients


def fold_of(name: str, folds: int = 10) -> int:
    """Cross-validation fold of a name, the same on every machine."""
    return int(hashlib.md5(name.encode()).hexdigest(), 16) % folds
