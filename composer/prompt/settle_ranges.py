"""Ranges that a prompt asks for: "range from low C to G", "first position"."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from composer.brief.texts import note_name
from composer.presets import instruments
from composer.prompt.figures.ranges import COMFORTABLE, FIRST_POSITION, LOW, REGISTER, Note, Range
from composer.prompt.findings import Finding
from composer.prompt.lexicon import prompt_table
from composer.prompt.parts import players_in, players_of, players_of_part, staves_of
from composer.prompt.settled import Settled
from composer.score import Key, parse_pitch_name

_OCTAVE = 12
_LEAST = 7  # semitones of a range
_MIDDLE = 60
_SHARED = 5  # semitones of the lower half of a range that a high player uses, too
_TOP_SHARE = 8  # a high player leaves out the highest eighth of the range
_HARD_SHARE = 4  # a player who is spared high notes leaves out the highest quarter of the range
_WRITTEN = "written"
_SINGING = ("voice", "solo-voice")  # families
_CHOIR, _VOICES = "satb-choir", ("soprano", "alto", "tenor", "bass-voice")
_VOICES_OF_CHOIRS = {
    "satb-choir": _VOICES, "womens-choir": ("soprano", "mezzo-soprano", "alto"),
    "mens-choir": ("tenor", "tenor", "baritone", "bass-voice"),
}  # fmt: skip
_WORDS_BETWEEN = 3  # "for the first" between a range and whose it is


def settle_ranges(findings: Sequence[Finding], settled: Settled) -> None:
    """The ranges of players with one staff: "trumpet, range from low C to G", "low clarinet", "sopranos not above F5"."""
    _settle_registers(findings, settled)
    for place, finding in enumerate(findings):
        if finding.kind != "range":
            continue
        players = [player.partition(":")[0] for player in players_in(settled.options)]
        if finding.value == FIRST_POSITION and len(set(players)) > 1:
            _settle_first_positions(place, players, settled)
        else:
            _settle_range(place, findings, settled)


def _settle_range(place: int, findings: Sequence[Finding], settled: Settled) -> None:
    """One range of the players whose it is, if they can keep to it."""
    players = players_in(settled.options)
    names = [player.partition(":")[0] for player in players]
    value = findings[place].value
    if _beside(place, findings) & set(_VOICES) and tuple(names) == players_of(_CHOIR):
        players = names = list(_VOICES)
    is_choir = isinstance(value, Range) and not value.singers and not _beside(place, findings) & set(names)
    if is_choir and (voices := _VOICES_OF_CHOIRS.get(str(settled.options.get("ensemble", "")))):
        players = names = list(voices)  # "SSA, no higher than F5": of each voice that reaches higher
        theirs = [name for name in dict.fromkeys(names) if _text_of(name, value, "")]
    else:
        theirs = _players_of_range(place, findings, names)
    key = next((one.value for one in findings if one.kind == "key"), "")
    found = {name: _text_of(name, value, key) for name in theirs}
    if found and all(found.values()):
        settled.options.pop("ensemble", None)
        settled.options["instruments"] = [
            f"{name}:{found[name]}" if name in found else player for name, player in zip(names, players, strict=True)
        ]
        is_alone = len(found) == len(set(names)) == 1
        settled.explain(
            place, ", ".join(f"range {text}" if is_alone else f"range {text} of {name}" for name, text in found.items())
        )


def _text_of(name: str, value: Range | int | str, key: str) -> str:
    """The range of an instrument as a brief has it; empty where it has not so much."""
    if value == FIRST_POSITION:
        return str(prompt_table()["first_positions"].get(name, ""))
    if value == COMFORTABLE:
        row = instruments()[name]
        return f"{note_name(row.low)}-{note_name(row.high - (row.high - row.low) // _HARD_SHARE)}"
    if isinstance(value, Range):
        return _range_of(name, value.low, value.high)
    return _octaves_of(name, value, key) if isinstance(value, int) else ""


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


def _players_of_range(place: int, findings: Sequence[Finding], players: Sequence[str]) -> list[str]:
    """The players with one staff whose range it is: those named, the only ones, or the singers: "choir and piano, C4 to D5"."""
    able = [name for name in dict.fromkeys(players) if name in instruments() and staves_of(name) == 1]
    value = findings[place].value
    if isinstance(value, Range) and value.singers:
        return [name for name in able if name in value.singers]
    if named := [name for name in able if name in _beside(place, findings)]:
        return named if len(named) == 1 else []
    singers = [name for name in able if instruments()[name].family in _SINGING]
    if value == COMFORTABLE:
        return singers or able
    return singers if len(singers) == 1 else able if len(set(players)) == 1 else []


def _beside(place: int, findings: Sequence[Finding]) -> set[str]:
    """Who is named right before or after a range: "the trumpets not above D5", "nothing above F5 for the sopranos"."""
    one = findings[place]
    beside = [*findings[max(place - 1, 0) : place], *findings[place + 1 : place + 2]]
    parts = [part for part in beside if part.kind == "part" and part.clause == one.clause]
    after = [part for part in parts if 0 <= part.first - one.last <= _WORDS_BETWEEN]
    before = [part for part in parts if part.last <= one.first]
    return set(players_of_part((after or before)[0], alone=False)) if after or before else set()


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
    least = _MIDDLE if high and high.place == "middle" else first + _LEAST * (2 if is_upper else 1)
    last = _pitch(high, least) if high else row.high
    last += row.sounds if high and high.place == _WRITTEN else 0
    last -= bool(high and high.is_excluded)
    return f"{note_name(first)}-{note_name(last)}" if row.low <= first <= last - _LEAST and last <= row.high else ""


def _pitch(note: Note, least: int) -> int:
    """The pitch in its octave, else the lowest of its name from `least` on."""
    step = parse_pitch_name(note.name)[1] % _OCTAVE
    return _OCTAVE * (int(note.octave) + 1) + step if note.octave else least + (step - least) % _OCTAVE
