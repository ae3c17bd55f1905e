"""Who plays: ensembles, instruments and what to leave out, to one ensemble or one list of instruments."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import Any

from composer.brief import DRUMS
from composer.presets import ensembles, instruments
from composer.prompt.reading import Finding, senses_of_part
from composer.prompt.table import phrase_of, prompt_table

DEFAULT_ENSEMBLE = "piano"


def settle_parts(parts: Sequence[Finding], exclusions: Sequence[Finding], usual_ensemble: str) -> dict[str, Any]:
    """The option "ensemble" or "instruments", or nothing where the prompt names no part.

    One ensemble stays one; several parts are a list of instruments, unless they are just the players of an ensemble. What is
    to be left out is taken from the parts named, or from `usual_ensemble`, the one that the plan would choose; if that leaves
    all or none, exclusions say nothing.
    """
    alone = len(parts) == 1
    if alone and _is_ensemble(parts[0]):
        chosen: dict[str, Any] = {"ensemble": senses_of_part(parts[0])["ensemble"]}
    else:
        chosen = _as_option([name for part in parts for name in players_of_part(part, alone=alone)])
    if not exclusions:
        return chosen
    players = chosen.get("instruments") or list(players_of(chosen.get("ensemble") or usual_ensemble or DEFAULT_ENSEMBLE))
    left = [name for name in players if not any(_is_excluded(name, finding) for finding in exclusions)]
    return chosen if not left or left == players else _as_option(left)


def _is_ensemble(part: Finding) -> bool:
    """Whether a part that stands alone is one ensemble: "a flute", not "two flutes" nor "flutes"."""
    return "ensemble" in senses_of_part(part) and part.count < 2 and not _is_pair(part)


def _is_pair(part: Finding) -> bool:
    """ "Violins" without a number are two; "strings" and "brass" are names of their own."""
    return part.value.note == "plural" and "instrument" in senses_of_part(part)


def players_of_part(part: Finding, *, alone: bool) -> list[str]:
    """The instruments of one part; in a list, "strings" are one part of a string section and not five."""
    senses = senses_of_part(part)
    is_section = "instrument" in senses and not (alone and _is_ensemble(part))
    names = list(senses["instrument"] if is_section else players_of(senses["ensemble"]))
    return names * (part.count or (2 if _is_pair(part) else 1))


def _as_option(names: list[str]) -> dict[str, Any]:
    """The first ensemble whose players these are, else the list."""
    if not names:
        return {}
    wanted = Counter(names)
    ensemble = next((name for name in ensembles() if Counter(players_of(name)) == wanted), None)
    return {"ensemble": ensemble} if ensemble else {"instruments": names}


@cache
def players_of(ensemble: str) -> tuple[str, ...]:
    """The instruments of an ensemble, one for all the staves of a keyboard or harp.

    >>> players_of("piano-trio"), players_of("piano-four-hands")
    (('violin', 'cello', 'acoustic-grand-piano'), ('acoustic-grand-piano', 'acoustic-grand-piano'))
    """
    by_program = list(instruments())
    names: list[str] = []
    previous = ""
    for part in ensembles()[ensemble].parts:
        player, bracket, _ = part.name.partition(" (")
        if not (bracket and player == previous):
            names.append(DRUMS if part.is_drum else by_program[part.program])
        previous = player
    return tuple(names)


def _is_excluded(name: str, exclusion: Finding) -> bool:
    """Whether an instrument belongs to what is to be left out: the instruments named, or a family by words of the name."""
    senses = senses_of_part(exclusion)
    unwanted = set(senses.get("instrument", ())) or set(players_of(senses["ensemble"]))
    families = prompt_table()["families"]
    words = {word for text in phrase_of(exclusion.phrase) for word in families.get(text, ())}
    return name in unwanted or bool(words & set(name.split("-")))
