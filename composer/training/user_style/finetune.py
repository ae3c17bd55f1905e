"""Tunes a released model to a user's own music on a CPU, and stops when held-out music gets no better.

What learns is one of `lowrank.METHODS`. Held-out music is measured several times; the best state is kept, so that a budget too
long does no harm. Knows ids only: where the data came from is `own`'s business, what becomes of the adapter the caller's.
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
_SAMPLE_CONTEXT, _SAMPLE_WINDOWS = 256, 2  # of the music that known styles are tried on


@dataclass(frozen=True, slots=True)
class Tuning:
    """How to tune.

    Attributes:
        method: a name in `lowrank.METHODS`.
        rank: of the additions; for "low-rank" only.
        learning_rate: peak of AdamW.
        weight_decay: decoupled.
        passes: how often the music is gone through at most.
        minutes: the most that steps and checks may take.
        batch_size: rows of a step.
        context: T, ids of a row.
        checks: how often held-out music is measured on the way.
        patience: checks in a row without a new best that end it.
        held_out_windows: most rows of held-out music.
        seed: of the draws and the additions' start.
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
    """What came of it.

    Attributes:
        pairs: the adapter of the best state; empty unless the method is "low-rank".
        before: held-out music under the released model, which is told no style.
        told: the same, told the known style that suits the music to learn from best.
        nearest: that style.
        after: the same under the best state, told the style.
        curve: (passes, bits per note) of each check.
        passes: how often the music was gone through.
        minutes: spent on steps and checks.
        reason: why it ended.
    """

    before: Bits
    told: Bits = field(default_factory=Bits)
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
    """Tunes a model.

    Args:
        model: folder of a released checkpoint.
        data: folder written by `own.write_own`.
        style: value of the style token to learn.
        tuning: how.
        progress: called with the fraction of the budget used and the held-out figures.
        clock: seconds, for the budget of minutes.
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
    """One tuning: network, optimizer, clock, best state."""

    def __init__(self, folder: Path, data: Path, style: str, tuning: Tuning, clock: Callable[[], float]) -> None:
        self.network = Decoder.released(load_config(folder), load_weights(folder))
        context = min(tuning.context, self.network.config.max_position_embeddings)
        self.tuning, self.clock = replace(tuning, context=context), clock
        self.tokenizer = Tokenizer.load(folder / "tokenizer.json")
        rates = {**drawing_rates(), "style": 0.0}  # everything else is still left out at times
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
        """Chooses what learns. The style's row begins as that of the known style that suits the music best."""
        vocabulary, embedding = self.tokenizer.vocabulary, self.network.embed_tokens.weight
        self.row = vocabulary.style(style)
        self.held_out = self._told(self._windows(Shard(data / "valid")), style)
        self.row_before = embedding.detach()[self.row].clone()
        sample = list(
            validation_sets(Shard(data / "train"), self.tokenizer, min(_SAMPLE_CONTEXT, self.tuning.context), _SAMPLE_WINDOWS)
        )
        self.result.nearest = min(vocabulary.styles, key=lambda name: self._measure(self._told(sample, name)).bits)
        self.result.told = self._measure(self._told(self.held_out, self.result.nearest))
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

    def _told(self, batches: list[ValidationBatch], style: str) -> list[ValidationBatch]:
        """The same rows with a style's token in place of the own one; the token itself, being given, does not count."""
        known, told = self.tokenizer.vocabulary.style(style), []
        for source, ids, notes, mask in batches:
            kept = mask.copy()
            kept[:, 0] = False  # what follows BOS
            told.append((source, np.where(ids == self.row, known, ids).astype(np.uint16), notes, kept))
        return told

    def _measure(self, batches: list[ValidationBatch]) -> Bits:
        return sum(measure(self.network, batches, _CPU, _MICRO_BATCH).values(), Bits())

    def budget_used(self) -> float:
        """0 to 1, of the passes or the minutes, whichever is nearer its end."""
        spent = (self.clock() - self.start_s) / (60 * self.tuning.minutes)
        return min(1.0, max(self.steps / self.last_step, spent))

    def is_over(self) -> bool:
        """Whether the budget is used or held-out music has stopped getting better."""
        if self.since_best >= self.tuning.patience:
            self.result.reason = "no better"
            return True
        if self.budget_used() < 1.0:
            return False
        self.result.reason = "finished" if self.steps >= self.last_step else "time"
        return True

    def step(self) -> None:
        """One step of the optimizer."""
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
