"""Style, era and composer of a corpus piece from its manifest line, and repairs of wrong instruments in the sources.

The rules are in `tagging.toml`; the first match wins. Knows manifest fields, not notes.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from composer import presets
from composer.errors import BadInputError
from composer.presets import programs_of

Row = Mapping[str, Any]  # one manifest line

_VIOLIN, _VIOLA, _CELLO, _CONTRABASS, _CHOIR = 40, 41, 42, 43, 52
_KEYBOARDS = programs_of("piano", "electric-piano", "harpsichord", "celesta")
_ORGANS = programs_of("electric-organ", "organ", "reed-organ", "accordion")
_GUITARS = programs_of("acoustic-guitar")
_STRINGS = programs_of("acoustic-bass", "solo-strings", "tremolo-strings", "pizzicato-strings", "string-section")
_VOICES = programs_of("voice", "synth-voice", "synth-choir")
_WINDS = programs_of("brass", "brass-section", "synth-brass", "saxophone", "reed", "pipe")
_TIMPANI = programs_of("timpani")


@dataclass(frozen=True, slots=True)
class TrackInstrument:
    """Instrument of a track: General MIDI program (0-127), or drums."""

    program: int
    is_drum: bool = False


@cache
def _tables() -> Mapping[str, Any]:
    return tomllib.loads(files("composer.training.data").joinpath("tagging.toml").read_text(encoding="utf-8"))


def track_instruments(row: Row) -> tuple[TrackInstrument, ...]:
    """One instrument per track, repaired where other labels of the source contradict it.

    Repairs: Mutopia's placeholder programs (see the table in `tagging.toml`); a "Bass" below the violins, read as a singer by
    the converter, is a string bass; the parts of 17th-century canzonas, named like voices, are strings.

    >>> row = {"instruments": ["Flute", "Violoncello"], "track_names": ["Flute", "Cello"], "genre": None}
    >>> [track.program for track in track_instruments(row)]
    [73, 42]
    """
    tracks = [_instrument(name) for name in row["instruments"]]
    program = _tables()["instrument_programs"].get(row.get("source_instrument"))
    if program is not None:
        return tuple(track if track.is_drum else TrackInstrument(program) for track in tracks)
    names = [re.sub(r"[\s\d]+$", "", name) for name in row["track_names"]]
    if (row["genre"] or "") == "canzona":
        strings = {"Soprano": _VIOLIN, "Voice": _VIOLIN, "Alto": _VIOLA, "Tenor": _VIOLA, "Bass": _CELLO, "Cantus": _VIOLIN}
        return tuple(
            TrackInstrument(strings.get(name, _VIOLA)) if track.program == _CHOIR else track
            for name, track in zip(names, tracks, strict=True)
        )
    return tuple(_repair_bass(names, tracks))


def _repair_bass(names: Sequence[str], tracks: list[TrackInstrument]) -> list[TrackInstrument]:
    """A "Bass" directly below other instruments is not a singer."""
    for index in range(1, len(tracks)):
        above = tracks[index - 1]
        sung = names[index] == "Bass" and tracks[index].program == _CHOIR
        played_above = not above.is_drum and above.program in _STRINGS | _WINDS | _TIMPANI
        violins_above = any(track.program == _VIOLIN for track in tracks[:index])
        if sung and played_above and (violins_above or all(t.program != _CHOIR for t in tracks[:index])):
            tracks[index] = TrackInstrument(_CONTRABASS)
    return tracks


@cache
def _instrument(name: str) -> TrackInstrument:
    if name == "Drums" or name.startswith("Percussion"):
        return TrackInstrument(0, is_drum=True)
    return TrackInstrument(presets.resolve_instrument(name).program)


def family(tracks: Sequence[TrackInstrument]) -> str:
    """Kind of ensemble.

    One of keyboard, organ, guitar, choir, voice-keyboard, voice-organ, voice-chamber, voice-orchestra, strings, winds,
    orchestra, duo or trio (one or two instruments and keyboard), chamber, solo, band (with drums), other.

    >>> family([TrackInstrument(52), TrackInstrument(0), TrackInstrument(0)]), family([TrackInstrument(40)] * 2)
    ('voice-keyboard', 'strings')
    """
    if sum(track.is_drum for track in tracks) and any(t.program not in _WINDS | _STRINGS for t in tracks if not t.is_drum):
        return "band"
    programs = [track.program for track in tracks if not track.is_drum and track.program not in _TIMPANI]
    if not programs:
        return "band" if any(track.is_drum for track in tracks) else "solo"

    def count(group: frozenset[int]) -> int:
        return sum(program in group for program in programs)

    parts, keyboards, organs, voices = len(programs), count(_KEYBOARDS), count(_ORGANS), count(_VOICES)
    strings, winds = count(_STRINGS), count(_WINDS)
    if voices:
        return _vocal_family(parts, keyboards, organs, voices)
    cases: tuple[tuple[bool, str], ...] = (
        (keyboards == parts, "keyboard"),
        (organs > 0 and organs + keyboards == parts, "organ"),
        (count(_GUITARS) == parts, "guitar"),
        (parts == 1, "solo"),
        (parts >= 6 and strings > 0 and winds >= 2, "orchestra"),
        (strings == parts, "strings"),
        (winds == parts, "winds"),
        (keyboards > 0 and parts - keyboards == 1, "duo"),
        (keyboards > 0 and parts - keyboards == 2, "trio"),
        (strings + winds + keyboards + organs == parts, "chamber"),
    )
    return next((name for holds, name in cases if holds), "other")


def _vocal_family(parts: int, keyboards: int, organs: int, voices: int) -> str:
    if voices == parts:
        return "choir"
    if voices + keyboards == parts:
        return "voice-keyboard" if voices <= 2 else "voice-chamber"
    if voices + keyboards + organs == parts:
        return "voice-organ"
    return "voice-chamber" if parts <= 7 else "voice-orchestra"


def genre_style(source: str, row: Row) -> str | None:
    """Name of the genre style of a manifest line of `source`, or `None` if no rule matches.

    >>> row = {"instruments": ["Piano"], "track_names": ["Piano"], "genre": "Mazurka", "title": "Mazurka in A minor"}
    >>> genre_style("chopin-first-editions", row)
    'mazurka'
    """
    facts = {
        "source": source,
        "family": family(track_instruments(row)),
        "genre": (row["genre"] or "").casefold(),
        "title": (row["title"] or "").casefold(),
        "sacred": row.get("sacred_secular") == "sacred",
        "century": row.get("century") or 0,
    }
    return next((str(rule["style"]) for rule in _tables()["rule"] if _holds(rule, facts)), None)


_TESTS: Mapping[str, Callable[[Any, Mapping[str, Any]], bool]] = {
    "source": lambda value, facts: facts["source"] == value,
    "family": lambda value, facts: facts["family"] in value,
    "genre": lambda value, facts: re.search(value, facts["genre"]) is not None,
    "title": lambda value, facts: re.search(value, facts["title"]) is not None,
    "sacred": lambda value, facts: facts["sacred"] == value,
    "century_to": lambda value, facts: 0 < facts["century"] <= value,
    "style": lambda value, facts: True,
}


def _holds(rule: Mapping[str, Any], facts: Mapping[str, Any]) -> bool:
    return all(_TESTS[field](value, facts) for field, value in rule.items())


@cache  # an unknown name triggers a search for similar ones; the corpus has few names
def composer_of(name: str | None) -> presets.Composer | None:
    """The composer preset for a source's spelling of the name, or `None`.

    >>> composer_of("Felix Mendelssohn Bartholdy, op. 37").name, composer_of("Anonim")
    ('mendelssohn', None)
    """
    if not name:
        return None
    plain = re.split(r"[,;]?\s*\b(?:op\.?|bwv|woo)\s*\d", name, maxsplit=1, flags=re.IGNORECASE)[0]
    plain = re.sub(r"\(.*?\)|\b\d{4}\b.*", "", plain).strip(" ,.[]")
    try:
        return presets.resolve_composer(plain) if plain else None
    except BadInputError:
        return None


# Sources of contemporary music for games, films, bands and computers.
CONTEMPORARY = frozenset(("games", "freemusic", "groove", "simutrans", "icalvo", "lmms", "easyrpg"))
# A composer belongs to the era of his or her mature works; the borders are years of birth.
_BORN_BEFORE = ((1565, "renaissance"), (1710, "baroque"), (1786, "classical"), (1862, "romantic"), (1920, "modern"))
_WRITTEN_BEFORE = ((1600, "renaissance"), (1750, "baroque"), (1815, "classical"), (1905, "romantic"), (1950, "modern"))
_CENTURIES = {15: "renaissance", 16: "renaissance", 17: "baroque", 18: "classical", 19: "romantic", 20: "modern"}
_MUTOPIA_ERAS = {"Renaissance": "renaissance", "Baroque": "baroque", "Romantic": "romantic", "Romantique": "romantic"}


def era_style(source: str, row: Row) -> str | None:
    """Name of the era style, or `None` if unknown.

    Evidence in order of priority: games, film cues and drum grooves are contemporary; the composer's preset; the composer's
    year of birth, or the last year of known activity; the year of composition or print; Mutopia's label; the century of the
    manuscript. The century is weak evidence: an anonymous 18th-century Polish source is called classical, since two thirds of
    those with a known author are.

    >>> era_style("mutopia", {"composer": None, "year": 1640}), era_style("games", {})
    ('baroque', 'contemporary')
    """
    if source in CONTEMPORARY:
        return "contemporary"
    composer = composer_of(row.get("composer"))
    if composer:
        return composer.era
    dated = _era_of_dates(row.get("composer_dates") or "")
    if dated:
        return dated
    if isinstance(row.get("year"), int):
        return _era_before(row["year"], _WRITTEN_BEFORE)
    return _MUTOPIA_ERAS.get(row.get("style") or "") or _CENTURIES.get(row.get("century") or 0)


def _era_of_dates(dates: str) -> str | None:
    """The era for "1810-1849", "~1810-" (born) or "<1772->1788" (active); a whole century ("~1700-~1799") gives `None`.

    >>> _era_of_dates("~1744-1806"), _era_of_dates("<1772->1788"), _era_of_dates("~1700-~1799")
    ('classical', 'classical', None)
    """
    years = [int(year) for year in re.findall(r"(?<!\d)(1[3-9]\d\d)(?!\d)", dates)]
    if not years or years[-1] - years[0] >= 99:
        return None
    if re.match(r"\W*\d", dates) and not dates.startswith("<"):
        return _era_before(years[0], _BORN_BEFORE)
    return _era_before(years[-1], _WRITTEN_BEFORE)


def _era_before(year: int, borders: Sequence[tuple[int, str]]) -> str:
    return next((era for border, era in borders if year < border), "contemporary")
