"""Prompts that name pentatonic and other scales, the notes of a piece, and its title."""

from __future__ import annotations

import pytest

from composer.prompt import parse_prompt
from composer.score import Key


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("koto and shakuhachi duo, pentatonic", "G major pentatonic"),
        ("sad pentatonic piano piece", "A minor pentatonic"),
        ("funk groove in E minor pentatonic", "E minor pentatonic"),
        ("a minor pentatonic guitar riff, rock", "A minor pentatonic"),
        ("pentatonic lullaby in D", "D major pentatonic"),
        ("flute piece, minor key, pentatonic scale", "A minor pentatonic"),
        ("pentatonic in G, harp", "G major pentatonic"),
        ("piano piece on the black keys only", "Gb major pentatonic"),
        ("flute piece with only the notes C D E G A", "C major pentatonic"),
        ("koto solo in hirajoshi", "D hirajoshi"),
        ("oud and violin, D hijaz", "D hijaz"),
        ("klezmer clarinet in E freygish", "E hijaz"),
        ("phrygian dominant on F, oud", "F hijaz"),
        ("Stück für Flöte in a-Moll, pentatonisch", "A minor pentatonic"),
        ("Flöte und Harfe, pentatonische Tonleiter", "G major pentatonic"),
        ("Oud-Stück, Hijaz auf D", "D hijaz"),
        ("morceau pour flûte en gamme pentatonique mineure", "A minor pentatonic"),
        ("pieza para flauta en escala pentatónica", "G major pentatonic"),
        ("pezzo per flauto, scala pentatonica in sol maggiore", "G major pentatonic"),
        ("peça para flauta, escala pentatônica", "G major pentatonic"),
        ("二胡, 宫调", "G major pentatonic"),
        ("古筝独奏，羽调式", "A minor pentatonic"),
        ("三味線、ヨナ抜き音階", "G major pentatonic"),
        ("三味線、都節音階", "D hirajoshi"),
    ],
)
def test_scales(text: str, key: str) -> None:
    reading = parse_prompt(text)
    assert reading.options["key"] == str(Key.parse(key)) == key
    assert "scale" not in reading.options
    assert not reading.conflicts
    assert not reading.ignored


@pytest.mark.parametrize(
    "text",
    ["recorder piece, using only the notes B, A and G", "Blockflöte, nur die Töne G, A und E", "flute, five notes C D E F G"],
)
def test_chosen_notes_have_a_line_and_no_other_effect(text: str) -> None:
    reading = parse_prompt(text)
    assert any(note.startswith("a melody of chosen notes alone is not possible") for note in reading.notes)
    assert reading.options.keys() <= {"instruments", "ensemble"}


def test_notes_from_one_to_another_are_a_range() -> None:
    assert parse_prompt("trumpet solo using five notes from C to G").options["instruments"] == ["trumpet:C4-G4"]


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ('a calm waltz for piano, call it "The Little Sailboat"', "The Little Sailboat"),
        ("a march titled Dawn of the Brave in D minor", "Dawn of the Brave"),
        ("piano piece named “Storm”, calm", "Storm"),
        ('Klavierstück mit dem Titel "Abendlied"', "Abendlied"),
        ("valse intitulée « Le Lac » pour flûte", "Le Lac"),
        ("vals para guitarra titulado 'Luna'", "Luna"),
        ("valzer dal titolo «Alba», pianoforte", "Alba"),
        ("钢琴曲，题为《小帆船》", "小帆船"),
        ("ピアノ曲、タイトルは「月の光」", "月の光"),
        ('flute, 1 bar, call it "Bell\x07\x1b[31m\u202e \x00Song"', "Bell[31m Song"),
        ('a song for my daughter called "Emma", piano', ""),
        ("tense music for a film called 'Storm'", ""),
        ("lullaby for my dog named Rex, piano", ""),
    ],
)
def test_titles(text: str, title: str) -> None:
    reading = parse_prompt(text)
    assert reading.title == title
    assert reading.to_dict().get("title", "") == title
    assert any(f"title {title}" == meaning for _, meaning in reading.understood) == bool(title)
    assert all(line.isprintable() for line in reading.lines())


def test_the_words_of_a_title_mean_nothing_else_unless_nothing_else_is_said() -> None:
    assert "mood" not in parse_prompt('piano piece called "Storm"').options
    assert parse_prompt('piece called "Storm"').options["mood"] == ["agitated"]
