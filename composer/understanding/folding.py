"""Folds many tracks into at most sixteen parts and records their origins.

Silent tracks are dropped, all percussion becomes one part, and a player who changes instruments is one part. Then the most
closely related parts are merged, smallest first: parts with the same program, then the same General MIDI family (eight
programs), then any.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from composer.analysis.arrays import Ints
from composer.controls import MAX_PARTS
from composer.score import Part


def fold(parts: Sequence[Part], limit: int = MAX_PARTS) -> list[tuple[int, ...]]:
    """Indices of the parts that form each folded part, in score order; the largest of each first.

    >>> from composer.score import Note
    >>> one = (Note(0, 60, 480),)
    >>> fold([Part("Violin", 40, one), Part("", 0), Part("Horn", 60, one), Part("Viola", 41, one)], limit=2)
    [(0, 3), (2,)]
    >>> fold([Part("Fiddle", 40, one), Part("Fiddle", 45, (Note(480, 60, 480),)), Part("Fiddle", 45, one)])
    [(0, 1), (2,)]
    """
    groups = _players(parts)
    drums = tuple(index for index, part in enumerate(parts) if part.notes and part.is_drum)
    while len(groups) + bool(drums) > max(limit, 1 + bool(drums)):
        first, second = _nearest_pair(parts, groups)
        groups[first] += groups.pop(second)
    groups = sorted(groups + ([drums] if drums else []), key=min)
    return [tuple(sorted(group, key=lambda index: (-len(parts[index].notes), index))) for group in groups]


def _players(parts: Sequence[Part]) -> list[tuple[int, ...]]:
    """Pitched parts with notes; adjacent parts with one name and different programs that never overlap belong to one player."""
    groups: list[tuple[int, ...]] = []
    played = _Spans()  # spans of the last group
    for index, part in enumerate(parts):
        if not part.notes or part.is_drum:
            continue
        spans = _Spans.of(part)
        if groups and _may_be_one_player([parts[other] for other in groups[-1]], part) and not played.overlaps(spans):
            groups[-1] += (index,)
            played = played.joined(spans)
        else:
            groups.append((index,))
            played = spans
    return groups


def _may_be_one_player(earlier: Sequence[Part], part: Part) -> bool:
    return bool(part.name) and all(other.name == part.name and other.program != part.program for other in earlier)


@dataclass(frozen=True)
class _Spans:
    """When notes sound: sorted starts, and the latest end so far, in ticks. (N,) each."""

    starts: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    ends: Ints = field(default_factory=lambda: np.zeros(0, np.int64))

    @classmethod
    def of(cls, part: Part) -> _Spans:
        """Spans of a part's notes."""
        return cls._ordered(np.array([(note.start_ticks, note.end_ticks) for note in part.notes], np.int64))

    @classmethod
    def _ordered(cls, spans: Ints) -> _Spans:
        spans = spans[np.argsort(spans[:, 0], kind="stable")]
        return cls(spans[:, 0], np.maximum.accumulate(spans[:, 1]))

    def joined(self, other: _Spans) -> _Spans:
        """Spans of both."""
        return self._ordered(np.concatenate([np.stack([s.starts, s.ends], axis=1) for s in (self, other)]))

    def overlaps(self, other: _Spans) -> bool:
        """Whether a note of one starts while a note of the other sounds."""
        return any(one._sound_at(two.starts) for one, two in ((self, other), (other, self)))

    def _sound_at(self, ticks: Ints) -> bool:
        before = np.searchsorted(self.starts, ticks, side="right") - 1
        return bool(np.any((before >= 0) & (self.ends[before] > ticks)))


def _nearest_pair(parts: Sequence[Part], groups: Sequence[tuple[int, ...]]) -> list[int]:
    """Indices of the two groups to merge: the smallest pair with a common program, else a common family, else any."""
    sizes = [sum(len(parts[index].notes) for index in group) for group in groups]
    for programs_alike in (1, 8, 128):
        kin: dict[int, list[int]] = {}
        for place, group in enumerate(groups):
            kin.setdefault(parts[group[0]].program // programs_alike, []).append(place)
        pairs = [
            sorted(sorted(places, key=lambda place: (sizes[place], place))[:2]) for places in kin.values() if len(places) > 1
        ]
        if pairs:
            break
    return min(pairs, key=lambda pair: (sum(sizes[place] for place in pair), pair))
