"""Do the notes follow the chords that a user gives? Ten progressions on ten ensembles, composed by the shipped model.

    python -m benchmarks chords

Measured from the written MusicXML, whose chord symbols are those asked for, by `composer.analysis.chord_fit`: notes on strong
beats that belong to their chord, and what the others are. Pieces go to out/chords; what is there already is kept. The interval
is a 95 % bootstrap over pieces.
"""

from __future__ import annotations

from collections import Counter

from benchmarks.pieces import Job, compose_all, interval
from composer.analysis.chord_fit import measure_chord_fit
from composer.formats import read_score
from tools.corpus import ROOT

FOLDER = ROOT / "out" / "chords"
BRIEFS = (
    ("Dm Gm A7 Dm", "D minor", "piano"),
    ("C Am F G7", "C major", "string-quartet"),
    ("Am F C G", "A minor", "choir"),
    ("Em | Am B7 | Em | B7 |", "E minor", "wind-quintet"),
    ("Bb Eb F7 Bb", "Bb major", "organ"),
    ("F Dm Gm C7", "F major", "guitar"),
    ("C C7 F Fm C G7 C C", "C major", "piano-trio"),
    ("D A Bm G", "D major", "brass-quintet"),
    ("G Em | C D7 | G", "G major", "piano"),
    ("Cmaj7 A7 Dm7 G7", "C major", "piano"),
)


def main() -> None:
    jobs = [
        Job(f"chords-{index}", {"chords": chords, "key": key, "ensemble": ensemble, "bars": 16, "seed": 200 + index})
        for index, (chords, key, ensemble) in enumerate(BRIEFS)
    ]
    errors = compose_all(jobs, FOLDER, formats=("mid",))
    for name, error in errors.items():
        print(f"{name}: {error}")
    functions: Counter[str] = Counter()
    explained, strong, hits = [], 0, 0
    for job, (chords, key, ensemble) in zip(jobs, BRIEFS, strict=True):
        if job.name in errors:
            continue
        found = measure_chord_fit(read_score(FOLDER / f"{job.name}.mid"))
        functions.update(found.counts)
        explained.append(found.explained)
        strong, hits = strong + found.strong_notes, hits + found.strong_chord_tones
        print(f"{chords} in {key} for {ensemble}: strong beats {found.strong:.3f}, explained {found.explained:.3f}")
    total = functions.total()
    middle, low, high = interval(explained)
    print(f"\nstrong beats on their chord: {hits} of {strong} notes")
    print(f"explained: {100 * middle:.1f} % of a piece's notes ({100 * low:.1f} to {100 * high:.1f})")
    print(", ".join(f"{name} {100 * count / total:.1f} %" for name, count in functions.most_common()))
