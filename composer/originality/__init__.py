"""Originality check: the longest passage of a score that occurs note for note in its model's training music, and where.

`lines` defines passages, `index` finds them. The index is in the model's folder or, since it depends only on the corpus, shared
by all released models in the folder above. Without an index the answer is "not checked", never "original". The check does not
judge: human works share passages, too (docs/originality.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from composer.errors import ModelNotFoundError
from composer.model.checkpoint import MODEL_FOLDERS, find_model
from composer.originality.index import Index, Run, Source, build_index, lines_of
from composer.originality.lines import NOTES, score_lines
from composer.score import Score

__all__ = [
    "INDEX_FILE",
    "Index",
    "Originality",
    "Source",
    "build_index",
    "check_originality",
    "default_index",
    "lines_of",
    "load_index",
]

INDEX_FILE = "originality.npz"


@dataclass(frozen=True, slots=True)
class Originality:
    """Result of an originality check.

    Attributes:
        checked: whether an index was available.
        longest_notes: length of the longest passage found in one training piece, in notes; 0 if none.
        longest_bars: its length in bars, from its first to its last onset.
        bar: its first bar, counted from 1; `None` if there is none.
        part: name of its part.
        source: id of the training piece.
        title: title and composer of the training piece.
        detects_notes: minimum length at which passages are always found; shorter ones may be missed.
    """

    checked: bool
    longest_notes: int = 0
    longest_bars: float = 0.0
    bar: int | None = None
    part: str | None = None
    source: str | None = None
    title: str | None = None
    detects_notes: int | None = None

    def sentence(self) -> str:
        """The result as one line of text."""
        if not self.checked:
            return f"not checked: {self.to_dict()['reason']}"
        if not self.longest_notes:
            return "no passage of nine notes or more found in the training music"
        where = f"bar {self.bar}" + (f" of {self.part}" if self.part else "")
        what = f"{self.longest_notes} notes from {where}, in {self.title} ({self.source})"
        return f"longest passage found in the training music: {what}"

    def to_dict(self) -> dict[str, Any]:
        """JSON values for sidecars; without an index, only that nothing was checked, and the remedy."""
        if not self.checked:
            return {
                "checked": False,
                "reason": f"no {INDEX_FILE} in the model's folder: run 'cantilena data build'",
            }
        return {name: getattr(self, name) for name in self.__slots__}


@lru_cache(maxsize=2)
def load_index(folder: Path) -> Index | None:
    """The index in a model's folder, else the one shared by released models; `None` if there is none.

    Raises:
        BadInputError: the file is damaged.
    """
    found = find_index(folder)
    return Index.load(found) if found else None


def find_index(folder: Path) -> Path | None:
    """The file of that index, `None` where there is none."""
    places = [folder, *({folder.resolve().parent} & {root.resolve() for root in MODEL_FOLDERS})]
    return next((place / INDEX_FILE for place in places if (place / INDEX_FILE).is_file()), None)


def default_index() -> Index | None:
    """The index of the default model; `None` if there is no index or no model."""
    try:
        return load_index(find_model())
    except ModelNotFoundError:
        return None


def check_originality(score: Score, index: Index | None, given: Score | None = None) -> Originality:
    """Finds the longest passage of a score that occurs in the training music.

    Args:
        score: the piece.
        index: of the training music.
        given: music of a user, on the same time line: passages whose notes are all in it, in any octave, do not count.

    >>> check_originality(Score(()), None).to_dict()["checked"]
    False
    """
    if index is None:
        return Originality(False)
    known = {(note.start_ticks, note.pitch % 12) for part in given.parts for note in part.notes} if given else set()
    lines = {part: list(zip(start.tolist(), pitch.tolist(), strict=True)) for part, start, pitch in score_lines(score)}

    def is_given(run: Run) -> bool:
        line = lines[run.part]
        return all((start, pitch % 12) in known for start, pitch in line if run.start_ticks <= start <= run.end_ticks)

    runs = [run for run in index.runs(score) if not is_given(run)]
    detects = NOTES + index.window - 1
    return _describe(score, runs[0], index, detects) if runs else Originality(True, detects_notes=detects)


def _describe(score: Score, run: Run, index: Index, detects: int) -> Originality:
    first = score.bar_at(run.start_ticks)
    source = index.sources[run.source]
    return Originality(
        checked=True,
        longest_notes=run.notes,
        longest_bars=round((run.end_ticks - run.start_ticks) / first.time_signature.bar_ticks, 2),
        bar=first.index + 1,
        part=score.parts[run.part].name,
        source=source.id,
        title=source.title,
        detects_notes=detects,
    )
