"""`continue`, `infill`, `accompany`, `vary` and `transfer`: the user's own music in, and back with what was asked for.

Each verb is a function of a `Wish`, which knows what all of them share, and of its own options; `_command` makes a command of
both.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import MISSING, dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from composer.cli.console import Progress, print_outcome, progress_bar
from composer.cli.naming import file_name
from composer.cli.options import (
    DEFAULT_FORMATS,
    STDIN,
    AnyScore,
    AsJson,
    AssumeKey,
    AssumeMeter,
    ChordSymbols,
    ConcertPitch,
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
    midi_from_stdin,
    option,
    stem_of,
)
from composer.errors import BadInputError

if TYPE_CHECKING:
    from composer.brief import Brief
    from composer.pipeline.partner import Collaboration, Source


Mood = Annotated[str | None, option("TAG[,TAG]", "Mood tags; `cantilena moods` lists them.")]
Valence = Annotated[float | None, option("X", "Unpleasant -1 to pleasant 1, instead of tags.")]
Arousal = Annotated[float | None, option("Y", "Calm -1 to excited 1, instead of tags.")]
Style = Annotated[str | None, option("NAME[:W][,NAME[:W]]", "Styles or composers with weights.")]
Ensemble = Annotated[str | None, option("NAME", "The whole ensemble; `cantilena ensembles` lists them.")]
Instruments = Annotated[str | None, option("LIST", 'The whole ensemble by instruments: "violin,viola,cello"; also drums.')]
Bars = Annotated[int, option("N", "Bars to add, 1 to 256.")]
Ending = Annotated[bool, typer.Option("--ending/--no-ending", help="Close with a cadence, or stop as if more came.")]
Region = Annotated[str, option("FIRST-LAST", "Bars to write anew, counted from 1: 9-16, or 12.")]
Parts = Annotated[str | None, option("LIST", 'Only these parts, by name or number: "violin 2,cello".')]
Add = Annotated[str | None, option("LIST", 'Instruments to add: "bass,piano"; also drums.')]
Amount = Annotated[float, option("0..1", "0 is the piece itself, 1 keeps only form, harmony and ensemble.")]
NewStyle = Annotated[str, option("NAME[:W][,NAME[:W]]", "The style to go to.")]


@dataclass(frozen=True)
class Wish:
    """What all verbs are given: options, and at last who is told how far the work has come."""

    file: AnyScore
    seed: Annotated[int | None, option("N", "Same file, options, seed and model: same notes. Drawn if left out.")] = None
    output: Output = Path()
    name: Annotated[str | None, option("NAME", "File name without suffix; by default FILE-VERB.")] = None
    formats: Formats = DEFAULT_FORMATS
    expression: Expression = None
    chord_symbols: ChordSymbols = "auto"
    concert_pitch: ConcertPitch = False
    repeats: Repeats = True
    temperature: Annotated[float | None, option("T", "Sampling temperature, 0.1 to 2; by default the model's own.")] = None
    top_p: Annotated[float | None, option("P", "Nucleus sampling, 0.05 to 1; by default the model's own.")] = None
    assume_meter: AssumeMeter = None
    assume_key: AssumeKey = None
    model: Annotated[str | None, option("NAME|PATH", "Model to write with; `cantilena models list`.")] = None
    as_json: AsJson = False
    quiet: Quiet = False
    progress: Progress | None = field(default=None, metadata={"is_option": False})

    def brief(self, **asked: object) -> Brief:
        """What is asked beyond the verb's own options, sampling included."""
        from composer.brief import Brief

        seed = any_seed() if self.seed is None else self.seed
        return Brief.from_dict({**asked, "seed": seed, "temperature": self.temperature, "top_p": self.top_p})

    @cached_property
    def source(self) -> Source:
        """The piece in its file."""
        from composer.pipeline.partner import Source

        if self.file == STDIN:
            return Source.of_midi(midi_from_stdin(), "standard input")
        return Source.read(Path(self.file))

    @property
    def shared(self) -> dict[str, Any]:
        """Arguments that all functions of `composer.pipeline.partner` take."""
        from composer.pipeline.partner import Assumptions

        assumptions = Assumptions.parse(self.assume_meter, self.assume_key)
        return {"assumptions": assumptions, "model": self.model, "progress": self.progress}


Verb = Callable[..., "Collaboration"]


def _continue(
    wish: Wish, bars: Bars = 16, ending: Ending = True, mood: Mood = None, valence: Valence = None, arousal: Arousal = None
) -> Collaboration:
    """Go on with a piece in its key, metre, ensemble and material."""
    from composer.pipeline import partner

    brief = wish.brief(bars=bars, mood=mood, valence=valence, arousal=arousal)
    return partner.continue_(wish.source.score, brief, ending=ending, **wish.shared)


def _infill(
    wish: Wish, bars: Region, parts: Parts = None, mood: Mood = None, valence: Valence = None, arousal: Arousal = None
) -> Collaboration:
    """Write some bars of a piece anew, or some parts of them, to fit what stands on both sides."""
    from composer.pipeline import partner

    first, end = partner.bar_range(bars)
    brief = wish.brief(mood=mood, valence=valence, arousal=arousal)
    return partner.infill(wish.source.score, first, end, brief, parts=_listed("parts", parts), **wish.shared)


def _accompany(
    wish: Wish,
    add: Add = None,
    ensemble: Ensemble = None,
    instruments: Instruments = None,
    style: Style = None,
    mood: Mood = None,
    valence: Valence = None,
    arousal: Arousal = None,
) -> Collaboration:
    """Add parts to a melody or to whatever is given, up to a full arrangement; what is given stays."""
    from composer.pipeline import partner

    brief = wish.brief(ensemble=ensemble, instruments=instruments, style=style, mood=mood, valence=valence, arousal=arousal)
    return partner.accompany(wish.source.score, brief, add=_listed("add", add), **wish.shared)


def _vary(
    wish: Wish, amount: Amount = 0.5, mood: Mood = None, valence: Valence = None, arousal: Arousal = None
) -> Collaboration:
    """Write a variation that keeps form and harmony."""
    from composer.pipeline import partner

    return partner.vary(wish.source.score, amount, wish.brief(mood=mood, valence=valence, arousal=arousal), **wish.shared)


def _transfer(
    wish: Wish,
    style: NewStyle,
    ensemble: Ensemble = None,
    instruments: Instruments = None,
    mood: Mood = None,
    valence: Valence = None,
    arousal: Arousal = None,
) -> Collaboration:
    """Keep a piece's melody and form, and write harmony, texture and ensemble anew in another style."""
    from composer.pipeline import partner

    brief = wish.brief(style=style, ensemble=ensemble, instruments=instruments, mood=mood, valence=valence, arousal=arousal)
    return partner.transfer(wish.source.score, brief, **wish.shared)


def _listed(option: str, text: str | None) -> tuple[str, ...]:
    items = tuple(item.strip() for item in (text or "").split(",") if item.strip())
    if text is not None and not items:
        raise BadInputError(f"--{option} {text!r} names nothing: give names with commas between, or leave it out")
    return items


def _command(name: str, verb: Verb) -> Callable[..., None]:
    """The command of a verb: its own options and those of `Wish`."""
    shared = {item.name: item for item in fields(Wish) if item.metadata.get("is_option", True)}

    def command(**given: Any) -> None:
        wish = Wish(**{option: value for option, value in given.items() if option in shared})
        _run(name, verb, wish, {option: value for option, value in given.items() if option not in shared})

    hints = get_type_hints(verb, globals() | {"Collaboration": None}, include_extras=True)
    own = [item.replace(annotation=hints[item.name]) for item in list(inspect.signature(verb).parameters.values())[1:]]
    hints = get_type_hints(Wish, include_extras=True)
    others = [
        inspect.Parameter(
            item.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=inspect.Parameter.empty if item.default is MISSING else item.default,
            annotation=hints[item.name],
        )
        for item in shared.values()
    ]
    parameters = [item.replace(kind=inspect.Parameter.KEYWORD_ONLY) for item in (others[0], *own, *others[1:])]
    command.__doc__ = verb.__doc__
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {item.name: item.annotation for item in parameters}
    return command


def _run(name: str, verb: Verb, wish: Wish, options: dict[str, Any]) -> None:
    """Has the work done, writes, and says what came of it."""
    chosen, layout = checked_formats(wish.formats), layout_of(wish.chord_symbols, wish.concert_pitch, wish.repeats)
    stem = f"{stem_of(wish.file)}-{name}" if wish.name is None else file_name(wish.name, {"seed": wish.seed})
    keep_source(Path(wish.file), targets(wish.output, stem, chosen), "give another --name, or another folder with -o")
    with folder_for(wish.output):
        with progress_bar(stem, wish.quiet) as progress:
            wish = replace(wish, progress=progress)
            done = replace(verb(wish, **options), source=wish.source, layout=layout)
        if wish.expression is not None:
            done = replace(done, expression=wish.expression)
        write_collaboration(done, wish.output, stem, chosen, as_json=wish.as_json, quiet=wish.quiet)


def targets(folder: Path, stem: str, formats: tuple[str, ...]) -> list[Path]:
    """What is to be written."""
    return [folder / f"{stem}.{suffix}" for suffix in (*formats, "json")]


def write_collaboration(
    done: Collaboration, folder: Path, stem: str, formats: tuple[str, ...], *, as_json: bool, quiet: bool
) -> None:
    """Writes what the partner made and prints what came of it."""
    from composer.cli.summary import summarise

    with progress_bar(f"{stem} sound", quiet) as progress:
        files = done.write(folder, stem, formats, progress=progress)

    def record() -> dict[str, Any]:
        return {
            "seed": done.brief.seed,
            **summarise(done.score),
            "verb": done.verb,
            "options": done.options,
            "report": done.report,
            "originality": done.originality,
        }

    print_outcome(files, record, done.remarks, as_json=as_json, quiet=quiet)


VERBS: dict[str, Verb] = {
    "continue": _continue,
    "infill": _infill,
    "accompany": _accompany,
    "vary": _vary,
    "transfer": _transfer,
}
COMMANDS: dict[str, Callable[..., None]] = {name: _command(name, verb) for name, verb in VERBS.items()}
