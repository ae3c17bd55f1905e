"""A prompt as searchable text: one line, words with their places, and a copy without case and accents.

Chinese and Japanese phrases are replaced by English ones. Knows words, not their meanings.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from dataclasses import dataclass

from composer.errors import BadInputError
from composer.prompt.languages import in_english
from composer.records import is_surrogate

MAX_CHARACTERS = 1000
EXAMPLE = "a sad slow waltz for string quartet in D minor, about a minute"

_WITH, _WITHOUT = re.compile(r"\bw/ ?(?!o\b)", re.IGNORECASE), re.compile(r"\bw/o\b", re.IGNORECASE)
_W = re.compile(r"\bw (?=[a-z])")  # "country band w fiddle"
_TRES = re.compile(r"\btrès\b", re.IGNORECASE)  # without its accent it is the Spanish three
_E_PIANO = re.compile(r"\be-(?:piano|klavier)\b", re.IGNORECASE)  # with a hyphen: "e piano" is Italian for "and piano"
_LIGATURES = {"œ": "oe", "Œ": "Oe", "æ": "ae", "Æ": "Ae"}
_WORD = re.compile(r"[0-9]+|[♩♪]|[^\W\d_]+(?:'[^\W\d_]+)*")


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a prompt: as compared (no case, no accents) and its place in characters."""

    folded: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Text:
    """A prompt prepared for searching.

    Attributes:
        raw: the prompt on one line in an alphabet, compatibility characters replaced (Unicode NFKC).
        plain: `raw`, character for character, in lower case and without accents.
        words: words and whole numbers in reading order, without punctuation and other signs.
    """

    raw: str
    plain: str
    words: tuple[Word, ...]

    def words_until(self, end: int) -> int:
        """Number of words that begin before the character `end`."""
        return bisect_left(self.words, end, key=lambda word: word.start)

    def slice(self, first: int, last: int) -> str:
        """The characters of the prompt from word `first` to word `last` (exclusive)."""
        return self.raw[self.words[first].start : self.words[last - 1].end] if first < last else ""

    def gap(self, index: int) -> str:
        """The characters between word `index` and the word before it."""
        return self.raw[self.words[index - 1].end if index else 0 : self.words[index].start]


def read_text(prompt: str) -> Text:
    """Prepares a prompt.

    Raises:
        BadInputError: the prompt is longer than `MAX_CHARACTERS` or is not Unicode text (lone surrogates).

    >>> [word.folded for word in read_text("Étude in F♯, “l’adieu”,  140bpm").words]
    ['etude', 'in', 'f', "l'adieu", '140', 'bpm']
    """
    if len(prompt) > MAX_CHARACTERS:
        raise BadInputError(
            f"a prompt of {len(prompt)} characters is too long: use at most {MAX_CHARACTERS}, as in {EXAMPLE!r}"
        )
    if not prompt.isascii() and any(map(is_surrogate, prompt)):
        raise BadInputError(f"prompt {prompt!r} is not Unicode text: write it again in UTF-8, as in {EXAMPLE!r}")
    return prepared(prompt)


def prepared(prompt: str) -> Text:
    """Prepares a prompt of any length."""
    words = _W.sub("with ", _WITH.sub("with ", _WITHOUT.sub("without", prompt)))
    spaced = in_english(words).replace("’", "'").replace("½", " 1/2 ")  # otherwise NFKC turns 2½ into 21/2
    spaced = _E_PIANO.sub("electric piano", _TRES.sub("very", unicodedata.normalize("NFC", spaced)))
    spaced = re.sub("[œŒæÆ]", lambda letter: _LIGATURES[letter[0]], spaced)
    raw = " ".join(unicodedata.normalize("NFKC", spaced).split())
    plain = raw.lower() if raw.isascii() else "".join(map(_plain, raw))
    return Text(raw, plain, tuple(Word(match[0], *match.span()) for match in _WORD.finditer(plain)))


def _plain(character: str) -> str:
    """One character per character: lower case without accents if that is a single character, else itself."""
    lower = unicodedata.normalize("NFD", character)[0].lower()
    return lower if len(lower) == 1 else character
