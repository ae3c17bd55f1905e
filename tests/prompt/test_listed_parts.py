"""Parts, movements and entries that a prompt lists in order become sections, never settings of the whole piece."""

from __future__ import annotations

from typing import Any

import pytest

from composer.brief import Brief
from composer.controls import MAX_PARTS
from composer.plan import make_plan
from composer.prompt import parse_prompt


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "wind quintet piece with three short parts: a lively allegro in F major with the flute leading, a melancholy "
            "adagio in D minor where the horn has the melody, and a presto finale in F again",
            {
                "ensemble": "wind-quintet",
                "key": "F major",
                "tempo": 136.0,
                "sections": "from 33% until 67%: tempo 49%, melody horn, key D minor; from 67%: tempo 132%; "
                "until 33%: melody flute",
                "bars": None,
            },
        ),
        (
            "rock, begins in 7/8 with an organ riff, moves to a slow section with flute, and finishes with a guitar solo at "
            "the original speed",
            {
                "meter": "7/8",
                "tempo": None,
                "sections": "from 33% until 67%: tempo 65%; until 33%: no flute; "
                "from 67%: melody overdriven guitar, tempo 100%",
            },
        ),
        (
            "a sonata in three movements: a fast allegro, a slow adagio in F, and a finale, for violin and piano, in C",
            {"key": "C major", "tempo": 144.0, "form": "ABA"},
        ),
        ("starts with piano, goes to 120 bpm and ends with a bang", {"tempo": 120.0, "sections": "start: only piano"}),
        (
            "in two sections: a calm one for flute and a stormy one for full orchestra",
            {"sections": "until 50%: only flute", "mood": None},
        ),
        (
            "baroque sonata in four movements, slow fast slow fast, in A minor, the third movement is in C major and the last "
            "one is a gigue in 12/8",
            {
                "style": "baroque,sonata",
                "meter": None,
                "key": "A minor",
                "form": "A B C D",
                "sections": "a: tempo 60; b: tempo 144; c: tempo 60; d: tempo 144; from 50% until 75%: key C major",
            },
        ),
        (
            "a theme and four variations for piano: the theme simple and hymnlike, the third as a waltz, the last one fast",
            {"style": "variations", "level": None, "meter": None, "sections": "end: tempo 140%"},
        ),
        (
            "jazz trio in AABA form, the head, then a bass solo over one chorus, then the head again",
            {"form": "A A B A A' A' B' A' A A B A", "sections": "from 33% until 67%: melody bass"},
        ),
        (
            "a theme, 25 seconds, upright bass plucked riff first, brushed snare joins after two bars, then a vibraphone",
            {"sections": "start: only upright bass, no drums"},
        ),
        (
            "anthem, SATB with organ and two trumpets, starting with a short trumpet fanfare, a middle section for sopranos "
            "and altos only",
            {"sections": "start: only trumpet; middle: only soprano and alto", "bars": None},
        ),
        (
            "a song for tenor and piano in C major at 112 bpm, a slow tender bridge in A flat for the tenor alone",
            {"tempo": 112.0, "key": "C major", "sections": "bridge: tempo 54%, only tenor, key Ab major"},
        ),
        ("tarantella in A minor, con un finale che accelera", {"tempo_curve": "100%@75% 140%@end"}),
        ("salsa with two trumpets and a trombone; then the horns, then a mambo section", {"style": "salsa"}),
    ],
)
def test_what_is_said_of_one_part_is_set_for_it_only(text: str, expected: dict[str, Any]) -> None:
    options = parse_prompt(text).options
    assert {name: options.get(name) for name in expected} == expected
    Brief.from_dict(dict(options))


@pytest.mark.parametrize(
    ("text", "instruments"),
    [
        (
            "a school orchestra needs a piece for violins, violas, cellos and basses",
            "violin violin viola viola cello contrabass contrabass",
        ),
        (
            "salsa with piano, bass, congas, two trumpets and a trombone; first piano, then the horns",
            "trumpet trumpet trombone",
        ),
        ("for cello and piano, the cello stays between low C and the D above middle C", "cello:C2-D4 acoustic-grand-piano"),
        ("scales for clarinet in B flat major, two octaves up and down", "clarinet:Bb3-Bb5"),
    ],
)
def test_lists_and_ranges_say_who_plays(text: str, instruments: str) -> None:
    played = parse_prompt(text).options["instruments"]
    wanted = instruments.split()
    assert played == wanted if "salsa" not in text else [name for name in played if name in wanted] == wanted


def test_each_player_has_the_melody_in_turn() -> None:
    options = parse_prompt("folk tune for violin, viola and cello, each player gets the melody once").options
    assert options["sections"] == "all: melody violin then viola then cello"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("salsa in D minor, then a mambo section", "mambo section: a piece has one style throughout, not another in a section"),
        (
            "five variations for piano, the third as a waltz",
            "a piece has one meter and one style throughout: no section, variation or movement has another",
        ),
    ],
)
def test_a_style_or_meter_of_one_part_is_named_in_a_line(text: str, line: str) -> None:
    assert line in parse_prompt(text).notes


@pytest.mark.parametrize(
    ("text", "lost"),
    [
        ("film music for full orchestra, the rhythm section and the choir join", "choir"),
        ("symphony orchestra with choir, organ, piano, guitar, accordion and two saxes", "two saxes"),
    ],
)
def test_players_named_last_are_left_out_where_staves_are_too_many(text: str, lost: str) -> None:
    reading = parse_prompt(text)
    assert len(make_plan(Brief.from_dict(dict(reading.options))).parts) <= MAX_PARTS
    assert any(lost in clause for clause in reading.ignored)
