"""Preference rounds: a model learns to prefer the better of two pieces that it composed for the same brief.

The objective is DPOP (Pal et al. 2024, "Smaug: fixing failure modes of preference optimisation with DPO-Positive"). DPO
(Rafailov et al. 2023) lets the likelihood of the chosen pieces fall as long as that of the rejected ones falls more; DPOP
penalizes that.
Wang et al. 2025 (NotaGen) use it in rounds for symbolic music, with the constants below.

Knows ids and their likelihood; which pieces are compared is `preference_rounds`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from composer.training.evaluation.bits import ValidationBatch

BETA, PENALTY = 0.1, 10.0
_PAD = 0

Ids = Sequence[int]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two streams for one brief."""

    chosen: Ids
    rejected: Ids


def dpop_loss(
    chosen: Tensor,
    rejected: Tensor,
    chosen_before: Tensor,
    rejected_before: Tensor,
    beta: float = BETA,
    penalty: float = PENALTY,
) -> Tensor:
    """-log sigmoid(beta (gain of chosen - gain of rejected - penalty max(0, loss of chosen))), (B,).

    Args:
        chosen, rejected: log-likelihood of streams under the model in nats, (B,).
        chosen_before, rejected_before: the same under the reference model.
        beta: inverse temperature of the preference.
        penalty: weight (lambda) of a fall of the chosen stream's likelihood; 0 is DPO.

    >>> even, worse = torch.zeros(1), -torch.ones(1)
    >>> float(dpop_loss(worse, 2 * worse, even, even)) > float(dpop_loss(even, worse, even, even))
    True
    """
    gain = (chosen - chosen_before) - (rejected - rejected_before)
    return -functional.logsigmoid(beta * (gain - penalty * (chosen_before - chosen).clamp(min=0.0)))


class Preference:
    """The objective for rows of pairs (see `PairRows`).

    Args:
        reference: the model before the round; it is not changed.
        counted: ids whose likelihood counts, (V,) bool; padding must not.
        beta, penalty: see `dpop_loss`.
    """

    def __init__(self, reference: nn.Module, counted: NDArray[np.bool_], beta: float = BETA, penalty: float = PENALTY) -> None:
        self.reference = reference.eval().requires_grad_(False)
        self.counted = torch.from_numpy(counted.copy())
        self.beta, self.penalty = beta, penalty

    def __call__(self, model: nn.Module, rows: Tensor) -> Tensor:
        """Mean loss of pairs (B, 2 T + 2), chosen before rejected."""
        self.reference.to(rows.device)
        self.counted = self.counted.to(rows.device)
        streams = torch.cat(rows.chunk(2, dim=1))  # (2 B, T + 1): all chosen, then all rejected
        with torch.no_grad():
            chosen_before, rejected_before = self.log_likelihood(self.reference, streams).chunk(2)
        chosen, rejected = self.log_likelihood(model, streams).chunk(2)
        return dpop_loss(chosen, rejected, chosen_before, rejected_before, self.beta, self.penalty).mean()

    def log_likelihood(self, model: nn.Module, streams: Tensor) -> Tensor:
        """Of the counted ids of each stream after its first, in nats: (B, T + 1) -> (B,)."""
        targets = streams[:, 1:]
        nats: Tensor = model(streams[:, :-1], targets)
        return -(nats * self.counted[targets]).sum(dim=1)


class PairRows:
    """A dataset of pairs, each in one row: the chosen stream, then the rejected one, both cut or padded to T + 1 ids.

    Args:
        pairs: at least one.
        context: T.
        batch_size: pairs per batch.
        vocab_size: V.
        seed: seed of the order, which changes with every pass.
        validation: held-out music, measured as in other runs.
    """

    def __init__(
        self,
        pairs: Sequence[Pair],
        *,
        context: int,
        batch_size: int,
        vocab_size: int,
        seed: int,
        validation: Iterable[ValidationBatch] = (),
    ) -> None:
        self.vocab_size, self._validation, self._seed = vocab_size, validation, seed
        rows = np.full((len(pairs), 2, context + 1), _PAD, np.uint16)
        for row, pair in zip(rows, pairs, strict=True):
            for place, ids in zip(row, (pair.chosen, pair.rejected), strict=True):
                place[: len(ids)] = ids[: context + 1]
        self._rows = rows.reshape(len(pairs), -1)
        self._batch_size, self._drawn = batch_size, 0

    def batch(self) -> NDArray[np.uint16]:
        """The next pairs, (B, 2 T + 2)."""
        places = range(self._drawn, self._drawn + self._batch_size)
        self._drawn += self._batch_size
        return np.stack([self._rows[self._order(place // len(self._rows))[place % len(self._rows)]] for place in places])

    def _order(self, number: int) -> NDArray[np.int64]:
        return np.random.default_rng((self._seed, number)).permutation(len(self._rows))

    def state_dict(self) -> dict[str, Any]:
        """Position, JSON values."""
        return {"drawn": self._drawn}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restores a position."""
        self._drawn = state["drawn"]

    def validation(self) -> Iterable[ValidationBatch]:
        """The held-out music."""
        return self._validation
