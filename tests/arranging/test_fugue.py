"""Fugues: how many voices, who enters when, and with what."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from composer import composing
from composer.arranging import arrange, settle
from composer.arranging.arrangement import Arrangement
from composer.arranging.fugue import Layout
from composer.brief import Brief
from composer.plan import Plan, make_plan
from composer.prompt import parse_prompt
from composer.rework import replay


def arranged(**options: Any) -> tuple[Plan, Arrangement]:
    brief = Brief.from_dict({"style": "fugue", "bars": 32, **options})
    plan = settle(make_plan(brief), brief)
    arrangement = arrange(plan)
    assert arrangement is not None
    return plan, arrangement


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
            playing = {index for index, bars in arrangement.open_bars.items() if bar in bars} | {entry.voice}
            assert playing == entered
        start, end = entry.bar * ticks, (entry.bar + layout.size) * ticks
        line = [note for note in arrangement.notes[entry.voice] if start <= note.start_ticks < end]
        lines.append([(note.start_ticks - start, (note.pitch - 7 * (number % 2)) % 12) for note in line])
    assert all(line == lines[0] for line in lines)
    assert len({pitch for _, pitch in lines[0]}) >= 4
    for index, part in enumerate(plan.parts):
        assert all(part.low <= note.pitch <= part.high for note in arrangement.notes[index])
    assert layout.entries[-1].key == 0
    assert plan.chords[-1][-1] is not None
    assert plan.chords[-1][-1].root == plan.key.tonic


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
