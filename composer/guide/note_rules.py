"""Rules about the notes of a part: no parallel fifths and octaves, playability, notes on the scale, tuned timpani."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from composer.analysis.playability import ONE_VOICE, Reach, hands_on, reach_of
from composer.arranging.voicing import timpani_classes
from composer.guide.harmony_rules import harmony_of, tones_of
from composer.guide.note_bounds import ANY_END, NOT_OCTAVES, Bounds
from composer.guide.played import Line
from composer.guide.rule import NoteRule, Rule
from composer.guide.walk import Walk
from composer.presets import EnsemblePart, programs_of
from composer.score import Chord, Key, Mode
from composer.tokenizer import Grammar
from composer.tokenizer.grammar import Mask
from composer.tokenizer.vocabulary import STEPS_PER_QUARTER

_FEWEST, _MOST = 3, 5  # voices: in a duet one may double the other, and an orchestra doubles voices
MOST_VOICE_NOTES = 4  # most notes at once of a voice: a section may divide
_SHORTEST_S = 0.075  # between strokes: thirteen a second, the fastest that most players repeat or alternate
_DIVISIONS = tuple(steps for steps in range(3, STEPS_PER_QUARTER + 1) if STEPS_PER_QUARTER % steps == 0)
_PERFECT = (0, 7)  # semitones, octaves taken off
_pitches = np.arange(128)


def voices_of(hands: Mapping[int, Hands]) -> frozenset[int]:
    """The parts that are one independent voice each; none in duets and orchestras."""
    found = frozenset(part for part, hand in hands.items() if hand.reach.notes <= MOST_VOICE_NOTES)
    return found if _FEWEST <= len(found) <= _MOST else frozenset()


class Parallels(NoteRule):
    """No parallel fifths and octaves between voices (Fux 1725; Aldwell and Schachter, *Harmony and Voice Leading*).

    Only voices written earlier in the bar count, and only where they play single notes. This rule comes after the other rules
    about notes, and does nothing where it would leave no tone of the harmony.

    Args:
        voices: the parts concerned.
    """

    def __init__(self, voices: Collection[int]) -> None:
        self._voices = voices

    def narrow(self, bounds: Bounds, walk: Walk) -> None:
        """Removes the pitches with which the next note would move in parallel."""
        part, position = walk.state.part, walk.state.position
        mine = walk.lines[part]
        if part not in self._voices or len(mine.pitches) != 1:
            return
        for other in self._voices:
            if other == part or other not in walk.played:
                continue
            move = _move_from(walk.lines[other], mine.onset)
            if move is None:
                continue
            onset, before, after = move
            interval = abs(mine.pitches[0] - before) % 12
            if before == after or interval not in _PERFECT:
                continue
            same_way = _pitches > mine.pitches[0] if after > before else _pitches < mine.pitches[0]
            parallel = same_way & (np.abs(_pitches - after) % 12 == interval)
            if not leaves_some(bounds, onset, parallel):
                continue
            if position < 0 or position == mine.onset:
                bounds.bar(onset, parallel)
            elif position == onset:
                bounds.forbid_here(onset, parallel)


def leaves_some(bounds: Bounds, onset: int, pitches: Mask) -> bool:
    """Whether an onset allows other notes than some pitches, (128,), foreign and barred ones left out."""
    latest, held = bounds.at(onset)
    playable = ((latest > onset) | (held < ANY_END)) & ~pitches
    if bounds.barred is not None:
        playable &= ~bounds.barred[onset]
    return bool((playable if bounds.foreign is None else playable & ~bounds.foreign[onset]).any())


def _move_from(line: Line, onset: int) -> tuple[int, int, int] | None:
    """The move of a voice from its note at `onset`: the onset of the next note, and both pitches; `None` without one."""
    struck: dict[int, list[int]] = {}
    if line.carried:
        struck[line.carried[0]] = line.carried[1]
    for at, pitch, _ in line.notes:
        struck.setdefault(at, []).append(pitch)
    onsets = list(struck)
    if onset not in struck or onsets[-1] == onset:
        return None
    landing = onsets[onsets.index(onset) + 1]
    if landing < 0 or len(struck[onset]) > 1 or len(struck[landing]) > 1:
        return None
    return landing, struck[onset][0], struck[landing][0]


@dataclass(frozen=True)
class Hands:
    """What a part's player can play together: one reach, or two on the only staff of a keyboard."""

    reach: Reach
    two: bool = False


class PlayableNotes(NoteRule):
    """Keeps every part playable: no chord that a hand cannot reach, no second note on an instrument that plays single notes.

    `composer.analysis.playability` knows what an instrument can play; the grammar enforces its range. A note may be held over
    the barline, but in parts of one voice only if the next bar has room for another note, and never into a bar that is given
    or begins a section.
    """

    def __init__(self, hands: Mapping[int, Hands]) -> None:
        self._hands = hands

    def shape(self, bounds: Bounds, walk: Walk) -> None:
        """Sets the number, the span and the length of notes."""
        hand = self._hands[walk.state.part]
        steps = len(bounds.latest)
        bounds.most = hand.reach.notes * (1 + hand.two)
        bounds.span = 128 if hand.two else hand.reach.span
        bounds.alone = hand.reach.alone
        bounds.partners = _double_stops(hand.reach)
        room = min(steps * _bars_until_closed(walk), ANY_END)
        np.minimum(bounds.latest, min(room, steps + steps // 2) if bounds.alone else room, out=bounds.latest)

    def narrow(self, bounds: Bounds, walk: Walk) -> None:
        """Removes notes that cannot be played together with the sounding ones."""
        hand, line = self._hands[walk.state.part], walk.line
        struck = line.struck(walk.state.position)
        if bounds.alone:
            bounds.wait = max(0, line.rings_until())
        if not struck or not (bounds.alone or hand.two or bounds.partners is not None):
            return
        row = walk.state.position
        bounds.here = bounds.at(row)  # `wait` does not apply to notes that join this onset
        if hand.two:
            bounds.forbid_here(row, _top(struck, hand) < _pitches)  # `NoteTable` checks the rest
        if hand.reach.strings:
            bounds.forbid_here(row, ~_joining(hand.reach, tuple(struck)))
        elif bounds.partners is not None:
            bounds.forbid_here(row, ~bounds.partners[struck[0]])


class FilledStrokes(NoteRule):
    """Fretted instruments fill their strokes: the second note from below is not the octave of the lowest one.

    A bare octave is one in nine strokes of two notes in human music for guitar, one in four of those that the network writes
    without the rule.

    Args:
        parts: those concerned.
    """

    def __init__(self, parts: Collection[int]) -> None:
        self._parts = parts

    def shape(self, bounds: Bounds, walk: Walk) -> None:
        """Removes pairs an octave apart."""
        if walk.state.part in self._parts and bounds.partners is not None:
            bounds.partners = bounds.partners & NOT_OCTAVES

    def narrow(self, bounds: Bounds, walk: Walk) -> None:
        """Removes the octave of a single note from the onset being written."""
        struck = walk.line.struck(walk.state.position)
        if walk.state.part in self._parts and len(struck) == 1:
            bounds.forbid_here(walk.state.position, ~NOT_OCTAVES[struck[0]])


def hands_of(parts: Sequence[EnsemblePart], shift: int = 0, voices: Collection[int] = ()) -> dict[int, Hands]:
    """The hands that play each pitched part: two for most keyboards with one staff, else one per staff.

    `shift` is the number of semitones from sounding to functional pitch; the open strings of the result are functional. The
    parts in `voices` are one voice on any instrument.
    """
    staves = [part.program for part in parts if not part.is_drum]
    return {
        index: Hands(ONE_VOICE)
        if index in voices
        else Hands(
            _moved(reach_of(part.program, part.name), shift), hands_on(part.program, part.name, staves.count(part.program)) > 1
        )
        for index, part in enumerate(parts)
        if not part.is_drum
    }


def _moved(reach: Reach, shift: int) -> Reach:
    if reach.strings:
        return replace(reach, strings=tuple(string + shift for string in reach.strings))
    return reach if reach.lowest_string is None else replace(reach, lowest_string=reach.lowest_string + shift)


def _bars_until_closed(walk: Walk) -> int:
    """Number of bars from this one to the next closed one, both included."""
    bars = walk.script.bars
    return next((n for n, bar in enumerate(bars[walk.place :], 1) if bar.closed), len(bars) - walk.place)


def _top(struck: Sequence[int], hand: Hands) -> int:
    """Highest pitch that may join the struck ones (ascending): the second hand begins above the span of the first."""
    second = next((pitch for pitch in struck if pitch > struck[0] + hand.reach.span), None)
    if hand.two:
        return 127 if second is None else second + hand.reach.span
    return struck[0] + hand.reach.span


@cache
def _double_stops(reach: Reach) -> NDArray[np.bool_] | None:
    """By the lower of two pitches, which pitches may be played with it; `None` where strings do not matter."""
    if reach.lowest_string is None and not reach.strings:
        return None
    return np.array([[low < high and reach.allows((low, high)) for high in range(128)] for low in range(128)])


@lru_cache(maxsize=4096)
def _joining(reach: Reach, struck: tuple[int, ...]) -> Mask:
    """The pitches above struck ones that may be played with them, (128,)."""
    return np.array([pitch > struck[-1] and reach.allows((*struck, pitch)) for pitch in range(128)])


class PlayableSpeed(NoteRule):
    """Parts strike on divisions of the quarter note that are slow enough to be played: no thirty-seconds in an allegro.

    Args:
        qpm_at: tempo of a bar in quarter notes per minute.
    """

    def __init__(self, qpm_at: Callable[[int], float]) -> None:
        self._qpm_at = qpm_at

    def shape(self, bounds: Bounds, walk: Walk) -> None:
        """Forbids onsets between these divisions."""
        fastest = _SHORTEST_S * self._qpm_at(walk.bar.index) / 60 * STEPS_PER_QUARTER
        units = [unit for unit in _DIVISIONS if unit >= fastest]
        bounds.forbid_all_but({place for unit in units for place in range(0, len(bounds.latest), unit)})


class ScaleFloor(Rule, NoteRule):
    """Keeps a minimum share of the notes on the key's scale: at the limit no other note and no chord with one may follow.

    The notes written so far satisfy the limit at the start of every bar, so the whole piece does, unless sections that return
    have more other notes than the rest. Tones of requested chords are always allowed.

    Args:
        grammar: of the model's tokenizer.
        key: of the piece, in functional pitch.
        share: minimum share of the notes, 0 to 1; 1 allows no other note.
        bound_chords: whether the chords are requested.
    """

    def __init__(self, grammar: Grammar, key: Key, share: float, bound_chords: bool) -> None:
        self._grammar, self._share, self._bound_chords = grammar, share, bound_chords
        self._on: Mask = np.isin(np.arange(128) % 12, list(key.scale))
        self._notes, self._off = np.zeros((2, len(grammar.merges)), np.int32)  # of each id
        for index, run in grammar.runs.items():
            if not grammar.has_drum[index]:
                self._notes[index], self._off[index] = len(run.notes), sum(not self._on[note.pitch] for note in run.notes)
        chords = grammar.of_type["Chord"]
        self._off_chords = chords.copy()
        for index in np.flatnonzero(chords).tolist():
            chord = grammar.vocabulary.chord_of(index)
            self._off_chords[index] = chord is not None and not self._on[tones_of(chord)].all()
        self._written, self._foreign = 0, 0

    def accept(self, token: int, walk: Walk) -> None:
        """Counts the notes, and those off the scale."""
        self._written += int(self._notes[token])
        self._foreign += int(self._off[token])

    def restrict(self, mask: Mask, walk: Walk) -> None:
        """Removes chords with tones off the scale where there is no room for them, and ids with too many such notes."""
        if self._bound_chords:
            return
        if not self._has_room():
            mask &= ~self._off_chords
        mask &= (self._off == 0) | (self._foreign + self._off <= (1.0 - self._share) * (self._written + self._notes))

    def _has_room(self) -> bool:
        return self._foreign + 1 <= (1.0 - self._share) * (self._written + 1)

    def shape(self, bounds: Bounds, walk: Walk) -> None:
        """Allows only the scale and the tones of requested chords, if there is no room for others."""
        if self._has_room():
            return
        allowed = self._on.copy()
        if self._bound_chords:
            for chord in walk.chords:
                allowed |= tones_of(self._grammar.vocabulary.chord_of(chord))
        bounds.forbid(slice(None), ~allowed)


_LOWEST_DRUM = 41  # F2; the octave above it holds every pitch class once


def timpani_of(parts: Sequence[EnsemblePart]) -> frozenset[int]:
    """The parts that are timpani."""
    return frozenset(index for index, part in enumerate(parts) if part.program in programs_of("timpani") and not part.is_drum)


class TunedDrums(NoteRule):
    """Keeps timpani to tuned drums: the tonic and the dominant, and the root of a chord that has neither.

    Until late in the nineteenth century, scores use two drums a fourth or fifth apart within the octave from F2; later drums
    and pedals added the roots of other chords, not melodies (Adler 2002, *The Study of Orchestration*).

    Args:
        grammar: of the model's tokenizer.
        mode: of the piece.
        shift: semitones from sounding to functional pitch.
        timpani: the parts concerned.
        last_bar: index of the piece's last bar, `None` if it does not close; the last two bars allow roots in any octave.
    """

    def __init__(self, grammar: Grammar, mode: Mode, shift: int, timpani: Collection[int], last_bar: int | None) -> None:
        tonic = 0 if mode == "major" else 9
        self._grammar, self._timpani = grammar, timpani
        self._ending = () if last_bar is None else (last_bar - 1, last_bar)
        self._home: Mask = np.isin(_pitches % 12, timpani_classes(tonic))
        self._octave: Mask = (_pitches >= _LOWEST_DRUM + shift) & (_pitches < _LOWEST_DRUM + shift + 12)

    def shape(self, bounds: Bounds, walk: Walk) -> None:
        """Allows the drums that belong to each chord."""
        part = walk.state.part
        if part not in self._timpani or not walk.chords:
            return
        low, high = walk.ranges[part]
        playable: Mask = (_pitches >= low) & (_pitches <= high)
        ends = walk.bar.index in self._ending
        harmony = harmony_of(self._grammar, walk)
        for chord, (start, end, tones) in zip(harmony.chords, harmony.segments(), strict=True):
            bounds.forbid(slice(start, end), ~self._drums(chord, tones & playable, ends))

    def _drums(self, stated: Chord | None, tones: Mask, ends: bool) -> Mask:
        """The playable tones of a chord that are on a drum; all of them if none is."""
        root = self._home if stated is None else _pitches % 12 == stated.root
        drums = (self._home | root,) if ends else (self._home & self._octave, root & self._octave, self._home, root)
        return next((tuned for each in drums if (tuned := tones & each).any()), tones)
