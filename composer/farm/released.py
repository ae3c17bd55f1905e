"""The released files that determine the bytes of a piece: pieces may share a name only if all of these are equal."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from composer.composing.judge import JUDGE_FILE
from composer.errors import BadInputError
from composer.harmony.planner import PLANNER
from composer.melody.writer import NETWORK
from composer.model.checkpoint import CONFIG_FILE, GENERATION_FILE, MELODY_FILE, PLANNER_FILE, WEIGHTS_FILE, file_fingerprint
from composer.originality import INDEX_FILE, find_index

_OF_MODEL = (CONFIG_FILE, GENERATION_FILE, WEIGHTS_FILE, "tokenizer.json", JUDGE_FILE)
_OF_PLANNER = (CONFIG_FILE, WEIGHTS_FILE, PLANNER_FILE)
_OF_MELODIES = (CONFIG_FILE, WEIGHTS_FILE, MELODY_FILE)


def released_files(model: Path) -> dict[str, str]:
    """Fingerprints of the files that decide what is composed and written into sidecars.

    Args:
        model: folder of the language model.

    Returns:
        By "model/FILE", "planner/FILE", "melody/FILE" and the name of the originality index; missing files are left out.

    Raises:
        ModelNotFoundError: the harmony planner or the melody network is not installed.
    """
    paths = {f"model/{name}": model / name for name in _OF_MODEL}
    planner = PLANNER.find()
    paths |= {f"planner/{name}": planner / name for name in _OF_PLANNER}
    paths |= {f"melody/{name}": NETWORK.find() / name for name in _OF_MELODIES}
    if index := find_index(model):
        paths[INDEX_FILE] = index
    return {name: file_fingerprint(path) for name, path in paths.items() if path.is_file()}


def check_released(model: Path, planned: Mapping[str, str]) -> None:
    """Checks that this machine has the files of a plan.

    Raises:
        BadInputError: one of them is missing, added or different.
        ModelNotFoundError: the harmony planner or the melody network is not installed.
    """
    here = released_files(model)
    for name in sorted(here.keys() | planned.keys()):
        if here.get(name) != planned.get(name):
            raise BadInputError(
                f"{name} has the fingerprint {here.get(name, 'none')} here (model {model}), {planned.get(name, 'none')} in the "
                f"plan: install the release that made the plan, or give --model"
            )
