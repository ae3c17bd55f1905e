"""Composes many pieces from a file of briefs: streamed, resumed from sidecars, in batches, on several cores.

Failures are reported per line and do not stop the batch.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, TextIO

from composer.brief import Brief
from composer.composing.composition import compose_together
from composer.composing.influence import Influence
from composer.composing.naming import plain_name
from composer.composing.output import checked_formats, write
from composer.composing.record import ModelRecord, PieceRecord
from composer.composing.session import exclusive_engine
from composer.composing.user_style import merged_style
from composer.errors import BadInputError, CantilenaError
from composer.files import Existing, taken_error
from composer.formats import read_score
from composer.formats.sidecar import read_sidecar
from composer.model.checkpoint import find_model, fingerprint
from composer.model.engines import engine_name
from composer.processes import UNDISTURBED, ProcessCrew, Spread, checked_jobs
from composer.records import fields, kind_of, reason, text

LONGEST_LINE = 100_000  # characters
DIED = "the process that composed it died: give it more memory or fewer processes, or leave this brief out"


@dataclass(frozen=True, slots=True)
class Job:
    """Settings for all pieces of a batch.

    Attributes:
        folder: folder of the files; it exists when the first piece is made.
        formats: names in `composer.composing.FORMATS`.
        model: name or path; `None` for the default one.
        engine: a name among `engine.ENGINES`; `None` for the default one.
        overwrite: whether files of other briefs are replaced; otherwise their lines fail.
    """

    folder: Path
    formats: tuple[str, ...]
    model: str | None = None
    engine: str | None = None
    overwrite: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the file of briefs.

    Attributes:
        number: line number, from 1.
        brief: its request; `None` if it has an error.
        error: the error, if any.
        stem: name of its files without suffix, where the line gives one.
        formats: names in `composer.composing.FORMATS` where the line gives some.
        influence: a score file to be inspired by.
        prompt: how its prompt was read, if it has one.
    """

    number: int
    brief: Brief | None
    error: str = ""
    stem: str = ""
    formats: tuple[str, ...] | None = None
    influence: Path | None = None
    prompt: Mapping[str, Any] | None = None

    @property
    def name(self) -> str:
        """File name stem."""
        return self.stem or f"piece-{self.number:05}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a line: files, or an error; `skipped` if the piece already existed."""

    number: int
    files: tuple[Path, ...] = ()
    error: str = ""
    skipped: bool = False
    bars: int = 0
    notes: int = 0
    ids: int = 0
    seconds: float = 0.0


def brief_lines(file: TextIO) -> Iterator[str]:
    """The lines of a file of briefs, with a maximum length because a device may have endless lines.

    Raises:
        BadInputError: a line is too long.
        OSError: the file cannot be read.
    """
    for number, line in enumerate(iter(partial(file.readline, LONGEST_LINE + 1), ""), 1):
        if len(line) > LONGEST_LINE:
            raise BadInputError(f"line {number} has more than {LONGEST_LINE:,} characters: give one brief per line")
        yield line


def read_entries(lines: Iterable[str]) -> Iterator[Entry]:
    """Briefs from lines of JSON, each an object with the fields of `Brief.from_dict`; the default seed is the line number.

    A line may also have `prompt` (the brief in words; other fields override it), `name` (of its files, without suffix),
    `formats` (a list, or names separated by commas) and `influence` (a score file).

    >>> [entry.error or entry.brief.seed for entry in read_entries(['{"bars": 4}', "", '{"bars": 4, "seed": 9}'])]
    [1, 9]
    """
    names: dict[str, int] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        entry = read_entry(number, line)
        if entry.brief and (first := names.setdefault(entry.name.casefold(), number)) != number:
            entry = Entry(number, None, f"name {entry.name!r} is that of line {first} already: give another one")
        yield entry


def read_entry(number: int, line: str) -> Entry:
    """The entry of one line; an error is in the entry."""
    try:
        return _entry(number, _fields(line))
    except Exception as error:
        return Entry(number, None, _message_of(error))


EXAMPLE = '{"style": "waltz", "bars": 16}'  # a line
_LINE_FIELDS = ("prompt", "name", "formats", "influence")


def _entry(number: int, fields: dict[str, object]) -> Entry:
    """The entry of a line's fields."""
    prompt, name, formats, influence = (fields.pop(field, None) for field in _LINE_FIELDS)
    for field, value in (("name", name), ("influence", influence), ("prompt", prompt)):
        if value is not None and not isinstance(value, str):
            raise BadInputError(f"field {field!r} is a text, not {kind_of(value)}")
    if unknown := next((field for field in fields if field not in Brief.options()), None):
        Brief.from_dict({field: value for field, value in fields.items() if field in Brief.options()})  # values first
        known = ", ".join((*_LINE_FIELDS, *Brief.options()))
        raise BadInputError(f"a line has no field {unknown!r}: use {known}")
    options, understood = {"seed": number, **fields}, None
    if isinstance(prompt, str):
        from composer.requests import read_request

        options, understanding = read_request(prompt, options)
        understood = {"text": prompt, **understanding.to_dict()}
    return Entry(
        number,
        Brief.from_dict(options),
        stem=plain_name(name) if isinstance(name, str) else "",
        formats=None if formats is None else checked_formats(formats),
        influence=Path(influence) if isinstance(influence, str) else None,
        prompt=understood,
    )


def _fields(line: str) -> dict[str, object]:
    """The fields of a JSON object, each given once."""

    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        fields = dict(pairs)
        if len(fields) < len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            raise BadInputError(f"field {twice!r} is given twice: leave one of them out")
        return fields

    try:
        fields = json.loads(line, object_pairs_hook=once)
    except json.JSONDecodeError as error:
        raise BadInputError(f"not JSON ({reason(error)}): write for example {EXAMPLE}") from None
    except (ValueError, RecursionError):  # Python's limits
        raise BadInputError("a number of the brief has too many digits, or its lists too many levels: shorten them") from None
    if not isinstance(fields, dict):
        raise BadInputError(f"a brief is a JSON object, not {kind_of(fields)}")
    return fields


def _message_of(error: Exception) -> str:
    return str(error) if isinstance(error, CantilenaError) else f"unexpected error, {type(error).__name__}: {error}"


Group = list[Entry]  # composed in one pass of the network


def run(entries: Iterable[Entry], job: Job, *, jobs: int = 1, together: int = 8) -> Iterator[Outcome]:
    """Makes the pieces; yields outcomes as they are known, not in the order of the lines.

    Args:
        entries: read as they are needed, up to `jobs * together` ahead.
        job: how they are made.
        jobs: processes, 1 to 64; they share the cores, and end when the iterator is closed or this process ends.
        together: pieces in one pass of the network, 1 to 16; changes the speed only.

    Raises:
        ModelNotFoundError: there is no such model.
        BadInputError: a number out of range, or an engine that is not installed. These are raised before anything is read.
    """
    checked_jobs(jobs)
    checked_together(together)
    find_model(job.model)
    engine_name(job.engine)
    items = _known_or_grouped(entries, job, jobs, together)
    return _in_this_process(items, job) if jobs == 1 else _in_processes(items, job, jobs)


def checked_together(together: int) -> int:
    """The number of pieces in one pass.

    Raises:
        BadInputError: it is out of range.
    """
    if not 1 <= together <= 16:
        raise BadInputError(f"{together} pieces at once are out of range: give 1 to 16")
    return together


def _known_or_grouped(entries: Iterable[Entry], job: Job, jobs: int, together: int) -> Iterator[Outcome | Group]:
    """Outcomes that are known without composing, at once; the other entries in equal groups, one per job."""
    ahead: Group = []
    for entry in entries:
        if entry.brief is None:
            yield Outcome(entry.number, error=entry.error)
        elif _is_made(entry, entry.brief, job):
            if all(path.is_file() for path in _paths(entry, job)):
                yield Outcome(entry.number, _paths(entry, job), skipped=True)
            else:
                ahead.append(entry)
        elif (sidecar := _paths(entry, job)[-1]).exists() and not job.overwrite:
            yield Outcome(entry.number, error=str(taken_error(sidecar)))
        else:
            ahead.append(entry)
        if len(ahead) == jobs * together:
            yield from _shared_out(ahead, jobs)
            ahead = []
    yield from _shared_out(ahead, jobs)


def _shared_out(entries: Sequence[Entry], jobs: int) -> Iterator[Group]:
    """Entries in order, in groups whose sizes differ by at most one."""
    count = min(len(entries), jobs)
    cuts = [len(entries) * index // max(1, count) for index in range(count + 1)]
    for first, last in pairwise(cuts):
        yield list(entries[first:last])


def _in_this_process(items: Iterable[Outcome | Group], job: Job) -> Iterator[Outcome]:
    for item in items:
        yield from [item] if isinstance(item, Outcome) else make(item, job)


def _in_processes(items: Iterable[Outcome | Group], job: Job, jobs: int) -> Iterator[Outcome]:
    """Makes groups at the same time; a group whose process died is halved, so that one piece costs no other."""
    with ProcessCrew(partial(_made, job=job), jobs) as crew:
        spread = Spread[Group, list[Outcome]](crew, _halves)
        for item in items:
            if isinstance(item, Outcome):
                yield item
                continue
            spread.add(item)
            while spread.full:
                yield from _collected(spread)
        while spread.busy:
            yield from _collected(spread)


def _collected(spread: Spread[Group, list[Outcome]]) -> Iterator[Outcome]:
    for group, outcomes in spread.collect():
        yield from [Outcome(group[0].number, error=DIED)] if outcomes is None else outcomes


def _halves(group: Group) -> list[Group]:
    middle = len(group) // 2
    return [group[:middle], group[middle:]] if middle else []


def _formats(entry: Entry, job: Job) -> tuple[str, ...]:
    return job.formats if entry.formats is None else entry.formats


def _paths(entry: Entry, job: Job) -> tuple[Path, ...]:
    return tuple(job.folder / f"{entry.name}.{suffix}" for suffix in (*_formats(entry, job), "json"))


def _is_made(entry: Entry, brief: Brief, job: Job) -> bool:
    """Whether the sidecar can be read and is of the same brief, influence, model and notes."""
    try:
        sidecar, folder = read_sidecar(_paths(entry, job)[-1]), find_model(job.model)
        style = merged_style(brief, folder)
        record = ModelRecord(
            text(fields(sidecar["model"])["name"]),
            fingerprint(folder),
            style.to_dict() if style else None,
            exclusive_engine(engine_name(job.engine)),
        ).to_dict()
        inspired = fields(sidecar.get("influence", {})).get("file") == (entry.influence.name if entry.influence else None)
        return bool(inspired and sidecar["model"] == record and Brief.from_dict(fields(sidecar["brief"])) == brief)
    except (CantilenaError, LookupError, TypeError, ValueError):
        return False


def _made(group: Group, job: Job) -> list[Outcome]:
    return list(make(group, job))


def make(group: Group, job: Job) -> Iterator[Outcome]:
    """Composes entries with briefs together and writes them; one by one if composing them together fails."""
    try:
        pieces = compose_together(
            [entry.brief for entry in group if entry.brief],
            model=job.model,
            engine=job.engine,
            influences=[_influence(entry) for entry in group],
            prompts=[entry.prompt for entry in group],
        )
    except Exception as error:
        if len(group) == 1:
            yield Outcome(group[0].number, error=_message_of(error))
        else:
            for entry in group:
                yield from make([entry], job)
        return
    for entry, piece in zip(group, pieces, strict=True):
        yield Outcome(entry.number, error=str(piece)) if isinstance(piece, BadInputError) else _written(entry, piece, job)


def _influence(entry: Entry) -> Influence | None:
    return Influence.of(read_score(entry.influence), entry.influence.name) if entry.influence else None


def _written(entry: Entry, piece: PieceRecord, job: Job) -> Outcome:
    existing = Existing.REPLACE if job.overwrite else Existing.REFUSE
    sources = (entry.influence,) if entry.influence else ()
    try:
        with UNDISTURBED:
            files = write(piece, job.folder / entry.name, _formats(entry, job), existing=existing, sources=sources)
    except Exception as error:
        return Outcome(entry.number, error=_message_of(error))
    notes = sum(len(part.notes) for part in piece.score.parts)
    return Outcome(
        entry.number, tuple(files), bars=len(piece.score.bars), notes=notes, ids=len(piece.ids), seconds=piece.score.duration_s
    )
