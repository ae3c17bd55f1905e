"""Held-out bits per note: of a model, and of the baselines fitted on the same training data.

All tokens count, control tokens too. The windows are the same for every model (see `dataset.validation_sets`); a window
sees no further back than its own start.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from composer.checkpoint import find_model, load_config, load_weights
from composer.errors import BadInputError
from composer.tokenizer import Tokenizer
from composer.tokenizer.stream import assemble
from composer.training.bits import Bits, ValidationBatch, measure
from composer.training.dataset import validation_sets
from composer.training.ngram import NgramModel
from composer.training.shards import Shard

BASELINE_ORDERS = {"unigram": 1, "5-gram": 5}


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Held-out bits by model, then by source ("all" is every source together)."""

    context: int
    bits: dict[str, dict[str, Bits]]


def evaluate_held_out(
    model: str | None,
    data: Path,
    *,
    context: int = 512,
    windows_per_source: int | None = 64,
    baselines: bool = True,
    report: Callable[[str], None] = lambda line: None,
) -> HeldOut:
    """Measures a released model, and the baselines, on the `valid` split of a data folder.

    Args:
        model: name or path of a model; `None` for the default one.
        data: folder made by `cantilena data build` with the model's own tokenizer.
        context: length of the windows in ids.
        windows_per_source: at most so many windows of each source, spread evenly; `None` for all.
        baselines: also fit and measure the n-grams on `train`.
        report: called with a line of progress.

    Raises:
        BadInputError: the data were made with another tokenizer.
        ModelNotFoundError: there is no such model.
    """
    folder = find_model(model)
    tokenizer = Tokenizer.load(folder / "tokenizer.json")
    if Tokenizer.load(data / "tokenizer.json").merges.expansions != tokenizer.merges.expansions:
        raise BadInputError(f"{data} was made with another tokenizer than {folder}: build it with --tokenizer {folder}")
    batches = list(validation_sets(Shard(data / "valid"), tokenizer, context, windows_per_source))
    report(f"measuring {folder.name}")
    result = {folder.name: _network_bits(folder, batches)}
    if baselines:
        report("reading the training streams")
        streams = _training_streams(Shard(data / "train"), tokenizer)
        for name, order in BASELINE_ORDERS.items():
            report(f"fitting the {name}")
            result[name] = _ngram_bits(NgramModel(streams, len(tokenizer), order), batches)
    return HeldOut(context, {name: {**by_source, "all": sum(by_source.values(), Bits())} for name, by_source in result.items()})


def _network_bits(folder: Path, batches: Iterable[ValidationBatch]) -> dict[str, Bits]:
    import torch

    from composer.network import Decoder, from_llama

    network = Decoder(load_config(folder))
    network.load_state_dict(from_llama({name: torch.from_numpy(array) for name, array in load_weights(folder).items()}))
    return measure(network, batches, torch.device("cpu"), rows=8)


def _training_streams(shard: Shard, tokenizer: Tokenizer) -> list[np.ndarray]:
    return [np.array(assemble(piece, tokenizer.vocabulary), dtype=np.uint16) for piece in shard]


def _ngram_bits(model: NgramModel, batches: Iterable[ValidationBatch]) -> dict[str, Bits]:
    result = {}
    for source, ids, notes, mask in batches:
        bits = sum(float(model.bits(row)[1:][kept].sum()) for row, kept in zip(ids, mask, strict=True))
        result[source] = Bits(bits, int(mask.sum()), notes)
    return result
