"""Fine-tunes a released model on a user's music on a CPU, with early stopping on held-out music.

The method is one of `lowrank.METHODS`. Held-out music is measured several times and the best state is kept, so that too large a
budget does no harm. Knows ids only: `music` prepares the data, and the caller saves the adapter.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from composer.model.adapter import Pair
from composer.model.checkpoint import load_config, load_weights
from composer.model.network import Decoder
from composer.tokenizer import Tokenizer
from composer.training.data.dataset import PackedDataset, drawing_rates, validation_sets
from composer.training.data.shards import Shard
from composer.training.evaluation.bits import Bits, ValidationBatch, measure
from composer.training.optimizers import learning_rate_factor
from composer.training.user_style.lowrank import METHODS, free_row, read_pairs

Reason = Literal["finished", "time", "no better"]
_CPU = torch.device("cpu")
_MICRO_BATCH = 4
_SAMPLE_CONTEXT, _SAMPLE_WINDOWS = 256, 2  # of the sample on which the known styles are compared


@dataclass(frozen=True, slots=True)
class Tuning:
    """Fine-tuning settings.

    Attributes:
        method: a name in `lowrank.METHODS`.
        rank: rank of the adapter; for "low-rank" only.
        learning_rate: peak learning rate of AdamW.
        weight_decay: decoupled weight decay.
        passes: maximum number of passes over the music.
        minutes: maximum time for steps and checks.
        batch_size: rows per step.
        context: T, ids per row.
        checks: number of measurements of held-out music.
        patience: number of consecutive checks without improvement after which tuning stops.
        held_out_windows: maximum rows of held-out music.
        seed: seed of the draws and the adapter's initial values.
    """

    method: str = "low-rank"
    rank: int = 16
    learning_rate: float = 1e-3
    weight_decay: float = 0.01
    passes: float = 16.0
    minutes: float = 60.0
    batch_size: int = 4
    context: int = 512
    checks: int = 16
    patience: int = 3
    held_out_windows: int = 24
    seed: int = 0


@dataclass(slots=True)
class Tuned:
    """Result of fine-tuning.

    Attributes:
        pairs: the adapter of the best state; empty unless the method is "low-rank".
        before: held-out bits of the released model without a style token.
        with_nearest: the same with the token of the known style that fits the training music best.
        nearest: that style.
        after: the same for the best state, with the token of the user style.
        curve: (passes, bits per note) at each check.
        passes: number of passes over the music.
        minutes: time spent on steps and checks.
        reason: why tuning ended.
    """

    before: Bits
    with_nearest: Bits = field(default_factory=Bits)
    nearest: str = ""
    after: Bits = field(default_factory=Bits)
    pairs: dict[str, Pair] = field(default_factory=dict)
    curve: list[tuple[float, float]] = field(default_factory=list)
    passes: float = 0.0
    minutes: float = 0.0
    reason: Reason = "finished"


def tune(
    model: Path,
    data: Path,
    style: str,
    tuning: Tuning,
    *,
    progress: Callable[[float, str], None] = lambda fraction, text: None,
    clock: Callable[[], float] = time.monotonic,
) -> Tuned:
    """Fine-tunes a model.

    Args:
        model: folder of a released checkpoint.
        data: folder written by `music.write_training_data`.
        style: value of the style token to learn.
        tuning: settings.
        progress: called with the fraction of the budget used and the held-out figures.
        clock: returns seconds, for the budget of minutes.
    """
    torch.manual_seed(tuning.seed)
    session = _Session(model, data, style, tuning, clock)
    while not session.is_over():
        session.step()
        if session.budget_used() * tuning.checks > session.checked + 1:
            session.check()
        progress(session.budget_used(), session.figures())
    return session.finish()


class _Session:
    """A fine-tuning run: network, optimizer, clock and best state."""

    def __init__(self, folder: Path, data: Path, style: str, tuning: Tuning, clock: Callable[[], float]) -> None:
        self.network = Decoder.released(load_config(folder), load_weights(folder))
        context = min(tuning.context, self.network.config.max_position_embeddings)
        self.tuning, self.clock = replace(tuning, context=context), clock
        self.tokenizer = Tokenizer.load(folder / "tokenizer.json")
        rates = {**drawing_rates(), "style": 0.0}  # all other controls are still dropped at random
        self.dataset = PackedDataset(data, context=context, batch_size=tuning.batch_size, seed=tuning.seed, rates=rates)
        self.result = Tuned(self._measure(self._windows(Shard(data / "plain"))))
        self._prepare(data, style)
        ids = float(np.sum(Shard(data / "train").n_ids))
        self.steps_a_pass = max(1.0, ids / (tuning.batch_size * context))
        self.last_step = max(1, round(tuning.passes * self.steps_a_pass))
        self.steps, self.checked, self.since_best = 0, 0, 0
        self.start_s = clock()
        self.best: dict[str, Tensor] = {}

    def _prepare(self, data: Path, style: str) -> None:
        """Selects the trainable weights. The style's row starts as that of the known style that fits the music best."""
        vocabulary, embedding = self.tokenizer.vocabulary, self.network.embed_tokens.weight
        self.row = vocabulary.style(style)
        self.held_out = self._with_style(self._windows(Shard(data / "valid")), style)
        self.row_before = embedding.detach()[self.row].clone()
        sample = list(
            validation_sets(Shard(data / "train"), self.tokenizer, min(_SAMPLE_CONTEXT, self.tuning.context), _SAMPLE_WINDOWS)
        )
        self.result.nearest = min(vocabulary.styles, key=lambda name: self._measure(self._with_style(sample, name)).bits)
        self.result.with_nearest = self._measure(self._with_style(self.held_out, self.result.nearest))
        start = embedding.detach()[vocabulary.style(self.result.nearest)].clone()
        learning = METHODS[self.tuning.method](self.network, self.tuning.rank)
        free = free_row(self.network, self.row, start)
        groups = [
            {"params": learning, "weight_decay": self.tuning.weight_decay},
            {"params": [free], "weight_decay": 0.0},  # decay would shrink the frozen rows
        ]
        self.optimizer = torch.optim.AdamW(groups, lr=self.tuning.learning_rate, betas=(0.9, 0.95))
        self.learning: list[Tensor] = [*learning, free]

    def _windows(self, shard: Shard) -> list[ValidationBatch]:
        return list(validation_sets(shard, self.tokenizer, self.tuning.context, self.tuning.held_out_windows))

    def _with_style(self, batches: list[ValidationBatch], style: str) -> list[ValidationBatch]:
        """The same rows with another style token in place of the user style's; the token is given and does not count."""
        known, result = self.tokenizer.vocabulary.style(style), []
        for source, ids, notes, mask in batches:
            kept = mask.copy()
            kept[:, 0] = False  # the token after BOS
            result.append((source, np.where(ids == self.row, known, ids).astype(np.uint16), notes, kept))
        return result

    def _measure(self, batches: list[ValidationBatch]) -> Bits:
        return sum(measure(self.network, batches, _CPU, _MICRO_BATCH).values(), Bits())

    def budget_used(self) -> float:
        """Fraction used of the passes or the minutes, whichever is larger, 0 to 1."""
        spent = (self.clock() - self.start_s) / (60 * self.tuning.minutes)
        return min(1.0, max(self.steps / self.last_step, spent))

    def is_over(self) -> bool:
        """Whether the budget is used up or held-out music has stopped improving."""
        if self.since_best >= self.tuning.patience:
            self.result.reason = "no better"
            return True
        if self.budget_used() < 1.0:
            return False
        self.result.reason = "finished" if self.steps >= self.last_step else "time"
        return True

    def step(self) -> None:
        """Takes one optimizer step."""
        factor = learning_rate_factor(self.steps, self.budget_used(), min(20, self.last_step // 10), 0.5)
        for group in self.optimizer.param_groups:
            group["lr"] = self.tuning.learning_rate * factor
        rows = torch.from_numpy(self.dataset.batch().astype(np.int64))
        for piece in torch.split(rows, _MICRO_BATCH):
            loss: Tensor = self.network(piece[:, :-1], piece[:, 1:]).mean() * (len(piece) / len(rows))
            loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.learning, 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.steps += 1

    def check(self) -> None:
        """Measures held-out music and keeps the state if it is the best so far."""
        found, self.checked = self._measure(self.held_out), int(self.budget_used() * self.tuning.checks)
        self.result.curve.append((round(self.steps / self.steps_a_pass, 2), round(found.per_note, 4)))
        if not self.best or found.per_note < self.result.after.per_note:
            self.result.after, self.since_best = found, 0
            self.best = {name: value.detach().clone() for name, value in self.network.state_dict().items()}
        else:
            self.since_best += 1

    def figures(self) -> str:
        """Held-out bits per note before and now."""
        now = f"{self.result.curve[-1][1]:.2f}" if self.result.curve else "..."
        return f"held-out {self.result.before.per_note:.2f} -> {now} bits per note"

    def finish(self) -> Tuned:
        """The result, with the adapter of the best state."""
        if self.result.reason != "no better":
            self.check()
        self.network.load_state_dict(self.best)
        if self.tuning.method == "low-rank":
            self.result.pairs = read_pairs(self.network, self.row, self.row_before)
        self.result.passes = round(self.steps / self.steps_a_pass, 2)
        self.result.minutes = round((self.clock() - self.start_s) / 60, 2)
        return self.result
