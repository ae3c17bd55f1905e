"""What users get who choose a style and nothing else: 72 pieces, measured for the faults that readers of scores marked.

    python -m benchmarks default_pieces                 composes what is missing in out/default-pieces, and measures it
    python -m benchmarks default_pieces --only FOLDER   measures the MIDI files of a folder, such as those of an older version
    python -m benchmarks default_pieces --human 300     compares with as many pieces of the validation split

16 styles with seeds 1, 2 (with a mood), 101 and 102, and four more with 101 and 102. A figure is the share of the pieces that
it is true of, or a median over pieces with its 10th and 90th percentile; beside it is the same of human pieces of two parts
or more. Everything is read from the MIDI files.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import numpy as np

from benchmarks.pieces import Job, compose_all
from benchmarks.soundness import composed, human
from composer.analysis import score_arrays
from composer.analysis.arrays import ScoreArrays
from composer.analysis.quality import clash_share, ending_tones, has_one_velocity, melody_silence, pitched_silence
from composer.controls import DYNAMICS
from composer.score import Score

MOODS = {
    "ragtime": "happy", "nocturne": "dreamy", "waltz": "happy", "hymn": "solemn", "folk": "happy", "metal": "angry",
    "string-quartet": "melancholic", "swing": "playful", "bossa": "calm", "lo-fi": "melancholic",
    "pop-ballad": "romantic", "electronic": "excited", "chiptune": "playful", "cinematic": "heroic",
    "film-cue": "tense", "symphony": "heroic",
}  # fmt: skip
MORE = ("rock", "funk", "jazz-waltz", "ambient")
_KICKS, _SNARES, _TIME = (35, 36), (37, 38, 39, 40), (42, 44, 46, 51, 53, 59, 70, 82)
_SHORTEST_BARS = 8


def jobs() -> list[Job]:
    """The 72 pieces."""
    found = []
    for seed in (1, 2, 101, 102):
        for style, mood in MOODS.items():
            options = {"style": style, "seed": seed} | ({"mood": mood} if seed == 2 else {})
            found.append(Job(f"{style}-{mood}-2" if seed == 2 else f"{style}-{seed}", options))
    return found + [Job(f"{style}-{seed}", {"style": style, "seed": seed}) for style in MORE for seed in (101, 102)]


def one_drum_velocity(arrays: ScoreArrays) -> bool | None:
    """Whether all strokes are equally loud; `None` without drums."""
    return len(np.unique(arrays.drums.velocity)) == 1 if len(arrays.drums) else None


def empty_drum_bars(arrays: ScoreArrays) -> float | None:
    return 1 - len(np.unique(arrays.drums.bar)) / arrays.n_bars if len(arrays.drums) else None


def grooves(arrays: ScoreArrays) -> bool | None:
    """Whether three of four bars with drums have kick on 1, snare on 2 and 4 and something that keeps time; 4/4 only."""
    meters = {str(bar.time_signature) for bar in arrays.score.bars}
    if not len(arrays.drums) or meters != {"4/4"}:
        return None
    quarters = arrays.drums.position // 480 * (arrays.drums.position % 480 == 0) - (arrays.drums.position % 480 != 0)

    def share(pitches: tuple[int, ...], quarter: int) -> float:
        hit = np.isin(arrays.drums.pitch, pitches) & (quarters == quarter)
        return len(np.unique(arrays.drums.bar[hit])) / max(1, len(np.unique(arrays.drums.bar)))

    ticking = np.isin(arrays.drums.pitch, _TIME)
    strokes = np.bincount(arrays.drums.bar[ticking], minlength=arrays.n_bars)
    keeps = (strokes >= 3).sum() / max(1, len(np.unique(arrays.drums.bar)))
    return min(share(_KICKS, 0), share(_SNARES, 1), share(_SNARES, 3), keeps) >= 0.75


def apart(arrays: ScoreArrays) -> float | None:
    """Share of bars with two pitched parts three markings or more apart."""
    ladder = np.array(sorted(DYNAMICS.values()))
    notes, wide, bars = arrays.notes, 0, 0
    for bar in range(arrays.n_bars):
        here = notes.bar == bar
        means = [notes.velocity[here & (notes.part == part)].mean() for part in np.unique(notes.part[here])]
        marks = [int(np.abs(ladder - mean).argmin()) for mean in means]
        bars += len(marks) > 1
        wide += len(marks) > 1 and max(marks) - min(marks) >= 3
    return wide / bars if bars else None


def late_start(arrays: ScoreArrays) -> bool:
    """Whether no pitched note begins in the first half of bar 1."""
    half = int(arrays.bar_start[1]) // 2
    return not (arrays.notes.start < half).any()


def bass_above(arrays: ScoreArrays) -> float | None:
    """Share of moments at which the part that is lowest on average sounds above another one."""
    notes = arrays.notes
    parts = np.unique(notes.part)
    if len(parts) < 3:
        return None
    low = min(parts.tolist(), key=lambda part: float(notes.pitch[notes.part == part].mean()))
    wrong = moments = 0
    for tick in range(0, int(arrays.bar_start[-1]), 960):
        sounding = (notes.start <= tick) & (notes.end > tick)
        mine, others = notes.pitch[sounding & (notes.part == low)], notes.pitch[sounding & (notes.part != low)]
        if len(mine) and len(others):
            moments += 1
            wrong += int(mine.min() > others.min())
    return wrong / moments if moments else None


def huddle(arrays: ScoreArrays) -> float | None:
    """Semitones from the lowest to the highest part's mean pitch; only of three parts or more."""
    parts = np.unique(arrays.notes.part)
    means = [float(arrays.notes.pitch[arrays.notes.part == part].mean()) for part in parts]
    return max(means) - min(means) if len(means) >= 3 else None


def no_third(arrays: ScoreArrays) -> bool | None:
    key, ending = arrays.score.key, ending_tones(arrays)
    return not any((key.tonic + third) % 12 in ending[1] for third in (3, 4)) if key and ending else None


def off_root(arrays: ScoreArrays) -> bool | None:
    """Whether the lowest note of the last sonority is not the tonic."""
    key, ending = arrays.score.key, ending_tones(arrays)
    return ending[0] % 12 != key.tonic if key and ending else None


def distinct_bars(arrays: ScoreArrays) -> float:
    """Different bars among those with pitched notes."""
    notes = arrays.notes
    bars: dict[int, list[tuple[int, int, int]]] = {}
    for bar, part, position, pitch in zip(
        notes.bar.tolist(), notes.part.tolist(), notes.position.tolist(), notes.pitch.tolist(), strict=True
    ):
        bars.setdefault(bar, []).append((part, position, pitch))
    return len({tuple(sorted(each)) for each in bars.values()}) / max(1, len(bars))


def _over(measure: Callable[[ScoreArrays], float | None], limit: float) -> Callable[[ScoreArrays], bool | None]:
    def exceeds(arrays: ScoreArrays) -> bool | None:
        value = measure(arrays)
        return None if value is None else value > limit

    return exceeds


Measure = Callable[[ScoreArrays], float | bool | None]
FIGURES: Mapping[str, Measure] = {
    "drums: one velocity": one_drum_velocity,
    "drums: kick 1, snare 2 4, time (4/4)": grooves,
    "drums: a quarter of bars empty": _over(empty_drum_bars, 0.25),
    "dynamics: one velocity": has_one_velocity,
    "dynamics: bars with parts far apart": apart,
    "melody: top silent in a quarter": _over(melody_silence, 0.25),
    "clash: time with a semitone": clash_share,
    "clash: more than 0.2": _over(clash_share, 0.2),
    "holes: bars without pitched sound": pitched_silence,
    "holes: bar 1 begins late": late_start,
    "register: bass above others": bass_above,
    "register: semitones between parts": huddle,
    "endings: no third": no_third,
    "endings: bass is not the tonic": off_root,
    "copies: distinct bars": distinct_bars,
    "copies: fewer than half distinct": lambda arrays: distinct_bars(arrays) < 0.5,
}


def table(scores: Iterable[Score]) -> dict[str, list[float | bool]]:
    """The values of each figure over the pieces that have it."""
    found: dict[str, list[float | bool]] = {name: [] for name in FIGURES}
    for score in scores:
        arrays = score_arrays(score)
        if not len(arrays.notes) or arrays.n_bars < _SHORTEST_BARS:
            continue
        for name, measure in FIGURES.items():
            value = measure(arrays)
            if value is not None:
                found[name].append(value)
    return found


def _text(values: list[float | bool]) -> str:
    if not values:
        return "-"
    if isinstance(values[0], bool | np.bool_):
        return f"{np.mean(values):.0%} of {len(values)}"
    low, middle, high = np.percentile(np.array(values, float), [10, 50, 90])
    return f"{middle:.2f} ({low:.2f}..{high:.2f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", type=Path, metavar="FOLDER", help="measure these MIDI files and compose nothing")
    parser.add_argument("--human", type=int, default=200, help="human pieces to compare with")
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    folder = options.only or Path("out/default-pieces")
    if options.only is None:
        for name, error in compose_all(jobs(), folder, workers=options.workers).items():
            print(f"{name}: {error}")
    ours = table(composed(folder))
    theirs = table(score for score in human(options.human) if len(score.parts) > 1)
    print(f"{len(list(folder.glob('*.mid')))} pieces in {folder}, {options.human} human pieces\n")
    print(f"{'':38}{'composed':>22}{'human':>22}")
    for name in FIGURES:
        print(f"{name:38}{_text(ours[name]):>22}{_text(theirs[name]):>22}")
