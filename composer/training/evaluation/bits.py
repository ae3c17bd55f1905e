"""Bits per note and per token of a network on held-out music. All unmasked tokens count, including control tokens."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

# source, ids (N, T + 1) uint16, number of notes in the targets kept, mask of targets kept (N, T) bool
ValidationBatch = tuple[str, NDArray[np.uint16], int, NDArray[np.bool_]]


@dataclass(frozen=True, slots=True)
class Bits:
    """Information content of held-out music.

    >>> (Bits(10.0, 4, 2) + Bits(2.0, 2, 1)).per_note
    4.0
    """

    bits: float = 0.0
    tokens: int = 0
    notes: int = 0

    def __add__(self, other: Bits) -> Bits:
        return Bits(self.bits + other.bits, self.tokens + other.tokens, self.notes + other.notes)

    @property
    def per_note(self) -> float:
        """Bits per note; nan without notes."""
        return self.bits / self.notes if self.notes else math.nan

    @property
    def per_token(self) -> float:
        """Bits per token; nan without tokens."""
        return self.bits / self.tokens if self.tokens else math.nan


@torch.inference_mode()
def measure(model: nn.Module, batches: Iterable[ValidationBatch], device: torch.device, rows: int) -> dict[str, Bits]:
    """Bits by source.

    Args:
        model: called as `model(ids, targets)`; returns nats (B, T).
        batches: held-out music.
        device: device of the model.
        rows: maximum rows per forward pass.
    """
    training = model.training
    model.eval()
    result: dict[str, Bits] = {}
    for source, ids, notes, mask in batches:
        nats = sum(_nats(model, piece, kept, device) for piece, kept in _split(ids, mask, rows))
        result[source] = result.get(source, Bits()) + Bits(nats / math.log(2), int(mask.sum()), notes)
    model.train(training)
    return result


def _split(
    ids: NDArray[np.uint16], mask: NDArray[np.bool_], rows: int
) -> Iterator[tuple[NDArray[np.uint16], NDArray[np.bool_]]]:
    for start in range(0, len(ids), rows):
        yield ids[start : start + rows], mask[start : start + rows]


def _nats(model: nn.Module, ids: NDArray[np.uint16], mask: NDArray[np.bool_], device: torch.device) -> float:
    batch: Tensor = torch.from_numpy(ids.astype(np.int64)).to(device)
    losses: Tensor = model(batch[:, :-1], batch[:, 1:])
    return float(losses.double()[torch.from_numpy(mask).to(device)].sum())
