"""Textures and pauses of a prompt, as far as its players allow them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from composer.brief import PAUSE_BEFORE_END, is_drums
from composer.controls import BED, CLUSTERS, HELD, ONE_HAND
from composer.presets import instruments, programs_of, styles
from composer.prompt.findings import Finding
from composer.prompt.parts import players_of
from composer.prompt.section_spans import kind_of_section
from composer.prompt.settled import NOTHING_MORE, Conflict, Settled

_KEYBOARDS = programs_of("piano", "electric-piano", "harpsichord")
_HANDS = _KEYBOARDS | programs_of("organ", "harp")  # instruments with two staves, which take turns
_SINGLE = programs_of("solo-strings", "solo-voice", "voice", "brass", "saxophone", "reed", "pipe")  # lines of one tone
_PIANO = "piano"
_REPLACED = ("density", "polyphony")  # a texture says how many notes there are


def with_sections_of_pauses(findings: Sequence[Finding]) -> list[Finding]:
    """The findings with the section that a piece needs for a pause before it, right after that pause."""
    found: list[Finding] = []
    for one in findings:
        found.append(one)
        if name := _section_after(one):
            found.append(replace(one, kind="section wanted", value=kind_of_section(name)))
    return found


def _section_after(finding: Finding) -> str:
    """The kind of section that follows a pause; empty for pauses elsewhere, and before sections with a letter."""
    place = str(finding.value).partition(" before ")[2] if finding.kind == "pause" else ""
    return "" if place == PAUSE_BEFORE_END or len(place) == 1 else place.rpartition(" ")[2]


def settle_textures(findings: Sequence[Finding], settled: Settled) -> None:
    """Sets a texture that the players can play, the most particular of several, and pauses in a piece without hits.

    A band with drums has no other texture than its music without a melody.
    """
    _settle_texture([(place, one.value) for place, one in enumerate(findings) if one.kind == "texture"], settled)
    pauses = [(place, one) for place, one in enumerate(findings) if one.kind == "pause"]
    pauses = [(place, one) for place, one in pauses if not _section_after(one) or place + 1 in settled.meanings]
    if pauses and "hits" in settled.options:
        settled.conflicts += [Conflict("pauses", "hits", one.phrase) for _, one in pauses]
    elif pauses:
        settled.options["pauses"] = ", ".join(dict.fromkeys(one.value for _, one in pauses))
        for place, one in pauses:
            settled.explain(place, f"pause {one.value}")


def _settle_texture(wanted: Sequence[tuple[int, str]], settled: Settled) -> None:
    able = [value for _, value in wanted if _can_play(value, settled)]
    texture = next((value for value in able if value != BED), BED)
    if able:
        settled.options["texture"] = texture
        for option in _REPLACED:
            settled.options.pop(option, None)
    if able and texture in ONE_HAND and not _named(settled):
        settled.options["ensemble"] = _PIANO
    for place, value in wanted:
        if value in (texture, BED) and able:
            settled.explain(place, f"texture {texture}")
        elif value == BED:  # drums have no melody
            settled.explain(place, NOTHING_MORE)


def _named(settled: Settled) -> list[str]:
    """The players that the prompt names."""
    listed = settled.options.get("instruments")
    if listed:
        return listed.split(",") if isinstance(listed, str) else list(listed)
    ensemble = settled.options.get("ensemble")
    return list(players_of(ensemble)) if ensemble else []


def _can_play(texture: str, settled: Settled) -> bool:
    """Whether the players of a piece can play a texture."""
    style = styles().get(settled.first_style)
    usual = list(players_of(style.ensemble)) if style and style.ensemble else []
    named = _named(settled)
    players = named or usual
    pitched = [name.partition(":")[0] for name in players if not is_drums(name.partition(":")[0])]
    if texture == BED:
        return bool(pitched) or not players
    if len(pitched) < len(players):
        return False
    program = instruments()[pitched[0]].program if len(pitched) == 1 else None
    if texture in ONE_HAND:
        return program in _KEYBOARDS or not named
    if texture == HELD or program is None:
        return True
    return program not in _SINGLE if texture == CLUSTERS else program in _HANDS
