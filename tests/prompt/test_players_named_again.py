"""Players that a prompt names again, denies a solo or puts beside a group: none is added and none is lost."""

from __future__ import annotations

import pytest

from composer.brief import DRUMS
from composer.prompt import parse_prompt
from composer.prompt.parts import players_of


def players(text: str) -> list[str]:
    found = parse_prompt(text).options
    return list(found["instruments"]) if "instruments" in found else list(players_of(found["ensemble"]))


@pytest.mark.parametrize(
    "text",
    [
        "punk rock song in A, verse chorus verse chorus bridge chorus, no guitar solo",
        "rock song without a guitar solo",
        "metal song, no guitar riffs",
        "pop song without vocal harmonies",
        "soul track, no sax or organ fills",
        "lofi, no drums or bass breaks",
        "rock song, no drum solos",
    ],
)
def test_what_players_are_not_to_do_leaves_none_of_them_out(text: str) -> None:
    assert not {"instruments", "ensemble"} & parse_prompt(text).options.keys()


def test_a_bass_that_has_no_solo_plays() -> None:
    assert parse_prompt("jazz trio, no bass solo").options["ensemble"] == "jazz-trio"


@pytest.mark.parametrize(
    ("text", "lost"),
    [("rock song with no guitar", "guitar"), ("blues without piano or drums", "piano"), ("disco, no strings", "string")],
)
def test_players_that_are_denied_are_left_out(text: str, lost: str) -> None:
    assert not any(lost in name for name in players(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Write a piano trio: a slow introduction with the cello, then a dance led by the violin", players_of("piano-trio")),
        ("piece for clarinet, viola and piano; the clarinet leads, the viola rests",
         ["clarinet", "viola", "acoustic-grand-piano"]),
        ("wind quintet: the horn and the bassoon begin, then the flute joins", players_of("wind-quintet")),
        ("choir and organ, the sopranos float over the organ", players_of("choir-organ")),
        ("string orchestra, the violas carry a sad line under the violins", players_of("string-orchestra")),
        ("trumpet, guitar, bass and drums, jazz; the guitar comps behind the muted trumpet",
         ["trumpet", "electric-guitar-jazz", "acoustic-bass", DRUMS]),
        ("piano quintet, the strings under the piano", players_of("piano-quintet")),
        ("fiddle and accordion, the violin doubles the accordion", ["fiddle", "accordion"]),
        ("the owl is the clarinet, the fox the bassoon, for clarinet, bassoon and harp",
         ["clarinet", "bassoon", "orchestral-harp"]),
        ("rock band song, the organ swells, the guitars crunch", players_of("rock-band")),
        ("string quartet joined by the clarinet", [*players_of("string-quartet"), "clarinet"]),
        ("violin and piano duet, plus the double bass", ["violin", "acoustic-grand-piano", "contrabass"]),
        ("a lullaby for the harp and the flute", ["flute", "orchestral-harp"]),
        ("acoustic guitar and bass; the distorted guitar enters later",
         ["acoustic-guitar-steel", "electric-bass-finger", "distortion-guitar"]),
    ],
)  # fmt: skip
def test_a_player_that_is_known_is_added_only_if_nobody_is_it(text: str, expected: list[str]) -> None:
    assert sorted(players(text)) == sorted(expected)


@pytest.mark.parametrize(
    ("text", "first", "count"),
    [
        ("solo viola and string orchestra in F minor, very slow", "viola", 6),
        ("music for solo trumpet and brass band", "trumpet", 9),
        ("solo soprano and choir, a hymn", "soprano", 5),
        ("solo clarinet, sad", "clarinet", 1),
    ],
)
def test_a_soloist_beside_a_group_plays_with_it(text: str, first: str, count: int) -> None:
    found = players(text)
    assert found[0] == first
    assert len(found) == count
