"""`inspect`, `render` and `convert`: analyzes a score file, renders it to audio, or converts it to another format."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from composer.cli.console import print_json, print_table, progress_bar, write_stdout
from composer.cli.numerals import within
from composer.cli.options import (
    STDIN,
    STDOUT,
    AnyScore,
    AssumeKey,
    AssumeMeter,
    ChordSymbols,
    ConcertPitch,
    Expression,
    Overwrite,
    PerformanceStyle,
    Quantize,
    Repeats,
    Room,
    Soundfont,
    argument,
    expressed,
    folder_for,
    layout_of,
    option,
    performed_style,
    provenance_of,
    quantized,
    read_any,
    sources_of,
    stem_of,
)
from composer.cli.writing import write_parts
from composer.errors import BadInputError

if TYPE_CHECKING:
    from composer.performance import Manner
    from composer.score import Key, Score


def inspect(
    file: AnyScore,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object with more detail.")] = False,
    assume_meter: AssumeMeter = None,
    assume_key: AssumeKey = None,
    picture: Annotated[
        Path | None,
        option("OUT", "Also write a .png or .svg: piano roll with chords, sections and mood curve."),
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """Show keys, meter, tempo, form, chords, texture, mood, parts and quality of a score file."""
    from composer.analysis.overview import survey
    from composer.cli.sheet import sheet, subtitle
    from composer.cli.summary import summarize
    from composer.files import check_free, new_file
    from composer.formats import check_installed
    from composer.formats.pictures.piano_roll import write_roll
    from composer.formats.sidecar import SCHEMA_VERSION
    from composer.originality import check_originality, default_index

    if picture and picture.suffix.lower() not in (".png", ".svg"):
        raise BadInputError(f"picture {picture.name!r} has an unknown format: give a .png or .svg file")
    if picture:
        check_free([picture], overwrite=overwrite, sources=sources_of(file))
        if picture.suffix.lower() == ".png":
            check_installed(".roll.png")
    score, used_key, remarks = _understood(read_any(file), assume_meter, assume_key)
    overview = survey(score)
    summary = summarize(score, overview, used_key)
    originality = check_originality(score, default_index())
    if picture:
        drawn = overview.annotated()
        named = replace(drawn, title=drawn.title or stem_of(file))
        with new_file(picture, overwrite=overwrite, sources=sources_of(file)) as place:
            write_roll(named, place, moods=overview.moods, subtitle=subtitle(summary))
    if as_json:
        print_json(
            {
                "schema": SCHEMA_VERSION,
                "file": file,
                "title": score.title,
                "understood": remarks,
                **summary,
                "originality": originality.to_dict(),
            }
        )
    else:
        print_table(
            [
                ("file", "standard input" if file == STDIN else file),
                *([("title", score.title)] if score.title else []),
                *([("understood", "; ".join(remarks))] if remarks else []),
                *sheet(summary),
                ("originality", originality.sentence()),
            ]
        )


def _understood(score: Score, meter: str | None, key: str | None) -> tuple[Score, Key | None, list[str]]:
    """The score to measure, the key in which verbs work, and messages on how it was read.

    Its bars are estimated or assumed if those of the file are meaningless.
    """
    from composer.understanding import Assumptions, understand
    from composer.understanding.barlines import states_bars

    stated = Assumptions.parse(meter, key)
    if not any(part.notes for part in score.parts):
        return score, None, []
    understood = understand(score, meter=stated.meter, key=stated.key)
    has_bars = states_bars(score.time_signatures) or not score.time_signatures
    trusted = understood.timing != "performed" and stated == Assumptions() and has_bars
    measured = score if trusted else replace(understood.score, chords=score.chords)
    return measured, understood.key, list(understood.notes)


def render(
    file: AnyScore,
    output: Annotated[
        Path | None,
        option("AUDIO", "A .wav, .flac, .ogg or .mp3; by default a new FILE.wav here.", names=("-o", "--output")),
    ] = None,
    soundfont: Soundfont = None,
    expression: Expression = None,
    style: PerformanceStyle = None,
    seed: Annotated[int, typer.Option(metavar="N", parser=within("seed", int), help="Seed of the performance.")] = 0,
    room: Room = None,
    bits: Annotated[
        int | None, typer.Option(metavar="16|24", parser=within("bits", int), help="Bit depth of WAV and FLAC; 24 by default.")
    ] = None,
    stems: Annotated[Path | None, option("DIR", "Also write a dry file per part and their sum, to a new folder.")] = None,
    overwrite: Overwrite = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="No progress.")] = False,
) -> None:
    """Render a score file to an audio file."""
    from composer.files import Existing, check_free, place, staging
    from composer.render import render_score
    from composer.render.audio import check_format

    target = output or Path(f"{stem_of(file)}.wav")
    check_format(target, bits)
    sources = sources_of(file)
    if output:
        check_free([target], overwrite=overwrite, sources=sources)
    if stems and target.absolute() in (stems.absolute(), *stems.absolute().parents):
        raise BadInputError(f"{stems} cannot be both the audio file and the folder of the stems: give another folder")
    if stems and not overwrite and stems.exists() and (not stems.is_dir() or any(stems.iterdir())):
        raise BadInputError(f"{stems} already exists: give another folder for the stems, or --overwrite to replace its files")
    existing = Existing.REPLACE if overwrite else Existing.REFUSE if output else Existing.NUMBER
    manner: Manner = {"style": performed_style(style), "seed": seed, **expressed(expression)}
    score, provenance = read_any(file), provenance_of(file)
    of_stems = folder_for(stems) if stems else nullcontext()
    with folder_for(target.parent), of_stems, staging(target.parent, target) as hidden:
        staged = hidden / target.name
        with progress_bar(target.name, quiet) as progress:
            rendering = render_score(
                score,
                staged,
                provenance=provenance,
                soundfont=soundfont,
                room=room,
                bits=bits,
                stems=stems,
                progress=progress,
                **manner,
            )
        suffix = target.suffix.removeprefix(".")
        mix = place({suffix: staged}, target.parent, target.stem, existing, sources)[suffix]
    for path in (mix, *rendering.files[1:]):
        print(path)


def convert(
    file: AnyScore,
    target: Annotated[
        Path,
        argument("OUT", "Output file; its suffix selects the format. - writes MIDI to standard output."),
    ],
    expression: Expression = None,
    parts: Annotated[bool, typer.Option("--parts", help="Write sheet music for each player: OUT-1-violin ...")] = False,
    transpose: Annotated[
        str | None, typer.Option(metavar="INTERVAL", help='Semitones (-3), an interval ("m3 down") or a key ("to E minor").')
    ] = None,
    quantize: Quantize = None,
    title: Annotated[str | None, option("TEXT", "Title instead of that in the file.")] = None,
    composer: Annotated[str | None, option("NAME", "Name printed as the composer instead of that in the file.")] = None,
    chord_symbols: ChordSymbols = "auto",
    concert_pitch: ConcertPitch = False,
    repeats: Repeats = True,
    overwrite: Overwrite = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="No progress.")] = False,
) -> None:
    """Convert a score file: to notation, MIDI, a picture or audio; .performance.mid is MIDI with expressive timing."""
    from composer.composing.delivery import Delivery
    from composer.composing.output import check_writable, write_any
    from composer.files import check_free, new_file
    from composer.formats import SHEET_SUFFIXES
    from composer.formats.midi.midi_score import midi_bytes

    layout = layout_of(chord_symbols, concert_pitch, repeats)
    names = Delivery(title, composer)

    def read() -> tuple[Score, list[str]]:
        """The score as it is to be written, and what to say about it."""
        return _transposed(names.named(quantized(read_any(file), quantize)), transpose)

    if str(target) == STDOUT:
        score, lines = read()
        write_stdout(midi_bytes(score, provenance_of(file)), () if quiet else lines)
        return
    check_writable(target)
    if parts and not target.name.lower().endswith(SHEET_SUFFIXES):
        raise BadInputError(f"{target.name!r} is not sheet music: --parts writes {' '.join(SHEET_SUFFIXES)}")
    if not parts:
        check_free([target], overwrite=overwrite, sources=sources_of(file))
    (score, lines), provenance = read(), provenance_of(file)
    if not quiet:
        for line in lines:
            print(line, file=sys.stderr)
    if parts:
        with folder_for(target.parent):
            written = write_parts(score, target, provenance, layout, overwrite=overwrite, sources=sources_of(file))
        print(*written, sep="\n")
        return
    with (
        folder_for(target.parent),
        new_file(target, overwrite=overwrite, sources=sources_of(file)) as place,
        progress_bar(target.name, quiet) as progress,
    ):
        write_any(score, place, provenance, layout, progress=progress, **expressed(expression))
    print(target)


def _transposed(score: Score, interval: str | None) -> tuple[Score, list[str]]:
    """The score in another key, if one is requested, and a line on the notes that are out of range there."""
    if interval is None:
        return score, []
    from composer.understanding.transposition import newly_out_of_range, transpose

    moved = transpose(score, interval)
    return moved, [line] if (line := newly_out_of_range(score, moved)) else []


COMMANDS: dict[str, Callable[..., None]] = {"inspect": inspect, "render": render, "convert": convert}
