"""Lyrics, articulations and velocities of notes in MusicXML elements. Knows no measures."""

from __future__ import annotations

from collections.abc import Iterable
from math import isfinite
from xml.etree.ElementTree import Element, SubElement

from composer.formats.musicxml.xml_text import add_text
from composer.records import single_line
from composer.score import BREATH, NoteMarks, Syllable

# The articulations that are kept, in the schema's names.
ARTICULATIONS = (
    "accent", "strong-accent", "staccato", "tenuto", "detached-legato", "staccatissimo", "spiccato", BREATH, "caesura",
)  # fmt: skip
_FORTE_VELOCITY = 90  # of which the schema gives velocities in percent
_PLACES = ("single", "begin", "middle", "end")


def read_marks(note: Element) -> NoteMarks | None:
    """The lyrics and articulations of a note element; `None` if there are none."""
    lyrics = tuple(syllable for lyric in note.iterfind("lyric") if (syllable := _syllable(lyric)))
    drawn = {mark.tag for marks in note.iterfind("notations/articulations") for mark in marks}
    articulations = tuple(name for name in ARTICULATIONS if name in drawn)
    return NoteMarks(lyrics, articulations) if lyrics or articulations else None


def read_velocity(note: Element) -> int | None:
    """The velocity that a note element states, 1 to 127; `None` if it states none, or no number."""
    try:
        velocity = float(note.get("dynamics", "")) * _FORTE_VELOCITY / 100
    except ValueError:
        return None
    return round(min(127, max(1, velocity))) if isfinite(velocity) else None


def velocity_text(velocity: int) -> str:
    """A velocity as an attribute of a note element.

    >>> velocity_text(90), velocity_text(49)
    ('100', '54.44')
    """
    return f"{round(100 * velocity / _FORTE_VELOCITY, 2):g}"


def _syllable(lyric: Element) -> Syllable | None:
    """A syllable; `None` for one without text. Syllables that share a note are joined by a space."""
    text = single_line(" ".join(part.text or "" for part in lyric.iterfind("text"))).strip()
    place = (lyric.findtext("syllabic") or "").strip()
    verse = single_line(lyric.get("number", "1")).strip() or "1"
    extends = lyric.find("extend") is not None
    return Syllable(text, verse, place if place in _PLACES else "single", extends) if text else None


def add_lyrics(note: Element, lyrics: Iterable[Syllable]) -> None:
    """Adds syllables to a note element, after all else in it."""
    for syllable in lyrics:
        lyric = SubElement(note, "lyric", number=syllable.verse)
        add_text(lyric, "syllabic", syllable.place)
        add_text(lyric, "text", syllable.text)
        if syllable.extends:
            SubElement(lyric, "extend")
