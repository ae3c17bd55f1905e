"""Loads MusicXML into verovio, with what it reads or prints otherwise than other programs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

_MEI = "http://www.music-encoding.org/ns/mei"
_MEASURE, _SCORE_DEF, _KEY = (f"{{{_MEI}}}{name}" for name in ("measure", "scoreDef", "keySig"))
_PART = re.compile(r"<part id=.*?</part>", re.DOTALL)
_KEY_OF_MEASURE = re.compile(r'<measure number="(\d+)"[^>]*>(?:(?!</measure>).)*?<fifths>(-?\d+)', re.DOTALL)

_PEDAL_CHANGE = re.compile(r'(<direction [^>]*>\s*<direction-type>\s*<pedal type=")change(".*?</direction>)', re.DOTALL)


def for_verovio(xml: str, *, multiple_rests: bool = True) -> str:
    """MusicXML with what verovio prints otherwise than other programs.

    Flats and sharps of chord symbols are signs, not letters. Their degrees, which the text already shows, are left out: verovio
    does not hide them. Multiple rests of two staves are single bars, because verovio leaves the lower staff empty. A change of
    pedal is the end of a bracket and the start of the next, because verovio draws no bracket with a change.

    Args:
        xml: a score as `musicxml_bytes` writes it.
        multiple_rests: whether bars of rest may be joined; not where each bar must be found on the page.
    """
    xml = _with_brackets(xml)
    xml = re.sub(r"\s*<degree print-object=\"no\">.*?</degree>", "", xml, flags=re.DOTALL)
    if "<staves>" in xml or not multiple_rests:
        xml = re.sub(r"<measure-style>.*?</measure-style>", "", xml, flags=re.DOTALL)
    return re.sub(r'(<kind text=")([^"]*)', lambda match: match[1] + re.sub(r"b(?=\d)", "♭", match[2]).replace("#", "♯"), xml)


def _with_brackets(xml: str) -> str:
    """A score with two brackets for each change of pedal; one that ends on a barline ends in the measure before it."""
    measures = xml.split("</measure>")
    for index, measure in enumerate(measures):
        change = _PEDAL_CHANGE.search(measure.partition("<note")[0])
        if change and "<offset>" not in change[0]:
            measures[index - 1] += change.expand(r"\1stop\2")
            measures[index] = measure.replace(change[0], change.expand(r"\1start\2"), 1)
    return _PEDAL_CHANGE.sub(r"\1stop\2\1start\2", "</measure>".join(measures))


def load(toolkit: Any, xml: str) -> bool:
    """Loads a score of `for_verovio` into a toolkit of verovio; returns whether it could be read.

    verovio gives every staff the key changes of the first part, drums and transposing instruments too. Where parts differ,
    the score is loaded again as MEI with the changes of each staff.
    """
    if not toolkit.loadData(xml):
        return False
    staves = _key_changes(xml)
    if all(changes == staves[0] for changes in staves):
        return True
    return bool(toolkit.loadData(_with_key_changes(toolkit.getMEI({}), staves)))


def _key_changes(xml: str) -> list[dict[str, int]]:
    """The signatures in fifths that begin after the first measure, by its number, for each staff of a score in MusicXML."""
    staves: list[dict[str, int]] = []
    for part in _PART.findall(xml):
        count = re.search(r"<staves>(\d+)", part)
        first = re.search(r'<measure number="(\d+)"', part)
        changes = {number: int(fifths) for number, fifths in _KEY_OF_MEASURE.findall(part) if first and number != first[1]}
        staves += [changes] * (int(count[1]) if count else 1)
    return staves


def _with_key_changes(mei: str, staves: list[dict[str, int]]) -> str:
    """A score in MEI with the key changes of each staff in place of those of all staves."""
    ElementTree.register_namespace("", _MEI)
    root = ElementTree.fromstring(mei.replace(" </rend>", "\u00a0</rend>"))  # verovio drops a space at the end of a text
    changes: Mapping[str, dict[int, int]] = {
        measure: {number: staff[measure] for number, staff in enumerate(staves, 1) if measure in staff}
        for measure in set().union(*staves)
    }
    for parent in list(root.iter()):
        definition: Element | None = None
        for child in list(parent):
            if child.tag == _SCORE_DEF:
                definition = child
            elif child.tag == _MEASURE:
                if child.get("n", "") in changes:
                    if definition is None:
                        definition = Element(_SCORE_DEF)
                        parent.insert(list(parent).index(child), definition)
                    _set_keys(definition, changes[child.get("n", "")])
                definition = None
    return ElementTree.tostring(root, encoding="unicode")


def _set_keys(definition: Element, fifths: Mapping[int, int]) -> None:
    """Gives a definition signatures by the number of their staff."""
    for key in definition.findall(_KEY):
        definition.remove(key)
    group = SubElement(definition, f"{{{_MEI}}}staffGrp")
    for number, count in fifths.items():
        staff = SubElement(group, f"{{{_MEI}}}staffDef", n=str(number))
        SubElement(staff, _KEY, sig=f"{abs(count)}{'s' if count > 0 else 'f'}" if count else "0")
