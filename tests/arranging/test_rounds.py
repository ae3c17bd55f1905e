"""Tests of rounds: one theme in all voices, each a phrase later, over chords that return."""

from __future__ import annotations

import pytest

from composer.arranging import arrange, settle
from composer.arranging.rounds import phrase_bars
from composer.brief import Brief
from composer.errors import BadInputError
from composer.plan import Plan, make_plan
from composer.score import Note


def _plan(**options: object) -> Plan:
    brief = Brief.from_dict({"style": "round", "key": "F major", "seed": 5, **options})
    return settle(make_plan(brief), brief)


def _voices(plan: Plan) -> list[tuple[Note, ...]]:
    arrangement = arrange(plan)
    assert arrangement is not None
    return [arrangement.part(index, ()) for index in range(len(plan.parts))]


def _line(notes: tuple[Note, ...], first_tick: int) -> list[tuple[int, int]]:
    return [(note.start_ticks - first_tick, note.pitch) for note in notes]


@pytest.mark.parametrize(
    ("options", "size"),
    [
        ({"instruments": "recorder,recorder,recorder", "bars": 24}, 4),
        ({"instruments": "choir-aahs,choir-aahs,choir-aahs", "bars": 22, "meter": "6/8"}, 4),
        ({"instruments": "violin,cello", "bars": 8, "meter": "3/4"}, 2),
        ({"instruments": "flute,flute", "bars": 8, "density": 0.3}, 2),
        ({"instruments": "flute,flute", "chords": "F Bb C7 F Dm Gm C7 F", "bars": 32}, 8),
    ],
)
def test_each_voice_sings_the_theme_of_the_first_a_phrase_later(options: dict[str, object], size: int) -> None:
    plan = _plan(**options)
    assert phrase_bars(plan) == size
    first, *later = _voices(plan)
    ticks = size * plan.meter.bar_ticks
    end = (plan.bars // size - 1) * ticks  # up to the last phrase, whose last tones may change
    for number, notes in enumerate(later, 1):
        octave = notes[0].pitch - first[0].pitch
        sung = [(start, pitch - octave) for start, pitch in _line(notes, number * ticks) if start + number * ticks < end]
        assert notes[0].start_ticks == number * ticks
        assert octave % 12 == 0
        assert sung == _line(first, 0)[: len(sung)]


def test_all_voices_end_together_over_the_root() -> None:
    plan = _plan(instruments="choir-aahs,choir-aahs,choir-aahs", bars=24)
    last = [notes[-1] for notes in _voices(plan)]
    assert {note.end_ticks for note in last} == {24 * plan.meter.bar_ticks}
    assert min(note.pitch for note in last) % 12 == plan.key.tonic
    assert {note.pitch % 12 for note in last} >= {plan.key.tonic, (plan.key.tonic + 4) % 12}


def test_notes_stay_in_the_ranges_of_their_parts() -> None:
    for seed in range(6):
        plan = _plan(ensemble="satb-choir", key="C minor", bars=20, seed=seed)
        for part, notes in zip(plan.parts, _voices(plan), strict=True):
            assert notes
            assert all(part.low <= note.pitch <= part.high for note in notes)


def test_players_of_chords_accompany_the_voices() -> None:
    plan = _plan(instruments="soprano,soprano,acoustic-guitar-nylon", bars=24)
    *voices, guitar = _voices(plan)
    assert guitar[0].start_ticks < plan.meter.bar_ticks
    assert len(voices[0]) > len(voices[1])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"instruments": "flute"}, "a round needs at least 2 parts, not 1: name more instruments"),
        ({"instruments": "flute,flute", "bars": 3}, "3 bars are too few for a round in 2 voices"),
        ({"instruments": "flute,flute", "bars": 8, "chords": "F Bb C7 F Dm Gm C7 F"}, "8 bars are too few"),
    ],
)
def test_a_round_without_room_is_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(BadInputError, match=message):
        _plan(**options)
