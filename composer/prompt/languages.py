"""Words of other languages: presets/languages.toml, by language code, each with the English phrase of the same meaning.

Phrases of languages with spaces are entries of the lexicon. Chinese and Japanese have no spaces, so their phrases are replaced
in the prompt before it is split into words, the longest at each place.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

_WITHOUT_SPACES = ("zh", "ja")
_ENDINGS = {"de": ("e", "er", "es", "en", "em"), "fr": ("e", "s", "es"), "es": ("s",)}
_SHORTEST_TO_INFLECT = 4
_SCRIPT = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")
_JAPANESE_KEY = re.compile("([嬰変]?)([ハニホヘトイロ])(?=[長短]調)")
_JAPANESE_NOTES = dict(zip("ハニホヘトイロ", "CDEFGAB", strict=True))
_SIGNS = {"": "", "嬰": "#", "変": "b"}
_MARKS = str.maketrans({"、": ",", "，": ",", "。": ".", "；": ";", "：": ":"})


@cache
def _languages() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(files("composer.presets").joinpath("languages.toml").read_text(encoding="utf-8"))


def spaced_words() -> dict[str, str]:
    """Phrases of the languages with spaces, with their English phrases, and single words with endings where these are none.

    >>> spaced_words()["ruhiges"]
    'calm'
    """
    spaced = {code: words for code, words in _languages().items() if code not in _WITHOUT_SPACES}
    phrases = {text: english for words in spaced.values() for text, english in words.items()}
    for code, endings in _ENDINGS.items():
        for text, english in spaced[code].items():
            if text.isalpha() and len(text) >= _SHORTEST_TO_INFLECT:
                for ending in endings:
                    phrases.setdefault(f"{text}{ending}", english)
    return phrases


@cache
def _unspaced() -> tuple[re.Pattern[str], Mapping[str, str]]:
    words: dict[str, str] = {}
    for code in _WITHOUT_SPACES:
        for text, english in _languages()[code].items():
            words.setdefault(text, english)
    return re.compile("|".join(map(re.escape, sorted(words, key=len, reverse=True)))), words


def in_english(prompt: str) -> str:
    """The prompt with Chinese and Japanese phrases in English; any other prompt unchanged.

    >>> " ".join(in_english("悲伤的钢琴圆舞曲，C小调，两分钟").split())
    'sad of piano waltz ,C minor , two minutes'
    >>> " ".join(in_english("ニ短調のワルツ").split())
    'D minor of waltz'
    """
    if not _SCRIPT.search(prompt):
        return prompt
    pattern, words = _unspaced()
    keyed = _JAPANESE_KEY.sub(lambda match: f" {_JAPANESE_NOTES[match[2]]}{_SIGNS[match[1]]} ", prompt.translate(_MARKS))
    return pattern.sub(lambda match: f" {words[match[0]]} ", keyed)
