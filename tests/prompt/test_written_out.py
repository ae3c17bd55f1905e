"""Prompts that spell out a piece: its sections, who enters when, its keys and groups, and what a brief has no option for."""

from __future__ import annotations

from typing import Any

import pytest

from composer.brief import Brief
from composer.plan import make_plan
from composer.prompt import parse_prompt
from tests.prompt import options


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("pop, intro, verse, pre-chorus, chorus, bridge and final chorus", "Intro Verse Build Chorus Bridge Chorus"),
        ("country, verse and chorus twice", "Verse Chorus Verse Chorus"),
        ("trap, 8 bar intro, then 16 bar verse and 8 bar hook", "Intro8 Verse16 Chorus8"),
        ("jazz waltz, two choruses of 16 bars", "Head16 Solo16"),
        ("march: intro of 4 bars, two strains of 16 bars each repeated", "Intro4 A16 A16 B16 B16"),
        ("hip-hop, 16 bar verses and 8 bar hooks", "Verse16 Chorus8 Verse'16 Chorus8"),
        ("Wiegenlied für Harfe, zwei Strophen", "A A"),
    ],
)
def test_forms_that_are_spelled_out(text: str, form: str) -> None:
    assert options(text)["form"] == form


@pytest.mark.parametrize(
    ("text", "sections"),
    [
        ("trap, 8 bar intro without drums", "intro: no drums"),
        ("film cue for orchestra, percussion comes in at 0:20", "a: no percussion"),
        ("sonata form for violin and piano in A major, second theme in E major", "first b: key E major"),
        ("country in A, modulate up to B for the last chorus", "last chorus: key B major"),
        (
            "country with fiddle, no drums until the second verse",
            "intro: no drums; first verse: no drums; first chorus: no drums",
        ),
    ],
)
def test_sections_that_are_spelled_out(text: str, sections: str) -> None:
    assert options(text)["sections"] == sections


def test_who_enters_later_plays_in_the_piece() -> None:
    assert "drums" in options("film cue for orchestra, percussion comes in at 0:20")["instruments"]


@pytest.mark.parametrize(
    ("text", "players"),
    [
        ("quartetto di sassofoni", ["soprano-sax", "alto-sax", "tenor-sax", "baritone-sax"]),
        ("quatuor de cors", ["french-horn"] * 4),
        ("duo d'accordéons", ["accordion"] * 2),
        ("quartet of flutes", ["flute"] * 4),
        ("duet of flute and clarinet", ["flute", "clarinet"]),
        ("motet for SSATBB", ["soprano", "soprano", "alto", "tenor", "bass-voice", "bass-voice"]),
        ("funky bass and drums groove", ["slap-bass-1", "drums"]),
    ],
)
def test_groups_of_players(text: str, players: list[str]) -> None:
    assert options(text)["instruments"] == players


@pytest.mark.parametrize(
    ("text", "ensemble"),
    [
        ("fugue for organ, starting with the alto", "organ"),
    ],
)
def test_who_has_the_melody_when_adds_no_player_and_has_a_line(text: str, ensemble: str) -> None:
    assert options(text)["ensemble"] == ensemble
    assert any("who has the melody is read" in note for note in parse_prompt(text).notes)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("motet for a cappella choir, mostly piano", {"dynamic": "p"}),
        ("piezas para guitarra en mi frigio", {"key": "E phrygian"}),
        ("film cue, 90 seconds, sudden stop at 1:25", {"duration": 85.0}),
        ("viola, fade away at 2:10", {"duration": 130.0, "arc": ["fade-out"]}),
        ("piano, 2 minutos y medio", {"duration": 150.0}),
        ("piano, monte jusqu'à un grand fortissimo", {"arc": ["build"]}),
        ("sonata form, a stormy development and a quiet coda", {"mood_curve": "calm@0% agitated@50% calm@100%"}),
        ("epic boss battle", {"mood": ["epic", "furious"]}),
        ("una tarantella vivace", {"style": "tarantella", "tempo": 234.0}),
        ("a fast march in 6/8", {"meter": "6/8", "tempo": 216.0}),
        ("una tarantella veloce", {"style": "tarantella", "tempo": 221.0}),
        ("trap, 140 bpm half-time", {"tempo": 140.0}),
        ("violin and piano, allegro, 4 minutes", {"meter": "4/4", "tempo": 136.0}),
    ],
)
def test_what_words_come_to(text: str, expected: dict[str, Any]) -> None:
    found = options(text)
    assert {option: found.get(option) for option in expected} == expected


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("organ prelude with a drone", "a drone is held in styles of bands"),
        ("piano, tre movimenti, il primo allegro, il secondo lento", "a piece is one movement"),
        ("string quartet in D dorian, ends in D major", "this piece ends in the key in which it begins"),
        ("horror, irregular meter", "a piece has one meter throughout"),
        ("school band march, narrow ranges", "a range can be set"),
        ("rondo for wind quintet, the C section like Mahler", "what one section is like"),
    ],
)
def test_what_has_no_option_has_a_line(text: str, line: str) -> None:
    assert any(note.startswith(line) for note in parse_prompt(text).notes)


def test_a_silence_of_some_bars_is_no_length() -> None:
    assert "bars" not in options("scary strings, silence for three bars in the middle")


@pytest.mark.parametrize(
    ("text", "style", "density"),
    [
        ("tense underscore with few notes and lots of space between notes, 1:00", "tense-underscore", 0.2),
        ("minimal dark underscore, drones only, 45 seconds", "tense-underscore", 0.1),
        ("minimal tense cue, 1 minute", "tense-underscore", 0.25),
        ("a minimal string quartet", "string-quartet", 0.25),
        ("minimal piano piece", "minimal-piano", None),
        ("sparse cue with space between the notes", "film-cue", 0.25),
    ],
)
def test_words_for_few_notes(text: str, style: str, density: float | None) -> None:
    found = options(text)
    assert (found["style"], found.get("density")) == (style, density)


@pytest.mark.parametrize(
    ("text", "key", "sections"),
    [
        ("theme and five variations for piano in D major, the fourth in minor", "D major", "A'''': key parallel"),
        ("Thema mit vier Variationen, die dritte in Moll", "C major", "A''': key parallel"),
        ("tema con variazioni per flauto, la seconda in minore", "C major", "A'': key parallel"),
    ],
)
def test_one_variation_is_in_the_other_mode(text: str, key: str, sections: str) -> None:
    found = options(text)
    assert (found["key"], found["sections"]) == (key, sections)
    assert make_plan(Brief.from_dict(found)).key.mode == "major"


def test_exercises_are_features_of_any_style() -> None:
    assert options("C major scale exercise for beginner piano") == {
        "features": ["scales"], "key": "C major", "level": "beginner", "ensemble": "piano"
    }  # fmt: skip
    assert options("arpeggio exercise for flute")["features"] == ["broken-chords"]
