"""Fugues: how many voices, who enters when, and with what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import combinations, pairwise
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest

from composer import composing
from composer.arranging import arrange, settle
from composer.arranging.arrangement import Arrangement
from composer.arranging.counterpoint import pulse_of
from composer.arranging.fugue_layout import Layout
from composer.brief import Brief
from composer.plan import Plan, make_plan
from composer.prompt import parse_prompt
from composer.rework import replay
from composer.score import TICKS_PER_QUARTER, Note

EIGHTH = TICKS_PER_QUARTER // 2


def arranged(**options: Any) -> tuple[Plan, Arrangement]:
    brief = Brief.from_dict({"style": "fugue", "bars": 24, **options})
    plan = settle(make_plan(brief), brief)
    arrangement = arrange(plan)
    assert arrangement is not None
    return plan, arrangement


def sounds_in(notes: Sequence[Note], bar: int, ticks: int) -> bool:
    return any(note.start_ticks < (bar + 1) * ticks and note.end_ticks > bar * ticks for note in notes)


def pitch_at(notes: Sequence[Note], tick: int) -> int | None:
    return next((note.pitch for note in notes if note.start_ticks <= tick < note.end_ticks), None)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    ("options", "voices"),
    [
        ({}, 3),
        ({"polyphony": 1.8}, 2),
        ({"polyphony": 3.6, "ensemble": "piano"}, 4),
        ({"ensemble": "string-quartet"}, 4),
        ({"ensemble": "organ", "meter": "3/4"}, 3),
        ({"instruments": "flute,clarinet,bassoon", "meter": "2/4"}, 3),
    ],
)
def test_each_voice_enters_alone_with_the_subject_or_its_answer(options: dict[str, Any], voices: int, seed: int) -> None:
    plan, arrangement = arranged(seed=seed, **options)
    layout, ticks = Layout(plan), plan.meter.bar_ticks
    assert len(plan.parts) == voices
    exposition = layout.entries[:voices]
    assert {entry.voice for entry in exposition} == set(range(voices))
    entered: set[int] = set()
    lines = []
    for number, entry in enumerate(exposition):
        entered.add(entry.voice)
        for bar in range(entry.bar, entry.bar + layout.size):
            assert {index for index, notes in arrangement.notes.items() if sounds_in(notes, bar, ticks)} == entered
        start = entry.bar * ticks
        line = [note for note in arrangement.notes[entry.voice] if start <= note.start_ticks <= start + layout.closes]
        lines.append([(note.start_ticks - start, (note.pitch - 7 * (number % 2)) % 12) for note in line])
    assert all(line == lines[0] for line in lines)
    assert len({pitch for _, pitch in lines[0]}) >= 4
    assert lines[0][-1][0] == layout.closes
    assert lines[0][-1][1] in plan.key.tonic_triad.pitch_classes
    for index, part in enumerate(plan.parts):
        assert all(part.low <= note.pitch <= part.high for note in arrangement.notes[index])
    assert layout.entries[-1].key == 0
    assert plan.chords[-1][-1] is not None
    assert plan.chords[-1][-1].root == plan.key.tonic


@pytest.mark.parametrize(
    "options", [{}, {"polyphony": 1.8}, {"ensemble": "string-quartet", "key": "G minor"}, {"meter": "6/8"}]
)
def test_a_countersubject_goes_with_every_later_entry(options: dict[str, Any]) -> None:
    for seed in range(2):
        plan, arrangement = arranged(seed=seed, **options)
        layout, ticks = Layout(plan), plan.meter.bar_ticks
        found, voices = list[set[tuple[tuple[int, int], ...]]](), set[int]()
        for entry in layout.entries[1:]:
            start, end = entry.bar * ticks, (entry.bar + layout.size) * ticks
            lines = {
                voice: tuple(
                    (note.start_ticks - start, (note.pitch - entry.key) % 12)
                    for note in notes
                    if start <= note.start_ticks < end
                )
                for voice, notes in arrangement.notes.items()
                if voice != entry.voice
            }
            found.append(set(lines.values()))
            voices |= {voice for voice, line in lines.items() if line in found[0] and len(line) > 4}
        assert any(all(line in lines for lines in found) for line in found[0] if len(line) > 4)
        assert len(voices) > 1


@pytest.mark.parametrize(
    "options", [{}, {"key": "G minor"}, {"ensemble": "string-quartet"}, {"meter": "3/4"}, {"meter": "12/8"}]
)
def test_voices_fill_in_the_rhythm_of_one_another(options: dict[str, Any]) -> None:
    filled, together = list[float](), list[float]()
    for seed in range(2):
        plan, arrangement = arranged(seed=seed, **options)
        ticks = plan.meter.bar_ticks
        struck = Counter(note.start_ticks for notes in arrangement.notes.values() for note in notes)
        inside = range(Layout(plan).size * ticks, (plan.bars - 1) * ticks)
        filled += [tick in struck for tick in inside[::EIGHTH]]
        together += [count > 1 for tick, count in struck.items() if tick in inside]
    assert fmean(filled) > 0.95
    assert fmean(together) < 0.6


@pytest.mark.parametrize(
    "options", [{}, {"key": "G minor"}, {"ensemble": "string-quartet"}, {"polyphony": 1.8, "meter": "3/4"}, {"key": "D dorian"}]
)
def test_voices_are_consonant_on_beats_and_do_not_move_in_parallel(options: dict[str, Any]) -> None:
    parallels = crossings = moves = 0
    for seed in range(2):
        plan, arrangement = arranged(seed=seed, **options)
        ticks, pulse = plan.meter.bar_ticks, pulse_of(plan.meter)
        for high, low in combinations([arrangement.notes[index] for index in range(len(plan.parts))], 2):
            high_starts, low_starts = ({note.start_ticks for note in notes} for notes in (high, low))
            for tick in sorted(high_starts | low_starts):
                above, below = pitch_at(high, tick), pitch_at(low, tick)
                if above is None or below is None:
                    continue
                moves += 1
                crossings += above < below
                if tick not in high_starts & low_starts:
                    continue
                assert tick % ticks % pulse or (above - below) % 12 not in (1, 2, 10, 11)
                above_before, below_before = pitch_at(high, tick - 1), pitch_at(low, tick - 1)
                if above_before not in {None, above} and below_before not in {None, below}:
                    parallels += (above - below) % 12 == (above_before - below_before) % 12 in (0, 7)
    assert parallels < 0.002 * moves
    assert crossings < 0.01 * moves


@pytest.mark.parametrize("options", [{}, {"key": "G minor"}, {"ensemble": "string-quartet"}])
def test_all_voices_lead_to_the_last_entry_over_the_dominant(options: dict[str, Any]) -> None:
    for seed in range(2):
        plan, arrangement = arranged(seed=seed, **options)
        layout, ticks = Layout(plan), plan.meter.bar_ticks
        prepared = [entry for entry in layout.entries[len(plan.parts) :] if not layout.entry_at(entry.bar - 1)]
        assert prepared
        for entry in prepared:
            assert [chord.root for chord in plan.chords[entry.bar - 1]] == [(plan.key.tonic + entry.key + 7) % 12]
        last = layout.entries[-1]
        assert all(sounds_in(notes, last.bar - 1, ticks) for notes in arrangement.notes.values())
        since = (len(plan.parts) * layout.size + 2) * ticks
        top = [note for note in arrangement.notes[0] if since <= note.start_ticks < last.bar * ticks]
        assert len(top) > 3 * (last.bar - since // ticks)


def test_keys_change_after_the_first_bar_of_an_episode() -> None:
    plan, _ = arranged(seed=1, bars=17, key="C major", meter="4/4")
    layout = Layout(plan)
    assert [(entry.voice, entry.key) for entry in layout.entries] == [(1, 0), (0, 7), (2, 0), (0, 7), (2, 0)]
    assert [layout.key_at(bar).tonic for bar in range(6, 14)] == [0, 7, 7, 7, 7, 0, 0, 0]


def test_subjects_leap_in_their_head_and_run_in_their_tail() -> None:
    leaps = steps = moves = 0
    for seed in range(8):
        plan, arrangement = arranged(seed=seed, key="C minor" if seed % 2 else "C major", meter="4/4", bars=12)
        layout = Layout(plan)
        pitches = [note.pitch for note in arrangement.notes[layout.entries[0].voice] if note.start_ticks <= layout.closes]
        assert len(set(pitches)) >= 5
        if seed % 2:
            assert 11 in {pitch % 12 for pitch in pitches}
        sizes = [abs(then - first) for first, then in pairwise(pitches)]
        leaps += max(sizes[: len(sizes) // 3]) >= 3
        steps += sum(size in (1, 2) for size in sizes[len(sizes) // 3 :])
        moves += len(sizes) - len(sizes) // 3
    assert leaps >= 7
    assert steps > 0.55 * moves


def test_fugues_with_a_form_and_short_ones_are_left_to_the_network() -> None:
    for options in ({"bars": 6}, {"bars": 16, "form": "ABA"}, {"bars": 32, "ensemble": "orchestra"}):
        brief = Brief.from_dict({"style": "fugue", **options})
        assert settle(make_plan(brief), brief).band == ""


def test_prompts_say_how_many_voices_a_fugue_has() -> None:
    for text, voices in (("fugue in three voices", 3), ("four-part fugue for piano", 4), ("eine zweistimmige Fuge", 2)):
        brief = Brief.from_dict(dict(parse_prompt(text).options))
        assert len(make_plan(brief).parts) == voices


def test_a_fugue_is_composed_and_replayed(tiny_model: Path, tmp_path: Path) -> None:
    piece = composing.compose(Brief.from_dict({"style": "fugue", "bars": 12, "seed": 3}), model=str(tiny_model))
    first = [note.start_ticks for part in piece.score.parts for note in part.notes if note.start_ticks < 2 * 1440]
    assert first == sorted(set(first))  # one voice alone
    files = composing.write(piece, tmp_path / "piece", ["mid"])
    assert replay(files[-1], model=str(tiny_model)).score == piece.score
