"""The rules of a stream: each rule once, with the condition under which it applies. Knows no plan and no user's piece."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Literal

from composer.guide.bar_rules import Attacks, LastGroup, LongRests, Standstill, SteadyDynamics
from composer.guide.bass_rules import PlannedBass
from composer.guide.ending import Cadence, LeadingChord
from composer.guide.harmony_rules import BoundHarmony
from composer.guide.notation_rules import Legible
from composer.guide.note_rules import (
    FilledStrokes,
    Parallels,
    PlayableNotes,
    ScaleFloor,
    TunedDrums,
    hands_of,
    timpani_of,
    voices_of,
)
from composer.guide.rule import NoteRule, Notes, Rule
from composer.guide.walk import Walk
from composer.presets import EnsemblePart
from composer.score import Key, Mode
from composer.tokenizer import Grammar


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedMusic:
    """Facts for the rules of a piece that is written as a whole from a plan.

    Attributes:
        attack_bars: bars on whose barline every sounding part attacks.
        section_starts: bars on whose barline at least one part attacks.
        steady_bass: whether the bass plays in every bar.
        pickup: steps of the first bar before an upbeat, in which no part plays.
        scale: the least share of the notes on the scale of `key`, if one is requested.
        key: in functional pitch.
        states_chords: whether the plan states all chords.
        grouping: the beats of an uneven meter, if the last group is to be marked.
    """

    attack_bars: Set[int]
    section_starts: Set[int]
    steady_bass: bool
    scale: float | None
    key: Key
    states_chords: bool
    grouping: tuple[int, ...]
    pickup: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleContext:
    """Facts that decide which rules apply to a stream.

    Attributes:
        grammar: of the model's tokenizer.
        players: name, program and range of each part.
        n_parts: number of parts.
        ranges: lowest and highest functional pitch of each pitched part.
        shift: semitones from sounding to functional pitch.
        mode: of the piece.
        color: the church mode or mode that the ending follows.
        last: index of the last bar.
        ends: how the piece ends: with a cadence, as a loop, or open.
        binds: whether the chords of the walk's bar bind its notes.
        longest_rest: bars for which an open part may be silent; `None` for what is usual in an ensemble of this size.
        single_voices: parts that are one voice to the last note, whatever their instruments could play.
        planned: of a piece that is written as a whole; `None` where only some bars or parts are.
    """

    grammar: Grammar
    players: Sequence[EnsemblePart]
    n_parts: int
    ranges: Mapping[int, tuple[int, int]]
    shift: int
    mode: Mode
    color: str
    last: int
    ends: Literal["cadence", "loop", "open"]
    binds: Callable[[Walk], bool]
    longest_rest: int | None
    single_voices: Set[int] = frozenset()
    planned: PlannedMusic | None = None


def rules_for(
    context: RuleContext, first: Sequence[Rule] = (), notes: Sequence[NoteRule] = (), last: Sequence[Rule] = ()
) -> tuple[Rule, ...]:
    """The rules of a stream, fresh for it, in the order in which they are applied.

    Args:
        context: decides which rules apply.
        first: rules of the caller that come before all others.
        notes: rules of the caller about notes; they come after those on playability and harmony.
        last: rules of the caller that come after all others.
    """
    grammar, ranges, final, plan = context.grammar, context.ranges, context.last, context.planned
    hands, timpani = hands_of(context.players, context.shift, context.single_voices), timpani_of(context.players)
    whole = plan if ranges else None  # a planned piece with pitched parts
    closes, loops = context.ends == "cadence" and bool(ranges), context.ends == "loop" and bool(ranges)
    singers = frozenset(part for part, hand in hands.items() if hand.reach.notes == 1)

    bass = PlannedBass(grammar, ranges, timpani, whole.steady_bass, whole.pickup) if whole else None
    bound = BoundHarmony(grammar, context.binds, singers - {bass.part} if bass else (), plan.key.scale if plan else frozenset())
    scale = ScaleFloor(grammar, whole.key, whole.scale, whole.states_chords) if whole and whole.scale is not None else None
    drums = TunedDrums(grammar, context.mode, context.shift, timpani, final if context.ends == "cadence" else None)
    ending = Cadence(grammar, context.color, final, ranges) if closes else None
    filled = FilledStrokes({part for part, hand in hands.items() if hand.reach.strings and bass and part == bass.part})
    uneven = LastGroup(whole.grouping, min(ranges), final) if whole and whole.grouping else None
    voices = Parallels(voices_of(hands))
    about_notes = (PlayableNotes(hands), scale, drums, bass, bound, *notes, ending, voices, filled, uneven)

    rules: tuple[Rule | None, ...] = (
        *first,
        Legible(grammar),
        LongRests(grammar, context.n_parts, context.longest_rest),
        Attacks(grammar, plan.attack_bars, plan.section_starts) if plan else None,
        SteadyDynamics(grammar),
        Standstill(grammar) if plan else None,
        LeadingChord(grammar, context.color, final if loops else final - 1) if closes or loops else None,
        ending,
        scale,
        bass,
        bound if whole else None,
        Notes(grammar, [rule for rule in about_notes if rule is not None]),
        *last,
    )
    return tuple(rule for rule in rules if rule is not None)
