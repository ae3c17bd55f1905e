"""Parts that listen to each other: on beats no semitone, major seventh or minor ninth beside a tone foreign to the chord.

Chords may hold such intervals, and between beats tones pass; on a beat a foreign tone beside the one that it replaces sounds
like an error. The part written later gives way, and of two parts that strike together on a strong beat only one may be foreign
to the chord.
"""

from __future__ import annotations

from collections.abc import Iterator

from composer.pipeline.guide.bounds import ANY_END, Bounds
from composer.pipeline.guide.harmony import harmony_of, strong_steps
from composer.pipeline.guide.walk import Walk
from composer.tokenizer import Grammar
from composer.tokenizer.vocabulary import TICKS_PER_STEP

_RUBS = (-13, -11, -1, 1, 11, 13)  # semitones


class Rubs:
    """Takes away notes that would clash with what the parts before have written in this bar.

    Args:
        grammar: of the model's tokenizer.
    """

    def __init__(self, grammar: Grammar) -> None:
        self._grammar = grammar

    def shape(self, bounds: Bounds, walk: Walk) -> None:
        """Compares every beat with what sounds there."""
        if not walk.bar.harmony:
            return
        harmony = harmony_of(self._grammar, walk)
        foreign = harmony.foreign()
        strong = {*harmony.starts, *strong_steps(walk.meter)}
        beat = walk.meter.beat_ticks // TICKS_PER_STEP
        for onset, pitch, end in _sounding(walk):
            rows = slice(-(-onset // beat) * beat, min(end, harmony.steps), beat)  # the beats on which it sounds
            for other in (pitch + interval for interval in _RUBS):
                if 0 <= other < 128:
                    clash = foreign[rows, pitch] | foreign[rows, other]
                    bounds.latest[rows, other][clash], bounds.held[rows, other][clash] = 0, ANY_END
            if onset in strong and foreign[onset, pitch]:
                bounds.forbid(slice(onset, onset + 1), foreign[onset])

    def narrow(self, bounds: Bounds, walk: Walk) -> None:
        """Everything is known before the part begins."""

    def may_end(self, walk: Walk) -> bool:
        """At any time."""
        return True


def _sounding(walk: Walk) -> Iterator[tuple[int, int, int]]:
    """(onset, pitch, end) of the other pitched parts' notes in this bar; what rings into it begins at 0."""
    for part, line in walk.lines.items():
        if part == walk.state.part or part not in walk.ranges:
            continue
        if part in walk.played:
            yield from line.notes
        else:
            yield from ((0, pitch, end) for pitch, end in line.rings if end > 0)
