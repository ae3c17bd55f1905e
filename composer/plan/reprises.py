"""How the sections of a form come back: to the letter, with their tune over a new accompaniment, or varied throughout.

In dances, songs and hymns strains are repeated; elsewhere few bars repeat an earlier one to the note. In the last quarter of a
short piece nothing returns to the letter: a beginning that comes back unchanged just before the end sounds like a loop.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from composer.plan.chance import draw
from composer.plan.sections import Section

Return = Literal["", "literal", "tune", "varied"]

_LITERAL_STYLES = frozenset(("ballroom-dance", "folk", "hymn", "mazurka", "ragtime", "waltz", "dance-suite"))
_LITERAL_IN_DANCES, _LITERAL = 0.3, 0.06  # chance that a return is literal: openings of 16 bars in the corpus
_TUNE = 0.5  # share of the other returns that keep the tune to the note
_SHORT_BARS = 32


def choose_returns(seed: int, sections: Sequence[Section], styles: Sequence[str], loop: bool) -> tuple[Return, ...]:
    """For each section how it brings its letter back, "" for the first of its letter.

    >>> form = [Section("A", 0, 8), Section("A", 8, 8), Section("B", 16, 8), Section("A", 24, 8)]
    >>> choose_returns(1, form, ["fugue"], loop=False), choose_returns(5, form, ["fugue"], loop=False)
    (('', 'varied', '', 'varied'), ('', 'tune', '', 'varied'))
    """
    chance = _LITERAL_IN_DANCES if loop or _LITERAL_STYLES & set(styles) else _LITERAL
    bars = sections[-1].start_bar + sections[-1].bars if sections else 0
    kinds: list[Return] = []
    letters: set[str] = set()
    for index, section in enumerate(sections):
        drawn = draw(seed, f"return {index}")
        late = not loop and bars <= _SHORT_BARS and 4 * section.start_bar >= 3 * bars
        if section.letter not in letters:
            kinds.append("")
        elif late:
            kinds.append("varied")
        else:
            kinds.append("literal" if drawn < chance else "tune" if drawn < chance + (1 - chance) * _TUNE else "varied")
        letters.add(section.letter)
    return tuple(kinds)
