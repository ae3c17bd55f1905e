"""The `K:` field of ABC, written and read.

Source: C. Walshaw and others, "The ABC Music Standard 2.1" (2011), section 3.1.14: a tonic and a mode, of which three letters
count in either case; "none"; the two keys of the Highland pipes; accidentals that alter the signature.
"""

from __future__ import annotations

import re

from composer.errors import BadInputError
from composer.score import CHURCH_MODES, LETTERS_BY_FIFTHS, Key, parse_pitch_name, spell_fifths

_NO_KEY = Key(0, "major")
_PIPES = Key.parse("A mixolydian")  # G A B C# D E F# G A; of the two fields, one prints the signature and one does not
_MODES = {name[:3]: name for name in (*CHURCH_MODES, "major", "minor")}
_FIELD = re.compile(r"([A-Ga-g][#b]?)(\s*)([A-Za-z]*)")
_ACCIDENTAL = re.compile(r"(?<![\w^_=])(\^\^?|__?|=)([A-Ga-g])(?![A-Za-z=])")
_ALTERATIONS = {"__": -2, "_": -1, "=": 0, "^": 1, "^^": 2}
_SIGNATURES = range(-7, 8)


def key_field(key: Key | None) -> str:
    """The content of the field.

    >>> [key_field(Key.parse(key)) for key in ("D minor", "D mixolydian", "Bb major")], key_field(None)
    (['Dm', 'Dmix', 'Bb'], 'C')
    """
    if key is None:
        return "C"
    return spell_fifths(key.tonic_fifths) + (key.notated.church[:3] or ("m" if key.mode == "minor" else ""))


def read_key_field(text: str) -> Key:
    """The key of a field's content; C major for none.

    Raises:
        BadInputError: no key has its signature.

    >>> [str(read_key_field(text)) for text in ("D Mix", "Am", "HP", "none", "G clef=bass", "Bloc", "D exp _b _e")]
    ['D mixolydian', 'A minor', 'A mixolydian', 'C major', 'G major', 'B locrian', 'D phrygian']
    """
    text = text.partition("%")[0].strip()
    if text[:2].lower() == "hp":
        return _PIPES
    found = _FIELD.match(text)
    if not found:
        return _NO_KEY
    tonic, space, word = found[1], found[2], found[3].lower()
    mode = "minor" if word == "m" else _MODES.get(word[:3], "")
    if word and not mode and not space:  # "bass" is a clef
        return _NO_KEY
    fifths, name = parse_pitch_name(tonic)[0], mode or "major"
    key = Key.from_signature(fifths - _above_major(name), name)
    altered = {letter.upper(): _ALTERATIONS[sign] for sign, letter in _ACCIDENTAL.findall(text)}
    if word != "exp":
        altered = _signature(key.fifths) | altered
    signature = next((count for count in _SIGNATURES if _signature(count) == _signature(0) | altered), None)
    if signature is None:
        raise BadInputError(
            f"the abc key {text[:40]!r} is not major, minor or a church mode: write its accidentals before the notes"
        )
    if signature == key.fifths:
        return key
    names = ("major", "minor", *CHURCH_MODES)
    return Key.from_signature(signature, next((name for name in names if fifths - _above_major(name) == signature), "major"))


def _above_major(name: str) -> int:
    """Fifths from the tonic of the major key with the same signature to that of a mode."""
    return CHURCH_MODES[name][0] if name in CHURCH_MODES else 3 if name == "minor" else 0


def _signature(fifths: int) -> dict[str, int]:
    """The alteration of each letter by a key signature."""
    return {letter: (fifths + 6 - place) // 7 for place, letter in enumerate(LETTERS_BY_FIFTHS)}
