"""XML elements with valid text. Knows no schema."""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement


def add_text(parent: Element, tag: str, text: object, /, **attributes: str) -> Element:
    """Appends a child element with text; control characters and lone surrogates, which XML forbids, are removed."""
    child = SubElement(parent, tag, attributes)
    child.text = clean(str(text))
    return child


def clean(text: str) -> str:
    """Text without the characters that XML 1.0 forbids.

    >>> clean("a\\x00b")
    'ab'
    """
    return "".join(c for c in text if (c >= " " or c in "\t\n") and not 0xD800 <= ord(c) < 0xE000 and c not in "\ufffe\uffff")
