"""New bars that begin as copies of given ones and are written again: which bars they follow, and what they take from them.

They take rhythm, players, register and chords. Both the network and the melodies of `melodies` follow the same bars.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from composer.controls import PHRASE_BARS
from composer.guide import NoteRule, Rule, Walk
from composer.guide.note_bounds import Bounds
from composer.guide.note_rules import ScaleFloor
from composer.rework.keeping import KeptNotes, Onset, count_onsets, notes_by_onset, onsets_of
from composer.rework.partial_piece import PartialPiece, Place, notes_of
from composer.score import Note, TimeSignature
from composer.tokenizer.grammar import Mask

_PERIOD_BARS = 2 * PHRASE_BARS
_BEYOND = 4  # semitones that a bar goes beyond the range of the one that it follows
_RUNNING = 1.7  # onsets per beat of a bar in which a line runs: one note may be as long as a beat
_pitches = np.arange(128)


def followed_bars(given: int, new: int, upbeat: int = 0) -> tuple[int, ...]:
    """For each new bar the given bar that it follows: the last eight, then the first eight, and so on by turns.

    Bars follow those in the same place of a phrase. A piece shorter than eight bars is followed by whole phrases if it has any.

    Args:
        given: number of given bars.
        new: number of new bars.
        upbeat: number of bars before the first whole one.

    >>> followed_bars(20, 18)
    (12, 13, 14, 15, 16, 17, 18, 19, 0, 1, 2, 3, 4, 5, 6, 7, 12, 13)
    >>> followed_bars(6, 5), followed_bars(2, 3), followed_bars(1, 1, upbeat=1)
    ((2, 3, 4, 5, 2), (0, 1, 0), (0,))
    """
    whole = max(1, given - upbeat)
    period = min(_PERIOD_BARS, whole - whole % PHRASE_BARS or whole)
    last = given - period
    opening = upbeat + (whole - period) % PHRASE_BARS if whole > period else last
    return tuple((opening if bar // period % 2 else last) + bar % period for bar in range(new))


def copy_followed(piece: PartialPiece, first: int) -> dict[int, int]:
    """Puts copies of given bars into the open bars from `first` on, but not into the last one of a piece that closes.

    A bar is not copied into one of another meter.

    Returns:
        For each bar with copies the given bar that it follows.
    """
    bars = range(first, piece.n_bars - piece.closes)
    models = dict(zip(bars, followed_bars(first, len(bars), int(piece.upbeat_steps > 0)), strict=True))
    models = {bar: model for bar, model in models.items() if piece.meters[bar].bar_ticks == piece.meters[model].bar_ticks}
    for bar, model in models.items():
        copies = {(bar, part): piece.segments[model, part] for part in piece.parts if (model, part) in piece.segments}
        piece.segments |= {place: segment for place, segment in copies.items() if place in piece.open}
    return models


def followed_notes(piece: PartialPiece) -> dict[int, list[Note]]:
    """By part the notes of the copies, in functional pitch."""
    return notes_of(piece, piece.open & piece.segments.keys())


def rules_to_follow(piece: PartialPiece) -> tuple[NoteRule, ...]:
    """Rules by which open bars keep to the copies in them, and to the scale as closely as the piece does."""
    copies = _copies(piece, piece.open)
    bars = {bar for bar, _ in copies}
    free = piece.n_bars - 2 * piece.closes  # the cadence begins here, whose chords and bass have other rules
    followed = {place: copy for place, copy in copies.items() if place[0] < free}
    silent = {place for place in piece.open - copies.keys() if place[0] in bars}
    return KeptNotes("rhythm", copies), FollowedTexture(piece, followed, silent), scale_kept(piece)


def rules_of_runs(piece: PartialPiece, runs: Mapping[Place, Sequence[Onset]]) -> tuple[NoteRule, ...]:
    """Rules by which some segments keep rhythm and range, and all keep to the scale as closely as the piece does."""
    return KeptNotes("rhythm", runs), FollowedTexture(piece, runs), scale_kept(piece)


def scale_kept(piece: PartialPiece, bars: Collection[int] | None = None, *, bound_chords: bool = False) -> ScaleFloor:
    """A rule by which the share of notes on the scale is that of the piece at least.

    Args:
        piece: the piece as it stands.
        bars: bars that are written again: the share is that of the two phrases before and after; by default of the whole piece.
        bound_chords: whether the user requests chords, whose tones may leave the scale.
    """
    near = None if bars is None else {bar + away for bar in bars for away in range(-_PERIOD_BARS, _PERIOD_BARS + 1)}
    pitched = [place for place in piece.segments if not piece.is_drum(place[1])]
    places = [place for place in pitched if near is None or place[0] in near] or pitched
    pitches = [pitch for place in places for _, pitch, _ in piece.segment_notes(place)]
    share = sum(pitch % 12 in piece.home.scale for pitch in pitches) / len(pitches) if pitches else 0.0
    return ScaleFloor(piece.tokenizer.grammar, piece.home, share, bound_chords=bound_chords)


def running(piece: PartialPiece, places: Collection[Place]) -> dict[Place, tuple[Onset, ...]]:
    """The onsets of those segments in which a line moves throughout in halves of beats or less."""
    return {
        place: onsets
        for place, onsets in _copies(piece, places).items()
        if place[1] in piece.lines and is_running(len(onsets), piece.meters[place[0]])
    }


def is_running(onsets: int, meter: TimeSignature) -> bool:
    """Whether a bar with some onsets moves throughout in halves of beats or less."""
    return onsets * meter.beat_ticks >= _RUNNING * meter.bar_ticks


def struck(piece: PartialPiece, places: Collection[Place]) -> dict[Place, tuple[Onset, ...]]:
    """The onsets of those segments whose part plays chords, in a band its groove."""
    return {place: onsets for place, onsets in _copies(piece, places).items() if place[1] not in piece.lines}


def _copies(piece: PartialPiece, places: Collection[Place]) -> dict[Place, tuple[Onset, ...]]:
    return onsets_of(piece, {place for place in places if piece.segment_notes(place)})


class FollowedTexture(Rule, NoteRule):
    """Bars have the players of their copies, about their range, and single notes or chords in the same places.

    A line repeats a pitch only where its copy does.

    Args:
        piece: the piece as it stands when the stream begins.
        copies: the onsets of each copy.
        silent: segments in which the part has to rest.
    """

    def __init__(
        self, piece: PartialPiece, copies: Mapping[Place, Sequence[Onset]], silent: Collection[Place] = frozenset()
    ) -> None:
        self._vocabulary, self._copies, self._silent = piece.tokenizer.vocabulary, copies, silent

    def restrict(self, mask: Mask, walk: Walk) -> None:
        """Removes the parts that have to rest."""
        silent = (part for part in walk.bar.open_parts if (walk.bar.index, part) in self._silent)
        mask[[self._vocabulary.part(part) for part in silent]] = False

    def shape(self, bounds: Bounds, walk: Walk) -> None:
        """Sets the range, in which chords begin so low that there is room above."""
        if copy := self._copy(walk):
            low, high = (edge(pitch for _, chord in copy for pitch in chord) for edge in (min, max))
            high = min(high + _BEYOND, walk.ranges[walk.state.part][1])
            bounds.forbid(slice(None), (_pitches < low - _BEYOND) | (_pitches > high))
            for step, _ in (onset for onset in copy if len(onset[1]) > 1):
                bounds.begin_on(slice(step, step + 1), _pitches <= high - _BEYOND)

    def narrow(self, bounds: Bounds, walk: Walk) -> None:
        """Sets the size of the chord being written, and the next pitches of a line."""
        copy, count = self._copy(walk), count_onsets(walk)
        if not 0 < count <= len(copy):
            return
        row = walk.state.position
        size, struck = len(copy[count - 1][1]), len(walk.line.struck(row))
        if struck:
            bounds.unshare(row)
            if struck >= size:
                bounds.forbid_here(row)
            elif struck == 1:
                bounds.forbid(slice(row + 1, None))
        if count < len(copy) and _moves(copy[count - 1], copy[count]) and len(walk.line.pitches) == 1:
            step = copy[count][0]
            bounds.unshare(max(row, 0))
            bounds.forbid(slice(step, step + 1), _pitches == walk.line.pitches[0])

    def may_end(self, walk: Walk) -> bool:
        """Whether the last onset is a chord if its place in the copy has one."""
        copy, count = self._copy(walk), count_onsets(walk)
        is_chord = 0 < count <= len(copy) and len(copy[count - 1][1]) > 1
        return not is_chord or len(walk.line.struck(walk.line.onset)) > 1

    def _copy(self, walk: Walk) -> Sequence[Onset]:
        return self._copies.get((walk.bar.index, walk.state.part), ())


def _moves(before: Onset, after: Onset) -> bool:
    """Whether two single notes differ in pitch."""
    return len(before[1]) == len(after[1]) == 1 and before[1] != after[1]


def in_lengths_of(written: Sequence[Note], copies: Sequence[Note], *, line: bool) -> list[Note]:
    """Notes of a part in order, with the lengths of those in their copies where both this onset and the next one are the same.

    A note ends by the next one of its pitch, in a line by the next onset.

    >>> given = [Note(0, 67, 360), Note(480, 71, 240), Note(720, 69, 240)]
    >>> [note.duration_ticks for note in in_lengths_of([Note(0, 60, 480), Note(480, 62, 960)], given, line=True)]
    [360, 960]
    """
    before = notes_by_onset(copies)
    alike = dict(pairwise(before)).items() & dict(pairwise(notes_by_onset(written))).items()
    lengths = {start: max(note.duration_ticks for note in before[start]) for start, _ in alike}
    following: dict[int, int] = {}  # the next onset of a pitch, or of the line
    result = []
    for start, chord in reversed(notes_by_onset(written).items()):
        for note in reversed(chord):
            ticks = lengths.get(start, note.duration_ticks)
            ticks = min(ticks, following.get(0 if line else note.pitch, start + ticks) - start)
            result.append(replace(note, duration_ticks=ticks))
        following |= {0 if line else note.pitch: start for note in chord}
    return result[::-1]
