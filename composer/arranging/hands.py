"""Notes of the figures that `accompanist` chooses: hands of a keyboard player and inner strings, below the melody.

The bass moves to its nearest octave around the figure's usual register; chords take the nearest voicing; a broken chord strikes
no tone twice in a row unless its figure does. What would come within a third of the melody folds down or is left out.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from composer.analysis.playability import HAND_SPAN
from composer.arranging.accompanist import Pattern
from composer.arranging.cells import Cell, lay
from composer.arranging.four_parts import pitch_at
from composer.arranging.setting import BandBar, Setting
from composer.arranging.voicing import Voicing, voice
from composer.presets import EnsemblePart
from composer.score import Chord, Note

_OCTAVE = 12
_LOWEST_BASS, _HIGHEST_BASS = 33, 57
_CHORDS = (50, 67)  # register of a left hand's chords
_UPPER = (55, 72)  # of a right hand under a voice
_CLEAR = 3  # semitones below the melody
_LOW = 48  # below it a chord's lowest interval is at least a fifth
_FINGERS = 4
_BASE_VELOCITY, _ENERGY_SHARE = 48, 36


@dataclass(slots=True)
class _Memory:
    """What a hand remembers: its last bass, voicing, and the single tone before."""

    bass: int = 43
    voicing: Voicing = ()
    last: int | None = None


class Hand:
    """One player of the chosen figures."""

    def __init__(self, setting: Setting, part: EnsemblePart, figures: Sequence[Pattern], hand: int) -> None:
        self._setting, self._part, self._figures, self._hand = setting, part, figures, hand
        self._is_low = hand == -1
        self._strings = bool(setting.events) and not part.name.endswith("hand)")
        self._memory = _Memory()
        self._starts = [event.start for event in setting.events]
        self._tune_starts = [note.start_ticks for note in setting.tune]

    def write(self) -> list[Note]:
        """The notes of the whole piece."""
        found: dict[tuple[int, int], Note] = {}
        for bar, figure in zip(self._setting.bars, self._figures, strict=True):
            for note in self._last(bar, figure) if bar.is_last else self._bar(bar, figure):
                if self._part.low <= note.pitch <= self._part.high:
                    found.setdefault((note.start_ticks, note.pitch), note)
        return sorted(found.values())

    def _bar(self, bar: BandBar, figure: Pattern) -> Iterator[Note]:
        hands = figure.signs.split("|")
        meter = self._setting.plan.meter
        cells = list(lay(hands[self._hand], 0, meter, str(meter)))
        cells = [self._at_change(cell, bar) for cell in cells]
        line = [index for index, cell in enumerate(cells) if cell.sign == ">"]
        for index, cell in enumerate(cells):
            ticks = self._ticks(cell, cells[index + 1 :], bar)
            pitches = self._walk(bar, len(line) - line.index(index)) if cell.sign == ">" else self._pitches(cell, bar, figure)
            velocity = (
                round(_BASE_VELOCITY + _ENERGY_SHARE * bar.energy) + (8 if cell.start == 0 else 0) - 4 * (len(pitches) > 1)
            )
            for pitch in pitches:
                yield Note(bar.start + cell.start, pitch, ticks, min(124, max(20, velocity)))

    def _at_change(self, cell: Cell, bar: BandBar) -> Cell:
        """A single tone at a change of harmony is the new bass."""
        changes = [span.start for span in bar.spans]
        fits = self._is_low and cell.start in changes and cell.sign.isdigit()
        return Cell("b", cell.start, cell.ticks) if fits else cell

    def _ticks(self, cell: Cell, later: Sequence[Cell], bar: BandBar) -> int:
        """How long a cell sounds: to the change of harmony, and where its bass is held, to the next bass."""
        end = next((span.end for span in bar.spans if cell.start < span.end), self._setting.plan.meter.bar_ticks)
        stop = cell.start + cell.ticks
        if cell.sign == "B":
            stop = next((other.start for other in later if other.sign in "bBoC>"), end)
        return max(110, min(stop, end) - cell.start)

    def _pitches(self, cell: Cell, bar: BandBar, figure: Pattern) -> list[int]:
        """What a cell strikes."""
        chord, at = bar.chord_at(cell.start), bar.start + cell.start
        if self._strings:
            return self._string(cell, at, chord)
        ceiling = self._ceiling(at, cell.ticks)
        if cell.sign in "ec" or (cell.sign == "C" and not self._is_low):
            return self._block(chord, ceiling, 2 if cell.sign == "e" else 3)
        if cell.sign in "ud" and self._memory.last is not None:
            return self._struck(self._step(self._memory.last, 1 if cell.sign == "u" else -1), ceiling)
        bass = self._base(chord, figure, ceiling)
        if cell.sign in "bB":
            return self._struck(bass, ceiling)
        if cell.sign == "o":
            return [p for p in (bass - _OCTAVE if bass - _OCTAVE >= _LOWEST_BASS - 5 else bass + _OCTAVE, bass) if p <= ceiling]
        if cell.sign == "C":
            return self._grip(chord, bass, ceiling)
        return self._struck(self._rung(chord, bass, int(cell.sign) if cell.sign.isdigit() else 1, ceiling), ceiling)

    def _struck(self, pitch: int, ceiling: int) -> list[int]:
        while pitch > ceiling:
            pitch -= _OCTAVE
        self._memory.last = pitch
        return [pitch]

    def _ceiling(self, start: int, ticks: int) -> int:
        """The highest pitch that stays clear of the melody while a stroke sounds."""
        first = max(0, bisect_right(self._tune_starts, start) - 1)
        sounding = [n.pitch for n in self._setting.tune[first:] if n.start_ticks < start + ticks and n.end_ticks > start]
        return min(self._part.high, _UPPER[1], *(pitch - _CLEAR for pitch in sounding))

    def _base(self, chord: Chord, figure: Pattern, ceiling: int) -> int:
        """The lowest tone: of a left hand the bass, of a right hand the lowest of its voicing."""
        if not self._is_low:
            block = self._block(chord, ceiling, 3)
            return block[0] if block else self._part.low
        low, high = max(self._part.low, _LOWEST_BASS), _HIGHEST_BASS
        options = [p for p in range(low, high + 1) if p % _OCTAVE == chord.lowest]
        usual = figure.low or 45
        usual += 6 * (usual < 40)  # octaves are counted by their lower tone
        last = self._memory.bass
        bass = min(options, key=lambda p: abs(p - last) + 0.6 * abs(p - usual) + 6 * (abs(p - last) > _OCTAVE))
        self._memory.bass = bass
        return bass

    def _block(self, chord: Chord, ceiling: int, count: int) -> list[int]:
        low, high = _CHORDS if self._is_low else _UPPER
        top = min(high, ceiling)
        self._memory.voicing = voice(
            chord, "triad", max(self._part.low, low if top - low >= 9 else top - 11), top, self._memory.voicing
        )
        self._memory.last = None
        pitches = [p for p in self._memory.voicing if p <= ceiling]
        return pitches[-count:] if count < 3 and len(pitches) > 2 else pitches

    def _ladder(self, chord: Chord, bass: int) -> list[int]:
        """Tones above a bass: three of a chord; of a seventh chord the fifth gives way."""
        order = sorted(chord.pitch_classes, key=lambda pc: (pc - chord.root) % _OCTAVE)
        kept = {pc for pc in order if len(order) < 4 or (pc - chord.root) % _OCTAVE not in (6, 7, 8)} | {bass % _OCTAVE}
        return [p for p in range(bass, bass + 37) if p % _OCTAVE in kept]

    def _rung(self, chord: Chord, bass: int, rank: int, ceiling: int) -> int:
        """A tone of a broken chord by its rank; lower where the melody is near, and other than the tone before it."""
        ladder = [p for p in self._ladder(chord, bass) if p <= ceiling] or [bass]
        if self._setting and bass < _LOW - 5 and len(ladder) > rank + 1 and ladder[1] - bass < 7 and rank == 1:
            rank = 2
        rank = min(rank, len(ladder) - 1)
        if ladder[rank] == self._memory.last and len(ladder) > 2:
            rank = rank - 1 if rank > 1 else rank + 1
        return ladder[min(rank, len(ladder) - 1)]

    def _grip(self, chord: Chord, bass: int, ceiling: int) -> list[int]:
        """A bass and what of its chord the same hand reaches above it."""
        pitches = [bass]
        for pitch in self._ladder(chord, bass)[1:]:
            gap = 7 if pitches[-1] < _LOW else 3
            if pitch - pitches[-1] >= gap and pitch - bass <= HAND_SPAN and pitch <= ceiling and len(pitches) < _FINGERS:
                pitches.append(pitch)
        self._memory.last = None
        return pitches

    def _step(self, pitch: int, way: int) -> int:
        scale = self._setting.plan.key.scale
        return next(p for p in range(pitch + way, pitch + 12 * way, way) if p % _OCTAVE in scale)

    def _walk(self, bar: BandBar, left: int) -> list[int]:
        """A note of a link, so many steps of the scale before the next bar's bass."""
        following = bar.following or bar.spans[-1].chord
        target = min(
            (p for p in range(_LOWEST_BASS, _HIGHEST_BASS + 1) if p % _OCTAVE == following.lowest),
            key=lambda p: abs(p - self._memory.bass),
        )
        way = -1 if target >= self._memory.bass else 1
        pitch = target
        for _ in range(left):
            pitch = self._step(pitch, way)
        if not self._part.low <= pitch <= self._part.high:
            pitch = target
        self._memory.last = pitch
        return [pitch]

    def _string(self, cell: Cell, at: int, chord: Chord) -> list[int]:
        """A tone of an inner string: that of the four parts, another tone of the chord by rank above it, or a step from it."""
        voice_name = ("alto", "tenor")[self._hand % 2]
        own = pitch_at(self._setting.events, self._starts, at, voice_name)
        top = self._ceiling(at, cell.ticks) if self._hand == 0 else pitch_at(self._setting.events, self._starts, at, "alto")
        if cell.sign in "ud":
            pitch = self._step(own, 1 if cell.sign == "u" else -1)
            return [pitch if pitch <= top else own]
        rank = min(int(cell.sign), 3) if cell.sign.isdigit() else 0
        above = [p for p in range(own, own + 13) if p % _OCTAVE in chord.pitch_classes and (p <= top or p == own)]
        return [above[min(rank, len(above) - 1)]] if above else [own]

    def _last(self, bar: BandBar, figure: Pattern) -> Iterator[Note]:
        """The last bar: held, a short chord and a rest, broken upwards, or the bass and then its chord."""
        ticks, beat = self._setting.plan.meter.bar_ticks, self._setting.plan.meter.beat_ticks
        way = self._setting.chance("last bar").choice(("held", "short", "broken", "after"))
        velocity, chord = round(_BASE_VELOCITY + _ENERGY_SHARE * bar.energy), bar.spans[0].chord
        if self._strings:
            pitches = self._string(Cell("b", 0, ticks), bar.start, chord)
        else:
            ceiling = self._ceiling(bar.start, ticks)
            pitches = (
                self._grip(chord, self._base(chord, figure, ceiling), ceiling)
                if self._is_low
                else self._block(chord, ceiling, 3)
            )
        if way == "broken" and self._is_low and len(pitches) > 2:
            step = beat // 2
            for number, pitch in enumerate(pitches):
                yield Note(bar.start + number * step, pitch, ticks - number * step, velocity)
        elif way == "after" and ticks >= 2 * beat and not self._strings and self._is_low and len(pitches) > 1:
            yield Note(bar.start, pitches[0], ticks, velocity + 4)
            for pitch in pitches[1:]:
                yield Note(bar.start + beat, pitch, ticks - beat, velocity)
        else:
            for pitch in pitches:
                yield Note(bar.start, pitch, beat if way == "short" and ticks > beat and not self._strings else ticks, velocity)
