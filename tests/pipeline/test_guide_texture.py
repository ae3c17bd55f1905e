"""What the guide does for texture: voices sing, accompaniments leave them alone, chords are full, nothing clashes."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import numpy as np
import pytest

from composer.brief import Brief
from composer.pipeline.guide import PlanGuide
from composer.plan import Plan, make_plan
from composer.score import Note, Score
from composer.tokenizer import Tokenizer
from composer.training.build import base_tokenizer
from tests.pipeline.test_guide_rules import open_bar, quarter, walk, write

SONG = {"ensemble": "voice-piano", "meter": "4/4", "key": "C major", "chords": "C", "bars": 8}


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return base_tokenizer()


def plan_of(options: dict[str, Any]) -> Plan:
    return make_plan(Brief.from_dict(options))


def onsets(score: Score, part: int) -> dict[int, list[Note]]:
    return {tick: list(notes) for tick, notes in groupby(score.parts[part].notes, key=lambda note: note.start_ticks)}


def test_a_voice_sings_through_its_phrases(tokenizer: Tokenizer) -> None:
    pitch, part = tokenizer.vocabulary.pitch, tokenizer.vocabulary.offsets["Part"]
    guide = PlanGuide(tokenizer, plan_of(SONG))
    bars = tokenizer.grammar.of_type["Bar"]
    for _ in range(2):  # an introduction
        open_bar(guide, tokenizer)
        write(guide, part + 2, *quarter(tokenizer, 0), pitch(48))
        write(guide, int(np.flatnonzero(guide.mask() & bars)[0]))
    open_bar(guide, tokenizer)
    assert [guide.mask()[part + voice] for voice in range(3)] == [True, False, False]
    write(guide, part)
    late = [guide.mask()[tokenizer.vocabulary.position(step)] for step in (0, 48, 72)]
    assert late == [True, True, False], "it begins in the first half"
    write(guide, *quarter(tokenizer, 0), pitch(72))
    assert not guide.mask()[part + 1], "a crumb"
    write(guide, *quarter(tokenizer, 1), pitch(74))
    assert guide.mask()[part + 1]


def test_an_accompaniment_doubles_the_voice_only_on_top_of_chords(tokenizer: Tokenizer) -> None:
    pitch, part = tokenizer.vocabulary.pitch, tokenizer.vocabulary.offsets["Part"]
    guide = PlanGuide(tokenizer, plan_of(SONG))
    open_bar(guide, tokenizer)
    write(guide, part, tokenizer.vocabulary.position(0), tokenizer.vocabulary.duration(48), pitch(72))
    write(guide, part + 1, *quarter(tokenizer, 0))
    assert [guide.mask()[pitch(played)] for played in (64, 67, 72)] == [True, True, False]
    write(guide, pitch(64))
    assert guide.mask()[pitch(72)]


@pytest.mark.parametrize("seed", range(4))
def test_parts_do_not_clash_on_beats(tokenizer: Tokenizer, seed: int) -> None:
    score = walk(tokenizer, plan_of(SONG | {"ensemble": "string-quartet", "chords": "C F | G7 | Am Dm | G C"}), seed)
    for tick in {note.start_ticks for part in score.parts for note in part.notes if note.start_ticks % 480 == 0}:
        chord = [symbol.chord for symbol in score.chords if symbol.start_ticks <= tick][-1]
        assert chord is not None
        struck = [(note.pitch, index) for index in range(4) for note in onsets(score, index).get(tick, [])]
        for pitch, part in struck:
            beside = [other for other, index in struck if index != part and abs(other - pitch) in (1, 11, 13)]
            assert pitch % 12 in chord.pitch_classes or not beside, f"{pitch} beside {beside} at {tick}"


def test_melodies_strike_dissonances_on_strong_beats_that_basses_do_not(tokenizer: Tokenizer) -> None:
    pitch, part = tokenizer.vocabulary.pitch, tokenizer.vocabulary.offsets["Part"]
    options = {"ensemble": "string-quartet", "meter": "4/4", "key": "C major", "chords": "C", "bars": 8}
    guide = PlanGuide(tokenizer, plan_of(options))
    open_bar(guide, tokenizer)
    write(guide, part, *quarter(tokenizer, 0), pitch(76), *quarter(tokenizer, 2))
    assert [guide.mask()[pitch(played)] for played in (77, 74, 69)] == [True, True, False], "by step only"
    write(guide, pitch(77), *quarter(tokenizer, 3))
    assert [guide.mask()[pitch(played)] for played in (76, 72)] == [True, False], "it resolves by step"
    write(guide, pitch(76), part + 1, *quarter(tokenizer, 2))
    assert not guide.mask()[pitch(64)], "the third beside the fourth that stands for it"


def test_the_last_upper_voice_completes_the_chord(tokenizer: Tokenizer) -> None:
    pitch, part = tokenizer.vocabulary.pitch, tokenizer.vocabulary.offsets["Part"]
    options = {"ensemble": "choir", "meter": "4/4", "key": "C major", "chords": "C", "bars": 8}
    for above, wanted in (((72, 67), 4), ((76, 67), 0)):
        guide = PlanGuide(tokenizer, plan_of(options))
        open_bar(guide, tokenizer)
        for voice, sung in enumerate(above):
            write(guide, part + voice, *quarter(tokenizer, 0), pitch(sung))
        write(guide, part + 2, *quarter(tokenizer, 0))
        allowed = {sung % 12 for sung in range(48, 68) if guide.mask()[pitch(sung)]}
        assert wanted in allowed
        assert (4 in allowed) == (wanted == 4), "one third"


def test_a_worn_figure_does_not_open_another_bar(tokenizer: Tokenizer) -> None:
    pitch, part = tokenizer.vocabulary.pitch, tokenizer.vocabulary.offsets["Part"]
    options = {"instruments": "flute,cello", "meter": "4/4", "key": "C major", "chords": "C", "bars": 8}
    guide = PlanGuide(tokenizer, plan_of(options))
    bars = tokenizer.grammar.of_type["Bar"]
    for _ in range(2):
        open_bar(guide, tokenizer)
        write(guide, part)
        for beat, played in enumerate((72, 74, 76)):
            write(guide, *quarter(tokenizer, beat), pitch(played))
        write(guide, part + 1, *quarter(tokenizer, 0), pitch(48))
        write(guide, int(np.flatnonzero(guide.mask() & bars)[0]))
    open_bar(guide, tokenizer)
    write(guide, part, *quarter(tokenizer, 0))
    assert [guide.mask()[pitch(played)] for played in (72, 76, 79)] == [False, True, True]
