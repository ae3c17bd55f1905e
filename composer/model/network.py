"""The decoder in torch, in one file: a Llama (Touvron et al. 2023) with tied embeddings and no biases.

Used for training, on GPUs and for export; composing uses `composer.model.engines`, which imports no torch. Query, key and
value share one matrix here, gate and up another, since two large products are faster than five small ones. `to_llama` and
`from_llama` convert to and from the separate matrices of a checkpoint, which have Hugging Face's names.

Knows ids only, nothing of music, data or optimizers.

B batch, T time, C width, H query heads, K key/value heads, D head size, F SwiGLU width, V vocabulary.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import torch
import torch.nn.functional as functional
from numpy.typing import NDArray
from torch import Tensor, nn

from composer.model.attention import causal_attention
from composer.model.config import ModelConfig


class RMSNorm(nn.Module):
    """Root-mean-square norm (Zhang and Sennrich 2019) with a learned gain."""

    def __init__(self, size: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        """(..., C) -> (..., C)."""
        return functional.rms_norm(x, self.weight.shape, self.weight, self.eps)


def rotary_table(config: ModelConfig, length: int) -> tuple[Tensor, Tensor]:
    """Cosines and sines of the rotary angles, each (T, 1, D / 2), to broadcast over heads."""
    half = config.head_dim // 2
    frequencies = config.rope_theta ** (-torch.arange(half, dtype=torch.float64) / half)
    angles = torch.arange(length, dtype=torch.float64)[:, None, None] * frequencies
    return angles.cos().float(), angles.sin().float()


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotary embedding, the first half of a head paired with its second half (Hugging Face's order). (B, T, H, D)."""
    a, b = x.chunk(2, dim=-1)
    return torch.cat((a * cos - b * sin, b * cos + a * sin), dim=-1)


def attend(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Causal attention with the fastest available kernel: (B, H, T, D), (B, K, T, D) twice -> (B, H, T, D)."""
    q, k = q.to(v.dtype), k.to(v.dtype)  # rotation yields float32 even if products are in bfloat16
    group = q.shape[1] // k.shape[1]
    if q.device.type == "cpu" and torch.is_grad_enabled():
        return causal_attention(q, *(x.repeat_interleave(group, dim=1) if group > 1 else x for x in (k, v)))
    return functional.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=group > 1)


class Attention(nn.Module):
    """Causal self-attention with rotary positions and grouped key/value heads."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.heads, self.kv_heads, self.head_dim = config.num_attention_heads, config.num_key_value_heads, config.head_dim
        self.qkv_proj = nn.Linear(config.hidden_size, (self.heads + 2 * self.kv_heads) * self.head_dim, bias=False)
        self.o_proj = nn.Linear(self.heads * self.head_dim, config.hidden_size, bias=False)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """(B, T, C) -> (B, T, C)."""
        batch, time, _ = x.shape
        qkv = self.qkv_proj(x).view(batch, time, self.heads + 2 * self.kv_heads, self.head_dim)
        q, k, v = qkv.split((self.heads, self.kv_heads, self.kv_heads), dim=2)  # (B, T, H | K, D)
        y = attend(rotate(q, cos, sin).transpose(1, 2), rotate(k, cos, sin).transpose(1, 2), v.transpose(1, 2))  # (B, H, T, D)
        return self.o_proj(y.transpose(1, 2).reshape(batch, time, -1))  # type: ignore[no-any-return]


class SwiGLU(nn.Module):
    """Gated feed-forward layer (Shazeer 2020)."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.gate_up_proj = nn.Linear(config.hidden_size, 2 * config.intermediate_size, bias=False)
        self.down_proj = nn.Linear(config.intermediate_size, config.hidden_size, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, C) -> (B, T, C)."""
        gate, up = self.gate_up_proj(x).chunk(2, dim=-1)  # (B, T, F) each
        return self.down_proj(functional.silu(gate) * up)  # type: ignore[no-any-return]


class Layer(nn.Module):
    """One pre-norm block: attention, then SwiGLU, each added to the residual stream."""

    def __init__(self, config: ModelConfig, dropout: float) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout) if dropout else nn.Identity()
        self.input_layernorm = RMSNorm(config.hidden_size, config.rms_norm_eps)
        self.self_attn = Attention(config)
        self.post_attention_layernorm = RMSNorm(config.hidden_size, config.rms_norm_eps)
        self.mlp = SwiGLU(config)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """(B, T, C) -> (B, T, C)."""
        x = x + self.dropout(self.self_attn(self.input_layernorm(x), cos, sin))
        return x + self.dropout(self.mlp(self.post_attention_layernorm(x)))  # type: ignore[no-any-return]


class Decoder(nn.Module):
    """The language model.

    Weights are initialized from a normal distribution with standard deviation 0.02, divided by the square root of their number
    for those that write into the residual stream (GPT-2's rule), so that the initial scale does not depend on depth.

    Args:
        config: the dimensions.
        dropout: dropout rate in training on what each block adds to the residual stream, 0 to below 1.
    """

    cos: Tensor
    sin: Tensor

    def __init__(self, config: ModelConfig, dropout: float = 0.0) -> None:
        super().__init__()
        self.config = config
        self.embed_tokens = nn.Embedding(config.vocab_size, config.hidden_size)
        self.layers = nn.ModuleList(Layer(config, dropout) for _ in range(config.num_hidden_layers))
        self.norm = RMSNorm(config.hidden_size, config.rms_norm_eps)
        cos, sin = rotary_table(config, config.max_position_embeddings)
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)
        for name, parameter in self.named_parameters():
            if parameter.ndim == 2:
                residual = name.endswith(("o_proj.weight", "down_proj.weight"))
                nn.init.normal_(parameter, std=0.02 / math.sqrt(2 * config.num_hidden_layers) if residual else 0.02)

    @classmethod
    def released(cls, config: ModelConfig, weights: Mapping[str, NDArray[np.float32]]) -> Decoder:
        """Creates a decoder from a checkpoint's weights, which have Hugging Face's names."""
        network = cls(config)
        network.load_state_dict(from_llama({name: torch.from_numpy(np.array(array)) for name, array in weights.items()}))
        return network

    def forward(self, ids: Tensor, targets: Tensor | None = None) -> Tensor:
        """Computes logits or, with targets, the loss at every position.

        Args:
            ids: (B, T) int64, T at most `max_position_embeddings`.
            targets: (B, T) int64, the id that follows each position.

        Returns:
            Logits (B, T, V); with targets the negative log-likelihood in nats, (B, T).
        """
        time = ids.shape[1]
        x = self.embed_tokens(ids)  # (B, T, C)
        cos, sin = self.cos[:time], self.sin[:time]
        for layer in self.layers:
            x = layer(x, cos, sin)
        logits = functional.linear(self.norm(x), self.embed_tokens.weight)  # (B, T, V)
        if targets is None:
            return logits
        loss = functional.cross_entropy(logits.flatten(0, 1).float(), targets.flatten(), reduction="none")
        return loss.view_as(targets)


def to_llama(state: Mapping[str, Tensor], config: ModelConfig) -> dict[str, Tensor]:
    """Converts a `Decoder` state dict to that of `LlamaForCausalLM` (without its tied `lm_head`)."""
    query, key = config.num_attention_heads * config.head_dim, config.num_key_value_heads * config.head_dim
    parts = {
        "qkv_proj": (("q_proj", "k_proj", "v_proj"), (query, key, key)),
        "gate_up_proj": (("gate_proj", "up_proj"), (config.intermediate_size,) * 2),
    }
    result = {}
    for name, tensor in state.items():
        joined = next((part for part in parts if part in name), None)
        if joined is None:
            result[f"model.{name}"] = tensor
            continue
        names, sizes = parts[joined]
        for part, piece in zip(names, torch.split(tensor, list(sizes)), strict=True):
            result[f"model.{name.replace(joined, part)}"] = piece
    return result


def from_llama(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The state dict of a `Decoder` from weights under Hugging Face's names; the inverse of `to_llama`."""
    joins = {"q_proj": ("qkv_proj", ("q_proj", "k_proj", "v_proj")), "gate_proj": ("gate_up_proj", ("gate_proj", "up_proj"))}
    skipped = ("k_proj", "v_proj", "up_proj")
    result = {}
    for name, tensor in weights.items():
        part = name.split(".")[-2]
        if part in joins:
            joined, parts = joins[part]
            tensor = torch.cat([weights[name.replace(part, other)] for other in parts])
            name = name.replace(part, joined)
        if part not in skipped:
            result[name.removeprefix("model.")] = tensor
    return result
