"""The decoder in torch with a cache, for GPUs and as a reference for the other engines.

Logits are returned as NumPy arrays, so that sampling is the same for all engines.

B rows of a batch, S new ids per row, T positions, C width, H query heads, K key/value heads, D head size.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from composer.model.config import ModelConfig
from composer.model.engines.numpy_engine import CpuEngine
from composer.model.engines.rows import RowCache, RowEngine, Weights, runs
from composer.model.network import Decoder, rotary_table, rotate


class TorchEngine(RowEngine):
    """A Llama decoder on a torch device.

    Args:
        weights: by Hugging Face's names, matrices (out, in).
        config: the dimensions.
        device: by default a GPU if there is one.
    """

    def __init__(self, weights: Weights, config: ModelConfig, device: str | None = None) -> None:
        super().__init__(weights, config)
        self._device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        self._network: Any = Decoder.released(config, weights).eval().to(self._device)

    def _double_engine(self) -> CpuEngine:
        return CpuEngine(self._weights, self.config, np.float64)

    def new_cache(self, rows: int) -> _TorchCache:
        """Creates an empty cache."""
        return _TorchCache(self.config, rows, self._device)

    @torch.inference_mode()
    def _logits(self, cache: _TorchCache, rows: Sequence[int], ids: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        found = []
        for run in runs(rows, [len(part) for part in ids]):
            first, tokens = rows[run.start], torch.tensor([ids[index] for index in run], device=self._device)
            starts = torch.tensor([len(cache.ids[rows[index]]) for index in run], device=self._device)
            found.append(self._forward(cache, slice(first, first + len(run)), starts, tokens))
        logits: NDArray[np.float32] = torch.cat(found).cpu().numpy()
        return logits

    def _forward(self, cache: _TorchCache, rows: slice, starts: Tensor, ids: Tensor) -> Tensor:
        """Appends ids (B, S) to adjacent rows of lengths `starts`; logits after the last ones, (B, V)."""
        network, positions = self._network, starts[:, None] + torch.arange(ids.shape[1], device=self._device)  # (B, S)
        longest = int(positions.max()) + 1
        cos, sin = (table[positions] for table in cache.turns)  # (B, S, 1, D / 2)
        visible = (torch.arange(longest, device=self._device) <= positions[..., None])[:, None]  # (B, 1, S, T)
        x = network.embed_tokens(ids)  # (B, S, C)
        for index, layer in enumerate(network.layers):
            keys, values = cache.keys[index, rows], cache.values[index, rows]  # (B, K, T, D)
            attention, normed = layer.self_attn, layer.input_layernorm(x)
            H, K, D = attention.heads, attention.kv_heads, attention.head_dim
            q, k, v = attention.qkv_proj(normed).view(*ids.shape, H + 2 * K, D).split((H, K, K), dim=2)
            row = torch.arange(len(ids), device=self._device)[:, None]
            keys[row, :, positions], values[row, :, positions] = rotate(k, cos, sin), v
            queries = rotate(q, cos, sin).transpose(1, 2)  # (B, H, S, D)
            seen = keys[:, :, :longest], values[:, :, :longest]
            y = functional.scaled_dot_product_attention(queries, *seen, attn_mask=visible, enable_gqa=H > K)
            x = x + attention.o_proj(y.transpose(1, 2).flatten(2))
            x = x + layer.mlp(layer.post_attention_layernorm(x))
        return functional.linear(network.norm(x[:, -1]), network.embed_tokens.weight)


class _TorchCache(RowCache):
    """Keys and values on a device, and the rotary table for their size."""

    def __init__(self, config: ModelConfig, rows: int, device: torch.device) -> None:
        self._config, self._device = config, device
        super().__init__(config, rows)
        self._turn()

    def _zeros(self, shape: tuple[int, ...]) -> Tensor:
        return torch.zeros(shape, device=self._device)

    def _turn(self) -> None:
        self.turns = tuple(table.to(self._device) for table in rotary_table(self._config, self.keys.shape[3]))

    def make_room(self, length: int) -> None:
        """Grows until a row of this length fits."""
        if length > self.keys.shape[3]:
            super().make_room(length)
            self._turn()
