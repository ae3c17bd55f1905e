"""A recipe: the stages that make a model, in a TOML file, run in order. It can be killed at any moment and run again.

Each stage has a folder in the run's folder with its model (`model/`) and `stage.json`, the record of what was done, which is
written last and marks the stage as complete. The run's `model/` is the last stage's, with `recipe.json`, the records of all
stages. Stages call the functions of this package that also have a command of their own; nothing is trained here.
"""

from __future__ import annotations

import json
import math
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from functools import partial
from pathlib import Path
from typing import Any

from composer.errors import BadInputError
from composer.files import write_atomically
from composer.formats.provenance import software
from composer.locks import locked
from composer.model.checkpoint import (
    find_model,
    fingerprint,
    load_config,
    load_generation_config,
    load_weights,
    save_release,
)
from composer.originality import INDEX_FILE
from composer.processes import ProcessCrew
from composer.training.averaging import average
from composer.training.calibration import calibrate
from composer.training.data.build import DEFAULT_MERGES, base_tokenizer, build
from composer.training.data.dataset import TOKENIZER_FILE
from composer.training.data.pool import open_dataset
from composer.training.evaluation.bits import Bits
from composer.training.evaluation.held_out import record_human_likelihood
from composer.training.growth import deepen, with_new_tokens
from composer.training.loop import STATE_FILE, Session, train
from composer.training.preference_rounds import PreferenceConfig, Rounds
from composer.training.release import release
from composer.training.settings import RunConfig, read_toml

RECORD_FILE, SUMMARY_FILE, MODEL = "stage.json", "recipe.json", "model"
_KEYS = {
    "grow": ("from", "layers", "rows"),
    "data": ("tokenizer",),
    "train": ("from", "model", "training", "data"),
    "average": ("shares",),
    "prefer": ("from", "preference"),
    "calibrate": ("from", "windows"),
}
_MUST = {"grow": "from", "average": "shares", "prefer": "from", "calibrate": "from"}
_KINDS: Mapping[str, tuple[type, str]] = {
    **dict.fromkeys(("from", "tokenizer"), (str, "a text")),
    **dict.fromkeys(("layers", "rows", "windows"), (int, "a whole number")),
    **dict.fromkeys(("model", "training", "data", "shares", "preference"), (dict, "a table")),
}
_UNFINISHED = ".unfinished"
_LABELERS = 2  # processes that label training data


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage; `settings` are its other keys."""

    name: str
    kind: str
    settings: Mapping[str, Any]

    @property
    def sources(self) -> tuple[str, ...]:
        """Stages, model names or folders that it starts from."""
        named = (self.settings.get("from"), self.settings.get("tokenizer"), *self.settings.get("shares", {}))
        return tuple(name for name in named if name)


def load_recipe(path: Path) -> tuple[Stage, ...]:
    """Reads and checks a recipe, so that a mistake in a late stage is found before the first stage runs.

    Raises:
        BadInputError: it cannot be read, or a stage is not valid.
    """
    content = read_toml(path, "recipe")
    rows = content.get("stage")
    if set(content) != {"stage"} or not isinstance(rows, list) or not rows:
        raise BadInputError(f"recipe {path} is not a list of stages: write a [[stage]] table for each")
    stages = tuple(_stage(row, f"{path}, stage {number}") for number, row in enumerate(rows, 1))
    names = [stage.name for stage in stages]
    for number, stage in enumerate(stages):
        if stage.name in names[:number]:
            raise BadInputError(f"{path}: two stages have the name {stage.name!r}: give them different names")
        if later := [name for name in stage.sources if name in set(names[number:]) - set(names[:number])]:
            raise BadInputError(f"{path}: stage {stage.name!r} needs {later[0]!r}, which is not before it: change the order")
    if stages[-1].kind == "data":
        raise BadInputError(f"{path}: the last stage {stages[-1].name!r} makes no model: end with another kind")
    return stages


def _stage(row: Any, where: str) -> Stage:
    if not isinstance(row, dict) or not isinstance(row.get("name"), str) or row.get("kind") not in _KEYS:
        raise BadInputError(f"{where}: give it a name and a kind ({', '.join(_KEYS)})")
    name, kind = row["name"], row["kind"]
    settings = {key: value for key, value in row.items() if key not in ("name", "kind")}
    if not name.replace("-", "").replace("_", "").isalnum() or name == MODEL:
        raise BadInputError(
            f"{where}: name {name!r} cannot be a folder of the run: use letters, digits and -, but not {MODEL!r}"
        )
    if unknown := set(settings) - set(_KEYS[kind]):
        raise BadInputError(f"{where}: key {min(unknown)!r} is not known for {kind}: use {', '.join(_KEYS[kind])}")
    for key, value in settings.items():
        if key in _KINDS and not isinstance(value, _KINDS[key][0]):
            raise BadInputError(f"{where}: {key} is {str(value)[:40]!r}: give {_KINDS[key][1]}")
    if kind in _MUST and not settings.get(_MUST[kind]):
        raise BadInputError(f"{where}: {_MUST[kind]!r} is missing: a stage of kind {kind} needs it")
    if kind == "train":
        RunConfig.of({table: settings[table] for table in ("model", "training", "data") if table in settings}, where)
        if ("from" in settings) == ("model" in settings):
            raise BadInputError(
                f"{where}: give either 'from', a model to continue, or [stage.model], the network to start with"
            )
    if kind == "prefer":
        PreferenceConfig.of(settings.get("preference", {}), where)
    return Stage(name, kind, settings)


@dataclass(frozen=True, slots=True)
class Recipe:
    """A recipe that is being run.

    Attributes:
        stages: from `load_recipe`.
        folder: folder of the run.
        data: training data, unless a stage builds them.
        corpus: corpus for a stage that builds data.
        report: called with lines of progress.
        deadline: value of `time.monotonic` at which this session ends.
    """

    stages: Sequence[Stage]
    folder: Path
    data: Path
    corpus: Path | None = None
    report: Callable[[str], None] = lambda line: None
    deadline: float = math.inf

    def run(self) -> Path | None:
        """Runs the stages that are not complete; returns the final model's folder, or `None` if the session ended first.

        Raises:
            BadInputError: a stage cannot be run, or was done with other settings.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with locked(self.folder, "wait for it, or give another folder"):
            records = [self._check(stage) for stage in self.stages]
            for number, stage in enumerate(self.stages):
                if records[number].get("done"):
                    continue
                if self._over():
                    return None
                self.report(f"stage {number + 1} of {len(self.stages)}: {stage.name}")
                record = self._do(stage)
                if record is None:
                    return None
                records[number] = record
            return self._finish(records)

    def _over(self) -> bool:
        return time.monotonic() >= self.deadline

    def _check(self, stage: Stage) -> dict[str, Any]:
        """The record of a stage; empty if it has not begun."""
        path = self.folder / stage.name / RECORD_FILE
        if not path.is_file():
            return {}
        record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if record["stage"] != json.loads(json.dumps(asdict(stage))):
            raise BadInputError(
                f"stage {stage.name!r} of {self.folder} was begun with other settings: delete {path.parent} and the stages "
                "after it, or give another --run"
            )
        return record

    def _do(self, stage: Stage) -> dict[str, Any] | None:
        folder, started = self.folder / stage.name, time.monotonic()
        folder.mkdir(exist_ok=True)
        record: dict[str, Any] = {
            "stage": asdict(stage),
            "software": software(),
            "inputs": {name: fingerprint(self._model(name)) for name in stage.sources if stage.kind != "data"},
            "done": False,
        }
        self._write(folder, record)
        figures = _DO[stage.kind](self, stage, folder)
        if figures is None:
            return None
        record |= {"done": True, "minutes": round((time.monotonic() - started) / 60, 2), **figures}
        self._write(folder, record)
        return record

    def _write(self, folder: Path, record: Mapping[str, Any]) -> None:
        write_atomically(folder / RECORD_FILE, (json.dumps(record, indent=1) + "\n").encode())

    def _finish(self, records: Sequence[Mapping[str, Any]]) -> Path:
        """Copies the last stage's model, with the originality index and the records."""
        final, source = self.folder / MODEL, self._model(self.stages[-1].name)
        shutil.copytree(source, final, dirs_exist_ok=True)
        if (index := self._data() / INDEX_FILE).is_file():
            shutil.copyfile(index, final / INDEX_FILE)
        write_atomically(final / SUMMARY_FILE, (json.dumps(list(records), indent=1) + "\n").encode())
        return final

    def _model(self, name: str) -> Path:
        """The model of a stage, or a model by name or folder."""
        is_stage = any(stage.name == name for stage in self.stages)
        return self.folder / name / MODEL if is_stage else find_model(name)

    def _data(self) -> Path:
        """The folder of the data stage if there is one, else the given data."""
        built = next((self.folder / stage.name for stage in self.stages if stage.kind == "data"), None)
        return self.data if built is None else built

    def _grow(self, stage: Stage, folder: Path) -> dict[str, Any]:
        """Adds new tokens of the current vocabulary, then layers and rows."""
        source, out = self._model(stage.settings["from"]), _fresh(folder)
        with_new_tokens(source, out, base_tokenizer().vocabulary)
        config, weights = load_config(out), load_weights(out)
        layers = int(stage.settings.get("layers", config.num_hidden_layers))
        rows = int(stage.settings.get("rows", config.max_position_embeddings))
        if layers < config.num_hidden_layers:
            raise BadInputError(f"layers {layers} of stage {stage.name!r} is below the {config.num_hidden_layers} of {source}")
        grown = replace(config, num_hidden_layers=layers, max_position_embeddings=rows)
        save_release(out, deepen(weights, layers), grown, load_generation_config(source))
        _commit(folder)
        return {"vocab_size": grown.vocab_size, "layers": layers, "rows": rows}

    def _build(self, stage: Stage, folder: Path) -> dict[str, Any]:
        if self.corpus is None:
            raise BadInputError(f"stage {stage.name!r} builds training data: give --corpus DIR")
        tokenizer = stage.settings.get("tokenizer")
        merges = self._model(tokenizer) if tokenizer else DEFAULT_MERGES
        build(self.corpus, folder, merges=merges, hire=partial(ProcessCrew, jobs=_LABELERS), report=self.report)
        return {}

    def _train(self, stage: Stage, folder: Path) -> dict[str, Any] | None:
        settings, data = self._settings(stage), self._data()
        with open_dataset(settings, data) as dataset:
            result = train(
                settings.training,
                settings.model_config(dataset.vocab_size),
                dataset,
                Session(folder, resume=(folder / STATE_FILE).is_file(), report=self.report, deadline=self.deadline),
            )
        if result.interrupted:
            return None
        release(folder, folder / MODEL, data / TOKENIZER_FILE)
        record_human_likelihood(folder / MODEL, data)
        return {
            "steps": result.step,
            "tokens": result.tokens,
            "training_minutes": round(result.minutes, 2),
            "bits_per_note": _per_note(result.validation),
        }

    def _settings(self, stage: Stage) -> RunConfig:
        """The run of a stage; the network is that of the model it starts from."""
        tables = {table: stage.settings[table] for table in ("model", "training", "data") if table in stage.settings}
        settings = RunConfig.of(tables, stage.name)
        if "from" not in stage.settings:
            return settings
        source = self._model(stage.settings["from"])
        config = load_config(source)
        network = {item.name: getattr(config, item.name) for item in fields(config) if item.name != "vocab_size"}
        return replace(settings, model=network, training=replace(settings.training, init_from=str(source)))

    def _average(self, stage: Stage, folder: Path) -> dict[str, Any]:
        out = _fresh(folder)
        average({self._model(name): float(share) for name, share in stage.settings["shares"].items()}, out)
        record_human_likelihood(out, self._data())
        _commit(folder)
        return {}

    def _prefer(self, stage: Stage, folder: Path) -> dict[str, Any] | None:
        rounds = Rounds(
            folder,
            self._model(stage.settings["from"]),
            self._data(),
            PreferenceConfig.of(stage.settings.get("preference", {}), stage.name),
            self.report,
            self.deadline,
            self._over,
        )
        found = rounds.run()
        if found is None:
            return None
        model, records = found
        shutil.copytree(model, _fresh(folder), dirs_exist_ok=True)
        _commit(folder)
        return {"rounds": records}

    def _calibrate(self, stage: Stage, folder: Path) -> dict[str, Any]:
        """The logit factor and the likelihood of human music, which the critic needs."""
        out = _fresh(folder)
        shutil.copytree(self._model(stage.settings["from"]), out, dirs_exist_ok=True)
        factor = calibrate(out, self._data(), windows_per_source=int(stage.settings.get("windows", 32)))
        likelihood = record_human_likelihood(out, self._data())
        _commit(folder)
        return {"logit_factor": factor, "human_likelihood": likelihood}


_DO: dict[str, Callable[[Recipe, Stage, Path], dict[str, Any] | None]] = {
    "grow": Recipe._grow,
    "data": Recipe._build,
    "train": Recipe._train,
    "average": Recipe._average,
    "prefer": Recipe._prefer,
    "calibrate": Recipe._calibrate,
}


def _fresh(folder: Path) -> Path:
    """An empty folder for a model that is being written."""
    out = folder / (MODEL + _UNFINISHED)
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    return out


def _commit(folder: Path) -> None:
    """Makes the finished model in the folder from `_fresh` the model of the stage."""
    shutil.rmtree(folder / MODEL, ignore_errors=True)
    (folder / (MODEL + _UNFINISHED)).rename(folder / MODEL)


def _per_note(validation: Mapping[str, Bits]) -> dict[str, float]:
    overall = sum(validation.values(), Bits())
    return {name: round(bits.per_note, 4) for name, bits in {**validation, "all": overall}.items() if bits.notes}
