"""Ranges that a prompt asks for: "range from low C to G", "first position"."""

from __future__ import annotations

from collections.abc import Sequence

from composer.brief.texts import note_name
from composer.presets import instruments
from composer.prompt.figures.ranges import FIRST_POSITION, Note
from composer.prompt.findings import Finding
from composer.prompt.lexicon import prompt_table
from composer.prompt.parts import players_of, staves_of
from composer.prompt.settled import Settled
from composer.score import parse_pitch_name

_OCTAVE = 12
_LEAST = 7  # semitones of a range
_MIDDLE = 60


def settle_ranges(findings: Sequence[Finding], settled: Settled) -> None:
    """The range of the players where all have the same instrument of one staff, "trumpet, range from low C to G"."""
    place = next((place for place, finding in enumerate(findings) if finding.kind == "range"), None)
    ensemble = settled.options.get("ensemble", "")
    players = settled.options.get("instruments") or (players_of(ensemble) if ensemble else ())
    if place is not None and findings[place].value == FIRST_POSITION and len(set(players)) > 1:
        _settle_first_positions(place, players, settled)
    if place is None or len(set(players)) != 1 or players[0] not in instruments() or staves_of(players[0]) > 1:
        return
    name = players[0]
    value = findings[place].value
    text = prompt_table()["first_positions"].get(name, "") if value == FIRST_POSITION else _range_of(name, *value)
    if text:
        settled.options.pop("ensemble", None)
        settled.options["instruments"] = [f"{name}:{text}"] * len(players)
        settled.explain(place, f"range {text}")


def _settle_first_positions(place: int, players: Sequence[str], settled: Settled) -> None:
    """The first position of all players whose instruments have one, "first position, violins and cellos"."""
    table = prompt_table()["first_positions"]
    if any(name in table for name in players):
        settled.options.pop("ensemble", None)
        settled.options["instruments"] = [f"{name}:{table[name]}" if name in table else name for name in players]
        settled.explain(place, "first position")


def _range_of(name: str, low: Note | None, high: Note | None) -> str:
    """The range as a brief has it; empty where it is not one of a fifth and more within that of the instrument.

    >>> _range_of("trumpet", Note("low", "C", ""), Note("", "G", ""))
    'C4-G4'
    """
    row = instruments()[name]
    first = _pitch(low, row.low if low.place != "middle" else _MIDDLE) if low else row.low
    last = _pitch(high, first + _LEAST * (2 if high.place == "high" else 1)) if high else row.high
    return f"{note_name(first)}-{note_name(last)}" if row.low <= first <= last - _LEAST and last <= row.high else ""


def _pitch(note: Note, least: int) -> int:
    """The pitch in its octave, else the lowest of its name from `least` on."""
    step = parse_pitch_name(note.name)[1] % _OCTAVE
    return _OCTAVE * (int(note.octave) + 1) + step if note.octave else least + (step - least) % _OCTAVE
