"""What contradicts itself in a brief, one function a question; each tells what clashes and the nearest thing that works.

What only the plan reveals (the number of bars, the parts of a style's ensemble) is checked in `composer.plan`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from composer.brief.limits import BARS_RANGE, MAX_PARTS, METERS, TEMPO_RANGE_QPM, counted, tempo_for
from composer.brief.texts import DRUMS
from composer.errors import BadInputError
from composer.presets import resolve_ensemble, resolve_form, styles
from composer.score import TimeSignature

if TYPE_CHECKING:
    from composer.brief import Brief

MOST_BLENDED = 6  # branches of the stream: each costs as much as a piece
_SHORTEST_LOOP_BARS = 2
_USUAL_BEATS = 4  # of a bar whose meter the style chooses


def _meter_offered(brief: Brief) -> None:
    if brief.meter is not None and str(brief.meter) not in METERS:
        raise BadInputError(f"metre {brief.meter} is not offered: choose one of {' '.join(METERS)}")


def _chords_a_bar(brief: Brief) -> None:
    for index, bar in enumerate(brief.chords):
        beats = brief.meter.bar_ticks // brief.meter.beat_ticks if brief.meter else _USUAL_BEATS
        if not 1 <= len(bar) <= max(2, beats):
            raise BadInputError(
                f"bar {index + 1} of the chords has {len(bar)} chords: write 1 to {max(2, beats)} between barlines"
            )


def _mood_once(brief: Brief) -> None:
    by_number = brief.valence is not None or brief.arousal is not None
    if brief.moods and by_number:
        raise BadInputError(f"mood {', '.join(brief.moods)!r} and valence or arousal both set the mood: give one or the other")
    if brief.mood_curve and (brief.moods or by_number):
        rival = f"mood {', '.join(brief.moods)!r}" if brief.moods else "valence or arousal"
        raise BadInputError(f"{rival} and a mood curve both set the mood: put it into the curve, or leave the curve out")
    if brief.intensity != 1.0 and not brief.moods and not by_number and not brief.mood_curve:
        raise BadInputError(f"intensity {brief.intensity:g} has no mood to act on: add a mood, or valence and arousal")


def _styles_once(brief: Brief) -> None:
    names = [name for name, _ in brief.styles]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise BadInputError(f"style {twice!r} is given twice: name each style once, with a weight such as {twice}:2")
    if len(names) > MOST_BLENDED:
        raise BadInputError(f"{len(names)} styles are too many to mix: name at most {MOST_BLENDED}")


def _meter_suits_dance(brief: Brief) -> None:
    """A waltz has three beats: a dance is refused in a metre in which it is none."""
    rows = [styles()[name] for name, _ in brief.styles if name in styles()]
    bound = [row for row in rows if row.only_meters]
    if brief.meter and bound and len(bound) == len(rows) and not any(str(brief.meter) in row.only_meters for row in bound):
        title, meters = bound[0].title.lower(), " or ".join(bound[0].only_meters)
        raise BadInputError(f"a {title} is not in {brief.meter}: give {meters}, or another style in {brief.meter}")


def _parts_once(brief: Brief) -> None:
    if brief.ensemble and brief.instruments:
        raise BadInputError(f"ensemble {brief.ensemble!r} and instruments both set the parts: give one or the other")
    if len(brief.instruments) > MAX_PARTS:
        raise BadInputError(f"{len(brief.instruments)} instruments are too many: name at most {MAX_PARTS}")


def _somebody_plays_pitches(brief: Brief) -> None:
    """Drums alone have neither harmony nor chromatic notes."""
    ensemble = resolve_ensemble(brief.ensemble).parts if brief.ensemble else ()
    only_drums = (brief.instruments and set(brief.instruments) == {DRUMS}) or (ensemble and all(p.is_drum for p in ensemble))
    for option in ("chords", "polyphony", "scale"):
        if only_drums and getattr(brief, option):
            raise BadInputError(f"{option} for drums alone: nobody plays a pitch; add an instrument, for example contrabass")


def _length_possible(brief: Brief) -> None:
    """Bars, seconds and tempo are two free choices: a third one, or a tempo nobody can play, is a contradiction."""
    if brief.bars is None or brief.duration_s is None:
        return
    if brief.tempo_qpm is not None:
        raise BadInputError(
            f"{counted(brief.bars, 'bar', 'bars')}, {brief.duration_s:g} s and tempo {brief.tempo_qpm:g} are one too many: "
            "leave one of them out"
        )
    meters = [brief.meter] if brief.meter else [TimeSignature.parse(meter) for meter in METERS]
    needed = [tempo_for(brief.bars, brief.duration_s, meter) for meter in meters]
    low, high = TEMPO_RANGE_QPM
    if not any(low <= qpm <= high for qpm in needed):
        nearest = min(needed, key=lambda qpm: abs(math.log(qpm / (high if qpm > high else low))))
        possible = brief.duration_s * nearest / (high if nearest > high else low)
        raise BadInputError(
            f"{counted(brief.bars, 'bar', 'bars')} in {brief.duration_s:g} s need tempo {nearest:.0f}, "
            f"possible are {low:g} to {high:g}: give {'at least' if nearest > high else 'at most'} {possible:.0f} s, "
            "or another number of bars"
        )


def _chords_fit(brief: Brief) -> None:
    if brief.bars is not None and len(brief.chords) > brief.bars:
        bars = counted(brief.bars, "bar", "bars")
        raise BadInputError(f"{len(brief.chords)} bars of chords do not fit {bars}: give fewer chords or more bars")


def _form_fits(brief: Brief) -> None:
    if not brief.form:
        return
    form = resolve_form(brief.form)
    if form.bars > BARS_RANGE[1]:
        raise BadInputError(
            f"form {brief.form!r} has {form.bars} bars, at most {BARS_RANGE[1]} are composed: shorten a section"
        )
    if brief.bars is None:
        return
    if form.bars and form.bars != brief.bars:
        raise BadInputError(f"form {brief.form!r} has {form.bars} bars, not {brief.bars}: leave bars out, or the counts")
    if brief.bars < len(form.letters):
        sections = len(form.letters)
        raise BadInputError(
            f"form {brief.form!r} has {counted(sections, 'section', 'sections')} and "
            f"{counted(brief.bars, 'bar is', 'bars are')} too few: give {sections} or more"
        )


def _form_bars_possible(brief: Brief) -> None:
    """Bar counts in the form say the same as bars do."""
    form = resolve_form(brief.form) if brief.form else None
    if form and form.bars and brief.duration_s is not None and brief.tempo_qpm is not None and not brief.hits:
        raise BadInputError(
            f"form {brief.form!r} with bar counts, {brief.duration_s:g} s and tempo {brief.tempo_qpm:g} are one too many: "
            "leave one of them out"
        )


def _curve_fits(brief: Brief) -> None:
    for point in brief.mood_curve:
        if point.unit == "bar" and brief.bars is not None and point.at > brief.bars:
            raise BadInputError(
                f"mood {str(point)!r} lies behind the last of {counted(brief.bars, 'bar', 'bars')}: give bar 1 to {brief.bars}"
            )
        if point.unit == "s" and brief.duration_s is not None and point.at > brief.duration_s:
            raise BadInputError(f"mood {str(point)!r} lies past the end at {brief.duration_s:g} s: give an earlier place")


def _loop_closes(brief: Brief) -> None:
    """A loop goes on where it began."""
    if not brief.loop:
        return
    if brief.hits:
        raise BadInputError("a loop comes round again and again, hits come once: leave out the loop or the hits")
    if brief.bars is not None:
        check_loop(brief.loop, brief.bars)
    if brief.mood_curve and brief.mood_curve[0].mood != brief.mood_curve[-1].mood:
        first, last = brief.mood_curve[0], brief.mood_curve[-1]
        raise BadInputError(f"a loop that begins {str(first)!r} cannot end {str(last)!r}: let the curve end as it begins")


def check_loop(loop: bool, bars: int) -> None:
    """Whether so many bars can be a loop, if they are to be one.

    Raises:
        BadInputError: they cannot.
    """
    if loop and bars < _SHORTEST_LOOP_BARS:
        raise BadInputError(f"a loop of {bars} bar has no way back: give {_SHORTEST_LOOP_BARS} bars or more")


def _hits_fit(brief: Brief) -> None:
    """Hits lie within the piece and, at the tempo stated or the fastest, a bar or more apart."""
    end = brief.duration_s
    last = brief.hits[-1] if brief.hits else None
    if last and end is not None and last.time_s >= end:
        raise BadInputError(f"hit {last.clock} lies past the end at {end:g} s: give a longer duration")
    if brief.hits and brief.bars is not None and brief.bars <= len(brief.hits):
        raise BadInputError(
            f"{counted(len(brief.hits), 'hit needs', 'hits need')} {len(brief.hits) + 1} bars or more, a barline each: "
            f"{counted(brief.bars, 'is', 'are')} too few"
        )


CHECKS = (
    _meter_offered,
    _chords_a_bar,
    _mood_once,
    _styles_once,
    _meter_suits_dance,
    _parts_once,
    _somebody_plays_pitches,
    _length_possible,
    _chords_fit,
    _form_fits,
    _form_bars_possible,
    _curve_fits,
    _loop_closes,
    _hits_fit,
)
