"""The planner's promises hold whatever its network says: a random one is as good as any for these."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from composer.analysis.chord_functions import goes_on, scale_in
from composer.arranging.progressions import idiom_of, progression_for
from composer.brief import Brief
from composer.harmony.chord_guide import ChordTable, HarmonyGuide
from composer.harmony.chord_vocabulary import HarmonyVocabulary, chord_name
from composer.harmony.closes import closes_of
from composer.harmony.idioms import idioms_of, phrase_lengths
from composer.harmony.judging import faults_of
from composer.harmony.outline import outline_of
from composer.harmony.planner import Planner, draw_chords
from composer.model.checkpoint import expected_shapes
from composer.model.config import ModelConfig
from composer.model.engines.numpy_engine import CpuEngine
from composer.model.sampling import Request, Settings, generate
from composer.plan import make_plan
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


@pytest.mark.parametrize("key", ["C major", "A minor"])
def test_chords_off_the_scale_resolve(planner, key):
    plan = plan_of(style="string-quartet", key=key, bars=32)
    tonic, mode = plan.key.tonic, plan.key.mode
    foreign = resolved = 0
    for seed in range(4):
        bars, _ = draw_chords(plan, seed, planner, 4)
        line = [chord for chords in bars for chord in chords]
        pairs = [pair for pair in pairwise(line) if not pair[0].pitch_classes <= scale_in(tonic, mode)]
        foreign += len(pairs)
        near = [((tonic + step) % 12, other) for step in (0, 3, 4, 5, 7, 8, 9) for other in ("major", "minor")]
        resolved += sum(any(goes_on(one, two, *area) for area in near) for one, two in pairs)
    assert foreign > 8
    assert resolved >= 0.9 * foreign


def test_a_style_has_more_chords_off_the_scale_where_its_music_does(planner):
    def chromatic(style: str) -> float:
        plan = plan_of(style=style, key="C major", bars=32, meter="4/4")
        drawn = [draw_chords(plan, seed, planner, 4) for seed in range(16)]
        return sum(idioms_of(bars, "major", closes)["applied"] for bars, closes in drawn)

    assert chromatic("string-quartet") > chromatic("folk")


def test_a_modulated_close_is_confirmed_by_its_dominant(planner):
    found = 0
    for seed in range(12):
        plan = plan_of(style="mazurka", key="C major", bars=24, seed=seed)
        bars, closes = draw_chords(plan, seed, planner, 2)
        for bar in (bar for bar, kind in enumerate(closes) if kind == "related"):
            line = [chord for chords in bars[: bar + 1] for chord in chords]
            assert (line[-1].root - line[-2].root) % 12 in (5, 1), (seed, bar)
            assert line[-1].root != plan.key.tonic
            found += 1
    assert found > 3


def test_idioms_of_an_outline_are_in_the_chords(planner):
    plan = plan_of(style="nocturne", key="C major", bars=16)
    dominant = Chord(7, "maj")
    outline = outline_of(plan, closes_of(plan, 1), 1)
    idioms = {
        "applied": planner.table.idiom("applied", 0, "major", None),
        "fifth": planner.table.idiom("fifth", 0, "major", dominant),
    }
    assert all(planner.table.vocabulary.chord_at(int(t)).symbol() != "C" for t in np.flatnonzero(idioms["applied"]))
    assert {planner.table.vocabulary.chord_at(int(t)).root for t in np.flatnonzero(idioms["fifth"])} == {0}
    assert {number for bar, number in outline.idioms} <= {0, 1}
    assert all(number < outline.counts[bar] for bar, number in outline.idioms)


def test_a_full_scale_dial_has_no_idioms_off_the_scale():
    plan = plan_of(style="nocturne", key="C major", bars=32, scale=1.0)
    kinds = {kind for seed in range(20) for kind in outline_of(plan, closes_of(plan, seed), seed).idioms.values()}
    assert kinds <= {"predominant", "six-four"}


def test_a_plain_theme_has_tonics_and_dominants_and_the_first_bars_no_chromatic_chords(planner):
    plan, plain = plan_of(style="hymn", key="C major", meter="4/4"), 0
    closes = (*(None,) * 7, "authentic", *(None,) * 7, "authentic")
    for seed in range(12):
        outline = outline_of(plan, closes, seed, plain_theme=True)
        guide = HarmonyGuide(planner.table, plan, outline, planner.table.harmonic)
        generate(planner.engine, [Request(guide, (1, seed))], Settings(window=448))
        theme = [chord for bar in guide.result()[:4] for chord in bar]
        plain += {chord.root for chord in theme} <= {0, 7, 11}
        assert all(chord.pitch_classes <= scale_in(0, "major") for bar in guide.result()[:2] for chord in bar)
    assert 8 <= plain < 12  # others have a predominant
    assert "dominant" not in outline_of(plan, closes, seed).idioms.values()


def test_a_first_phrase_has_four_bars_or_more_and_stays_in_its_key():
    for seed in range(60):
        closes = closes_of(plan_of(style="sonata", key="C major", seed=seed), seed)
        first = next(bar for bar, kind in enumerate(closes) if kind)
        assert first >= 3
        assert first > 3 or closes[first] in ("half", "authentic")


def test_closes_are_not_all_on_fourth_bars():
    lengths = [n for seed in range(40) for n in phrase_lengths(closes_of(plan_of(style="mazurka", bars=24, seed=seed), seed))]
    assert 0.4 < lengths.count(4) / len(lengths) < 0.9  # others are longer, where a phrase stays open
    assert {2, 3, 5, 6, 8} <= set(lengths)


def test_a_short_last_phrase_extends_one_that_did_not_close():
    found = 0
    for seed in range(60):
        plan = plan_of(style="string-quartet", bars=24, seed=seed)
        closes = closes_of(plan, seed)
        ends = [bar for bar, kind in enumerate(closes) if kind]
        for before, after in pairwise(ends):
            if after == plan.bars - 1 and after - before == 2 and before >= plan.sections[-1].start_bar:
                assert closes[before] in ("deceptive", "half")
                found += 1
    assert found


def test_rocking_between_two_chords_costs():
    one, two, three, four = (Chord.parse(symbol) for symbol in ("C", "F", "G", "Am"))
    rocking, moving = [(one,), (two,)] * 8, [(one,), (two,), (three,), (four,)] * 4
    assert sum(faults_of(rocking, False).values()) > sum(faults_of(moving, False).values()) + 1


def test_a_seventh_in_the_bass_costs_unless_it_leads_on():
    led, idle = ([(Chord.parse(symbol),) for symbol in line.split()] for line in ("F Dm/C G/B C", "C Gm/F Em Am"))
    assert faults_of(led * 4, False)["sevenths"] == 0
    assert faults_of(idle * 4, False)["sevenths"] > 0


@pytest.mark.parametrize(
    ("fault", "better", "worse"),
    [
        ("bass tritones", "C F G C", "C Fdim B C"),
        ("cadences", "C F G C", "C G F C"),
        ("unsettled", "C C/E G C", "C Dm7 G C"),
    ],
)
def test_plans_without_function_cost(fault, better, worse):
    costs = [faults_of([(Chord.parse(symbol),) for symbol in line.split()] * 4, False)[fault] for line in (better, worse)]
    assert costs[0] < costs[1]


def test_roots_that_mostly_rise_by_step_cost():
    steps, fifths = ([(Chord.parse(symbol),) for symbol in line.split()] for line in ("C Dm Em F", "C Am Dm G"))
    assert faults_of(steps * 4, False)["rising seconds"] > faults_of(fifths * 4, False)["rising seconds"] == 0


@pytest.mark.parametrize("style", ["swing", "pop-ballad", "lo-fi", "fantasy", "film-cue"])
@pytest.mark.parametrize("key", ["C major", "A minor"])
def test_progressions_fill_the_piece_and_come_home(style, key):
    plan = plan_of(style=style, key=key, bars=32)
    bars = progression_for(plan, idiom_of(style), 1)
    assert (len(bars), bars[-1][-1].root) == (32, plan.key.tonic)
    assert all(1 <= len(chords) <= 2 for chords in bars)


def test_styles_that_spin_out_their_music_close_few_phrases() -> None:
    def closed(style: str) -> float:
        found = [closes_of(plan_of(style=style, bars=32, seed=seed), seed) for seed in range(20)]
        return sum(kind is not None for closes in found for kind in closes[:-1]) / len(found)

    assert closed("fugue") < closed("sonata") / 2
    assert all(closes_of(plan_of(style="fugue", bars=32, seed=seed), seed)[-1] for seed in range(20))
