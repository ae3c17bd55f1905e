from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from strategies import options

from composer.brief import METERS, Brief, parse_chords, parse_styles
from composer.brief.texts import read_instruments
from composer.errors import BadInputError
from composer.plan import make_plan
from composer.score import Key, TimeSignature


@given(options())
def test_a_valid_brief_survives_its_text_form(requested):
    brief = Brief.from_dict(requested)
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
    assert brief.style == (("bach", 0.6), ("string-quartet", 0.4))
    assert (brief.key, brief.meter, brief.tempo, brief.bars) == (Key(-1, "minor"), TimeSignature(0, 3, 4), 84.0, 24)
    assert [len(bar) for bar in brief.chords] == [2, 1]


@pytest.mark.parametrize(
    ("listed", "last"),
    [
        ("soprano,alto,tenor,bass", "bass-voice"),
        ("alto, tenor, Bass:F2-C4", "bass-voice:F2-C4"),
        ("soprano,piano,bass", "bass-voice"),
        ("soprano,drums,bass", "electric-bass-finger"),
        ("soprano,guitar,bass", "electric-bass-finger"),
        ("flute,bass", "electric-bass-finger"),
    ],
)
def test_a_bass_among_voices_is_a_singer(listed: str, last: str) -> None:
    assert Brief(instruments=listed).instruments[-1] == last
    assert Brief(instruments=Brief(instruments=listed).instruments).instruments[-1] == last


def test_silence_stays_silent():
    assert Brief().to_dict() == {"seed": 0}
    assert Brief.from_dict({"key": None, "bars": None}) == Brief()


@given(options())
def test_the_constructor_takes_what_a_mapping_says(requested):
    assert Brief(**requested) == Brief.from_dict(requested)


def test_values_of_the_right_type_pass_through():
    brief = Brief(mood="sad,dreamy", style="bach:2", key="D minor", meter="3/4", chords="Dm | A7 Dm |", loop=True)
    curve = Brief(mood_curve="calm@0 tense@100%", hits="0:05 soft", instruments="flute:C5-C6, drums")
    for each in (brief, curve):
        assert Brief(**{name: getattr(each, name) for name in Brief.options()}) == each
        assert replace(each, seed=9) == Brief.from_dict(each.to_dict() | {"seed": 9})


@pytest.mark.parametrize("style", ["bach:2,waltz", ["bach:2", "Waltz"], {"bach": 2, "waltz": 1}, (("bach", 2), ("waltz", 1.0))])
def test_styles_are_taken_as_text_list_mapping_or_pairs(style):
    assert Brief(style=style).style == (("bach", 2.0), ("waltz", 1.0))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("mood", 3), ("mood", [3]), ("mood_curve", [("calm", 0)]), ("style", 3), ("style", [3]), ("style", [("bach",)]),
        ("style", {"bach": "much"}), ("key", 5), ("key", TimeSignature(0, 3, 4)), ("meter", 3), ("meter", Key(0, "major")),
        ("meter", TimeSignature(0, 13, 8)), ("ensemble", 1), ("ensemble", ""), ("instruments", {1}), ("form", ["A", "B"]),
        ("chords", ["Dm"]), ("chords", [["Dm"]]), ("features", 1), ("hits", [12.5]), ("bars", "16"), ("tempo", "fast"),
        ("loop", 1),
    ],
)  # fmt: skip
def test_a_value_of_the_wrong_type_is_refused_on_construction(name, value):
    with pytest.raises(BadInputError) as caught:
        Brief(**{name: value})
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200


def test_every_option_is_declared_whole():
    for name, declared in Brief.options().items():
        assert declared.help.endswith(".")
        assert declared.metavar or declared.kind is bool
        assert set(declared.replaces) <= set(Brief.options()) - {name}
        assert declared.read(None) == declared.default


@pytest.mark.parametrize("meter", METERS)
def test_every_offered_meter_is_accepted(meter):
    assert str(Brief.from_dict({"meter": meter}).meter) == meter


@pytest.mark.parametrize(
    ("requested", "words"),
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
        ({"meter": "13/8"}, ["13/8", "2/4 3/4 4/4"]),
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
        ({"chords": "C D E F G | G"}, ["bar 1", "5 chords"]),
        ({"chords": "C D E F | G", "meter": "3/4"}, ["bar 1", "4 chords", "1 to 3"]),
        ({"chords": "C F G C", "bars": 2}, ["4 bars of chords", "2 bars"]),
        ({"bars": 64, "duration": 5}, ["64 bars", "5 s", "at least"]),
        ({"bars": 1, "duration": 600, "meter": "4/4"}, ["1 bar in", "600 s", "at most 12"]),
        ({"bars": 16, "duration": 40, "tempo": 96}, ["16 bars", "40 s", "96", "leave one"]),
        ({"color": "blue"}, ["color", "mood"]),
        ({"style": "waltz", "meter": "5/4"}, ["waltz", "5/4", "3/4"]),
        ({"style": "march", "meter": "3/4"}, ["march", "3/4", "2/4"]),
        ({"instruments": "bassoon:C6-C8"}, ["Bassoon", "C6", "C8", "it plays"]),
        ({"instruments": "flute:C1-C5"}, ["Flute", "C1"]),
        ({"instruments": "violin:C5-D5"}, ["C5-D5", "fifth"]),
        ({"instruments": "violin:high"}, ["high", "violin:C3-G5"]),
        ({"instruments": "drums:C2-C4"}, ["drums", "range"]),
        ({"mood_curve": "calm"}, ["calm", "mood@place"]),
        ({"mood_curve": "calm@0"}, ["two points"]),
        ({"mood_curve": "calm@0 tense@50"}, ["@50", "50%", "bar 50"]),
        ({"mood_curve": "calm@50% tense@10%"}, ["50%", "10%", "order"]),
        ({"mood_curve": "calm@0 zzzz@100%"}, ["zzzz"]),
        ({"mood_curve": "calm@0 tense@200%"}, ["200%", "100%"]),
        ({"mood_curve": "calm@bar 0 tense@bar 9"}, ["bar 0", "from 1"]),
        ({"mood_curve": "2,0@0 0,0@100%"}, ["2,0", "-1 to 1"]),
        ({"mood_curve": "calm@0 tense@100%", "mood": "sad"}, ["sad", "curve"]),
        ({"mood_curve": "calm@0 tense@100%", "arousal": 0.5}, ["arousal", "curve"]),
        ({"mood_curve": "calm@0 tense@bar 20", "bars": 16}, ["bar 20", "16"]),
        ({"mood_curve": "calm@0 tense@50s", "duration": 40}, ["50s", "40 s"]),
        ({"loop": True, "mood_curve": "calm@0 tense@100%"}, ["loop", "calm", "tense"]),
        ({"loop": True, "hits": "0:05"}, ["loop", "hits"]),
        ({"loop": True, "bars": 1}, ["loop", "2 bars"]),
        ({"loop": "yes"}, ["yes", "true or false"]),
        ({"hits": "soon"}, ["soon", "0:12.5 big"]),
        ({"hits": "0:12 loud"}, ["0:12 loud"]),
        ({"hits": "0:00"}, ["0:00", "start"]),
        ({"hits": "0:10, 10"}, ["0:10", "two hits"]),
        ({"hits": "0:50", "duration": 40}, ["0:50", "40 s", "longer"]),
        ({"hits": "0:05, 0:10, 0:15", "bars": 3}, ["3 hits", "4 bars"]),
        ({"hits": ",".join(str(n + 1) for n in range(65))}, ["65 hits", "64"]),
        ({"form": "A8 A8 B8 A8", "bars": 24}, ["32 bars", "24"]),
        ({"form": "A8 B A8"}, ["'B'", "count all"]),
        ({"form": "A200 B200"}, ["400 bars", "256"]),
        ({"form": "A8 B8", "duration": 20, "tempo": 90}, ["A8 B8", "20 s", "90"]),
        ({"chords": "C F G C", "instruments": "drums"}, ["chords", "drums"]),
        ({"polyphony": 3, "instruments": "drums"}, ["polyphony", "drums"]),
        ({"density": 2}, ["density 2", "0 to 1"]),
        ({"polyphony": 0}, ["polyphony 0", "1 to 12"]),
        ({"dynamic": "loud"}, ["dynamic 'loud'", "pp p mp"]),
        ({"dynamic": 3}, ["dynamic 3", "pp p mp"]),
        ({"scale": 1.1}, ["scale 1.1", "0 to 1"]),
        ({"scale": 1, "instruments": "drums"}, ["scale", "drums"]),
        ({"style": "bach,chopin,mozart,debussy,joplin,haydn,brahms"}, ["7 styles", "6"]),
    ],
)
def test_what_cannot_be_met_is_refused_in_one_line_that_helps(requested, words):
    with pytest.raises(BadInputError) as caught:
        Brief.from_dict(requested)
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < 340
    for word in words:
        assert word in message


def test_possible_extremes_are_accepted():
    Brief.from_dict({"bars": 64, "duration": 20})  # 288 qpm in 3/8, and other meters are not asked for
    Brief.from_dict({"bars": 256, "tempo": 20, "meter": "12/8"})


def test_style_and_chord_texts():
    assert parse_styles("a:2,b") == (("a", 2.0), ("b", 1.0))
    assert [len(bar) for bar in parse_chords("| C F | G |")] == [2, 1]


@pytest.mark.parametrize(
    ("requested", "words"),
    [
        ({"hits": "0:10, 0:10.4", "meter": "4/4"}, ["0:10", "0:10.4", "4/4", "move them"]),
        ({"hits": "0:03, 0:30", "tempo": 60, "meter": "4/4"}, ["0:03", "4/4", "48 to 75"]),
        ({"hits": "0:03 big", "form": "A16 B4", "tempo": 60, "meter": "4/4"}, ["0:03", "3.2 s apart"]),
        ({"hits": "0:05 big, 0:10 big, 0:15 big", "form": "AB", "duration": 30}, ["3 hits", "4 sections", "soft"]),
        ({"hits": "10:00 soft", "tempo": 290, "meter": "2/4"}, ["256"]),
        ({"polyphony": 4, "ensemble": "flute"}, ["polyphony 4", "at most 1"]),
        ({"mood_curve": "calm@0 tense@bar 40", "form": "A8 B8"}, ["bar 40", "bar 16"]),
        ({"mood_curve": "calm@50% tense@bar 2", "bars": 32}, ["bar 2", "order"]),
        ({"style": "bach,chopin,mozart,waltz,mazurka,march"}, ["9 mixtures", "6"]),
        ({"form": "A8 B8", "duration": 2, "meter": "4/4"}, ["16 bars", "2 s", "tempo"]),
        ({"form": "AABA", "hits": "0:02 big", "duration": 3, "meter": "4/4", "tempo": 90}, ["0:02", "2.13 s apart"]),
    ],
)
def test_what_only_the_plan_reveals_is_refused_in_one_line_too(requested, words):
    with pytest.raises(BadInputError) as caught:
        make_plan(Brief.from_dict(requested))
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < 340
    assert [word for word in words if word not in message] == [], message


def test_curves_hits_and_ranges_are_read_and_written_alike():
    requested = {
        "mood_curve": "calm@0, -0.5,0.25@12s furious@bar 9 sad@end",
        "hits": "1:02.25, 12.5 soft",
        "instruments": "Bassoon:c2-g4, drum kit",
        "form": "A8 A8 B6",
        "duration": 80,
    }
    brief = Brief.from_dict(requested)
    assert [(point.tag, point.place.at, point.place.unit) for point in brief.mood_curve] == [
        ("calm", 0, "%"), ("", 12, "s"), ("furious", 9, "bar"), ("sad", 100, "%"),
    ]  # fmt: skip
    assert [(hit.time_s, hit.strength) for hit in brief.hits] == [(12.5, "soft"), (62.25, "big")]
    assert brief.instruments == ("bassoon:C2-G4", "drums")
    assert Brief.from_dict(json.loads(json.dumps(brief.to_dict()))) == brief


@pytest.mark.parametrize(
    ("text", "times_s", "written"),
    [
        ("00:00:12:12 big, 0:20 soft", [12.48, 20.0], "00:00:12:12 big, 0:20 soft, 25 fps"),
        ("01:00:00:12 section; 24 fps", [3600.5], "01:00:00:12 section, 24 fps"),
        ("00:00:10:00, 29.97 fps", [pytest.approx(10.01)], "00:00:10:00 big, 29.97 fps"),
    ],
)
def test_hits_are_read_from_time_codes_and_written_back(text: str, times_s: list[float], written: str) -> None:
    brief = Brief.from_dict({"hits": text})
    assert [hit.time_s for hit in brief.hits] == times_s
    assert brief.to_dict()["hits"] == written
    again = Brief.from_dict(brief.to_dict())
    assert again == brief
    assert again.to_dict() == brief.to_dict()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("00:00:12:25", "'00:00:12:25' is out of range: .* less than 25 frames"),
        ("00:61:12:05 big", "out of range"),
        ("00:00:12:12, 200 fps", "from 12 to 120"),
        ("00:00:12:12, 24 fps, 25 fps", "one number of frames a second"),
    ],
)
def test_time_codes_out_of_range_are_refused(text: str, says: str) -> None:
    with pytest.raises(BadInputError, match=says):
        Brief.from_dict({"hits": text})


@pytest.mark.parametrize("text", ["", ",", " ; "])
def test_hits_that_name_no_time_are_refused(text):
    with pytest.raises(BadInputError, match="name no time"):
        Brief.from_dict({"hits": text})


def test_one_is_singular():
    with pytest.raises(BadInputError, match="1 hit needs 2 bars or more, a barline each: 1 is too few"):
        Brief.from_dict({"hits": "3", "bars": 1})
    with pytest.raises(BadInputError, match="4 sections and 1 bar is too few"):
        Brief.from_dict({"form": "AABA", "bars": 1})


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"bars": "4"}, "bars '4' is a text: give a whole number from 1 to 256"),
        ({"tempo": "90"}, "tempo '90' is a text: give a number from 20 to 300"),
        ({"bars": "900"}, "bars '900' is out of range: give a whole number from 1 to 256"),
    ],
)
def test_a_number_in_quotes_is_named_as_a_text(options: dict[str, object], says: str) -> None:
    with pytest.raises(BadInputError, match=says):
        Brief.from_dict(options)


def test_long_lists_of_instruments_are_refused_before_their_names_are_looked_up() -> None:
    with pytest.raises(BadInputError, match="50000 instruments are too many: name at most 16"):
        read_instruments("instruments", ["no such instrument"] * 50_000)


@pytest.mark.parametrize("text", ["\u00e9" * 2000, "a word " * 300, 'it\'s "so" ' * 200])
@pytest.mark.parametrize("name", ["key", "form", "mood_curve", "seed"])
def test_messages_show_only_the_beginning_of_a_long_value(name: str, text: str) -> None:
    with pytest.raises(BadInputError) as refused:
        Brief.from_dict({name: text})
    assert len(str(refused.value)) < 400
    assert text[:8].split()[0] in str(refused.value).replace("\\", "")
