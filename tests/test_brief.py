from __future__ import annotations

import json

import pytest
from hypothesis import given
from strategies import options

from composer.brief import METERS, Brief, parse_chords, parse_styles
from composer.errors import BadInputError
from composer.score import Key, TimeSignature


@given(options())
def test_a_valid_brief_survives_its_text_form(wish):
    brief = Brief.from_dict(wish)
    assert Brief.from_dict(json.loads(json.dumps(brief.to_dict()))) == brief


def test_a_brief_keeps_what_was_said():
    brief = Brief.from_dict(
        {
            "style": "Bach:0.6, String Quartet:0.4",
            "key": "d",
            "meter": "3/4",
            "tempo": 84,
            "bars": 24.0,
            "chords": "Dm Gm | A7 |",
        }
    )
    assert brief.styles == (("bach", 0.6), ("string-quartet", 0.4))
    assert (brief.key, brief.meter, brief.tempo_qpm, brief.bars) == (Key(-1, "minor"), TimeSignature(0, 3, 4), 84.0, 24)
    assert [len(bar) for bar in brief.chords] == [2, 1]


def test_silence_stays_silent():
    assert Brief().to_dict() == {"seed": 0}
    assert Brief.from_dict({"key": None, "bars": None}) == Brief()


@pytest.mark.parametrize("meter", METERS)
def test_every_offered_metre_is_accepted(meter):
    assert str(Brief.from_dict({"meter": meter}).meter) == meter


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({"bars": 0}, ["bars 0", "1 to 256"]),
        ({"bars": 2.5}, ["bars 2.5", "whole number"]),
        ({"bars": True}, ["bars True"]),
        ({"bars": "many"}, ["bars 'many'", "1 to 256"]),
        ({"tempo": 301}, ["tempo 301", "20 to 300"]),
        ({"tempo": float("nan")}, ["tempo nan", "20 to 300"]),
        ({"duration": float("inf")}, ["duration inf", "1 to 1800"]),
        ({"valence": -1.01}, ["valence -1.01", "-1 to 1"]),
        ({"arousal": 2}, ["arousal 2", "-1 to 1"]),
        ({"valence": 0.5, "intensity": 3}, ["intensity 3", "0 to 2"]),
        ({"intensity": 1.5}, ["intensity 1.5", "no mood"]),
        ({"seed": -1}, ["seed -1"]),
        ({"temperature": 0}, ["temperature 0", "0.1 to 2"]),
        ({"top_p": 1.5}, ["top-p 1.5", "0.05 to 1"]),
        ({"meter": "5/8"}, ["5/8", "2/4 3/4 4/4"]),
        ({"meter": "waltz"}, ["waltz"]),
        ({"key": "H minor"}, ["H minor", "D minor"]),
        ({"key": 5}, ["5", "quotes"]),
        ({"style": "polkaesque-nonsense"}, ["polkaesque-nonsense"]),
        ({"style": "bach:zero"}, ["zero", "bach:0.5"]),
        ({"style": "bach:-1"}, ["-1", "above 0"]),
        ({"style": "bach,bach"}, ["bach", "twice"]),
        ({"mood": "zzzz"}, ["zzzz"]),
        ({"mood": ["sad"], "valence": 0.1}, ["sad", "valence"]),
        ({"ensemble": "zzzz"}, ["zzzz"]),
        ({"instruments": "violin,zzzz"}, ["zzzz"]),
        ({"instruments": 7}, ["7", "commas"]),
        ({"instruments": ["violin"] * 17}, ["17", "16"]),
        ({"ensemble": "string-quartet", "instruments": "violin"}, ["string-quartet", "instruments"]),
        ({"form": "a b"}, ["a b"]),
        ({"form": "AABA", "bars": 3}, ["AABA", "4"]),
        ({"chords": "Dm H7"}, ["H7"]),
        ({"chords": "C D E | G"}, ["bar 1", "3 chords"]),
        ({"chords": "C F G C", "bars": 2}, ["4 bars of chords", "2 bars"]),
        ({"bars": 64, "duration": 5}, ["64 bars", "5 s", "at least"]),
        ({"bars": 1, "duration": 600, "meter": "4/4"}, ["1 bars", "600 s", "at most 12"]),
        ({"bars": 16, "duration": 40, "tempo": 96}, ["16 bars", "40 s", "96", "leave one"]),
        ({"colour": "blue"}, ["colour", "mood"]),
    ],
)
def test_what_cannot_be_met_is_refused_in_one_line_that_helps(wish, words):
    with pytest.raises(BadInputError) as caught:
        Brief.from_dict(wish)
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < 320
    for word in words:
        assert word in message


def test_possible_extremes_are_accepted():
    Brief.from_dict({"bars": 64, "duration": 20})  # 288 qpm in 3/8, and other metres are not asked for
    Brief.from_dict({"bars": 256, "tempo": 20, "meter": "12/8"})


def test_style_and_chord_texts():
    assert parse_styles("a:2,b") == (("a", 2.0), ("b", 1.0))
    assert [len(bar) for bar in parse_chords("| C F | G |")] == [2, 1]
