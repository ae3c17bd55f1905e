"""`compose` and `replay`: from a brief, or from a sidecar, to the files of a piece."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from composer.brief import Brief
from composer.brief.fields import CHARACTER
from composer.brief.limits import TEMPO_RANGE_QPM
from composer.cli.console import progress_bar
from composer.cli.explain import show_explanation
from composer.cli.options import (
    STDIN,
    WRITING,
    AsJson,
    Formats,
    Output,
    Overwrite,
    Quiet,
    Subtitle,
    Target,
    Title,
    WritingOptions,
    any_seed,
    argument,
    check_folder,
    checked_takes,
    folder_for,
    layout_of,
    option,
    read_any,
    sources_of,
)
from composer.cli.signature import brief_parameters, command, parameters_of
from composer.cli.writing import write_piece
from composer.errors import BadInputError

if TYPE_CHECKING:
    from composer.composing.delivery import Delivery
    from composer.composing.influence import Influence
    from composer.plan import Plan


def _show_table(context: typer.Context, requested: bool) -> None:
    if requested:
        print(context.command.to_markdown(context))  # type: ignore[attr-defined]
        raise typer.Exit


@dataclass(frozen=True, kw_only=True)
class Request(WritingOptions):
    """The options of `compose` beside those of a brief."""

    prompt: Annotated[
        str | None, typer.Argument(metavar="PROMPT", help="The request in words; explicit options override it.")
    ] = None
    influence: Annotated[
        str | None,
        option("FILE", "A piece to be inspired by, which fills what the brief leaves open; - reads MIDI.", CHARACTER),
    ] = None
    name: Annotated[
        str | None,
        option(
            "TEMPLATE",
            "File name, by default style or players, key and seed; fields are {index}, {title} and any option.",
            WRITING,
        ),
    ] = None
    title: Title = None
    subtitle: Subtitle = None
    parts: Annotated[
        bool, typer.Option("--parts", help="Also write sheet music for each player: NAME-1-violin ...", rich_help_panel=WRITING)
    ] = False
    explain: Annotated[
        bool, typer.Option("--explain", help="Print how the request is read and what the plan chooses; compose nothing.")
    ] = False
    table: Annotated[
        bool,
        typer.Option("--table", callback=_show_table, is_eager=True, help="Print these options as a Markdown table."),
    ] = False


def _compose(**given: Any) -> None:
    """Compose a piece. Whatever is left open is chosen to suit the style, at random by the seed."""
    options = {name: given.pop(name) for name in Brief.options()}
    request = Request(**given)
    options |= {"loop": options["loop"] or None, "seed": any_seed() if options["seed"] is None else options["seed"]}
    options, reading = _with_prompt(request.prompt, options, request.quiet and not request.explain)
    if isinstance(options.get("tempo"), str):
        options["tempo"] = _tempo_of(options["tempo"], options)

    from composer.arranging import settle
    from composer.composing.candidates import checked_count  # after the prompt, which may be refused: it takes a second

    target = request.target(request.influence)
    _check_parts(request.parts, target)  # before anything takes time
    layout_of(request.chord_symbols, request.concert_pitch, request.repeats)
    delivery = request.checked_delivery(request.title, request.subtitle)
    brief = Brief.from_dict(options)
    if request.candidates is not None:
        checked_count(request.candidates)
    checked_takes(brief.seed, request.count, request.name, target)
    influence = _influence_of(request.influence)
    mood = _as_text(options.get("mood"))
    briefs = [replace(brief, seed=brief.seed + index) for index in range(request.count)]
    plans = [influence.plan(each) if influence else _plan(each, request.model) for each in briefs]
    for each, plan in zip(briefs, plans, strict=True):
        settle(plan, each)  # refuses the impossible
    words = {"mood": mood or None, "title": request.title or (reading or {}).get("title")}
    stems = [
        _stem(request.name, each, plan, {**words, "index": index})
        for index, (each, plan) in enumerate(zip(briefs, plans, strict=True), 1)
    ]
    if request.explain:
        _check_network(request)
        check_folder(request.output)
        show_explanation(list(zip(briefs, plans, stems, strict=True)), reading, target)
        return
    job = _Job(request, reading, influence, delivery, mood)
    with folder_for(request.output):
        for each, stem in zip(briefs, stems, strict=True):
            job.compose(each, stem, target)


def replay(
    sidecar: Annotated[Path, argument("SIDECAR", "The .json file beside a piece.")],
    output: Output = Path(),
    source: Annotated[
        Path | None, option("FILE", "The file given to continue, infill ...; by default beside the sidecar.")
    ] = None,
    formats: Formats = None,
    overwrite: Overwrite = False,
    model: Annotated[str | None, option("PATH", "Folder of the piece's model, if it has moved.")] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Write a piece again, byte for byte, from its sidecar, in the formats that it was written in unless --format is given."""
    from composer.composing.output import recorded_formats
    from composer.rework import replay as replayed

    formats = formats or (None if str(output) == "-" else ",".join(recorded_formats(sidecar)) or None)
    target = Target(output, formats, overwrite, as_json, quiet, sources_of(sidecar, source))
    target.checked_formats()
    with folder_for(output):
        with progress_bar(sidecar.stem, quiet) as progress:
            record = replayed(sidecar, source, model=model, progress=progress)
        write_piece(record, sidecar.stem, target)


def _check_parts(parts: bool, target: Target) -> None:
    """Checks the formats of a piece, of which parts need one of sheet music."""
    from composer.composing.output import SHEET_FORMATS

    if not set(SHEET_FORMATS) & set(target.checked_formats()) and parts:
        raise BadInputError(f"--parts needs a format of sheet music: add one of {', '.join(SHEET_FORMATS)} to --format")


def _plan(brief: Brief, model: str | None) -> Plan:
    """The plan of a brief; a brief that cannot be met is refused even if the model is missing."""
    from composer.composing.usual import plan_for
    from composer.errors import ModelNotFoundError
    from composer.model.checkpoint import find_model
    from composer.plan import make_plan

    try:
        return plan_for(brief, find_model(model))
    except ModelNotFoundError:
        return make_plan(brief)


def _check_network(request: Request) -> None:
    """Checks the model, if one is given, and the engine, as composing does."""
    from composer.model.checkpoint import find_model
    from composer.model.engines import engine_name

    engine_name(request.engine)
    if request.model is not None:
        find_model(request.model)


def _influence_of(file: str | None) -> Influence | None:
    """The piece to be inspired by, read."""
    if file is None:
        return None
    from composer.composing.influence import Influence

    return Influence.of(read_any(file), "standard input" if file == STDIN else Path(file).name)


@dataclass(frozen=True)
class _Job:
    """What all pieces of a call have in common."""

    request: Request
    prompt: dict[str, Any] | None
    influence: Influence | None
    delivery: Delivery
    mood: str

    def compose(self, brief: Brief, stem: str, target: Target) -> None:
        """Composes a piece, writes it and reports it."""
        from composer import composing

        with progress_bar(stem, target.quiet) as progress:
            record = composing.compose(
                brief,
                model=self.request.model,
                engine=self.request.engine,
                candidates=self.request.candidates,
                progress=progress,
                prompt=self.prompt,
                influence=self.influence,
            )
        done = self.request.finished(record, self.delivery)
        write_piece(done, stem, target, self.mood, parts=self.request.parts)


def _with_prompt(prompt: str | None, options: dict[str, Any], quiet: bool) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """The options merged over those of the prompt, and how the prompt was read, which is printed to standard error."""
    if prompt is None:
        return options, None
    from composer.requests import read_request

    merged, understanding = read_request(prompt, options)
    if not quiet:
        for line in understanding.lines():
            print(line, file=sys.stderr)
    return merged, {"text": prompt, **understanding.to_dict()}


def _tempo_of(word: str, options: Mapping[str, Any]) -> float:
    """Quarter notes per minute of a tempo word, as prompts read it beside the style and the meter of the options.

    Raises:
        BadInputError: it is none.
    """
    from composer.prompt import parse_prompt

    beside = (str(options[name]) for name in ("style", "meter") if options.get(name))
    with suppress(BadInputError):  # nothing in it is understood
        said = parse_prompt(word).options
        if "tempo" in said and said.keys() <= {"tempo", "mood"}:
            return float(parse_prompt(", ".join((word, *beside))).options["tempo"])
    low, high = TEMPO_RANGE_QPM
    raise BadInputError(f"tempo {word!r} is not a number: give {low:g} to {high:g}, or a word such as allegro")


def _stem(template: str | None, brief: Brief, plan: Plan, words: Mapping[str, Any]) -> str:
    """The name of a piece's files: the template filled with the brief, what the plan chose, and `words`."""
    from composer.composing.describe import facts, short_name
    from composer.composing.naming import default_name, file_name

    found = facts(brief, plan)
    if template is None:
        return default_name(short_name(brief, plan), found["key"], brief.seed)
    return file_name(template, {**brief.to_dict(), **found, **words})


def _as_text(moods: object) -> str:
    """Mood tags as the user wrote them, plus signs between."""
    items = moods.split(",") if isinstance(moods, str) else moods if isinstance(moods, list | tuple) else []
    return "+".join(str(item).strip() for item in items)


_OPTIONS = {item.name: item for item in parameters_of(Request)}
_PROMPT = _OPTIONS.pop("prompt")
COMMANDS: dict[str, Callable[..., None]] = {
    "compose": command(_compose, [_PROMPT, *brief_parameters(), *_OPTIONS.values()]),
    "replay": replay,
}
