"""Ranges that a prompt asks for: "range from low C to G", "first position"."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from composer.brief.texts import note_name
from composer.presets import instruments
from composer.prompt.figures.ranges import FIRST_POSITION, LOW, REGISTER, Note
from composer.prompt.findings import Finding
from composer.prompt.lexicon import prompt_table
from composer.prompt.parts import players_in, players_of_part, staves_of
from composer.prompt.settled import Settled
from composer.score import Key, parse_pitch_name

_OCTAVE = 12
_LEAST = 7  # semitones of a range
_MIDDLE = 60
_SHARED = 5  # semitones of the lower half of a range that a high player uses, too
_TOP_SHARE = 8  # a high player leaves out the highest eighth of the range
_WRITTEN = "written"


def settle_ranges(findings: Sequence[Finding], settled: Settled) -> None:
    """The range of the players of one instrument with one staff: "trumpet, range from low C to G", "low clarinet"."""
    _settle_registers(findings, settled)
    place = next((place for place, finding in enumerate(findings) if finding.kind == "range"), None)
    players = players_in(settled.options)
    if place is not None and findings[place].value == FIRST_POSITION and len(set(players)) > 1:
        _settle_first_positions(place, players, settled)
        return
    name = "" if place is None else _named_before(findings[:place], players)
    if place is None or name not in instruments() or staves_of(name) > 1:
        return
    value = findings[place].value
    if value == FIRST_POSITION:
        text = prompt_table()["first_positions"].get(name, "")
    elif isinstance(value, int):
        text = _octaves_of(name, value, next((one.value for one in findings if one.kind == "key"), ""))
    else:
        text = _range_of(name, *value)
    if text:
        settled.options.pop("ensemble", None)
        settled.options["instruments"] = [f"{name}:{text}" if player == name else player for player in players]
        settled.explain(place, f"range {text}" if len(set(players)) == 1 else f"range {text} of {name}")


def _settle_registers(findings: Sequence[Finding], settled: Settled) -> None:
    """The lower or upper half of the range of the player named right after it, who is the only one of the kind."""
    players = players_in(settled.options)
    found = dict[str, str]()
    for place, (one, after) in enumerate(pairwise(findings)):
        names = players_of_part(after, alone=False) if one.kind == REGISTER and after.kind == "part" else ()
        name = names[0] if len(names) == 1 and after.first == one.last else ""
        if players.count(name) == 1 and name in instruments() and staves_of(name) == 1:
            row = instruments()[name]
            middle, top = (row.low + row.high) // 2, row.high - (row.high - row.low) // _TOP_SHARE
            low, high = (row.low, middle) if one.value == LOW else (middle - _SHARED, top)
            found[name] = f"{name}:{note_name(low)}-{note_name(high)}"
            settled.explain(place, f"range {note_name(low)}-{note_name(high)} of {name}")
    if found:
        settled.options.pop("ensemble", None)
        settled.options["instruments"] = [found.get(player, player) for player in players]


def _named_before(findings: Sequence[Finding], players: Sequence[str]) -> str:
    """The instrument whose range follows: the only one, or that of the last part: "the trumpets not above D5"."""
    if len(set(players)) == 1:
        return players[0]
    part = next((one for one in reversed(findings) if one.kind == "part"), None)
    names = set(players_of_part(part, alone=False)) & set(players) if part and part is findings[-1] else set()
    return names.pop() if len(names) == 1 else ""


def _settle_first_positions(place: int, players: Sequence[str], settled: Settled) -> None:
    """The first position of all players whose instruments have one, "first position, violins and cellos"."""
    table = prompt_table()["first_positions"]
    if any(name in table for name in players):
        settled.options.pop("ensemble", None)
        settled.options["instruments"] = [f"{name}:{table[name]}" if name in table else name for name in players]
        settled.explain(place, "first position")


def _octaves_of(name: str, count: int, key: str) -> str:
    """So many octaves from the lowest tonic of an instrument; empty without a key, or where it has not so many.

    >>> _octaves_of("clarinet", 2, "Bb major"), _octaves_of("clarinet", 4, "Bb major")
    ('Bb3-Bb5', '')
    """
    row = instruments()[name]
    tonic = Key.parse(key).tonic if key else None
    if tonic is None:
        return ""
    low = row.low + (tonic - row.low) % _OCTAVE
    high = low + _OCTAVE * count
    return f"{note_name(low)}-{note_name(high)}" if high <= row.high else ""


def _range_of(name: str, low: Note | None, high: Note | None) -> str:
    """The range as a brief has it; empty where it is not one of a fifth and more within that of the instrument.

    >>> _range_of("trumpet", Note("low", "C", ""), Note("", "G", ""))
    'C4-G4'
    """
    row = instruments()[name]
    first = _pitch(low, row.low if low.place != "middle" else _MIDDLE) if low else row.low
    first += row.sounds if low and low.place == _WRITTEN else 0
    first += bool(low and low.is_excluded)
    is_upper = high is not None and (high.place == "high" or high.is_excluded)
    last = _pitch(high, first + _LEAST * (2 if is_upper else 1)) if high else row.high
    last += row.sounds if high and high.place == _WRITTEN else 0
    last -= bool(high and high.is_excluded)
    return f"{note_name(first)}-{note_name(last)}" if row.low <= first <= last - _LEAST and last <= row.high else ""


def _pitch(note: Note, least: int) -> int:
    """The pitch in its octave, else the lowest of its name from `least` on."""
    step = parse_pitch_name(note.name)[1] % _OCTAVE
    return _OCTAVE * (int(note.octave) + 1) + step if note.octave else least + (step - least) % _OCTAVE
