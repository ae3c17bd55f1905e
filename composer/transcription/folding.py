"""Many tracks to at most sixteen parts, each keeping account of where it comes from.

Silent tracks are left out, all percussion becomes one part, a player who changes sound on the way is one part; then the nearest
relatives join, the smallest first: parts of one program, then of one General MIDI family (eight programs), then any.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from composer.score import Part
from composer.tokenizer.vocabulary import MAX_PARTS


def fold(parts: Sequence[Part], limit: int = MAX_PARTS) -> list[tuple[int, ...]]:
    """Indices of the parts that make up each folded part, in score order; the largest of each first.

    >>> from composer.score import Note
    >>> one = (Note(0, 60, 480),)
    >>> fold([Part("Violin", 40, one), Part("", 0), Part("Horn", 60, one), Part("Viola", 41, one)], limit=2)
    [(0, 3), (2,)]
    >>> fold([Part("Fiddle", 40, one), Part("Fiddle", 45, (Note(480, 60, 480),)), Part("Fiddle", 45, one)])
    [(0, 1), (2,)]
    """
    groups = _players(parts)
    drums = tuple(index for index, part in enumerate(parts) if part.notes and part.is_drum)
    while len(groups) + bool(drums) > max(limit, 1 + bool(drums)):
        first, second = min(combinations(groups, 2), key=lambda pair: _distance(parts, *pair))
        groups[groups.index(first)] = first + second
        groups.remove(second)
    groups = sorted(groups + ([drums] if drums else []), key=min)
    return [tuple(sorted(group, key=lambda index: (-len(parts[index].notes), index))) for group in groups]


def _players(parts: Sequence[Part]) -> list[tuple[int, ...]]:
    """Pitched parts with notes; neighbours of one name but several programs that never sound at once are one player's."""
    groups: list[tuple[int, ...]] = []
    for index, part in enumerate(parts):
        if not part.notes or part.is_drum:
            continue
        if groups and all(_takes_turns(parts[other], part) for other in groups[-1]):
            groups[-1] += (index,)
        else:
            groups.append((index,))
    return groups


def _takes_turns(one: Part, other: Part) -> bool:
    if not one.name or one.name != other.name or one.program == other.program:
        return False
    ends = [0, 0]
    for note, who in sorted((note, who) for who, part in enumerate((one, other)) for note in part.notes):
        if note.start_ticks < ends[1 - who]:
            return False
        ends[who] = max(ends[who], note.end_ticks)
    return True


def _distance(parts: Sequence[Part], one: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, int]:
    first, second = parts[one[0]].program, parts[other[0]].program
    kinship = 0 if first == second else 1 if first // 8 == second // 8 else 2
    return kinship, sum(len(parts[index].notes) for index in one + other)
