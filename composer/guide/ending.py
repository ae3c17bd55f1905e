"""The ending: a chord that leads to the tonic, then the final chord, which every part sustains to the end."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from composer.guide.harmony_rules import harmony_of
from composer.guide.note_bounds import ANY_END, Bounds
from composer.guide.rule import NoteRule, Rule
from composer.guide.walk import Walk
from composer.score import Chord
from composer.tokenizer import Grammar
from composer.tokenizer.grammar import Mask
from composer.tokenizer.vocabulary import TICKS_PER_STEP

# Chords that lead to the tonic, in functional pitch: dominants, leading-note chords, subdominants (Aldwell and Schachter).
LEADING_HOME: Mapping[str, tuple[Chord, ...]] = {
    "major": tuple(map(Chord.parse, ("G", "G7", "Bdim", "Bm7b5", "Bdim7", "F", "Fm"))),
    "minor": tuple(map(Chord.parse, ("E", "E7", "G#dim", "G#dim7", "Dm"))),
    # Church modes use the chords that hold their characteristic degree and no leading note from outside the mode, other scales
    # chords of their tones.
    "ionian": tuple(map(Chord.parse, ("G", "G7", "Bdim", "F"))),
    "dorian": tuple(map(Chord.parse, ("G", "Em", "D", "Bm"))),
    "phrygian": tuple(map(Chord.parse, ("Bb", "Gm", "Dm"))),
    "lydian": tuple(map(Chord.parse, ("G", "D", "Bm"))),
    "mixolydian": tuple(map(Chord.parse, ("Bb", "Gm", "F"))),
    "aeolian": tuple(map(Chord.parse, ("G", "Em", "Dm"))),
    "locrian": tuple(map(Chord.parse, ("Bb", "Gm", "Eb"))),
    "major pentatonic": tuple(map(Chord.parse, ("Gsus4", "Dsus4", "Am"))),
    "minor pentatonic": tuple(map(Chord.parse, ("Gsus4", "Dsus4", "C"))),
    "hirajoshi": tuple(map(Chord.parse, ("Esus4", "F"))),
    "hijaz": tuple(map(Chord.parse, ("Db", "Bbm"))),
}


def leading_ids(grammar: Grammar, mode: str) -> Mask:
    """The ids of chords that lead to the tonic, (V,)."""
    mask = np.zeros(len(grammar.merges), bool)
    mask[[grammar.vocabulary.chord(chord) for chord in LEADING_HOME[mode]]] = True
    return mask


class LeadingChord(Rule):
    """Makes the last chord of a bar lead to the tonic: if the first chord does not, a second one must.

    The bar is the last one before an ending, or the last one of a loop before it begins again.

    Args:
        grammar: of the model's tokenizer.
        mode: of the piece, a key of `LEADING_HOME`.
        bar: the bar's index.
    """

    def __init__(self, grammar: Grammar, mode: str, bar: int) -> None:
        self._bar, self._leading = bar, leading_ids(grammar, mode)
        self._chords = grammar.of_type["Chord"]

    def restrict(self, mask: Mask, walk: Walk) -> None:
        """Removes chords that do not lead to the tonic, and after such a chord everything else."""
        if (
            walk.bar.index == self._bar
            and walk.bar.may_change_chord
            and walk.state.last_type == "Chord"
            and len(walk.chords) == 1
        ):
            mask &= self._leading | ~self._chords if self._leading[walk.chords[0]] else self._leading


_pitches = np.arange(128)


class Cadence(Rule, NoteRule):
    """Brings a piece to its end.

    In the bar before the last one the bass plays the root of the chord that leads to the tonic, and all beats keep to that
    chord. In the last bar every pitched part settles within half a bar on a tone of the final chord and sustains it to the
    end; the bass plays its root, below all other parts.

    Args:
        grammar: of the model's tokenizer.
        mode: of the piece, a key of `LEADING_HOME`.
        last_bar: index of its last bar.
        ranges: lowest and highest functional pitch of each pitched part.
    """

    def __init__(self, grammar: Grammar, mode: str, last_bar: int, ranges: Mapping[int, tuple[int, int]]) -> None:
        self._grammar, self._last_bar, self._ranges = grammar, last_bar, ranges
        self._leading = leading_ids(grammar, mode)
        self._leading_note = 8 if mode == "minor" else 11  # a church mode has no leading note from outside the mode
        self._bass = min(ranges, key=lambda part: (*ranges[part], -part), default=-1)

    def restrict(self, mask: Mask, walk: Walk) -> None:
        """Removes ids that would skip a part that has to play."""
        if walk.bar.index == self._last_bar - 1:
            self._call(mask, walk, [self._bass] if self._leads(walk) else [])
        elif walk.bar.index == self._last_bar:
            self._call(mask, walk, list(self._ranges))

    def _call(self, mask: Mask, walk: Walk, parts: list[int]) -> None:
        """Requires the first of these parts that has not yet played."""
        may_go_on = mask[walk.script.after(walk.place)]
        walk.call(mask, parts)
        if walk.state.last_type == "Chord" and walk.state.part < 0 and walk.bar.may_change_chord:
            mask[walk.script.after(walk.place)] = may_go_on

    def _leads(self, walk: Walk) -> bool:
        """Whether the bar's last chord leads to the tonic."""
        return bool(walk.chords) and bool(self._leading[walk.chords[-1]])

    def may_end(self, walk: Walk) -> bool:
        """Whether the part has settled, or the bass has played the root that leads to the tonic."""
        if walk.bar.index < self._last_bar - 1:
            return True
        line = walk.line
        if walk.bar.index == self._last_bar:
            steps = walk.meter.bar_ticks // TICKS_PER_STEP
            return bool(line.notes) and all(end >= steps for onset, _, end in line.notes if onset == line.onset)
        if walk.bar.index == self._last_bar - 1 and walk.state.part == self._bass and self._leads(walk):
            return any(onset >= self._start(walk) for onset, _, _ in line.notes)
        return True

    def _start(self, walk: Walk) -> int:
        """Step at which the bar's last chord begins."""
        return harmony_of(self._grammar, walk).starts[-1]

    def shape(self, bounds: Bounds, walk: Walk) -> None:
        """Sets where and on which tones a part may settle, or how the bass leads to the tonic."""
        if not walk.chords:
            return
        if walk.bar.index == self._last_bar:
            self._shape_last(bounds, walk)
        elif walk.bar.index == self._last_bar - 1 and self._leads(walk):
            start, beat = self._start(walk), walk.meter.beat_ticks // TICKS_PER_STEP
            tones = harmony_of(self._grammar, walk).tones[-1]
            for row in range(start, len(bounds.latest), beat):  # every beat, not only the strong ones, so that it is audible
                bounds.forbid(slice(row, row + 1), ~tones)
            if walk.state.part == self._bass:
                bounds.latest[:start] = np.minimum(bounds.latest[:start], start)
                roots, onset = self._bass_tones(walk, start), slice(start, start + 1)
                bounds.begin_anywhere(onset)
                if len(self._ranges) == 1:  # a lone player strikes the chord above it
                    bounds.begin_on(onset, roots)
                else:
                    bounds.forbid(onset, ~roots)
            else:
                self._above(bounds, walk, start)

    def _shape_last(self, bounds: Bounds, walk: Walk) -> None:
        steps, start = len(bounds.latest), self._start(walk)
        beat = walk.meter.beat_ticks // TICKS_PER_STEP
        settling = [row for row in range(start, steps, beat) if row - start <= (steps - start) // 2]
        tones = harmony_of(self._grammar, walk).tones[-1]
        bounds.alone = True
        open_here = (bounds.latest[settling] > 0) | (bounds.held[settling] < ANY_END)
        bounds.latest[:start] = np.minimum(bounds.latest[:start], start)
        bounds.latest[start:, ~tones] = 0
        bounds.latest[start:] = np.minimum(bounds.latest[start:], settling[-1])
        playable = (_pitches >= self._ranges[walk.state.part][0]) & (_pitches <= self._ranges[walk.state.part][1])
        final = tones & playable
        others = (final & open_here).any() and walk.state.part != self._bass  # the bass ends on the root in any case
        bounds.held[settling] = np.where(final & open_here if others else final, steps, ANY_END)
        if walk.state.part != self._bass:
            self._above(bounds, walk, start)
        else:
            bounds.begin_anywhere(slice(start, None))
            bounds.begin_on(slice(start, start + 1), self._bass_tones(walk, start))

    def _above(self, bounds: Bounds, walk: Walk, start: int) -> None:
        """Keeps an upper part above the bass's root, or above the lowest root that the bass can play if it comes later."""
        root = self._root(walk)
        sounding = [pitch for onset, pitch, _ in walk.lines[self._bass].notes if onset >= start]
        low, high = self._ranges[self._bass]
        roots = [pitch for pitch in range(low, high + 1) if pitch % 12 == root]
        floor = min(sounding, default=roots[0] if roots else 0)
        if (bounds.latest[start:, floor:] > 0).any() or (bounds.held[start:, floor:] < ANY_END).any():
            bounds.forbid(slice(start, None), _pitches < floor)

    def _bass_tones(self, walk: Walk, start: int) -> Mask:
        """Roots that the bass may play: below what the other parts play over the chord, if it can."""
        low, high = self._ranges[self._bass]
        roots: Mask = _pitches % 12 == self._root(walk)
        roots &= (_pitches >= low) & (_pitches <= high)
        others = [
            pitch
            for part, line in walk.lines.items()
            if part != self._bass
            for onset, pitch, end in line.notes
            if max(onset, end - 1) >= start
        ]
        below = roots & (_pitches <= min(others, default=127))
        return below if below.any() else roots

    def _root(self, walk: Walk) -> int:
        chord = harmony_of(self._grammar, walk).chords[-1]
        return chord.root if chord else 0

    def narrow(self, bounds: Bounds, walk: Walk) -> None:
        """Requires the first attack at its position, then equal lengths for all notes of a chord."""
        if walk.bar.index < self._last_bar - 1 or not walk.chords:
            return
        start, line, row = self._start(walk), walk.line, walk.state.position
        begun = any(onset >= start for onset, _, _ in line.notes)
        bounds.unshare(row)
        if walk.bar.index == self._last_bar - 1 and self._leads(walk) and walk.state.part == self._bass and not begun:
            bounds.forbid(slice(start + 1, None))
        if walk.bar.index != self._last_bar:
            return
        if not begun:
            bounds.forbid(slice(start + 1, None))
            self._raise_leading_note(bounds, walk, start)
        struck = line.struck(row)
        if struck:
            held = all(end >= len(bounds.latest) for onset, _, end in line.notes if onset == row)
            if held:
                bounds.latest[row] = 0
            else:
                bounds.held[row] = ANY_END
        if walk.state.part == self._bass:
            free = slice(0, 0) if not struck else slice(row, row + 1)
            kept = bounds.held[free].copy()
            bounds.held[:, ~self._bass_tones(walk, start)] = ANY_END
            bounds.held[free] = kept

    def _raise_leading_note(self, bounds: Bounds, walk: Walk, start: int) -> None:
        """Moves a line from the leading note to the tonic, if the tonic may be held here."""
        pitches = walk.line.pitches
        if len(pitches) == 1 and pitches[0] % 12 == self._leading_note and walk.state.part != self._bass:
            tonic = pitches[0] + 1
            if tonic < 128 and bounds.held[start, tonic] < ANY_END:
                bounds.forbid(slice(start, None), _pitches != tonic)
