"""The tables of the arranger as typed rows: bands, grooves, accents, basses, figures, tunes.

A new style is a row in `bands.toml`; a new way of playing a row in the file of its kind. Nothing here knows plans or notes.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from typing import Any, TypeVar

from composer.score import TimeSignature

Row = TypeVar("Row")

# The leads of styles whose bands write their melodies themselves, and of those whose melodies are written by phrases.
GRAMMAR, PHRASES = "grammar", "phrases"

_CALM, _EXCITED = -0.25, 0.55  # arousal up to which and from which bands play otherwise: sad is -0.35, happy 0.51, tense 0.60
_LEISURELY, _CALMER = -0.1, 0.2  # intensity of bands that are calm as they are, and what others lose in calm moods

# General MIDI percussion keys by the names that grooves use.
DRUM_KEYS = {
    "kick": 36, "rim": 37, "snare": 38, "clap": 39, "hat": 42, "pedal": 44, "open": 46, "crash": 49, "crash2": 57, "ride": 51,
    "bell": 53, "china": 52, "tom_low": 41, "tom_floor": 43, "tom_mid": 45, "tom_high": 48, "tambourine": 54, "splash": 55,
    "cowbell": 56, "conga": 64, "conga_high": 63, "conga_slap": 62, "timbale_high": 65, "timbale": 66, "agogo": 67,
    "cabasa": 69, "maracas": 70, "guiro": 73, "claves": 75, "woodblock": 76, "triangle": 81, "shaker": 82, "sleigh": 83,
    "tamborim": 76, "cymbals": 59,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Groove:
    """A drum pattern.

    Attributes:
        name: of its row.
        lines: cells by name of the instrument; see `grooves.toml`.
        low: lines that replace them in quiet sections.
        high: lines that replace them in loud sections.
        keeps: instruments that must sound in a bar, alternatives joined by "|".
        fill: the fill at the end of phrases.
        touch: row of accents, empty for machines.
        intro: whether it plays in an introduction.
        meter: the meter in which it is written.
        rolls: instrument whose strokes are sometimes divided into triplets or thirty-seconds; empty for none.
        crash: whether a crash cymbal opens sections.
    """

    name: str
    lines: Mapping[str, str]
    low: Mapping[str, str]
    high: Mapping[str, str]
    keeps: tuple[str, ...]
    fill: str
    touch: str
    intro: bool
    meter: str
    rolls: str
    crash: bool


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of an accompanying part; see `figures.toml`. Registers are MIDI pitches, inclusive."""

    name: str
    kind: str
    voicing: str = "triad"
    low: int = 48
    high: int = 76
    rhythms: tuple[str, ...] = ("x---------------",)
    quiet: tuple[str, ...] = ()
    loud: tuple[str, ...] = ()
    close: tuple[str, ...] = ()
    meter: str = "4/4"
    octaves: bool = False
    varies: int = 0
    shares: str = ""
    spreads: bool = False
    enters: float = 0.0
    shift: int = 0  # for doublings: semitones from the melody


@dataclass(frozen=True, slots=True)
class BassFigure:
    """A figure of a bass; see `basses.toml`."""

    name: str
    rhythms: tuple[str, ...] = ("1---------------",)
    quiet: tuple[str, ...] = ()
    loud: tuple[str, ...] = ()
    walking: bool = False
    holds: bool = False
    follows: str = ""
    strong: tuple[str, ...] = ()
    meter: str = "4/4"


@dataclass(frozen=True, slots=True)
class Tune:
    """Rhythms of melodies and their motion; see `tunes.toml`."""

    name: str
    open: tuple[str, ...]
    close: tuple[str, ...]
    go: tuple[str, ...] = ()
    solo: tuple[str, ...] = ()
    leap: float = 0.3
    span: int = 7
    blue: bool = False
    chromatic: bool = False
    meter: str = "4/4"


@dataclass(frozen=True, slots=True)
class Band:
    """How a style is arranged.

    Attributes:
        name: of the style.
        groove: row of grooves, empty for none.
        bass: row of basses.
        idiom: row of progressions.
        tune: row of tunes.
        figures: row of figures by family of instruments.
        energy: added to the intensity of every section, -1 to 1.
        orchestral: whether it is an orchestra: drums only where the ensemble has them, no crash cymbals, dynamics that swell.
        bare: whether its last chord lacks a third.
        lead: how the melody is written: by "grammar", in "phrases" over harmony that is planned for the piece, or "round", in
            which all voices have it.
        players: "orchestra" if only an orchestra plays so, empty for any.
        register: lowest and highest pitch of a melody by phrases.
        melody: learned styles of that melody; empty for those of the piece.
        fills: whether phrases end with drum fills.
        swing: whether off-beats are played late, so that the grid has no sixteenths.
        layers: whether sections change every four bars: accompanying parts join one by one, rest in turn, and change patterns.
        chordal: whether the voices of a choir, or of winds, move with the melody.
        melismatic: whether the voices of a choir are written like those, but hold and move tones apart from it.
        solos: whether the melody is improvised in varied sections and in those named "solo".
        broad: whether players leave out every second stroke of their fastest runs.
        moods: what changes in moods of low and high arousal: "calm" and "excited", or "sad" and "tense" where they are dark.
    """

    name: str
    bass: str
    idiom: str = ""
    tune: str = ""
    groove: str = ""
    figures: Mapping[str, str] = field(default_factory=dict)
    energy: float = 0.0
    orchestral: bool = False
    bare: bool = False
    lead: str = GRAMMAR
    players: str = ""
    register: tuple[int, int] = (60, 81)
    melody: tuple[str, ...] = ()
    swing: bool = False
    layers: bool = False
    chordal: bool = False
    melismatic: bool = False
    solos: bool = False
    fills: bool = True
    broad: bool = False
    moods: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def has_beat(self) -> bool:
        """Whether its drums play a groove throughout, as for a march or a dance; those of an orchestra mark climaxes."""
        return bool(self.groove) and not self.orchestral

    def in_mood(self, valence: float, arousal: float) -> Band:
        """The row as it is played in a mood, each axis -1 to 1. Lively bands without a row for calm moods play broadly in them.

        >>> bands()["bossa"].in_mood(0.5, -0.65).groove, bands()["bossa"].in_mood(0.0, 0.0).groove
        ('bossa-soft', 'bossa')
        """
        if _CALM < arousal < _EXCITED:
            return self
        usual, dark = ("calm", "sad") if arousal <= _CALM else ("excited", "tense")
        changes = self.moods.get(dark if valence < 0 else usual) or self.moods.get(usual, {})
        if arousal <= _CALM and not changes and self.energy > _LEISURELY:
            return replace(self, broad=True, energy=self.energy - _CALMER)
        return replace(self, **{**changes, "figures": {**self.figures, **changes.get("figures", {})}})


NO_BAND = Band("", bass="")


def read_table(filename: str) -> dict[str, dict[str, Any]]:
    """The rows of a table of the arranger by name."""
    return tomllib.loads(files("composer.arranging").joinpath(filename).read_text(encoding="utf-8"))


def _frozen(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}


@cache
def bands() -> Mapping[str, Band]:
    """Bands by name of their style."""
    return {name: Band(name, **_frozen(row)) for name, row in read_table("bands.toml").items()}


@cache
def register_quartiles() -> Mapping[str, Mapping[str, Any]]:
    """Quartiles of registers and shares of chords (see the head of the file), by style."""
    return read_table("registers.toml")


@cache
def grooves() -> Mapping[str, Groove]:
    """Grooves by name."""
    settings = ("low", "high", "keeps", "fill", "touch", "intro", "meter", "rolls", "crash")
    return {
        name: Groove(
            name,
            lines={key: _cells(line) for key, line in row.items() if key not in settings},
            low={key: _cells(line) for key, line in row.get("low", {}).items()},
            high={key: _cells(line) for key, line in row.get("high", {}).items()},
            keeps=tuple(row["keeps"]),
            fill=row.get("fill", "snare"),
            touch=row.get("touch", ""),
            intro=row.get("intro", True),
            meter=row.get("meter", "4/4"),
            rolls=row.get("rolls", ""),
            crash=row.get("crash", True),
        )
        for name, row in read_table("grooves.toml").items()
    }


@cache
def touches() -> Mapping[str, Mapping[str, Any]]:
    """Accents of drummers by style: velocities above the mean by sixteenth, and the spread of strokes on one."""
    return read_table("touch.toml")


@cache
def textures() -> Mapping[str, Mapping[str, Mapping[str, float]]]:
    """Weights of an orchestra's textures by style, then by loudness."""
    return read_table("textures.toml")


@cache
def figures() -> Mapping[str, Figure]:
    """Figures of accompaniment by name."""
    return {name: Figure(name, **_without_spaces(row)) for name, row in read_table("figures.toml").items()}


def row_in_meter(rows: Mapping[str, Row], name: str, meter: TimeSignature) -> Row:
    """A row by name, as it is written for a meter or its kind where there is such a row ("cello@3/4")."""
    triple = "3/4" if meter.numerator == 3 else "6/8" if meter.is_compound else ""
    return rows.get(f"{name}@{meter}") or rows.get(f"{name}@{triple}") or rows[name]


@cache
def basses() -> Mapping[str, BassFigure]:
    """Bass figures by name."""
    return {name: BassFigure(name, **_without_spaces(row)) for name, row in read_table("basses.toml").items()}


def holds_tonic(band: Band) -> bool:
    """Whether the bass of a band holds the tonic throughout: a drone."""
    return band.bass in basses() and basses()[band.bass].holds


@cache
def tunes() -> Mapping[str, Tune]:
    """Rhythms of melodies by name."""
    return {name: Tune(name, **_without_spaces(row)) for name, row in read_table("tunes.toml").items()}


def _cells(line: str) -> str:
    return line.replace(" ", "")


def _without_spaces(row: Mapping[str, Any]) -> dict[str, Any]:
    rhythmic = ("rhythms", "quiet", "loud", "open", "go", "close", "solo")
    return {
        key: tuple(map(_cells, value)) if key in rhythmic else tuple(value) if isinstance(value, list) else value
        for key, value in row.items()
    }
