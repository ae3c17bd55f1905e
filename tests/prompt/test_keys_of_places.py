"""Keys that a prompt gives to sections by their names, ordinals and bars."""

from __future__ import annotations

import pytest

from composer.brief import Brief
from composer.plan import make_plan
from composer.prompt import parse_prompt
from tests.prompt import options


@pytest.mark.parametrize(
    ("text", "key", "sections"),
    [
        ("sad piano piece in D minor, second verse in F major", "D minor", "second verse: key F major"),
        ("rock song in C, the second verse in A minor", "C major", "second verse: key A minor"),
        ("folk ballad, three verses, second verse in A minor", "C major", "second verse: key A minor"),
        ("verse in A minor, chorus in A major, synth pop", "A minor", "chorus: key A major"),
        ("E minor for the verse and G major for the chorus, synth pop", "E minor", "chorus: key G major"),
        ("pop song in G, bridge goes to E flat", "G major", "bridge: key Eb major"),
        ("song in A minor, bridge in C", "A minor", "bridge: key C major"),
        ("ninna nanna per arpa, modula in sol maggiore nella parte centrale", "E minor", "middle: key G major"),
        ("berceuse en sol majeur pour harpe, le milieu en mineur", "G major", "middle: key parallel"),
        ("Trauermarsch in c-Moll für Blasorchester, Trio in As-Dur", "C minor", "trio: key Ab major"),
        ("Kinderlied in F-Dur, vier Strophen, die letzte einen Ganzton höher", "F major", "last verse: key +2"),
        ("悲伤的二胡独奏,中段转到大调", "A minor", "middle: key parallel"),
        ("string quartet in sonata form, C minor, second theme in E flat", "C minor", "first b: key Eb major"),
        (
            "prelude in D minor with a middle section for cello in the relative major",
            "D minor",
            "middle: only cello, key relative",
        ),
        ("waltz, middle section in E minor", "G major", "middle: key E minor"),
        ("theme and variations in C major for piano, second variation in A minor", "C major", "A'': key A minor"),
        ("modulate to Eb in bar 17, 32 bars, piano in C", "C major", "from 50%: key Eb major"),
        (
            "start in C minor, modulate to E flat major halfway, end triumphantly, orchestra, 2 minutes",
            "Eb major",
            "until 50%: key C minor",
        ),
        ("from bar 9 to 16 in F, 32 bars, trumpet in C", "C major", "from 25% until 50%: key F major"),
    ],
)
def test_keys_of_named_places(text: str, key: str, sections: str) -> None:
    found = options(text)
    assert (found["key"], found["sections"]) == (key, sections)
    Brief.from_dict(found)


def test_a_mode_of_the_end_is_that_of_the_parallel_key() -> None:
    found = options("minor key march that turns to major at the end")
    assert (found["key"], found["sections"]) == ("A major", "a: key A minor; b: key A minor; last a: key A major")
    assert make_plan(Brief.from_dict(found))  # which ends in the mode of the piece


@pytest.mark.parametrize(
    ("text", "key", "sections"),
    [
        ("hymn in F, organ, three verses, third verse in D minor", "D minor", "all: key F major; third verse: key D minor"),
        ("verse in A minor, chorus in C major, lied for voice and guitar", "C major", "all: key A minor; chorus: key C major"),
    ],
)
def test_a_last_section_in_the_other_mode_has_the_key_of_the_piece(text: str, key: str, sections: str) -> None:
    found = options(text)
    assert (found["key"], found["sections"]) == (key, f"{sections}; outro: key {key}")


def test_bars_are_chosen_where_keys_need_them() -> None:
    found = options("from bar 9 to 16 in F, otherwise in C, trumpet and piano")
    assert (found["bars"], found["key"]) == (32, "C major")


def test_the_key_of_a_bridge_stays_beside_one_of_the_last_chorus() -> None:
    sections = options("pop song in G, bridge goes to E flat, last chorus in A")["sections"]
    assert "bridge: key Eb major" in sections
    assert sections.endswith("last chorus: key A major")


@pytest.mark.parametrize(
    ("text", "key", "sections"),
    [
        ("first half in D minor, second half in D major, piano", "D major", "all: key D minor; from 50%: key D major"),
        ("rock song in C, verse 2 in A minor", "C major", "second verse: key A minor"),
        ("pezzo per violino, prima parte in re minore, seconda parte in re maggiore", "D minor", "b: key D major"),
        ("Kyrie in D minor, first part solemn, second part hopeful in D major", "D minor", "b: key D major"),
        ("piano etude, 24 bars, bars 9-16 in the relative major, A minor", "A minor", "from 33% until 67%: key relative"),
        ("Lied, drei Strophen und Refrain, letzter Refrain einen Halbton höher, G-Dur", "G major", "last chorus: key +1"),
        ("waltz, A in C major, B in F major, C in A minor", "C major", "b: key F major; c: key A minor"),
    ],
)
def test_keys_of_halves_numbers_and_letters(text: str, key: str, sections: str) -> None:
    found = options(text)
    assert (found["key"], found["sections"].partition("; outro")[0]) == (key, sections)


@pytest.mark.parametrize(
    "text",
    ["modulate to Eb in bar 100, 32 bars, piano in C", "modulate to Eb in bar 900, piano in C", "from bar 1 in F, piano"],
)
def test_keys_at_bars_that_a_piece_lacks_are_reported(text: str) -> None:
    said = parse_prompt(text)
    assert "sections" not in said.options
    assert any("bar " in phrase for phrase in said.ignored)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("a folk tune for flute, B section in D dorian", None),
        ("middle section in E phrygian, piano piece in C major", "C major"),
    ],
)
def test_no_section_has_a_church_mode(text: str, key: str | None) -> None:
    reading = parse_prompt(text)
    assert reading.options.get("key") == key
    assert "sections" not in reading.options
    assert any("sections have major and minor keys" in line for line in reading.lines())
