"""Full bars for a notated file: every meter change starts a bar, and an upbeat becomes the end of a full bar.

Notation programs write an upbeat as a first bar with a short meter, or start the next meter before the first bar is over.
Both are padded at the front, as in the training corpus. Does not look at notes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from composer.score import TICKS_PER_QUARTER, TimeSignature

_SHORTEST_TICKS = TICKS_PER_QUARTER // 8  # irregular bars are written in thirty-seconds at the finest


def states_bars(signatures: Sequence[TimeSignature]) -> bool:
    """Whether a file's meters specify its bars; sequencers that know only beats write one-beat bars.

    >>> states_bars([TimeSignature(0, 1, 4)]), states_bars([TimeSignature(0, 1, 4), TimeSignature(480, 3, 4)])
    (False, True)
    """
    return any(meter.numerator > 1 for meter in signatures)


def true_bars(signatures: Sequence[TimeSignature], end_ticks: int) -> tuple[int, tuple[TimeSignature, ...]]:
    """Returns the ticks missing in the upbeat, and the meters of the piece on barlines, starting with a full bar.

    Args:
        signatures: meters of the file in order; 4/4 if it starts without one.
        end_ticks: end of the last note.

    Returns:
        The ticks by which everything moves later, 0 without an upbeat, and the meters after that move. If a meter starts
        within a bar, the incomplete bar gets a short meter.

    >>> upbeat = [TimeSignature(0, 1, 4), TimeSignature(480, 3, 4)]
    >>> true_bars(upbeat, 9000)
    (960, (TimeSignature(start_ticks=0, numerator=3, denominator=4),))
    >>> [str(meter) for meter in true_bars([TimeSignature(0, 4, 4), TimeSignature(2880, 3, 4)], 9000)[1]]
    ['4/4', '2/4', '3/4']
    """
    stated = [meter for meter in signatures if meter.start_ticks < max(end_ticks, 1)]
    if not stated or stated[0].start_ticks > 0:
        stated.insert(0, TimeSignature(0, 4, 4))
    missing = _upbeat(stated)
    if missing:
        first, *rest = stated[1:]
        stated = [replace(first, start_ticks=0), *(replace(meter, start_ticks=meter.start_ticks + missing) for meter in rest)]
    meters: list[TimeSignature] = []
    for index, meter in enumerate(stated):
        end = stated[index + 1].start_ticks if index + 1 < len(stated) else None
        meters += _stretch(meter, end)
    return missing, tuple(meter for index, meter in enumerate(meters) if not index or str(meter) != str(meters[index - 1]))


def requested_meter(meter: TimeSignature, signatures: Sequence[TimeSignature]) -> tuple[TimeSignature, ...]:
    """The meter requested by a user, in the form of a file: after the file's upbeat if it has one.

    >>> stated = [TimeSignature(0, 1, 8), TimeSignature(240, 3, 8)]
    >>> [(meter.start_ticks, str(meter)) for meter in requested_meter(TimeSignature(0, 6, 8), stated)]
    [(0, '6/8'), (240, '6/8')]
    """
    first = replace(meter, start_ticks=0)
    if not signatures or signatures[0].start_ticks > 0 or not _upbeat(signatures):
        return (first,)
    length = signatures[1].start_ticks % meter.bar_ticks
    return (first, replace(meter, start_ticks=length)) if length else (first,)


def _upbeat(stated: Sequence[TimeSignature]) -> int:
    """Ticks missing in a first bar that is shorter than the next meter; 0 if it is not an upbeat."""
    if len(stated) < 2:
        return 0
    length, full = stated[1].start_ticks, stated[1].bar_ticks
    return full - length if length < full and length <= stated[0].bar_ticks else 0


def _stretch(meter: TimeSignature, end: int | None) -> list[TimeSignature]:
    """The meter, followed by a short bar for the remainder before the next meter at `end`."""
    rest = 0 if end is None else (end - meter.start_ticks) % meter.bar_ticks
    if end is None or not rest or rest % _SHORTEST_TICKS:
        return [meter]
    length = Fraction(rest, 4 * TICKS_PER_QUARTER)
    denominator = max(length.denominator, 4)
    short = TimeSignature(end - rest, length.numerator * denominator // length.denominator, denominator)
    return [meter, short] if rest < end - meter.start_ticks else [short]
