"""AdamW for all weights, or Muon for the hidden matrices with AdamW for the embedding and the norms.

`torch.optim.Muon` orthogonalizes one matrix at a time in bfloat16, which is a thousand times slower than float32 on a CPU
without bfloat16 units. This implementation uses the matrices' data type and batches all matrices of a shape.

The module also defines the learning rate schedule: warm-up, constant, decay.
"""

from __future__ import annotations

import functools
import math
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any, overload

import torch
from torch import Tensor, nn

from composer.training.settings import TrainingConfig


def learning_rate_factor(step: int, progress: float, warmup_steps: int, decay: float) -> float:
    """Fraction of the peak learning rate, 0..1: linear warm-up, constant, then decay by 1 - sqrt (Hägele et al. 2024).

    A constant phase can be stopped, continued and annealed at any time, which a cosine cannot.

    Args:
        step: number of steps done so far.
        progress: fraction of the budget used, 0..1.
        warmup_steps: length of the warm-up.
        decay: fraction of the budget spent on the decay, 0..1.

    >>> [learning_rate_factor(step, step / 100, 10, 0.2) for step in (0, 9, 50, 80, 85, 100)]
    [0.1, 1.0, 1.0, 1.0, 0.5, 0.0]
    """
    warmup = min(1.0, (step + 1) / warmup_steps) if warmup_steps else 1.0
    decayed = progress - (1.0 - decay)
    if decay <= 0.0 or decayed <= 0.0:
        return warmup
    return warmup * (1.0 - math.sqrt(min(1.0, round(decayed / decay, 12))))


# Coefficients of four quintic Newton-Schulz steps, optimized per step by the method of Polar Express (Amsel et al. 2025, safety
# factor 1.01) for singular values of 0.004..1, which are mapped to 0.87..1.13.
_POLAR = (
    (8.1045, -22.6208, 16.2586),
    (3.9171, -2.8251, 0.5246),
    (3.3117, -2.4344, 0.4874),
    (2.3011, -1.6401, 0.4007),
)


def orthogonalize(matrices: Tensor) -> Tensor:
    """Nearest semi-orthogonal matrices: keeps the singular vectors and brings the singular values close to 1.

    All steps are polynomials in the Gram matrix of the shorter side. For long matrices it is cheaper to multiply the steps
    together in that space and apply them at the end.

    Before the first step each matrix is divided by the fourth root of the sum of the fourth powers of its singular values. The
    Gram matrix gives it for free, and it bounds the largest value about four times more tightly than the Frobenius norm, which
    saves a step.

    Args:
        matrices: (N, rows, columns).

    Returns:
        The same shape; singular values within 0.15 of 1, or smaller if they were below 0.004 of that root.
    """
    tall = matrices.shape[-2] > matrices.shape[-1]
    x = matrices.mT if tall else matrices
    gram = x @ x.mT
    norm = 1.02 * torch.linalg.matrix_norm(gram, keepdim=True) + 1e-30
    x, gram = x * norm.rsqrt(), gram / norm
    x = _in_gram_space(x, gram) if x.shape[-1] > 1.5 * x.shape[-2] else _directly(x, gram)
    return x.mT if tall else x


def _directly(x: Tensor, gram: Tensor) -> Tensor:
    """X <- a X + (b G + c G^2) X with G = X X^T, three products per step."""
    for step, (a, b, c) in enumerate(_POLAR):
        if step > 0:
            gram = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x


def _in_gram_space(x: Tensor, gram: Tensor) -> Tensor:
    """The same with R = a I + b G + c G^2 and G <- R G R, all of the short side's size; then the product of all R times X."""
    factors: list[Tensor] = []
    for a, b, c in _POLAR:
        if factors:
            gram = factors[-1] @ gram @ factors[-1]
        factors.append(torch.baddbmm(gram, gram, gram, beta=b, alpha=c))
        factors[-1].diagonal(dim1=-2, dim2=-1).add_(a)
    return functools.reduce(torch.matmul, reversed(factors)) @ x


class Muon(torch.optim.Optimizer):
    """Momentum whose update is orthogonalized (Jordan et al. 2024), scaled to AdamW's size (Liu et al. 2025).

    Args:
        params: groups of matrices; each group names in `parts` how many matrices share one parameter, as equal slabs of rows
            (3 for a fused query/key/value).
        lr: learning rate; updates have a root mean square of 0.2 lr.
        weight_decay: decoupled.
        momentum: Nesterov momentum.
    """

    def __init__(self, params: Iterable[dict[str, Any]], lr: float, weight_decay: float, momentum: float) -> None:
        super().__init__(params, {"lr": lr, "weight_decay": weight_decay, "momentum": momentum, "parts": 1})

    @overload
    def step(self, closure: None = None) -> None: ...
    @overload
    def step(self, closure: Callable[[], float]) -> float: ...
    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:
        """One update of every parameter that has a gradient."""
        for group in self.param_groups:
            parameters = [parameter for parameter in group["params"] if parameter.grad is not None]
            by_shape: dict[torch.Size, list[tuple[Tensor, Tensor]]] = defaultdict(list)
            for parameter in parameters:
                momentum = self.state[parameter].setdefault("momentum", torch.zeros_like(parameter))
                momentum.lerp_(parameter.grad, 1 - group["momentum"])
                update = parameter.grad.lerp(momentum, group["momentum"])
                for pair in zip(parameter.chunk(group["parts"]), update.chunk(group["parts"]), strict=True):
                    by_shape[pair[0].shape].append(pair)
            for (rows, columns), pairs in by_shape.items():
                size = 0.2 * max(rows, columns) ** 0.5
                for (slab, _), update in zip(pairs, orthogonalize(torch.stack([u for _, u in pairs])), strict=True):
                    slab.mul_(1 - group["lr"] * group["weight_decay"]).add_(update, alpha=-group["lr"] * size)
        return None


def build_optimizers(model: nn.Module, config: TrainingConfig) -> list[torch.optim.Optimizer]:
    """The optimizers of a `Decoder`; each group stores its peak rate as `peak_lr`, which the schedule scales."""
    named = list(model.named_parameters())
    matrices = [(name, p) for name, p in named if p.ndim == 2 and "embed" not in name]
    rest = [p for name, p in named if p.ndim != 2 or "embed" in name]
    adam_groups: list[dict[str, Any]] = [{"params": rest, "lr": config.embedding_learning_rate, "weight_decay": 0.0}]
    optimizers: list[torch.optim.Optimizer] = []
    if config.optimizer == "muon":
        split: dict[int, list[Tensor]] = defaultdict(list)
        for name, parameter in matrices:
            split[_matrices_in(name, model)].append(parameter)
        groups = [{"params": parameters, "parts": parts} for parts, parameters in split.items()]
        optimizers.append(Muon(groups, config.learning_rate, config.weight_decay, config.momentum))
    else:
        hidden = [p for _, p in matrices]
        adam_groups.append({"params": hidden, "lr": config.learning_rate, "weight_decay": config.weight_decay})
    optimizers.append(torch.optim.AdamW(adam_groups, betas=(config.beta1, config.beta2), fused=True))
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["peak_lr"] = group["lr"]
    return optimizers


def _matrices_in(name: str, model: nn.Module) -> int:
    """Number of equal matrices in a fused parameter; with grouped queries, the query counts as several key-sized ones."""
    if "gate_up_proj" in name:
        return 2
    if "qkv_proj" in name:
        attention: Any = model.get_submodule(name.removesuffix(".qkv_proj.weight"))
        return int(attention.heads // attention.kv_heads + 2)
    return 1
