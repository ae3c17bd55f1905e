"""Accompaniment: chords in a rhythm, broken or held, basses and chords of one hand, riffs, inner voices, second melodies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise

from composer.analysis.playability import reach_of
from composer.arranging.blend import Blend
from composer.arranging.casting import Role, is_player
from composer.arranging.cells import Cell, lay
from composer.arranging.frets import UPPER_STRINGS, other_bass, shape_of
from composer.arranging.line_search import Place, find_line
from composer.arranging.resting import manner_of
from composer.arranging.setting import LOUD, BandBar, Setting
from composer.arranging.tables import Figure
from composer.arranging.voicing import (
    TIMPANI_PITCH,
    Voicing,
    chord_scale,
    classes,
    drum_tones,
    fifth_of,
    in_section,
    nearest_tone,
    voice,
)
from composer.controls import PHRASE_BARS
from composer.presets import EnsemblePart, instrument_of, programs_of
from composer.score import Chord, Note

_OCTAVE = 12
_BASE_VELOCITY, _ENERGY_SHARE = 48, 36
_BELOW = 7  # semitones
_LATER = 0.15  # how much louder a section is when the second of two players joins it
_ABOVE = 64  # lowest pitch of figures that lie above a melody
_TOP = 127
_LEAST_ROOM = 14  # semitones of a register that stays below a given melody, so that every close chord has a place in it
_LIFTED = 12  # semitones by which a high or low register differs from the usual one
_ARCH = (-1, 2, 4, 0)  # semitones above the middle of its register at which a second melody aims, by bar of the phrase
_COUNTER_LEAP = 0.2
_SECTION_BELOW, _SECTION_ABOVE = 4, 8  # semitones around the middle of its range where the first player of a section plays
_UPPER = 4  # strings of an upstroke
_UPSTROKE = 8  # how much softer an upstroke is
_BASSES = 14  # semitones above the lowest pitch of a hand that its basses reach
_RINGS = "bBxXp"  # signs that end a bass
_INTO_NEXT = 240  # ticks of the next bar for which a chord struck early is held, at most, where that bar begins later


def write_figure(setting: Setting, part: EnsemblePart, figure: Figure, role: Role, blend: Blend) -> list[Note]:
    """The notes of an accompanying part in the whole piece.

    Args:
        setting: the piece.
        part: who plays.
        figure: how.
        role: its place among the accompanying parts. Of parts that play one line each, every one takes another tone.
        blend: what the melody and the parts before this one sound.
    """
    player = _Player(setting, part, figure, role, blend)
    notes: list[Note] = []
    for bar in setting.bars:
        notes += player.bar(bar)
    return _within(notes, part)


@dataclass(frozen=True, slots=True)
class _Grip:
    """A chord as one hand holds it: its bass, the bass that alternates with it, tones for single fingers, the chord above."""

    bass: int
    other: int
    single: Voicing
    upper: Voicing
    all: Voicing


class _Player:
    """An accompanying part being written; it stores its last voicing."""

    def __init__(self, setting: Setting, part: EnsemblePart, figure: Figure, role: Role, blend: Blend) -> None:
        self._blend = blend
        self._setting, self._figure, self._rank, self._seat, self._alone = setting, figure, role.rank, role.seat, role.alone
        name = figure.name.partition("@")[0]
        is_chorus = part.program in programs_of("voice") and not role.section
        self._plays_chords = is_chorus or (reach_of(part.program).notes > 1 and len(role.section) <= 1)
        is_shared = figure.kind == "riff" or (figure.kind == "chords" and not self._plays_chords)  # guitars, a section of horns
        self._who = figure.shares or (name if is_shared else f"{name} {part.name}")
        self._members, self._is_large = role.section, role.is_large
        first = setting.plan.parts[role.section[0]] if role.is_large else None
        self._tops = _around_middle(first) if first else (figure.low, figure.high)  # where its section has its highest tone
        self._shares_room = role.is_large or (role.alone and bool(role.section))
        self._section: Voicing = ()  # the last chord of the player's section, from the highest tone
        self._early = False  # whether the chord of the next bar was struck in the one written last
        shift = _spread(part, figure, role.rank) if figure.spreads or figure.kind == "riff" else 0
        self._registers = {lift: register(part, _moved(figure, shift + lift * _LIFTED)) for lift in (-1, 0, 1)}
        self._low, self._high = self._registers[0]
        self._voicing: Voicing = ()
        self._strings = instrument_of(part.program, part.name).strings
        self._bass = 0  # the last bass of a hand, 0 before the first
        self._bar_ticks = setting.plan.meter.bar_ticks
        self._sung: dict[tuple[object, ...], list[int]] = {}
        self._part = part
        self._shift = _doubling(figure, part, setting.tune) if figure.kind == "double" else 0
        self._write = {
            "chords": self._chords,
            "hand": self._hand,
            "broken": self._broken,
            "held": self._held,
            "riff": self._riff,
            "line": self._line,
            "counter": self._counter,
            "timpani": self._timpani,
            "double": self._double,
        }[figure.kind]

    def bar(self, bar: BandBar) -> Iterator[Note]:
        """Notes of one bar."""
        self._manner = manner_of(bar, self._part, "figure")
        self._low, self._high = self._registers[self._manner.lift]
        low, high = self._tops
        playing = [index for index in self._members if index not in self._setting.leads[bar.index]]
        is_led = self._is_large and self._members[0] not in playing  # by its first player, below whom the others play
        above = (low >= _ABOVE or self._manner.lift > 0) and not is_led
        self._players = [self._setting.plan.parts[index] for index in playing]
        self._room = (_TOP if above else self._blend.ceiling(bar.index), self._blend.taken(bar.index))
        high += self._manner.lift * _LIFTED
        self._of_section, self._is_led, self._is_above = (low, high), is_led, above
        if self._setting.tune and not self._strings:
            high = min(self._high, self._room[0] - 1)
            self._low = min(self._low, max(self._part.low, high - _LEAST_ROOM))
            self._high = max(high, self._low + _LEAST_ROOM)
        if bar.is_last:
            yield from self._last(bar)
        elif not self._rests(bar):
            yield from self._write(bar)

    def _rests(self, bar: BandBar) -> bool:
        """Whether the part rests in a quiet section, or in a phrase of a band that plays in layers."""
        if any(is_player(name, self._part, "figure") for name in bar.asked.playing):
            return False
        enters = self._figure.enters + _LATER * (self._figure.spreads and self._rank > 0)
        if self._setting.band.orchestral:  # nobody waits for the last chord
            enters = min(enters, self._setting.loud_quarter)
        late = bar.energy < enters and not self._alone
        in_turn = self._setting.band.layers and not (self._alone and self._members)
        return late or (in_turn and _rests_in_layers(bar, self._seat, self._figure))

    def _velocity(self, bar: BandBar, accent: bool = False) -> int:
        softer = 6 if self._figure.kind in ("held", "line", "counter") else 0
        return round(_BASE_VELOCITY + _ENERGY_SHARE * bar.energy + 12 * accent - softer)

    def _voiced(self, chord: Chord) -> Voicing:
        self._voicing = voice(chord, self._figure.voicing, self._low, self._high, self._voicing, *self._room)
        return self._voicing

    def _struck_tones(self, chord: Chord, start: int, ticks: int) -> Voicing:
        """The tones of a chord that the player strikes: one of those of its section, by its register, if it plays one line."""
        if not self._plays_chords and (len(self._players) > 1 or (self._shares_room and self._players)):
            ranges = [(part.low, part.high) for part in self._players]
            low, high, ceiling = self._room_of_section(start, start + ticks)
            near = self._section[:1]
            if self._is_large:  # it goes back to its middle, or up to the melody
                aim = min(sum(self._of_section) // 2, ceiling - 1)
                near = ((near[0] + aim) // 2 if near else aim,)
            self._section = in_section(chord, ranges, low, high, near, ceiling, open_top=self._is_large)
            return (self._section[self._players.index(self._part)],) if self._part in self._players else ()
        pitches = self._voiced(chord)
        return pitches if self._plays_chords else (pitches[-1 - self._rank % len(pitches)],)

    def _room_of_section(self, start: int, end: int) -> tuple[int, int, int]:
        """The register of the highest tone of a section in a span of ticks, and the pitch below which it stays if it can.

        A section that is large or has the harmony alone keeps below the melody while that sounds.
        """
        low, high = self._of_section
        if not self._shares_room:
            return low, high, self._room[0]
        ceiling = self._room[0] if self._is_above else self._blend.ceiling_between(start, end)
        if ceiling < _TOP and (self._is_led or ceiling > low):
            low = min(low, ceiling - _OCTAVE)
            high = min(high, ceiling - 1) if self._is_led else high
        return low, high, ceiling

    def _cells(self, bar: BandBar) -> list[Cell]:
        figure, plan = self._figure, self._setting.plan
        complexity = self._manner.complexity
        if figure.close and plan.closes and plan.closes[bar.index]:
            return list(lay(figure.close[0], bar.place, plan.meter, figure.meter))
        pattern = self._setting.pattern(figure.rhythms, figure.quiet, figure.loud, bar, self._who, complexity, figure.varies)
        return self._setting.cells(pattern, bar.place, figure.meter)

    def _last(self, bar: BandBar) -> Iterator[Note]:
        """The last bar: a held chord."""
        kind, ticks = self._figure.kind, self._setting.plan.meter.bar_ticks
        if kind == "double":
            yield from self._double(bar)
            return
        if kind in ("line", "counter"):
            yield from self._line(bar)
            return
        if kind == "timpani":
            yield from self._struck(bar, 0, ticks, self._velocity(bar, True))
            return
        if kind == "hand":
            grip = self._grip(bar.spans[0].chord)
            span = reach_of(self._part.program).span
            tones: Sequence[int] = [pitch for pitch in grip.all if pitch - grip.all[0] <= span]
        else:
            tones = self._struck_tones(bar.spans[0].chord, bar.start, ticks)
        for pitch in tones:
            yield Note(bar.start, pitch, ticks, self._velocity(bar))

    def _hand(self, bar: BandBar) -> Iterator[Note]:
        """Basses and the chord above them: strummed, plucked or struck by turns; a chord begins with its first bass."""
        cells = list(_cut_at_changes(self._cells(bar), bar))
        changes, span = {span.start for span in bar.spans}, reach_of(self._part.program).span
        for index, cell in enumerate(cells):
            grip = self._grip(bar.chord_at(cell.start))
            rings = next((c.start for c in cells[index + 1 :] if c.sign in _RINGS or c.start in changes), self._bar_ticks)
            struck = self._strokes("b" if cell.sign == "B" and cell.start in changes else cell.sign, grip)
            if cell.start in changes and cell.sign not in _RINGS and grip.bass not in struck:
                struck = (grip.bass, *struck) if struck[-1] - grip.bass <= span else (grip.bass,)
            louder = self._velocity(bar, cell.sign == "X") - _UPSTROKE * (cell.sign == "u")
            for pitch in struck:
                is_bass = cell.sign in "bBp" and pitch in (grip.bass, grip.other)
                ticks = rings - cell.start if self._strings and is_bass else cell.ticks
                yield Note(bar.start + cell.start, pitch, max(110, ticks), louder)

    def _strokes(self, sign: str, grip: _Grip) -> tuple[int, ...]:
        """The pitches of a sign of a hand."""
        if sign.isdigit():
            return (grip.single[int(sign) % len(grip.single)],)
        signs = {"b": (grip.bass,), "B": (grip.other,), "p": (grip.bass, grip.single[-1]), "c": grip.upper, "u": grip.upper}
        return signs.get(sign, grip.all)

    def _grip(self, chord: Chord) -> _Grip:
        """How the hand holds a chord: on the strings of a fretted instrument, else a bass and a close chord above it."""
        shape = shape_of(chord, self._strings, self._low, self._high) if self._strings else ()
        if len(shape) > UPPER_STRINGS:
            is_whole = len(shape) == len(self._strings) or len(shape) > _UPPER
            upper = shape[-_UPPER:] if is_whole else shape[-UPPER_STRINGS:]
            return _Grip(min(shape), other_bass(chord, shape), _plucked(upper), upper, shape)
        bass = nearest_tone((chord.lowest,), self._bass or self._low + _BASSES / 2, self._low, self._low + _BASSES)
        self._bass = bass
        fifth = nearest_tone(((chord.root + fifth_of(chord)) % _OCTAVE,), bass, self._low, self._low + _BASSES)
        self._voicing = voice(chord, "triad", self._low + _OCTAVE, self._high, self._voicing, *self._room)
        return _Grip(bass, fifth, self._voicing, self._voicing, (bass, *self._voicing))

    def _chords(self, bar: BandBar) -> Iterator[Note]:
        """Chords in a rhythm; one struck early is held into the next bar in place of its first stroke."""
        end, held, self._early = self._setting.plan.meter.bar_ticks, self._early, False
        for cell in _cut_at_changes(self._cells(bar), bar):
            if held and cell.start == 0:
                continue
            early = self._into(bar) if cell.sign == "n" and cell.start + cell.ticks == end else 0
            self._early = bool(early)
            chord = bar.next_chord(cell.start) if early else bar.chord_at(cell.start)
            ticks = max(110, cell.ticks + early)
            for pitch in self._struck_tones(chord, bar.start + cell.start, ticks):
                yield Note(bar.start + cell.start, pitch, ticks, self._velocity(bar, cell.sign == "X" or self._early))

    def _into(self, bar: BandBar) -> int:
        """Ticks of the next bar for which a chord struck early is held: its first stroke; 0 where a section ends."""
        if bar.left == 0 or self._setting.bars[bar.index + 1].is_last:
            return 0
        following = self._setting.bars[bar.index + 1]
        first = next(_cut_at_changes(self._cells(following), following), None)
        if first is not None and first.start == 0:
            return first.ticks
        return min(_INTO_NEXT, first.start) if first else _INTO_NEXT

    def _broken(self, bar: BandBar) -> Iterator[Note]:
        for cell in self._cells(bar):
            pitches = self._voiced(bar.chord_at(cell.start))
            ladder = [*pitches, *(pitch + _OCTAVE for pitch in pitches)]
            pitch = ladder[int(cell.sign) % len(ladder)]
            ticks = max(110, cell.ticks)
            accent = cell.start == 0
            yield Note(bar.start + cell.start, pitch, ticks, self._velocity(bar, accent) - 4)
            if self._figure.octaves and pitch + _OCTAVE <= self._high + _OCTAVE:
                yield Note(bar.start + cell.start, pitch + _OCTAVE, ticks, self._velocity(bar, accent) - 4)

    def _held(self, bar: BandBar) -> Iterator[Note]:
        for span in bar.spans:
            for pitch in self._struck_tones(span.chord, bar.start + span.start, span.end - span.start):
                yield Note(bar.start + span.start, pitch, span.end - span.start, self._velocity(bar))

    def _line(self, bar: BandBar) -> Iterator[Note]:
        """One inner voice: a tone of each chord, with the smallest moves; neighbors of the same rank take other tones."""
        for span in bar.spans:
            wanted = classes(span.chord, "triad")
            mine = (wanted[self._rank % len(wanted)],) if not self._voicing else wanted
            start = self._voicing[-1] if self._voicing else (self._low + self._high) / 2
            if self._rank and len(wanted) > 1:
                mine = (wanted[self._rank % len(wanted)],)
            pitch = nearest_tone(mine, start, self._low, self._high)
            self._voicing = (pitch,)
            yield Note(bar.start + span.start, pitch, span.end - span.start, self._velocity(bar))

    def _counter(self, bar: BandBar) -> Iterator[Note]:
        """A second melody: long chord tones with steps between them, in arches; the same where a section returns."""
        cells = list(_cut_at_changes(self._cells(bar), bar))
        place = bar.place % PHRASE_BARS
        key = (bar.section.letter, bar.place, len(cells), *(span.chord for span in bar.spans))
        if cells and key not in self._sung:
            aim = (self._low + self._high) / 2 + _ARCH[place]
            places = [self._counter_place(bar, cell, aim) for cell in cells]
            chance = self._setting.chance(self._who, "counter", bar.section.letter, bar.place)
            self._sung[key] = find_line(places, self._low, self._high, self._voicing[-2:], _COUNTER_LEAP, chance)
        for cell, pitch in zip(cells, self._sung.get(key, []), strict=True):
            self._voicing = (*self._voicing[-1:], pitch)
            yield Note(bar.start + cell.start, pitch, cell.ticks, self._velocity(bar))

    def _counter_place(self, bar: BandBar, cell: Cell, aim: float) -> Place:
        chord, key = bar.chord_at(cell.start), self._setting.plan.key
        tones = frozenset(classes(chord, "triad"))
        beat = self._setting.plan.meter.beat_ticks
        rests = cell.start % (2 * beat) == 0 or cell.ticks > beat
        beside = {(pc + step) % _OCTAVE for pc in chord.pitch_classes for step in (-1, 1)}  # notes that would clash
        scale = (chord_scale(key, chord) - beside) | chord.pitch_classes
        return Place(tones, frozenset(chord.pitch_classes), scale, rests, aim)

    def _riff(self, bar: BandBar) -> Iterator[Note]:
        """Power chords, with their muted root between them."""
        for cell in self._cells(bar):
            pitches = self._voiced(bar.chord_at(cell.start))
            if cell.sign == "m":
                yield Note(bar.start + cell.start, pitches[0], 100, self._velocity(bar) - 8)
                continue
            for pitch in pitches:
                yield Note(bar.start + cell.start, pitch, cell.ticks, self._velocity(bar, True))

    def _double(self, bar: BandBar) -> Iterator[Note]:
        """The melody in another octave."""
        ticks = self._setting.plan.meter.bar_ticks
        for note in self._setting.tune:
            if bar.start <= note.start_ticks < bar.start + ticks:
                yield replace(note, pitch=note.pitch + self._shift, velocity=max(30, note.velocity - 8))

    def _timpani(self, bar: BandBar) -> Iterator[Note]:
        """Tonic and dominant where the harmony has them, on the first beats of loud bars and as a roll into sections."""
        if bar.energy < LOUD and not (bar.is_first_of_section or bar.is_last_of_section or bar.hit):
            return
        if bar.is_last_of_section:
            end, step = self._setting.plan.meter.bar_ticks, 120
            first = end // 2
            for number, offset in enumerate(range(first, end, step)):
                yield from self._struck(bar, offset, step, min(120, 60 + 6 * number))
            return
        yield from self._struck(bar, 0, 480, self._velocity(bar, True))

    def _struck(self, bar: BandBar, offset: int, ticks: int, velocity: int) -> Iterator[Note]:
        """A stroke, unless neither drum fits the chord."""
        if tones := drum_tones(bar.chord_at(offset), self._setting.plan.key.tonic):
            yield Note(bar.start + offset, nearest_tone(tones, TIMPANI_PITCH, self._low, self._high), ticks, velocity)


def _around_middle(part: EnsemblePart) -> tuple[int, int]:
    """Where a player who leads a section of a large band plays, as MIDI pitches."""
    middle = (part.low + part.high) // 2
    return middle - _SECTION_BELOW, middle + _SECTION_ABOVE


def _plucked(strings: Voicing) -> Voicing:
    """The strings that single fingers pluck: those with the most different tones, the highest of several, in rising order."""
    return max(
        (tuple(sorted(chosen)) for chosen in combinations(strings, UPPER_STRINGS)),
        key=lambda chosen: (len({pitch % _OCTAVE for pitch in chosen}), sum(chosen)),
    )


def _cut_at_changes(cells: Sequence[Cell], bar: BandBar) -> Iterator[Cell]:
    """The cells; one that holds over a change of chord is struck again there."""
    changes = [span.start for span in bar.spans[1:]]
    for cell in cells:
        end = cell.start + cell.ticks
        bounds = [cell.start, *(change for change in changes if cell.start < change < end), end]
        yield from (replace(cell, start=start, ticks=stop - start) for start, stop in pairwise(bounds))


def _moved(figure: Figure, semitones: int) -> Figure:
    return replace(figure, low=figure.low + semitones, high=figure.high + semitones)


def _doubling(figure: Figure, part: EnsemblePart, tune: Sequence[Note]) -> int:
    """Semitones from the melody to a part that doubles it: those of the figure, or octaves more if the part lacks notes."""

    def outside(shift: int) -> int:
        return sum(not part.low <= note.pitch + shift <= part.high for note in tune)

    return min((figure.shift + _OCTAVE * octaves for octaves in (0, 1, -1, 2, -2)), key=outside)


def _rests_in_layers(bar: BandBar, seat: int, figure: Figure) -> bool:
    """Whether a part rests: it joins a section with the phrase of its seat; in a long chorus the parts rest in turn.

    In a break nobody strikes chords.
    """
    if bar.kind == "break":
        return figure.kind == "chords" and seat > 0
    phrase, phrases = bar.place // PHRASE_BARS, max(1, bar.section.bars // PHRASE_BARS)
    if bar.kind == "chorus":
        return phrases > 2 and phrase % phrases == seat + 1
    return phrase < min(seat, phrases - 1)


def _spread(part: EnsemblePart, figure: Figure, rank: int) -> int:
    """Semitones by which a part is above or below another with the same figure.

    The first of two broken figures and the second of two riffs are an octave higher, the second of two chordal figures lower.
    """
    if figure.kind == "riff":
        return _OCTAVE if rank == 1 and part.high >= figure.high + _BELOW else 0
    if figure.kind == "broken":
        return _OCTAVE if rank == 0 and part.high >= figure.high + _OCTAVE else 0
    return -_BELOW if rank else 0


def register(part: EnsemblePart, figure: Figure) -> tuple[int, int]:
    """Where a part plays a figure: the figure's register as far as the part has it, at least an octave and a third."""
    low, high = max(part.low, figure.low), min(part.high, figure.high)
    if high - low >= 16:
        return low, high
    middle = min(max((figure.low + figure.high) // 2, part.low + 8), max(part.low + 8, part.high - 8))
    return max(part.low, middle - 9), min(part.high, middle + 9)


def _within(notes: Sequence[Note], part: EnsemblePart) -> list[Note]:
    """Notes inside the range of their part; others are moved by octaves or removed."""
    kept: dict[tuple[int, int], Note] = {}
    for note in notes:
        pitch = note.pitch
        while pitch > part.high:
            pitch -= _OCTAVE
        while pitch < part.low:
            pitch += _OCTAVE
        if pitch <= part.high:
            kept.setdefault(
                (note.start_ticks, pitch), Note(note.start_ticks, pitch, note.duration_ticks, min(124, max(20, note.velocity)))
            )
    return sorted(kept.values())
