"""Turns a training run into a released checkpoint, the folder that `--model` takes. Knows no training settings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from composer.errors import BadInputError
from composer.files import write_atomically
from composer.model.checkpoint import save_release
from composer.model.network import to_llama
from composer.presets.habits import HABITS_FILE
from composer.tokenizer import Tokenizer
from composer.training.data.dataset import TOKENIZER_FILE
from composer.training.loop import STATE_FILE
from composer.training.state import load_state

SAMPLING = {"temperature": 1.0, "top_p": 1.0, "min_p": 0.01}  # see docs/decisions.md


def release(run: Path, folder: Path, tokenizer: Path, generation: Mapping[str, Any] | None = None) -> None:
    """Writes the weights of a run's last state as a released checkpoint.

    Args:
        run: folder of the run, finished or not.
        folder: output folder; other files in it (a model card) are kept.
        tokenizer: the tokenizer.json of the run's data.
        generation: sampling settings for generation_config.json; `SAMPLING` by default.

    Raises:
        BadInputError: no state in the run, a tokenizer of other data, or weights that a checkpoint cannot store.
    """
    state = load_state(run / STATE_FILE)
    n_ids = len(Tokenizer.load(tokenizer))
    if n_ids != state.config.vocab_size:
        raise BadInputError(
            f"{tokenizer} has {n_ids} ids, {run} was trained on {state.config.vocab_size}: give the data of that run"
        )
    weights = {name: tensor.float().numpy() for name, tensor in to_llama(state.result, state.config).items()}
    save_release(folder, weights, state.config, SAMPLING if generation is None else generation)
    write_atomically(folder / TOKENIZER_FILE, tokenizer.read_bytes())
    if (habits := tokenizer.parent / HABITS_FILE).is_file():
        write_atomically(folder / HABITS_FILE, habits.read_bytes())
