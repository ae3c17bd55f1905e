"""What a prompt says of one named place of the piece reaches that place and nothing else, and shows in the report."""

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
    ("text", "sections"),
    [
        ("rock song, the bridge quiet and sparse, the last chorus louder",
         "bridge: intensity 0.2, complexity 0.1; last chorus: intensity 0.95"),
        ("pop with a quiet second chorus", "second chorus: intensity 0.2"),
        ("Popballade, der letzte Refrain einen Ton höher und lauter", "last chorus: key +2, intensity 0.95"),
        ("canción de cumbia, el puente sin batería, el último estribillo más fuerte",
         "bridge: no drums; last chorus: intensity 0.95"),
        ("house track, the breakdown only piano and strings", "break: only piano and strings"),
        ("rock anthem, no drums in the first verse", "first verse: no drums"),
        ("piano ballad in Eb, the second verse adds strings",
         "intro: no strings; first verse: no strings; first chorus: no strings"),
        ("chanson, le pont plus lent", "bridge: tempo 75%"),
        ("swing, louder last chorus", "from 50%: intensity 0.95"),
        ("Klavierstück, der Mittelteil schneller und in Moll", "middle: tempo 130%, key parallel"),
        ("polonaise, the trio quieter and in the relative minor", "trio: key relative"),
        ("rondo for clarinet, the C section in the relative minor and much slower", "c: key relative, tempo 75%"),
        ("scherzo for string quartet with a slow, songlike trio", "trio: tempo 33%"),
        ("fanfare for brass, with a softer middle section for horn and trombone", "middle: only horn and trombone"),
        ("reggae, eight bars of dub at the end with only drums and bass", "outro: only drums and bass"),
        ("string orchestra, begins with the double basses alone, adds cellos, violas and finally the violins",
         "until 25%: only double bass; from 25% until 50%: only double bass and cello; "
         "from 50% until 75%: only double bass and cello and viola"),
        ("theme and five variations, the last one in the parallel minor", "end: key parallel"),
        ("theme and five variations in A major, the last variation in the parallel key", "end: key parallel"),
        ("hymn for choir, three verses, the last one a half step higher", "last verse: key +1"),
        ("piano piece, it changes from A minor to F major halfway",
         "all: key A minor; from 50%: key F major; outro: key F major"),
        ("country song, double time ending", "end: tempo 200%"),
        ("bluegrass with a double-time last chorus", "last chorus: tempo 200%"),
        ("metal song, half time breakdown", "bridge: tempo 50%"),
        ("pop song, verse-chorus-verse-chorus-bridge-chorus, the last chorus a whole step higher", "last chorus: key +2"),
    ],
)  # fmt: skip
def test_settings_of_a_place(text: str, sections: str) -> None:
    found = options(text)
    assert (found["sections"], {"tempo", "dynamic", "density", "mood"} & set(found) - {"mood", "tempo"}) == (sections, set())


@pytest.mark.parametrize(
    ("text", "curve"),
    [
        ("fanfare for brass, with a softer middle section",
         "triumphant@0% triumphant@32.33% 0.65,0.1@33.33% 0.65,0.1@66.67% triumphant@67.67% triumphant@100%"),
        ("calm string quartet with a loud and stormy second section",
         "calm@0% 0.5,-0.15@32.33% agitated@33.33% agitated@66.67% 0.5,-0.15@67.67% calm@100%"),
        ("tema con variazioni per flauto, la terza variazione lenta e triste",
         "0,0@0% 0,0@49% sad@50% sad@66.67% 0,0@67.67% 0,0@100%"),
        ("film score: tense opening, calm middle, triumphant ending", "tense@0% calm@50% triumphant@100%"),
        ("Streichquartett, ruhiger Anfang, wilder Mittelteil", "calm@0% agitated@50% calm@100%"),
        ("rondo for wind quintet, the C section stormy",
         "0,0@0% 0,0@59% agitated@60% agitated@80% 0,0@81% 0,0@100%"),
        ("nocturne with a dreamlike middle section", "0,0@0% dreamy@50% 0,0@100%"),
        ("funeral march with a hopeful middle", "solemn@0% hopeful@50% solemn@100%"),
    ],
)  # fmt: skip
def test_moods_and_energy_of_a_place(text: str, curve: str) -> None:
    assert options(text)["mood_curve"] == curve


@pytest.mark.parametrize(
    ("prompt", "form"),
    [
        ("theme 8 bars, three variations of 8 bars", "A8 A'8 A''8 A'''8"),
        ("two variations of 8 bars each for piano", "A8 A'8 A''8"),
        ("theme of 16 bars, then two eight-bar variations", "A16 A'8 A''8"),
        ("theme (8 bars) and 2 variations", "A8 A'8 A''8"),
        ("tema e due variazioni di 12 battute", "A12 A'12 A''12"),
        ("three sections of 8 bars", "A8 B8 C8"),
    ],
)
def test_variations_with_bars_follow_their_theme(prompt: str, form: str) -> None:
    reading = parse_prompt(prompt)
    assert (reading.options["form"], reading.ignored, "bars" in reading.options) == (form, (), False)


def test_variations_have_their_characters() -> None:
    found = options(
        "Theme and variations for piano in A minor, five variations, the fourth in major and the last fast and virtuosic"
    )
    assert (found["form"], found["sections"]) == ("theme-and-variations", "A'''': key parallel; end: tempo 140%")
    assert found["mood_curve"] == "0,0@0% 0,0@82.33% 0,0.4@83.33% 0,0.4@100%"
    assert {"tempo", "density"}.isdisjoint(found)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("Viennese waltz, slow introduction, three waltz themes and a brilliant coda", "Intro A B C Outro"),
        ("valzer per pianoforte con introduzione lenta e coda brillante", "Intro A B A Outro"),
        ("pop song, verse-chorus-verse-chorus-bridge-chorus, the last chorus a whole step higher",
         "Verse Chorus Verse Chorus Bridge Chorus"),
        ("rock, verse, chorus, verse, chorus, bridge, last chorus a half step up", "Verse Chorus Verse Chorus Bridge Chorus"),
        ("jazz standard, AABA 32 bars, head then piano solo, head out", "A8 A8 B8 A8 A'8 A'8 B'8 A'8 A8 A8 B8 A8"),
        ("jazz trio, AABA, head, piano solo, trading fours, head out", "A A B A A' A' B' A' A'' A'' B'' A'' A A B A"),
        ("metal with a half-time breakdown and a guitar solo", "Verse Chorus Verse' Chorus Bridge Solo Chorus"),
        ("string quartet with a coda", "A B A Outro"),
    ],
)  # fmt: skip
def test_forms_have_the_sections_that_are_named(text: str, form: str) -> None:
    assert options(text)["form"] == form


def test_a_breakdown_is_a_section_of_the_form() -> None:
    said = parse_prompt("progressive house, 124 bpm, and a breakdown in the middle")
    assert ("and a breakdown in the middle", "section break of the form drop") in said.understood
    assert not said.ignored


@pytest.mark.parametrize(
    ("text", "curve"),
    [
        ("Bulgarian dance in 7/8, getting faster towards the end", "100%@67% 140%@end"),
        ("valse musette pour accordéon, qui s'accélère vers la fin", "100%@67% 140%@end"),
        ("Walzer für Klavier, gegen Ende immer schneller", "100%@67% 140%@end"),
        ("marcha que se acelera hacia el final", "100%@67% 140%@end"),
        ("tarantella che accelera alla fine", "100%@75% 140%@end"),
        ("epic orchestra, the last third gets faster and faster", "100%@67% 180%@end"),
        ("lullaby, getting slower and softer towards the end", "100%@67% 65%@end"),
        ("piano waltz, slow introduction, getting faster towards the end", "65%@0% 65%@25% 100%@25% 100%@67% 140%@100%"),
    ],
)
def test_tempi_change_from_a_place_on(text: str, curve: str) -> None:
    assert options(text)["tempo_curve"] == curve


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tense film cue, strings, 45 seconds, ending with a sudden loud hit", {"hits": "0:43 sudden", "arc": None}),
        ("film cue, strings, endet mit einem lauten Schlag, 30 seconds", {"hits": "0:28 big", "arc": None}),
        ("tango that ends with a sudden chord", {"hits": None, "arc": ["loud-end"]}),
        ("cue, hits at 0:10 and 0:20, 30 seconds, ends with a hit", {"hits": "0:10 big, 0:20 big", "arc": ["loud-end"]}),
    ],
)
def test_a_hit_at_the_end(text: str, expected: dict[str, Any]) -> None:
    found = options(text)
    assert {option: found.get(option) for option in expected} == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("string quartet, mostly pianissimo to mezzo forte", {"dynamic": "p", "arc": None}),
        ("requiem, dynamics between pp and mf", {"dynamic": "p", "mood": None}),
        ("nocturne that rises to forte and then sinks back", {"arc": ["swell"], "dynamic": None}),
        ("heroic theme, before fading away to nothing", {"arc": ["fade-out"]}),
        ("ambient piece for pads that gets denser and then thins out", {"arc": ["swell"]}),
        ("minimal piece for flute, gradually adding patterns", {"arc": ["build"]}),
    ],
)
def test_the_course_of_loudness(text: str, expected: dict[str, Any]) -> None:
    found = options(text)
    assert {option: found.get(option) for option in expected} == expected


def test_how_a_piece_starts_is_not_how_it_goes_on() -> None:
    found = parse_prompt(
        "film music that starts with solo piano, very quiet, at about 1:00 the strings enter, and it swells to a big emotional "
        "climax before fading away to nothing"
    )
    assert (found.options["arc"], found.options["mood"], found.ignored) == (["swell", "fade-out"], ["passionate"], ())
    assert found.options["sections"] == "a: only piano; b: only piano and strings"


def test_what_a_place_cannot_have_is_said() -> None:
    said = parse_prompt("rock with a quiet fourth chorus")
    assert said.ignored == ("quiet fourth chorus",)
    assert "a quiet fourth chorus: the piece has no such section" in said.notes
    assert parse_prompt("scherzo for string quartet with a slow, songlike trio").ignored == (
        'songlike (of "slow, songlike trio")',
    )


def test_the_key_of_a_last_variation_is_not_that_of_the_theme() -> None:
    assert options("theme and five variations in A major, the last one in the parallel minor")["key"] == "A major"


def test_traded_fours_are_not_set_and_no_length() -> None:
    said = parse_prompt("jazz trio, AABA in F, then trade fours with the drums")
    assert ("duration" not in said.options, said.ignored) == (True, ("trade fours with the drums",))


def test_an_elegy_is_slow_and_sad() -> None:
    assert options("elegy for cello") == {"mood": ["sad"], "style": "character-piece", "tempo": 60.0, "ensemble": "cello"}


def test_words_of_a_whole_piece_stay_those_of_the_piece() -> None:
    assert options("trauriges Cellosolo, langsam")["tempo"] == 60
    assert options("a Haydn string quartet finale, presto")["tempo"] == 180
    assert options("trance anthem, big build-up and drop")["form"] == "drop"
