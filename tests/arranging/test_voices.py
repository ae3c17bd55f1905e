"""Each kind of voice sings melodies in its own range."""

from __future__ import annotations

import pytest

from composer.arranging import arrange, lead_of, settle
from composer.brief import Brief
from composer.plan import make_plan
from composer.presets import resolve_instrument

VOICES = ("soprano", "mezzo-soprano", "alto", "tenor", "baritone", "bass-voice")


def range_sung(style: str, voice: str) -> tuple[int, int]:
    """Lowest and highest pitch of a melody that is written for a voice: its register, or its notes."""
    options = {"style": style, "instruments": f"{voice},piano,acoustic-bass", "bars": 16, "chords": "C F G C", "key": "C"}
    brief = Brief.from_dict(options)
    plan = settle(make_plan(brief), brief)
    if lead := lead_of(plan) if style == "lied" else None:
        return lead.span
    arrangement = arrange(plan)
    assert arrangement is not None
    pitches = [note.pitch for note in arrangement.notes[0]]
    return min(pitches), max(pitches)


@pytest.mark.parametrize("voice", VOICES)
@pytest.mark.parametrize("style", ["lied", "pop"])
def test_a_melody_is_in_the_middle_of_its_voice(style: str, voice: str) -> None:
    row = resolve_instrument(voice)
    low, high = range_sung(style, voice)
    assert row.low <= low < high <= row.high
    assert abs((low + high) - (row.low + row.high)) <= 12


def test_a_tenor_sings_an_octave_below_a_soprano() -> None:
    low, high = range_sung("lied", "soprano")
    assert range_sung("lied", "tenor") == (low - 12, high - 12)
