"""Score to ABC notation: meter, key, tempo, parts and voices, chords, ties, tuplets, chord symbols, dynamics, lyrics.

Every voice of a staff becomes a voice of the file. A tie joins two notes of one voice, so that a held note stays in its voice
where possible; behind a tie, readers take another pitch for the held one. Repeats are written out and all parts are at concert
pitch. Every note that deviates from the key signature carries its accidental, because readers disagree on how long accidentals
last. All rests are visible, because music21 skips invisible ones. Drums are written as the pitches of their General MIDI keys
on a percussion clef.

Source: C. Walshaw and others, "The ABC Music Standard 2.1" (2011).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import permutations
from pathlib import Path

from composer.files import write_atomically
from composer.formats.abc_keys import key_field
from composer.formats.engraving.layout import Layout
from composer.formats.engraving.meter import UNIT_TICKS, UNITS_PER_QUARTER
from composer.formats.engraving.notation import Name, PrintedPart, Sheet, Staff, key_alterations, lay_out
from composer.formats.engraving.rhythm import Symbol
from composer.formats.engraving.spelling import letter_and_alter, octave_of
from composer.formats.engraving.staves import Clef
from composer.formats.engraving.tempo_marks import tempo_marks
from composer.formats.engraving.voices import Sounding
from composer.formats.musicxml.xml_text import clean
from composer.formats.provenance import Provenance, credited_composer, software
from composer.score import Note, Score, Syllable

_UNIT = UNITS_PER_QUARTER // 2  # L:1/8
_ACCIDENTALS = {-2: "__", -1: "_", 0: "=", 1: "^", 2: "^^"}
_CLEFS = {"G": "treble", "F": "bass", "C": "alto", "percussion": "perc"}
_BARS_A_LINE = 4


def write_abc(score: Score, path: Path, provenance: Provenance | None = None, layout: Layout | None = None) -> None:
    """Writes an ABC file with one tune; equal scores give equal bytes.

    Raises:
        BadInputError: the file cannot be written.
    """
    write_atomically(path, abc_text(score, provenance, layout).encode())


def abc_text(score: Score, provenance: Provenance | None = None, layout: Layout | None = None) -> str:
    """The score as ABC."""
    sheet = lay_out(score, replace(layout or Layout(), concert_pitch=True, repeats=False))
    voices = [_VoiceWriter(sheet, part, staff, index) for part in sheet.parts for staff, index in _voices_of(part)]
    first = sheet.score.bars[0].time_signature
    lines = ["X:1", f"T:{_line(score.title) or 'Untitled'}"]
    if provenance:
        lines += [f"T:{_line(provenance.subtitle)}"] * bool(provenance.subtitle)
    composer = _line(credited_composer(score, provenance))
    lines += [f"C:{composer}"] * bool(composer)
    if provenance:
        lines.append(f"N:{_line(provenance.sentence())}")
    lines += [f"N:written by {software()}", f"M:{first}", "L:1/8", f"Q:1/4={round(sheet.score.qpm_at(0), 3):g}"]
    lines += [f"%%score {_groups(sheet.parts)}", f"K:{key_field(sheet.keys[0])}"]
    for number, voice in enumerate(voices, 1):
        lines += [f"V:{number} {voice.properties()}", *voice.midi(), *voice.lines(first=number == 1)]
    return "\n".join([*lines, ""])


def _line(text: str) -> str:
    """Text on one line, without characters that ABC reads as comments."""
    return " ".join(clean(text).replace("%", "").split())


def _word(syllable: Syllable) -> str:
    """A syllable of a line of words: "~" is a space inside it, "-" joins it to the next one."""
    text = re.sub(r"[-_*|~\\]", "", _line(syllable.text)).replace(" ", "~") or "*"
    return text + "-" * (syllable.place in ("begin", "middle"))


def _voices_of(part: PrintedPart) -> Iterator[tuple[Staff, int]]:
    """Each staff with the indices of all voices that occur in its bars."""
    for staff in part.staves:
        for index in range(max(len(bar.voices) for bar in staff.bars)):
            yield staff, index


def _tempos(score: Score, start: int, end: int) -> Iterator[float]:
    """The later tempi of a bar that are written at its start: those that hold, and gradual ones on its barline."""
    for mark in tempo_marks(score):
        if mark.qpm and mark.start_ticks and start <= mark.start_ticks < end and (mark.holds or mark.start_ticks == start):
            yield mark.qpm


def _groups(parts: Sequence[PrintedPart]) -> str:
    """Voice numbers: voices of a staff in parentheses, staves of a player in braces."""
    groups, number = [], 0
    for part in parts:
        staves = []
        for staff in part.staves:
            count = max(len(bar.voices) for bar in staff.bars)
            names = " ".join(str(number + i + 1) for i in range(count))
            staves.append(f"({names})" if count > 1 else names)
            number += count
        groups.append("{" + " | ".join(staves) + "}" if len(staves) > 1 else staves[0])
    return " ".join(groups)


def _orders(staff: Staff) -> list[tuple[int, ...]]:
    """For each bar, the voice of the bar that each voice of the file gets: the order that keeps most held notes in their voice.

    Voices of a bar are sorted by pitch, so that a held note changes voice where another begins above it.
    """
    count = max(len(bar.voices) for bar in staff.bars)
    orders, held = [tuple(range(count))], [set[Note]()] * count
    for number, bar in enumerate(staff.bars):
        voices = [*bar.voices, *[()] * (count - len(bar.voices))]
        if number:
            arriving = [_held_from(voice) for voice in voices]
            orders.append(
                max(
                    permutations(range(count)),
                    key=lambda order: sum(len(h & arriving[i]) for h, i in zip(held, order, strict=True)),
                )
            )
        held = [_held_to(voices[i]) for i in orders[-1]]
    return orders


def _held_from(symbols: Sequence[Symbol]) -> set[Note]:
    """Notes that continue from the bar before."""
    return {member.note for symbol in symbols[:1] for member in symbol.members if member.tied_from}


def _held_to(symbols: Sequence[Symbol]) -> set[Note]:
    """Notes that continue into the next bar."""
    return {member.note for symbol in symbols[-1:] for member in symbol.members if member.tied_to}


class _VoiceWriter:
    """Writes one voice of one staff from the first bar to the last."""

    def __init__(self, sheet: Sheet, part: PrintedPart, staff: Staff, index: int) -> None:
        self._sheet, self._part, self._staff, self._index = sheet, part, staff, index
        self._orders = _orders(staff)
        self._first_signature = key_alterations(sheet.keys[0])

    def properties(self) -> str:
        """Name and clef."""
        clef: Clef = self._staff.bars[0].clef
        octave = {-1: "-8", 1: "+8"}.get(clef.octave_change, "")
        sign = "tenor" if (clef.sign, clef.line) == ("C", 4) else _CLEFS[clef.sign]
        name = _line(self._part.player.name).replace('"', "'")
        return f'clef={sign}{octave} name="{name}"' if name else f"clef={sign}{octave}"

    def midi(self) -> list[str]:
        """MIDI channel or program."""
        player = self._part.player
        return ["%%MIDI channel 10"] if player.is_drum else [f"%%MIDI program {player.program}"]

    def lines(self, *, first: bool) -> Iterator[str]:
        """Lines of a few bars each; the first voice of the score carries chord symbols, sections and tempos."""
        bars = [self._bar(index, first=first) for index in range(len(self._staff.bars))]
        verses = self._verses()
        for start in range(0, len(bars), _BARS_A_LINE):
            end = start + _BARS_A_LINE
            yield " | ".join(bars[start:end]) + (" |]" if end >= len(bars) else " |")
            for verse in verses:
                yield "w: " + " | ".join(self._sung(index, verse) for index in range(start, min(end, len(bars))))

    def _verses(self) -> list[str]:
        """The verses that this voice sings."""
        voices = (self._voice(index) for index in range(len(self._staff.bars)))
        marks = (symbol.marks for voice in voices for symbol in voice if symbol.marks)
        return sorted({syllable.verse for each in marks for syllable in each.lyrics})

    def _sung(self, index: int, verse: str) -> str:
        """The syllables of a verse in a bar, one for each note; "*" for notes without one."""
        words = []
        for symbol in self._voice(index):
            if symbol.members:
                lyrics = symbol.marks.lyrics if symbol.marks else ()
                syllable = next((one for one in lyrics if one.verse == verse), None)
                words.append(_word(syllable) if syllable else "*")
        return re.sub(r"- (?=[^*])", "-", " ".join(words))

    def _bar(self, index: int, *, first: bool) -> str:
        """The changes at the start of a bar, then its symbols."""
        score, keys = self._sheet.score, self._sheet.keys
        bar = score.bars[index]
        words = []
        if index and str(score.bars[index - 1].time_signature) != str(bar.time_signature):
            words.append(f"[M:{bar.time_signature}]")
        if index and keys[index] != keys[index - 1]:
            words.append(f"[K:{key_field(keys[index])}]")
        if first:
            inside = range(bar.start_ticks, bar.end_ticks)
            words += [
                f"[P:{_line(marker.text).replace(']', '')}]" for marker in score.section_markers if marker.start_ticks in inside
            ]
            words += [f"[Q:1/4={round(qpm, 3):g}]" for qpm in _tempos(score, bar.start_ticks, bar.end_ticks)]
        symbols = self._voice(index)
        if not symbols:
            return " ".join([*words, f"z{_length(self._sheet.bar_units(index))}"])
        return " ".join([*words, *self._symbols(symbols, index, with_chords=first)])

    def _voice(self, index: int) -> Sequence[Symbol]:
        """The symbols of this voice in a bar; none in bars that have fewer voices and after the last bar."""
        if index >= len(self._orders):
            return ()
        voices, voice = self._staff.bars[index].voices, self._orders[index][self._index]
        return voices[voice] if voice < len(voices) else ()

    def _symbols(self, symbols: Sequence[Symbol], index: int, *, with_chords: bool) -> Iterator[str]:
        """The symbols of a bar, each with its prefixes."""
        bar = self._sheet.score.bars[index]
        signature = key_alterations(self._sheet.keys[index])
        changed: set[str] = set()  # letters with an accidental so far in this bar
        held = _held_from(self._voice(index + 1))
        for number, symbol in enumerate(symbols):
            start, end = (bar.start_ticks + unit * UNIT_TICKS for unit in (symbol.start, symbol.end))
            before = ""
            if with_chords:
                found = [s.chord for s in self._sheet.chords if start <= s.start_ticks < end]
                before += "".join(f'"{chord.symbol(self._sheet.keys[index]) if chord else "N.C."}"' for chord in found)
            if "start" in symbol.triplet_ends:
                size = next(i for i, s in enumerate(symbols[number:], 1) if "stop" in s.triplet_ends)
                before += f"({symbol.tuplet[0]}:{symbol.tuplet[1]}:{size}"
            if self._orders[index][self._index] == 0 and self._staff is self._part.staves[0] and symbol.members:
                before += "".join(f"!{name}!" for tick, name in self._part.dynamics.marks if start <= tick < end)
            at_end = number == len(symbols) - 1
            yield before + self._symbol(symbol, held if at_end else set(), signature, changed)

    def _symbol(self, symbol: Symbol, held: set[Note], signature: dict[str, int], changed: set[str]) -> str:
        """A rest, a note or a chord; `held` are the notes that the voice holds into the next bar."""
        actual, normal = symbol.tuplet if symbol.triplet is not None else (1, 1)
        length = _length(Fraction(symbol.length * actual, normal))
        if not symbol.members:
            return "z" + length
        names = [(self._name(member), member) for member in sorted(symbol.members, key=lambda m: m.note.pitch)]
        if signature != self._first_signature:  # readers disagree on key changes within a voice
            changed |= {name.letter for name, _ in names if name.alter or self._first_signature[name.letter]}
        touched = changed | {name.letter for name, _ in names if name.alter != signature[name.letter]}
        notes = []
        for name, member in names:
            accidental = _ACCIDENTALS[name.alter] if name.letter in touched else ""
            starts_tie = symbol.tied_to or (member.tied_to and member.note in held)
            notes.append(accidental + _pitch(name) + "-" * (starts_tie and not self._part.player.is_drum))
        changed |= touched
        opening = (
            "(" * symbol.slur_ends.count("start")
            + "." * symbol.staccato
            + "!tenuto!" * symbol.tenuto
            + "!accent!" * bool(symbol.accent)
        )
        closing = ")" * symbol.slur_ends.count("stop")
        if len(notes) == 1:
            note = notes[0]
            return opening + note.removesuffix("-") + length + "-" * note.endswith("-") + closing
        return f"{opening}[{''.join(notes)}]{length}{closing}"

    def _name(self, member: Sounding) -> Name:
        """The spelling of a note; drums are spelled by the pitch of their key."""
        note = member.note
        if (note.start_ticks, note.pitch) in self._staff.names:
            return self._staff.names[note.start_ticks, note.pitch]
        position = (note.pitch * 7 + 5) % 12 - 5  # F to A sharp
        return Name(*letter_and_alter(position), octave_of(note.pitch, position))


def _pitch(name: Name) -> str:
    """A letter with octave marks; "C" is middle C, "c" the octave above."""
    if name.octave >= 5:
        return name.letter.lower() + "'" * (name.octave - 5)
    return name.letter + "," * (4 - name.octave)


def _length(units: int | Fraction) -> str:
    """A length as a multiple of an eighth note.

    >>> [_length(units) for units in (12, 24, 6, 18)]
    ['', '2', '/2', '3/2']
    """
    length = Fraction(units) / _UNIT
    over = f"/{length.denominator}" if length.denominator > 1 else ""
    return ("" if length.numerator == 1 else str(length.numerator)) + over
