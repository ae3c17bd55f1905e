"""The phrases of a plan: stretches of bars that end with its cadences."""

from __future__ import annotations

from dataclasses import dataclass

from composer.arranging.setting import Setting
from composer.controls import PHRASE_BARS
from composer.plan import Section

_LONGEST = 8  # bars


@dataclass(frozen=True, slots=True)
class Phrase:
    """A stretch of bars that ends with a close.

    Attributes:
        start: its first bar.
        bars: their number.
        close: kind of close in its last bar.
        section: the section it is in.
    """

    start: int
    bars: int
    close: str
    section: Section

    @property
    def range(self) -> range:
        """Its bars."""
        return range(self.start, self.start + self.bars)


def phrases_of(setting: Setting) -> list[Phrase]:
    """The phrases of a piece: up to each planned close, else four bars each; none crosses a section."""
    plan, found = setting.plan, []
    for section in plan.all_sections:
        start, end = section.start_bar, section.start_bar + section.bars
        ends = [bar for bar in range(start, end) if plan.closes and plan.closes[bar]]
        if not ends or ends[-1] != end - 1:
            ends.append(end - 1)
        for last in ends:
            while last - start + 1 > _LONGEST:
                found.append(Phrase(start, PHRASE_BARS, "half", section))
                start += PHRASE_BARS
            close = (plan.closes[last] if plan.closes else None) or ("authentic" if last == plan.bars - 1 else "half")
            if last == plan.bars - 1 and not plan.loop:
                close = "final"
            found.append(Phrase(start, last - start + 1, close, section))
            start = last + 1
    return found
