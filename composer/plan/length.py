"""Tempo and number of bars: what the brief fixes is kept, the rest is chosen to give the required duration."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import accumulate, pairwise

from composer.brief import BARS_RANGE, TEMPO_RANGE_QPM, Brief, counted, silent_bars, tempo_for
from composer.brief.limits import MAX_TEMPO_TRIM
from composer.controls import PHRASE_BARS
from composer.errors import BadInputError
from composer.plan.converters import PlannedHit, TempoChange
from composer.plan.hit_bars import CONSTANT, MOST_BEND, Course, Frame, lay_hits
from composer.plan.sections import counted_sections
from composer.plan.seeded import draw
from composer.plan.upbeats import has_upbeat
from composer.presets import Style, resolve_form
from composer.score import TimeSignature

_TRIM_FOR_PHRASES = 0.1  # and an open tempo, to get whole phrases
_LONGEST_DEFAULT_BARS = 80  # limits the waiting time where no length is requested
_SECTION_BARS = (PHRASE_BARS, 2 * PHRASE_BARS, 4 * PHRASE_BARS)  # of sections of a form
_MUCH_LONGER = 1.5
_AROUSAL_SHARE = 0.42  # how far arousal moves the tempo from the middle of the style's range to its ends
_CHANCE_SHARE, _OPEN_CHANCE_SHARE = 0.08, 0.15  # and the random draw, with a mood and without


@dataclass(frozen=True, slots=True)
class Length:
    """Number of bars, tempo in quarter notes per minute and, with hits, its changes and the bars of the hits."""

    bars: int
    tempo_qpm: float
    tempo_changes: tuple[TempoChange, ...] = ()
    hits: tuple[PlannedHit, ...] = ()


def choose_length(
    brief: Brief, meter: TimeSignature, preset: Style, wanted_qpm: float, *, stated: bool, course: Course = CONSTANT
) -> Length:
    """Bars and tempo of a piece.

    With bars and a duration the tempo follows. With a duration alone, bars are chosen near the requested tempo and the tempo is
    trimmed so that the last bar ends on the second; a stated tempo changes by at most five per cent.

    Args:
        brief: the request.
        meter: the chosen meter.
        preset: the style whose lengths are the defaults.
        wanted_qpm: mean tempo at which to choose the bars.
        stated: whether the brief gives it.
        course: see `hit_bars.Frame`; only hits need it.

    Raises:
        BadInputError: no number of bars or no tempo in range gives the duration.
    """
    counted_bars = resolve_form(brief.form).bars if brief.form else 0
    fixed_bars = brief.bars or (counted_bars and counted_bars + silent_bars(brief.pauses)[-1])
    usual_bars = _default_bars(brief, preset, tempo_for(1, 60.0, meter) * 60.0 / wanted_qpm)
    if brief.hits:
        return _length_with_hits(brief, meter, wanted_qpm, fixed_bars, usual_bars, stated, course)
    if brief.duration is None:
        return Length(fixed_bars or min(BARS_RANGE[1], usual_bars + silent_bars(brief.pauses)[-1]), wanted_qpm)
    bars = fixed_bars or _bars_for(brief, brief.duration, meter, wanted_qpm, stated)
    tempo_qpm = tempo_for(bars, brief.duration, meter)
    low, high = TEMPO_RANGE_QPM
    if not low <= tempo_qpm <= high:
        raise BadInputError(
            f"{counted(bars, 'bar', 'bars')} of {meter} in {brief.duration:g} s need tempo {tempo_qpm:.0f}, "
            f"possible are {low:g} to {high:g}: change the bars, the duration or the meter"
        )
    return Length(bars, tempo_qpm)


def _length_with_hits(
    brief: Brief,
    meter: TimeSignature,
    wanted_qpm: float,
    fixed_bars: int,
    usual_bars: int,
    stated: bool,
    course: Course,
) -> Length:
    """Bars and a tempo map such that a barline falls on each hit point."""
    low, high = TEMPO_RANGE_QPM
    if stated:
        low, high = max(low, wanted_qpm / MOST_BEND), min(high, wanted_qpm * MOST_BEND)
    if fixed_bars and brief.duration is not None:
        wanted_qpm = min(max(tempo_for(fixed_bars, brief.duration, meter), low), high)
    form = resolve_form(brief.form) if brief.form else None
    frame = Frame(
        hits=brief.hits,
        quarters=tempo_for(1, 60.0, meter),
        end_s=brief.duration,
        bars=fixed_bars or None,
        section_starts=frozenset(s.start_bar for s in counted_sections(form)) if form and form.is_counted else None,
        tempo_range_qpm=(low, high),
        course=course,
    )
    spans = lay_hits(frame, meter, wanted_qpm, usual_bars, stated=stated)
    starts = list(accumulate(spans.bars))
    tempos = zip(starts, pairwise(spans.tempos_qpm), strict=False)
    changes = tuple(TempoChange(bar, qpm) for bar, (before, qpm) in tempos if not math.isclose(before, qpm))
    hits = tuple(PlannedHit(bar, hit) for bar, hit in zip(starts, brief.hits, strict=False))
    return Length(starts[-1], spans.tempos_qpm[0], changes, hits)


def default_tempo(seed: int, meter: TimeSignature, preset: Style, arousal: float | None) -> float:
    """A whole tempo of the style: drawn around the middle of its range, moved to its ends by arousal, -1..1, if it is known."""
    low, high = preset.tempi_in(is_compound=meter.is_compound)
    chance = _OPEN_CHANCE_SHARE if arousal is None else _CHANCE_SHARE
    place = 0.5 + _AROUSAL_SHARE * (arousal or 0.0) + chance * (2 * draw(seed, f"{preset.name} tempo") - 1)
    return float(round(low + place * (high - low)))


def _default_bars(brief: Brief, preset: Style, bar_s: float) -> int:
    """A number of bars that lasts as long as the style's pieces: rounds of the chords if given, else whole phrases."""
    low, high = preset.bars or (math.ceil(preset.seconds[0] / bar_s), math.ceil(preset.seconds[1] / bar_s))
    if brief.form and brief.chords:
        low = max(low, len(resolve_form(brief.form).letters))
    high = min(high, max(low, _LONGEST_DEFAULT_BARS))
    unit = len(brief.chords) or PHRASE_BARS
    rounds = range(max(1, -(-low // unit)), max(1, -(-low // unit), high // unit) + 1)
    bars = min(BARS_RANGE[1], unit * rounds[int(draw(brief.seed, f"{preset.name} bars") * len(rounds))])
    if has_upbeat(brief, preset) and bars < BARS_RANGE[1]:
        return bars + 1
    return _bars_of_form(brief.form, bars) if brief.form and not brief.chords else bars


def _sizes_of_form(form: str) -> list[int]:
    """Bars of a form without a coda whose sections have 4, 8 or 16 bars where their relative length is 1."""
    lengths = resolve_form(form).lengths
    return [max(len(lengths), round(sum(lengths) * bars)) for bars in _SECTION_BARS]


def _bars_of_form(form: str, usual: int) -> int:
    """Bars of a form without a coda, nearest to a usual number; sections of four bars only if others are much longer.

    >>> _bars_of_form("AABB", 76), _bars_of_form("sonata-form", 28), _bars_of_form("twelve-bar", 36)
    (64, 40, 36)
    """
    short, *longer = _sizes_of_form(form)
    allowed = [size for size in longer if size <= _MUCH_LONGER * usual] or [short]
    return min(allowed, key=lambda size: abs(math.log(size / usual)))


def _whole_sections(exact: float, form: str, most: float) -> int:
    """Bars near `exact`, at most a share `most` away, for equal sections of a form and perhaps a short coda; 0 if none."""
    sizes = [
        (abs(bars / exact - 1), coda, bars)
        for size in _sizes_of_form(form)[:2]
        for coda in (0, PHRASE_BARS)
        if (bars := size * max(1, round((exact - coda) / size)) + coda) and abs(bars / exact - 1) <= most
    ]
    return min(sizes, key=lambda item: (item[1], item[0]))[2] if sizes else 0


def _bars_for(brief: Brief, duration_s: float, meter: TimeSignature, wanted_qpm: float, stated: bool) -> int:
    exact = duration_s * wanted_qpm / tempo_for(1, 60.0, meter) / 60.0
    bars = max(BARS_RANGE[0], round(exact))
    if not stated:
        phrases = PHRASE_BARS * round(exact / PHRASE_BARS)
        bars = phrases if phrases and abs(phrases / exact - 1) <= _TRIM_FOR_PHRASES else bars
        if brief.form and not brief.chords:
            bars = _whole_sections(exact, brief.form, _TRIM_FOR_PHRASES) or bars
        fastest = int(duration_s * TEMPO_RANGE_QPM[1] / tempo_for(1, 60.0, meter) / 60.0)
        sections = len(resolve_form(brief.form).letters) if brief.form else 0
        bars = max(BARS_RANGE[0], min(max(bars, sections, len(brief.chords)), fastest, BARS_RANGE[1]))
    elif abs(bars / exact - 1) > MAX_TEMPO_TRIM:
        bar_s = duration_s / exact
        raise BadInputError(
            f"tempo {wanted_qpm:g} and {duration_s:g} s clash in {meter}, where a bar lasts {bar_s:.3g} s: "
            f"give {bars * bar_s:.4g} or {(bars + 1) * bar_s:.4g} s, or leave the tempo open"
        )
    if bars > BARS_RANGE[1]:
        raise BadInputError(
            f"{duration_s:g} s at tempo {wanted_qpm:g} in {meter} are {bars} bars, more than the limit of {BARS_RANGE[1]}: "
            f"give at most {BARS_RANGE[1] * duration_s / exact:.0f} s or a slower tempo"
        )
    return bars
