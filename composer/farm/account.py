"""Reports on a plan: its progress, whether its files match its tables, and a manifest of all pieces."""

from __future__ import annotations

import io
import json
import math
import random
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from composer.errors import BadInputError, CantilenaError
from composer.farm.driver import finished_shards
from composer.farm.shard import check_here, pack_name
from composer.farm.sharding import DamagedTableError, Plan, part_name, read_done
from composer.farm.storage import Store, needed
from composer.files import Existing
from composer.records import fields, number, whole

MANIFEST = "manifest.parquet"
_SAMPLED = 64  # number of shards whose times are read for an estimate


@dataclass(frozen=True, slots=True)
class Status:
    """Progress of a plan.

    Attributes:
        shards: number of shards.
        finished: number of finished shards.
        briefs: number of briefs.
        settled: number of briefs in finished shards.
        seconds_a_brief: time per brief of one worker, mean over up to 64 finished shards that were not resumed; `None` if there
            are none.
        briefs_a_second: rate of all workers together, over the most recently finished of these shards; `None` if unknown.
    """

    shards: int
    finished: int
    briefs: int
    settled: int
    seconds_a_brief: float | None
    briefs_a_second: float | None

    @property
    def left_s(self) -> float | None:
        """Seconds until the plan is finished, at the recent rate."""
        left = self.briefs - self.settled
        return left / self.briefs_a_second if left and self.briefs_a_second else None


def status(store: Store) -> Status:
    """Progress of the plan in a store.

    Raises:
        BadInputError: the store contains no plan.
    """
    plan = Plan.read(store)
    finished = finished_shards(store, plan)
    times = []
    for shard in random.Random(0).sample(finished, min(_SAMPLED, len(finished))):
        try:
            record = fields(json.loads(store.read(part_name("times", shard, "json"))))
            composed = whole(record["composed"], 0, plan.size_of(shard))
            begun, seconds = (number(record[name], 0.0, math.inf) for name in ("begun", "seconds"))
        except (FileNotFoundError, KeyError, ValueError):  # the worker was killed before writing it
            continue
        if composed:
            times.append({"composed": composed, "begun": begun, "seconds": seconds, "size": plan.size_of(shard)})
    long = [record for record in times if 2 * record["composed"] > record["size"]]
    worked, pieces = (sum(record[name] for record in long) for name in ("seconds", "composed"))
    return Status(
        plan.shards,
        len(finished),
        plan.briefs,
        sum(map(plan.size_of, finished)),
        worked / pieces if pieces else None,
        _rate(times, len(finished)),
    )


def _rate(times: list[dict[str, Any]], finished: int) -> float | None:
    """Briefs per second of all workers, from the start and end times of sampled shards."""
    if not times:
        return None
    begun = min(record["begun"] for record in times)
    ended = max(record["begun"] + record["seconds"] for record in times)
    share = finished / len(times)  # number of shards per sampled shard
    return float(sum(record["composed"] for record in times) * share / max(ended - begun, 1e-9))


@dataclass(slots=True)
class Verification:
    """Counts of compared pieces, and a line for each difference."""

    pieces: int = 0
    replayed: int = 0
    wrong: list[str] = field(default_factory=list)


def verify(store: Store, *, sample: int | None = None, replays: int = 0, model: str | None = None) -> Verification:
    """Compares files with the hashes in the tables, and recomposes a few pieces from their sidecars.

    Args:
        store: a store with a plan, finished or not.
        sample: number of randomly drawn pieces of finished shards; `None` for all.
        replays: number of these to recompose and compare byte by byte.
        model: name or path of the model if it is not found under its name in the plan.

    Raises:
        BadInputError: the store contains no plan, or the model is not that of the plan.
    """
    plan, found = Plan.read(store), Verification()
    if replays:
        check_here(plan, model)
    shards = finished_shards(store, plan)
    chance = random.Random(0)
    chosen = None
    if sample is not None:
        chosen = dict.fromkeys(shards, 0)
        for shard in chance.choices(shards, k=sample) if shards else ():
            chosen[shard] += 1
    for shard in shards:
        count = None if chosen is None else chosen[shard]
        if count == 0:
            continue
        try:
            rows = [row for row in done_rows(store, shard) if not row["error"]]
        except DamagedTableError as error:
            found.wrong.append(str(error))
            continue
        for row in rows if count is None else chance.sample(rows, min(count, len(rows))):
            files = _checked_files(store, plan, shard, row, found)
            if files and found.replayed < replays:
                _replay(row["name"], files, plan, model, found)
    return found


def done_rows(store: Store, shard: int) -> list[dict[str, Any]]:
    """The table of a finished shard."""
    rows: list[dict[str, Any]] = read_done(store, shard).to_pylist()
    return rows


def _checked_files(store: Store, plan: Plan, shard: int, row: Mapping[str, Any], found: Verification) -> dict[str, bytes]:
    """The files of a piece if they match the table."""
    found.pieces += 1
    files = {}
    for entry in row["files"]:
        place = f"{pack_name(shard)}:{entry['name']}" if plan.pack else f"pieces/{shard:05}/{entry['name']}"
        try:
            content = _packed_file(store, shard, entry["name"]) if plan.pack else store.read(place)
        except (OSError, KeyError, tarfile.TarError):
            found.wrong.append(f"{place} is missing")
            return {}
        if sha256(content).hexdigest() != entry["sha256"]:
            found.wrong.append(f"{place} differs from the table of shard {shard}")
            return {}
        files[entry["name"]] = content
    return files


def _packed_file(store: Store, shard: int, name: str) -> bytes:
    with tarfile.open(fileobj=io.BytesIO(store.read(pack_name(shard)))) as tar:
        file = tar.extractfile(name)
        assert file is not None
        return file.read()


def _replay(name: str, files: Mapping[str, bytes], plan: Plan, model: str | None, found: Verification) -> None:
    """Recomposes a piece from its sidecar and compares all its files."""
    from composer.composing import write
    from composer.rework import replay

    found.replayed += 1
    formats = [each.removeprefix(f"{name}.") for each in files if each != f"{name}.json"]
    with TemporaryDirectory(prefix="cantilena-farm-") as temporary:
        sidecar = Path(temporary) / f"{name}.json"
        sidecar.write_bytes(files[sidecar.name])
        again = Path(temporary) / "again"
        again.mkdir()
        try:
            write(replay(sidecar, model=model or plan.model), again / name, formats, existing=Existing.REFUSE)
        except CantilenaError as error:
            found.wrong.append(f"{name} cannot be recomposed: {error}")
            return
        different = [each for each, content in files.items() if (again / each).read_bytes() != content]
    found.wrong.extend(f"{each} differs from the replay of its sidecar" for each in different)


def manifest(store: Store) -> tuple[int, int]:
    """Joins the tables of all shards in the order of the briefs; returns the numbers of pieces and errors.

    Raises:
        BadInputError: there is no plan, or it is not finished.
    """
    plan = Plan.read(store)
    if left := plan.shards - len(finished_shards(store, plan)):
        raise BadInputError(f"{left} of {plan.shards} shards are not finished: run them first with 'cantilena farm run'")
    errors = 0
    with TemporaryDirectory(prefix="cantilena-farm-") as temporary:
        path = Path(temporary) / MANIFEST
        writer = None
        for table in _tables(store, plan):
            errors += sum(map(bool, table["error"].to_pylist()))
            writer = writer or needed("pyarrow.parquet").ParquetWriter(path, table.schema, compression="zstd")
            writer.write_table(table)
        if writer:
            writer.close()
        store.replace(MANIFEST, path.read_bytes())
    return plan.briefs - errors, errors


def _tables(store: Store, plan: Plan) -> Iterator[Any]:
    """The tables of the shards, with the shard number as the first column."""
    arrow = needed("pyarrow")
    for shard in range(plan.shards):
        table = read_done(store, shard)
        yield table.add_column(0, "shard", arrow.array([shard] * len(table), arrow.int32()))
