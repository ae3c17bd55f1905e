"""Grow a model: add layers or tokens to a trained one.

Training a small network first and deepening it costs less than training the deep one from the start (Gong et al. 2019; Du et
al. 2024). Here the new layers start as the identity, so the learned function does not change (Chen et al. 2016, Net2Net).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from torch import Tensor

from composer.files import write_atomically
from composer.model.checkpoint import load_config, load_generation_config, load_weights, save_release
from composer.tokenizer.merges import FIRST_CHARACTER
from composer.tokenizer.vocabulary import SPECIALS, TOKEN_SPECS, Vocabulary

Array = TypeVar("Array", Tensor, np.ndarray)

_LAYER = re.compile(r"(?P<before>.*\b)layers\.(?P<index>\d+)\.(?P<part>.*)")
_WRITERS = ("self_attn.o_proj.weight", "mlp.down_proj.weight")


def deepen(weights: Mapping[str, Array], layers: int) -> dict[str, Array]:
    """Adds layers to the weights of a `Decoder` or of a released checkpoint without changing what they compute.

    New layers are spread evenly. Each is a copy of the layer below it, with zeros in the two matrices that write into the
    residual stream.

    Args:
        weights: tensors by name.
        layers: new number of layers, not less than the current number.

    >>> ones = {f"layers.0.{name}": np.ones(()) for name in ("mlp.up_proj.weight", "mlp.down_proj.weight")}
    >>> {name: int(value) for name, value in deepen(ones, 2).items() if name.startswith("layers.1")}
    {'layers.1.mlp.up_proj.weight': 1, 'layers.1.mlp.down_proj.weight': 0}
    """
    inside = {name: match for name in weights if (match := _LAYER.fullmatch(name))}
    count = 1 + max(int(match["index"]) for match in inside.values())
    sources = [index * count // layers for index in range(layers)]
    result = {name: array for name, array in weights.items() if name not in inside}
    for index, source in enumerate(sources):
        is_new = index > 0 and sources[index - 1] == source
        for name, match in inside.items():
            if int(match["index"]) == source:
                silent = is_new and match["part"] in _WRITERS
                result[f"{match['before']}layers.{index}.{match['part']}"] = weights[name] * (0 if silent else 1)
    return result


def with_new_tokens(folder: Path, out: Path, vocabulary: Vocabulary) -> None:
    """Writes a released model for a vocabulary with more tokens; all merges are kept.

    Known tokens keep their embeddings; they are matched by name. A new token starts as the mean of the tokens of its type, or
    of its scope if the type itself is new.

    Args:
        folder: folder of the model.
        out: output folder.
        vocabulary: new vocabulary; it must contain all tokens of the old one.

    Raises:
        KeyError: a token of the model is not in the new vocabulary.
    """
    tokenizer = (folder / "tokenizer.json").read_bytes()
    saved = json.loads(tokenizer)
    before = [str(token) for token in saved["_vocab_base"]]
    ids = [vocabulary.id(token) for token in before]
    weights, config = load_weights(folder), load_config(folder)
    name = next(name for name in weights if "embed_tokens" in name)
    old = weights[name]
    new = np.zeros((len(old) - len(before) + len(vocabulary), old.shape[1]), np.float32)
    new[ids], new[len(vocabulary) :] = old[: len(before)], old[len(before) :]
    known = set(ids)
    for index in range(len(vocabulary)):
        if index not in known:
            new[index] = old[_models_of(index, vocabulary, before)].mean(axis=0)
    save_release(out, {**weights, name: new}, replace(config, vocab_size=len(new)), load_generation_config(folder))
    is_same = ids == list(range(len(vocabulary)))
    write_atomically(out / "tokenizer.json", tokenizer if is_same else _renumbered(saved, ids, vocabulary))


def _models_of(index: int, vocabulary: Vocabulary, before: Sequence[str]) -> list[int]:
    """Old ids of the tokens of a new token's type; if there are none, of the types that share its scopes."""
    kind = vocabulary.types[index]
    same = [old for old, token in enumerate(before) if token.rpartition("_")[0] == kind]
    if same:
        return same
    scopes = next(set(spec.scopes) for spec in TOKEN_SPECS if spec.kind == kind)
    alike = {spec.kind for spec in TOKEN_SPECS if scopes & set(spec.scopes)} - set(SPECIALS)
    return [old for old, token in enumerate(before) if token.rpartition("_")[0] in alike]


def _renumbered(saved: dict[str, Any], ids: Sequence[int], vocabulary: Vocabulary) -> bytes:
    """A MidiTok tokenizer.json for the new vocabulary: characters and ids are renumbered, merges keep their order."""
    move = {chr(FIRST_CHARACTER + old): chr(FIRST_CHARACTER + new) for old, new in enumerate(ids)}

    def moved(text: str) -> str:
        return "".join(move[character] for character in text)

    base = [chr(FIRST_CHARACTER + token) for token in range(len(vocabulary))]
    if "_model" in saved:  # there are merges
        inner = json.loads(saved["_model"])
        model = inner["model"]
        merged = [moved(text) for text, _ in sorted(model["vocab"].items(), key=lambda item: item[1]) if len(text) > 1]
        model["vocab"] = {text: index for index, text in enumerate([*base, *merged])}
        pairs = (merge.split(" ") if isinstance(merge, str) else merge for merge in model["merges"])
        model["merges"] = [[moved(left), moved(right)] for left, right in pairs]
        saved["_model"] = json.dumps(inner, ensure_ascii=False)
    saved |= {
        "styles": list(vocabulary.styles),
        "composers": list(vocabulary.composers),
        "_vocab_base": {token: index for index, token in enumerate(vocabulary.tokens)},
        "_vocab_base_byte_to_token": dict(zip(base, vocabulary.tokens, strict=True)),
    }
    return (json.dumps(saved, indent=1) + "\n").encode()
