"""A score as it is printed: players and staves, bars and voices, note values and spelled notes, clefs and dynamics.

Everything an engraving format needs to know, with no format's words: `composer.formats.musicxml` turns it into elements.
Performed timing is quantised on the way; the score itself is not changed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import median

from composer.formats.lengths import NoteId, WrittenNotes, written_lengths
from composer.formats.meter import divide_bar
from composer.formats.rhythm import Symbol, write_voice
from composer.formats.rolls import TIMPANI, Rolls, find_rolls
from composer.formats.spelling import letter_and_alter, octave_of, spell
from composer.formats.staves import Clef, Player, choose_clefs, seat_players
from composer.formats.unisons import separate_unisons
from composer.formats.voices import Block, cut_into_bars, separate
from composer.score import DEFAULT_VELOCITY, Bar, Chord, HitStrength, Key, Note, Score

# Velocities of written dynamics, as the training corpus has them.
DYNAMICS = {"ppp": 24, "pp": 33, "p": 49, "mp": 64, "mf": 80, "f": 96, "ff": 112, "fff": 124}
_DYNAMIC_MARGIN = 11  # a bar this near to the dynamic in force keeps it
_LOOK_AHEAD = 6  # onsets in which a repeated note is followed to where it leads
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
    """A player's staves, and dynamics as (tick, name)."""

    player: Player
    staves: list[Staff]
    dynamics: list[tuple[int, str]]


def notate(score: Score) -> list[PrintedPart]:
    """The printed parts of a score, in its order."""
    keys = keys_by_bar(score)
    printed = []
    for player in seat_players(score.parts):
        staves = [_lay_staff(score, player, index, keys) for index in range(len(player.staves))]
        printed.append(PrintedPart(player, staves, _dynamics(score, player)))
    return printed


def repeated_bars(score: Score) -> tuple[int, int] | None:
    """Indices of the first and the last bar of a loop, which stand between repeat signs; `None` if the piece is no loop."""
    if (span := score.loop_ticks) is None:
        return None
    return score.bar_at(span[0]).index, score.bar_at(span[1] - 1).index


def keys_by_bar(score: Score) -> list[Key | None]:
    """The key in force in each bar; a change within a bar counts from the next barline."""
    starts = [change.start_ticks for change in score.keys]
    found: list[Key | None] = []
    for bar in score.bars:
        index = bisect_right(starts, bar.start_ticks)
        found.append(score.keys[index - 1].key if index else None)
    return found


def _lay_staff(score: Score, player: Player, index: int, keys: Sequence[Key | None]) -> Staff:
    """Voices, names, clefs and accidentals of one staff."""
    played = separate_unisons(player.staves[index])
    rolls = find_rolls(played, score.bars) if player.is_drum or player.program == TIMPANI else Rolls(played)
    written = WrittenNotes(rolls.notes, {}) if player.is_drum else written_lengths(rolls.notes, score.bars)
    notes = written.notes
    clefs = choose_clefs(player, index, score.bars)
    names = {} if player.is_drum else _name_notes(notes, score, keys)
    hits = {marker.start_ticks: marker.hit for marker in score.markers if marker.hit}
    bars = []
    previous: dict[tuple[str, int], int] = {}
    by_bar = _voices(notes, score.bars, player.is_drum, rolls.strokes)
    for bar, voices, clef, key in zip(score.bars, by_bar, clefs, keys, strict=True):
        division = divide_bar(bar.time_signature.numerator, bar.time_signature.denominator)
        staff_bar = StaffBar(clef, [write_voice(voice, division, ties=not player.is_drum) for voice in voices])
        if hits:
            _mark_accents(staff_bar, hits)
        _mark_strokes(staff_bar, written.marks, rolls.strokes)
        if not player.is_drum:
            previous = _mark_accidentals(staff_bar, names, key, previous)
        bars.append(staff_bar)
    return Staff(bars, names)


def _voices(
    notes: Sequence[Note], bars: Sequence[Bar], is_drum: bool, rolled: Collection[NoteId]
) -> Iterator[list[list[Block]]]:
    """Voices of each bar; drums have hands above and feet below."""
    if not is_drum:
        cut: set[Note] = set()
        for blocks in cut_into_bars(notes, bars):
            yield separate(blocks, cut)
        return
    hands = cut_into_bars(_ring_out([n for n in notes if n.pitch not in _PEDAL_DRUMS], bars, rolled), bars)
    feet = cut_into_bars(_ring_out([n for n in notes if n.pitch in _PEDAL_DRUMS], bars, rolled), bars)
    for upper, lower in zip(hands, feet, strict=True):
        yield [upper, lower] if lower else [upper]


def _ring_out(notes: Sequence[Note], bars: Sequence[Bar], rolled: Collection[NoteId]) -> Iterator[Note]:
    """Drum strokes lengthened to the next one or to the end of their beat: only the sounding length of rolls means anything."""
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


def _name_notes(notes: Sequence[Note], score: Score, keys: Sequence[Key | None]) -> dict[tuple[int, int], Name]:
    """Spelling of each note by key, chord and the notes that follow."""
    chord_starts = [symbol.start_ticks for symbol in score.chords]
    onsets = [list(group) for _, group in groupby(notes, key=lambda note: note.start_ticks)]
    names: dict[tuple[int, int], Name] = {}
    for i, onset in enumerate(onsets):
        start = onset[0].start_ticks
        key = keys[score.bar_at(start).index]
        at = bisect_right(chord_starts, start)
        chord: Chord | None = score.chords[at - 1].chord if at else None
        for note in onset:
            position = spell(note.pitch, key, chord, _following(note.pitch, onsets[i + 1 : i + 1 + _LOOK_AHEAD]))
            names[start, note.pitch] = Name(*letter_and_alter(position), octave_of(note.pitch, position))
    return names


def _following(pitch: int, onsets: Sequence[Sequence[Note]]) -> set[int]:
    """Pitches of the first onset that does not repeat a pitch: where the line goes from it."""
    later = ({note.pitch for note in onset} for onset in onsets)
    return next((pitches for pitches in later if pitch not in pitches), set())


def _mark_accents(staff_bar: StaffBar, hits: Mapping[int, HitStrength]) -> None:
    """Accents the stems that are struck on a hit point."""
    for symbol in (symbol for voice in staff_bar.voices for symbol in voice):
        struck = [member.note.start_ticks for member in symbol.members if not (symbol.tied_from or member.tied_from)]
        symbol.accent = next((hits[tick] for tick in struck if tick in hits), None)


def _mark_strokes(staff_bar: StaffBar, marks: Mapping[NoteId, str], rolls: Mapping[NoteId, int]) -> None:
    """Staccato dots, and the strokes of rolls."""
    for symbol in (symbol for voice in staff_bar.voices for symbol in voice):
        ids = [(member.note.start_ticks, member.note.pitch) for member in symbol.members]
        whole = not (symbol.tied_from or symbol.tied_to or any(m.tied_from or m.tied_to for m in symbol.members))
        symbol.staccato = whole and any(marks.get(name) == "staccato" for name in ids)
        symbol.tremolo = max((rolls.get(name, 0) for name in ids), default=0)


def _mark_accidentals(
    staff_bar: StaffBar, names: dict[tuple[int, int], Name], key: Key | None, previous: dict[tuple[str, int], int]
) -> dict[tuple[str, int], int]:
    """Decides which notes print an accidental; gives the bar's own alterations for courtesies in the next one."""
    signature = key_alterations(key)
    state: dict[tuple[str, int], int] = {}
    for symbol in sorted((symbol for voice in staff_bar.voices for symbol in voice), key=lambda symbol: symbol.start):
        for member in symbol.members:
            name = names[member.note.start_ticks, member.note.pitch]
            if symbol.tied_from or member.tied_from:
                continue  # a tie carries the accidental along, but not to later notes
            line = (name.letter, name.octave)
            if name.alter != state.get(line, signature[name.letter]):
                symbol.accidentals[member.note.pitch] = False
            elif line not in state and previous.get(line, name.alter) != name.alter:
                symbol.accidentals[member.note.pitch] = True
            state[line] = name.alter
    return {line: alter for line, alter in state.items() if alter != signature[line[0]]}


def key_alterations(key: Key | None) -> dict[str, int]:
    """Alteration of each letter by a key signature."""
    fifths = key.fifths if key else 0
    sharps = "FCGDAEB"
    return {letter: int(i < fifths) - int(6 - i < -fifths) for i, letter in enumerate(sharps)}


def _dynamics(score: Score, player: Player) -> list[tuple[int, str]]:
    """A mark at the first note of each bar whose middle velocity leaves the dynamic in force."""
    notes = sorted(note for staff in player.staves for note in staff)
    if player.is_drum or all(note.velocity == DEFAULT_VELOCITY for _, note in score.notes()):
        return []  # ghost notes and accents of drums say nothing of their dynamic
    marks: list[tuple[int, str]] = []
    for _, group in groupby(notes, key=lambda note: score.bar_at(note.start_ticks).index):
        bar = list(group)
        loudness = median(note.velocity for note in bar)
        if not marks or abs(loudness - DYNAMICS[marks[-1][1]]) > _DYNAMIC_MARGIN:
            nearest = nearest_dynamic(loudness)
            if not marks or marks[-1][1] != nearest:
                marks.append((bar[0].start_ticks, nearest))
    return marks


def nearest_dynamic(velocity: float) -> str:
    """The written dynamic nearest to a velocity.

    >>> nearest_dynamic(72), nearest_dynamic(100)
    ('mf', 'f')
    """
    return min(DYNAMICS, key=lambda name: (abs(DYNAMICS[name] - velocity), -DYNAMICS[name]))


def used_pitches(notes: Iterable[Note]) -> list[int]:
    """Pitches that occur, from the lowest."""
    return sorted({note.pitch for note in notes})
