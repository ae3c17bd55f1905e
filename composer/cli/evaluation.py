"""Output of `cantilena evaluate` for two folders. Measures nothing itself."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from composer.cli.console import print_json, print_table

if TYPE_CHECKING:
    from composer.training.evaluation.folders import Evaluation


def show_evaluation(found: Evaluation, *, as_json: bool) -> None:
    """Prints one table per section, or one JSON object for everything."""
    if as_json:
        print_json(asdict(found))
        return
    print(
        f"{found.generated} composed pieces, {found.reference} human excerpts of {found.bars} bars; 95 % bootstrap intervals\n"
    )
    rows = [("measure", "composed", "human", "human 95 % range", "inside", "overlap", "divergence")]
    for name, each in found.metrics.items():
        low, high = each.human_range
        cells = (_mean(each.generated), _mean(each.reference), f"{low:.2f} to {high:.2f}", _share(each.inside))
        rows.append((name, *cells, f"{each.overlap:.2f}", f"{each.divergence:.2f}"))
    print_table(rows)
    if found.styles:
        print("\nthis project's style judge, and the human range of each style\n")
        print_table(_style_rows(found))
    if any(each["pieces"] for each in found.moods.values()):
        print("\nrequested against measured mood, by this project's estimator; AUC between opposite quadrants\n")
        print_table(
            [
                ("axis", "pieces", "correlation", "AUC"),
                *(
                    (axis, str(each["pieces"]), _figure(each["correlation"]), _figure(each["auc"]))
                    for axis, each in found.moods.items()
                ),
            ]
        )


def _style_rows(found: Evaluation) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [
        ("style", "pieces", "recognized", "human recognized", "most often confused with", "measures outside")
    ]
    for style, row in found.styles.items():
        outside = (
            [name for name, share in row.inside.items() if share < 0.5]
            if row.inside is not None
            else ["too few human excerpts"]
        )
        rows.append(
            (
                style,
                str(row.pieces),
                _share(row.recognized),
                _share(row.recognized_human),
                row.mistaken_for or "",
                ", ".join(outside) or "none",
            )
        )
    return rows


def _mean(interval: tuple[float, float, float]) -> str:
    middle, low, high = interval
    return f"{middle:.3f} ({low:.3f} to {high:.3f})"


def _share(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.0f} %"


def _figure(figure: float | int | None) -> str:
    return "" if figure is None else f"{figure:.2f}"
