"""What one clause of a prompt says holds there and fails no other: players of phases, spans, movements, soloists."""

from __future__ import annotations

from typing import Any

import pytest

from composer.prompt import parse_prompt
from tests.prompt import options


def test_who_takes_over_in_a_later_phase_joins_the_line_up() -> None:
    found = options(
        "two minute cue, the first thirty seconds are just solo piano, then a cello joins with the melody, and at 1:20 the "
        "full string section takes over and it ends quietly on piano alone"
    )
    assert found["instruments"] == ["cello", "acoustic-grand-piano", "string-ensemble-1"]
    assert found["sections"].endswith("melody string section; d: only piano")
    assert found["hits"] == "0:30 section, 1:20 section, 1:50 section"


def test_horns_and_the_sax_of_a_band_are_its_winds() -> None:
    found = options(
        "jazz quintet (trumpet, tenor sax, piano, bass, drums), swing, AABA, 32 bars, horns in unison, the sax alone on "
        "the bridge"
    )
    assert found["instruments"] == ["trumpet", "tenor-sax", "acoustic-grand-piano", "acoustic-bass", "drums"]
    assert found["sections"] == "b: only tenor-sax"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("trailer music that builds over a minute, stops dead at one minute and explodes for the last thirty seconds", 90),
        ("string quartet that fades out over twenty seconds", None),
        ("piano piece, two minutes, grows over thirty seconds", 120),
    ],
)
def test_how_long_something_grows_is_no_length(text: str, seconds: float | None) -> None:
    assert options(text).get("duration") == seconds


def test_who_joins_a_growth_enters_before_the_first_time() -> None:
    found = options("epic trailer that starts with a single violin, builds with taiko drums, then full orchestra at 1:00")
    assert found["sections"] == "a: only violin; b: only violin and taiko-drum"


def test_a_suite_is_its_first_movement() -> None:
    said = parse_prompt(
        "Baroque suite for solo cello in G major with a prelude, a sarabande and a gigue: the prelude flowing, the sarabande "
        "slow in 3/4 and the gigue fast in 6/8. Each movement about one minute."
    )
    assert said.options == {"style": "baroque,prelude", "key": "G major", "duration": 60, "ensemble": "cello"}
    assert {"sarabande slow in 3/4", "gigue fast in 6/8"} <= set(said.ignored)
    assert "a request is one piece: sarabande and gigue are separate pieces, to be requested separately" in said.notes


def test_who_has_an_interlude_plays_before_it_too() -> None:
    found = options(
        "pastorale for organ and oboe, the oboe having the tune all the way, a short organ interlude halfway through"
    )
    assert (found["form"], found["sections"]) == ("ABA", "middle: melody organ")


def test_a_turn_to_another_mood_and_a_soloist_is_a_phase() -> None:
    found = options(
        "a storm at sea, ninety seconds, timpani and low strings, tempo speeding up, then a sudden calm with solo oboe"
    )
    assert found["mood_curve"].startswith("tense@0% tense@66% calm@67%")
    assert found["sections"].endswith("from 67%: only oboe")


def test_no_style_is_read_within_a_word() -> None:
    assert "style" not in options("music box tune for a haunted dollhouse level")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "rondo for clarinet and piano in B flat major, ABACA, the B episode in G minor, clarinet always has the tune "
            "except in C where the piano does",
            {"sections": "b: key G minor; c: melody piano"},
        ),
        (
            "folk tune with concertina and guitar, with a fiddle harmony joining at the end",
            {"sections": "end: +fiddle"},
        ),
        (
            "lo-fi beat, a mellow guitar melody that only comes in after the first eight bars",
            {"sections": "intro: no guitar", "form": "Intro8 A8 B8 A'8 B8 Outro4"},
        ),
        ("hymn for choir and organ, first verse in unison, second verse a cappella", {"ensemble": "choir-organ"}),
        (
            "orchestra, in three sections, a stately introduction, a lively middle section and a return of the opening that "
            "finishes as loud as possible",
            {"form": "A B A", "arc": ["loud-end"], "dynamic": None},
        ),
    ],
)
def test_what_a_clause_says_of_a_place_is_set_there(text: str, expected: dict[str, Any]) -> None:
    found = options(text)
    assert {option: found.get(option) for option in expected} == expected


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("piano duet for a beginner and her teacher", "a level holds for all players"),
        ("lo-fi chords with sevenths and ninths", "how rich chords are follows the style"),
        ("strings, a panic section twice as fast", "do not halve or double"),
    ],
)
def test_what_no_option_says_gets_a_line(text: str, line: str) -> None:
    assert any(line in note for note in parse_prompt(text).notes)
