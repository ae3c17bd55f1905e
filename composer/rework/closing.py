"""The close of a piece whose last bar is written: everybody settles on the tonic and drums strike once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from composer.rework.partial_piece import PartialPiece
from composer.tokenizer import Tokenizer


def close(piece: PartialPiece, drums: Iterable[int]) -> None:
    """Lets the last bars of a piece be a cadence, to the tonic unless the chord of the last bar is stated.

    Args:
        piece: its last bar is open in pitched parts.
        drums: parts of which the last bar stands already; its strokes after the first beat are left out.
    """
    last = piece.n_bars - 1
    for part in drums:
        if segment := piece.segments.get((last, part)):
            piece.open.discard((last, part))
            piece.segments[last, part] = replace(segment, ids=_first_strokes(piece.tokenizer, segment.ids))
    if piece.has_harmony:
        piece.closes = True
        piece.chords.setdefault(last, (piece.tokenizer.vocabulary.chord(piece.home.tonic_triad),))


def _first_strokes(tokenizer: Tokenizer, ids: Sequence[int]) -> tuple[int, ...]:
    """The strokes on the first beat of a bar of drums, which are all that is played under a held chord."""
    tokens, types = tokenizer.merges.decode(ids), tokenizer.vocabulary.types
    later = (
        place for place, token in enumerate(tokens) if types[token] == "Position" and tokenizer.vocabulary.note_steps[token]
    )
    return tuple(tokens[: next(later, len(tokens))])
