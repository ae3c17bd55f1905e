"""What is set for single sections: "intro: no drums, tempo 80%; chorus: +strings, high melody". Knows no plan."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from composer.brief.chords import Chords, parse_chords, write_chords
from composer.brief.limits import checked_number
from composer.brief.section_key import SectionKey, parse_section_key
from composer.brief.tempo_curve import Pace, parse_pace
from composer.errors import BadInputError
from composer.presets import fold

EXAMPLE = "intro: no drums, tempo 80%; chorus: +strings, no fills; last chorus: key +2"
EVERY = "all"  # the section name that means every section
_MOST_SECTIONS = 64
_LEVELS = ("intensity", "complexity", "swing")
_MANNERS = ("high", "low", "busy", "sparse")
_LEVEL = re.compile(rf"({'|'.join(_LEVELS)})\s*=?\s*(\S+)", re.IGNORECASE)
_TEMPO = re.compile(r"tempo\s*=?\s*(\S.*)", re.IGNORECASE)
_KEY = re.compile(r"key\s*=?\s*(\S.*)", re.IGNORECASE)
_CHORDS = re.compile(r"chords\s*=?\s*(\S.*)", re.IGNORECASE)
_MELODY = re.compile(r"melody\s*=?\s*(\S.*)", re.IGNORECASE)
_PLAYERS = re.compile(r"(no|without|only|with|\+|-)\s*(.+)", re.IGNORECASE)
_PLAYED = re.compile(rf"({'|'.join(_MANNERS)})\s+(.+)", re.IGNORECASE)
_AND = re.compile(r"\s*(?:\+|&|\band\b)\s*")
_THEN = re.compile(r"\s*\bthen\b\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SectionSetting:
    """What is set for the sections of a name.

    Attributes:
        section: name of a section ("B", "Verse'"), of a kind of section ("chorus"), or "all".
        rests: players that rest in it.
        joins: players that enter in it ("+strings"): they rest in sections whose settings do not name them.
        plays: players that play in it even where the style lets them rest ("with melody"), without effect elsewhere.
        only: the players that play in it, empty for all.
        melody: who has the melody, phrase by phrase in turn: the players that have it together; empty for whom the style says.
        intensity: from 0 to 1, in place of that of the kind of section; `None` if not set.
        complexity: from 0 (the plainest patterns) to 1 (the busiest); `None` if not set.
        swing: from 0 (straight) to 1 (the full ratio of the tempo), in place of the style's; `None` if not set.
        tempo: in place of that of the piece; `None` if not set.
        key: in place of that of the piece; `None` if not set.
        chords: one or more per bar, repeated to the end of the section; empty if its harmony is planned.
        fills: whether drums fill at its ends and its phrases; `None` if not set.
        manners: how players play: a word of `_MANNERS` and a player, such as ("high", "melody").
    """

    section: str
    rests: tuple[str, ...] = ()
    joins: tuple[str, ...] = ()
    plays: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    melody: tuple[tuple[str, ...], ...] = ()
    intensity: float | None = None
    complexity: float | None = None
    swing: float | None = None
    tempo: Pace | None = None
    key: SectionKey | None = None
    chords: Chords = ()
    fills: bool | None = None
    manners: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        words = [*(f"no {name}" for name in self.rests), *(f"+{name}" for name in self.joins)]
        words += [f"with {name}" for name in self.plays]
        words += [f"only {' and '.join(self.only)}"] if self.only else []
        words += [f"melody {' then '.join(map(' and '.join, self.melody))}"] if self.melody else []
        words += [f"{level} {value:g}" for level in _LEVELS if (value := getattr(self, level)) is not None]
        words += [f"tempo {self.tempo}"] if self.tempo else []
        words += [f"key {self.key}"] if self.key else []
        words += [f"chords {write_chords(self.chords)}"] if self.chords else []
        words += [] if self.fills is None else ["fills" if self.fills else "no fills"]
        words += [" ".join(manner) for manner in self.manners]
        return f"{self.section}: {', '.join(words)}"

    @property
    def playing(self) -> tuple[str, ...]:
        """Players that it makes play."""
        return (*self.joins, *self.plays, *self.only, *self.leading)

    @property
    def leading(self) -> tuple[str, ...]:
        """Players that it gives the melody."""
        return tuple(name for together in self.melody for name in together)

    @property
    def of_bands(self) -> str:
        """The first thing that it sets and that only bands do, such as "swing"; empty if there is none."""
        levels = [level for level in _LEVELS if getattr(self, level) is not None]
        fills = [] if self.fills is None else ["fills"]
        return next(iter([*levels, *fills, *(" ".join(manner) for manner in self.manners)]), "")

    def merged(self, other: SectionSetting) -> SectionSetting:
        """This setting with another one, which takes precedence."""
        return SectionSetting(
            self.section,
            rests=tuple(name for name in self.rests if name not in other.playing) + other.rests,
            joins=self.joins + other.joins,
            plays=self.plays + other.plays,
            only=other.only or self.only,
            melody=other.melody or self.melody,
            intensity=self.intensity if other.intensity is None else other.intensity,
            complexity=self.complexity if other.complexity is None else other.complexity,
            swing=self.swing if other.swing is None else other.swing,
            tempo=other.tempo or self.tempo,
            key=other.key or self.key,
            chords=other.chords or self.chords,
            fills=self.fills if other.fills is None else other.fills,
            manners=self.manners + other.manners,
        )


def parse_sections(text: str) -> tuple[SectionSetting, ...]:
    """Parses settings of sections: a name, a colon, and what is set, with commas between; semicolons between sections.

    Raises:
        BadInputError: the text is not understood, or a level is out of range.

    >>> [str(item) for item in parse_sections("Intro: no drums, intensity .3; drop: only drums and bass, fills")]
    ['intro: no drums, intensity 0.3', 'drop: only drums and bass, fills']
    >>> str(*parse_sections("verse: swing 0.6, high strings and melody, sparse keys"))
    'verse: swing 0.6, high strings, high melody, sparse keys'
    >>> str(*parse_sections("b: melody Flute and horn then cello"))
    'b: melody flute and horn then cello'
    """
    return checked_sections(read_sections(text))


def read_sections(text: str) -> tuple[SectionSetting, ...]:
    """The settings as `parse_sections` reads them, but a section may be named twice, as in sidecars of older versions.

    Raises:
        BadInputError: the text is not understood, or a level is out of range.
    """
    settings = [_section(item) for item in filter(None, (part.strip() for part in text.split(";")))]
    if not settings:
        raise _refused(text)
    return tuple(settings)


def checked_sections(settings: tuple[SectionSetting, ...]) -> tuple[SectionSetting, ...]:
    """The settings, each section named once.

    Raises:
        BadInputError: there are too many, or a section is named twice.
    """
    names = [setting.section for setting in settings]
    if len(names) > _MOST_SECTIONS:
        raise BadInputError(f"{len(names)} settings of sections are too many: give at most {_MOST_SECTIONS}")
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise BadInputError(f"section {twice!r} is set twice: write all its settings after one colon")
    if moved := next((setting.section for setting in settings if setting.chords and setting.key), None):
        raise BadInputError(f"section {moved!r} has chords and a key, which would move them: give one of both")
    for setting in settings:
        if mute := next((name for name in setting.leading if name in setting.rests), None):
            raise BadInputError(f"{mute!r} rests and has the melody in section {setting.section!r}: give one of both")
    return settings


def _section(text: str) -> SectionSetting:
    name, colon, rest = text.partition(":")
    items = [item.strip() for item in rest.split(",") if item.strip()]
    if not colon or not name.strip() or not items:
        raise _refused(text)
    setting = SectionSetting(" ".join(name.lower().split()))
    for item in items:
        setting = _with_item(setting, item)
    return setting


def _with_item(setting: SectionSetting, item: str) -> SectionSetting:
    """A setting with one more item."""
    if fold(item) in ("fills", "no-fills", "without-fills"):
        return replace(setting, fills=fold(item) == "fills")
    if level := _LEVEL.fullmatch(item):
        name = level[1].lower()
        value = checked_number(f"{name} of {setting.section}", _number(level[2]), (0.0, 1.0))
        match name:
            case "intensity":
                return replace(setting, intensity=value)
            case "complexity":
                return replace(setting, complexity=value)
        return replace(setting, swing=value)
    if tempo := _TEMPO.fullmatch(item):
        return replace(setting, tempo=parse_pace(tempo[1]))
    if key := _KEY.fullmatch(item):
        return replace(setting, key=parse_section_key(key[1]))
    if chords := _CHORDS.fullmatch(item):
        return replace(setting, chords=parse_chords(chords[1]))
    if melody := _MELODY.fullmatch(item):
        turns = tuple(_names(turn, item) for turn in _THEN.split(melody[1]))
        return replace(setting, melody=setting.melody + turns)
    if manner := _PLAYED.fullmatch(item):
        word = manner[1].lower()
        return replace(setting, manners=setting.manners + tuple((word, name) for name in _names(manner[2], item)))
    if not (players := _PLAYERS.fullmatch(item)):
        raise _refused(item)
    names = _names(players[2], item)
    match players[1].lower():
        case "no" | "without" | "-":
            return replace(setting, rests=setting.rests + names)
        case "+":
            return replace(setting, joins=setting.joins + names)
        case "with":
            return replace(setting, plays=setting.plays + names)
    return replace(setting, only=setting.only + names)


def _names(text: str, item: str) -> tuple[str, ...]:
    """The players that a text of an item lists.

    Raises:
        BadInputError: one is missing, as after "and" or "then" at the end.
    """
    names = tuple(map(fold, _AND.split(text)))
    if not all(names):
        raise _refused(item)
    return names


def _number(text: str) -> float | str:
    """The number that a text is; the text where it is none, for the message."""
    try:
        return float(text)
    except ValueError:
        return text


def _refused(text: str) -> BadInputError:
    return BadInputError(f"section setting {text[:60]!r} is not understood: write for example {EXAMPLE!r}")
