"""`continue`, `infill`, `accompany`, `vary` and `transfer`: the user's own music in, and back with what was asked for."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from composer.cli.console import print_json, progress_bar
from composer.cli.options import (
    DEFAULT_FORMATS,
    AnyScore,
    AsJson,
    AssumeKey,
    AssumeMeter,
    Formats,
    Output,
    Quiet,
    any_seed,
    assumed,
    checked_formats,
    make_folder,
    read_any,
    stem_of,
)
from composer.errors import BadInputError

if TYPE_CHECKING:
    from composer.brief import Brief
    from composer.pipeline.partner import Assumptions, Collaboration
    from composer.score import Score

    Work = Callable[[Score, Brief, dict[str, Any]], Collaboration]


def _text(metavar: str, text: str) -> Any:
    return typer.Option(metavar=metavar, help=text)


Mood = Annotated[str | None, _text("TAG[,TAG]", "Mood tags; `cantilena moods` lists them.")]
Valence = Annotated[float | None, _text("X", "Unpleasant -1 to pleasant 1, instead of tags.")]
Arousal = Annotated[float | None, _text("Y", "Calm -1 to excited 1, instead of tags.")]
Style = Annotated[str | None, _text("NAME[:W][,NAME[:W]]", "Styles or composers with weights.")]
Ensemble = Annotated[str | None, _text("NAME", "The whole ensemble; `cantilena ensembles` lists them.")]
Instruments = Annotated[str | None, _text("LIST", 'The whole ensemble by instruments: "violin,viola,cello"; also drums.')]
Seed = Annotated[int | None, _text("N", "Same file, options, seed and model: same notes. Drawn if left out.")]
Name = Annotated[str | None, _text("NAME", "File name without suffix; by default FILE-VERB.")]
Temperature = Annotated[float | None, _text("T", "Sampling temperature, 0.1 to 2; by default the model's own.")]
Model = Annotated[str | None, _text("NAME|PATH", "Model to write with; `cantilena models list`.")]


def continue_(
    file: AnyScore,
    bars: Annotated[int, _text("N", "Bars to add, 1 to 256.")] = 16,
    ending: Annotated[bool, typer.Option("--ending/--no-ending", help="Close with a cadence, or stop as if more came.")] = True,
    mood: Mood = None,
    valence: Valence = None,
    arousal: Arousal = None,
    seed: Seed = None,
    output: Output = Path(),
    name: Name = None,
    formats: Formats = DEFAULT_FORMATS,
    temperature: Temperature = None,
    assume_meter: AssumeMeter = None,
    assume_key: AssumeKey = None,
    model: Model = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Go on with a piece in its key, metre, ensemble and material."""
    wish = {"bars": bars, "mood": mood, "valence": valence, "arousal": arousal, "seed": seed, "temperature": temperature}

    def work(score: Score, brief: Brief, common: dict[str, Any]) -> Collaboration:
        from composer.pipeline import partner

        return partner.continue_(score, brief, ending=ending, **common)

    _run("continue", file, wish, work, output, name, formats, assume_meter, assume_key, model, as_json, quiet)


def infill(
    file: AnyScore,
    bars: Annotated[str, typer.Option(metavar="FIRST-LAST", help="Bars to write anew, counted from 1: 9-16, or 12.")],
    parts: Annotated[str | None, _text("LIST", 'Only these parts, by name or number: "violin 2,cello".')] = None,
    mood: Mood = None,
    valence: Valence = None,
    arousal: Arousal = None,
    seed: Seed = None,
    output: Output = Path(),
    name: Name = None,
    formats: Formats = DEFAULT_FORMATS,
    temperature: Temperature = None,
    assume_meter: AssumeMeter = None,
    assume_key: AssumeKey = None,
    model: Model = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Write some bars of a piece anew, or some parts of them, to fit what stands on both sides."""
    wish = {"mood": mood, "valence": valence, "arousal": arousal, "seed": seed, "temperature": temperature}
    first, end = bar_range(bars)

    def work(score: Score, brief: Brief, common: dict[str, Any]) -> Collaboration:
        from composer.pipeline import partner

        return partner.infill(score, first, end, brief, parts=_listed(parts), **common)

    _run("infill", file, wish, work, output, name, formats, assume_meter, assume_key, model, as_json, quiet)


def accompany(
    file: AnyScore,
    add: Annotated[str | None, _text("LIST", 'Instruments to add: "bass,piano"; also drums.')] = None,
    ensemble: Ensemble = None,
    instruments: Instruments = None,
    style: Style = None,
    mood: Mood = None,
    valence: Valence = None,
    arousal: Arousal = None,
    seed: Seed = None,
    output: Output = Path(),
    name: Name = None,
    formats: Formats = DEFAULT_FORMATS,
    temperature: Temperature = None,
    assume_meter: AssumeMeter = None,
    assume_key: AssumeKey = None,
    model: Model = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Add parts to a melody or to whatever is given, up to a full arrangement; what is given stays."""
    wish = {
        "ensemble": ensemble,
        "instruments": instruments,
        "style": style,
        "mood": mood,
        "valence": valence,
        "arousal": arousal,
        "seed": seed,
        "temperature": temperature,
    }

    def work(score: Score, brief: Brief, common: dict[str, Any]) -> Collaboration:
        from composer.pipeline import partner

        return partner.accompany(score, brief, add=_listed(add), **common)

    _run("accompany", file, wish, work, output, name, formats, assume_meter, assume_key, model, as_json, quiet)


def vary(
    file: AnyScore,
    amount: Annotated[float, _text("0..1", "0 is the piece itself, 1 keeps only form, harmony and ensemble.")] = 0.5,
    mood: Mood = None,
    valence: Valence = None,
    arousal: Arousal = None,
    seed: Seed = None,
    output: Output = Path(),
    name: Name = None,
    formats: Formats = DEFAULT_FORMATS,
    temperature: Temperature = None,
    assume_meter: AssumeMeter = None,
    assume_key: AssumeKey = None,
    model: Model = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Write a variation that keeps form and harmony."""
    wish = {"mood": mood, "valence": valence, "arousal": arousal, "seed": seed, "temperature": temperature}

    def work(score: Score, brief: Brief, common: dict[str, Any]) -> Collaboration:
        from composer.pipeline import partner

        return partner.vary(score, amount, brief, **common)

    _run("vary", file, wish, work, output, name, formats, assume_meter, assume_key, model, as_json, quiet)


def transfer(
    file: AnyScore,
    style: Annotated[str, _text("NAME[:W][,NAME[:W]]", "The style to go to.")],
    ensemble: Ensemble = None,
    instruments: Instruments = None,
    mood: Mood = None,
    valence: Valence = None,
    arousal: Arousal = None,
    seed: Seed = None,
    output: Output = Path(),
    name: Name = None,
    formats: Formats = DEFAULT_FORMATS,
    temperature: Temperature = None,
    assume_meter: AssumeMeter = None,
    assume_key: AssumeKey = None,
    model: Model = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Keep a piece's melody and form, and write harmony, texture and ensemble anew in another style."""
    wish = {
        "style": style,
        "ensemble": ensemble,
        "instruments": instruments,
        "mood": mood,
        "valence": valence,
        "arousal": arousal,
        "seed": seed,
        "temperature": temperature,
    }

    def work(score: Score, brief: Brief, common: dict[str, Any]) -> Collaboration:
        from composer.pipeline import partner

        return partner.transfer(score, brief, **common)

    _run("transfer", file, wish, work, output, name, formats, assume_meter, assume_key, model, as_json, quiet)


def bar_range(text: str) -> tuple[int, int]:
    """First bar (from 0) and the bar after the last of "9-16" or "12".

    Raises:
        BadInputError: no such range.

    >>> bar_range("9-16"), bar_range("12")
    ((8, 16), (11, 12))
    """
    first, dash, last = (item.strip() for item in text.partition("-"))
    if not first.isdigit() or not (last.isdigit() if dash else True) or not 1 <= int(first) <= int(last or first):
        raise BadInputError(f"bars {text!r} are no range: give the first and the last bar, counted from 1, such as 9-16")
    return int(first) - 1, int(last or first)


def _listed(text: str | None) -> tuple[str, ...]:
    return tuple(item.strip() for item in (text or "").split(",") if item.strip())


def _run(
    verb: str,
    file: str,
    wish: dict[str, Any],
    work: Work,
    output: Path,
    name: str | None,
    formats: str,
    assume_meter: str | None,
    assume_key: str | None,
    model: str | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Reads, has the work done, writes, and says what came of it."""
    from composer.brief import Brief
    from composer.pipeline.partner import Assumptions

    seed = any_seed() if wish["seed"] is None else wish["seed"]
    brief = Brief.from_dict({**wish, "seed": seed})
    chosen = checked_formats(formats)
    assumptions: Assumptions = Assumptions(*assumed(assume_meter, assume_key))
    score = read_any(file)
    stem = name or f"{stem_of(file)}-{verb}"
    if "/" in stem or "\\" in stem:
        raise BadInputError(f"name {stem!r} is a path: give the folder with -o, and a name without slashes")
    make_folder(output)
    with progress_bar(stem, quiet) as progress:
        done = work(score, brief, {"assumptions": assumptions, "model": model, "progress": progress})
    with progress_bar(f"{stem} sound", quiet) as progress:
        files = done.write(output, stem, chosen, progress=progress)
    if as_json:
        print_json({"files": [str(path) for path in files], "seed": brief.seed, "options": done.options, "report": done.report})
        return
    if not quiet:
        for remark in done.remarks:
            print(remark, file=sys.stderr)
    for path in files:
        print(path, flush=True)


COMMANDS: dict[str, Callable[..., None]] = {
    "continue": continue_,
    "infill": infill,
    "accompany": accompany,
    "vary": vary,
    "transfer": transfer,
}
