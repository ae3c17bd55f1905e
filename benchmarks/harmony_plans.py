"""Do planned harmonies move like human ones? Compares plans with the openings of human pieces, by style.

    python -m benchmarks harmony_plans [--count 12] [STYLE ...]

Sixteen bars each. Human chords are estimated from the notes, with the lowest sounding note as bass, so they are noisier than
plans. Columns: passages A B A B among chord changes; fourth bars with a cadence (by `find_cadences`); planned cadences that the
chords realize; steps among the moves of the bass; different chords per bar in windows of eight, at most 1. Only chords are
planned; no notes are composed.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence

import numpy as np

from composer.analysis.chords import estimate_chords
from composer.analysis.key import estimate_key
from composer.brief import Brief
from composer.errors import CantilenaError
from composer.harmony import with_harmony
from composer.harmony.judging import Bar, traits_of
from composer.plan import make_plan
from composer.score import Chord, ChordSymbol, Score
from composer.tokenizer import functional_shift
from composer.training.data.corpus import list_items, read_item
from composer.training.harmony_corpus import find_cadences
from tools.corpus import corpus_folder

BARS = 16
# Style: source of the corpus and genre there, `None` for all of the source.
STYLES: dict[str, tuple[str, str | None]] = {
    "hymn": ("openhymnal", None),
    "lied": ("lieder", None),
    "waltz": ("mutopia", "waltz"),
    "folk": ("irish", None),
    "fugue": ("mutopia", "fugue"),
    "string-quartet": ("quartets", None),
}


def figures(bars: Sequence[Bar], mode: str, planned: Sequence[str | None] = ()) -> tuple[float, ...]:
    """The columns of one piece in functional pitch."""
    traits = traits_of(bars)
    found = find_cadences(bars, [True] * len(bars), "major" if mode == "major" else "minor")
    fourth = [found[bar] is not None for bar in range(3, len(bars), 4)]
    kept = [found[bar] == kind for bar, kind in enumerate(planned) if kind is not None]
    return (
        traits["rocking"],
        float(np.mean(fourth)),
        float(np.mean(kept)) if kept else np.nan,
        traits["bass"],
        traits["variety"],
    )


def planned(style: str, count: int) -> Iterator[tuple[float, ...]]:
    for seed in range(count):
        brief = Brief.from_dict({"style": style, "bars": BARS, "seed": seed})
        plan = with_harmony(make_plan(brief), brief)
        shift = functional_shift(plan.key)
        bars = tuple(tuple(chord and chord.transposed(shift) for chord in chords) for chords in plan.chords)
        yield figures(bars, plan.key.mode, plan.closes)


def human(style: str, count: int) -> Iterator[tuple[float, ...]]:
    source, genre = STYLES[style]
    items = [i for i in list_items(corpus_folder(), {source}) if genre in (None, i.row.get("genre"))]
    found = 0
    for item in items[:: max(1, len(items) // (3 * count))]:
        try:
            piece = read_item(item)
        except CantilenaError:
            continue
        if len(piece.score.bars) <= BARS or found == count or (genre and piece.genre != genre):
            continue
        key = piece.score.key or estimate_key(piece.score).key
        symbols = estimate_chords(piece.score, key)
        found += 1
        yield figures(opening(piece.score, symbols, functional_shift(key)), key.mode)


def opening(score: Score, symbols: Sequence[ChordSymbol], shift: int) -> tuple[Bar, ...]:
    """One or two chords of each of the first bars, with their bass, in functional pitch."""
    notes = [note for part in score.parts if not part.is_drum for note in part.notes]

    def chord_at(tick: int) -> Chord | None:
        chord = next((symbol.chord for symbol in reversed(symbols) if symbol.start_ticks <= tick), None)
        lowest = min((n.pitch for n in notes if n.start_ticks <= tick < n.end_ticks), default=None)
        if chord is None or lowest is None:
            return chord and chord.transposed(shift)
        bass = lowest % 12
        inverted = bass in chord.pitch_classes and bass != chord.root
        return Chord(chord.root, chord.quality, bass if inverted else None).transposed(shift)

    bars: list[Bar] = []
    for bar in score.bars[:BARS]:
        first, second = chord_at(bar.start_ticks), chord_at(bar.start_ticks + bar.time_signature.middle_ticks)
        bars.append((first,) if first == second else (first, second))
    return tuple(bars)


def row(name: str, pieces: Sequence[tuple[float, ...]]) -> str:
    cells = ["     -" if not any(np.isfinite(column)) else f"{np.nanmean(column):6.2f}" for column in np.array(pieces, float).T]
    return f"{name:24} {len(pieces):4}  " + "  ".join(cells)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("styles", nargs="*", default=list(STYLES), metavar="STYLE", help=", ".join(STYLES))
    parser.add_argument("--count", type=int, default=12, help="pieces per style on each side (default 12)")
    args = parser.parse_args()
    print(f"{'':24} {'n':>4}    ABAB  closes   kept    bass steps  variety")
    for style in args.styles:
        for side, make in (("human", human), ("plans", planned)):
            if pieces := list(make(style, args.count)):
                print(row(f"{style}, {side}", pieces), flush=True)
