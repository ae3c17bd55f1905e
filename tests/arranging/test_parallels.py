"""Parallel fifths and octaves of choirs are mended by an inner voice."""

from __future__ import annotations

import pytest

from composer.arranging.parallels import Voices
from composer.arranging.setting import Setting
from composer.arranging.tables import NO_BAND
from composer.brief import Brief
from composer.plan import make_plan
from composer.score import Note

RANGES = [(60, 79), (53, 74), (41, 62)]


def voices(*lines: tuple[int, ...], free: tuple[int, ...] = (1,)) -> Voices:
    """Three voices in whole notes over C and Dm."""
    options = {"style": "motet", "ensemble": "satb-choir", "bars": 8, "meter": "4/4", "key": "C major", "chords": "C Dm"}
    setting = Setting(make_plan(Brief.from_dict(options)), NO_BAND)
    ticks = setting.plan.meter.bar_ticks
    notes = [[Note(ticks * bar, pitch, ticks) for bar, pitch in enumerate(line)] for line in lines]
    return Voices(setting, notes, [range(8) if index in free else () for index in range(3)], RANGES)


def pitches(given: Voices) -> list[list[int]]:
    return [[note.pitch for note in line] for line in given.lines]


def test_an_inner_voice_takes_another_tone_of_the_chord() -> None:
    given = voices((76, 77), (67, 69), (48, 50))  # G to A over C to D, in fifths
    given.mend()
    assert pitches(given) == [[76, 77], [67, 65], [48, 50]]


@pytest.mark.parametrize("free", [(), (0, 2)])
def test_other_voices_keep_their_notes(free: tuple[int, ...]) -> None:
    given = voices((76, 77), (64, 62), (48, 53), free=free)
    before = pitches(given)
    given.mend()
    assert pitches(given) == before
