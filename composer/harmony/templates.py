"""Common progressions of styles that the corpus does not teach: twelve-bar blues, four-chord loops, ii-V chains, modal vamps.

Facts of music theory, in functional pitch, from `progressions.toml`; the seed draws one for each section.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from composer.plan import Plan, Section
from composer.plan.seeded import choose
from composer.score import Chord, Mode

Bar = tuple[Chord | None, ...]

_LEADS = {"major": (Chord.parse("Dm7"), Chord.parse("G7")), "minor": (Chord.parse("Bm7b5"), Chord.parse("E7"))}
_DOMINANTS = ("7", "9", "13", "7b9", "7alt", "7sus4", "9sus4", "7#9")


@dataclass(frozen=True, slots=True)
class Progression:
    """Some bars of chords.

    Attributes:
        styles: names of styles that use it.
        mode: of the key that it is in.
        role: "verse", "chorus", "bridge" or "any".
        bars: chords in C major or A minor.
    """

    styles: frozenset[str]
    mode: Mode
    role: str
    bars: tuple[Bar, ...]


@lru_cache(maxsize=1)
def progressions() -> tuple[Progression, ...]:
    """All progressions of the table."""
    content = tomllib.loads((files("composer.harmony") / "progressions.toml").read_text(encoding="utf-8"))
    return tuple(
        Progression(frozenset(row["styles"]), row["mode"], row.get("role", "any"), _read(row["chords"]))
        for row in content["progression"]
    )


def _read(text: str) -> tuple[Bar, ...]:
    return tuple(tuple(Chord.parse(symbol) for symbol in bar.split()) for bar in text.split("|"))


def template_for(plan: Plan, seed: int, style: str) -> tuple[Bar, ...]:
    """The chords of a piece in one of the table's styles; empty if the table has none for it.

    Each letter of the form has its own progression, which repeats until the section is full; sections and the piece end on
    chords that lead on or to the tonic.
    """
    fitting = [row for row in progressions() if style in row.styles and row.mode == plan.key.mode]
    if not fitting:
        return ()
    bars: list[Bar] = []
    chosen: dict[str, Progression] = {}
    for section in plan.sections or (Section("A", 0, plan.bars),):
        row = chosen.get(section.letter) or _choose(fitting, section, chosen, seed)
        chosen[section.letter] = row
        bars += _filled(row, section.bars)
    return _ended(bars[: plan.bars], plan)


def _choose(rows: list[Progression], section: Section, chosen: dict[str, Progression], seed: int) -> Progression:
    """A progression for a letter: of its role, of a length that fits, and different from those of other letters."""
    role = {"A": "verse", "B": "chorus"}.get(section.letter, "bridge")
    fresh = [row for row in rows if row not in chosen.values()] or rows
    fits = [row for row in fresh if section.bars % len(row.bars) == 0] or fresh
    suits = [row for row in fits if row.role == role] or [row for row in fits if row.role == "any"] or fits
    return choose(seed, f"progression {section.letter}", suits)


def _filled(row: Progression, bars: int) -> list[Bar]:
    """Repetitions of a progression; an incomplete one is its end."""
    rounds, left = divmod(bars, len(row.bars))
    return [*row.bars * rounds, *row.bars[len(row.bars) - left :]] if left else list(row.bars * rounds)


def _ended(bars: list[Bar], plan: Plan) -> tuple[Bar, ...]:
    """The bars with an ending: a chord that leads to the tonic and the tonic, or for a loop a chord that leads back."""
    tonic = 0 if plan.key.mode == "major" else 9
    subdominant, dominant = _LEADS[plan.key.mode]
    if plan.loop:
        if bars[-1][-1] is not None and bars[-1][-1].root == tonic and len(bars) > 1:
            bars[-1] = (bars[-1][0], dominant)
        return tuple(bars)
    home = next((c for bar in bars for c in bar if c and c.root == tonic and c.bass is None), None)
    bars[-1] = (home or Chord(tonic, "maj" if plan.key.mode == "major" else "min"),)
    before = bars[-2][-1] if len(bars) > 1 else None
    leads = before is not None and (before.root - tonic) % 12 in (5, 7, 10, 11, 2) and before.root != tonic
    if len(bars) > 1 and not leads:
        bars[-2] = (subdominant, dominant)
    return tuple(bars)
