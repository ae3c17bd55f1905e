"""Which fine-tuning method learns a user style best on a CPU in equal time: low-rank additions, last layers or all weights?

    python -m benchmarks learn --minutes 1 --json learn.json

Three small sets that the shipped model has never seen and predicts badly serve as user files: pieces of the corpus's valid
split, split again by file. Minutes are CPU time, so that a busy machine does not change the table; peak memory is that of a
separate process. Bits per note of held-out files: `before` for the shipped model without a style, `nearest` with the known
style that fits the training files best, `after` for the best checkpoint of the tuned model.
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
from multiprocessing import get_context
from pathlib import Path

from composer.model.checkpoint import find_model
from composer.presets.user_styles import STYLE_TOKEN
from composer.training.data.corpus import list_items, read_item, tagging
from composer.training.user_style.finetune import Tuned, Tuning, tune
from composer.training.user_style.music import UserMusic, split, write_training_data
from tools.corpus import corpus_folder

SETS = {
    "baroque keyboard": ("fugue", "sonata", "dance-suite"),
    "string quartets": ("string-quartet",),
    "drum grooves": ("jazz-drums", "latin-drums", "funk-drums", "rock-drums"),
}
METHODS = {
    "low-rank 4": {"method": "low-rank", "rank": 4, "learning_rate": 1e-3},
    "low-rank 16": {"method": "low-rank", "rank": 16, "learning_rate": 1e-3},
    "last layers": {"method": "last-layers", "learning_rate": 3e-4},
    "everything": {"method": "everything", "learning_rate": 3e-4},
}


def pieces_of(corpus: Path, genres: tuple[str, ...]) -> UserMusic:
    """A set in place of a user's folder; versions and movements of a work stay together."""
    items = [item for item in list_items(corpus, None, ["valid"]) if tagging.genre_style(item.source, item.row) in genres]
    return split(map(read_item, items))


def measured(data: Path, tuning: Tuning) -> tuple[Tuned, float]:
    """Runs once; returns the result without its adapter, and the peak memory of the process in MiB."""
    import torch

    torch.set_num_threads(1)
    result = tune(find_model(), data, STYLE_TOKEN, tuning, clock=time.process_time)
    result.pairs = {}
    return result, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Prints a row per set and method as each finishes."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--corpus", type=Path, default=corpus_folder())
    parser.add_argument("--minutes", type=float, default=1.0, help="CPU time per run")
    parser.add_argument("--context", type=int, default=512)
    parser.add_argument("--windows", type=int, default=12, help="maximum windows of held-out music")
    parser.add_argument("--checks", type=int, default=4)
    parser.add_argument("--sets", nargs="+", default=list(SETS), choices=SETS)
    parser.add_argument("--methods", nargs="+", default=list(METHODS), choices=METHODS)
    parser.add_argument("--rate", type=float, help="learning rate of all methods, instead of each method's default")
    parser.add_argument("--json", type=Path, help="file to add the rows to")
    args = parser.parse_args()
    print(f"{'set':17} files held-out   notes  method         before nearest  after  passes  CPU min  MiB", flush=True)
    for name in args.sets:
        music = pieces_of(args.corpus, SETS[name])
        with tempfile.TemporaryDirectory() as folder:
            write_training_data(music, find_model() / "tokenizer.json", Path(folder), STYLE_TOKEN)
            for method in args.methods:
                tuning = Tuning(
                    minutes=args.minutes, context=args.context, checks=args.checks, patience=args.checks, passes=1e6,
                    held_out_windows=args.windows, **{**METHODS[method], **({"learning_rate": args.rate} if args.rate else {})},
                )  # fmt: skip
                with get_context("spawn").Pool(1) as pool:
                    tuned, peak = pool.apply(measured, (Path(folder), tuning))
                bits = f"{tuned.before.per_note:7.3f} {tuned.with_nearest.per_note:6.3f} {tuned.after.per_note:6.3f}"
                files = f"{len(music.pieces):5} {len(music.held_out):8} {music.n_notes:7,}"
                print(f"{name:17} {files}  {method:13} {bits} {tuned.passes:7.1f} {tuned.minutes:8.2f} {peak:4.0f}", flush=True)
                if args.json:
                    figures = {key: getattr(tuned, key).per_note for key in ("before", "with_nearest", "after")}
                    row = {"set": name, "method": method, "nearest": tuned.nearest, **figures, "curve": tuned.curve}
                    with args.json.open("a") as file:
                        file.write(json.dumps(row | {"minutes": args.minutes, "peak_mib": peak}) + "\n")
