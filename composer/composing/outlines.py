"""Melodies and outlines that are written before a piece.

Small ensembles get a melody, which the language model accompanies. Of an orchestra's piece there are several outlines, of which
the model keeps the one that it finds least surprising. An outline costs milliseconds to write and some tenths of a second to
read, so a piece can afford several. The measure is how much more the notes surprise the network than it expects (surprise less
entropy, in nats); human pieces are near 0. Only the first bars are read: ideas and their answers are there. Where a brief asks
for a mood, the distance from it counts as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from composer.analysis.mood import estimate_mood
from composer.arranging import arrange, is_accompanied, is_outlined, lead_of, settle
from composer.brief import Brief
from composer.composing.finishing import chord_symbols
from composer.composing.judge import open_reader
from composer.controls import PHRASE_BARS
from composer.guide.frame import skeleton
from composer.melody import Tone, draw_melodies
from composer.plan import Plan
from composer.score import Note, Score

_READ_BARS = 16
_MOOD_WEIGHT = 0.6  # nats for a distance of 1 from the requested mood


@dataclass(frozen=True)
class Watch:
    """What is called while outlines are drawn.

    Attributes:
        on_draft: called with drafts of the first outline: without its melody, then with more and more bars of the first melody.
        on_step: called after every round of sampling; may raise to stop.
    """

    on_draft: Callable[[Score], None] | None = None
    on_step: Callable[[], None] | None = None


UNWATCHED = Watch()


def drawn_plans(plan: Plan, brief: Brief, folder: Path, takes: Sequence[int], watch: Watch = UNWATCHED) -> list[Plan]:
    """A plan for each candidate of a brief, with its band and its melody.

    Args:
        plan: with its harmony.
        brief: the request.
        folder: of the model.
        takes: numbers of the candidates.
        watch: what is called meanwhile.
    """
    if is_accompanied(settle(plan, brief)):
        return with_melodies([settle(plan, brief, take) for take in takes], brief.draws.melodies, watch)
    silent = replace(watch, on_draft=None)
    return [best_outline(plan, brief, folder, take, silent if index else watch) for index, take in enumerate(takes)]


def best_outline(plan: Plan, brief: Brief, folder: Path, take: int, watch: Watch = UNWATCHED) -> Plan:
    """The plan with the outline that its model prefers; as `settle` gives it where the style has no outlines.

    Args:
        plan: with its harmony.
        brief: the request.
        folder: of the model.
        take: which candidate of the brief.
        watch: what is called meanwhile.
    """
    if not is_outlined(brief, plan):
        return settle(plan, brief, take)
    outlines = brief.draws.outlines
    settled = [settle(plan, brief, take * outlines + number) for number in range(outlines)]
    plans = with_melodies(settled, brief.draws.melodies, watch)
    if outlines == 1:
        return plans[0]
    reader = open_reader(folder)
    has_mood = bool(brief.mood or brief.mood_curve) or brief.valence is not None or brief.arousal is not None

    def cost(other: Plan) -> float:
        score = _opening(other)
        return reader.excess(score) + (_MOOD_WEIGHT * _distance(score, other) if has_mood else 0.0)

    return min(plans, key=cost)


def with_melodies(plans: Sequence[Plan], drawn: int, watch: Watch = UNWATCHED) -> list[Plan]:
    """Plans of one piece as `settle` gives them, each with one of the best melodies of those drawn for the first.

    Args:
        plans: that differ in seeds.
        drawn: melodies for `_READ_BARS` bars; fewer are drawn for a longer piece.
        watch: what is called meanwhile.
    """
    on_draft = watch.on_draft
    if on_draft:
        on_draft(_draft(plans[0]))
    lead = lead_of(plans[0])
    if lead is None:
        return list(plans)
    drawn = max(len(plans), drawn * _READ_BARS // max(_READ_BARS, plans[0].bars))
    show = (lambda tones: on_draft(_draft(_with_tune(plans[0], tones)))) if on_draft else None
    lines = draw_melodies(plans[0], lead, plans[0].band_seed, drawn, on_first=show, on_step=watch.on_step)
    return [_with_tune(plan, line.tones) for plan, line in zip(plans, lines, strict=False)]


def _with_tune(plan: Plan, tones: Sequence[Tone]) -> Plan:
    return replace(plan, tune=tuple((tone.start, tone.ticks, tone.pitch) for tone in tones))


def _draft(plan: Plan) -> Score:
    """The bars of an outline and its chords."""
    return replace(_opening(plan, plan.bars), chords=chord_symbols(plan))


def _opening(plan: Plan, bars: int = _READ_BARS) -> Score:
    """The first bars of an outline."""
    arrangement, frame = arrange(plan), skeleton(plan)
    end = min(plan.bars, bars) * plan.meter.bar_ticks

    def written(index: int) -> Iterator[Note]:
        return (note for note in (arrangement.part(index, ()) if arrangement else ()) if note.start_ticks < end)

    parts = tuple(replace(part, notes=tuple(written(index))) for index, part in enumerate(frame.parts))
    return Score(parts, frame.tempos, frame.time_signatures, frame.keys, end_ticks=end)


def _distance(score: Score, plan: Plan) -> float:
    """How far the mood of some bars is from what the plan has for them, 0 to 4 (valence and arousal added)."""
    wanted = plan.moods[: -(-min(plan.bars, _READ_BARS) // PHRASE_BARS)]
    found = estimate_mood(score, plan.key)
    valence, arousal = (sum(getattr(mood, name) for mood in wanted) / len(wanted) for name in ("valence", "arousal"))
    return float(abs(found.valence - valence) + abs(found.arousal - arousal))
