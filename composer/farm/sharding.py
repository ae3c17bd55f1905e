"""The plan of a farm: briefs in shards, with names that depend only on brief, seed and model. Written once, never changed."""

from __future__ import annotations

import io
import json
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any

import numpy as np

from composer.composing.batch import Entry, brief_lines, read_entry
from composer.composing.user_style import merged_style
from composer.errors import BadInputError
from composer.farm.released import released_files
from composer.farm.storage import Store, needed, opened
from composer.formats.provenance import software
from composer.model.checkpoint import find_model
from composer.model.engines import ROUNDING, engine_name
from composer.records import fields, reason, rows, single_line, text, truth, whole

PLAN_FILE = "plan/plan.json"
SIZES = (1, 4096)
DEFAULT_SIZE = 128
_MOST_BRIEFS, _MOST_FORMATS = 10**9, 100
_PLANNED, _DONE = "plan", "done"  # folders of tables
_REMEDIES = {_PLANNED: "plan again in another folder", _DONE: "delete it and call 'cantilena farm run' again"}


class DamagedTableError(BadInputError):
    """The table of a shard is missing or damaged."""


@dataclass(frozen=True, slots=True)
class Row:
    """A brief of a plan.

    Attributes:
        number: line in the file of briefs, from 1.
        name: file name without suffix, unique in the plan; empty if the line cannot be read.
        line: the brief as given, in JSON.
        error: the error in the line, or empty.
    """

    number: int
    name: str
    line: str
    error: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """The common settings of all shards of a plan.

    Attributes:
        briefs: number of briefs, including unreadable ones.
        unreadable: number of unreadable briefs.
        size: briefs per shard; the last one may have fewer.
        formats: names in `composer.composing.FORMATS`.
        model: name of the model.
        files: fingerprints of the released files that decide the pieces (see `composer.farm.released`).
        software: name and version of the program that planned, which must be the one that composes.
        pack: whether the pieces of a shard are one tar file.
    """

    briefs: int
    unreadable: int
    size: int
    formats: tuple[str, ...]
    model: str
    files: dict[str, str]
    software: str
    pack: bool = False

    @property
    def shards(self) -> int:
        """Number of shards."""
        return -(-self.briefs // self.size)

    def size_of(self, shard: int) -> int:
        """Number of briefs in a shard."""
        return min(self.size, self.briefs - shard * self.size)

    @classmethod
    def read(cls, store: Store) -> Plan:
        """Reads the plan in a store.

        Raises:
            BadInputError: the store contains no plan, or a damaged one.
        """
        try:
            content = fields(json.loads(store.read(PLAN_FILE)))
            briefs = whole(content["briefs"], 1, _MOST_BRIEFS)
            return cls(
                briefs=briefs,
                unreadable=whole(content["unreadable"], 0, briefs),
                size=whole(content["size"], *SIZES),
                formats=tuple(text(name) for name in rows(content["formats"], _MOST_FORMATS, 1)),
                model=text(content["model"]),
                files={text(name): text(fingerprint) for name, fingerprint in fields(content["files"]).items()},
                software=text(content["software"]),
                pack=truth(content.get("pack", False)),
            )
        except FileNotFoundError:
            raise BadInputError(f"{store.address} has no plan: make one with 'cantilena farm plan BRIEFS -o DIR'") from None
        except (KeyError, RecursionError, TypeError, ValueError) as error:
            raise BadInputError(
                f"{store.address}/{PLAN_FILE} is not a plan of this version ({reason(error)}): plan again"
            ) from None


def part_name(folder: str, shard: int, suffix: str = "parquet") -> str:
    """File name of a shard in "plan", "done" or "times".

    >>> part_name("done", 7)
    'done/part-00007.parquet'
    """
    return f"{folder}/part-{shard:05}.{suffix}"


def make_plan(
    briefs: str,
    store: Store,
    formats: Sequence[str],
    *,
    model: str | None = None,
    size: int = DEFAULT_SIZE,
    pack: bool = False,
) -> Plan:
    """Reads briefs and writes a plan.

    Args:
        briefs: address of a file with one brief per line, as for `cantilena batch`, or of a Parquet table whose columns are the
            fields of such lines.
        store: where the plan is written; it must not contain a plan.
        formats: formats of each piece, names in `composer.composing.FORMATS`.
        model: name or path; `None` for the default one.
        size: briefs per shard, 1 to 4096; 64 to 256 give shards of minutes.
        pack: whether to store the pieces of a shard in one tar file.

    Raises:
        BadInputError: no briefs, duplicate names, a size out of range, or an existing plan. Nothing is written then.
        ModelNotFoundError: the model is unknown.
    """
    if not SIZES[0] <= size <= SIZES[1]:
        raise BadInputError(f"{size} briefs per shard are out of range: give {SIZES[0]} to {SIZES[1]}")
    if engine_name() in ROUNDING:
        raise BadInputError(f"engine {engine_name()} may write different notes on another machine: use cpu, onnx or torch")
    folder = find_model(model)
    common = (tuple(formats), folder.name, released_files(folder), software(), pack)
    if store.has(PLAN_FILE):
        raise BadInputError(f"{store.address} already contains a plan, which cannot be changed: give another folder")
    written: list[str] = []
    try:
        count, unreadable = _write_parts(_rows(briefs, _Naming(folder)), store, size, written)
        if not count:
            raise BadInputError(f"{briefs} contains no brief: write one per line")
        plan = Plan(count, unreadable, size, *common)
        store.write(PLAN_FILE, (json.dumps(asdict(plan), indent=2) + "\n").encode())
    except BaseException:
        store.delete(written)
        raise
    return plan


def read_rows(store: Store, shard: int) -> list[Row]:
    """The briefs of a shard.

    Raises:
        DamagedTableError: its table is missing or damaged.
    """
    return [Row(**row) for row in _read_table(store, _PLANNED, shard).to_pylist()]


def read_done(store: Store, shard: int) -> Any:
    """The Arrow table of a finished shard.

    Raises:
        DamagedTableError: it is missing or damaged.
    """
    return _read_table(store, _DONE, shard)


def _read_table(store: Store, folder: str, shard: int) -> Any:
    arrow, parquet = needed("pyarrow"), needed("pyarrow.parquet")
    name = part_name(folder, shard)
    try:
        content = io.BytesIO(store.read(name))
    except FileNotFoundError:
        raise DamagedTableError(f"{store.address}/{name} is missing: {_REMEDIES[folder]}") from None
    try:
        return parquet.read_table(content)
    except (OSError, arrow.ArrowException):
        raise DamagedTableError(f"{store.address}/{name} is damaged: {_REMEDIES[folder]}") from None


def table_bytes(rows: Sequence[dict[str, Any]], schema: Any) -> bytes:
    """Rows as a Parquet file; equal rows give equal bytes."""
    arrow, parquet = needed("pyarrow"), needed("pyarrow.parquet")
    file = io.BytesIO()
    parquet.write_table(arrow.Table.from_pylist(list(rows), schema), file, compression="zstd")
    return file.getvalue()


class _Naming:
    """Names pieces by everything that determines the content of their files."""

    def __init__(self, model: Any) -> None:
        self._model, self._fixed = model, {"files": released_files(model), "software": software()}

    def name(self, entry: Entry) -> str:
        """The name given in the line, else 16 hexadecimal digits."""
        if entry.stem:
            return entry.stem
        assert entry.brief is not None
        style = merged_style(entry.brief, self._model)
        said = {
            **self._fixed,
            "brief": entry.brief.to_dict(),
            "own": style.to_dict() if style else None,
            "prompt": entry.prompt,
            "influence": str(entry.influence) if entry.influence else None,
        }
        return sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:16]


def _rows(briefs: str, naming: _Naming) -> Iterator[Row]:
    """All rows; duplicate names are reported after the last one has been read."""
    hashes, numbers = array("Q"), array("Q")  # 16 bytes per brief, since there may be tens of millions
    for number, line in _lines(briefs):
        entry = read_entry(number, line)
        try:
            row = Row(number, "" if entry.brief is None else naming.name(entry), line, entry.error)
        except BadInputError as error:
            row = Row(number, "", line, str(error))
        if row.name:
            hashes.append(int.from_bytes(sha256(row.name.casefold().encode()).digest()[:8], "big"))
            numbers.append(number)
        yield row
    _refuse_doubles(np.frombuffer(hashes, np.uint64), numbers)


def _refuse_doubles(hashes: Any, numbers: array[int]) -> None:
    order = np.argsort(hashes, kind="stable")
    same = np.flatnonzero(hashes[order][1:] == hashes[order][:-1])
    if len(same):
        first, second = (numbers[int(order[same[0] + index])] for index in (0, 1))
        raise BadInputError(f"lines {first} and {second} request the same piece or name: give another seed or name")


def _lines(briefs: str) -> Iterator[tuple[int, str]]:
    """Lines of JSON with their numbers, from 1."""
    if briefs.endswith(".parquet"):
        yield from enumerate(_parquet_lines(briefs), 1)
        return
    with opened(briefs, "rt", encoding="utf-8-sig", errors="replace") as lines:
        for number, line in enumerate(brief_lines(lines), 1):
            if line.strip():
                yield number, line.strip()


def _parquet_lines(briefs: str) -> Iterator[str]:
    arrow, parquet = needed("pyarrow"), needed("pyarrow.parquet")
    with opened(briefs, "rb") as file:
        try:
            for batch in parquet.ParquetFile(file).iter_batches():
                for fields in batch.to_pylist():
                    said = {name: value for name, value in fields.items() if value is not None}
                    yield json.dumps(said, ensure_ascii=False, default=str)
        except arrow.ArrowInvalid as error:
            raise BadInputError(
                f"{briefs} cannot be read ({single_line(str(error))}): give a Parquet table of briefs"
            ) from None


def _write_parts(rows: Iterable[Row], store: Store, size: int, written: list[str]) -> tuple[int, int]:
    """Writes the rows in parts and appends their names to `written`; returns the numbers of rows and unreadable rows."""
    arrow = needed("pyarrow")
    text = arrow.string()
    schema = arrow.schema([("number", arrow.int64()), ("name", text), ("line", text), ("error", text)])
    count = unreadable = 0
    part: list[Row] = []

    def write() -> None:
        written.append(part_name("plan", len(written)))
        store.write(written[-1], table_bytes([asdict(row) for row in part], schema))
        part.clear()

    for row in rows:
        part.append(row)
        count, unreadable = count + 1, unreadable + bool(row.error)
        if len(part) == size:
            write()
    if part:
        write()
    return count, unreadable
