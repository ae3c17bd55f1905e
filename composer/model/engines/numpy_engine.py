"""The decoder in NumPy; it needs no further packages.

Matrices are stored as (in, out) and joined if they share an input. The gains of the norms and the scale of the attention are
multiplied into them, and the two numbers rotated by the same angle are adjacent, so that a rotation is one complex product. A
single vector is multiplied by BLAS's gemv, which reads each weight once; gemm first copies the matrix, which costs about three
gemv, so a few rows are multiplied one by one. At these sizes (a product takes 10 to 30 microseconds) every NumPy call counts:
hence slices instead of index arrays for a single row, a dot product instead of a sum of squares, and the `reduce` of ufuncs.

B rows of a batch, N ids in a pass, T positions, C width, H query heads, K key/value heads, G = H / K, D head size,
F SwiGLU width, V vocabulary.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from composer.model.config import ModelConfig
from composer.model.engines.rows import PREFILL, RowCache, RowEngine, Weights, rotary_angles, runs

Array = NDArray[np.floating[Any]]

GEMV_ROWS = 3  # up to this number of rows, one gemv per row is faster than one gemm


class CpuEngine(RowEngine):
    """A Llama decoder on BLAS.

    Args:
        weights: by Hugging Face's names, matrices (out, in).
        config: the dimensions.
        dtype: data type of all arithmetic.
    """

    # The base model's float32 logits were within 6e-6 of its float64 logits, on held-out music of up to 512 ids.
    tolerance = 1e-4

    def __init__(self, weights: Weights, config: ModelConfig, dtype: DTypeLike = np.float32) -> None:
        super().__init__(weights, config)
        self._dtype = np.dtype(dtype)
        self._embedding = weights["model.embed_tokens.weight"].astype(dtype)  # (V, C)
        self._head = self._joined("model.norm", "model.embed_tokens")  # (C, V)
        self._layers = [self._layer(f"model.layers.{index}") for index in range(config.num_hidden_layers)]
        self._turns = self._rotary(config.max_position_embeddings)

    def _joined(self, norm: str, *names: str, scale: float = 1.0) -> Array:
        """Joins matrices (out, in) with the same normalized input as (in, out), multiplied by the gain of the norm."""
        gain = self._weights[f"{norm}.weight"].astype(np.float64)[:, None]
        joined = np.concatenate([self._weights[f"{name}.weight"] for name in names]).T * gain * scale
        return np.ascontiguousarray(joined, self._dtype)

    def _turned(self, name: str) -> Array:
        """A matrix as (in, out)."""
        return np.ascontiguousarray(self._weights[f"{name}.weight"].T, self._dtype)

    def _layer(self, prefix: str) -> tuple[Array, Array, Array, Array]:
        """Query/key/value (C, (H + 2K) D), attention out (H D, C), half gate and up (C, 2F), down (F, C)."""
        attention, mlp = f"{prefix}.self_attn", f"{prefix}.mlp"
        qkv = self._joined(f"{prefix}.input_layernorm", *(f"{attention}.{name}_proj" for name in "qkv"))
        H, K, D = self.config.num_attention_heads, self.config.num_key_value_heads, self.config.head_dim
        turning = qkv[:, : (H + K) * D].reshape(-1, H + K, 2, D // 2)
        qkv[:, : (H + K) * D] = turning.swapaxes(2, 3).reshape(-1, (H + K) * D)
        qkv[:, : H * D] *= D**-0.5
        gate_up = self._joined(f"{prefix}.post_attention_layernorm", f"{mlp}.gate_proj", f"{mlp}.up_proj")
        gate_up[:, : self.config.intermediate_size] *= 0.5
        out, down = (self._turned(name) for name in (f"{attention}.o_proj", f"{mlp}.down_proj"))
        return qkv, out, gate_up, down

    def _rotary(self, length: int) -> NDArray[np.complexfloating[Any]]:
        """Unit complex numbers at the rotary angles, (T, 1, D / 2)."""
        turns: NDArray[np.complexfloating[Any]] = np.exp(1j * rotary_angles(self.config, length)[:, None])
        return turns.astype(np.result_type(self._dtype, np.complex64))

    def _double_engine(self) -> CpuEngine:
        return CpuEngine(self._weights, self.config, np.float64)

    def new_cache(self, rows: int) -> RowCache:
        """An empty cache of that many rows."""
        return RowCache(self.config, rows, self._dtype)

    def read(self, ids: Sequence[int]) -> tuple[Array, Array]:
        """Processes a row of at least one id; the residual stream after each layer, (L, N, C), and the logits, (N, V)."""
        cache, depths = self.new_cache(1), []
        for start in range(0, len(ids), PREFILL):
            part, found = list(ids[start : start + PREFILL]), list[Array]()
            cache.make_room(start + len(part))
            self._logits(cache, [0], [part], found)
            cache.ids[0].extend(part)
            depths.append(np.stack(found))
        depth = np.concatenate(depths, axis=1)
        return depth, _product(_normed(depth[-1], self.config.rms_norm_eps), self._head)

    def _logits(
        self, cache: RowCache, rows: Sequence[int], ids: Sequence[Sequence[int]], depths: list[Array] | None = None
    ) -> Array:
        starts, sizes = [len(cache.ids[row]) for row in rows], [len(part) for part in ids]
        groups = _groups(rows, starts, sizes, self.config.num_attention_heads // self.config.num_key_value_heads)
        longest = max(start + size for start, size in zip(starts, sizes, strict=True))
        if longest > len(self._turns):
            self._turns = self._rotary(2 * longest)
        turns = np.concatenate([self._turns[group.positions] for group in groups])  # (N, 1, D / 2)
        x = self._embedding[[token for part in ids for token in part]]  # (N, C)
        eps, width = self.config.rms_norm_eps, self.config.intermediate_size
        for index, (qkv, out, gate_up, down) in enumerate(self._layers):
            heads = _product(_normed(x, eps), qkv)
            x += _product(self._attention(cache.keys[index], cache.values[index], groups, heads, turns), out)
            both = _product(_normed(x, eps), gate_up)
            x += _product(_gated(both[:, :width], both[:, width:]), down)
            if depths is not None:
                depths.append(x.copy())
        if len(x) > len(rows):
            x = x[np.cumsum(sizes) - 1]
        return _product(_normed(x, eps), self._head)

    def _attention(
        self, keys: Array, values: Array, groups: Sequence[_Group], heads: Array, turns: NDArray[np.complexfloating[Any]]
    ) -> Array:
        """Stores the new keys and values in a layer's (B, K, T, D), and attends: (N, (H + 2K) D) -> (N, H D)."""
        H, K, D = self.config.num_attention_heads, self.config.num_key_value_heads, self.config.head_dim
        turning = heads.view(turns.dtype).reshape(len(heads), H + 2 * K, D // 2)[:, : H + K]
        np.multiply(turning, turns, out=turning)
        heads = heads.reshape(len(heads), H + 2 * K, D)
        results = []
        for group in groups:
            mine = heads[group.places]
            if group.rows == 1:
                mine = mine.swapaxes(0, 1)  # (H + 2K, N, D)
                keys[group.store], values[group.store] = mine[H : H + K], mine[H + K :]
                queries = mine[:H].reshape(1, K, -1, D)  # queries that share a key are joined: (R, K, G N, D)
            else:
                keys[group.store], values[group.store] = mine[:, H : H + K], mine[:, H + K :]
                queries = mine[:, :H].reshape(group.rows, K, -1, D)
            attended = _attend(queries, keys[group.seen], values[group.seen], group.hidden)
            if group.rows == 1 and attended.shape[2] > H // K:
                attended = attended.reshape(H, -1, D).swapaxes(0, 1)
            results.append(attended.reshape(-1, H * D))
        return results[0] if len(results) == 1 else np.concatenate(results)


@dataclass(frozen=True, slots=True)
class _Group:
    """Rows processed together by the attention: one row, or adjacent rows in the cache that grow by one id each.

    Attributes:
        rows: number of rows.
        places: indices of the new ids in this pass.
        positions: positions of the new ids in their rows.
        store: index of the new keys in a layer's (B, K, T, D), as (K, N, D) for one row or (R, K, D) for several.
        seen: index of the keys attended to, (R, K, T, D).
        hidden: masked positions, broadcast to (R, K, G N, T); `None` if there are none.
    """

    rows: int
    places: slice
    positions: slice | NDArray[np.intp]
    store: tuple[Any, ...]
    seen: tuple[slice, ...]
    hidden: NDArray[np.bool_] | None


def _groups(rows: Sequence[int], starts: Sequence[int], sizes: Sequence[int], sharing: int) -> list[_Group]:
    """Groups of rows in ascending order, `starts` long so far, that grow by `sizes`; `sharing` queries share a key (G)."""
    groups: list[_Group] = []
    place = 0
    for run in runs(rows, sizes):
        if len(run) == 1:
            group = _one_row(rows[run.start], starts[run.start], sizes[run.start], place, sharing)
        else:
            group = _many_rows(rows[run.start], np.array(starts[run.start : run.stop]), place)
        groups.append(group)
        place = group.places.stop
    return groups


def _one_row(row: int, start: int, size: int, place: int, sharing: int) -> _Group:
    positions = slice(start, start + size)
    hidden = None
    if size > 1:
        hidden = np.tile(np.arange(positions.stop) > np.arange(start, positions.stop)[:, None], (sharing, 1))
    store = (row, slice(None), positions)
    seen = (slice(row, row + 1), slice(None), slice(positions.stop))
    return _Group(1, slice(place, place + size), positions, store, seen, hidden)


def _many_rows(first: int, starts: NDArray[np.intp], place: int) -> _Group:
    count, longest = len(starts), int(starts.max()) + 1
    hidden = None
    if starts.min() + 1 < longest:
        hidden = np.arange(longest) > starts[:, None, None, None]
    store = (np.arange(first, first + count), slice(None), starts)
    seen = (slice(first, first + count), slice(None), slice(longest))
    return _Group(count, slice(place, place + count), starts, store, seen, hidden)


def _product(x: Array, matrix: Array) -> Array:
    """(N, in) times (in, out)."""
    if len(x) == 1 or len(x) > GEMV_ROWS:
        product: Array = np.dot(x, matrix)
        return product
    result = np.empty((len(x), matrix.shape[1]), matrix.dtype)
    for row, out in zip(x, result, strict=True):
        np.dot(row, matrix, out=out)
    return result


def _normed(x: Array, eps: float) -> Array:
    """Root-mean-square norm of rows without its gain, which is part of the next matrix."""
    if len(x) == 1:
        alone: Array = x * math.sqrt(1 / (float(np.dot(x[0], x[0])) / x.shape[1] + eps))
        return alone
    scale: Array = np.einsum("nc,nc->n", x, x)
    scale /= x.shape[1]
    scale += eps
    return x / np.sqrt(scale, out=scale)[:, None]


def _gated(half: Array, up: Array) -> Array:
    """SwiGLU's gate times its value, from half the gate: g logistic(g) = h (1 + tanh h), which cannot overflow."""
    gated: Array = np.tanh(half)
    gated += 1
    gated *= half
    gated *= up
    return gated


def _attend(queries: Array, keys: Array, values: Array, hidden: NDArray[np.bool_] | None) -> Array:
    """Attention of R rows; the scale is part of the queries' weights: (R, K, G N, D), (R, K, T, D) twice."""
    scores: Array = queries @ keys.swapaxes(2, 3)  # (R, K, G N, T)
    if hidden is not None:
        np.copyto(scores, -np.inf, where=hidden)
    scores -= np.maximum.reduce(scores, axis=-1, keepdims=True)
    np.exp(scores, out=scores)
    attended: Array = scores @ values
    attended /= np.add.reduce(scores, axis=-1, keepdims=True)
    return attended
