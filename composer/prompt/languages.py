"""Words of other languages: presets/languages.toml, by language code, each with the English phrase of the same meaning.

Phrases of languages with spaces are entries of the lexicon. Chinese and Japanese have no spaces, and Korean words have endings
without any, so their phrases are replaced in the prompt before it is split into words, the longest at each place. So are those
of Russian, whose phrases are stems: a word of at least `_SHORTEST_STEM` letters stands for all its endings. Phrases and keys
that the grammar of figures reads, such as "am Anfang" and "Trio in Es-Dur", are replaced in prompts of any language.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from composer.prompt.number_words import chinese_with_digits, numbers_in_words, with_digits

_WITHOUT_SPACES = ("zh", "ja", "ko")
_FOR_FIGURES, _NUMBERS_IN_WORDS = "figures", "numbers"
_STEMS = "ru"
_SHORTEST_STEM = 3
_NUMBERS = ("two", "three", "four")  # their words have no endings
_ENDINGS = {"de": ("e", "er", "es", "en", "em"), "fr": ("e", "s", "es"), "es": ("s",), "pt": ("s",)}
_SHORTEST_TO_INFLECT = 4
_SCRIPT = re.compile("[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]")
_CYRILLIC = re.compile("[\u0400-\u04ff]")
_CYRILLIC_KEY = re.compile(r"\b(до|ре|ми|фа|соль|ля|си)([ -](?:диез|бемоль))?[ -](мажор|минор)\w*", re.IGNORECASE)
_CYRILLIC_NOTES = dict(zip(("до", "ре", "ми", "фа", "соль", "ля", "си"), "CDEFGAB", strict=True))
_JAPANESE_KEY = re.compile("([嬰変]?)([ハニホヘトイロ])(?:(?=[長短]調)|(調))")
_PLAIN_KEY = {None: "", "調": "major "}
_CHINESE_KEY = re.compile(
    "(?<![A-Za-z])([降升嬰変]?)([A-Ga-g])([b#♭♯]?)(大调|大調|长调|長調|小调|小調|短調|宫调式?|宮調式?|羽调式?|羽調式?|[商角徵]调式?|调|調|メジャー|マイナー)"
)
_CHINESE_SIGNS = {"降": "b", "変": "b", "升": "#", "嬰": "#", "": ""}
_MINOR_KEYS, _PENTATONIC_KEYS = "小短羽マ", "宫宮羽商角徵"
_JAPANESE_NOTES = dict(zip("ハニホヘトイロ", "CDEFGAB", strict=True))
_CJK_METER = re.compile("(十六|16|[二四八248])分[之の](十二|[一二三四五六七八九]|[0-9]{1,2})拍子?")
_CJK_NUMBERS = dict(zip("一二三四五六七八九", range(1, 10), strict=True)) | {"十二": 12, "十六": 16}
_GERMAN_KEY = re.compile(r"\b(trio|mittelteil) in (cis|des|dis|es|fis|ges|gis|as|ais|[a-h])[- ](dur|moll)\b", re.IGNORECASE)
_GERMAN_NOTES = {
    **{letter: letter.upper() for letter in "cdefga"}, "h": "B", "b": "Bb", "cis": "C#", "des": "Db", "dis": "D#", "es": "Eb",
    "fis": "F#", "ges": "Gb", "gis": "G#", "as": "Ab", "ais": "A#",
}  # fmt: skip
_PLACES = {"trio": "trio", "mittelteil": "middle section"}
_MODES = {"dur": "major", "moll": "minor"}
_SIGNS = {"": "", "嬰": "#", "変": "b"}
_FIRST_THEN = re.compile("先([^,，。、先]{1,6})[,，]?[后後]")  # "first slow, then fast"
_AT_SECOND = re.compile("第([0-9]+)秒")
_MARKS = str.maketrans({"、": ",", "，": ",", "。": ".", "；": ";", "：": ":"})


@cache
def _languages() -> Mapping[str, Mapping[str, Any]]:
    return tomllib.loads(files("composer.presets").joinpath("languages.toml").read_text(encoding="utf-8"))


def spaced_words() -> dict[str, str]:
    """Phrases of the languages with spaces, with their English phrases, and single words with endings where these are none.

    >>> spaced_words()["ruhiges"]
    'calm'
    """
    spaced = {
        code: words
        for code, words in _languages().items()
        if code not in (*_WITHOUT_SPACES, _STEMS, _FOR_FIGURES, _NUMBERS_IN_WORDS)
    }
    phrases = {text: english for words in spaced.values() for text, english in words.items()}
    for code, endings in _ENDINGS.items():
        for text, english in spaced[code].items():
            if text.isalpha() and len(text) >= _SHORTEST_TO_INFLECT:
                for ending in endings:
                    phrases.setdefault(f"{text}{ending}", english)
    return phrases


@cache
def _numbers() -> Mapping[str, int]:
    return numbers_in_words(_languages()[_NUMBERS_IN_WORDS])


@cache
def _unspaced() -> tuple[re.Pattern[str], Mapping[str, str]]:
    words: dict[str, str] = {}
    for code in _WITHOUT_SPACES:
        for text, english in _languages()[code].items():
            words.setdefault(text, english)
    return re.compile("|".join(map(re.escape, sorted(words, key=len, reverse=True)))), words


@cache
def _stems() -> tuple[re.Pattern[str], Mapping[str, str]]:
    """A pattern for any phrase of stems with its endings, the longest first, and the English phrases."""
    words = _languages()[_STEMS]

    def pattern_of(phrase: str) -> str:
        is_whole = words[phrase] in _NUMBERS
        stems = [stem if is_whole or len(stem) < _SHORTEST_STEM else rf"{stem}[а-яё]{{0,4}}" for stem in phrase.split()]
        return r"[\s-]+".join(stems)

    ordered = sorted(words, key=len, reverse=True)
    groups = "|".join(f"({pattern_of(phrase)})" for phrase in ordered)
    return re.compile(rf"\b(?:{groups})\b", re.IGNORECASE), {
        str(place): words[phrase] for place, phrase in enumerate(ordered, 1)
    }


def _russian_in_english(prompt: str) -> str:
    signs = {"диез": "#", "бемоль": "b"}

    def key(match: re.Match[str]) -> str:
        mode = "major" if match[3].lower() == "мажор" else "minor"
        return f"{_CYRILLIC_NOTES[match[1].lower()]}{signs.get((match[2] or '').strip(' -').lower(), '')} {mode}"

    pattern, words = _stems()
    keyed = _CYRILLIC_KEY.sub(key, prompt.replace("ё", "е").replace("Ё", "Е"))
    return pattern.sub(lambda match: words[str(match.lastindex)], keyed)


@cache
def _for_figures() -> tuple[re.Pattern[str], Mapping[str, str]]:
    words = _languages()[_FOR_FIGURES]
    phrases = "|".join(re.escape(text).replace(r"\ ", r"\s+") for text in sorted(words, key=len, reverse=True))
    return re.compile(rf"\b(?:{phrases})\b", re.IGNORECASE), words


def _with_english_figures(prompt: str) -> str:
    pattern, words = _for_figures()
    keyed = _GERMAN_KEY.sub(
        lambda match: f"{_PLACES[match[1].lower()]} in {_GERMAN_NOTES[match[2].lower()]} {_MODES[match[3].lower()]}", prompt
    )
    return pattern.sub(lambda match: words[" ".join(match[0].lower().split())], keyed)


def in_english(prompt: str) -> str:
    """The prompt with Chinese, Japanese, Korean and Russian phrases in English, and those of other languages that figures read.

    >>> " ".join(in_english("悲伤的钢琴圆舞曲，C小调，两分钟").split())
    'sad piano waltz , C minor , two minutes'
    >>> " ".join(in_english("ニ短調のワルツ").split())
    'D minor of waltz'
    >>> " ".join(in_english("降B大调，三十二小节").split()), " ".join(in_english("ト調").split())
    ('Bb major ,32 bars', 'G major')
    >>> in_english("zweiunddreißig Takte"), in_english("treinta y dos compases"), in_english("vingt-quatre mesures")
    ('32 Takte', '32 compases', '24 mesures')
    >>> " ".join(in_english("八分之六拍").split())
    '6/8 time'
    >>> " ".join(in_english("피아노와 첼로를 위한 슬픈 왈츠").split())
    'piano and cello for sad waltz'
    >>> in_english("mit Cello am Anfang, mit einem Trio in Es-Dur")
    'mit Cello at the beginning, mit einem trio in Eb major'
    >>> in_english("Грустный вальс для скрипки, ре минор")
    'sad waltz for violin, D minor'
    """
    if _CYRILLIC.search(prompt):
        return _russian_in_english(with_digits(prompt, _numbers()))
    if not _SCRIPT.search(prompt):
        return _with_english_figures(with_digits(prompt, _numbers()))
    pattern, words = _unspaced()
    keyed = _CHINESE_KEY.sub(_chinese_key, chinese_with_digits(prompt.translate(_MARKS)))
    keyed = _JAPANESE_KEY.sub(lambda match: f" {_JAPANESE_NOTES[match[2]]}{_SIGNS[match[1]]} {_PLAIN_KEY[match[3]]}", keyed)
    keyed = _AT_SECOND.sub(r" at \1 seconds ", _FIRST_THEN.sub(r"\1, then ", keyed))
    timed = _CJK_METER.sub(lambda match: f" {_cjk_number(match[2])}/{_cjk_number(match[1])} time ", keyed)
    return pattern.sub(lambda match: f" {words[match[0]]} ", timed)


def _chinese_key(match: re.Match[str]) -> str:
    """A key with a letter, "降B大调"; those named after a note of the pentatonic scale have that scale, "D宫调"."""
    mode = "minor" if match[4][0] in _MINOR_KEYS else "major"
    scale = " pentatonic" if match[4][0] in _PENTATONIC_KEYS else ""
    return f" {match[2].upper()}{_CHINESE_SIGNS[match[1]] or match[3]} {mode}{scale} "


def _cjk_number(text: str) -> int:
    return int(text) if text.isdecimal() else _CJK_NUMBERS[text]
