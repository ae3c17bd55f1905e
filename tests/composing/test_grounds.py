"""The bass of a passacaglia is the lowest note where each of its chords begins, in every statement."""

from __future__ import annotations

from pathlib import Path

import pytest

from composer import composing
from composer.brief import Brief
from composer.composing.grounds import with_ground
from composer.plan import make_plan
from composer.score import Note, Part

FORM = "A4 A'4 A''4 A'''4 A''''4 A'''''4"
CHORDS = "Dm A/C# | Am/C G/B | Gm/Bb A | Dm |"


@pytest.mark.parametrize("players", [{"instruments": "cello,harpsichord"}, {"ensemble": "piano"}, {"ensemble": "organ"}])
def test_every_statement_has_the_bass(tiny_model: Path, players: dict[str, str]) -> None:
    options = {"style": "variations", "key": "D minor", "meter": "3/4", "form": FORM, "chords": CHORDS, "seed": 1}
    piece = composing.compose(Brief.from_dict({**options, **players}), model=str(tiny_model))
    notes, plan = [note for part in piece.score.parts for note in part.notes], piece.plan
    for bar, chords in enumerate(plan.chords[:-1]):
        for start, chord in zip(plan.meter.chord_ticks(len(chords)), chords, strict=True):
            tick = bar * plan.meter.bar_ticks + start
            assert min(n.pitch for n in notes if n.start_ticks <= tick < n.end_ticks) % 12 == chord.lowest, (bar, start)


def test_a_chord_loses_its_tones_below_the_bass_and_a_rest_gains_it() -> None:
    plan = make_plan(
        Brief.from_dict(
            {"style": "variations", "ensemble": "piano", "meter": "3/4", "bars": 4, "chords": "C/E F C/G C", "seed": 1}
        )
    )
    ticks = plan.meter.bar_ticks
    left = tuple(Note(0, pitch, ticks) for pitch in (48, 52, 55))
    parts = tuple(Part(part.name, part.program, left if "left" in part.name else ()) for part in plan.parts)
    lowest = [
        min(note.pitch for part in with_ground(parts, plan) for note in part.notes if note.start_ticks == bar * ticks) % 12
        for bar in range(3)
    ]
    assert lowest == [4, 5, 7]
