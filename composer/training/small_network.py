"""Trains a small decoder on streams that are drawn one by one: the harmony planner and the melody network.

A linear warm-up and a cosine decay over a given time; the result is an exponential moving average of the weights.
"""

from __future__ import annotations

import json
import math
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from composer.files import write_atomically
from composer.model.checkpoint import save_release
from composer.model.config import ModelConfig
from composer.model.network import Decoder, to_llama
from composer.training.optimizers import build_optimizers
from composer.training.settings import TrainingConfig

# One stream: its ids, and the weight of each in the loss.
Draw = Callable[[np.random.Generator], tuple[Sequence[int], Sequence[float]]]
# One held-out stream: its style, its ids, and which of them count, (N,) bool.
Measured = tuple[str, Sequence[int], NDArray[np.bool_]]

_MUON = TrainingConfig(optimizer="muon", learning_rate=3e-3, embedding_learning_rate=4e-3)


@dataclass(frozen=True, slots=True)
class NetworkTraining:
    """How a small network is trained.

    Attributes:
        minutes: training time.
        context: window length in ids; a longer piece is read from a random bar.
        batch: windows per step.
        optimizers: optimizer and peak learning rates; linear warm-up over 1/50 of the time, then cosine decay to zero.
        dropout: see `Decoder`.
        seed: seed of all random draws.
        bfloat16: multiply matrices in bfloat16; faster on processors that support it.
        compile: use torch.compile.
    """

    minutes: float = 40.0
    context: int = 448
    batch: int = 8
    optimizers: TrainingConfig = _MUON
    dropout: float = 0.05
    seed: int = 1
    bfloat16: bool = True
    compile: bool = True


def train_network(
    config: ModelConfig,
    settings: NetworkTraining,
    draw: Draw,
    report: Callable[[str], None],
    start: dict[str, torch.Tensor] | None = None,
) -> Decoder:
    """A trained decoder.

    Args:
        config: its shape.
        settings: how it is trained.
        draw: draws a stream.
        report: called with each line of progress.
        start: weights to begin with; random ones by default.
    """
    torch.manual_seed(settings.seed)
    chance = np.random.default_rng(settings.seed)
    network = Decoder(config, settings.dropout)
    if start is not None:
        network.load_state_dict(start)
    optimizers = build_optimizers(network, settings.optimizers)
    trained = torch.compile(network) if settings.compile else network
    begun, step = time.monotonic(), 0
    average = {name: tensor.detach().clone() for name, tensor in network.state_dict().items()}
    while (spent := (time.monotonic() - begun) / 60 / settings.minutes) < 1:
        factor = min(1.0, spent * 50 + 0.01) * (0.5 + 0.5 * math.cos(math.pi * spent))
        for group in (group for optimizer in optimizers for group in optimizer.param_groups):
            group["lr"] = group["peak_lr"] * factor
        ids, counted = _batch(draw, settings, chance)
        with torch.autocast("cpu", torch.bfloat16, enabled=settings.bfloat16):
            loss = trained(ids[:, :-1], ids[:, 1:])
        mean = (loss * counted[:, 1:]).sum() / counted[:, 1:].sum()
        mean.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        step += 1
        _follow(average, network, min(0.998, 1 - 10 / (step + 10)))
        if step % 50 == 0:
            report(f"step {step}  {spent:.0%}  loss {mean.item():.3f}")
    network.load_state_dict(average)
    return network.eval()


def nats_by_style(network: Decoder, streams: Iterable[Measured]) -> dict[str, tuple[float, int]]:
    """Mean nats per counted id and number of such ids, by style and over all (""); the window limits what is read."""
    sums, counts = defaultdict[str, float](float), Counter[str]()
    longest = network.config.max_position_embeddings
    with torch.inference_mode():
        for style, ids, counted in streams:
            tokens = torch.tensor(ids[:longest])[None]
            loss = network(tokens[:, :-1], tokens[:, 1:])[0].numpy()
            mask = counted[1:longest]
            for name in ("", style):
                sums[name] += float(loss[mask].sum())
                counts[name] += int(mask.sum())
    return {name: (sums[name] / counts[name], counts[name]) for name in counts if counts[name]}


def save_network(folder: Path, network: Decoder, file: str, styles: Sequence[str], chords: Sequence[str]) -> None:
    """Writes a network's weights, and its vocabulary as `composer.model.helper_networks` reads it from `file`."""
    weights = {name: tensor.numpy() for name, tensor in to_llama(network.state_dict(), network.config).items()}
    save_release(folder, weights, network.config, {})
    content = {"styles": list(styles), "chords": list(chords)}
    write_atomically(folder / file, (json.dumps(content, indent=1) + "\n").encode())


def _follow(average: dict[str, torch.Tensor], network: Decoder, kept: float) -> None:
    """Exponential moving average of the weights."""
    with torch.no_grad():
        for name, tensor in network.state_dict().items():
            average[name].lerp_(tensor, 1 - kept)


def _batch(draw: Draw, settings: NetworkTraining, chance: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Windows of concatenated streams and the weights of their ids, both (batch, context)."""
    ids = np.zeros((settings.batch, settings.context), np.int64)
    counted = np.zeros((settings.batch, settings.context), np.float32)
    for row in range(settings.batch):
        filled = 0
        while filled < settings.context:
            stream, weights = draw(chance)
            size = min(len(stream), settings.context - filled)
            ids[row, filled : filled + size] = stream[:size]
            counted[row, filled : filled + size] = weights[:size]
            filled += size
    return torch.from_numpy(ids), torch.from_numpy(counted)
