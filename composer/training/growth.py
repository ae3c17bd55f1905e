"""A deeper network that starts where a shallower one stands: same logits, new layers that can learn.

Training a small network first and deepening it costs less than training the deep one from the start (Gong et al. 2019; Du et
al. 2024). Here the new layers write nothing at first, so that nothing already learned is disturbed (Chen et al. 2016, Net2Net).
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

_WRITERS = ("self_attn.o_proj.weight", "mlp.down_proj.weight")


def deepen(weights: Mapping[str, Tensor], layers: int) -> dict[str, Tensor]:
    """Weights of a `Decoder` with more layers that computes the same.

    New layers are spread evenly; each is a copy of the one below it whose two matrices that write into the residual stream
    are zero.

    Args:
        weights: state dict of a `Decoder`.
        layers: number of layers wanted, at least as many as there are.

    >>> ones = {f"layers.0.{name}": torch.ones(1) for name in ("mlp.up_proj.weight", "mlp.down_proj.weight")}
    >>> {name: int(value) for name, value in deepen(ones, 2).items() if name.startswith("layers.1")}
    {'layers.1.mlp.up_proj.weight': 1, 'layers.1.mlp.down_proj.weight': 0}
    """
    count = 1 + max(int(name.split(".")[1]) for name in weights if name.startswith("layers."))
    sources = [index * count // layers for index in range(layers)]
    result = {name: tensor for name, tensor in weights.items() if not name.startswith("layers.")}
    for index, source in enumerate(sources):
        is_new = index > 0 and sources[index - 1] == source
        prefix = f"layers.{source}."
        for name, tensor in weights.items():
            if name.startswith(prefix):
                part = name.removeprefix(prefix)
                result[f"layers.{index}.{part}"] = torch.zeros_like(tensor) if is_new and part in _WRITERS else tensor.clone()
    return result
