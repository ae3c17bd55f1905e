"""The training loop: batches in, checkpoints and a log out. It can be killed at any moment and resumed.

Knows ids only; the dataset is a Protocol. A run is a folder with `state.safetensors` (everything needed to resume),
`log.jsonl`, and `compiled` (output of torch.compile; may be deleted).
"""

from __future__ import annotations

import json
import math
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.optim.swa_utils import AveragedModel

from composer.errors import BadInputError, MissingExtraError
from composer.files import write_atomically
from composer.locks import locked
from composer.model.checkpoint import find_model, load_config, load_weights
from composer.model.config import ModelConfig
from composer.model.network import Decoder
from composer.training.evaluation.bits import Bits, ValidationBatch, measure
from composer.training.growth import deepen
from composer.training.optimizers import build_optimizers, learning_rate_factor
from composer.training.runtime import Runtime
from composer.training.settings import TrainingConfig
from composer.training.state import Progress, RunState, load_state, pack_optimizers, save_state, unpack_optimizers
from composer.user_folder import expanded

STATE_FILE, LOG_FILE, CODE_FOLDER = "state.safetensors", "log.jsonl", "compiled"
_SECONDS_BETWEEN_LINES = 30.0  # when stderr is not a terminal


class Dataset(Protocol):
    """What the loop needs from the data."""

    @property
    def vocab_size(self) -> int:
        """V; every id is less than V."""

    def batch(self) -> NDArray[np.uint16] | torch.Tensor:
        """The next batch, (batch_size, T + 1). All processes see the same sequence; each uses its share of the rows.

        A tensor may already be on the device.
        """

    def state_dict(self) -> dict[str, Any]:
        """Position of the sampler, JSON values only."""

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restores a position."""

    def validation(self) -> Iterable[ValidationBatch]:
        """Held-out music, the same at every call."""


# Called with the model and rows (b, T + 1) int64; returns their mean loss, a scalar.
Objective = Callable[[nn.Module, torch.Tensor], torch.Tensor]


def next_token(model: nn.Module, rows: torch.Tensor) -> torch.Tensor:
    """The usual objective: the mean negative log-likelihood of each id after those before it, in nats."""
    loss: torch.Tensor = model(rows[:, :-1], rows[:, 1:])
    return loss.mean()


@dataclass(frozen=True, slots=True)
class Result:
    """How a run ended.

    Attributes:
        step: number of optimizer steps.
        tokens: number of tokens trained on.
        minutes: training time over all sessions.
        interrupted: stopped by SIGINT, SIGTERM or a deadline rather than by its budget (state saved; a command exits with
            130).
        validation: last measurement, by source; empty when interrupted.
    """

    step: int
    tokens: int
    minutes: float
    interrupted: bool
    validation: dict[str, Bits]


@dataclass(frozen=True, slots=True)
class Session:
    """One session of a run: where it is, whether it continues, and how long it may last.

    Attributes:
        folder: folder of the run; created if missing.
        resume: continue the run in that folder; without it the folder must not contain a run.
        report: called with a line of progress at every line of the log; by default it prints to stderr.
        deadline: value of `time.monotonic` at which the session ends with its state saved.
    """

    folder: Path
    resume: bool = False
    report: Callable[[str], None] | None = None
    deadline: float = math.inf


def train(
    config: TrainingConfig,
    model_config: ModelConfig,
    dataset: Dataset,
    session: Session,
    *,
    objective: Objective = next_token,
) -> Result:
    """Trains until the budget is used up, a signal arrives or the deadline passes.

    Args:
        config: training settings.
        model_config: the network; when resuming, it must match the run's.
        dataset: source of batches.
        session: folder, resumption, progress reports and deadline.
        objective: what is minimized.

    Raises:
        BadInputError: the folder already contains a run, or has none to resume; the networks differ; the run diverges.
    """
    runtime = Runtime.start(config.threads, config.precision)
    try:
        folder = session.folder
        _check_folder(folder, session.resume)
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder, "wait for it, or give another folder") if runtime.leads else nullcontext():
            trainer = Trainer(config, model_config, dataset, session, runtime, objective)
            with _stop_signals() as stopped:
                return trainer.run(lambda: stopped() or time.monotonic() >= session.deadline)
    finally:
        runtime.stop()


def _check_folder(folder: Path, resume: bool) -> None:
    if resume != (folder / STATE_FILE).is_file():
        problem = (
            "contains no run to resume: omit --resume" if resume else "already contains a run: use --resume or another folder"
        )
        raise BadInputError(f"{folder} {problem}")


class Trainer:
    """One run in one process: model, optimizers, clock and files."""

    def __init__(
        self,
        config: TrainingConfig,
        model_config: ModelConfig,
        dataset: Dataset,
        session: Session,
        runtime: Runtime,
        objective: Objective = next_token,
    ) -> None:
        folder = session.folder
        self.config, self.dataset, self.runtime = config, dataset, runtime
        self.report = session.report or _terminal_line()
        self.objective = objective
        if dataset.vocab_size > model_config.vocab_size:
            raise BadInputError(
                f"the dataset has {dataset.vocab_size} ids, the model {model_config.vocab_size}: make them equal"
            )
        self.state_path, self.log_path = folder / STATE_FILE, folder / LOG_FILE
        torch.manual_seed(config.seed)
        self.model = Decoder(model_config, config.dropout).to(runtime.device)
        self.optimizers = build_optimizers(self.model, config)
        self.progress = Progress()
        self.average: AveragedModel | None = None
        self._start(session.resume)
        self.code_cache = folder / CODE_FOLDER if config.compile else None
        self.step_model = runtime.wrap(self.model, self.code_cache)
        self.board = self._board(folder)

    def _start(self, resume: bool) -> None:
        """Loads this run's state and cuts its log, or starts a new run with a new log."""
        if resume:
            self._load(self.state_path)
            _cut_log(self.log_path, self.progress.step)
        else:
            self.log_path.unlink(missing_ok=True)  # of a run that was killed before its first save
            self._start_new()
        if self.config.ema and self.average is None:
            self._keep_average(self.model.state_dict(), 0)
        if self.runtime.device.type == "cuda":  # dropout draws there from a generator that is not saved
            torch.cuda.manual_seed(self.config.seed + self.progress.step)

    def _start_new(self) -> None:
        """Loads the state or the weights that a new run starts from, if any."""
        if self.config.branch_from:
            self._load(expanded(self.config.branch_from))
            self.progress.seconds = 0.0
            self.progress.step = 0
        elif self.config.init_from:
            folder = find_model(self.config.init_from)
            found, layers = load_config(folder), self.model.config.num_hidden_layers
            self._check(replace(found, num_hidden_layers=max(found.num_hidden_layers, layers)), folder)
            released = Decoder.released(found, load_weights(folder))
            self.model.load_state_dict(deepen(released.state_dict(), layers))

    def _keep_average(self, weights: Mapping[str, torch.Tensor], steps: int) -> None:
        """Starts or continues the moving average. Its memory grows with the steps, so that it soon forgets the start."""

        def update(averaged: Any, current: Any, count: Any) -> None:
            keep = min(self.config.ema, float(count) / (9 + float(count)))
            with torch.no_grad():
                torch._foreach_lerp_(averaged, current, 1 - keep)

        self.average = AveragedModel(self.model, multi_avg_fn=update)
        self.average.module.load_state_dict(dict(weights))
        self.average.n_averaged.fill_(1 + steps)  # 0 would copy the first weights

    def _load(self, path: Path) -> None:
        state = load_state(path)
        self._check(state.config, path)
        self.model.load_state_dict(dict(state.weights))
        if self.config.ema and state.average:
            self._keep_average(state.average, state.progress.step)
        unpack_optimizers(self.optimizers, state.optimizers)
        torch.set_rng_state(state.generator)
        self.dataset.load_state_dict(state.progress.sampler)
        self.progress = state.progress

    def _check(self, found: ModelConfig, path: Path) -> None:
        ours, theirs = self.model.config.to_json(), found.to_json()
        for name, value in ours.items():
            if theirs[name] != value and name != "max_position_embeddings":  # a longer context is allowed
                raise BadInputError(f"{path} has {name} {theirs[name]}, the configuration {value}: make them equal")

    def _board(self, folder: Path) -> Any:
        if not (self.config.tensorboard and self.runtime.leads):
            return None
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            raise MissingExtraError("tensorboard = true needs the tensorboard package: pip install tensorboard") from None
        return SummaryWriter(str(folder))

    def run(self, stopped: Callable[[], bool]) -> Result:
        """The loop itself. All times are the leading process's training seconds: validations are not counted."""
        clock = time.monotonic() - self.progress.seconds
        saved = validated = logged = self.progress.seconds
        tokens_before, losses = self.progress.tokens, []
        while True:
            self.progress.seconds, stop = self.runtime.agree(time.monotonic() - clock, stopped())
            done = self._budget_used() >= 1.0
            due = self.progress.seconds - validated >= 60 * self.config.validation_minutes
            if stop or done or due or self.progress.seconds - saved >= 60 * self.config.save_minutes:
                self.save()
                saved = self.progress.seconds
            if stop or done:
                break
            if due:
                self.validate()
                clock = time.monotonic() - self.progress.seconds
                validated = self.progress.seconds
            losses.append(self.step())
            if self.progress.step % self.config.log_steps == 0:
                elapsed, logged = time.monotonic() - clock - logged, time.monotonic() - clock
                self._log_training(losses, (self.progress.tokens - tokens_before) / elapsed)
                losses, tokens_before = [], self.progress.tokens
        validation = {} if stop else self.validate()
        return Result(self.progress.step, self.progress.tokens, self.progress.seconds / 60, bool(stop), validation)

    def step(self) -> torch.Tensor:
        """Takes one optimizer step; returns the mean loss of this process's rows in nats per token, a scalar."""
        factor = learning_rate_factor(self.progress.step, self._budget_used(), self.config.warmup_steps, self.config.decay)
        for group in (group for optimizer in self.optimizers for group in optimizer.param_groups):
            group["lr"] = group["peak_lr"] * factor
        batch = self.dataset.batch()
        rows = batch if isinstance(batch, torch.Tensor) else torch.from_numpy(batch.astype(np.int64))
        mine = rows[self.runtime.rank :: self.runtime.world].to(self.runtime.device, torch.int64)
        pieces = torch.split(mine, self.config.micro_batch)
        total = torch.zeros((), device=self.runtime.device)
        for index, piece in enumerate(pieces):
            with self._no_exchange(index < len(pieces) - 1), self.runtime.precision():
                loss = self.objective(self.step_model, piece) * (len(piece) / len(mine))
                loss.backward()  # type: ignore[no-untyped-call]
            total += loss.detach()
        if not math.isfinite(torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.config.clip)):
            raise BadInputError(  # before the weights change, so that a saved state is always valid
                f"the gradient at step {self.progress.step} is not finite: resume with a smaller learning_rate than "
                f"{self.config.learning_rate}"
            )
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        if self.average is not None:
            self.average.update_parameters(self.model)
        if self.code_cache is not None:
            self.runtime.compiled(self.code_cache)
            self.code_cache = None
        self.progress.step += 1
        self.progress.tokens += len(rows) * (rows.shape[1] - 1)
        return total

    def _no_exchange(self, more_follow: bool) -> AbstractContextManager[None]:
        """Suppresses the gradient exchange between processes until the last micro-batch of a step."""
        if self.runtime.world > 1 and more_follow:
            replicated: Any = getattr(self.step_model, "_orig_mod", self.step_model)
            return replicated.no_sync()  # type: ignore[no-any-return]
        return nullcontext()

    def _budget_used(self) -> float:
        return max(self.progress.step / self.config.max_steps, self.progress.seconds / (60 * self.config.max_minutes))

    def validate(self) -> dict[str, Bits]:
        """Measures held-out bits by source and logs them. Every process measures, so that none has to wait."""
        model = self.model if self.average is None else self.average.module
        with self.runtime.precision():
            by_source = measure(model, self.dataset.validation(), self.runtime.device, self.config.micro_batch)
        overall = sum(by_source.values(), Bits())
        if by_source:
            self._log(
                valid_bits_per_note=round(overall.per_note, 4),
                valid_bits_per_token=round(overall.per_token, 4),
                valid={source: round(bits.per_note, 4) for source, bits in by_source.items()},
            )
            self.report(f"step {self.progress.step}  held-out {overall.per_note:.3f} bits per note")
        return by_source

    def save(self) -> None:
        """Writes the state file."""
        self.progress.sampler = self.dataset.state_dict()
        if self.runtime.leads:
            packed, generator = pack_optimizers(self.optimizers), torch.get_rng_state()
            average = {} if self.average is None else self.average.module.state_dict()
            weights = self.model.state_dict()
            save_state(self.state_path, RunState(self.model.config, weights, packed, generator, self.progress, average))

    def _log_training(self, losses: list[torch.Tensor], tokens_per_s: float) -> None:
        """Logs the mean loss over the rows of all processes."""
        loss = float(self.runtime.mean(torch.stack(losses).mean()))
        rate = self.optimizers[0].param_groups[-1]["lr"]
        self._log(loss=round(loss, 4), lr=rate, tokens_per_s=round(tokens_per_s))
        minutes, steps = self.progress.seconds / 60, self.progress.step
        self.report(
            f"step {steps}  {100 * self._budget_used():.1f} %  loss {loss:.4f}  {tokens_per_s:.0f} tokens/s  {minutes:.1f} min"
        )

    def _log(self, **values: Any) -> None:
        if not self.runtime.leads:
            return
        minutes = round(self.progress.seconds / 60, 3)
        record = {"step": self.progress.step, "tokens": self.progress.tokens, "minutes": minutes, **values}
        with self.log_path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")
        if self.board is not None:
            for name, value in values.items():
                for part, number in value.items() if isinstance(value, dict) else ((None, value),):
                    self.board.add_scalar(f"{name}/{part}" if part else name, number, self.progress.step)


def _cut_log(path: Path, step: int) -> None:
    """Drops lines of steps that were lost when the run was killed, and a partial last line."""
    if not path.is_file():
        return
    kept = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            if json.loads(line)["step"] <= step:
                kept.append(line + "\n")
        except ValueError:
            continue
    write_atomically(path, "".join(kept).encode())


@contextmanager
def _stop_signals() -> Iterator[Callable[[], bool]]:
    """While open, the first SIGINT or SIGTERM only sets a flag; a second one has its usual effect."""
    noted: list[int] = []
    before: dict[int, Any] = {}

    def note(number: int, frame: FrameType | None) -> None:
        noted.append(number)
        for earlier, handler in before.items():
            signal.signal(earlier, handler)

    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            before[number] = signal.signal(number, note)
    except ValueError:  # not the main thread: the caller stops it
        pass
    try:
        yield lambda: bool(noted)
    finally:
        for earlier, handler in before.items():
            signal.signal(earlier, handler)


def _terminal_line() -> Callable[[str], None]:
    """Rewrites one line on stderr if it is a terminal, else prints a line at intervals (the log has every line)."""
    if int(os.environ.get("RANK", "0")):
        return lambda line: None
    if sys.stderr.isatty():
        return lambda line: print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)
    printed = time.monotonic()

    def show(line: str) -> None:
        nonlocal printed
        if time.monotonic() - printed >= _SECONDS_BETWEEN_LINES:
            printed = time.monotonic()
            print(line, file=sys.stderr, flush=True)

    return show
