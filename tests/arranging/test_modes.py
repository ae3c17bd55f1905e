"""Harmony in church modes: the table keeps to each mode, and plans close on its tonic without a leading note from outside."""

from __future__ import annotations

import pytest

from composer.arranging import is_outlined, settle
from composer.arranging.modal_harmony import _table, modal_harmony, modal_phrases
from composer.brief import Brief
from composer.errors import BadInputError
from composer.guide.ending import LEADING_HOME
from composer.guide.plan_script import functional_key
from composer.harmony import with_harmony
from composer.plan import Plan, make_plan
from composer.score import MODAL_NAMES, Chord, Key


def planned(**fields: object) -> Plan:
    brief = Brief.from_dict({"bars": 16, "seed": 6, **fields})
    plan = make_plan(brief)
    return settle(with_harmony(plan, brief) if is_outlined(brief, plan) else plan, brief)


@pytest.mark.parametrize("mode", MODAL_NAMES)
def test_the_table_has_only_chords_of_the_mode_and_its_ways_home(mode: str) -> None:
    home, row = functional_key(Key.parse(f"D {mode}")), _table()[mode]
    chords = [chord for phrase in modal_phrases(mode) for bar in phrase for chord in bar]
    ends = [[Chord.parse(symbol) for symbol in way.split()] for way in (*row["end"], *row["half"])]
    assert all(chord.pitch_classes <= home.scale for chord in (*chords, *(chord for way in ends for chord in way)))
    assert {way[-1] for way in ends[: len(row["end"])]} <= set(LEADING_HOME[mode])
    assert all(len(phrase) == 4 and phrase[0][0] == home.tonic_triad for phrase in modal_phrases(mode))


@pytest.mark.parametrize("style", ["folk", "string-quartet", "part-song", "pop", "bossa"])
@pytest.mark.parametrize("key", ["D mixolydian", "E dorian", "A phrygian", "F lydian", "D hijaz"])
def test_plans_in_church_modes_have_harmony_of_the_mode(style: str, key: str) -> None:
    plan = planned(style=style, key=key)
    chords = [chord for bar in plan.chords for chord in bar if chord]
    assert len(plan.chords) == plan.bars
    assert all(chord.pitch_classes <= plan.key.scale for chord in chords)
    assert any(chord.pitch_classes & plan.key.characteristic for chord in chords)
    assert plan.chords[-1][-1] == plan.key.tonic_triad
    assert plan.chords[0][0] == plan.key.tonic_triad


def test_closes_are_on_the_tonic_or_open() -> None:
    plan = make_plan(Brief.from_dict({"style": "folk", "key": "D mixolydian", "bars": 8, "seed": 1}))
    chords = modal_harmony(plan, (None, None, None, "half", None, None, None, "authentic"), 1)
    assert chords[3][-1].root in {Key.parse("C").tonic, Key.parse("A").tonic, Key.parse("G").tonic}
    assert chords[7] == (Chord.parse("D"),)
    assert chords[6][-1] in {Chord.parse("C"), Chord.parse("Am")}


@pytest.mark.parametrize("style", ["folk", "string-quartet", "nocturne", "funk", "lo-fi", "hymn"])
@pytest.mark.parametrize("key", ["C major pentatonic", "A minor pentatonic", "E hirajoshi"])
def test_plans_in_pentatonic_scales_have_chords_on_the_scale(style: str, key: str) -> None:
    plan = planned(style=style, key=key)
    assert all(chord.pitch_classes <= plan.key.scale for bar in plan.chords for chord in bar if chord)
    assert plan.chords[0][0] == plan.chords[-1][-1] == plan.key.tonic_triad


def test_a_fugue_has_no_scale_beyond_the_modes() -> None:
    with pytest.raises(BadInputError, match="a fugue in A minor pentatonic is not possible"):
        planned(style="fugue", key="A minor pentatonic")
