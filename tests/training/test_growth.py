from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from composer.model.checkpoint import expected_shapes, load_weights, save_release
from composer.model.config import ModelConfig
from composer.model.network import Decoder
from composer.tokenizer import Tokenizer, Vocabulary
from composer.tokenizer.miditok_base import build_tokenizer_json
from composer.training.growth import deepen, with_new_tokens


def test_a_deeper_network_computes_the_same_and_learns_in_every_layer() -> None:
    torch.manual_seed(0)
    sizes = {"vocab_size": 30, "hidden_size": 16, "intermediate_size": 32, "num_attention_heads": 2, "num_key_value_heads": 2}
    small, large = (Decoder(ModelConfig(**sizes, num_hidden_layers=layers, max_position_embeddings=16)) for layers in (2, 5))
    large.load_state_dict(deepen(small.state_dict(), 5))
    ids = torch.randint(30, (2, 9))
    torch.testing.assert_close(large(ids), small(ids))
    large(ids[:, :-1], ids[:, 1:]).mean().backward()
    written = [layer.mlp.down_proj.weight.grad for layer in large.layers]
    assert all(gradient is not None and float(gradient.abs().max()) > 0 for gradient in written)


def test_new_tokens_keep_the_embeddings_of_known_ones(tmp_path: Path) -> None:
    small, large = Vocabulary(("waltz",), ("chopin",)), Vocabulary(("waltz", "reel"), ("chopin",))
    config = ModelConfig(
        vocab_size=len(small) + 4,
        hidden_size=8,
        intermediate_size=8,
        num_hidden_layers=1,
        num_attention_heads=1,
        num_key_value_heads=1,
    )
    rng = np.random.default_rng(0)
    weights = {name: rng.normal(0, 1, shape).astype(np.float32) for name, shape in expected_shapes(config).items()}
    save_release(tmp_path / "small", weights, config, {"temperature": 1.0, "top_p": 1.0})
    run = [small.position(0), small.duration(24), small.pitch(60)]
    build_tokenizer_json(small, [run] * 9 + [[*run, small.pitch(64)]] * 9, 4, tmp_path / "small" / "tokenizer.json")

    with_new_tokens(tmp_path / "small", tmp_path / "large", large)

    before, after = Tokenizer.load(tmp_path / "small" / "tokenizer.json"), Tokenizer.load(tmp_path / "large" / "tokenizer.json")
    assert after.vocabulary == large
    (name,) = (name for name in weights if "embed" in name)
    old, new = (load_weights(tmp_path / folder)[name] for folder in ("small", "large"))
    rows = {tuple(after.names([index])): new[index] for index in range(len(after))}
    for index in range(len(before)):
        np.testing.assert_array_equal(rows[tuple(before.names([index]))], old[index])
    styles = [old[before.vocabulary.id(token)] for token in before.vocabulary.tokens if token.startswith("Style_")]
    np.testing.assert_allclose(rows[("Style_reel",)], np.mean(styles, axis=0), atol=1e-3)
    moved = [large.id(small.name(token)) for token in run]
    assert after.names(after.merges.encode([moved])[0]) == before.names(before.merges.encode([run])[0])
