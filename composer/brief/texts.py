"""Readers and writers of a brief's values: one text form for Python, the command line, batch files and sidecars.

A reader takes the option's name and what is given: a text, or a value of the right type, which passes through. A writer gives
the JSON form, which the reader reads back. Knows names, not contradictions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from composer.brief.chords import parse_chords
from composer.brief.curve import EXAMPLE as CURVE_EXAMPLE
from composer.brief.curve import MoodPoint, checked_curve, parse_curve
from composer.brief.hits import EXAMPLE as HITS_EXAMPLE
from composer.brief.hits import Hit, checked_hits, parse_hits
from composer.brief.limits import METERS, checked_weight
from composer.brief.pauses import EXAMPLE as PAUSES_EXAMPLE
from composer.brief.pauses import Pause, checked_pauses, parse_pauses
from composer.brief.places import seconds_of
from composer.brief.section_settings import EXAMPLE as SECTIONS_EXAMPLE
from composer.brief.section_settings import SectionSetting, checked_sections, parse_sections
from composer.brief.tempo_curve import EXAMPLE as TEMPO_EXAMPLE
from composer.brief.tempo_curve import TempoPoint, checked_tempo_curve, parse_tempo_curve
from composer.controls import ARCS, MAX_PARTS
from composer.errors import BadInputError
from composer.presets import (
    find_percussion,
    fold,
    key_words,
    percussion,
    resolve_composer,
    resolve_ensemble,
    resolve_feature,
    resolve_form,
    resolve_instrument,
    resolve_mood,
    resolve_style,
    section_players,
    voice_beside,
)
from composer.score import Chord, Key, TimeSignature, parse_pitch_name

Value = TypeVar("Value")

DRUMS = "drums"  # the one instrument that General MIDI keeps on a channel and not under a program
DRUM_WORDS = frozenset((DRUMS, "drum", "drum-kit", "drum-set", "drumkit", "percussion"))
MAX_CHARACTERS = 10_000  # of one option: chords for 256 bars have fewer
_STYLES_EXAMPLE = "bach:0.6,chopin:0.4"
_SMALLEST_RANGE = 7  # semitones: a part needs a fifth


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
    """Parses "bach:0.6,chopin:0.4"; a style without a weight has weight 1. Names are not looked up.

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
            raise BadInputError(f"style weight {weight!r} is not a number: write for example {name.strip()}:0.5") from None
    return tuple(result)


def parse_key(text: str) -> Key:
    """Parses a key in English ("C# minor", "D dorian"), German ("cis-moll", "H-Dur") or in solfège ("Si bemol majeur").

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
    """An instrument and the range given after its name, as MIDI pitches (C4 is 60), or `None`.

    Raises:
        BadInputError: the range is malformed, or narrower than a fifth.

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
    """MIDI pitch of a note name in an octave (C to B); C4 is 60."""
    return 12 * (octave + 1) + parse_pitch_name(note)[1] + {"Cb": -12, "B#": 12}.get(note[0].upper() + note[1:], 0)


def note_name(pitch: int) -> str:
    """Name of a MIDI pitch with its octave.

    >>> note_name(60), note_name(58)
    ('C4', 'Bb3')
    """
    return ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")[pitch % 12] + str(pitch // 12 - 1)


def resolve_instrument_names(texts: Sequence[str]) -> tuple[str, ...]:
    """The names of the instruments, "drums" or percussion that a user lists, each with the range after it if there is one.

    Raises:
        BadInputError: too many or unknown instruments, or a range that is malformed or exceeds the instrument's.

    >>> resolve_instrument_names(["alto", "tenor", "bass:F2-C4"]), resolve_instrument_names(["piano", "bass"])
    (('alto', 'tenor', 'bass-voice:F2-C4'), ('acoustic-grand-piano', 'electric-bass-finger'))
    >>> resolve_instrument_names(["winds", "percussion"]), resolve_instrument_names(["strings", "bass"])
    (('flute', 'oboe', 'clarinet', 'bassoon', 'drums'), ('string-ensemble-1', 'electric-bass-finger'))
    """
    named = [instrument_range(text) for text in _with_sections(texts)]
    check_number_of_instruments(named)
    players = [_player(name) for name, _ in named]
    for place, (name, _) in enumerate(named):
        if voice := voice_beside(name, [*players[:place], *players[place + 1 :]]):
            players[place] = voice.name
    return tuple(_with_limits(player, limits) for player, (_, limits) in zip(players, named, strict=True))


def _with_sections(texts: Sequence[str]) -> list[str]:
    """The list with the players of an orchestra's sections in place of their names."""
    words = [fold(text) for text in texts]
    names = [text for text, word in zip(texts, words, strict=True) if word not in DRUM_WORDS]
    found = list[str]()
    for text in texts:
        found += section_players(text, [other for other in names if other != text]) or [text]
    return found


def check_number_of_instruments(names: Sequence[object]) -> None:
    """Refuses more instruments than a piece has parts.

    Raises:
        BadInputError: too many.
    """
    if len(names) > MAX_PARTS:
        raise BadInputError(f"{len(names)} instruments are too many: name at most {MAX_PARTS}")


def _player(name: str) -> str:
    """The name of an instrument, "drums" or percussion that a user names."""
    if row_of_drums := find_percussion(name):
        return row_of_drums.name
    return DRUMS if fold(name) in DRUM_WORDS else resolve_instrument(name).name


def _with_limits(player: str, limits: tuple[int, int] | None) -> str:
    """The name of an instrument, "drums" or percussion with a range that it can play."""
    if limits is None:
        return player
    if is_drums(player):
        raise BadInputError(f"{player} have no range: write {player} alone")
    row = resolve_instrument(player)
    if limits[0] < row.low or limits[1] > row.high:
        raise BadInputError(
            f"{row.title} from {note_name(limits[0])} to {note_name(limits[1])} exceeds its range: "
            f"it plays {note_name(row.low)} to {note_name(row.high)}"
        )
    return f"{player}:{note_name(limits[0])}-{note_name(limits[1])}"


def is_drums(name: str) -> bool:
    """Whether an instrument of a brief is the drum kit or untuned percussion, which have no pitches.

    >>> is_drums("drums"), is_drums("bongos"), is_drums("timpani")
    (True, True, False)
    """
    return name == DRUMS or name in percussion()


def _split(text: str) -> list[str]:
    """The items between commas; none of an empty text.

    Raises:
        BadInputError: the text holds commas and nothing else.
    """
    items = [item.strip() for item in text.split(",") if item.strip()]
    if text.strip() and not items:
        raise BadInputError(f"{text!r} has commas and no names: write for example 'waltz' or 'violin,cello'")
    return items


def _short(text: str) -> str:
    if len(text) > MAX_CHARACTERS:
        raise BadInputError(f"{text[:40]!r}... has {len(text):,} characters: write at most {MAX_CHARACTERS:,}")
    return text


def _refused(name: str, value: object, example: str) -> BadInputError:
    option = name.replace("_", " ")
    return BadInputError(f"{option} {value!r} is not understood: write a text in quotes, for example {example!r}")


def _reader(parse: Callable[[str], Value], passes: Callable[[Any], Value | None], example: str) -> Callable[[str, Any], Value]:
    """Makes the reader of an option that is given as a text or as a value.

    Args:
        parse: reads a text.
        passes: checks and returns a value that needs no reading; `None` for anything else.
        example: a text, for the error message.
    """

    def read(name: str, value: Any) -> Value:
        found = parse(_short(value)) if isinstance(value, str) else passes(value)
        if found is None:
            raise _refused(name, value, example)
        return found

    return read


def _one(kind: type[Value]) -> Callable[[Any], Value | None]:
    """Passes values of a type."""
    return lambda value: value if isinstance(value, kind) else None


def _several(
    kind: type[Value], check: Callable[[tuple[Value, ...]], tuple[Value, ...]]
) -> Callable[[Any], tuple[Value, ...] | None]:
    """Passes lists and tuples of values of a type, checked together unless there are none."""

    def passes(values: Any) -> tuple[Value, ...] | None:
        if not isinstance(values, list | tuple) or not all(isinstance(value, kind) for value in values):
            return None
        return check(tuple(values)) if values else ()

    return passes


def _names(resolve: Callable[[Sequence[str]], tuple[str, ...]]) -> Callable[[str, Any], tuple[str, ...]]:
    """A reader of names: a text separated by commas, or a list."""

    def read(name: str, value: Any) -> tuple[str, ...]:
        items = _split(_short(value)) if isinstance(value, str) else value
        if not isinstance(items, list | tuple) or not all(isinstance(item, str) for item in items):
            raise BadInputError(
                f"{name} {value!r} is not a list of names: separate them with commas, for example 'violin,cello'"
            )
        return resolve(items)

    return read


def _arc(text: str) -> str:
    if (name := fold(text)) not in ARCS:
        raise BadInputError(f"arc {text!r} is not known: choose from {', '.join(ARCS)}")
    return name


def _meter(text: str) -> TimeSignature:
    meter = TimeSignature.parse(text)
    if str(meter) not in METERS:
        raise BadInputError(f"meter {meter} is not supported: choose one of {' '.join(METERS)}")
    return meter


def _chord_bars(value: Any) -> tuple[tuple[Chord | None, ...], ...] | None:
    """Passes bars of chords."""
    if not isinstance(value, list | tuple) or not all(isinstance(bar, list | tuple) for bar in value):
        return None
    bars = tuple(tuple(bar) for bar in value)
    return bars if all(chord is None or isinstance(chord, Chord) for bar in bars for chord in bar) else None


def read_styles(name: str, value: Any) -> tuple[tuple[str, float], ...]:
    """Reads styles and composers with their weights: a text as for `parse_styles`, a list of names or of pairs, or a mapping.

    Raises:
        BadInputError: an unknown name, a weight that is not above 0, or something else.

    >>> read_styles("style", {"String Quartet": 2}), read_styles("style", ["bach:0.5", ("waltz", 1)])
    ((('string-quartet', 2.0),), (('bach', 0.5), ('waltz', 1.0)))
    """
    if not isinstance(value, str | Mapping | list | tuple):
        raise _refused(name, value, _STYLES_EXAMPLE)
    items = [value] if isinstance(value, str) else value.items() if isinstance(value, Mapping) else value
    pairs: list[tuple[str, Any]] = []
    for item in items:
        if isinstance(item, str):
            pairs += parse_styles(_short(item))
        elif isinstance(item, list | tuple) and len(item) == 2 and isinstance(item[0], str):
            pairs.append((item[0], item[1]))
        else:
            raise _refused(name, item, _STYLES_EXAMPLE)
    return tuple((resolve_style_or_composer(style), checked_weight(style, weight)) for style, weight in pairs)


read_moods = _names(lambda texts: tuple(resolve_mood(text).name for text in texts))
read_instruments = _names(resolve_instrument_names)
read_features = _names(lambda texts: tuple(resolve_feature(text).name for text in texts))
read_arc = _names(lambda texts: tuple(map(_arc, texts)))
read_ensemble = _reader(lambda text: resolve_ensemble(text).name, lambda _: None, "string-quartet")
read_form = _reader(lambda text: resolve_form(text).name, lambda _: None, "AABA")
read_key = _reader(parse_key, _one(Key), "D minor")
read_meter = _reader(_meter, lambda value: _meter(str(value)) and value if isinstance(value, TimeSignature) else None, "3/4")
read_curve = _reader(parse_curve, _several(MoodPoint, checked_curve), CURVE_EXAMPLE)
read_tempo_curve = _reader(parse_tempo_curve, _several(TempoPoint, checked_tempo_curve), TEMPO_EXAMPLE)
read_hits = _reader(parse_hits, _several(Hit, checked_hits), HITS_EXAMPLE)
read_pauses = _reader(parse_pauses, _several(Pause, checked_pauses), PAUSES_EXAMPLE)
read_sections = _reader(parse_sections, _several(SectionSetting, checked_sections), SECTIONS_EXAMPLE)
read_chords = _reader(parse_chords, _chord_bars, "Dm Gm | A7 |")


def write_styles(pairs: tuple[tuple[str, float], ...]) -> str:
    """The text that `read_styles` reads back."""
    return ",".join(f"{name}:{weight!r}" for name, weight in pairs)


def read_duration(name: str, value: Any) -> Any:
    """A number of seconds, from a text such as "1:15" or "75s"; other values as they are."""
    seconds = seconds_of(value) if isinstance(value, str) else None
    return value if seconds is None else seconds


def write_curve(points: tuple[MoodPoint, ...] | tuple[TempoPoint, ...]) -> str:
    """The text that `read_curve` or `read_tempo_curve` reads back."""
    return " ".join(map(str, points))


def write_sections(settings: tuple[SectionSetting, ...]) -> str:
    """The text that `read_sections` reads back."""
    return "; ".join(map(str, settings))
