"""Many pieces from a file of briefs: streamed, resumed by their sidecars, several in one pass of the network, on several cores.

A brief that cannot be met, or a piece that cannot be written, is told and does not stop the others.
"""

from __future__ import annotations

import json
import os
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from composer.brief import Brief
from composer.errors import BadInputError, CantilenaError
from composer.formats.sidecar import read_sidecar
from composer.pipeline.composition import Composition, compose, compose_together
from composer.pipeline.output import write

MAX_JOBS = 64
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")


@dataclass(frozen=True, slots=True)
class Job:
    """How all pieces of a batch are made.

    Attributes:
        folder: an existing folder for the files.
        formats: names in `pipeline.FORMATS`.
        model: name or path; `None` for the default one.
        engine: a name among `engine.ENGINES`; `None` for the default one.
    """

    folder: Path
    formats: tuple[str, ...]
    model: str | None = None
    engine: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the file of briefs: its number from 1, and its brief or what is wrong with it."""

    number: int
    brief: Brief | None
    error: str = ""

    @property
    def name(self) -> str:
        """Of its files, without suffix."""
        return f"piece-{self.number:05}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a line: files, or an error; `skipped` if the piece was there already."""

    number: int
    files: tuple[Path, ...] = ()
    error: str = ""
    skipped: bool = False
    bars: int = 0
    notes: int = 0
    ids: int = 0
    seconds: float = 0.0


def read_entries(lines: Iterable[str]) -> Iterator[Entry]:
    """Briefs from lines of JSON, one an object of `Brief.from_dict`'s fields; the seed is the line's number unless given.

    >>> [entry.error or entry.brief.seed for entry in read_entries(['{"bars": 4}', "", '{"bars": 4, "seed": 9}'])]
    [1, 9]
    """
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            fields = json.loads(line)
            if not isinstance(fields, dict):
                raise BadInputError(f"a brief is a JSON object, not {type(fields).__name__}")
            yield Entry(number, Brief.from_dict({"seed": number, **fields}))
        except CantilenaError as error:
            yield Entry(number, None, str(error))
        except ValueError as error:
            yield Entry(number, None, f"no JSON: {error}")


def run(entries: Iterable[Entry], job: Job, *, jobs: int = 1, together: int = 8) -> Iterator[Outcome]:
    """Makes the pieces; outcomes come as they are known, not in the order of the lines.

    Args:
        entries: read as they are needed.
        job: how they are made.
        jobs: processes, 1 to 64; they share the cores.
        together: pieces in one pass of the network, 1 to 16; changes the speed only.

    Raises:
        BadInputError: a number out of range.
    """
    if not 1 <= jobs <= MAX_JOBS:
        raise BadInputError(f"number of jobs {jobs} is out of range: give 1 to {MAX_JOBS}")
    if not 1 <= together <= 16:
        raise BadInputError(f"{together} pieces at once are out of range: give 1 to 16")
    ready: deque[Outcome] = deque()
    groups = _groups(entries, job, together, ready)
    if jobs == 1:
        for group in groups:
            yield from _drained(ready)
            yield from make(group, job)
    else:
        with _limited_threads(jobs), ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
            under_way: deque[Future[list[Outcome]]] = deque()
            try:
                for group in groups:
                    yield from _drained(ready)
                    under_way.append(pool.submit(make, group, job))
                    if len(under_way) > 2 * jobs:
                        yield from under_way.popleft().result()
                while under_way:
                    yield from under_way.popleft().result()
            finally:
                pool.shutdown(cancel_futures=True)
    yield from _drained(ready)


def _drained(ready: deque[Outcome]) -> Iterator[Outcome]:
    while ready:
        yield ready.popleft()


def _groups(entries: Iterable[Entry], job: Job, together: int, ready: deque[Outcome]) -> Iterator[list[Entry]]:
    """Entries to be made, so many at a time; what is known of the others goes to `ready`."""

    def wanted() -> Iterator[Entry]:
        for entry in entries:
            if entry.brief is None:
                ready.append(Outcome(entry.number, error=entry.error))
            elif _is_made(entry, job):
                ready.append(Outcome(entry.number, _paths(entry, job), skipped=True))
            else:
                yield entry

    remaining = wanted()
    while group := list(islice(remaining, together)):
        yield group


def _paths(entry: Entry, job: Job) -> tuple[Path, ...]:
    return tuple(job.folder / f"{entry.name}.{suffix}" for suffix in (*job.formats, "json"))


def _is_made(entry: Entry, job: Job) -> bool:
    """Whether all files are there and the sidecar, which is written last, is of the same brief."""
    assert entry.brief is not None
    if not all(path.is_file() for path in _paths(entry, job)):
        return False
    try:
        return bool(Brief.from_dict(read_sidecar(_paths(entry, job)[-1])["brief"]) == entry.brief)
    except (CantilenaError, LookupError, TypeError, ValueError):
        return False


def make(group: Sequence[Entry], job: Job) -> list[Outcome]:
    """Composes and writes some pieces: together, or one by one if one of them cannot be."""
    briefs = [entry.brief for entry in group if entry.brief is not None]
    try:
        pieces = compose_together(briefs, model=job.model, engine=job.engine)
    except CantilenaError:
        return [_alone(entry, job) for entry in group]
    return [_written(entry, piece, job) for entry, piece in zip(group, pieces, strict=True)]


def _alone(entry: Entry, job: Job) -> Outcome:
    assert entry.brief is not None
    try:
        return _written(entry, compose(entry.brief, model=job.model, engine=job.engine), job)
    except CantilenaError as error:
        return Outcome(entry.number, error=str(error))


def _written(entry: Entry, piece: Composition, job: Job) -> Outcome:
    try:
        files = write(piece, job.folder, entry.name, job.formats)
    except CantilenaError as error:
        return Outcome(entry.number, error=str(error))
    notes = sum(len(part.notes) for part in piece.score.parts)
    return Outcome(
        entry.number, tuple(files), bars=len(piece.score.bars), notes=notes, ids=len(piece.ids), seconds=piece.score.duration_s
    )


@contextmanager
def _limited_threads(jobs: int) -> Iterator[None]:
    """Lets processes started meanwhile use their share of the cores, unless the environment says how many."""
    kept: Mapping[str, Any] = {name: os.environ.get(name) for name in _THREADS}
    share = str(max(1, (os.cpu_count() or 1) // jobs))
    os.environ |= {name: share for name, value in kept.items() if value is None}
    try:
        yield
    finally:
        for name, value in kept.items():
            if value is None:
                del os.environ[name]
