"""Parts of a piece that a prompt lists: "three parts: an allegro, an adagio and a presto", "begins with ..., moves to ..."."""

from __future__ import annotations

import re

from composer.prompt.figures.patterns import number_of

_COUNTED = r"\b(two|three|four|five|six|[2-6]) (?:[a-z]+ )?(?:parts|sections|movements|episodes): "
_NEXT = r"[,;]? (?:and |then )*(?=an? (?!bit|little|few)[a-z]+\b)|; "
_OPENS = r"\b(?:begins?|beginning|starts?|starting|opens?|opening) (?:off )?(?:in|with|as|on)\b"
_MOVES = r"\b(?:(?:moves|moving|goes|leads|leading|switches|shifts|changes|turns|passes)(?: on| over)? (?:in)?to"
_MOVES += r"(?! (?:[0-9]|the (?:verse|chorus|bridge|drop)))"
_MOVES += r"|(?:finishes|finishing|ends|ending|closes|closing|concludes) (?:with|in|on))\b"
_FEWEST = 2  # steps after the opening


def starts_of_parts(text: str) -> list[int]:
    """The characters at which the listed parts of a piece begin, the first one included; empty where none are listed.

    >>> starts_of_parts("two parts: an allegro and a presto")
    [11, 21]
    >>> starts_of_parts("begins in 7/8, moves to a slow section and ends with a solo"), starts_of_parts("ends with a solo")
    ([0, 15, 43], [])
    """
    if counted := re.search(_COUNTED, text):
        first = counted.end()
        starts = [first, *(first + one.start() for one in re.finditer(_NEXT, text[first:]))]
        return starts if len(starts) == round(number_of(counted[1])) else []
    opens = re.search(_OPENS, text)
    moves = [opens.end() + one.start() for one in re.finditer(_MOVES, text[opens.end() :])] if opens else []
    return [opens.start(), *moves] if opens and len(moves) >= _FEWEST else []
