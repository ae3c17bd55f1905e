"""All calls of the server into the package: every verb as a function of a job's options, run in the worker process.

The rest of the server knows options and files only, so only this module depends on the Python interface of the package.
"""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from composer.controls import PHRASE_BARS
from composer.errors import BadInputError
from composer.files import write_atomically
from composer.rework.verbs import VERBS, Verb
from composer.server.guard import MOST_SHOWN
from composer.server.inbox import deliver
from composer.server.showing import BarNews, frame, notes_between
from composer.server.versions import PIECE, Store

if TYPE_CHECKING:
    from composer.brief import Brief
    from composer.composing import PieceRecord
    from composer.composing.source import Source
    from composer.performance import Manner
    from composer.rework import SessionOptions
    from composer.score import Score
    from composer.understanding import Assumptions

Send = Callable[[str, Any], None]
SCORE_FORMATS = ("mid", "performance.mid", "musicxml", "dawproject", "pdf", "wav", "flac", "ogg", "mp3")
_MOST_TRIES = 3  # seeds for a change that must differ from what was there
_CONTEXT_BARS = 8  # bars of the live piece that its next phrase continues
_LOCKED = "locked"  # numbers of parts that no job changes
_OPTIONS = {"reduce": ("to",), "render": ("format",), "inspect": (), "engrave": ()}  # of jobs that have no table
_PARTS = next(option for option in VERBS["infill"].options if option.name == "parts")
_REWORKING = {**VERBS, "harmonize": VERBS["infill"]}  # verbs of the server, and whose options they take
SUFFIXES = (".mid", ".midi", ".musicxml", ".xml", ".mxl", ".krn", ".abc")  # of uploads


@dataclass(frozen=True)
class Bench:
    """The resources of a verb.

    Attributes:
        store: the project.
        send: called with the kind of an event ("progress", "bars") and its content as JSON values; may raise to stop the verb.
        model: name or path of the model, `None` for the packaged one.
        inbox: folder in which a DAW finds the newest version, see `inbox`.
    """

    store: Store
    send: Send
    model: str | None = None
    inbox: Path | None = None

    def progress(self, fraction: float) -> None:
        """Reports the fraction of the work done."""
        self.send("progress", round(fraction, 4))


def tables() -> dict[str, Any]:
    """Values of options for forms on a page: moods with coordinates, styles, ensembles, forms, instruments, meters, ranges."""
    from composer import presets
    from composer.brief import METERS, Brief

    return {
        "moods": [{"name": row.name, "valence": row.valence, "arousal": row.arousal} for row in presets.moods().values()],
        "styles": [
            {"name": row.name, "title": row.title, "kind": row.kind, "description": row.description}
            for row in presets.styles().values()
        ],
        "composers": [{"name": row.name, "title": row.title, "era": row.era} for row in presets.composers().values()],
        "ensembles": [{"name": row.name, "parts": [part.name for part in row.parts]} for row in presets.ensembles().values()],
        "forms": [{"name": row.name, "description": row.description} for row in presets.forms().values()],
        "instruments": [row.name for row in presets.instruments().values()],
        "meters": [str(meter) for meter in METERS],
        "ranges": {name: list(option.limits) for name, option in Brief.options().items() if option.limits},
    }


def check(verb: str, version: str | None, options: Mapping[str, Any], store: Store | None = None) -> None:
    """Checks a job before it is queued.

    Args:
        verb: a name in `JOBS`.
        version: version to work on, if the verb needs one.
        options: options of the verb.
        store: the project, for what the verb refuses because of the piece, such as unknown parts.

    Raises:
        BadInputError: the options are invalid, or the piece cannot meet them.
        KeyError: the version does not exist.
    """
    from composer.composing.candidates import checked_count

    if verb == "compose":
        from composer.arranging import settle
        from composer.plan import make_plan

        brief = _brief(options)[0]
        settle(make_plan(brief), brief)  # refuses settings of sections, too
        if options.get("candidates"):
            checked_count(_whole("candidates", options["candidates"]))
        return
    if version is None and verb != "upload":
        raise BadInputError(f"{verb} needs a piece: give a version")
    if verb in _OPTIONS and (unknown := sorted(options.keys() - set(_OPTIONS[verb]))):
        known = f"give {' or '.join(_OPTIONS[verb])}" if _OPTIONS[verb] else "give none"
        raise BadInputError(f"{verb} has no option {unknown[0]!r}: {known}")
    if verb == "reduce":
        _reduction(options)
    if verb == "render":
        _format(options)
    if table := _REWORKING.get(verb):
        _verb_brief(table, options)
        table.read(_verb_options(table, options))
        if store and version:
            score = _source(store, version).score
            task = _task(verb, score, options)
            task.verb.check(score, task.brief, task.given, assumptions=_known(store, version, score))


def soundfont() -> Path:
    """The soundfont for the browser.

    Raises:
        BadInputError: there is none.
    """
    from composer.render.soundfonts import resolve_soundfont

    return resolve_soundfont(suffixes=(".sf2", ".sf3"))


def warm_up(bench: Bench) -> None:
    """Loads the model and the modules for composing, so that the first piece starts without delay."""
    from tempfile import TemporaryDirectory

    import composer.rework  # noqa: F401
    from composer.composing import compose, write

    brief, _ = _brief({"prompt": f"a calm nocturne, {PHRASE_BARS} bars"})  # with planner and melody network
    with TemporaryDirectory() as folder:
        write(compose(brief, model=bench.model), Path(folder) / PIECE, ("mid", "musicxml"))


def warm_up_checks() -> None:
    """Loads what the server's own process checks jobs and prompts with, so that the first one is answered without delay."""
    check("compose", None, {"prompt": "a calm nocturne"})


def run(verb: str, version: str | None, options: Mapping[str, Any], bench: Bench) -> dict[str, Any]:
    """Runs a job.

    Args:
        verb: a name in `JOBS`.
        version: version to work on, if the verb needs one.
        options: options of the verb.
        bench: resources of the verb.

    Returns:
        The result: the record of the new version as `version`, or another result of the verb.

    Raises:
        BadInputError: the options are invalid.
        KeyError: the version does not exist.
    """
    return JOBS[verb](version, options, bench)


def _brief(options: Mapping[str, Any]) -> tuple[Brief, dict[str, Any] | None]:
    """The brief from options and prompt, and the interpretation of the prompt."""
    from composer.brief import Brief
    from composer.requests import read_request

    given = {name: value for name, value in options.items() if name not in ("prompt", "candidates") and value not in (None, "")}
    text = str(options.get("prompt") or "").strip()
    if not text:
        return Brief.from_dict(given), None
    read, understanding = read_request(text, given)
    return Brief.from_dict(read), {"text": text, **understanding.to_dict()}


def understand_prompt(text: str) -> dict[str, Any]:
    """Interprets a prompt as composing does, with `lines` that say in sentences what the command line says.

    Raises:
        BadInputError: as `read_request`.
    """
    from composer.requests import read_request

    understanding = read_request(text, {})[1]
    return {**understanding.to_dict(), "lines": understanding.lines()}


def _compose(version: str | None, options: Mapping[str, Any], bench: Bench) -> dict[str, Any]:
    from composer.composing import compose, write

    requested = {"seed": secrets.randbelow(2**32), **options}
    brief, prompt = _brief(requested)
    candidates = _whole("candidates", options["candidates"]) if options.get("candidates") else None
    news = BarNews(bench.send, plays=(candidates or brief.draws.candidates) == 1)
    piece = compose(brief, model=bench.model, candidates=candidates, progress=bench.progress, on_bars=news.send, prompt=prompt)
    with bench.store.draft() as draft:
        write(piece, draft / PIECE, ("mid", "musicxml"))
        return _commit(bench, draft, piece.score, _Origin("compose", requested, piece.score.title))


def _rework(verb: str) -> Callable[[str | None, Mapping[str, Any], Bench], dict[str, Any]]:
    """A verb that works on a version."""

    def work(version: str | None, options: Mapping[str, Any], bench: Bench) -> dict[str, Any]:
        from composer.composing import write

        if version is None:
            raise BadInputError(f"{verb} needs a piece: give a version")
        source = _source(bench.store, version)
        requested = {"seed": secrets.randbelow(2**32), **options}
        assumptions = _known(bench.store, version, source.score)
        shared: SessionOptions = {"model": bench.model, "progress": bench.progress, "assumptions": assumptions}
        done = _reworked(source.score, _task(verb, source.score, requested), shared)
        title = str(bench.store.record(version)["title"])
        with bench.store.draft() as draft:
            write(replace(done, source=source), draft / PIECE, ("mid", "musicxml"))
            return _commit(bench, draft, done.score, _Origin(verb, requested, title, version))

    return work


def _source(store: Store, version: str) -> Source:
    """The piece of a version."""
    from composer.composing.source import Source

    return Source.read(store.path(version) / f"{PIECE}.mid")


def _known(store: Store, version: str, score: Score) -> Assumptions:
    """Meter and key of a piece that was composed here, so that they need not be estimated."""
    from composer.understanding import Assumptions

    record = store.record(version)
    while record["parent"]:
        record = store.record(record["parent"])
    if record["verb"] != "compose":
        return Assumptions()
    meter = score.time_signatures[0] if len(score.time_signatures) == 1 else None
    return Assumptions(meter, score.key)


def _verb_brief(verb: Verb, options: Mapping[str, Any]) -> Brief:
    """The brief of a job: its options without those of the verb itself.

    Raises:
        BadInputError: the verb does not take an option; locks are for verbs that take parts.
    """
    from composer.brief import Brief

    given = {name: value for name, value in options.items() if value not in (None, "", [])}
    of_verb = {option.name for option in verb.options}
    of_verb |= {_LOCKED} if _PARTS.name in of_verb else set()
    of_brief = {option.name for option in Brief.options().values() if option.is_taken_by(verb.name)}
    if refused := [name for name in given if name not in of_verb | of_brief]:
        remedy = "unlock all parts first" if refused == [_LOCKED] else "leave it out"
        raise BadInputError(f"{verb.name} does not take {', '.join(refused)[:MOST_SHOWN]}: {remedy}")
    return Brief.from_dict({name: value for name, value in given.items() if name in of_brief})


def _verb_options(verb: Verb, options: Mapping[str, Any]) -> dict[str, Any]:
    """The verb's options of a job."""
    return {option.name: options[option.name] for option in verb.options if options.get(option.name) not in (None, "", [])}


def _whole(name: str, value: Any) -> int:
    try:
        if isinstance(value, bool) or int(value) != float(value):
            raise ValueError
        return int(value)
    except (TypeError, ValueError, OverflowError):
        raise BadInputError(f"{name} {repr(value)[:40]} is not a whole number: give digits") from None


@dataclass(frozen=True)
class _Task:
    """What a job does with a piece: the verb, the brief and the verb's options."""

    verb: Verb
    brief: Brief
    given: Mapping[str, Any]


def _task(verb: str, score: Score, options: Mapping[str, Any]) -> _Task:
    """The task of a job: a verb on the parts of the selection that are not locked.

    Raises:
        BadInputError: the options are invalid, or all parts of the selection are locked.
    """
    table = _REWORKING[verb]
    brief, given = _verb_brief(table, options), _verb_options(table, options)
    if verb == "harmonize":
        return _harmonizing(score, brief, options, given)
    if "parts" in table.read(given) and (given.get("parts") or options.get(_LOCKED)):
        given["parts"] = _unlocked(score, options)
    return _Task(table, brief, given)


def _reworked(score: Score, task: _Task, shared: SessionOptions) -> PieceRecord:
    """Does a task; a variation of a selection is not what was there."""
    if task.verb.name == "vary" and task.given.keys() & {"bars", "parts"}:
        return _unlike(score, task.brief, lambda brief: task.verb.run(score, brief, task.given, **shared))
    return task.verb.run(score, task.brief, task.given, **shared)


def _unlocked(score: Score, options: Mapping[str, Any], without: int | None = None) -> list[str]:
    """The selected parts of a score, by default all, that are not locked, except the one with the index `without`.

    Verbs work on the parts into which those of a score are folded, since silent ones are dropped and more than they can write
    are merged. The result has the numbers (from 1) of these; one is locked with any part in it.
    """
    from composer.rework.infilling import find_parts
    from composer.understanding.folding import fold

    def indices(name: str) -> set[int]:
        return {*find_parts(score.parts, _PARTS.read(options.get(name)))}

    kept, chosen = indices(_LOCKED) | {without}, indices("parts") or {*range(len(score.parts))}
    folded = [(str(number), {*parts}) for number, parts in enumerate(fold(score.parts), 1)]
    unlocked = [number for number, parts in folded if parts & chosen and not parts & kept]
    if not unlocked:
        raise BadInputError("all parts of the selection are locked or silent: unlock one or select others")
    return unlocked


def _unlike(before: Score, brief: Brief, write: Callable[[Brief], PieceRecord]) -> PieceRecord:
    """The first of at most `_MOST_TRIES` seeds that does not repeat what was there."""
    from composer.brief import MAX_SEED

    for number in range(_MOST_TRIES):
        done = write(replace(brief, seed=(brief.seed + number) % (MAX_SEED + 1)))
        if sorted(_pitches(done.score)) != sorted(_pitches(before)):
            break
    return done


def _pitches(score: Score) -> list[tuple[int, int, int, int]]:
    return [(part, note.start_ticks, note.duration_ticks, note.pitch) for part, note in score.notes()]


def _harmonizing(score: Score, brief: Brief, options: Mapping[str, Any], given: dict[str, Any]) -> _Task:
    """Writes the parts under the melody of the selected bars again; a melody alone gets a piano. `chords` sets the harmony."""
    from composer.analysis.melody import leading_parts
    from composer.understanding.folding import fold

    if len(fold(score.parts)) == 1:
        return _Task(VERBS["accompany"], brief, {})
    by_bar = leading_parts(score)
    regions = VERBS["infill"].read(given)["bars"] or [(0, len(score.bars))]
    leading = [int(part) + 1 for first, end in regions for part in by_bar[first:end]]
    melody = max(set(leading), key=leading.count) - 1 if leading else None
    return _Task(VERBS["infill"], brief, {**given, "parts": _unlocked(score, options, melody)})


def _phrase(version: str | None, options: Mapping[str, Any], bench: Bench) -> dict[str, Any]:
    """The next phrase of the live room's piece; the piece so far is stored in a file of its session."""
    from composer import rework
    from composer.brief import Brief
    from composer.composing import compose
    from composer.formats import read_score, write_score
    from composer.understanding import Assumptions

    folder = bench.store.folder / "live"
    folder.mkdir(exist_ok=True)
    path = folder / f"{options['session']}.mid"
    mood = {"valence": options["valence"], "arousal": options["arousal"], "seed": secrets.randbelow(2**32)}
    if options["first"]:
        named = {name: options[name] for name in ("style", "ensemble") if options.get(name)}
        tempo = round(92 + 20 * float(options["arousal"]))  # phrases of about ten seconds leave enough time to compose the next
        brief = Brief.from_dict(
            {"bars": PHRASE_BARS, "meter": "4/4", "tempo": tempo, "loop": True, "quality": "draft", **named, **mood}
        )
        whole = replace(compose(brief, model=bench.model, progress=bench.progress).score, markers=())
        first = 0
    else:
        before = read_score(path)
        first = len(before.bars)
        start = before.bars[max(0, first - _CONTEXT_BARS)].start_ticks
        known = Assumptions(before.bars[0].time_signature, before.key)
        brief = Brief.from_dict({"bars": PHRASE_BARS, **mood})
        shared: SessionOptions = {"model": bench.model, "progress": bench.progress, "assumptions": known}
        done = rework.continue_(_from(before, start), brief, ending=False, **shared)
        whole = _followed(before, start, done.score, PHRASE_BARS)
    write_score(whole, path)
    notes = notes_between(whole, first, first + PHRASE_BARS)
    return {"first_bar": first, "bars": PHRASE_BARS, "frame": frame(whole), "notes": notes}


def _from(score: Score, start: int) -> Score:
    """The score from tick `start`, in the key, meter and tempo of its beginning."""
    from composer.score import Note

    def moved(notes: tuple[Note, ...]) -> tuple[Note, ...]:
        return tuple(replace(note, start_ticks=note.start_ticks - start) for note in notes if note.start_ticks >= start)

    chords = tuple(replace(item, start_ticks=item.start_ticks - start) for item in score.chords if item.start_ticks >= start)
    parts = tuple(replace(part, notes=moved(part.notes), pedals=()) for part in score.parts)
    return replace(score, parts=parts, chords=chords, markers=(), end_ticks=score.end_ticks - start)


def _followed(before: Score, start: int, longer: Score, bars: int) -> Score:
    """Appends the bars that a continuation of its end, from tick `start`, adds."""
    end = before.bars[-1].end_ticks
    until = end + bars * before.bars[-1].time_signature.bar_ticks

    def added(part: int) -> tuple[Any, ...]:
        notes = (replace(note, start_ticks=note.start_ticks + start) for note in longer.parts[part].notes)
        cut = (replace(note, duration_ticks=min(note.duration_ticks, until - note.start_ticks)) for note in notes
               if end <= note.start_ticks < until)  # fmt: skip
        return tuple(cut)

    parts = tuple(replace(part, notes=part.notes + added(index)) for index, part in enumerate(before.parts))
    chords = tuple(replace(item, start_ticks=item.start_ticks + start) for item in longer.chords)
    later = tuple(item for item in chords if end <= item.start_ticks < until)
    return replace(before, parts=parts, chords=before.chords + later, end_ticks=until)


def _keep_live(version: str | None, options: Mapping[str, Any], bench: Bench) -> dict[str, Any]:
    """Creates a version of what the live room has played. Options: the session and the number of played bars."""
    from composer.formats import read_score

    path = bench.store.folder / "live" / f"{options['session']}.mid"
    if not path.is_file():
        raise BadInputError("nothing has been played yet: start the live room first")
    score = read_score(path)
    end = score.bars[min(len(score.bars), max(1, _whole("bars", options["bars"]))) - 1].end_ticks
    parts = tuple(replace(part, notes=tuple(n for n in part.notes if n.start_ticks < end)) for part in score.parts)
    chords = tuple(item for item in score.chords if item.start_ticks < end)
    played = replace(score, parts=parts, chords=chords, end_ticks=end, title="Live piece")
    return _commit_score(bench, played, _Origin("live", options, played.title))


def _reduction(options: Mapping[str, Any]) -> str:
    """The name of the reduction that a job requests."""
    from composer.rework.reducing import checked_reduction

    return checked_reduction(str(options.get("to") or "piano"))


def _reduce(version: str | None, options: Mapping[str, Any], bench: Bench) -> dict[str, Any]:
    from composer.rework.reducing import reduce
    from composer.understanding import understand

    target = _reduction(options)
    score = reduce(understand(_score_of(version, bench)), target)
    title = str(bench.store.record(version or "")["title"])
    return _commit_score(bench, score, _Origin("reduce", {"to": target}, title, version))


def _upload(version: str | None, options: Mapping[str, Any], bench: Bench) -> dict[str, Any]:
    """Adds a user's file to the project. Options: `path` of the received file and its original `name`."""
    from composer.composing.source import Source
    from composer.formats import write_score

    path, name = Path(options["path"]), Path(str(options["name"])).name
    try:
        source = Source.read(path)
    finally:
        shutil.rmtree(path.parent, ignore_errors=True)
    with bench.store.draft() as draft:
        if source.is_midi:
            write_atomically(draft / f"{PIECE}.mid", source.content)
        else:
            write_score(source.score, draft / f"{PIECE}.mid")
        write_score(source.score, draft / f"{PIECE}.musicxml")
        write_atomically(draft / f"source{path.suffix}", source.content)
        title = source.score.title or Path(name).stem
        return _commit(bench, draft, source.score, _Origin("upload", {"name": name}, title))


def _inspect(version: str | None, options: Mapping[str, Any], bench: Bench) -> dict[str, Any]:
    """Requested and measured values, and passages shared with the training music."""
    from composer.analysis.overview import survey
    from composer.originality import check_originality, default_index

    score = _score_of(version, bench)
    found = survey(score)
    sidecar = bench.store.path(version or "") / f"{PIECE}.json"
    content = json.loads(sidecar.read_text()) if sidecar.is_file() else {}
    return {
        "measured": {
            "key": str(found.key) if found.key else None,
            "meter": str(score.bars[0].time_signature),
            "tempo_qpm": round(score.qpm_at(0), 2),
            "bars": len(score.bars),
            "duration_s": round(score.duration_s, 2),
            "form": "".join(section.letter for section in found.sections),
            "texture": found.texture.name,
            "quality": {name: figure if figure is None else round(figure, 3) for name, figure in found.quality.items()},
        },
        "requested": content.get("report") if "plan" in content else None,
        "partner": content.get("report") if content and "plan" not in content else None,
        "prompt": content.get("prompt"),
        "originality": check_originality(score, default_index()).sentence(),
    }


def _format(options: Mapping[str, Any]) -> str:
    """The format that a job requests."""
    requested = str(options.get("format") or "wav")
    if requested not in (*SCORE_FORMATS, "stems"):
        raise BadInputError(f"format {requested!r} is not known: choose from {', '.join(SCORE_FORMATS)}, stems")
    return requested


def _render(version: str | None, options: Mapping[str, Any], bench: Bench) -> dict[str, Any]:
    """Writes a version in another format or as `stems`, and returns the file name."""
    from composer.composing.output import AUDIO_FORMATS, recorded_manner

    requested = _format(options)
    if version is None:
        raise BadInputError("render needs a piece: give a version")
    folder = bench.store.path(version)
    target = folder / (f"{PIECE}.stems.zip" if requested == "stems" else f"{PIECE}.{requested}")
    if not target.is_file():
        score, manner = _score_of(version, bench), recorded_manner(folder / f"{PIECE}.json")
        if requested == "stems":
            _write_stems(score, target, bench, manner)
        elif requested in AUDIO_FORMATS:
            _write_audio(score, target, bench, manner)
        elif requested == "performance.mid":
            from composer.formats.midi.performance_midi import write_performed

            write_performed(score, target, **manner)
        else:
            from composer.composing.output import SHEET_FORMATS
            from composer.formats import write_score
            from composer.performance import pedaled

            prints_pedal = requested in SHEET_FORMATS and manner and not score.is_pedaled
            write_score(pedaled(score, **manner) if prints_pedal else score, target)
    return {"file": target.name}


def _write_audio(score: Score, target: Path, bench: Bench, manner: Manner) -> None:
    """Renders to a temporary file and renames it, so that the target is never partial."""
    from composer.render import render_score

    with bench.store.draft() as draft:
        rendered = draft / target.name
        render_score(score, rendered, progress=bench.progress, **manner)
        rendered.replace(target)


def _write_stems(score: Score, target: Path, bench: Bench, manner: Manner) -> None:
    from zipfile import ZIP_STORED, ZipFile

    from composer.render import render_score

    with bench.store.draft() as draft:
        render_score(score, draft / "mix.wav", stems=draft / "stems", progress=bench.progress, **manner)
        with ZipFile(draft / "stems.zip", "w", ZIP_STORED) as archive:
            for path in sorted((draft / "stems").iterdir()):
                archive.write(path, path.name)
        (draft / "stems.zip").replace(target)


def _engrave(version: str | None, options: Mapping[str, Any], bench: Bench) -> dict[str, Any]:
    """Engraves a version for the page: SVG pages and the times of the notes."""
    from composer.server.engraving import engrave

    if version is None:
        raise BadInputError("engrave needs a piece: give a version")
    folder = bench.store.path(version)
    target = folder / "engraving.json"
    if not target.is_file():
        write_atomically(target, json.dumps(engrave((folder / f"{PIECE}.musicxml").read_text())).encode())
    return {"file": target.name}


def _score_of(version: str | None, bench: Bench) -> Score:
    from composer.formats import read_score

    if version is None:
        raise BadInputError("give the version of a piece")
    return read_score(bench.store.path(version) / f"{PIECE}.mid")


@dataclass(frozen=True, slots=True)
class _Origin:
    """How a version was made: the job, its options, the title, and the version it was made from, if any."""

    verb: str
    options: Mapping[str, Any]
    title: str
    parent: str | None = None

    def to_dict(self) -> dict[str, Any]:
        return {
            "parent": self.parent,
            "verb": self.verb,
            "options": dict(self.options),
            "title": self.title or "Untitled",
        }


def _commit_score(bench: Bench, score: Score, origin: _Origin) -> dict[str, Any]:
    """Creates a version of a score that has no sidecar."""
    from composer.formats import write_score

    with bench.store.draft() as draft:
        for suffix in ("mid", "musicxml"):
            write_score(score, draft / f"{PIECE}.{suffix}")
        return _commit(bench, draft, score, origin)


def _commit(bench: Bench, draft: Path, score: Score, origin: _Origin) -> dict[str, Any]:
    everything = {**frame(score), "notes": notes_between(score, 0, len(score.bars))}
    write_atomically(draft / "score.json", json.dumps(everything, separators=(",", ":")).encode())
    facts = {
        "bars": len(score.bars),
        "duration_s": round(score.duration_s, 2),
        "parts": [part.name for part in score.parts],
        "key": str(score.key) if score.key else None,
    }
    complete = bench.store.commit(draft, origin.to_dict() | facts)
    if bench.inbox:
        deliver(bench.store.path(complete["id"]), score, bench.inbox)
    return {"version": complete}


_JOBS_OF_PAGE = ("phrase", "live", "upload")  # not for clients
JOBS: dict[str, Callable[[str | None, Mapping[str, Any], Bench], dict[str, Any]]] = {
    "compose": _compose,
    **{name: _rework(name) for name in _REWORKING},
    "phrase": _phrase,
    "live": _keep_live,
    "reduce": _reduce,
    "upload": _upload,
    "inspect": _inspect,
    "render": _render,
    "engrave": _engrave,
}
CLIENT_JOBS = tuple(name for name in JOBS if name not in _JOBS_OF_PAGE)
NEEDS_MODEL = ("compose", "phrase", *_REWORKING)
