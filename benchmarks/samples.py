"""The sample set: pieces of 16 and of 64 bars in many styles and the four quadrants of mood, for listening and measuring.

    python benchmarks/samples.py                          out/samples, two seeds each; what is there already is kept
    python benchmarks/samples.py --seeds 4 --jobs 2
    cantilena evaluate --generated out/samples/16 --reference CORPUS

Names are style-quadrant-seed; each piece has its sidecar.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from pieces import ROOT, Job, compose_all

from composer.presets import styles

STYLES = (
    "string-quartet", "hymn", "lied", "mazurka", "waltz", "fugue", "nocturne", "march", "ragtime", "mass", "motet",
    "symphony", "polonaise", "etude", "sonata", "metal",
)  # fmt: skip
QUADRANTS = {
    "happy": (0.7, 0.7), "tense": (-0.7, 0.7), "sad": (-0.7, -0.7), "calm": (0.7, -0.7),
}  # fmt: skip
LENGTHS = (16, 64)


def jobs(bars: int, seeds: int) -> list[Job]:
    found = []
    for style in STYLES:
        if style in styles():
            for mood, (valence, arousal) in QUADRANTS.items():
                for seed in range(seeds):
                    options = {"style": style, "valence": valence, "arousal": arousal, "bars": bars, "seed": seed}
                    found.append(Job(f"{style}-{mood}-{seed}", options))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--bars", type=int, action="append", help="16 and 64 if left out; may be repeated")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--model")
    parser.add_argument("--format", default="mid", help="formats, with commas between")
    parser.add_argument("--folder", type=Path, default=ROOT / "out" / "samples")
    options = parser.parse_args()
    for bars in options.bars or LENGTHS:
        wanted = jobs(bars, options.seeds)
        folder = options.folder / str(bars)
        formats = options.format.split(",")
        errors = compose_all(wanted, folder, model=options.model, formats=formats, workers=options.jobs)
        print(f"{folder}: {len(wanted) - len(errors)} of {len(wanted)} pieces of {bars} bars in {len(STYLES)} styles")
        for name, error in errors.items():
            print(f"{name}: {error}")


if __name__ == "__main__":
    main()
