"""Do planned harmonies move like human ones? Compares plans with the openings of human pieces, by style.

    python -m benchmarks harmony_plans [--count 12] [STYLE ...]
    python -m benchmarks harmony_plans --data cache/data [--count 12] [STYLE ...]    idioms and phrase lengths
    python -m benchmarks harmony_plans --data cache/data --rates                     prints composer/harmony/idioms.toml
    python -m benchmarks harmony_plans --data cache/data --lengths                   prints composer/plan/phrase_lengths.toml

Sixteen bars each. Human chords are estimated from the notes, with the lowest sounding note as bass, so they are noisier
than plans. Columns: passages A B A B among chord changes; fourth bars with a cadence (by `find_cadences`); planned cadences
that the chords realize; steps among the moves of the bass; different chords per bar in windows of eight, at most 1;
inverted chords; roots that fall by a fifth; bars with the chords of four bars before. Only chords are planned; no notes are
composed. With the folder of training data (`cantilena data build`), plans as drawn and as written out for phrases are
compared with the labels of human pieces: the idioms of `composer.harmony.idioms`, and bars from close to close.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from composer.analysis.chord_functions import is_augmented_sixth, leads_to
from composer.analysis.chords import estimate_chords
from composer.analysis.key import estimate_key
from composer.arranging import settle
from composer.brief import Brief
from composer.errors import CantilenaError
from composer.harmony import with_harmony
from composer.harmony.idioms import idioms_of, phrase_lengths
from composer.harmony.judging import Bar, traits_of
from composer.harmony.rates import rate_rows
from composer.plan import make_plan
from composer.score import Chord, ChordSymbol, Score
from composer.tokenizer import functional_shift
from composer.training.data.corpus import list_items, read_item
from composer.training.harmony_corpus import HarmonyPiece, find_cadences, harmony_pieces
from tools.corpus import corpus_folder

BARS = 16
_MOST = 500  # human pieces per style
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
        traits["inverted"],
        traits["fall"],
        traits["repeats"],
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


def labeled(data: Path, styles: Sequence[str]) -> dict[str, list[HarmonyPiece]]:
    """The training pieces of some styles, at most `_MOST` each."""
    pieces = harmony_pieces(data, None, "train")
    by_style = {style: [piece for piece in pieces if style in piece.styles] for style in styles}
    return {style: found[:: max(1, len(found) // _MOST)] for style, found in by_style.items()}


def compare_idioms(data: Path, styles: Sequence[str], count: int) -> None:
    """Prints the idioms of human pieces, of plans and of plans written out, and the lengths of their phrases."""
    people = labeled(data, styles)
    for style in styles:
        for mode, key in (("major", "C major"), ("minor", "A minor")):
            human = [piece for piece in people[style] if piece.mode == mode]
            rows = {"human": [idioms_of(piece.bars, piece.mode, piece.cadences) for piece in human]}
            lengths = {"human": [n for piece in human for n in phrase_lengths(piece.cadences)]}
            for seed in range(count):
                brief = Brief.from_dict({"style": style, "bars": BARS + 8 * (seed % 2), "seed": seed, "key": key})
                plan = with_harmony(make_plan(brief), brief)
                for side, made in (("plans", plan), ("written", settle(plan, brief))):
                    shift = functional_shift(made.key)
                    bars = [tuple(chord and chord.transposed(shift) for chord in chords) for chords in made.chords]
                    rows.setdefault(side, []).append(idioms_of(bars, made.key.mode, made.closes))
                    lengths.setdefault(side, []).extend(phrase_lengths(made.closes))
            for side, found in rows.items():
                if found:
                    means = {name: np.mean([figures[name] for figures in found]) for name in found[0]}
                    print(f"{style}, {mode}, {side} ({len(found)}): " + ", ".join(f"{n} {m:.3f}" for n, m in means.items()))
                    shares = {n: lengths[side].count(n) / len(lengths[side]) for n in range(2, 13)}
                    print("    bars a phrase: " + ", ".join(f"{n}: {share:.2f}" for n, share in shares.items()), flush=True)


def print_rates(data: Path) -> None:
    """Prints the rows of `idioms.toml`."""
    for style, pieces in labeled(data, list(rate_rows())).items():
        means: dict[str, list[float]] = {}
        for piece in pieces:
            for name, value in idioms_of(piece.bars, piece.mode, piece.cadences).items():
                if name != "borrowed" or piece.mode == "major":
                    means.setdefault(name, []).append(value)
        of = {name: float(np.mean(values)) for name, values in means.items()}
        halves = [_before(piece, bar) for piece in pieces for bar, kind in enumerate(piece.cadences) if kind == "half"]
        opened = [leads_to(*pair) for pair in halves if pair]
        tonics = [(0 if piece.mode == "major" else 9) for piece in pieces for kind in piece.cadences if kind == "half"]
        sixths = [is_augmented_sixth(*pair, tonic) for pair, tonic in zip(halves, tonics, strict=True) if pair]
        print(f"\n[{style}]\ntwo = {of['chords a bar'] - 1:.2f}\napplied = {of['applied']:.3f}\ndim7 = {of['dim7']:.3f}")
        print(f"borrowed = {of['borrowed']:.3f}\nsixth = {_mean(sixths):.3f}\nopened = {_mean(opened):.2f}")
        print(f"sequence = {2 * of['sequence']:.2f}\npedal = {2 * of['pedal']:.2f}\nsix_four = {of['six-four']:.2f}")
        print(f"related = {of['related']:.2f}\ndeceptive = {of['deceptive']:.3f}")


def _before(piece: HarmonyPiece, bar: int) -> tuple[Chord, Chord] | None:
    """The chord before the last one of a bar, and that one."""
    line = [chord for chords in piece.bars[max(0, bar - 2) : bar + 1] for chord in chords if chord]
    before = next((chord for chord in reversed(line) if chord.root != line[-1].root), None)
    return (before, line[-1]) if before else None


def _mean(values: Sequence[bool]) -> float:
    return sum(values) / max(1, len(values))


def print_lengths(data: Path) -> None:
    """Prints the rows of `phrase_lengths.toml`."""
    for style, pieces in labeled(data, list(rate_rows())).items():
        found = [n for piece in pieces for n in phrase_lengths(piece.cadences) if 2 <= n <= 8]
        print(f"{style} = [{', '.join(f'{found.count(n) / len(found):.2f}' for n in range(2, 9))}]")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("styles", nargs="*", default=list(STYLES), metavar="STYLE", help=", ".join(STYLES))
    parser.add_argument("--count", type=int, default=12, help="pieces per style on each side (default 12)")
    parser.add_argument("--data", type=Path, help="folder made by `cantilena data build`")
    parser.add_argument("--rates", action="store_true", help="print the rates of idioms by style as TOML")
    parser.add_argument("--lengths", action="store_true", help="print the lengths of phrases by style as TOML")
    args = parser.parse_args()
    if args.data:
        if args.rates or args.lengths:
            (print_rates if args.rates else print_lengths)(args.data)
        else:
            compare_idioms(args.data, args.styles, args.count)
        return
    print(f"{'':24} {'n':>4}    ABAB  closes   kept    steps   variety inverted fall  repeats")
    for style in args.styles:
        for side, make in (("human", human), ("plans", planned)):
            if pieces := list(make(style, args.count)):
                print(row(f"{style}, {side}", pieces), flush=True)
