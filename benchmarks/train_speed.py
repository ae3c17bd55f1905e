"""Prints the speed of training steps against the matrix-multiply peak measured in the same run.

    python -m benchmarks train_speed                                   # the base recipe, eager and compiled
    python -m benchmarks train_speed micro_batch=4 micro_batch=16 optimizer=adamw
    python -m benchmarks train_speed precision=float32 precision=auto  # bfloat16, if the machine supports it
    python -m benchmarks train_speed --cpu-time                        # on a busy machine

A step includes batch, forward, backward, clipping and optimizer. Only the mathematically required operations count (six per
weight and token, the unmasked half of the attention), so the orthogonalization of Muon is overhead. The peak is the best of
products of 1024 x 1024 matrices measured between the steps, in the same precision. With --cpu-time one thread is used and
processor time is measured.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from composer.model.config import ModelConfig
from composer.training.loop import Session, Trainer
from composer.training.runtime import Runtime
from composer.training.settings import RunConfig

BASE = Path(__file__).parents[1] / "composer/training/configs/base.toml"
VOCABULARY = 1536
PEAK_SIZE = 1024


class Noise:
    """Rows of random ids, so that only the steps are measured."""

    vocab_size = VOCABULARY

    def __init__(self, rows: int, context: int) -> None:
        self.shape, self.rng = (rows, context + 1), np.random.default_rng(0)

    def batch(self) -> NDArray[np.uint16]:
        return self.rng.integers(0, self.vocab_size, self.shape).astype(np.uint16)

    def state_dict(self) -> dict[str, Any]:
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        raise NotImplementedError("benchmarks do not resume")

    def validation(self) -> Iterator[Any]:
        yield from ()


def peak(clock: Callable[[], float]) -> float:
    """Floating-point operations per second of a matrix product."""
    a, b = torch.randn(PEAK_SIZE, PEAK_SIZE), torch.randn(PEAK_SIZE, PEAK_SIZE)
    start = clock()
    torch.mm(a, b)
    return 2 * PEAK_SIZE**3 / (clock() - start)


def measure(variant: str, args: argparse.Namespace) -> None:
    clock = time.process_time if args.cpu_time else time.perf_counter
    run = RunConfig.load(args.config)
    model = replace(run.model_config(VOCABULARY), max_position_embeddings=args.context)
    training = replace(run.training, threads=1 if args.cpu_time else 0, init_from="", branch_from="")
    for name, value in (item.split("=") for item in variant.split(",") if "=" in item):
        kind: Any = type(getattr(training, name))
        training = replace(training, **{name: value == "true" if kind is bool else kind(value)})
    training = replace(training, batch_size=max(training.batch_size, training.micro_batch))
    with tempfile.TemporaryDirectory() as folder:
        runtime = Runtime.start(training.threads, training.precision)
        data = Noise(training.batch_size, args.context)
        trainer = Trainer(training, model, data, Session(Path(folder), report=print), runtime)
        trainer.step()  # compiles
        times, peaks = [], []
        for _ in range(args.steps):
            with runtime.precision():
                peaks.append(max(peak(clock) for _ in range(3)))
            start = clock()
            trainer.step()
            times.append(clock() - start)
    tokens = training.batch_size * args.context
    rate = tokens * flops_per_token(model, args.context) / min(times)
    print(
        f"{variant:34} {tokens / min(times):8.0f} {rate / 1e9:9.1f} {max(peaks) / 1e9:7.1f} {rate / max(peaks):7.0%}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "variants", nargs="*", default=["compile=false", "compile=true"], help="fields of [training]: NAME=VALUE,..."
    )
    parser.add_argument("--config", type=Path, default=BASE)
    parser.add_argument("--context", type=int, default=512)
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--cpu-time", action="store_true")
    args = parser.parse_args()
    parameters = RunConfig.load(args.config).model_config(VOCABULARY).matmul_parameters
    unit = "a processor second, one thread" if args.cpu_time else f"a second, {torch.get_num_threads()} threads"
    print(f"{parameters / 1e6:.2f} M parameters, context {args.context}; {unit}")
    print(f"{'variant':34} {'tokens':>8} {'GFLOP':>9} {'peak':>7} {'share':>7}")
    for variant in args.variants:
        measure(variant, args)


def flops_per_token(config: ModelConfig, context: int) -> float:
    """Floating-point operations to train on one token at a context of that many tokens.

    Six per weight (Kaplan et al. 2020), and causal attention counted for the half that is not masked; norms, activations,
    softmax and the optimizer are not counted.
    """
    attention_forward = 2 * config.num_hidden_layers * config.num_attention_heads * config.head_dim * context
    return 6 * config.matmul_parameters + 3 * attention_forward
