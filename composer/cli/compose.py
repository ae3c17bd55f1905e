"""`compose` and `replay`: from a brief, or from a sidecar, to the files of a piece."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from composer.cli.console import print_outcome, progress_bar
from composer.cli.naming import fields_of, file_name
from composer.cli.options import (
    DEFAULT_FORMATS,
    STDIN,
    AsJson,
    ChordSymbols,
    ConcertPitch,
    Engine,
    Expression,
    Formats,
    Output,
    Quiet,
    Repeats,
    any_seed,
    checked_formats,
    folder_for,
    keep_source,
    layout_of,
    option,
    read_any,
)
from composer.errors import BadInputError

if TYPE_CHECKING:
    from composer.brief import Brief
    from composer.formats.layout import Layout
    from composer.pipeline import Composition
    from composer.pipeline.influence import Influence

MAX_PIECES = 1000

_CHARACTER, _MUSIC, _SHAPE = "Character", "Key, time and players", "Length and form"  # sections of the help


def compose(
    prompt: Annotated[str | None, typer.Argument(metavar="[PROMPT]", help="The wish in words; options win over it.")] = None,
    mood: Annotated[str | None, option("TAG[,TAG]", "Mood tags; `cantilena moods` lists them.", _CHARACTER)] = None,
    valence: Annotated[float | None, option("X", "Unpleasant -1 to pleasant 1, instead of tags.", _CHARACTER)] = None,
    arousal: Annotated[float | None, option("Y", "Calm -1 to excited 1, instead of tags.", _CHARACTER)] = None,
    mood_curve: Annotated[
        str | None, option("CURVE", '"calm@0 tense@50% triumphant@100%"; also @12s, @bar 9.', _CHARACTER)
    ] = None,
    intensity: Annotated[
        float | None, option("0..2", "How far from neutral the mood is taken; 1 as stated.", _CHARACTER)
    ] = None,
    style: Annotated[str | None, option("NAME[:W][,NAME[:W]]", "Styles or composers, mixed by weight.", _CHARACTER)] = None,
    key: Annotated[str | None, option("KEY", 'Such as "D minor" or "Bb major".', _MUSIC)] = None,
    meter: Annotated[str | None, option("N/D", "2/4 3/4 4/4 6/8 9/8 12/8 5/4 7/8 2/2 or 3/8.", _MUSIC)] = None,
    tempo: Annotated[float | None, option("QPM", "Quarter notes a minute, 20 to 300.", _MUSIC)] = None,
    ensemble: Annotated[str | None, option("NAME", "`cantilena ensembles` lists them.", _MUSIC)] = None,
    instruments: Annotated[str | None, option("LIST", '"violin,cello,drums"; with a range: "bassoon:C2-G4".', _MUSIC)] = None,
    chords: Annotated[
        str | None, option("CHORDS", 'One a bar, "Dm Gm A7 Dm", or two: "Dm Gm | A7 |"; repeated.', _MUSIC)
    ] = None,
    density: Annotated[float | None, option("0..1", "Few long notes to as many as can be played.", _MUSIC)] = None,
    polyphony: Annotated[float | None, option("1..12", "Notes that sound together, on average.", _MUSIC)] = None,
    scale: Annotated[float | None, option("0..1", "Least share of the notes on the key's scale.", _MUSIC)] = None,
    bars: Annotated[int | None, option("N", "Number of bars, 1 to 256.", _SHAPE)] = None,
    duration: Annotated[float | None, option("SECONDS", "1 to 1800, exactly; bends the tempo by 5 % at most.", _SHAPE)] = None,
    form: Annotated[str | None, option("FORM", 'AABA; "A8 A8 B8 A8" in bars; a name of `cantilena forms`.', _SHAPE)] = None,
    hits: Annotated[str | None, option("TIMES", 'Moments to meet: "0:12.5 big, 0:31 soft".', _SHAPE)] = None,
    loop: Annotated[bool, typer.Option("--loop", help="No ending: the last bar leads back.", rich_help_panel=_SHAPE)] = False,
    influence: Annotated[
        str | None, option("FILE", "A piece to be inspired by; fills what is not said; - reads MIDI.", _CHARACTER)
    ] = None,
    seed: Annotated[int | None, option("N", "Same brief, seed and model: same piece. Drawn if left out.")] = None,
    count: Annotated[int, typer.Option("-n", "--count", metavar="N", help="Number of pieces, each with the next seed.")] = 1,
    candidates: Annotated[
        int, typer.Option(metavar="K", help="Compose K of each in one batch, 1 to 16, and keep the best.")
    ] = 1,
    output: Output = Path(),
    name: Annotated[str, option("TEMPLATE", "File name; fields {seed} {index} {style} {mood} {key} ...")] = "cantilena-{seed}",
    formats: Formats = DEFAULT_FORMATS,
    expression: Expression = None,
    chord_symbols: ChordSymbols = "auto",
    concert_pitch: ConcertPitch = False,
    repeats: Repeats = True,
    temperature: Annotated[float | None, option("T", "Sampling temperature, 0.1 to 2; by default the model's own.")] = None,
    top_p: Annotated[float | None, option("P", "Nucleus sampling, 0.05 to 1; by default the model's own.")] = None,
    model: Annotated[str | None, option("NAME|PATH", "Model to compose with; `cantilena models list`.")] = None,
    engine: Engine = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Compose a piece. Whatever is not said is chosen to suit the style, by chance of the seed."""
    from composer.brief import MAX_SEED, Brief
    from composer.pipeline.candidates import checked_count
    from composer.plan import make_plan

    options, understood = _with_prompt(
        prompt,
        {
            "mood": mood,
            "valence": valence,
            "arousal": arousal,
            "mood_curve": mood_curve,
            "intensity": intensity,
            "style": style,
            "key": key,
            "meter": meter,
            "tempo": tempo,
            "bars": bars,
            "duration": duration,
            "ensemble": ensemble,
            "instruments": instruments,
            "form": form,
            "chords": chords,
            "density": density,
            "polyphony": polyphony,
            "scale": scale,
            "hits": hits,
            "loop": loop or None,
            "seed": any_seed() if seed is None else seed,
            "temperature": temperature,
            "top_p": top_p,
        },
        quiet,
    )
    brief = Brief.from_dict(options)
    checked_count(candidates)
    if not 1 <= count <= MAX_PIECES:
        raise BadInputError(f"number of pieces {count} is out of range: give 1 to {MAX_PIECES}")
    if brief.seed + count - 1 > MAX_SEED:
        raise BadInputError(f"seed {brief.seed} leaves no room for {count} pieces: give a smaller one")
    if count > 1 and not {"seed", "index"} & set(fields_of(name)):
        raise BadInputError(f"name {name!r} would be the same for all {count} pieces: add {{seed}} or {{index}}")
    briefs = [replace(brief, seed=brief.seed + index) for index in range(count)]
    names = [file_name(name, _name_values(each, index)) for index, each in enumerate(briefs)]
    inspiring = _inspiring(influence)
    for each in briefs:  # what cannot be met is said before anything is composed
        inspiring.plan(each) if inspiring else make_plan(each)
    chosen, layout = checked_formats(formats), layout_of(chord_symbols, concert_pitch, repeats)
    with folder_for(output):
        for each, stem in zip(briefs, names, strict=True):
            _compose_one(
                each,
                model,
                engine,
                candidates,
                understood,
                inspiring,
                output,
                stem,
                chosen,
                expression,
                layout,
                as_json=as_json,
                quiet=quiet,
            )


def replay(
    sidecar: Annotated[Path, typer.Argument(metavar="SIDECAR", help="The .json file beside a piece.")],
    output: Output = Path(),
    source: Annotated[
        Path | None, typer.Option(metavar="FILE", help="What continue, infill ... were given; by default beside the sidecar.")
    ] = None,
    formats: Formats = DEFAULT_FORMATS,
    model: Annotated[str | None, option("PATH", "Where the model of the piece lies, if not where it was.")] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Write a piece again, byte for byte, from its sidecar."""
    from composer import pipeline
    from composer.cli.partner import targets, write_collaboration
    from composer.pipeline import partner

    chosen = checked_formats(formats)
    if source:
        keep_source(source, targets(output, sidecar.stem, chosen), "give another folder with -o")
    with folder_for(output):
        if partner.is_partners(sidecar):
            with progress_bar(sidecar.stem, quiet) as progress:
                done = partner.replay(sidecar, source, model=model, progress=progress)
            write_collaboration(done, output, sidecar.stem, chosen, as_json=as_json, quiet=quiet)
            return
        with progress_bar(sidecar.stem, quiet) as progress:
            composition = pipeline.replay(sidecar, model=model, progress=progress)
        _write(composition, output, sidecar.stem, chosen, None, as_json=as_json, quiet=quiet)


def _inspiring(file: str | None) -> Influence | None:
    """The piece to be inspired by, read."""
    if file is None:
        return None
    from composer.pipeline.influence import Influence

    return Influence.of(read_any(file), "standard input" if file == STDIN else Path(file).name)


def _compose_one(
    brief: Brief,
    model: str | None,
    engine: str | None,
    candidates: int,
    understood: dict[str, Any] | None,
    influence: Influence | None,
    folder: Path,
    stem: str,
    formats: tuple[str, ...],
    expression: float | None,
    layout: Layout,
    *,
    as_json: bool,
    quiet: bool,
) -> None:
    from composer import pipeline

    with progress_bar(stem, quiet) as progress:
        composition = pipeline.compose(
            brief, model=model, engine=engine, candidates=candidates, progress=progress, prompt=understood, influence=influence
        )
    _write(replace(composition, layout=layout), folder, stem, formats, expression, as_json=as_json, quiet=quiet)


def _write(
    composition: Composition,
    folder: Path,
    stem: str,
    formats: tuple[str, ...],
    expression: float | None,
    *,
    as_json: bool,
    quiet: bool,
) -> None:
    from composer import pipeline
    from composer.cli.summary import summarise

    if expression is not None:
        composition = replace(composition, expression=expression)
    with progress_bar(f"{stem} sound", quiet) as progress:
        files = pipeline.write(composition, folder, stem, formats, progress=progress)

    def record() -> dict[str, Any]:
        return {
            "seed": composition.brief.seed,
            **summarise(composition.score),
            "report": composition.report,
            "originality": composition.originality,
            "candidates": composition.candidates,
            "prompt": composition.prompt,
        }

    print_outcome(files, record, _told(composition), as_json=as_json, quiet=quiet)


def _told(composition: Composition) -> Iterator[str]:
    """What came of the brief, in a line or two."""
    from composer.pipeline.report import summarise_report

    yield summarise_report(composition.report)
    found = composition.originality
    if found["checked"] and found["longest_notes"]:
        yield f"longest passage shared with the training music: {found['longest_notes']} notes ({found['title']})"
    if composition.candidates:
        yield f"candidate {composition.candidates['chosen']} of {composition.candidates['count']} kept"


def _with_prompt(prompt: str | None, options: dict[str, Any], quiet: bool) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """The options over those that the prompt speaks of, and how it was understood, which standard error says too."""
    if prompt is None:
        return options, None
    from composer.prompt import merge, parse_prompt

    understanding = parse_prompt(prompt)
    if not quiet:
        for line in understanding.lines():
            print(line, file=sys.stderr)
    return merge(understanding, options), {"text": prompt, **understanding.to_dict()}


def _name_values(brief: Brief, index: int) -> dict[str, object]:
    return {
        "seed": brief.seed,
        "index": index + 1,
        "style": "+".join(style for style, _ in brief.styles) or None,
        "mood": "+".join(brief.moods) or None,
        "key": brief.key,
        "meter": brief.meter,
        "tempo": None if brief.tempo_qpm is None else f"{brief.tempo_qpm:g}",
        "bars": brief.bars,
        "form": brief.form,
        "ensemble": brief.ensemble or "+".join(brief.instruments) or None,
    }


COMMANDS: dict[str, Callable[..., None]] = {"compose": compose, "replay": replay}
