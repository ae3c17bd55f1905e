"""A deeper network that starts where a shallower one stands: same logits, new layers that can learn.

Training a small network first and deepening it costs less than training the deep one from the start (Gong et al. 2019; Du et
al. 2024). Here the new layers write nothing at first, so that nothing already learned is disturbed (Chen et al. 2016, Net2Net).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeVar

import numpy as np
from torch import Tensor

Array = TypeVar("Array", Tensor, np.ndarray)

_LAYER = re.compile(r"(?P<before>.*\b)layers\.(?P<index>\d+)\.(?P<part>.*)")
_WRITERS = ("self_attn.o_proj.weight", "mlp.down_proj.weight")


def deepen(weights: Mapping[str, Array], layers: int) -> dict[str, Array]:
    """Weights of a `Decoder`, or of a released checkpoint, with more layers that compute the same.

    New layers are spread evenly; each is a copy of the one below it whose two matrices that write into the residual stream
    are zero.

    Args:
        weights: tensors by name.
        layers: number of layers wanted, at least as many as there are.

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
