"""Part extraction: one sheet music file per player."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from composer.files import name_words
from composer.formats import SHEET_SUFFIXES, write_score
from composer.formats.engraving.layout import Layout, is_classical
from composer.formats.engraving.staves import part_runs
from composer.formats.provenance import Provenance
from composer.score import Score


def extracted(score: Score) -> Iterator[tuple[str, Score]]:
    """Yields each player's name, and the score reduced to that player's part or both hands.

    Tempos, keys, meters, chords and markers are kept, so bars and marks agree with the full score.
    """
    for name, first, last in part_runs(score.parts):
        title = f"{score.title} - {name}" if score.title and name else score.title or name
        end = score.bars[-1].end_ticks
        yield name, replace(score, parts=score.parts[first : last + 1], title=title, end_ticks=end)


def write_parts(score: Score, path: Path, provenance: Provenance | None = None, layout: Layout | None = None) -> list[Path]:
    """Writes `NAME-1-violin.SUFFIX` and so on next to `path`, which itself is not written.

    Chord symbols, repeats, swing and dynamics are those of the score.

    Raises:
        BadInputError: the format is not known, or a file cannot be written.
    """
    layout = layout or Layout()
    if layout.chord_symbols is None:
        layout = replace(layout, chord_symbols=not is_classical(score.parts))
    suffix = max((s for s in SHEET_SUFFIXES if path.name.lower().endswith(s)), key=len, default=path.suffix)
    stem = path.name[: len(path.name) - len(suffix)]
    written = []
    for player, (name, part) in enumerate(extracted(score)):
        target = path.with_name("-".join(filter(None, (stem, str(player + 1), name_words(name)))) + path.name[len(stem) :])
        write_score(part, target, provenance, replace(layout, whole=score, player=player))
        written.append(target)
    return written
