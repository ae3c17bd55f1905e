"""`learn`: learns a style from the user's music; also lists and removes user styles."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from composer.cli.console import described_bar, print_json, print_table, progress_bar
from composer.cli.numerals import within
from composer.cli.options import argument
from composer.errors import BadInputError

if TYPE_CHECKING:
    from composer.composing.audition import Audition
    from composer.training.user_style.learning import Learned


def learn(
    folder: Annotated[Path | None, argument("[DIR]", "Your MIDI, MusicXML, kern or ABC files, 20 to 200.")] = None,
    name: Annotated[str | None, typer.Option(metavar="NAME", help="Name of the style: letters a-z, digits, hyphens.")] = None,
    minutes: Annotated[
        float, typer.Option(metavar="M", parser=within("minutes", float, 0.05, 1440), help="Time limit for tuning.")
    ] = 60.0,
    passes: Annotated[
        float,
        typer.Option(metavar="P", parser=within("passes", float, 0.1, 1000), help="Maximum number of passes over the music."),
    ] = 16.0,
    replace: Annotated[bool, typer.Option("--replace", help="Replace an existing style of that name.")] = False,
    model: Annotated[str | None, typer.Option(metavar="NAME|PATH", help="Model to tune; `cantilena models list`.")] = None,
    seed: Annotated[int, typer.Option(metavar="N", parser=within("seed", int, 0, 2**63 - 1), help="Random seed.")] = 0,
    list_styles: Annotated[bool, typer.Option("--list", help="List your styles instead.")] = False,
    remove: Annotated[str | None, typer.Option(metavar="NAME", help="Remove one of your styles instead.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="No progress.")] = False,
) -> None:
    """Learn a style from your music on this machine; then compose in it with --style NAME."""
    if sum((folder is not None, list_styles, remove is not None)) != 1:
        raise BadInputError("options exclude each other: give a folder and --name, or --list, or --remove NAME")
    if list_styles:
        _list(as_json)
        return
    if remove is not None:
        _remove(remove)
        return
    assert folder is not None
    if name is None:
        raise BadInputError("name is missing: give one with --name, such as --name mine")
    from composer.training.user_style.music import check_free, score_files

    check_free(name, replace)  # before loading torch
    score_files(folder)
    from composer.composing.audition import audition
    from composer.training.user_style import learning
    from composer.training.user_style.finetune import Tuning

    tuning = Tuning(minutes=minutes, passes=passes, seed=seed)
    with described_bar(f"learning {name}", quiet) as progress:
        learned = learning.learn(folder, name, model=model, tuning=tuning, replace_old=replace, progress=progress)
    with progress_bar(f"trying {name}", quiet) as audition_progress:
        tried = audition(name, model=model, progress=audition_progress)
    _show(learned, tried, as_json)


def _show(learned: Learned, tried: Audition, as_json: bool) -> None:
    warnings = _warnings(learned, tried)
    if as_json:
        print_json(
            {
                **learned.style.to_json(),
                "folder": str(learned.style.folder),
                "curve": learned.tuned.curve,
                "ended": learned.tuned.reason,
                "longest_own_passage_notes": tried.longest_notes,
                "warnings": warnings,
            }
        )
        return
    for line in (*_summary(learned, tried), *(f"warning: {warning}" for warning in warnings)):
        print(line, file=sys.stderr)
    print(learned.style.folder)


def _warnings(learned: Learned, tried: Audition) -> list[str]:
    copied = (
        f"{tried.longest_notes} consecutive notes of {tried.source} occur in one of {tried.pieces} composed pieces: "
        "learn again with fewer --passes or more files"
    )
    return [*learned.warnings, *([copied] if tried.copies(learned.held_out_overlap) else [])]


def _summary(learned: Learned, tried: Audition) -> list[str]:
    style, tuned = learned.style, learned.tuned
    ended = {"no better": "held-out music stopped improving", "time": "time limit reached", "finished": "all passes done"}
    return [
        f"{style.files} files, {style.held_out_files} of them held out, {style.notes:,} training notes",
        f"held-out bits per note: {style.bits_before:.2f} without a style, {style.bits_nearest:.2f} as {style.nearest}, "
        f"{style.bits_after:.2f} as {style.name}",
        f"{style.passes:g} passes in {style.minutes:.1f} minutes; {ended[tuned.reason]}",
        f"longest passage of yours in {tried.pieces} composed pieces: {tried.longest_notes or 'none of nine or more'} notes",
    ]


def _list(as_json: bool) -> None:
    from composer.presets.user_styles import UserStyle, read_styles

    for name, style in read_styles().items():
        if as_json:
            print_json(style.to_json() if isinstance(style, UserStyle) else {"name": name, "error": str(style)})
    if not as_json:
        print_table(
            [
                (name, style.model, style.description) if isinstance(style, UserStyle) else (name, "", str(style))
                for name, style in read_styles().items()
            ]
        )


def _remove(name: str) -> None:
    from composer.presets.user_styles import checked_name, read_styles, remove_style

    if not remove_style(checked_name(name)):
        known = ", ".join(read_styles()) or "there are none"
        raise BadInputError(f"style {name!r} is not one of yours: {known}")


COMMANDS: dict[str, Callable[..., None]] = {"learn": learn}
