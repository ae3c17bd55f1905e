"""The melody in a part of a keyboard: a hand of a piano, the pedal of an organ."""

from __future__ import annotations

import pytest

from composer.prompt import parse_prompt


@pytest.mark.parametrize(
    ("text", "sections"),
    [
        ("Chorale prelude for organ with the tune in the pedal", "all: melody pedal"),
        ("a slow organ piece, melody in the pedals", "all: melody pedal"),
        ("organ piece, the pedal has the melody in the second half", "from 50%: melody pedal"),
        ("Nocturne for piano with the melody in the left hand", "all: melody left hand"),
        ("piano piece with the tune in the pedal", None),
        ("country with pedal steel melody", None),
    ],
)
def test_a_part_of_a_keyboard_has_the_melody(text: str, sections: str | None) -> None:
    found = parse_prompt(text)
    assert found.options.get("sections") == sections
    assert not (sections and found.ignored)
