"""The brief: what a user requests of a piece, checked as a whole before anything is composed.

`None` or an empty value leaves a question open; `composer.plan` answers it. Each field of `BriefFields` declares its option
once. Name, values, help and text form are the same in Python, on the command line, in a batch file and in a sidecar.

Knows nothing of the model, of chance or of files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from composer.brief.checks import CHECKS, MOST_BLENDED, check_loop
from composer.brief.chords import chords_in_key, parse_chords
from composer.brief.curve import MoodPoint, parse_curve
from composer.brief.degrees import Degree
from composer.brief.fields import Option, options_of
from composer.brief.hits import MAX_HITS, Hit, parse_hits
from composer.brief.limits import (
    BARS_RANGE,
    DURATION_RANGE_S,
    MAX_SEED,
    METERS,
    TEMPO_RANGE_QPM,
    counted,
    tempo_for,
)
from composer.brief.pauses import END as PAUSE_BEFORE_END
from composer.brief.pauses import Pause, numbered_bars, parse_pauses, silent_bars
from composer.brief.places import Place
from composer.brief.quality_levels import QUALITIES, Quality
from composer.brief.section_key import SectionKey
from composer.brief.section_settings import EVERY, SectionSetting, parse_sections, read_sections
from composer.brief.table import BriefFields
from composer.brief.tempo_curve import Pace, TempoPoint, parse_tempo_curve
from composer.brief.texts import DRUM_WORDS, DRUMS, instrument_range, is_drums, parse_styles, resolve_style_or_composer
from composer.errors import BadInputError
from composer.score import Key

__all__ = [
    "BARS_RANGE",
    "DRUMS",
    "DRUM_WORDS",
    "DURATION_RANGE_S",
    "EVERY",
    "MAX_HITS",
    "MAX_SEED",
    "METERS",
    "MOST_BLENDED",
    "PAUSE_BEFORE_END",
    "TEMPO_RANGE_QPM",
    "Brief",
    "Hit",
    "MoodPoint",
    "Option",
    "Pace",
    "Pause",
    "Place",
    "SectionKey",
    "SectionSetting",
    "TempoPoint",
    "check_loop",
    "counted",
    "instrument_range",
    "is_drums",
    "numbered_bars",
    "parse_chords",
    "parse_curve",
    "parse_hits",
    "parse_pauses",
    "parse_sections",
    "parse_styles",
    "parse_tempo_curve",
    "read_sections",
    "resolve_style_or_composer",
    "silent_bars",
    "tempo_for",
]


class Brief(BriefFields):
    """A request whose values are in range and do not contradict each other.

    Values may be given as texts, as on the command line; they are parsed and their names resolved on construction. The first
    type in `Parsed` is what the field holds, the second what it accepts.

    >>> brief = Brief(style="String Quartet", key="D minor", meter="3/4", bars=24)
    >>> brief.style, str(brief.key), brief.meter.numerator
    ((('string-quartet', 1.0),), 'D minor', 3)

    Raises:
        BadInputError: on construction, for the first value that is out of range, unknown or contradicts another.
    """

    __slots__ = ()

    def __post_init__(self) -> None:
        for name, declared in self.options().items():
            object.__setattr__(self, name, declared.read(getattr(self, name)))
        if self.key:
            for name, value in self._in_key(self.key).items():
                object.__setattr__(self, name, value)
        for check in CHECKS:
            check(self)

    @classmethod
    def options(cls) -> Mapping[str, Option]:
        """The declarations of the options by name, in the order of the fields."""
        return _options()

    @classmethod
    def from_dict(cls, options: Mapping[str, Any]) -> Brief:
        """The brief that a mapping describes, such as a line of a batch file or the record in a sidecar.

        Args:
            options: values by the names of the fields, in any form that the fields accept; `None` leaves a field open.

        Raises:
            BadInputError: an unknown name, or as for `Brief`.

        >>> brief = Brief.from_dict({"style": "string-quartet", "chords": "Dm Gm | A7 |", "hits": "0:12.5"})
        >>> Brief.from_dict(brief.to_dict()) == brief
        True
        """
        known = cls.options()
        for name in options:
            if name not in known:
                raise BadInputError(f"a brief has no field {name!r}: use {', '.join(known)}")
        return cls(**options)

    def in_key(self, key: Key | None) -> Brief:
        """The brief with chords in place of Roman numerals, which a key of its own has replaced already.

        Args:
            key: of the music that the chords are for; `None` if that is open.

        Raises:
            BadInputError: there are Roman numerals and no key.

        >>> Brief(chords="ii7 V7 I").in_key(Key.parse("D major")).to_dict()["chords"]
        'Em7 A7 D'
        """
        given = (self.chords, *(setting.chords for setting in self.sections))
        numeral = next((chord for chords in given for bar in chords for chord in bar if isinstance(chord, Degree)), None)
        if numeral is None:
            return self
        if key is None:
            raise BadInputError(
                f"chord {numeral.numeral!r} is a Roman numeral, which needs a key: give one, for example --key 'C major', "
                "or chord symbols such as Dm G7 C"
            )
        return replace(self, **self._in_key(key))

    def _in_key(self, key: Key) -> dict[str, Any]:
        """The options that have chords, with those of a key in place of Roman numerals."""
        sections = tuple(replace(setting, chords=chords_in_key(setting.chords, key)) for setting in self.sections)
        return {"chords": chords_in_key(self.chords, key), "sections": sections}

    @property
    def draws(self) -> Quality:
        """How many versions are drawn at the brief's quality."""
        return QUALITIES[self.quality]

    def to_dict(self) -> dict[str, Any]:
        """The brief as JSON, which `from_dict` reads back; defaults are left out, except that `seed` is always there."""
        result: dict[str, Any] = {}
        for name, declared in self.options().items():
            value = getattr(self, name)
            if value != declared.default or name == "seed":
                result[name] = declared.to_json(value)
        return result


@cache
def _options() -> Mapping[str, Option]:
    return options_of(Brief)
