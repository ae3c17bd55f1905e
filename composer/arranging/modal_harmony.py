"""Harmony in church modes and other scales: the rows of `modes.toml`. Neither planner knows these scales."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

from composer.controls import OPEN, PHRASE_BARS
from composer.plan import Plan
from composer.plan.seeded import draw
from composer.score import Chord, Mode

Bars = tuple[tuple[Chord, ...], ...]
TONICS: Mapping[Mode, int] = {"major": 0, "minor": 9}  # pitch class of the tonic in tables of progressions


@cache
def _table() -> Mapping[str, Mapping[str, Sequence[str]]]:
    return tomllib.loads(files("composer.arranging").joinpath("modes.toml").read_text(encoding="utf-8"))


def modal_phrases(mode: str) -> list[Bars]:
    """The progressions of four bars of a church mode or other scale, on C or A.

    >>> [[chord.symbol() for chord in bar] for bar in modal_phrases("mixolydian")[0]]
    [['C'], ['Bb'], ['F'], ['C']]
    """
    return [_parsed(text) for text in _table()[mode]["phrases"]]


def modal_harmony(plan: Plan, closes: Sequence[str | None], seed: int) -> Bars:
    """One or two chords of the mode for every bar of a plan in a church mode or other scale.

    The phrases of a section are drawn once per letter and return with it. A close is on the tonic, after a chord that leads to
    it, or open if it is a half cadence; a piece that is neither a loop nor open at its end closes on the tonic.

    Args:
        plan: the plan.
        closes: the kind of cadence in each bar; empty for none before the end.
        seed: of the brief.
    """
    row, phrases = _table()[plan.key.church], modal_phrases(plan.key.church)
    shift = plan.key.tonic - TONICS[plan.key.mode]
    bars: list[tuple[Chord, ...]] = []
    for section in plan.all_sections:
        for place in range(section.bars):
            number = place // PHRASE_BARS % 2
            drawn = phrases[int(draw(seed, f"mode {section.letter} {number}") * len(phrases))]
            bars.append(tuple(chord.transposed(shift) for chord in drawn[place % PHRASE_BARS]))
    kinds = [*closes] or [None] * plan.bars
    if not plan.loop and plan.ending != OPEN:
        kinds[-1] = "authentic"
    for bar, kind in enumerate(kinds):
        if kind:
            ways = row["half" if kind == "half" else "end"]
            way = _parsed(ways[int(draw(seed, f"{kind} close {bar}") * len(ways))])[0]
            moved = tuple(chord.transposed(shift) for chord in way)
            bars[bar] = moved if kind == "half" else (plan.key.tonic_triad,)
            if kind != "half" and bar:
                bars[bar - 1] = moved
    return tuple(bars)


def _parsed(text: str) -> Bars:
    return tuple(tuple(map(Chord.parse, bar.split())) for bar in text.split("|"))
