"""The brief: what a user asks of a piece, checked as a whole before anything is composed.

A brief is silent (`None` or empty) about whatever the user leaves open; `composer.plan` fills that in. It has one text form,
the same for options of the command line, lines of a batch file and the record in a sidecar: see `Brief.from_dict`.

Nothing here knows the model, chance or files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from composer.brief.checks import CHECKS, MOST_BLENDED, check_loop
from composer.brief.curve import MoodPoint, checked_curve, parse_curve
from composer.brief.hits import MAX_HITS, Hit, checked_hits, parse_hits
from composer.brief.limits import (
    BARS_RANGE,
    DURATION_RANGE_S,
    MAX_PARTS,
    MAX_SEED,
    METERS,
    RANGES,
    TEMPO_RANGE_QPM,
    checked_number,
    checked_weight,
    counted,
    tempo_for,
)
from composer.brief.texts import (
    DRUMS,
    FORMATTERS,
    PARSERS,
    instrument_range,
    parse_chords,
    parse_styles,
    resolve_instrument_name,
    resolve_style_or_composer,
)
from composer.errors import BadInputError
from composer.presets import resolve_ensemble, resolve_feature, resolve_form, resolve_mood
from composer.score import Chord, Key, TimeSignature

__all__ = [
    "BARS_RANGE",
    "DRUMS",
    "DURATION_RANGE_S",
    "MAX_HITS",
    "MAX_PARTS",
    "MAX_SEED",
    "METERS",
    "MOST_BLENDED",
    "TEMPO_RANGE_QPM",
    "Brief",
    "Hit",
    "MoodPoint",
    "check_loop",
    "counted",
    "instrument_range",
    "parse_chords",
    "parse_curve",
    "parse_hits",
    "parse_styles",
    "resolve_style_or_composer",
    "tempo_for",
]

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
        mood_curve: moods at places of the piece, instead of one for all of it; see `composer.brief.curve`.
        intensity: 0 to 2, how far from neutral the mood is taken: 0 not at all, 1 as stated, above 1 further and insisted on.
        styles: names of styles or composers with their weights, each above 0.
        key: the key.
        meter: the metre, one of `METERS`.
        tempo_qpm: quarter notes a minute, 20 to 300.
        bars: number of bars, 1 to 256.
        duration_s: length in seconds, 1 to 1800, to the end of the last bar.
        ensemble: name of an ensemble, instead of instruments.
        instruments: General MIDI instruments or "drums", top of the score first, at most 16; a narrower range may follow a
            name ("bassoon:C2-G4", C4 is middle C).
        form: a named form, section letters ("AABA"), or letters with their bars ("A8 A8 B8 A8").
        chords: one or more chords for each bar, `None` for no harmony; repeated to fill the piece.
        features: what a band does beside its style: names in `presets.features`, such as "walking-bass" or "no-fills".
        density: 0 (few long notes) to 1 (as many as can be played).
        polyphony: 1 to 12, how many notes sound at a time on average.
        scale: 0 to 1, the least share of the notes on the key's scale.
        hits: moments that the music must meet, in seconds; see `composer.brief.hits`.
        loop: no ending: the last bar leads back to the first.
        seed: 0 to 2**63 - 1; the same brief and seed give the same piece.
        temperature: 0.1 to 2, of the sampling; `None` for what suits the model.
        top_p: 0.05 to 1, of the sampling; `None` for what suits the model.

    Raises:
        BadInputError: on construction, for the first value that is out of its range, unknown or contradicts another.
    """

    moods: tuple[str, ...] = ()
    valence: float | None = None
    arousal: float | None = None
    mood_curve: tuple[MoodPoint, ...] = ()
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
    chords: tuple[tuple[Chord | None, ...], ...] = ()
    features: tuple[str, ...] = ()
    density: float | None = None
    polyphony: float | None = None
    scale: float | None = None
    hits: tuple[Hit, ...] = ()
    loop: bool = False
    seed: int = 0
    temperature: float | None = None
    top_p: float | None = None

    def __post_init__(self) -> None:
        for item in fields(self):
            option, value = _OPTION_OF.get(item.name, item.name), getattr(self, item.name)
            if option in RANGES and value is not None:
                object.__setattr__(self, item.name, checked_number(option, value))
        if not isinstance(self.loop, bool):
            raise BadInputError(f"loop {self.loop!r} is neither yes nor no: give true or false")
        self._resolve_names()
        for check in CHECKS:
            check(self)

    def _resolve_names(self) -> None:
        resolved = {
            "moods": tuple(resolve_mood(name).name for name in self.moods),
            "mood_curve": checked_curve(self.mood_curve) if self.mood_curve else (),
            "hits": checked_hits(self.hits),
            "styles": tuple((resolve_style_or_composer(name), checked_weight(name, weight)) for name, weight in self.styles),
            "ensemble": self.ensemble and resolve_ensemble(self.ensemble).name,
            "instruments": tuple(resolve_instrument_name(name) for name in self.instruments),
            "features": tuple(resolve_feature(name).name for name in self.features),
            "form": self.form and resolve_form(self.form).name,
        }
        for name, value in resolved.items():
            object.__setattr__(self, name, value)

    @classmethod
    def option_names(cls) -> tuple[str, ...]:
        """Names of the fields as options: the keys of `from_dict`."""
        return tuple(_OPTION_OF.get(item.name, item.name) for item in fields(cls))

    @classmethod
    def from_dict(cls, options: Mapping[str, object]) -> Brief:
        """The brief that a mapping from option names to their texts, numbers or lists of texts describes.

        Keys are the long options of `cantilena compose`, with underscores for hyphens: mood, valence, arousal, mood_curve,
        intensity, style, key, meter, tempo, bars, duration, ensemble, instruments, form, chords, features, density, polyphony,
        scale, hits, loop, seed, temperature, top_p. A value of `None` is silence.

        Raises:
            BadInputError: an unknown key, a value of the wrong kind, or a brief that does not hold together.

        >>> brief = Brief.from_dict({"style": "string-quartet", "key": "D minor", "meter": "3/4", "bars": 24})
        >>> str(brief.key), str(brief.meter), Brief.from_dict(brief.to_dict()) == brief
        ('D minor', '3/4', True)
        """
        names = dict(zip(cls.option_names(), (item.name for item in fields(cls)), strict=True))
        values: dict[str, Any] = {}
        for option, value in options.items():
            if option not in names:
                raise BadInputError(f"a brief has no field {option!r}: use {', '.join(names)}")
            if value is not None:
                values[names[option]] = PARSERS[option](value) if option in PARSERS else value
        return cls(**values)

    def to_dict(self) -> dict[str, Any]:
        """What the brief says, in the form that `from_dict` reads; silent fields are left out, `seed` never is."""
        result: dict[str, Any] = {}
        for item in fields(self):
            option, value = _OPTION_OF.get(item.name, item.name), getattr(self, item.name)
            if value != item.default or option == "seed":
                result[option] = FORMATTERS.get(option, lambda kept: kept)(value)
        return result
