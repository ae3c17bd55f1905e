"""Held-out bits per note of a model, and of baselines fitted on the same training data.

All tokens count, including control tokens. The windows are the same for every model (see `dataset.validation_sets`); by default
the context starts with the window.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from composer.errors import BadInputError
from composer.files import write_atomically
from composer.model.checkpoint import (
    GENERATION_FILE,
    HUMAN_LIKELIHOOD,
    find_model,
    load_config,
    load_generation_config,
    load_weights,
)
from composer.tokenizer import Tokenizer
from composer.tokenizer.stream import assemble
from composer.tokenizer.vocabulary import BAR_ORDER, HEADER_ORDER
from composer.training.data.dataset import validation_sets
from composer.training.data.shards import Shard
from composer.training.evaluation.bits import Bits, ValidationBatch, measure
from composer.training.evaluation.ngram import NgramModel

BASELINE_ORDERS = {"unigram": 1, "5-gram": 5}
_CONTEXT = 512
_GIVEN = ("PAD", "BOS", "HOLE", "FILL", *HEADER_ORDER, "Program", *(kind for kind in BAR_ORDER if kind != "Chord"))


@dataclass(frozen=True, slots=True)
class HeldOutMusic:
    """The music that is measured, and the ids in it that count.

    Attributes:
        split: "valid", or "train" to see how well a model knows its training music.
        context: window length in ids.
        windows_per_source: maximum number of windows per source, spread evenly; `None` for all.
        reach: row length in ids; each window is preceded by as much of the music before it as fits (perplexity with a sliding
            window). 0: no preceding context.
        notes_only: count only the ids of notes (positions, durations, pitches, drums), with all controls given.
        without: groups of controls (`DROPPABLE`) to drop from the streams, as for a model that does not know them.
    """

    split: str = "valid"
    context: int = 512
    windows_per_source: int | None = 64
    reach: int = 0
    notes_only: bool = False
    without: Collection[str] = ()

    def batches(self, data: Path, tokenizer: Tokenizer) -> list[ValidationBatch]:
        """The rows of a data folder, by source."""
        shard = Shard(data / self.split)
        found = validation_sets(shard, tokenizer, self.context, self.windows_per_source, self.reach, self.without)
        if not self.notes_only:
            return list(found)
        is_note = tokenizer.grammar.is_note
        return [(source, ids, notes, mask & is_note[ids[:, 1:]]) for source, ids, notes, mask in found]


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Bits by model, then by source ("all" for all sources together), and the music that was measured."""

    music: HeldOutMusic
    bits: dict[str, dict[str, Bits]]


def evaluate_held_out(
    model: str | None,
    data: Path,
    music: HeldOutMusic,
    *,
    baselines: bool = True,
    report: Callable[[str], None] = lambda line: None,
) -> HeldOut:
    """Measures a released model, and the baselines, on music of a data folder.

    Args:
        model: name or path of a model; `None` for the default one.
        data: folder made by `cantilena data build` with the model's tokenizer.
        music: what is measured.
        baselines: also fit and measure the n-grams on `train`.
        report: called with a line of progress.

    Raises:
        BadInputError: the data were made with another tokenizer.
        ModelNotFoundError: there is no such model.
    """
    folder = find_model(model)
    tokenizer = common_tokenizer(folder, data)
    batches = music.batches(data, tokenizer)
    report(f"measuring {folder.name}")
    result = {folder.name: _network_bits(folder, batches)}
    if baselines:
        report("reading the training streams")
        streams = _training_streams(Shard(data / "train"), tokenizer)
        for name, order in BASELINE_ORDERS.items():
            report(f"fitting the {name}")
            result[name] = _ngram_bits(NgramModel(streams, len(tokenizer), order), batches)
    with_all = {name: {**by_source, "all": sum(by_source.values(), Bits())} for name, by_source in result.items()}
    return HeldOut(music, with_all)


def measure_human_likelihood(folder: Path, data: Path, *, windows_per_source: int = 32) -> float:
    """Mean log-probability per sampled token (nats) of held-out music under a model.

    Only tokens that are sampled when composing count: chords, dynamics, parts and notes, and the bars that end them; headers,
    moods and recalls are given. Sources count in proportion to their windows; nan if nothing is held out.

    Raises:
        BadInputError: the data were made with another tokenizer.
    """
    tokenizer = common_tokenizer(folder, data)
    chosen = sampled_ids(tokenizer)
    context = min(_CONTEXT, load_config(folder).max_position_embeddings)
    batches = validation_sets(Shard(data / "valid"), tokenizer, context, windows_per_source)
    sampled = ((source, ids, notes, mask & chosen[ids[:, 1:]]) for source, ids, notes, mask in batches)
    return -math.log(2) * sum(_network_bits(folder, sampled).values(), Bits()).per_token


def sampled_ids(tokenizer: Tokenizer) -> np.ndarray:
    """Ids that are sampled, not given, when composing: (V,) bool."""
    return ~tokenizer.grammar.allowed_types(_GIVEN)


def record_human_likelihood(folder: Path, data: Path) -> float:
    """Measures the human likelihood and stores it in the model's generation_config.json, where the critic reads it.

    Raises:
        BadInputError: as `measure_human_likelihood`.
    """
    found = round(measure_human_likelihood(folder, data), 4)
    settings = load_generation_config(folder) | ({} if math.isnan(found) else {HUMAN_LIKELIHOOD: found})
    write_atomically(folder / GENERATION_FILE, (json.dumps(settings, indent=2) + "\n").encode())
    return found


def common_tokenizer(folder: Path, data: Path) -> Tokenizer:
    """The tokenizer of a model, which must be the same as that of the data.

    Raises:
        BadInputError: there are no data, or they were made with another tokenizer.
    """
    tokenizer = Tokenizer.load(folder / "tokenizer.json")
    if Tokenizer.load(data / "tokenizer.json").merges.expansions != tokenizer.merges.expansions:
        raise BadInputError(f"{data} was made with another tokenizer than {folder}: build it with --tokenizer {folder}")
    return tokenizer


def _network_bits(folder: Path, batches: Iterable[ValidationBatch]) -> dict[str, Bits]:
    import torch

    from composer.model.network import Decoder

    rows, config = list(batches), load_config(folder)
    length = max((ids.shape[1] - 1 for _, ids, _, _ in rows), default=0)
    config = replace(config, max_position_embeddings=max(length, config.max_position_embeddings))
    return measure(Decoder.released(config, load_weights(folder)), rows, torch.device("cpu"), rows=8)


def _training_streams(shard: Shard, tokenizer: Tokenizer) -> list[np.ndarray]:
    return [np.array(assemble(piece, tokenizer.vocabulary), dtype=np.uint16) for piece in shard]


def _ngram_bits(model: NgramModel, batches: Iterable[ValidationBatch]) -> dict[str, Bits]:
    result = {}
    for source, ids, notes, mask in batches:
        bits = sum(float(model.bits(row)[1:][kept].sum()) for row, kept in zip(ids, mask, strict=True))
        result[source] = Bits(bits, int(mask.sum()), notes)
    return result
