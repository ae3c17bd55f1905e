"""Prompts about who leads, who plays along, and the keys of sections."""

from __future__ import annotations

from typing import Any

import pytest

from composer.brief import DRUMS, Brief
from composer.plan import make_plan
from composer.presets import styles
from composer.prompt import parse_prompt
from composer.prompt.parts import players_of


def options(text: str) -> dict[str, Any]:
    found = parse_prompt(text).options
    make_plan(Brief.from_dict(found))  # which refuses none of them
    return dict(found)


def players(text: str) -> list[str]:
    found = options(text)
    return list(found.get("instruments") or players_of(found.get("ensemble") or styles()[found["style"]].ensemble))


@pytest.mark.parametrize(
    ("text", "lead", "also"),
    [
        ("klezmer clarinet dance", "clarinet", "accordion"),
        ("clarinet klezmer", "clarinet", "accordion"),
        ("klezmer violin lament", "violin", "clarinet"),
        ("tango violin piece", "violin", "tango-accordion"),
        ("country fiddle tune", "fiddle", "acoustic-guitar-steel"),
        ("Samba-Flötenstück", "flute", "acoustic-guitar-nylon"),
        ("pasodoble con trompeta solista", "trumpet", "tuba"),
        ("pasodoble para banda con trompeta solista", "trumpet", "tuba"),
        ("marcha militar con corneta solista", "cornet", "tuba"),
        ("Marsch für Blaskapelle mit Solotrompete", "trumpet", "tuba"),
        ("marching band with solo trumpet", "trumpet", "tuba"),
        ("a comedy cue, clumsy bassoon", "bassoon", "clarinet"),
        ("big band swing with clarinet soloist", "clarinet", "trombone"),
    ],
)
def test_a_melody_instrument_beside_a_band_leads_it(text: str, lead: str, also: str) -> None:
    found = players(text)
    assert found[0] == lead
    assert also in found
    assert found.count(lead) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("solo clarinet klezmer", ["clarinet"]),
        ("Irish jig for fiddle and tin whistle", ["fiddle", "tin-whistle"]),
        ("sitar raga", ["sitar"]),
        ("trumpet fanfare, eight bars", ["trumpet"]),
        ("a polka with accordion and tuba", list(players_of("polka-band"))),
    ],
)
def test_a_player_who_is_alone_or_has_no_melody_leads_no_band(text: str, expected: list[str]) -> None:
    assert players(text) == expected


@pytest.mark.parametrize(
    ("text", "is_accompanied"),
    [
        ("Cello sonata first movement in sonata form", True),
        ("sonata for oboe", True),
        ("sonata para violín en re menor, primer movimiento", True),
        ("sonata for solo cello", False),
        ("sonata for unaccompanied violin", False),
        ("sonata for cello alone", False),
    ],
)
def test_a_sonata_has_a_pianist_unless_its_player_is_alone(text: str, is_accompanied: bool) -> None:
    assert ("acoustic-grand-piano" in players(text)) == is_accompanied


@pytest.mark.parametrize(
    "text",
    [
        "upbeat pop background music for a corporate video",
        "instrumental pop, bright",
        "明るいポップのBGM、ピアノとギター",
        "企业宣传片背景音乐,积极向上",
        "música de fondo corporativa, optimista",
    ],
)
def test_nobody_sings_in_background_music_and_a_keyboard_leads(text: str) -> None:
    found = players(text)
    assert "voice-oohs" not in found
    assert found[0] in ("acoustic-grand-piano", "electric-piano-1")


def test_background_music_has_the_singer_who_is_named_and_the_melody_of_a_named_wind() -> None:
    assert "voice-oohs" in players("pop background music with vocals")
    assert players("reggae background track with trombone")[0] == "trombone"


def test_a_list_after_a_colon_is_all_who_play_a_scene() -> None:
    expected = ["electric-guitar-clean", "acoustic-grand-piano", DRUMS]
    assert players("corporate background: clean guitar, piano, light percussion") == expected


@pytest.mark.parametrize(
    ("text", "ensemble"),
    [("Bolero, orchestra", "orchestra"), ("metal for orchestra", "orchestra"), ("rock with orchestra", None)],
)
def test_an_orchestra_plays_a_bolero_and_what_is_for_it(text: str, ensemble: str | None) -> None:
    assert options(text).get("ensemble") == ensemble


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("trap with 808", {"features": ["sub-bass"], "instruments": None}),
        ("dark trap beat with deep 808 and sparse hi-hats", {"features": ["sub-bass"], "density": None}),
        ("trap with 808 kick", {"features": None}),
        ("trap with deep 808 and sparse hi-hats", {"sections": "all: sparse drums"}),
        ("swing with busy drums", {"sections": "all: busy drums", "density": None}),
        ("sparse drums", {"sections": None, "density": 0.25}),
        ("hip hop with a detuned piano", {"ensemble": "jazz-trio"}),
        ("Bulgarian dance for gaida, tambura and drum", {"instruments": ["bagpipe", "mandolin", DRUMS]}),
        ("欢快的春节音乐,用二胡、笛子和锣鼓", {"style": "folk", "instruments": ["erhu", "dizi", DRUMS]}),
        ("春節の音楽、にぎやか", {"style": "folk"}),
    ],
)
def test_words_for_players_are_those_that_are_meant(text: str, expected: dict[str, Any]) -> None:
    found = options(text)
    assert {name: found.get(name) for name in expected} == expected


@pytest.mark.parametrize(
    ("text", "key", "sections"),
    [
        ("sonata in C minor, the second theme lyrical in E flat major", "C minor", "first b: key Eb major"),
        ("Sonate in c-Moll, zweites Thema lyrisch in Es-Dur", "C minor", "first b: key Eb major"),
        ("scherzo with a slower trio in the relative minor", "C major", "trio: tempo 75%, key relative"),
        ("scherzo in D major, with a slower trio in B minor", "D major", "trio: tempo 75%, key B minor"),
        ("minuet in G major with a trio in E minor", "G major", "middle: key E minor"),
        ("a trio in E minor for flute, viola and harp", "E minor", None),
        ("modulates from E flat major to G major and back", "Eb major", "middle: key G major"),
    ],
)
def test_sections_have_the_keys_that_are_theirs(text: str, key: str, sections: str | None) -> None:
    found = parse_prompt(text)
    assert (found.options["key"], found.options.get("sections")) == (key, sections)
    assert not [conflict for conflict in found.conflicts if conflict.option == "key"]
    options(text)


def test_the_mood_of_a_second_theme_is_its_own() -> None:
    curve = options("sonata in C minor, stormy first theme, the second theme lyrical in E flat major")["mood_curve"]
    assert curve.startswith("agitated@0% agitated@20% tender@21% tender@40% agitated@41%")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("dark ambient drone", {"style": "ambient", "features": ["drone"]}),
        ("slow Celtic air for whistle over a bagpipe drone", {"style": "folk", "instruments": ["whistle", "bagpipe"]}),
        ("violin melody over a drone", {"style": "ambient", "instruments": ["violin", "cello"], "features": ["drone"]}),
        ("Cello über einem Bordun in G", {"instruments": ["cello", "contrabass"], "features": ["drone"]}),
        ("ambient piano over a drone", {"ensemble": "piano", "features": ["drone"]}),
        ("bagpipe jig with drones", {"style": "jig", "features": None}),
        ("trailer: 0:00-0:20 eerie piano and drones, 0:20-1:00 full orchestra", {"features": None}),
    ],
)
def test_a_drone_is_held_below_the_players_where_the_style_can(text: str, expected: dict[str, Any]) -> None:
    found = options(text)
    assert {name: found.get(name) for name in expected} == expected
    is_said = any("a drone is held in styles of bands" in note for note in parse_prompt(text).notes)
    assert is_said == ("drone" not in found.get("features", ()))


@pytest.mark.parametrize(
    ("text", "lead"),
    [
        ("communion music for organ and solo voice", "voice"),
        ("organ and voice, gentle", "voice"),
        ("strings and solo violin", "violin"),
        ("cello and solo violin", "violin"),
        ("string quartet and solo clarinet", "clarinet"),
        ("calm piece for piano, strings and solo cello", "cello"),
        ("guitar solo and piano", "acoustic-guitar-nylon"),
    ],
)
def test_a_soloist_or_singer_has_the_melody_whoever_is_named_first(text: str, lead: str) -> None:
    assert players(text)[0] == lead


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Scottish reel for fiddle and bodhran", ["fiddle", "bodhran"]),
        ("oud, ney and frame drum", ["oud", "ney", "frame-drum"]),
        ("cue for taiko and brass", ["taiko-drum", "brass-section"]),
    ],
)
def test_drums_without_pitches_are_drum_parts(text: str, expected: list[str]) -> None:
    assert players(text) == expected
    assert [part.name for part in make_plan(Brief.from_dict(parse_prompt(text).options)).parts if part.is_drum]


def test_a_drum_without_pitches_does_not_lead_a_band() -> None:
    assert players("boss fight, choir and taiko")[0] == "french-horn"


@pytest.mark.parametrize(
    ("text", "also", "sections"),
    [
        ("two minutes of quiet strings, then a horn enters at 1:10 and everything stops at 1:50", "french-horn", None),
        ("two minutes of quiet strings, then a French horn enters at 1:10 with everybody", "french-horn", "b: +french horn"),
        ("funk with slap bass, clavinet and a horn section that only comes in for the chorus", DRUMS, "chorus: +horns"),
        ("surf guitar chase, loopable", DRUMS, None),
        ("surf guitar and organ", "electric-guitar-clean", None),
    ],
)
def test_who_enters_plays_and_a_band_stays(text: str, also: str, sections: str | None) -> None:
    assert also in players(text)
    assert sections is None or sections in options(text)["sections"]


@pytest.mark.parametrize("text", ["a piece for solo surf guitar", "funk for solo guitar"])
def test_a_lone_guitar_has_no_band(text: str) -> None:
    assert len(players(text)) == 1


@pytest.mark.parametrize(
    ("text", "start", "ignored"),
    [
        ("piano waltz, busy left hand", "what each hand plays", ('left hand (of "busy left hand")',)),
        ("funk, call and response", "how the parts move together", ("call and response",)),
        ("swing, let the drummer have a four-bar break", "a break in which one player", ("four-bar break",)),
    ],
)
def test_what_cannot_be_set_has_its_line(text: str, start: str, ignored: tuple[str, ...]) -> None:
    found = parse_prompt(text)
    assert [note for note in found.notes if note.startswith(start)] == list(found.notes)
    assert set(ignored) <= set(found.ignored)


@pytest.mark.parametrize(
    ("text", "met"),
    [
        ("beginner violin piece, nothing faster than eighth notes", True),
        ("violin piece, nothing faster than eighth notes", False),
        ("sonata in C minor, first theme stormy, second theme lyrical, recapitulation with both in C minor", True),
    ],
)
def test_what_is_met_is_not_ignored(text: str, met: bool) -> None:
    assert (not parse_prompt(text).ignored) == met


def test_players_who_do_not_play_are_not_said_to() -> None:
    found = parse_prompt("pop duet, tenor, soprano")
    named = {name for name in ("tenor", "soprano") if any(f"with {name} " in meaning for _, meaning in found.understood)}
    assert named <= set(found.options["instruments"])
