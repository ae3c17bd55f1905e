"""An untrained model for tests and for benchmarks that measure other things."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from composer.model.checkpoint import expected_shapes, save_release
from composer.model.config import ModelConfig
from composer.tokenizer.miditok_base import build_tokenizer_json
from composer.training.data.build import base_tokenizer


def save_tiny_model(folder: Path) -> Path:
    """Writes a small seeded model with random weights and no merges: it composes nonsense that obeys all rules."""
    vocabulary = base_tokenizer().vocabulary
    config = ModelConfig(
        vocab_size=len(vocabulary), hidden_size=32, intermediate_size=64, num_hidden_layers=1, num_attention_heads=2,
        num_key_value_heads=2, max_position_embeddings=256,
    )  # fmt: skip
    rng = np.random.default_rng(0)
    weights = {name: rng.normal(0, 0.05, shape).astype(np.float32) for name, shape in expected_shapes(config).items()}
    save_release(folder, weights, config, {"temperature": 1.0, "top_p": 1.0})
    build_tokenizer_json(vocabulary, [], 0, folder / "tokenizer.json")
    return folder
