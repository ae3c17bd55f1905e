"""The sample set: pieces of 16 and 64 bars in many styles and the four mood quadrants, for listening and measuring.

    python -m benchmarks samples                          out/samples, two seeds each; existing pieces are kept
    python -m benchmarks samples --seeds 4 --jobs 2
    python -m benchmarks samples --open --seeds 4         out/samples/16-open: moods left open, to hear only the styles
    cantilena evaluate --generated out/samples/16 --reference CORPUS

Names are style-quadrant-seed; each piece has its sidecar.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.pieces import Job, compose_all
from composer.presets import styles
from tools.corpus import ROOT

STYLES = (
    "string-quartet", "hymn", "lied", "mazurka", "waltz", "fugue", "nocturne", "march", "ragtime", "mass", "motet",
    "symphony", "polonaise", "etude", "sonata", "metal",
)  # fmt: skip
QUADRANTS = {
    "happy": (0.7, 0.7), "tense": (-0.7, 0.7), "sad": (-0.7, -0.7), "calm": (0.7, -0.7),
}  # fmt: skip
LENGTHS = (16, 64)


def jobs(bars: int, seeds: int, is_open: bool) -> list[Job]:
    moods = {name: {"valence": valence, "arousal": arousal} for name, (valence, arousal) in QUADRANTS.items()}
    return [
        Job(f"{style}-{mood}-{seed}", {"style": style, **request, "bars": bars, "seed": seed})
        for style in STYLES
        if style in styles()
        for mood, request in ({"open": {}} if is_open else moods).items()
        for seed in range(seeds)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--open", action="store_true", help="leave the mood open")
    parser.add_argument("--bars", type=int, action="append", help="16 and 64 by default; can be repeated")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--model")
    parser.add_argument("--format", default="mid", help="comma-separated formats")
    parser.add_argument("--folder", type=Path, default=ROOT / "out" / "samples")
    options = parser.parse_args()
    for bars in options.bars or LENGTHS:
        requested = jobs(bars, options.seeds, options.open)
        folder = options.folder / f"{bars}{'-open' * options.open}"
        formats = options.format.split(",")
        errors = compose_all(requested, folder, model=options.model, formats=formats, workers=options.jobs)
        print(f"{folder}: {len(requested) - len(errors)} of {len(requested)} pieces of {bars} bars in {len(STYLES)} styles")
        for name, error in errors.items():
            print(f"{name}: {error}")
