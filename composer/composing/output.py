"""A piece on disk: score files, audio and the sidecar, all or none, and never over existing files without permission."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from composer.arranging import set_swing
from composer.composing.record import PieceRecord, damaged
from composer.controls import STACCATO, highest_velocity
from composer.errors import BadInputError
from composer.files import Existing, place, staging, write_atomically
from composer.formats import SHEET_SUFFIXES, WRITERS, check_installed, write_score
from composer.formats.engraving.layout import Layout
from composer.formats.midi.performance_midi import write_performed
from composer.formats.provenance import Provenance
from composer.formats.sidecar import read_sidecar, write_sidecar
from composer.performance import Manner, pedaled, profile_for
from composer.plan import Plan
from composer.presets import features, styles
from composer.score import Score

Progress = Callable[[float], None]
AUDIO_FORMATS = ("wav", "flac", "ogg", "mp3")
PERFORMANCE = "performance.mid"
SHEET_FORMATS = tuple(suffix.removeprefix(".") for suffix in SHEET_SUFFIXES)
_EDITED = ("mid", "midi")  # the formats in which a user's file is edited
# Fields of a sidecar that are equal only if the piece is the same.
_IDENTITY = ("schema", "kind", "model", "brief", "plan", "options", "assumptions", "source", "streams")
# Families of styles whose players read chord symbols.
_SYMBOL_FAMILIES = ("band", "electronic", "folk")
# Names of what can be written, in the order of writing.
FORMATS = (*(suffix.removeprefix(".") for suffix in WRITERS), *AUDIO_FORMATS)


def checked_formats(formats: object) -> tuple[str, ...]:
    """Names of formats without doubles; "json" is dropped, since the sidecar always comes along.

    Args:
        formats: names in a list, or in a text separated by commas.

    Raises:
        BadInputError: one that is not known, or none.
        MissingExtraError: one that needs a package that is not installed.
    """
    items = formats.split(",") if isinstance(formats, str) else formats
    if not isinstance(items, list | tuple) or not all(isinstance(item, str) for item in items):
        raise BadInputError(f"formats {formats!r} cannot be read: give names such as mid,musicxml")
    names = tuple(dict.fromkeys(item.strip().lower().removeprefix(".") for item in items if item.strip()))
    unknown = next((name for name in names if name not in FORMATS and name != "json"), None)
    if unknown is not None or not names:
        raise BadInputError(f"format {unknown or formats!r} is not known: choose from {', '.join(FORMATS)}")
    for name in names:
        check_installed(f".{name}")
    return tuple(name for name in names if name != "json")


def formats_beside(sidecar: Path) -> tuple[str, ...]:
    """The formats in which files of the piece are beside its sidecar, in the order of `FORMATS`."""
    stem = sidecar.name.removesuffix(".json")
    return tuple(item for item in FORMATS if sidecar.with_name(f"{stem}.{item}").is_file())


def recorded_formats(sidecar: Path) -> tuple[str, ...]:
    """The formats that a sidecar records; of one that records none, those of the files beside it.

    Raises:
        BadInputError: it cannot be read, or records formats that are not known.
    """
    recorded = read_sidecar(sidecar).get("formats")
    return checked_formats(recorded) if recorded else formats_beside(sidecar)


def write(
    record: PieceRecord,
    stem: Path,
    formats: Sequence[str],
    *,
    existing: Existing = Existing.NUMBER,
    sources: Sequence[Path] = (),
    progress: Progress | None = None,
) -> list[Path]:
    """Writes a piece as `<stem>.<format>` for each format, and its sidecar `<stem>.json`: all of them or none.

    A user's MIDI file that a verb edited keeps everything but its notes. Unless files are numbered, the sidecar of the same
    piece is updated: it lists all formats whose files exist, and names, layout and sound of the last writing.

    Args:
        record: the piece.
        stem: an existing folder, and the file name without suffix.
        formats: names in `FORMATS`.
        existing: what happens where one of the files exists; by default all files of the piece get the next free number.
        sources: files that are never replaced.
        progress: called with the fraction of the audio done, 0 to 1.

    Returns:
        The files in the order of `formats`, then the sidecar.

    Raises:
        BadInputError: an unknown format, a file that exists and may not be replaced, or a place that cannot be written.
    """
    for item in formats:
        if item not in FORMATS:
            raise BadInputError(f"format {item!r} is not known: choose from {', '.join(FORMATS)}")
    score, provenance = titled(record), record.provenance
    manner = _manner_of(record)
    # The pedal of sheet music is that of a performance, which other formats need not compute.
    notation, layout = printed(record) if {*formats} & {*SHEET_FORMATS} else (score, _styled(record))
    with staging(stem.parent) as hidden:
        staged = {item: hidden / f"{stem.name}.{item}" for item in (*formats, "json")}
        for item in formats:
            if item in _EDITED and record.edited_source:
                write_atomically(staged[item], to_midi(record))
            elif item == PERFORMANCE:
                write_performed(score, staged[item], provenance, **manner)
            elif item not in AUDIO_FORMATS:
                write_score(notation if item in SHEET_FORMATS else score, staged[item], provenance, layout)
        audio = [staged[item] for item in formats if item in AUDIO_FORMATS]
        rendering = None
        if audio:
            from composer.render import render_score

            sound = record.delivery.sound
            rendering = render_score(score, *audio, **manner, **sound, provenance=provenance, progress=progress)
        content = record.to_sidecar(rendering, formats)
        earlier = None if existing is Existing.NUMBER else _earlier_sidecar(content, stem)
        write_sidecar(_united(earlier, content, stem) if earlier else content, staged["json"])
        updates = ("json",) if earlier else ()
        return list(place(staged, stem.parent, stem.name, existing, sources, updates).values())


def _earlier_sidecar(content: dict[str, Any], stem: Path) -> dict[str, Any] | None:
    """The sidecar that is in the place of a new one, if it describes the same piece."""
    path = stem.with_name(f"{stem.name}.json")
    if not path.is_file():
        return None
    try:
        earlier = read_sidecar(path)
    except BadInputError:
        return None
    new = json.loads(json.dumps(content))  # lists for tuples
    return earlier if all(earlier.get(name) == new.get(name) for name in _IDENTITY) else None


def _united(earlier: dict[str, Any], content: dict[str, Any], stem: Path) -> dict[str, Any]:
    """A sidecar with the formats of an earlier one whose files still exist."""
    listed = recorded if isinstance(recorded := earlier.get("formats"), list) else []
    before = [item for item in FORMATS if item in listed and stem.with_name(f"{stem.name}.{item}").is_file()]
    audio = {"rendering": earlier["rendering"]} if "rendering" in earlier and set(before) & set(AUDIO_FORMATS) else {}
    return {**audio, **content, "formats": list(dict.fromkeys([*before, *content["formats"]]))}


def to_midi(record: PieceRecord) -> bytes:
    """The MIDI file that `write` writes."""
    from composer.formats.midi.midi_score import midi_bytes

    if source := record.edited_source:
        return source.edited(record.score, record.provenance)
    return midi_bytes(titled(record), record.provenance)


def titled(record: PieceRecord) -> Score:
    """The score with the names that the user gives it, if any."""
    return record.delivery.named(record.score)


def printed(record: PieceRecord) -> tuple[Score, Layout]:
    """What sheet music prints of a piece, and its layout.

    Pianists have the pedal of the performance, unless a user's file has its own.
    """
    score = titled(record) if record.notation is None else record.notation
    return score if record.score.is_pedaled else pedaled(score, **_manner_of(record)), _styled(record)


def check_writable(path: Path) -> None:
    """Says before the work that a file of this suffix cannot be written.

    Raises:
        BadInputError: unknown suffix.
        MissingExtraError: the format needs a package that is not installed.
    """
    known = [item for item in FORMATS if path.name.lower().endswith(f".{item}")]
    if not known:
        raise BadInputError(f"format {path.suffix or path.name!r} is not known: use one of .{' .'.join(FORMATS)}")
    check_installed(f".{max(known, key=len)}")


def write_any(
    score: Score,
    path: Path,
    provenance: Provenance | None = None,
    layout: Layout | None = None,
    *,
    progress: Progress | None = None,
    **played: Any,
) -> None:
    """Writes a score in the format of the path's suffix: notation, sequencer, picture, or sound with the options `played`.

    Raises:
        BadInputError: unknown suffix, or something the format or the disk refuses.
    """
    check_writable(path)
    if path.suffix.lower().removeprefix(".") in AUDIO_FORMATS:
        from composer.render import render_score

        render_score(score, path, provenance=provenance, progress=progress, **played)
    elif path.name.lower().endswith(f".{PERFORMANCE}"):
        write_performed(score, path, provenance, **played)
    else:
        write_score(score, path, provenance, layout)


def recorded_manner(sidecar: Path) -> Manner:
    """How a piece is played by its sidecar; the defaults where there is none.

    Raises:
        BadInputError: the sidecar cannot be read or is damaged.
    """
    if not sidecar.is_file():
        return {}
    content = read_sidecar(sidecar)
    try:
        played = {name: content["performance"][name] for name in ("expression", "style", "seed")}
        plan = Plan.from_dict(content["plan"]) if "plan" in content else None
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise damaged(sidecar, error) from None
    return _manner(plan, **played)


def _manner_of(record: PieceRecord) -> Manner:
    """How a piece is played."""
    return _manner(record.plan, record.expression, record.style, record.brief.seed)


def _manner(plan: Plan | None, expression: float, style: str | None, seed: int) -> Manner:
    swing = set_swing(plan) if plan else ()
    pedal = not plan or (
        plan.articulation != STACCATO and all(features()[name].leaves_out != "pedal" for name in plan.features)
    )
    highest = highest_velocity(plan.loudest) if plan and plan.loudest else None
    return {"expression": expression, "style": style, "seed": seed, "swing": swing, "pedal": pedal, "highest": highest}


def _styled(record: PieceRecord) -> Layout:
    """The layout with what the style says: whether its players read chord symbols, and whether they swing."""
    layout, requested = record.layout, record.brief.style[0][0] if record.brief.style else ""
    family = styles()[requested].family if requested in styles() else None
    symbols = family in _SYMBOL_FAMILIES if layout.chord_symbols is None and family else layout.chord_symbols
    return replace(layout, swing=profile_for(requested or record.style).swing > 0, chord_symbols=symbols)
