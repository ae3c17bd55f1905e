"""Melodies from motifs: a rhythm and a contour per section, which return in sequence over its chords and rest at its end.

A phrase of four bars states a motif, continues it, states it again over the new harmony, and closes (the sentence and the
period of Caplin, *Classical Form*, 1998, reduced to the needs of a song). Its line aims at a height: choruses lie above verses,
phrases are arches, answers reach higher than statements. Bands that improvise play solos in varied sections: every phrase has a
motif of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from composer.arranging.casting import MELODY
from composer.arranging.cells import Cell
from composer.arranging.line_search import Place, find_line, moves_of
from composer.arranging.registers import sung_by
from composer.arranging.resting import manner_of
from composer.arranging.setting import BandBar, Setting, pick
from composer.arranging.tables import Band, Tune, tunes
from composer.arranging.voicing import chord_scale, nearest_tone, tones_of
from composer.controls import PHRASE_BARS
from composer.presets import EnsemblePart, programs_of
from composer.score import Chord, Key, Note, TimeSignature

_OCTAVE = 12
_LONG_TICKS, _LONG_ON_BEATS_TICKS = 360, 720  # of notes that are chord tones: syncopated ones, and those on weak beats
_SHORT_TICKS = 240
_UNIT_BARS = PHRASE_BARS // 2
# The middle of a section's melody as a share of its range: _CENTER + _CENTER_BY_ENERGY * intensity, within limits.
_CENTER, _CENTER_BY_ENERGY, _LOWEST_CENTER, _HIGHEST_CENTER = 0.02, 0.74, 0.22, 0.68
_LIFTED = 0.3  # share of its range by which a melody in a high or low register differs
_REACH = 9  # semitones from the middle of a section's melody to its highest and lowest note
_SPAN = 0.7  # semitones around the middle for each step of a tune's span
_UPBEATS = ("....", "..x-", "x-x-")
_ANSWERED = 1.5  # semitones by which answers are higher than statements
# Shapes of phrases, from their beginning to their end; 1 is a span above the middle.
_STATEMENTS = (
    (-0.5, 0.2, 0.8, 0.1, -0.3),
    (-0.7, -0.3, 0.2, 0.7, 0.4),
    (-0.3, 0.6, -0.2, 0.5, -0.1),
    (0.6, 0.2, -0.4, 0.1, 0.3),
)
_ANSWERS = ((-0.4, 0.5, 0.9, 0.0, -0.6), (0.8, 0.5, 0.7, -0.2, -0.7), (0.0, 0.3, 0.9, 0.2, -0.5))
_LOWEST, _LOWEST_ORCHESTRAL, _LOWEST_SYNTH = 59, 64, 64
_SINGABLE = 21  # semitones from the lowest to the highest note of a tune
_SUNG = (57, 76)  # of a voice, since higher notes are a strain over a whole song
_SYNTHS = range(80, 88)  # programs that lead above their own pads
_LONG_INTRO = 12  # bars from which an introduction brings the tune in its second half


def plays_tune(bar: BandBar, band: Band) -> bool:
    """Whether the melody plays in a bar: not in an introduction, nor in a build-up of layers, unless a setting says so."""
    if bar.is_last or bar.asked.melody or not MELODY.isdisjoint(bar.asked.playing):
        return True
    heralds = bar.section.bars >= _LONG_INTRO and bar.place >= bar.section.bars // 2
    return heralds if bar.kind == "intro" else not (bar.kind == "build" and band.layers)


def singable(part: EnsemblePart, band: Band) -> tuple[int, int]:
    """Lowest and highest pitch of a tune that a part plays: under two octaves, from about middle C, higher in orchestras."""
    if part.program in programs_of("voice") and not part.is_drum:
        low, high = sung_by(part, *_SUNG)
        return max(part.low, low), max(min(part.high, high), part.low + _OCTAVE)
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
    for bars in _units(setting.bars, setting.band):
        notes += singer.unit(bars)
    return notes


def _units(bars: Sequence[BandBar], band: Band) -> Iterator[list[BandBar]]:
    """Half phrases in which the melody plays: two bars or one, within a section."""
    unit: list[BandBar] = []
    for bar in bars:
        if unit and (bar.place % _UNIT_BARS == 0 or bar.is_last or not plays_tune(bar, band)):
            yield unit
            unit = []
        if plays_tune(bar, band):
            unit.append(bar)
    if unit:
        yield unit


@dataclass
class _Motif:
    """The motif of a section: rhythms by place in the phrase, and for each rhythm its moves in scale steps, once found."""

    rhythms: dict[str, str]
    moves: dict[str, list[int]] = field(default_factory=dict)
    is_varied: bool = False


class _Singer:
    """A melody being written."""

    def __init__(self, setting: Setting, part: EnsemblePart, tune: Tune) -> None:
        self._setting, self._part, self._tune = setting, part, tune
        self.low, self.high = singable(part, setting.band)
        self._motifs: dict[str, _Motif] = {}
        self._sung: dict[tuple[object, ...], list[int]] = {}
        self._last: list[int] = []

    def unit(self, bars: Sequence[BandBar]) -> Iterator[Note]:
        """Notes of half a phrase."""
        if bars[0].is_last:
            yield self._final(bars[0])
            return
        version = self._version(bars[0])
        motif = self._motif(bars[0], version)
        cells = [
            (bar, cell)
            for bar in bars
            for cell in self._setting.cells(motif.rhythms[_function(bar, motif)], 0, self._tune.meter)
        ]
        places = [self._place(bar, cell, version) for bar, cell in cells]
        lift = manner_of(bars[0], self._part, "lead").lift
        functions = tuple(_function(bar, motif) for bar in bars)
        key = (version, lift, bars[0].place, functions, tuple(span.chord for bar in bars for span in bar.spans))
        if key not in self._sung:
            low, high = self._window(bars[0])
            chance = self._setting.chance("line", version, bars[0].place)
            wanted = _returning(places, cells, motif) + self._ahead(bars[-1])
            line = find_line(wanted, low, high, self._last[-2:], self._tune.leap, chance)
            self._sung[key] = line[: len(places)]
        pitches = self._sung[key]
        _learn(motif, cells, pitches, places)
        self._last = pitches or self._last
        for (bar, cell), pitch in zip(cells, pitches, strict=True):
            yield self._note(bar, cell, pitch)

    @property
    def _meter(self) -> TimeSignature:
        return self._setting.plan.meter

    def _version(self, bar: BandBar) -> str:
        """Which version of its section's melody a bar has: the same text is sung the same.

        A varied section differs in the second half of its phrases, or is a solo; a section that repeats the one before it has
        another ending. An ending of the piece has the motif of the section before it.
        """
        section, letter = bar.section, bar.section.letter
        before = self._setting.bars[section.start_bar - 1] if section.start_bar else None
        if self._is_solo(bar):
            return f"{letter} solo {section.start_bar} {bar.place // PHRASE_BARS}"
        if section.is_varied and bar.place % PHRASE_BARS >= _UNIT_BARS:
            return f"{letter} {section.name}"
        repeats = before is not None and before.section.letter == letter and section.bars >= _UNIT_BARS + PHRASE_BARS
        return f"{letter} again" if repeats and bar.left < _UNIT_BARS else letter

    def _is_solo(self, bar: BandBar) -> bool:
        return self._setting.band.solos and (bar.section.is_varied or bar.section.letter.lower() == "solo")

    def _motif(self, bar: BandBar, version: str) -> _Motif:
        """The motif of a version; an ending of the piece has that of the section before it, a solo one for each phrase."""
        if version not in self._motifs:
            letter, start = bar.section.letter, bar.section.start_bar
            if bar.kind == "outro" and start and plays_tune(before := self._setting.bars[start - 1], self._setting.band):
                letter = before.section.letter
            if self._is_solo(bar):
                made = self._make(version, self._tune.solo or self._tune.open + self._tune.go)
            elif version == letter:
                made = self._make(letter)
            else:
                made = self._varied(self._motifs.get(letter) or self._make(letter), version)
            self._motifs[version] = made
        return self._motifs[version]

    def _make(self, name: str, rhythms: Sequence[str] = ()) -> _Motif:
        """A motif with new rhythms."""
        chance, tune = self._setting.chance("motif", name), self._tune
        made = {"open": pick(chance, rhythms or tune.open), "go": pick(chance, rhythms or tune.go)}
        made |= {"again": pick(chance, rhythms or tune.open), "turn": pick(chance, rhythms or tune.go)}
        made |= {"half": pick(chance, tune.go + tune.close), "close": pick(chance, tune.close)}
        upbeat = pick(chance, _UPBEATS)
        if made["open"][0] == made["again"][0] == "x":
            made["half"] = _with_upbeat(made["half"], upbeat)
        return _Motif(made)

    def _varied(self, motif: _Motif, version: str) -> _Motif:
        """A motif that begins like another and goes on differently."""
        other = self._make(version)
        kept = ("open", "go")
        rhythms = other.rhythms | {what: motif.rhythms[what] for what in kept}
        return _Motif(rhythms, {what: moves for what, moves in motif.moves.items() if what in kept}, is_varied=True)

    def _note(self, bar: BandBar, cell: Cell, pitch: int) -> Note:
        accent = 6 if cell.start % (2 * self._meter.beat_ticks) == 0 else 0
        height = (pitch - self.low) / max(1, self.high - self.low)
        velocity = round(66 + 30 * bar.energy + accent + 8 * height)
        ticks = cell.ticks if cell.ticks > 120 else 110
        change = next((span.start for span in bar.spans[1:] if cell.start < span.start < cell.start + cell.ticks), None)
        if change is not None and pitch % _OCTAVE not in bar.chord_at(change).pitch_classes:
            ticks = change - cell.start
        return Note(bar.start + cell.start, pitch, ticks, min(124, velocity))

    def _final(self, bar: BandBar) -> Note:
        pitch = self._final_pitch(bar, self._last[-1] if self._last else self._center(bar))
        return Note(bar.start, pitch, self._meter.bar_ticks, round(70 + 26 * bar.energy))

    def _ahead(self, bar: BandBar) -> list[Place]:
        """The last note of the piece, to which the line before it leads."""
        following = self._setting.bars[bar.index + 1 : bar.index + 2]
        if not (following and following[0].is_last):
            return []
        pitch = self._final_pitch(following[0], self._center(bar))
        only = frozenset({pitch % _OCTAVE})
        return [Place(only, only, only, rests=True, aim=pitch)]

    def _final_pitch(self, bar: BandBar, near: float) -> int:
        return nearest_tone((bar.spans[0].chord.root,), near, self.low, self.high)

    def _center(self, bar: BandBar) -> float:
        """The middle of a section's melody: higher in louder sections."""
        share = min(_HIGHEST_CENTER, max(_LOWEST_CENTER, _CENTER + _CENTER_BY_ENERGY * bar.energy))
        share += _LIFTED * manner_of(bar, self._part, "lead").lift
        return self.low + share * (self.high - self.low)

    def _window(self, bar: BandBar) -> tuple[int, int]:
        """Lowest and highest pitch of a section's melody."""
        center = round(self._center(bar))
        return max(self.low, center - _REACH), min(self.high, center + _REACH)

    def _aim(self, bar: BandBar, offset: int, version: str) -> float:
        """The height at which the line aims: the shape of its phrase around the middle of its section."""
        answers = bar.place // PHRASE_BARS % 2 == 1
        shapes = _ANSWERS if answers else _STATEMENTS
        shape = pick(self._setting.chance("shape", version, bar.place // PHRASE_BARS), shapes)
        share = (bar.place % PHRASE_BARS + offset / self._meter.bar_ticks) / PHRASE_BARS * (len(shape) - 1)
        index = min(int(share), len(shape) - 2)
        height = shape[index] + (share - index) * (shape[index + 1] - shape[index])
        return self._center(bar) + _ANSWERED * answers + _SPAN * self._tune.span * height

    def _place(self, bar: BandBar, cell: Cell, version: str) -> Place:
        key, chord = self._setting.plan.key, bar.chord_at(cell.start)
        strict = self._setting.plan.scale is not None
        return Place(
            tones=resting_tones(chord),
            chord=chord.pitch_classes,
            scale=passing_tones(key, chord, blue=self._tune.blue and not strict),
            rests=rests_at(cell.start, cell.ticks, self._meter),
            aim=self._aim(bar, cell.start, version),
            chromatic=self._tune.chromatic and not strict and cell.ticks <= _SHORT_TICKS,
        )


def _with_upbeat(rhythm: str, upbeat: str) -> str:
    """A rhythm whose last beat, if it is silent, leads to the next phrase."""
    beat = len(upbeat)
    return rhythm[:-beat] + upbeat if rhythm.endswith("." * beat) else rhythm


def _function(bar: BandBar, motif: _Motif) -> str:
    """The function of a bar in its phrase; a phrase shorter than four bars also has a close."""
    if bar.left == 0:
        return "close"
    place, answers = bar.place % PHRASE_BARS, bar.place // PHRASE_BARS % 2 == 1
    if place == PHRASE_BARS - 1:
        return "half"
    return ("open", "turn" if answers else "go", "again" if answers or motif.is_varied else "open")[place]


def _returning(places: Sequence[Place], cells: Sequence[tuple[BandBar, Cell]], motif: _Motif) -> list[Place]:
    """The places with the moves of motifs that have been heard, within their bars."""
    result, number = [], 0
    for index, (place, (bar, _)) in enumerate(zip(places, cells, strict=True)):
        number = number + 1 if index and cells[index - 1][0].index == bar.index else 0
        moves = motif.moves.get(_function(bar, motif), [])
        result.append(replace(place, move=moves[number]) if 0 < number < len(moves) else place)
    return result


def _learn(motif: _Motif, cells: Sequence[tuple[BandBar, Cell]], pitches: Sequence[int], places: Sequence[Place]) -> None:
    """Stores the moves of bars whose function is new in a motif."""
    for bar in {bar.index: bar for bar, _ in cells}.values():
        mine = [index for index, (other, _) in enumerate(cells) if other.index == bar.index]
        moves = moves_of([pitches[index] for index in mine], [places[index].scale for index in mine])
        motif.moves.setdefault(_function(bar, motif), moves)


def rests_at(offset: int, ticks: int, meter: TimeSignature) -> bool:
    """Whether a note of a melody is a chord tone: on a strong beat, or long for its place in the bar."""
    long = _LONG_TICKS if offset % meter.beat_ticks else _LONG_ON_BEATS_TICKS
    return offset % (2 * meter.beat_ticks) == 0 or ticks >= long


def resting_tones(chord: Chord) -> frozenset[int]:
    """Chord tones on which a melody may rest: not the root over a major seventh, nor those a half step above another."""
    tones = tones_of(chord)
    return frozenset((chord.root + tone) % _OCTAVE for tone in tones if (tone - 1) % _OCTAVE not in tones)


def passing_tones(key: Key, chord: Chord, *, blue: bool) -> frozenset[int]:
    """The scale of a chord, with the blue notes of the key where they are requested."""
    scale = chord_scale(key, chord)
    return scale | {(key.tonic + 3) % _OCTAVE, (key.tonic + 10) % _OCTAVE} if blue else scale


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
