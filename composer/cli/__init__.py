"""The command line. Assembles the commands; each group has its file, and heavy imports happen when a command runs.

Exit codes: 0 success, 1 failure, 2 usage, 3 bad input, 4 model not found, 130 interrupted.
"""

from __future__ import annotations

from typing import Annotated

import typer

from composer.cli import (
    bulk,
    checkpoints,
    compose,
    data,
    learn,
    names,
    play,
    reduce,
    rework,
    schema,
    scores,
    studio,
    train,
)
from composer.cli.exit_codes import ReportingGroup
from composer.cli.grouping import GroupedCommand, SectionedGroup

__all__ = ["app"]

app = typer.Typer(
    name="cantilena",
    cls=ReportingGroup,
    help="Composes multi-part music under the control of mood, style and form, and writes it as MIDI, MusicXML and audio.",
    rich_markup_mode=None,  # plain help: rich takes longer to import than everything else
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(given: bool) -> None:
    if given:
        from composer.formats.provenance import software

        print(software())
        raise typer.Exit


@app.callback(invoke_without_command=True)
def main(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Composes multi-part music under the control of mood, style and form, and writes it as MIDI, MusicXML and audio."""
    if context.invoked_subcommand is None:
        print(context.get_help())


_COMPOSE, _PARTNER, _STUDIO, _FILES = "Compose", "Work on existing music", "Studio", "Files"
_NAMES, _MODELS = "Values of options", "Models, data and sound"
_SECTIONS = (
    (_COMPOSE, compose),
    (_COMPOSE, bulk),
    (_COMPOSE, learn),
    (_PARTNER, rework),
    (_STUDIO, studio),
    (_FILES, scores),
    (_FILES, play),
    (_FILES, reduce),
    (_NAMES, names),
    (_MODELS, train),
    (_MODELS, schema),
)
for section, group in _SECTIONS:
    for name, command in group.COMMANDS.items():
        app.command(name, cls=GroupedCommand, rich_help_panel=section)(command)
app.add_typer(bulk.app, name="farm", cls=SectionedGroup, rich_help_panel=_COMPOSE)
for name, group_app in (("models", checkpoints.app), ("soundfonts", names.app), ("data", data.app)):
    app.add_typer(group_app, name=name, cls=SectionedGroup, rich_help_panel=_MODELS)
