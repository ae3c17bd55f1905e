"""Lists of sections with their bars and chords, solos and choruses by their places, and players who follow each other."""

from __future__ import annotations

from typing import Any

import pytest

from composer.prompt import parse_prompt
from tests.prompt import options


@pytest.mark.parametrize(
    ("text", "form", "sections"),
    [
        (
            "pop song: verse 8 bars over Am F C G, chorus 8 bars over F G Am C/E, verse, chorus, outro",
            "Verse8 Chorus8 Verse8 Chorus8 Outro8",
            "verse: chords Am F C G; chorus: chords F G Am C/E",
        ),
        (
            "verse over Em C G D, pre-chorus Am C D, chorus G D Em C, rock band",
            "Verse Build Chorus Verse' Build Chorus",
            "verse: chords Em C G D; build: chords Am C D; chorus: chords G D Em C",
        ),
        (
            "rock ballad: verse Am G F, chorus C G F, bridge Dm G, solo over the verse chords",
            "Verse Chorus Verse' Chorus Bridge Solo Chorus",
            "verse: chords Am G F; chorus: chords C G F; bridge: chords Dm G",
        ),
        (
            "funk with intro (4 bars), verse (8 bars: Em7 A7), chorus (8 bars), verse, chorus, outro 4 bars",
            "Intro4 Verse8 Chorus8 Verse8 Chorus8 Outro4",
            "verse: chords Em7 A7",
        ),
        (
            "intro of 4 bars, then verse, chorus, verse, chorus, middle eight, chorus x2, outro; pop",
            "Intro4 Verse8 Chorus8 Verse8 Chorus8 Bridge8 Chorus8 Chorus8 Outro4",
            None,
        ),
        (
            "rock: intro, verse, pre-chorus, chorus, verse, pre-chorus, chorus, guitar solo, chorus, outro",
            "Intro Verse Build Chorus Verse Build Chorus Solo Chorus Outro",
            "solo: melody overdriven guitar",
        ),
        (
            "cumbia, intro de 4 compases, estrofa, coro, estrofa, coro, final",
            "Intro4 Verse8 Chorus8 Verse8 Chorus8 Outro4",
            None,
        ),
        (
            "canzone pop: strofa, ritornello, strofa, ritornello, ponte in la minore, ritornello; in do maggiore",
            "Verse Chorus Verse Chorus Bridge Chorus",
            "bridge: key A minor",
        ),
        ("two verses, chorus, bridge and final chorus, folk for voice", "Verse Verse Chorus Bridge Chorus", None),
        ("country, 3 verses each followed by a chorus", "Verse Chorus Verse Chorus Verse Chorus", None),
        ("Chanson: couplet, refrain, couplet, refrain, pont, refrain", "Verse Chorus Verse Chorus Bridge Chorus", None),
        ("verse 8, chorus 8, bridge 8, chorus 16, pop", "Verse8 Chorus8 Bridge8 Chorus16", None),
        ("pop song with a pre-chorus", "Intro Verse Build Chorus Verse' Build Chorus Bridge Build Chorus Outro", None),
    ],
)
def test_lists_of_sections_are_the_form_with_their_bars_and_chords(text: str, form: str, sections: str | None) -> None:
    found = options(text)
    assert (found["form"], found.get("sections")) == (form, sections)
    assert "chords" not in found
    assert not {"choir-aahs"} & {*found.get("instruments", ())}


def test_the_words_of_a_list_are_not_reported_as_ignored() -> None:
    said = parse_prompt("intro of 4 bars, then verse, chorus, verse, chorus, middle eight, chorus x2, outro; pop")
    assert said.ignored == ()


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("power ballad, guitar solo after the second chorus", "Intro Verse Chorus Verse' Chorus Solo Chorus Outro"),
        ("pop ballad, sax solo after the first chorus", "Intro Verse Chorus Solo Verse' Chorus Outro"),
        (
            "ballata rock in mi minore, assolo di chitarra dopo il secondo ritornello",
            "Verse Chorus Verse' Chorus Solo Chorus",
        ),
        ("rock song with a guitar solo after the bridge", "Verse Chorus Verse' Chorus Bridge Solo Chorus"),
        ("hymn, three verses, trumpet solo after the second verse", "Verse Verse Solo Verse"),
        ("lied for voice and piano, violin solo after the first verse", "Verse Solo Verse Verse"),
        ("soul song with a double chorus at the end", "Intro Verse Chorus Verse' Chorus Chorus Outro"),
    ],
)
def test_solos_and_double_choruses_have_their_places(text: str, form: str) -> None:
    assert options(text)["form"] == form


@pytest.mark.parametrize(
    ("text", "form", "sections"),
    [
        (
            "drums only for four bars, then bass, then guitar, then full band, funk in E",
            "A4 B4 C4 D16",
            "a: only drums; b: only drums and bass; c: only drums and bass and guitar",
        ),
        ("drums for 4 bars, then bass, then guitar, rock", "A4 B4 C16", "a: only drums; b: only drums and bass"),
        (
            "for two bars only drums, then everybody, rock",
            "Intro2 Verse8 Chorus8 Verse'8 Chorus8 Bridge4 Chorus8 Outro4",
            "intro: only drums",
        ),
        ("8 bars of flute alone, then piano joins, gentle", "Intro8 A8 B8 A8", "start: only flute"),
        ("starts with solo cello for 8 bars, then the strings", "Intro8 A8 B8 A8", "start: only cello"),
        (
            "jazz ballad for tenor sax and rhythm section, start with a 4-bar piano intro, then two choruses of a 32-bar AABA, "
            "the second one with a piano solo",
            "Intro4 A8 A8 B8 A8 A'8 A'8 B'8 A'8",
            "intro: only piano; a': melody piano; b': melody piano",
        ),
        ("jazz ballad with tenor sax, piano intro of 8 bars", "Intro8 A8 A8 B8 A8", "intro: only piano"),
    ],
)
def test_bars_of_who_plays_first_are_no_length_of_the_piece(text: str, form: str, sections: str) -> None:
    found = options(text)
    assert (found["form"], found["sections"], found.get("bars")) == (form, sections, None)


def test_sections_with_bars_share_the_seconds_of_a_piece_at_a_usual_tempo() -> None:
    assert options("pop song, intro of 4 bars, 2 minutes")["form"] == (
        "Intro4 Verse8 Chorus8 Verse'8 Chorus8 Bridge4 Chorus8 Outro4"
    )
    assert options("starts with solo cello for 8 bars, then the strings, 3 minutes")["form"] == "Intro8 A24 B24 A24"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a tango that slows down in the last 8 bars", {"tempo_curve": "100%@85% 65%@end"}),
        ("accordion piece, more and more quick", {"tempo_curve": "100%@0 140%@end"}),
        ("marcha para orquesta, empieza piano y crece hasta el final", {"arc": ["build"], "ensemble": "orchestra"}),
        ("western duel, guitar, speeds up just before the end", {"tempo_curve": "100%@85% 140%@end"}),
        ("hymn in 4 verses with organ", {"form": "A A A A"}),
        ("bossa with voice, singer rests in the intro", {"sections": "intro: no singer"}),
        ("25 seconds, hit at the end", {"duration": 25.0, "hits": "0:23 big"}),
        ("samba, 40 bars, drums rest in bar 17", {"bars": 40}),
        ("canción en do mayor, dos estrofas y estribillo", {"form": "Verse Chorus Verse Chorus"}),
        (
            "pop ballad, verse with only piano, pre-chorus brings in the bass",
            {
                "form": "Intro Verse Build Chorus Verse' Build Chorus Outro",
                "sections": "verse: only piano; intro: no bass; first verse: no bass",
            },
        ),
        ("silence at 0:30 for two seconds, thriller, 1 min", {"duration": 60.0}),
        ("hits on 3s, 7.5s and 14s, 20 second logo", {"duration": 20.0, "hits": "0:03 big, 0:07.5 big, 0:14 big"}),
        ("battle drums, getting faster, from 90 to 150 bpm", {"tempo_curve": "100%@0 167%@end", "tempo": 90.0}),
        ("underscore, quiet and uneasy at first, then hopeful", {"mood_curve": "tense@0% hopeful@100%"}),
        ("epic cue, quiet middle section with no drums", {"mood_curve": "epic@0% calm@50% epic@100%"}),
        ("sad ending scene, cello and harp", {"mood": ["sad"], "mood_curve": None}),
        ("whistle and guitar, gunshot hit at 0:30", {"instruments": ["whistle", "acoustic-guitar-nylon"], "hits": "0:30 big"}),
        ("puzzle game, piano and marimba patterns", {"style": None}),
        ("puzzle game", {"style": "ambient"}),
        ("RPG battle theme with brass and timpani", {"style": "epic-trailer", "mood": ["furious"]}),
        ("underwater level, synth pad and celesta", {"style": None, "instruments": ["pad-2-warm", "celesta"]}),
        ("weather forecast bed, 20 seconds", {"texture": "bed"}),
        ("a carol like the old English ones, SATB", {"duration": None}),
        ("rumba, guitarra, a 110 pulsaciones", {"tempo": 110.0}),
        ("zombie game, heavy, downtuned guitars", {"instruments": ["distortion-guitar"]}),
        ("advert, piano and strings, light beat", {"mood": ["hopeful"]}),
        ("party in a kids' movie, clarinet", {"level": None}),
        ("12 bar blues for electric guitar, bass, drums, with a harmonica solo", {"sections": "solo: melody harmonica"}),
        ("poker game, cool jazz organ trio", {"style": "swing"}),
        ("slow piece for strings, last 15 seconds ppp", {"arc": ["soft-end"], "duration": None}),
        ("epic cue with taikos, calm middle without taikos", {"sections": "middle: no drums"}),
        ("stealth, gets tenser until the alarm at 1:30", {"hits": "1:30 big"}),
        ("16 bars, AABB, B starts in the dominant, recorder", {"sections": "b: key dominant"}),
        ("sad song for guitar, hopefull ending", {"mood_curve": "sad@0% sad@75% hopeful@76% hopeful@100%"}),
    ],
)
def test_what_ordinary_words_come_to(text: str, expected: dict[str, Any]) -> None:
    found = options(text)
    assert {option: found.get(option) for option in expected} == expected


def test_the_singer_of_a_song_stays_a_singer_beside_others() -> None:
    found = options("lied for voice and piano, violin solo after the first verse")
    assert found["instruments"] == ["voice", "acoustic-grand-piano", "violin"]
