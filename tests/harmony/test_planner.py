"""The planner's promises hold whatever its network says: a random one is as good as any for these."""

from __future__ import annotations

import numpy as np
import pytest

from composer.brief import Brief
from composer.harmony.chord_guide import ChordTable
from composer.harmony.chord_vocabulary import HarmonyVocabulary, chord_name
from composer.harmony.closes import closes_of
from composer.harmony.judging import faults_of
from composer.harmony.planner import Planner, draw_chords
from composer.harmony.templates import progressions, template_for
from composer.model.checkpoint import expected_shapes
from composer.model.config import ModelConfig
from composer.model.engines.numpy_engine import CpuEngine
from composer.plan import make_plan
from composer.presets import styles
from composer.score import Chord

_SYMBOLS = "C Dm Em F G Am G7 Bdim C/E G/B D7 E E7 Am/C F/A Bm7b5 G#dim7 A7 B7 C7 Ab"


@pytest.fixture(scope="module")
def planner() -> Planner:
    names = (*sorted(chord_name(Chord.parse(symbol)) for symbol in _SYMBOLS.split()), "none")
    vocabulary = HarmonyVocabulary(("hymn", "waltz", "romantic"), names)
    config = ModelConfig(len(vocabulary), 16, 32, 1, 2, 2, 256)
    random = np.random.default_rng(1)
    weights = {name: random.normal(0, 0.1, shape).astype(np.float32) for name, shape in expected_shapes(config).items()}
    return Planner(CpuEngine(weights, config), ChordTable(vocabulary))


def plan_of(**fields: object):
    return make_plan(Brief.from_dict({"bars": 16, **fields}))


@pytest.mark.parametrize("meter", ["4/4", "3/4", "3/8"])
@pytest.mark.parametrize("key", ["C major", "A minor"])
def test_pieces_begin_and_end_on_the_tonic_and_close_where_planned(planner, meter, key):
    plan = plan_of(style="waltz" if meter != "4/4" else "hymn", key=key, form="AABA", meter=meter)
    bars, closes = draw_chords(plan, 3, planner, 4)
    tonic = plan.key.tonic
    assert len(bars) == plan.bars == len(closes)
    assert (bars[0][0].root, bars[0][0].bass) == (tonic, None)
    assert [chord.root for chord in bars[-1]] == [tonic]
    assert closes[-1] in ("authentic", "plagal")
    line = [chord for chords in bars for chord in chords]
    for bar, close in enumerate(closes):
        last = bars[bar][-1]
        if close == "authentic":
            before = line[sum(map(len, bars[: bar + 1])) - 2]
            assert (last.root, (before.root - tonic) % 12 in (7, 11)) == (tonic, True), f"bar {bar}"
        elif close == "half":
            assert ((last.root - tonic) % 12, last.bass) == (7, None)


def test_equal_seeds_give_equal_plans_and_others_give_others(planner):
    plan = plan_of(style="hymn")
    first, again, other = (draw_chords(plan, seed, planner, 2)[0] for seed in (5, 5, 6))
    assert first == again != other


def test_returns_have_the_harmony_of_what_they_bring_back(planner):
    plan = plan_of(style="hymn", form="ABA", bars=24)
    bars, closes = draw_chords(plan, 1, planner, 2)
    returned = [bar for bar in range(22) if plan.recalls[bar] and closes[bar : bar + 2] == closes[bar - 16 : bar - 14]]
    assert returned
    assert all(bars[bar] == bars[bar - 16] for bar in returned)


def test_a_full_scale_dial_leaves_chords_of_the_scale(planner):
    bars, _ = draw_chords(plan_of(style="hymn", key="C major", scale=1.0), 2, planner, 2)
    assert all(chord.pitch_classes <= {0, 2, 4, 5, 7, 9, 11} for chords in bars for chord in chords)


def test_loops_lead_back():
    assert closes_of(plan_of(style="hymn", loop=True), 1)[-1] == "half"


def test_a_section_before_a_return_mostly_ends_on_the_dominant():
    plan = plan_of(style="hymn", form="ABA", bars=24)
    last = plan.sections[2].start_bar - 1
    assert sum(closes_of(plan, seed)[last] == "half" for seed in range(40)) > 25


def test_rocking_between_two_chords_costs():
    one, two, three, four = (Chord.parse(symbol) for symbol in ("C", "F", "G", "Am"))
    rocking, moving = [(one,), (two,)] * 8, [(one,), (two,), (three,), (four,)] * 4
    assert sum(faults_of(rocking, False).values()) > sum(faults_of(moving, False).values()) + 1


def test_progressions_name_styles_that_exist():
    for row in progressions():
        assert row.styles <= {*styles(), "blues"}


@pytest.mark.parametrize("style", ["swing", "pop-ballad", "lo-fi", "metal"])
@pytest.mark.parametrize("key", ["C major", "A minor"])
def test_templates_fill_the_piece_and_come_home(style, key):
    plan = plan_of(style=style, key=key, bars=32)
    bars = template_for(plan, 1, style)
    assert (len(bars), bars[-1][-1].root) == (32, plan.key.tonic)
    assert all(1 <= len(chords) <= 2 for chords in bars)
