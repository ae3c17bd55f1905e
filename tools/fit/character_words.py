"""Mood of a composer's words: "Allegro con fuoco" or "ruhig und zart" as a point on the affective plane.

The words and their points are in `presets/mood_words.toml`; docs/mood.md explains how they were placed. Plain tempo words
(allegro, adagio), dynamics and technique have no point, so that a judgment by words does not depend on tempo.

Knows no grammar except that "non", "nicht", "sans" and similar words discard the next word.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from composer.controls import Mood
from composer.presets import mood_words

_NEGATIONS = frozenset({"non", "nicht", "sans", "senza", "ohne", "not", "without", "nie", "bez"})
_LESS = frozenset({"meno", "weniger", "moins", "less", "mniej"})


def read_mood(text: str) -> Mood | None:
    """Mean point of the mood words in a text; `None` if it has none.

    >>> read_mood("Allegro con fuoco")
    Mood(valence=0.2, arousal=0.8)
    >>> read_mood("Sehr ruhig und zart").arousal < -0.5
    True
    >>> read_mood("Allegro non troppo") is None
    True
    """
    points = []
    words = _words(text)
    for before, word in zip(["", *words], words, strict=False):
        point = _point(word)
        if point is not None and before not in _NEGATIONS and before not in _LESS:
            points.append(point)
    if not points:
        return None
    return Mood(sum(v for v, _ in points) / len(points), sum(a for _, a in points) / len(points))


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text.lower().replace("ſ", "s").replace("ß", "ss").replace("ł", "l"))
    return re.findall(r"[a-z]+", "".join(c for c in plain if not unicodedata.combining(c)))


@lru_cache(maxsize=4096)
def _point(word: str) -> tuple[float, float] | None:
    """The word's point, else that of the longest prefix in the table."""
    table = mood_words()
    if word in table:
        return table[word]
    beginnings = (word[:length] + "*" for length in range(len(word), 2, -1))
    return next((table[beginning] for beginning in beginnings if beginning in table), None)
