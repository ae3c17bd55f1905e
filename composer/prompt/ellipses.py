"""Words that a prompt leaves out or has in an unusual order, as other modules read them.

"Three verses, the first by sopranos" has the noun once, "20 seconds of strings, then brass" says how long before who.
"""

from __future__ import annotations

import re
from functools import cache

from composer.prompt.figures.patterns import number_pattern
from composer.prompt.lexicon import either, prompt_table
from composer.prompt.prompt_text import Text, prepared

_NOUNS = {"verses": "verse", "stanzas": "verse", "strophes": "verse", "choruses": "chorus"}
# Words after an ordinal that is no adjective of them: "the first by", "the third SATB"; not "the second violin".
_FOLLOWING = (
    "by|for|sung|played|with|without|is|in|as|on|just|only|unaccompanied|an?|adds?|has|all|satb|tutti|everyone|everybody"
    "|everything|unison|solo|full|louder|softer|quieter|faster|slower|should"
)


def in_full(text: Text) -> Text:
    """The prompt with its nouns, and with players before the seconds that they play.

    >>> from composer.prompt.prompt_text import read_text
    >>> in_full(read_text("20 seconds of quiet strings, then brass")).raw
    'quiet strings for 20 seconds, then brass'
    """
    turned = _seconds_of().sub(lambda match: f"{match[2]} for {match[1]}", text.raw)
    return with_counted_nouns(text if turned == text.raw else prepared(turned))


@cache
def _seconds_of() -> re.Pattern[str]:
    """Seconds of something that something else follows."""
    spoken = rf"(?:about |around )?{number_pattern()}[ -]?(?:seconds?|secs?)"
    what = r"((?:(?!then\b|followed\b|before\b)[a-z'-]+ ){0,4}?[a-z'-]+)"
    return re.compile(rf"(?i)\b({spoken}) of {what}(?=,? (?:and )?(?:then|followed by|before)\b)")


def with_counted_nouns(text: Text) -> Text:
    """The prompt with the noun after each ordinal that refers to verses or choruses counted before it.

    >>> from composer.prompt.prompt_text import read_text
    >>> with_counted_nouns(read_text("three verses, the first by sopranos alone, the last one with organ")).raw
    'three verses, the first verse by sopranos alone, the last verse with organ'
    """
    counted = _counted().search(text.plain)
    if counted is None:
        return text
    noun, start = _NOUNS[counted[1]], counted.end()
    raw = text.raw
    for match in reversed(list(_ordinals().finditer(text.plain, start))):
        raw = f"{raw[: match.end(1)]} {noun}{raw[match.end() :]}"
    return text if raw == text.raw else prepared(raw)


@cache
def _counted() -> re.Pattern[str]:
    """A number of things that ordinals may refer to."""
    return re.compile(rf"\b(?:{number_pattern()}) (?:[a-z]+ )?({either(_NOUNS)})\b")


@cache
def _ordinals() -> re.Pattern[str]:
    """An ordinal without its noun."""
    ordinals = either([*prompt_table()["variations"]["ordinals"], "last", "final"])
    return re.compile(rf"\b({ordinals})(?: one)?(?= (?:{_FOLLOWING})\b|,? *[:(])")
