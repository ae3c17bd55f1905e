"""Benefit and cost of the guide's rules: the same briefs and seeds with all rules and with a minimum.

    python -m benchmarks rules              24 pieces of 16 to 24 bars per setting, 100 held-out human excerpts of 20 bars

"Few" is grammar, ranges, form, legible rhythm, and no long rests; "all" adds hands, harmony, endings and the other rules of
`composer.guide.rules_of`. Prints endings (`composer.analysis.phrasing`, the last bar), standard quality measures as distances
from the human mean in human standard deviations, and the model's bits per choice, which would rise if rules forced unlikely
choices. Differences are paired by brief; intervals are 95 % bootstrap.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from benchmarks.form import longest_run
from benchmarks.pieces import interval
from composer.analysis.phrasing import detect_cadence
from composer.analysis.playability import measure_playability
from composer.analysis.quality import (
    bar_pitch_class_entropy,
    groove_consistency,
    pitch_class_entropy,
    scale_consistency,
)
from composer.analysis.texture import measure_density, measure_polyphony
from composer.brief import Brief
from composer.composing.finishing import finish
from composer.guide import ScriptGuide, functional_ranges, rules_of, script_of
from composer.guide.bar_rules import LongRests
from composer.guide.notation_rules import Legible
from composer.model import engines
from composer.model.checkpoint import find_model, load_generation_config
from composer.model.sampling import Request, Result, Settings, generate
from composer.plan import Plan, make_plan
from composer.score import Score
from composer.tokenizer import Tokenizer
from composer.tokenizer.stream import shorten
from composer.training.data.corpus import list_items, read_item
from composer.training.data.repair import excerpt
from tools.corpus import corpus_folder

STYLES = (
    "string-quartet",
    "chopin",
    "bach",
    "mozart",
    "waltz",
    "folk",
    "march",
    "schumann",
    "haydn",
    "nocturne",
    "hymn",
    "lied",
)
HUMAN_PIECES, EXCERPT_BARS = 100, 20
MEASURES: dict[str, Callable[[Score], float]] = {
    "pitch-class entropy": pitch_class_entropy,
    "pitch-class entropy by bar": bar_pitch_class_entropy,
    "scale consistency": scale_consistency,
    "groove consistency": groove_consistency,
    "density": measure_density,
    "polyphony": lambda score: measure_polyphony(score) or float("nan"),
    "most bars alike in a row": lambda score: float(longest_run(score, range(len(score.bars)))),
}


def human_values() -> np.ndarray:
    """Measures of held-out excerpts, (pieces, measures)."""
    rng = np.random.default_rng(1)
    items = [item for item in list_items(corpus_folder(), splits={"valid"}) if item.row["n_notes"] <= 4000]
    rows = []
    for index in rng.permutation(len(items))[:HUMAN_PIECES]:
        score = read_item(items[index]).score
        first = int(rng.integers(0, max(1, len(score.bars) - EXCERPT_BARS + 1)))
        rows.append(measured(excerpt(score, first, min(len(score.bars), first + EXCERPT_BARS))))
    return np.array(rows)


def measured(score: Score) -> list[float]:
    return [measure(score) for measure in MEASURES.values()]


def guide(tokenizer: Tokenizer, plan: Plan, *, few: bool) -> ScriptGuide:
    grammar = tokenizer.grammar
    rules = (Legible(grammar), LongRests(grammar, len(plan.parts))) if few else rules_of(tokenizer, plan)
    return ScriptGuide(tokenizer, script_of(tokenizer, plan), functional_ranges(plan), rules)


def composed(plans: list[Plan], seeds: list[int], *, few: bool) -> Iterator[tuple[Score, Result]]:
    folder = find_model(None)
    tokenizer, engine, defaults = (
        Tokenizer.load(folder / "tokenizer.json"),
        engines.load(folder),
        load_generation_config(folder),
    )
    window = engine.config.max_position_embeddings
    settings = Settings(
        **{name: float(defaults[name]) for name in ("temperature", "top_p", "min_p") if name in defaults}, window=window
    )
    cut = partial(shorten, vocabulary=tokenizer.vocabulary, limit=settings.kept)
    requests = [
        Request(guide(tokenizer, plan, few=few), (seed, 0), shorten=cut) for plan, seed in zip(plans, seeds, strict=True)
    ]
    for plan, result in zip(plans, generate(engine, requests, settings, rows=8), strict=True):
        yield finish(tokenizer.decode(result.ids)[0], plan), result


def bits(result: Result) -> float:
    return -result.log_likelihood / result.choices / np.log(2)


def interval_text(values: Any, digits: int = 2) -> str:
    middle, low, high = interval(values)
    return f"{middle:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pieces", type=int, default=24)
    count = parser.parse_args().pieces
    requests = [{"style": STYLES[i % len(STYLES)], "bars": (16, 20, 24)[i % 3], "seed": 500 + i} for i in range(count)]
    plans, seeds = [make_plan(Brief.from_dict(request)) for request in requests], [int(request["seed"]) for request in requests]
    human = human_values()
    mean, spread = np.nanmean(human, 0), np.nanstd(human, 0)
    distance, cost = {}, {}
    for name, few in (("few", True), ("all", False)):
        made = list(composed(plans, seeds, few=few))
        endings = Counter(detect_cadence(score, plan.key) for (score, _), plan in zip(made, plans, strict=True))
        clumsy = np.mean([max(part.unplayable_chords for part in measure_playability(score)) for score, _ in made])
        print(f"{name} rules: endings {dict(endings)}, onsets that no hand takes {100 * clumsy:.2f} %")
        distance[name] = np.abs((np.array([measured(score) for score, _ in made]) - mean) / spread)
        cost[name] = np.array([bits(result) for _, result in made])
    print("\nmeasure | human | distance, few rules | distance, all rules | difference\n--- | --- | --- | --- | ---")
    for index, name in enumerate(MEASURES):
        few_rules, all_rules = distance["few"][:, index], distance["all"][:, index]
        print(
            f"{name} | {mean[index]:.2f} ± {spread[index]:.2f} | {np.nanmean(few_rules):.2f} | {np.nanmean(all_rules):.2f} | "
            f"{interval_text((all_rules - few_rules)[~np.isnan(all_rules - few_rules)])}"
        )
    print(
        f"bits a choice | | {cost['few'].mean():.3f} | {cost['all'].mean():.3f} | {interval_text(cost['all'] - cost['few'], 3)}"
    )
