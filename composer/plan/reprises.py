"""How the sections of a form come back: to the letter, or with their tune over a new accompaniment.

In dances whole strains are repeated; elsewhere few bars repeat an earlier one to the note.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from composer.plan.chance import draw
from composer.plan.sections import Section

Return = Literal["", "literal", "tune"]

_LITERAL_STYLES = frozenset(("ballroom-dance", "folk", "hymn", "mazurka", "ragtime", "waltz", "dance-suite"))
_LITERAL_IN_DANCES, _LITERAL = 0.5, 0.12  # chance that a return is literal


def choose_returns(seed: int, sections: Sequence[Section], styles: Sequence[str], loop: bool) -> tuple[Return, ...]:
    """For each section how it brings its letter back, "" for the first of its letter.

    >>> choose_returns(1, [Section("A", 0, 4), Section("B", 4, 4), Section("A", 8, 4)], ["fugue"], loop=False)
    ('', '', 'tune')
    """
    chance = _LITERAL_IN_DANCES if loop or _LITERAL_STYLES & set(styles) else _LITERAL
    kinds: list[Return] = []
    letters: set[str] = set()
    for index, section in enumerate(sections):
        if section.letter not in letters:
            kinds.append("")
        else:
            kinds.append("literal" if draw(seed, f"return {index}") < chance else "tune")
        letters.add(section.letter)
    return tuple(kinds)
