"""A rule for seams: a part that plays one note at a time does not begin a new note while a given one is held over the barline.

A held note belongs to the bar before and stays; where parts play chords, others may join it.
"""

from __future__ import annotations

from composer.pipeline.guide import Walk
from composer.pipeline.partner.draft import Draft
from composer.tokenizer.grammar import Mask


class HeldOver:
    """Keeps open cells of single lines silent until the given notes held over into them have ended.

    Args:
        draft: the piece as it stands when the stream begins.
    """

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._first_position = draft.tokenizer.grammar.first_position
        self._until: dict[int, int] = {}

    def begin_bar(self, walk: Walk) -> None:
        """Looks up what is held into the bar."""
        self._until = {part: self._draft.held_until(walk.bar.index, part) for part in walk.bar.open_parts}

    def accept(self, token: int, walk: Walk) -> None:
        """Nothing is remembered from note to note."""

    def restrict(self, mask: Mask, walk: Walk) -> None:
        """Takes away onsets while a note is held."""
        if until := self._until.get(walk.state.part, 0):
            mask &= self._first_position >= until  # ids that are no notes have a position beyond all bars
