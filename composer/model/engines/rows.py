"""The protocol of the engines and their common base: rows of ids, keys and values, checked, ordered and split into passes.

Knows nothing of how logits are computed; engines implement `_logits`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import DTypeLike, NDArray

from composer.errors import BadInputError
from composer.model.config import ModelConfig

Logits = NDArray[np.floating[Any]]
Weights = Mapping[str, NDArray[Any]]

PREFILL = 256  # maximum positions per pass; bounds the (H, N, T) attention scores


class Engine(Protocol):
    """A network that continues rows of ids. Rows may differ in length; the logits of a row depend only on its ids.

    `tolerance` is the maximum difference of a logit from that of `exact`, since fast arithmetic rounds differently for a row
    alone, in a batch, or on another machine.
    """

    config: ModelConfig
    tolerance: float

    def new_cache(self, rows: int) -> Any:
        """Creates an empty cache."""

    def append(self, cache: Any, rows: Sequence[int], ids: Sequence[Sequence[int]]) -> Logits:
        """Appends at least one id to each of `rows` in one pass; logits after the last id of each, (R, V)."""

    def extend(self, cache: Any, row: int, ids: Sequence[int]) -> Logits:
        """`append` for one row; (V,)."""

    def step(self, cache: Any, rows: Sequence[int], ids: Sequence[int]) -> Logits:
        """`append` of one id to each row; (R, V)."""

    def fork(self, cache: Any, source_row: int, target_rows: Sequence[int]) -> None:
        """Copies a row to other rows."""

    def truncate(self, cache: Any, row: int, length: int) -> None:
        """Truncates a row to its first `length` ids."""

    def exact(self, cache: Any, row: int) -> NDArray[np.float64]:
        """Logits after a row's last id, recomputed from its ids in double precision; (V,). Slow."""


class RowCache:
    """Keys and values, (L, B, K, T, D); doubles in size when full."""

    def __init__(self, config: ModelConfig, rows: int, dtype: DTypeLike = np.float32, room: int = 128) -> None:
        self.ids: list[list[int]] = [[] for _ in range(rows)]
        self._dtype = dtype
        shape = (config.num_hidden_layers, rows, config.num_key_value_heads, room, config.head_dim)
        self.keys, self.values = self._zeros(shape), self._zeros(shape)

    def _zeros(self, shape: tuple[int, ...]) -> Any:
        return np.zeros(shape, self._dtype)

    def make_room(self, length: int) -> None:
        """Grows until a row of this length fits."""
        *others, room, head = self.keys.shape
        if length > room:
            grown = [self._zeros((*others, max(length, 2 * room), head)) for _ in range(2)]
            for new, old in zip(grown, (self.keys, self.values), strict=True):
                new[:, :, :, :room] = old
            self.keys, self.values = grown


class RowEngine(ABC):
    """An engine whose cache is a `RowCache`.

    Args:
        weights: by Hugging Face's names, matrices (out, in).
        config: the dimensions.
    """

    tolerance = 1e-4

    def __init__(self, weights: Weights, config: ModelConfig) -> None:
        self.config, self._weights = config, weights
        self._double: RowEngine | None = None

    @abstractmethod
    def _logits(self, cache: Any, rows: Sequence[int], ids: Sequence[Sequence[int]]) -> Logits:
        """Logits after the last of 1 to `PREFILL` ids appended to each of `rows`, in ascending order, (R, V).

        The cache has enough room; the caller records the ids in it afterwards.
        """

    @abstractmethod
    def _double_engine(self) -> RowEngine:
        """Creates an engine of the same weights that computes in double precision."""

    def new_cache(self, rows: int) -> Any:
        """Creates an empty cache."""
        return RowCache(self.config, rows)

    def extend(self, cache: Any, row: int, ids: Sequence[int]) -> Logits:
        """Appends ids to one row; logits after the last, (V,)."""
        logits: Logits = self.append(cache, [row], [ids])[0]
        return logits

    def step(self, cache: Any, rows: Sequence[int], ids: Sequence[int]) -> Logits:
        """Appends one id to each of `rows`; logits (R, V)."""
        return self.append(cache, rows, [[token] for token in ids])

    def fork(self, cache: Any, source_row: int, target_rows: Sequence[int]) -> None:
        """Copies a row to other rows."""
        length = len(cache.ids[source_row])
        for row in target_rows:
            cache.ids[row] = list(cache.ids[source_row])
            for store in (cache.keys, cache.values):
                store[:, row, :, :length] = store[:, source_row, :, :length]

    def truncate(self, cache: Any, row: int, length: int) -> None:
        """Truncates a row to its first `length` ids."""
        del cache.ids[row][length:]

    def exact(self, cache: Any, row: int) -> NDArray[np.float64]:
        """Logits after a row's last id, recomputed from its ids in double precision; (V,)."""
        if self._double is None:
            self._double = self._double_engine()
        return self._double.extend(self._double.new_cache(1), 0, cache.ids[row]).astype(np.float64)

    def append(self, cache: Any, rows: Sequence[int], ids: Sequence[Sequence[int]]) -> Logits:
        """Appends ids to each of `rows`; logits after the last id of each, (R, V).

        Raises:
            BadInputError: a row has no ids, or an id is outside the vocabulary.
        """
        if not all(ids) or not all(0 <= token < self.config.vocab_size for row in ids for token in row):
            raise BadInputError(f"a row has no ids or an id out of range 0 to {self.config.vocab_size - 1}")
        while max(map(len, ids)) > PREFILL:  # first all but the last part of long rows
            long = [(row, part[:PREFILL]) for row, part in zip(rows, ids, strict=True) if len(part) > PREFILL]
            self._pass(cache, [row for row, _ in long], [part for _, part in long])
            ids = [part[PREFILL:] if len(part) > PREFILL else part for part in ids]
        return self._pass(cache, rows, ids)

    def _pass(self, cache: Any, rows: Sequence[int], ids: Sequence[Sequence[int]]) -> Logits:
        cache.make_room(max(len(cache.ids[row]) + len(part) for row, part in zip(rows, ids, strict=True)))
        order = sorted(range(len(rows)), key=rows.__getitem__)  # adjacent rows of the cache are processed together
        logits = self._logits(cache, [rows[i] for i in order], [ids[i] for i in order])
        for row, part in zip(rows, ids, strict=True):
            cache.ids[row].extend(part)
        if order != list(range(len(rows))):
            logits[order] = logits.copy()
        return logits


def runs(rows: Sequence[int], sizes: Sequence[int]) -> list[range]:
    """Groups indices of ascending rows that can be processed together: adjacent rows that grow by one id, or one row.

    >>> runs([0, 1, 3, 4, 5], [1, 1, 1, 2, 1])
    [range(0, 2), range(2, 3), range(3, 4), range(4, 5)]
    """
    found: list[range] = []
    for index, (row, size) in enumerate(zip(rows, sizes, strict=True)):
        if index and size == sizes[index - 1] == 1 and row == rows[index - 1] + 1:
            found[-1] = range(found[-1].start, index + 1)
        else:
            found.append(range(index, index + 1))
    return found


def rotary_angles(config: ModelConfig, length: int) -> NDArray[np.float64]:
    """Rotary angles of positions, (T, D / 2)."""
    half = config.head_dim // 2
    angles: NDArray[np.float64] = np.arange(length)[:, None] * config.rope_theta ** (-np.arange(half) / half)
    return angles
