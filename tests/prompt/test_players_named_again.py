"""Players that a prompt names again, denies a solo or puts beside a group: none is added and none is lost."""

from __future__ import annotations

import pytest

from composer.brief import DRUMS
from composer.prompt import parse_prompt
from composer.prompt.levels_of_players import LINE_OF_LEVELS
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


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("choir of sopranos, altos and men with organ, hymn", ["soprano", "alto", "baritone", "church-organ"]),
        ("a mixed choir of sopranos, altos, tenors and basses, motet", players_of("satb-choir")),
        ("choir of men and women, folk song", players_of("satb-choir")),
        ("choir of boys and men, psalm", ["boy-soprano", "boy-alto", "tenor", "bass-voice"]),
        ("anthem for choir: sopranos, altos, baritones", ["soprano", "alto", "baritone"]),
        ("three-part choir SAB hymn with piano", ["soprano", "alto", "baritone", "acoustic-grand-piano"]),
        ("SATB choir with a middle section for sopranos and altos only", players_of("satb-choir")),
        ("choir with altos singing the tune, hymn", players_of("satb-choir")),
        ("soprano solo with four-part choir and organ", ["soprano", *players_of("choir-organ")]),
        ("cello solo with string orchestra in A minor", ["cello", *players_of("string-orchestra")]),
    ],
)
def test_a_choir_has_the_voices_of_its_groups(text: str, expected: list[str]) -> None:
    assert sorted(players(text)) == sorted(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("easy cello duet, second cello on open strings", ["cello", "cello"]),
        ("a guitar study across all six strings", ["acoustic-guitar-nylon"]),
        ("violin piece on the G string", ["violin"]),
        ("in D string quartet, sad", players_of("string-quartet")),
        ("prelude for organ, mostly on flute stops, the melody in the tenor", ["church-organ"]),
        ("she is learning cello and likes it. A short piece, cello and piano", ["cello", "acoustic-grand-piano"]),
        (
            "brass quartet, 2 trumpets and 2 trombones, not too high for the trumpets",
            ["trumpet:F#3-F#5"] * 2 + ["trombone"] * 2,
        ),
        ("flute duet, first flute low, second flute high", ["flute", "flute"]),
        ("brass band march, low brass enters late", ["trumpet"] * 3 + ["french-horn"] * 2 + ["trombone"] * 2 + ["tuba"]),
    ],
)
def test_strings_stops_and_families_of_players_add_none(text: str, expected: list[str]) -> None:
    assert sorted(players(text)) == sorted(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a melody like a music box, for flute and harp", ["flute", "orchestral-harp"]),
        ("as if played on an old piano: a waltz for violin and cello", ["violin", "cello"]),
        ("piano imitating church bells", ["acoustic-grand-piano"]),
        ("as if from a broken barrel organ, for accordion and tuba", ["accordion", "tuba"]),
        ("like a dream for flute and harp", ["flute", "orchestral-harp"]),
        ("like a hurdy-gurdy, for viola and cello", ["viola", "cello"]),
        ("sounds like a music box, waltz", ["music-box"]),
        ("I'd like a violin and piano duet", ["violin", "acoustic-grand-piano"]),
        ("use instruments like kalimba and marimba, calm", ["kalimba", "marimba"]),
        ("celesta and glass-like pads, calm", ["celesta", "pad-2-warm"]),
    ],
)
def test_what_players_sound_like_is_no_player(text: str, expected: list[str]) -> None:
    assert sorted(players(text)) == sorted(expected)


@pytest.mark.parametrize(
    "text",
    [
        "duet for two cello students, one advanced and one beginner",
        "piano four hands for a beginner and her teacher: the beginner plays a simple tune",
        "string trio where the viola part is very easy",
        "guitar duo with an easy second part",
        "a duet for an experienced clarinetist and a beginner pianist",
        "flute duet, first flute hard, second flute for a beginner",
    ],
)
def test_the_level_of_one_player_is_not_that_of_all(text: str) -> None:
    found = parse_prompt(text)
    assert not {"level", "density"} & found.options.keys()
    assert LINE_OF_LEVELS in found.notes


@pytest.mark.parametrize(
    "text", ["a trio for beginners: flute, violin, cello", "school orchestra, beginner level, first violins slightly harder"]
)
def test_a_level_of_all_players_is_set(text: str) -> None:
    assert parse_prompt(text).options["level"] == "beginner"


def test_a_gong_is_no_drum_kit() -> None:
    found = parse_prompt("a soft gong at the start, flute and harp")
    assert DRUMS not in found.options.get("instruments", ())
    assert any("single strokes" in note for note in found.notes)
    assert DRUMS in parse_prompt("dizi, erhu, drums and gong").options["instruments"]


def test_a_singer_of_a_section_takes_the_place_of_the_flute_that_stands_in() -> None:
    found = parse_prompt(
        "power ballad: verse with just piano and vocals, drums and distorted guitar come in at the chorus, "
        "guitar solo after the second chorus"
    ).options
    assert found["instruments"][0] == "voice"
    assert not {"flute", "electric-guitar-clean"} & set(found["instruments"])
    assert "verse: only piano and voice" in found["sections"]
    assert "solo: melody distortion guitar" in found["sections"]


def test_a_section_without_a_player_is_that_section_also_with_its_bars() -> None:
    found = parse_prompt("synthwave with gated drums; intro 8 bars, breakdown 8 bars without drums, chorus 16 bars").options
    assert found["sections"] == "breakdown: no drums"
    assert "instruments" not in found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a music-box-like waltz for celesta and harp", ["celesta", "orchestral-harp"]),
        ("violin and piano, as if a cimbalom were playing", ["violin", "acoustic-grand-piano"]),
        ("a duet between alto flute and vibraphone, the vibraphone underneath the flute", ["alto-flute", "vibraphone"]),
        ("latin jazz with trumpet, tenor sax, piano, bass and drums; the tenor takes the first solo",
         ["trumpet", "tenor-sax", "acoustic-grand-piano", "acoustic-bass", DRUMS]),
        ("a small orchestra of flute, clarinet, two violins and cello", ["flute", "clarinet", "violin", "violin", "cello"]),
        ("metal track with bass, double kick, two guitars and no clean vocals", players_of("punk-band")),
        ("string quartet, no loud drums", players_of("string-quartet")),
        ("choir and orchestra, no piano, the choir shines", players_of("choir-orchestra")),
        ("male voice choir, Welsh hymn", players_of("mens-choir")),
        ("children's choir and adult choir with organ", ["childrens-voice"] * 2 + ["choir-aahs"] * 4 + ["church-organ"]),
    ],
)  # fmt: skip
def test_what_is_said_of_players_adds_and_removes_none(text: str, expected: list[str]) -> None:
    assert sorted(players(text)) == sorted(expected)


@pytest.mark.parametrize(
    ("text", "settings"),
    [
        ("reggae with organ, guitar, bass, drums and horns; keep the horns out of the verses", "verse: no horns"),
        ("rock, leave the guitar out in the bridge", "bridge: no guitar"),
        ("pop, the first verse has only piano and voice", "first verse: only piano and voice"),
        ("pop song, string intro", "intro: only strings"),
    ],
)
def test_who_rests_or_plays_in_a_section_is_no_line_up(text: str, settings: str) -> None:
    assert settings in parse_prompt(text).options["sections"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("first violin, second violin, viola and cello: a minuet", players_of("string-quartet")),
        ("first clarinet, second clarinet and bassoon, divertimento", ["clarinet", "clarinet", "bassoon"]),
        ("first cello plays the tune, second cello accompanies, duet", ["cello", "cello"]),
        ("two trumpets, the second trumpet muted", ["trumpet", "trumpet"]),
        ("string quartet: the first violin takes the theme", players_of("string-quartet")),
        ("no solo violin, just string quartet", players_of("string-quartet")),
    ],
)
def test_the_first_and_the_second_of_an_instrument_are_two(text: str, expected: list[str]) -> None:
    assert sorted(players(text)) == sorted(expected)
