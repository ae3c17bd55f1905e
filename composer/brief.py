"""The brief: what a user asks of a piece, checked as a whole before anything is composed.

A brief is silent (`None` or empty) about whatever the user leaves open; `composer.plan` fills that in. It has one text form,
the same for options of the command line, lines of a batch file and the record in a sidecar: see `Brief.from_dict`.

Nothing here knows the model, chance or files.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from composer.errors import BadInputError
from composer.presets import (
    fold,
    resolve_composer,
    resolve_ensemble,
    resolve_form,
    resolve_instrument,
    resolve_mood,
    resolve_style,
)
from composer.score import Chord, Key, TimeSignature

METERS = ("2/4", "3/4", "4/4", "6/8", "9/8", "12/8", "5/4", "7/8", "2/2", "3/8")
TEMPO_RANGE_QPM = (20.0, 300.0)
BARS_RANGE = (1, 256)
DURATION_RANGE_S = (1.0, 1800.0)
MAX_PARTS = 16
MAX_SEED = 2**63 - 1
DRUMS = "drums"  # the one instrument that General MIDI keeps on a channel and not under a program
_DRUM_WORDS = {DRUMS, "drum", "drum-kit", "drum-set", "drumkit", "percussion"}

_RANGES: dict[str, tuple[float, float]] = {
    "valence": (-1.0, 1.0),
    "arousal": (-1.0, 1.0),
    "intensity": (0.0, 2.0),
    "tempo": TEMPO_RANGE_QPM,
    "bars": BARS_RANGE,
    "duration": DURATION_RANGE_S,
    "seed": (0, MAX_SEED),
    "temperature": (0.1, 2.0),
    "top_p": (0.05, 1.0),
}


# Text form of the fields whose option has another name.
_OPTION_OF = {"moods": "mood", "styles": "style", "tempo_qpm": "tempo", "duration_s": "duration"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """A request that contradicts neither itself nor the ranges.

    Names are resolved on construction: `Brief(styles=(("String Quartet", 1),)).styles` is `(("string-quartet", 1.0),)`.

    Attributes:
        moods: mood tags (`cantilena moods`); several are averaged.
        valence: -1 (unpleasant) to 1 (pleasant), instead of tags. Neutral where only arousal is given.
        arousal: -1 (calm) to 1 (excited), instead of tags. Neutral where only valence is given.
        intensity: 0 to 2, how far from neutral the mood is taken: 0 not at all, 1 as stated, 2 twice as far.
        styles: names of styles or composers with their weights, each above 0.
        key: the key.
        meter: the metre, one of `METERS`.
        tempo_qpm: quarter notes a minute, 20 to 300.
        bars: number of bars, 1 to 256.
        duration_s: length in seconds, 1 to 1800, to the end of the last bar.
        ensemble: name of an ensemble, instead of instruments.
        instruments: General MIDI instruments or "drums", top of the score first, at most 16.
        form: a named form or section letters ("AABA").
        chords: one or two chords for each bar; repeated to fill the piece.
        seed: 0 to 2**63 - 1; the same brief and seed give the same piece.
        temperature: 0.1 to 2, of the sampling; `None` for what suits the model.
        top_p: 0.05 to 1, of the sampling; `None` for what suits the model.

    Raises:
        BadInputError: on construction, for the first value that is out of its range, unknown or contradicts another.
    """

    moods: tuple[str, ...] = ()
    valence: float | None = None
    arousal: float | None = None
    intensity: float = 1.0
    styles: tuple[tuple[str, float], ...] = ()
    key: Key | None = None
    meter: TimeSignature | None = None
    tempo_qpm: float | None = None
    bars: int | None = None
    duration_s: float | None = None
    ensemble: str | None = None
    instruments: tuple[str, ...] = ()
    form: str | None = None
    chords: tuple[tuple[Chord, ...], ...] = ()
    seed: int = 0
    temperature: float | None = None
    top_p: float | None = None

    def __post_init__(self) -> None:
        for item in fields(self):
            option, value = _OPTION_OF.get(item.name, item.name), getattr(self, item.name)
            if option in _RANGES and value is not None:
                object.__setattr__(self, item.name, _checked_number(option, value))
        self._resolve_names()
        _check_meter(self.meter)
        _check_chords(self.chords)
        for check in _CONTRADICTIONS:
            check(self)

    def _resolve_names(self) -> None:
        resolved = {
            "moods": tuple(resolve_mood(name).name for name in self.moods),
            "styles": tuple((resolve_style_or_composer(name), _checked_weight(name, weight)) for name, weight in self.styles),
            "ensemble": self.ensemble and resolve_ensemble(self.ensemble).name,
            "instruments": tuple(_resolve_instrument_name(name) for name in self.instruments),
            "form": self.form and resolve_form(self.form).name,
        }
        for name, value in resolved.items():
            object.__setattr__(self, name, value)

    @classmethod
    def from_dict(cls, options: Mapping[str, object]) -> Brief:
        """The brief that a mapping from option names to their texts, numbers or lists of texts describes.

        Keys are the long options of `cantilena compose` without dashes: mood, valence, arousal, intensity, style, key, meter,
        tempo, bars, duration, ensemble, instruments, form, chords, seed, temperature, top_p. A value of `None` is silence.

        Raises:
            BadInputError: an unknown key, a value of the wrong kind, or a brief that does not hold together.

        >>> brief = Brief.from_dict({"style": "string-quartet", "key": "D minor", "meter": "3/4", "bars": 24})
        >>> str(brief.key), str(brief.meter), Brief.from_dict(brief.to_dict()) == brief
        ('D minor', '3/4', True)
        """
        names = {_OPTION_OF.get(item.name, item.name): item.name for item in fields(cls)}
        values: dict[str, Any] = {}
        for option, value in options.items():
            if option not in names:
                raise BadInputError(f"a brief has no field {option!r}: use {', '.join(names)}")
            if value is not None:
                values[names[option]] = _PARSERS[option](value) if option in _PARSERS else value
        return cls(**values)

    def to_dict(self) -> dict[str, Any]:
        """What the brief says, in the form that `from_dict` reads; silent fields are left out, `seed` never is."""
        result: dict[str, Any] = {}
        for item in fields(self):
            option, value = _OPTION_OF.get(item.name, item.name), getattr(self, item.name)
            if value != item.default or option == "seed":
                result[option] = _FORMATTERS.get(option, lambda kept: kept)(value)
        return result


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


def parse_chords(text: str) -> tuple[tuple[Chord, ...], ...]:
    """Reads chord symbols, one a bar: "Dm Gm A7 Dm"; with barlines one or two a bar: "Dm Gm | A7".

    Raises:
        BadInputError: an unknown chord, or more than two in a bar.

    >>> [[chord.symbol() for chord in bar] for bar in parse_chords("Dm Gm | A7")]
    [['Dm', 'Gm'], ['A7']]
    """
    bars = text.strip().strip("|").split("|") if "|" in text else text.split()
    return tuple(tuple(Chord.parse(symbol) for symbol in bar.split()) for bar in bars)


def _split(text: str) -> list[str]:
    return [item.strip() for item in text.split(",") if item.strip()]


def _names(value: object) -> tuple[str, ...]:
    items = _split(value) if isinstance(value, str) else value
    if not isinstance(items, list | tuple) or not all(isinstance(item, str) for item in items):
        raise BadInputError(f"{value!r} is no list of names: write them with commas between, for example 'violin,cello'")
    return tuple(items)


def _text(parse: Callable[[str], Any]) -> Callable[[object], Any]:
    def checked(value: object) -> Any:
        if not isinstance(value, str):
            raise BadInputError(f"{value!r} is no text: put it in quotes")
        return parse(value)

    return checked


_PARSERS: dict[str, Callable[[object], Any]] = {
    "mood": _names,
    "style": _text(parse_styles),
    "key": _text(Key.parse),
    "meter": _text(TimeSignature.parse),
    "ensemble": _text(str),
    "instruments": _names,
    "form": _text(str),
    "chords": _text(parse_chords),
}
_FORMATTERS: dict[str, Callable[[Any], Any]] = {
    "mood": list,
    "style": lambda value: ",".join(f"{name}:{weight!r}" for name, weight in value),
    "key": str,
    "meter": str,
    "instruments": list,
    "chords": lambda bars: _chord_text(bars),
}


def _chord_text(bars: tuple[tuple[Chord, ...], ...]) -> str:
    """Chord symbols that `parse_chords` reads back."""
    texts = [" ".join(chord.symbol() for chord in bar) for bar in bars]
    return " ".join(texts) if all(len(bar) == 1 for bar in bars) else " | ".join(texts) + " |"


def _checked_number(option: str, value: object) -> float | int:
    low, high = _RANGES[option]
    whole = isinstance(low, int)
    number = float("nan") if isinstance(value, bool) or not isinstance(value, int | float) else value
    if whole and isinstance(number, float) and number.is_integer():
        number = int(number)
    if not low <= number <= high or (whole and not isinstance(number, int)):
        bounds = f"a whole number from {low} to {high}" if whole else f"a number from {low:g} to {high:g}"
        raise BadInputError(f"{option.replace('_', '-')} {value!r} is out of range: give {bounds}")
    return number if whole else float(number)


def _checked_weight(name: str, weight: object) -> float:
    if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 < weight < math.inf:
        raise BadInputError(
            f"weight {weight!r} of style {name!r} is out of range: give a number above 0, for example {name}:0.5"
        )
    return float(weight)


def _resolve_instrument_name(text: str) -> str:
    return DRUMS if fold(text) in _DRUM_WORDS else resolve_instrument(text).name


def _check_meter(meter: TimeSignature | None) -> None:
    if meter is not None and str(meter) not in METERS:
        raise BadInputError(f"metre {meter} is not offered: choose one of {' '.join(METERS)}")


def _check_chords(bars: tuple[tuple[Chord, ...], ...]) -> None:
    for index, bar in enumerate(bars):
        if not 1 <= len(bar) <= 2:
            raise BadInputError(f"bar {index + 1} of the chords has {len(bar)} chords: write one or two between barlines")


def _mood_once(brief: Brief) -> None:
    by_number = brief.valence is not None or brief.arousal is not None
    if brief.moods and by_number:
        raise BadInputError(f"mood {', '.join(brief.moods)!r} and valence or arousal both set the mood: give one or the other")
    if brief.intensity != 1.0 and not brief.moods and not by_number:
        raise BadInputError(f"intensity {brief.intensity:g} has no mood to act on: add a mood, or valence and arousal")


def _styles_once(brief: Brief) -> None:
    names = [name for name, _ in brief.styles]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise BadInputError(f"style {twice!r} is given twice: name each style once, with a weight such as {twice}:2")


def _parts_once(brief: Brief) -> None:
    if brief.ensemble and brief.instruments:
        raise BadInputError(f"ensemble {brief.ensemble!r} and instruments both set the parts: give one or the other")
    if len(brief.instruments) > MAX_PARTS:
        raise BadInputError(f"{len(brief.instruments)} instruments are too many: name at most {MAX_PARTS}")


def _length_possible(brief: Brief) -> None:
    """Bars, seconds and tempo are two free choices: a third one, or a tempo nobody can play, is a contradiction."""
    if brief.bars is None or brief.duration_s is None:
        return
    if brief.tempo_qpm is not None:
        raise BadInputError(
            f"{brief.bars} bars, {brief.duration_s:g} s and tempo {brief.tempo_qpm:g} are one too many: leave one of them out"
        )
    meters = [brief.meter] if brief.meter else [TimeSignature.parse(meter) for meter in METERS]
    needed = [tempo_for(brief.bars, brief.duration_s, meter) for meter in meters]
    low, high = TEMPO_RANGE_QPM
    if not any(low <= qpm <= high for qpm in needed):
        nearest = min(needed, key=lambda qpm: abs(math.log(qpm / (high if qpm > high else low))))
        possible = brief.duration_s * nearest / (high if nearest > high else low)
        raise BadInputError(
            f"{brief.bars} bars in {brief.duration_s:g} s need tempo {nearest:.0f}, possible are {low:g} to {high:g}: "
            f"give {'at least' if nearest > high else 'at most'} {possible:.0f} s, or another number of bars"
        )


def _chords_fit(brief: Brief) -> None:
    if brief.bars is not None and len(brief.chords) > brief.bars:
        raise BadInputError(f"{len(brief.chords)} bars of chords do not fit {brief.bars} bars: give fewer chords or more bars")


def _form_fits(brief: Brief) -> None:
    if brief.form and brief.bars is not None and brief.bars < len(resolve_form(brief.form).letters):
        sections = len(resolve_form(brief.form).letters)
        raise BadInputError(
            f"form {brief.form!r} has {sections} sections and {brief.bars} bars are too few: give {sections} or more"
        )


_CONTRADICTIONS = (_mood_once, _styles_once, _parts_once, _length_possible, _chords_fit, _form_fits)


def tempo_for(bars: int, duration_s: float, meter: TimeSignature) -> float:
    """Quarter notes a minute at which `bars` bars last `duration_s` seconds.

    >>> tempo_for(30, 60.0, TimeSignature(0, 4, 4))
    120.0
    """
    quarters = bars * 4 * meter.numerator / meter.denominator
    return quarters * 60.0 / duration_s


__all__ = [
    "BARS_RANGE",
    "DRUMS",
    "DURATION_RANGE_S",
    "MAX_PARTS",
    "METERS",
    "TEMPO_RANGE_QPM",
    "Brief",
    "parse_chords",
    "parse_styles",
    "resolve_style_or_composer",
    "tempo_for",
]
