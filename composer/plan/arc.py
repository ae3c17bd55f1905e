"""How energy and loudness develop over a piece: the arcs that a brief names, as curves over its bars. Knows no notes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

# Points of each arc: place in the piece, 0..1, and level, -1 (quiet) to 1 (loud). The climax is late (Huron 2006).
_LEVELS = {
    "build": ((0.0, -1.0), (0.85, 1.0), (1.0, 1.0)),
    "swell": ((0.0, -0.9), (0.6, 0.9), (1.0, -0.9)),
    "wind-down": ((0.0, 0.7), (1.0, -1.0)),
    "soft-end": ((0.0, 0.0), (0.75, 0.0), (0.9, -1.0), (1.0, -1.0)),
    "loud-end": ((0.0, 0.0), (0.75, 0.0), (0.85, 1.0), (1.0, 1.0)),
}
_RISE_AND_FALL = 3  # points of an arc with a climax
_LOUDER, _LIVELIER = 26.0, 0.5  # velocity (a marking and a half) and arousal from level 0 to level 1
_FADE_BARS, _FADE_SHARE = 8, 0.25  # a fade takes the smaller of both
_FADED = 0.12  # of the velocity, at the outer end of a fade


def level(arc: Sequence[str], place: float, climax: float | None = None) -> float:
    """The level at a place of the piece (0..1), -1 to 1; 0 without an arc. `climax` is where a build or a swell is loudest.

    >>> level(["build"], 0.0), level(["build"], 1.0), level(["fade-out"], 0.5)
    (-1.0, 1.0, 0.0)
    >>> [round(level(["swell"], place, climax=0.75), 2) for place in (0.0, 0.6, 0.75, 1.0)]
    [-0.9, 0.54, 0.9, -0.9]
    """
    points = next((_LEVELS[name] for name in arc if name in _LEVELS), ())
    if climax is not None and 0 < climax < 1 and len(points) == _RISE_AND_FALL:
        points = (points[0], (climax, points[1][1]), points[2])
    return float(np.interp(place, [at for at, _ in points], [loud for _, loud in points])) if points else 0.0


def climax_of(big_hits: Sequence[float]) -> float | None:
    """The place of the climax (0..1) by those of the big hits: that of the only one; `None` without one, or with several."""
    return big_hits[0] if len(big_hits) == 1 else None


def arousal_added(arc: Sequence[str], place: float, climax: float | None = None) -> float:
    """The arousal that an arc adds at a place of the piece (0..1); `climax` as in `level`."""
    return _LIVELIER * level(arc, place, climax)


def velocity_along(arc: Sequence[str], velocity: int, bar: float, bars: int, climax: float | None = None) -> int:
    """The velocity of a note that begins at a place counted in bars from the start, 1..127; `climax` as in `level`, 0..1.

    >>> [velocity_along(["build"], 80, bar, 16) for bar in (0, 8, 15)]
    [54, 85, 106]
    >>> [velocity_along(["fade-out"], 80, bar, 16) for bar in (11, 14, 16)]
    [80, 45, 10]
    """
    louder = velocity + _LOUDER * level(arc, bar / bars, climax)
    length = min(_FADE_BARS, _FADE_SHARE * bars)
    for name, distance in (("fade-in", bar), ("fade-out", bars - bar)):
        if name in arc and distance < length:
            louder *= _FADED + (1 - _FADED) * max(0.0, distance) / length
    return max(1, min(127, round(louder)))
