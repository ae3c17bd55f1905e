"""Words of prompts that say one thing and are easily taken for another."""

from __future__ import annotations

from typing import Any

import pytest

from composer.brief import Brief
from composer.plan import make_plan
from composer.prompt import parse_prompt


def options(text: str) -> dict[str, Any]:
    """The options of a prompt, which a plan must accept."""
    found = dict(parse_prompt(text).options)
    make_plan(Brief.from_dict({**found, "seed": 1}))
    return found


@pytest.mark.parametrize(
    ("text", "players"),
    [
        ("canon for two trumpets over a walking pizzicato bass", ["trumpet", "trumpet", "acoustic-bass"]),
        ("duet for flute and pizzicato bass", ["flute", "acoustic-bass"]),
        ("Abendlied für Blockflöte und Laute, drei Strophen", ["recorder", "lute"]),
        ("Laute und Flöte, Renaissance", ["lute", "flute"]),
        ("laute Trommeln und Trompeten", ["drums", "trumpet"]),
        ("lament for two violins over a ground bass", ["violin", "violin"]),
        ("tuba and trumpet, the tuba plays the bass line", ["trumpet", "tuba"]),
        ("violin and cello, the cello has the bass line", ["cello", "violin"]),
    ],
)
def test_players_of_words_with_two_meanings(text: str, players: list[str]) -> None:
    assert sorted(options(text)["instruments"]) == sorted(players)


def test_entries_of_the_subject_of_a_fugue_are_no_players() -> None:
    text = "Fugue in G minor for three voices on organ, the subject enters first in the alto, then soprano, then bass."
    assert options(text) == {"style": "fugue", "key": "G minor", "ensemble": "organ"}
    assert "subject enters first in the alto, then soprano, then bass" in parse_prompt(text).ignored


def test_melody_that_goes_to_a_section_adds_no_players() -> None:
    found = options("For my string orchestra: a pavane in D minor, the melody should go to the violas in the middle section")
    assert found["ensemble"] == "string-orchestra"


@pytest.mark.parametrize(
    "text",
    [
        "A passacaglia over a four-bar descending bass, for pipe organ",
        "chaconne for violin on an 8-bar ground bass",
        "minimal piano with a 2-bar ostinato",
        "funk over a two-bar riff",
        "string quartet over a repeating 4 bar chord progression",
        "solo cello, one long breath",
    ],
)
def test_length_of_what_repeats_is_not_that_of_the_piece(text: str) -> None:
    assert "bars" not in options(text)


@pytest.mark.parametrize(
    ("text", "bars"),
    [("lo-fi 8 bar loop", 8), ("slow waltz, 32 bars, over a four-bar bass line", 32), ("a 32 bar theme for flute", 32)],
)
def test_length_of_a_loop_or_theme_alone_is_that_of_the_piece(text: str, bars: int) -> None:
    assert options(text)["bars"] == bars


@pytest.mark.parametrize(
    ("text", "tempo"),
    [
        ("march in cut time at 120", 240),
        ("march, alla breve, 100 bpm", 200),
        ("march, alla breve, quarter at 100", 100),
        ("swing in 2/2, 200 bpm", 200),
    ],
)
def test_plain_number_in_cut_time_counts_half_notes(text: str, tempo: float) -> None:
    assert options(text)["tempo"] == tempo


@pytest.mark.parametrize(
    ("text", "option", "value"),
    [
        ("organ prelude on a Lenten mood", "mood", ["solemn"]),
        ("podcast outro, warm, fades out", "bars", 8),
        ("march with a final stinger", "arc", ["loud-end"]),
        ("invention in A minor, a Picardy third at the end", "ending", "picardy"),
        ("duo for harp and cello, molto piano", "dynamic", "p"),
        ("violino e arpa, più piano", "dynamic", "p"),
        ("piano piece for my 8-year-old student", "level", "beginner"),
        ("piano piece for a seven year old pupil", "level", "beginner"),
        ("valse pour accordéon, qui s'accélère vers la fin puis s'éteint", "arc", ["wind-down"]),
    ],
)
def test_words_for_characters_and_endings(text: str, option: str, value: object) -> None:
    assert options(text)[option] == value


def test_note_values_of_one_hand_are_not_those_of_the_piece() -> None:
    said = parse_prompt("piano piece, left hand only plays half notes, 16 bars")
    assert "density" not in said.options
    assert said.ignored == ('half notes (of "left hand only plays half notes")',)


@pytest.mark.parametrize(
    ("text", "sections"),
    [
        ("funk with slap bass, clavinet and a horn section that only comes in for the chorus", "chorus: +horns"),
        ("rock with horns that only come in for the chorus", "chorus: +horns"),
        ("Rondo in A major for flute, ABACA, where C turns to F sharp minor", "c: key F# minor"),
        ("ABACA rondo for flute, A major, B in E major, C in F# minor", "b: key E major; c: key F# minor"),
        (
            "theme and four variations for piano; the third variation should be in the minor and the last one very fast",
            "A''': key parallel; end: tempo 140%",
        ),
        ("hymn in F major for organ, the last verse in G", "a: key F major; b: key F major; last a: key G major"),
        (
            "music for organ and voice in F major, modulating up to G for the last verse",
            "a: key F major; b: key F major; last a: key G major",
        ),
    ],
)
def test_what_belongs_to_one_section(text: str, sections: str) -> None:
    found = options(text)
    assert (found["sections"], parse_prompt(text).conflicts) == (sections, ())
    assert "choir-aahs" not in found.get("instruments", ())


def test_chorus_of_a_band_is_a_section_and_that_of_an_oratorio_a_choir() -> None:
    assert "choir-aahs" not in options("Power ballad with strings for the last chorus").get("instruments", ())
    assert options("oratorio for soloists and chorus")["ensemble"] == "satb-choir"


def test_chinese_first_and_then_are_a_change_of_tempo() -> None:
    found = parse_prompt("一首古筝与笛子的二重奏,先慢后快")
    assert (found.options["tempo_curve"], found.conflicts) == ("100%@50% 240%@50%", ())


@pytest.mark.parametrize(
    "text",
    [
        "I'd love a waltz for flute",
        "we would really love to have a waltz for flute",
        "my son loves trains, a waltz for flute",
        "I'd be happy with a waltz for flute",
        "I'm so excited to hear a waltz for flute",
        "I hope you can write a waltz for flute",
        "with love from all of us: a waltz for flute",
        "I'm afraid we need a waltz for flute",
    ],
)
def test_words_of_politeness_are_no_moods(text: str) -> None:
    assert options(text) == {"style": "waltz", "ensemble": "flute"}


@pytest.mark.parametrize(
    ("text", "mood"),
    [
        ("I love you, a waltz for flute", "romantic"),
        ("a love song for flute", "romantic"),
        ("a waltz for flute about love", "romantic"),
        ("a waltz full of hope for flute", "hopeful"),
        ("a waltz for a happy flute", "happy"),
    ],
)
def test_feelings_that_the_music_has_are_moods(text: str, mood: str) -> None:
    assert options(text)["mood"] == [mood]


def test_words_of_praise_and_emphasis_are_no_scenes() -> None:
    assert "mood" not in options("techno with a killer bassline")
    assert options("dead simple piano tune in C") == {"level": "easy", "ensemble": "piano", "key": "C major"}


@pytest.mark.parametrize(
    "text",
    [
        "a tune quick like a steam engine, piano",
        "questo valzer per piccola orchestra",
        "una pieza para mi gente, piano",
        "ein kleines Stück gegen Abend, Klavier",
        "un morceau sur la ville, piano",
        "een kleine wals, piano",
    ],
)
def test_everyday_words_of_any_language_are_no_misspellings(text: str) -> None:
    found = parse_prompt(text)
    assert not [phrase for phrase, _ in found.understood if "read as" in phrase]
    assert found.options.get("ensemble") in ("piano", "orchestra")


@pytest.mark.parametrize(
    ("text", "form", "bars"),
    [
        ("a jazz tune, AABA, 32 bars twice", "A A B A A' A' B' A'", 64),
        ("an 8 bar hymn tune, played three times", "A A A", 24),
        ("a hymn tune, 8 bars repeated", "A A", 16),
        ("techno, 4 bars played 8 times", "A A A A A A A A", 32),
        ("techno, a loop of 4 bars, repeated 8 times", "loop", 4),
        ("12 bars of a folk tune, twice", "A A", 24),
        ("a folk tune, play it 3 times", "A A A", None),
        ("ein Walzer mit 16 Takten, zweimal gespielt", "A A", 32),
        ("reel in AABB, twice through, fiddle", "A A' B B' A' A'' B' B''", None),
    ],
)
def test_how_often_a_piece_is_played(text: str, form: str, bars: int | None) -> None:
    found = options(text)
    assert (found["form"], found.get("bars")) == (form, bars)


@pytest.mark.parametrize(
    "text",
    [
        "march, the trio is played twice",
        "a waltz, each part twice",
        "a bell rings three times, waltz",
        "a waltz heard twice as fast",
    ],
)
def test_what_returns_within_a_piece_is_no_form(text: str) -> None:
    assert "form" not in options(text)


@pytest.mark.parametrize(
    ("text", "bars"),
    [
        ("funk, 32 counts of eight", 64),
        ("pop for cheerleaders, 16 eight-counts", 32),
        ("a waltz for the ballet class, 96 counts", 32),
        ("house, 64 counts of eight, sorry, 32 counts of eight", 64),
        ("disco, 16 counts intro, 64 counts main part", 20),
    ],
)
def test_counts_of_dancers_are_bars(text: str, bars: int) -> None:
    assert options(text)["bars"] == bars


@pytest.mark.parametrize(
    ("text", "bars"),
    [
        ("a short string quartet movement in sonata form", 40),
        ("a short rondo for piano", 40),
        ("a short theme with six variations for flute", 56),
        ("theme and four variations for easy piano", 40),
        ("a short waltz for piano", 16),
        ("a rondo for piano, 16 bars", 16),
    ],
)
def test_short_pieces_have_room_for_their_form(text: str, bars: int) -> None:
    assert options(text)["bars"] == bars


def test_only_long_notes_are_few_notes_and_a_line() -> None:
    found = parse_prompt("warm-up for beginner string orchestra, whole notes and half notes only")
    assert (found.options["density"], found.options["level"]) == (0.2, "beginner")
    assert "note values follow the style" in " ".join(found.notes)
    assert "density" not in parse_prompt("the left hand plays only half notes, piano waltz").options
    assert "level easy" in dict(parse_prompt("easy flute duet without sixteenth notes").understood).values()


@pytest.mark.parametrize(
    ("text", "expected", "note"),
    [
        (
            "a suite of three dances: a pavane in D minor, a galliard in 3, and a lively bourree in F major, for recorders",
            {"style": "renaissance", "key": "D minor", "tempo": 66},
            "galliard and bourree are separate pieces",
        ),
        ("a medley of a polka, a waltz and a march, accordion", {"style": "polka"}, "waltz and march are separate pieces"),
        ("string quartet, four movements: fast sonata, slow variations, lively rondo", {"style": "sonata"}, "one movement"),
        ("a set of five pieces for easy piano", {"level": "easy", "ensemble": "piano"}, "--count 5 composes 5"),
        ("three preludes for piano", {"style": "prelude", "ensemble": "piano"}, "--count 3 composes 3"),
    ],
)
def test_first_of_several_pieces_is_made_and_a_line_names_the_others(text: str, expected: dict[str, Any], note: str) -> None:
    assert options(text).items() >= expected.items()
    assert any(note in line for line in parse_prompt(text).notes)


@pytest.mark.parametrize("text", ["a set of variations for harp", "one waltz for flute", "a waltz in two sections for flute"])
def test_one_piece_needs_no_line(text: str) -> None:
    assert not any("request is one piece" in line for line in parse_prompt(text).notes)


@pytest.mark.parametrize(
    ("text", "course"),
    [
        ("a waltz for music box, ends by running down", "100%@75% 60%@end"),
        ("a march like a clock running down", "100%@75% 60%@end"),
        ("a march, running down the stairs", None),
        ("a march for running", None),
    ],
)
def test_clockwork_that_runs_down_gets_slower(text: str, course: str | None) -> None:
    assert options(text).get("tempo_curve") == course


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ('motet for SATB on the words "Peace be with you, always"', "voices sing without a text"),
        ("voluntary for organ, mostly on flute stops", "registration"),
        ("organ prelude, the pedals hold a long low note", "a drone is held"),
        ("a cantus firmus in D dorian, organ", "species of counterpoint"),
        ("quarter-tone waltz for violin", "scales are major, minor"),
        ("Gregorian melody, dorian", "nearest: motet"),
    ],
)
def test_what_no_piece_can_have_is_said(text: str, note: str) -> None:
    found = parse_prompt(text)
    assert any(note in line for line in found.notes)
    assert "peaceful" not in found.options.get("mood", [])


def test_amen_is_a_cadence_and_not_always_a_text() -> None:
    assert options("a hymn with a plagal amen at the end")["ending"] == "plagal"
    assert not parse_prompt("drum and bass with amen breaks").notes


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("grade 1 band piece, B flat", {"ensemble": "concert-band", "level": "beginner", "key": "Bb major"}),
        ("a march for 6th grade band", {"ensemble": "concert-band", "level": "easy", "style": "march"}),
        ("a rock song for my band", {"style": "rock"}),
        ("level 3 clarinet study", {"instruments": ["clarinet"], "style": "etude", "level": "easy"}),
        ("level 3 of my game, chiptune", {"style": "chiptune"}),
        ("piano piece in C position, G major", {"ensemble": "piano", "level": "five-finger", "key": "G major"}),
        ("RCM level 2 piano piece", {"level": "easy", "ensemble": "piano"}),
        ("third grade recorder class", {"level": "easy", "instruments": ["recorder"]}),
        ("chapter 3 of a dark audiobook, cello", {"mood": ["dark"], "ensemble": "cello"}),
    ],
)
def test_grades_and_numbers_that_count_no_players(text: str, expected: dict[str, Any]) -> None:
    assert options(text) == expected


@pytest.mark.parametrize(
    ("text", "mood"),
    [
        ("chiptune for a platformer underwater level", ["dreamy"]),
        ("menu music for a horror game, strings", None),
        ("afternoon light through the blinds, harp", None),
        ("a light waltz, harp", ["playful"]),
        ("under the sea, harp", ["dreamy"]),
        ("wake up at 6 am, harp", ["hopeful"]),
    ],
)
def test_moods_of_times_and_places(text: str, mood: list[str] | None) -> None:
    found = options(text).get("mood")
    assert found == mood if mood else found not in (["playful"], ["calm"])


def test_country_of_a_name_is_no_genre() -> None:
    assert options("an anthem for the fictional country of Valdoria, orchestra")["style"] == "hymn"
    assert options("a waltz from the old country, accordion")["style"] == "waltz"
    assert options("a country song about home")["style"] == "country"


def test_first_of_pieces_with_ordinals() -> None:
    text = (
        "Three contrasting miniatures for solo clarinet: the first playful, the second mournful, the third a wild dance in 7/8"
    )
    assert options(text) == {"bars": 8, "instruments": ["clarinet"], "mood": ["playful"]}


def test_keys_of_several_pieces_and_broken_instruments_add_no_player() -> None:
    assert options("four preludes for harp, in different keys") == {"style": "prelude", "ensemble": "harp"}
    assert "mood" not in options("lofi with a broken piano")
    assert options("a piano waltz, not too loud")["dynamic"] == "mp"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("malinconico per pianoforte, con un finale sereno in maggiore", {"ending": "picardy"}),
        ("ein Stück in Moll, endet in Dur, für Klavier", {"ending": "picardy", "key": "A minor"}),
        ("un pezzo in maggiore per flauto", {"key": "C major"}),
        ("polka for accordion, fast at the beginning", {"sections": "start: tempo 140%"}),
        ("a folk dance for oud and ney, slow at first", {"sections": "start: tempo 65%"}),
    ],
)
def test_what_belongs_to_the_start_or_the_end(text: str, expected: dict[str, Any]) -> None:
    found = options(text)
    assert found.items() >= expected.items()
    assert "key" in expected or "key" not in found


@pytest.mark.parametrize("text", ["recorder, using only the notes B, A and G", "a song for flute, only five notes"])
def test_single_notes_are_not_chosen(text: str) -> None:
    found = parse_prompt(text)
    assert "key" not in found.options
    assert any("chosen notes alone" in line for line in found.notes)


@pytest.mark.parametrize(
    "text", ["oboe over strings, after about eight bars the horns come in", "a waltz; after some 16 bars, tutti"]
)
def test_bars_after_which_something_happens_are_no_length(text: str) -> None:
    assert "bars" not in options(text)


@pytest.mark.parametrize(
    ("text", "style"),
    [
        ("a wind quintet serenade in F, minuet with a trio", "dance-suite"),
        ("a serenade for piano", "character-piece"),
    ],
)
def test_a_serenade_gives_way_to_the_style_of_its_movement(text: str, style: str) -> None:
    assert options(text)["style"] == style
