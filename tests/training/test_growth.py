from __future__ import annotations

import torch

from composer.model_config import ModelConfig
from composer.network import Decoder
from composer.training.growth import deepen


def test_a_deeper_network_starts_where_the_shallower_one_stands_and_learns_in_every_layer() -> None:
    torch.manual_seed(0)
    sizes = {"vocab_size": 30, "hidden_size": 16, "intermediate_size": 32, "num_attention_heads": 2, "num_key_value_heads": 2}
    small, large = (Decoder(ModelConfig(**sizes, num_hidden_layers=layers, max_position_embeddings=16)) for layers in (2, 5))
    large.load_state_dict(deepen(small.state_dict(), 5))
    ids = torch.randint(30, (2, 9))
    torch.testing.assert_close(large(ids), small(ids))
    large(ids[:, :-1], ids[:, 1:]).mean().backward()
    written = [layer.mlp.down_proj.weight.grad for layer in large.layers]
    assert all(gradient is not None and float(gradient.abs().max()) > 0 for gradient in written)
