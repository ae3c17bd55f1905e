"""What there is of a plan: how far it is, whether its files are those of its tables, and one table of everything."""

from __future__ import annotations

import io
import json
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
from composer.farm.sharding import Plan, part_name
from composer.farm.storage import Store, needed
from composer.files import Existing

MANIFEST = "manifest.parquet"
_SAMPLED = 64  # shards whose times are read for an estimate


@dataclass(frozen=True, slots=True)
class Status:
    """How far a plan is.

    Attributes:
        shards: in the plan.
        finished: of them.
        briefs: in the plan.
        settled: briefs of finished shards.
        seconds_a_brief: of one worker, mean over up to 64 finished shards that were not resumed; `None` if there are none.
        briefs_a_second: of all workers together, over those of these shards that were finished last; `None` if unknown.
    """

    shards: int
    finished: int
    briefs: int
    settled: int
    seconds_a_brief: float | None
    briefs_a_second: float | None

    @property
    def left_s(self) -> float | None:
        """Seconds until all is done, at the rate of late."""
        left = self.briefs - self.settled
        return left / self.briefs_a_second if left and self.briefs_a_second else None


def status(store: Store) -> Status:
    """How far the plan in a store is.

    Raises:
        BadInputError: there is no plan.
    """
    plan = Plan.read(store)
    finished = sorted(finished_shards(store))
    times = []
    for shard in random.Random(0).sample(finished, min(_SAMPLED, len(finished))):
        try:
            told = json.loads(store.read(part_name("times", shard, "json")))
        except (FileNotFoundError, ValueError):  # killed before it was written
            continue
        if told["composed"]:
            times.append({**told, "size": plan.size_of(shard)})
    whole = [told for told in times if 2 * told["composed"] > told["size"]]
    seconds, composed = sum(told["seconds"] for told in whole), sum(told["composed"] for told in whole)
    return Status(
        plan.shards,
        len(finished),
        plan.briefs,
        sum(map(plan.size_of, finished)),
        seconds / composed if composed else None,
        _rate(times, len(finished)),
    )


def _rate(times: list[dict[str, Any]], finished: int) -> float | None:
    """Briefs a second of all workers, from the moments at which sampled shards began and ended."""
    if not times:
        return None
    begun = min(told["begun"] for told in times)
    ended = max(told["begun"] + told["seconds"] for told in times)
    share = finished / len(times)  # shards that a sampled one stands for
    return float(sum(told["composed"] for told in times) * share / max(ended - begun, 1e-9))


@dataclass(slots=True)
class Verification:
    """What was compared, and what differs: a line each."""

    pieces: int = 0
    replayed: int = 0
    wrong: list[str] = field(default_factory=list)


def verify(store: Store, *, sample: int | None = None, replays: int = 0, model: str | None = None) -> Verification:
    """Compares files with the hashes of the tables, and composes a few pieces again from their sidecars.

    Args:
        store: with a plan, finished or not.
        sample: how many pieces of finished shards, drawn by chance; `None` for all.
        replays: how many of them are written again and compared byte for byte.
        model: name or path of the model where the plan's name does not find it.

    Raises:
        BadInputError: there is no plan; the model is not the plan's.
    """
    plan, found = Plan.read(store), Verification()
    if replays:
        check_here(plan, model)
    shards = sorted(finished_shards(store))
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
        rows = [row for row in done_rows(store, shard) if not row["error"]]
        for row in rows if count is None else chance.sample(rows, min(count, len(rows))):
            files = _checked_files(store, plan, shard, row, found)
            if files and found.replayed < replays:
                _replay(row["name"], files, plan, model, found)
    return found


def done_rows(store: Store, shard: int) -> list[dict[str, Any]]:
    """The table of a finished shard."""
    rows: list[dict[str, Any]] = _table(store, shard).to_pylist()
    return rows


def _table(store: Store, shard: int) -> Any:
    return needed("pyarrow.parquet").read_table(io.BytesIO(store.read(part_name("done", shard))))


def _checked_files(store: Store, plan: Plan, shard: int, row: Mapping[str, Any], found: Verification) -> dict[str, bytes]:
    """The files of a piece, if they are as the table says."""
    found.pieces += 1
    files = {}
    for told in row["files"]:
        place = f"{pack_name(shard)}:{told['name']}" if plan.pack else f"pieces/{shard:05}/{told['name']}"
        try:
            content = _packed_file(store, shard, told["name"]) if plan.pack else store.read(place)
        except (OSError, KeyError, tarfile.TarError):
            found.wrong.append(f"{place} is not there")
            return {}
        if sha256(content).hexdigest() != told["sha256"]:
            found.wrong.append(f"{place} is not what the table of shard {shard} says")
            return {}
        files[told["name"]] = content
    return files


def _packed_file(store: Store, shard: int, name: str) -> bytes:
    with tarfile.open(fileobj=io.BytesIO(store.read(pack_name(shard)))) as tar:
        file = tar.extractfile(name)
        assert file is not None
        return file.read()


def _replay(name: str, files: Mapping[str, bytes], plan: Plan, model: str | None, found: Verification) -> None:
    """Writes a piece again from its sidecar and compares all its files."""
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
            write(replay(sidecar, model=model or plan.model), again, name, formats, existing=Existing.REFUSE)
        except CantilenaError as error:
            found.wrong.append(f"{name} cannot be written again: {error}")
            return
        different = [each for each, content in files.items() if (again / each).read_bytes() != content]
    found.wrong.extend(f"{each} is not what its sidecar gives again" for each in different)


def manifest(store: Store) -> tuple[int, int]:
    """Writes the tables of all shards as one, in the order of the briefs; how many pieces and how many errors it holds.

    Raises:
        BadInputError: there is no plan, or it is not finished.
    """
    plan, finished = Plan.read(store), finished_shards(store)
    if left := plan.shards - len(finished):
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
    """The tables of the shards, with their number in front."""
    arrow = needed("pyarrow")
    for shard in range(plan.shards):
        table = _table(store, shard)
        yield table.add_column(0, "shard", arrow.array([shard] * len(table), arrow.int32()))
