"""What settings of sections mean for a part: where it rests, how it plays, who takes the melody of a player who rests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from composer.arranging.casting import Role, height, is_player
from composer.arranging.leading import NO_MELODY, leader_of
from composer.arranging.setting import BandBar
from composer.brief import SectionSetting
from composer.errors import BadInputError
from composer.plan import Plan
from composer.plan.section_names import check_names, settings_by_section
from composer.plan.sections import PAUSE
from composer.presets import EnsemblePart
from composer.score import Note

_COMPLEXITY = {"busy": 0.95, "sparse": 0.0}
_LIFT = {"high": 1, "low": -1}


def check_settings(plan: Plan, roles: Sequence[Role]) -> None:
    """Checks the names in a plan's settings of sections, and that somebody plays in each; see `section_names.check_names`.

    Raises:
        BadInputError: a section or player does not exist, or all players rest.
    """
    check_names(plan.settings, plan.all_sections)
    for setting in plan.settings:
        for name in (*setting.rests, *setting.playing, *(player for _, player in setting.manners)):
            if not any(is_player(name, part, role.kind) for part, role in zip(plan.parts, roles, strict=True)):
                names = ", ".join(part.name for part in plan.parts)
                raise BadInputError(f"no part plays {name!r}, which section {setting.section!r} names: the parts are {names}")
        for name in setting.leading:
            if leader_of(name, plan.parts, roles) is None:
                raise BadInputError(f"{name!r} of section {setting.section!r} cannot play a melody: name another player")
    resting = [resting_bars(plan, part, role) for part, role in zip(plan.parts, roles, strict=True)]
    for section in plan.all_sections if plan.settings else ():
        if section.name != PAUSE and all(section.start_bar in bars for bars in resting):
            where = f"section {section.name}, from bar {section.start_bar + 1}"
            raise BadInputError(f"all players rest in {where}: let at least one play there")


def resting_bars(plan: Plan, part: EnsemblePart, role: Role) -> frozenset[int]:
    """Bars in which a part rests by the settings of sections."""
    entering = {name for one in plan.settings for name in one.joins}

    def named(names: Sequence[str]) -> bool:
        return any(is_player(name, part, role.kind) for name in names)

    def rests(asked: SectionSetting) -> bool:
        if asked.only:
            return not named(asked.playing)
        leads = named(asked.leading)
        return (named(asked.rests) and not leads) or (named(tuple(entering)) and not named(asked.playing))

    settings = settings_by_section(plan.settings, plan.all_sections) if plan.settings else {}
    return frozenset(
        bar
        for section in plan.all_sections
        if plan.settings and rests(settings[section.start_bar])
        for bar in range(section.start_bar, section.start_bar + section.bars)
    )


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


def handed_over(
    tune: Sequence[Note], sung: frozenset[int], resting: Sequence[frozenset[int]], plan: Plan
) -> Mapping[int, tuple[Note, ...]]:
    """The melody in the bars in which nobody has it, by the part that takes it: the highest that plays, in its octave.

    Args:
        tune: the melody.
        sung: bars in which a part that plays has it.
        resting: by part, the bars in which it rests.
        plan: of the piece.
    """
    ticks = plan.meter.bar_ticks
    taken: dict[int, list[Note]] = {}
    for section in plan.all_sections:
        bars = {*range(section.start_bar, section.start_bar + section.bars)} - sung
        lost = [note for note in tune if note.start_ticks // ticks in bars]
        able = [
            index
            for index, part in enumerate(plan.parts)
            if section.start_bar not in resting[index] and not part.is_drum and part.program not in NO_MELODY
        ]
        if not lost or not able:
            continue
        player = max(able, key=lambda index: (height(plan.parts[index]), -index))
        low, high = plan.parts[player].low, plan.parts[player].high
        lift = min(
            range(-48, 49, 12),
            key=lambda shift: (sum(not low <= note.pitch + shift <= high for note in lost), abs(shift)),
        )
        taken.setdefault(player, []).extend(
            replace(note, pitch=note.pitch + lift) for note in lost if low <= note.pitch + lift <= high
        )
    return {index: tuple(notes) for index, notes in taken.items()}
