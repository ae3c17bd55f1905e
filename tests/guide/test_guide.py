"""The guide alone: whatever a sampler chooses, the piece keeps to its plan."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from composer.analysis.quality import pitch_in_key_rate
from composer.brief import Brief
from composer.composing.finishing import finish
from composer.guide import PlanGuide
from composer.guide.plan_script import header_of, literal_return
from composer.model.sampling import Settings
from composer.plan import Plan, make_plan
from composer.score import Bar, Chord, Score
from composer.tokenizer import Tokenizer
from composer.training.data.build import base_tokenizer

BRIEFS: list[dict[str, Any]] = [
    {"style": "string-quartet", "key": "D minor", "meter": "3/4", "tempo": 84, "bars": 8, "mood": "melancholic"},
    {"style": "rock", "bars": 4},
    {"chords": "Dm Gm A7 Dm", "key": "D minor", "instruments": "violin,cello", "bars": 6},
    {"style": "chopin", "duration": 20, "key": "F# major"},
    {"instruments": "drums", "bars": 3},
    {"form": "ABA", "bars": 12, "ensemble": "piano", "meter": "7/8", "seed": 3},
    {"ensemble": "orchestra", "bars": 2, "key": "Gb major", "meter": "12/8"},
]


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return base_tokenizer()


@pytest.mark.parametrize(
    ("options", "moved"),
    [
        ({"key": "G major"}, ["Transpose_-5"]),
        ({"key": "D minor", "ensemble": "piano"}, ["Transpose_5"]),
        ({"key": "C major"}, ["Transpose_0"]),
        ({"instruments": "drums"}, []),
    ],
)
def test_the_header_says_how_far_the_music_is_moved(tokenizer: Tokenizer, options: dict[str, Any], moved: list[str]) -> None:
    header = tokenizer.names(header_of(tokenizer, make_plan(Brief.from_dict({"bars": 4} | options))))
    assert [name for name in header if name.startswith("Transpose")] == moved


def walk(tokenizer: Tokenizer, plan: Plan, seed: int, *, long_notes: bool = False) -> tuple[list[int], Score]:
    """A piece of random choices, notes less likely than the end of a bar so that it stays short."""
    vocabulary = tokenizer.vocabulary
    likely = np.where(tokenizer.grammar.is_note, 0.02, 1.0)
    if long_notes:
        likely *= np.where(np.array(vocabulary.types) == "Duration", (1.0 + np.array(vocabulary.note_steps)) ** 2, 1.0)
    rng = np.random.default_rng(seed)
    guide = PlanGuide(tokenizer, plan)
    ids: list[int] = []
    while not guide.finished:
        ids += guide.forced()
        weights = likely * guide.mask()
        assert weights.any()
        if pool := guide.pooled():
            assert weights[pool[0]] > 0
            assert not weights[pool[1][:-1]].any(), "what is pooled must not be allowed beside"
        choice = int(rng.choice(len(weights), p=weights / weights.sum()))
        guide.accept(choice)
        ids.append(choice)
    return ids, finish(tokenizer.decode(ids)[0], plan)


@pytest.mark.parametrize("options", BRIEFS, ids=lambda options: "-".join(map(str, options)))
def test_what_the_plan_fixes_holds(tokenizer: Tokenizer, options: dict[str, Any]) -> None:
    plan = make_plan(Brief.from_dict(options))
    for seed in range(3):
        ids, score = walk(tokenizer, plan, seed)
        assert len(score.bars) == plan.bars
        assert {str(bar.time_signature) for bar in score.bars} == {str(plan.meter)}
        assert score.key == plan.key
        assert score.qpm_at(0) == plan.tempo_qpm
        assert [(part.name, part.program, part.is_drum) for part in score.parts] == [
            (part.name, part.program, part.is_drum) for part in plan.parts
        ]
        for part, player in zip(score.parts, plan.parts, strict=True):
            assert part.is_drum or all(player.low <= note.pitch <= player.high for note in part.notes)
        starts = {
            bar.index
            for bar in score.bars
            for part in score.parts
            for note in part.notes
            if bar is score.bar_at(note.start_ticks)
        }
        assert starts == set(range(plan.bars)), "no bar is empty"
        assert tokenizer.decode(ids)[1].styles == plan.styles
        longest = 4 if len(plan.parts) <= 6 else 8
        for part in score.parts:
            silent = "".join(".x"[any(bar is score.bar_at(note.start_ticks) for note in part.notes)] for bar in score.bars)
            assert "." * (longest + 1) not in silent, (part.name, silent)


@pytest.mark.parametrize("form", ["A8 B8 A8", "A5 B5 A7"])  # at distances that the model can and cannot be given
def test_a_section_that_returns_is_the_same_music(tokenizer: Tokenizer, form: str) -> None:
    plan = replace(make_plan(Brief.from_dict({"form": form, "ensemble": "piano", "meter": "4/4"})), returns=())
    returns = [(bar, recall) for bar, recall in enumerate(plan.recalls) if recall]
    assert len(returns) >= 3
    _, score = walk(tokenizer, plan, 0)
    for bar, distance in returns:
        now, then = score.bars[bar], score.bars[bar - distance]
        for part in score.parts:
            assert {(n.start_ticks - now.start_ticks, n.pitch) for n in part.notes if score.bar_at(n.start_ticks) is now} == {
                (n.start_ticks - then.start_ticks, n.pitch) for n in part.notes if score.bar_at(n.start_ticks) is then
            }


def test_a_tune_that_returns_keeps_its_notes_over_a_new_accompaniment(tokenizer: Tokenizer) -> None:
    plan = make_plan(Brief.from_dict({"form": "A4 B4 A4", "ensemble": "piano", "meter": "4/4", "key": "C major"}))
    chords = tuple((Chord.parse("C"),) for _ in range(12))
    plan = replace(plan, returns=("", "", "tune"), chords=chords)
    _, score = walk(tokenizer, plan, 0)
    now, then = score.bars[8], score.bars[0]

    def written(part: int, bar: Bar) -> list[tuple[int, int]]:
        notes = score.parts[part].notes
        return [(n.start_ticks - bar.start_ticks, n.pitch) for n in notes if score.bar_at(n.start_ticks) == bar]

    assert written(0, now) == written(0, then)
    assert written(1, now) != written(1, then)


@pytest.mark.parametrize("form", ["A4 B4 A4", "AA'BA'", "A5 B5 A7"])
@pytest.mark.parametrize("ensemble", ["piano", "string-quartet"])
def test_nothing_is_held_over_into_a_section_that_returns(tokenizer: Tokenizer, form: str, ensemble: str) -> None:
    plan = make_plan(Brief.from_dict({"form": form, "ensemble": ensemble, "meter": "4/4"}))
    _, score = walk(tokenizer, plan, 0, long_notes=True)
    crossings = [
        bar.index
        for part in score.parts
        for note in part.notes
        for bar in score.bars[score.bar_at(note.start_ticks).index + 1 : score.bar_at(note.end_ticks - 1).index + 1]
    ]
    assert crossings, "long notes cross barlines elsewhere"
    assert not [bar for bar in crossings if literal_return(plan, bar)], "where they would double what is struck there"


def test_chords_asked_for_are_written(tokenizer: Tokenizer) -> None:
    plan = make_plan(Brief.from_dict(BRIEFS[2]))
    _, score = walk(tokenizer, plan, 0)
    written = [symbol.chord.symbol() for symbol in score.chords if symbol.chord]
    assert written == [chord.symbol() for bar in plan.chords for chord in bar]
    assert written[:3] == ["Dm", "Gm", "A7"]


@pytest.mark.parametrize("options", [{"key": "B minor"}, {"key": "Eb major", "loop": True}, {"form": "ABA", "bars": 12}])
@pytest.mark.parametrize("floor", [1.0, 0.8])
def test_a_floor_under_the_scale_holds(tokenizer: Tokenizer, options: dict[str, Any], floor: float) -> None:
    plan = make_plan(Brief.from_dict({"ensemble": "string-quartet", "bars": 8, "scale": floor, **options}))
    shares = [pitch_in_key_rate(walk(tokenizer, plan, seed)[1], plan.key) for seed in range(3)]
    free = [pitch_in_key_rate(walk(tokenizer, replace(plan, scale=None), seed)[1], plan.key) for seed in range(6)]
    assert min(shares) >= floor - (0.05 if plan.sections and floor < 1 else 0.0)
    assert min(free) < 0.8


def test_chords_asked_for_may_leave_the_scale(tokenizer: Tokenizer) -> None:
    options = {"chords": "C Fm G C", "key": "C major", "ensemble": "string-quartet", "scale": 1.0, "bars": 8}
    plan = make_plan(Brief.from_dict(options))
    classes = {note.pitch % 12 for seed in range(3) for part in walk(tokenizer, plan, seed)[1].parts for note in part.notes}
    assert 8 in classes
    assert classes <= {0, 2, 4, 5, 7, 8, 9, 11}


def test_last_bar_is_on_the_tonic(tokenizer: Tokenizer) -> None:
    plan = make_plan(Brief.from_dict({"ensemble": "piano", "bars": 4, "key": "E minor"}))
    _, score = walk(tokenizer, plan, 1)
    last = [symbol for symbol in score.chords if symbol.start_ticks <= score.bars[-1].start_ticks][-1]
    assert last.chord is not None
    assert last.chord.symbol(score.key) == "Em"


def test_moods_and_recalls_of_the_plan_are_in_the_stream(tokenizer: Tokenizer) -> None:
    plan = make_plan(Brief.from_dict(BRIEFS[5] | {"valence": -1, "arousal": 1}))
    ids, _ = walk(tokenizer, plan, 2)
    controls = tokenizer.decode(ids)[1]
    assert [(mood.valence, mood.arousal) for mood in controls.moods if mood] == [(-1.0, 1.0)] * 3
    assert all(wanted is None or wanted == found for wanted, found in zip(plan.recalls, controls.recalls, strict=True))
    assert all(found <= bar for bar, found in enumerate(controls.recalls))


def test_chords_are_cut_less_than_notes_and_not_led(tokenizer: Tokenizer) -> None:
    guide = PlanGuide(tokenizer, make_plan(Brief.from_dict({"style": "waltz", "bars": 4})))
    usual, is_chord = Settings(temperature=0.9, min_p=0.08), tokenizer.grammar.of_type["Chord"]
    seen = set()
    while not guide.finished:
        guide.forced()
        mask, settings = guide.mask(), guide.settings(usual)
        assert settings.temperature == usual.temperature
        assert (0 < settings.min_p < usual.min_p) == is_chord[mask].any()
        assert settings.guided != is_chord[mask].any()
        seen.add(settings.min_p)
        guide.accept(int(np.flatnonzero(mask)[-1]))
    assert len(seen) == 2
