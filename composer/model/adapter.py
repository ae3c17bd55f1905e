"""Low-rank adapters: small files with the changes that a user style makes to a released model's weights.

An adapter adds B A to a weight W of shape (out, in), with A (rank, in) and B (out, rank): Hu et al. 2021, LoRA. A row of the
embedding is the case of rank 1 with a unit vector as B. Arrays have the weights' names with PEFT's suffixes `lora_A` and
`lora_B` in place of `weight`. Knows no torch, no styles and nothing of how adapters are trained.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from composer.errors import BadInputError
from composer.model.checkpoint import Weights
from composer.records import reason

Pair = tuple[NDArray[np.float32], NDArray[np.float32]]  # A (rank, in) and B (out, rank)
_WEIGHT, _A, _B = "weight", "lora_A", "lora_B"


def to_bytes(pairs: Mapping[str, Pair]) -> bytes:
    """Serializes an adapter as a safetensors file in half precision."""
    from safetensors.numpy import save

    arrays: dict[str, NDArray[np.float16]] = {}
    for name, (a, b) in pairs.items():
        stem = name.removesuffix(_WEIGHT)
        arrays[stem + _A], arrays[stem + _B] = np.ascontiguousarray(a, np.float16), np.ascontiguousarray(b, np.float16)
    return save(arrays)


def load_adapter(path: Path) -> dict[str, Pair]:
    """Reads an adapter from its file, by the weights' names.

    Raises:
        BadInputError: the file is missing or damaged.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        arrays = {name: array.astype(np.float32) for name, array in load_file(path).items()}
        stems = [name.removesuffix(_A) for name in arrays if name.endswith(_A)]
        return {stem + _WEIGHT: (arrays[stem + _A], arrays[stem + _B]) for stem in stems}
    except (OSError, KeyError, SafetensorError) as error:
        raise BadInputError(
            f"{path} is not a valid adapter ({reason(error)}): learn the style again with 'cantilena learn'"
        ) from None


def merge(weights: Weights, pairs: Mapping[str, Pair]) -> Weights:
    """Adds an adapter's products to the weights.

    Products and sums are computed in double precision and rounded once, so that every machine gets the same weights.

    Raises:
        BadInputError: the adapter is for a network of other dimensions.

    >>> ones = np.ones((2, 3), np.float32)
    >>> merge({"x.weight": ones}, {"x.weight": (np.array([[0, 0, 2]], np.float32), np.array([[1], [0]], np.float32))})
    {'x.weight': array([[1., 1., 3.],
           [1., 1., 1.]], dtype=float32)}
    """
    merged = dict(weights)
    for name, (a, b) in pairs.items():
        if name not in weights or weights[name].shape != (len(b), a.shape[1]) or b.shape[1] != len(a):
            raise BadInputError(f"the adapter's {name} does not have this model's shape: learn the style again with this model")
        product = b.astype(np.float64) @ a.astype(np.float64)
        merged[name] = (weights[name] + product).astype(np.float32)
    return merged
