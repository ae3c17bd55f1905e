"""Prompts of band leaders, songwriters and teachers: solos with players, musicians, bars of single sections, marches."""

from __future__ import annotations

from typing import Any

import pytest

from composer.brief import Brief
from composer.plan import make_plan
from composer.prompt import parse_prompt


def options(text: str) -> dict[str, Any]:
    found = dict(parse_prompt(text).options)
    make_plan(Brief.from_dict(found))
    return found


@pytest.mark.parametrize(
    ("text", "form", "sections"),
    [
        (
            "jazz quartet, head, sax solo, piano solo, trade fours with the drummer, head",
            "Head Solo Solo' Solo'' Head",
            "first solo: melody tenor sax; second solo: melody piano",
        ),
        ("rock song with a guitar solo of 8 bars", "Verse8 Chorus8 Verse'8 Chorus8 Solo8 Chorus8", None),
        (
            "pop song, verse, chorus, 8-bar guitar solo, chorus, 4-bar piano intro",
            "Intro4 Verse8 Chorus8 Solo8 Chorus8",
            "solo: melody electric guitar clean; intro: only piano",
        ),
        ("blues in E, 4-bar piano intro", "Intro4 Head12 Solo12 Head12", "intro: only piano"),
        ("march for brass band, two strains of 16 bars, trio in E flat", "A16 B16 Trio16", "trio: key Eb major"),
        (
            "march in E flat, intro 4 bars, first strain 16, second strain 16, trio 32 in A flat",
            "Intro4 A16 B16 Trio32",
            "trio: key Ab major",
        ),
        (
            "march, a first strain, a second strain, and a trio in the subdominant where the clarinets have the tune",
            "A A B B Trio Trio",
            "trio: key subdominant, melody clarinet",
        ),
        ("punk song, two verses, three choruses, no bridge", "Verse Chorus Verse Chorus Chorus", None),
        ("five variations for piano in D major, the last one in minor", "theme-and-variations", "end: key parallel"),
    ],
)
def test_solos_and_sections_have_their_players_and_bars(text: str, form: str, sections: str | None) -> None:
    found = options(text)
    assert (found["form"], found.get("sections")) == (form, sections)


def test_a_pause_before_the_last_chorus_is_in_a_form_with_bars() -> None:
    found = options("verse 8, chorus 8, bridge 8, with a pause before the last chorus")
    assert (found["form"], found["pauses"]) == ("Verse8 Chorus8 Bridge8 Chorus8", "1 before last chorus")


@pytest.mark.parametrize(
    ("text", "players"),
    [
        ("folk song, singer, guitarist and a harmonica player", ["voice", "acoustic-guitar-nylon", "harmonica"]),
        (
            "rock band with two guitarists, a bassist and a drummer",
            ["overdriven-guitar", "distortion-guitar", "electric-bass-finger", "drums"],
        ),
        ("Walzer für zwei Geiger und eine Pianistin", ["violin", "violin", "acoustic-grand-piano"]),
        ("vals para guitarrista, flautista y violonchelista", ["acoustic-guitar-nylon", "flute", "cello"]),
    ],
)
def test_musicians_are_their_instruments(text: str, players: list[str]) -> None:
    assert sorted(options(text)["instruments"]) == sorted(players)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Flöte und Harfe, Ganztonleiter", "whole-tone, octatonic, blues and other scales are not possible"),
        ("polka with off-beats in the accordion", "patterns of notes follow the style"),
        ("jazz, trade fours with the drums", "players do not trade fours"),
    ],
)
def test_what_is_not_possible_has_its_line(text: str, line: str) -> None:
    assert any(line in note for note in parse_prompt(text).notes)


def test_off_beats_of_a_player_leave_its_band() -> None:
    found = options("reggae with off-beats on the organ")
    assert found == {"style": "reggae", "features": ["off-beat-chords"]}


@pytest.mark.parametrize(("text", "form"), [("a march with two strains", "A A B B"), ("oboe piece in two sections", "A B")])
def test_strains_and_sections_without_bars_are_the_form(text: str, form: str) -> None:
    assert options(text)["form"] == form


def test_bars_of_a_blues_are_those_of_each_chorus() -> None:
    found = options("slow blues for guitar, harmonica, bass and drums, 12 bars, three choruses")
    assert (found["form"], found.get("bars")) == ("A12 A'12 A12", None)


def test_melodies_of_several_parts_of_a_piece_are_not_refused() -> None:
    assert (
        "all: melody"
        in options("a wind quintet: an allegro with the flute leading, an adagio where the horn has the melody")["sections"]
    )


def test_a_fast_dance_that_gets_faster_stays_in_the_range_of_tempi() -> None:
    found = options("Una tarantella veloce per mandolino, chitarra e tamburello, con un finale che accelera")
    assert found["tempo"] * 1.4 <= 300


def test_players_who_are_left_out_of_a_section_rest_there() -> None:
    assert options("pop song; leave the drums out in the bridge")["sections"] == "bridge: no drums"
    assert (
        options("funk for drums, bass, guitar, trumpet and trombone, horns tacet in the verses")["sections"]
        == "verse: no horns"
    )


def test_players_of_a_section_play_there() -> None:
    found = options("pop ballad, piano and pads in the verse, full band in the chorus")
    assert found["sections"] == "verse: only piano and pads"
    found = options("reggae groove, horns in the chorus")
    assert (found["sections"], "brass-section" in found["instruments"]) == ("chorus: +horns", True)


@pytest.mark.parametrize(
    ("text", "players"),
    [
        ("a wind quintet with the flute leading", {"flute", "oboe", "clarinet", "french-horn", "bassoon"}),
        ("12 bar blues for electric guitar, bass, drums, with a harmonica solo", None),
    ],
)
def test_a_player_of_a_group_who_leads_adds_none(text: str, players: set[str] | None) -> None:
    found = options(text)
    names = found.get("instruments") or []
    assert len(set(names)) == len(names)
    assert players is None or not names or set(names) == players
    assert "melody" in found["sections"]


def test_voices_of_a_choir_sing_its_sections() -> None:
    found = options("anthem for SATB choir and organ, middle section for sopranos and altos only")
    assert (found["ensemble"], found["sections"]) == ("choir-organ", "middle: only soprano and alto")
    assert options("choral piece SATB a cappella, starts with the altos alone")["ensemble"] == "satb-choir"


@pytest.mark.parametrize(
    "text",
    ["organ piece in D minor that ends in major", "Orgel, d-Moll, endet in Dur", "flûte, ré mineur, se termine en majeur"],
)
def test_a_piece_in_minor_that_ends_in_major_has_a_picardy_third(text: str) -> None:
    assert options(text)["ending"] == "picardy"


@pytest.mark.parametrize(
    ("text", "form", "sections"),
    [
        (
            "swing for big band: 4-bar intro, head, trumpet solo 32 bars, trombone solo, head out",
            "Intro4 Head16 Solo32 Solo'32 Head16",
            "first solo: melody trumpet; second solo: melody trombone",
        ),
        ("song for guitar and voice, two verses, chorus, one verse, chorus", "Verse Verse Chorus Verse Chorus", None),
        ("organ and trumpet, ABA, middle section organ alone", "ABA", "middle: only organ"),
        ("march: intro 8, strain A 16, strain B 16, trio 32", "Intro8 A16 B16 Trio32", None),
    ],
)
def test_lists_of_band_leaders_are_the_form(text: str, form: str, sections: str | None) -> None:
    found = options(text)
    assert (found["form"], found.get("sections")) == (form, sections)


def test_an_alto_beside_a_violin_is_a_viola() -> None:
    found = options("Duo pour violon et alto, l'alto joue la mélodie au milieu")
    assert (found["instruments"], found["sections"]) == (["violin", "viola"], "middle: melody viola")
