"""Requests in words: a prompt and explicit options as options of a brief that can be met, and how the words were read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from composer.brief import Brief
from composer.errors import BadInputError
from composer.prompt import Understanding, merge, parse_prompt

_SECTIONS, _BETWEEN = "sections", "; "
# Wishes of a prompt that give way where no piece can meet all, the least important first. Those that say what kind of piece it
# is stay: style, mood and players.
_GIVE_WAY = (
    _SECTIONS, "pauses", "ending", "tempo_curve", "arc", "density", "polyphony", "scale", "features", "texture", "level",
    "tempo", "bars", "loop", "form", "chords", "duration", "hits", "mood_curve", "meter", "key",
)  # fmt: skip


def read_request(prompt: str, explicit: Mapping[str, Any]) -> tuple[dict[str, Any], Understanding]:
    """The options for a brief of a prompt, overridden by explicit ones, and how the prompt was read.

    Wishes of the prompt that no piece can meet together, or beside the explicit options, give way with a note: a setting of one
    section if that helps, else one option, else the fewest of several.

    Args:
        prompt: in words.
        explicit: options as for `Brief.from_dict`, which never give way; `None` is ignored.

    Raises:
        BadInputError: the prompt is not understood, one of its values is out of range, or nothing that gives way helps.

    >>> options, reading = read_request("horns in the bridge", {"seed": 1})
    >>> "sections" in options, reading.notes
    (False, ("'bridge: +horns' gives way: all players rest in section A, from bar 1: let at least one play there",))
    """
    understanding = parse_prompt(prompt)
    known = Brief.options()
    for option, value in understanding.options.items():
        known[option].read(value)  # refuses a value out of range
    options = merge(understanding, explicit)
    understanding = replace(understanding, notes=(*understanding.notes, *_overridden(understanding.options, explicit)))
    refusal = _refusal(options)
    if refusal is None:
        return options, understanding
    said = {name: options[name] for name in _GIVE_WAY if name in options and explicit.get(name) is None}
    lost = next((each for each in _single(said) if _refusal(_without(options, each)) is None), None) or _several(options, said)
    if not lost:
        raise refusal
    wishes = [str(value) if name == _SECTIONS else f"{name} {value}" for name, value in lost.items()]
    notes = [f"{wish!r} gives way: {refusal}" for wish in wishes]
    remaining = _without(options, lost)
    read = {name: remaining.get(name) for name in understanding.options if name not in lost or name in remaining}
    return remaining, replace(understanding, options=read, notes=(*understanding.notes, *notes))


def _overridden(read: Mapping[str, Any], explicit: Mapping[str, Any]) -> Iterator[str]:
    """A line for each option of a prompt for which another value is given explicitly."""
    for name, value in read.items():
        said, given = (
            ", ".join(map(str, each)) if isinstance(each, list) else str(each) for each in (value, explicit.get(name))
        )
        if explicit.get(name) is not None and given.casefold() != said.casefold():
            yield f"{name} {said} gives way: {name} {given} is given"


def _refusal(options: Mapping[str, Any]) -> BadInputError | None:
    """Why no piece can meet some options; `None` if one can. An explicit tempo in words is for the command line to read."""
    from composer.arranging import settle  # a prompt that is not understood is refused before these are imported
    from composer.plan import make_plan

    try:
        brief = Brief.from_dict(
            {name: value for name, value in options.items() if name != "tempo" or not isinstance(value, str)}
        )
        settle(make_plan(brief), brief)
    except BadInputError as error:
        return error
    return None


def _single(said: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Each setting of a section, then each option, as what gives way."""
    for setting in str(said[_SECTIONS]).split(_BETWEEN) if _SECTIONS in said else ():
        yield {_SECTIONS: setting}
    for name, value in said.items():
        yield {name: value}


def _several(options: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    """The options that give way together, of which none can stay; empty if that does not help."""
    lost: dict[str, Any] = {}
    for name, value in said.items():
        lost[name] = value
        if _refusal(_without(options, lost)) is None:
            break
    else:
        return {}
    for name in list(lost):
        fewer = {other: value for other, value in lost.items() if other != name}
        if _refusal(_without(options, fewer)) is None:
            lost = fewer
    return lost


def _without(options: Mapping[str, Any], lost: Mapping[str, Any]) -> dict[str, Any]:
    """Options without some, or without one setting of a section."""
    left = {name: value for name, value in options.items() if name not in lost}
    settings = str(options.get(_SECTIONS, "")).split(_BETWEEN)
    if lost.get(_SECTIONS) in settings and len(settings) > 1:
        left[_SECTIONS] = _BETWEEN.join(setting for setting in settings if setting != lost[_SECTIONS])
    return left
