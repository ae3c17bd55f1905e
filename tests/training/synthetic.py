"""A dataset that a tiny network learns in seconds: each id is usually followed by its successor."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from composer.model.config import ModelConfig
from composer.training.evaluation.bits import ValidationBatch

TINY = ModelConfig(
    vocab_size=40,
    hidden_size=32,
    intermediate_size=48,
    num_hidden_layers=2,
    num_attention_heads=4,
    num_key_value_heads=2,
    max_position_embeddings=32,
)


class Counting:
    """Rows that count upwards from a random id, modulo the vocabulary."""

    vocab_size = TINY.vocab_size

    def __init__(self, rows: int = 8, time: int = 16) -> None:
        self.rows, self.time, self.drawn = rows, time, 0

    def batch(self) -> NDArray[np.uint16]:
        self.drawn += 1
        return self.rows_of(self.drawn)

    def rows_of(self, seed: int) -> NDArray[np.uint16]:
        start = np.random.default_rng(seed).integers(0, self.vocab_size, (self.rows, 1))
        return ((start + np.arange(self.time + 1)) % self.vocab_size).astype(np.uint16)

    def state_dict(self) -> dict[str, Any]:
        return {"drawn": self.drawn}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.drawn = state["drawn"]

    def validation(self) -> Iterator[ValidationBatch]:
        ids = self.rows_of(10**6)
        mask = np.ones((self.rows, self.time), bool)
        mask[:, 0] = False
        yield "up", ids, self.rows * 4, mask
        yield "down", ids[:, ::-1].copy(), self.rows * 4, mask
