"""Prompts whose players, scenes or other languages were read wrongly: each with the options that its writer means."""

from __future__ import annotations

from typing import Any

import pytest

from composer.brief import DRUMS, Brief
from composer.plan import make_plan
from composer.prompt import parse_prompt
from composer.prompt.parts import players_of

RHYTHM = ["acoustic-grand-piano", "acoustic-bass", DRUMS]


def options(text: str) -> dict[str, Any]:
    found = parse_prompt(text).options
    make_plan(Brief.from_dict(found))  # which refuses none of them
    return dict(found)


def players(text: str) -> list[str]:
    found = options(text)
    return list(found["instruments"]) if "instruments" in found else list(players_of(found["ensemble"]))


@pytest.mark.parametrize(
    ("text", "style"),
    [
        ("epic music but without any percussion", "cinematic"),
        ("calm music without strings", "minimal-piano"),
        ("sad music, no piano", "documentary-piano"),
    ],
)
def test_who_is_left_out_of_a_mood_is_left_out_of_the_players_of_one_of_its_styles(text: str, style: str) -> None:
    assert options(text)["style"] == style
    assert not {DRUMS, "timpani", "taiko-drum"} & set(options(text).get("instruments", ()))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tenor sax jazz trio", ["tenor-sax", "acoustic-bass", DRUMS]),
        ("vibraphone jazz quartet", ["vibraphone", *RHYTHM]),
        ("flugelhorn jazz quintet", ["flugelhorn", "tenor-sax", *RHYTHM]),
        ("a jazz trio with trumpet", [*RHYTHM, "trumpet"]),
        ("bebop head for alto sax quartet, fast", ["alto-sax", *RHYTHM]),
        ("jazz tune in Eb for quartet", ["tenor-sax", *RHYTHM]),
        ("cool jazz ballad, flugelhorn and piano", ["flugelhorn", *RHYTHM]),
        ("jazz ballad for tenor sax and piano trio, sax plays the head, piano solo at the bridge", ["tenor-sax", *RHYTHM]),
        ("guitar rock band", players_of("rock-band")),
        ("bluegrass instrumental, banjo leads", ["banjo", "fiddle", "acoustic-guitar-steel", "acoustic-bass"]),
        ("accordion musette", ["accordion", "acoustic-guitar-steel", "acoustic-bass"]),
        ("a sad song about a lost dog, ukulele and whistle", ["ukulele", "whistle"]),
        ("four male voices, a cappella", players_of("mens-choir")),
        ("doo-wop for five male voices", ["tenor", "tenor", "baritone", "baritone", "bass-voice"]),
        ("choir piece, SSAATTBB", ["soprano"] * 2 + ["alto"] * 2 + ["tenor"] * 2 + ["bass-voice"] * 2),
        ("a hymn for alto, tenor, bass", ["alto", "tenor", "bass-voice"]),
        ("Lied für Bass und Klavier", ["bass-voice", "acoustic-grand-piano"]),
        ("folk song for soprano, guitar and bass", ["soprano", "acoustic-guitar-nylon", "electric-bass-finger"]),
        ("trio for tenor, bass and drums", ["tenor", "electric-bass-finger", DRUMS]),
        ("cello ensemble, four cellos, lament", ["cello"] * 4),
        ("string quintet with two cellos in C", ["violin", "violin", "viola", "cello", "cello"]),
        ("percussion quartet with marimba, vibraphone, timpani and drums", ["marimba", "vibraphone", "timpani", DRUMS]),
        ("viola sonata, C minor", ["viola", "acoustic-grand-piano"]),
        ("sonata for solo violin", ["violin"]),
        ("handbell choir, joyful", ["celesta", "celesta"]),
        ("viola duet in alto clef", ["viola", "viola"]),
        ("four-part barbershop in B flat", players_of("mens-choir")),
        ("himno para coro y orquesta", players_of("choir-orchestra")),
        ("a cozy farming game, with clarinet, marimba and acoustic guitar", ["clarinet", "marimba", "acoustic-guitar-nylon"]),
        ("RPG town with recorder, lute and hand drum", ["recorder", "lute", "hand-drum"]),
        ("medieval fair with hurdy-gurdy, recorder and tambourine", ["hurdy-gurdy", "recorder", "tambourine"]),
        ("a chase scene: low strings, then drums, then a lonely piano", ["cello", "contrabass", DRUMS, "acoustic-grand-piano"]),
        ("heist music with upright bass and bongos", ["muted-trumpet", "vibraphone", "acoustic-bass", "bongos"]),
        ("horror scene, tremolo strings, then a single violin", players_of("string-orchestra")),
        ("jazz waltz for vibraphone trio, two solo choruses (vibes then bass)", ["vibraphone", "acoustic-bass", DRUMS]),
        ("Filmmusik für Streichorchester, mit einem Solo der Bratsche", players_of("string-orchestra")),
        ("overture for orchestra, with pizzicato accompaniment", players_of("orchestra")),
        ("school band (alto saxes, trumpets, tuba), the trumpets soft", ["alto-sax", "alto-sax", "trumpet", "trumpet", "tuba"]),
        ("a canon for two violins where the second voice enters later", ["violin", "violin"]),
        ("piece for two bass clarinets", ["bass-clarinet", "bass-clarinet"]),
        ("flute, bongos and shaker", ["flute", "bongos", "shaker"]),
        ("funk with congas", [*players_of("funk-band"), "congas"]),
        ("reggae with a horn section", ["trumpet", "alto-sax", "trombone", *players_of("reggae-band")[1:]]),
        ("string quartet with piano", players_of("piano-quintet")),
        ("string orchestra with cellos and violas", players_of("string-orchestra")),
    ],
)
def test_those_play_who_are_meant(text: str, expected: list[str]) -> None:
    assert sorted(players(text)) == sorted(expected)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("pedal steel and banjo", "Pedal Steel: sounds as Acoustic Guitar (steel), the nearest sound of General MIDI"),
        ("古筝独奏", "Guzheng: sounds as Koto, the nearest sound of General MIDI"),
    ],
)
def test_a_line_says_which_sound_plays_an_instrument_without_one(text: str, line: str) -> None:
    assert line in parse_prompt(text).notes


def test_the_kit_of_a_style_plays_its_percussion() -> None:
    assert "instruments" not in options("salsa with congas")


def test_percussion_that_plays_its_strokes_replaces_nothing() -> None:
    assert parse_prompt("flute, bongos and shaker").notes == parse_prompt("choir of sopranos").notes == ()


def test_a_list_with_an_electric_bass_joins_the_band_that_has_the_drums() -> None:
    assert options("funky clav, slap bass and horns") == {"style": "funk"}
    assert {DRUMS, "brass-section", "electric-bass-finger"} <= {*players("фанк с бас-гитарой и духовыми")}


@pytest.mark.parametrize(
    ("text", "style", "features"),
    [
        ("film score with string ostinato", "cinematic", ["ostinato"]),
        ("tense horror, tremolo strings", "tense-underscore", ["tremolo"]),
        ("news intro, brass hits", "cinematic", ["stabs"]),
        ("тревожная музыка для фильма ужасов, струнные тремоло", "tense-underscore", ["tremolo"]),
    ],
)
def test_film_music_has_an_orchestra_that_plays_in_the_ways_named(text: str, style: str, features: list[str]) -> None:
    found = options(text)
    assert (found["style"], found["features"]) == (style, features)
    assert "instruments" not in found


@pytest.mark.parametrize(
    ("text", "sections", "ensemble"),
    [
        ("a solo violin alone first, then full orchestra", "start: only violin", "orchestra"),
        ("solo oboe at the beginning, tutti at the end", "start: only oboe", "orchestra"),
        ("Stück für Streichquartett mit einem Cello-Solo am Anfang", "start: only cello", "string-quartet"),
        ("string trio, minuet, with trio in the relative minor", "trio: key relative", "string-trio"),
        ("Marsch für Blaskapelle, B-Dur, mit Trio in Es-Dur", "trio: key Eb major", "concert-band"),
    ],
)
def test_sections_have_players_and_keys(text: str, sections: str, ensemble: str) -> None:
    found = options(text)
    assert (found["sections"], found["ensemble"]) == (sections, ensemble)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12-bar blues in E, guitar, harmonica, bass, drums, 4 choruses", {"form": "A12 A'12 A''12 A12"}),
        ("a twelve-bar blues in E for harmonica and guitar", {"style": "blues"}),
        ("a car commercial, modern, 30 seconds", {"style": "pop", "duration": 30.0}),
        ("trailer music, ends abruptly at 60 seconds", {"duration": 60.0}),
        ("orchestral swell into a title card at 12 seconds, 20 seconds long", {"duration": 20.0, "hits": "0:12 big"}),
        ("film cue: 0:00 calm, 0:45 full orchestra explosion, 1:00 sad", {"hits": "0:45 big"}),
        ("chase cue, hits at 0:10 and 0:25, 40 seconds", {"hits": "0:10 big, 0:25 big", "duration": 40.0}),
        ("film cue, hits at 10 seconds, 20 seconds and 31 seconds", {"hits": "0:10 big, 0:20 big, 0:31 big"}),
        ("hungarian dance, slow-fast", {"tempo_curve": "100%@50% 236%@50%"}),
        ("a polka that gets faster and faster", {"tempo_curve": "100%@0 180%@end"}),
        ("a minimalist piece, slowly shifting patterns", {"style": "minimal-piano"}),
        ("mariachi band playing a wedding waltz", {"meter": "3/4"}),
        ("two violins and a cello, first position", {"instruments": ["violin:G3-B5", "violin:G3-B5", "cello:C2-D4"]}),
        ("easy piano piece, no black keys", {"key": "C major", "scale": 1.0}),
        ("Klavierstück, nur weiße Tasten, traurig", {"key": "A minor", "scale": 1.0}),
        ("fugue in three voices for harpsichord", {"polyphony": 2.7}),
        ("Hintergrund: Musica per un matrimonio, ingresso della sposa", {"style": "march", "tempo": 69}),
        ("вальс в стиле Шопена", {"style": "waltz,chopin"}),
        ("モーツァルト風のピアノソナタ", {"style": "mozart,sonata"}),
        ("肖邦风格的夜曲", {"style": "chopin,nocturne"}),
        ("Funeral march, starts very quietly and grows to a loud middle section, then dies away", {"mood": ["solemn"]}),
        ("ジャズ、ピアノトリオ、Fメジャー", {"key": "F major"}),
    ],
)
def test_options_are_those_that_are_meant(text: str, expected: dict[str, Any]) -> None:
    assert {name: options(text).get(name) for name in expected} == expected


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("rock song that goes to double time", "do not halve or double"),
        ("suspense cue with a sudden silence", "a silence of all players needs a place"),
        ("piano piece con pedale", "pedaling and rubato belong to the performance"),
        ("a hymn starting on the downbeat, no upbeat", "whether a piece begins with an upbeat follows the style"),
        ("dissonant string quartet", "how dissonant a piece is"),
        ("wind quintet in three movements", "a piece is one movement"),
        ("horror, high harmonics", "how notes are played"),
        ("a waltz in 5/4", "5/4 is kept as requested, in the style ballroom-dance"),
        ("a pavane and a galliard for recorders", "galliard is a separate piece"),
        ("prelude and fugue in C minor", "nearest: fugue (one piece, the fugue)"),
    ],
)
def test_what_no_piece_has_is_said(text: str, note: str) -> None:
    assert any(note in line for line in parse_prompt(text).notes)


@pytest.mark.parametrize(
    "words", ["without pedal", "no pedal", "senza pedale", "no sustain pedal", "without the sustain pedal"]
)
def test_a_pianist_without_pedal_has_that_feature_and_no_remark(words: str) -> None:
    read = parse_prompt(f"a piano nocturne, {words}")
    assert read.options == {"style": "nocturne", "ensemble": "piano", "features": ["no-pedals"]}
    assert not read.notes


@pytest.mark.parametrize(
    "words", ["country song without pedal steel", "an organ piece, no pedal point", "organ, no pedal notes"]
)
def test_other_pedals_are_not_the_feature(words: str) -> None:
    assert "features" not in parse_prompt(words).options


def test_the_first_of_two_dances_sets_tempo_and_meter() -> None:
    assert options("a pavane and a galliard for recorders") == {
        "style": "renaissance",
        "ensemble": "recorder-duet",
        "tempo": 66,
    }


@pytest.mark.parametrize("word", ["window", "harmonic", "chordal", "stings", "money", "settle", "excerpt", "shake"])
def test_everyday_words_are_no_misspellings(word: str) -> None:
    assert word in " ".join(parse_prompt(f"waltz, {word}").ignored)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("droevige wals voor viool en accordeon", {"mood": ["sad"], "style": "waltz", "instruments": ["violin", "accordion"]}),
        ("niet te snel, zacht orgel", {"mood": ["tender"], "ensemble": "organ"}),
        ("smutny walc na fortepian", {"mood": ["sad"], "style": "waltz", "ensemble": "piano"}),
        ("radosny polonez na orkiestrę", {"mood": ["joyful"], "style": "polonaise", "ensemble": "orchestra"}),
        ("슬픈 피아노 곡, 라단조", {"mood": ["sad"], "ensemble": "piano", "key": "D minor"}),
        ("피아노와 바이올린을 위한 왈츠", {"style": "waltz", "ensemble": "violin-piano"}),
    ],
)
def test_dutch_polish_and_korean(text: str, expected: dict[str, object]) -> None:
    assert options(text).items() >= expected.items()
    assert not parse_prompt(text).ignored


def test_a_band_plays_a_fanfare_of_its_style() -> None:
    assert "ensemble" not in options("8-bit victory fanfare, 10 seconds")
    assert options("fanfare for a graduation")["ensemble"] == "brass-quintet"


def test_an_orchestra_enters_where_the_second_section_begins() -> None:
    read = options("starts with solo piano, full orchestra comes in at 1:00")
    assert (read["form"], read["duration"], read["hits"]) == ("AB", 120.0, "1:00 big")
    assert read["sections"] == "a: only piano"


def test_until_is_no_length_where_others_play_after_it() -> None:
    assert options("soft piano until 0:40, then the whole orchestra, loud")["duration"] == 80


@pytest.mark.parametrize(
    ("text", "players"),
    [
        ("harp and flute", ["flute", "orchestral-harp"]),
        ("piano and trumpet", ["trumpet", "acoustic-grand-piano"]),
        ("harp, flute and viola", ["flute", "viola", "orchestral-harp"]),
        ("harp melody over flute", ["orchestral-harp", "flute"]),
    ],
)
def test_the_melody_is_for_who_plays_no_chords(text: str, players: list[str]) -> None:
    assert options(text)["instruments"] == players


def test_two_players_of_a_ballad_play_alone() -> None:
    assert options("sad ballad, piano and violin, 70 bpm")["ensemble"] == "violin-piano"
    assert options("грустная баллада, рояль и скрипка")["ensemble"] == "violin-piano"
    assert options("ジャズワルツ、ピアノトリオ")["style"] == "jazz-waltz"


def test_a_round_has_no_sections_in_which_players_enter() -> None:
    found = parse_prompt("a round for two flutes, the cello enters later")
    assert "sections" not in found.options
    assert any(note.endswith(": a round has no sections") for note in found.notes)


@pytest.mark.parametrize(
    ("text", "style"),
    [
        ("a 45-second tense cue: a hospital corridor at night, with a hit at 0:31", "tense-underscore"),
        ("cue: a hospital corridor at night", "tense-underscore"),
        ("a scene in an interrogation room", "tense-underscore"),
        ("a stalker follows her through the streets", "tense-underscore"),
        ("tense chase cue", "film-cue"),
    ],
)
def test_tense_cues_and_scenes_have_an_underscore(text: str, style: str) -> None:
    assert parse_prompt(text).options["style"] == style


def test_strings_alone_play_a_sparse_underscore() -> None:
    said = parse_prompt("quiet, unsettling music for a hospital corridor at night, strings only, sparse")
    wanted = {"style": "tense-underscore", "ensemble": "string-orchestra", "density": 0.25}
    assert said.options.items() >= wanted.items()
    assert not said.ignored


@pytest.mark.parametrize(
    ("text", "players"),
    [
        ("chiptune, 3 channels only (two pulse and a triangle)", ["lead-1-square", "lead-1-square", "synth-bass-1"]),
        ("gospel choir and hammond organ", ["choir-aahs", "choir-aahs", "choir-aahs", "drawbar-organ"]),
        ("folk dance, gadulka replaced by violin, with kaval flute and tapan drum", ["violin", "flute", "drums"]),
        ("12 bar blues, harmonica and guitar", ["harmonica", "electric-guitar-clean"]),
        ("музыка для мультфильма: фагот играет мелодию, туба и пиццикато струнных", ["bassoon", "tuba", "pizzicato-strings"]),
    ],
)
def test_who_is_named_plays_alone_and_once(text: str, players: list[str]) -> None:
    assert options(text)["instruments"] == players


def test_a_triangle_is_percussion_elsewhere() -> None:
    assert "synth-bass-1" not in options("two flutes and triangle").get("instruments", ())
    assert "instruments" not in options("8-bit tune with a steady pulse for a town square")


def test_a_cartoon_is_no_game() -> None:
    assert options("музыка для детского мультфильма")["style"] == "comedy"


def test_a_high_school_is_a_level_and_no_mood() -> None:
    assert "mood" not in options("swing for high school players")


def test_a_range_may_be_kept_below_a_note() -> None:
    assert options("march, flute, 2 trumpets and trombone, keep trumpets below the written D")["instruments"] == [
        "flute",
        "trumpet:F#3-B4",
        "trumpet:F#3-B4",
        "trombone",
    ]


def test_a_childrens_choir_in_three_parts_has_no_men() -> None:
    options = parse_prompt("a children's choir song in three parts with piano accompaniment").options
    assert options["instruments"] == ["childrens-voice"] * 3 + ["acoustic-grand-piano"]


@pytest.mark.parametrize(("text", "ensemble"), [("a jazz ballad for trio", "jazz-trio"), ("a minuet with trio", None)])
def test_a_trio_in_jazz_is_piano_bass_and_drums(text: str, ensemble: str | None) -> None:
    assert parse_prompt(text).options.get("ensemble") == ensemble


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("woodwind quintet, a playful piece, staccato bassoon", {"ensemble": "wind-quintet"}),
        ("jazz trio (piano, double bass, drums), a walking bass", {"features": ["walking-bass"]}),
        ("string quartet with pizzicato cello", {"ensemble": "string-quartet"}),
        ("flute or violin with piano", {"ensemble": "flute-piano"}),
        ("Flöte oder Geige mit Klavier", {"ensemble": "flute-piano"}),
        (
            "sea shanty for men's voices and accordion",
            {"instruments": ["tenor", "tenor", "baritone", "bass-voice", "accordion"]},
        ),
        ("synth-pop with an arpeggiated bass, gated snare and big pads", {"ensemble": None}),
    ],
)
def test_players_named_again_or_as_a_choice_are_not_added(text: str, expected: dict[str, Any]) -> None:
    found = parse_prompt(text).options
    assert {option: found.get(option) for option in expected} == expected


def test_a_named_wind_plays_before_players_that_nobody_named() -> None:
    assert parse_prompt("chillhop with a mellow tenor sax and Rhodes").options["instruments"][0] == "tenor-sax"
    assert "acoustic-bass" not in parse_prompt("jazz trio (piano, double bass, drums), a walking bass").options["instruments"]


def test_players_beyond_the_limit_of_staves_are_named_and_a_choir_is_on_one_staff() -> None:
    text = "epic trailer in C minor, starts with solo piano, strings enter at 0:15, full orchestra and choir at 0:30"
    found = parse_prompt(text)
    players = list(found.options["instruments"])
    assert players.count("choir-aahs") == 1
    assert players.count("violin") == 2
    said = dict(found.understood)
    limit = "left out or on one staff with others, as a piece has 16 staves at most"
    assert said["full orchestra"].endswith(f"{limit}: flute french-horn")
    assert said["choir"].endswith(f"{limit}: choir-aahs choir-aahs choir-aahs")
    assert not any(limit in meaning for _, meaning in parse_prompt("full orchestra, trumpet solo").understood)
