"""General pauses: bars in which all players rest, as users write them: "bar 9, 2 before end, before B". Knows no plan."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from composer.errors import BadInputError

EXAMPLE = "bar 9, 2 before end, 1 before chorus"
END = "end"  # before the last bar
_LONGEST, _MOST = 8, 16  # bars of a pause, and pauses
_AT = re.compile(r"(?:bars? *)?([0-9]{1,3})(?: *[-–] *([0-9]{1,3}))?", re.IGNORECASE)
_BEFORE = re.compile(r"(?:([0-9]{1,3}) *)?(?:bars? *)?before +(\S.*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Pause:
    """Bars in which nobody plays.

    Attributes:
        bars: how many.
        bar: the first of them, from 1; 0 where it is before a section.
        before: name of the section that follows, as in settings of sections, or `END` for the last bar; else empty.
    """

    bars: int
    bar: int = 0
    before: str = ""

    def ends_after(self, bar: int) -> bool:
        """Whether a pause at bars has one after a bar, from 1."""
        return bool(self.bar) and self.bar + self.bars - 1 > bar

    def __str__(self) -> str:
        if self.before:
            return f"{self.bars} before {self.before}"
        return f"bar {self.bar}" if self.bars == 1 else f"bars {self.bar}-{self.bar + self.bars - 1}"


def parse_pauses(text: str) -> tuple[Pause, ...]:
    """Parses pauses: silent bars by number, or how many bars before a section or the end; with commas between.

    Raises:
        BadInputError: the text is not understood, or there are too many pauses or too long ones.

    >>> [str(pause) for pause in parse_pauses("bar 9, bars 12-13, 2 before end, before last chorus")]
    ['bar 9', 'bars 12-13', '2 before end', '1 before last chorus']
    """
    items = [item.strip() for item in re.split(r"[,;]", text) if item.strip()]
    pauses = tuple(map(_pause, items))
    if not pauses:
        raise BadInputError(f"pauses {text!r} name no bar: write for example {EXAMPLE!r}")
    return checked_pauses(pauses)


def _pause(item: str) -> Pause:
    if match := _AT.fullmatch(item):
        first, last = int(match[1]), int(match[2] or match[1])
        return Pause(last - first + 1, bar=first)
    if match := _BEFORE.fullmatch(item):
        name = " ".join(match[2].lower().split())
        return Pause(int(match[1] or 1), before=END if name in (END, "the end", "last chord", "the last chord") else name)
    raise BadInputError(f"pause {item!r} is not understood: write for example {EXAMPLE!r}")


def checked_pauses(pauses: tuple[Pause, ...]) -> tuple[Pause, ...]:
    """Pauses of a possible length that do not begin the piece.

    Raises:
        BadInputError: too many, too long, or at the beginning.
    """
    if len(pauses) > _MOST:
        raise BadInputError(f"{len(pauses)} pauses are too many: give at most {_MOST}")
    for pause in pauses:
        if pause.bars < 1 and pause.bar:
            last = pause.bar + pause.bars - 1
            raise BadInputError(f"pause 'bars {pause.bar}-{last}' goes back: write bars {last}-{pause.bar}")
        if not 1 <= pause.bars <= _LONGEST:
            raise BadInputError(f"pause {str(pause)!r} has {pause.bars} bars: give 1 to {_LONGEST}")
        if not pause.before and pause.bar < 2:
            raise BadInputError(f"pause {str(pause)!r} is at the beginning: give bar 2 or a later one")
    return pauses


def silent_bars(pauses: Sequence[Pause]) -> range:
    """How many bars pauses may have together: those before a section may meet those at a bar.

    >>> silent_bars(parse_pauses("bar 9, 2 before B")), silent_bars(())
    (range(2, 4), range(0, 1))
    """
    numbered, before = len(numbered_bars(pauses)), sum(pause.bars for pause in pauses if pause.before)
    return range(max(numbered, before), numbered + before + 1)


def numbered_bars(pauses: Sequence[Pause]) -> frozenset[int]:
    """The bars of the whole piece, from 0, at which pauses are that are not before sections."""
    return frozenset(bar for pause in pauses if not pause.before for bar in range(pause.bar - 1, pause.bar - 1 + pause.bars))


def write_pauses(pauses: tuple[Pause, ...]) -> str:
    """The text that `parse_pauses` reads back."""
    return ", ".join(map(str, pauses))
