"""Tempi that change, and players and tempi of sections, in bands and elsewhere."""

from __future__ import annotations

from typing import Any

import pytest

from composer.brief import Brief
from composer.prompt import merge, parse_prompt

FASTER, RITARDANDO = "100%@0 140%@end", "100%@90% 60%@end"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a polka that gets faster and faster", {"style": "polka", "meter": "2/4", "tempo_curve": "100%@0 180%@end"}),
        ("sad waltz, slows down at the end", {"mood": ["sad"], "style": "waltz", "tempo_curve": RITARDANDO}),
        ("immer schneller, Walzer", {"style": "waltz", "tempo_curve": FASTER}),
        ("techno from 80 to 140 bpm", {"style": "techno", "tempo": 80, "tempo_curve": "100%@0 175%@end"}),
        ("techno, 90 bpm accelerating to 135 bpm", {"style": "techno", "tempo": 90, "tempo_curve": "100%@0 150%@end"}),
        ("piano, slow, then fast", {"ensemble": "piano", "tempo": 60, "tempo_curve": "100%@50% 240%@50%"}),
        ("piano, from slow to fast", {"ensemble": "piano", "tempo": 60, "tempo_curve": "100%@0 240%@end"}),
        ("waltz without a ritardando", {"style": "waltz"}),
        ("a loop that speeds up, house", {"style": "house", "loop": True}),
    ],
)
def test_tempi_that_change(text: str, expected: dict[str, Any]) -> None:
    found = dict(parse_prompt(text).options)
    found.pop("form", None)
    assert found == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("waltz with a slow introduction", {"style": "waltz", "form": "Intro A B A", "sections": "start: tempo 65%"}),
        ("string quartet, slow introduction, then fast",
         {"style": "string-quartet", "ensemble": "string-quartet", "tempo": 144, "form": "Intro A B A",
          "sections": "start: tempo 42%"}),
        ("rock with a slow bridge", {"style": "rock", "sections": "bridge: tempo 65%"}),
        ("piano, the middle section slower", {"ensemble": "piano", "form": "ABA", "sections": "middle: tempo 75%"}),
        ("waltz, no slow introduction", {"style": "waltz"}),
    ],
)  # fmt: skip
def test_tempi_of_sections(text: str, expected: dict[str, Any]) -> None:
    assert dict(parse_prompt(text).options) == expected


@pytest.mark.parametrize(
    ("text", "sections"),
    [
        ("starts with solo cello, then the whole orchestra", "start: only cello"),
        ("symphony, oboe enters in the middle", "start: no oboe"),
        ("symphony, no brass until the end", "end: +brass"),
        ("orchestra, no strings in the middle section", "middle: no strings"),
        ("string quartet, viola alone at the beginning", "start: only viola"),
        ("choir and organ, organ enters in the last section", "end: +organ"),
        ("piano waltz, no piano until the end", None),
    ],
)
def test_players_of_sections_outside_bands(text: str, sections: str | None) -> None:
    said = parse_prompt(text)
    assert said.options.get("sections") == sections
    Brief.from_dict(merge(said, {}))


def test_a_curve_of_tempi_replaces_the_tempo_of_a_prompt_and_one_of_shares_does_not() -> None:
    said = parse_prompt("a slow waltz")
    assert "tempo" not in merge(said, {"tempo_curve": "60@0 90@end"})
    assert merge(said, {"tempo_curve": "100%@0 150%@end"})["tempo"] == said.options["tempo"]
    assert "tempo_curve" not in merge(parse_prompt("waltz, gets faster"), {"loop": True})


@pytest.mark.parametrize(
    ("text", "sections"),
    [
        ("piano piece in G major, middle section in E minor", "middle: key E minor"),
        ("waltz that modulates to the dominant", "middle: key dominant"),
        ("pop song, last chorus a whole tone higher", "last chorus: key +2"),
        ("rock, AB form, up a semitone in the final chorus", "last chorus: key +1"),
        ("string quartet with a modulation", "middle: key dominant"),
        ("D dorian flute piece, middle section in A minor", None),
        ("piano over Am F C G, the middle section in C major", None),
        ("a tune in E minor", None),
    ],
)
def test_keys_of_sections(text: str, sections: str | None) -> None:
    said = parse_prompt(text)
    assert said.options.get("sections") == sections
    Brief.from_dict(merge(said, {}))


def test_a_loop_has_the_sections_that_are_named() -> None:
    read = parse_prompt(
        "battle theme: 8 bar intro, A section in C minor, B section in Eb major more hopeful, then loop back to A"
    ).options
    assert (read["form"], read["loop"], read["sections"]) == ("Intro8 A16 B16 A16", True, "b: key Eb major")
    assert "hopeful@43.86%" in read["mood_curve"]
    Brief.from_dict(read)


def test_a_section_has_the_key_that_follows_its_mood() -> None:
    read = parse_prompt("nocturne in F sharp major, ABA with a stormy middle section in the parallel minor").options
    assert read["sections"] == "middle: key parallel"
    assert read["mood_curve"] == "calm@0% agitated@50% calm@100%"


@pytest.mark.parametrize(
    ("text", "sections"),
    [
        ("bossa nova com modulação no final", "from 50%: key +2"),
        ("balada pop con modulación", "last chorus: key +2"),
        ("canzone pop con modulazione", "last chorus: key +2"),
    ],
)
def test_a_modulation_is_one_in_other_languages(text: str, sections: str) -> None:
    assert parse_prompt(text).options["sections"] == sections


def test_one_verse_may_replace_several() -> None:
    assert parse_prompt("hymn, 4 verses no just one verse, F major").options["form"] == "A8"
