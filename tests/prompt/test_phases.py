"""What prompts say of times, sections and keys along the piece: phases of a cue, lists of sections, local lengths."""

from __future__ import annotations

from typing import Any

import pytest

from composer.prompt import parse_prompt
from tests.prompt import options


def test_lines_of_a_cue_sheet_say_who_plays_when() -> None:
    found = options(
        "Trailer, 60 seconds: 0:00-0:20 eerie piano, 0:20-0:40 strings and percussion, 0:40-1:00 full orchestra and choir"
    )
    assert (found["form"], found["hits"], found["duration"]) == ("ABC", "0:20 section, 0:40 big", 60)
    assert found["sections"] == "a: only piano; b: only strings and percussion"
    assert found["mood_curve"].startswith("ominous@0s ominous@19s ")


def test_everybody_plays_only_where_it_is_said() -> None:
    found = options("75 second ad: 0-15 s playful marimba, 15-40 s add pizzicato strings, 40-75 s full band, upbeat")
    assert found["sections"] == "a: only marimba; b: only marimba and pizzicato-strings"


def test_tempo_and_players_change_at_a_time_and_not_gradually() -> None:
    found = options(
        "2 minute chase scene: starts tense with low strings at 100 bpm, at 0:35 the drums kick in and it speeds up to 140, "
        "big hit at 1:20, then a lonely piano until the end"
    )
    assert found["sections"] == "a: only cello and contrabass; b: tempo 140%; c: only piano"
    assert found["mood_curve"] == "tense@0s tense@79s lonely@80s lonely@end"
    assert found["duration"] == 120
    assert "tempo_curve" not in found


def test_key_and_mood_change_at_a_time_and_stay() -> None:
    found = options(
        "march for string quartet, 3 minutes, starts in D major. At 1:30 make it more majestic and modulate to E major."
    )
    assert (found["key"], found["sections"], found["form"]) == ("E major", "a: key D major", "AB")


def test_who_enters_one_after_another_plays_on() -> None:
    found = options("film cue, starts with a lone flute, strings join at 0:15, brass enter at 0:40, one minute")
    assert found["sections"] == "a: only flute; b: only flute and strings; c: only flute and strings and brass"


def test_entries_are_no_hits_and_the_climax_between_them_is_one() -> None:
    found = options("Musique de film, 2 minutes, piano, les cordes entrent à 0:45, apogée vers 1:30, puis fondu final")
    assert (found["hits"], found["form"], found["arc"]) == ("0:45 section, 1:30 big", "ABB'", ["swell", "fade-out"])


def test_sections_of_dance_music_have_their_times() -> None:
    assert options("techno, 128 bpm, breakdown at 1:00, drop at 1:30, 2:30 total")["form"] == "A Break Drop"


def test_times_of_moods_alone_stay_a_curve() -> None:
    found = options("0:00 calm, 0:20 tense, 0:40 triumphant, one minute")
    assert {"form", "hits"}.isdisjoint(found)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("horror scene, 45 secs, tremolo strings, sudden stop at 0:30, afterwards only a violin", 45),
        ("chamber music, one and a half minutes, growing to a gentle climax around 1:00 and fading out", 90),
        ("silence for 3 seconds, then strings, 2 minutes", 120),
        ("pop, a 10 second intro, 90 seconds in all", 90),
    ],
)
def test_a_local_time_is_no_length(text: str, seconds: float) -> None:
    assert options(text)["duration"] == seconds


@pytest.mark.parametrize(
    "text",
    [
        "canon for two violins where the second voice enters two bars later",
        "country for banjo and fiddle with a short tag ending",
        "solo cello, a long crescendo",
        "rock song with an 8-bar guitar solo",
        "start with a solo clarinet for four bars, then the orchestra",
    ],
)
def test_a_local_length_is_not_that_of_the_piece(text: str) -> None:
    assert "bars" not in options(text)


def test_the_last_bar_of_several_courses_is_that_of_the_piece() -> None:
    assert options("funeral piece for brass, crescendo to bar 12 and then dying away till bar 24")["bars"] == 24
    assert options("brass, 32 bars, crescendo to bar 12, diminuendo to bar 16")["bars"] == 32


def test_voices_of_a_canon_are_no_choir() -> None:
    found = options("A canon for two violins in D major where the second voice enters two bars later an octave lower.")
    assert found["instruments"] == ["violin", "violin"]


@pytest.mark.parametrize(
    ("text", "form"),
    [
        (
            "pop ballad with verse, pre-chorus, chorus, bridge",
            "Verse Build Chorus Verse' Build Chorus Bridge Build Chorus",
        ),
        ("jazz, intro, head, two solo choruses (vibes then bass), head out and a four bar coda",
         "Intro8 Head16 Solo16 Solo'16 Head16 Outro4"),
        ("rock, verse 8, chorus 8, verse 8, chorus 8, bridge 8, chorus 16",
         "Verse8 Chorus8 Verse8 Chorus8 Bridge8 Chorus16"),
        ("pop: verse 16, pre-chorus 4, chorus 8, verse 16, chorus 8", "Verse16 Build4 Chorus8 Verse16 Chorus8"),
        ("a waltz, the A section should be 16 bars, the B section 8 bars, then back to A", "A16 B8 A16"),
        ("Klavierstück, A-Teil 8 Takte, B-Teil 8 Takte, dann A-Teil wieder", "A8 B8 A8"),
        ("blues in A, three choruses, the second one a guitar solo", "A12 Solo12 A12"),
        ("ragtime, AABA, each section 8 bars, short coda", "A8 A8 B8 A8 Outro4"),
        ("theme and four variations for piano, theme 16 bars", "A16 A'16 A''16 A'''16 A''''16"),
    ],
)  # fmt: skip
def test_sections_that_are_spelled_out_are_the_form(text: str, form: str) -> None:
    assert options(text)["form"] == form


def test_a_last_chorus_with_a_key_ends_the_list() -> None:
    found = options("pop, verse 16 bars, chorus 16, verse 16, chorus 16, break 16, last chorus up a whole step")
    assert found["form"] == "Verse16 Chorus16 Verse16 Chorus16 Break16 Chorus16"


def test_a_stated_length_beats_sections_that_cannot_last_so_long() -> None:
    found = options("rock, 120 bpm, 4 minutes, verse 8, chorus 8, verse 8, chorus 8")
    assert (found["duration"], found["tempo"], found["form"]) == (240, 120, "Verse Chorus Verse Chorus")


def test_sections_have_chords() -> None:
    found = options("rock in E, verse 4, chorus 4, verse 4, chorus 4. Chords in the verse E A C#m B, chorus A B E C#m.")
    assert found["sections"] == "verse: chords E A C#m B; chorus: chords A B E C#m"
    assert "chords" not in found


def test_sections_have_moods() -> None:
    found = options("a waltz, the A section is 16 bars and calm, the B section 16 bars and stormy, then back to A")
    assert found["mood_curve"] == "calm@0% calm@33.33% agitated@34.33% agitated@66.67% calm@67.67% calm@100%"


def test_a_sonata_has_its_themes_and_keys() -> None:
    found = options(
        "piano sonata in C minor: stormy first theme, lyrical second theme in E flat major, development, recapitulation with "
        "the second theme in C minor"
    )
    assert (found["form"], found["sections"]) == ("sonata-form", "first b: key Eb major; last b: key C minor")
    assert found["mood_curve"].startswith("agitated@0% agitated@20% tender@21%")


@pytest.mark.parametrize(
    ("text", "key", "sections"),
    [
        ("overture, start in D minor and end in D major", "D major", "a: key D minor; b: key D minor; last a: key D major"),
        ("nocturne that modulates from E flat major to G major in the middle and back", "Eb major", "middle: key G major"),
        (
            "hymn, verses in D minor and the last verse in D major, four verses",
            "D major",
            "a: key D minor; last a: key D major",
        ),
        ("loop, A section 8 bars in C major, B section 8 bars in A minor", "C major", "b: key A minor"),
    ],
)
def test_keys_along_the_piece(text: str, key: str, sections: str) -> None:
    found = options(text)
    assert (found["key"], found["sections"]) == (key, sections)


@pytest.mark.parametrize(
    ("text", "curve"),
    [
        ("symphony, tempo shifts from Allegro to Andante and back", "100%@33% 62%@33% 62%@67% 100%@67%"),
        ("drum and bass, 160 bpm, slows down to 120", "100%@0 75%@end"),
        ("techno, speeds up from 120 to 150 bpm", "100%@0 125%@end"),
        ("folk dance, AABB, second time faster", "100%@50% 125%@50%"),
    ],
)
def test_tempi_along_the_piece(text: str, curve: str) -> None:
    assert options(text)["tempo_curve"] == curve


def test_moods_go_and_come_back() -> None:
    assert options("piano, from calm to stormy and back")["mood_curve"] == "calm@0% agitated@50% calm@100%"
    found = options("overture, heroic theme first, a tender melody in the middle, a triumphant return")
    assert found["mood_curve"] == "heroic@0% tender@50% triumphant@100%"


def test_everyday_words_are_no_music() -> None:
    assert "tempo" not in options("minimal piano that slowly adds layers")
    assert "mood" not in options("rock song, end cold on the tonic")
    assert options("романс, ми минор, темп 70")["tempo"] == 70
    assert options("puzzle music, avoid minor chords")["key"] == "C major"


@pytest.mark.parametrize("words", ["five-finger position", "in a 5-finger pattern", "for a beginner in five-finger range"])
def test_five_fingers_are_a_level(words: str) -> None:
    found = options(f"easy piano piece in G major, {words}")
    assert (found["level"], found["ensemble"]) == ("five-finger", "piano")
    assert "instruments" not in found


@pytest.mark.parametrize(
    ("text", "sections"),
    [
        ("calm strings, one minute, the last 10 seconds silence except for a solo violin", "a: only strings; b: only violin"),
        ("string orchestra, two minutes, the last 10 seconds only a solo violin", "b: only violin"),
    ],
)
def test_the_last_seconds_are_a_phase(text: str, sections: str) -> None:
    assert parse_prompt(text).options["sections"].endswith(sections)


def test_a_battle_at_a_time_is_a_mood_from_there_on() -> None:
    text = "two-minute scene: a peaceful morning with oboe and harp, from 0:40 soldiers with a snare drum, at 1:20 full battle"
    assert parse_prompt(text).options["mood_curve"].endswith("furious@80s furious@end")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "celesta silent until the hit at 0:25, soft strings before, 45 seconds",
            {"sections": "a: no celesta", "hits": "0:25 big", "form": "AB"},
        ),
        ("cinematic, no drums before 0:30, 1 minute", {"sections": "a: no drums", "duration": 60.0}),
        (
            "solo piano for the first 20 seconds, then strings join, the piano is alone again from 1:05, total 1:20",
            {"sections": "a: only acoustic-grand-piano; b: only acoustic-grand-piano and strings; c: only piano"},
        ),
        (
            "tuba for 15 seconds, then frantic xylophone until 0:40",
            {"sections": "a: only tuba; b: only xylophone", "duration": 40.0},
        ),
        (
            "1 minute: 0:00-0:15 solo cello, 0:15-0:35 strings, 0:35-0:55 full orchestra, 0:55-1:00 one final hit",
            {"sections": "a: only cello; b: only strings", "duration": 60.0},
        ),
        (
            "the cat sneaks for 10 seconds, then runs from 0:10 to 0:35 with pizzicato strings and bassoon, big hit at 0:35",
            {"sections": None, "instruments": ["pizzicato-strings", "bassoon"], "duration": 37},
        ),
        (
            "war drums 0:00-0:20, brass theme over the drums 0:20-0:45, choir on top 0:45-1:10, end with a single low hit",
            {"sections": "a: only drums; b: no choir", "duration": 70.0},
        ),
        (
            "piano begins alone, violin takes the tune at 0:30, cello joins at 0:45, 1:20",
            {"sections": "a: only piano; b: only piano and violin, melody violin; c: only piano and violin and cello"},
        ),
        (
            "double bass and brushes only, piano enters at 0:30, 1 minute",
            {"sections": "a: only contrabass and drums; b: only contrabass and drums and piano"},
        ),
        (
            "short film: begin with solo oboe over low strings in E minor, at 0:30 a warm horn melody in G major, 90 seconds",
            {
                "sections": "a: only oboe and cello and contrabass, key E minor; "
                "b: only oboe and cello and contrabass and french-horn",
                "key": "G major",
            },
        ),
        (
            "film cue, oboe and strings, at 0:30 horns join, ends with the oboe alone, 90 seconds",
            {"sections": "a: no french-horn; c: only oboe", "hits": "0:30 section, 1:15 section"},
        ),
        ("string quartet, ends with the cello alone", {"sections": "end: only cello", "ensemble": "string-quartet"}),
        (
            "80 seconds, first 20 seconds only a music box, then strings, it darkens at 0:45, ends with the music box alone",
            {"sections": "a: only music-box; b: only strings; c: only music-box", "duration": 80.0},
        ),
        (
            "calm exploration until 0:40, then combat drums and brass until 1:10, back to calm until 1:30",
            {"sections": "b: only drums and brass", "form": "ABC", "hits": "0:40 big, 1:10 section", "duration": 90.0},
        ),
        (
            "battle: starts calm with flute, drums at 0:10, brass at 0:20, everything from 0:30 to 0:55, dies away by 1:10",
            {
                "sections": "a: only flute; b: only flute and drums; c: only flute and drums and brass",
                "duration": 70.0,
                "arc": ["fade-out"],
            },
        ),
        (
            "dark strings at first, horns from 0:30, full orchestra from 0:50, last chord at 1:10",
            {"sections": "a: only strings; b: only strings and french-horn", "hits": "0:30 section, 0:50 big, 1:10 big"},
        ),
        (
            "corporate video, 2:00, piano, guitar at 0:20, drums at 0:40, drop everything but piano at 1:45",
            {"sections": "a: no guitar, no drums; b: no drums; d: only piano"},
        ),
        ("choir, bells only for the first 5 seconds, 30 seconds", {"sections": "a: only glockenspiel", "form": "AB"}),
        ("jazz trio, saxophone stops at 0:40, 1 minute", {"duration": 60.0}),
        ("ukulele, stops at 0:10 for one second, then continues to 0:25", {"duration": 25.0}),
        ("low brass, 0:20 the ground opens (huge hit), panic until 0:50, 1:15", {"duration": 75.0, "hits": "0:20 big"}),
        ("film cue, brass hits at 0:04, 0:08 and 0:12, 16 seconds", {"hits": "0:04 big, 0:08 big, 0:12 big", "duration": 16.0}),
        ("organ and choir, 40 seconds, huge chord at 0:20", {"hits": "0:20 big", "mood": None}),
        ("pop song, 45 seconds, only piano for the first 15 seconds", {"sections": "a: only piano", "duration": 45.0}),
        ("tropical house, 108 bpm, build until 0:30, drop 0:30, 1 minute", {"hits": "0:30 big", "duration": 60.0}),
        ("starts with one piano, adds a beat at 0:15, drop at 0:30, bright synths, finish at 1:00", {"duration": 60.0}),
        ("low strings, then at 0:30 the brass enters and it all cuts off at 0:40", {"duration": 40.0}),
    ],
)
def test_who_rests_up_to_a_time_and_when_a_piece_ends(text: str, expected: dict[str, Any]) -> None:
    found = options(text)
    assert {option: found.get(option) for option in expected} == expected


@pytest.mark.parametrize(
    ("text", "sections"),
    [
        (
            "whistling over acoustic guitar, hit at 0:30, then trumpet takes the melody, 1 minute",
            "a: no trumpet; b: melody trumpet",
        ),
        (
            "film cue, calm until 0:30, then a heroic theme for horns, 60 seconds",
            "a: no french-horn; b: melody french-horn",
        ),
    ],
)
def test_who_takes_the_melody_at_a_time_plays_with_the_others(text: str, sections: str) -> None:
    assert options(text)["sections"] == sections


def test_drums_enter_alone_where_a_full_band_comes_later() -> None:
    found = options("128 bpm, starts with muted guitar, drums at 0:10, full band at 0:20, then back until 1:00")
    assert found["sections"] == "a: only muted guitar; b: only muted guitar and drums"
    assert (found["style"], found["duration"]) == ("pop", 60.0)
    assert len(found["instruments"]) > 5


def test_who_plays_only_the_hit_at_the_end_rests_before() -> None:
    found = options("30 second dark underscore for strings with a single timpani stroke at the end")
    assert (found["hits"], found["sections"]) == ("0:28 big", "end: +timpani")
    assert "sections" not in options("waltz for violin and timpani, 30 seconds, one timpani stroke at the end")


def test_a_bed_up_to_a_time_is_a_section_without_melody() -> None:
    found = options("film cue, calm bed until 0:40, then the oboe takes the melody, 1:20")
    assert (found["sections"], "texture" in found) == ("a: no melody, no oboe; b: melody oboe", False)
    understood = parse_prompt("orchestral cue, 60 seconds, unison from 0:40")
    assert "texture" not in understood.options
    assert "unison: such a texture is that of the whole piece, not of a part of it" in understood.lines()


def test_scenes_have_their_moods_from_a_time_on() -> None:
    found = options("lion hunt: still for 25 seconds, burst at 0:25, chase at 150 bpm until 0:50, quiet aftermath, 1:10 total")
    assert found["mood_curve"] == "calm@0s calm@24s tense@25s tense@49s calm@50s calm@end"
    found = options("historical drama, harpsichord and strings, darker from 0:25, 1:10")
    assert found["mood_curve"] == "nostalgic@0s nostalgic@24s dark@25s dark@end"


def test_what_builds_to_its_only_hit_grows_and_ends_there() -> None:
    found = options("Epic trailer music that starts from silence and builds to a huge hit at 0:40")
    assert (found["arc"], found["hits"], found["duration"]) == (["build"], "0:40 big", 42.0)
    assert "duration" not in options("epic trailer, builds to a huge hit at 0:40, then a calm ending")


def test_a_tempo_gives_way_to_whole_bars_of_a_short_piece_and_says_so() -> None:
    understood = parse_prompt("news intro, 110 bpm, 10 seconds, strings")
    assert (understood.options["tempo"], understood.options["duration"]) == (120.0, 10.0)
    assert "'110 bpm' gives way to '10 seconds' (tempo)" in understood.lines()
    assert options("pop, 100 bpm, 15 seconds")["tempo"] == 100.0


def test_bars_give_way_to_later_hits_and_say_so() -> None:
    understood = parse_prompt("action cue, 16 bars at 120 bpm, hits at 0:10, 0:25 and 0:40")
    assert "bars" not in understood.options
    assert "'16 bars' gives way to 'hits at 0:10, 0:25 and 0:40' (bars)" in understood.lines()
    assert options("action cue, 16 bars at 120 bpm, hit at 0:10")["bars"] == 16
