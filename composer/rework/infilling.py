"""`infill`: write some bars again, or some parts of them, to fit what is on both sides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

from composer.brief import Brief
from composer.composing.record import PieceRecord
from composer.errors import BadInputError
from composer.presets import fold, instrument_of, resolve_instrument
from composer.rework.brief_controls import apply_chords, apply_mood, apply_style
from composer.rework.harmonizing import state_estimated_chords
from composer.rework.material import Finished, Material, merge_into_user_score, partial_piece_of, refuse_fields
from composer.rework.partial_piece import PartialPiece
from composer.rework.stream_sampler import StreamSampler
from composer.rework.verb_session import Session, SessionOptions
from composer.score import Part, Score


def infill(
    score: Score,
    first_bar: int,
    end_bar: int,
    brief: Brief | None = None,
    *,
    parts: Sequence[str] = (),
    **session_options: Unpack[SessionOptions],
) -> PieceRecord:
    """Writes bars again, given what is before and after them.

    Args:
        score: the piece; everything outside the region is kept.
        first_bar: first bar of the region, counted from 0.
        end_bar: the bar after its last.
        brief: style, mood, chords; seed, temperature, top_p.
        parts: names or numbers (from 1) of the parts to write; by default all.
        session_options: see `SessionOptions`.

    Raises:
        ModelNotFoundError: there is no such model.
        BadInputError: no such bars or parts, or the piece has no notes or too many bars.
    """
    brief = brief or Brief()
    refuse_fields(brief, "infill", ("style", "chords", "mood", "valence", "arousal", "intensity"))
    session = Session.open(score, brief, session_options)
    material, user = session.material, session.material.understood.score
    if not 0 <= first_bar < end_bar <= len(user.bars):
        raise BadInputError(f"bars {_range(first_bar, end_bar)} are not all in the piece: it has bars 1 to {len(user.bars)}")
    chosen = find_parts(user.parts, parts) if parts else tuple(range(len(user.parts)))
    region = material.bars_between(first_bar, end_bar)
    places = frozenset((bar, part) for bar in region for part in chosen)

    def write(sampler: StreamSampler) -> Finished:
        piece = partial_piece_of(material, session.tokenizer)
        open_region(piece, material, places)
        piece.keeps_dynamics = not apply_mood(piece, brief, region)
        apply_style(piece, brief)
        apply_chords(piece, brief, region, material.shift)
        sampler.write(piece)
        return merge_into_user_score(material, piece, places)

    return session.run("infill", {"bars": _range(first_bar, end_bar), "parts": list(parts)}, write)


def _range(first_bar: int, end_bar: int) -> str:
    """The bars as users count them."""
    return f"{first_bar + 1}" if end_bar == first_bar + 1 else f"{first_bar + 1}-{end_bar}"


def open_region(piece: PartialPiece, material: Material, places: frozenset[tuple[int, int]]) -> None:
    """Opens some segments; in their bars, harmony and recalls no longer depend on the old notes."""
    state_estimated_chords(piece, material.normal, places)
    piece.open_segments(places)
    for bar in {bar for bar, _ in places}:
        piece.recalls.pop(bar, None)


def find_parts(parts: Sequence[Part], wanted: Sequence[str]) -> tuple[int, ...]:
    """Indices of the parts that are named: by number (from 1), name, or instrument ("violin 2": the second violin).

    Raises:
        BadInputError: no such part.

    >>> quartet = [Part("Violin I", 40), Part("Violin II", 40), Part("", 41), Part("Cello", 42)]
    >>> find_parts(quartet, ["violin 2", "viola", "4"])
    (1, 2, 3)
    """
    return tuple(sorted({index for text in wanted for index in _matching(parts, text)}))


def _matching(parts: Sequence[Part], text: str) -> list[int]:
    if text.strip().isdecimal() and 1 <= int(text) <= len(parts):
        return [int(text) - 1]
    folded = fold(text)
    named = [index for index, part in enumerate(parts) if fold(part.name) == folded]
    if named:
        return named
    stem, _, number = folded.rpartition("-")
    is_numbered = bool(stem) and number.isdecimal()
    playing = _players(parts, stem if is_numbered else folded)
    if is_numbered:
        playing = playing[int(number) - 1 : int(number)] if int(number) else []
    if playing:
        return playing
    known = ", ".join(f"{index + 1} {part.name or _title(part)}" for index, part in enumerate(parts))
    raise BadInputError(f"part {text!r} is not in the piece: it has {known}")


def _players(parts: Sequence[Part], name: str) -> list[int]:
    if name in ("drums", "drum", "percussion"):
        return [index for index, part in enumerate(parts) if part.is_drum]
    try:
        program = resolve_instrument(name).program
    except BadInputError:
        return []
    return [index for index, part in enumerate(parts) if not part.is_drum and part.program == program]


def _title(part: Part) -> str:
    if part.is_drum:
        return "Drums"
    return instrument_of(part.program).title
