"""Numbers from 11 to 199 in words of other languages, as digits: "zweiunddreißig Takte" is "32 Takte"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

_TENS, _HUNDRED = range(20, 100, 10), 100
_LEAST = 11  # smaller ones are entries of the lexicon
_MOST_WORDS = 4
_NONE = "-"
_ENGLISH = ("elf", "once", "seize", "cent", "sto")  # words of English, or parts of names
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_ELIDING = "uo"  # before uno and otto
_CHINESE_UNITS = "小[节節]|秒|分[钟鐘間间]|拍(?!子)|bpm|BPM"
_CHINESE = re.compile(f"([一二三四五六七八九十百两]{{2,}})(?={_CHINESE_UNITS})")
_CHINESE_DIGITS = dict(zip("一二三四五六七八九", range(1, 10), strict=True)) | {"两": 2}
_CHINESE_SCALES = {"十": 10, "百": 100}


def numbers_in_words(rows: Mapping[str, Mapping[str, Any]]) -> dict[str, int]:
    """The numbers from 11 to 199 by their words.

    Args:
        rows: of the table `numbers` of presets/languages.toml, by language code.
    """
    return {
        phrase: number
        for row in rows.values()
        for phrase, number in _numbers_of(row)
        if number >= _LEAST and phrase not in _ENGLISH
    }


def _numbers_of(row: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """The words of one language, which also have forms without accents in the table."""
    small = [forms.split("/") for forms in row["small"].split()]
    below = [(word, number) for number, forms in enumerate(small, 1) for word in forms]
    for tens, forms in zip(_TENS, row["tens"].split(), strict=True):
        for ten in forms.split("/") if forms != _NONE else ():
            below.append((ten, tens))
            most = len(small) if ten in row.get("long_tens", ()) else 9
            below += [
                (_joined(pattern, ten, unit), tens + number)
                for number, units in enumerate(small[:most], 1)
                for unit in units
                for pattern in row["joined"]
            ]
    yield from below
    yield row["hundred"], _HUNDRED
    for word, number in below:
        yield from ((pattern.format(rest=word), _HUNDRED + number) for pattern in row["over"])


def _joined(pattern: str, ten: str, unit: str) -> str:
    """A ten and a unit as one word; of two vowels where they meet the first is left out, "ventotto"."""
    meets = "{ten}{unit}" in pattern and unit[0] in _ELIDING
    return pattern.format(ten=ten[:-1] if meets else ten, unit=unit)


def with_digits(prompt: str, numbers: Mapping[str, int]) -> str:
    """The prompt with the numbers that words name in digits, the longest phrase at each place."""
    found, last, place = list[str](), 0, 0
    words = list(_WORD.finditer(prompt))
    while place < len(words):
        step = 1
        for count in range(min(_MOST_WORDS, len(words) - place), 0, -1):
            end = words[place + count - 1].end()
            if (number := numbers.get(" ".join(prompt[words[place].start() : end].lower().split()))) is not None:
                found += [prompt[last : words[place].start()], str(number)]
                last, step = end, count
                break
        place += step
    return "".join([*found, prompt[last:]])


def chinese_with_digits(prompt: str) -> str:
    """The prompt with Chinese and Japanese numerals before a unit in digits.

    >>> chinese_with_digits("三十二小节"), chinese_with_digits("百二十bpm"), chinese_with_digits("八分之六拍")
    ('32小节', '120bpm', '八分之六拍')
    """
    return _CHINESE.sub(lambda match: str(_value(match[1])), prompt)


def _value(numerals: str) -> int:
    total = digit = 0
    for one in numerals:
        if one in _CHINESE_SCALES:
            total, digit = total + max(digit, 1) * _CHINESE_SCALES[one], 0
        else:
            digit = _CHINESE_DIGITS[one]
    return total + digit
