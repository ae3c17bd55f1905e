"""A judge of finished music, from the hidden states of the language model.

The model reads a piece; its residual streams, averaged over the notes, and how surprised it is by them are the features of a
linear regression. The judge of a released model (`judge.npz`) was fitted to the marks that blind readers gave composed pieces
(`python -m tools.fit listener`) and ranks the candidates of a piece. `python -m benchmarks judge` fits judges of another kind,
which distinguish composed from human music (a classifier two-sample test: Lopez-Paz and Oquab 2017). A probe on a frozen trunk
needs some hundred pieces, a whole network thousands.

Every piece is read in the same way: its notes under the style alone, all other controls left out, without its last bars, since
endings and labels would give composed pieces away. Training is in `composer.training.judge_fit`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from composer.model.checkpoint import load_config, load_weights
from composer.model.engines.numpy_engine import CpuEngine
from composer.score import Score
from composer.tokenizer import StreamOptions, Tokenizer
from composer.tokenizer.stream import assemble
from composer.tokenizer.vocabulary import DROPPABLE

Floats = NDArray[np.float64]

JUDGE_FILE = "judge.npz"
ENDING_BARS = 2  # bars at the end that are ignored
_DEPTHS = (0.5, 0.75, 1.0)  # shares of the layers whose outputs are features


@dataclass(frozen=True)
class Reader:
    """A model as a reader of scores.

    Args:
        engine: its network.
        tokenizer: its tokenizer.
    """

    engine: CpuEngine
    tokenizer: Tokenizer

    @classmethod
    def open(cls, folder: Path) -> Reader:
        """The reader of a released model."""
        return cls(CpuEngine(load_weights(folder), load_config(folder)), Tokenizer.load(folder / "tokenizer.json"))

    def features(self, score: Score) -> Floats:
        """The features of a score without its last `ENDING_BARS` bars, (D,)."""
        piece = self.tokenizer.tokenize(score)
        end = max(1, piece.n_bars - ENDING_BARS)
        ids = assemble(piece, self.tokenizer.vocabulary, StreamOptions(end_bar=end, dropped=frozenset(DROPPABLE)))
        ids = ids[: self.engine.config.max_position_embeddings]
        depths, logits = self.engine.read(ids)
        is_note = self.tokenizer.grammar.is_note[ids]
        if not is_note.any():
            is_note[:] = True
        layers = [max(0, round(share * len(depths)) - 1) for share in _DEPTHS]
        pooled = [depths[layer][is_note].mean(axis=0) for layer in layers]
        return np.concatenate([*pooled, _surprise(logits[:-1], ids[1:], is_note[1:])]).astype(np.float64)


def _surprise(logits: NDArray[np.float32], targets: Sequence[int], is_note: NDArray[np.bool_]) -> Floats:
    """Mean, deviation and quartiles of the notes' surprise in nats, and of surprise minus entropy: (10,)."""
    shifted = (logits - logits.max(axis=1, keepdims=True))[is_note].astype(np.float64)
    if not len(shifted):
        return np.zeros(10)
    log_chances = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    surprise = -log_chances[np.arange(len(shifted)), np.asarray(targets)[is_note]]
    excess = surprise + (np.exp(log_chances) * log_chances).sum(axis=1)
    return np.concatenate([[x.mean(), x.std(), *np.quantile(x, (0.25, 0.5, 0.75))] for x in (surprise, excess)])


@dataclass(frozen=True)
class Judge:
    """The regression: features are centered, scaled, weighted and added up.

    Attributes:
        center: (D,).
        scale: (D,), positive.
        weights: (D,).
        bias: value of a piece whose features are the center.
    """

    center: Floats
    scale: Floats
    weights: Floats
    bias: float

    def value(self, features: Floats) -> Floats:
        """Marks, or the log-odds that pieces are human, by their features: (..., D) -> (...)."""
        return np.asarray(((features - self.center) / self.scale) @ self.weights + self.bias, np.float64)

    def save(self, path: Path) -> None:
        """Writes the file that `load_judge` reads."""
        with path.open("wb") as file:
            center, scale, weights = (values.astype(np.float32) for values in (self.center, self.scale, self.weights))
            np.savez(file, center=center, scale=scale, weights=weights, bias=self.bias)


@lru_cache(maxsize=2)
def load_judge(folder: Path) -> tuple[Reader, Judge] | None:
    """The judge of a released model and its reader; `None` if the model has none."""
    path = folder / JUDGE_FILE
    if not path.is_file():
        return None
    with np.load(path, allow_pickle=False) as saved:
        judge = Judge(saved["center"], saved["scale"], saved["weights"], float(saved["bias"]))
    return Reader.open(folder), judge
