"""`infill`: a stretch of bars, or some parts of it, written anew between what stands on both sides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

from composer.brief import Brief
from composer.composing.record import PieceRecord
from composer.errors import BadInputError
from composer.rework.brief_controls import ask_chords, ask_mood, ask_style
from composer.rework.context import Finished, Material, deliver, draft_of_material, refuse_fields
from composer.rework.draft import Draft
from composer.rework.harmonizing import hear_chords
from composer.rework.part_names import find_parts
from composer.rework.session import Session, SessionOptions
from composer.rework.writing import StreamSampler
from composer.score import Score


def infill(
    score: Score,
    first_bar: int,
    end_bar: int,
    brief: Brief | None = None,
    *,
    parts: Sequence[str] = (),
    **session_options: Unpack[SessionOptions],
) -> PieceRecord:
    """Writes bars anew, with both sides known.

    Args:
        score: the piece; what is outside the region is kept.
        first_bar: first bar of the region, counted from 0.
        end_bar: the bar after its last.
        brief: of what style and mood, over which chords; seed, temperature, top_p.
        parts: names or numbers (from 1) of the parts to write; empty for all.
        session_options: see `SessionOptions`.

    Raises:
        ModelNotFoundError: there is no such model.
        BadInputError: no such bars or parts, or the piece cannot be worked with.
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
        draft = draft_of_material(material, session.tokenizer)
        open_places(draft, material, places)
        draft.keeps_dynamics = not ask_mood(draft, brief, region)
        ask_style(draft, brief)
        ask_chords(draft, brief, region, material.shift)
        sampler.write(draft)
        return deliver(material, draft, places)

    return session.run("infill", {"bars": _range(first_bar, end_bar), "parts": list(parts)}, write)


def _range(first_bar: int, end_bar: int) -> str:
    """As users count bars."""
    return f"{first_bar + 1}" if end_bar == first_bar + 1 else f"{first_bar + 1}-{end_bar}"


def open_places(draft: Draft, material: Material, places: frozenset[tuple[int, int]]) -> None:
    """Takes the notes out of some places, and of their bars what they told of harmony and returns."""
    hear_chords(draft, material.normal, places)
    draft.open_up(places)
    for bar in {bar for bar, _ in places}:
        draft.recalls.pop(bar, None)
