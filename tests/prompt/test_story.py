"""Stories of players: who opens, joins, leads, leaves and is left at the end, and who does what in a named section."""

from __future__ import annotations

import pytest

from composer.brief import Brief
from composer.prompt import parse_prompt
from tests.prompt import options


@pytest.mark.parametrize(
    ("text", "form", "sections"),
    [
        (
            "Start with a lonely oboe over held strings. After about eight bars the horns come in with a broad theme, build up "
            "to a big climax with full orchestra and cymbals, then fade away to just the oboe again.",
            "A8 B8 C16 A'8",
            "start: only oboe and strings, melody oboe; b: only oboe and strings and french-horn, melody french-horn; "
            "end: only oboe",
        ),
        (
            "Begins with bassoon alone, then the clarinet joins, then flute, and it ends with bassoon alone. Woodwind trio.",
            "A8 B8 C16 A'8",
            "start: only bassoon; b: only bassoon and clarinet; end: only bassoon",
        ),
        (
            "For string quartet. The viola opens alone for six bars, the cello joins, then both violins enter, and the piece "
            "ends with the first violin alone.",
            "A6 B8 C16 D8",
            "start: only viola; b: only viola and cello; end: only violin 1",
        ),
        (
            "Pieza para cuarteto de cuerda: empieza el violonchelo solo, luego entra la viola, después todos, y al final solo "
            "el violonchelo.",
            "A8 B8 C16 A'8",
            "start: only cello; b: only cello and viola; end: only cello",
        ),
        (
            "Start with solo clarinet, add bassoon, then horn, build to tutti. Woodwind quintet, two minutes.",
            "A B C D",
            "start: only clarinet; b: only clarinet and bassoon; c: only clarinet and bassoon and french-horn",
        ),
        (
            "Trailer cue: begin with taiko drums only, add low brass, then choir, everything drops out except a solo violin",
            "A8 B8 C16 D8",
            "start: only drums; b: only drums and trombone and tuba; end: only violin",
        ),
    ],
)
def test_a_story_is_a_form_with_a_section_for_each_step(text: str, form: str, sections: str) -> None:
    found = options(text)
    assert (found["form"], found["sections"]) == (form, sections)
    assert "bars" not in found


@pytest.mark.parametrize("when", ["after bar 12", "after twelve bars", "at bar 13"])
def test_an_entry_is_at_its_bar(when: str) -> None:
    found = options(f"starts with a solo oboe over strings, {when} the horns join, then back to just the oboe")
    assert found["form"] == "A12 B16 A'8"


def test_members_of_a_group_join_without_being_added() -> None:
    found = options("Woodwind quintet: start with solo clarinet, add bassoon, then horn, then tutti, two minutes")
    assert found["ensemble"] == "wind-quintet"


def test_the_second_time_through_is_the_second_half() -> None:
    found = options("Slip jig for fiddle and flute, guitar joins the second time through")
    assert found["sections"] == "until 50%: no guitar"
    found = options("Reel for flute, fiddle and guitar. The second time through the fiddle has the tune.")
    assert found["sections"] == "from 50%: melody fiddle"


@pytest.mark.parametrize(
    ("text", "sections"),
    [
        ("scherzo for woodwind quintet where the bassoon gets the jokes and the flute gets the last word",
         "middle: melody bassoon; end: melody flute"),
        ("swing band, saxes carry the tune, trumpets shout in the last chorus", "all: melody sax; from 50%: melody trumpet"),
        ("disco, everything drops out except the bass for the bridge", "bridge: only bass"),
        ("wedding march for organ and trumpet where the trumpet only comes in for the final section", "end: +trumpet"),
        ("wind quintet in F, the horn is left out of the middle section", "middle: no french-horn"),
        ("reggae with a bass solo in the bridge and a slow ending", "end: tempo 65%; bridge: melody bass"),
        ("rock song, verses with acoustic guitar only", "verse: only acoustic-guitar"),
        ("rock song, quiet verse with clean guitar only", "verse: only clean-guitar, intensity 0.2"),
        ("epic trailer music that starts with a single low piano note", "intro: only piano"),
    ],
)  # fmt: skip
def test_who_does_what_in_a_named_section_is_set_there(text: str, sections: str) -> None:
    assert str(Brief.from_dict(options(text)).to_dict()["sections"]).replace("french horn", "french-horn") == sections


def test_a_last_chorus_of_twice_the_length_is_played_twice() -> None:
    assert options("rock song, final chorus twice as long")["form"].endswith(" Chorus Chorus")


def test_a_softer_middle_without_drums_and_bass_has_less_energy() -> None:
    found = options("Tango per bandoneon, violino e pianoforte, con una parte centrale più dolce")
    assert (found["form"], "-0.6@50" in found["mood_curve"] or "-0.6@33" in found["mood_curve"]) == ("ABA", True)


def test_a_key_of_the_last_eight_bars_is_that_of_the_end() -> None:
    found = options("Guitar etude in E minor, about 24 bars, with a change to E major for the last eight")
    assert "end: key E major" in found["sections"]


def test_who_kicks_off_is_no_drum() -> None:
    assert "drums" not in options("bluegrass where banjo kicks it off, with fiddle and mandolin")["instruments"]


@pytest.mark.parametrize(
    ("text", "sections"),
    [
        ("folk song for guitar and voice, second verse with drums", "second verse: +drums"),
        ("folk song for voice and guitar, last verse with choir", "last verse: +choir-aahs"),
        ("verse with piano and voice, chorus with drums and bass", "chorus: +drums, +bass"),
        ("ballad for piano and cello, strings enter in the bridge", "bridge: +strings"),
        ("rock song with drums, the bass from the chorus on", "intro: no bass; verse: no bass"),
        ("hymn for choir, the organ enters in the second verse", "start: no organ; first verse: no organ"),
        ("Lied für Gesang und Klavier, in der zweiten Strophe setzt das Cello ein", "start: no cello; first verse: no cello"),
        ("jazz ballad for piano and bass, second chorus with saxophone", "from 50%: +tenor-sax"),
    ],
)  # fmt: skip
def test_players_that_only_a_section_names_are_without_the_others(text: str, sections: str) -> None:
    assert (
        str(Brief.from_dict(options(text)).to_dict()["sections"]).replace(" aahs", "-aahs").replace(" sax", "-sax") == sections
    )


def test_a_choir_of_a_section_leaves_the_voice_its_other_sections() -> None:
    found = options("pop song with piano and voice, last chorus with choir")
    assert {"voice-oohs", "choir-aahs"} <= set(found["instruments"])
    assert found["sections"] == "last chorus: +choir-aahs"
    assert options("pop song with choir, no choir in the verse")["sections"] == "verse: no choir"


def test_a_hymn_whose_organ_enters_keeps_its_strophes_and_a_song_its_bridge() -> None:
    assert options("hymn for choir, the organ enters in the second verse")["form"] == "strophic"
    song = "song for voice and guitar. A cello joins in the second verse and a harmonica plays in the bridge."
    assert options(song)["form"] == "verse-chorus"
    assert not parse_prompt(song).ignored


def test_a_player_that_the_piece_lacks_cannot_rest_in_a_section() -> None:
    found = parse_prompt("folk song for guitar and voice, second verse without drums")
    assert (found.options["ensemble"], found.ignored) == ("voice-guitar", ("second verse without drums",))


@pytest.mark.parametrize(
    ("text", "form", "sections"),
    [
        ("ambient, synth pad first, flute after 8 bars, vocals after 16", "A8 B8 C16",
         "start: only pad-2-warm; b: only pad-2-warm and flute; end: +flute"),
        ("String trio: first the cello, then the viola, then the violin", "A8 B8 C16",
         "start: only cello; b: only cello and viola"),
        ("funk for bass, drums, guitar and organ, one instrument at a time enters every four bars", "A4 B4 C4 D16",
         "start: only bass; b: only bass and drums; c: only bass and drums and guitar"),
        ("string quartet, the instruments enter one after another: cello, viola, second violin, first violin", "A8 B8 C8 D16",
         "start: only cello; b: only cello and viola; c: only cello and viola and violin 2"),
        ("saxophone quartet where the baritone starts and the others join", "Intro8 A8 B8 A8", "start: only baritone-sax"),
        ("Stück für Oboe und Streicher: zuerst spielen die Streicher allein, dann setzt die Oboe ein", "Intro8 A8 B8 A8",
         "start: only strings"),
        ("Opening with a broad, noble theme on the horns, then the full orchestra", "Intro8 A8 B8 A8", "start: only horns"),
    ],
)  # fmt: skip
def test_entries_one_by_one_are_a_story(text: str, form: str, sections: str) -> None:
    found = options(text)
    assert (found["form"], found["sections"]) == (form, sections)


@pytest.mark.parametrize(
    "text",
    ["first clarinet, second clarinet and bassoon", "piano and violin take turns, one after another",
     "first a slow part, then a fast dance for accordion and violin"],
)  # fmt: skip
def test_first_and_one_after_another_may_be_no_entries(text: str) -> None:
    assert "only" not in options(text).get("sections", "")


def test_players_named_for_a_story_are_all_who_play() -> None:
    found = options("ambient, synth pad first, flute after 8 bars, vocals after 16")
    assert set(found["instruments"]) == {"pad-2-warm", "pad-4-choir", "flute"}


@pytest.mark.parametrize(
    ("text", "not_done"),
    [
        ("epic trailer music that starts with a single low piano note", ("low, note (of",)),
        ("starts with a delicate celesta line, then the full orchestra", ("delicate (of",)),
        ("swing big band, sax solo in the middle", ()),
        ("string quartet, the second violin plays the melody", ()),
        ("pop song with synth and voice, second chorus with strings", ()),
    ],
)
def test_words_that_a_setting_of_players_does_not_meet_are_named(text: str, not_done: tuple[str, ...]) -> None:
    ignored = parse_prompt(text).ignored
    assert len(ignored) == len(not_done)
    assert all(said.startswith(start) for said, start in zip(ignored, not_done, strict=True))


def test_a_melody_or_a_note_of_a_member_adds_no_player() -> None:
    assert options("string quartet with a high violin melody, calm")["ensemble"] == "string-quartet"
    assert len(options("string quartet and solo violin")["instruments"]) == 5
    assert options("piano ballad with a low bass note on the piano at the end")["ensemble"] == "piano"


def test_bars_of_an_introduction_are_not_those_of_the_piece() -> None:
    found = options("pop song with 12 bars of piano intro, then drums, bass and guitar")
    assert ("bars" in found, found["form"].split()[0]) == (False, "Intro12")


def test_a_chorus_of_twice_the_length_of_the_verse() -> None:
    assert "Verse8 Chorus16" in options("country song, chorus twice as long as the verse")["form"]


def test_the_second_violin_in_german() -> None:
    assert options("Streichquartett, die zweite Geige spielt die Melodie")["sections"] == "all: melody violin 2"
