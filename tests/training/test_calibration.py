"""Calibration: recovers a known factor and does not change a calibrated model."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from composer.errors import BadInputError
from composer.model.network import Decoder
from composer.training.calibration import best_factor
from tests.training.synthetic import TINY

ROWS, TIME = 120, TINY.max_position_embeddings - 1


def drawn_from(network: Decoder, factor: float) -> np.ndarray:
    """Rows of ids, each drawn from the network with scaled logits."""
    ids = torch.zeros(ROWS, 1, dtype=torch.int64)
    while ids.shape[1] <= TIME:
        chances = torch.softmax(factor * network(ids)[:, -1], -1)
        ids = torch.cat((ids, torch.multinomial(chances, 1)), 1)
    return ids.numpy().astype(np.uint16)


@pytest.mark.parametrize("factor", [0.85, 1.0, 1.15])
def test_the_factor_of_the_sampled_music_is_recovered(factor: float) -> None:
    torch.manual_seed(0)
    network = Decoder(TINY).eval()
    with torch.inference_mode():
        network.embed_tokens.weight.mul_(10)  # predictions far from uniform
        ids = drawn_from(network, factor)
    kept = np.ones((ROWS, TIME), bool)
    assert best_factor(network, [("drawn", ids, TIME, kept)]) == pytest.approx(factor, abs=0.05)
    broken = ids.copy()
    broken[:, TIME // 2 :] = 0
    kept[:, TIME // 2 - 1 :] = False
    half = best_factor(network, [("half", broken, TIME, kept)])
    assert half == pytest.approx(factor, abs=0.08)  # masked ids do not count


def test_missing_held_out_music_is_reported() -> None:
    with pytest.raises(BadInputError, match="no held-out music"):
        best_factor(Decoder(TINY), [])
