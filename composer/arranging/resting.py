"""What settings of sections mean for a part: where it rests, how it plays, and a check that sections and players exist."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from composer.arranging.casting import Role, is_player
from composer.arranging.setting import BandBar, Setting, is_known_section, is_section, kinds_of, sections_of
from composer.errors import BadInputError
from composer.plan import Plan
from composer.presets import EnsemblePart
from composer.score import Note

_COMPLEXITY = {"busy": 0.95, "sparse": 0.0}
_LIFT = {"high": 1, "low": -1}


def check_settings(plan: Plan, roles: Sequence[Role]) -> None:
    """Checks the names in a plan's settings of sections. A kind of section that the piece lacks is not an error.

    Raises:
        BadInputError: a section or player does not exist.
    """
    for setting in plan.settings:
        if not (is_known_section(setting.section) or _sections_named(plan, setting.section)):
            names = ", ".join(dict.fromkeys(section.name for section in sections_of(plan)))
            raise BadInputError(f"the piece has no section {setting.section!r}: it has {names}")
        for name in (*setting.rests, *setting.playing, *(player for _, player in setting.manners)):
            if not any(is_player(name, part, role.kind) for part, role in zip(plan.parts, roles, strict=True)):
                names = ", ".join(part.name for part in plan.parts)
                raise BadInputError(f"no part plays {name!r}, which section {setting.section!r} names: the parts are {names}")


def _sections_named(plan: Plan, name: str) -> bool:
    kinds = kinds_of(plan)
    return any(is_section(name, section, kinds[section.letter]) for section in sections_of(plan))


def resting_bars(setting: Setting, part: EnsemblePart, role: Role) -> frozenset[int]:
    """Bars in which a part rests by the settings of sections."""
    entering = {name for one in setting.plan.settings for name in one.joins}

    def named(names: Sequence[str]) -> bool:
        return any(is_player(name, part, role.kind) for name in names)

    def rests(index: int) -> bool:
        asked = setting.bars[index].asked
        if asked.only:
            return not named((*asked.only, *asked.joins, *asked.plays))
        return named(asked.rests) or (named(tuple(entering)) and not named(asked.playing))

    return frozenset(index for index in range(setting.plan.bars) if rests(index)) if setting.plan.settings else frozenset()


@dataclass(frozen=True, slots=True)
class Manner:
    """How a part plays in a bar.

    Attributes:
        complexity: from 0 to 1, `None` for the style's.
        lift: 1 for a high register, -1 for a low one, 0 for the usual one.
    """

    complexity: float | None
    lift: int


def manner_of(bar: BandBar, part: EnsemblePart, kind: str) -> Manner:
    """How a part with a role of a kind plays in a bar by the settings of its section; the last of opposites counts."""
    complexity, lift = bar.asked.complexity, 0
    for word, player in bar.asked.manners:
        if is_player(player, part, kind):
            complexity = _COMPLEXITY.get(word, complexity)
            lift = _LIFT.get(word, lift)
    return Manner(complexity, lift)


def without(notes: Sequence[Note], bars: frozenset[int], bar_ticks: int) -> tuple[Note, ...]:
    """Notes except those that begin in the given bars; a note held into them ends at the barline."""
    kept = []
    for note in notes:
        first, last = note.start_ticks // bar_ticks, (note.end_ticks - 1) // bar_ticks
        if first not in bars:
            end = next((bar * bar_ticks for bar in range(first + 1, last + 1) if bar in bars), note.end_ticks)
            kept.append(replace(note, duration_ticks=end - note.start_ticks))
    return tuple(kept)
