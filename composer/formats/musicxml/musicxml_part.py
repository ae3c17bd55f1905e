"""Reads the parts of a MusicXML file as measures of notes and events.

Knows elements; `composer.formats.musicxml.measures` builds the score.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from xml.etree.ElementTree import Element

from composer.controls import DYNAMICS
from composer.errors import BadInputError
from composer.formats.engraving.drumkit import pitch_at
from composer.formats.engraving.tremolo import STROKE_TICKS, STROKES, TIMPANI
from composer.formats.musicxml.measures import Measure, RawNote, ReadPart, Sound
from composer.formats.musicxml.musicxml_directions import QUALITIES
from composer.formats.musicxml.note_marks import read_marks, read_velocity
from composer.records import single_line
from composer.score import LETTERS_BY_FIFTHS, NATURALS, TICKS_PER_QUARTER, Chord, Key, Marker, TimeSignature

_BEATS = {"whole": 4.0, "half": 2.0, "quarter": 1.0, "eighth": 0.5, "16th": 0.25}
_MOST_DIVISIONS = 1_000_000
_MOST_TICKS = 2**28
_MOST_BEATS, _UNITS = 99, (1, 2, 4, 8, 16, 32)  # of a meter
_MOST_ACCIDENTALS = 7  # of a key


def read_sounds(root: Element) -> dict[str, Sound]:
    """Entries of the part list by part id.

    Raises:
        ValueError: a number of one cannot be read.
    """
    found = {}
    for element in root.iterfind("part-list/score-part"):
        keys = {
            midi.get("id", ""): _integer(text, "midi-unpitched") - 1
            for midi in element.iterfind("midi-instrument")
            if (text := midi.findtext("midi-unpitched")) is not None
        }
        program, channel = element.findtext("midi-instrument/midi-program"), element.findtext("midi-instrument/midi-channel")
        found[element.get("id", "")] = Sound(
            name=single_line(element.findtext("part-name") or ""),
            program=None if program is None else min(127, max(0, _integer(program, "midi-program") - 1)),
            is_drum=channel is not None and _integer(channel, "midi-channel") == 10,
            keys={identity: key for identity, key in keys.items() if 0 <= key <= 127},
        )
    return found


def _number(text: str | None, name: str) -> float:
    """Parses a finite number; `name` is that of its element, for the message.

    Raises:
        ValueError: it is not a number.
    """
    try:
        value = float(text or "")
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"{name} {text or ''!r} is not a number")
    return value


def _integer(text: str | None, name: str) -> int:
    """Parses a number and rounds it.

    Raises:
        ValueError: it is not a number.
    """
    return round(_number(text, name))


class _Cursor:
    """State while reading a part."""

    def __init__(self, sound: Sound) -> None:
        self.sound = sound
        self.divisions = 1.0
        self.meter = TimeSignature(0, 4, 4)
        self.transposition = 0
        self.fifths_up = 0  # from a written name to the sounding one, on the line of fifths
        self.position = 0.0
        self.chord_start = 0.0
        self.is_drum = sound.is_drum
        self.omitted = 0  # notes outside MIDI pitches 0 to 127

    def ticks(self, element: Element, tag: str = "duration") -> float:
        """A duration in ticks, 0 if absent."""
        text = element.findtext(tag)
        ticks = 0.0 if text is None else _number(text, tag) * TICKS_PER_QUARTER / self.divisions
        if not -_MOST_TICKS < ticks < _MOST_TICKS:
            raise ValueError(f"{tag} {text} is out of range at {self.divisions:g} divisions of a quarter note")
        return ticks


def read_part(element: Element, sound: Sound) -> ReadPart:
    """All measures of a part.

    Raises:
        ValueError: one of them cannot be read; the message gives its number.
    """
    cursor = _Cursor(sound)
    measures = []
    for count, measure in enumerate(element.iterfind("measure"), start=1):
        try:
            measures.append(_read_measure(measure, cursor))
        except ValueError as error:
            raise ValueError(f"measure {measure.get('number', count)}: {error}") from None
    return ReadPart(sound, measures, cursor.is_drum, cursor.omitted)


def _read_measure(element: Element, cursor: _Cursor) -> Measure:
    """Reads one measure, child by child."""
    measure = Measure(cursor.meter)
    cursor.position = 0.0
    for child in element:
        if child.tag == "note":
            _read_note(child, measure, cursor)
        elif child.tag == "backup":
            cursor.position = max(0.0, cursor.position - cursor.ticks(child))
        elif child.tag == "forward":
            cursor.position += cursor.ticks(child)
        elif child.tag == "attributes":
            _read_attributes(child, measure, cursor)
        else:
            offset = cursor.position + cursor.ticks(child, "offset")
            measure.events += [(max(0.0, offset), kind, value) for kind, value in _read_event(child, cursor)]
        measure.length = max(measure.length, cursor.position)
    measure.meter = cursor.meter
    return measure


def _read_attributes(element: Element, measure: Measure, cursor: _Cursor) -> None:
    """Reads divisions, meter, transposition and key."""
    if (divisions := element.findtext("divisions")) is not None:
        cursor.divisions = _number(divisions, "divisions")
        if not 0 < cursor.divisions <= _MOST_DIVISIONS:
            raise ValueError(f"divisions {divisions} is not above 0 and at most {_MOST_DIVISIONS:,}")
    beats, unit = element.findtext("time/beats"), element.findtext("time/beat-type")
    if beats is not None and unit is not None:
        count = sum(_integer(item, "beats") for item in beats.split("+"))
        cursor.meter = TimeSignature(0, count, _integer(unit, "beat-type"))
        if not (1 <= count <= _MOST_BEATS and cursor.meter.denominator in _UNITS):
            raise ValueError(f"meter {beats}/{unit} is not 1 to {_MOST_BEATS} over {', '.join(map(str, _UNITS))}")
    if (transpose := element.find("transpose")) is not None:
        octaves = _integer(transpose.findtext("octave-change") or "0", "octave-change")
        cursor.transposition = _integer(transpose.findtext("chromatic") or "0", "chromatic") + 12 * octaves
        cursor.fifths_up = _fifths_of(cursor.transposition)
    if (stated := element.findtext("key/fifths")) is not None:
        fifths = _integer(stated, "fifths")
        if abs(fifths) > _MOST_ACCIDENTALS:
            raise ValueError(f"fifths {stated} of the key is not from -{_MOST_ACCIDENTALS} to {_MOST_ACCIDENTALS}")
        key = Key.from_signature(fifths, (element.findtext("key/mode") or "").strip().lower())
        if cursor.transposition % 12:
            sounding = key.fifths + cursor.fifths_up
            sounding = sounding - 12 if sounding > 6 else sounding + 12 if sounding < -6 else sounding
            cursor.fifths_up, key = sounding - key.fifths, replace(key, fifths=sounding)
        measure.events.append((cursor.position, "key", key))


def _fifths_of(semitones: int) -> int:
    """Fifths of a transposition, the shorter way around the circle."""
    return (7 * semitones + 6) % 12 - 6


def _read_note(element: Element, measure: Measure, cursor: _Cursor) -> None:
    """Reads a note or rest; grace and cue notes are ignored, notes outside MIDI pitches 0 to 127 are counted."""
    if element.find("grace") is not None:
        return
    duration = cursor.ticks(element)
    is_chord = element.find("chord") is not None
    start = cursor.chord_start if is_chord else cursor.position
    if not is_chord:
        cursor.chord_start = cursor.position
        cursor.position += duration
    pitch = _pitch(element, cursor)
    if pitch is None or duration <= 0 or element.find("cue") is not None:
        return
    if not 0 <= pitch <= 127:
        cursor.omitted += 1
        return
    ties = {tie.get("type") for tie in element.iterfind("tie")}
    staff = _integer(element.findtext("staff") or "1", "staff")
    spelled, marks, velocity = _spelled(element, cursor), read_marks(element), read_velocity(element)
    if strokes := _strokes(element, cursor):
        length = duration / strokes
        stroke = RawNote(start, length, pitch, staff, False, False, spelled, velocity=velocity)
        measure.notes += [replace(stroke, offset=start + i * length) for i in range(strokes)]
        return
    note = RawNote(start, duration, pitch, staff, "stop" in ties, "start" in ties, spelled, marks, velocity)
    measure.notes.append(note)


def _strokes(element: Element, cursor: _Cursor) -> int:
    """Number of thirty-seconds in a roll of timpani or drums; 0 for other notes."""
    tremolo = element.find("notations/ornaments/tremolo")
    if tremolo is None or (tremolo.text or "").strip() != str(STROKES) or tremolo.get("type", "single") != "single":
        return 0
    is_rolled = cursor.is_drum or cursor.sound.program in TIMPANI
    return round(cursor.ticks(element) / STROKE_TICKS) if is_rolled else 0


def _spelled(element: Element, cursor: _Cursor) -> int | None:
    """Position of a note's sounding name on the line of fifths; `None` for drums."""
    if (pitch := element.find("pitch")) is None:
        return None
    letter, alter = (pitch.findtext("step") or "").strip(), _integer(pitch.findtext("alter") or "0", "alter")
    return LETTERS_BY_FIFTHS.index(letter) - 1 + 7 * alter + cursor.fifths_up


def _pitch(element: Element, cursor: _Cursor) -> int | None:
    """Sounding pitch, which may be outside MIDI's range, a drum's key, or `None` for a rest."""
    if (pitch := element.find("pitch")) is not None:
        letter = (pitch.findtext("step") or "").strip()
        if letter not in NATURALS:
            raise ValueError(f"step {letter!r} is not A to G")
        alter = _integer(pitch.findtext("alter") or "0", "alter")
        written = NATURALS[letter] + alter + 12 * (_integer(pitch.findtext("octave"), "octave") + 1)
        return written + cursor.transposition
    if (unpitched := element.find("unpitched")) is not None:
        cursor.is_drum = True
        instrument = element.find("instrument")
        known = cursor.sound.keys.get(instrument.get("id", "")) if instrument is not None else None
        step, octave = (
            unpitched.findtext("display-step") or "C",
            _integer(unpitched.findtext("display-octave") or "5", "display-octave"),
        )
        return pitch_at(step, octave) if known is None else known
    return None


def _read_event(element: Element, cursor: _Cursor) -> Iterator[tuple[str, Any]]:
    """Contents of a direction, sound, harmony or barline, as (kind, value)."""
    if element.tag == "harmony":
        yield from _read_harmony(element, cursor)
    elif element.tag == "barline":
        yield from _read_barline(element)
    elif element.tag in ("direction", "sound"):
        sound = element if element.tag == "sound" else element.find("sound")
        if sound is not None and sound.get("tempo"):
            yield "tempo", _number(sound.get("tempo"), "tempo")
        elif (metronome := element.find("direction-type/metronome")) is not None:
            yield from _read_metronome(metronome)
        for dynamics in element.iterfind("direction-type/dynamics"):
            yield from (("dynamic", DYNAMICS[mark.tag]) for mark in dynamics if mark.tag in DYNAMICS)
        for rehearsal in element.iterfind("direction-type/rehearsal"):
            yield "marker", (rehearsal.text or "").strip()
        for words in element.iterfind("direction-type/words"):
            if Marker(0, text := (words.text or "").strip()).hit:
                yield "marker", text


def _read_barline(element: Element) -> Iterator[tuple[str, Any]]:
    """Repeat signs, whose kind depends on whether they specify a number of times, and starts of endings."""
    if (repeat := element.find("repeat")) is not None:
        direction = repeat.get("direction")
        yield ("repeat" if repeat.get("times") is None else "twice"), direction
    if (ending := element.find("ending")) is not None and ending.get("type") == "start":
        yield "ending", ending.get("number")


def _read_metronome(element: Element) -> Iterator[tuple[str, float]]:
    """A metronome mark in quarters per minute, if it is a plain number."""
    beats = _BEATS.get(element.findtext("beat-unit") or "")
    try:
        per_minute = _number(element.findtext("per-minute"), "per-minute")
    except ValueError:
        return  # "ca. 80", or two note values compared
    if beats:
        yield "tempo", per_minute * beats * (1.5 if element.find("beat-unit-dot") is not None else 1.0)


def _read_harmony(element: Element, cursor: _Cursor) -> Iterator[tuple[str, Chord | None]]:
    """A chord symbol of a known quality, with its bass."""
    kind = element.findtext("kind") or ""
    quality = _quality(element)
    if kind == "none":
        yield "chord", None
    elif quality and (root := _step(element, "root", cursor)) is not None:
        bass = _step(element, "bass", cursor)
        yield "chord", Chord(root, quality, None if bass == root else bass)


def _quality(element: Element) -> str | None:
    """The quality by kind and degrees, else by the printed text, else by the kind only."""
    kind = element.find("kind")
    name, text = (kind.text or "", kind.get("text", "")) if kind is not None else ("", "")
    degrees = tuple(
        (
            _integer(degree.findtext("degree-value"), "degree-value"),
            _integer(degree.findtext("degree-alter") or "0", "degree-alter"),
            degree.findtext("degree-type") or "add",
        )
        for degree in element.iterfind("degree")
    )
    if (name, degrees) in QUALITIES:
        return QUALITIES[name, degrees]
    try:
        return Chord.parse("C" + text).quality if text else QUALITIES.get((name, ()))
    except BadInputError:
        return QUALITIES.get((name, ()))


def _step(element: Element, name: str, cursor: _Cursor) -> int | None:
    """Pitch class of a symbol's root or bass; `None` if it is absent."""
    letter = (element.findtext(f"{name}/{name}-step") or "").strip()
    if letter not in NATURALS:
        return None
    alter = _integer(element.findtext(f"{name}/{name}-alter") or "0", f"{name}-alter")
    return (NATURALS[letter] + alter + cursor.transposition) % 12
