"""Nouns that a prompt leaves out after it has counted things: "three verses, the first (verse) by sopranos alone"."""

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
