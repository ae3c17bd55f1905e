"""A melody with a guitar or a keyboard: the second player accompanies with chords, not with a bass line."""

from __future__ import annotations

import pytest

from composer.arranging import arrange, settle
from composer.brief import Brief
from composer.plan import make_plan
from composer.plan.styles import choose_style


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_guitar_without_a_style_plays_chords_below_the_flute(seed: int) -> None:
    options = {"instruments": "flute,acoustic guitar", "chords": "Am F C G", "form": "AABA", "bars": 32, "seed": seed}
    brief = Brief.from_dict(options)
    plan = settle(make_plan(brief), brief)
    arrangement = arrange(plan)
    assert arrangement is not None
    ticks = plan.meter.bar_ticks
    pitches = [{note.pitch for note in arrangement.notes[1] if note.start_ticks // ticks == bar} for bar in range(31)]
    assert all(len(found) >= 3 for found in pitches)


@pytest.mark.parametrize(
    ("instruments", "style"),
    [
        ("electric-guitar-clean,electric-bass-finger,drums", "pop"),
        ("flute,acoustic-guitar-steel", "pop-ballad"),
        ("flute,acoustic-guitar-nylon", ""),
        ("violin,piano", ""),
    ],
)
def test_instruments_of_popular_music_have_its_style(instruments: str, style: str) -> None:
    assert choose_style(Brief.from_dict({"instruments": instruments})).preset.name == style
