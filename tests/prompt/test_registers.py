"""The register of a player: "low clarinet", "high violin"."""

from __future__ import annotations

import pytest

from composer.brief import Brief
from composer.prompt import parse_prompt


@pytest.mark.parametrize(
    ("text", "players"),
    [
        ("a tense heist, pizzicato strings and low clarinet, no drums", ["pizzicato-strings", "clarinet:D3-C5"]),
        ("duet for high violin and deep cello, adagio", ["violin:D5-C#7", "cello:C2-Ab3"]),
        ("low flute and harp in A minor", ["flute:B3-F#5", "orchestral-harp"]),
        ("low clarinet and two violins", ["clarinet:D3-C5", "violin", "violin"]),
        ("low strings and high woodwinds", ["cello", "contrabass", "piccolo", "flute"]),
        ("low whistle and guitar", ["low-whistle", "acoustic-guitar-nylon"]),
        ("high school march with flutes", ["flute", "flute"]),
    ],
)
def test_a_register_is_half_of_the_range_of_its_player(text: str, players: list[str]) -> None:
    options = parse_prompt(text).options
    assert options["instruments"] == players
    Brief.from_dict(dict(options))


def test_a_register_that_no_single_player_has_is_reported() -> None:
    found = parse_prompt("low piano and cello")
    assert (found.options["ensemble"], found.ignored) == ("cello-piano", ('low (of "low piano")',))
