"""The selected subset for the last part of a run: complete works in clean voices by the leading composers of their style.

Ending a run on a smaller, better subset while the learning rate falls to zero is common for symbolic models (Wang et
al. 2025, NotaGen; Bradshaw et al. 2025, Aria). The rule reads manifest fields only; its numbers are in `selection.toml`.
`data build` writes the ids to `selected.json`, and `select = true` in `[data]` draws only from them.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from composer.errors import BadInputError
from composer.files import write_atomically
from composer.training.data.corpus import CorpusItem, list_items
from composer.training.data.tagging import composer_of, genre_style

SELECTION_FILE = "selected.json"


def select(items: Iterable[CorpusItem]) -> tuple[str, ...]:
    """Ids of the selected pieces, in their order.

    A piece is selected if it has a style, is complete and clean (`is_complete`), and is by a composer with a preset where its
    style has enough such works; other styles (folk, bands, lead sheets) keep all complete works.
    """
    by_style: dict[str, list[tuple[str, bool]]] = defaultdict(list)
    for item in items:
        style = genre_style(item.source, item.row)
        if style and is_complete(item.row, style):
            by_style[style].append((item.id, composer_of(item.row.get("composer")) is not None))
    kept: set[str] = set()
    for style, pieces in by_style.items():
        by_masters = {name for name, is_master in pieces if is_master}
        enough = len(by_masters) >= _rule()["masters"] and style not in _rule()["by_anyone"]
        kept |= by_masters if enough else {name for name, _ in pieces}
    return tuple(sorted(kept))


def is_complete(row: Mapping[str, Any], style: str) -> bool:
    """Whether a manifest line describes a complete work in clean voices.

    >>> row = {"title": "Waltz", "n_bars": 40, "timing": "score"}
    >>> [is_complete(row | change, "waltz") for change in ({}, {"n_bars": 8}, {"title": "Fragment"}, {"n_irregular": 3})]
    [True, False, False, False]
    """
    rule = _rule()
    words = re.findall(r"\w+", (row.get("title") or "").lower())
    on_grid = (row.get("timing") or "") in rule["kept_timing"] or style.endswith(tuple(rule["performed"]))
    return (
        on_grid
        and not row.get("misaligned")
        and row["n_bars"] >= rule["least_bars"]
        and (row.get("n_irregular") or 0) <= rule["most_irregular"] * row["n_bars"]
        and not set(words) & set(rule["fragments"])
    )


def write_selection(
    corpus: Path, folder: Path, only: Sequence[str] | None = None, report: Callable[[str], None] = lambda line: None
) -> None:
    """Writes the selected ids of a corpus's training split into a data folder; a folder of scores has none."""
    if not any(corpus.glob("*.manifest.jsonl")):
        return
    kept = select(list_items(corpus, only, ["train"]))
    write_atomically(folder / SELECTION_FILE, (json.dumps(kept) + "\n").encode())
    report(f"selected {len(kept):,} complete works for the end of a run")


def read_selection(folder: Path) -> frozenset[str]:
    """The selected ids of a data folder.

    Raises:
        BadInputError: it has none.
    """
    try:
        return frozenset(json.loads((folder / SELECTION_FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError):
        raise BadInputError(
            f"{folder} contains no {SELECTION_FILE}: build it from a corpus with manifests, or omit select in [data]"
        ) from None


@cache
def _rule() -> Mapping[str, Any]:
    return tomllib.loads(files("composer.training.data").joinpath("selection.toml").read_text(encoding="utf-8"))
