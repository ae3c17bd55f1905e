"""Selects the trainable weights for fine-tuning: low-rank additions to every projection, the last layers, or all weights.

Each method freezes the rest and also trains the style token's embedding row. Low-rank additions can be saved as an adapter.
Knows no data and no music.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from composer.model.adapter import Pair
from composer.model.network import Decoder, to_llama

_PROJECTIONS = ("qkv_proj", "o_proj", "gate_up_proj", "down_proj")
_LAST_LAYERS = 2


class LowRankLinear(nn.Module):
    """A frozen linear layer plus a product of two thin matrices, zero at the start (Hu et al. 2021)."""

    def __init__(self, base: nn.Linear, rank: int) -> None:
        super().__init__()
        self.register_buffer("weight", base.weight.detach())
        self.a = nn.Parameter(torch.empty(rank, base.in_features).uniform_(-1, 1) / math.sqrt(base.in_features))
        self.b = nn.Parameter(torch.zeros(base.out_features, rank))

    weight: Tensor

    def forward(self, x: Tensor) -> Tensor:
        """(..., in) -> (..., out)."""
        return functional.linear(x, self.weight) + functional.linear(functional.linear(x, self.a), self.b)


def adapt(model: Decoder, rank: int) -> list[nn.Parameter]:
    """Adds a low-rank product to every projection; only these products are trainable."""
    model.requires_grad_(False)
    added: list[nn.Parameter] = []
    for layer in model.layers:
        for block in layer.children():
            for name in _PROJECTIONS:
                if isinstance(base := getattr(block, name, None), nn.Linear):
                    setattr(block, name, wrapped := LowRankLinear(base, rank))
                    added += [wrapped.a, wrapped.b]
    return added


def last_layers(model: Decoder, rank: int) -> list[nn.Parameter]:
    """Makes the last two layers and the final norm trainable."""
    model.requires_grad_(False)
    chosen = [*model.layers[-_LAST_LAYERS:].parameters(), *model.norm.parameters()]
    for parameter in chosen:
        parameter.requires_grad_(True)
    return chosen


def everything(model: Decoder, rank: int) -> list[nn.Parameter]:
    """Makes all weights trainable except the embedding (also the output layer), which needs more music than one user has."""
    model.requires_grad_(True)
    return [parameter for name, parameter in model.named_parameters() if not name.startswith("embed_tokens")]


METHODS: dict[str, Callable[[Decoder, int], list[nn.Parameter]]] = {
    "low-rank": adapt,
    "last-layers": last_layers,
    "everything": everything,
}


def free_row(model: Decoder, row: int, start: Tensor) -> Tensor:
    """Makes one row of the embedding trainable, with initial values `start` (C,); zeroes the gradients of the others."""
    embedding = model.embed_tokens.weight
    embedding.requires_grad_(True)
    with torch.no_grad():
        embedding[row] = start
    mask = torch.zeros(len(embedding), 1)
    mask[row] = 1.0
    embedding.register_hook(lambda gradient: gradient * mask)  # type: ignore[no-untyped-call]
    return embedding


def read_pairs(model: Decoder, row: int, before: Tensor) -> dict[str, Pair]:
    """The adapter of an adapted network, by Hugging Face's names.

    Args:
        model: after `adapt` and `free_row`.
        row: the trained row of the embedding.
        before: its values in the released model, (C,).
    """
    pairs: dict[str, Pair] = {}
    for name, module in model.named_modules():
        if isinstance(module, LowRankLinear):
            a = module.a.detach().numpy()
            split = to_llama({f"{name}.weight": module.b.detach()}, model.config)  # the parts of a fused matrix share A
            pairs |= {part: (a, b.numpy()) for part, b in split.items()}
    unit = torch.zeros(len(model.embed_tokens.weight), 1)
    unit[row] = 1.0
    change = model.embed_tokens.weight.detach()[row] - before
    return {**pairs, "model.embed_tokens.weight": (change[None].numpy(), unit.numpy())}
