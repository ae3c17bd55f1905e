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
        ("jazz ballad with tenor sax, start with a 4-bar piano intro, then a 32-bar AABA", "Intro4 A8 A8 B8 A8"),
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
        ("nocturne for piano, pianissimo ending", ["soft-end"]),
        ("hymn that ends fortissimo", ["loud-end"]),
        ("waltz for piano, starts loud, ends very softly", ["wind-down"]),
        ("Cello und Klavier, in der Mitte lauter werden, leise enden", SOFT_AT_BOTH_ENDS),
        ("pieza para guitarra, empezar muy suave, más fuerte en el medio, terminar suave", SOFT_AT_BOTH_ENDS),
        ("brano per pianoforte, inizia piano, crescendo nel mezzo, finisce piano", SOFT_AT_BOTH_ENDS),
        ("une pièce pour orgue, plus fort au milieu, finir pianissimo", SOFT_AT_BOTH_ENDS),
        ("Вальс для скрипки, тихое начало, громкий конец", ["build"]),
        ("ピアノ曲、だんだん強くなる、最後は静かに", SOFT_AT_BOTH_ENDS),
        ("saxophone quartet, begins pp, swells to f, dies away", SOFT_AT_BOTH_ENDS),
        ("march that starts loud and ends loud", None),
        ("a heroic march that ends in a whisper", ["soft-end"]),
        ("detective theme, muted trumpet, last bars almost silent", ["soft-end"]),
        ("angry rock song with a soft ending", ["soft-end"]),
        ("builds slowly, quiet ending, strings", SOFT_AT_BOTH_ENDS),
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
    ("text", "before", "last"),
    [
        ("a tense film cue, 60 seconds, with a calm ending", "tense", "calm"),
        ("an agitated piece for strings, quiet peaceful ending", "agitated", "peaceful"),
        ("a stormy piano movement with a gentle close", "agitated", "tender"),
        ("a piece for strings with a calm ending", "0,0", "calm"),
        ("a symphony movement with a triumphant ending", "0,0", "triumphant"),
        ("a piece that ends sadly", "0,0", "sad"),
        ("a funeral march with a hopeful ending", "solemn", "hopeful"),
        ("dark cue whose last section is hopeful", "dark", "hopeful"),
        ("nervous string quartet, calm last eight bars", "tense", "calm"),
        ("a calm ending after a stormy piece for orchestra", "agitated", "calm"),
        ("tense music with an ending that is calm", "tense", "calm"),
        ("trauriges Klavierstück mit ruhigem Schluss", "sad", "calm"),
        ("pièce triste pour piano avec une fin calme", "sad", "calm"),
    ],
)
def test_the_mood_of_an_ending_is_that_of_the_last_section_only(text: str, before: str, last: str) -> None:
    curve = parse_prompt(text).options["mood_curve"]
    assert curve == f"{before}@0% {before}@75% {last}@76% {last}@100%"


@pytest.mark.parametrize(
    "text",
    [
        "calm, building to an epic ending, 45 seconds",
        "starts calm, epic ending",
        "calm strings, grows to an epic climax",
        "first calm, then epic",
    ],
)
def test_a_mood_that_a_piece_grows_into_is_reached_gradually(text: str) -> None:
    assert parse_prompt(text).options["mood_curve"] == "calm@0% epic@100%"


@pytest.mark.parametrize(
    ("text", "style"),
    [
        ("action cue, 45 s, the last bars are calm", "film-cue"),
        ("dark cue, the ending is hopeful", "tense-underscore"),
        ("sad cue with a triumphant ending", "documentary-piano"),
    ],
)
def test_the_mood_of_an_ending_does_not_choose_the_style(text: str, style: str) -> None:
    assert parse_prompt(text).options["style"] == style


def test_from_start_to_end_is_not_an_ending() -> None:
    assert parse_prompt("cello, from start to end calm").options["mood"] == ["calm"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a jazz trio playing a slow blues, three choruses, piano solo in the second", {"ensemble": "jazz-trio"}),
        ("12-bar blues, three choruses", {"form": "A12 A'12 A12"}),
        ("swing big band, trumpets, trombones and saxes, drum solo near the end",
         {"instruments": [*["trumpet"] * 3, *["alto-sax"] * 2, *["tenor-sax"] * 2, *["trombone"] * 3, "acoustic-grand-piano",
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
        ("galop for accordion", "no style called galop; nearest: ballroom-dance (couple dances)"),
        ("bass clarinet duet", "Bass Clarinet: sounds as Clarinet, the nearest sound of General MIDI"),
        ("drums, 5 players", "a number of players does not say who plays: name the instruments"),
        ("country with brushed drums", "no brushed drums; nearest: drums"),
        ("trailer music, silence at 1:10",
         "a silence of all players needs a place: a pause at bar 9, before the chorus or before the last chord"),
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
    assert (dict(found.options), found.notes) == ({"ensemble": "flute", "form": "theme-and-variations", "bars": 48}, ())


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


@pytest.mark.parametrize(
    ("text", "hits"),
    [
        ("film cue 45 seconds, sudden stinger at 0:31", "0:31 sudden"),
        ("cue, 60 s, out of silence a hit at 0:20", "0:20 sudden"),
        ("quiet before the hit at 0:31, 45 seconds, tense cue", "0:31 sudden"),
        ("horror cue, jump scare at 0:31, 40 seconds", "0:31 sudden"),
        ("60 second cue that swells into the hit at 0:40", "0:40 big"),
        ("tense cue, crescendo into the final hit at 0:58, 60 s", "0:58 big"),
        ("tense cue, 45 s, big hit at 0:20 and a sudden one at 0:33", "0:20 big, 0:33 sudden"),
        ("tense cue, hits at 0:20 big, 0:41 soft, 1:10 sudden, 90 s", "0:20 big, 0:41 soft, 1:10 sudden"),
        ("tense cue, 50 seconds, silence before the scream at 0:33", "0:33 sudden"),
        ("gentle arrival at 0:22, soft accent at 0:40, piano cue, 60 s", "0:22 soft, 0:40 soft"),
    ],
)
def test_how_the_music_comes_to_a_hit(text: str, hits: str) -> None:
    options = parse_prompt(text).options
    assert options["hits"] == hits
    assert "arc" not in options
    assert options.get("mood", ["tense"]) in (["tense"], ["tender"])
