"""`soundfonts`: what the audio is played with, and how to get a better sound."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from composer.cli.console import print_json, print_table

app = typer.Typer(help="The soundfonts on this machine.", rich_markup_mode=None)


@app.command("list")
def list_(as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False) -> None:
    """List the soundfonts found, the best first, with their licences."""
    from composer.render.soundfonts import HOW_TO_IMPROVE, list_soundfonts

    found = list_soundfonts()
    if as_json:
        for font in found:
            print_json({**asdict(font), "path": str(font.path)})
        return
    print_table([(font.name, f"{font.size_bytes / 1e6:.0f} MB", font.licence, str(font.path)) for font in found])
    print(HOW_TO_IMPROVE)


@app.command()
def add(file: Annotated[Path, typer.Argument(metavar="FILE", help="A .sf2 or .sf3 file.")]) -> None:
    """Copy a soundfont to where every later command finds it."""
    from composer.render.soundfonts import add_soundfont

    print(add_soundfont(file).path)
