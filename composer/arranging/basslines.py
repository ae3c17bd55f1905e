"""Writes bass lines by function: roots and fifths in the style's rhythm, walking lines, anticipated roots of the tumbao."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator
from dataclasses import replace

from composer.analysis.playability import reach_of
from composer.arranging.cells import Cell
from composer.arranging.drums import is_silent
from composer.arranging.resting import manner_of
from composer.arranging.setting import QUIET, BandBar, Setting
from composer.arranging.tables import BassFigure, basses, figures, row_in_meter
from composer.arranging.voicing import chord_scale, nearest_tone, seventh_of, third_of, tones_of
from composer.controls import PHRASE_BARS
from composer.presets import EnsemblePart
from composer.score import Chord, Note

_OCTAVE, _FIFTH = 12, 7  # semitones
_OF_ROOTS = 15  # semitones from the lowest note of a register to its highest root
_SHORT_TICKS = 240
_DRONE_PITCH = 40  # around which a drone lies
_CONTRABASS, _FROM_LOWEST = 43, 2  # semitones that contrabasses of orchestras stay above their lowest note
_BASS_GUITARS, _FOUR_STRINGS = (
    range(33, 38),
    28,
)  # programs; the lowest note of most, below which only those of five strings play
_RIFF = str.maketrans("Xm", "11")  # the strokes of a riff as roots
_WIDEST_SEARCH = 24  # number of paths of a walking line that are followed


def write_bass(setting: Setting, part: EnsemblePart) -> list[Note]:
    """The bass line of a piece."""
    meter = setting.plan.meter
    return setting.by_section(setting.band.bass, lambda name: _written(setting, part, row_in_meter(basses(), name, meter)))


def _written(setting: Setting, part: EnsemblePart, figure: BassFigure) -> list[Note]:
    """The bass line of a piece in a figure."""
    line = _Line(setting, figure, part)
    notes: list[Note] = []
    for bar in setting.bars:
        written = list(line.bar(bar))
        if notes and line.held and written and not bar.is_last:  # an anticipated root is held over the barline
            notes[-1] = replace(notes[-1], duration_ticks=bar.start + line.held - notes[-1].start_ticks)
        notes += written
    return notes


class _Line:
    """A bass line being written; it stores its last pitch."""

    def __init__(self, setting: Setting, figure: BassFigure, part: EnsemblePart) -> None:
        self._setting, self._figure, self._part = setting, figure, part
        self._last = float(part.low + 9)
        self._low, self._highest_root, self._high = self._register(0)
        self.held = 0  # ticks for which the bar written last holds the note before it

    def bar(self, bar: BandBar) -> Iterator[Note]:
        """Notes of one bar."""
        self.held = 0
        self._manner = manner_of(bar, self._part, "bass")
        self._low, self._highest_root, self._high = self._register(self._manner.lift)
        if self._figure.holds:
            yield from self._drone(bar)
        elif bar.is_last:
            pitch = self._root(bar.spans[0].chord)
            yield Note(bar.start, pitch, self._setting.plan.meter.bar_ticks, self._velocity(bar, 0))
        elif self._rests(bar):
            return
        elif self._figure.walking and bar.energy >= QUIET - 0.1:
            yield from self._walk(bar)
        else:
            yield from self._pattern(bar)

    def _drone(self, bar: BandBar) -> Iterator[Note]:
        """The tonic of the key of the section, and its fifth on an instrument of chords, struck and held by phrases."""
        if bar.place % PHRASE_BARS:
            return
        ticks = self._setting.plan.meter.bar_ticks * min(PHRASE_BARS, bar.left + 1)
        tonic = self._setting.plan.composed_keys()[bar.index].tonic
        root = nearest_tone((tonic,), max(self._low, _DRONE_PITCH), self._low, self._high)
        fifths = [root + _FIFTH] if reach_of(self._part.program).notes > 1 and root + _FIFTH <= self._part.high else []
        for pitch in (root, *fifths):
            yield Note(bar.start, pitch, ticks, self._velocity(bar, 0))

    def _register(self, lift: int) -> tuple[int, int, int]:
        """Lowest pitch, highest root and highest pitch: two octaves, in a high register from an octave above the lowest note.

        A bass guitar stays on four strings.
        """
        low = self._part.low
        if self._setting.band.orchestral and self._part.program == _CONTRABASS:
            low = min(low + _FROM_LOWEST, self._part.high - _OCTAVE)
        if lift > 0 and self._part.high >= low + 2 * _OCTAVE:
            low += _OCTAVE
        high = min(self._part.high, low + (_OCTAVE + 4 if lift < 0 else 2 * _OCTAVE))
        root = low + _OF_ROOTS
        if self._part.program in _BASS_GUITARS:
            low = max(low, min(_FOUR_STRINGS, high - _OCTAVE))
        return low, min(high, max(root, low + _OCTAVE - 1)), high

    def _rests(self, bar: BandBar) -> bool:
        """Whether the bass rests: an introduction without drums begins without it, and breaks of layers have none."""
        if bar.kind == "break" and self._setting.band.layers and "bass" not in bar.asked.playing:
            return True
        return bar.kind == "intro" and is_silent(self._setting, bar) and bar.place < bar.section.bars // 2 and bar.index > 0

    def _velocity(self, bar: BandBar, offset: int) -> int:
        strong = offset % (2 * self._setting.plan.meter.beat_ticks) == 0
        return round(58 + 38 * bar.energy + (6 if strong else 0))

    def _root(self, chord: Chord, near: float | None = None) -> int:
        return nearest_tone((chord.lowest,), self._last if near is None else near, self._low, self._highest_root)

    def _pattern(self, bar: BandBar) -> Iterator[Note]:
        pattern = self._rhythm(bar)
        cells = list(_with_changes(self._setting.cells(pattern, bar.place, self._figure.meter), bar))
        self.held = cells[0].start if pattern[0] == "-" and cells else 0
        root = self._root(bar.spans[0].chord)
        for cell in cells:
            pitch = self._pitch(cell, bar, root)
            self._last = pitch if cell.sign in "1n" else self._last
            ticks = cell.ticks if cell.ticks > 120 else 110
            yield Note(bar.start + cell.start, pitch, ticks, self._velocity(bar, cell.start))

    def _rhythm(self, bar: BandBar) -> str:
        """The pattern of a bar, or the strokes of the riff that the figure follows, all on the root."""
        figure, complexity = self._figure, self._manner.complexity
        if not figure.follows:
            return self._setting.pattern(figure.rhythms, figure.quiet, figure.loud, bar, "bass", complexity)
        riff = figures()[figure.follows]
        return self._setting.pattern(riff.rhythms, riff.quiet, riff.loud, bar, riff.name, complexity).translate(_RIFF)

    def _pitch(self, cell: Cell, bar: BandBar, root: int) -> int:
        chord = bar.chord_at(cell.start)
        if len(bar.spans) == 2 and cell.start >= bar.spans[1].start:
            root = self._root(chord, root)
        if cell.sign in "na":
            following = bar.next_chord(cell.start)
            target = self._root(following, root)
            return target if cell.sign == "n" else self._approach(target, root, chord, following)
        return self._inside(_degree(cell.sign, chord, root))

    def _approach(self, target: int, before: int, chord: Chord, following: Chord) -> int:
        """A step below or above the next root; its fifth if the root stays."""
        if target % _OCTAVE == before % _OCTAVE:
            return self._inside(_degree("5", chord, before))
        scale = self._setting.plan.key.scale
        steps = [target - 2, target - 1] if target > before or target - 2 < self._low else [target + 2, target + 1]
        fitting = [step for step in steps if step % _OCTAVE in scale and (step - chord.root) % _OCTAVE not in _clashing(chord)]
        return self._inside((fitting or steps[1:])[0])

    def _inside(self, pitch: int) -> int:
        while pitch > self._high:
            pitch -= _OCTAVE
        while pitch < self._low:
            pitch += _OCTAVE
        return pitch

    def _walk(self, bar: BandBar) -> Iterator[Note]:
        """One note per beat: the root where a chord begins, an approach to the next root, and a line between them."""
        meter, chance = self._setting.plan.meter, self._setting.chance("walk", bar.index)
        beat = meter.beat_ticks
        for span in bar.spans:
            beats = max(1, (span.end - span.start) // beat)
            following = bar.next_chord(span.start)
            root = nearest_tone((span.chord.lowest,), self._last, self._low, self._high - 2)
            pitches = [root, *self._line(root, beats, span.chord, following, chance)]
            for number, pitch in enumerate(pitches):
                offset = span.start + number * beat
                self._last = pitch
                yield Note(bar.start + offset, pitch, beat, self._velocity(bar, offset) - (0 if number % 2 else 4))

    def _line(self, root: int, beats: int, chord: Chord, following: Chord, chance: random.Random) -> list[int]:
        """The notes between two roots: the smoothest path in steps and thirds, with a little randomness.

        A walking line keeps its direction, passes through the scale, has chord tones on strong beats and does not come
        back to the note before the last.
        """
        if beats < 2:
            return []
        scale, tones = chord_scale(self._setting.plan.key, chord), chord.pitch_classes
        low, high = self._low, self._high - 1
        targets = [pitch for pitch in range(low, high) if pitch % _OCTAVE == following.lowest and abs(pitch - root) <= _OCTAVE]
        paths: list[tuple[float, list[int]]] = [(0.0, [root])]
        for number in range(1, beats - 1):
            paths = [
                (cost + self._step_cost(path, pitch, number, tones) + 0.9 * chance.random(), [*path, pitch])
                for cost, path in paths
                for pitch in range(max(low, path[-1] - 5), min(high, path[-1] + 5) + 1)
                if pitch % _OCTAVE in scale and pitch != path[-1]
            ]
            paths = sorted(paths)[:_WIDEST_SEARCH]
        endings = []
        for target in targets or [self._root(following)]:
            for cost, path in paths:
                lead = self._lead(target, path[-1], chord, following, chance.random())
                endings.append(
                    (cost + self._step_cost(path, lead, beats - 1, ()) + 0.1 * abs(target - root), [*path[1:], lead])
                )
        return min(endings)[1]

    def _step_cost(self, path: list[int], pitch: int, number: int, tones: Collection[int]) -> float:
        """Cost of a note in a walking line after the given notes, `number` beats after the root."""
        move = pitch - path[-1]
        cost = 0.0 if abs(move) <= 2 else 0.8 if abs(move) <= 4 else 1.6 + 0.3 * max(0, abs(move) - 5)
        cost += 4.0 * (move == 0) + 2.5 * (len(path) > 1 and pitch == path[-2])
        cost += 0.7 * (len(path) > 1 and move * (path[-1] - path[-2]) < 0)
        return cost + 3.0 * (bool(tones) and number % 2 == 0 and pitch % _OCTAVE not in tones)

    def _lead(self, target: int, last: int, chord: Chord, following: Chord, drawn: float) -> int:
        """A half or whole step to the next root from the side of the line, without a clash with the chord's tones."""
        side = -1 if last <= target else 1
        steps = (side, 2 * side, -side, -2 * side) if drawn < 0.4 else (2 * side, side, -2 * side, -side)
        scale, tones = self._setting.plan.key.scale, chord.pitch_classes

        def cost(step: int) -> float:
            pitch_class = (target + step) % _OCTAVE
            rubs = pitch_class not in tones and bool({(pitch_class + 1) % _OCTAVE, (pitch_class - 1) % _OCTAVE} & tones)
            off = pitch_class not in scale
            strict = self._setting.plan.scale is not None
            return 2.0 * rubs + (9.0 if strict else 0.7) * off + 3.0 * (target + step == last) + 0.5 * steps.index(step)

        return self._inside(target + min(steps, key=cost))


def _clashing(chord: Chord) -> set[int]:
    """Intervals a half step from the third or the root, which would clash with a long approach note."""
    return {(tone + 1) % _OCTAVE for tone in (0, third_of(chord) or 0)} | {11}


def _degree(sign: str, chord: Chord, root: int) -> int:
    """The pitch of a chord degree above a root; the fifth is below it where there is room."""
    tones = tones_of(chord)
    interval = {
        "1": 0,
        "8": _OCTAVE,
        "3": third_of(chord) or 0,
        "5": next((tone for tone in (7, 6, 8) if tone in tones), 0),
        "6": 9 if 3 not in tones or 4 in tones else 8,
        "7": seventh_of(chord) or _OCTAVE,
    }[sign]
    if chord.bass is not None and sign != "8":  # degrees count from the chord's own root
        return root if sign == "1" else root + (chord.root + interval - root) % _OCTAVE
    return root + interval


def _with_changes(cells: list[Cell], bar: BandBar) -> Iterator[Cell]:
    """The cells, with a root struck where a second chord begins."""
    if len(bar.spans) < 2:
        yield from cells
        return
    change = bar.spans[1].start
    for cell in cells:
        if cell.start < change < cell.start + cell.ticks:
            yield Cell(cell.sign, cell.start, change - cell.start)
            yield Cell("1", change, cell.start + cell.ticks - change)
        elif cell.start == change:
            yield Cell("1", change, cell.ticks)
        elif cell.sign == "n" and cell.start < change:
            yield Cell("1", cell.start, cell.ticks)
        else:
            yield cell
    if all(not cell.start <= change < cell.start + cell.ticks for cell in cells):
        later = min((cell.start for cell in cells if cell.start > change), default=change + _SHORT_TICKS)
        yield Cell("1", change, min(_SHORT_TICKS, later - change))
