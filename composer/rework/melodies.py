"""New bars of a melody: drawn over planned harmony, in the rhythm and the range of the given bars that they follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from statistics import fmean

from composer.analysis.melody import melody_line, melody_parts
from composer.analysis.texture import is_line
from composer.arranging import Lead, seed_of_take
from composer.brief import BARS_RANGE, TEMPO_RANGE_QPM, Brief
from composer.composing.finishing import chord_symbols
from composer.composing.outlines import with_melody
from composer.controls import LEARNED_METERS
from composer.errors import BadInputError
from composer.harmony import with_harmony
from composer.melody.line_events import events_of
from composer.plan import Plan, Section, make_plan
from composer.plan.sections import UPBEAT, choose_returns, recalls_of
from composer.plan.styles import is_plain
from composer.rework.adding import is_melody
from composer.rework.following import followed_bars, in_lengths_of
from composer.rework.material import Material
from composer.rework.resuming import resumed_qpm
from composer.score import TICKS_PER_QUARTER, Note, Score

_STYLE = "folk"  # of a tune alone for which nobody names one
_BEYOND = 2  # semitones that new bars go beyond the range of those that they follow
_OCTAVE = 12  # semitones that a melody has at least


def melody_remark(score: Score) -> tuple[str, ...]:
    """Which parts of a piece for several have its melody, for the user; empty for one part and for drums.

    >>> from composer.score import Part
    >>> line, held = (Part(name, 0, (Note(0, pitch, 480),)) for name, pitch in (("Horn", 67), ("", 48)))
    >>> melody_remark(Score((line, held))), melody_remark(Score((line,)))
    (('the melody is that of Horn',), ())
    """
    if sum(bool(part.notes) and not part.is_drum for part in score.parts) < 2:
        return ()
    names = [score.parts[part].name or f"part {part + 1}" for part in melody_parts(score)]
    others = f", in some bars that of {' and '.join(names[1:])}" if names[1:] else ""
    return (f"the melody is that of {names[0]}{others}",)


def like_given(lead: Lead, score: Score, plan: Plan) -> Lead:
    """The lead of a plan of new bars with range, pace and rhythm of the given bars that they follow.

    The last bar of a piece that closes is free.

    Args:
        lead: of the plan.
        score: the piece in bars of the plan's meter; without a melody the lead stays as it is.
        plan: of the new bars.
    """
    bars, part, upbeat = score.bars, lead.part, plan.upbeat_bars
    line = fit_octave(melody_line(score), part.low, part.high)
    events = events_of(line, [bar.start_ticks for bar in bars], plan.meter)
    models = followed_bars(len(bars), plan.bars - upbeat, score.upbeat_bars)
    pitches = [pitch for model in models for _, pitch in events[model] if pitch is not None]
    if not pitches:
        return lead
    low, high = max(part.low, min(pitches) - _BEYOND), min(part.high, max(pitches) + _BEYOND)
    high = min(part.high, max(high, low + _OCTAVE))
    low = max(part.low, min(low, high - _OCTAVE))
    rhythms = {upbeat + bar: events[model] for bar, model in enumerate(models) if plan.loop or upbeat + bar < plan.bars - 1}
    if upbeat:
        rhythms[0] = [(0, None), *(event for event in events[0] if event[1] is not None)]
    pace = len(pitches) * TICKS_PER_QUARTER / (len(models) * plan.meter.bar_ticks)
    return replace(lead, span=(low, high), pace=pace, rhythms=rhythms)


def continued_tune(material: Material, brief: Brief, take: int, *, ending: bool) -> Score | None:
    """New bars of a tune alone, from tick 0; `None` for other music: the note network writes it.

    Where the tune begins with an upbeat and its last bar has room for one, the new bars do, too, before tick 0.

    Args:
        material: the user's piece.
        brief: what is requested, with the number of bars.
        take: number of the candidate.
        ending: close in the last bar.
    """
    score, tune = material.understood.score, melody_line(material.understood.score)
    place = _place_of_tune(score)
    meters = {str(bar.time_signature) for bar in score.bars}
    if place is None or material.key is None or len(meters) != 1 or not meters <= set(LEARNED_METERS):
        return None
    if not (is_melody(tune, 0) and is_plain(brief) and BARS_RANGE[0] <= (brief.bars or 0) <= BARS_RANGE[1]):
        return None
    low, high = TEMPO_RANGE_QPM
    qpm = min(max(resumed_qpm(score), low), high)
    asked = replace(brief, style=brief.style or ((_STYLE, 1.0),), key=material.key, tempo=qpm, form=None)
    try:
        plan = make_plan(asked)
    except BadInputError:  # more chords than bars
        return None
    seed = seed_of_take(brief, take)
    plan = replace(plan, meter=score.bars[0].time_signature, parts=material.parts, band_seed=seed, loop=not ending)
    plan = with_harmony(_in_form(plan, upbeat=_has_room_for_upbeat(score, tune)), asked, take)
    chords = tuple(tuple(chord or plan.key.tonic_triad for chord in bar) for bar in plan.chords)
    free = Lead(plan.parts[place], (0, 0), frozenset(), chords, chordal=False, styles=plan.styles, pace=None)
    plan = with_melody(plan, brief.draws.melodies, lead=like_given(free, score, plan))
    first = plan.upbeat_bars * plan.meter.bar_ticks
    written = _as_played([Note(start - first, pitch, ticks) for start, ticks, pitch in plan.tune], score, plan)
    parts = tuple(
        replace(part, notes=tuple(written) if index == place else (), pedals=()) for index, part in enumerate(score.parts)
    )
    later = replace(plan, chords=plan.chords[plan.upbeat_bars :])
    end = plan.bars * plan.meter.bar_ticks - first
    return Score(parts, time_signatures=(plan.meter,), chords=chord_symbols(later), end_ticks=end)


def _has_room_for_upbeat(score: Score, tune: Sequence[Note]) -> bool:
    """Whether a tune begins with an upbeat and ends so early in its last bar that another one fits after it."""
    ticks = score.bars[-1].time_signature.bar_ticks
    return bool(score.upbeat_bars) and tune[-1].end_ticks <= score.bars[-1].end_ticks - ticks + tune[0].start_ticks


def _in_form(plan: Plan, *, upbeat: bool) -> Plan:
    """A plan of new bars, after another bar for an upbeat if there is one."""
    sections = plan.sections if plan.sections and not plan.upbeat_bars else (Section("A", 0, plan.bars),)
    if upbeat:
        later = (replace(section, start_bar=section.start_bar + 1) for section in sections)
        sections = (Section(UPBEAT, 0, 1), *later)
    elif not plan.upbeat_bars:
        return plan
    bars = plan.bars + upbeat
    returns = choose_returns(plan.band_seed, sections, plan.styles, loop=plan.loop)
    chords = plan.chords[:upbeat] + plan.chords
    return replace(plan, bars=bars, sections=sections, recalls=recalls_of(sections, bars), returns=returns, chords=chords)


def _place_of_tune(score: Score) -> int | None:
    """The index of the only part that plays, if it is a line."""
    sounding = [index for index, part in enumerate(score.parts) if part.notes]
    if len(sounding) != 1 or score.parts[sounding[0]].is_drum:
        return None
    notes = score.parts[sounding[0]].notes
    return sounding[0] if is_line(len(notes), len({note.start_ticks for note in notes})) else None


def _as_played(written: Sequence[Note], score: Score, plan: Plan) -> list[Note]:
    """New notes with the lengths and the loudness of those of the bars that they follow, where they have the same places."""
    bars, ticks, tune = score.bars, plan.meter.bar_ticks, melody_line(score)
    copies = [
        replace(note, start_ticks=note.start_ticks - bars[model].start_ticks + bar * ticks)
        for bar, model in enumerate(followed_bars(len(bars), plan.bars - plan.upbeat_bars - (not plan.loop), score.upbeat_bars))
        for note in tune
        if bars[model].start_ticks <= note.start_ticks < bars[model].end_ticks
    ]
    loudness = {note.start_ticks: note.velocity for note in copies}
    usual = round(fmean(loudness.values())) if loudness else round(fmean(note.velocity for note in tune))
    louder = [replace(note, velocity=loudness.get(note.start_ticks, usual)) for note in written]
    return in_lengths_of(louder, copies, line=True)


def fit_octave(notes: Sequence[Note], low: int, high: int) -> tuple[Note, ...]:
    """The notes moved together by the number of octaves that brings most of them into a range, the smallest if several do."""

    def outside(octaves: int) -> tuple[int, int]:
        return sum(not low <= note.pitch + 12 * octaves <= high for note in notes), abs(octaves)

    possible = [n for n in range(-4, 5) if all(0 <= note.pitch + 12 * n <= 127 for note in notes)]
    best = min(possible, key=outside)
    return tuple(replace(note, pitch=note.pitch + 12 * best) for note in notes)
