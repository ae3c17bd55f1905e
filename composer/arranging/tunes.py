"""Melodies from motifs: one rhythm and contour per section, which return in sequence over its chords and close at its end.

A phrase of four bars states a motif, continues it, states it again over the new harmony, and closes (the sentence and the
period of Caplin, *Classical Form*, 1998, reduced to the needs of a song). Notes on strong beats and long ones are chord tones;
others are steps of the scale between them.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from composer.arranging.casting import MELODY
from composer.arranging.cells import Cell, lay
from composer.arranging.setting import LOUD, BandBar, Setting, pick
from composer.arranging.tables import Band, Tune, tunes
from composer.arranging.voicing import chord_scale, nearest_tone, tones_of
from composer.controls import PHRASE_BARS
from composer.presets import EnsemblePart, programs_of
from composer.score import Chord, Key, Note

_OCTAVE = 12
_LONG_TICKS = 360
_WIDEST = 9  # semitones between neighboring notes
_LOWEST, _LOWEST_ORCHESTRAL, _LOWEST_SYNTH = 59, 67, 64
_SINGABLE = 21  # semitones from the lowest to the highest note of a tune
_SUNG = (57, 76)  # of a voice, since higher notes are a strain over a whole song
_SYNTHS = range(80, 88)  # programs that lead above their own pads
_LONG_INTRO = 12  # bars from which an introduction brings the tune in its second half


def plays_tune(bar: BandBar) -> bool:
    """Whether the melody plays in a bar: not in an introduction, unless a setting says so."""
    heralds = bar.section.bars >= _LONG_INTRO and bar.place >= bar.section.bars // 2
    return bar.kind != "intro" or heralds or bar.is_last or not MELODY.isdisjoint(bar.asked.playing)


def singable(part: EnsemblePart, band: Band) -> tuple[int, int]:
    """Lowest and highest pitch of a tune that a part plays: under two octaves, from about middle C, higher in orchestras."""
    if part.program in programs_of("voice") and not part.is_drum:
        return max(part.low, _SUNG[0]), max(min(part.high, _SUNG[1]), part.low + _OCTAVE)
    usual = _LOWEST_ORCHESTRAL if band.orchestral else _LOWEST_SYNTH if part.program in _SYNTHS else _LOWEST
    low = max(part.low, min(usual, part.high - _SINGABLE))
    return low, min(part.high, low + _SINGABLE + 2)


def write_tune(setting: Setting, part: EnsemblePart) -> list[Note]:
    """The melody of a piece by grammar."""
    tune = tunes()[setting.band.tune]
    if tune.meter == "4/4" and str(setting.plan.meter) == "3/4":
        tune = tunes()["waltz"]
    singer = _Singer(setting, part, tune)
    notes: list[Note] = []
    for bar in setting.bars:
        if plays_tune(bar):
            notes += singer.bar(bar)
    return notes


@dataclass
class _Motif:
    """The motif of a section: rhythms by place in the phrase, and for each rhythm the moves in scale steps."""

    rhythms: dict[str, str]
    moves: dict[str, list[int]]


class _Singer:
    """A melody being written."""

    def __init__(self, setting: Setting, part: EnsemblePart, tune: Tune) -> None:
        self._setting, self._tune = setting, tune
        self.low, self.high = singable(part, setting.band)
        self._motifs: dict[str, _Motif] = {}
        self._last = 0
        self._started: dict[str, int] = {}

    def bar(self, bar: BandBar) -> Iterator[Note]:
        """Notes of one bar."""
        letter = bar.section.letter
        if bar.is_first_of_section or not self._last:
            self._last = self._opening_pitch(bar)
        if bar.is_last:
            yield self._final(bar)
            return
        motif = self._motifs.setdefault(letter, self._make(letter))
        what = self._place(bar)
        cells = list(lay(motif.rhythms[what], 0, self._setting.plan.meter, self._tune.meter))
        pitches = self._pitches(cells, self._moves(motif, what, len(cells), bar), bar)
        for cell, pitch in zip(cells, pitches, strict=True):
            self._last = pitch
            yield self._note(bar, cell, pitch)

    def _note(self, bar: BandBar, cell: Cell, pitch: int) -> Note:
        accent = 6 if cell.start % (2 * self._setting.plan.meter.beat_ticks) == 0 else 0
        height = (pitch - self.low) / max(1, self.high - self.low)
        velocity = round(66 + 30 * bar.energy + accent + 8 * height)
        ticks = cell.ticks if cell.ticks > 120 else 110
        change = next((span.start for span in bar.spans[1:] if cell.start < span.start < cell.start + cell.ticks), None)
        if change is not None and pitch % _OCTAVE not in bar.chord_at(change).pitch_classes:
            ticks = change - cell.start
        return Note(bar.start + cell.start, pitch, ticks, min(124, velocity))

    def _final(self, bar: BandBar) -> Note:
        chord = bar.spans[0].chord
        pitch = nearest_tone((chord.root,), self._last, self.low, self.high)
        return Note(bar.start, pitch, self._setting.plan.meter.bar_ticks, round(70 + 26 * bar.energy))

    def _place(self, bar: BandBar) -> str:
        """The function of a bar in its phrase; a phrase shorter than four bars also has a close."""
        if bar.left == 0:
            return "close"
        place = bar.place % PHRASE_BARS
        if place == PHRASE_BARS - 1:
            return "half"
        return ("open", "go", "open" if bar.place // PHRASE_BARS % 2 == 0 else "again")[place]

    def _make(self, letter: str) -> _Motif:
        """Rhythms and contours of a section."""
        chance, tune = self._setting.chance("motif", letter), self._tune
        rhythms = {"open": pick(chance, tune.open), "go": pick(chance, tune.go), "again": pick(chance, tune.open)}
        rhythms |= {"half": pick(chance, tune.go + tune.close), "close": pick(chance, tune.close)}
        moves = {what: list(self._contour(chance)) for what in rhythms}
        return _Motif(rhythms, moves)

    def _contour(self, chance: random.Random) -> Iterator[int]:
        """Moves in scale steps: mostly steps in one direction, sometimes a leap, after which the line turns."""
        direction, height = (1 if chance.random() < 0.6 else -1), 0
        after_leap = False
        for _ in range(24):
            drawn, size = chance.random(), chance.random()
            if after_leap:
                direction, move, after_leap = -direction, 1, False
            elif drawn < self._tune.leap:
                move, after_leap = 2 + int(size * 3), True
            else:
                move = 0 if size < 0.12 else 1
            if abs(height + direction * move) > self._tune.span or chance.random() < 0.2:
                direction = -direction
            height += direction * move
            yield direction * move

    def _moves(self, motif: _Motif, what: str, count: int, bar: BandBar) -> Sequence[int]:
        """The moves of a bar; a varied return changes those of its last phrases."""
        moves = motif.moves[what][:count]
        if bar.section.is_varied and bar.place % PHRASE_BARS >= PHRASE_BARS // 2:
            chance = self._setting.chance("variation", bar.section.name, what)
            moves = list(self._contour(chance))[:count]
        return moves

    def _opening_pitch(self, bar: BandBar) -> int:
        lift = 4 if bar.energy >= LOUD else 0
        middle = self.low + (self.high - self.low) * 0.45 + lift
        return nearest_tone(_tones(bar.spans[0].chord), middle, self.low, self.high)

    def _pitches(self, cells: Sequence[Cell], moves: Sequence[int], bar: BandBar) -> list[int]:
        """Pitches of a bar's notes: the contour, with chord tones on strong beats and long notes."""
        pitches: list[int] = []
        last = self._last
        if bar.place % PHRASE_BARS == 0:
            last = self._started.setdefault(f"{bar.section.letter}", last)
        for number, (cell, move) in enumerate(zip(cells, moves, strict=True)):
            chord = bar.chord_at(cell.start)
            if number == 0 and bar.place % PHRASE_BARS == 0:
                move = 0  # a phrase begins where its motif did
            scale = _scale(self._setting.plan.key, chord, self._tune.blue and self._setting.plan.scale is None)
            wanted = self._inside(_step(last, move, scale))
            if self._is_heard(cell) or (number + 1 == len(cells) and bar.left == 0):
                wanted = self._chord_tone(chord, wanted, last, move)
            elif wanted % _OCTAVE not in scale:
                wanted = nearest_tone(sorted(scale), wanted, self.low, self.high)
            pitches.append(wanted)
            last = wanted
        return self._resolved(cells, pitches, bar)

    def _chord_tone(self, chord: Chord, wanted: int, last: int, move: int) -> int:
        """The chord tone nearest to a pitch; where the line moves, neither the previous pitch nor one far away."""
        tones = _tones(chord)
        found = nearest_tone(tones, wanted, self.low, self.high)
        if found == last and move:
            onward = nearest_tone(tones, last + (3 if move > 0 else -3), self.low, self.high)
            found = onward if onward != last else nearest_tone(tones, last + (-3 if move > 0 else 3), self.low, self.high)
        return found if abs(found - last) <= _WIDEST else nearest_tone(tones, last, self.low, self.high)

    def _is_heard(self, cell: Cell) -> bool:
        """Whether a note is on a strong beat or long."""
        return cell.start % (2 * self._setting.plan.meter.beat_ticks) == 0 or cell.ticks >= _LONG_TICKS

    def _resolved(self, cells: Sequence[Cell], pitches: list[int], bar: BandBar) -> list[int]:
        """Replaces nonchord tones that do not resolve by step with chord tones."""
        for number in reversed(range(len(pitches))):
            chord = bar.chord_at(cells[number].start)
            foreign = pitches[number] % _OCTAVE not in chord.pitch_classes
            following = pitches[number + 1] if number + 1 < len(pitches) else None
            if foreign and (following is None or not 0 < abs(following - pitches[number]) <= 2):
                pitches[number] = nearest_tone(_tones(chord), pitches[number], self.low, self.high)
        return pitches

    def _inside(self, pitch: int) -> int:
        """A pitch reflected into the range at its edges."""
        if pitch > self.high:
            pitch = self.high - (pitch - self.high)
        if pitch < self.low:
            pitch = self.low + (self.low - pitch)
        return min(self.high, max(self.low, pitch))


def _tones(chord: Chord) -> tuple[int, ...]:
    """Chord tones on which a melody may rest: not the root over a major seventh, nor those a half step above another."""
    tones = tones_of(chord)
    calm = [tone for tone in tones if (tone - 1) % _OCTAVE not in tones]
    return tuple((chord.root + tone) % _OCTAVE for tone in calm)


def _scale(key: Key, chord: Chord, blue: bool) -> frozenset[int]:
    """The scale of a chord, with the blue notes of the key where they are requested."""
    scale = chord_scale(key, chord)
    return scale | {(key.tonic + 3) % _OCTAVE, (key.tonic + 10) % _OCTAVE} if blue else scale


def _step(pitch: int, move: int, scale: frozenset[int]) -> int:
    """The pitch that is `move` steps of a scale away."""
    direction = 1 if move > 0 else -1
    for _ in range(abs(move)):
        pitch += direction
        while pitch % _OCTAVE not in scale:
            pitch += direction
    return pitch


def with_dynamics(setting: Setting, notes: Sequence[Note]) -> list[Note]:
    """A melody's notes with the loudness of their section, rising with the line."""
    ticks = setting.plan.meter.bar_ticks
    beat = 2 * setting.plan.meter.beat_ticks
    shaped = []
    pitches = [note.pitch for note in notes]
    low, high = min(pitches, default=0), max(pitches, default=1)
    for note in notes:
        bar = setting.bars[min(note.start_ticks // ticks, len(setting.bars) - 1)]
        height = (note.pitch - low) / max(1, high - low)
        accent = 6 if note.start_ticks % beat == 0 else 0
        shaped.append(replace(note, velocity=min(124, round(66 + 30 * bar.energy + accent + 8 * height))))
    return shaped
