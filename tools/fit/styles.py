"""Styles: their training data, and whether they can be distinguished by their notes.

    python -m tools.fit styles            counts pieces and notes by style and composer, writes docs/styles.md
    python -m tools.fit styles --fit      also measures the corpus, cross-validates the judge by work, and refits it

The judge (`composer.analysis.style`) uses excerpts of at most 48 bars, the length of composed pieces. Folds never share a work.
It is fitted on the training split and tested on the valid split; folds within the training split give the confusion matrix,
since the valid split has few pieces of most styles.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from composer import presets
from composer.analysis.linear_judge import LinearJudge
from composer.analysis.style import style_features
from composer.analysis.style_features import STYLE_FEATURES
from composer.training.data import tagging
from composer.training.data.corpus import CorpusItem, list_items, read_item, style_weight
from composer.training.data.repair import excerpt
from tools.corpus import ROOT, corpus_folder

PAGE, FIGURE = ROOT / "docs" / "styles.md", ROOT / "docs" / "styles-confusion.png"
ANALYSIS, RESULTS = ROOT / "composer" / "analysis", ROOT / "docs" / "styles.json"
CLIP = 4.0  # standard deviations beyond which a feature counts no more
CACHE = ROOT / "cache" / "style-features.npz"
BARS, PIECES, EXCERPTS = 48, 70, 4  # maximum bars per excerpt, pieces per style, and excerpts per piece
FEW_PIECES = 50  # styles with fewer pieces give several excerpts per piece
LONGEST = 8000  # maximum notes of a file read for an excerpt, except in styles with few pieces
FOLDS, PENALTY = 5, 3e-3
RECOGNIZED = 0.85  # minimum area under the curve of a recognized style


@dataclass(frozen=True)
class Sample:
    """Features (N, F) of excerpts with their genre, era, work and split."""

    features: np.ndarray
    genre: np.ndarray
    era: np.ndarray
    group: np.ndarray
    split: np.ndarray


def tagged_items(folder: Path) -> list[tuple[CorpusItem, str | None, str | None]]:
    """Every usable item with its genre and era."""
    return [
        (item, tagging.genre_style(item.source, item.row), tagging.era_style(item.source, item.row))
        for item in list_items(folder)
    ]


def measure(folder: Path) -> Sample:
    """Features of excerpts of a sample of the training split, and of all of the valid split."""
    rng = np.random.default_rng(0)
    by_genre: dict[str, list[tuple[CorpusItem, str | None]]] = defaultdict(list)
    rows: list[tuple[np.ndarray, str, str, str, str]] = []
    for item, genre, era in tagged_items(folder):
        if genre and item.row["split"] == "train":
            by_genre[genre].append((item, era))
        elif genre and item.row["n_notes"] <= LONGEST:
            rows.extend(_measure(item, genre, era, 1, rng))
    for genre, members in sorted(by_genre.items()):
        several = EXCERPTS if len(members) < FEW_PIECES else 1
        if several == 1:
            members = [member for member in members if member[0].row["n_notes"] <= LONGEST]
        for index in sorted(rng.permutation(len(members))[:PIECES]):
            rows.extend(_measure(members[index][0], genre, members[index][1], several, rng))
    features, *labels = zip(*rows, strict=True)
    return Sample(np.array(features), *(np.array(column) for column in labels))


def _measure(item: CorpusItem, genre: str, era: str | None, count: int, rng: np.random.Generator) -> list[tuple]:
    """Up to `count` excerpts that do not overlap, from phrase starts."""
    score = read_item(item).score
    bars = len(score.bars)
    starts = [0] if bars <= BARS else sorted(rng.choice(bars // BARS, min(count, bars // BARS), replace=False) * BARS)
    rows = []
    for start in starts:
        cut = excerpt(score, int(start), min(int(start) + BARS, bars))
        if sum(len(part.notes) for part in cut.parts) >= 32:
            rows.append((style_features(cut), genre, era or "", item.row["group"], item.row["split"]))
    return rows


def fit(features: np.ndarray, labels: np.ndarray, names: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Weights (F, C) and offsets (C,) of a multinomial logistic regression with equal total weight per style."""
    import torch

    x = torch.tensor(features)
    y = torch.tensor([names.index(label) for label in labels])
    counts = torch.bincount(y, minlength=len(names)).double().clamp(min=1)
    weights = torch.zeros(x.shape[1], len(names), dtype=torch.float64, requires_grad=True)
    offsets = torch.zeros(len(names), dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([weights, offsets], max_iter=150, line_search_fn="strong_wolfe")
    importance = 1.0 / counts[y] / len(names)

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        wrong = torch.nn.functional.cross_entropy(x @ weights + offsets, y, reduction="none")
        value = (wrong * importance).sum() + PENALTY * (weights**2).sum()
        value.backward()
        return value

    optimizer.step(loss)
    return weights.detach().numpy(), offsets.detach().numpy()


def fitted_judges(sample: Sample, rows: np.ndarray) -> dict[str, LinearJudge]:
    """The judges of genre and era, fitted on some rows of the sample."""
    features = sample.features[rows]
    kinds = {"genre": sample.genre[rows], "era": sample.era[rows]}
    judges = {}
    for kind, labels in kinds.items():
        names = tuple(name for name in presets.style_names() if presets.styles()[name].kind == kind and name in set(labels))
        shape = (len(STYLE_FEATURES), len(names))
        blank = LinearJudge(
            STYLE_FEATURES, names, features.mean(axis=0), features.std(axis=0) + 1e-3, np.zeros(shape), np.zeros(shape[1]), CLIP
        )
        known = labels != ""
        weights, offsets = fit(blank.standard(features)[known], labels[known], names)
        judges[kind] = replace(blank, weights=weights, offsets=offsets)
    return judges


def cross_validate(sample: Sample) -> dict[str, np.ndarray]:
    """Out-of-fold probabilities of the training excerpts for each kind: (N, C)."""
    train = sample.split == "train"
    fold = np.array([int(np.uint32(hash_of(group)) % FOLDS) for group in sample.group])
    chances: dict[str, np.ndarray] = {}
    for held in range(FOLDS):
        judges = fitted_judges(sample, train & (fold != held))
        for kind in ("genre", "era"):
            full = _all_names(kind)
            out = chances.setdefault(kind, np.zeros((len(train), len(full))))
            columns = [full.index(name) for name in judges[kind].names]
            out[np.ix_(train & (fold == held), columns)] = judges[kind].chances(sample.features[train & (fold == held)])
    return chances


def hash_of(text: str) -> int:
    import zlib

    return zlib.crc32(text.encode())


def _all_names(kind: str) -> list[str]:
    return [name for name in presets.style_names() if presets.styles()[name].kind == kind]


def report(chances: np.ndarray, labels: np.ndarray, names: Sequence[str]) -> dict[str, dict[str, object]]:
    """For each style: number of excerpts, recall, area under the curve, and most frequent confusion."""
    judged = np.array(names)[chances.argmax(axis=1)]
    result: dict[str, dict[str, object]] = {}
    for column, name in enumerate(names):
        mine = labels == name
        if mine.any():
            others = Counter(judged[mine & (judged != name)]).most_common(2)
            result[name] = {
                "excerpts": int(mine.sum()),
                "recall": float((judged[mine] == name).mean()),
                "auc": _area(chances[mine, column], chances[~mine, column]),
                "taken_for": [f"{other} {count / mine.sum():.0%}" for other, count in others],
            }
    return result


def _area(style: np.ndarray, others: np.ndarray) -> float:
    """Probability that an excerpt of the style scores higher than one of another style (ties count half)."""
    ordered = np.sort(others)
    below = np.searchsorted(ordered, style, side="left") + np.searchsorted(ordered, style, side="right")
    return float(below.mean() / 2 / len(others))


def summary(chances: np.ndarray, labels: np.ndarray, names: Sequence[str]) -> dict[str, float]:
    """Means over styles of recall (balanced accuracy) and top-3 recall."""
    place = (chances >= chances[np.arange(len(labels)), [names.index(label) for label in labels]][:, None]).sum(axis=1)
    styles = sorted(set(labels))
    return {f"top{rank}": float(np.mean([(place[labels == style] <= rank).mean() for style in styles])) for rank in (1, 3)} | {
        "styles": len(styles),
        "excerpts": len(labels),
    }


def save_judges(judges: Mapping[str, LinearJudge]) -> None:
    """Writes the judges, three digits per weight."""
    for kind, judge in judges.items():
        header = (
            f"# The judge of styles by {kind}, written by tools/fit/styles.py: log odds of each style by the features\n"
            "# of composer/analysis/style_features.py, in standard deviations from their center (see\n"
            "# composer/analysis/linear_judge.py)."
        )
        (ANALYSIS / f"style_{kind}_model.toml").write_text(judge.to_toml(header, digits=3))


def draw(chances: np.ndarray, labels: np.ndarray, names: Sequence[str]) -> None:
    """Draws the confusion matrix, one row per true style."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    judged = chances.argmax(axis=1)
    matrix = np.zeros((len(names), len(names)))
    for label, guess in zip(labels, judged, strict=True):
        matrix[names.index(label), guess] += 1
    matrix /= np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    figure, axes = plt.subplots(figsize=(11, 10), layout="constrained")
    image = axes.imshow(matrix, cmap="magma_r", vmin=0, vmax=1)
    axes.set_xticks(range(len(names)), names, rotation=90, fontsize=8)
    axes.set_yticks(range(len(names)), names, fontsize=8)
    axes.set_xlabel("judged")
    axes.set_ylabel("true")
    figure.colorbar(image, ax=axes, shrink=0.6, label="share of the true style's excerpts")
    figure.savefig(FIGURE, dpi=110)
    plt.close(figure)


def fit_and_test(folder: Path) -> Mapping[str, object]:
    """Measures (or loads from the cache), cross-validates, refits on the training split, tests on the valid split."""
    if CACHE.is_file():
        with np.load(CACHE) as stored:
            sample = Sample(**{name: stored[name] for name in ("features", "genre", "era", "group", "split")})
    else:
        sample = measure(folder)
        CACHE.parent.mkdir(exist_ok=True)
        np.savez_compressed(CACHE, **vars(sample))
    train = sample.split == "train"
    chances = cross_validate(sample)
    judges = fitted_judges(sample, train)
    save_judges(judges)
    results: dict[str, object] = {}
    for kind, labels in (("genre", sample.genre), ("era", sample.era)):
        names, known, valid = _all_names(kind), train & (labels != ""), ~train & (labels != "")
        tested = judges[kind].chances(sample.features[valid])
        results[kind] = {
            "cross-validated": summary(chances[kind][known], labels[known], names),
            "valid split": summary(tested, labels[valid], list(judges[kind].names)),
            "styles": report(chances[kind][known], labels[known], names),
        }
    known = train & (sample.genre != "")
    draw(chances["genre"][known], sample.genre[known], _all_names("genre"))
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    return results


def counts(folder: Path) -> tuple[dict[str, Counter], dict[str, Counter]]:
    """Pieces, notes, valid pieces and share of training by style; pieces and notes by composer."""
    styles: dict[str, Counter] = defaultdict(Counter)
    composers: dict[str, Counter] = defaultdict(Counter)
    seen = set()
    for item, genre, era in tagged_items(folder):
        row = item.row
        first = (item.source, item.line) not in seen
        seen.add((item.source, item.line))
        notes = row["n_notes"] if first else 0
        composer = tagging.composer_of(row.get("composer"))
        tables = [styles[name] for name in (genre or "none", era or "no era")]
        tables += [composers[composer.name]] if composer else []
        for table in tables:
            table["pieces" if row["split"] == "train" else "valid"] += 1
            table["notes"] += notes if row["split"] == "train" else 0
            table["drawn"] += notes * style_weight(genre) if row["split"] == "train" else 0
            table[f"source {item.source}"] += notes
    return styles, composers


def write_page(folder: Path) -> None:
    """docs/styles.md."""
    styles, composers = counts(folder)
    results = json.loads(RESULTS.read_text()) if RESULTS.is_file() else {}
    PAGE.write_text("\n".join([*_style_tables(styles, results), *_composer_table(composers), ""]), encoding="utf-8")
    print(PAGE.read_text(encoding="utf-8"))


def _style_tables(styles: Mapping[str, Counter], results: Mapping) -> list[str]:
    genres = [style for style in presets.styles().values() if style.kind == "genre"]
    drawn = sum(styles[style.name]["drawn"] for style in genres) + styles["none"]["drawn"]
    lines = [
        "# Styles and composers",
        "",
        "Generated by `python -m tools.fit styles --fit`. Names are those of `cantilena styles`; genres, eras and composers",
        "have control tokens.",
        "",
        "## Genres",
        "",
        "*Share* is the weighted share of the style in training. *Recall* and *AUC* measure how well a judge of the",
        f"notes (no instruments) separates it from the other {len(genres) - 1}: five folds by work, excerpts of at most {BARS}",
        f"bars, equal priors; guessing gives {1 / len(genres):.0%} and 0.50.",
        "",
        "| style | description | pieces | held out | notes | share | recall | AUC | confused with |",
        "|---|---|--:|--:|--:|--:|--:|--:|---|",
    ]
    judged = results.get("genre", {}).get("styles", {})
    for style in genres:
        count, judge = styles[style.name], judged.get(style.name)
        cells = [
            style.name,
            style.description,
            count["pieces"],
            count["valid"],
            f"{count['notes']:,}",
            f"{count['drawn'] / drawn:.1%}",
        ]
        cells += [f"{judge['recall']:.0%}", f"{judge['auc']:.2f}", ", ".join(judge["taken_for"])] if judge else ["", "", ""]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    count = styles["none"]
    cells = ["(none)", "single parts, exercises", count["pieces"], count["valid"], f"{count['notes']:,}"]
    lines.append("| " + " | ".join(map(str, [*cells, f"{count['drawn'] / drawn:.1%}", "", "", ""])) + " |")
    return [*lines, "", *_judgement(results), *_era_table(styles, results), *_arranged_table()]


def _judgement(results: Mapping) -> list[str]:
    if not results:
        return []
    crossed, valid = results["genre"]["cross-validated"], results["genre"]["valid split"]
    weak = [name for name, row in results["genre"]["styles"].items() if row["auc"] < RECOGNIZED]
    return [
        f"For {crossed['excerpts']:,} excerpts the judge ranks the correct one of {crossed['styles']} genres first in",
        f"{crossed['top1']:.0%} and in the top three in {crossed['top3']:.0%} (mean over styles). On the valid split:",
        f"{valid['top1']:.0%} and {valid['top3']:.0%} of {valid['excerpts']} excerpts in {valid['styles']} styles.",
        "",
        f"Poorly separated by their notes (AUC below {RECOGNIZED}): {', '.join(weak) if weak else 'none'}.",
        "These names describe the occasion or the players of a piece more than its sound: combine them with an ensemble. The",
        "same holds for pairs that the judge confuses: masses and motets, masses with orchestra and sacred concertos, rock and",
        "game action.",
        "",
        "![Confusion matrix](styles-confusion.png)",
        "",
    ]


def _era_table(styles: Mapping[str, Counter], results: Mapping) -> list[str]:
    judged = results.get("era", {}).get("styles", {})
    lines = ["## Eras", "", "| era | years | pieces | notes | recall | AUC | confused with |", "|---|---|--:|--:|--:|--:|---|"]
    for style in presets.styles().values():
        if style.kind == "era":
            count, judge = styles[style.name], judged.get(style.name)
            cells = [style.name, style.description, count["pieces"], f"{count['notes']:,}"]
            cells += [f"{judge['recall']:.0%}", f"{judge['auc']:.2f}", ", ".join(judge["taken_for"])] if judge else ["", "", ""]
            lines.append("| " + " | ".join(map(str, cells)) + " |")
    return [*lines, ""]


def _arranged_table() -> list[str]:
    lines = [
        "## Arranged styles",
        "",
        "The corpus has no music for these. They have no token: they mix the learned styles listed here, with a specific",
        "ensemble, tempo and form, and with the grooves of a learned drum style if one is listed.",
        "",
        "| style | description | built from | groove | ensemble |",
        "|---|---|---|---|---|",
    ]
    for style in presets.styles().values():
        if style.kind == "arranged":
            cells = (style.name, style.description, ", ".join(style.builds_on), style.groove or "none", style.ensemble)
            lines.append("| " + " | ".join(cells) + " |")
    return [*lines, ""]


def _composer_table(composers: Mapping[str, Counter]) -> list[str]:
    lines = [
        "## Composers",
        "",
        "| composer | lived | era | pieces | held out | notes | sources |",
        "|---|---|---|--:|--:|--:|---|",
    ]
    for composer in sorted(presets.composers().values(), key=lambda composer: -composers[composer.name]["notes"]):
        count = composers[composer.name]
        origins = {name.removeprefix("source "): notes for name, notes in count.items() if name.startswith("source ")}
        cells = [f"{composer.title} (`{composer.name}`)", f"{composer.born}-{composer.died}", composer.era, count["pieces"]]
        cells += [count["valid"], f"{count['notes']:,}", ", ".join(sorted(origins, key=lambda name: -origins[name]))]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fit", action="store_true", help="measure the corpus, cross-validate and refit the judge")
    arguments = parser.parse_args()
    folder = corpus_folder()
    if arguments.fit:
        fit_and_test(folder)
    write_page(folder)
