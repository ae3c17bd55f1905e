"""The harmony of a band's piece: the chords of the plan, or progressions of the style along the form."""

from __future__ import annotations

from collections.abc import Sequence

from composer.arranging.setting import kinds_of, sections_of
from composer.arranging.tables import Band, progressions
from composer.plan import Plan
from composer.plan.seeded import draw
from composer.score import Chord

Bars = tuple[tuple[Chord | None, ...], ...]


def harmony_for(plan: Plan, band: Band, seed: int) -> Bars:
    """One or two chords for every bar: those of the plan where it has any.

    A section's progression is drawn once a letter, so that it returns with it, and repeats until the section is full. The
    piece ends with the style's cadence on the tonic, unless it is a loop.

    Args:
        plan: the plan.
        band: the row of its style.
        seed: of the brief.
    """
    if plan.chords:
        return plan.chords
    rows = progressions()[band.idiom]
    mode = plan.key.mode if plan.key.mode in rows else next(iter(rows))
    shift = plan.key.tonic - (0 if mode == "major" else 9)
    if mode != plan.key.mode:  # the relative key's chords have the plan's signature
        shift = (7 * plan.key.fifths) % 12
    row, kinds = rows[mode], kinds_of(plan)
    bars: list[tuple[Chord, ...]] = []
    for section in sections_of(plan):
        choices: Sequence[str] = row.get(kinds[section.letter], row["verse"])
        source = _parsed(_choice(seed, section.letter, choices))
        bars += [source[place % len(source)] for place in range(section.bars)]
    moved: list[tuple[Chord | None, ...]] = [tuple(chord.transposed(shift) for chord in bar) for bar in bars]
    if not plan.loop:
        if plan.bars > 2:
            moved[-2] = tuple(chord.transposed(shift) for chord in _parsed(row["end"])[0])
        moved[-1] = (Chord(plan.key.tonic, "5" if band.bare else plan.key.mode[:3]),)
    return tuple(moved)


def _choice(seed: int, letter: str, choices: Sequence[str]) -> str:
    """What a letter of the form gets."""
    return choices[int(draw(seed, f"progression {letter}") * len(choices))]


def _parsed(text: str) -> tuple[tuple[Chord, ...], ...]:
    return tuple(tuple(map(Chord.parse, bar.split())) for bar in text.split("|"))
