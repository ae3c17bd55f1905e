"""Comparison of two sets: figures checked by arithmetic, and folders read with their sidecars."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pytest

from composer import composing
from composer.brief import Brief
from composer.errors import BadInputError
from composer.formats import write_score
from composer.score import Note, Part, Score
from composer.training.evaluation.folders import evaluate_folders
from composer.training.evaluation.sets import METRICS, area_under_curve, compare, measure_metrics, mood_figures


def tune(seed: int, bars: int = 8) -> Score:
    rng = random.Random(seed)
    notes = tuple(Note(240 * i, 60 + rng.choice((0, 2, 4, 5, 7, 9, 11)), 240) for i in range(8 * bars))
    return Score((Part("Flute", 73, notes),))


def test_a_set_resembles_itself_and_not_a_distant_one():
    values = np.random.default_rng(0).normal(0, 1, 60).tolist()
    same, far = compare(values, values), compare([value + 8 for value in values], values)
    assert same is not None
    assert far is not None
    assert same.overlap > 0.95 > 0.1 > far.overlap
    assert far.divergence > same.divergence
    assert (same.inside > 0.9, far.inside) == (True, 0.0)
    assert same.generated[1] < same.generated[0] < same.generated[2]


def test_overlap_is_that_of_two_known_densities():
    """Distances within N(0, 1) are |N(0, 2)|, distances to N(3, 1) are |N(3, 2)|; their overlap by quadrature is 0.40."""
    rng = np.random.default_rng(1)
    ours, theirs = ((sample - sample.mean()) / sample.std() for sample in rng.normal(0, 1, (2, 200)))
    found = compare((3 + ours).tolist(), theirs.tolist())
    grid = np.linspace(0, 20, 20001)

    def folded(mean: float) -> np.ndarray:
        density = sum(np.exp(-((grid - sign * mean) ** 2) / 4) for sign in (1, -1)) / np.sqrt(4 * np.pi)
        return density

    expected = float(np.minimum(folded(0), folded(3)).sum() * (grid[1] - grid[0]))
    assert found is not None
    assert found.overlap == pytest.approx(expected, abs=0.05)


def test_too_small_or_empty_sets_are_not_compared():
    assert compare([1.0, 2.0], [1.0, 2.0, 3.0]) is None
    assert compare([float("nan")] * 5, [1.0, 2.0, 3.0]) is None


def test_every_measure_has_a_value_for_music_and_none_breaks_on_drums():
    assert all(np.isfinite(value) for value in measure_metrics(tune(0)).values())
    beat = Score((Part("Drums", 0, tuple(Note(480 * i, 36, 120) for i in range(32)), is_drum=True),))
    assert set(measure_metrics(beat)) == set(METRICS)


def test_empty_bars_are_bars_without_sound_not_without_onset():
    held = Score((Part("Organ", 19, (Note(0, 60, 3 * 1920), Note(4 * 1920, 60, 1920))),))
    assert measure_metrics(held)["empty bars"] == pytest.approx(0.2)


def test_mood_figures_between_opposite_quadrants():
    def sidecar(requested: tuple[float, float], measured: tuple[float, float]) -> dict:
        axes = zip(("valence", "arousal"), requested, measured, strict=True)
        return {"report": {axis: {"requested": a, "measured": m} for axis, a, m in axes}}

    good = [sidecar((v, a), (v / 2, a / 2)) for v in (-0.7, 0.7) for a in (-0.7, 0.7) for _ in range(3)]
    assert mood_figures(good)["valence"] == {"pieces": 12, "correlation": pytest.approx(1.0), "auc": 1.0}
    # Measured valence follows arousal alone: right between bright and gloomy, wrong between tense and calm.
    confused = [sidecar((v, a), (a / 2, a / 2)) for v in (-0.7, 0.7) for a in (-0.7, 0.7)]
    assert mood_figures(confused)["valence"]["auc"] == pytest.approx(0.5)
    assert mood_figures([])["arousal"] == {"pieces": 0, "correlation": None, "auc": None}


def test_area_under_curve_of_nothing_is_unknown():
    assert area_under_curve([], [1.0]) is None


@pytest.fixture(scope="module")
def folders(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    root = tmp_path_factory.mktemp("sets")
    ours, theirs = root / "ours", root / "theirs"
    for folder in (ours, theirs):
        folder.mkdir()
    for seed, valence in enumerate((-0.8, 0.8, -0.8, 0.8)):
        options = {"style": "waltz", "valence": valence, "arousal": valence, "bars": 16, "seed": seed}
        composing.write(composing.compose(Brief.from_dict(options), model=str(tiny_model)), ours / f"piece-{seed}", ["mid"])
    for seed in range(4):
        write_score(tune(seed, bars=20), theirs / f"human-{seed}.mid")
    return ours, theirs


def test_folders_are_compared_with_the_requests_in_their_sidecars(folders: tuple[Path, Path]):
    found = evaluate_folders(*folders)
    assert 3 <= found.generated <= 4  # the untrained model may write fewer notes than are needed
    assert (found.reference, found.bars) == (4, 16)
    assert "pitch-class entropy" in found.metrics
    assert found.moods["valence"]["pieces"] == found.generated == found.styles["waltz"].pieces


def test_the_command_prints_tables_and_json(folders, cantilena_main):
    ours, theirs = folders
    table = cantilena_main("evaluate", "--generated", ours, "--reference", theirs)
    assert "pitch-class entropy" in table
    assert "opposite quadrants" in table
    content = json.loads(cantilena_main("evaluate", "--generated", ours, "--reference", theirs, "--json"))
    assert content["metrics"]["scale consistency"]["reference"][0] == pytest.approx(1.0)


def test_empty_folders_are_refused(tmp_path: Path, folders: tuple[Path, Path]):
    with pytest.raises(BadInputError, match="contains no score"):
        evaluate_folders(tmp_path, folders[1])
    with pytest.raises(BadInputError, match="split"):
        evaluate_folders(*folders, split="test")
    with pytest.raises(BadInputError, match="contains no score"):
        evaluate_folders(folders[0], tmp_path)


@pytest.fixture
def cantilena_main(capsys: pytest.CaptureFixture[str]):
    from composer.cli import app

    def run(*arguments: object) -> str:
        with pytest.raises(SystemExit) as stopped:
            app([str(argument) for argument in arguments], prog_name="cantilena")
        assert not stopped.value.code
        return capsys.readouterr().out

    return run
