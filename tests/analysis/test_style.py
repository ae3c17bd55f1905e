"""The style judge: its features are finite and meaningful, and its model is complete."""

from __future__ import annotations

import numpy as np
import pytest

from composer import presets
from composer.analysis.style import explain, judge_style, style_features, style_judges
from composer.analysis.style_features import STYLE_FEATURES
from composer.score import Note, Part, Score, TimeSignature


def _value(score: Score, feature: str) -> float:
    return float(style_features(score)[STYLE_FEATURES.index(feature)])


def _melody(pitches: list[int], length: int = 480, meter: TimeSignature | None = None, **part: object) -> Score:
    notes = tuple(Note(length * index, pitch, length) for index, pitch in enumerate(pitches))
    return Score((Part("part", 73, notes, **part),), time_signatures=(meter,) if meter else ())


def _waltz() -> Score:
    """Sixteen bars of melody over a bass note and two chords."""
    one, five, six, two = (48, (64, 67, 72)), (43, (62, 65, 71)), (45, (64, 69, 72)), (50, (65, 69, 74))
    harmony = [one, one, five, five] * 2 + [six, two, five, one] * 2
    melody = [((79, 960), (76, 480)), ((84, 960), (79, 480)), ((77, 480), (76, 240), (77, 240), (79, 480)), ((74, 1440),)] * 4
    right, left = [], []
    for bar, (bass, chord) in enumerate(harmony):
        left += [Note(1440 * bar, bass, 480), *(Note(1440 * bar + beat, pitch, 480) for beat in (480, 960) for pitch in chord)]
        tick = 1440 * bar
        for pitch, length in melody[bar]:
            right.append(Note(tick, pitch, length))
            tick += length
    parts = (Part("Piano (right hand)", 0, tuple(right)), Part("Piano (left hand)", 0, tuple(left)))
    return Score(parts, time_signatures=(TimeSignature(0, 3, 4),))


WALTZ = _waltz()
BEAT = _melody([36, 42, 38, 42] * 16, 240, is_drum=True)


def test_names_of_features_are_distinct() -> None:
    assert len(set(STYLE_FEATURES)) == len(STYLE_FEATURES) == len(style_features(WALTZ))


@pytest.mark.parametrize(
    "score",
    [Score((Part("empty", 0),)), Score(()), _melody([60]), _melody([60] * 16), BEAT, WALTZ],
    ids=["empty part", "no part", "one note", "one pitch", "drums", "waltz"],
)
def test_any_score_has_finite_features_and_chances(score: Score) -> None:
    assert np.isfinite(style_features(score)).all()
    judgment = judge_style(score)
    for ranked in (judgment.genres, judgment.eras):
        assert sum(chance for _, chance in ranked) == pytest.approx(1.0)
        assert [chance for _, chance in ranked] == sorted((chance for _, chance in ranked), reverse=True)


def test_features_match_their_names() -> None:
    assert _value(WALTZ, "meter 3") == 1.0
    assert _value(WALTZ, "bass onsets in slot 0") > _value(WALTZ, "bass onsets in slot 4")
    assert _value(WALTZ, "length quarter") > 0.5
    assert _value(WALTZ, "recall 4") > 0.4
    assert _value(WALTZ, "same rhythm") > 0.5
    assert _value(BEAT, "drum share") == 1.0
    assert _value(BEAT, "drum closed hat") == 0.5
    assert _value(BEAT, "onset on half") == 0.5
    scale = _melody([60, 62, 64, 65, 67, 69, 71, 72] * 4)
    assert _value(scale, "step tone") > _value(scale, "step semitone") > 0
    assert _value(scale, "mode") == 1.0
    assert _value(_melody([60, 72] * 16), "step octave and more") == 1.0
    assert _value(_melody([60, 60, 60, 67] * 8, 160), "onset on third") == pytest.approx(2 / 3, abs=0.05)


def test_transposition_changes_nothing_but_the_register() -> None:
    same = np.isclose(style_features(WALTZ), style_features(WALTZ.transposed(3)), atol=1e-9)
    assert {STYLE_FEATURES[index] for index in np.flatnonzero(~same)} == {"register", "top", "bass"}


def test_the_judge_knows_the_learned_styles() -> None:
    judges = style_judges()
    assert {name for judge in judges.values() for name in judge.names} == set(presets.style_names())
    for judge in judges.values():
        assert judge.weights.shape == (len(STYLE_FEATURES), len(judge.names))


def test_clear_cases_are_judged_correctly() -> None:
    assert judge_style(WALTZ).genres[0][0] == "waltz"
    assert judge_style(BEAT).genres[0][0].endswith("-drums")
    assert judge_style(BEAT).chance("contemporary") > 0.5
    assert judge_style(WALTZ).chance("no such style") == 0.0


def test_the_judgment_can_be_explained() -> None:
    reasons = explain(WALTZ, "waltz")
    assert len(reasons) == 5
    assert {name for name, _ in reasons} <= set(STYLE_FEATURES)
    assert sum(value for _, value in reasons) > 0
