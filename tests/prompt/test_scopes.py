"""What a prompt says of one place of the piece is set for that place, or ignored with a note; never for the whole piece."""

from __future__ import annotations

import pytest

from composer.brief import Brief
from composer.prompt import parse_prompt
from composer.prompt.prompt_text import read_text
from composer.prompt.scopes import CLIMAX, ELSEWHERE, scopes_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a waltz in G with a middle section in E minor, loud, and no drums", [("middle", "a middle section in e minor")]),
        (
            "rock, the bridge drops to half time and has no drums",
            [("bridge", "the bridge drops to half time and has no drums")],
        ),
        ("intro 8 bars, breakdown 8 bars, without drums, chorus", [("break", "breakdown 8 bars"), ("break", "without drums")]),
        ("reel, then a panic section in 6/8", [(ELSEWHERE, "a panic section in 6/8")]),
        ("march, the summit in E major fortissimo", [(CLIMAX, "the summit in e major fortissimo")]),
        ("a walk in C, then a storm, slow, then the walk again", [("middle", "then a storm, slow")]),
        (
            "calm, and it ends with the cello alone, slowing down",
            [("end", "ends with the cello alone"), ("end", "slowing down")],
        ),
        ("a minuet and trio in G major", []),
        ("a fast bluegrass breakdown in G", []),
        ("for my middle school orchestra in D", []),
        ("music for an end credits scene in A minor", []),
        ("three parts: an allegro, a slow section and a presto", []),
    ],
)
def test_the_words_of_places(text: str, expected: list[tuple[str, str]]) -> None:
    prompt = read_text(text)
    found = [(scope.place, prompt.plain[scope.start : scope.end].strip()) for scope in scopes_of(prompt)]
    assert [one for one in found if one[0] not in ("intro", "chorus")] == expected


@pytest.mark.parametrize(
    ("text", "section", "absent"),
    [
        (
            "synthwave with gated drums, verse 16 bars, breakdown 8 bars without drums, chorus 16 bars",
            "breakdown: no drums",
            "",
        ),
        ("string quartet in F major, 3/4, a slow central passage in D flat major in 4/4", "key Db major", ""),
        ("orchestra in C minor, the climax in C major with horns fortissimo", "from 50% until 83%: key C major", "dynamic"),
        (
            "folk song in D, 96 bpm: verse pianissimo, a bridge in B minor at 80 bpm without banjo",
            "key B minor, tempo 80",
            "dynamic",
        ),
        ("film music, strings and harp, 90 bpm; at the end the harp alone", "outro: only orchestral-harp", ""),
        ("rock song with guitar, bass, drums and organ, the song finishes with the organ alone", "outro: only organ", ""),
        ("documentary, start with solo cello, add strings and horn, then leave just the cello again", "end: only cello", ""),
        ("bossa nova, the flute rests in the bridge, the guitar has the melody there", "b: no flute, melody guitar", ""),
        (
            "tale for clarinet in C, then a part in C minor with timpani, slow, then the tale again",
            "key C minor",
            "tempo",
        ),
        (
            "viola and strings; let the viola enter only after the strings have played eight bars",
            "start: no viola",
            "bars",
        ),
        ("funk with slap bass, guitar and drums, a two-bar drum break halfway", "break: only drums", ""),
        ("power ballad, guitar solo after the second chorus", "solo: melody electric guitar", ""),
        ("duet for fiddle and guitar in D, guitar drops out for the last eight bars", "end: no guitar", ""),
        (
            "trumpet concerto, allegro, a cadenza for trumpet alone near the end, final chord fortissimo",
            "only trumpet",
            "dynamic",
        ),
        (
            "jazz quartet: tenor sax plays the head, piano takes one solo chorus, then the head again, AABA",
            "melody piano",
            "bars",
        ),
        (
            "game theme, marimba and clarinet, B part in E minor with clarinet resting, G major",
            "b: key E minor, no clarinet",
            "",
        ),
        ("orchestra film cue, no choir except at the end", "end: +choir", ""),
        ("game theme for flute and percussion, second half in A minor without percussion", "no percussion", ""),
    ],
)
def test_what_is_said_of_a_place_is_set_there(text: str, section: str, absent: str) -> None:
    options = parse_prompt(text).options
    assert section in options["sections"]
    assert absent not in options
    Brief.from_dict(options)


@pytest.mark.parametrize(
    ("text", "option"),
    [
        ("theme in F sharp minor, 60 bpm, goes into a panic section in 6/8", "meter"),
        ("chase cue, 150 bpm, strings until 0:30, at 0:30 brass fortissimo, 1 minute", "dynamic"),
        ("house, calm coda of a short kind, the last chord fortissimo", "dynamic"),
    ],
)
def test_what_no_place_can_have_has_no_effect(text: str, option: str) -> None:
    assert option not in parse_prompt(text).options


def test_a_tempo_in_figures_of_a_place_is_part_of_the_course() -> None:
    text = "piano piece in G, 70 bpm, with a middle section in G minor at 105 bpm, and a slowing-down ending"
    curve = parse_prompt(text).options["tempo_curve"]
    assert curve == "100%@33.33% 150%@33.33% 150%@66.67% 100%@66.67% 100%@85% 65%@100%"


def test_the_loudness_of_a_place_is_set_for_bands_only() -> None:
    text = "fantasy overture for orchestra in C minor, then a hushed coda for solo flute"
    assert "intensity" not in parse_prompt(text).options["sections"]


def test_the_mood_of_a_place_is_not_that_of_the_piece() -> None:
    options = parse_prompt("calm nocturne for piano in C sharp minor, an agitated central section in E major").options
    assert options["mood_curve"] == "calm@0% agitated@50% calm@100%"


def test_a_line_says_what_is_ignored() -> None:
    assert parse_prompt("a reel in D, goes into a panic section in 6/8").ignored == ("goes into a panic section in 6/8",)


@pytest.mark.parametrize(
    "text",
    [
        "bluegrass tune in G with banjo, and a slowing-down ending",
        "fiddle tune, the last part gets slower",
        "waltz for music box, ends by slowing down",
        "calm piece for harp; at the end the harp alone, slowing down to nothing",
    ],
)
def test_the_tempo_of_the_end_is_not_that_of_the_piece(text: str) -> None:
    assert not parse_prompt(text).options.get("tempo_curve", "").startswith("100%@0 ")


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("pop song with verse, chorus and bridge in G, 96 bpm", "G major"),
        ("ballad: verse with just piano and vocals in A flat major at 68 bpm, drums at the chorus", "Ab major"),
        ("a minuet and trio for string quartet in G major", "G major"),
        ("a fast bluegrass breakdown in G", "G major"),
    ],
)
def test_the_only_key_is_that_of_the_piece(text: str, key: str) -> None:
    assert parse_prompt(text).options["key"] == key


def test_who_began_alone_and_ends_so_has_the_mood_and_the_key_of_the_beginning() -> None:
    text = "cue: solo oboe in E minor, at 0:30 a warm horn melody in G major, at 1:00 the oboe alone again, 90 seconds"
    options = parse_prompt(text).options
    assert options["key"] == "E minor"
    assert "c: only oboe" in options["sections"]


def test_a_length_before_a_key_is_no_time() -> None:
    text = "western, 1:10, A minor: whistle alone until 0:15, guitar and strings enter, trumpet from 0:40, only bells from 1:00"
    options = parse_prompt(text).options
    assert (options["duration"], options["hits"]) == (70, "0:15 section, 0:40 section, 1:00 section")


def test_a_time_and_a_final_chord_give_the_length() -> None:
    text = "epic trailer: single piano, 0:20 ostinato strings, 0:45 full orchestra and choir, final chord by 1:30"
    options = parse_prompt(text).options
    assert options["duration"] == 90
    assert options["sections"] == "a: only piano; b: only piano and strings"
