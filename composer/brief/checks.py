"""Contradictions within a brief, one function per question; each names what clashes and the nearest request that works.

What only the plan reveals (the number of bars, the parts of a style's ensemble) is checked in `composer.plan`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from composer.brief.limits import BARS_RANGE, METERS, TEMPO_RANGE_QPM, counted, tempo_for
from composer.brief.pauses import silent_bars
from composer.brief.table import BriefFields
from composer.brief.texts import check_number_of_instruments, is_drums
from composer.controls import CLUSTERS, DYNAMICS, PHASING, PICARDY
from composer.errors import BadInputError
from composer.presets import resolve_ensemble, resolve_form, styles
from composer.score import Chord, TimeSignature

MOST_BLENDED = 6  # branches of the stream: each costs as much as a piece
_SHORTEST_LOOP_BARS = 2
_USUAL_BEATS = 4  # of a bar whose meter the style chooses


def _chords_per_bar(brief: BriefFields) -> None:
    check_chords_per_bar(brief.chords, brief.meter)


def check_chords_per_bar(chords: Sequence[Sequence[Chord | None]], meter: TimeSignature | None) -> None:
    """Refuses bars of more chords than beats, except for two; without a meter the beats are the usual ones.

    Raises:
        BadInputError: a bar has too many chords, or none.
    """
    beats = meter.bar_ticks // meter.beat_ticks if meter else _USUAL_BEATS
    for index, bar in enumerate(chords):
        if not 1 <= len(bar) <= max(2, beats):
            raise BadInputError(
                f"bar {index + 1} of the chords has {len(bar)} chords: write 1 to {max(2, beats)} between barlines"
            )


def _mood_once(brief: BriefFields) -> None:
    by_number = brief.valence is not None or brief.arousal is not None
    if brief.mood and by_number:
        raise BadInputError(f"mood {', '.join(brief.mood)!r} and valence or arousal both set the mood: give one or the other")
    if brief.mood_curve and (brief.mood or by_number):
        rival = f"mood {', '.join(brief.mood)!r}" if brief.mood else "valence or arousal"
        raise BadInputError(f"{rival} and a mood curve both set the mood: put it into the curve, or leave the curve out")
    if brief.intensity != 1.0 and not brief.mood and not by_number and not brief.mood_curve:
        raise BadInputError(f"intensity {brief.intensity:g} has no mood to act on: add a mood, or valence and arousal")


def _styles_once(brief: BriefFields) -> None:
    names = [name for name, _ in brief.style]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise BadInputError(f"style {twice!r} is given twice: name each style once, with a weight such as {twice}:2")
    if len(names) > MOST_BLENDED:
        raise BadInputError(f"{len(names)} styles are too many to mix: name at most {MOST_BLENDED}")


def _meter_suits_dance(brief: BriefFields) -> None:
    """A waltz has three beats: a dance is refused in a meter that is not its own."""
    rows = [styles()[name] for name, _ in brief.style if name in styles()]
    bound = [row for row in rows if row.only_meters]
    if brief.meter and bound and len(bound) == len(rows) and not any(str(brief.meter) in row.only_meters for row in bound):
        title, meters = bound[0].title.lower(), " or ".join(bound[0].only_meters)
        raise BadInputError(f"a {title} is not in {brief.meter}: give {meters}, or another style in {brief.meter}")


def _parts_once(brief: BriefFields) -> None:
    if brief.ensemble and brief.instruments:
        raise BadInputError(f"ensemble {brief.ensemble!r} and instruments both set the parts: give one or the other")
    check_number_of_instruments(brief.instruments)


def _pitches_playable(brief: BriefFields) -> None:
    """Drums alone play no pitches."""
    ensemble = resolve_ensemble(brief.ensemble).parts if brief.ensemble else ()
    only_drums = (brief.instruments and all(map(is_drums, brief.instruments))) or (
        ensemble and all(p.is_drum for p in ensemble)
    )
    for option in ("chords", "polyphony", "scale"):
        if only_drums and getattr(brief, option):
            raise BadInputError(
                f"{option} needs a part with pitches, and only drums play: add an instrument, for example contrabass"
            )


def _arcs_agree(brief: BriefFields) -> None:
    """At most one direction beside fades; a loop ends as it begins."""
    ways = [name for name in brief.arc if not name.startswith("fade")]
    if len(ways) > 1:
        raise BadInputError(f"arc {ways[0]!r} and arc {ways[1]!r} contradict each other: give one of them, with fades")
    changing = next((name for name in brief.arc if name != "swell"), None)
    if brief.loop and changing:
        raise BadInputError(f"a loop ends as it begins, and arc {changing!r} does not: leave out one of them")


def _loudness_possible(brief: BriefFields) -> None:
    """The mean loudness is not above the loudest marking."""
    if brief.dynamic and brief.loudest and DYNAMICS[brief.dynamic] > DYNAMICS[brief.loudest]:
        raise BadInputError(
            f"dynamic {brief.dynamic!r} is louder than the loudest marking {brief.loudest!r}: leave out one of them"
        )


def _ending_possible(brief: BriefFields) -> None:
    """An ending needs an end, and for a Picardy third a key in minor."""
    if brief.ending and brief.loop:
        raise BadInputError(f"ending {brief.ending!r} is not possible, since a loop has no end: leave out one of them")
    if brief.ending == PICARDY and brief.key and brief.key.mode == "major":
        raise BadInputError(f"ending {PICARDY!r} is for keys in minor, not {brief.key}: leave one of them out")


def _length_possible(brief: BriefFields) -> None:
    """Two of bars, duration and tempo determine the third, which must be a playable tempo."""
    if brief.bars is None or brief.duration is None:
        return
    if brief.tempo is not None:
        raise BadInputError(
            f"{counted(brief.bars, 'bar', 'bars')}, {brief.duration:g} s and tempo {brief.tempo:g} cannot all be set: "
            "leave one of them out"
        )
    meters = [brief.meter] if brief.meter else [TimeSignature.parse(meter) for meter in METERS]
    needed = [tempo_for(brief.bars, brief.duration, meter) for meter in meters]
    low, high = TEMPO_RANGE_QPM
    if not any(low <= qpm <= high for qpm in needed):
        nearest = min(needed, key=lambda qpm: abs(math.log(qpm / (high if qpm > high else low))))
        possible = brief.duration * nearest / (high if nearest > high else low)
        raise BadInputError(
            f"{counted(brief.bars, 'bar', 'bars')} in {brief.duration:g} s need tempo {nearest:.0f}, "
            f"possible are {low:g} to {high:g}: give {'at least' if nearest > high else 'at most'} {possible:.0f} s, "
            "or another number of bars"
        )


def _chords_fit(brief: BriefFields) -> None:
    if brief.bars is not None and len(brief.chords) > brief.bars:
        bars = counted(brief.bars, "bar", "bars")
        raise BadInputError(f"{len(brief.chords)} bars of chords do not fit {bars}: give fewer chords or more bars")


def _form_fits(brief: BriefFields) -> None:
    if not brief.form:
        return
    form = resolve_form(brief.form)
    if form.bars > BARS_RANGE[1]:
        raise BadInputError(
            f"form {brief.form!r} has {form.bars} bars, at most {BARS_RANGE[1]} are composed: shorten a section"
        )
    if brief.bars is None:
        return
    silent = silent_bars(brief.pauses)
    if form.bars and brief.bars - form.bars not in silent:
        added = f" and pauses add {silent[-1]}" if brief.pauses else ""
        remedy = f"give {form.bars + silent[-1]}, or leave bars or the counts out" if added else "leave bars out, or the counts"
        raise BadInputError(f"form {brief.form!r} has {form.bars} bars{added}, not {brief.bars}: {remedy}")
    if brief.bars < len(form.letters):
        sections = len(form.letters)
        raise BadInputError(
            f"form {brief.form!r} has {counted(sections, 'section', 'sections')} and "
            f"{counted(brief.bars, 'bar is', 'bars are')} too few: give {sections} or more"
        )


def _form_bars_possible(brief: BriefFields) -> None:
    """Bar counts in the form set the number of bars."""
    form = resolve_form(brief.form) if brief.form else None
    if form and form.bars and brief.duration is not None and brief.tempo is not None and not brief.hits:
        raise BadInputError(
            f"form {brief.form!r} with bar counts, {brief.duration:g} s and tempo {brief.tempo:g} cannot all be set: "
            "leave one of them out"
        )


def _curves_fit(brief: BriefFields) -> None:
    points = [("mood", str(point), point.place) for point in brief.mood_curve]
    points += [("tempo", str(point), point.place) for point in brief.tempo_curve]
    for what, point, place in points:
        if place.unit == "bar" and brief.bars is not None and place.at > brief.bars:
            raise BadInputError(
                f"{what} {point!r} is after the last of {counted(brief.bars, 'bar', 'bars')}: give bar 1 to {brief.bars}"
            )
        if place.unit == "s" and brief.duration is not None and place.at > brief.duration:
            raise BadInputError(f"{what} {point!r} is after the end at {brief.duration:g} s: give an earlier place")


def _tempo_once(brief: BriefFields) -> None:
    """A tempo curve gives every tempo, or multiplies the one of the piece; settings of sections replace it."""
    if not brief.tempo_curve:
        return
    first, last = brief.tempo_curve[0], brief.tempo_curve[-1]
    set_by_section = next((setting for setting in brief.sections if setting.tempo), None)
    if set_by_section:
        raise BadInputError(
            f"a tempo curve and tempo {set_by_section.tempo} of {set_by_section.section!r} both set the tempo: "
            "give the curve, or tempi of sections"
        )
    if brief.tempo is not None and not first.pace.is_share and brief.tempo != first.pace.value:
        raise BadInputError(
            f"tempo {brief.tempo:g} and tempo curve {str(first)!r} set different tempi: leave one out, or write the curve in %"
        )
    if brief.bars is not None and brief.duration is not None and not first.pace.is_share:
        raise BadInputError(
            f"{counted(brief.bars, 'bar', 'bars')}, {brief.duration:g} s and a tempo curve in quarter notes per minute cannot "
            "all be set: leave one of them out, or write the curve in %"
        )
    if brief.loop and first.pace != last.pace:
        raise BadInputError(f"a loop that begins {str(first)!r} cannot end {str(last)!r}: let the curve end as it begins")


def _loop_closes(brief: BriefFields) -> None:
    """A loop ends as it begins, and has no hits."""
    if not brief.loop:
        return
    if brief.hits:
        raise BadInputError("a loop repeats and hits happen once: leave out the loop or the hits")
    if brief.bars is not None:
        check_loop(brief.loop, brief.bars)
    if brief.mood_curve and brief.mood_curve[0].mood != brief.mood_curve[-1].mood:
        first, last = brief.mood_curve[0], brief.mood_curve[-1]
        raise BadInputError(f"a loop that begins {str(first)!r} cannot end {str(last)!r}: let the curve end as it begins")


def check_loop(loop: bool, bars: int) -> None:
    """Checks that a loop has enough bars.

    Raises:
        BadInputError: it has too few.
    """
    if loop and bars < _SHORTEST_LOOP_BARS:
        raise BadInputError(f"a loop of {bars} bar is too short: give {_SHORTEST_LOOP_BARS} bars or more")


def _hits_fit(brief: BriefFields) -> None:
    """Hits are within the piece, each on a barline."""
    end = brief.duration
    last = brief.hits[-1] if brief.hits else None
    if last and end is not None and last.time_s >= end:
        raise BadInputError(f"hit {last.clock} is after the end at {end:g} s: give a longer duration")
    if brief.hits and brief.bars is not None and brief.bars <= len(brief.hits):
        raise BadInputError(
            f"{counted(len(brief.hits), 'hit needs', 'hits need')} {len(brief.hits) + 1} bars or more, a barline each: "
            f"{counted(brief.bars, 'is', 'are')} too few"
        )


def _pauses_fit(brief: BriefFields) -> None:
    """Pauses are within the piece, which has no hits."""
    if not brief.pauses:
        return
    if brief.hits:
        raise BadInputError("pauses and hits both set what happens on a barline: give a sudden hit, or leave the hits out")
    late = next((pause for pause in brief.pauses if brief.bars is not None and pause.ends_after(brief.bars - 1)), None)
    if late:
        raise BadInputError(f"pause {str(late)!r} is not before the last of {brief.bars} bars: give an earlier bar")


def _texture_possible(brief: BriefFields) -> None:
    """Textures are written for pitched parts in a certain way, which leaves out what the network alone follows."""
    if brief.texture is None:
        return
    for option in ("polyphony", "density"):
        if getattr(brief, option) is not None:
            raise BadInputError(
                f"texture {brief.texture!r} and {option} both set how many notes there are: leave one of them out"
            )
    if brief.texture in (CLUSTERS, PHASING) and (brief.chords or brief.ending):
        other = "chords" if brief.chords else "an ending"
        raise BadInputError(f"texture {brief.texture!r} follows no chords, and the brief sets {other}: leave one of them out")


CHECKS = (
    _chords_per_bar,
    _mood_once,
    _styles_once,
    _meter_suits_dance,
    _parts_once,
    _pitches_playable,
    _length_possible,
    _chords_fit,
    _form_fits,
    _form_bars_possible,
    _curves_fit,
    _tempo_once,
    _loop_closes,
    _hits_fit,
    _arcs_agree,
    _loudness_possible,
    _ending_possible,
    _pauses_fit,
    _texture_possible,
)
