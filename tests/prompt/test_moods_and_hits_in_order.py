"""Moods that are held up to a time, moods of endings, and hits in ordinary words."""

from __future__ import annotations

from typing import Any

import pytest

from composer.brief import Brief
from composer.errors import BadInputError
from composer.prompt import parse_prompt


def options(text: str) -> dict[str, Any]:
    return dict(parse_prompt(text).options)


@pytest.mark.parametrize(
    ("text", "curve"),
    [
        ("furious until 1:05, then sad, ends at 1:40, orchestra", "furious@0s furious@64s sad@65s sad@end"),
        (
            "calm for 30 seconds, then tense for 20 seconds, then happy for 10 seconds",
            "calm@0s calm@29s tense@30s tense@49s happy@50s happy@end",
        ),
        ("calm piano for the first 20 seconds, then sad strings, 1 minute", "calm@0s calm@19s sad@20s sad@end"),
        ("happy until 0:20, sad until 0:40, happy again, one minute", "happy@0s happy@19s sad@20s sad@39s happy@40s happy@end"),
        (
            "short film: 0-20s mysterious, 20-45s chase, 45-60s relief",
            "mysterious@0s mysterious@19s tense@20s tense@44s content@45s content@60s",
        ),
        ("calm for 30 seconds then suddenly a monster appears, 1 minute", "calm@0s calm@29s ominous@30s ominous@end"),
        ("sad and quiet ending, otherwise adventurous, orchestra", "adventurous@0% adventurous@75% sad@76% sad@100%"),
        ("happy waltz with a sad, quiet ending", "happy@0% happy@75% sad@76% sad@100%"),
        ("adventurous piano piece, the ending sad and quiet", "adventurous@0% adventurous@75% sad@76% sad@100%"),
        ("piano song, sad but hopeful at the end", "sad@0% sad@75% hopeful@76% hopeful@100%"),
        ("at 0:48 the wolf attacks, big hit; before that calm forest; 70 seconds", "calm@start calm@47s furious@48s"),
        ("a cue for 10 seconds, happy from 0:00 to 0:20, sad from 0:20 to 0:40", "happy@0s happy@19s sad@20s sad@40s"),
        ("film cue of 20 seconds, calm, tense at 0:30", "calm@start tense@30s"),
        ("静かなピアノ曲、後半は激しく、1分半", "calm@0% calm@49% excited@50% excited@end"),
    ],
)
def test_each_mood_holds_where_it_is_meant(text: str, curve: str) -> None:
    found = options(text)
    assert found["mood_curve"] == curve
    Brief.from_dict(found)


@pytest.mark.parametrize(
    ("text", "hits", "duration"),
    [
        ("big hits at 5, 12.3 and 21 seconds, trailer, 30 seconds", "0:05 big, 0:12.3 big, 0:21 big", 30),
        ("trailer, 1'45\", braaam hits at 15s, 45s and 1'20\"", "0:15 big, 0:45 big, 1:20 big", 105),
        ("紧张的追逐音乐,弦乐,第30秒有一次重击,共1分钟", "0:30 big", 60),
        ("a hit at second 12, trailer, 30 seconds", "0:12 big", 30),
        ("hits at 0:10 and 0:25, 40 seconds", "0:10 big, 0:25 big", 40),
        ("Musik, Schlag at the end, endet um 0:40", "0:38 big", 40),
        ("at 0:48 the wolf attacks, big hit; before that calm; 70 seconds", "0:48 big", 70),
        ("a 30 second ad with a big hit at 0:30", "0:28 big", 30),
        ("film cue, 10 seconds, hits at 0:12 and 0:30", "0:12 big, 0:30 big", 32),
        ("film cue, calm until 0:10, at 0:12 a bang, at 0:20 only the strings, 40 seconds", "0:12 soft, 0:20 section", 40),
        (
            "chase: the cat sneaks for 10 seconds (bassoon), then runs from 0:10 to 0:35 with xylophone and strings, "
            "and crashes with a big hit at 0:35",
            "0:10 section, 0:35 big",
            37,
        ),
        (
            "film cue, 1:10 long: quiet at first, at 0:22 a door slams, then panic until 0:50, after that only a solo cello",
            "0:22 big, 0:50 section",
            70,
        ),
        ("quiet ending, big climax at two thirds, string orchestra, 3 minutes", "2:00.6 big", 180),
        ("hits at 0:03 0:07 0:12, 15 seconds", "0:03 big, 0:07 big, 0:12 big", 15),
        ("hits: 3s 7s 12s, length 15s", "0:03 big, 0:07 big, 0:12 big", 15),
        ("soft hits: 0:05, 0:12, 25 seconds", "0:05 soft, 0:12 soft", 25),
        ("hits 0:05, 0:12 and 0:20, 25 seconds", "0:05 big, 0:12 big, 0:20 big", 25),
        ("soft accents at 10 20 30, one minute, string quartet", "0:10 soft, 0:20 soft, 0:30 soft", 60),
        ("30 seconds, hits at 10 and 20", "0:10 big, 0:20 big", 30),
        ("hits at 10 and 20, 30 seconds", "0:10 big, 0:20 big", 30),
        ("30 seconds, a hit at 20", "0:20 big", 30),
        ("40 seconds, hits at 10 and 50", "0:10 big, 0:50 big", 52),
        ("hits at 0:03, 0:07 and 0:12, 15 seconds, strings enter at 0:05", "0:03 soft, 0:05 section, 0:07 soft, 0:12 soft", 15),
        ("string trio, hits at 5 and 21 seconds, the cello enters at 0:10", "0:05 soft, 0:10 section, 0:21 soft", 23),
        ("hits at 0:08 and 0:30, brass enters at 0:15", "0:08 soft, 0:15 section, 0:30 soft", 32),
    ],
)
def test_hits_in_ordinary_words(text: str, hits: str, duration: float) -> None:
    found = options(text)
    assert (found["hits"], found["duration"]) == (hits, duration)
    Brief.from_dict(found)


def test_times_without_commas_leave_the_length_open_and_end_before_the_next_line() -> None:
    assert options("film cue, hits at 0:05 0:12 0:30, from 0:20 tense").get("duration") is None
    assert options("calm piano, hit at 0:05 0:20 strings enter")["hits"] == "0:05 big"
    assert options("hits at 0:05 0:20-0:40 strings")["hits"] == "0:05 big, 0:20 section"


@pytest.mark.parametrize(
    "text", ["rock trio, 30 seconds, accents on 2 and 4", "rock at 120, 30 seconds", "hits at 120 bpm, 30 seconds"]
)
def test_numbers_that_count_no_seconds_are_no_hits(text: str) -> None:
    assert "hits" not in options(text)


@pytest.mark.parametrize("text", ["una cancion triste, tempo 12, fade out by 0:55", "sad piano at 12 bpm, 55 seconds"])
def test_a_tempo_out_of_range_is_refused_as_given(text: str) -> None:
    assert options(text)["tempo"] == 12
    with pytest.raises(BadInputError, match=r"tempo 12\.0 is out of range"):
        Brief.from_dict(options(text))


def test_lengths_of_parts_add_up() -> None:
    found = options("piano for 20 seconds, then strings join for 20 seconds, then full orchestra for 15 seconds")
    assert (found["duration"], found["hits"]) == (55, "0:20 section, 0:40 big")


def test_several_moods_of_endings_alone_are_no_error() -> None:
    assert options("violin, sad at the end, hopeful at the end")["ensemble"] == "violin"
