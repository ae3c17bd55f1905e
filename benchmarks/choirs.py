"""Part-writing of choirs: what a choirmaster would strike out, in 100 bars, in composed pieces and in human ones.

    python -m benchmarks choirs                  composes what is missing in out/choirs, and measures it
    python -m benchmarks choirs --only FOLDER    measures KIND-SEED.mid of a folder, such as those of an older version

Counted at every stroke, for all pairs of voices: parallel fifths and octaves (both move, in the same direction), crossings of
neighbors, and leaps by a tritone, a seventh or more than an octave. Instruments that accompany are left out. Human pieces are
those for three to five voices alone of the validation split.
"""

from __future__ import annotations

import argparse
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import combinations, pairwise
from pathlib import Path

from benchmarks.pieces import Job, compose_all
from composer.errors import CantilenaError
from composer.formats import read_score
from composer.presets import programs_of
from composer.score import Note, Score
from composer.training.data.corpus import list_items, read_item
from tools.corpus import corpus_folder

KINDS = {
    "mass": {"style": "mass"},
    "hymn": {"style": "hymn"},
    "madrigal": {"style": "madrigal"},
    "women": {"style": "part-song", "ensemble": "womens-choir"},
    "men": {"style": "part-song", "ensemble": "mens-choir"},
    "three-mixed": {"style": "part-song", "instruments": ["soprano", "alto", "baritone"]},
    "mass-organ": {"style": "mass", "ensemble": "choir-organ"},
    "hymn-organ": {"style": "hymn", "ensemble": "choir-organ"},
}
MEASURES = ("parallel fifths", "parallel octaves", "crossings", "leaps")
_FEWEST, _MOST = 3, 5  # voices
_OCTAVE, _FIFTH, _WIDE = 12, 7, (6, 10, 11)


def voices_of(score: Score) -> list[tuple[Note, ...]]:
    """The lines of the singers."""
    return [part.notes for part in score.parts if part.program in programs_of("voice") and part.notes]


def faults(voices: Sequence[Sequence[Note]]) -> Counter[str]:
    """How often each fault occurs in some voices, from the highest down."""
    ticks = sorted({note.start_ticks for voice in voices for note in voice})
    starts = [[note.start_ticks for note in voice] for voice in voices]
    found = Counter[str]()

    def sounding(index: int, tick: int) -> int | None:
        place = bisect_right(starts[index], tick) - 1
        note = voices[index][place] if place >= 0 else None
        return note.pitch if note and note.end_ticks > tick else None

    heard = [[sounding(index, tick) for index in range(len(voices))] for tick in ticks]
    for before, now in pairwise(heard):
        for (upper, high), (lower, deep) in combinations(zip(before, now, strict=True), 2):
            if upper is None or high is None or lower is None or deep is None or (high - upper) * (deep - lower) <= 0:
                continue
            interval = (upper - lower) % _OCTAVE
            if interval == (high - deep) % _OCTAVE and interval in (0, _FIFTH):
                found["parallel fifths" if interval else "parallel octaves"] += 1
        found["crossings"] += sum(a < b for a, b in pairwise(now) if a is not None and b is not None)
    for voice in voices:
        sizes = [abs(after.pitch - note.pitch) for note, after in pairwise(voice)]
        found["leaps"] += sum(size > _OCTAVE or size in _WIDE for size in sizes)
    return found


def row(scores: Iterable[Score]) -> str:
    """The number of pieces and bars, and the faults in 100 bars."""
    counts, bars, pieces = Counter[str](), 0, 0
    for score in scores:
        counts += faults(voices_of(score))
        bars, pieces = bars + len(score.bars), pieces + 1
    figures = " | ".join(f"{100 * counts[name] / max(bars, 1):.1f}" for name in MEASURES)
    return f"{pieces} | {bars} | {figures} |"


def human(count: int) -> list[Score]:
    """Pieces for three to five singers alone."""
    found: list[Score] = []
    for item in list_items(corpus_folder(), splits=("valid",)):
        try:
            score = read_item(item).score
        except CantilenaError:
            continue
        if _FEWEST <= len(score.parts) == len(voices_of(score)) <= _MOST:
            found.append(score)
        if len(found) == count:
            break
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", type=Path, metavar="FOLDER")
    parser.add_argument("--pieces", type=int, default=6)
    parser.add_argument("--humans", type=int, default=30)
    parser.add_argument("--seed", type=int, default=100)
    options = parser.parse_args()
    folder = options.only or Path("out/choirs")
    if not options.only:
        seeds = range(options.seed, options.seed + options.pieces)
        compose_all([Job(f"{kind}-{seed}", {**brief, "seed": seed}) for kind, brief in KINDS.items() for seed in seeds], folder)
    print(f"| choir | pieces | bars | {' | '.join(MEASURES)} |\n|---|--:|--:|{'--:|' * len(MEASURES)}")
    for kind in KINDS:
        print(f"| {kind} | {row(read_score(path) for path in sorted(folder.glob(f'{kind}-[0-9]*.mid')))}")
    print(f"| human | {row(human(options.humans))}")


if __name__ == "__main__":
    main()
