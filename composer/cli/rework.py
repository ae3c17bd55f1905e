"""The verbs, which work on the user's music: a command for each entry of `composer.rework.verbs`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from composer.cli.console import Progress, progress_bar
from composer.cli.numerals import within
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
from composer.cli.signature import brief_parameters, command, option_parameters, parameters_of
from composer.cli.writing import write_piece
from composer.rework.verbs import VERBS, Verb

if TYPE_CHECKING:
    from composer.brief import Brief
    from composer.composing.source import Source
    from composer.rework import SessionOptions


@dataclass(frozen=True, kw_only=True)
class SharedOptions(WritingOptions):
    """The options that the verbs share."""

    file: AnyScore
    influence: Annotated[str | None, option("FILE", "A piece whose style and players are taken where none are named.")] = None
    seed: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            parser=within("seed", int),
            help="Same file, options, seed and model: same notes. Drawn if left out.",
        ),
    ] = None
    name: Annotated[str | None, option("NAME", "File name, by default FILE-VERB-{seed}; also {index}.", WRITING)] = None
    assume_meter: AssumeMeter = None
    assume_key: AssumeKey = None

    def brief(self, options: Options) -> Brief:
        """The brief of options, and what an influence adds."""
        from composer.brief import Brief
        from composer.composing.influence import Influence

        brief, influence = Brief.from_dict(options), self.influence
        return brief if influence is None else Influence.of(read_any(influence), Path(influence).name).for_verb(brief)

    def read_source(self) -> Source:
        """The piece in its file."""
        from composer.composing.source import Source

        if self.file == STDIN:
            return Source.of_midi(midi_from_stdin(), "standard input")
        return Source.read(Path(self.file))

    def session(self, progress: Progress | None) -> SessionOptions:
        """What all functions of `composer.rework` take."""
        from composer.understanding import Assumptions

        return {
            "assumptions": Assumptions.parse(self.assume_meter, self.assume_key),
            "model": self.model,
            "engine": self.engine,
            "candidates": self.candidates or 1,
            "progress": progress,
        }


Options = Mapping[str, Any]  # as given, `None` where they are left out


def _command(verb: Verb) -> Callable[..., None]:
    """The command of a verb: the file, its options, those of the brief that it takes, and those that all verbs share."""
    shared = {item.name: item for item in parameters_of(SharedOptions) if item.name != "influence" or verb.takes_influence}
    file = shared.pop("file")
    of_verb = option_parameters(verb.options)
    of_brief = [item for item in brief_parameters(verb.name) if item.name not in shared]

    def run(**given: Any) -> None:
        options = {item.name: given.pop(item.name) for item in of_verb}
        brief_options = {item.name: given.pop(item.name) for item in of_brief}
        _run(verb, SharedOptions(**given), options, brief_options)

    run.__doc__ = verb.help
    return command(run, [file, *of_verb, *of_brief, *shared.values()])


def _run(verb: Verb, shared: SharedOptions, options: Options, brief_options: Options) -> None:
    """Runs a verb for each take, writes the pieces and reports them."""
    from composer.composing.naming import default_name, file_name

    target = shared.target(shared.file)
    target.checked_formats()  # before anything takes time
    layout_of(shared.chord_symbols, shared.concert_pitch, shared.repeats)
    delivery = shared.checked_delivery()
    first = any_seed() if shared.seed is None else shared.seed
    checked_takes(first, shared.count, shared.name, target)
    source = shared.read_source()
    with folder_for(shared.output):
        for index in range(shared.count):
            values = {"seed": first + index, "index": index + 1}
            usual = default_name(stem_of(shared.file), verb.name, first + index)
            stem = usual if shared.name is None else file_name(shared.name, values)
            with progress_bar(stem, shared.quiet) as progress:
                brief = shared.brief({**brief_options, "seed": first + index})
                done = verb.run(source.score, brief, options, **shared.session(progress))
            write_piece(shared.finished(replace(done, source=source), delivery), stem, target)


COMMANDS: dict[str, Callable[..., None]] = {verb.name: _command(verb) for verb in VERBS.values()}
