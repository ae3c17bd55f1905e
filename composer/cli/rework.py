"""The verbs `continue`, `infill`, `accompany`, `vary` and `transfer`, which work on the user's music.

Each verb is a function of the options that all verbs share, of options of `Brief` and of its own; `_command` makes its command.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from composer.cli import completion
from composer.cli.console import Progress, progress_bar
from composer.cli.options import (
    STDIN,
    WRITING,
    AnyScore,
    AssumeKey,
    AssumeMeter,
    WritingOptions,
    any_seed,
    checked_takes,
    folder_for,
    layout_of,
    midi_from_stdin,
    option,
    read_any,
    stem_of,
)
from composer.cli.signature import brief_parameters, command, parameters_of
from composer.cli.writing import write_piece
from composer.errors import BadInputError

if TYPE_CHECKING:
    from composer.brief import Brief
    from composer.composing import PieceRecord
    from composer.composing.source import Source
    from composer.rework import SessionOptions


Bars = Annotated[int, option("N", "Bars to add, 1 to 256.")]
Ending = Annotated[bool, typer.Option("--ending/--no-ending", help="Close with a cadence, or stop as if more came.")]
Region = Annotated[str, option("FIRST-LAST[,...]", "Bars to write again, counted from 1: 9-16, or 3-4,12.")]
Keep = Annotated[str | None, option("WHAT", "Keep the rhythm, or the pitches of each bar: rhythm or pitches.")]
Parts = Annotated[str | None, option("LIST", 'Only these parts, by name or number: "violin 2,cello".')]
Influenced = Annotated[str | None, option("FILE", "A piece whose style and players are taken where none are named.")]
Add = Annotated[str | None, option("LIST", 'Instruments to add: "bass,piano"; also drums.', None, completion.instruments)]
Amount = Annotated[float, option("0..1", "0 is the piece itself, 1 keeps only form, harmony and ensemble.")]


@dataclass(frozen=True, kw_only=True)
class SharedOptions(WritingOptions):
    """The options that all verbs share, and the progress callback."""

    file: AnyScore
    seed: Annotated[int | None, option("N", "Same file, options, seed and model: same notes. Drawn if left out.")] = None
    name: Annotated[str | None, option("NAME", "File name, by default FILE-VERB-{seed}; also {index}.", WRITING)] = None
    assume_meter: AssumeMeter = None
    assume_key: AssumeKey = None
    progress: Progress | None = field(default=None, metadata={"is_option": False})

    def brief(self, options: Mapping[str, Any], influence: str | None = None, **others: object) -> Brief:
        """The brief of a verb: its options from the table of `Brief`, the seed, and what an influence adds."""
        from composer.brief import Brief
        from composer.composing.influence import Influence

        brief = Brief.from_dict({**options, **others, "seed": self.seed})
        return brief if influence is None else Influence.of(read_any(influence), Path(influence).name).for_verb(brief)

    @cached_property
    def source(self) -> Source:
        """The piece in its file."""
        from composer.composing.source import Source

        if self.file == STDIN:
            return Source.of_midi(midi_from_stdin(), "standard input")
        return Source.read(Path(self.file))

    @property
    def session(self) -> SessionOptions:
        """What all functions of `composer.rework` take."""
        from composer.understanding import Assumptions

        return {
            "assumptions": Assumptions.parse(self.assume_meter, self.assume_key),
            "model": self.model,
            "engine": self.engine,
            "candidates": self.candidates or 1,
            "progress": self.progress,
        }


Verb = Callable[..., "PieceRecord"]
Options = Mapping[str, Any]  # those of the table of `Brief` that a verb takes, as given


def _continue(shared: SharedOptions, options: Options, bars: Bars = 16, ending: Ending = True) -> PieceRecord:
    """Continue a piece in its key, meter, ensemble and material."""
    from composer import rework

    return rework.continue_(shared.source.score, shared.brief(options, bars=bars), ending=ending, **shared.session)


def _infill(shared: SharedOptions, options: Options, bars: Region, parts: Parts = None, keep: Keep = None) -> PieceRecord:
    """Write some bars of a piece again, or some parts of them, to fit what is on both sides."""
    from composer import rework

    brief, chosen = shared.brief(options), _listed("parts", parts)
    return rework.infill(shared.source.score, rework.bar_ranges(bars), brief, parts=chosen, keep=keep, **shared.session)


def _accompany(shared: SharedOptions, options: Options, add: Add = None, influence: Influenced = None) -> PieceRecord:
    """Add parts to a melody or to whatever is given, up to a full arrangement; what is given stays."""
    from composer import rework

    brief = shared.brief(options, influence)
    return rework.accompany(shared.source.score, brief, add=_listed("add", add), **shared.session)


def _vary(shared: SharedOptions, options: Options, amount: Amount = 0.5) -> PieceRecord:
    """Write a variation that keeps form and harmony."""
    from composer import rework

    return rework.vary(shared.source.score, amount, shared.brief(options), **shared.session)


def _transfer(shared: SharedOptions, options: Options, influence: Influenced = None) -> PieceRecord:
    """Keep a piece's melody and form, and write harmony, texture and ensemble again in another style."""
    from composer import rework

    return rework.transfer(shared.source.score, shared.brief(options, influence), **shared.session)


def _listed(option: str, text: str | None) -> tuple[str, ...]:
    items = tuple(item.strip() for item in (text or "").split(",") if item.strip())
    if text is not None and not items:
        raise BadInputError(f"--{option} {text!r} names nothing: give names separated by commas, or leave it out")
    return items


def _command(name: str, verb: Verb) -> Callable[..., None]:
    """The command of a verb: the file, its own options, those of the table of `Brief`, and those that all verbs share."""
    hints = get_type_hints(verb, globals() | {"PieceRecord": None}, include_extras=True)
    verb_parameters = [
        item.replace(annotation=hints[item.name], kind=item.KEYWORD_ONLY)
        for item in list(inspect.signature(verb).parameters.values())[2:]
    ]
    shared = {item.name: item for item in parameters_of(SharedOptions)}
    file, others = shared.pop("file"), shared.values()
    known = {item.name for item in (*verb_parameters, *others)}
    of_brief = [item for item in brief_parameters(name) if item.name not in known]

    def run(**given: Any) -> None:
        options = {item.name: given.pop(item.name) for item in of_brief}
        verb_options = {item.name: given.pop(item.name) for item in verb_parameters}
        _run(name, verb, SharedOptions(**given), options, verb_options)

    run.__doc__ = verb.__doc__
    return command(run, [file, *verb_parameters, *of_brief, *others])


def _run(name: str, verb: Verb, shared: SharedOptions, options: Options, verb_options: Options) -> None:
    """Runs a verb for each take, writes the pieces and reports them."""
    from composer.composing.naming import default_name, file_name

    target = shared.target(shared.file)
    target.checked_formats()  # before anything takes time
    layout_of(shared.chord_symbols, shared.concert_pitch, shared.repeats)
    delivery = shared.checked_delivery()
    first = any_seed() if shared.seed is None else shared.seed
    checked_takes(first, shared.count, shared.name, target)
    source = shared.source
    with folder_for(shared.output):
        for index in range(shared.count):
            values = {"seed": first + index, "index": index + 1}
            usual = default_name(stem_of(shared.file), name, first + index)
            stem = usual if shared.name is None else file_name(shared.name, values)
            with progress_bar(stem, shared.quiet) as progress:
                take = replace(shared, seed=first + index, progress=progress)
                take.__dict__["source"] = source  # read once: standard input has no second time
                done = replace(verb(take, options, **verb_options), source=source)
            write_piece(shared.finished(done, delivery), stem, target)


VERBS: dict[str, Verb] = {
    "continue": _continue,
    "infill": _infill,
    "accompany": _accompany,
    "vary": _vary,
    "transfer": _transfer,
}
COMMANDS: dict[str, Callable[..., None]] = {name: _command(name, verb) for name, verb in VERBS.items()}
