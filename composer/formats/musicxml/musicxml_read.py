"""MusicXML and compressed MXL to score, with limits on the unpacked size.

Reads partwise scores of any version: notes, ties, keys, meters, tempos, dynamics, chord symbols, rehearsal marks, hit points.
Grace and cue notes are omitted; transposing parts are read at concert pitch. Only repeats marked as played twice are written
out. A repeat at the very end with a matching forward sign becomes a loop.

Source: W3C Music Notation Community Group, "MusicXML 4.0" (2021).
"""

from __future__ import annotations

import io
import logging
import re
import struct
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError, fromstring

from composer.errors import BadInputError
from composer.formats.capped import read_bytes
from composer.formats.midi.smf import Limits
from composer.formats.musicxml.measures import Sound, assemble, unfolded
from composer.formats.musicxml.musicxml_part import read_part, read_sounds
from composer.records import single_line
from composer.score import Score

_log = logging.getLogger(__name__)

_UNPACKED_IN_PIECES = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # zipfile unpacks a whole block of the other methods at once
# An attribute's default is copied into every element, an entity into every reference; music files need neither.
_DECLARATION = re.compile(rb"<!(ENTITY|ATTLIST|ELEMENT|NOTATION)")
MAX_XML_BYTES = 15_000_000
MAX_TAGS = 1_000_000  # about 15 MB of music; a parsed tag takes 200 to 400 bytes
# Exceptions of zipfile and its decompressors on damaged archives.
_BROKEN_ARCHIVE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    NotImplementedError,
    OSError,
    EOFError,
    RuntimeError,
    ValueError,
    OverflowError,
)


def read_musicxml(source: Path | bytes, limits: Limits | None = None) -> Score:
    """Reads a .musicxml, .xml or .mxl file, or its bytes.

    A part of two staves becomes two parts, "X (right hand)" and "X (left hand)". Notes outside MIDI pitches 0 to 127 are
    omitted, and one logged warning gives their number.

    Raises:
        BadInputError: not MusicXML, broken, timewise, or beyond the limits (15 MB unpacked, 1,000,000 tags, and those of
            `Limits`).
    """
    limits = limits or Limits()
    data = source if isinstance(source, bytes) else read_bytes(source, MAX_XML_BYTES)
    root = _parse(unpacked(data))
    bars = max((len(part.findall("measure")) for part in root.iterfind("part")), default=0)
    if bars > limits.max_bars:
        raise BadInputError(f"the piece has {bars:,} bars, at most {limits.max_bars:,} can be read: split it")
    try:
        sounds = read_sounds(root)
        read = [read_part(element, sounds.get(element.get("id", ""), Sound())) for element in root.iterfind("part")]
    except ValueError as error:
        raise BadInputError(f"MusicXML file is broken ({' '.join(str(error).split())[:200]}): export it again") from error
    if omitted := sum(part.omitted for part in read):
        name = source.name if isinstance(source, Path) else "the MusicXML file"
        _log.warning(
            "warning: %s: notes outside MIDI pitches 0 to 127 are omitted, %s here: transpose them", name, f"{omitted:,}"
        )
    title = single_line(root.findtext("work/work-title") or root.findtext("movement-title") or "")
    composer = single_line(root.findtext("identification/creator[@type='composer']") or "")
    return replace(assemble(unfolded(read), title, limits), composer=composer)


def unpacked(data: bytes) -> bytes:
    """The text of a score, which a compressed file holds.

    Raises:
        BadInputError: a compressed file is broken or holds no score.
    """
    if data[:2] != b"PK":
        return data
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        names = [info for info in archive.infolist() if not info.filename.startswith("META-INF")]
        scores = [info for info in names if info.filename.lower().endswith((".musicxml", ".xml"))]
        if not scores:
            raise BadInputError("MXL file contains no score: export it again")
        if scores[0].compress_type not in _UNPACKED_IN_PIECES:
            method = scores[0].compress_type
            raise BadInputError(f"MXL file is packed by method {method} of zip, only 0 and 8 can be read: export it again")
        with archive.open(scores[0]) as file:
            content = file.read(MAX_XML_BYTES + 1)
    except _BROKEN_ARCHIVE as error:
        raise BadInputError(f"MXL file is broken ({error}): export it again") from error
    return content


def _parse(data: bytes) -> Element:
    """The root element of a partwise score."""
    if len(data) > MAX_XML_BYTES:
        raise BadInputError(f"MusicXML file unpacks to more than {MAX_XML_BYTES:,} bytes: split the piece")
    if data.count(b"<") > MAX_TAGS:
        raise BadInputError(f"MusicXML file has more than {MAX_TAGS:,} tags: split the piece")
    if declaration := _DECLARATION.search(data.replace(b"\0", b"")):  # also in UTF-16
        name = declaration[0].decode()
        raise BadInputError(f"MusicXML file has a document type with {name}, which is not supported: export it again")
    try:
        root = fromstring(data)
    except (ParseError, ValueError, LookupError) as error:
        raise BadInputError(f"this is not a MusicXML file ({error}): export it again") from error
    if root.tag == "score-timewise":
        raise BadInputError("MusicXML file is timewise, only partwise scores can be read: export it as partwise")
    if root.tag != "score-partwise":
        raise BadInputError(f"this is not a MusicXML file: its root is <{root.tag[:40]}>, not <score-partwise>")
    return root
