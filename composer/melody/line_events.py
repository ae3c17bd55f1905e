"""The events of a line, bar by bar: notes without overlaps, and rests."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from composer.melody.line_vocabulary import Event
from composer.score import Note, TimeSignature
from composer.tokenizer.vocabulary import TICKS_PER_STEP

_GRACE = 3  # steps; shorter notes are ornaments
_BREATH = 12  # steps of silence that count as a rest


def events_of(line: Sequence[Note], starts: Sequence[int], meter: TimeSignature) -> list[list[Event]]:
    """The events of each bar of a line without overlaps."""
    ticks, origin = meter.bar_ticks, starts[0]
    bars: list[list[Event]] = [[] for _ in starts]

    def put(tick: int, pitch: int | None) -> None:
        bar, offset = divmod(tick - origin, ticks)
        if 0 <= bar < len(bars):
            events = bars[bar]
            step = offset // TICKS_PER_STEP
            if events and events[-1][0] == step:
                events.pop()
            events.append((step, pitch))

    kept = [note for note in line if note.duration_ticks >= _GRACE * TICKS_PER_STEP]
    if kept and kept[0].start_ticks > origin:
        put(origin, None)
    for note, following in zip_longest(kept, kept[1:]):
        put(note.start_ticks, note.pitch)
        gap = (following.start_ticks if following else origin + ticks * len(bars)) - note.end_ticks
        if gap >= _BREATH * TICKS_PER_STEP or gap > note.duration_ticks >= 6 * TICKS_PER_STEP:
            put(note.end_ticks, None)
    return bars
