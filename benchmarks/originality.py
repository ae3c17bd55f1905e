"""How much of composed music is in the training music, compared with human music?

    python -m benchmarks originality                     60 pieces of the default model
    python -m benchmarks originality --generated DIR     existing MIDI files (see samples.py)
    python -m benchmarks originality --window 8          with an index like the shipped one, not the full one

Prints the longest passage of every piece that occurs note for note in a training piece (`composer.originality`), for composed
pieces and for excerpts of the same length from held-out human works. The index is made once and cached in cache/.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.pieces import Job, compose_all, interval
from composer.formats import read_score
from composer.originality import Index, Originality, build_index, check_originality
from composer.presets import composers, styles
from composer.score import Score
from composer.training.data.corpus import list_items, read_item
from composer.training.data.origins import corpus_lines
from composer.training.data.repair import excerpt
from tools.corpus import ROOT, corpus_folder

BARS = 32
EXCERPTS = 2  # maximum per held-out piece
FEWEST_NOTES = 64


def open_index(window: int) -> Index:
    path = ROOT / "cache" / f"originality-{window}.npz"
    if not path.is_file():
        build_index(corpus_lines(corpus_folder()), window).save(path)
    return Index.load(path)


def jobs(count: int) -> list[Job]:
    """Pieces over all learned genres and composers in turn."""
    names = [style.name for style in styles().values() if style.kind == "genre" and "drums" not in style.name] + [*composers()]
    return [
        Job(f"piece-{index:03}", {"style": names[index % len(names)], "bars": BARS, "seed": index}) for index in range(count)
    ]


def held_out(bars: int) -> list[Score]:
    """Excerpts of `bars` bars from the valid split, at phrase starts."""
    rng = np.random.default_rng(0)
    found = []
    for item in list_items(corpus_folder(), splits=["valid"]):
        if item.source == "groove":
            continue
        score = read_item(item).score
        whole = len(score.bars) // bars
        for start in sorted(rng.permutation(max(whole, 1))[:EXCERPTS] * bars):
            cut = excerpt(score, int(start), min(int(start) + bars, len(score.bars)))
            if sum(len(part.notes) for part in cut.parts if not part.is_drum) >= FEWEST_NOTES:
                found.append(cut)
    return found


def print_rows(name: str, found: Sequence[Originality]) -> None:
    notes = [each.longest_notes for each in found]
    cells = [f"{np.percentile(notes, share):.0f}" for share in (50, 75)]
    middle, low, high = interval(notes, lambda values: float(np.percentile(values, 95)))
    bars = np.percentile([each.longest_bars for each in found], 95)
    long = interval([count >= 16 for count in notes])
    print(
        f"{name} | {len(found)} | {cells[0]} | {cells[1]} | {middle:.0f} ({low:.0f} to {high:.0f}) | {max(notes)} | {bars:.1f} "
        f"| {long[0]:.0%} ({long[1]:.0%} to {long[2]:.0%})"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--generated", type=Path, help="folder of MIDI files, instead of composing")
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--model")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--window", type=int, default=1)
    options = parser.parse_args()
    folder = options.generated or ROOT / "out" / "originality"
    if options.generated is None:
        for name, error in compose_all(jobs(options.count), folder, model=options.model, workers=options.jobs).items():
            print(f"{name}: {error}")
    index = open_index(options.window)
    print(f"index: window {index.window}, {index.pieces:,} pieces, {len(index.hashes):,} fingerprints\n")
    files = [path for path in sorted(folder.rglob("*.mid")) if not path.name.endswith(".performance.mid")]
    generated = [(path, check_originality(read_score(path), index)) for path in files[: options.count]]
    human = [check_originality(score, index) for score in held_out(BARS)]
    print("longest passage in one training piece, in notes; intervals are 95 % bootstrap\n")
    print("set | pieces | median | 75 % | 95 % | longest | 95 % in bars | with 16 notes or more")
    print("--- | --- | --- | --- | --- | --- | --- | ---")
    print_rows("composed", [found for _, found in generated])
    print_rows("held-out human works", human)
    print("\nlongest in composed pieces\n")
    for path, found in sorted(generated, key=lambda pair: -pair[1].longest_notes)[:8]:
        print(f"{path.stem} | {found.longest_notes} notes, {found.longest_bars} bars | {found.source} | {found.title}")
