"""The frame of a piece: what its plan settles of the score, before there is a note and once the notes are written.

Knows plans and scores, nothing of tokens beyond the shift between a key and functional pitch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from composer.arranging import Arrangement
from composer.pipeline.mending import mended
from composer.plan import Plan
from composer.presets import styles
from composer.score import ChordSymbol, KeySignature, Note, Part, Score, Tempo, TimeSignature
from composer.tokenizer import functional_shift

# How much louder a note is on a hit point: 40 log10 of it in decibels, about 5 and 2 (an accent is 3 to 5: Repp 1999).
_ACCENTS = {"big": 1.33, "soft": 1.12}


def skeleton(plan: Plan) -> Score:
    """A score without notes that has the plan's bars, metre, tempo, key and parts, in the plan's own key."""
    return Score(
        parts=tuple(Part(part.name, part.program, (), part.is_drum) for part in plan.parts),
        tempos=tuple(Tempo(change.start_bar * plan.meter.bar_ticks, change.qpm) for change in plan.tempos),
        time_signatures=(TimeSignature(0, plan.meter.numerator, plan.meter.denominator),),
        keys=(KeySignature(0, plan.key),),
        markers=plan.markers,
        end_ticks=plan.bars * plan.meter.bar_ticks,
        title=title_of(plan),
    )


def title_of(plan: Plan) -> str:
    """What a piece is called: the style asked for, else its first genre, and its key.

    >>> from composer.brief import Brief
    >>> from composer.plan import make_plan
    >>> title_of(make_plan(Brief.from_dict({"style": "nocturne", "key": "Db major"})))
    'Nocturne in Db major'
    >>> title_of(make_plan(Brief.from_dict({"style": "swing", "key": "Bb major"})))
    'Swing in Bb major'
    """
    rows = (styles().get(name) for name in (plan.preset, *plan.styles) if name)
    title = next((row.title for row in rows if row and row.kind != "era"), "Piece")
    return title if all(part.is_drum for part in plan.parts) else f"{title} in {plan.key}"


def finish(decoded: Score, plan: Plan, arrangement: Arrangement | None = None) -> Score:
    """A decoded score in functional pitch, brought to the plan's key and given its tempi, names, sections and accents.

    Of an arranged piece it takes only what the network wrote; the rest, and the harmony, are the arrangement's own.
    """
    shift = -functional_shift(plan.key)
    moved = mended(decoded.transposed(shift), plan)
    frame = skeleton(plan)
    accents = {planned.bar * plan.meter.bar_ticks: _ACCENTS[planned.hit.strength] for planned in plan.hits}
    notes = [part.notes if arrangement is None else arrangement.part(i, part.notes) for i, part in enumerate(moved.parts)]
    parts = tuple(
        replace(part, name=wish.name, notes=tuple(_accented(note, accents) for note in written))
        for part, wish, written in zip(moved.parts, plan.parts, notes, strict=True)
    )
    return replace(frame, parts=parts, chords=_planned_chords(plan) if plan.chords else moved.chords)


def _planned_chords(plan: Plan) -> tuple[ChordSymbol, ...]:
    """A plan's chords where they change, in full: tokens hold their nearest relatives alone."""
    symbols: list[ChordSymbol] = []
    for bar, chords in enumerate(plan.chords):
        for offset, chord in zip(plan.meter.chord_ticks(len(chords)), chords, strict=True):
            if not symbols or symbols[-1].chord != chord:
                symbols.append(ChordSymbol(bar * plan.meter.bar_ticks + offset, chord))
    return tuple(symbols)


def _accented(note: Note, accents: Mapping[int, float]) -> Note:
    """The note, louder if it starts on a hit point."""
    factor = accents.get(note.start_ticks)
    return note if factor is None else replace(note, velocity=min(127, round(note.velocity * factor)))
