"""What a prompt says of places of the piece: bars of sections, loudness of start, middle and end, solos, turns of mood."""

from __future__ import annotations

from typing import Any

import pytest

from composer.brief import Brief
from composer.prompt import parse_prompt

SOFT_AT_BOTH_ENDS = ["swell"]


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("jig, AABB, 8 bars each part", "A8 A'8 B8 B'8"),
        ("minuet AABB, each section is eight measures long", "A8 A'8 B8 B'8"),
        ("ein Walzer in ABA-Form, je 16 Takte", "A16 B16 A16"),
        ("vals para guitarra, forma ABA, cada parte de 16 compases", "A16 B16 A16"),
        ("polka per fisarmonica, AABB, 8 battute ciascuna", "A8 A'8 B8 B'8"),
        ("une gavotte AABB, 8 mesures chaque partie", "A8 A'8 B8 B'8"),
        ("二胡曲，AABB，每段8小节", "A8 A'8 B8 B'8"),
        ("rock song with a 4-bar intro and 16-bar verses", "Intro4 Verse16 Chorus8 Verse'16 Chorus8 Bridge4 Chorus8"),
        ("canción pop con una intro de 8 compases", "Intro8 Verse8 Chorus8 Verse'8 Chorus8 Bridge4 Chorus8 Outro4"),
        ("techno, 130 bpm, 8 bars of intro, one minute", "Intro8 Build3 Drop6 Break3 Build3 Drop6 Outro3"),
        ("lute dance, three sections of 8 bars each", "A8 B8 C8"),
        ("Kinderlied, zwei Strophen zu je 8 Takten", "A8 A8"),
        ("ピアノ連弾、16小節、各8小節の二部形式", "A8 B8"),
        ("swing tune, 32 bars, 4 bar intro", "Intro4 A4 A4 B4 A4 A'4 A'4 B4 A4"),
    ],
)
def test_bars_of_sections(text: str, form: str) -> None:
    found = parse_prompt(text)
    assert found.options["form"] == form
    assert "bars" not in found.options
    Brief.from_dict(found.options)


def test_bars_that_each_section_does_not_fill_give_way() -> None:
    found = parse_prompt("waltz, ABA, 20 bars, 8 bars each")
    assert found.options["form"] == "A8 B8 A8"
    assert [conflict.lost for conflict in found.conflicts] == ["20 bars"]


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("32 bars with 4 bars each for bass and drums", {"instruments": ["electric-bass-finger", "drums"], "bars": 32}),
        ("short jig, AABB, 8 bars each", {"style": "jig", "meter": "6/8", "form": "A8 A'8 B8 B'8"}),
        ("a fort in the middle of the desert", {"mood": ["mysterious"]}),
    ],
)
def test_what_says_nothing_of_places(text: str, options: dict[str, Any]) -> None:
    assert dict(parse_prompt(text).options) == options


def test_a_quiet_introduction_keeps_its_bars_and_its_player() -> None:
    options = parse_prompt("dubstep, quiet intro of 8 bars with piano only before the drop").options
    assert (options["sections"], "bars" in options) == ("intro: only piano", False)
    assert options["form"].startswith("Intro8 ")


@pytest.mark.parametrize(
    ("text", "arc"),
    [
        ("nocturne for piano, pianissimo ending", ["wind-down"]),
        ("hymn that ends fortissimo", ["build"]),
        ("waltz for piano, starts loud, ends very softly", ["wind-down"]),
        ("Cello und Klavier, in der Mitte lauter werden, leise enden", SOFT_AT_BOTH_ENDS),
        ("pieza para guitarra, empezar muy suave, más fuerte en el medio, terminar suave", SOFT_AT_BOTH_ENDS),
        ("brano per pianoforte, inizia piano, crescendo nel mezzo, finisce piano", SOFT_AT_BOTH_ENDS),
        ("une pièce pour orgue, plus fort au milieu, finir pianissimo", SOFT_AT_BOTH_ENDS),
        ("Вальс для скрипки, тихое начало, громкий конец", ["build"]),
        ("ピアノ曲、だんだん強くなる、最後は静かに", SOFT_AT_BOTH_ENDS),
        ("saxophone quartet, begins pp, swells to f, dies away", SOFT_AT_BOTH_ENDS),
        ("march that starts loud and ends loud", None),
    ],
)
def test_loudness_of_places(text: str, arc: list[str] | None) -> None:
    found = parse_prompt(text)
    assert (found.options.get("arc"), "dynamic" in found.options) == (arc, False)


@pytest.mark.parametrize(
    ("text", "curve"),
    [
        ("cello, starts nearly silent, becomes frantic, then collapses back to stillness", "calm@0% agitated@50% calm@100%"),
        ("scherzo, playful, with a lyrical trio in the middle", "playful@0% tender@50% playful@100%"),
        ("piano, begins pp, becomes stormy, returns to calm", "calm@0% agitated@50% calm@100%"),
    ],
)
def test_turns_of_mood(text: str, curve: str) -> None:
    options = parse_prompt(text).options
    assert options["mood_curve"] == curve
    assert options.get("arc") == (["swell"] if curve.startswith("calm") else None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a jazz trio playing a slow blues, three choruses, piano solo in the second", {"ensemble": "jazz-trio"}),
        ("12-bar blues, three choruses", {"form": "A12 A'12 A12"}),
        ("swing big band, trumpets, trombones and saxes, drum solo near the end",
         {"instruments": ["trumpet", "trumpet", "alto-sax", "tenor-sax", "trombone", "trombone", "acoustic-grand-piano",
                          "acoustic-bass", "drums"]}),
        ("funk band, sax solo at 0:45", {"ensemble": "funk-band", "hits": None}),
        ("cello solo in D minor", {"ensemble": "cello"}),
    ],
)  # fmt: skip
def test_solos_at_a_place_have_a_band(text: str, expected: dict[str, Any]) -> None:
    options = parse_prompt(text).options
    assert {option: options.get(option) for option in expected} == expected


@pytest.mark.parametrize(
    ("text", "players"),
    [
        ("four-part canon for recorders", ["recorder"] * 4),
        ("vierstimmiger Kanon für Blockflöten", ["recorder"] * 4),
        ("Kanon zu drei Stimmen für Trompeten", ["trumpet"] * 3),
        ("canon à trois voix pour flûtes", ["flute"] * 3),
        ("easy duet for two beginner violins", ["violin"] * 2),
        ("three sad cellos", ["cello"] * 3),
        ("Klarinettenquintett", ["clarinet", "violin", "violin", "viola", "cello"]),
        ("archi con clavicembalo", ["violin", "violin", "viola", "cello", "contrabass", "harpsichord"]),
        ("una bachata con requinto, bongó, güira y bajo", ["acoustic-guitar-nylon", "acoustic-bass", "bongos", "guiro"]),
        ("forró com sanfona, zabumba e triângulo", ["accordion", "drums"]),
    ],
)
def test_players_that_are_all(text: str, players: list[str]) -> None:
    assert parse_prompt(text).options["instruments"] == players


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("prelude in D minor, ending on a major chord",
         "every piece ends on the chord of its key: one in minor does not end in major"),
        ("drum kit with spoons and washboard",
         "spoons, washboard: one part, drums, plays all untuned percussion"),
        ("rock with a drum solo", "no drum solo: the part with the melody plays all solos"),
        ("una tarantella per mandolino", "Mandolin: sounds as Acoustic Guitar (steel), the nearest sound of General MIDI"),
        ("polka for accordion", "no style called polka; nearest: ballroom-dance (couple dances)"),
        ("bass clarinet duet", "Bass Clarinet: sounds as Clarinet, the nearest sound of General MIDI"),
        ("drums, 5 players", "a number of players does not say who plays: name the instruments"),
        ("country with brushed drums", "no brushed drums; nearest: drums"),
        ("trailer music, silence at 1:10",
         "a silence of all players within a piece is not possible: a section can leave players out (only piano in the middle)"),
    ],
)  # fmt: skip
def test_what_is_not_possible_has_a_line(text: str, line: str) -> None:
    found = parse_prompt(text)
    assert line in found.notes
    assert "hits" not in found.options


@pytest.mark.parametrize("text", ["flute, C major or G major", "flute in C or G major", "Flöte in C-Dur oder G-Dur"])
def test_of_two_keys_that_are_as_good_the_first_counts(text: str) -> None:
    found = parse_prompt(text)
    assert (found.options["key"], found.conflicts) == ("C major", ())


def test_of_two_meters_that_are_as_good_the_first_counts() -> None:
    found = parse_prompt("chiptune in 3/4 or 4/4")
    assert (found.options["meter"], found.conflicts) == ("3/4", ())


def test_a_theme_of_one_player_has_variations_and_no_solo() -> None:
    found = parse_prompt("tema con cinque variazioni per flauto solo")
    assert (dict(found.options), found.notes) == ({"ensemble": "flute", "form": "theme-and-variations"}, ())


def test_a_parish_is_not_paris() -> None:
    assert "mood" not in parse_prompt("hymn for a parish choir").options


def test_a_dance_in_french_has_its_meter_and_tempo() -> None:
    options = parse_prompt("bourrée à deux temps pour vielle, 120 à la noire").options
    assert (options["meter"], options["tempo"]) == ("2/4", 120)


def test_one_who_enters_is_one() -> None:
    options = parse_prompt("house, warm pads, bass enters at bar 9").options
    assert options["sections"] == "intro: no bass"


def test_piano_is_a_loudness_beside_words_for_one() -> None:
    read = parse_prompt(
        "string trio, 3 minutes, start gentle and piano, crescendo to forte at 1:45, then taper off to pianissimo"
    ).options
    assert (read["ensemble"], read["arc"], read["hits"]) == ("string-trio", ["swell"], "1:45 big")
    assert parse_prompt("start with gentle flute and piano").options["ensemble"] == "flute-piano"


@pytest.mark.parametrize(
    "text", ["strings, the middle a bit darker, warm at the end", "Streicher, die Mitte etwas düsterer, am Schluss warm"]
)
def test_the_middle_may_be_named_before_its_mood(text: str) -> None:
    assert parse_prompt(text).options["mood_curve"].endswith(" dark@50% tender@100%")
