"""The index of a training corpus: the pieces in which each fingerprint occurs. Built once, searched for every score.

Fingerprints in more than `MOST_WORKS` works are common property (a cadence, a hymn tune, a folk song) and are dropped. The
others are stored as differences of sorted hashes with the piece of each, in about three bytes.

Does not know the corpus: the builder receives lines, the index returns ids and titles.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from composer.errors import BadInputError
from composer.originality.lines import NOTES, STEPS, Hashes, Ints, fingerprints, score_lines
from composer.records import reason
from composer.score import Score

MOST_WORKS = 4
SHIPPED_WINDOW = 20  # of shipped indexes: every common run of 28 notes is found, shorter ones may be missed
_VERSION = 2


@dataclass(frozen=True, slots=True)
class Source:
    """A piece of the corpus: its id, and title and composer as text."""

    id: str
    title: str


@dataclass(frozen=True, slots=True)
class Run:
    """A passage that occurs in the corpus with the same intervals and rhythm.

    Attributes:
        source: index of the piece.
        part: index of the score's part.
        first: index of its first note in the part's top line.
        notes: its length in notes; repetitions of a figure count once.
        start_ticks: onset of its first note.
        end_ticks: onset of its last note.
    """

    source: int
    part: int
    first: int
    notes: int
    start_ticks: int
    end_ticks: int


@dataclass(frozen=True)
class Index:
    """Fingerprints of a corpus.

    Attributes:
        window: winnowing window with which it was built.
        sources: the pieces.
        hashes: fingerprints, ascending, repeated for each of their pieces: (n,).
        owners: the piece of each: (n,).
    """

    window: int
    sources: tuple[Source, ...]
    hashes: Hashes
    owners: Ints

    def runs(self, score: Score) -> list[Run]:
        """All passages of the score that occur in one piece of the corpus, longest first.

        Hits in a piece form one passage if their notes overlap or touch. A differing note invalidates nine consecutive
        fingerprints, so hits around it are ten apart and never join. With a wider window than that, hits also join if no
        fingerprint is kept between them, which makes lengths estimates.
        """
        found: list[Run] = []
        for part, start, pitch in score_lines(score):
            place, hashes = fingerprints(start, pitch, self.window)
            found += [
                Run(source, part, first, notes, int(start[first]), int(start[last + STEPS]))
                for source, first, last, notes in self._chains(place, hashes)
            ]
        return sorted(found, key=lambda run: (-run.notes, run.start_ticks, run.part, run.source))

    def _chains(self, place: Ints, hashes: Hashes) -> list[tuple[int, int, int, int]]:
        """(piece, first position, last position, notes) of joined hits; equal fingerprints in a chain count once."""
        low, high = np.searchsorted(self.hashes, hashes, "left"), np.searchsorted(self.hashes, hashes, "right")
        count = high - low
        if not count.any():
            return []
        rows = np.repeat(low - np.concatenate([[0], np.cumsum(count)[:-1]]), count) + np.arange(count.sum())
        owner, at = self.owners[rows], np.repeat(place, count)
        rank = np.repeat(np.arange(len(place)), count)
        order = np.lexsort((at, owner))
        owner, at, rank = owner[order], at[order], rank[order]
        gap = np.diff(at)
        joined = (gap <= NOTES) | ((gap <= self.window) & (np.diff(rank) == 1))
        breaks = np.flatnonzero((np.diff(owner) != 0) | ~joined) + 1
        firsts, lasts = np.concatenate([[0], breaks]), np.concatenate([breaks, [len(at)]]) - 1
        chain = np.repeat(np.arange(len(firsts)), lasts - firsts + 1)
        different = np.bincount(np.unique(chain * len(self.hashes) + rows[order]) // len(self.hashes))
        share = different / (lasts - firsts + 1)
        notes = NOTES + np.rint((at[lasts] - at[firsts]) * share).astype(np.int64)
        return list(zip(*(column.tolist() for column in (owner[firsts], at[firsts], at[lasts], notes)), strict=True))

    def save(self, path: Path) -> None:
        """Writes the index, in about three bytes per fingerprint."""
        names = json.dumps([[source.id, source.title] for source in self.sources], ensure_ascii=False)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            np.savez_compressed(
                file,
                header=np.array([_VERSION, self.window], np.int64),
                steps=_planes(np.ediff1d(self.hashes, to_begin=self.hashes[:1])),
                owners=_planes(self.owners),
                sources=np.frombuffer(names.encode(), np.uint8),
            )

    @classmethod
    def load(cls, path: Path) -> Index:
        """Reads an index.

        Raises:
            BadInputError: missing, damaged or of another version.
        """
        try:
            with np.load(path, allow_pickle=False) as data:
                version, window = data["header"].tolist()
                if version != _VERSION:
                    raise ValueError(f"version {version}, not {_VERSION}")
                hashes = np.cumsum(_joined(data["steps"]), dtype=np.uint32)
                owners = _joined(data["owners"]).astype(np.int64)
                sources = tuple(Source(*row) for row in json.loads(data["sources"].tobytes()))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise BadInputError(f"{path} is not an originality index ({reason(error)}): run 'cantilena data build'") from None
        return cls(window, sources, hashes, owners)

    @cached_property
    def pieces(self) -> int:
        """Number of pieces."""
        return len(self.sources)


def build_index(pieces: Iterable[tuple[Source, str, Iterable[tuple[Ints, Ints]]]], window: int = SHIPPED_WINDOW) -> Index:
    """Builds an index.

    Args:
        pieces: source, work (pieces of one work count once for `MOST_WORKS`) and lines (onsets, pitches) of each.
        window: winnowing window; 1 keeps everything.

    >>> from composer.score import Note, Part, Score
    >>> tune = Part("Flute", 73, tuple(Note(360 * i + 120 * (i % 3), 60 + 5 * i * i % 13, 120) for i in range(40)))
    >>> lines = [(start, pitch) for _, start, pitch in score_lines(Score((tune,)))]
    >>> index = build_index([(Source("x", "A tune"), "x", lines)], window=1)
    >>> index.sources[index.runs(Score((tune,)).transposed(2))[0].source].title
    'A tune'
    """
    sources: list[Source] = []
    works: dict[str, int] = {}
    work_of: list[int] = []
    kept: list[Hashes] = []
    for source, work, lines in pieces:
        found = [fingerprints(start, pitch, window)[1] for start, pitch in lines]
        sources.append(source)
        work_of.append(works.setdefault(work, len(works)))
        kept.append(np.unique(np.concatenate([np.zeros(0, np.uint32), *found])))
    hashes = np.concatenate([np.zeros(0, np.uint32), *kept])
    owners = np.repeat(np.arange(len(kept)), [len(hashes) for hashes in kept])
    order = np.argsort(hashes, kind="stable")
    hashes, owners = hashes[order], owners[order]
    rare = _rare(hashes, np.array(work_of, np.int64)[owners])
    return Index(window, tuple(sources), hashes[rare], owners[rare])


def _planes(values: Ints | Hashes) -> NDArray[np.uint8]:
    """32-bit numbers as four rows of bytes, because grouping similar bytes compresses better: (n,) -> (4, n)."""
    return np.ascontiguousarray(values.astype("<u4").view(np.uint8).reshape(-1, 4).T)


def _joined(planes: NDArray[np.uint8]) -> Hashes:
    """The inverse of `_planes`."""
    return np.ascontiguousarray(planes.T).view("<u4").ravel()


def _rare(hashes: Hashes, works: Ints) -> Ints:
    """Indices of hashes (ascending, equal ones adjacent) that occur in at most `MOST_WORKS` works."""
    _, which = np.unique(hashes, return_inverse=True)
    pairs = np.unique(which.astype(np.int64) * (int(works.max(initial=0)) + 1) + works)
    spread = np.bincount(pairs // (int(works.max(initial=0)) + 1))
    return np.flatnonzero(spread[which] <= MOST_WORKS) if len(hashes) else np.zeros(0, np.int64)


def lines_of(score: Score) -> Sequence[tuple[Ints, Ints]]:
    """Onsets and pitches of a score's lines, in the form that `build_index` expects."""
    return [(start, pitch) for _, start, pitch in score_lines(score)]
