"""Rules for rewritten bars: who plays, joints with the given bars, notes held over into them, silence before an upbeat."""

from __future__ import annotations

from itertools import accumulate, pairwise

import numpy as np

from composer.guide import NoteRule, Rule, Walk, stated_chords
from composer.guide.bar_rules import Attacks
from composer.guide.note_bounds import ANY_END, Bounds
from composer.rework.partial_piece import PartialPiece
from composer.tokenizer import Grammar
from composer.tokenizer.grammar import Mask
from composer.tokenizer.vocabulary import TICKS_PER_STEP

_WIDEST_LEAP = 5  # semitones
_pitches = np.arange(128)


class Seams(NoteRule):
    """Rewritten bars continue from the given bar before and lead to the given bar after without leaps.

    In a bar whose neighbor is given, a part begins or ends within a fourth of what it plays across the barline (in held-out
    music nine of ten parts cross barlines by a fifth or less: `benchmarks/infill.py`). `HeldOver` handles notes held over.

    Args:
        piece: the piece as it stands when the stream begins.
    """

    def __init__(self, piece: PartialPiece) -> None:
        self._piece = piece

    def shape(self, bounds: Bounds, walk: Walk) -> None:
        """Notes far from what follows end before the last beat."""
        if after := self._after(walk):
            last_beat = len(bounds.latest) - walk.meter.beat_ticks // TICKS_PER_STEP
            far = _far(after)
            bounds.forbid(slice(last_beat, None), far)
            bounds.latest[:last_beat, far] = np.minimum(bounds.latest[:last_beat, far], last_beat)

    def _before(self, walk: Walk) -> list[int]:
        """Pitches of the part's last onset in the bar before, if that is given."""
        return self._edge(walk.bar.index - 1, walk.state.part, last=True)

    def _after(self, walk: Walk) -> list[int]:
        """Pitches of its first onset in the bar after, if that is given."""
        return self._edge(walk.bar.index + 1, walk.state.part, last=False)

    def _edge(self, bar: int, part: int, *, last: bool) -> list[int]:
        """Pitches of the last or first onset of a part in a bar, if that is given."""
        notes = [] if (bar, part) in self._piece.open else self._piece.segment_notes((bar, part))
        edge = (max if last else min)((step for step, _, _ in notes), default=-1)
        return [pitch for step, pitch, _ in notes if step == edge]

    def narrow(self, bounds: Bounds, walk: Walk) -> None:
        """The first onset is near the last given one."""
        struck = walk.line.struck(walk.state.position)
        if len(struck) < len(walk.line.notes) or not (before := self._before(walk)):
            return
        row = max(walk.state.position, 0)
        bounds.unshare(row)
        rows, far = slice(row, row + 1 if struck else None), _far(before)
        bounds.latest[rows, far], bounds.held[rows, far] = 0, ANY_END

    def may_end(self, walk: Walk) -> bool:
        """Whether the latest onset is near the given one that follows, or there is no room for another."""
        line, after = walk.line, self._after(walk)
        if not after or not line.notes or not _far(after)[line.pitches].any():
            return True
        return line.onset + walk.meter.beat_ticks // TICKS_PER_STEP >= walk.meter.bar_ticks // TICKS_PER_STEP


def _far(pitches: list[int]) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Pitches more than a fourth away from some: (128,)."""
    return (_pitches < min(pitches) - _WIDEST_LEAP) | (_pitches > max(pitches) + _WIDEST_LEAP)


class KeptUpbeat(NoteRule):
    """A piece that begins with an upbeat still does: no note is written before it.

    Args:
        piece: the piece as it stands when the stream begins.
    """

    def __init__(self, piece: PartialPiece) -> None:
        self._silence = piece.upbeat_steps

    def shape(self, bounds: Bounds, walk: Walk) -> None:
        """Forbids notes before the upbeat."""
        if walk.bar.index == 0 and self._silence:
            bounds.forbid(slice(self._silence))


class StruckChords(NoteRule):
    """In a bar of more chords than its ids state, of which the model knows only those, a part strikes each that it can."""

    def __init__(self) -> None:
        self._waits = False  # whether the part being written has a chord to strike

    def narrow(self, bounds: Bounds, walk: Walk) -> None:
        """The next note begins with the next chord at the latest, and notes end there, unless that has none for the part."""
        row = walk.state.position
        due = [start for start in _starts(walk) if start > row and (bounds.latest[start] > 0).any()]
        self._waits = bool(due)
        if due:
            bounds.unshare(max(row, 0))
            bounds.forbid(slice(due[0] + 1, None))
            for start, end in pairwise((max(row, 0), *due)):
                bounds.latest[start:end] = np.minimum(bounds.latest[start:end], end)

    def may_end(self, walk: Walk) -> bool:
        """Whether all chords are struck."""
        return not self._waits


def _starts(walk: Walk) -> tuple[int, ...]:
    """Steps at which the chords of a bar begin, if there are more than its ids state."""
    chords = walk.bar.harmony
    stated = len(chords) <= len(stated_chords(chords, walk.meter)) if chords else True
    return () if stated else tuple(tick // TICKS_PER_STEP for tick in walk.meter.chord_ticks(len(chords)))


class SamePlayers(Rule):
    """The parts that played in a bar play in it again; in a bar that was empty, those that play before and after it.

    Args:
        piece: the piece as it stands when the stream begins.
    """

    def __init__(self, piece: PartialPiece) -> None:
        playing = [frozenset(part for part in piece.parts if piece.segment_notes((bar, part))) for bar in range(piece.n_bars)]
        before, after = accumulate(playing, _latest), [*accumulate(reversed(playing), _latest)][::-1]
        self._players = [here or one & other for here, one, other in zip(playing, before, after, strict=True)]

    def restrict(self, mask: Mask, walk: Walk) -> None:
        """Requires them."""
        walk.call(mask, [part for part in walk.bar.open_parts if part in self._players[walk.bar.index]])


def _latest(before: frozenset[int], here: frozenset[int]) -> frozenset[int]:
    """The players of the last bar that is not empty."""
    return here or before


class BeginTogether(Attacks):
    """All parts that are written in the first bar attack on its barline.

    Args:
        grammar: of the model's tokenizer.
    """

    def __init__(self, grammar: Grammar) -> None:
        super().__init__(grammar, {0})

    def restrict(self, mask: Mask, walk: Walk) -> None:
        """Requires the parts, and removes first notes after the barline."""
        if walk.bar.index == 0:
            walk.call(mask, walk.bar.open_parts)
        super().restrict(mask, walk)


class HeldOver(Rule):
    """In a single-line part, an open segment starts only after any given note held into it has ended.

    A held note belongs to the bar before and stays; where a part plays chords, other notes may join it.

    Args:
        piece: the piece as it stands when the stream begins.
    """

    def __init__(self, piece: PartialPiece) -> None:
        self._piece = piece
        self._first_position = piece.tokenizer.grammar.first_position
        self._until: dict[int, int] = {}

    def begin_bar(self, walk: Walk) -> None:
        """Looks up the notes held into the bar."""
        self._until = {part: self._piece.held_until(walk.bar.index, part) for part in walk.bar.open_parts}

    def restrict(self, mask: Mask, walk: Walk) -> None:
        """Removes onsets while a note is held."""
        if until := self._until.get(walk.state.part, 0):
            mask &= self._first_position >= until  # ids that are not notes have a position beyond all bars
