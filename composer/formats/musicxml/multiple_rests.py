"""Marks bars of rest as multiple rests in the MusicXML of a part that is printed alone: one symbol with the number of bars.

A run ends where a player needs a landmark: at a change of key, meter or clef, at words, marks, chord symbols and repeat signs.

Source: E. Gould, "Behind Bars" (2011), pp. 564-566. Knows elements only.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement

from composer.formats.musicxml.xml_text import add_text

_LANDMARKS = ("attributes", "direction", "harmony", "sound")


def mark_multiple_rests(part: Element) -> None:
    """Inserts the number of bars into the first measure of each run of two or more bars of rest."""
    run: list[Element] = []
    for measure in [*part.iterfind("measure"), None]:
        if measure is not None and run and _is_rest(measure) and not _begins(measure) and not _ends(run[-1]):
            run.append(measure)
            continue
        if len(run) > 1:
            _write_length(run[0], len(run))
        run = [measure] if measure is not None and _is_rest(measure) else []


def _is_rest(measure: Element) -> bool:
    """Whether no voice of a measure has anything but a rest of the whole bar."""
    rests = [note.find("rest") for note in measure.iterfind("note")]
    return all(rest is not None and rest.get("measure") == "yes" for rest in rests)


def _begins(measure: Element) -> bool:
    """Whether a landmark is in a measure, or at its start."""
    barline = measure.find("barline[@location='left']")
    return barline is not None or any(measure.find(tag) is not None for tag in _LANDMARKS)


def _ends(measure: Element) -> bool:
    """Whether a landmark is within a measure or at its end."""
    offsets = (event.findtext("offset") for event in measure if event.tag in _LANDMARKS)
    return measure.find("barline[@location='right']") is not None or any(offset not in (None, "0") for offset in offsets)


def _write_length(measure: Element, bars: int) -> None:
    """The measure style, right before the first rest: verovio reads no directions after it."""
    attributes = Element("attributes")
    add_text(SubElement(attributes, "measure-style"), "multiple-rest", bars)
    measure.insert([child.tag for child in measure].index("note"), attributes)
