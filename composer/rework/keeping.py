"""Rules of `infill`: keep the rhythm or the pitches of the old notes, or make a region differ from them.

The rules lead the model; `rhythm_kept` and `pitches_kept` then correct what the rules could not enforce. `continue` keeps the
rhythm of bars that it copies (`following`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from composer.guide import NoteRule, Rule, Walk
from composer.guide.note_bounds import Bounds
from composer.rework.partial_piece import PartialPiece, Place
from composer.score import TICKS_PER_QUARTER, Note
from composer.tokenizer.grammar import Mask

_SHORTEST_TICKS = TICKS_PER_QUARTER // 8  # a note that is split has halves of at least this length
Onset = tuple[int, frozenset[int]]  # step in the bar, pitches


def onsets_of(piece: PartialPiece, places: Collection[Place]) -> dict[Place, tuple[Onset, ...]]:
    """The onsets of some segments, in order."""
    found: dict[Place, tuple[Onset, ...]] = {}
    for place in places:
        pitches: dict[int, set[int]] = {}
        for step, pitch, _ in piece.segment_notes(place):
            pitches.setdefault(step, set()).add(pitch)
        found[place] = tuple((step, frozenset(pitches[step])) for step in sorted(pitches))
    return found


class KeptNotes(NoteRule):
    """A bar has as many onsets as before, each at its old place or with its old pitches.

    Args:
        keep: what stays.
        old: the onsets of each place before it was opened.
    """

    def __init__(self, keep: str, old: Mapping[Place, Sequence[Onset]]) -> None:
        self._keep, self._old = keep, old

    def shape(self, bounds: Bounds, walk: Walk) -> None:
        """Forbids onsets at which no note was struck, and notes of a single voice that last beyond the next onset."""
        old = self._of(walk)
        if self._keep == "rhythm" and old:
            struck = np.zeros(len(bounds.latest), bool)
            struck[[step for step, _ in old if step < len(struck)]] = True
            bounds.latest[~struck] = 0
            later = self._old.get((walk.bar.index + 1, walk.state.part), ())[:1]
            ends = [*(step for step, _ in old[1:]), *(len(bounds.latest) + step for step, _ in later)]
            for (step, _), end in zip(old, ends, strict=False) if bounds.alone else ():
                np.minimum(bounds.latest[step], end, out=bounds.latest[step])

    def narrow(self, bounds: Bounds, walk: Walk) -> None:
        """Allows the next onset only, or its pitches only."""
        old, count = self._of(walk), count_onsets(walk)
        if not old:
            return
        row = max(walk.state.position, 0)
        bounds.unshare(row)
        if count < len(old) and self._keep == "rhythm":
            bounds.forbid(slice(old[count][0] + 1, None))
        elif count < len(old):
            bounds.forbid(slice(row + bool(count), None), _without(old[count][1]))
        else:
            bounds.forbid(slice(row + 1, None))
        if count and self._keep == "pitches" and walk.line.struck(row):
            bounds.forbid_here(row, _without(old[min(count, len(old)) - 1][1]))

    def may_end(self, walk: Walk) -> bool:
        """Whether as many onsets are written as there were."""
        return count_onsets(walk) >= len(self._of(walk))

    def _of(self, walk: Walk) -> Sequence[Onset]:
        return self._old.get((walk.bar.index, walk.state.part), ())


class NotAsBefore(Rule, NoteRule):
    """Some parts play, and their first notes differ from the old ones: in place if pitches are kept, else in pitch."""

    def __init__(self, keep: str | None, old: dict[Place, tuple[Onset, ...]]) -> None:
        self._keep, self._old = keep, old

    def restrict(self, mask: Mask, walk: Walk) -> None:
        """Requires the parts in the bar."""
        walk.call(mask, [part for part in walk.bar.open_parts if (walk.bar.index, part) in self._old])

    def shape(self, bounds: Bounds, walk: Walk) -> None:
        """Forbids the first onset of old at its place."""
        for step, pitches in self._old.get((walk.bar.index, walk.state.part), ())[:1]:
            if step < len(bounds.latest):
                bounds.forbid(slice(step, step + 1), None if self._keep == "pitches" else ~_without(pitches))


def count_onsets(walk: Walk) -> int:
    """Onsets that the part being written has in this bar."""
    return len({onset for onset, _, _ in walk.line.notes})


def _without(pitches: Collection[int]) -> Mask:
    """All pitches but some: (128,)."""
    mask = np.ones(128, bool)
    mask[list(pitches)] = False
    return mask


def kept(keep: str | None, old: Sequence[Note], new: Sequence[Note], end_ticks: int) -> list[Note]:
    """The new notes of one part and bar with the rhythm or the pitches of the old ones; unchanged without `keep`."""
    if keep is None:
        return list(new)
    if not old or not new:
        return list(old)
    return rhythm_kept(old, new) if keep == "rhythm" else pitches_kept(old, new, end_ticks)


def rhythm_kept(old: Sequence[Note], new: Sequence[Note]) -> list[Note]:
    """At each old onset, with the old lengths and velocities, the pitches that the new notes have there.

    >>> [(n.start_ticks, n.pitch) for n in rhythm_kept([Note(0, 60, 240), Note(240, 62, 240)], [Note(0, 72, 480)])]
    [(0, 72), (240, 72)]
    """
    written = notes_by_onset(new)
    result = []
    for start, chord in notes_by_onset(old).items():
        at = max((other for other in written if other <= start), default=min(written))
        model = chord[-1]
        result += [replace(model, pitch=pitch) for pitch in sorted({note.pitch for note in written[at]})]
    return sorted(result)


def pitches_kept(old: Sequence[Note], new: Sequence[Note], end_ticks: int) -> list[Note]:
    """The old pitches of a bar in their order at the new onsets, whose number is made that of the old ones.

    >>> [(n.start_ticks, n.pitch) for n in pitches_kept([Note(0, 60, 240), Note(240, 62, 240)], [Note(0, 72, 960)], 960)]
    [(0, 60), (480, 62)]
    """
    chords, written = list(notes_by_onset(old).values()), notes_by_onset(new)
    starts = sorted(written)
    while len(starts) > len(chords):  # the onset nearest to the one before it goes
        starts.remove(min(pairwise(starts), key=lambda pair: pair[1] - pair[0])[1])
    while len(starts) < len(chords):  # the longest gap is halved
        first, last = max(pairwise([*starts, end_ticks]), key=lambda pair: pair[1] - pair[0])
        if last - first < 2 * _SHORTEST_TICKS:
            return list(old)  # fewer places than notes
        starts = sorted([*starts, (first + last) // 2])
    notes = []
    for (start, following), chord in zip(pairwise([*starts, end_ticks]), chords, strict=True):
        longest = max((note.duration_ticks for note in written.get(start, ())), default=end_ticks)
        notes += [replace(note, start_ticks=start, duration_ticks=min(following - start, longest)) for note in chord]
    return sorted(notes)


def timed_as(old: Sequence[Note], new: Sequence[Note]) -> tuple[Note, ...]:
    """The new notes of a part, where they differ from the old ones with the exact start and length of the old ones.

    A user's notes need not be on the grid on which new ones are written. Both have the same onsets, in order.
    """
    gone, come = Counter(old) - Counter(new), Counter(new) - Counter(old)
    before, after = notes_by_onset(list(gone.elements())), notes_by_onset(list(come.elements()))
    if len(before) != len(after):
        return tuple(new)
    exact = [
        replace(note, start_ticks=start, duration_ticks=chord[-1].duration_ticks)
        for (start, chord), written in zip(before.items(), after.values(), strict=True)
        for note in written
    ]
    return tuple(sorted([*(Counter(new) - come).elements(), *exact]))


def notes_by_onset(notes: Sequence[Note]) -> dict[int, list[Note]]:
    """Notes by onset, in order."""
    found: dict[int, list[Note]] = {}
    for note in sorted(notes):
        found.setdefault(note.start_ticks, []).append(note)
    return found
