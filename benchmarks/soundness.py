"""How often human music is silent, clashes or ends openly: the basis of the limits in `composer.composing.soundness`.

    python -m benchmarks soundness               pieces of the validation split
    python -m benchmarks soundness FOLDER        scores in a folder, for example composed ones

Prints the 50th, 90th, 95th, 98th and 99th percentile of each measure, and the share of pieces that each limit refuses.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from composer.analysis import score_arrays
from composer.analysis.quality import clash_share, ending_tones, has_one_velocity, melody_silence, pitched_silence
from composer.composing.soundness import MOST
from composer.errors import CantilenaError
from composer.formats import read_score
from composer.score import Score
from composer.training.data.corpus import list_items, read_item
from tools.corpus import corpus_folder

MEASURES = {"pitched_silence": pitched_silence, "melody_silence": melody_silence, "clash_share": clash_share}
PERCENTILES = (50, 90, 95, 98, 99)
SHORTEST_BARS = 8


def human(count: int) -> Iterator[Score]:
    items = list(list_items(corpus_folder(), splits=("valid",)))
    random.Random(1).shuffle(items)
    for item in items[:count]:
        try:
            yield read_item(item).score
        except CantilenaError:
            continue


def composed(folder: Path) -> Iterator[Score]:
    for path in sorted(folder.glob("*.mid")):
        if not path.name.endswith(".performance.mid"):
            yield read_score(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--count", type=int, default=200)
    options = parser.parse_args()
    values: dict[str, list[float]] = {name: [] for name in MEASURES}
    even, bare, endings = 0, 0, 0
    for score in composed(options.folder) if options.folder else human(options.count):
        arrays = score_arrays(score)
        if len(arrays.notes) == 0 or arrays.n_bars < SHORTEST_BARS:
            continue
        for name, measure in MEASURES.items():
            values[name].append(measure(arrays))
        even += has_one_velocity(arrays)
        ending = ending_tones(arrays)
        if score.key and ending:
            endings += 1
            bare += not any((score.key.tonic + third) % 12 in ending[1] for third in (3, 4))
    count = len(values["clash_share"])
    print(f"{count} pieces" + "".join(f"{f'{p} %':>9}" for p in PERCENTILES) + f"{'limit':>9}{'refused':>9}")
    for name, found in values.items():
        marks = "".join(f"{mark:9.3f}" for mark in np.percentile(found, PERCENTILES))
        print(f"{name:16}{marks}{MOST[name]:9.2f}{np.mean(np.array(found) > MOST[name]):9.3f}")
    print(f"one velocity: {even / count:.3f}; no third at the end: {bare / max(1, endings):.3f} of {endings} with a key")
