"""Trains a small model per variant with the same budget and prints held-out bits per note on the same music.

    python -m tools.fit sweep cache/data --steps 200 merges=0 merges=512 merges=1024 merges=2048
    python -m tools.fit sweep cache/data --minutes 5 training.optimizer=adamw training.optimizer=muon

On a busy machine a budget in steps is fair; the elapsed time is printed as well.

A variant is one or more comma-separated settings: merges=N, context=N, data.NAME=RATE (see configs/stream.toml), or any
field of [model] and [training].
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from composer.model.config import ModelConfig
from composer.training.data.build import open_base, write_data
from composer.training.data.dataset import PackedDataset, drawing_rates
from composer.training.evaluation.bits import Bits
from composer.training.loop import Result, Session, train
from composer.training.settings import TrainingConfig

SMALL = {
    "hidden_size": 128,
    "intermediate_size": 352,
    "num_hidden_layers": 4,
    "num_attention_heads": 2,
    "num_key_value_heads": 2,
}
DEFAULTS = {"merges": 1024, "context": 512}


def number(text: str) -> object:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return {"true": True, "false": False}.get(text, text)


def settings(variant: str) -> dict[str, object]:
    pairs = (item.partition("=") for item in variant.split(","))
    return {**DEFAULTS, **{name: number(value) for name, _, value in pairs}}


def section(chosen: dict[str, object], name: str) -> dict[str, object]:
    return {key.partition(".")[2]: value for key, value in chosen.items() if key.startswith(f"{name}.")}


def run_variant(variant: str, data: Path, budget: dict[str, float], seed: int) -> tuple[Result, int]:
    chosen = settings(variant)
    merged = data.parent / f"{data.name}-{chosen['merges']}"
    if not (merged / "train" / "index.json").is_file():
        write_data(open_base(data / "base"), merged, int(str(chosen["merges"])))
    training = {
        "batch_size": 16,
        "micro_batch": 8,
        "decay": 0.3,
        "warmup_steps": 50,
        "optimizer": "muon",
        "validation_minutes": 1e9,
    }
    config = TrainingConfig(**{**training, **budget, "seed": seed, **section(chosen, "training")})
    rates = {**drawing_rates(), **section(chosen, "data")}
    context = int(str(chosen["context"]))
    dataset = PackedDataset(merged, context=context, batch_size=config.batch_size, seed=seed, rates=rates)
    model = ModelConfig(vocab_size=dataset.vocab_size, max_position_embeddings=context, **{**SMALL, **section(chosen, "model")})
    with tempfile.TemporaryDirectory() as folder:
        result = train(config, model, dataset, Session(Path(folder) / "run"))
    return result, dataset.vocab_size


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder made by 'cantilena data build'")
    parser.add_argument("variants", nargs="+")
    parser.add_argument("--minutes", type=float, default=1e9)
    parser.add_argument("--steps", type=int, default=10**9)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    budget = {"max_minutes": options.minutes, "max_steps": options.steps}
    print("variant | ids | M tokens seen | minutes | bits per note | by source")
    for variant in options.variants:
        result, size = run_variant(variant, options.data, budget, options.seed)
        overall = sum(result.validation.values(), Bits())
        by_source = "  ".join(f"{source} {value.per_note:.2f}" for source, value in result.validation.items())
        seen = f"{result.tokens / 1e6:.2f} | {result.minutes:.1f}"
        print(f"{variant} | {size} | {seen} | {overall.per_note:.3f} | {by_source}", flush=True)
