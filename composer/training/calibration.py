"""Temperature-scale a model on held-out music.

Temperature scaling (Guo et al. 2017, "On calibration of modern neural networks"): one factor on all logits. It is folded into
the gain of the last norm, so the network's shape, its engines and its exports do not change. A model that has read small
sources many times is overconfident.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from composer.errors import BadInputError
from composer.model.checkpoint import load_config, load_generation_config, load_weights, save_release
from composer.model.network import Decoder
from composer.training.data.dataset import validation_sets
from composer.training.data.shards import Shard
from composer.training.evaluation.bits import ValidationBatch
from composer.training.evaluation.held_out import common_tokenizer

FACTORS = tuple(percent / 100 for percent in range(80, 121))  # of the logits; 1 leaves a model as it is
LAST_NORM = "model.norm.weight"


def calibrate(folder: Path, data: Path, *, windows_per_source: int = 32) -> float:
    """Scales the logits of a released model, in place, by the factor with the lowest loss on held-out music.

    Args:
        folder: the model.
        data: folder made by `cantilena data build` with the model's tokenizer.
        windows_per_source: maximum number of windows per source, each as long as the model's context.

    Returns:
        The factor, one of `FACTORS`; below 1 the model was overconfident.

    Raises:
        BadInputError: the data were made with another tokenizer or contain no held-out music.
    """
    tokenizer, config = common_tokenizer(folder, data), load_config(folder)
    weights = load_weights(folder)
    batches = validation_sets(Shard(data / "valid"), tokenizer, config.max_position_embeddings, windows_per_source)
    factor = best_factor(Decoder.released(config, weights), batches)
    scaled = {**weights, LAST_NORM: weights[LAST_NORM] * factor}
    save_release(folder, scaled, config, load_generation_config(folder))
    return factor


@torch.inference_mode()
def best_factor(network: Decoder, batches: Iterable[ValidationBatch]) -> float:
    """The logit factor that maximizes the likelihood of the unmasked targets."""
    network.eval()
    nats = np.zeros(len(FACTORS))
    for _, ids, _, mask in batches:
        for row, kept in zip(ids, mask, strict=True):
            tokens, counted = torch.from_numpy(row.astype(np.int64)), torch.from_numpy(kept)
            logits, targets = network(tokens[None, :-1])[0][counted], tokens[1:][counted]  # (kept, V), (kept,)
            nats += [float(functional.cross_entropy(factor * logits, targets, reduction="sum")) for factor in FACTORS]
    if not nats.any():
        raise BadInputError("the data contain no held-out music to calibrate on: build them from more pieces")
    return FACTORS[int(nats.argmin())]
