"""Endings: the last chords of a piece, in the plan, in the notes and in prompts."""

from __future__ import annotations

from pathlib import Path

import pytest

from composer.arranging import arrange, settle
from composer.brief import Brief
from composer.composing import compose
from composer.composing.outlines import with_melody
from composer.errors import BadInputError
from composer.harmony import with_harmony
from composer.plan import Plan, make_plan
from composer.prompt import parse_prompt
from composer.score import Chord


def planned(**options: object) -> Plan:
    brief = Brief.from_dict({"seed": 1, "bars": 16, **options})
    return settle(with_harmony(make_plan(brief), brief), brief)


@pytest.mark.parametrize("style", ["hymn", "pop", "string-quartet", "film-cue", "tense-underscore"])
def test_a_piece_ends_as_requested(style: str) -> None:
    plagal, picardy = (planned(style=style, key="D minor", ending=ending) for ending in ("plagal", "picardy"))
    assert [bar[-1].symbol() for bar in plagal.chords[-2:] if bar[-1]] == ["Gm", "Dm"]
    assert [bar[-1].symbol() for bar in picardy.chords[-1:] if bar[-1]] == ["D"]
    assert Plan.from_dict(plagal.to_dict()) == plagal
    is_open, closed = (planned(style=style, key="D minor", ending=ending) for ending in ("open", "authentic"))
    assert [bar[-1].symbol() for bar in is_open.chords[-1:] if bar[-1]] == ["A"]
    assert [bar[-1].root for bar in is_open.chords[-2:-1] if bar[-1]] != [9], "the dominant is reached, not held"
    assert [bar[-1].root for bar in closed.chords[-2:] if bar[-1]] == [9, 2]


def test_a_picardy_third_needs_minor() -> None:
    assert all(make_plan(Brief(ending="picardy", seed=seed)).key.mode == "minor" for seed in range(6))
    with pytest.raises(BadInputError, match="C major"):
        Brief.from_dict({"ending": "picardy", "key": "C major"})
    with pytest.raises(BadInputError, match="plagal"):
        Brief.from_dict({"ending": "plagal", "loop": True})


def test_given_chords_end_as_requested() -> None:
    chords = planned(style="pop", chords="C Am F G", bars=8, key="C major", ending="authentic").chords
    assert [[chord.symbol() for chord in bar if chord] for bar in chords[-3:]] == [["Am"], ["F", "G"], ["C"]]


@pytest.mark.parametrize(
    ("key", "last"), [("D dorian", "Am"), ("E phrygian", "Dm"), ("A minor pentatonic", "Gsus4"), ("C major", "G")]
)
def test_an_open_ending_keeps_the_scale(tiny_model: Path, key: str, last: str) -> None:
    brief = Brief.from_dict({"style": "hymn", "key": key, "bars": 8, "ending": "open", "seed": 2})
    piece = compose(brief, model=str(tiny_model))
    assert piece.plan.chords[-1][-1]
    assert piece.plan.chords[-1][-1].symbol() == last
    assert (piece.report["ending"]["measured"], piece.report["cadence"]["planned"]) == ("open", "open")


@pytest.mark.parametrize("key", ["D dorian", "E phrygian", "A aeolian"])
def test_a_picardy_ending_of_a_church_mode_is_sung_in_major(tiny_model: Path, key: str) -> None:
    brief = Brief.from_dict({"style": "hymn", "key": key, "bars": 8, "ending": "picardy", "seed": 7})
    piece = compose(brief, model=str(tiny_model))
    last = max(note.start_ticks for part in piece.score.parts for note in part.notes)
    tones = {note.pitch % 12 for part in piece.score.parts for note in part.notes if note.end_ticks > last}
    assert brief.key
    assert {brief.key.tonic, (brief.key.tonic + 4) % 12} <= tones <= Chord(brief.key.tonic, "maj").pitch_classes
    assert piece.report["ending"]["measured"] == "picardy"


def test_chords_of_a_section_may_leave_the_scale_of_a_church_mode() -> None:
    plan = planned(style="hymn", key="D dorian", form="AB", sections="B: chords A")
    arranged = arrange(with_melody(plan, 1))
    assert arranged
    assert any(note.pitch % 12 == 1 for voice in arranged.notes.values() for note in voice), "the third of A is sung"


def test_the_report_says_whether_the_piece_ends_so(tiny_model: Path) -> None:
    brief = Brief.from_dict({"style": "tense-underscore", "bars": 8, "ending": "plagal", "seed": 2})
    assert compose(brief, model=str(tiny_model)).report["ending"]["measured"] == "plagal"


@pytest.mark.parametrize(
    ("text", "ending", "key"),
    [
        ("a hymn with a plagal cadence", "plagal", None),
        ("a renaissance piece in D minor with a picardy third", "picardy", "D minor"),
        ("violin in A harmonic minor, amen cadence", "plagal", "A minor"),
        ("piano in C major with a picardy third", None, "C major"),
        ("string quartet over Am F C G with a plagal cadence", "plagal", None),
        ("a string trio in G minor that ends unresolved", "open", "G minor"),
        ("flute and harp, ending on a half cadence", "open", None),
        ("cello and piano, the ending should feel like an open question", "open", None),
        ("Klavier in d-Moll mit offenem Ende", "open", "D minor"),
        ("string trio, do not leave it hanging", "authentic", None),
        ("minuet for piano, the first phrase ends on a half cadence", None, None),
        ("a song about an unresolved conflict for piano", None, None),
        ("piano over C Am F G, with a perfect cadence at the end", "authentic", None),
        ("a folk tune that ends with a V-I cadence", "authentic", None),
        ("a folk tune that ends on V7", "open", None),
        ("a looped menu theme with a plagal cadence", None, None),
    ],
)
def test_prompts_name_endings(text: str, ending: str | None, key: str | None) -> None:
    options = parse_prompt(text).options
    assert (options.get("ending"), options.get("key")) == (ending, key)
    Brief.from_dict(dict(options))
