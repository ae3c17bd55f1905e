"""Where the sections of a form are, by their names in settings of sections: "middle", "last chorus", "A''". Knows no prompt."""

from __future__ import annotations

from itertools import accumulate
from typing import NamedTuple

from composer.presets import SECTION_KINDS, Form, resolve_form

_SONG, _SONG_IN_WORDS = "verse-chorus", "Verse Chorus Verse' Chorus Bridge Chorus"  # the same form
_MIDDLES = ("middle", "trio")
_INNER = ("bridge", "break")  # in a form of letters: what differs from its beginning
OUTER = {"intro": "start", "outro": "end"}  # sections at the ends, and what they are in a form without them
_COUNTED = {"first": 0, "second": 1, "third": 2, "fourth": 3, "last": -1}


class Span(NamedTuple):
    """A section of a name: where it begins and ends, in per cent of the piece."""

    start: float
    end: float


def spans_of(name: str, form: Form) -> list[Span]:
    """The sections of a form that a name means, in order; none if the form has no such section.

    >>> [[round(start) for start, _ in spans_of(name, resolve_form("AABA"))] for name in ("b", "middle", "end", "chorus")]
    [[50], [50], [75], []]
    """
    word, _, rest = name.partition(" ")
    if word in _COUNTED and rest:
        counted = spans_of(rest, form)
        return counted[_COUNTED[word] :][:1]
    ends = [100 * length / sum(form.lengths) for length in accumulate(form.lengths)]
    spans = [Span(start, end) for start, end in zip([0.0, *ends], ends, strict=False)]
    if name in ("start", "end"):
        return [spans[0 if name == "start" else -1]]
    kinds = [kind_of_section(letter) for letter in form.letters]
    if name in _MIDDLES:
        inner = [place for place, kind in enumerate(kinds) if kind not in ("intro", "outro")]
        others = [place for place in inner[1:-1] if kinds[place] != kinds[inner[0]]]
        return [spans[place] for place in others or inner[1:-1]]
    named = [{letter.lower(), letter.rstrip("'").lower()} for letter in form.letters]
    found = [span for span, names in zip(spans, named, strict=True) if name.lower() in names]
    if "'" not in name and (name in OUTER or not found):
        found = [span for span, kind in zip(spans, kinds, strict=True) if kind_of_section(name) == kind]
    is_plain = all(len(kind) == 1 for kind in kinds)
    if is_plain and name == "verse" and len(set(kinds)) == 1:
        return spans  # of a hymn
    if not found and name in OUTER:
        return spans_of(OUTER[name], form)
    return found or (spans_of("middle", form) if is_plain and len({*kinds}) > 1 and kind_of_section(name) in _INNER else [])


def in_words(form: str) -> Form:
    """A form by name or in letters; that of songs with sections that say what they are."""
    return resolve_form(_SONG_IN_WORDS if form == _SONG else form)


def kind_of_section(letter: str) -> str:
    """The kind of a section, or its letter: "verse" of "Verse'"."""
    return names_of_section(letter)[1]


def names_of_section(letter: str) -> tuple[str, str]:
    """The name of a section without the marks of variations, and its kind: "solo" and "chorus" of "Solo'"."""
    bare = letter.rstrip("'").lower()
    return bare, SECTION_KINDS.get(bare, bare)
