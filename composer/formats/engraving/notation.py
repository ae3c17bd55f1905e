"""A score laid out for print: players and staves, bars and voices, note values and spelled notes, clefs and dynamics.

Holds everything that an engraving format needs; `composer.formats.musicxml.musicxml_write` turns it into elements. Performed
timing is quantized for print; the score itself does not change. Knows no file format.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from composer.formats.engraving.breaths import keep_breaths, mark_breaths
from composer.formats.engraving.dynamic_marks import Dynamics, written_dynamics
from composer.formats.engraving.layout import Layout, chords_played, is_classical, printed_chords
from composer.formats.engraving.meter import UNIT_TICKS, divide_bar
from composer.formats.engraving.note_lengths import NoteId, WrittenNotes, written_lengths
from composer.formats.engraving.pedal_marks import PedalSign, pedal_marks
from composer.formats.engraving.repeats import BarSigns, Folded, fold
from composer.formats.engraving.rhythm import Symbol, write_voice
from composer.formats.engraving.slurs import mark_slurs
from composer.formats.engraving.spelling import letter_and_alter, octave_of, spell
from composer.formats.engraving.staves import Clef, Player, choose_clefs, seat_players
from composer.formats.engraving.transposing import Transposition, transposition_of
from composer.formats.engraving.tremolo import TIMPANI, Rolls, find_rolls
from composer.formats.engraving.upbeat import printed_from, units_before
from composer.formats.engraving.voices import Block, cut_into_bars, separate
from composer.formats.midi.unisons import separate_unisons
from composer.formats.quantize import is_swung, straightened
from composer.performance.note_table import phrase_bounds
from composer.presets import programs_of
from composer.score import BREATH, LETTERS_BY_FIFTHS, Bar, Chord, ChordSymbol, HitStrength, Key, Note, NoteMarks, Score

_HIGHEST_PITCH = 127
_MOST_ALTERED = 2  # semitones by which print can alter a letter: double accidentals
_LOOK_AHEAD = 6  # onsets searched for the continuation of a repeated note
PIZZICATO = "pizz."
_PLUCKED = programs_of("pizzicato-strings")
_PEDAL_DRUMS = (35, 36, 44)  # played by the feet: the lower voice


@dataclass(frozen=True, slots=True)
class Name:
    """A note's name: letter, alteration in semitones, octave (middle C is C4)."""

    letter: str
    alter: int
    octave: int


@dataclass(slots=True)
class StaffBar:
    """One staff in one bar: its clef, and its voices from the top."""

    clef: Clef
    voices: list[list[Symbol]]


@dataclass(slots=True)
class Staff:
    """A staff: its bars, and its notes' names by (start in ticks, pitch)."""

    bars: list[StaffBar]
    names: dict[tuple[int, int], Name]


@dataclass(slots=True)
class PrintedPart:
    """A player's staves, dynamics and pedal marks at written pitch; `transposition` relates it to sounding pitch."""

    player: Player
    staves: list[Staff]
    dynamics: Dynamics
    keys: list[Key | None]
    sounding_keys: list[Key | None]
    transposition: Transposition | None = None
    pedals: tuple[tuple[int, PedalSign], ...] = ()

    @property
    def plucked_from(self) -> int | None:
        """The tick of the first note of strings that play pizzicato; `None` for all other players."""
        is_plucked = self.player.program in _PLUCKED and not self.player.is_drum
        return min((note.start_ticks for staff in self.player.staves for note in staff), default=None) if is_plucked else None

    @property
    def opening(self) -> list[list[Symbol]]:
        """The voices of all staves in the first bar."""
        return [voice for staff in self.staves for voice in staff.bars[0].voices]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A score laid out for print.

    Attributes:
        score: the music in the printed bars.
        parts: one per player.
        chords: the printed chord symbols.
        keys: the sounding key of each bar.
        signs: repeat signs and endings, by bar index.
        swing: whether to print "Swing".
        upbeat: units of the first bar before an upbeat, of which no symbols are printed; 0 if the bar is complete.
    """

    score: Score
    parts: list[PrintedPart]
    chords: tuple[ChordSymbol, ...]
    keys: list[Key | None]
    signs: dict[int, BarSigns]
    swing: bool
    upbeat: int = 0

    def bar_units(self, index: int) -> int:
        """Printed length of a bar in units."""
        return self.score.bars[index].time_signature.bar_ticks // UNIT_TICKS - (0 if index else self.upbeat)


def _folded(score: Score, whole: Score, layout: Layout) -> Folded:
    """A score as it is printed, with the repeats of the whole if the layout has them; those of verses are written out."""
    words = any(note.marks and note.marks.lyrics for part in whole.parts for note in part.notes)
    return fold(score, whole) if layout.repeats and not words else Folded(score, {})


def lay_out(score: Score, layout: Layout) -> Sheet:
    """Lays out a score for print, with its parts in order.

    Args:
        score: the music; performed notes are quantized.
        layout: the user's options.
    """
    swung = is_swung(layout.whole or score)
    score, whole = (straightened(each) if swung else each for each in (score, layout.whole or score))
    folded = _folded(score, whole, layout)
    entire = _folded(whole, whole, layout) if layout.whole else folded
    printed = folded.score
    keys = keys_by_bar(printed)
    signs = folded.signs | _loop_signs(printed)
    dynamics = written_dynamics(entire.score, seat_players(entire.score.parts))
    own = dynamics[layout.player : layout.player + 1] if layout.whole else dynamics
    is_phrased = len(whole.parts) == 1 or is_classical(whole.parts)
    parts = notate(printed, layout, own, phrases=phrase_bounds(entire.score).tolist() if is_phrased else None)
    opened = notate(_opening(entire.score), layout, dynamics) if layout.whole else parts
    upbeat = 0 if 0 in signs else units_before(entire.score, [voice for part in opened for voice in part.opening])
    _shorten(parts, printed.bars[0], upbeat)
    chords = printed_chords(entire.score, layout)
    chords = chords_played(chords, printed) if layout.whole else chords
    return Sheet(printed, parts, chords, keys, signs, swung or layout.swing, upbeat)


def _opening(score: Score) -> Score:
    """A score with the notes of its first bar only."""
    end = score.bars[0].end_ticks
    parts = (replace(part, notes=tuple(note for note in part.notes if note.start_ticks < end)) for part in score.parts)
    return replace(score, parts=tuple(parts), end_ticks=end)


def _shorten(parts: Sequence[PrintedPart], bar: Bar, upbeat: int) -> None:
    """Leaves out what precedes an upbeat in the first bar."""
    division = divide_bar(bar.time_signature.numerator, bar.time_signature.denominator)
    for first in (staff.bars[0] for part in parts for staff in part.staves if upbeat):
        first.voices = [printed_from(upbeat, voice, division) for voice in first.voices]


def notate(
    score: Score, layout: Layout, dynamics: Sequence[Dynamics], *, phrases: Sequence[int] | None = None
) -> list[PrintedPart]:
    """The printed parts of a score, in its order.

    Args:
        score: the printed bars.
        layout: the user's options.
        dynamics: of each player.
        phrases: where phrases begin in ticks, and the end of the last one; `None` for no slurs, breaths and pedal marks: the
            charts of a band leave phrasing to its players.
    """
    players = seat_players(score.parts)
    sections = {score.bar_at(marker.start_ticks).index for marker in score.section_markers} - {score.upbeat_bars}
    sounding = keys_by_bar(score)
    printed = []
    for player, marked in zip(players, dynamics, strict=True):
        tuning = None if layout.concert_pitch else _tuning(player)
        view = _Written.of(score, player, tuning)
        staves = [_lay_staff(view, index) for index in range(len(player.staves))]
        if phrases and len(staves) == 1:
            voices = [bar.voices for bar in staves[0].bars]
            if not any(note.marks for note in player.staves[0]):
                mark_breaths(player.program, voices, score.bars, phrases[1:-1])
            mark_slurs(player.program, voices, sections)
        pedals = pedal_marks(player, score) if phrases else ()
        printed.append(PrintedPart(view.player, staves, marked, view.keys, sounding, tuning, pedals))
    return printed


def _tuning(player: Player) -> Transposition | None:
    """A player's transposition, if the written pitches stay within MIDI's range."""
    tuning = None if player.is_drum else transposition_of(player.program, player.name)
    highest = max((note.pitch for staff in player.staves for note in staff), default=0)
    return tuning if tuning and highest - tuning.semitones <= _HIGHEST_PITCH else None


@dataclass(frozen=True, slots=True)
class _Written:
    """What a player reads: notes, keys and chords at written pitch, and whether that is octaves from the sounding one."""

    score: Score
    player: Player
    keys: list[Key | None]
    chords: tuple[ChordSymbol, ...]
    in_octaves: bool = False

    @classmethod
    def of(cls, score: Score, player: Player, tuning: Transposition | None) -> _Written:
        """The player's view under a transposition; `None` for instruments at concert pitch."""
        keys = keys_by_bar(score)
        if tuning is None:
            return cls(score, player, keys, score.chords)
        up = -tuning.semitones
        staves = (tuple(replace(note, pitch=note.pitch + up) for note in staff) for staff in player.staves)
        chords = (replace(symbol, chord=symbol.chord and symbol.chord.transposed(up)) for symbol in score.chords)
        written = [tuning.written_key(key) if key else Key(tuning.fifths, "major") for key in keys]
        return cls(score, replace(player, staves=tuple(staves)), [*written], tuple(chords), tuning.is_octave)


def _loop_signs(score: Score) -> dict[int, BarSigns]:
    """Repeat signs around a loop."""
    if (span := score.loop_ticks) is None:
        return {}
    first, last = score.bar_at(span[0]).index, score.bar_at(span[1] - 1).index
    if first == last:
        return {first: BarSigns(forward=True, backward=True)}
    return {first: BarSigns(forward=True), last: BarSigns(backward=True)}


def keys_by_bar(score: Score) -> list[Key | None]:
    """The key in force in each bar; a change within a bar applies from the next barline."""
    starts = [change.start_ticks for change in score.keys]
    found: list[Key | None] = []
    for bar in score.bars:
        index = bisect_right(starts, bar.start_ticks)
        found.append(score.keys[index - 1].key if index else None)
    return found


def _lay_staff(view: _Written, index: int) -> Staff:
    """Voices, names, clefs and accidentals of one staff."""
    score, player, keys = view.score, view.player, view.keys
    played = separate_unisons(player.staves[index])
    rolls = find_rolls(played, score.bars) if player.is_drum or player.program in TIMPANI else Rolls(played)
    written = WrittenNotes(rolls.notes, {}) if player.is_drum else written_lengths(rolls.notes, score.bars)
    notes = written.notes
    clefs = choose_clefs(player, index, score.bars, octave_clefs=not view.in_octaves)
    names = {} if player.is_drum else _name_notes(notes, view)
    hits = {marker.start_ticks: marker.hit for marker in score.markers if marker.hit}
    given = {(note.start_ticks, note.pitch): note.marks for note in played if note.marks}
    bars = []
    previous: dict[tuple[str, int], int] = {}
    cut: set[Note] = set()
    by_bar = _voices(notes, score.bars, player.is_drum, rolls.strokes, cut)
    for bar, voices, clef, key in zip(score.bars, by_bar, clefs, keys, strict=True):
        division = divide_bar(bar.time_signature.numerator, bar.time_signature.denominator)
        staff_bar = StaffBar(clef, [write_voice(voice, division, ties=not player.is_drum) for voice in voices])
        if hits:
            _mark_accents(staff_bar, hits)
        _mark_strokes(staff_bar, written.marks, rolls.strokes)
        if given:
            _mark_given(staff_bar, given)
        if not player.is_drum:
            previous = _mark_accidentals(staff_bar, names, key, previous)
        cut |= _ended_early(staff_bar)
        bars.append(staff_bar)
    keep_breaths([bar.voices for bar in bars], given)
    return Staff(bars, names)


def _ended_early(staff_bar: StaffBar) -> set[Note]:
    """Notes that continue into the next bar but were rounded to end before the barline."""
    symbols = [symbol for voice in staff_bar.voices for symbol in voice]
    length = max(symbol.end for symbol in symbols)
    going_on = [(member.note, symbol.end == length) for symbol in symbols for member in symbol.members if member.tied_to]
    return {note for note, _ in going_on} - {note for note, reaches in going_on if reaches}


def _voices(
    notes: Sequence[Note], bars: Sequence[Bar], is_drum: bool, rolled: Collection[NoteId], cut: set[Note]
) -> Iterator[list[list[Block]]]:
    """Voices of each bar; drums have hands above and feet below. Notes in `cut`, which grows, do not continue."""
    if not is_drum:
        for blocks in cut_into_bars(notes, bars):
            yield separate(blocks, cut)
        return
    hands = cut_into_bars(_ring_out([n for n in notes if n.pitch not in _PEDAL_DRUMS], bars, rolled), bars)
    feet = cut_into_bars(_ring_out([n for n in notes if n.pitch in _PEDAL_DRUMS], bars, rolled), bars)
    for upper, lower in zip(hands, feet, strict=True):
        yield [upper, lower] if lower else [upper]


def _ring_out(notes: Sequence[Note], bars: Sequence[Bar], rolled: Collection[NoteId]) -> Iterator[Note]:
    """Extends drum strokes to the next stroke or the end of the beat; only rolls have a meaningful duration."""
    onsets = [list(group) for _, group in groupby(notes, key=lambda note: note.start_ticks)]
    index = 0
    for i, onset in enumerate(onsets):
        start = onset[0].start_ticks
        while index + 1 < len(bars) and bars[index].end_ticks <= start:
            index += 1
        beat = bars[index].time_signature.beat_ticks
        end = start + beat - (start - bars[index].start_ticks) % beat
        if i + 1 < len(onsets):
            end = min(end, onsets[i + 1][0].start_ticks)
        for note in onset:
            yield note if (start, note.pitch) in rolled else Note(start, note.pitch, end - start, note.velocity)


def _name_notes(notes: Sequence[Note], view: _Written) -> dict[tuple[int, int], Name]:
    """Names each note as it is spelled if that can be printed, or else by key, chord and the following notes."""
    sounding = keys_by_bar(view.score)
    chord_starts = [symbol.start_ticks for symbol in view.chords]
    onsets = [list(group) for _, group in groupby(notes, key=lambda note: note.start_ticks)]
    names: dict[tuple[int, int], Name] = {}
    for i, onset in enumerate(onsets):
        start = onset[0].start_ticks
        bar = view.score.bar_at(start).index
        key, concert = view.keys[bar], sounding[bar]
        up = (key.fifths if key else 0) - (concert.fifths if concert else 0)
        at = bisect_right(chord_starts, start)
        chord: Chord | None = view.chords[at - 1].chord if at else None
        for note in onset:
            position = None if note.spelled is None else note.spelled + up
            if position is None or (position * 7 - note.pitch) % 12 or abs(letter_and_alter(position)[1]) > _MOST_ALTERED:
                position = spell(note.pitch, key, chord, _following(note.pitch, onsets[i + 1 : i + 1 + _LOOK_AHEAD]))
            names[start, note.pitch] = Name(*letter_and_alter(position), octave_of(note.pitch, position))
    return names


def _following(pitch: int, onsets: Sequence[Sequence[Note]]) -> set[int]:
    """Pitches of the first onset without the given pitch: where the line leads."""
    later = ({note.pitch for note in onset} for onset in onsets)
    return next((pitches for pitches in later if pitch not in pitches), set())


def _mark_accents(staff_bar: StaffBar, hits: Mapping[int, HitStrength]) -> None:
    """Puts accents on notes that start on a hit point."""
    for symbol in (symbol for voice in staff_bar.voices for symbol in voice):
        struck = [member.note.start_ticks for member in symbol.members if not (symbol.tied_from or member.tied_from)]
        symbol.accent = next((hits[tick] for tick in struck if tick in hits), None)


def _mark_strokes(staff_bar: StaffBar, marks: Mapping[NoteId, str], rolls: Mapping[NoteId, int]) -> None:
    """Marks staccato dots, tenuto lines and roll strokes."""
    for symbol in (symbol for voice in staff_bar.voices for symbol in voice):
        ids = [(member.note.start_ticks, member.note.pitch) for member in symbol.members]
        whole = not (symbol.tied_from or symbol.tied_to or any(m.tied_from or m.tied_to for m in symbol.members))
        symbol.staccato = whole and any(marks.get(name) == "staccato" for name in ids)
        symbol.tenuto = whole and bool(ids) and all(marks.get(name) == "tenuto" for name in ids)
        symbol.tremolo = max((rolls.get(name, 0) for name in ids), default=0)


def _mark_given(staff_bar: StaffBar, given: Mapping[NoteId, NoteMarks]) -> None:
    """Puts the lyrics and articulations that a file gave its notes on the symbols where these begin."""
    for symbol in (symbol for voice in staff_bar.voices for symbol in voice if not symbol.tied_from):
        ids = [(member.note.start_ticks, member.note.pitch) for member in symbol.members if not member.tied_from]
        found = [given[name] for name in ids if name in given]
        if found:
            lyrics = dict.fromkeys(syllable for marks in found for syllable in marks.lyrics)
            articulations = dict.fromkeys(name for marks in found for name in marks.articulations if name != BREATH)
            symbol.marks = NoteMarks(tuple(lyrics), tuple(articulations))


def _mark_accidentals(
    staff_bar: StaffBar, names: dict[tuple[int, int], Name], key: Key | None, previous: dict[tuple[str, int], int]
) -> dict[tuple[str, int], int]:
    """Decides which notes print an accidental; returns the bar's alterations for courtesy accidentals in the next bar."""
    signature = key_alterations(key)
    state: dict[tuple[str, int], int] = {}
    for symbol in sorted((symbol for voice in staff_bar.voices for symbol in voice), key=lambda symbol: symbol.start):
        for member in symbol.members:
            name = names[member.note.start_ticks, member.note.pitch]
            if symbol.tied_from or member.tied_from:
                continue  # a tie extends the accidental to the tied note only
            line = (name.letter, name.octave)
            if name.alter != state.get(line, signature[name.letter]):
                symbol.accidentals[member.note.pitch] = False
            elif line not in state and previous.get(line, name.alter) != name.alter:
                symbol.accidentals[member.note.pitch] = True
            state[line] = name.alter
    return {line: alter for line, alter in state.items() if alter != signature[line[0]]}


def key_alterations(key: Key | None) -> dict[str, int]:
    """Alteration of each letter under a key signature."""
    fifths = key.fifths if key else 0
    return {letter: int(i < fifths) - int(6 - i < -fifths) for i, letter in enumerate(LETTERS_BY_FIFTHS)}


def used_pitches(notes: Iterable[Note]) -> list[int]:
    """The distinct pitches, lowest first."""
    return sorted({note.pitch for note in notes})
