"""Plans the harmony of a whole piece: draws several plans from the network and keeps the best.

Chords that a brief gives are kept; if it gives none, every bar gets one or two chords with their bass.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from composer.analysis.chord_functions import scale_in
from composer.arranging.modal_harmony import modal_harmony
from composer.arranging.progressions import idiom_of, progression_for
from composer.brief import Brief
from composer.harmony.chord_guide import Bar, ChordTable, HarmonyGuide, Mask
from composer.harmony.chord_vocabulary import HarmonyVocabulary
from composer.harmony.closes import Closes, closes_of
from composer.harmony.idioms import idioms_of
from composer.harmony.judging import faults_of
from composer.harmony.outline import outline_of
from composer.harmony.rates import Rates, rates_of
from composer.model.checkpoint import PLANNER_FILE
from composer.model.helper_networks import Helper, HelperPackage
from composer.model.sampling import Request, Settings, generate, oddness
from composer.plan import Plan
from composer.plan.seeded import draw
from composer.plan.set_chords import with_set_chords
from composer.tokenizer import functional_shift

Planner = Helper[ChordTable]
PLANNER = HelperPackage(
    "cantilena-harmony",
    "harmony planner",
    PLANNER_FILE,
    lambda styles, chords: ChordTable(HarmonyVocabulary(styles, chords)),
)
_SEED_STEP = 16  # step between the seeds of pieces, in outlines; further outlines of a piece use distant seeds
_FAR = 2**40
_APART = 1_000_003  # between the seeds of candidates of a piece
_SETTINGS = Settings(temperature=1.0, top_p=0.97, min_p=0.015, window=448)
_SURPRISE = 0.5  # cost per nat of `oddness`: the likeliest plans are full of root positions and falling fifths
_PLAIN, _USUAL = 5.0, 1.2  # penalty for too few chromatic chords; usual number of them per applied dominant
_MOST_FOREIGN = 0.25  # no chromatic chord is planned where the scale dial is at least 1 minus this


def with_harmony(plan: Plan, brief: Brief, candidate: int = 0, *, on_step: Callable[[], None] | None = None) -> Plan:
    """The plan with chords in every bar; unchanged if it has chords, or no pitched parts.

    The network knows only major and minor; church modes have progressions.

    Args:
        plan: of the brief.
        brief: the request.
        candidate: number of the candidate; each has chords of its seed.
        on_step: called after every round of sampling.

    Raises:
        ModelNotFoundError: the planner is not installed.
    """
    if plan.chords or all(part.is_drum for part in plan.parts):
        return plan
    seed = brief.seed + candidate * _APART
    if plan.key.church:
        kinds = closes_of(plan, 8 * seed)
        modal: Closes = tuple(kind and ("half" if kind == "half" else "authentic") for kind in kinds)
        return with_set_chords(replace(plan, chords=modal_harmony(plan, modal, seed), closes=modal))
    if idiom := idiom_of(plan.preset or ""):
        return with_set_chords(replace(plan, chords=progression_for(plan, idiom, seed)))
    shift = functional_shift(plan.key)
    chords, closes = draw_chords(plan, seed, PLANNER.installed, brief.draws.harmonies, on_step)
    written = tuple(tuple(c and c.transposed(-shift) for c in bar) for bar in chords)
    return with_set_chords(replace(plan, chords=written, closes=closes))


def draw_chords(
    plan: Plan, seed: int, planner: Planner, drawn: int, on_step: Callable[[], None] | None = None
) -> tuple[tuple[Bar, ...], Closes]:
    """Draws several plans of chords in functional pitch; returns the best and its cadences.

    Args:
        plan: a piece without chords.
        seed: seed of all random choices.
        planner: the network.
        drawn: number of plans to draw.
        on_step: called after every round of sampling.
    """
    allowed = _allowed(planner.table, plan)
    seeds = [_SEED_STEP * seed + index % _SEED_STEP + index // _SEED_STEP * _FAR for index in range(drawn)]
    rates = rates_of(plan.styles) or Rates()
    plain = draw(seed, "theme") < rates.theme
    outlines = [
        outline_of(plan, closes_of(plan, 8 * seed + index % 4), each, plain_theme=plain) for index, each in enumerate(seeds)
    ]
    guides = [HarmonyGuide(planner.table, plan, outline, allowed) for outline in outlines]
    shorten = planner.table.vocabulary.shortened_to(_SETTINGS.kept)
    requests = [Request(guide, (seed, index), shorten=shorten) for index, guide in enumerate(guides)]
    results = generate(planner.engine, requests, _SETTINGS, on_step=on_step)
    costs = [_SURPRISE * odd + sum(_faults(guide, plan).values()) for guide, odd in zip(guides, oddness(results), strict=True)]
    best = costs.index(min(costs))
    return guides[best].result(), guides[best].closes


def _faults(guide: HarmonyGuide, plan: Plan) -> dict[str, float]:
    """Penalties of the chords written by a guide, by name."""
    bars = guide.result()
    faults = faults_of(bars, plan.key.mode == "minor")
    if (rates := rates_of(plan.styles)) and plan.scale is None:
        colored = idioms_of(bars, plan.key.mode, guide.closes)["chromatic"]
        faults["plain"] = _PLAIN * max(0.0, _USUAL * rates.applied - colored)
    return faults


def _allowed(table: ChordTable, plan: Plan) -> Mask:
    """Chords that a plan's dials allow: all, or those on the scale if that is requested."""
    if plan.scale is None or plan.scale < 1 - _MOST_FOREIGN:
        return np.ones(len(table.vocabulary), bool)
    return table.within(scale_in(9 if plan.key.mode == "minor" else 0, plan.key.mode))
