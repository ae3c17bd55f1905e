"""What is not done with a prompt is named in the user's words, clause by clause."""

from __future__ import annotations

import pytest

from composer.prompt import parse_prompt


@pytest.mark.parametrize(
    ("text", "not_done"),
    [
        ("string quartet, the cello sighs and groans in the distance", "cello sighs and groans in the distance"),
        ("a march for wind quintet where the bassoon keeps interrupting", "bassoon keeps interrupting"),
        ("rock song, piano answers the guitar in bar 7", "piano answers the guitar in bar 7"),
        ("full orchestra, start with a lonely oboe over held strings", "start with a lonely oboe over held strings"),
        ("ballad for voice and guitar, the guitar plays a short solo", "guitar plays a short solo"),
        ("string quartet in G minor, viola starts alone", "viola starts alone"),
    ],
)
def test_a_clause_without_effect_is_shown_whole(text: str, not_done: str) -> None:
    assert not_done in parse_prompt(text).ignored


@pytest.mark.parametrize(
    ("text", "not_done"),
    [
        ("swing big band, alternating saxes and brass", 'alternating (of "alternating saxes")'),
        ("rock, two distant guitars", 'two distant (of "two distant guitars")'),
        ("waltz for flute and pounding timpani", 'pounding (of "pounding timpani")'),
        ("waltz, calm for the first 30 seconds", 'for the first 30 seconds (of "calm for the first 30 seconds")'),
        ("a slow waltz for zyx", 'for zyx (of "slow waltz for zyx")'),
        ("scherzo for string quartet with a slow, songlike trio", 'songlike (of "slow, songlike trio")'),
        ("country with fiddle solo in the middle", 'in the middle (of "fiddle solo in the middle")'),
    ],
)
def test_of_a_clause_that_is_done_in_part_the_rest_is_shown_within_it(text: str, not_done: str) -> None:
    assert parse_prompt(text).ignored == (not_done,)


@pytest.mark.parametrize(
    "text",
    [
        "please, I want a sad waltz for flute and harp",
        "film cue, opens with a lone cello",
        "koto solo in hirajoshi",
        "trombone solo with piano in E flat",
        "solo oboe over strings, slow",
        "film cue, tense strings from the start, piano",
        "a march that starts calm and ends triumphant",
        "rock song, drums enter in the chorus",
    ],
)
def test_what_is_done_and_courtesy_are_silent(text: str) -> None:
    assert parse_prompt(text).ignored == ()


def test_a_player_of_the_ensemble_is_among_the_players() -> None:
    said = dict(parse_prompt("a full orchestra with strings, sad").understood)
    assert said["strings"] == "already among the players"
    assert dict(parse_prompt("SATB hymn for choir").understood)["SATB"] == "ensemble satb-choir"


def test_phrases_that_add_nothing_are_named_and_not_called_understood() -> None:
    said = parse_prompt("a happy rock song for a birthday")
    assert said.redundant == ("song", "birthday")
    assert "no further effect: song, birthday" in said.lines()
    assert not {"song", "birthday"} & {phrase for phrase, _ in said.understood}


def test_a_manner_that_gives_way_to_a_style_is_not_done() -> None:
    said = parse_prompt("a slow waltz in B minor for cello and piano, quite Russian in feel")
    assert said.ignored == ("quite Russian in feel",)
    assert parse_prompt("a Mexican waltz for accordion and guitar").ignored == ()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("rock with a quiet fourth chorus", "the piece has no such section"),
        ("pop song with melody in the drums in the verse", "the piece has no such player"),
    ],
)
def test_a_setting_without_effect_has_its_reason(text: str, reason: str) -> None:
    assert any(note.endswith(f": {reason}") for note in parse_prompt(text).notes)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("an easy piece for violin, open strings D and A", "on which strings a player plays"),
        ("cue for strings, everything stops on one violin note", ""),
    ],
)
def test_a_reason_is_that_of_the_wish(text: str, line: str) -> None:
    assert [note[: len(line)] for note in parse_prompt(text).notes] == ([line] if line else [])


def test_words_that_were_translated_are_not_shown_as_the_user_s() -> None:
    assert parse_prompt("Kinderlied für Flöte und Gitarre, am Ende klatschen alle").ignored == ("klatschen alle",)


def test_the_lines_go_from_what_is_done_to_why_the_rest_is_not() -> None:
    said = parse_prompt("slow, at 160 bpm, a rock song for zyx, in D minor, C major, with reverb")
    assert said.lines() == [
        "understood: 160 bpm -> tempo 160; rock -> style rock; D minor -> key D minor",
        "no further effect: song",
        'not done: for zyx (of "rock song for zyx"); reverb',
        "'slow' gives way to '160 bpm' (tempo)",
        "'C major' gives way to 'D minor' (key)",
        "effects, tunings, noises and places in the room are not written in a score",
    ]
