"""Recipes: all stages in order, killed anywhere and run again, with the same model as without."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from composer.brief import Brief
from composer.errors import BadInputError
from composer.model.checkpoint import load_config, load_weights
from composer.training import preference_rounds
from composer.training.data.dataset import PackedDataset
from composer.training.preference_rounds import Ranked
from composer.training.recipe import RECORD_FILE, SUMMARY_FILE, Recipe, load_recipe
from composer.training.settings import RunConfig
from tests.training.small_data import write_small_data

TRAINING = """
batch_size = 2
micro_batch = 2
warmup_steps = 1
max_steps = 3
log_steps = 1
compile = false
threads = 1
precision = "float32"
"""
RECIPE = f"""
[[stage]]
name = "grown"
kind = "grow"
from = "MODEL"
layers = 2
rows = 300

[[stage]]
name = "onward"
kind = "train"
from = "grown"
[stage.training]
{TRAINING}
ema = 0.5
[stage.data]
context = 64
[stage.data.rates]
hole = 0.0

[[stage]]
name = "mean"
kind = "average"
shares = {{ grown = 0.5, onward = 0.5 }}

[[stage]]
name = "ending"
kind = "train"
from = "mean"
[stage.training]
decay = 1.0
{TRAINING}
[stage.data]
context = 64
select = true
[stage.data.rates]
transposition = 0.0

[[stage]]
name = "preferred"
kind = "prefer"
from = "ending"
[stage.preference]
styles = ["waltz"]
briefs = 2
candidates = 2
pairs = 1
rounds = 1
batch_size = 1
threads = 1
least_diversity = 0.1

[[stage]]
name = "calibrated"
kind = "calibrate"
from = "preferred"
windows = 2
"""
NAMES = ["grown", "onward", "mean", "ending", "preferred", "calibrated"]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Path:
    return write_small_data(tmp_path_factory.mktemp("recipe"), tiny_model)


@pytest.fixture
def recipe(tmp_path: Path, tiny_model: Path, data: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file; composing, which takes seconds, is replaced by draws that depend on the brief."""

    def compose(brief: Brief, count: int, model: Path, index_folder: Path) -> list[Ranked]:
        rows = PackedDataset(data, context=60, batch_size=count, seed=brief.seed).batch()
        return [Ranked(tuple(row.tolist()), float(place)) for place, row in enumerate(rows)]

    monkeypatch.setattr(preference_rounds, "compose_ranked", compose)
    path = tmp_path / "recipe.toml"
    path.write_text(RECIPE.replace("MODEL", str(tiny_model)))
    return path


def run(recipe: Path, folder: Path, data: Path, report: Callable[[str], None] = lambda line: None) -> Path:
    made = Recipe(load_recipe(recipe), folder, data, report=report).run()
    assert made is not None
    return made


class Killed(BaseException):
    """Ends a session at a line of progress, as a kill would: nothing after that line happens."""


def test_stages_run_in_order_and_survive_kills(recipe: Path, tmp_path: Path, data: Path) -> None:
    lines: list[str] = []
    whole = run(recipe, tmp_path / "whole", data, lines.append)
    assert [line.split(": ")[1] for line in lines if line.startswith("stage ")] == NAMES

    records = json.loads((whole / SUMMARY_FILE).read_text())
    assert [record["stage"]["name"] for record in records] == NAMES
    assert all(record["done"] for record in records)
    assert records[1]["steps"] == 3
    assert records[1]["bits_per_note"]["all"] > 0
    assert 0.8 <= records[-1]["logit_factor"] <= 1.2
    assert (load_config(whole).num_hidden_layers, load_config(whole).max_position_embeddings) == (2, 300)

    for sessions in range(20):
        seen: list[str] = []

        def report(line: str, seen: list[str] = seen, limit: int = 1 + sessions) -> None:
            seen.append(line)
            if len(seen) > limit:
                raise Killed

        try:
            parts = run(recipe, tmp_path / "parts", data, report)
            break
        except Killed:
            continue
    assert sessions > 3
    first, second = load_weights(whole), load_weights(parts)
    assert all(np.array_equal(array, second[name]) for name, array in first.items())

    again: list[str] = []
    assert run(recipe, tmp_path / "whole", data, again.append) == whole
    assert again == []  # nothing is done twice

    recipe.write_text(recipe.read_text().replace("layers = 2", "layers = 3"))
    with pytest.raises(BadInputError, match=r"stage 'grown' of .* was begun with other settings"):
        run(recipe, tmp_path / "whole", data)
    assert json.loads((tmp_path / "whole" / "grown" / RECORD_FILE).read_text())["done"]


def test_the_model_loads_in_transformers(recipe: Path, tmp_path: Path, data: Path) -> None:
    transformers = pytest.importorskip("transformers")
    recipe.write_text(recipe.read_text().partition('[[stage]]\nname = "mean"')[0])
    model = transformers.AutoModelForCausalLM.from_pretrained(run(recipe, tmp_path / "run", data))
    assert model.config.num_hidden_layers == 2


def test_a_session_ends_at_its_deadline(recipe: Path, tmp_path: Path, data: Path) -> None:
    assert Recipe(load_recipe(recipe), tmp_path / "run", data, deadline=0.0).run() is None
    assert run(recipe, tmp_path / "run", data).name == "model"


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ('kind = "grow"', 'kind = "shrink"', r"stage 1: give it a name and a kind \(grow, data, train"),
        ("layers = 2", "width = 2", "stage 1: key 'width' is not known for grow"),
        ('from = "grown"\n', "", "stage 2: give either 'from'"),
        ("max_steps", "steps", "stage 2: key 'steps' of"),
        ('from = "mean"', 'from = "calibrated"', "stage 'ending' needs 'calibrated', which is not before it"),
        ('name = "mean"', 'name = "grown"', "two stages have the name 'grown'"),
        ('name = "mean"', 'name = "model"', "cannot be a folder"),
        ("shares = { grown = 0.5, onward = 0.5 }", "shares = 3", "stage 3: shares is '3': give a table"),
        ('from = "mean"', "from = ['mean']", "stage 4: from is .* give a text"),
        ("layers = 2", "layers = 'two'", "stage 1: layers is 'two': give a whole number"),
        ("candidates = 2", "candidates = 20", "candidates 20 is out of range"),
        ("\n[[stage]]", "\nseed = 1\n[[stage]]", "is not a list of stages"),
    ],
)
def test_mistakes_are_found_before_the_first_stage(recipe: Path, before: str, after: str, message: str) -> None:
    recipe.write_text(recipe.read_text().replace(before, after))
    with pytest.raises(BadInputError, match=message):
        load_recipe(recipe)


@pytest.mark.parametrize(("name", "stages"), [("recipe", 7), ("recipe-gpu", 2)])
def test_shipped_recipes_load(name: str, stages: int) -> None:
    assert len(load_recipe(Path(__file__).parents[2] / "models" / f"{name}.toml")) == stages


def test_the_network_for_a_gpu_has_forty_million_parameters() -> None:
    stage = load_recipe(Path(__file__).parents[2] / "models" / "recipe-gpu.toml")[0]
    assert RunConfig.of({"model": stage.settings["model"]}, "").model_config(2048).matmul_parameters == pytest.approx(
        40e6, rel=0.1
    )
