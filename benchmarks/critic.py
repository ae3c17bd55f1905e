"""Does the critic help? Compares its choice with a random candidate on measures that it does not use.

    python -m benchmarks critic                 60 briefs, 4 candidates each
    python -m benchmarks critic --briefs 10 --candidates 8

All candidates of a brief are composed in one batch; the critic chooses one. The distance of a candidate from the human pieces
of its style is measured in their standard deviations (for the style judge: 1 minus the probability of the style). The distance
of the choice is compared with the mean over all candidates, the expectation of a random choice. Differences are paired by
brief; negative is better; intervals are 95 % bootstrap. The best possible choice is also printed.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict

import numpy as np

from benchmarks.pieces import interval
from composer.analysis.quality import groove_consistency, pitch_class_entropy, scale_consistency
from composer.analysis.style import judge_style
from composer.brief import Brief
from composer.composing.composition import compose_candidates
from composer.model.checkpoint import find_model, fingerprint
from composer.score import Score
from composer.training.data.corpus import list_items, read_item
from composer.training.data.repair import excerpt
from composer.training.data.tagging import genre_style
from tools.corpus import ROOT, corpus_folder

BARS, SEED = 16, 60_000
STYLES = ("string-quartet", "hymn", "lied", "mazurka", "waltz", "fugue", "nocturne", "march", "motet", "sonata")
HUMAN_PIECES = 30  # per style
MEASURES = {
    "pitch-class entropy": pitch_class_entropy,
    "groove consistency": groove_consistency,
    "scale consistency": scale_consistency,
}
JUDGE = "style judge"


def human_measures() -> dict[str, dict[str, list[float]]]:
    """Measures of corpus excerpts by style and measure, cached in cache/."""
    cache = ROOT / "cache" / "critic-human.json"
    if cache.is_file():
        return json.loads(cache.read_text())
    rng = np.random.default_rng(0)
    waiting = defaultdict(list)
    for item in list_items(corpus_folder()):
        genre = genre_style(item.source, item.row)
        if genre in STYLES and item.row["n_notes"] <= 4000:
            waiting[genre].append(item)
    found: dict[str, dict[str, list[float]]] = {style: {name: [] for name in MEASURES} for style in STYLES}
    for style, items in sorted(waiting.items()):
        for index in rng.permutation(len(items))[:HUMAN_PIECES]:
            score = read_item(items[index]).score
            cut = excerpt(score, 0, min(BARS, len(score.bars)))
            for name, measure in MEASURES.items():
                found[style][name].append(measure(cut))
    cache.write_text(json.dumps(found))
    return found


def distances(score: Score, style: str, human: dict[str, dict[str, list[float]]]) -> dict[str, float]:
    """Distance of a piece from the human ones of its style, by measure."""
    result = {JUDGE: 1.0 - judge_style(score).chance(style)}
    for name, measure in MEASURES.items():
        values = np.array(human[style][name])
        values = values[np.isfinite(values)]
        result[name] = abs(measure(score) - values.mean()) / max(values.std(), 1e-6)
    return result


def one_brief(index: int, count: int, model: str | None, human: dict[str, dict[str, list[float]]]) -> dict[str, object]:
    style = STYLES[index % len(STYLES)]
    brief = Brief.from_dict({"style": style, "bars": BARS, "seed": SEED + index})
    made, record = compose_candidates(brief, count, model=model)
    return {
        "chosen": record["chosen"] - 1,
        "verdicts": record["verdicts"],
        "candidates": [distances(piece.score, style, human) for piece in made],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--briefs", type=int, default=60)
    parser.add_argument("--candidates", type=int, default=4)
    parser.add_argument("--model")
    options = parser.parse_args()
    human = human_measures()
    kept = ROOT / "out" / "critic" / f"{fingerprint(find_model(options.model))}-{options.candidates}.json"
    kept.parent.mkdir(parents=True, exist_ok=True)
    rows = json.loads(kept.read_text()) if kept.is_file() else []
    for index in range(len(rows), options.briefs):
        rows.append(one_brief(index, options.candidates, options.model, human))
        kept.write_text(json.dumps(rows))
    print_table(rows[: options.briefs], options.candidates)


def print_table(rows: list[dict], count: int) -> None:
    print(f"{len(rows)} briefs of {BARS} bars, {count} candidates each; distance from the human pieces of the style\n")
    print("measure | random | critic | difference (95 %) | best possible | critic at least as good as random")
    print("--- | --- | --- | --- | --- | ---")
    joint = np.zeros(len(rows))
    for name in (*MEASURES, JUDGE):
        values = np.array([[each[name] for each in row["candidates"]] for row in rows])  # (briefs, candidates)
        chosen = values[np.arange(len(rows)), [row["chosen"] for row in rows]]
        gain = chosen - values.mean(axis=1)
        joint += gain / values.std()
        print(_row(name, values.mean(), chosen.mean(), gain, values.min(axis=1).mean()))
    middle, low, high = interval(joint / (len(MEASURES) + 1))
    print(f"all together, in standard deviations | | | {middle:+.3f} ({low:+.3f} to {high:+.3f}) | | {(joint <= 0).mean():.0%}")


def _row(name: str, random: float, critic: float, gain: np.ndarray, best: float) -> str:
    middle, low, high = interval(gain)
    change = f"{middle:+.3f} ({low:+.3f} to {high:+.3f})"
    return f"{name} | {random:.3f} | {critic:.3f} | {change} | {best:.3f} | {(gain <= 0).mean():.0%}"
