"""Runs one shard of a plan: composes missing pieces, writes each atomically, and records the result of each brief in a table.

A shard can be run at any time, by several workers at once, and be killed at any moment: existing pieces are not made again, and
pieces that are made twice have the same bytes.
"""

from __future__ import annotations

import io
import json
import os
import tarfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from composer.composing.batch import DIED, Entry, Job, make, read_entry
from composer.errors import BadInputError
from composer.farm.released import check_released
from composer.farm.sharding import Plan, Row, part_name, read_rows, table_bytes
from composer.farm.storage import PART, Store, needed
from composer.formats.provenance import software
from composer.model.checkpoint import find_model
from composer.processes import UNDISTURBED

DEADLY_SEED_VARIABLE = "CANTILENA_TEST_DEADLY_SEED"  # for tests: the process that composes a brief with this seed dies
_SIDECAR = ".json"


@dataclass(frozen=True, slots=True)
class Work:
    """A task for one worker: some or all briefs of a shard.

    Attributes:
        address: address of the store.
        shard: number of the shard, from 0.
        first, end: positions in the shard, from 0, end exclusive.
        finish: whether to finish the shard by writing its table, which requires all its positions.
        lost: positions of briefs that killed their workers; they are not retried.
        together: pieces per pass of the network, 1 to 16.
        model: name or path of the model if it is not found under its name in the plan.
        engine: a name in `engines.ENGINES`.
    """

    address: str
    shard: int
    first: int
    end: int
    finish: bool = True
    lost: tuple[int, ...] = ()
    together: int = 8
    model: str | None = None
    engine: str | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """Result of a task.

    Attributes:
        pieces: number of existing pieces.
        errors: number of briefs without a piece.
        composed: number of pieces composed by this task; the others existed before.
        seconds: duration.
    """

    pieces: int
    errors: int
    composed: int
    seconds: float


def halves(work: Work) -> list[Work]:
    """Splits a task into two that do not finish the shard; empty for a single brief."""
    middle = (work.first + work.end) // 2
    if middle == work.first:
        return []
    return [replace(work, first=work.first, end=middle, finish=False), replace(work, first=middle, finish=False)]


def run_shard(work: Work) -> Done:
    """Runs a task.

    Raises:
        OSError: the storage failed; the task can be retried.
        BadInputError: the model or the software differs from that of the plan.
        ModelNotFoundError: the model is not on this machine.
    """
    begun, started = time.time(), time.monotonic()
    store = Store(work.address)
    plan = _checked_plan(work.address, work.model)
    rows = read_rows(store, work.shard)
    loose = _loose(plan, work.shard)
    there = store.names(loose)
    errors = {row.number: row.error for row in rows if row.error}
    errors |= {rows[position].number: DIED for position in work.lost}
    missing = [row for row in rows[work.first : work.end] if row.number not in errors and f"{row.name}{_SIDECAR}" not in there]
    composed = 0
    with TemporaryDirectory(prefix="cantilena-farm-") as staging:
        folder = Path(staging)
        job = Job(folder, plan.formats, work.model or plan.model, work.engine)
        for outcome in _composed(missing, job, work.together):
            if outcome.error:
                errors[outcome.number] = outcome.error
                continue
            composed += 1
            if not (plan.pack and work.finish):
                with UNDISTURBED:
                    _commit(store, loose, outcome.files)
        if work.finish:
            _finish(store, plan, work.shard, rows, errors, folder)
            times = {"begun": begun, "seconds": round(time.monotonic() - started, 3), "composed": composed}
            store.replace(part_name("times", work.shard, "json"), json.dumps(times).encode())
    pieces = work.end - work.first - sum(row.number in errors for row in rows[work.first : work.end])
    return Done(pieces, work.end - work.first - pieces, composed, time.monotonic() - started)


@lru_cache(maxsize=4)
def _checked_plan(address: str, model: str | None) -> Plan:
    """The plan, after checking that this program and its model are those of the plan."""
    plan = Plan.read(Store(address))
    check_here(plan, model)
    return plan


def check_here(plan: Plan, model: str | None) -> None:
    """Checks that this machine has the model and program version of the plan.

    Raises:
        BadInputError: another version of the program, or other released files.
        ModelNotFoundError: there is no such model.
    """
    if software() != plan.software:
        raise BadInputError(f"the plan was made by {plan.software}, this is {software()}: install that version, or plan again")
    check_released(find_model(model or plan.model), plan.files)


def _composed(rows: Sequence[Row], job: Job, together: int) -> Iterator[Any]:
    """Outcomes of `composer.composing.batch.make`; the files are in the job's folder."""
    for start in range(0, len(rows), together):
        group = [_entry(row) for row in rows[start : start + together]]
        _die_for_a_test(group)
        yield from make(group, job)


def _entry(row: Row) -> Entry:
    return replace(read_entry(row.number, row.line), stem=row.name)


def _die_for_a_test(group: Sequence[Entry]) -> None:
    deadly = os.environ.get(DEADLY_SEED_VARIABLE)
    if deadly and any(entry.brief and entry.brief.seed == int(deadly) for entry in group):
        os._exit(9)


def _commit(store: Store, prefix: str, files: Sequence[Path]) -> None:
    """Writes the files of a piece, the sidecar last: its presence means that the others are complete."""
    for path in files:
        store.write(f"{prefix}/{path.name}", path.read_bytes())


def _finish(store: Store, plan: Plan, shard: int, rows: Sequence[Row], errors: Mapping[int, str], folder: Path) -> None:
    """Writes the pack, if requested, and the table; then deletes temporary files."""
    loose, table, packed = _loose(plan, shard), [], io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for row in rows:
            files = {} if row.number in errors else _files_of(row, plan, store, loose, folder)
            table.append(_table_row(row, files, errors))
            if plan.pack:
                _add(tar, files)
    if plan.pack:
        store.write(pack_name(shard), packed.getvalue())
    store.write(part_name("done", shard), table_bytes(table, _schema()))
    store.delete(f"{loose}/{name}" for name in store.names(loose) if plan.pack or name.endswith(PART))


def _loose(plan: Plan, shard: int) -> str:
    """Prefix of the files of pieces before they are packed, if they are."""
    return f"{'loose' if plan.pack else 'pieces'}/{shard:05}"


def pack_name(shard: int) -> str:
    """Name of the tar file of a shard."""
    return f"pieces/{shard:05}.tar"


def _files_of(row: Row, plan: Plan, store: Store, loose: str, folder: Path) -> dict[str, bytes]:
    """The files of a piece by name, in alphabetical order, from this task's folder or else from the store."""
    entry = _entry(row)
    formats = plan.formats if entry.formats is None else entry.formats
    names = sorted(f"{row.name}.{suffix}" for suffix in (*formats, "json"))
    here = (folder / f"{row.name}{_SIDECAR}").is_file()
    return {name: (folder / name).read_bytes() if here else store.read(f"{loose}/{name}") for name in names}


def _add(tar: tarfile.TarFile, files: Mapping[str, bytes]) -> None:
    """Adds files to a tar file; equal files give equal bytes."""
    for name, content in files.items():
        member = tarfile.TarInfo(name)
        member.size, member.mode = len(content), 0o644
        tar.addfile(member, io.BytesIO(content))


def _schema() -> Any:
    """Columns of the table of a shard."""
    arrow = needed("pyarrow")
    file = arrow.struct([("name", arrow.string()), ("bytes", arrow.int64()), ("sha256", arrow.string())])
    return arrow.schema(
        [
            ("number", arrow.int64()),
            ("name", arrow.string()),
            ("files", arrow.list_(file)),
            ("bars", arrow.int32()),
            ("music_s", arrow.float64()),
            ("error", arrow.string()),
        ]
    )


def _table_row(row: Row, files: Mapping[str, bytes], errors: Mapping[int, str]) -> dict[str, Any]:
    """The row of the table for a brief."""
    hashes = [{"name": name, "bytes": len(data), "sha256": sha256(data).hexdigest()} for name, data in files.items()]
    entry: dict[str, Any] = {"number": row.number, "name": row.name, "files": hashes, "error": errors.get(row.number, "")}
    if not files:
        return {**entry, "bars": None, "music_s": None}
    plan = json.loads(files[f"{row.name}{_SIDECAR}"])["plan"]
    return {**entry, "bars": plan["bars"], "music_s": plan["duration_s"]}
