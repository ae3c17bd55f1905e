"""The title that a prompt gives a piece: 'call it "The Little Sailboat"', "titled Dawn of the Brave"."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from composer.prompt.lexicon import either, prompt_table

_LONGEST = 100  # characters of a title
_QUOTES = (
    ('"', "“", "„", "«", "‘", "'", "《", "「", "『"),
    ('"', "”", "“”", "»", "’", "'", "》", "」", "』"),
)  # opening, closing


class Titled(NamedTuple):
    """A title, the phrase that gives it, and the prompt without this phrase; title and phrase are empty without one."""

    title: str
    phrase: str
    rest: str


def titled(prompt: str) -> Titled:
    """The title in a prompt: a name in quotation marks, or after some words a capitalized one.

    The name of something else, "music for a film called ...", is not the title of the piece.

    >>> titled('a waltz, call it "The Little Sailboat", in D')
    Titled(title='The Little Sailboat', phrase='call it "The Little Sailboat"', rest='a waltz, , in D')
    >>> titled("a march titled Dawn of the Brave in D minor").title, titled('music for a film called "Storm"').title
    ('Dawn of the Brave', '')
    """
    for found in _pattern().finditer(prompt):
        if not _other_thing().search(prompt[: found.start()]):
            title = _printable(next(filter(None, found.groups())))
            return Titled(title, _printable(found[0]), f"{prompt[: found.start()]}{prompt[found.end() :]}")
    return Titled("", "", prompt)


def _printable(text: str) -> str:
    """A text on one line, as titles of files are, without control characters and other signs that are not printed."""
    return "".join(sign for sign in " ".join(text.split()) if sign.isprintable())


@cache
def _pattern() -> re.Pattern[str]:
    words = prompt_table()["titles"]
    quoted = "|".join(
        rf"{opening}([^{opening}{closing}\n]{{1,{_LONGEST}}})[{closing}](?!\w)"
        for opening, closing in zip(*_QUOTES, strict=True)
    )
    name = r"[^\W\d_a-zß-öø-ÿ][\w'’-]+"
    capitalized = rf"((?:A |I )?{name}(?:(?: (?:{either(words['small'])}))* {name}){{0,8}})"
    cue = rf"(?<!\w)(?i:{either(words['cues'])})(?::|\s)*"
    bare = rf"(?<!\w)(?i:{either(words['before_capitals'])}):? "
    return re.compile(rf"{cue}(?:{quoted})|{bare}{capitalized}")


@cache
def _other_thing() -> re.Pattern[str]:
    """The name of a thing other than the piece, right before the title."""
    return re.compile(rf"(?i:\b(?:{either(prompt_table()['titles']['other_things'])}),? )$")
