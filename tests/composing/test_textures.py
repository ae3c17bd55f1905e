"""Tests of textures and general pauses, from the brief to the finished piece and its report."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from composer.analysis.playability import HAND_FINGERS, HAND_SPAN
from composer.arranging import arrange, band_of, settle
from composer.brief import Brief
from composer.composing.composition import compose
from composer.composing.output import write
from composer.composing.record import PieceRecord
from composer.composing.textures import measure_texture, sounding_bars
from composer.errors import BadInputError
from composer.plan import make_plan
from composer.plan.pauses import asked_bars
from composer.rework import replay
from composer.score import Note, Part

_BARS = 12


def _composed(model: object, **options: Any) -> PieceRecord:
    return compose(Brief.from_dict({"bars": _BARS, "seed": 5, **options}), model=str(model))


def _pitched(piece: PieceRecord) -> list[Part]:
    return [part for part in piece.score.parts if not part.is_drum]


def _at_once(notes: tuple[Note, ...]) -> list[list[int]]:
    strokes: dict[int, list[int]] = {}
    for note in notes:
        strokes.setdefault(note.start_ticks, []).append(note.pitch)
    return list(strokes.values())


@pytest.mark.parametrize(
    "options",
    [
        {"texture": "bed", "ensemble": "string-quartet"},
        {"texture": "bed", "ensemble": "piano-strings"},
        {"texture": "bed", "instruments": "harp,flute,celesta"},
        {"texture": "bed", "style": "ambient"},
        {"texture": "bed", "style": "film-cue"},
        {"texture": "bed", "style": "christmas"},
        {"texture": "held", "ensemble": "orchestra"},
        {"texture": "held", "ensemble": "piano"},
        {"texture": "clusters", "ensemble": "string-orchestra", "mood": "fearful"},
        {"texture": "clusters", "ensemble": "piano"},
        {"texture": "left-hand", "style": "etude"},
        {"texture": "right-hand", "style": "nocturne", "ensemble": "piano"},
        {"texture": "unison", "ensemble": "orchestra"},
        {"texture": "dialogue", "ensemble": "piano-strings"},
        {"texture": "dialogue", "ensemble": "piano"},
        {"texture": "phasing", "ensemble": "piano-four-hands"},
        {"texture": "phasing", "instruments": "marimba,vibraphone,flute"},
        {"texture": "unison", "ensemble": "string-quartet", "meter": "5/4"},
    ],
)
def test_a_texture_is_written_and_kept(tiny_model, options: dict[str, Any]) -> None:
    piece = _composed(tiny_model, **options)
    entry = piece.report["texture"]
    assert (entry["requested"], entry["ok"]) == (options["texture"], True)
    assert piece.report["ranges"]["ok"]
    assert piece.report["playability"]["measured"] == 0
    assert all(part.notes for part in _pitched(piece) if part.program != 47)


def test_another_piece_has_no_texture(tiny_model) -> None:
    """The measures tell a texture from usual music."""
    piece = _composed(tiny_model, ensemble="string-quartet", chords="C F G C")
    assert "texture" not in piece.report
    assert piece.plan is not None
    for texture in ("held", "clusters", "unison", "dialogue", "phasing", "left-hand"):
        plan = make_plan(Brief.from_dict({"bars": _BARS, "seed": 5, "ensemble": "string-quartet", "chords": "C F G C"}))
        object.__setattr__(plan, "texture", texture)
        assert not measure_texture(plan, piece.score)[1], texture


def test_a_bed_moves_with_its_chords_and_holds_common_tones(tiny_model) -> None:
    piece = _composed(tiny_model, texture="bed", ensemble="string-quartet", mood="calm", bars=16)
    assert piece.plan is not None
    changes = sum(before != after for before, after in pairwise(piece.plan.chords)) + 1
    for part in piece.score.parts:
        assert len(part.notes) <= 2 * changes
        assert all(before.end_ticks <= after.start_ticks for before, after in pairwise(part.notes))  # one tone at a time
    assert max(note.duration_ticks for part in piece.score.parts for note in part.notes) > piece.plan.meter.bar_ticks


def test_a_bed_of_a_band_is_the_band_without_a_melody() -> None:
    brief = Brief.from_dict({"style": "lo-fi", "bars": 8, "seed": 3})
    with_lead = arrange(settle(make_plan(brief), brief))
    bed = Brief.from_dict({**brief.to_dict(), "texture": "bed"})
    plan = settle(make_plan(bed), bed)
    without = arrange(plan)
    assert with_lead is not None
    assert without is not None
    assert plan.band == "lo-fi"
    assert "lead" in {role.kind for role in with_lead.roles}
    assert "lead" not in {role.kind for role in without.roles}
    assert without.open_bars == {}


def test_a_style_without_a_beat_has_a_bed_of_long_tones() -> None:
    brief = Brief.from_dict({"style": "ambient", "texture": "bed"})
    assert band_of(brief, make_plan(brief)) == ""
    assert band_of(Brief.from_dict({"style": "ambient"}), make_plan(Brief.from_dict({"style": "ambient"}))) == "ambient"


@pytest.mark.parametrize("style", ["tense-underscore", "cinematic", "epic-trailer"])
def test_a_bed_of_an_orchestra_with_drums_is_long_tones_as_well(style: str, tiny_model) -> None:
    piece = _composed(tiny_model, style=style, texture="bed", tempo=100)
    assert piece.plan.band == ""
    assert all(len(part.notes) <= 2 * _BARS for part in piece.score.parts)


def test_a_drone_lies_below_a_bed(tiny_model) -> None:
    piece = _composed(tiny_model, texture="bed", style="ambient", key="A minor", features="drone")
    bass = next(part for part in piece.score.parts if part.name == "Bass")
    assert {note.pitch % 12 for note in bass.notes} == {9}
    assert piece.report["features"]["ok"]


def test_a_pad_that_holds_tones_alone_holds_a_drone(tiny_model) -> None:
    instruments = "vibraphone,pad-2-warm"
    piece = _composed(tiny_model, texture="bed", style="ambient", key="A minor", features="drone", instruments=instruments)
    pad = piece.score.parts[1]
    assert min(note.pitch for note in pad.notes) % 12 == 9
    assert piece.report["features"]["ok"]


def test_one_hand_has_one_staff_and_reaches_all(tiny_model) -> None:
    piece = _composed(tiny_model, texture="left-hand", style="nocturne", ensemble="piano", key="Db major")
    [part] = piece.score.parts
    assert part.name == "Piano (left hand)"
    strokes = _at_once(part.notes)
    assert all(len(chord) <= HAND_FINGERS and max(chord) - min(chord) <= HAND_SPAN for chord in strokes)
    assert len(strokes) > 3 * _BARS  # broken chords go on while the melody waits
    assert min(note.pitch for note in part.notes) < 50
    assert piece.plan is not None
    melody = {(start, pitch) for start, _, pitch in piece.plan.tune}
    assert melody <= {(note.start_ticks, note.pitch) for note in part.notes}


@pytest.mark.parametrize(
    "options",
    [
        {"texture": "left-hand", "instruments": "piano:C1-C2"},
        {"texture": "right-hand", "instruments": "piano:Bb3-F4", "dynamic": "ppp", "tempo": 20, "seed": 74},
        {"texture": "unison", "instruments": "flute:C5-G5,oboe:D5-A5"},
        {"texture": "dialogue", "instruments": "flute:C5-G5,oboe:D5-A5"},
        {"texture": "bed", "instruments": "violin:E4-B4", "meter": "5/8", "scale": 1, "seed": 18},
        {
            "texture": "bed",
            "instruments": "harp:D2-Bb2",
            "meter": "2/4",
            "chords": "Cmaj7 Fmaj7 Bm7b5 E7",
            "loop": True,
            "seed": 86,
        },
        {"instruments": "euphonium:C#4-Bb4", "level": "beginner", "scale": 1, "bars": 8, "seed": 69},
    ],
)
def test_parts_stay_in_a_narrow_range(tiny_model, options: dict[str, Any]) -> None:
    piece = _composed(tiny_model, **options)
    assert piece.plan is not None
    for part, planned in zip(piece.score.parts, piece.plan.parts, strict=True):
        assert part.notes
        assert all(planned.low <= note.pitch <= planned.high for note in part.notes)


def test_a_dialogue_shows_drafts_before_its_melody(tiny_model) -> None:
    drafts: list[int] = []
    options = {"texture": "dialogue", "ensemble": "string-quartet", "bars": 8, "seed": 1}
    compose(Brief.from_dict(options), model=str(tiny_model), on_bars=lambda score, bars: drafts.append(bars))
    assert drafts[0] == 0


def test_phases_come_back_together(tiny_model) -> None:
    piece = _composed(tiny_model, texture="phasing", instruments="marimba,marimba", meter="4/4", bars=18)
    ticks = piece.score.bars[0].time_signature.bar_ticks

    def bar(part: int, number: int) -> list[tuple[int, int]]:
        notes = piece.score.parts[part].notes
        return [(note.start_ticks % ticks, note.pitch) for note in notes if note.start_ticks // ticks == number]

    assert bar(0, 0) == bar(1, 0)
    assert bar(0, 2) != bar(1, 2)
    assert bar(0, 16) == bar(1, 16)
    shifts = {tuple(pitch for _, pitch in bar(1, number)) for number in range(17)}
    assert len(shifts) == 8  # eight eighths in a bar


def test_a_call_is_answered_in_its_rhythm(tiny_model) -> None:
    piece = _composed(tiny_model, texture="dialogue", instruments="flute,oboe", bars=16)
    ticks = piece.score.bars[0].time_signature.bar_ticks
    flute, oboe = ({note.start_ticks // ticks for note in part.notes} for part in piece.score.parts)
    assert flute & set(range(14)) == {bar for bar in range(14) if bar % 4 < 2}
    assert oboe & set(range(14)) == {bar for bar in range(14) if bar % 4 >= 2}
    assert {14, 15} <= flute | oboe


@pytest.mark.parametrize(
    ("options", "silent"),
    [
        ({"ensemble": "string-quartet", "pauses": "bar 9", "bars": 17}, {8}),
        ({"ensemble": "string-quartet", "style": "string-quartet", "pauses": "2 before end", "bars": 16}, {13, 14}),
        ({"style": "pop", "pauses": "bar 7", "bars": 16}, {6}),
        ({"ensemble": "orchestra", "style": "symphony", "pauses": "bars 5-6", "bars": 14}, {4, 5}),
        ({"style": "nocturne", "form": "A B A", "pauses": "before B", "bars": 13}, {4}),
        ({"texture": "bed", "ensemble": "string-orchestra", "pauses": "1 before end", "bars": 12}, {10}),
        ({"style": "fugue", "pauses": "bar 9", "bars": 13}, {8}),
    ],
)
def test_nobody_plays_in_a_pause(tiny_model, options: dict[str, Any], silent: set[int]) -> None:
    piece = _composed(tiny_model, **options)
    assert piece.plan is not None
    assert piece.plan.pauses == silent
    assert piece.plan.bars == options["bars"]
    assert sounding_bars(piece.plan, piece.plan.pauses, piece.score) == []
    assert piece.report["pauses"]["ok"]
    ticks = piece.plan.meter.bar_ticks
    ends = {(note.end_ticks - 1) // ticks for part in piece.score.parts for note in part.notes}
    starts = {note.start_ticks // ticks for part in piece.score.parts for note in part.notes}
    assert min(silent) - 1 in ends
    assert max(silent) + 1 in starts
    assert "Pause" not in {marker.text for marker in piece.score.markers}


@given(
    st.lists(st.tuples(st.integers(2, 22), st.integers(1, 4)), min_size=1, max_size=6),
    st.sampled_from([None, "ABA", "A B A C A"]),
)
@settings(max_examples=60, deadline=None)
def test_exactly_the_bars_of_pauses_are_silent(spans: list[tuple[int, int]], form: str | None) -> None:
    text = ", ".join(f"bars {first}-{first + bars - 1}" for first, bars in spans)
    options = {"bars": 40, "seed": 1, "ensemble": "piano", "pauses": text, **({"form": form} if form else {})}
    plan = make_plan(Brief.from_dict(options))
    assert plan.pauses == {bar - 1 for first, bars in spans for bar in range(first, first + bars)}
    assert plan.bars == sum(section.bars for section in plan.sections) == 40


@given(
    st.integers(2, 30), st.integers(1, 3), st.sampled_from(["end", "b", "c", "last a", "last c", "second a"]), st.integers(1, 3)
)
@settings(max_examples=60, deadline=None)
def test_pauses_at_bars_and_before_sections_are_both_kept(first: int, bars: int, name: str, before: int) -> None:
    pauses = f"bars {first}-{first + bars - 1}, {before} before {name}"
    options = {"bars": 40, "seed": 1, "ensemble": "piano", "form": "ABACA", "pauses": pauses}
    plan = make_plan(brief := Brief.from_dict(options))
    assert plan.pauses == asked_bars(plan.sections, brief.pauses)


def test_pauses_that_meet_are_one() -> None:
    options = {"bars": 10, "seed": 1, "ensemble": "piano"}
    apart, together, met = (
        make_plan(Brief.from_dict({**options, "pauses": pauses}))
        for pauses in ("bar 3, bar 2", "bars 2-3", "bar 9, 2 before end")
    )
    assert apart == together
    assert met.pauses == {7, 8}


def test_a_note_in_a_pause_is_reported(tiny_model) -> None:
    piece = _composed(tiny_model, ensemble="string-quartet")
    plan = make_plan(Brief.from_dict({"bars": _BARS, "seed": 5, "ensemble": "string-quartet", "pauses": "bar 6"}))
    assert sounding_bars(plan, plan.pauses, piece.score) == [6]


def test_a_changed_brief_is_not_reported_as_kept(tiny_model, tmp_path) -> None:
    piece = _composed(tiny_model, ensemble="string-quartet", texture="bed", pauses="bar 6, before end")
    sidecar = write(piece, tmp_path / "piece", ["mid"])[-1]
    content = json.loads(sidecar.read_text())

    def replayed(**changes: Any) -> PieceRecord:
        sidecar.write_text(json.dumps({**content, **changes}))
        return replay(sidecar, model=str(tiny_model))

    assert replayed().report == piece.report
    assert replayed().report["pauses"]["ok"]
    changed = replayed(brief={**content["brief"], "texture": "dialogue", "pauses": "bar 3, before end"})
    assert (changed.report["texture"]["ok"], changed.report["pauses"]["ok"]) == (False, False)
    assert changed.report["pauses"]["measured"] == [3]
    silent = {**content["plan"], "sections": [{**each, "name": "Pause"} for each in content["plan"]["sections"]]}
    with pytest.raises(BadInputError, match="take an unchanged sidecar"):
        replayed(plan=silent)


def test_music_before_the_last_chord_stops_on_the_dominant(tiny_model) -> None:
    piece = _composed(tiny_model, ensemble="string-quartet", style="string-quartet", pauses="2 before end", bars=16, seed=3)
    assert piece.plan is not None
    assert (piece.plan.closes[12], piece.plan.closes[15]) == ("half", "authentic")
    assert piece.plan.chords[13] == (None,)


@pytest.mark.parametrize(
    ("options", "part"),
    [
        ({"texture": "left-hand", "ensemble": "string-quartet"}, "is for one keyboard, not for Violin 1"),
        ({"texture": "phasing", "instruments": "flute"}, "needs two parts with pitches, not Flute"),
        ({"texture": "bed", "instruments": "drums"}, "needs a part with pitches, not Drums"),
        ({"texture": "bed", "density": 0.5}, "texture 'bed' and density both set"),
        ({"texture": "clusters", "chords": "C F"}, "texture 'clusters' follows no chords, and the brief sets chords"),
        ({"texture": "phasing", "ending": "plagal"}, "texture 'phasing' follows no chords, and the brief sets an ending"),
        ({"texture": "fog"}, "fog"),
        ({"pauses": "bar 1"}, "at the beginning"),
        ({"pauses": "bar 16", "bars": 16}, "is not before the last of 16 bars"),
        ({"pauses": "soon"}, "pause 'soon' is not understood: write for example"),
        ({"pauses": "9 before end"}, "has 9 bars: give 1 to 8"),
        ({"pauses": "before Q", "form": "ABA", "bars": 16}, "the piece has no section 'q', it has A, B"),
        ({"pauses": "before A", "form": "ABA", "bars": 16}, "would begin the piece"),
        ({"pauses": "bar 5", "hits": "0:10"}, "pauses and hits"),
        ({"pauses": "bar 2, bars 3-9", "bars": 8}, "pause 'bars 3-9' is not before the last of 8 bars"),
        ({"pauses": "bar 2, 8 before end", "bars": 8}, "leave no bar of 8 that sounds"),
        ({"pauses": "bars 9-2", "bars": 12}, "pause 'bars 9-2' goes back: write bars 2-9"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(options: dict[str, Any], part: str) -> None:
    with pytest.raises(BadInputError) as error:
        make_plan(Brief.from_dict(options))
    assert part in str(error.value)
    assert "\n" not in str(error.value)


def test_pauses_add_to_the_bars_that_a_form_counts() -> None:
    plan = make_plan(
        Brief.from_dict({"form": "Verse8 Chorus8 Bridge8 Chorus8", "pauses": "1 before last chorus", "style": "pop"})
    )
    assert [(section.name, section.bars) for section in plan.all_sections][-3:] == [("Bridge", 8), ("Pause", 1), ("Chorus", 8)]
    counted = {"form": "A8 B8", "pauses": "1 before B"}
    assert make_plan(Brief.from_dict({**counted, "bars": 17})).bars == 17
    with pytest.raises(BadInputError, match="has 16 bars and pauses add 1, not 16: give 17"):
        Brief.from_dict({**counted, "bars": 16})


def test_a_pause_has_the_key_before_it_and_no_settings() -> None:
    options = {"form": "A A' A''", "bars": 14, "key": "C major", "ensemble": "string-quartet", "seed": 1}
    brief = Brief.from_dict(
        {**options, "sections": "last a: key +2; middle: tempo 80%", "pauses": "1 before last a, 1 before end"}
    )
    plan = make_plan(brief)
    assert [(area.start_bar, str(area.key)) for area in plan.key_areas if area.start_bar in plan.pauses] == [
        (8, "C major"),
        (12, "D major"),
    ]
    assert str(plan.key_areas[-1].key) == "D major"
    assert [change.start_bar for change in plan.tempo_changes] == [4, 8]


def test_a_round_has_no_pauses(tiny_model) -> None:
    with pytest.raises(BadInputError, match="a round has no pauses"):
        _composed(tiny_model, style="round", pauses="bar 5", bars=16)


def test_an_open_length_has_room_for_pauses() -> None:
    options = {"ensemble": "string-quintet", "seed": 4}
    plain = make_plan(Brief.from_dict(options))
    assert make_plan(Brief.from_dict({**options, "pauses": "bar 5, 1 before end"})).bars == plain.bars + 2
