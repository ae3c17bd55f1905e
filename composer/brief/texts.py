"""The text forms of a brief's fields: the same for options of the command line, lines of a batch file and sidecars.

Each option has a parser from text to value, and a formatter back that its parser reads. Knows names, not contradictions.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from composer.brief.curve import format_curve, parse_curve
from composer.brief.hits import format_hits, parse_hits
from composer.errors import BadInputError
from composer.presets import fold, key_words, resolve_composer, resolve_instrument, resolve_style
from composer.score import Chord, Key, TimeSignature, parse_pitch_name, parse_symbol, symbol_of

DRUMS = "drums"  # the one instrument that General MIDI keeps on a channel and not under a program
_DRUM_WORDS = {DRUMS, "drum", "drum-kit", "drum-set", "drumkit", "percussion"}
MAX_CHARACTERS = 10_000  # of one option: chords for 256 bars have fewer
_SMALLEST_RANGE = 7  # semitones: below a fifth nothing can be said


def resolve_style_or_composer(text: str) -> str:
    """Name of the style or, failing that, of the composer that `text` names.

    Raises:
        BadInputError: neither is known.
    """
    try:
        return resolve_style(text).name
    except BadInputError as error:
        try:
            return resolve_composer(text).name
        except BadInputError:
            raise error from None


def parse_styles(text: str) -> tuple[tuple[str, float], ...]:
    """Reads "bach:0.6,chopin:0.4"; a style without a weight has weight 1.

    Raises:
        BadInputError: a weight is not a number.

    >>> parse_styles("string-quartet, waltz:0.5")
    (('string-quartet', 1.0), ('waltz', 0.5))
    """
    result = []
    for item in _split(text):
        name, _, weight = item.partition(":")
        try:
            result.append((name.strip(), float(weight or 1)))
        except ValueError:
            raise BadInputError(f"style weight {weight!r} is no number: write for example {name.strip()}:0.5") from None
    return tuple(result)


def parse_chords(text: str) -> tuple[tuple[Chord | None, ...], ...]:
    """Reads chord symbols, one a bar: "Dm Gm A7 Dm"; with barlines one or more a bar: "Dm Gm | A7". "N.C." is no harmony.

    Raises:
        BadInputError: an unknown chord.

    >>> [[chord.symbol() for chord in bar] for bar in parse_chords("Dm Gm | A7")]
    [['Dm', 'Gm'], ['A7']]
    """
    bars = text.strip().strip("|").split("|") if "|" in text else text.split()
    return tuple(tuple(parse_symbol(symbol) for symbol in bar.split()) for bar in bars)


def parse_key(text: str) -> Key:
    """Reads a key in English ("C# minor", "D dorian"), German ("cis-moll", "H-Dur") or with sung names ("Si bemol majeur").

    Raises:
        BadInputError: as `Key.parse`.

    >>> [str(parse_key(text)) for text in ("cis-moll", "H-Dur", "B-Dur", "Si bémol majeur", "re menor", "d-moll", "F# lydian")]
    ['C# minor', 'B major', 'Bb major', 'Bb major', 'D minor', 'D minor', 'F# lydian']
    """
    words = key_words()
    modes = {word: mode for mode, texts in words["modes"].items() for word in texts}
    signs = {word: sign for sign, texts in words["accidentals"].items() for word in texts}
    parts = fold(text).split("-")
    if len(parts) == 2 and parts[0] in words["german"] and parts[1] in ("dur", "moll"):
        return Key.parse(f"{words['german'][parts[0]]} {modes[parts[1]]}")
    if (
        parts[0] in words["solmisation"]
        and len(parts) in (2, 3)
        and parts[-1] in modes
        and all(p in signs for p in parts[1:-1])
    ):
        sign = "".join(signs[part] for part in parts[1:-1])
        return Key.parse(f"{words['solmisation'][parts[0]]}{sign} {modes[parts[-1]]}")
    if len(parts) == 3 and parts[1] in ("sharp", "flat"):
        return Key.parse(f"{parts[0].upper()}{signs[parts[1]]} {parts[2]}")
    return Key.parse(text)


def instrument_range(name: str) -> tuple[str, tuple[int, int] | None]:
    """An instrument and the range written behind it, as MIDI pitches (C4 is 60), or `None`.

    Raises:
        BadInputError: the range is none, or narrower than a fifth.

    >>> instrument_range("bassoon:C2-G4"), instrument_range("flute")
    (('bassoon', (36, 67)), ('flute', None))
    """
    instrument, colon, text = name.partition(":")
    if not colon:
        return name.strip(), None
    match = re.fullmatch(r"\s*([A-Ga-g][#b]?)(-?\d)\s*-\s*([A-Ga-g][#b]?)(-?\d)\s*", text)
    if not match:
        raise BadInputError(f"range {text!r} of {instrument} is not understood: write two notes, as in {instrument}:C3-G5")
    low, high = (_midi_pitch(match[place], int(match[place + 1])) for place in (1, 3))
    if not 0 <= low <= high - _SMALLEST_RANGE <= 120:
        raise BadInputError(f"range {text!r} of {instrument} is too narrow: give a fifth or more, low note first")
    return instrument.strip(), (low, high)


def _midi_pitch(note: str, octave: int) -> int:
    """MIDI pitch of a note name in an octave; those of C are numbered from C to B, C4 is 60."""
    return 12 * (octave + 1) + parse_pitch_name(note)[1] + {"Cb": -12, "B#": 12}.get(note[0].upper() + note[1:], 0)


def note_name(pitch: int) -> str:
    """Name of a MIDI pitch with its octave.

    >>> note_name(60), note_name(58)
    ('C4', 'Bb3')
    """
    return ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")[pitch % 12] + str(pitch // 12 - 1)


def resolve_instrument_name(text: str) -> str:
    """The instrument, or "drums", that a user names; a range behind it is kept.

    Raises:
        BadInputError: no such instrument, a range that is none, or one that the instrument does not reach.
    """
    name, limits = instrument_range(text)
    if fold(name) in _DRUM_WORDS:
        if limits:
            raise BadInputError(f"drums have no range to narrow: write {DRUMS} alone")
        return DRUMS
    row = resolve_instrument(name)
    if limits is None:
        return row.name
    if limits[0] < row.low or limits[1] > row.high:
        raise BadInputError(
            f"{row.title} from {note_name(limits[0])} to {note_name(limits[1])} leaves its range: "
            f"it plays {note_name(row.low)} to {note_name(row.high)}"
        )
    return f"{row.name}:{note_name(limits[0])}-{note_name(limits[1])}"


def _split(text: str) -> list[str]:
    return [item.strip() for item in text.split(",") if item.strip()]


def _names(value: object) -> tuple[str, ...]:
    items = _split(_short(value)) if isinstance(value, str) else value
    if not isinstance(items, list | tuple) or not all(isinstance(item, str) for item in items):
        raise BadInputError(f"{value!r} is no list of names: write them with commas between, for example 'violin,cello'")
    return tuple(items)


def _text(parse: Callable[[str], Any]) -> Callable[[object], Any]:
    def checked(value: object) -> Any:
        if not isinstance(value, str):
            raise BadInputError(f"{value!r} is no text: put it in quotes")
        return parse(_short(value))

    return checked


def _short(text: str) -> str:
    if len(text) > MAX_CHARACTERS:
        raise BadInputError(f"{text[:40]!r}... has {len(text):,} characters: write at most {MAX_CHARACTERS:,}")
    return text


def _chord_text(bars: tuple[tuple[Chord | None, ...], ...]) -> str:
    """Chord symbols that `parse_chords` reads back."""
    texts = [" ".join(map(symbol_of, bar)) for bar in bars]
    return " ".join(texts) if all(len(bar) == 1 for bar in bars) else " | ".join(texts) + " |"


PARSERS: dict[str, Callable[[object], Any]] = {
    "mood": _names,
    "mood_curve": _text(parse_curve),
    "style": _text(parse_styles),
    "key": _text(parse_key),
    "meter": _text(TimeSignature.parse),
    "ensemble": _text(str),
    "instruments": _names,
    "features": _names,
    "form": _text(str),
    "chords": _text(parse_chords),
    "hits": _text(parse_hits),
}
FORMATTERS: dict[str, Callable[[Any], Any]] = {
    "mood": list,
    "mood_curve": format_curve,
    "style": lambda value: ",".join(f"{name}:{weight!r}" for name, weight in value),
    "key": str,
    "meter": str,
    "instruments": list,
    "features": list,
    "chords": _chord_text,
    "hits": format_hits,
}
