"""Movements as sections with tempi, grave scenes, and keys as a player reads them."""

from __future__ import annotations

from typing import Any

import pytest

from composer.prompt import parse_prompt


@pytest.mark.parametrize(
    ("text", "form", "sections"),
    [
        (
            "baroque trio sonata for two violins and continuo, slow-fast-slow-fast",
            "A B C D",
            "a: tempo 60; b: tempo 144; c: tempo 60; d: tempo 144",
        ),
        ("concerto in D, three movements fast slow fast", "A B C", "a: tempo 144; b: tempo 60; c: tempo 144"),
        ("flute sonata in three movements: Allegro, Adagio, Presto", "A B C", "a: tempo 136; b: tempo 66; c: tempo 180"),
        ("concerto, allegro-moderato, adagio, presto", "A B C", "a: tempo 116; b: tempo 66; c: tempo 180"),
        ("saxophone quartet, fast-slow-fast", "ABA", "a: tempo 144; b: tempo 60"),
        ("piano piece, fast-slow-fast at 120 bpm", "ABA", "a: tempo 120; b: tempo 60"),
        (
            "cello piece in AABA form, slow, fast, slow",
            "AABA",
            "until 33%: tempo 60; from 33% until 67%: tempo 144; from 67%: tempo 60",
        ),
    ],
)  # fmt: skip
def test_slow_and_fast_by_turns_are_sections_with_tempi(text: str, form: str, sections: str) -> None:
    options = parse_prompt(text).options
    assert (options["form"], options["sections"]) == (form, sections)
    assert "tempo_curve" not in options


@pytest.mark.parametrize("text", ["Hungarian dance, slow-fast", "a fast and slow dance", "faster, slower, faster and faster"])
def test_two_tempi_and_comparatives_are_no_movements(text: str) -> None:
    assert "sections" not in parse_prompt(text).options


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("alto sax solo, G major for the player", "Bb major"),
        ("clarinet duet, written key F major", "Eb major"),
        ("a tune for trumpet, in written C", "Bb major"),
        ("horn melody in F major as written", "Bb major"),
        ("clarinet and flute, G major in the clarinet part", "F major"),
        ("piano piece in written G major", "G major"),
        ("a duet in C major written for alto sax and piano", "C major"),
        ("music written in C major for alto sax", "C major"),
        ("a waltz in E flat major for clarinet and piano", "Eb major"),
    ],
)
def test_a_written_key_sounds_lower_on_transposing_instruments(text: str, expected: str) -> None:
    assert parse_prompt(text).options["key"] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a child's funeral in the rain, cello and piano", {"mood": ["solemn"], "style": None}),
        ("a mother searches for her missing child", {"mood": ["sad"]}),
        ("the last letter from the war, children playing nearby", {"mood": ["sad"], "level": None}),
        ("grandmother's death, a garden in spring", {"mood": ["tragic"]}),
        ("a memorial piece for the kids of our school", {"mood": ["solemn"], "level": "easy"}),
        ("a funny piece for kids about a lost teddy bear", {"mood": ["funny"], "style": "comedy"}),
        ("a playful ghost for kids", {"mood": ["playful"], "style": "comedy"}),
        ("a wedding in the garden", {"mood": ["romantic"]}),
    ],
)
def test_death_loss_and_war_win_over_persons_and_places(text: str, expected: dict[str, Any]) -> None:
    options = parse_prompt(text).options
    assert {name: options.get(name) for name in expected} == expected


@pytest.mark.parametrize(
    ("text", "bars"),
    [
        ("theme and four variations for string quartet", 40),
        ("string quartet, second movement, adagio, theme and three variations", 32),
        ("theme with four variations, 60 seconds, flute", None),
        ("theme and three variations, theme of 16 bars", None),
        ("a hymn in three verses", None),
    ],
)
def test_a_theme_and_its_variations_have_eight_bars_each(text: str, bars: int | None) -> None:
    assert parse_prompt(text).options.get("bars") == bars


def test_a_later_movement_is_no_length_and_not_left_undone() -> None:
    reading = parse_prompt("string quartet, second movement, adagio, theme and four variations")
    assert "second movement" in reading.redundant
    assert not reading.ignored


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("a march with repeated strains for concert band", "A A B B Trio Trio"),
        ("a military march, every strain repeated, in B flat", "A A B B Trio Trio"),
        ("a march for brass band with all repeats", "A A B B Trio Trio"),
        ("a march with repeats, AABBCC", "AABBCC"),
        ("a march with two strains and a trio, each strain repeated", "A A B B Trio Trio"),
        ("a hymn with repeats", None),
        ("a march", None),
    ],
)
def test_a_march_with_repeats_has_each_strain_twice(text: str, form: str | None) -> None:
    assert parse_prompt(text).options.get("form") == form


def test_repeats_of_counted_strains_are_done() -> None:
    assert not parse_prompt("a march with two strains and a trio, each strain repeated").ignored


def test_a_shortest_note_without_a_level_is_named() -> None:
    reading = parse_prompt("recorder melody, nothing shorter than an eighth note")
    assert any("level easy" in note for note in reading.notes)
    assert not parse_prompt("easy recorder melody, nothing shorter than an eighth note").ignored
