"""Short pieces in a user style, to check whether it copies the pieces that it was learned from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from composer.brief import Brief
from composer.composing.composition import compose
from composer.originality import load_index
from composer.presets import user_style

_BARS = 16
_SUSPICIOUS_NOTES = 20  # consecutive notes from one piece: more than chance or a common turn produces (docs/originality.md)


@dataclass(frozen=True, slots=True)
class Audition:
    """The longest passage that the composed pieces share with the user's pieces.

    Attributes:
        pieces: pieces composed.
        longest_notes: length of the longest passage in notes, 0 for none of nine or more.
        source: the file that contains it.
    """

    pieces: int
    longest_notes: int
    source: str

    def copies(self, held_out_overlap: int) -> bool:
        """Whether that is longer than what the user's pieces share with each other, and longer than by chance."""
        return self.longest_notes > max(_SUSPICIOUS_NOTES, held_out_overlap)


def audition(
    name: str, *, count: int = 3, seed: int = 1, model: str | None = None, progress: Callable[[float], None] = lambda f: None
) -> Audition:
    """Composes short pieces in a user style and looks for their melodies in the user's pieces.

    Args:
        name: of a user style.
        count: number of pieces.
        seed: of the first one.
        model: the model that the style was learned on.
        progress: called with the fraction done.
    """
    style = user_style(name)
    index = load_index(style.folder) if style else None
    longest, source = 0, ""
    for number in range(count):
        piece = compose(Brief(style=name, bars=_BARS, seed=seed + number), model=model)
        for run in index.runs(piece.score)[:1] if index else []:
            if run.notes > longest:
                longest, source = run.notes, index.sources[run.source].id.removeprefix("folder/") if index else ""
        progress((number + 1) / count)
    return Audition(count, longest, source)
