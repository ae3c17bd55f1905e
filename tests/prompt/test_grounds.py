"""Passacaglias, chaconnes and ground basses: chords over a repeated bass, stated as often as the prompt says."""

from __future__ import annotations

import pytest

from composer.prompt import parse_prompt

CHROMATIC = "Dm A/C# | Am/C G/B | Gm/Bb A | Dm |"


def test_a_passacaglia_states_its_bass_as_often_as_requested() -> None:
    parsed = parse_prompt(
        "Passacaglia for cello and harpsichord on a four-bar descending chromatic bass in D minor, eight statements"
    )
    assert parsed.options["chords"] == CHROMATIC
    assert parsed.options["form"].split() == [f"A{chr(39) * number}4" for number in range(8)]
    assert (parsed.options["style"], parsed.options["meter"]) == ("variations", "3/4")
    assert not parsed.ignored


@pytest.mark.parametrize(
    ("text", "chords", "statements"),
    [
        ("chaconne in G major for string quartet", "G D/F# | Em Bm/D | C G/B | C D |", 8),
        ("chaconne for violin in D minor, 12 variations", "Dm | Am/C | Bb Gm/Bb | A |", 13),
        ("a piece over a ground bass in A minor, 64 bars", "Am | Em/G | F Dm/F | E |", 16),
        ("piano piece over a lament bass, C minor", "Cm | Gm/Bb | Ab Fm/Ab | G |", 8),
    ],
)
def test_the_bass_follows_the_mode_and_fills_the_piece(text: str, chords: str, statements: int) -> None:
    found = parse_prompt(text).options
    assert (found["chords"], len(found["form"].split())) == (chords, statements)


def test_stated_chords_and_other_styles_stay() -> None:
    assert parse_prompt("passacaglia in A minor over Am G F E").options["chords"] == "Am G F E"
    assert "form" not in parse_prompt("baroque aria over a ground bass, G minor").options
    assert "chords" not in parse_prompt("a sad waltz over a descending bass").options
