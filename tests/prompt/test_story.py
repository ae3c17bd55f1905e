"""Stories of players: who opens, joins, leads, leaves and is left at the end, and who does what in a named section."""

from __future__ import annotations

from typing import Any

import pytest

from composer.brief import Brief
from composer.prompt import parse_prompt


def options(text: str) -> dict[str, Any]:
    """The options of a prompt, which a brief must accept."""
    found = dict(parse_prompt(text).options)
    Brief.from_dict(found)
    return found


@pytest.mark.parametrize(
    ("text", "form", "sections"),
    [
        (
            "Start with a lonely oboe over held strings. After about eight bars the horns come in with a broad theme, build up "
            "to a big climax with full orchestra and cymbals, then fade away to just the oboe again.",
            "A8 B8 C16 A'8",
            "start: only oboe and strings, melody oboe; b: only oboe and strings and french-horn, melody french-horn; "
            "end: only oboe",
        ),
        (
            "Begins with bassoon alone, then the clarinet joins, then flute, and it ends with bassoon alone. Woodwind trio.",
            "A8 B8 C16 A'8",
            "start: only bassoon; b: only bassoon and clarinet; end: only bassoon",
        ),
        (
            "For string quartet. The viola opens alone for six bars, the cello joins, then both violins enter, and the piece "
            "ends with the first violin alone.",
            "A6 B8 C16 D8",
            "start: only viola; b: only viola and cello; end: only violin 1",
        ),
        (
            "Pieza para cuarteto de cuerda: empieza el violonchelo solo, luego entra la viola, después todos, y al final solo "
            "el violonchelo.",
            "A8 B8 C16 A'8",
            "start: only cello; b: only cello and viola; end: only cello",
        ),
        (
            "Start with solo clarinet, add bassoon, then horn, build to tutti. Woodwind quintet, two minutes.",
            "A B C D",
            "start: only clarinet; b: only clarinet and bassoon; c: only clarinet and bassoon and french-horn",
        ),
        (
            "Trailer cue: begin with taiko drums only, add low brass, then choir, everything drops out except a solo violin",
            "A8 B8 C16 D8",
            "start: only drums; b: only drums and trombone and tuba; end: only violin",
        ),
    ],
)
def test_a_story_is_a_form_with_a_section_for_each_step(text: str, form: str, sections: str) -> None:
    found = options(text)
    assert (found["form"], found["sections"]) == (form, sections)
    assert "bars" not in found


def test_members_of_a_group_join_without_being_added() -> None:
    found = options("Woodwind quintet: start with solo clarinet, add bassoon, then horn, then tutti, two minutes")
    assert found["ensemble"] == "wind-quintet"


def test_the_second_time_through_is_the_second_half() -> None:
    found = options("Slip jig for fiddle and flute, guitar joins the second time through")
    assert found["sections"] == "until 50%: no guitar"
    found = options("Reel for flute, fiddle and guitar. The second time through the fiddle has the tune.")
    assert found["sections"] == "from 50%: melody fiddle"


@pytest.mark.parametrize(
    ("text", "sections"),
    [
        ("scherzo for woodwind quintet where the bassoon gets the jokes and the flute gets the last word",
         "middle: melody bassoon; end: melody flute"),
        ("swing band, saxes carry the tune, trumpets shout in the last chorus", "all: melody sax; from 50%: melody trumpet"),
        ("disco, everything drops out except the bass for the bridge", "bridge: only bass"),
        ("wedding march for organ and trumpet where the trumpet only comes in for the final section", "end: +trumpet"),
        ("wind quintet in F, the horn is left out of the middle section", "middle: no french-horn"),
        ("reggae with a bass solo in the bridge and a slow ending", "end: tempo 65%; bridge: melody bass"),
        ("rock song, verses with acoustic guitar only", "verse: only acoustic-guitar"),
        ("rock song, quiet verse with clean guitar only", "verse: only clean-guitar, intensity 0.2"),
        ("epic trailer music that starts with a single low piano note", "intro: only piano"),
    ],
)  # fmt: skip
def test_who_does_what_in_a_named_section_is_set_there(text: str, sections: str) -> None:
    assert str(Brief.from_dict(options(text)).to_dict()["sections"]).replace("french horn", "french-horn") == sections


def test_a_last_chorus_of_twice_the_length_is_played_twice() -> None:
    assert options("rock song, final chorus twice as long")["form"].endswith(" Chorus Chorus")


def test_a_softer_middle_without_drums_and_bass_has_less_energy() -> None:
    found = options("Tango per bandoneon, violino e pianoforte, con una parte centrale più dolce")
    assert (found["form"], "-0.6@50" in found["mood_curve"] or "-0.6@33" in found["mood_curve"]) == ("ABA", True)


def test_a_key_of_the_last_eight_bars_is_that_of_the_end() -> None:
    found = options("Guitar etude in E minor, about 24 bars, with a change to E major for the last eight")
    assert "end: key E major" in found["sections"]


def test_who_kicks_off_is_no_drum() -> None:
    assert "drums" not in options("bluegrass where banjo kicks it off, with fiddle and mandolin")["instruments"]
