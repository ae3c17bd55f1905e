"""`reduce`: arranges a score for piano or as a lead sheet."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from composer.cli.console import progress_bar
from composer.cli.options import (
    AnyScore,
    AssumeKey,
    AssumeMeter,
    Overwrite,
    option,
    provenance_of,
    read_any,
    sources_of,
    stem_of,
)


def reduce(
    file: AnyScore,
    output: Annotated[Path, option("OUT", "Output file; its suffix selects the format.", names=("-o", "--output"))],
    to: Annotated[str, typer.Option(metavar="TARGET", help="piano, or lead-sheet: melody and chord symbols.")] = "piano",
    assume_meter: AssumeMeter = None,
    assume_key: AssumeKey = None,
    overwrite: Overwrite = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="No messages or progress.")] = False,
) -> None:
    """Arrange a score for piano (two hands), or write its melody and chords as a lead sheet."""
    from composer.composing.output import check_writable, write_any
    from composer.files import check_free, new_file
    from composer.rework.melodies import melody_remark
    from composer.rework.reducing import checked_reduction
    from composer.rework.reducing import reduce as reduced
    from composer.understanding import Assumptions, understand

    checked_reduction(to)
    check_writable(output)
    check_free([output], overwrite=overwrite, sources=sources_of(file))
    stated = Assumptions.parse(assume_meter, assume_key)
    understood = understand(read_any(file), meter=stated.meter, key=stated.key)
    if not quiet:
        for remark in (*understood.notes, *melody_remark(understood.score)):
            print(remark, file=sys.stderr)
    score = reduced(understood, to)
    score = score if score.title else replace(score, title=stem_of(file))
    with (
        new_file(output, overwrite=overwrite, sources=sources_of(file)) as place,
        progress_bar(output.name, quiet) as progress,
    ):
        write_any(score, place, provenance_of(file), progress=progress)
    print(output)


COMMANDS: dict[str, Callable[..., None]] = {"reduce": reduce}
