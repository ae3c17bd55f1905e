"""User styles on disk: the results of `cantilena learn`, one folder per style in the user's data folder.

    HOME/styles/NAME/style.json            record of the style, including the model it was learned on
    HOME/styles/NAME/adapter.safetensors   its changes to the weights of that model
    HOME/styles/NAME/originality.npz       the melodies of the user's pieces, to detect copies

A folder is created and deleted atomically. Knows nothing of weights.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

from composer.errors import BadInputError
from composer.files import unfinished
from composer.presets.ensemble_parts import EnsemblePart
from composer.records import fields, number, reason, rows, text, truth, whole
from composer.user_folder import home

N = TypeVar("N", int, float)

RECORD_FILE, ADAPTER_FILE = "style.json", "adapter.safetensors"
STYLE_TOKEN = "user1"  # spare in every model's vocabulary; one is enough since a brief has at most one user style
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
_VERSION = 1
_TEXTS = ("name", "model", "model_fingerprint", "token", "created", "nearest")
# Bounds on what a record may hold; learning stays far inside.
_LONGEST_TEXT, _MOST_COUNTED, _MOST_METERS, _MOST_PARTS, _MOST_BARS = 200, 10**9, 16, 64, 1_000
_FEWEST_BITS, _MOST_BITS, _TEMPI_QPM = 1e-9, 1e6, (1.0, 1000.0)
_HIGHEST = 127  # pitch and program of MIDI
_METER = re.compile(r"[1-9][0-9]?/(1|2|4|8|16|32)")
_ASIDE = ".old"  # suffix of the hidden folder of a style that is being replaced


@dataclass(frozen=True, slots=True)
class UserStyle:
    """Record of a user style; the content of its `style.json`.

    Attributes:
        name: lower case letters, digits and hyphens.
        model: name of the model it was learned on.
        model_fingerprint: fingerprint of that model's weights.
        token: value of its style token.
        created: date of learning, UTC, as YYYY-MM-DD.
        files: number of files, including held-out ones.
        held_out_files: number of held-out files.
        notes: number of training notes.
        bits_before: held-out bits per note of the model without a style.
        bits_nearest: the same with the nearest known style.
        bits_after: the same with the adapter.
        nearest: the known style that fits the music best.
        passes: number of passes over the music.
        minutes: duration of the tuning.
        tempo_qpm: usual tempo, lowest and highest, quarter notes per minute.
        meters: usual meters, the most common first.
        bars: usual length, shortest and longest.
        parts: the most common ensemble, top of the score first.
        ensemble: name of a preset that has these parts, or empty.
    """

    name: str
    model: str
    model_fingerprint: str
    token: str
    created: str
    files: int
    held_out_files: int
    notes: int
    bits_before: float
    bits_nearest: float
    bits_after: float
    nearest: str
    passes: float
    minutes: float
    tempo_qpm: tuple[float, float]
    meters: tuple[str, ...]
    bars: tuple[int, int]
    parts: tuple[EnsemblePart, ...]
    ensemble: str = ""

    @property
    def folder(self) -> Path:
        """Folder of the style."""
        return styles_folder() / self.name

    @property
    def adapter(self) -> Path:
        """File of the adapter."""
        return self.folder / ADAPTER_FILE

    @property
    def description(self) -> str:
        """One line for display."""
        return (
            f"Learned from {self.files} files on {self.created}; "
            f"held-out {self.bits_before:.2f} to {self.bits_after:.2f} bits per note."
        )

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> UserStyle:
        """Reads the content of a `style.json`.

        Raises:
            BadInputError: it is damaged or has another version.
        """
        try:
            if content["version"] != _VERSION:
                raise ValueError(f"version {content['version']}")
            nearest_bits = "bits_nearest" if "bits_nearest" in content else "bits_told"  # the key in older files
            values: dict[str, Any] = {name: text(content[name], _LONGEST_TEXT) for name in _TEXTS}
            values |= {name: whole(content[name], 0, _MOST_COUNTED) for name in ("files", "held_out_files", "notes")}
            values |= {name: number(content[name], 0.0, _MOST_COUNTED) for name in ("passes", "minutes")}
            values |= {name: number(content[name], _FEWEST_BITS, _MOST_BITS) for name in ("bits_before", "bits_after")}
            return cls(
                **values,
                bits_nearest=number(content[nearest_bits], _FEWEST_BITS, _MOST_BITS),
                tempo_qpm=_span([number(tempo, *_TEMPI_QPM) for tempo in rows(content["tempo_qpm"], 2, 2)]),
                meters=tuple(_meter(meter) for meter in rows(content["meters"], _MOST_METERS, 1)),
                bars=_span([whole(bars, 1, _MOST_BARS) for bars in rows(content["bars"], 2, 2)]),
                parts=tuple(_part(fields(part)) for part in rows(content["parts"], _MOST_PARTS, 1)),
                ensemble=text(content.get("ensemble", ""), _LONGEST_TEXT),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise BadInputError(f"the record of a user style is damaged ({reason(error)}): learn the style again") from None

    def to_json(self) -> dict[str, Any]:
        """The content of `style.json`."""
        return {"version": _VERSION, **asdict(self)}


def _span(ends: Sequence[N]) -> tuple[N, N]:
    low, high = ends
    if low > high:
        raise ValueError(f"{low} to {high} is not a range")
    return low, high


def _meter(value: object) -> str:
    meter = text(value, _LONGEST_TEXT)
    if not _METER.fullmatch(meter):
        raise ValueError(f"{meter!r} is not a meter")
    return meter


def _part(content: Mapping[str, Any]) -> EnsemblePart:
    low, high = _span([whole(content[name], 0, _HIGHEST) for name in ("low", "high")])
    name, program = text(content["name"], _LONGEST_TEXT), whole(content["program"], 0, _HIGHEST)
    return EnsemblePart(name, program, truth(content["is_drum"]), low, high)


def styles_folder() -> Path:
    """The folder of all user styles. It may not exist yet."""
    return home() / "styles"


def read_styles() -> dict[str, UserStyle | BadInputError]:
    """User styles by name, with the error in place of an unreadable one."""
    found: dict[str, UserStyle | BadInputError] = {}
    _restore()
    for record in sorted(styles_folder().glob(f"*/{RECORD_FILE}")):
        if not _NAME.fullmatch(record.parent.name):
            continue  # left over from a killed process
        try:
            content = json.loads(record.read_text(encoding="utf-8"))
            found[record.parent.name] = UserStyle.from_json({**content, "name": record.parent.name})
        except (BadInputError, OSError, RecursionError, ValueError, TypeError) as error:
            found[record.parent.name] = BadInputError(
                f"{record} cannot be read ({reason(error)}): remove the style and learn it again"
            )
    return found


def checked_name(name: str) -> str:
    """Returns the name if it is valid for a style.

    Raises:
        BadInputError: the name has other characters than a-z, digits and hyphens, or more than 40.

    >>> checked_name("my-songs")
    'my-songs'
    """
    if not _NAME.fullmatch(name):
        raise BadInputError(f"style name {name!r} is invalid: use 1 to 40 letters a-z, digits and hyphens, such as my-songs")
    return name


def save_style(style: UserStyle, write: Callable[[Path], None]) -> Path:
    """Creates or replaces the folder of a style atomically. The old one is deleted once the new one is complete.

    If the process is killed between the two renames, the old style remains in a hidden folder and the next process restores it.

    Args:
        style: record of the style.
        write: writes the other files to a folder.

    Raises:
        BadInputError: the user's data folder cannot be written.
    """
    try:
        styles_folder().mkdir(parents=True, exist_ok=True)
        temporary = unfinished(styles_folder())
        temporary.mkdir()
    except OSError as error:
        raise BadInputError(f"{styles_folder()} cannot be written ({error.strerror}): set CANTILENA_HOME") from None
    try:
        write(temporary)
        (temporary / RECORD_FILE).write_text(json.dumps(style.to_json(), indent=2) + "\n", encoding="utf-8")
        _exchange(temporary, style.folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return style.folder


def remove_style(name: str) -> bool:
    """Removes a style and returns whether it existed. The folder is renamed first, so a partial style is never visible."""
    folder = styles_folder() / name
    if not folder.is_dir():
        return False
    doomed = unfinished(styles_folder())
    folder.rename(doomed)
    shutil.rmtree(doomed, ignore_errors=True)
    return True


def _exchange(complete: Path, folder: Path) -> None:
    """Replaces a folder with a complete one, then deletes the old one."""
    old = folder.with_name(f".{folder.name}{_ASIDE}")
    for attempt in range(3):
        shutil.rmtree(old, ignore_errors=True)
        if folder.is_dir():
            folder.rename(old)
        try:
            complete.rename(folder)
            break
        except OSError:  # between the two renames another process restored the old one
            if attempt == 2:
                raise
    shutil.rmtree(old, ignore_errors=True)


def _restore() -> None:
    """Restores styles whose replacement was interrupted."""
    for old in styles_folder().glob(f".*{_ASIDE}"):
        folder = old.with_name(old.name[1 : -len(_ASIDE)])
        with suppress(OSError):
            if folder.is_dir():
                shutil.rmtree(old, ignore_errors=True)
            else:
                old.rename(folder)
