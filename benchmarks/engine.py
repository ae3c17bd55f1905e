"""Prints the speed of the NumPy engine against transformers and torch on the same weights, and against the memory roofline.

    python benchmarks/engine.py                    # a network of the base recipe's shape with random weights
    python benchmarks/engine.py --model cantilena-base --cpu-time

Tokens a second of single steps after a prompt, by batch size, and of a prompt in one pass. The roofline of a batch of one is
the bandwidth at which a vector-matrix product reads matrices too large for the caches' first levels, over the bytes of the
weights. transformers is left out where it is not installed. With --cpu-time one thread is used and processor time is measured.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

CONTEXT = 256
STEPS = 24
BATCHES = (1, 2, 4, 8, 16)


def random_model(folder: Path) -> Path:
    import numpy as np

    from composer.checkpoint import expected_shapes, save_release
    from composer.training.config import RunConfig

    base = Path(__file__).parents[1] / "composer/training/configs/base.toml"
    config = RunConfig.load(base).model_config(1536)
    rng = np.random.default_rng(0)
    shapes = expected_shapes(config).items()
    weights = {n: np.ones(s) if len(s) == 1 else rng.standard_normal(s) * 0.04 for n, s in shapes}
    save_release(folder, weights, config, {})
    return folder


def best(run: Callable[[], None], clock: Callable[[], float], repeats: int = 5) -> float:
    run()
    times = []
    for _ in range(repeats):
        start = clock()
        run()
        times.append(clock() - start)
    return min(times)


def ours(folder: Path, clock: Callable[[], float]) -> dict[str, float]:
    from composer import engine as engines

    engine = engines.load(folder)
    prompt = [3 + i % 100 for i in range(CONTEXT)]
    rates = {}
    for rows in BATCHES:
        cache = engine.new_cache(rows)
        engine.extend(cache, 0, prompt)
        engine.fork(cache, 0, range(1, rows))

        def steps(cache: object = cache, rows: int = rows) -> None:
            for _ in range(STEPS):
                engine.step(cache, range(rows), [5] * rows)
            for row in range(rows):
                engine.truncate(cache, row, CONTEXT)

        rates[f"batch {rows}"] = STEPS * rows / best(steps, clock)
    cache = engine.new_cache(1)

    def prefill() -> None:
        engine.truncate(cache, 0, 0)
        engine.extend(cache, 0, prompt)

    return rates | {"prompt": CONTEXT / best(prefill, clock)}


def theirs(folder: Path, clock: Callable[[], float]) -> dict[str, float]:
    try:
        import torch
        from transformers import LlamaForCausalLM
    except ImportError:
        return {}
    model = LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    rates = {}
    for rows in (1, 8):
        prompt = torch.tensor([[3 + i % 100 for i in range(CONTEXT)]] * rows)

        def run(new: int, prompt: torch.Tensor = prompt) -> None:
            model.generate(prompt, max_new_tokens=new, min_new_tokens=new, do_sample=False, use_cache=True, pad_token_id=0)

        alone = best(lambda: run(1), clock, 3)
        rates[f"batch {rows}"] = STEPS * rows / (best(lambda: run(STEPS + 1), clock, 3) - alone)
    return rates


def roofline(folder: Path, clock: Callable[[], float]) -> float:
    import numpy as np

    from composer.checkpoint import load_weights

    matrices = [array for array in load_weights(folder).values() if array.ndim == 2]
    vectors = [np.ones(matrix.shape[1], np.float32) for matrix in matrices]

    def read_all() -> None:
        for matrix, vector in zip(matrices, vectors, strict=True):
            matrix.dot(vector)

    return 1 / best(read_all, clock, 20)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", help="name or folder; by default random weights of the base recipe's shape")
    parser.add_argument("--cpu-time", action="store_true")
    args = parser.parse_args()
    if args.cpu_time:  # before NumPy and torch read them
        os.environ |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    clock = time.process_time if args.cpu_time else time.perf_counter
    from composer.checkpoint import find_model

    with tempfile.TemporaryDirectory() as scratch:
        folder = find_model(args.model) if args.model else random_model(Path(scratch))
        mine, other, limit = ours(folder, clock), theirs(folder, clock), roofline(folder, clock)
    print(f"tokens a {'processor second, one thread' if args.cpu_time else 'second'}, after {CONTEXT} ids")
    print(f"{'':10} {'engine':>8} {'/ batch 1':>10} {'transformers':>13} {'ratio':>6}")
    for name, rate in mine.items():
        known = f"{other[name]:13.0f} {rate / other[name]:6.1f}" if name in other else ""
        print(f"{name:10} {rate:8.0f} {rate / mine['batch 1']:10.1f} {known}")
    print(f"roofline of batch 1: {limit:.0f}; reached: {mine['batch 1'] / limit:.0%}")


if __name__ == "__main__":
    main()
