"""`inspect`, `render` and `convert`: what a score file holds, how it sounds, and the same in another format."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypedDict

import typer

from composer.cli.console import print_json, print_table, progress_bar
from composer.cli.options import (
    AssumeKey,
    AssumeMeter,
    ChordSymbols,
    ConcertPitch,
    Expression,
    Quantize,
    Repeats,
    assumed,
    layout_of,
    quantized,
)
from composer.errors import BadInputError

if TYPE_CHECKING:
    from composer.score import Score

File = Annotated[Path, typer.Argument(metavar="FILE", help="A MIDI, MusicXML or other score file.")]


def inspect(
    file: File,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, with more detail.")] = False,
    assume_meter: AssumeMeter = None,
    assume_key: AssumeKey = None,
    picture: Annotated[
        Path | None,
        typer.Option(metavar="OUT", help="Also a .png or .svg: piano roll with chords, sections and the curve of moods."),
    ] = None,
) -> None:
    """Show what a score file holds: keys, metre, tempo, form, chords, texture, mood, parts and quality."""
    from composer.analysis.overview import survey
    from composer.cli.sheet import sheet, subtitle
    from composer.cli.summary import summarise
    from composer.formats import read_score
    from composer.formats.roll import write_roll
    from composer.originality import check_originality, default_index

    if picture and picture.suffix.lower() not in (".png", ".svg"):
        raise BadInputError(f"picture {picture.name!r} is of no known kind: name a .png or .svg file")
    score, remarks = _understood(read_score(file), assume_meter, assume_key)
    overview = survey(score)
    summary = summarise(score, overview)
    originality = check_originality(score, default_index())
    if picture:
        drawn = overview.annotated()
        named = replace(drawn, title=drawn.title or file.stem)
        write_roll(named, picture, moods=overview.moods, subtitle=subtitle(summary))
    if as_json:
        print_json(
            {"file": str(file), "title": score.title, "understood": remarks, **summary, "originality": originality.to_dict()}
        )
    else:
        print_table(
            [
                ("file", str(file)),
                *([("title", score.title)] if score.title else []),
                *([("understood", "; ".join(remarks))] if remarks else []),
                *sheet(summary),
                ("originality", originality.sentence()),
            ]
        )


def _understood(score: Score, meter: str | None, key: str | None) -> tuple[Score, list[str]]:
    """The score to measure and how it was understood: in bars by ear, or as assumed, where the file's own mean nothing."""
    from composer.transcription import understand
    from composer.transcription.barlines import states_bars

    stated = assumed(meter, key)
    if not any(part.notes for part in score.parts):
        return score, []
    understood = understand(score, meter=stated[0], key=stated[1])
    own_bars = states_bars(score.time_signatures) or not score.time_signatures
    trusted = understood.timing != "performed" and stated == (None, None) and own_bars
    return score if trusted else replace(understood.score, chords=score.chords), list(understood.notes)


def render(
    file: File,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="AUDIO", help="A .wav, .flac, .ogg or .mp3; by default FILE.wav here."),
    ] = None,
    soundfont: Annotated[
        str | None, typer.Option(metavar="FILE|NAME", help="A .sf2 file; by default the best one found.")
    ] = None,
    expression: Expression = None,
    style: Annotated[str | None, typer.Option(metavar="NAME", help="Whose manner it is played in; by default neutral.")] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Seed of the performance.")] = 0,
    room: Annotated[
        str | None, typer.Option(metavar="NAME", help="none, studio, chamber, hall or church; by default what suits.")
    ] = None,
    bits: Annotated[int | None, typer.Option(metavar="16|24", help="Bit depth of WAV and FLAC; 24 by default.")] = None,
    stems: Annotated[Path | None, typer.Option(metavar="DIR", help="Also a dry file a part, and their sum.")] = None,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="No progress.")] = False,
) -> None:
    """Play a score file to an audio file."""
    from composer.formats import read_score
    from composer.formats.provenance import find_provenance
    from composer.render import render_score

    score = read_score(file)
    target = output or Path(file.stem + ".wav")
    with progress_bar(target.name, quiet) as progress:
        rendering = render_score(
            score,
            target,
            provenance=find_provenance(file),
            style=style,
            seed=seed,
            soundfont=soundfont,
            room=room,
            bits=bits,
            stems=stems,
            progress=progress,
            **_played(expression),
        )
    for path in rendering.files:
        print(path)


def convert(
    file: File,
    target: Annotated[Path, typer.Argument(metavar="OUT", help="File to write; its suffix names the format.")],
    expression: Expression = None,
    parts: Annotated[bool, typer.Option("--parts", help="A file of sheet music for each player: OUT-1-violin ...")] = False,
    quantize: Quantize = None,
    chord_symbols: ChordSymbols = "auto",
    concert_pitch: ConcertPitch = False,
    repeats: Repeats = True,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="No progress.")] = False,
) -> None:
    """Write a score file in another format: notation, sequencer, picture or sound; .performance.mid is MIDI as played."""
    from composer.formats import SHEET_SUFFIXES, read_score, write_score
    from composer.formats.extraction import write_parts
    from composer.formats.performance_midi import write_performed
    from composer.formats.provenance import find_provenance
    from composer.render import FORMATS, render_score

    layout = layout_of(chord_symbols, concert_pitch, repeats)
    if parts and not target.name.lower().endswith(SHEET_SUFFIXES):
        raise BadInputError(f"{target.name!r} is no sheet music: --parts writes {' '.join(SHEET_SUFFIXES)}")
    score = quantized(read_score(file), quantize)
    provenance = find_provenance(file)
    if parts:
        for path in write_parts(score, target, provenance, layout):
            print(path)
        return
    if target.suffix.lower() in FORMATS:
        with progress_bar(target.name, quiet) as progress:
            render_score(score, target, provenance=provenance, progress=progress, **_played(expression))
    elif target.name.lower().endswith(".performance.mid"):
        write_performed(score, target, provenance, **_played(expression))
    else:
        write_score(score, target, provenance, layout)
    print(target)


class _Played(TypedDict, total=False):
    expression: float


def _played(expression: float | None) -> _Played:
    """The option where it was given; what plays has its own default."""
    return {} if expression is None else {"expression": expression}


COMMANDS: dict[str, Callable[..., None]] = {"inspect": inspect, "render": render, "convert": convert}
