"""Values of options: `moods`, `styles`, `composers`, `ensembles`, `instruments`, `forms`.

`soundfonts`: lists and adds soundfonts for audio.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from composer.cli.console import print_json, print_table
from composer.cli.options import argument

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object per line.")]


def _show(table: Mapping[str, Any], cells: Callable[[Any], tuple[str, ...]], as_json: bool) -> None:
    if as_json:
        for row in table.values():
            print_json(asdict(row))
    else:
        print_table([(row.name, *cells(row)) for row in table.values()])


def moods(as_json: AsJson = False) -> None:
    """List the mood tags with their valence and arousal (-1 to 1) and synonyms."""
    from composer.presets import moods

    _show(moods(), lambda row: (f"{row.valence:+.2f}", f"{row.arousal:+.2f}", ", ".join(row.aliases)), as_json)


def styles(as_json: AsJson = False) -> None:
    """List the styles: learned ones (genre, era) and arranged ones, which are built from learned ones."""
    from composer.presets import styles

    _show(styles(), lambda row: (row.kind, row.description), as_json)


def composers(as_json: AsJson = False) -> None:
    """List the composers that --style accepts in addition to styles."""
    from composer.presets import composers

    _show(composers(), lambda row: (f"{row.born}-{row.died}", row.era, row.title), as_json)


def ensembles(as_json: AsJson = False) -> None:
    """List the ensembles with their parts."""
    from composer.presets import ensembles

    _show(ensembles(), lambda row: (", ".join(part.name for part in row.parts),), as_json)


def instruments(as_json: AsJson = False) -> None:
    """List the instruments with the General MIDI program of their sound (0-127) and range (MIDI pitches), then percussion."""
    from composer.presets import Percussion, instruments, percussion

    def cells(row: Any) -> tuple[str, ...]:
        sound = ("drums", "") if isinstance(row, Percussion) else (str(row.program), f"{row.low}-{row.high}")
        return (*sound, ", ".join(row.aliases))

    _show({**instruments(), **percussion()}, cells, as_json)


def forms(as_json: AsJson = False) -> None:
    """List the forms with their sections."""
    from composer.presets import forms

    _show(forms(), lambda row: (" ".join(row.letters), row.description), as_json)


COMMANDS: dict[str, Callable[..., None]] = {
    "moods": moods,
    "styles": styles,
    "composers": composers,
    "ensembles": ensembles,
    "instruments": instruments,
    "forms": forms,
}


app = typer.Typer(help="The soundfonts on this machine.", rich_markup_mode=None)


@app.command("list")
def list_(as_json: Annotated[bool, typer.Option("--json", help="One JSON object per line.")] = False) -> None:
    """List the soundfonts on this machine, the best first, with their licenses."""
    from composer.render.soundfonts import HOW_TO_IMPROVE, list_soundfonts

    found = list_soundfonts()
    if as_json:
        for font in found:
            print_json({**asdict(font), "path": str(font.path)})
        return
    print_table([(font.name, f"{font.size_bytes / 1e6:.0f} MB", font.license, str(font.path)) for font in found])
    print(HOW_TO_IMPROVE)


@app.command()
def add(file: Annotated[Path, argument("FILE", "A .sf2 or .sf3 file.")]) -> None:
    """Copy a soundfont to the data folder, where all commands find it."""
    from composer.render.soundfonts import add_soundfont

    print(add_soundfont(file).path)
