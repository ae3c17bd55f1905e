"""Wishes of a prompt that no piece can meet together give way."""

from __future__ import annotations

import pytest

from composer.arranging import settle
from composer.brief import Brief
from composer.errors import BadInputError
from composer.plan import make_plan
from composer.requests import read_request

CASES = [
    ("horns in the bridge", {}, {"sections"}, "'bridge: +horns' gives way: all players rest in section A"),
    (
        "a piece for flute with a hit at 0:30",
        {"duration": 20},
        {"hits"},
        "'hits 0:30 big' gives way: hit 0:30 is after the end",
    ),
    (
        "a piece for flute and cello, flute silent in the chorus",
        {"instruments": "oboe"},
        {"sections"},
        "gives way: no part plays",
    ),
    (
        "pop song with a pause before the last chorus",
        {"form": "AABA"},
        {"pauses"},
        "'pauses 1 before last chorus' gives way: pause '1 before last chorus': the piece has no section 'last chorus'",
    ),
]


@pytest.mark.parametrize(("prompt", "explicit", "lost", "note"), CASES)
def test_the_least_important_wish_gives_way_with_a_note(prompt: str, explicit: dict, lost: set[str], note: str) -> None:
    options, reading = read_request(prompt, {"seed": 2, **explicit})
    brief = Brief.from_dict(options)
    settle(make_plan(brief), brief)
    assert not lost & options.keys() & reading.options.keys()
    assert note in reading.notes[-1]
    assert {name: options[name] for name in explicit} == explicit


@pytest.mark.parametrize(
    "prompt", ["a very sad waltz", "a lullaby for harp and flute, very gentle", "une valse un peu nostalgique"]
)
def test_a_degree_of_a_mood_is_no_contradiction(prompt: str) -> None:
    options, reading = read_request(prompt, {"seed": 2})
    assert {"mood", "intensity"} <= options.keys()
    assert not any("gives way" in note for note in reading.notes)


@pytest.mark.parametrize(
    ("prompt", "explicit", "form"),
    [("variations for solo flute", {"bars": 5}, "theme-and-variations"), ("song in AABA form", {"bars": 3}, "AABA")],
)
def test_a_form_with_more_sections_than_the_explicit_bars_gives_way_with_a_line(prompt, explicit, form) -> None:
    options, reading = read_request(prompt, explicit)
    assert "form" not in {**options, **reading.options}
    assert f"form {form}' gives way: form '{form}' has" in reading.notes[-1]
    assert not read_request(prompt, {"bars": 6})[1].notes
    assert not read_request("a rock loop", {"bars": 2})[1].notes  # which is a loop without its form


def test_one_setting_of_a_section_gives_way_and_the_others_stay() -> None:
    options, reading = read_request("rock band, 4 bars, verse in E minor, chorus in G major", {"seed": 2})
    assert options["sections"] == "chorus: key G major; outro: key G major"
    assert reading.options["sections"] == options["sections"]


def test_a_pause_stays_beside_a_form_with_its_section() -> None:
    options, _ = read_request("pop song with a pause before the last chorus", {"form": "verse-chorus", "seed": 2})
    assert options["pauses"] == "1 before last chorus"


def test_a_request_that_can_be_met_stays() -> None:
    options, reading = read_request("a sad waltz for flute", {"bars": 16, "seed": 1})
    assert options == {"mood": ["sad"], "style": "waltz", "ensemble": "flute", "bars": 16, "seed": 1}
    assert reading.notes == ()


@pytest.mark.parametrize(
    ("prompt", "explicit", "message"),
    [
        ("piano at 900 bpm", {}, "tempo 900.0 is out of range"),
        ("a waltz", {"style": "waltz", "meter": "4/4"}, "waltz"),
        ("a sad piece", {"instruments": "flute", "sections": "all: only cello"}, "no part plays 'cello'"),
    ],
)
def test_values_and_explicit_options_are_refused_as_before(prompt: str, explicit: dict, message: str) -> None:
    with pytest.raises(BadInputError, match=message):
        read_request(prompt, explicit)


def test_a_value_of_the_prompt_that_an_option_overrides_has_a_line() -> None:
    options, reading = read_request("eight bars of a sad waltz for flute", {"bars": 16, "style": "waltz", "mood": "happy"})
    assert (options["bars"], options["mood"]) == (16, "happy")
    assert {*reading.notes} == {"bars 8 gives way: bars 16 is given", "mood sad gives way: mood happy is given"}
