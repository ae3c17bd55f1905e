"""`cantilena evaluate --generated DIR --reference DIR`: reads two folders and compares them (see `evaluation.sets`).

Human pieces are cut into excerpts as long as the composed ones, since most measures grow with length. Requested styles and
moods come from the sidecars of the composed pieces, styles of human pieces from the corpus; plain folders have none.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from composer.analysis.style import StyleJudgment, judge_style
from composer.errors import BadInputError
from composer.formats import READERS, read_score
from composer.score import Score
from composer.training.data.corpus import iter_folder, list_items, read_item
from composer.training.data.repair import excerpt
from composer.training.data.tagging import era_style, genre_style
from composer.training.evaluation.sets import METRICS, Comparison, compare, measure_metrics, mood_figures

FEWEST_NOTES = 32
FEWEST_OF_STYLE = 8  # human excerpts needed to report the range of a style
_LARGEST = 8000  # notes; larger corpus files are not read for excerpts

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Measured:
    """A piece of a set: measures, stated styles, style judgment, and its sidecar if there is one."""

    metrics: dict[str, float]
    styles: tuple[str, ...]
    judgment: StyleJudgment
    bars: int
    sidecar: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class StyleRow:
    """Judgments of the pieces of one style, and how many are within the human range of that style.

    Attributes:
        pieces: number of composed pieces.
        recognized: share of them judged to be of the style (`None` if the judge does not know it).
        recognized_human: the same for human excerpts of the style.
        mistaken_for: the style with which composed pieces are most often confused.
        inside: by measure, the share of composed pieces within the human 95 % range of the style; `None` with too few excerpts.
    """

    pieces: int
    recognized: float | None
    recognized_human: float | None
    mistaken_for: str | None
    inside: dict[str, float] | None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Comparison of two folders: by measure, by style, and by mood axis."""

    generated: int
    reference: int
    bars: int
    metrics: dict[str, Comparison]
    styles: dict[str, StyleRow]
    moods: dict[str, dict[str, float | int | None]]


def evaluate_folders(
    generated: Path, reference: Path, *, split: str = "valid", excerpts: int = 300, report: Report = lambda line: None
) -> Evaluation:
    """Compares a folder of composed pieces with a folder of human ones.

    Args:
        generated: folder of scores, searched recursively, with their sidecars if there are any.
        reference: a corpus (zips and manifests), or any folder of scores.
        split: split of a corpus: "train", "valid" or "all".
        excerpts: maximum number of human excerpts, spread over the styles.
        report: called with a line of progress.

    Raises:
        BadInputError: a folder without usable scores, or an unknown split.
    """
    if split not in ("train", "valid", "all"):
        raise BadInputError(f"split {split!r} is not known: choose train, valid or all")
    report(f"measuring {generated}")
    ours = [_measure(score, styles, sidecar) for score, styles, sidecar in _composed(generated)]
    if not ours:
        raise BadInputError(f"{generated} contains no score with {FEWEST_NOTES} notes: compose some into it first")
    bars = round(median(piece.bars for piece in ours))
    report(f"measuring excerpts of {bars} bars from {reference}")
    theirs = [_measure(score, styles) for score, styles in _human(reference, bars, split, excerpts)]
    if not theirs:
        raise BadInputError(f"{reference} contains no score with {FEWEST_NOTES} notes in {bars} bars: give another folder")
    pairs = ((name, compare(*([piece.metrics[name] for piece in group] for group in (ours, theirs)))) for name in METRICS)
    return Evaluation(
        generated=len(ours),
        reference=len(theirs),
        bars=bars,
        metrics={name: found for name, found in pairs if found is not None},
        styles=_by_style(ours, theirs),
        moods=mood_figures([piece.sidecar for piece in ours if piece.sidecar]),
    )


def _measure(score: Score, styles: tuple[str, ...], sidecar: Mapping[str, Any] | None = None) -> Measured:
    return Measured(measure_metrics(score), styles, judge_style(score), len(score.bars), sidecar)


def _enough(score: Score) -> bool:
    return sum(len(part.notes) for part in score.parts) >= FEWEST_NOTES


def _composed(folder: Path) -> Iterator[tuple[Score, tuple[str, ...], Mapping[str, Any] | None]]:
    """Each piece once, even if it exists in several formats, with its sidecar."""
    names: dict[Path, Path] = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in READERS and not path.name.endswith(".performance.mid"):
            names.setdefault(path.with_suffix(""), path)
    for stem, path in names.items():
        score = read_score(path)
        sidecar = stem.with_name(f"{stem.name}.json")
        content = json.loads(sidecar.read_text(encoding="utf-8")) if sidecar.is_file() else None
        styles = content["plan"]["styles"] if content and "plan" in content and "report" in content else ()
        if _enough(score):
            yield score, tuple(styles), content if styles or (content and "report" in content) else None


def _human(folder: Path, bars: int, split: str, count: int) -> Iterator[tuple[Score, tuple[str, ...]]]:
    """Excerpts of `bars` bars with their styles."""
    rng = np.random.default_rng(0)
    if not any(folder.glob("*.manifest.jsonl")):
        scores: Iterator[tuple[Score, tuple[str, ...]]] = ((piece.score, ()) for piece in iter_folder(folder))
    else:
        scores = _drawn(folder, split, count, rng)
    for score, styles in scores:
        start = int(rng.integers(max(1, len(score.bars) // bars))) * bars
        cut = excerpt(score, start, min(start + bars, len(score.bars)))
        if _enough(cut):
            yield cut, styles


def _drawn(folder: Path, split: str, count: int, rng: np.random.Generator) -> Iterator[tuple[Score, tuple[str, ...]]]:
    """Corpus pieces, cycling through the styles, in random order within each style."""
    waiting: dict[str, list[Any]] = defaultdict(list)
    for item in list_items(folder, splits=None if split == "all" else [split]):
        if item.row["n_notes"] <= _LARGEST and (genre := genre_style(item.source, item.row)):
            waiting[genre].append(item)
    for items in waiting.values():
        rng.shuffle(items)
    left = count
    while left and any(waiting.values()):
        for genre, items in sorted(waiting.items()):
            if items and left:
                item, left = items.pop(), left - 1
                styles = (genre, era_style(item.source, item.row))
                yield read_item(item).score, tuple(style for style in styles if style)


def _by_style(ours: Sequence[Measured], theirs: Sequence[Measured]) -> dict[str, StyleRow]:
    rows = {}
    for style in sorted({piece.styles[0] for piece in ours if piece.styles}):
        mine = [piece for piece in ours if piece.styles[:1] == (style,)]
        human = [piece for piece in theirs if style in piece.styles]
        judged = [_judged(piece, style) for piece in mine]
        wrong = Counter(name for name in judged if name and name != style)
        rows[style] = StyleRow(
            pieces=len(mine),
            recognized=_share_of(style, judged),
            recognized_human=_share_of(style, [_judged(piece, style) for piece in human]),
            mistaken_for=wrong.most_common(1)[0][0] if wrong else None,
            inside=_inside(mine, human) if len(human) >= FEWEST_OF_STYLE else None,
        )
    return rows


def _judged(piece: Measured, style: str) -> str | None:
    """The most likely style of the same kind (genre or era); `None` if the judge does not know the style."""
    for ranked in (piece.judgment.genres, piece.judgment.eras):
        if style in dict(ranked):
            return ranked[0][0]
    return None


def _share_of(style: str, judged: Sequence[str | None]) -> float | None:
    return judged.count(style) / len(judged) if judged and None not in judged else None


def _inside(mine: Sequence[Measured], human: Sequence[Measured]) -> dict[str, float]:
    found = {}
    for name in METRICS:
        comparison = compare([piece.metrics[name] for piece in mine], [piece.metrics[name] for piece in human])
        if comparison is not None:
            found[name] = comparison.inside
    return found
