"""What a MusicXML file holds that a score has no place for, so that readers of files can say what is lost.

Searches the text; parses no elements. Our own files lose nothing but the pedal: their other marks follow from the notes.
"""

from __future__ import annotations

import logging
import re
from pathlib import Path

from composer.brief.limits import counted
from composer.formats.capped import read_bytes
from composer.formats.musicxml.musicxml_read import MAX_XML_BYTES, unpacked

_log = logging.getLogger(__name__)

_SUFFIXES = (".musicxml", ".xml", ".mxl")
_OWN = re.compile(rb"<software>\s*Cantilena")
_ORNAMENTS = b"trill-mark|mordent|inverted-mordent|turn|inverted-turn|arpeggiate"
# One and several of a mark, and the start tag that begins each.
_MARKS = {
    ("grace note", "grace notes"): rb"<grace\b",
    ("ornament", "ornaments"): rb"<(?:" + _ORNAMENTS + rb")(?=[\s/>])",
    ("fermata", "fermatas"): rb"<fermata\b",
    ("slur", "slurs"): rb"<slur\b[^>]*\btype=[\"']start",
    ("hairpin", "hairpins"): rb"<wedge\b[^>]*\btype=[\"'](?:crescendo|diminuendo)",
    ("pedal mark", "pedal marks"): rb"<pedal\b[^>]*\btype=[\"'](?:start|change)",
    ("word direction", "word directions"): rb"<words\b",
}
_TAGS = {names: re.compile(tag) for names, tag in _MARKS.items()}


def warn_of_unread_marks(path: Path) -> None:
    """Logs one warning with the numbers of the marks in a MusicXML file that are not read; none for other files.

    Raises:
        BadInputError: the file cannot be read or unpacked.
    """
    if path.suffix.lower() in _SUFFIXES and (found := unread_marks(unpacked(read_bytes(path, MAX_XML_BYTES)))):
        _log.warning(
            "warning: %s: not read, so not kept: %s; notes, lyrics, articulations and dynamic marks are", path.name, found
        )


def unread_marks(text: bytes) -> str:
    """The numbers of the marks in MusicXML text that are not read; empty if there are none.

    >>> unread_marks(b'<note><grace/></note><note><fermata/></note><note><grace slash="yes"/></note>')
    '2 grace notes, 1 fermata'
    """
    if _OWN.search(text):
        return ""
    counts = ((len(tag.findall(text)), names) for names, tag in _TAGS.items())
    return ", ".join(counted(count, *names) for count, names in counts if count)
