"""A back-off n-gram over ids: the baseline that a network must beat.

Interpolated Witten-Bell smoothing (Witten and Bell 1991; Chen and Goodman 1998, section 2.5): with c the count of a
context, t the number of different ids seen after it and P' the model of the next lower order,

    P(id | context) = (count(context, id) + t * P'(id | shorter context)) / (c + t)

down to a uniform distribution. Counts are kept as sorted arrays of packed n-grams, so that tens of millions of ids fit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

_BITS = 12  # five ids of at most 4096 fit into 64 bits

Keys = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class _Counts:
    """Sorted packed n-grams and their counts."""

    keys: Keys
    counts: npt.NDArray[np.int64]

    @classmethod
    def of(cls, keys: Keys) -> _Counts:
        return cls(*np.unique(keys, return_counts=True))

    def look_up(self, keys: Keys) -> npt.NDArray[np.int64]:
        """Count of each key, 0 if unseen."""
        if not len(self.keys):
            return np.zeros(len(keys), np.int64)
        where = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys[where] == keys, self.counts[where], 0)


class NgramModel:
    """An n-gram model fitted on streams of ids.

    Args:
        streams: training streams; no n-gram spans two of them.
        vocab_size: number of ids, at most 4096.
        order: n, 1 to 5. Order 1 is the unigram.

    >>> model = NgramModel([np.array([1, 2, 1, 2, 1, 2])], vocab_size=4, order=2)
    >>> float(model.bits(np.array([1, 2])).round(2)[1]) < 0.5
    True
    """

    def __init__(self, streams: Sequence[npt.NDArray[np.integer]], vocab_size: int, order: int) -> None:
        if not 1 <= order <= 5 or vocab_size > 1 << _BITS:
            raise ValueError(f"order {order} or vocabulary {vocab_size} is out of range: at most 5 and {1 << _BITS}")
        self.order, self.vocab_size = order, vocab_size
        self._grams: list[_Counts] = []
        self._contexts: list[_Counts] = []
        self._kinds: list[_Counts] = []
        for n in range(1, order + 1):
            keys = np.concatenate([_pack(stream, n) for stream in streams])
            grams = _Counts.of(keys)
            self._grams.append(grams)
            self._contexts.append(_Counts.of(keys >> np.uint64(_BITS)))
            self._kinds.append(_Counts.of(grams.keys >> np.uint64(_BITS)))

    def bits(self, stream: npt.NDArray[np.integer]) -> npt.NDArray[np.float64]:
        """Information of each id of a stream given the preceding ids, in bits, (T,)."""
        probability = np.full(len(stream), 1.0 / self.vocab_size)
        for n in range(1, self.order + 1):
            keys = _pack(stream, n)
            context = keys >> np.uint64(_BITS)
            seen, kinds = self._contexts[n - 1].look_up(context), self._kinds[n - 1].look_up(context)
            known = seen > 0
            here = probability[n - 1 :]
            mixed = (self._grams[n - 1].look_up(keys) + kinds * here) / np.maximum(seen + kinds, 1)
            probability[n - 1 :] = np.where(known, mixed, here)
        information: npt.NDArray[np.float64] = -np.log2(probability)
        return information


def _pack(stream: npt.NDArray[np.integer], n: int) -> Keys:
    """Packs every n-gram of a stream into an integer, the last id in the lowest bits, (T - n + 1,)."""
    ids = np.asarray(stream, dtype=np.uint64)
    length = max(0, len(ids) - n + 1)
    keys = np.zeros(length, np.uint64)
    for place in range(n):
        keys = (keys << np.uint64(_BITS)) | ids[place : place + length]
    return keys
