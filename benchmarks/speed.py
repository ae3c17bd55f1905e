"""Composing speed of our engines and others on the same weights, as ratios in one run, with the memory roofline.

    python -m benchmarks speed                     # the default model, and one of six layers with random weights
    python -m benchmarks speed --cpu-time          # on a busy machine
    python -m benchmarks speed --write             # into docs/performance.md

Each kind of engine runs in a separate process, so that its peak memory can be measured; all run in turn --rounds times, and the
best counts. "steps" are single steps after a prompt of 256 ids. "pieces" are complete guided pieces: useful tokens per second,
including forced ones that need no step, with masks, noise and likelihoods. transformers' `generate` has no guidance and samples
every token, so its steps are the reference for both. The roofline of a batch is the speed of its products with the weights
only. With --cpu-time one thread is used and processor time is measured.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tools.corpus import ROOT

CONTEXT, STEPS, BATCHES, REPEATS = 256, 24, (1, 8), 4
ENGINES = {
    "cpu": "NumPy",
    "onnx": "ONNX Runtime",
    "onnx-int8": "ONNX Runtime, 8 bits",
    "torch": "torch with a cache",
}
THEIRS = "transformers"
STYLES = ("string-quartet", "nocturne", "minimal-piano", "chorale")
PAGE = ROOT / "docs/performance.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


def random_model(folder: Path, layers: int = 6) -> Path:
    """A model with the default dimensions but another depth, with random weights."""
    from dataclasses import replace

    import numpy as np

    from composer.model.checkpoint import expected_shapes, find_model, load_config, save_release

    config = replace(load_config(find_model()), num_hidden_layers=layers)
    rng = np.random.default_rng(0)
    shapes = expected_shapes(config).items()
    save_release(folder, {n: np.ones(s) if len(s) == 1 else rng.standard_normal(s) * 0.04 for n, s in shapes}, config, {})
    return folder


def best(run: Callable[[], None], clock: Callable[[], float], repeats: int = REPEATS) -> float:
    run()
    times = []
    for _ in range(repeats):
        start = clock()
        run()
        times.append(clock() - start)
    return min(times)


def our_steps(engine: Any, clock: Callable[[], float]) -> dict[str, float]:
    prompt = [3 + i % 100 for i in range(CONTEXT)]
    rates = {}
    for rows in BATCHES:
        cache = engine.new_cache(rows)
        engine.extend(cache, 0, prompt)
        engine.fork(cache, 0, range(1, rows))

        def steps(cache: Any = cache, rows: int = rows) -> None:
            for _ in range(STEPS):
                engine.step(cache, range(rows), [5] * rows)
            for row in range(rows):
                engine.truncate(cache, row, CONTEXT)

        rates[f"steps {rows}"] = STEPS * rows / best(steps, clock)
    return rates


def our_pieces(folder: Path, engine: Any, clock: Callable[[], float]) -> dict[str, float]:
    from composer.brief import Brief
    from composer.composing.session import open_model
    from composer.guide import PlanGuide
    from composer.model.sampling import Request, generate
    from composer.plan import make_plan
    from composer.tokenizer import Tokenizer

    tokenizer, found = Tokenizer.load(folder / "tokenizer.json"), {}
    settings = open_model(folder).settings
    briefs = [Brief.from_dict({"style": style, "bars": 6, "seed": seed}) for seed in (1, 2) for style in STYLES]

    def guide(brief: Brief) -> PlanGuide:
        return PlanGuide(tokenizer, make_plan(brief))

    generate(engine, [Request(guide(briefs[0]), (0, 0))], settings)  # builds the tables
    for name, groups in (("pieces 1", [[brief] for brief in briefs]), ("pieces 8", [briefs])):
        ids, choices, notes, start, firsts = 0, 0, 0, clock(), list[float]()
        for group in groups:
            guides = [guide(brief) for brief in group]
            begun, opened = clock(), list[float]()

            def look(guides: list[PlanGuide] = guides, begun: float = begun, opened: list[float] = opened) -> None:
                if not opened and guides[0].bars_written > 1:
                    opened.append(clock() - begun)

            results = generate(
                engine, [Request(g, (b.seed, 0)) for g, b in zip(guides, group, strict=True)], settings, on_step=look
            )
            firsts += opened
            ids += sum(len(result.ids) for result in results)
            choices += sum(result.choices for result in results)
            notes += sum(len(part.notes) for result in results for part in tokenizer.decode(result.ids)[0].parts)
        seconds = clock() - start
        found |= {name: ids / seconds, f"notes of {name}": notes / seconds, f"ids a choice of {name}": ids / choices}
        found[f"first bar of {name}"] = statistics.median(firsts)
    return found


def their_steps(folder: Path, clock: Callable[[], float]) -> dict[str, float]:
    import torch
    from transformers import LlamaForCausalLM

    model = LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    rates = {}
    for rows in BATCHES:
        prompt = torch.tensor([[3 + i % 100 for i in range(CONTEXT)]] * rows)

        def run(new: int, prompt: torch.Tensor = prompt) -> None:
            model.generate(prompt, max_new_tokens=new, min_new_tokens=new, do_sample=True, use_cache=True, pad_token_id=0)

        alone = best(lambda: run(1), clock, 3)
        rates[f"steps {rows}"] = STEPS * rows / (best(lambda: run(STEPS + 1), clock, 3) - alone)
    return rates


def roofline(engine: Any, clock: Callable[[], float], rows: int) -> float:
    """Tokens per second of the matrix products alone, with the matrices joined as in the engine."""
    import numpy as np

    matrices = [*(matrix for layer in engine._layers for matrix in layer), engine._head]
    vectors = [np.ones((rows, len(matrix)) if rows > 1 else len(matrix), np.float32) for matrix in matrices]

    def read_all() -> None:
        for matrix, vector in zip(matrices, vectors, strict=True):
            vector.dot(matrix)

    return rows / best(read_all, clock, 20)


def worker(kind: str, folder: Path, with_pieces: bool, clock: Callable[[], float]) -> dict[str, float]:
    """Measures one kind of engine in this process."""
    import resource

    if kind == THEIRS:
        figures = their_steps(folder, clock)
    else:
        from composer.model import engines

        engine = engines.load(folder, kind)
        figures = our_steps(engine, clock)
        if kind == "cpu":
            figures |= {f"roofline {rows}": roofline(engine, clock, rows) for rows in BATCHES}
        if with_pieces:
            figures |= our_pieces(folder, engine, clock)
    return figures | {"peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def measure(folder: Path, kinds: list[str], with_pieces: bool, args: argparse.Namespace) -> dict[str, dict[str, float]]:
    """The best value of each figure over the rounds, by kind."""
    figures: dict[str, dict[str, float]] = {kind: {} for kind in kinds}
    threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"} if args.cpu_time else {}
    for _ in range(args.rounds):
        for kind in kinds:
            command = [sys.executable, "-m", "benchmarks", "speed", "--worker", kind, "--model", str(folder)]
            command += ["--pieces"] * with_pieces + ["--cpu-time"] * args.cpu_time
            done = subprocess.run(command, capture_output=True, text=True, env=os.environ | threads, cwd=ROOT, check=False)
            if done.returncode:
                print(f"{kind}: {done.stderr.strip().splitlines()[-1]}", file=sys.stderr)
                continue
            for name, value in json.loads(done.stdout.splitlines()[-1]).items():
                least = name == "peak" or name.startswith("first bar")
                known = figures[kind].get(name, value)
                figures[kind][name] = min(known, value) if least else max(known, value)
    return {kind: found for kind, found in figures.items() if found}


def table(title: str, figures: dict[str, dict[str, float]]) -> list[str]:
    """A Markdown table, with the ratio to transformers' steps at the same batch size in parentheses."""
    names = [
        name for name in ("steps 1", "steps 8", "pieces 1", "pieces 8") if any(name in found for found in figures.values())
    ]
    lines = [
        f"### {title}",
        "",
        "| | " + " | ".join(f"{n.split()[0]}, batch {n.split()[1]}" for n in names) + " | peak memory, MB |",
    ]
    lines.append("|---|" + "---:|" * (len(names) + 1))
    base = figures.get(THEIRS, {})
    for kind, found in figures.items():
        cells = []
        for name in names:
            theirs = base.get(f"steps {name.split()[1]}")
            ratio = f" ({found[name] / theirs:.1f} x)" if theirs and name in found else ""
            cells.append(f"{found[name]:,.0f}{ratio}" if name in found else "")
        lines.append(f"| {ENGINES.get(kind, 'transformers `generate`')} | " + " | ".join(cells) + f" | {found['peak']:.0f} |")
    ours = figures["cpu"]
    one, eight = (ours[f"roofline {rows}"] for rows in BATCHES)
    lines += [
        "",
        f"Roofline of a batch of one: {one:,.0f}; NumPy reaches {ours['steps 1'] / one:.0%}.",
        f"Roofline of a batch of eight: {eight:,.0f}, {eight / one:.1f} times that; "
        f"NumPy reaches {ours['steps 8'] / eight:.0%}.",
    ]
    lines += [
        f"Batch 8 is {found['steps 8'] / found['steps 1']:.1f} times batch 1 ({kind})." for kind, found in figures.items()
    ]
    if "pieces 1" in ours:
        lines += [
            "",
            "| pieces | notes a second, one at a time | eight at once | seconds to the first bar | ids a choice |",
            "|---|---:|---:|---:|---:|",
        ]
        for kind, found in figures.items():
            if "pieces 1" in found:
                cells = [f"{found[f'notes of pieces {rows}']:,.0f}" for rows in BATCHES]
                cells += [f"{found['first bar of pieces 1']:.2f}", f"{found['ids a choice of pieces 1']:.2f}"]
                lines.append(f"| {ENGINES[kind]} | " + " | ".join(cells) + " |")
    return [*lines, ""]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cpu-time", action="store_true")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--write", action="store_true", help="also write docs/performance.md")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    parser.add_argument("--model", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--pieces", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.worker:
        clock = time.process_time if args.cpu_time else time.perf_counter
        print(json.dumps(worker(args.worker, args.model, args.pieces, clock)))
        return
    from composer.model.checkpoint import find_model

    with tempfile.TemporaryDirectory() as scratch:
        shipped = measure(find_model(), [THEIRS, *ENGINES], True, args)
        six = measure(random_model(Path(scratch)), [THEIRS, "cpu", "onnx", "onnx-int8"], False, args)
    unit = "processor second, one thread" if args.cpu_time else "second"
    lines = [f"Tokens a {unit}, `python -m benchmarks speed{' --cpu-time' * args.cpu_time}`.", ""]
    lines += [*table("The default model", shipped), *table("Six layers of 256, random weights", six)]
    print("\n".join(lines))
    if args.write:
        before, _, rest = PAGE.read_text().partition(BEGIN)
        PAGE.write_text(f"{before}{BEGIN}\n" + "\n".join(lines) + END + rest.partition(END)[2])
