"""Hit points of a film cue: moments of the picture that the music must meet. Knows times and strengths, no bars."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, get_args

from composer.errors import BadInputError
from composer.score import HitStrength

Strength = HitStrength | Literal["section"]
_USUAL: Strength = "big"
STRENGTHS: tuple[Strength, ...] = (*get_args(HitStrength), "section")
EXAMPLE = "0:12.5 big, 0:31 soft, 0:40 sudden, 1:02 section"
MAX_HITS = 64

_HIT = re.compile(
    rf"(?:(?:(\d{{1,2}}):)?(\d{{1,2}}):)?(\d{{1,6}}(?:\.\d+)?)\s*s?(?:\s+({'|'.join(STRENGTHS)}))?", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Hit:
    """A hit point.

    Attributes:
        time_s: seconds from the start, above 0.
        strength: "big" begins a section with an accent into which the music grows, "sudden" one that comes out of quiet, "soft"
            a phrase with one; "section" begins a section and no more.
    """

    time_s: float
    strength: Strength = _USUAL

    @property
    def is_strong(self) -> bool:
        """Whether all players strike it."""
        return self.strength in ("big", "sudden")

    def __str__(self) -> str:
        return f"{self.clock} {self.strength}"

    @property
    def begins_section(self) -> bool:
        """Whether a section begins there."""
        return self.strength != "soft"

    @property
    def is_struck(self) -> bool:
        """Whether the players strike an accent there."""
        return self.strength != "section"

    @property
    def clock(self) -> str:
        """The time as minutes and seconds, to the microsecond.

        >>> Hit(72.5).clock
        '1:12.5'
        """
        minutes, micros = divmod(round(self.time_s * 1e6), 60_000_000)
        seconds = f"{minutes}:{micros // 1_000_000:02d}.{micros % 1_000_000:06d}"
        return seconds.rstrip("0").rstrip(".") if micros % 1_000_000 else seconds[:-7]


def parse_hits(text: str) -> tuple[Hit, ...]:
    """Parses hit points in minutes and seconds; "big" if no strength is given.

    Raises:
        BadInputError: the text is not understood or empty, or there are too many hits.

    >>> [str(hit) for hit in parse_hits("0:12.5, 31 soft; 1:02 section")]
    ['0:12.5 big', '0:31 soft', '1:02 section']
    """
    hits = []
    for item in filter(None, (part.strip() for part in re.split(r"[,;]", text))):
        match = _HIT.fullmatch(item)
        if not match:
            raise BadInputError(
                f"hit {item!r} is not understood: write minutes:seconds and big, sudden, soft or section, as in {EXAMPLE!r}"
            )
        hours, minutes, seconds, named = match.groups()
        if minutes and float(seconds) >= 60.0:
            raise BadInputError(f"hit {item!r} has {seconds} seconds after its minutes: write less than 60, as in {EXAMPLE!r}")
        time_s = round(3600.0 * int(hours or 0) + 60.0 * int(minutes or 0) + float(seconds), 6)
        strength = next((one for one in STRENGTHS if one == (named or "").lower()), _USUAL)
        hits.append(Hit(time_s, strength))
    if not hits:
        raise BadInputError(
            f"hits {text!r} name no time: write minutes:seconds and big, sudden, soft or section, as in {EXAMPLE!r}"
        )
    return checked_hits(tuple(hits))


def checked_hits(hits: tuple[Hit, ...]) -> tuple[Hit, ...]:
    """Hits in order of time.

    Raises:
        BadInputError: too many, one at the very start, or two at the same time.
    """
    if len(hits) > MAX_HITS:
        raise BadInputError(f"{len(hits)} hits are too many: give at most {MAX_HITS}")
    ordered = tuple(sorted(hits, key=lambda hit: hit.time_s))
    if ordered and ordered[0].time_s <= 0:
        raise BadInputError("a hit at 0:00 is the start of the piece, which has its accent anyway: leave it out")
    for before, after in pairwise(ordered):
        if before.time_s == after.time_s:
            raise BadInputError(f"two hits fall on {after.clock}: leave one of them out")
    return ordered
