"""What is known of a stream before sampling: its header, its bars in order, and what is given in them.

The script of a composition gives the openings of bars; that of a continuation gives whole bars; that of an accompaniment gives
some parts of every bar; that of an infill ends with the missing bars. Pure data, all in ids.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field

from composer.score import Chord


@dataclass(frozen=True, slots=True)
class BarScript:
    """One bar of a stream.

    Attributes:
        index: its number in the piece, from 0; in a stream with a hole the bars are not in order.
        begin: the ids that begin it, not empty: markers (`HOLE`, `FILL`), then its `Bar` token.
        opening: what follows, one entry per id: the ids to choose from, a single one where it is fixed.
        may_change_chord: whether the model may add a second chord.
        given: the ids of parts known in advance, by part, from the `Part` id on. Forced, never sampled.
        open_parts: parts that are sampled; none in a completely given bar.
        closed: whether its notes must end with it, because the next bar is given or begins a section.
        harmony: the bar's full chords, where they are given in advance; ids state only the nearest chord of the vocabulary.
        tune: place of an earlier bar, and a part whose notes this bar takes from it, while the other parts are new.
        repeats: place in `Script.bars` of an earlier bar whose chords and parts this one repeats exactly, or `None`.
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
        parts: in the order of the header and of every bar.
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
    """Closed bars of a piece in which some bars repeat others exactly.

    No note is held into a repetition, which has its own notes, or longer out of a repeated bar than out of its repetition.

    Args:
        closed: bars that are closed for other reasons, including the last one.
        distances: for each bar that repeats another, how many bars back that one is.

    >>> sorted(closed_with_returns({9}, {6: 4, 7: 4}))
    [2, 5, 6, 9]
    """
    found, more = set(closed), {bar - 1 for bar in distances}
    while more - found:
        found |= more
        more = {min(end for end in found if end >= bar) - distance for bar, distance in distances.items()}
    return found
