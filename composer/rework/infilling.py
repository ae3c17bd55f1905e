"""`infill`: rewrite some bars, or some parts in them, to fit the music on both sides."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Unpack

from composer.analysis.melody import leading_parts
from composer.arranging import bands
from composer.arranging.recognizing import kindred_band
from composer.brief import Brief
from composer.errors import BadInputError
from composer.presets import fold, instrument_of, resolve_instrument
from composer.rework.brief_controls import apply_chords, apply_dials, apply_mood, apply_style
from composer.rework.closing import close
from composer.rework.following import scale_kept
from composer.rework.harmonizing import state_estimated_chords
from composer.rework.in_style import is_free, request_in_style, rewritten, style_in
from composer.rework.keeping import KeptNotes, NotAsBefore, onsets_of, timed_as
from composer.rework.material import (
    Finished,
    Material,
    merge_into_user_score,
    open_places,
    partial_piece_of,
    range_text,
    refuse_fields,
    with_lines,
)
from composer.rework.partial_piece import PartialPiece, Place
from composer.rework.stream_sampler import StreamSampler
from composer.rework.verb_session import Session, SessionOptions, VerbFunction, Work
from composer.rework.verbs import Bars, checked_keep
from composer.score import Part, Score

Write = Callable[[StreamSampler], Finished]

_TRIALS, _FREE_TRIALS = 6, 2  # attempts at a region that comes out unchanged; later ones forbid its first notes


@VerbFunction
def infill(
    score: Score,
    bars: Sequence[Bars] = (),
    brief: Brief | None = None,
    *,
    parts: Sequence[str] = (),
    keep: str | None = None,
    **session_options: Unpack[SessionOptions],
) -> Work:
    """Rewrites bars to fit what is before and after them; every region differs from the original.

    Args:
        score: the piece; everything outside the regions is kept.
        bars: of each region the first bar, counted from 0, and the bar after its last; in order, without common bars; by
            default all bars.
        brief: style, mood, chords, density, polyphony; seed, temperature, top_p.
        parts: names or numbers (from 1) of the parts to write; by default all that play in a region.
        keep: "rhythm" keeps onsets, lengths and loudness, "pitches" the pitches of each bar in their order.
        session_options: see `SessionOptions`.

    Raises:
        ModelNotFoundError: there is no such model.
        BadInputError: no such bars or parts, or the piece has no notes or too many bars.
    """
    brief = brief or Brief()
    refuse_fields(brief, "infill")
    session = Session.open(score, brief, session_options)
    material, user = session.material, session.material.understood.score
    checked_keep(keep)
    bars = bars or ((0, len(user.bars)),)
    regions = [material.bars_between(first, end) for first, end in bars]
    material = material.in_bars(bars)
    chosen = find_parts(user.parts, parts) if parts else tuple(range(len(user.parts)))
    written = [bar for region in regions for bar in region]
    session = session.settled(material, material.parts, len(written))
    brief = session.brief
    players = [chosen if parts else _players_in(material.normal, region) or chosen for region in regions]
    places = frozenset((bar, part) for region, group in zip(regions, players, strict=True) for bar in region for part in group)

    def write(sampler: StreamSampler) -> Finished:
        if not keep and (led := _in_band(material, brief, sampler, bars, chosen)):
            return led
        piece = partial_piece_of(material, session.tokenizer)
        old = onsets_of(piece, places)
        open_region(piece, material, places)
        piece.keeps_dynamics = not apply_mood(piece, brief, written)
        scale = scale_kept(piece, written, bound_chords=bool(brief.chords))
        kept_notes = (*((KeptNotes(keep, old),) if keep else ()), *((scale,) if keep != "pitches" else ()))
        piece.rules = kept_notes
        apply_style(piece, brief)
        apply_dials(piece, brief)
        apply_chords(piece, brief, written, material.shift)
        closed = frozenset[Place]()
        if not keep and not score.is_loop and _reaches_end(piece, places):
            closed = places & {(piece.n_bars - 1, part) for part in piece.drums}
            close(piece, [part for _, part in closed])
        for trial in range(_TRIALS):
            sampler.write(piece)
            done = merge_into_user_score(material, piece, places, keep=keep)
            groups = [(part,) for part in chosen] if keep else [chosen]  # what is to differ by itself
            same = [(span, group) for span in bars for group in groups if _is_unchanged(user, done.notation, span, group, keep)]
            if not same:
                return _timed_as(score, done) if keep == "rhythm" else done
            again = places & {(bar, part) for span, group in same for bar in material.bars_between(*span) for part in group}
            if trial >= _FREE_TRIALS:
                piece.rules = (*kept_notes, NotAsBefore(keep, {place: old[place] for place in _firsts(again)}))
            piece.open_segments(again - closed)
        spans = _ranges(sorted({span for span, _ in same}))
        return replace(done, warnings=(*done.warnings, f"bars {spans} came out as they were in some parts: give more bars"))

    options = {"bars": _ranges(bars), "parts": list(parts), **({"keep": keep} if keep else {})}
    return partial(session.run, "infill", options, naming_parts(write, user.parts, parts))


def _in_band(
    material: Material, brief: Brief, sampler: StreamSampler, bars: Sequence[Bars], parts: Sequence[int]
) -> Finished | None:
    """The piece with new notes of the lead of a band, and of other players, in some bars.

    `None` if the lead stays, or nothing is to be followed.
    """
    user = material.understood.score
    style = style_in(material, brief) or kindred_band(user)
    has_tune = style in bands() and bands()[style].groove and bands()[style].tune  # melodies by phrases have none
    if len(bars) != 1 or not has_tune or is_free(brief) or brief.chords:
        return None
    [(first, end)] = bars
    leads, playing = leading_parts(user)[first:end].tolist(), _players_in(user, range(first, end))
    lead = max(leads, key=leads.count)
    whole = set(playing) <= set(parts) and len(parts) > 1
    if 2 * leads.count(lead) <= len(leads) or lead not in parts:
        return None
    request = request_in_style(material, replace(brief, bars=end - first), style, material.parts, sampler, lead)
    if request is None or request.plan.meter != user.bars[0].time_signature:
        return None
    closes = end == len(user.bars) and not (whole and user.is_loop)
    lines = rewritten(request if closes else request.without_ending(), lead, range(first, end), parts, whole=whole)
    begins = user.bars[first].start_ticks
    moved = {
        part: [replace(note, start_ticks=note.start_ticks + begins) for note in notes]
        for part, notes in lines.items()
        if part in playing
    }
    done = with_lines(material, range(first, end), moved) if moved else None
    return None if done is None or _is_unchanged(user, done.notation, (first, end), parts, None) else done


def _reaches_end(piece: PartialPiece, places: frozenset[Place]) -> bool:
    """Whether all pitched parts that play in the last bar of a piece are written again there."""
    last = piece.n_bars - 1
    playing = {(last, part) for part in piece.parts if not piece.is_drum(part) and piece.segment_notes((last, part))}
    return any(bar == last and not piece.is_drum(part) for bar, part in places) and playing <= places


def _timed_as(user: Score, done: Finished) -> Finished:
    """The result with the exact rhythm of the user's parts."""
    pairs = zip(user.parts, done.score.parts, strict=True)
    parts = tuple(replace(part, notes=timed_as(before.notes, part.notes)) for before, part in pairs)
    return replace(done, score=replace(done.score, parts=parts))


def _players_in(score: Score, bars: range) -> tuple[int, ...]:
    """The parts that strike a note in some bars."""
    start, end = score.bars[bars[0]].start_ticks, score.bars[bars[-1]].end_ticks
    return tuple(index for index, part in enumerate(score.parts) if any(start <= note.start_ticks < end for note in part.notes))


def _firsts(places: Collection[Place]) -> Iterator[Place]:
    """Of each part the first bar of each run of bars."""
    return (place for place in places if (place[0] - 1, place[1]) not in places)


def _is_unchanged(user: Score, written: Score, span: tuple[int, int], parts: Sequence[int], keep: str | None) -> bool:
    """Whether onsets and pitches of some parts are in some bars what they were; silence is kept as what it is."""
    start, end = user.bars[span[0]].start_ticks, user.bars[span[1] - 1].end_ticks

    def notes(score: Score) -> list[tuple[int, int, int]]:
        return [(p, n.start_ticks, n.pitch) for p in parts for n in score.parts[p].notes if start <= n.start_ticks < end]

    before = notes(user)
    return before == notes(written) and not (keep and not before)


def _ranges(bars: Sequence[tuple[int, int]]) -> str:
    return ",".join(map(range_text, bars))


def open_region(piece: PartialPiece, material: Material, places: frozenset[tuple[int, int]]) -> None:
    """Opens some segments; in their bars, harmony and recalls no longer depend on the old notes."""
    state_estimated_chords(piece, material.normal, places)
    open_places(piece, material, places)
    for bar in {bar for bar, _ in places}:
        piece.recalls.pop(bar, None)


def find_parts(parts: Sequence[Part], names: Sequence[str]) -> tuple[int, ...]:
    """Indices of the parts that are named: by number (from 1), name, or instrument ("violin 2": the second violin).

    Raises:
        BadInputError: no such part.

    >>> quartet = [Part("Violin I", 40), Part("Violin II", 40), Part("", 41), Part("Cello", 42)]
    >>> find_parts(quartet, ["violin 2", "viola", "4"])
    (1, 2, 3)
    """
    return tuple(sorted({index for text in names for index in _matching(parts, text)}))


def naming_parts(write: Write, parts: Sequence[Part], names: Sequence[str]) -> Write:
    """What writes the parts that are named, with a remark on each name that several of them have."""
    several = [(text, found) for text in names if len(found := _matching(parts, text)) > 1]
    remarks = tuple(
        f"part {text!r} is {_numbered(parts, found)}, all of which are written: give a number for one of them"
        for text, found in several
    )

    def write_and_name(sampler: StreamSampler) -> Finished:
        done = write(sampler)
        return replace(done, warnings=(*remarks, *done.warnings))

    return write_and_name


def _matching(parts: Sequence[Part], text: str) -> list[int]:
    numbers = {str(index + 1): index for index in range(len(parts))}
    if text.strip() in numbers:
        return [numbers[text.strip()]]
    folded = fold(text)
    named = [index for index, part in enumerate(parts) if fold(part.name) == folded]
    if named:
        return named
    stem, _, number = folded.rpartition("-")
    is_numbered = bool(stem) and number.isdecimal()
    playing = _playing(parts, stem if is_numbered else folded)
    if is_numbered:
        playing = [index for count, index in enumerate(playing, 1) if str(count) == number]
    if playing:
        return playing
    raise BadInputError(f"part {text!r} is not in the piece: it has {_numbered(parts, range(len(parts)))}")


def _playing(parts: Sequence[Part], name: str) -> list[int]:
    if name in ("drums", "drum", "percussion"):
        return [index for index, part in enumerate(parts) if part.is_drum]
    try:
        program = resolve_instrument(name).program
    except BadInputError:
        return []
    return [index for index, part in enumerate(parts) if not part.is_drum and part.program == program]


def _numbered(parts: Sequence[Part], indices: Iterable[int]) -> str:
    """The numbers of parts, from 1, and their names or instruments."""
    titles = ("Drums" if part.is_drum else instrument_of(part.program).title for part in parts)
    names = [part.name or title for part, title in zip(parts, titles, strict=True)]
    return ", ".join(f"{index + 1} {names[index]}" for index in indices)
