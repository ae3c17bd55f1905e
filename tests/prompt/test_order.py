"""What prompts say of order and time within the piece, and of single players: shares, entries, layers, turns, touches."""

from __future__ import annotations

import pytest

from composer.prompt import parse_prompt
from tests.prompt import options


def test_entries_begin_sections_and_the_climax_is_the_big_hit() -> None:
    found = options(
        "Film cue, 1:30: starts quietly with solo piano, strings enter at 0:30, big climax at 1:10, then fades to a held note."
    )
    assert (found["hits"], found["form"], found["arc"]) == ("0:30 section, 1:10 big", "ABB'", ["swell", "fade-out"])
    assert found["sections"] == "a: only piano; b: only piano and strings"
    assert "mood" not in found
    assert "french-horn" not in found["instruments"], "nobody is in the score who never plays"


@pytest.mark.parametrize(
    ("text", "sections"),
    [
        ("lofi beat, no drums until halfway", "until 50%: no drums"),
        ("epic cinematic track, drums enter in the second half", "until 50%: no drums"),
        ("first half solo piano, then the orchestra joins", "until 50%: only piano"),
        ("techno, in the last third the bass drops out", "from 67%: no bass"),
        ("d'abord la flûte seule, puis le quatuor à cordes",
         "until 50%: only flute; from 50%: only violin and viola and cello"),
        ("classical guitar, middle part faster", "middle: tempo 130%"),
        ("reggae, no bass in the first third", "until 33%: no bass"),
        ("pop song with no bass in the first third and a choir in the last third",
         "until 33%: no bass, no choir-aahs; from 33% until 67%: no choir-aahs"),
        ("Popsong ohne Schlagzeug bis zur Hälfte", "until 50%: no drums"),
        ("canción pop sin batería hasta la mitad", "until 50%: no drums"),
        ("musique de film, la première moitié au piano seul, puis les cordes entrent",
         "until 50%: only piano; from 50%: only piano and strings"),
        ("Trauermarsch, der in der zweiten Hälfte schneller wird", "from 50%: tempo 130%"),
        ("three sections: quiet piano, then full band, then quiet piano again", "until 33%: only piano; from 67%: only piano"),
    ],
)  # fmt: skip
def test_shares_of_the_piece_place_players_and_tempi(text: str, sections: str) -> None:
    assert options(text)["sections"] == sections


def test_moods_of_halves_change_at_the_half() -> None:
    found = options("the first half is calm, the second half wild, for string quartet")
    assert found["mood_curve"] == "calm@0% calm@49% agitated@50% agitated@end"
    assert (found["ensemble"], found.get("sections")) == ("string-quartet", None)


def test_who_is_left_out_until_a_time_enters_then() -> None:
    found = options("no drums until 0:30, pop, one minute")
    assert (found["hits"], found["sections"], found["duration"]) == ("0:30 section", "a: no drums", 60)


@pytest.mark.parametrize(
    ("text", "form", "sections"),
    [
        ("string quartet, cello enters after 4 bars", "Intro4 A8 B8 A8", "start: no cello"),
        ("waltz for piano and violin, the violin enters at bar 9, 24 bars", "A8 B16", "a: no violin"),
        ("hip hop beat, bass comes in after 8 bars, drums after 16 bars", "A8 B8 C16", "a: no bass, no drums; b: no drums"),
        ("house, bass enters at bar 9 and drums enter at bar 17, 32 bars", "A8 B8 C16", "a: no bass, no drums; b: no drums"),
    ],
)
def test_entries_at_bars_are_sections_with_bars(text: str, form: str, sections: str) -> None:
    found = options(text)
    assert (found["form"], found["sections"]) == (form, sections)


def test_a_slow_beginning_turns_into_a_lively_dance() -> None:
    found = options("Scottish slow air, then turning into a lively reel")
    assert (found["style"], found["sections"]) == ("reel", "until 50%: tempo 30%")
    assert found["mood_curve"] == "calm@0% calm@49% excited@50% excited@100%"
    assert "tempo" not in found
    assert options("starts as a slow ballad and turns into punk rock")["sections"] == "until 50%: tempo 34%"
    assert options("chanson lente qui se transforme en valse joyeuse")["sections"] == "until 50%: tempo 45%"


def test_players_enter_one_after_the_other_as_they_are_named() -> None:
    found = options("instruments enter one after the other: cello, viola, violin")
    assert found["sections"] == "start: only cello; b: only cello and viola"
    assert "arc" not in found, "more players are louder by themselves"
    assert options("minimal techno adding layers one by one")["sections"].startswith("until 20%: only drums; from 20%")
    quartet = options("string quartet where the players enter one after another starting with the cello")
    assert quartet["sections"] == "until 33%: only cello; from 33% until 67%: only cello and viola"


@pytest.mark.parametrize(
    ("text", "arc"),
    [("sea shanty getting rowdier with each verse", ["build"]), ("a march that gets wilder and wilder", ["build"])],
)
def test_comparatives_of_moods_are_the_course_of_the_energy(text: str, arc: list[str]) -> None:
    assert options(text)["arc"] == arc


def test_sections_of_dance_music_are_listed() -> None:
    found = options("synthwave, intro, build-up, drop and outro")
    assert (found["form"], found.get("arc")) == ("Intro Build Drop Outro", None)


@pytest.mark.parametrize(
    ("text", "option", "lost"),
    [
        ("upbeat pop with a short bass break", "bars", "short"),
        ("rock song with long silences between the sections", "bars", "long silences"),
        ("drum and bass, half a minute of pads before the drums drop", "duration", "half a minute of pads before"),
        ("folk tune with a quick flute run in the middle", "tempo", "quick"),
    ],
)
def test_words_for_a_moment_say_nothing_of_the_piece(text: str, option: str, lost: str) -> None:
    assert option not in options(text)
    assert lost in " ".join(parse_prompt(text).ignored)


def test_moods_of_single_players_give_way_to_that_of_the_piece() -> None:
    found = parse_prompt("optimistic background music with muted guitar, light piano and strings")
    assert found.options["mood"] == ["hopeful"]
    assert found.ignored == ('light (of "light piano and strings")',)
