"""A piece gets louder, swells, winds down and fades as requested."""

from __future__ import annotations

from dataclasses import replace
from statistics import fmean

import pytest

from composer.brief import Brief
from composer.composing import compose
from composer.composing.finishing import along_arc, along_moods
from composer.errors import BadInputError
from composer.plan import Plan, make_plan
from composer.score import Note, Part

BARS = 16


def loudness(arc: str) -> list[float]:
    """Mean velocity of each quarter of a piece whose notes have one loudness without the arc."""
    plan = make_plan(Brief(arc=arc, bars=BARS, instruments="flute,drums", meter="4/4"))
    notes = tuple(Note(480 * beat, 60, 480, 80) for beat in range(4 * BARS))
    flute, drums = along_arc((Part("Flute", 73, notes), Part("Drums", 0, notes, is_drum=True)), plan)
    assert flute.notes == drums.notes
    return [fmean(note.velocity for note in flute.notes[BARS * quarter : BARS * (quarter + 1)]) for quarter in range(4)]


def test_a_piece_builds_winds_down_and_swells() -> None:
    assert loudness("build") == sorted(loudness("build"))
    assert loudness("wind-down") == sorted(loudness("wind-down"), reverse=True)
    swell = loudness("swell")
    assert min(swell[1:3]) > max(swell[0], swell[3]) + 10
    assert max(loudness("build")) - min(loudness("build")) > 30


def test_a_soft_and_a_loud_end_change_the_last_quarter_only() -> None:
    for arc, sign in (("soft-end", -1), ("loud-end", 1)):
        *before, last = loudness(arc)
        assert before == [80, 80, 80]
        assert sign * (last - 80) > 10


def test_phrases_without_contrast_follow_the_course_of_the_mood() -> None:
    plan = make_plan(
        Brief(mood_curve="agitated@0 agitated@75% calm@76% calm@100%", bars=BARS, instruments="flute", meter="4/4")
    )
    notes = tuple(Note(480 * beat, 60, 480, 80) for beat in range(4 * BARS))
    (flute,) = along_moods((Part("Flute", 73, notes),), plan)
    quarters = [{note.velocity for note in flute.notes[BARS * quarter : BARS * (quarter + 1)]} for quarter in range(4)]
    assert quarters[0] == quarters[1] == quarters[2]
    assert min(quarters[0]) >= 80
    assert max(quarters[3]) < 70
    soft = tuple(replace(note, velocity=20) if note.start_ticks >= 480 * 3 * BARS else note for note in notes)
    assert [note.velocity for note in along_moods((Part("Flute", 73, soft),), plan)[0].notes[-BARS:]] == [20] * BARS


def test_fades_are_at_the_ends_only() -> None:
    first, second, third, last = loudness("fade-in,fade-out")
    assert second == third == 80
    assert max(first, last) < 0.75 * 80


def test_a_composed_piece_follows_its_arc(tiny_model) -> None:
    record = compose(Brief(arc="fade-out", bars=BARS, instruments="flute", meter="4/4", seed=3), model=str(tiny_model))
    assert record.report["arc"]["requested"] == ["fade-out"]
    start = record.score.bars[-1].start_ticks
    assert all(note.velocity < 60 for note in record.score.parts[0].notes if note.start_ticks >= start)


def test_arousal_follows_the_arc() -> None:
    moods = make_plan(Brief(arc="build", bars=BARS, mood="calm")).moods
    assert [mood.arousal for mood in moods] == sorted(mood.arousal for mood in moods)
    assert moods[-1].arousal > moods[0].arousal
    assert make_plan(Brief(arc="fade-out", bars=BARS)).moods == ()
    curve = make_plan(Brief(arc="build", bars=BARS, mood_curve="calm@0 calm@100%")).moods
    assert len({mood.arousal for mood in curve}) == 1
    plan = make_plan(Brief(arc="build,fade-out", bars=BARS))
    assert Plan.from_dict(plan.to_dict()) == plan


@pytest.mark.parametrize(
    ("brief", "words"),
    [
        ({"arc": "explode"}, ["arc 'explode'", "build, swell"]),
        ({"arc": "build,wind-down"}, ["contradict"]),
        ({"arc": "build", "loop": True}, ["loop", "arc 'build'"]),
    ],
)
def test_what_cannot_be_is_refused(brief, words) -> None:
    with pytest.raises(BadInputError) as error:
        Brief.from_dict(brief)
    assert all(word in str(error.value) for word in words)
