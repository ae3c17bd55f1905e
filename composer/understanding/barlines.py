"""True bars for a notated file: every metre change begins a bar, and an upbeat becomes the end of a full one.

Notation programs write an upbeat as a first bar of its own short metre, or begin the next metre before the first bar is
over; both are padded at the front, as the training corpus does. Nothing here listens to the notes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from composer.score import TICKS_PER_QUARTER, TimeSignature

_SHORTEST_TICKS = TICKS_PER_QUARTER // 8  # an odd bar is written in thirty-seconds at the finest


def states_bars(signatures: Sequence[TimeSignature]) -> bool:
    """Whether a file's metres say where its bars are: sequencers that know only beats write bars of one beat.

    >>> states_bars([TimeSignature(0, 1, 4)]), states_bars([TimeSignature(0, 1, 4), TimeSignature(480, 3, 4)])
    (False, True)
    """
    return any(metre.numerator > 1 for metre in signatures)


def true_bars(signatures: Sequence[TimeSignature], end_ticks: int) -> tuple[int, tuple[TimeSignature, ...]]:
    """The upbeat's missing ticks, and the metres on barlines of a piece that begins with a full bar.

    Args:
        signatures: metres as the file states them, in order; 4/4 where it states none at its beginning.
        end_ticks: end of the last note.

    Returns:
        The ticks by which everything moves later, 0 without an upbeat, and the metres after that move. A metre that begins
        inside a bar makes that bar a short one of its own metre.

    >>> upbeat = [TimeSignature(0, 1, 4), TimeSignature(480, 3, 4)]
    >>> true_bars(upbeat, 9000)
    (960, (TimeSignature(start_ticks=0, numerator=3, denominator=4),))
    >>> [str(metre) for metre in true_bars([TimeSignature(0, 4, 4), TimeSignature(2880, 3, 4)], 9000)[1]]
    ['4/4', '2/4', '3/4']
    """
    stated = [metre for metre in signatures if metre.start_ticks < max(end_ticks, 1)]
    if not stated or stated[0].start_ticks > 0:
        stated.insert(0, TimeSignature(0, 4, 4))
    missing = _upbeat(stated)
    if missing:
        first, *rest = stated[1:]
        stated = [replace(first, start_ticks=0), *(replace(metre, start_ticks=metre.start_ticks + missing) for metre in rest)]
    metres: list[TimeSignature] = []
    for index, metre in enumerate(stated):
        end = stated[index + 1].start_ticks if index + 1 < len(stated) else None
        metres += _stretch(metre, end)
    return missing, tuple(metre for index, metre in enumerate(metres) if not index or str(metre) != str(metres[index - 1]))


def asked_metre(metre: TimeSignature, signatures: Sequence[TimeSignature]) -> tuple[TimeSignature, ...]:
    """The one metre that a user asks for, as a file would state it: after the file's own upbeat if it has one.

    >>> stated = [TimeSignature(0, 1, 8), TimeSignature(240, 3, 8)]
    >>> [(metre.start_ticks, str(metre)) for metre in asked_metre(TimeSignature(0, 6, 8), stated)]
    [(0, '6/8'), (240, '6/8')]
    """
    first = replace(metre, start_ticks=0)
    if not signatures or signatures[0].start_ticks > 0 or not _upbeat(signatures):
        return (first,)
    length = signatures[1].start_ticks % metre.bar_ticks
    return (first, replace(metre, start_ticks=length)) if length else (first,)


def _upbeat(stated: Sequence[TimeSignature]) -> int:
    """Ticks missing before a first bar that is shorter than the metre after it; 0 if it is none."""
    if len(stated) < 2:
        return 0
    length, full = stated[1].start_ticks, stated[1].bar_ticks
    return full - length if length < full and length <= stated[0].bar_ticks else 0


def _stretch(metre: TimeSignature, end: int | None) -> list[TimeSignature]:
    """The metre, and before the next one at `end` a short bar for what is left over."""
    rest = 0 if end is None else (end - metre.start_ticks) % metre.bar_ticks
    if end is None or not rest or rest % _SHORTEST_TICKS:
        return [metre]
    length = Fraction(rest, 4 * TICKS_PER_QUARTER)
    denominator = max(length.denominator, 4)
    short = TimeSignature(end - rest, length.numerator * denominator // length.denominator, denominator)
    return [metre, short] if rest < end - metre.start_ticks else [short]
