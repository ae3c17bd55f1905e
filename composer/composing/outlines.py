"""Several outlines of an arranged piece, of which the language model keeps the one that it finds least surprising.

An outline costs milliseconds to write and some tenths of a second to read, so a piece can afford several. The measure is how
much more the notes surprise the network than it expects (surprise less entropy, in nats); human pieces are near 0. Only the
first bars are read: ideas and their answers are there.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from composer.arranging import arrange, is_outlined, settle
from composer.brief import Brief
from composer.composing.judge import Reader, open_reader
from composer.guide.frame import skeleton
from composer.plan import Plan
from composer.score import Score

QUALITIES = {"draft": 1, "normal": 6, "high": 24}  # outlines drawn
_READ_BARS = 16


def best_outline(plan: Plan, brief: Brief, folder: Path, take: int, count: int) -> Plan:
    """The plan with the outline that its model prefers; as `settle` gives it where the style has no outlines.

    Args:
        plan: with its harmony.
        brief: the request.
        folder: of the model.
        take: which candidate of the brief.
        count: how many outlines are drawn, 1 to 24.
    """
    if count == 1 or not is_outlined(brief, plan):
        return settle(plan, brief, take)
    plans = [settle(plan, brief, take * max(QUALITIES.values()) + number) for number in range(count)]
    reader = open_reader(folder)
    return min(plans, key=lambda other: _excess(other, reader))


def _excess(plan: Plan, reader: Reader) -> float:
    arrangement = arrange(plan)
    frame = skeleton(plan)
    assert arrangement is not None
    end = min(plan.bars, _READ_BARS) * plan.meter.bar_ticks
    parts = tuple(
        replace(part, notes=tuple(note for note in arrangement.notes.get(index, ()) if note.start_ticks < end))
        for index, part in enumerate(frame.parts)
    )
    return reader.excess(Score(parts, frame.tempos, frame.time_signatures, frame.keys, end_ticks=end))
