"""Moves the sections of a piece into their keys, and back for measurements. Knows notes and chords, not how they came about."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace

from composer.plan import Plan
from composer.score import ChordSymbol, KeySignature, Note, Part, Score


def in_keys(score: Score, plan: Plan) -> Score:
    """A piece composed in the key of its plan with each section in its own key, and a key signature where it changes."""
    areas = plan.key_areas
    if not areas:
        return score
    ticks = plan.meter.bar_ticks
    keys = [KeySignature(area.start_bar * ticks, area.key) for area in areas]
    changes = [key for before, key in zip([None, *keys], keys, strict=False) if before is None or before.key != key.key]
    return replace(_moved(score, plan, 1), keys=tuple(changes))


def in_one_key(score: Score, plan: Plan) -> Score:
    """The piece as it was composed, in the key of its plan."""
    return replace(_moved(score, plan, -1), keys=score.keys[:1]) if plan.key_areas else score


def _moved(score: Score, plan: Plan, sign: int) -> Score:
    starts = [area.start_bar * plan.meter.bar_ticks for area in plan.key_areas]
    steps = [sign * area.steps for area in plan.key_areas]

    def steps_at(tick: int) -> int:
        return steps[bisect_right(starts, tick) - 1]

    def moved(part: Part) -> Part:
        return part if part.is_drum else replace(part, notes=tuple(sorted(map(note_moved, part.notes))))

    def note_moved(note: Note) -> Note:
        return replace(note, pitch=note.pitch + steps_at(note.start_ticks))

    return replace(score, parts=tuple(map(moved, score.parts)), chords=tuple(_chords(score, plan, sign)))


def _chords(score: Score, plan: Plan, sign: int) -> list[ChordSymbol]:
    """The chord symbols moved, with the one in force again where a section in another key begins."""
    found: list[ChordSymbol] = []
    changes = {area.start_bar for area in plan.changes_of_key}
    for area in plan.key_areas:
        start, end = (bar * plan.meter.bar_ticks for bar in (area.start_bar, area.start_bar + area.bars))
        inside = [symbol for symbol in score.chords if start <= symbol.start_ticks < end]
        before = [symbol for symbol in score.chords if symbol.start_ticks < start]
        if area.start_bar in changes and before and not (inside and inside[0].start_ticks == start):
            inside.insert(0, replace(before[-1], start_ticks=start))
        found += [replace(one, chord=one.chord and one.chord.transposed(sign * area.steps)) for one in inside]
    return found
