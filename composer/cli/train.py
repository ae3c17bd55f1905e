"""`train` and `evaluate`: trains a model and measures it."""

from __future__ import annotations

import math
import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from composer.cli.console import print_json, print_table, show_line
from composer.cli.numerals import within
from composer.cli.options import argument, option
from composer.errors import INTERRUPTED, BadInputError

Data = Annotated[Path, option("DIR", "Folder made by `cantilena data build`.")]
DEFAULT_DATA = Path("cache/data")
_HARMONY, _MELODY = "harmony", "melody"  # names that train the harmony planner or the melody network instead
_PACKAGED = ("tiny", "base", "onward")  # names of composer/training/configs


def _show_keys(given: bool) -> None:
    if given:
        from composer.training.reference import reference

        print(reference())
        raise typer.Exit


def train(
    config: Annotated[
        Path | None,
        argument(
            "[CONFIG]",
            f"A TOML file, {', '.join(_PACKAGED)}; {_HARMONY} for the harmony planner, {_MELODY} for the melody network.",
        ),
    ] = None,
    data: Data = DEFAULT_DATA,
    run: Annotated[Path | None, option("DIR", "Folder of the run; by default runs/CONFIG.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Continue the run in that folder.")] = False,
    recipe: Annotated[
        Path | None,
        option("FILE", "Run the stages of a recipe instead; the same command continues an unfinished run."),
    ] = None,
    minutes: Annotated[
        float | None,
        typer.Option(
            metavar="M", parser=within("minutes", float, 0), help="End this session after M minutes with everything saved."
        ),
    ] = None,
    corpus: Annotated[
        Path | None,
        option("DIR", f"For {_HARMONY} and for recipes that build data: a corpus (see data/README.md)."),
    ] = None,
    keys: Annotated[
        bool, typer.Option("--keys", callback=_show_keys, is_eager=True, help="Print the keys of a configuration.")
    ] = False,
    seed: Annotated[
        int | None,
        typer.Option(
            metavar="N", parser=within("seed", int, 0), help="Seed of the draws from the data, instead of the configuration's."
        ),
    ] = None,
) -> None:
    """Train a model; training can be stopped at any moment and resumed. Writes a checkpoint to the run's folder model/.

    Several processes started by torchrun train one model together (docs/farm.md).
    """
    deadline = time.monotonic() + 60 * minutes if minutes is not None else math.inf
    if recipe is not None:
        if config is not None or resume or seed is not None:
            raise BadInputError("--recipe excludes CONFIG, --resume and --seed: they are in the recipe, and it always resumes")
        _run_recipe(recipe, data, run or Path("runs") / recipe.stem, corpus, deadline)
        return
    if config is None:
        raise BadInputError(f"nothing to train: give a TOML file, one of {', '.join(_PACKAGED)}, or --recipe FILE")
    if str(config) in (_HARMONY, _MELODY):
        _train_small(str(config), data, corpus, (run or Path("runs") / config) / "model")
        return
    from composer.training.data.dataset import TOKENIZER_FILE
    from composer.training.data.pool import open_dataset
    from composer.training.loop import LOG_FILE, Session, train
    from composer.training.release import release
    from composer.training.settings import RunConfig

    settings = RunConfig.load(_config_path(config))
    if seed is not None:
        settings = replace(settings, training=replace(settings.training, seed=seed), data={**settings.data, "seed": seed})
    folder = run or Path("runs") / config.stem
    with open_dataset(settings, data) as dataset:
        model_config = settings.model_config(dataset.vocab_size)
        show_line(f"training; {folder / LOG_FILE} is the log")
        result = train(settings.training, model_config, dataset, Session(folder, resume=resume, deadline=deadline))
    if sys.stderr.isatty():
        print(file=sys.stderr)  # below the progress line
    show_line(f"{result.step} steps, {result.tokens:,} tokens, {result.minutes:.1f} minutes")
    if result.interrupted:
        show_line(f"stopped; continue with: cantilena train {config} --data {data} --run {folder} --resume")
        raise typer.Exit(INTERRUPTED)
    if os.environ.get("RANK", "0") == "0":
        release(folder, folder / "model", data / TOKENIZER_FILE)
        print(folder / "model")


def _run_recipe(recipe: Path, data: Path, folder: Path, corpus: Path | None, deadline: float) -> None:
    from composer.training.recipe import Recipe, load_recipe

    if os.environ.get("WORLD_SIZE", "1") != "1":
        raise BadInputError("a recipe runs in one process: start it without torchrun, or give torchrun a configuration")
    model = Recipe(load_recipe(recipe), folder, data, corpus, show_line, deadline).run()
    if model is None:
        show_line("stopped; the same command continues")
        raise typer.Exit(INTERRUPTED)
    print(model)


def _train_small(name: str, data: Path, corpus: Path | None, folder: Path) -> None:
    from composer.training.harmony_training import train_harmony
    from composer.training.melody_training import train_melodies
    from composer.training.small_network import NetworkTraining

    if name == _HARMONY:
        train_harmony(data, corpus, folder, NetworkTraining(), show_line)
    else:
        train_melodies(data, folder, NetworkTraining(minutes=60, context=640), show_line)
    print(folder)


def evaluate(
    model: Annotated[
        str | None, typer.Argument(metavar="[MODEL]", help="Name or folder; by default the default model.")
    ] = None,
    data: Data = DEFAULT_DATA,
    context: Annotated[
        int, typer.Option(metavar="T", parser=within("context", int, 64, 65_536), help="Window length in ids.")
    ] = 512,
    windows: Annotated[
        int,
        typer.Option(metavar="N", parser=within("windows", int, 0), help="Maximum number of windows per source; 0 for all."),
    ] = 64,
    reach: Annotated[
        int,
        typer.Option(
            metavar="T",
            parser=within("reach", int, 0, 65_536),
            help="Row length in ids that includes the music before a window.",
        ),
    ] = 0,
    baselines: Annotated[bool, typer.Option(help="Also fit and measure a unigram and a 5-gram.")] = True,
    notes_only: Annotated[
        bool, typer.Option("--notes-only", help="Count only the ids of notes, with all controls given.")
    ] = False,
    without: Annotated[str, typer.Option(metavar="GROUP,...", help="Groups of controls to drop.")] = "",
    generated: Annotated[
        Path | None, option("DIR", "Composed pieces to compare with human ones, instead of bits per note.")
    ] = None,
    reference: Annotated[Path | None, option("DIR", "Human pieces: a corpus or a folder of scores.")] = None,
    split: Annotated[str, typer.Option(metavar="NAME", help="train or valid; with a corpus as reference also all.")] = "valid",
    excerpts: Annotated[
        int, typer.Option(metavar="N", parser=within("excerpts", int, 3), help="Maximum number of human excerpts.")
    ] = 300,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per model.")] = False,
) -> None:
    """Measure held-out bits per note of a model and of baselines, or compare composed pieces with human ones."""
    if generated is not None or reference is not None:
        _compare(generated, reference, split, excerpts, as_json)
        return
    from composer.training.data.build import SPLITS
    from composer.training.data.dataset import check_data
    from composer.training.evaluation.held_out import HeldOutMusic, evaluate_held_out

    if split not in SPLITS:
        raise BadInputError(f"split {split!r} is not known: choose {' or '.join(SPLITS)}")
    check_data(data)
    music = HeldOutMusic(split, context, windows or None, reach, notes_only, _groups(without))
    result = evaluate_held_out(model, data, music, baselines=baselines, report=show_line)
    if as_json:
        for name, by_source in result.bits.items():
            figures = {source: {"bits_per_note": bits.per_note, "notes": bits.notes} for source, bits in by_source.items()}
            record = {"model": name, "split": split, "context": context, "reach": reach}
            print_json({**record, "held_out": figures})
        return
    columns = list(result.bits)
    rows = [("source", "notes", *(f"{name} (bits per note)" for name in columns))]
    for source, bits in result.bits[columns[0]].items():
        rows.append((source, f"{bits.notes:,}", *(f"{result.bits[name][source].per_note:.3f}" for name in columns)))
    print_table(rows)


def _groups(text: str) -> tuple[str, ...]:
    """Names of dropout groups from the value of `--without`."""
    from composer.tokenizer.vocabulary import DROPPABLE

    names = tuple(name.strip() for name in text.split(",") if name.strip())
    if unknown := [name for name in names if name not in DROPPABLE]:
        raise BadInputError(f"group of controls {unknown[0]!r} is not known: choose from {', '.join(DROPPABLE)}")
    return names


def _compare(generated: Path | None, reference: Path | None, split: str, excerpts: int, as_json: bool) -> None:
    from composer.cli.evaluation import show_evaluation
    from composer.training.evaluation.folders import evaluate_folders

    if generated is None or reference is None:
        raise BadInputError("a comparison needs two folders: give both --generated and --reference")
    for folder in (generated, reference):
        if not folder.is_dir():
            raise BadInputError(f"{folder} is not a folder: give the folder of the scores")
    found = evaluate_folders(generated, reference, split=split, excerpts=excerpts, report=show_line)
    show_evaluation(found, as_json=as_json)


def _config_path(config: Path) -> Path:
    """The file, or the packaged configuration of that name."""
    from importlib.resources import files

    if config.is_file():
        return config
    if (name := str(config)) not in _PACKAGED:
        raise BadInputError(f"there is no training configuration {name!r}: give a TOML file or one of {', '.join(_PACKAGED)}")
    return Path(str(files("composer.training").joinpath("configs", f"{name}.toml")))


COMMANDS: dict[str, Callable[..., None]] = {"train": train, "evaluate": evaluate}
