"""Habits of a body of music: counted in training data, stored with a model, used for what a brief does not specify."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from composer.errors import BadInputError
from composer.files import write_atomically
from composer.presets.ensemble_parts import EnsemblePart
from composer.records import reason

HABITS_FILE = "habits.json"


@dataclass(frozen=True, slots=True)
class Habits:
    """Usual tempo, meter, length, parts and keys.

    Attributes:
        tempo_qpm: tempo, lowest and highest, quarter notes per minute.
        meters: meters, the most common first.
        bars: length, shortest and longest.
        parts: the most common ensemble, top of the score first.
        ensemble: name of a preset that has these parts, or empty.
        keys: keys as text, each repeated in proportion to its frequency, at most a hundred; empty if unknown.
    """

    tempo_qpm: tuple[float, float]
    meters: tuple[str, ...]
    bars: tuple[int, int]
    parts: tuple[EnsemblePart, ...]
    ensemble: str
    keys: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Habits:
        """Reads the output of `save`.

        Raises:
            KeyError, TypeError, ValueError: it is damaged.
        """
        (slow, fast), (short, long) = content["tempo_qpm"], content["bars"]
        parts = tuple(EnsemblePart(**part) for part in content["parts"])
        meters, keys = tuple(map(str, content["meters"])), tuple(map(str, content.get("keys", ())))
        if not parts or not meters:
            raise ValueError("parts or meters are missing")
        return cls((float(slow), float(fast)), meters, (int(short), int(long)), parts, str(content["ensemble"]), keys)

    def save(self, folder: Path) -> None:
        """Writes `folder/habits.json`.

        Raises:
            BadInputError: it cannot be written.
        """
        write_atomically(folder / HABITS_FILE, (json.dumps(asdict(self), indent=1) + "\n").encode())


def load_habits(folder: Path) -> Habits | None:
    """The habits in a model or data folder, if there are any.

    Raises:
        BadInputError: they are damaged.
    """
    path = folder / HABITS_FILE
    if not path.is_file():
        return None
    try:
        return Habits.from_json(json.loads(path.read_text(encoding="utf-8")))
    except (AttributeError, KeyError, OSError, RecursionError, TypeError, ValueError) as error:
        raise BadInputError(f"{path} is damaged ({reason(error)}): release the model again, or remove the file") from None
