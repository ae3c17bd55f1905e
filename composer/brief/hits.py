"""Hit points of a film cue: moments of the picture that the music must meet. Knows times and strengths, no bars."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal, get_args

from composer.errors import BadInputError
from composer.score import HitStrength

Strength = HitStrength | Literal["section"]
_USUAL: Strength = "big"
STRENGTHS: tuple[Strength, ...] = (*get_args(HitStrength), "section")
USUAL_FPS = 25.0  # frames a second of time codes: PAL, of which European film spotting notes are written
_FPS_RANGE = (12.0, 120.0)
EXAMPLE = "0:12.5 big, 0:31 soft, 0:40 sudden, 1:02 section"
MAX_HITS = 64

_HIT = re.compile(
    rf"(?:(?:(\d{{1,2}}):)?(\d{{1,2}}):)?(\d{{1,6}}(?:\.\d+)?)\s*s?(?:\s+({'|'.join(STRENGTHS)}))?", re.IGNORECASE
)
_TIME_CODE = re.compile(rf"(\d{{1,2}}):(\d{{2}}):(\d{{2}}):(\d{{2,3}})(?:\s+({'|'.join(STRENGTHS)}))?", re.IGNORECASE)
_FPS = re.compile(r"(\d{2,3}(?:\.\d{1,6})?)\s*fps", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Hit:
    """A hit point.

    Attributes:
        time_s: seconds from the start, above 0.
        strength: "big" begins a section with an accent into which the music grows, "sudden" one that comes out of quiet, "soft"
            a phrase with one; "section" begins a section and no more.
        time_code: the time as it was written with frames, "00:00:12:12"; empty if it was written in seconds.
        fps: frames a second by which a time code was read; 0 without one.
    """

    time_s: float
    strength: Strength = _USUAL
    time_code: str = field(default="", compare=False)
    fps: float = field(default=0.0, compare=False)

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
    """Parses hit points in minutes and seconds, or as time codes with frames; "big" if no strength is given.

    An item such as "24 fps" says how many frames of time codes a second has, 25 by default. Time codes count whole frames
    (29.97 fps: 30 in a second of the code, not drop-frame).

    Raises:
        BadInputError: the text is not understood or empty, or there are too many hits.

    >>> [str(hit) for hit in parse_hits("0:12.5, 31 soft; 1:02 section")]
    ['0:12.5 big', '0:31 soft', '1:02 section']
    >>> [str(hit) for hit in parse_hits("00:00:12:12, 00:01:02:00 soft, 24 fps")]
    ['0:12.5 big', '1:02 soft']
    """
    hits = []
    items = [part.strip() for part in re.split(r"[,;]", text) if part.strip()]
    rates = [float(match[1]) for match in map(_FPS.fullmatch, items) if match]
    fps = rates[0] if rates else USUAL_FPS
    if len(rates) > 1 or not _FPS_RANGE[0] <= fps <= _FPS_RANGE[1]:
        raise BadInputError(f"hits {text!r}: give one number of frames a second from {_FPS_RANGE[0]:g} to {_FPS_RANGE[1]:g}")
    for item in items:
        if _FPS.fullmatch(item):
            continue
        if code := _TIME_CODE.fullmatch(item):
            hits.append(_from_time_code(code, fps))
            continue
        match = _HIT.fullmatch(item)
        if not match:
            raise BadInputError(
                f"hit {item!r} is not understood: write minutes:seconds and big, sudden, soft or section, as in {EXAMPLE!r}"
            )
        hours, minutes, seconds, named = match.groups()
        if minutes and float(seconds) >= 60.0:
            raise BadInputError(f"hit {item!r} has {seconds} seconds after its minutes: write less than 60, as in {EXAMPLE!r}")
        time_s = round(3600.0 * int(hours or 0) + 60.0 * int(minutes or 0) + float(seconds), 6)
        hits.append(Hit(time_s, _strength(named)))
    if not hits:
        raise BadInputError(
            f"hits {text!r} name no time: write minutes:seconds and big, sudden, soft or section, as in {EXAMPLE!r}"
        )
    return checked_hits(tuple(hits))


def _from_time_code(match: re.Match[str], fps: float) -> Hit:
    """The hit of a time code: hours, minutes, seconds, frames, and perhaps a strength."""
    hours, minutes, seconds, frames = map(int, match.groups()[:4])
    counted = math.ceil(fps)  # frames in a second of the code
    if minutes >= 60 or seconds >= 60 or frames >= counted:
        raise BadInputError(
            f"hit {match[0]!r} is out of range: write hours:minutes:seconds:frames with less than {counted} frames, or add the "
            "frames a second, as in '00:00:12:12 big, 24 fps'"
        )
    time_s = ((3600 * hours + 60 * minutes + seconds) * counted + frames) / fps
    return Hit(round(time_s, 6), _strength(match[5]), match[0].split()[0], fps)


def _strength(named: str | None) -> Strength:
    return next((one for one in STRENGTHS if one == (named or "").lower()), _USUAL)


def write_hits(hits: tuple[Hit, ...]) -> str:
    """The text that `parse_hits` reads back, with time codes as they were given.

    >>> write_hits(parse_hits("00:00:12:12 soft, 0:20"))
    '00:00:12:12 soft, 0:20 big, 25 fps'
    """
    rates = {hit.fps for hit in hits if hit.time_code}
    return ", ".join([*(f"{hit.time_code or hit.clock} {hit.strength}" for hit in hits), *(f"{fps:g} fps" for fps in rates)])


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
