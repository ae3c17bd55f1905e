"""Mood along the piece: from tags, numbers or a curve to one point on the affective plane per phrase, and its guidance."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from composer.brief import Brief, MoodPoint
from composer.controls import PHRASE_BARS, Mood
from composer.errors import BadInputError
from composer.plan.arc import arousal_added, climax_of
from composer.presets import moods

Points = Sequence[tuple[float, Mood]]  # places in bars from the start, and the moods there

_CUT_BARS = 0.5  # between two points of a curve up to which the mood changes suddenly, and from a point to its hit
_JUST_BEFORE = 1e-6  # bars before a cut up to which the earlier mood holds


def choose_mood(brief: Brief) -> Mood | None:
    """The point on the affective plane that a brief requests: the mean of its tags, of its curve, or its numbers.

    Intensity scales it: 0 is neutral, 1 as stated, 2 twice as far, within the plane. The mean of a curve is that over time
    where all its places are shares of the piece, else that of its points.

    >>> choose_mood(Brief(valence=-0.4, arousal=0.8, intensity=2.0))
    Mood(valence=-0.8, arousal=1.0)
    >>> choose_mood(Brief.from_dict({"mood_curve": "-0.4,0.8@0 0.4,0@50% 0.4,0@end"}))
    Mood(valence=0.2, arousal=0.2)
    """
    if brief.mood_curve and all(point.place.unit == "%" for point in brief.mood_curve):
        return _scaled(*_mean_over_time(brief.mood_curve), brief.intensity)
    if brief.mood_curve:
        points = [point.mood for point in brief.mood_curve]
    elif brief.mood:
        points = [Mood(moods()[name].valence, moods()[name].arousal) for name in brief.mood]
    elif brief.valence is not None or brief.arousal is not None:
        points = [Mood(brief.valence or 0.0, brief.arousal or 0.0)]
    else:
        return None
    valence, arousal = (sum(values) / len(points) for values in zip(*((p.valence, p.arousal) for p in points), strict=True))
    return _scaled(valence, arousal, brief.intensity)


def _mean_over_time(points: Sequence[MoodPoint]) -> tuple[float, float]:
    """Mean valence and arousal of a curve whose places are shares of the piece; its first and last moods hold to the ends."""
    places = [0.0, *(point.place.at / 100 for point in points), 1.0]
    moods_there = [points[0].mood, *(point.mood for point in points), points[-1].mood]
    valence, arousal = (
        np.trapezoid(values, places) for values in zip(*((m.valence, m.arousal) for m in moods_there), strict=True)
    )
    return round(float(valence), 6), round(float(arousal), 6)


def mood_guidance(brief: Brief) -> float:
    """Scale of the guidance towards the mood: 1 more than the intensity (`python -m benchmarks dials guidance`).

    >>> mood_guidance(Brief(arousal=1.0)), mood_guidance(Brief(arousal=1.0, intensity=0.5))
    (2.0, 1.5)
    """
    return 1.0 + brief.intensity


def moods_along(brief: Brief, mood: Mood | None, bars: int, bar_at: Callable[[float], float]) -> tuple[Mood, ...]:
    """One mood per phrase: one throughout, along the brief's arc, or interpolated linearly between the points of its curve.

    The first phrase has the mood of the start, the last one that of the end; points in bars or seconds count for the
    phrase they fall into.

    Args:
        brief: the request.
        mood: of the whole piece, if there is no curve.
        bars: number of bars.
        bar_at: place of a time in seconds as a number of bars.

    Raises:
        BadInputError: a point of the curve is after the end, or points are out of order.
    """
    phrases = -(-bars // PHRASE_BARS)
    if not brief.mood_curve:
        climax = climax_of([bar_at(hit.time_s) / bars for hit in brief.hits if hit.is_strong])
        return _along_arc(brief.arc, mood, phrases, climax) if mood or brief.arc else ()
    places = _phrases_of(brief.mood_curve, bars, phrases, bar_at)
    rows = np.arange(phrases, dtype=np.float64)
    valence = np.interp(rows, places, [point.mood.valence for point in brief.mood_curve])
    arousal = np.interp(rows, places, [point.mood.arousal for point in brief.mood_curve])
    return tuple(_scaled(v, a, brief.intensity) for v, a in zip(valence.tolist(), arousal.tolist(), strict=True))


def is_cut(before: tuple[float, Mood], after: tuple[float, Mood]) -> bool:
    """Whether the mood changes suddenly from one point of a curve to the next."""
    return after[0] - before[0] <= _CUT_BARS and before[1] != after[1]


def with_steps(points: Points, hit_bars: Sequence[int]) -> Points:
    """The points of a curve with its cuts on barlines, each as two points at one place.

    A cut is where two points are at nearly one place, or where a point after the first is on a hit, and the mood differs.

    >>> calm, tense = Mood(0.5, -0.6), Mood(-0.3, 0.6)
    >>> [round(place, 3) for place, _ in with_steps([(0.0, calm), (9.9, tense), (20.0, tense)], [10])]
    [0.0, 10.0, 10.0, 20.0]
    """
    found = list(points[:1])
    for before, after in pairwise(points):
        place, mood = after
        hit = next((bar for bar in hit_bars if abs(bar - place) <= _CUT_BARS and before[1] != mood), None)
        is_sudden = is_cut(before, after)
        if hit is None and not is_sudden:
            found.append(after)
            continue
        bar = float(round(place) if hit is None else hit)
        if is_sudden and len(found) > 1:
            found.pop()
        found += [(bar - _JUST_BEFORE, before[1]), (bar, mood)]
    return sorted(found, key=lambda point: point[0])


def moods_by_bar(points: Points, bars: int, intensity: float) -> tuple[Mood, ...]:
    """The mood in the middle of each bar along a curve that has a cut; empty for one without.

    Args:
        points: of `with_steps`.
        bars: number of bars.
        intensity: how far from neutral the moods are taken, 1 as stated.
    """
    if not any(is_cut(before, after) for before, after in pairwise(points)):
        return ()
    places, middles = [place for place, _ in points], np.arange(bars) + 0.5
    valence, arousal = (
        np.interp(middles, places, [getattr(mood, axis) for _, mood in points]) for axis in ("valence", "arousal")
    )
    return tuple(_scaled(v, a, intensity) for v, a in zip(valence.tolist(), arousal.tolist(), strict=True))


def _along_arc(arc: Sequence[str], mood: Mood | None, phrases: int, climax: float | None) -> tuple[Mood, ...]:
    """A mood per phrase whose arousal follows the arc; without a mood, around a neutral one."""
    at = mood or Mood(0.0, 0.0)
    added = [arousal_added(arc, phrase / max(1, phrases - 1), climax) for phrase in range(phrases)]
    if mood is None and not any(added):
        return ()
    return tuple(_scaled(at.valence, at.arousal + each, 1.0) for each in added)


def _phrases_of(points: Sequence[MoodPoint], bars: int, phrases: int, bar_at: Callable[[float], float]) -> list[float]:
    """Place of each point as a number of phrases from the first one, fractions between two."""
    places: list[float] = []
    for point in points:
        at, unit = point.place.at, point.place.unit
        if unit == "%":
            place = at / 100 * (phrases - 1)
        else:
            bar = at - 1 if unit == "bar" else bar_at(at)
            if bar > bars + 1e-6 or (unit == "bar" and bar >= bars):
                raise BadInputError(f"mood {str(point)!r} is after the end at bar {bars}: give an earlier place")
            place = min(bar / PHRASE_BARS, phrases - 1.0)
        if places and place < places[-1]:
            raise BadInputError(f"mood {str(point)!r} is before the point it follows: give the points in order of time")
        places.append(place)
    return places


def _scaled(valence: float, arousal: float, intensity: float) -> Mood:
    return Mood(*(max(-1.0, min(1.0, value * intensity)) for value in (valence, arousal)))
