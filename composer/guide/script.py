"""What is known of a stream before a note of it is sampled: its header, its bars in order, and what they are given.

One place for all that is forced. A composition's script gives openings only; a continuation's gives whole bars; an
accompaniment's gives some parts of every bar; an infill's ends with the bars that are missing. Pure data: ids in, ids out.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field

from composer.score import Chord


@dataclass(frozen=True, slots=True)
class BarScript:
    """One bar of a stream.

    Attributes:
        index: its place in the piece, from 0; streams with a hole do not hold bars in order.
        begin: the ids that begin it, not empty: markers (`HOLE`, `FILL`), then its `Bar` token.
        opening: what comes next, one entry an id: the ids among which it is chosen, a single one where it is fixed.
        may_change_chord: whether the model may add a second chord.
        given: bodies of parts known beforehand, by part: the `Part` id and the notes' ids. Forced, never sampled.
        open_parts: parts that are sampled; none in a bar that is wholly given.
        closed: whether its notes must end with it, because what follows is known already or begins anew.
        harmony: the bar's chords in full, where they are settled beforehand; ids hold their nearest relatives alone.
        tune: place of an earlier bar and a part whose notes this bar takes from there, while the others are new.
        repeats: place in `Script.bars` of an earlier bar whose chords and parts this one repeats to the letter, or `None`.
    """

    index: int
    begin: tuple[int, ...]
    opening: tuple[tuple[int, ...], ...] = ()
    may_change_chord: bool = False
    given: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    open_parts: frozenset[int] = frozenset()
    closed: bool = False
    repeats: int | None = None
    harmony: tuple[Chord | None, ...] = ()
    tune: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Script:
    """A stream.

    Attributes:
        header: its ids from `BOS` on.
        bars: in the order of the stream.
        parts: in the order in which every bar gives them; the header lists them so too.
        end: the id that ends it: `EOS`, or the `Bar` id of a bar that is not part of it.
    """

    header: tuple[int, ...]
    bars: tuple[BarScript, ...]
    parts: tuple[int, ...]
    end: int

    def following(self, place: int) -> tuple[int, ...]:
        """The ids that follow the last note of the bar at a place in `bars`."""
        return (self.end,) if place == len(self.bars) - 1 else self.bars[place + 1].begin

    def after(self, place: int) -> int:
        """The first of them: the id that ends the bar."""
        return self.following(place)[0]


def closed_with_returns(closed: Set[int], distances: Mapping[int, int]) -> set[int]:
    """Closed bars of a piece in which some bars repeat others to the letter.

    Nothing rings into a repetition, which strikes its own notes, or further out of what is repeated than out of that.

    Args:
        closed: bars that are closed for other reasons; the last bar is among them.
        distances: how many bars back the bar stands that a bar repeats.

    >>> sorted(closed_with_returns({9}, {6: 4, 7: 4}))
    [2, 5, 6, 9]
    """
    found, more = set(closed), {bar - 1 for bar in distances}
    while more - found:
        found |= more
        more = {min(end for end in found if end >= bar) - distance for bar, distance in distances.items()}
    return found
