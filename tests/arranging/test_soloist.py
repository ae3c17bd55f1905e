"""Lone players who have the melody and accompany it: on one staff, or on the buttons of an accordion; no model is needed."""

from __future__ import annotations

import pytest

from composer.analysis.playability import measure_playability
from composer.arranging import Arrangement, arrange
from composer.score import Part, Score
from tests.arranging import plan_of

BUTTONS = range(40, 67)  # E2 to F#4


def arranged(style: str, players: str, **options: object) -> Arrangement:
    found = arrange(plan_of(style, 2, instruments=players, bars=8, **options))
    assert found is not None
    return found


def strokes(found: Arrangement, part: int, bar: int) -> dict[int, list[int]]:
    """By tick from the barline, the pitches that a part strikes below the melody in a bar."""
    ticks = found.setting.plan.meter.bar_ticks
    tune = {(note.start_ticks, note.pitch) for note in found.setting.tune}
    struck: dict[int, list[int]] = {}
    for note in sorted(found.notes[part]):
        if note.start_ticks // ticks == bar and (note.start_ticks, note.pitch) not in tune:
            struck.setdefault(note.start_ticks % ticks, []).append(note.pitch)
    return struck


@pytest.mark.parametrize(("style", "chords"), [("polka", {240, 720}), ("waltz", {480, 960})])
def test_an_accordion_alone_has_basses_and_chords_on_its_buttons(style: str, chords: set[int]) -> None:
    found = arranged(style, "accordion")
    assert [part.name for part in found.setting.plan.parts] == ["Accordion (right hand)", "Accordion (left hand)"]
    assert len(found.setting.tune) > 16
    assert 1 not in found.open_bars
    assert {note.pitch for note in found.notes[1]} <= set(BUTTONS)
    fitting = 0
    for bar in range(7):
        struck = strokes(found, 1, bar)
        fitting += len(struck[0]) == 1 and all(len(struck.get(tick, ())) > 1 for tick in chords)
    assert fitting >= 5


@pytest.mark.parametrize("players", ["vibraphone", "guitar", "concertina", "accordion,drums"])
@pytest.mark.parametrize("style", ["waltz", "tango"])
def test_a_lone_player_of_chords_accompanies_the_melody(style: str, players: str) -> None:
    found = arranged(style, players)
    plan = found.setting.plan
    assert len(found.setting.tune) > 16
    below = 1 if players.startswith("accordion") else 0
    assert sum(len(strokes(found, below, bar)) > 1 for bar in range(plan.upbeat_bars, plan.bars - 1)) >= 6
    parts = tuple(
        Part(part.name, part.program, found.notes.get(index, ()), part.is_drum) for index, part in enumerate(plan.parts)
    )
    for playable in measure_playability(Score(parts)):
        assert (playable.outside, playable.unplayable_chords) == (0.0, 0.0)


def test_a_harmonica_alone_plays_the_melody_only() -> None:
    found = arranged("polka", "harmonica")
    assert [(note.start_ticks, note.pitch) for note in found.notes[0]] == [
        (note.start_ticks, note.pitch) for note in found.setting.tune
    ]


@pytest.mark.parametrize("players", ["accordion", "marimba", "banjo"])
def test_a_lone_player_of_chords_has_a_melody_by_phrases_without_a_style(players: str) -> None:
    assert plan_of("", 2, instruments=players, bars=8).band == "chamber-music"


@pytest.mark.parametrize("players", ["guitar", "guitar,guitar"])
def test_classical_guitars_have_a_melody_by_phrases_over_broken_chords(players: str) -> None:
    found = arranged("guitar", players)
    assert found.setting.plan.band == "guitar"
    below = [note for part in found.notes.values() for note in part if note not in found.setting.tune]
    assert len({note.start_ticks for note in below}) > 3 * len(found.setting.bars) / 2


def test_an_accordion_beside_others_has_one_staff() -> None:
    assert [part.name for part in plan_of("polka", 2, instruments="accordion,tuba", bars=8).parts] == ["Accordion", "Tuba"]


def test_an_accordion_varies_a_theme_with_its_left_hand() -> None:
    found = arrange(plan_of("variations", 1, form="theme-and-variations", bars=24, instruments="accordion"))
    assert found is not None
    assert len({tuple(strokes(found, 1, bar)) for bar in range(24)}) > 2
