"""Accompaniments by the figures of human players: they change, close, answer, stay playable and clear of the melody."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from composer.analysis.playability import HAND_SPAN
from composer.arranging import arrange
from composer.arranging.accompanist import figures_by_bar, patterns_of
from composer.plan import Plan
from tests.arranging import plan_of as outlined

STYLES = ("nocturne", "waltz", "character-piece", "sonata")


def plan_of(style: str, seed: int) -> Plan:
    return outlined(style, seed, bars=16, key="G major", chords="G C D7 G | G/B C A7 D")


@pytest.mark.parametrize("style", STYLES)
def test_a_left_hand_has_several_figures_and_the_same_ones_for_the_same_seed(style):
    plans = [plan_of(style, seed) for seed in range(4)]
    figures = [[figure.signs for figure in figures_by_bar(arrange(plan).setting, style)] for plan in plans]
    assert all(len(row) == plan.bars for row, plan in zip(figures, plans, strict=True))
    assert sum(len(set(row)) >= 3 for row in figures) >= 2
    again = [figure.signs for figure in figures_by_bar(arrange(plans[0]).setting, style)]
    assert again == figures[0]


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("seed", range(4))
def test_a_hand_can_play_its_chords_and_stays_below_the_melody(style, seed):
    plan = plan_of(style, seed)
    arrangement = arrange(plan)
    hand = next(index for index, part in enumerate(plan.parts) if part.name.endswith("(left hand)"))
    tune = arrangement.setting.tune
    struck: dict[int, list[int]] = {}
    for note in arrangement.notes[hand]:
        struck.setdefault(note.start_ticks, []).append(note.pitch)
        above = [other.pitch for other in tune if other.start_ticks < note.end_ticks and note.start_ticks < other.end_ticks]
        assert note.pitch < min(above, default=128)
    assert all(max(pitches) - min(pitches) <= HAND_SPAN for pitches in struck.values())


def test_a_hand_leads_on_where_the_melody_holds_at_a_close():
    links = 0
    for seed in range(30):
        setting = arrange(plan_of("nocturne", seed)).setting
        links += sum(">" in figure.signs for figure in figures_by_bar(setting, "nocturne"))
    assert links >= 3


def test_endings_differ():
    ways = set()
    for seed in range(12):
        plan = plan_of("nocturne", seed)
        last = (plan.bars - 1) * plan.meter.bar_ticks
        notes = [note for note in arrange(plan).notes[1] if note.start_ticks >= last]
        ways.add(tuple((note.start_ticks - last, note.duration_ticks) for note in notes))
    assert len(ways) >= 3


def test_a_style_without_counts_or_a_strange_meter_has_no_figures():
    assert patterns_of("hymn", "4/4") == () == patterns_of("nocturne", "7/8")
    setting = replace(arrange(plan_of("waltz", 1)).setting)
    assert figures_by_bar(setting, "hymn") == []


def test_broken_chords_rarely_strike_one_tone_twice():
    twice = strokes = 0
    for seed in range(6):
        plan = plan_of("nocturne", seed)
        by_start: dict[int, list[int]] = {}
        for note in arrange(plan).notes[1]:
            by_start.setdefault(note.start_ticks, []).append(note.pitch)
        line = [pitches[0] for _, pitches in sorted(by_start.items()) if len(pitches) == 1]
        twice += sum(a == b for a, b in pairwise(line))
        strokes += len(line)
    assert twice <= 0.08 * strokes
