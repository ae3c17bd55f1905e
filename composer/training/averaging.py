"""Weight averaging: one model from several that were fine-tuned from one another.

Wortsman et al. 2022, "Model soups"; Izmailov et al. 2018, "Averaging weights leads to wider optima". It costs one pass over the
weights and nothing when composing. The mean of models that were trained independently is noise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from composer.errors import BadInputError
from composer.files import write_atomically
from composer.model.checkpoint import load_config, load_generation_config, load_weights, save_release
from composer.training.data.dataset import TOKENIZER_FILE
from composer.training.growth import deepen


def average(shares: Mapping[Path, float], folder: Path) -> None:
    """Averages released models and writes the result as a released model.

    Args:
        shares: weight of each model, by folder, in any unit. Tokenizer, context and sampling settings are those of the last.
            A model with fewer layers than another is deepened first (`growth.deepen`).
        folder: output folder, written after all models are read, so it may be one of them; other files in it are kept.

    Raises:
        BadInputError: fewer than two models, a share that is not positive, or models of different shapes or ids.
    """
    folders = list(shares)
    if len(folders) < 2:
        raise BadInputError(f"cannot average {len(folders)} model: give two or more")
    for path, share in shares.items():
        if not 0 < share < float("inf"):
            raise BadInputError(f"share {share:g} of {path}: give a number above 0")
    tokenizer, configs = (folders[-1] / TOKENIZER_FILE).read_bytes(), [load_config(path) for path in folders]
    layers = max(config.num_hidden_layers for config in configs)
    config = replace(configs[-1], num_hidden_layers=layers)
    for path, found in zip(folders, configs, strict=True):
        if replace(found, num_hidden_layers=layers, max_position_embeddings=config.max_position_embeddings) != config:
            raise BadInputError(
                f"{path} has different dimensions from {folders[-1]}: give models that were fine-tuned from one another"
            )
        if (path / TOKENIZER_FILE).read_bytes() != tokenizer:
            raise BadInputError(
                f"{path} has a different tokenizer from {folders[-1]}: give models that were fine-tuned from one another"
            )
    each = [deepen(load_weights(path), layers) for path in folders]
    counts = list(shares.values())
    mean = {name: np.average([weights[name] for weights in each], axis=0, weights=counts) for name in each[-1]}
    save_release(folder, mean, config, load_generation_config(folders[-1]))
    write_atomically(folder / TOKENIZER_FILE, tokenizer)
