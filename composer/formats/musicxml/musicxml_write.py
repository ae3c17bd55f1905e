"""Score to MusicXML 4.0 (`composer.formats.musicxml.musicxml_read` reads it back).

Turns the printed parts of `composer.formats.engraving.notation` into elements; makes no musical decisions. Files contain no
dates and no random ids, so equal scores give equal bytes.

Source: W3C Music Notation Community Group, "MusicXML 4.0" (2021).
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from composer.files import write_atomically
from composer.formats.engraving.abbreviations import abbreviated
from composer.formats.engraving.drumkit import DRUM_STAFF
from composer.formats.engraving.layout import Layout
from composer.formats.engraving.meter import UNIT_TICKS, UNITS_PER_QUARTER
from composer.formats.engraving.notation import Name, PrintedPart, Sheet, lay_out, used_pitches
from composer.formats.engraving.repeats import BarSigns
from composer.formats.engraving.rhythm import Symbol
from composer.formats.engraving.spelling import with_signs
from composer.formats.engraving.staves import Clef, family_runs
from composer.formats.engraving.transposing import Transposition
from composer.formats.engraving.voices import MAX_VOICES, Sounding
from composer.formats.midi.channels import assign_channels
from composer.formats.musicxml.multiple_rests import mark_multiple_rests
from composer.formats.musicxml.musicxml_directions import BarEvent, add_events, bar_events
from composer.formats.musicxml.musicxml_read import read_musicxml
from composer.formats.musicxml.note_marks import add_lyrics, velocity_text
from composer.formats.musicxml.xml_text import add_text
from composer.formats.provenance import Provenance, credited_composer, software
from composer.score import BREATH, DEFAULT_VELOCITY, Bar, HitStrength, Part, Score

__all__ = ["musicxml_bytes", "read_musicxml", "write_musicxml"]

_DOCTYPE = (
    '<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 Partwise//EN" "http://www.musicxml.org/dtds/partwise.dtd">'
)
_CONTAINER = """<?xml version="1.0" encoding="UTF-8"?>
<container>
 <rootfiles>
  <rootfile full-path="score.musicxml" media-type="application/vnd.recordare.musicxml+xml"/>
 </rootfiles>
</container>
"""
_ACCENTS: dict[HitStrength, str] = {"big": "strong-accent", "sudden": "strong-accent", "soft": "accent"}
_ACCIDENTALS = {-2: "flat-flat", -1: "flat", 0: "natural", 1: "sharp", 2: "double-sharp"}


def write_musicxml(score: Score, path: Path, provenance: Provenance | None = None, layout: Layout | None = None) -> None:
    """Writes an uncompressed MusicXML file; equal scores give equal bytes.

    Raises:
        BadInputError: the file cannot be written.
    """
    write_atomically(path, musicxml_bytes(score, provenance, layout))


def write_mxl(score: Score, path: Path, provenance: Provenance | None = None, layout: Layout | None = None) -> None:
    """Writes a compressed MusicXML file (.mxl); equal scores give equal bytes.

    Raises:
        BadInputError: the file cannot be written.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (
            ("META-INF/container.xml", _CONTAINER.encode()),
            ("score.musicxml", musicxml_bytes(score, provenance, layout)),
        ):
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))  # the earliest date in a zip file
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    write_atomically(path, packed.getvalue())


def musicxml_bytes(score: Score, provenance: Provenance | None = None, layout: Layout | None = None) -> bytes:
    """The score as MusicXML: every voice fills its bar, and timing is quantized to thirty-seconds and triplets.

    Args:
        score: the music.
        provenance: names Cantilena as the composer and discloses that the music is machine-made; `None` omits the disclosure.
        layout: sheet music options; `None` applies the defaults of `Layout`.
    """
    sheet = lay_out(score, layout or Layout())
    root = Element("score-partwise", version="4.0")
    if score.title:
        add_text(SubElement(root, "work"), "work-title", score.title)
    composer = credited_composer(score, provenance)
    _identify(SubElement(root, "identification"), composer, provenance)
    _credit(root, score.title, provenance.subtitle if provenance else "", composer)
    _list_parts(SubElement(root, "part-list"), sheet.parts)
    bars = sheet.score.bars
    for number, part in enumerate(sheet.parts):
        element = SubElement(root, "part", id=f"P{number + 1}")
        events = bar_events(sheet, part, first=number == 0)
        for bar in bars:
            measure = _write_bar(element, part, f"P{number + 1}", sheet, bar, events[bar.index])
            _write_barlines(
                measure, sheet.signs.get(bar.index, BarSigns()), last=bar.index == len(bars) - 1, loop=score.is_loop
            )
        if len(sheet.parts) == 1:
            mark_multiple_rests(element)
    indent(root, " ")
    body: bytes = tostring(root, encoding="utf-8")
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + _DOCTYPE.encode() + b"\n" + body + b"\n"


def _identify(identification: Element, composer: str, provenance: Provenance | None) -> None:
    """Composer line, writing software and the disclosure."""
    if composer:
        add_text(identification, "creator", composer, type="composer")
    encoding = SubElement(identification, "encoding")
    add_text(encoding, "software", software())
    if provenance:
        add_text(encoding, "encoding-description", provenance.sentence())


def _credit(root: Element, title: str, subtitle: str, composer: str) -> None:
    """Title, subtitle and composer line of the first page."""
    lines = (("title", title, "center", 26), ("subtitle", subtitle, "center", 14), ("composer", composer, "right", 11))
    for kind, words, justify, size in lines:
        weight = {"font-weight": "bold"} if kind == "title" else {}
        if words:
            credit = SubElement(root, "credit", page="1")
            add_text(credit, "credit-type", kind)
            add_text(
                credit, "credit-words", with_signs(words), **{"font-size": str(size)}, **weight, justify=justify, valign="top"
            )


def _list_parts(part_list: Element, printed: Sequence[PrintedPart]) -> None:
    """Names and sounds of all parts, with families in brackets."""
    players = [part.player for part in printed]
    runs = family_runs(players)
    channels = assign_channels([Part(player.name, player.program, (), player.is_drum) for player in players])
    for index, (player, (_, channel)) in enumerate(zip(players, channels, strict=True)):
        if any(first == index for first, _ in runs):
            group = SubElement(part_list, "part-group", type="start", number="1")
            add_text(group, "group-symbol", "bracket")
            add_text(group, "group-barline", "yes")
        score_part = SubElement(part_list, "score-part", id=f"P{index + 1}")
        _write_name(score_part, "part-name", player.name, printed[index].transposition)
        if len(players) > 1:  # a player alone needs no reminder
            short = abbreviated(player.name, player.program)
            _write_name(score_part, "part-abbreviation", short, printed[index].transposition)
        sounds = [
            (f"I{pitch + 1}", DRUM_STAFF[pitch].name, pitch) for pitch in used_pitches(player.staves[0]) if player.is_drum
        ]
        sounds = sounds or [("I1", player.name, -1)]
        for identity, name, _ in sounds:
            add_text(SubElement(score_part, "score-instrument", id=f"P{index + 1}-{identity}"), "instrument-name", name)
        for identity, _, pitch in sounds:
            midi = SubElement(score_part, "midi-instrument", id=f"P{index + 1}-{identity}")
            add_text(midi, "midi-channel", channel + 1)
            add_text(midi, "midi-program", player.program + 1)
            if pitch >= 0:
                add_text(midi, "midi-unpitched", pitch + 1)
        if any(last == index for _, last in runs):
            SubElement(part_list, "part-group", type="stop", number="1")


def _write_name(score_part: Element, tag: str, name: str, tuning: Transposition | None) -> None:
    """A player's name, full or abbreviated, and how it is displayed if the tuning belongs to it."""
    add_text(score_part, tag, name)
    if tuning and tuning.tuning:
        add_text(SubElement(score_part, f"{tag}-display"), "display-text", f"{name} in {tuning.tuning}")


def _write_bar(
    part_element: Element,
    part: PrintedPart,
    identity: str,
    sheet: Sheet,
    bar: Bar,
    events: Sequence[BarEvent],
) -> Element:
    """One measure of one part: attributes, then all voices from the top staff down. An upbeat is measure 0."""
    implicit = {"implicit": "yes"} if sheet.upbeat and not bar.index else {}
    measure = SubElement(part_element, "measure", {"number": str(bar.index + (not sheet.upbeat)), **implicit})
    _write_attributes(measure, part, sheet.score.bars, bar.index)
    length = sheet.bar_units(bar.index)
    waiting = list(events)
    begun = False
    for number, staff in enumerate(part.staves):
        for index, voice in enumerate(staff.bars[bar.index].voices):
            if begun:
                add_text(SubElement(measure, "backup"), "duration", length)
            begun = True
            writer = _VoiceWriter(measure, part, identity, number, index, bar)
            for symbol in voice:
                waiting = add_events(measure, waiting, symbol)
                writer.write(symbol)
    return measure


def _write_barlines(measure: Element, signs: BarSigns, *, last: bool, loop: bool) -> None:
    """The final barline, repeat signs and endings. Repeats specify that they are played twice; loops do not."""
    if signs.forward or signs.ending_begins:
        barline = Element("barline", location="left")
        if signs.forward:
            add_text(barline, "bar-style", "heavy-light")
        if signs.ending_begins:
            SubElement(barline, "ending", number=str(signs.ending), type="start")
        if signs.forward:
            SubElement(barline, "repeat", direction="forward")
        measure.insert(0, barline)
    if signs.backward or signs.ending_ends or last:
        barline = SubElement(measure, "barline", location="right")
        if signs.backward or last:
            add_text(barline, "bar-style", "light-heavy")
        if signs.ending_ends:
            open_end = signs.ending == 2 and not last
            SubElement(barline, "ending", number=str(signs.ending), type="discontinue" if open_end else "stop")
        if signs.backward:
            SubElement(barline, "repeat", {"direction": "backward"} | ({} if loop else {"times": "2"}))


def _write_attributes(measure: Element, part: PrintedPart, bars: Sequence[Bar], index: int) -> None:
    """Divisions, key, meter, staves, clefs and transposition, where they start or change."""
    keys = part.keys
    attributes = Element("attributes")
    if index == 0:
        add_text(attributes, "divisions", UNITS_PER_QUARTER)
    key, meter = keys[index], bars[index].time_signature
    if not part.player.is_drum and key and (index == 0 or keys[index - 1] != key):
        element = SubElement(attributes, "key")
        add_text(element, "fifths", key.fifths)
        add_text(element, "mode", key.notated.scale_name)
    if index == 0 or str(bars[index - 1].time_signature) != str(meter):
        element = SubElement(attributes, "time")
        add_text(element, "beats", meter.numerator)
        add_text(element, "beat-type", meter.denominator)
    if index == 0 and len(part.staves) > 1:
        add_text(attributes, "staves", len(part.staves))
    for number, staff in enumerate(part.staves):
        clef = staff.bars[index].clef
        if index == 0 or staff.bars[index - 1].clef != clef:
            _write_clef(attributes, clef, number if len(part.staves) > 1 else None)
    if part.transposition and (index == 0 or _letters(part, index) != _letters(part, index - 1)):
        _write_transposition(attributes, part.transposition.semitones, _letters(part, index))
    if len(attributes):
        measure.append(attributes)


def _letters(part: PrintedPart, index: int) -> int:
    """Letters from written to sounding pitch in a bar."""
    assert part.transposition is not None
    return part.transposition.letters(part.sounding_keys[index])


def _write_transposition(attributes: Element, semitones: int, steps: int) -> None:
    """The interval from written to sounding pitch, with octaves separate."""
    octaves = -(-semitones // 12) if semitones < 0 else semitones // 12
    element = SubElement(attributes, "transpose")
    add_text(element, "diatonic", steps - 7 * octaves)
    add_text(element, "chromatic", semitones - 12 * octaves)
    if octaves:
        add_text(element, "octave-change", octaves)


def _write_clef(attributes: Element, clef: Clef, staff: int | None) -> None:
    """A clef, numbered if a part has several staves."""
    element = SubElement(attributes, "clef", {} if staff is None else {"number": str(staff + 1)})
    add_text(element, "sign", clef.sign)
    if clef.sign != "percussion":
        add_text(element, "line", clef.line)
    if clef.octave_change:
        add_text(element, "clef-octave-change", clef.octave_change)


class _VoiceWriter:
    """Writes the symbols of one voice of a staff in one bar."""

    def __init__(self, measure: Element, part: PrintedPart, identity: str, staff: int, voice: int, bar: Bar) -> None:
        self._measure, self._identity, self._voice = measure, identity, voice
        self._length = bar.time_signature.bar_ticks // UNIT_TICKS
        self._names = part.staves[staff].names
        voices = part.staves[staff].bars[bar.index].voices
        self._others = [[symbol for symbol in other if symbol.members] for i, other in enumerate(voices) if i != voice]
        self._is_drum = part.player.is_drum
        self._is_marked = bool(part.dynamics.marks)
        self._staff_number = staff + 1 if len(part.staves) > 1 else None
        self._voice_number = staff * MAX_VOICES + voice + 1

    def write(self, symbol: Symbol) -> None:
        """Writes a symbol: a rest, or one note element per member of its chord."""
        if not symbol.members:
            whole_bar = symbol.length == self._length
            hidden = {"print-object": "no"} if self._voice or self._is_covered(symbol) else {}
            note = SubElement(self._measure, "note", hidden)
            SubElement(note, "rest", {"measure": "yes"} if whole_bar else {})
            self._describe(note, symbol, None, first=True, whole_rest=whole_bar)
            return
        for index, member in enumerate(sorted(symbol.members, key=lambda member: member.note.pitch)):
            velocity = member.note.velocity
            is_stated = self._is_marked or velocity != DEFAULT_VELOCITY
            note = SubElement(self._measure, "note", {"dynamics": velocity_text(velocity)} if is_stated else {})
            if index:
                SubElement(note, "chord")
            self._write_pitch(note, member)
            self._describe(note, symbol, member, first=index == 0)

    def _is_covered(self, rest: Symbol) -> bool:
        """Whether another voice of the staff sounds throughout a rest, which makes the rest redundant."""
        overlaps = ([min(rest.end, o.end) - max(rest.start, o.start) for o in other] for other in self._others)
        return any(sum(max(0, overlap) for overlap in voice) == rest.length for voice in overlaps)

    def _write_pitch(self, note: Element, member: Sounding) -> None:
        """Sounding pitch, or the position of a drum on its staff."""
        if self._is_drum:
            place = DRUM_STAFF[member.note.pitch]
            unpitched = SubElement(note, "unpitched")
            add_text(unpitched, "display-step", place.step)
            add_text(unpitched, "display-octave", place.octave)
            return
        name = self._name(member)
        pitch = SubElement(note, "pitch")
        add_text(pitch, "step", name.letter)
        if name.alter:
            add_text(pitch, "alter", name.alter)
        add_text(pitch, "octave", name.octave)

    def _name(self, member: Sounding) -> Name:
        """The spelling of a note."""
        return self._names[member.note.start_ticks, member.note.pitch]

    def _describe(
        self, note: Element, symbol: Symbol, member: Sounding | None, *, first: bool, whole_rest: bool = False
    ) -> None:
        """Everything after the pitch, in the schema's order."""
        add_text(note, "duration", symbol.length)
        ties = self._ties(symbol, member) if member and not self._is_drum else []
        for kind in ties:
            SubElement(note, "tie", type=kind)
        if member and self._is_drum:
            SubElement(note, "instrument", id=f"{self._identity}-I{member.note.pitch + 1}")
        add_text(note, "voice", self._voice_number)
        if not whole_rest:
            add_text(note, "type", symbol.value)
            for _ in range(symbol.dots):
                SubElement(note, "dot")
        if member and member.note.pitch in symbol.accidentals:
            courtesy = {"cautionary": "yes"} if symbol.accidentals[member.note.pitch] else {}
            add_text(note, "accidental", _ACCIDENTALS[self._name(member).alter], **courtesy)
        if symbol.triplet is not None:
            modification = SubElement(note, "time-modification")
            for tag, count in zip(("actual-notes", "normal-notes"), symbol.tuplet, strict=True):
                add_text(modification, tag, count)
        if member and self._others:
            add_text(note, "stem", "up" if self._voice % 2 == 0 else "down")
        if member and self._is_drum and DRUM_STAFF[member.note.pitch].head != "normal":
            add_text(note, "notehead", DRUM_STAFF[member.note.pitch].head)
        if self._staff_number is not None:
            add_text(note, "staff", self._staff_number)
        if first:
            for level, beam in enumerate(symbol.beams):
                add_text(note, "beam", beam, number=str(level + 1))
        self._write_notations(note, symbol, ties, first=first)

    def _ties(self, symbol: Symbol, member: Sounding) -> list[str]:
        """Tie ends at this note, in the schema's order."""
        stop = symbol.tied_from or (member.tied_from and symbol.start == 0)
        start = symbol.tied_to or (member.tied_to and symbol.end == self._length)
        return ["stop"] * stop + ["start"] * start

    def _write_notations(self, note: Element, symbol: Symbol, ties: Sequence[str], *, first: bool) -> None:
        """Ties, triplet brackets, articulations and lyrics as drawn."""
        notations = Element("notations")
        for kind in ties:
            SubElement(notations, "tied", type=kind)
        if first:
            for end in symbol.triplet_ends:
                tuplet = SubElement(notations, "tuplet", type=end)
                if end == "start":
                    tuplet.set("bracket", "yes" if symbol.bracketed else "no")
            for kind in symbol.slur_ends:
                SubElement(notations, "slur", type=kind, number="1")
            if symbol.tremolo:
                add_text(SubElement(notations, "ornaments"), "tremolo", symbol.tremolo, type="single")
            if drawn := _articulations(symbol):
                articulations = SubElement(notations, "articulations")
                for name in drawn:
                    mark = SubElement(articulations, name)
                    mark.text = "comma" if name == BREATH else None
        if len(notations):
            note.append(notations)
        if first and symbol.marks:
            add_lyrics(note, symbol.marks.lyrics)


def _articulations(symbol: Symbol) -> tuple[str, ...]:
    """The names of the articulations at a symbol: those that its file gave it, else those that follow from its length.

    A breath comes last.
    """
    given = symbol.marks.articulations if symbol.marks else ()
    hit = (_ACCENTS[symbol.accent],) if symbol.accent else ()
    length = ("staccato",) * symbol.staccato + ("tenuto",) * symbol.tenuto
    return tuple(dict.fromkeys((*hit, *(given or length), *(BREATH,) * symbol.breath)))
