"""Counts of bars that are not the length of the piece, and letters that are notes."""

from __future__ import annotations

from typing import Any

import pytest

from composer.prompt import parse_prompt


def options(text: str) -> dict[str, Any]:
    return dict(parse_prompt(text).options)


@pytest.mark.parametrize(
    ("text", "bars"),
    [
        ("a 24-bar waltz for two flutes", 24),
        ("a march for brass for 32 bars", 32),
        ("16 bars of jazz piano", 16),
        ("one-bar loop for drums", 1),
        ("drum loop, 1 bar", 1),
        ("solo violin piece, 20 bars long, with a pause for one bar", 20),
        ("piano waltz, 32 bars, with a 2-bar drum break", 32),
        ("bassoon tiptoes for 8 bars, silence for two bars, then the full orchestra bursts in for 16 bars", 24),
        ("strings sneak around for 12 bars, then silence for one bar, then a chase with orchestra for 24 bars", 36),
        ("easy clarinet piece, no more than 20 measures", 20),
        ("under 30 bars, waltz for harp", 28),
    ],
)
def test_only_a_count_of_the_piece_is_its_length(text: str, bars: int) -> None:
    assert options(text)["bars"] == bars


@pytest.mark.parametrize(
    ("text", "lost"),
    [
        ("ghost story for strings: nothing happens for 8 bars, then a scream", "nothing happens for 8 bars"),
        ("sneaky bassoon solo that stops for one bar near the end", "stops for one bar near the end"),
    ],
)
def test_the_bars_of_a_gesture_set_nothing(text: str, lost: str) -> None:
    understanding = parse_prompt(text)
    assert "bars" not in understanding.options
    assert lost in understanding.ignored


def test_bars_belong_to_the_section_that_opens_their_sentence() -> None:
    text = "Rock song. Intro with organ, 4 bars. Verse with guitar and bass, 8 bars. Chorus with the full band, 8 bars."
    assert options(text)["form"] == "Intro4 Verse8 Chorus8"
    text = (
        "Prog rock. Intro with church organ, 4 bars. Main riff with electric guitar, 8 bars. Quiet middle section with flute."
    )
    assert "bars" not in options(text)
    assert options(text)["form"].startswith("Intro4 ")


@pytest.mark.parametrize(
    "text",
    [
        "easy recorder piece using only B A G",
        "first recorder tune, only uses B, A and G",
        "a piece for xylophone, just C D E, playful",
    ],
)
def test_letters_after_only_are_notes(text: str) -> None:
    understanding = parse_prompt(text)
    assert not {"chords", "key"} & understanding.options.keys()
    assert any("chosen notes" in line for line in understanding.notes)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("soprano aria with piano in A flat, ending on a high B flat", "Ab major"),
        ("aria for soprano and orchestra in G flat, climax on a high B flat near the end", "Gb major"),
        ("solo trumpet piece with a high C near the end, B flat major", "Bb major"),
    ],
)
def test_a_high_note_is_no_key(text: str, key: str) -> None:
    understanding = parse_prompt(text)
    assert understanding.options["key"] == key
    assert "sections" not in understanding.options
    assert any(line.startswith("a single note cannot be placed") for line in understanding.notes)


def test_chords_and_whistles_are_no_single_notes() -> None:
    assert options("a folk song over the chords G D Em C")["chords"] == "G D Em C"
    assert not any("single note" in line for line in parse_prompt("slow air for low D whistle").notes)


@pytest.mark.parametrize(
    ("text", "tempo"),
    [
        ("two marimbas that slowly shift out of phase", None),
        ("organ piece that quickly turns sinister", None),
        ("strings that quickly fade at the end", None),
        ("slowly and sadly, for cello", 60.0),
        ("a tune for cello, slowly played", 60.0),
        ("slowly flowing harp music", 60.0),
    ],
)
def test_an_adverb_of_a_verb_sets_no_tempo(text: str, tempo: float | None) -> None:
    assert options(text).get("tempo") == tempo


@pytest.mark.parametrize(
    ("text", "players"),
    [
        ("quatuor à cordes, en do mineur, avec des pizzicati à la fin", "string-quartet"),
        ("cello quintet, pizzicati throughout", ["cello"] * 5),
        ("glockenspiel and pizzicato, cute", ["glockenspiel", "pizzicato-strings"]),
        ("pizzicato strings and flute", ["pizzicato-strings", "flute"]),
        ("march for concert band with low brass melody", "concert-band"),
    ],
)
def test_manners_and_groups_of_players_add_none(text: str, players: str | list[str]) -> None:
    said = options(text)
    assert said.get("ensemble", said.get("instruments")) == players


@pytest.mark.parametrize(
    ("text", "key", "line"),
    [
        ("Japanese garden scene for koto using the iwato scale", "D hirajoshi", "no iwato scale; nearest: hirajoshi"),
        ("a piece in sen scale on D for flute", "D hirajoshi", "no in sen scale; nearest: hirajoshi"),
        ("yo scale melody for shakuhachi", "G major pentatonic", "no yo scale; nearest: major pentatonic"),
    ],
)
def test_the_nearest_scale_is_named(text: str, key: str, line: str) -> None:
    understanding = parse_prompt(text)
    assert understanding.options["key"] == key
    assert line in understanding.notes


def test_a_japanese_waltz_keeps_its_meter() -> None:
    assert "meter" not in options("Japanese waltz for koto")
    assert options("Japanese piece for koto and shakuhachi")["meter"] == "4/4"


def test_the_trio_of_a_march_is_a_section() -> None:
    assert options("march for concert band with a low brass melody in the trio")["sections"] == "trio: melody trombone"
    assert options("minuet for string quartet, the trio led by the cello")["sections"] == "trio: melody cello"
    assert "sections" not in options("jazz trio with a ballad feel")


def test_what_lasts_to_the_end_is_done() -> None:
    assert parse_prompt("trumpets, accelerating all the way to the end").ignored == ()
