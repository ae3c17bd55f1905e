"""How a pianist alone begins and closes phrases."""

from __future__ import annotations

from dataclasses import replace

import pytest

from composer.arranging import hand_closes
from composer.arranging.hand_closes import breathing, closing_chords
from composer.arranging.registers import Registers
from composer.arranging.setting import Setting
from composer.arranging.tables import bands
from composer.brief import Brief
from composer.plan import make_plan
from composer.score import TICKS_PER_QUARTER, Note

_BAR = 4 * TICKS_PER_QUARTER


@pytest.fixture(autouse=True)
def _always(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hand_closes, "registers_of", lambda setting: Registers(60, 84, 36, doubled=1.0, rests=1.0))


def setting_of(tune: list[Note]) -> Setting:
    """C G C C in 4/4 with a close in the second bar."""
    brief = Brief.from_dict({"style": "sonata", "bars": 4, "key": "C major", "meter": "4/4", "tempo": 100, "chords": "C G C C"})
    return Setting(replace(make_plan(brief), closes=(None, "half", None, "authentic")), bands()["sonata"], tuple(tune))


def broken(bar: int, *pitches: int) -> list[Note]:
    return [Note(bar * _BAR + at * TICKS_PER_QUARTER // 2, pitches[at % 4], TICKS_PER_QUARTER // 2) for at in range(8)]


LEFT = [*broken(0, 48, 55, 52, 55), *broken(1, 43, 55, 50, 55), *broken(2, 48, 55, 52, 55)]


def test_a_left_hand_rests_after_the_chord_of_a_close_while_the_melody_goes_on() -> None:
    tune = [Note(0, 72, _BAR), Note(_BAR, 74, 2 * TICKS_PER_QUARTER), Note(_BAR + 2 * TICKS_PER_QUARTER, 76, TICKS_PER_QUARTER)]
    bar = [note for note in breathing(LEFT, setting_of(tune)) if note.start_ticks // _BAR == 1]
    assert {note.start_ticks for note in bar} == {_BAR}
    assert {note.pitch for note in bar} == {43, 50, 55}, "below C3, a fifth lies above the bass"
    assert {note.duration_ticks for note in bar} == {TICKS_PER_QUARTER}


def test_a_left_hand_goes_on_below_a_note_that_is_held_up_to_the_last_beat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hand_closes, "_LINKS", 0.0)
    tune = [Note(0, 72, _BAR), Note(_BAR, 74, 3 * TICKS_PER_QUARTER), Note(_BAR + 3 * TICKS_PER_QUARTER, 76, TICKS_PER_QUARTER)]
    bar = [note for note in breathing(LEFT, setting_of(tune)) if note.start_ticks // _BAR == 1]
    assert bar == [note for note in LEFT if note.start_ticks // _BAR == 1]


def test_a_left_hand_leads_to_the_next_bass_below_a_held_note(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hand_closes, "_LINKS", 1.0)
    tune = [Note(0, 72, _BAR), Note(_BAR, 74, _BAR), Note(2 * _BAR, 76, _BAR)]
    bar = [note for note in breathing(LEFT, setting_of(tune)) if note.start_ticks // _BAR == 1 and note.start_ticks > _BAR]
    assert [note.pitch for note in bar] == [43, 45, 47]
    assert bar[-1].end_ticks == 2 * _BAR


def test_a_left_hand_may_enter_with_its_second_bass() -> None:
    tune = [Note(0, 72, _BAR), Note(_BAR, 74, _BAR)]
    assert min(note.start_ticks for note in breathing(LEFT, setting_of(tune))) == 2 * TICKS_PER_QUARTER
    assert min(note.start_ticks for note in breathing(LEFT, setting_of([Note(240, 72, _BAR)]))) == 0, "it does not leave a gap"


def test_a_right_hand_adds_tones_of_the_chord_below_the_note_of_a_close() -> None:
    tune = [Note(0, 72, _BAR), Note(_BAR, 74, _BAR)]
    assert {note.pitch for note in closing_chords(tune, setting_of(tune)) if note.start_ticks == _BAR} == {74, 71, 67}
