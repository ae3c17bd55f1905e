"""`compose` and `replay`: from a brief, or from a sidecar, to the files of a piece."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from composer.cli import completion
from composer.cli.console import print_outcome, progress_bar, write_stdout
from composer.cli.explain import show_explanation
from composer.cli.options import (
    STDIN,
    AsJson,
    ChordSymbols,
    Composer,
    ConcertPitch,
    Credit,
    Engine,
    Expression,
    Formats,
    Output,
    Overwrite,
    Quiet,
    Repeats,
    Room,
    Soundfont,
    Target,
    Title,
    any_seed,
    check_sound,
    checked_takes,
    existing,
    folder_for,
    layout_of,
    option,
    read_any,
    sources_of,
    without_long_audio,
)

if TYPE_CHECKING:
    from composer.brief import Brief
    from composer.composing import Composition
    from composer.composing.delivery import Delivery
    from composer.composing.influence import Influence
    from composer.formats.engraving.layout import Layout
    from composer.plan import Plan

_CHARACTER, _MUSIC, _SHAPE, _FILES = "Character", "Key, time and players", "Length and form", "Files"  # sections of the help


def compose(
    prompt: Annotated[str | None, typer.Argument(metavar="[PROMPT]", help="The brief in words; options win over it.")] = None,
    mood: Annotated[
        str | None, option("TAG[,TAG]", "Mood tags; `cantilena moods` lists them.", _CHARACTER, completion.moods)
    ] = None,
    valence: Annotated[float | None, option("X", "Unpleasant -1 to pleasant 1, instead of tags.", _CHARACTER)] = None,
    arousal: Annotated[float | None, option("Y", "Calm -1 to excited 1, instead of tags.", _CHARACTER)] = None,
    mood_curve: Annotated[
        str | None, option("CURVE", '"calm@0 tense@50% triumphant@100%"; also @12s, @bar 9.', _CHARACTER)
    ] = None,
    intensity: Annotated[
        float | None, option("0..2", "How far from neutral the mood is taken; 1 as stated.", _CHARACTER)
    ] = None,
    style: Annotated[
        str | None,
        option("NAME[:W][,NAME[:W]]", "Styles or composers, mixed by weight.", _CHARACTER, completion.styles),
    ] = None,
    key: Annotated[str | None, option("KEY", 'Such as "D minor" or "Bb major".', _MUSIC)] = None,
    meter: Annotated[str | None, option("N/D", "2/4 3/4 4/4 6/8 9/8 12/8 5/4 7/8 2/2 or 3/8.", _MUSIC)] = None,
    tempo: Annotated[float | None, option("QPM", "Quarter notes a minute, 20 to 300.", _MUSIC)] = None,
    ensemble: Annotated[str | None, option("NAME", "`cantilena ensembles` lists them.", _MUSIC, completion.ensembles)] = None,
    instruments: Annotated[
        str | None,
        option("LIST", '"violin,cello,drums"; with a range: "bassoon:C2-G4".', _MUSIC, completion.instruments),
    ] = None,
    chords: Annotated[
        str | None, option("CHORDS", 'One a bar, "Dm Gm A7 Dm", or two: "Dm Gm | A7 |"; repeated.', _MUSIC)
    ] = None,
    features: Annotated[str | None, option("LIST", '"walking bass, no fills": what a band does.', _MUSIC)] = None,
    density: Annotated[float | None, option("0..1", "Few long notes to as many as can be played.", _MUSIC)] = None,
    polyphony: Annotated[float | None, option("1..12", "Notes that sound together, on average.", _MUSIC)] = None,
    scale: Annotated[float | None, option("0..1", "Least share of the notes on the key's scale.", _MUSIC)] = None,
    bars: Annotated[int | None, option("N", "Number of bars, 1 to 256.", _SHAPE)] = None,
    duration: Annotated[float | None, option("SECONDS", "1 to 1800, exactly; bends the tempo by 5 % at most.", _SHAPE)] = None,
    form: Annotated[
        str | None, option("FORM", 'AABA; "A8 A8 B8 A8" in bars; a name of `cantilena forms`.', _SHAPE, completion.forms)
    ] = None,
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
    name: Annotated[
        str | None,
        option(
            "TEMPLATE", "File name, by default {style}-{key}-{seed}; also {index} {mood} {meter} {tempo} {bars} ...", _FILES
        ),
    ] = None,
    formats: Formats = None,
    overwrite: Overwrite = False,
    title: Title = None,
    composer: Composer = None,
    credit: Credit = None,
    soundfont: Soundfont = None,
    room: Room = None,
    expression: Expression = None,
    chord_symbols: ChordSymbols = "auto",
    concert_pitch: ConcertPitch = False,
    repeats: Repeats = True,
    temperature: Annotated[float | None, option("T", "Sampling temperature, 0.1 to 2; by default the model's own.")] = None,
    top_p: Annotated[float | None, option("P", "Nucleus sampling, 0.05 to 1; by default the model's own.")] = None,
    model: Annotated[
        str | None, option("NAME|PATH", "Model to compose with; `cantilena models list`.", None, completion.models)
    ] = None,
    engine: Engine = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Say how it is understood and what would be chosen; compose nothing.")
    ] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Compose a piece. Whatever is not said is chosen to suit the style, by chance of the seed."""
    from composer.brief import Brief
    from composer.composing.candidates import checked_count
    from composer.composing.delivery import Delivery

    target = Target(output, formats, overwrite, as_json, quiet, sources_of(influence))
    target.checked_formats()  # before anything takes time
    delivery = Delivery(title, composer, credit, soundfont, room)
    layout = layout_of(chord_symbols, concert_pitch, repeats)
    check_sound(delivery)
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
            "features": features,
            "density": density,
            "polyphony": polyphony,
            "scale": scale,
            "hits": hits,
            "loop": loop or None,
            "seed": any_seed() if seed is None else seed,
            "temperature": temperature,
            "top_p": top_p,
        },
        quiet and not explain,
    )
    brief = Brief.from_dict(options)
    checked_count(candidates)
    checked_takes(brief.seed, count, name, target)
    inspiring = _inspiring(influence)
    words = _as_text(options.get("mood"))
    briefs = [replace(brief, seed=brief.seed + index) for index in range(count)]
    plans = [inspiring.plan(each) if inspiring else _plan(each, model) for each in briefs]  # says what cannot be met
    stems = [_stem(name, each, plan, index, words) for index, (each, plan) in enumerate(zip(briefs, plans, strict=True))]
    if explain:
        show_explanation(list(zip(briefs, plans, stems, strict=True)), understood, target)
        return
    making = _Making(model, engine, candidates, understood, inspiring, delivery, layout, expression, words)
    with folder_for(output):
        for each, stem in zip(briefs, stems, strict=True):
            making.compose(each, stem, target)


def replay(
    sidecar: Annotated[Path, typer.Argument(metavar="SIDECAR", help="The .json file beside a piece.")],
    output: Output = Path(),
    source: Annotated[
        Path | None, typer.Option(metavar="FILE", help="What continue, infill ... were given; by default beside the sidecar.")
    ] = None,
    formats: Formats = None,
    overwrite: Overwrite = False,
    model: Annotated[str | None, option("PATH", "Where the model of the piece lies, if not where it was.")] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Write a piece again, byte for byte, from its sidecar."""
    from composer import composing, rework
    from composer.cli.rework import write_collaboration

    target = Target(output, formats, overwrite, as_json, quiet, sources_of(sidecar, source))
    target.checked_formats()
    with folder_for(output):
        if rework.is_partners(sidecar):
            with progress_bar(sidecar.stem, quiet) as progress:
                done = rework.replay(sidecar, source, model=model, progress=progress)
            write_collaboration(done, sidecar.stem, target)
            return
        with progress_bar(sidecar.stem, quiet) as progress:
            composition = composing.replay(sidecar, model=model, progress=progress)
        _write(composition, sidecar.stem, target)


def _plan(brief: Brief, model: str | None) -> Plan:
    """The plan of a brief; what cannot be met is said even if the model is not there."""
    from composer.composing.usual import plan_for
    from composer.errors import ModelNotFoundError
    from composer.model.checkpoint import find_model
    from composer.plan import make_plan

    try:
        return plan_for(brief, find_model(model))
    except ModelNotFoundError:
        return make_plan(brief)


def _inspiring(file: str | None) -> Influence | None:
    """The piece to be inspired by, read."""
    if file is None:
        return None
    from composer.composing.influence import Influence

    return Influence.of(read_any(file), "standard input" if file == STDIN else Path(file).name)


@dataclass(frozen=True)
class _Making:
    """How all pieces of a call are made."""

    model: str | None
    engine: str | None
    candidates: int
    prompt: dict[str, Any] | None
    influence: Influence | None
    delivery: Delivery
    layout: Layout
    expression: float | None
    mood: str

    def compose(self, brief: Brief, stem: str, target: Target) -> None:
        """Composes, writes, and says what was made."""
        from composer import composing

        with progress_bar(stem, target.quiet) as progress:
            composition = composing.compose(
                brief,
                model=self.model,
                engine=self.engine,
                candidates=self.candidates,
                progress=progress,
                prompt=self.prompt,
                influence=self.influence,
            )
        composition = replace(composition, delivery=self.delivery, layout=self.layout)
        if self.expression is not None:
            composition = replace(composition, expression=self.expression)
        _write(composition, stem, target, self.mood)


def _write(composition: Composition, stem: str, target: Target, mood: str = "") -> None:
    """Writes a piece and says what was made."""
    from composer import composing
    from composer.cli.summary import summarise
    from composer.composing.output import model_record, to_midi
    from composer.formats.sidecar import SCHEMA_VERSION

    told = _told(composition, mood)
    if target.is_stdout:
        write_stdout(to_midi(composition), () if target.quiet else told)
        return
    formats = without_long_audio(target.checked_formats(), target.formats, composition.score.duration_s)
    with progress_bar(f"{stem} sound", target.quiet) as progress:
        files = composing.write(
            composition,
            target.folder,
            stem,
            formats,
            existing=existing(target.overwrite),
            sources=target.sources,
            progress=progress,
        )

    def record() -> dict[str, Any]:
        return {
            "schema": SCHEMA_VERSION,
            "seed": composition.brief.seed,
            "brief": composition.brief.to_dict(),
            "plan": composition.plan.to_dict(),
            "model": model_record(composition.model, composition.fingerprint, composition.adapter, composition.engine),
            **summarise(composition.score),
            "report": composition.report,
            "originality": composition.originality,
            "candidates": composition.candidates,
            "prompt": composition.prompt,
        }

    print_outcome(files, record, told, as_json=target.as_json, quiet=target.quiet)


def _told(composition: Composition, mood: str) -> Iterator[str]:
    """What was made in a line, and then what is to be said of it."""
    from composer.composing.describe import describe
    from composer.composing.report import shared_passage, summarise_report

    yield describe(composition.brief, composition.plan)
    if told := summarise_report(composition.report, mood):
        yield told
    yield from shared_passage(composition.originality)
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


def _stem(template: str | None, brief: Brief, plan: Plan, index: int, mood: str) -> str:
    """The name of a piece's files: the template filled with what the piece has."""
    from composer.composing.describe import facts
    from composer.composing.naming import default_name, file_name

    found = facts(brief, plan)
    if template is None:
        return default_name(found["style"] or found["ensemble"], found["key"], brief.seed)
    return file_name(template, {**found, "seed": brief.seed, "index": index + 1, "mood": mood or None})


def _as_text(moods: object) -> str:
    """Mood tags as the user wrote them, plus signs between."""
    items = moods.split(",") if isinstance(moods, str) else moods if isinstance(moods, list | tuple) else []
    return "+".join(str(item).strip() for item in items)


COMMANDS: dict[str, Callable[..., None]] = {"compose": compose, "replay": replay}
