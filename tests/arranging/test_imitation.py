"""Lines that imitate a melody."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from statistics import fmean

import pytest

from composer.arranging import arrange
from composer.arranging.imitation import Answer, Line, answers
from composer.arranging.setting import Setting
from composer.score import Note
from tests.arranging import plan_of

_LINES = (Line(1, 55, 88, False), Line(2, 48, 79, False), Line(3, 39, 72, True))
_STYLES = [(style, seed) for style in ("string-quartet", "mass") for seed in (1, 2, 3)]


def answered(style: str, seed: int) -> tuple[Setting, list[Answer]]:
    arrangement = arrange(plan_of(style, seed, bars=16))
    assert arrangement is not None
    return arrangement.setting, answers(arrangement.setting, _LINES)


def moved(note: Note, ticks: int) -> Note:
    return replace(note, start_ticks=note.start_ticks + ticks)


def bar_of(setting: Setting, bar: int) -> list[Note]:
    """The melody of a bar, as it would begin at the start of the piece."""
    ticks = setting.plan.meter.bar_ticks
    return [moved(note, -bar * ticks) for note in setting.tune if note.start_ticks // ticks == bar]


def moves(notes: list[Note]) -> list[bool]:
    return [after.pitch > before.pitch for before, after in pairwise(notes)]


def test_phrases_are_answered() -> None:
    assert sum(len(answered(style, seed)[1]) for style, seed in _STYLES) >= len(_STYLES)


@pytest.mark.parametrize(("style", "seed"), _STYLES)
def test_an_answer_is_a_bar_of_the_melody_at_another_pitch(style: str, seed: int) -> None:
    setting, found = answered(style, seed)
    for answer in found:
        own = [moved(note, -answer.bar * setting.plan.meter.bar_ticks) for note in answer.notes]
        earlier = [bar_of(setting, answer.bar - lag) for lag in (1, 2)]
        assert any(
            [note.start_ticks for note in own] == [note.start_ticks for note in notes] and moves(own) == moves(notes)
            for notes in earlier
        )


@pytest.mark.parametrize(("style", "seed"), _STYLES)
def test_an_answer_fits_its_chords_and_stays_below_the_melody(style: str, seed: int) -> None:
    setting, found = answered(style, seed)
    ticks, beat = setting.plan.meter.bar_ticks, setting.plan.meter.beat_ticks
    for answer in found:
        assert answer.bar < setting.plan.bars - 2
        bar = setting.bars[answer.bar]
        for note in answer.notes:
            if note.start_ticks % beat == 0:
                assert note.pitch % 12 in bar.chord_at(note.start_ticks % ticks).pitch_classes
            sung = [tone.pitch for tone in setting.tune if tone.start_ticks <= note.start_ticks < tone.end_ticks]
            assert all(pitch - note.pitch >= 3 for pitch in sung)


def test_the_network_does_not_write_over_an_answer() -> None:
    arrangement = arrange(plan_of("string-quartet", 1, bars=16))
    assert arrangement is not None
    given = {part: notes for part, notes in arrangement.notes.items() if part not in arrangement.carriers}
    assert given
    ticks = arrangement.setting.plan.meter.bar_ticks
    for part, notes in given.items():
        assert not {note.start_ticks // ticks for note in notes} & arrangement.open_bars[part]


def test_a_note_before_an_answer_ends_with_it() -> None:
    arrangement = arrange(plan_of("string-quartet", 1, bars=16))
    assert arrangement is not None
    part, first = next((part, min(notes)) for part, notes in arrangement.notes.items() if part not in arrangement.carriers)
    ticks = arrangement.setting.plan.meter.bar_ticks
    bar = max(bar for bar in arrangement.open_bars[part] if bar < first.start_ticks // ticks)
    held = Note(bar * ticks, 60, 16 * ticks)
    assert arrangement.part(part, (held,))[0].end_ticks <= first.start_ticks


def test_no_voice_rests_in_the_first_bar_before_an_answer() -> None:
    for style, seed in _STYLES:
        assert all(answer.bar > 1 for answer in answered(style, seed)[1] if answer.enters)


def test_a_low_line_answers_in_its_own_register() -> None:
    cello = Line(1, 36, 76, False)
    found = [answer for seed in (1, 2, 3) for answer in answers(answered("string-quartet", seed)[0], (cello,))]
    assert fmean(note.pitch for answer in found for note in answer.notes) <= 58


def test_no_line_rests_before_its_answer_to_a_given_melody() -> None:
    settings = [answered(style, seed)[0] for style, seed in _STYLES]
    assert any(answer.enters for setting in settings for answer in answers(setting, _LINES))
    given = [replace(setting, plan=replace(setting.plan, lead=0)) for setting in settings]
    assert not any(answer.enters for setting in given for answer in answers(setting, _LINES))
