"""From a plan to a guide: the script of a whole piece of which no note is known, and the rules that every piece keeps to.

Pitches and chords here are functional: C major or A minor.
"""

from __future__ import annotations

from dataclasses import replace

from composer.controls import PHRASE_BARS, Controls
from composer.pipeline.frame import skeleton
from composer.pipeline.guide.attacks import Attacks
from composer.pipeline.guide.cadence import Cadence
from composer.pipeline.guide.core import ScriptGuide
from composer.pipeline.guide.dynamics import SteadyDynamics
from composer.pipeline.guide.harmony import BoundHarmony
from composer.pipeline.guide.leading import LeadingChord
from composer.pipeline.guide.notation import Legible
from composer.pipeline.guide.notes import NoteRule, Notes
from composer.pipeline.guide.parallels import Parallels, voices_of
from composer.pipeline.guide.reach import PlayableNotes, hands_of
from composer.pipeline.guide.rests import LongRests
from composer.pipeline.guide.scale import ScaleFloor
from composer.pipeline.guide.script import BarScript, Script, closed_with_returns
from composer.pipeline.guide.standstill import Standstill
from composer.pipeline.guide.timpani import TunedDrums, timpani_of
from composer.pipeline.guide.walk import Rule, Walk
from composer.plan import Plan
from composer.score import Chord
from composer.tokenizer import Tokenizer, functional_shift
from composer.tokenizer.stream import StreamOptions, header_ids
from composer.tokenizer.vocabulary import Vocabulary


class PlanGuide(ScriptGuide):
    """Guides the sampling of one piece.

    Args:
        tokenizer: the model's tokenizer.
        plan: what is settled.
        dropped: groups of controls (see `tokenizer.stream.DROPPABLE`) that this stream leaves out, as the unconditional
            branch of guidance does.
    """

    def __init__(self, tokenizer: Tokenizer, plan: Plan, dropped: frozenset[str] = frozenset()) -> None:
        script = script_of(tokenizer, plan, dropped)
        super().__init__(tokenizer, script, functional_ranges(plan), rules_of(tokenizer, plan))


def functional_ranges(plan: Plan) -> dict[int, tuple[int, int]]:
    """Lowest and highest pitch of each pitched part, in functional pitch."""
    shift = functional_shift(plan.key)
    return {
        index: (max(0, part.low + shift), min(127, part.high + shift))
        for index, part in enumerate(plan.parts)
        if not part.is_drum
    }


def rules_of(tokenizer: Tokenizer, plan: Plan) -> tuple[Rule, ...]:
    """The rules that a piece keeps to, fresh for one stream."""
    grammar, ranges = tokenizer.grammar, functional_ranges(plan)
    last = plan.bars - 1

    def binds(walk: Walk) -> bool:
        return bool(plan.chords) or (not plan.loop and walk.bar.index >= last - 1)

    always = (
        Legible(grammar),
        LongRests(grammar, len(plan.parts)),
        Attacks(grammar, plan.attack_bars, {0, *(section.start_bar for section in plan.sections)}),
        SteadyDynamics(grammar),
        Standstill(grammar),
    )
    if not ranges:
        return always
    mode, shift = plan.key.mode, functional_shift(plan.key)
    hands = hands_of(plan.parts, shift)
    drums = TunedDrums(grammar, mode, shift, timpani_of(plan.parts), None if plan.loop else last)
    parallels, bound = Parallels(voices_of(hands)), BoundHarmony(grammar, binds)
    scale = [] if plan.scale is None else [ScaleFloor(grammar, mode, plan.scale, bool(plan.chords))]
    notes: list[NoteRule] = [PlayableNotes(hands), *scale, drums, bound]
    if plan.loop:
        return *always, LeadingChord(grammar, mode, last), *scale, Notes(grammar, [*notes, parallels])
    leading, ending = LeadingChord(grammar, mode, last - 1), Cadence(grammar, mode, last, ranges)
    return *always, leading, ending, *scale, Notes(grammar, [*notes, ending, parallels])


def script_of(tokenizer: Tokenizer, plan: Plan, dropped: frozenset[str] = frozenset()) -> Script:
    """The stream of a plan: header and openings fixed as far as the plan settles them, notes open."""
    vocabulary = tokenizer.vocabulary
    closed = _closed_bars(plan)
    bars = tuple(_bar(plan, bar, vocabulary, dropped, bar in closed) for bar in range(plan.bars))
    return Script(header_of(tokenizer, plan, dropped), bars, tuple(range(len(plan.parts))), vocabulary.offsets["EOS"])


def header_of(tokenizer: Tokenizer, plan: Plan, dropped: frozenset[str] = frozenset()) -> tuple[int, ...]:
    """The header of the stream of an empty score that has everything the plan fixes."""
    controls = Controls(styles=plan.styles, composer=plan.composer, density=plan.density, polyphony=plan.polyphony)
    frame = skeleton(plan)
    piece = tokenizer.tokenise(frame if _has_harmony(plan) else replace(frame, keys=()), controls)
    return tuple(header_ids(piece, tokenizer.vocabulary, StreamOptions(dropped=dropped)))


def _bar(plan: Plan, bar: int, vocabulary: Vocabulary, dropped: frozenset[str], closed: bool) -> BarScript:
    opening: list[tuple[int, ...]] = []
    if plan.moods and bar % PHRASE_BARS == 0 and "mood" not in dropped:
        mood = plan.moods[bar // PHRASE_BARS]
        opening += [(vocabulary.affect("Valence", mood.valence),), (vocabulary.affect("Arousal", mood.arousal),)]
    opening.append(_recalls(plan, bar, vocabulary))
    distance = literal_return(plan, bar)
    if _has_harmony(plan) and not distance:
        opening += _chords(plan, bar, vocabulary)
    return BarScript(
        index=bar,
        begin=(vocabulary.bar(None if plan.loop else plan.bars - 1 - bar),),  # a loop has no end to be seen
        opening=tuple(opening),
        may_change_chord=not plan.chords and (plan.loop or bar < plan.bars - 1),
        open_parts=frozenset(range(len(plan.parts))),
        closed=closed,
        repeats=bar - distance if distance else None,
    )


def _closed_bars(plan: Plan) -> set[int]:
    """Bars beyond which nothing rings: what follows is known, strikes anew, begins a section, or is part of the ending."""
    starts = {section.start_bar for section in plan.sections} | plan.attack_bars | {plan.bars - 2, plan.bars - 1, plan.bars}
    distances = {bar: distance for bar in range(plan.bars) if (distance := literal_return(plan, bar))}
    return closed_with_returns({bar - 1 for bar in starts if bar}, distances)


def literal_return(plan: Plan, bar: int) -> int:
    """How many bars back the bar stands that this one repeats to the letter; 0 if it repeats none."""
    distance = plan.recalls[bar] or 0
    return distance if not plan.chords or plan.chords[bar] == plan.chords[bar - distance] else 0


def _recalls(plan: Plan, bar: int, vocabulary: Vocabulary) -> tuple[int, ...]:
    return tuple(vocabulary.recall(distance) for distance in plan.recall_choices(bar))


def _chords(plan: Plan, bar: int, vocabulary: Vocabulary) -> list[tuple[int, ...]]:
    """The ids that may state the bar's first chord, or its one or two chords where they are given.

    A piece begins on the tonic or the dominant, so that its key is heard.
    """
    shift = functional_shift(plan.key)

    def functional(chord: Chord) -> int:
        return vocabulary.chord(chord.transposed(shift))

    if plan.chords:
        return [(functional(chord),) for chord in plan.chords[bar]]
    tonic = 0 if plan.key.mode == "major" else 9
    if bar == plan.bars - 1 and not plan.loop:
        return [(vocabulary.chord(Chord(tonic, plan.key.mode[:3])),)]
    roots = {str(tonic), str((tonic + 7) % 12)} if bar == 0 else None
    return [
        tuple(
            vocabulary.offsets["Chord"] + index
            for index, name in enumerate(vocabulary.groups["Chord"])
            if roots is None or name.partition(":")[0] in roots
        )
    ]


def _has_harmony(plan: Plan) -> bool:
    return any(not part.is_drum for part in plan.parts)
