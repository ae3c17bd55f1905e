"""No parallel fifths and octaves between voices (Fux 1725; Aldwell and Schachter, *Harmony and Voice Leading*)."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

from composer.pipeline.guide.bounds import ANY_END, Bounds
from composer.pipeline.guide.lines import Line
from composer.pipeline.guide.reach import Hands
from composer.pipeline.guide.walk import Walk
from composer.tokenizer.grammar import Mask

_FEWEST, _MOST = 3, 5  # voices: of two one may double the other, and more than five are an orchestra, which doubles
_VOICE_NOTES = 4  # a section divides; what plays more at once is no voice
_PERFECT = (0, 7)  # semitones, octaves taken off
_pitches = np.arange(128)


def voices_of(hands: Mapping[int, Hands]) -> frozenset[int]:
    """The parts that lead a voice each and are to be independent; none in duets and orchestras."""
    found = frozenset(part for part, hand in hands.items() if hand.reach.notes <= _VOICE_NOTES)
    return found if _FEWEST <= len(found) <= _MOST else frozenset()


class Parallels:
    """Keeps a voice from following another one, in the same direction and at the same moments, in fifths or octaves.

    Voices written earlier in the bar are known; chords have no single voice and bind nothing. It speaks after the other rules
    about notes, and not at all where it would leave no tone of the harmony.

    Args:
        voices: the parts concerned.
    """

    def __init__(self, voices: Collection[int]) -> None:
        self._voices = voices

    def shape(self, bounds: Bounds, walk: Walk) -> None:
        """Depends on the voice's last note alone."""

    def may_end(self, walk: Walk) -> bool:
        """At any time."""
        return True

    def narrow(self, bounds: Bounds, walk: Walk) -> None:
        """Takes away the pitches by which the next note would be parallel."""
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
            if position < 0 or position == mine.onset:
                bounds.barred.append((onset, parallel))
            elif position == onset and _leaves_some(bounds, onset, parallel):
                bounds.forbid_here(onset, parallel)


def _leaves_some(bounds: Bounds, onset: int, pitches: Mask) -> bool:
    latest, held = bounds.at(onset)
    playable = ((latest > onset) | (held < ANY_END)) & ~pitches
    return bool((playable if bounds.foreign is None else playable & ~bounds.foreign[onset]).any())


def _move_from(line: Line, onset: int) -> tuple[int, int, int] | None:
    """The step of a voice away from the note it struck at `onset`: where it lands, the two pitches; `None` without one."""
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
