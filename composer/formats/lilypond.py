"""Score to LilyPond input: staves, voices, chords, ties, tuplets, drums, dynamics, articulations, pedal, lyrics, chord symbols.

Repeats are written out and all parts are at concert pitch. Each voice of a staff is a `Voice` from first bar to last.

Source: "LilyPond Notation Reference", version 2.24 (2022).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from composer.files import write_atomically
from composer.formats.engraving.abbreviations import abbreviated
from composer.formats.engraving.layout import Layout
from composer.formats.engraving.meter import UNIT_TICKS, UNITS_PER_QUARTER
from composer.formats.engraving.notation import PIZZICATO, Name, PrintedPart, Sheet, Staff, lay_out
from composer.formats.engraving.pedal_marks import PedalSign
from composer.formats.engraving.rhythm import Symbol
from composer.formats.engraving.spelling import with_signs
from composer.formats.engraving.staves import Clef
from composer.formats.engraving.tempo_marks import tempo_marks
from composer.formats.musicxml.xml_text import clean
from composer.formats.provenance import Provenance, credited_composer, software
from composer.score import Bar, Key, Score

_VERSION = "2.24.0"
_WHOLE = 4 * UNITS_PER_QUARTER  # units of a whole note
_ALTERATIONS = {-2: "eses", -1: "es", 0: "", 1: "is", 2: "isis"}
_VALUES = {"long": "\\longa", "breve": "\\breve", "whole": "1", "half": "2", "quarter": "4", "eighth": "8", "16th": "16",
           "32nd": "32"}  # fmt: skip
_CLEFS = {("G", 2): "treble", ("F", 4): "bass", ("C", 3): "alto", ("C", 4): "tenor", ("percussion", 2): "percussion"}
_VOICES = ("\\voiceOne", "\\voiceTwo", "\\voiceThree", "\\voiceFour")
# LilyPond's names for General MIDI percussion, from key 35.
_DRUMS: tuple[str, ...] = (
    "bda", "bd", "ss", "sn", "hc", "sne", "tomfl", "hhc", "tomfh", "hhp", "toml", "hho", "tomml", "tommh", "cymca", "tomh",
    "cymra", "cymch", "rb", "tamb", "cyms", "cb", "cymcb", "vibs", "cymrb", "boh", "bol", "cghm", "cgho", "cgl", "timh", "timl",
    "agh", "agl", "cab", "mar", "whs", "whl", "guis", "guil", "cl", "wbh", "wbl", "cuim", "cuio", "trim", "trio",
)  # fmt: skip
_FIRST_DRUM = 35
_PEDAL_SIGNS: dict[PedalSign, str] = {"start": "\\sustainOn", "change": "\\sustainOff\\sustainOn", "stop": "\\sustainOff"}


def write_lilypond(score: Score, path: Path, provenance: Provenance | None = None, layout: Layout | None = None) -> None:
    """Writes a LilyPond file (.ly); equal scores give equal bytes.

    Raises:
        BadInputError: the file cannot be written.
    """
    write_atomically(path, lilypond_text(score, provenance, layout).encode())


def lilypond_text(score: Score, provenance: Provenance | None = None, layout: Layout | None = None) -> str:
    """The score as LilyPond input."""
    sheet = lay_out(score, replace(layout or Layout(), concert_pitch=True, repeats=False))
    lines = [f'\\version "{_VERSION}"', f"% written by {software()}"]
    if provenance:
        lines.append(f"% {provenance.sentence()}")
    subtitle, composer = provenance.subtitle if provenance else "", credited_composer(score, provenance)
    lines += [
        "\\header {",
        f"  title = {_quoted(with_signs(score.title))}",
        *[f"  subtitle = {_quoted(subtitle)}"] * bool(subtitle),
    ]
    lines += [f"  composer = {_quoted(composer)}", "  tagline = ##f", "}"]
    lines += ["\\score {", "  <<"]
    for number, part in enumerate(sheet.parts):
        lines += [f"    {line}" for line in _player(sheet, part, first=number == 0)]
    return "\n".join([*lines, "  >>", "  \\layout { }", "  \\midi { }", "}", ""])


def _quoted(text: str) -> str:
    """A string literal in LilyPond syntax."""
    escaped = " ".join(clean(text).split()).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _player(sheet: Sheet, part: PrintedPart, *, first: bool) -> Iterator[str]:
    """The staves of one player."""
    names = f"instrumentName = {_quoted(part.player.name)}"
    if len(sheet.parts) > 1:
        names += f" shortInstrumentName = {_quoted(abbreviated(part.player.name, part.player.program))}"
    if len(part.staves) > 1:
        yield f"\\new PianoStaff \\with {{ {names} }} <<"
    for number, staff in enumerate(part.staves):
        kind = "DrumStaff" if part.player.is_drum else "Staff"
        named = len(part.staves) == 1
        yield f"\\new {kind}" + (f" \\with {{ {names} }} <<" if named else " <<")
        for index in range(max(len(bar.voices) for bar in staff.bars)):
            mode = "\\drummode " if part.player.is_drum else ""
            voice = "DrumVoice" if part.player.is_drum else "Voice"
            yield f"  \\new {voice} {mode}{{"
            writer = _VoiceWriter(
                sheet, part, staff, index, leads=first and not number and not index, marks=not number and not index
            )
            yield from (f"    {line} |" for line in writer.bars())
            yield "  }"
        yield ">>"
        yield from _lyrics(sheet, staff)
    if part.pedals:
        yield from _pedals(sheet, part)
    if len(part.staves) > 1:
        yield ">>"


def pitch(name: Name) -> str:
    """A note name in LilyPond's default language.

    >>> pitch(Name("F", 1, 4)), pitch(Name("B", -1, 2))
    ("fis'", 'bes,')
    """
    marks = "'" * (name.octave - 3) if name.octave >= 3 else "," * (3 - name.octave)
    return name.letter.lower() + _ALTERATIONS[name.alter] + marks


def _lyrics(sheet: Sheet, staff: Staff) -> Iterator[str]:
    """The verses below a staff, each syllable with the length of its note."""
    sung = [
        (bar.start_ticks // UNIT_TICKS + symbol.start, symbol.length, symbol.marks.lyrics)
        for bar, printed in zip(sheet.score.bars, staff.bars, strict=True)
        for voice in printed.voices
        for symbol in voice
        if symbol.marks and symbol.marks.lyrics
    ]
    end = sheet.score.bars[-1].end_ticks // UNIT_TICKS
    for verse in sorted({syllable.verse for _, _, lyrics in sung for syllable in lyrics}):
        texts = {start: one for start, _, lyrics in sung for one in lyrics if one.verse == verse}
        starts = sorted(texts)
        before = starts[0] - sheet.upbeat
        words = [f"\\skip 1*{Fraction(before, _WHOLE)}"] if before else []
        for start, following in zip(starts, [*starts[1:], end], strict=True):
            syllable = texts[start]
            words.append(f"{_quoted(syllable.text)}1*{Fraction(following - start, _WHOLE)}")
            words += ["--"] if syllable.place in ("begin", "middle") else ["__"] if syllable.extends else []
        yield f"\\new Lyrics \\lyricmode {{ {' '.join(words)} }}"


def _pedals(sheet: Sheet, part: PrintedPart) -> Iterator[str]:
    """The brackets of the sustain pedal below the staves, on skips; one that lasts to the end is cut just before it."""
    first, last = sheet.upbeat * UNIT_TICKS, sheet.score.bars[-1].end_ticks - UNIT_TICKS
    signs = {min(max(first, tick), last): _PEDAL_SIGNS[sign] for tick, sign in part.pedals}
    yield "\\new Dynamics \\with { pedalSustainStyle = #'bracket } {"
    for bar in sheet.score.bars:
        begin = bar.end_ticks - sheet.bar_units(bar.index) * UNIT_TICKS
        starts = sorted({begin, *(tick for tick in signs if begin < tick < bar.end_ticks)})
        lengths = (Fraction(b - a, _WHOLE * UNIT_TICKS) for a, b in pairwise([*starts, bar.end_ticks]))
        skips = (f"s1*{length}{signs.get(tick, '')}" for tick, length in zip(starts, lengths, strict=True))
        yield f"  {' '.join(skips)} |"
    yield "}"


class _VoiceWriter:
    """Writes one voice of one staff, one line per bar; `leads`: first voice of the score, `marks`: first voice of a player."""

    def __init__(self, sheet: Sheet, part: PrintedPart, staff: Staff, index: int, *, leads: bool, marks: bool) -> None:
        self._sheet, self._part, self._staff, self._index = sheet, part, staff, index
        self._leads, self._marks = leads, marks

    def bars(self) -> Iterator[str]:
        """Each bar, preceded by the changes at its start."""
        for bar in self._sheet.score.bars:
            voices = self._staff.bars[bar.index].voices
            words = list(self._changes(bar))
            if self._index:
                words.append(_VOICES[min(self._index, 3)])
            else:
                words.append(_VOICES[0] if len(voices) > 1 else "\\oneVoice")
            if self._index < len(voices):
                words += self._symbols(voices[self._index], bar)
            else:
                words.append(f"s1*{Fraction(self._sheet.bar_units(bar.index), _WHOLE)}")
            if self._leads and bar.index == len(self._sheet.score.bars) - 1:
                words.append('\\bar "|."')
            yield " ".join(words)

    def _changes(self, bar: Bar) -> Iterator[str]:
        """Clef, key, meter, tempo and section, where they start or change."""
        index, score = bar.index, self._sheet.score
        before = self._staff.bars[index - 1] if index else None
        clef = self._staff.bars[index].clef
        if before is None or before.clef != clef:
            yield f"\\clef {_clef(clef)}"
        if index == 0 or str(score.bars[index - 1].time_signature) != str(bar.time_signature):
            yield f"\\time {bar.time_signature}"
        if index == 0 and self._sheet.upbeat:
            yield f"\\partial 1*{Fraction(self._sheet.bar_units(0), _WHOLE)}"
        keys = self._part.keys
        if not self._part.player.is_drum and keys[index] and (index == 0 or keys[index - 1] != keys[index]):
            yield _key(keys[index])
        if self._leads:
            inside = range(bar.start_ticks, bar.end_ticks)
            for mark in tempo_marks(score):
                if mark.start_ticks in inside and (mark.holds or mark.words):
                    words = [_quoted(mark.words)] if mark.words else []
                    yield " ".join(["\\tempo", *words, *([f"4 = {round(mark.qpm)}"] if mark.qpm else [])])
            for marker in score.section_markers:
                if marker.start_ticks in inside:
                    yield f"\\mark {_quoted(marker.text)}"

    def _symbols(self, symbols: Sequence[Symbol], bar: Bar) -> Iterator[str]:
        """The symbols of a bar, with tuplets in braces."""
        length = bar.time_signature.bar_ticks // UNIT_TICKS
        for symbol in symbols:
            start, end = (bar.start_ticks + unit * UNIT_TICKS for unit in (symbol.start, symbol.end))
            text = self._symbol(symbol, length)
            if self._marks and symbol.members:
                text += "".join(f"\\{name}" for tick, name in self._part.dynamics.marks if start <= tick < end)
            if self._marks and (plucked := self._part.plucked_from) is not None and start <= plucked < end:
                text += f"^{_quoted(PIZZICATO)}"
            if self._leads:
                found = [s.chord for s in self._sheet.chords if start <= s.start_ticks < end]
                keys = self._part.keys
                text += "".join(f"^{_quoted(c.symbol(keys[bar.index]) if c else 'N.C.')}" for c in found)
            text += " \\breathe" * symbol.breath
            if "start" in symbol.triplet_ends:
                text = f"\\tuplet {symbol.tuplet[0]}/{symbol.tuplet[1]} {{ {text}"
            yield text + " }" * ("stop" in symbol.triplet_ends)

    def _symbol(self, symbol: Symbol, length: int) -> str:
        """A rest, a note or a chord with its ties and marks."""
        duration = _VALUES[symbol.value] + "." * symbol.dots
        if not symbol.members:
            if symbol.length == length:
                return f"{'s' if self._index else 'R'}1*{length}/{_WHOLE}"
            return ("s" if self._index else "r") + duration
        notes = []
        for member in sorted(symbol.members, key=lambda member: member.note.pitch):
            tied = symbol.tied_to or (member.tied_to and symbol.end == length)
            if self._part.player.is_drum:
                notes.append(_drum(member.note.pitch))
            else:
                notes.append(pitch(self._staff.names[member.note.start_ticks, member.note.pitch]) + "~" * tied)
        tremolo = ":32" * (symbol.tremolo > 0)
        after = "-." * symbol.staccato + "--" * symbol.tenuto + "->" * bool(symbol.accent)
        after += ")" * symbol.slur_ends.count("stop") + "(" * symbol.slur_ends.count("start")
        if len(notes) == 1:
            tie = "~" * notes[0].endswith("~")
            return notes[0].removesuffix("~") + duration + tremolo + tie + after
        return f"<{' '.join(notes)}>{duration}{tremolo}{after}"


def _drum(key: int) -> str:
    """LilyPond's name for a percussion key; side stick if it has none."""
    return _DRUMS[key - _FIRST_DRUM] if 0 <= key - _FIRST_DRUM < len(_DRUMS) else "ss"


def _clef(clef: Clef) -> str:
    """Name of a clef, with its octave mark."""
    octave = {-1: "_8", 1: "^8"}.get(clef.octave_change, "")
    return f'"{_CLEFS[clef.sign, clef.line]}{octave}"'


def _key(key: Key | None) -> str:
    """A key signature."""
    assert key is not None
    octave, letter = divmod(key.tonic_fifths + 1, 7)
    return f"\\key {'fcgdaeb'[letter]}{_ALTERATIONS[octave]} \\{key.notated.scale_name}"
