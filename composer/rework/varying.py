"""`vary`: keep form, harmony and tonic; `amount` determines how much of the rest is rewritten."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Unpack

from composer.arranging.mode_change import parallel
from composer.arranging.recognizing import kindred_band, plays_bass, recognized_band
from composer.brief import Brief
from composer.errors import BadInputError
from composer.rework.brief_controls import apply_dials, apply_mood, apply_style
from composer.rework.following import rules_of_runs, running, struck
from composer.rework.infilling import find_parts, naming_parts
from composer.rework.material import (
    Finished,
    merge_into_user_score,
    open_places,
    partial_piece_of,
    range_text,
    refuse_fields,
    understand_material,
)
from composer.rework.other_mode import in_mode
from composer.rework.partial_piece import PartialPiece, Place, literal_returns, notes_of
from composer.rework.stream_sampler import StreamSampler
from composer.rework.verb_session import Session, SessionOptions, VerbFunction, Work
from composer.score import Mode, Score

_UNIT_BARS = 2  # bars that are varied together: long enough for a figure
_STEP = 2  # semitones that a variation goes beyond the range of its theme at most
_ALIKE = 0.6  # share of common onsets from which two parts move together


@VerbFunction
def vary(
    score: Score,
    amount: float,
    brief: Brief | None = None,
    *,
    bars: tuple[int, int] | None = None,
    parts: Sequence[str] = (),
    mode: Mode | None = None,
    **session_options: Unpack[SessionOptions],
) -> Work:
    """Writes a variation on a piece.

    Args:
        score: the theme.
        amount: share of the music that is written again, 0 (the piece itself) to 1 (only form, harmony, key, meter,
            ensemble and the last bar are kept). With the same seed, a larger amount changes everything that a smaller one
            changes, and more.
        brief: style, mood; seed, temperature, top_p.
        bars: first bar (from 0) and the bar after the last of a selection, outside which nothing changes; by default all. The
            last bar of the piece changes only if it is selected alone.
        parts: names or numbers (from 1) of the parts to vary; by default all but the drums and the bass of a known band, whose
            groove stays.
        mode: of the variation, on the same tonic; by default that of the piece. In the other one, notes and chords are those on
            the same degrees.
        session_options: see `SessionOptions`.

    Raises:
        ModelNotFoundError: there is no such model.
        BadInputError: the amount is out of range, there are no such bars or parts, a selection is to have a mode, or the
            piece has no notes, too many bars or no major or minor key for a mode.
    """
    brief = brief or Brief()
    refuse_fields(brief, "vary")
    if not 0 <= amount <= 1:
        raise BadInputError(f"amount {amount:g} is out of range: give a number from 0 to 1")
    if mode and (bars or parts):
        raise BadInputError("mode is that of the whole piece: leave out bars and parts, or mode")
    session = Session.open(score, brief, session_options)
    session = session if mode is None else _in_mode(session, mode)
    material, is_moved = session.material, session.material.user is not score
    user = material.understood.score
    first, end = bars or (0, len(user.bars))
    front = _front_line(user)
    chosen, keeps_groove = frozenset(find_parts(user.parts, parts)) if parts else front, front is not None
    region = frozenset(material.bars_between(first, end)) if bars else None
    session = session.settled(material, material.parts, end - first)
    selection = {**({"bars": range_text(bars)} if bars else {}), **({"parts": list(parts)} if parts else {})}

    def write(sampler: StreamSampler) -> Finished:
        piece = partial_piece_of(material, session.tokenizer)
        piece.assign_players(material.parts_within(_STEP), material.shift)
        if not selection:
            piece.repeats = literal_returns(piece, piece.parts)
        places = places_to_vary(piece, amount, brief.seed, region, chosen)
        open_places(piece, material, places)
        apply_style(piece, brief)
        apply_dials(piece, brief)
        runs = {**running(piece, places), **(struck(piece, places) if keeps_groove else {})}
        copies = notes_of(piece, runs)
        piece.rules = rules_of_runs(piece, runs)
        if places:
            piece.keeps_dynamics = not apply_mood(piece, brief)
            sampler.write(piece)
        done = merge_into_user_score(material, piece, places, copies=copies)
        remark = f"in {material.key}: notes that are only moved to this mode count as kept"
        return replace(done, edits=False, warnings=(*done.warnings, remark)) if is_moved else done

    options = {"amount": amount, **selection, **({"mode": mode} if mode else {})}
    return partial(session.run, "vary", options, naming_parts(write, user.parts, parts))


def _in_mode(session: Session, mode: Mode) -> Session:
    """The session with the piece in a mode."""
    before = session.material
    moved = in_mode(before, mode)
    if moved is before.user:
        return session
    assumed = replace(session.assumptions, key=before.key and parallel(before.key))
    return replace(session, material=understand_material(moved, assumed))


def _front_line(score: Score) -> frozenset[int] | None:
    """The parts of a known band that are neither its drums nor its bass; `None` for other pieces."""
    if not (recognized_band(score) or kindred_band(score)):
        return None
    return frozenset(index for index, part in enumerate(score.parts) if not part.is_drum and not plays_bass(part)) or None


def places_to_vary(
    piece: PartialPiece,
    amount: float,
    seed: int,
    region: frozenset[int] | None = None,
    parts: frozenset[int] | None = None,
) -> frozenset[Place]:
    """The segments to write again: units of two bars of parts that move together, in an order that depends on the seed.

    A passage that repeats exactly is varied where it first occurs, and repeats varied. The last bar is kept as the close unless
    it is selected alone. `region` and `parts` limit the choice to a selection of bars and parts.
    """
    last = piece.n_bars - 1
    units: dict[tuple[int, frozenset[int]], list[Place]] = {}
    stretches: dict[int, list[int]] = {}
    for bar in range(last) if region is None else sorted(region - {last} or region):
        stretches.setdefault(piece.repeats.get(bar, bar) // _UNIT_BARS, []).append(bar)
    for stretch, bars in stretches.items():
        for group in moving_together(piece, bars):
            places = [(bar, part) for bar in bars for part in sorted(group)
                      if (bar, part) in piece.segments and (parts is None or part in parts)]  # fmt: skip
            if places:
                units[stretch, group] = places
    order = sorted(units, key=lambda unit: (unit[0], sorted(unit[1])))
    random.Random(f"{seed}:vary").shuffle(order)
    count = max(round(amount * len(order)), int(amount > 0 and (region, parts) != (None, None)))
    return frozenset(place for unit in order[:count] for place in units[unit])


def moving_together(piece: PartialPiece, bars: Sequence[int]) -> list[frozenset[int]]:
    """Groups of parts; two parts are in one group if they share most of their onsets in some bars.

    Varying one part of a chorale alone would break its rhythm against the others.
    """
    onsets = {
        part: frozenset((bar, step) for bar in bars for step, _, _ in piece.segment_notes((bar, part))) for part in piece.parts
    }
    groups: list[set[int]] = []
    for part, mine in onsets.items():
        near = [group for group in groups if any(_alike(mine, onsets[other]) for other in group)]
        groups = [group for group in groups if group not in near] + [{part}.union(*near)]
    return [frozenset(group) for group in groups]


def _alike(one: frozenset[tuple[int, int]], other: frozenset[tuple[int, int]]) -> bool:
    return len(one & other) >= _ALIKE * len(one | other) > 0
