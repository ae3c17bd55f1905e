"""Plagal and Picardy endings: the last chords of a piece, in the plan and in prompts."""

from __future__ import annotations

import pytest

from composer.arranging import settle
from composer.brief import Brief
from composer.composing import compose
from composer.errors import BadInputError
from composer.harmony import with_harmony
from composer.plan import Plan, make_plan
from composer.prompt import parse_prompt


def planned(**options: object) -> Plan:
    brief = Brief.from_dict({"seed": 1, "bars": 16, **options})
    return settle(with_harmony(make_plan(brief), brief), brief)


@pytest.mark.parametrize("style", ["hymn", "pop", "string-quartet", "film-cue", "tense-underscore"])
def test_a_piece_ends_as_requested(style: str) -> None:
    plagal, picardy = (planned(style=style, key="D minor", ending=ending) for ending in ("plagal", "picardy"))
    assert [bar[-1].symbol() for bar in plagal.chords[-2:] if bar[-1]] == ["Gm", "Dm"]
    assert [bar[-1].symbol() for bar in picardy.chords[-1:] if bar[-1]] == ["D"]
    assert Plan.from_dict(plagal.to_dict()) == plagal


def test_a_picardy_third_needs_minor() -> None:
    assert all(make_plan(Brief(ending="picardy", seed=seed)).key.mode == "minor" for seed in range(6))
    with pytest.raises(BadInputError, match="C major"):
        Brief.from_dict({"ending": "picardy", "key": "C major"})
    for other in ({"loop": True}, {"chords": "C F G C"}):
        with pytest.raises(BadInputError, match="plagal"):
            Brief.from_dict({"ending": "plagal", **other})


def test_the_report_says_whether_the_piece_ends_so(tiny_model) -> None:
    brief = Brief.from_dict({"style": "tense-underscore", "bars": 8, "ending": "plagal", "seed": 2})
    assert compose(brief, model=str(tiny_model)).report["ending"]["measured"] == "plagal"


@pytest.mark.parametrize(
    ("text", "ending", "key"),
    [
        ("a hymn with a plagal cadence", "plagal", None),
        ("a renaissance piece in D minor with a picardy third", "picardy", "D minor"),
        ("violin in A harmonic minor, amen cadence", "plagal", "A minor"),
        ("piano in C major with a picardy third", None, "C major"),
        ("string quartet over Am F C G with a plagal cadence", None, None),
        ("a looped menu theme with a plagal cadence", None, None),
    ],
)
def test_prompts_name_endings(text: str, ending: str | None, key: str | None) -> None:
    options = parse_prompt(text).options
    assert (options.get("ending"), options.get("key")) == (ending, key)
    Brief.from_dict(dict(options))
