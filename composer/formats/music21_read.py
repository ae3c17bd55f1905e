"""Humdrum kern and ABC to score, through music21.

music21 parses; what it finds goes into the measures of `composer.formats.measures`. Sizes are capped low, since its parsers
are slow. Knows no other format.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import redirect_stderr
from pathlib import Path
from typing import Any

from composer.errors import BadInputError
from composer.formats.files import read_bytes
from composer.formats.measures import Measure, RawNote, ReadPart, Sound, assemble
from composer.formats.musicxml_directions import KINDS
from composer.formats.smf import Limits, decode_text
from composer.score import TICKS_PER_QUARTER, Chord, Key, Score, TimeSignature

MAX_TEXT_BYTES = 1_000_000
_QUALITIES = {kind: quality for quality, (kind, _) in KINDS.items()} | {
    "dominant-seventh": "7",
    "half-diminished-seventh": "hdim7",
}


def read_kern(source: Path | bytes, limits: Limits | None = None) -> Score:
    """Reads a Humdrum **kern file (.krn) or its bytes.

    Raises:
        BadInputError: no kern, broken, larger than 1 MB, or beyond the limits.
    """
    return _read(source, "humdrum", limits or Limits())


def read_abc(source: Path | bytes, limits: Limits | None = None) -> Score:
    """Reads the first tune of an ABC file or its bytes.

    Raises:
        BadInputError: no ABC, broken, larger than 1 MB, or beyond the limits.
    """
    return _read(source, "abc", limits or Limits())


def _read(source: Path | bytes, kind: str, limits: Limits) -> Score:
    """A score in a text format that music21 knows."""
    data = source if isinstance(source, bytes) else read_bytes(source, MAX_TEXT_BYTES)
    if len(data) > MAX_TEXT_BYTES:
        raise BadInputError(
            f"the {kind} file has {len(data):,} bytes, at most {MAX_TEXT_BYTES:,} are read: cut the piece in parts"
        )
    from music21 import converter, stream

    try:
        with warnings.catch_warnings(), redirect_stderr(io.StringIO()):  # it prints what it cannot read
            warnings.simplefilter("ignore")
            parsed: Any = converter.parseData(decode_text(data), format=kind)
            if isinstance(parsed, stream.Opus):
                parsed = parsed.scores[0]
            parts = list(parsed.parts) or [parsed]
            read = [_read_part(part) for part in parts]
            title = (parsed.metadata.title or "") if parsed.metadata else ""
    except Exception as error:  # music21's parsers raise anything on malformed text
        raise BadInputError(f"the {kind} file is broken ({' '.join(str(error).split())[:200]}): check it") from error
    if not any(measure.notes for part in read for measure in part.measures):
        raise BadInputError(f"the {kind} file holds no notes: check that it is {kind}")
    return assemble(read, title, limits)


def _read_part(part: Any) -> ReadPart:
    """A music21 part's measures."""
    instrument = part.getInstrument(returnDefault=False)
    program = instrument.midiProgram if instrument else None
    sound = Sound(name=part.partName or "", program=program)
    measures = []
    metre = TimeSignature(0, 4, 4)
    for found in part.getElementsByClass("Measure") or part.makeMeasures().getElementsByClass("Measure"):
        if found.timeSignature and found.timeSignature.denominator in (1, 2, 4, 8, 16, 32):
            metre = TimeSignature(0, found.timeSignature.numerator, found.timeSignature.denominator)
        measure = Measure(metre)
        for element in found.recurse():
            offset = float(element.getOffsetInHierarchy(found)) * TICKS_PER_QUARTER
            measure.events += [(offset, kind, value) for kind, value in _read_event(element)]
            if "GeneralNote" in element.classes:
                measure.notes += _read_notes(element, offset)
                measure.length = max(measure.length, offset + float(element.quarterLength) * TICKS_PER_QUARTER)
        measures.append(measure)
    return ReadPart(sound, measures, is_drum=False)


def _read_notes(element: Any, offset: float) -> Iterator[RawNote]:
    """Notes of a music21 note or chord; chord symbols, rests and grace notes have none."""
    if element.isRest or "ChordSymbol" in element.classes or element.duration.isGrace:
        return
    duration = float(element.quarterLength) * TICKS_PER_QUARTER
    for note in element.notes if element.isChord else (element,):
        tie = note.tie.type if note.tie else ""
        yield RawNote(offset, duration, note.pitch.midi, 1, tie in ("stop", "continue"), tie in ("start", "continue"))


def _read_event(element: Any) -> Iterator[tuple[str, Any]]:
    """Key, tempo or chord symbol as (kind, value)."""
    classes = element.classes
    if "KeySignature" in classes and -7 <= element.sharps <= 7:
        yield "key", Key(element.sharps, "minor" if getattr(element, "mode", None) == "minor" else "major")
    elif "MetronomeMark" in classes and (qpm := element.getQuarterBPM()):
        yield "tempo", float(qpm)
    elif "ChordSymbol" in classes and element.chordKind in _QUALITIES:
        yield "chord", Chord(element.root().pitchClass, _QUALITIES[element.chordKind])
