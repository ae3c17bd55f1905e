"""The course of the tempo: a curve or tempi of sections, so that the length in seconds and the hit points stay exact.

Bars, sections and tempi depend on each other: sections divide the bars, tempi follow the sections, and a length in seconds
gives the bars. They are found by repetition from a constant tempo. Knows briefs and bars, not notes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from composer.brief import TEMPO_RANGE_QPM, Brief, Pace, TempoPoint, check_loop
from composer.brief.limits import MAX_TEMPO_TRIM
from composer.errors import BadInputError
from composer.plan.choices import choose_sections
from composer.plan.converters import TempoChange
from composer.plan.hit_bars import CONSTANT, MOST_BEND, Course
from composer.plan.length import Length, choose_length, default_tempo
from composer.plan.mood_path import Points, with_steps
from composer.plan.mood_sections import follows_curve, sections_along
from composer.plan.pauses import lay_out_with_pauses
from composer.plan.section_names import check_names, settings_by_section
from composer.plan.sections import Section
from composer.presets import Style
from composer.score import TICKS_PER_QUARTER, Tempo, TempoMap, TimeSignature

_ROUNDS = 12
_WHOLE = Pace(1.0, True)


def lay_out(brief: Brief, meter: TimeSignature, preset: Style, arousal: float | None) -> tuple[Length, tuple[Section, ...]]:
    """The length and the tempi of a piece, and its sections.

    Args:
        brief: the request.
        meter: the chosen meter.
        preset: the style whose tempi, lengths and forms are the defaults; the tempo rises with arousal.
        arousal: -1..1, or `None` where the mood is open.

    Raises:
        BadInputError: no number of bars or no tempo in range gives the duration or meets the hits, the form does not fit, or
            a place or a section whose tempo is set does not exist.
    """
    numbers = [point.pace.value for point in brief.tempo_curve if not point.pace.is_share]
    stated = brief.tempo is not None or bool(numbers)
    base_qpm = float(np.mean(numbers)) if numbers else brief.tempo or default_tempo(brief.seed, meter, preset, arousal)
    is_paced = bool(brief.tempo_curve) or any(setting.tempo for setting in brief.sections)
    length = choose_length(brief, meter, preset, base_qpm, stated=stated and not is_paced)
    sections = _sections(brief, meter, preset, length)
    if not is_paced:
        return length, sections
    for _ in range(_ROUNDS):
        course = _course(brief, meter, length, sections)
        chosen = _rechosen(brief, meter, preset, course, base_qpm, stated)
        if (chosen.bars, chosen.hits) == (length.bars, length.hits):
            before, length = length, _timed(brief, meter, length, course, base_qpm, stated)
            if before == length:
                break
        else:
            length = chosen
            sections = _sections(brief, meter, preset, length)
    length = _timed(brief, meter, length, _course(brief, meter, length, sections), base_qpm, stated)
    _check(brief, meter, length)
    return length, sections


def _sections(brief: Brief, meter: TimeSignature, preset: Style, length: Length) -> tuple[Section, ...]:
    check_loop(brief.loop, length.bars)

    def sections_of(bars: int) -> tuple[Section, ...]:
        if follows_curve(brief, preset):
            return sections_along(curve_in_bars(brief, meter, length), bars, length.hits)
        return choose_sections(brief, preset, bars, [p.bar for p in length.hits if p.hit.begins_section])

    if not brief.pauses:
        return sections_of(length.bars)
    return lay_out_with_pauses(lambda bars: sections_of(bars) or (Section("A", 0, bars),), length.bars, brief.pauses)


def curve_in_bars(brief: Brief, meter: TimeSignature, length: Length) -> Points:
    """The points of a brief's mood curve: places in bars from the start, at most the end, and the moods there.

    A point on a hit is a cut, as are two points at one place: the mood before it holds up to its barline.
    """
    tempos, bars = _tempo_map(meter, length), np.arange(length.bars + 1)
    times_s = [tempos.seconds(bar * meter.bar_ticks) for bar in bars.tolist()]
    found = []
    for point in brief.mood_curve:
        at, unit = point.place.at, point.place.unit
        bar = at / 100 * length.bars if unit == "%" else at - 1 if unit == "bar" else float(np.interp(at, times_s, bars))
        found.append((min(bar, float(length.bars)), point.mood))
    return with_steps(found, [planned.bar for planned in length.hits])


@dataclass(frozen=True, slots=True)
class _Course:
    """What the brief sets: tempi from ticks on, in order from 0, and the end of the last one in ticks."""

    starts: tuple[int, ...]
    paces: tuple[Pace, ...]
    end: int

    def quarters(self) -> list[float]:
        """How long each tempo holds, in quarter notes."""
        return [(after - before) / TICKS_PER_QUARTER for before, after in pairwise((*self.starts, self.end))]

    def share(self, first: int, last: int, base_qpm: float) -> float:
        """Mean tempo from one tick to another as a share of a tempo of the piece; beyond the end, that of the end."""
        last = max(1, min(last, self.end))
        inside = np.diff(np.clip([*self.starts, self.end], min(first, last - 1), last))
        shares = np.array([pace.qpm(base_qpm) / base_qpm for pace in self.paces])
        return float(inside.sum() / (inside / shares).sum())

    def barlines(self, bar_ticks: int, base_qpm: float) -> Course:
        """Time of each barline, in bars at a tempo of the piece; beyond the end, the last tempo holds."""
        ticks = bar_ticks * np.arange(CONSTANT.size)
        places = [*self.starts, max(self.end, int(ticks[-1]))]
        slowness = [base_qpm / pace.qpm(base_qpm) for pace in self.paces]
        times = np.cumsum([0.0, *(np.diff(places) * slowness)])
        return np.asarray(np.interp(ticks, places, times)) / bar_ticks

    def cut(self, ticks: Sequence[int]) -> _Course:
        """The same course, in which a tempo begins at each of the ticks."""
        starts = sorted({*self.starts, *ticks})
        places = np.searchsorted(self.starts, starts, side="right") - 1
        return _Course(tuple(starts), tuple(self.paces[place] for place in places.tolist()), self.end)


def _course(brief: Brief, meter: TimeSignature, length: Length, sections: Sequence[Section]) -> _Course:
    end = length.bars * meter.bar_ticks
    if brief.tempo_curve:
        steps = dict(_steps(brief.tempo_curve, meter, length))  # of two steps at a place, the later one
    else:
        sections = sections or (Section("A", 0, length.bars),)
        check_names(brief.sections, sections)
        settings = settings_by_section(brief.sections, sections)
        steps = {bar * meter.bar_ticks: setting.tempo or _WHOLE for bar, setting in settings.items()}
    return _Course(tuple(steps), tuple(steps.values()), end)


def _steps(points: Sequence[TempoPoint], meter: TimeSignature, length: Length) -> Iterator[tuple[int, Pace]]:
    """The tempi of a curve with their first ticks in order: they change gradually on beats, at once on barlines."""
    end, beat = length.bars * meter.bar_ticks, meter.beat_ticks
    sudden = {before.place for before, after in pairwise(points) if before.place == after.place}
    units = [meter.bar_ticks if point.place in sudden else beat for point in points]
    places = [unit * round(_tick_of(point, meter, length) / unit) for point, unit in zip(points, units, strict=True)]
    if places != sorted(places):
        raise BadInputError(f"tempo curve {' '.join(map(str, points))!r} goes back: give its points in order of time")
    yield 0, points[0].pace
    for (first, last), (before, after) in zip(pairwise(places), pairwise(points), strict=True):
        rise = after.pace.value - before.pace.value
        for tick in range(first, last, beat) if rise else ():
            yield tick, Pace(before.pace.value + rise * (tick - first) / (last - first), before.pace.is_share)
        if last < end:
            yield last, after.pace


def _tick_of(point: TempoPoint, meter: TimeSignature, length: Length) -> float:
    """The place of a point in ticks, at most the end of the piece.

    Raises:
        BadInputError: its bar is after the end.
    """
    at, end = point.place.at, length.bars * meter.bar_ticks
    match point.place.unit:
        case "%":
            return at / 100 * end
        case "bar":
            if at > length.bars:
                raise BadInputError(f"tempo {str(point)!r} is after the end at bar {length.bars}: give an earlier place")
            return (at - 1) * meter.bar_ticks
    tempos = _tempo_map(meter, length)
    ticks = [*tempos.ticks, end]
    return float(np.interp(at, [tempos.seconds(tick) for tick in ticks], ticks))


def _tempo_map(meter: TimeSignature, length: Length) -> TempoMap:
    tempos = [TempoChange(0, length.tempo_qpm), *length.tempo_changes]
    return TempoMap.of(tuple(Tempo(change.start_ticks(meter), change.qpm) for change in tempos))


def _rechosen(brief: Brief, meter: TimeSignature, preset: Style, course: _Course, base_qpm: float, stated: bool) -> Length:
    """The bars, and those of the hits, that suit the course."""
    if brief.hits:
        barlines = course.barlines(meter.bar_ticks, base_qpm)
        return choose_length(brief, meter, preset, base_qpm, stated=stated, course=barlines)
    mean_qpm = base_qpm * course.share(0, course.end, base_qpm)
    if brief.duration is None:
        return choose_length(brief, meter, preset, base_qpm, stated=stated)
    return choose_length(brief, meter, preset, mean_qpm, stated=stated)


def _timed(brief: Brief, meter: TimeSignature, length: Length, course: _Course, base_qpm: float, stated: bool) -> Length:
    """The length with the tempi of its course, such that it lasts as long and meets the hits as requested.

    Raises:
        BadInputError: no tempo of the piece allows it.
    """
    if brief.hits:
        course = course.cut([planned.bar * meter.bar_ticks for planned in length.hits])
        tempos = _between_hits(brief, meter, length, course, base_qpm, stated)
    elif brief.duration is None:
        tempos = [pace.qpm(base_qpm) for pace in course.paces]
    else:
        tempos = _lasting(course, brief.duration, base_qpm, stated)
    changes: list[TempoChange] = []
    for tick, before, qpm in zip(course.starts[1:], tempos, tempos[1:], strict=False):
        if qpm != before:
            bar, offset = divmod(tick, meter.bar_ticks)
            changes.append(TempoChange(bar, qpm, offset))
    return Length(length.bars, tempos[0], tuple(changes), length.hits)


def _lasting(course: _Course, duration_s: float, base_qpm: float, stated: bool) -> list[float]:
    """The tempi of a course that lasts so many seconds: an open tempo of the piece gives way, else all by a few per cent."""
    seconds = [60.0 * quarters / pace.value for quarters, pace in zip(course.quarters(), course.paces, strict=True)]
    fixed_s = sum(each for each, pace in zip(seconds, course.paces, strict=True) if not pace.is_share)
    shares = sum(each for each, pace in zip(seconds, course.paces, strict=True) if pace.is_share)
    if shares and not stated:
        if duration_s <= fixed_s:
            raise BadInputError(
                f"the sections whose tempo is set last {fixed_s:.4g} s, and the piece {duration_s:g} s: "
                "give a longer duration, or their tempi in %"
            )
        return [pace.qpm(shares / (duration_s - fixed_s)) for pace in course.paces]
    lasts_s = fixed_s + shares / base_qpm
    if abs(lasts_s / duration_s - 1) > MAX_TEMPO_TRIM:
        raise BadInputError(
            f"the tempi that are set and {duration_s:g} s clash, since the bars last {lasts_s:.4g} s: "
            "give that duration or another number of bars, or leave the tempo of the piece open and set shares of it in %"
        )
    return [pace.qpm(base_qpm) * lasts_s / duration_s for pace in course.paces]


def _between_hits(
    brief: Brief, meter: TimeSignature, length: Length, course: _Course, base_qpm: float, stated: bool
) -> list[float]:
    """The tempi of a course that is cut at the hits, each span between hits with a tempo of the piece that meets them."""
    bounds = [0, *(planned.bar * meter.bar_ticks for planned in length.hits), course.end]
    times_s = [0.0, *(hit.time_s for hit in brief.hits)]
    times_s += [] if brief.duration is None else [brief.duration]
    bases = []
    for (first, last), (start_s, end_s) in zip(pairwise(bounds), pairwise(times_s), strict=False):
        qpm = (last - first) / TICKS_PER_QUARTER * 60.0 / (end_s - start_s) / course.share(first, last, base_qpm)
        if stated and not 1 / MOST_BEND <= qpm / base_qpm <= MOST_BEND:
            raise BadInputError(
                f"the tempi that are set do not meet the hits: from {start_s:g} to {end_s:g} s they would change by "
                f"{abs(qpm / base_qpm - 1):.0%}, at most {MOST_BEND - 1:.0%} is possible: leave the tempo open or move hits"
            )
        bases.append(qpm)
    bases += bases[-1:] * (len(bounds) - 1 - len(bases))
    spans = np.searchsorted(bounds, course.starts, side="right") - 1
    shares = [pace.qpm(base_qpm) / base_qpm for pace in course.paces]
    return [bases[span] * share for span, share in zip(spans.tolist(), shares, strict=True)]


def _check(brief: Brief, meter: TimeSignature, length: Length) -> None:
    """Checks that the tempi can be played, and that the curve ends within the piece.

    Raises:
        BadInputError: one of both is not so.
    """
    low, high = TEMPO_RANGE_QPM
    for qpm in (length.tempo_qpm, *(change.qpm for change in length.tempo_changes)):
        if not low <= qpm <= high:
            raise BadInputError(
                f"the tempo would be {qpm:.0f} at one place, possible are {low:g} to {high:g}: "
                "change less, or set another tempo or duration"
            )
    end_s = _tempo_map(meter, length).seconds(length.bars * meter.bar_ticks)
    for point in brief.tempo_curve:
        if point.place.unit == "s" and point.place.at > end_s + 1e-6:
            raise BadInputError(f"tempo {str(point)!r} is after the end at {end_s:.4g} s: give an earlier place")
