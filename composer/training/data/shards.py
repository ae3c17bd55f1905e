"""Tokenized pieces on disk: one folder of memory-mapped columns per split.

A shard concatenates the columns of `TokenizedPiece` over many pieces and stores the end of each piece, so that it opens
instantly and a window is read without touching the rest. `index.json` lists the id, source, number of notes and sampling weight
of each piece. Knows nothing of the origin of the pieces or the meaning of their tokens.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from composer.errors import BadInputError
from composer.tokenizer import Merges
from composer.tokenizer.piece import BAR_COLUMNS, TokenizedPiece

# Column -> the axis along which pieces are concatenated.
_COLUMNS = {field.name: 1 if field.name == "bars" else 0 for field in fields(TokenizedPiece)}
# Columns of offsets have one more entry than what they delimit; the offsets of each piece start at 0.


@dataclass(frozen=True, slots=True)
class PieceInfo:
    """Index entry of a piece."""

    id: str
    source: str
    n_notes: int
    weight: float


def write_shard(folder: Path, pieces: Iterable[tuple[PieceInfo, TokenizedPiece]]) -> None:
    """Writes a shard; replaces an existing one only when the new one is complete."""
    infos: list[PieceInfo] = []
    columns: dict[str, list[np.ndarray]] = {name: [] for name in _COLUMNS}
    for info, piece in pieces:
        infos.append(info)
        for name in _COLUMNS:
            columns[name].append(getattr(piece, name))
    temporary = folder.with_name(folder.name + ".tmp")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    for name, axis in _COLUMNS.items():
        parts = columns[name]
        ends = np.cumsum([0, *(part.shape[axis] for part in parts)], dtype=np.int64)
        np.save(temporary / f"{name}.ends.npy", ends)
        joined = np.concatenate(parts, axis=axis) if parts else np.zeros((len(BAR_COLUMNS), 0) if axis else 0, np.uint16)
        np.save(temporary / f"{name}.npy", np.ascontiguousarray(joined.T if axis else joined))
    index = [[info.id, info.source, info.n_notes, info.weight] for info in infos]
    (temporary / "index.json").write_text(json.dumps(index))
    shutil.rmtree(folder, ignore_errors=True)
    temporary.rename(folder)


class Shard(Sequence[TokenizedPiece]):
    """A folder written by `write_shard`, opened for reading."""

    def __init__(self, folder: Path) -> None:
        if not (folder / "index.json").is_file():
            raise BadInputError(f"{folder} contains no training data: make it with 'cantilena data build'")
        self.folder = folder
        self.infos = [PieceInfo(*row) for row in json.loads((folder / "index.json").read_text())]
        self._columns = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in _COLUMNS}
        self._ends = {name: np.load(folder / f"{name}.ends.npy") for name in _COLUMNS}

    def __len__(self) -> int:
        return len(self.infos)

    def __getitem__(self, index: Any) -> Any:
        """The piece at an index, as views of the columns."""
        columns: dict[str, Any] = {}
        for name, axis in _COLUMNS.items():
            ends = self._ends[name]
            part = np.asarray(self._columns[name][ends[index] : ends[index + 1]])
            columns[name] = part.T if axis else part
        return TokenizedPiece(**columns)

    @cached_property
    def n_ids(self) -> np.ndarray:
        """Note ids of each piece, (pieces,)."""
        return np.diff(self._ends["notes"])

    @cached_property
    def n_bars(self) -> np.ndarray:
        """Bars of each piece, (pieces,)."""
        return np.diff(self._ends["bars"])


def note_runs(piece: TokenizedPiece) -> list[list[int]]:
    """The ids of each segment of a piece."""
    notes, ends = piece.notes.tolist(), piece.segment_notes.tolist()
    return [notes[start:end] for start, end in pairwise(ends)]


def with_merges(piece: TokenizedPiece, merges: Merges) -> TokenizedPiece:
    """Applies merges to a piece in base tokens."""
    runs = merges.encode(note_runs(piece))
    columns = {field.name: getattr(piece, field.name) for field in fields(TokenizedPiece)}
    columns["notes"] = np.array([token for run in runs for token in run], dtype=np.uint16)
    columns["segment_notes"] = np.cumsum([0, *map(len, runs)], dtype=np.int64)
    return TokenizedPiece(**columns)
