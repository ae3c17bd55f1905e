"""Tests of prompts that ask for a texture of the whole piece or for silences of all players."""

from __future__ import annotations

import pytest

from composer.brief import Brief
from composer.plan import make_plan
from composer.prompt import merge, parse_prompt


@pytest.mark.parametrize(
    ("text", "texture"),
    [
        ("calm underscore, no melody, strings", "bed"),
        ("no melody, only pads", "bed"),
        ("ambient bed without melody", "bed"),
        ("a warm bed of strings", "bed"),
        ("dark bed under dialogue, film", "bed"),
        ("lo-fi beat without melody", "bed"),
        ("sparse ambient bed without melody", "bed"),
        ("ruhige Fläche ohne Melodie, Streicher", "bed"),
        ("musique de film sans mélodie, cordes", "bed"),
        ("a long sustained chord for strings", "held"),
        ("one long breath", "held"),
        ("string clusters, horror", "clusters"),
        ("tone clusters for organ", "clusters"),
        ("left hand only piano etude", "left-hand"),
        ("a nocturne for the left hand", "left-hand"),
        ("étude pour la main gauche seule", "left-hand"),
        ("a piano piece for the right hand alone", "right-hand"),
        ("string quartet, unison for all", "unison"),
        ("call and response between piano and strings", "dialogue"),
        ("antiphonal brass quintet", "dialogue"),
        ("minimalist phasing for two pianos", "phasing"),
        ("melancholic nocturne for piano", None),
        ("pop song, intro without melody", None),
        ("a piano piece in which the left hand plays chords", None),
        ("piano, the right hand has runs and the left hand rests", None),
        ("sad waltz for piano ending on a long sustained chord", None),
        ("horror score with occasional clusters", None),
        ("a hymn for choir, last verse in unison", None),
        ("SATB anthem, starts in unison, joyful", None),
        ("hymn for choir that ends in unison", None),
        ("time for bed, a lullaby", None),
        ("just kalimba and soft pad", None),
        ("gospel call and response with choir and drums", None),
        ("flute solo with clusters", None),
        ("phasing pads, synthwave", None),
        ("no melody, just drums", None),
    ],
)
def test_a_texture_is_read_where_the_whole_piece_has_it(text: str, texture: str | None) -> None:
    options = parse_prompt(text).options
    assert options.get("texture") == texture
    plan = make_plan(Brief.from_dict({**options, "seed": 1}))
    assert plan.texture == texture


@pytest.mark.parametrize(
    ("text", "pauses"),
    [
        ("a string quartet, general pause at bar 9", "bar 9"),
        ("piano quartet, silence at bars 12 to 13", "bars 12-13"),
        ("string quartet, bars 9 to 10 silent", "bars 9-10"),
        ("everyone rests in bar 5, string quartet", "bar 5"),
        ("a string quartet with a silence of two bars before the last chord", "2 before end"),
        ("organ fugue, two bars of silence before the final chord", "2 before end"),
        ("choir, complete silence before the end", "1 before end"),
        ("rock song with a pause before the last chorus", "1 before last chorus"),
        ("orchestra, a general pause before the coda", "1 before coda"),
        ("suspense cue with a sudden silence", None),
        ("trailer, a big hit at 0:20, silence before the last chord", None),
    ],
)
def test_a_silence_needs_a_place(text: str, pauses: str | None) -> None:
    understood = parse_prompt(text)
    assert understood.options.get("pauses") == pauses
    plan = make_plan(Brief.from_dict({"seed": 1, **understood.options}))
    assert bool(plan.pauses) == bool(pauses)


def test_one_hand_has_a_piano_if_nobody_is_named() -> None:
    assert parse_prompt("étude for the left hand alone").options == {
        "style": "etude",
        "ensemble": "piano",
        "texture": "left-hand",
    }


def test_a_texture_says_how_many_notes_there_are() -> None:
    understood = parse_prompt("very sparse string clusters, dense")
    assert understood.options.get("texture") == "clusters"
    assert "density" not in understood.options
    assert merge(parse_prompt("sparse waltz for piano"), {"texture": "bed"}).get("density") is None


def test_hits_win_over_pauses() -> None:
    conflicts = parse_prompt("trailer, a big hit at 0:20, silence before the last chord").conflicts
    assert [(conflict.option, conflict.won) for conflict in conflicts] == [("pauses", "hits")]
