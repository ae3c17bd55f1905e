"""The originality index of a training corpus: the melodic lines of every piece of the training split.

Corpus files are read with symusic only, which is twenty times as fast as building scores; bars, instruments and movements do
not matter here. Knows nothing of fingerprints (see `composer.originality`).
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from composer import originality
from composer.files import write_atomically
from composer.originality import INDEX_FILE, Source, build_index, lines_of
from composer.originality.index import SHIPPED_WINDOW
from composer.originality.lines import Ints, top_line
from composer.training.data.corpus import iter_folder, list_items, sources

Lines = list[tuple[Ints, Ints]]


def corpus_lines(
    corpus: Path, only: Collection[str] | None = None, split: str = "train"
) -> Iterator[tuple[Source, str, Lines]]:
    """Source, work and lines of every piece of a split, from a corpus folder or any folder of scores.

    Files that cannot be read are skipped, as in training.

    Raises:
        BadInputError: the folder contains nothing usable.
    """
    if not any(corpus.glob("*.manifest.jsonl")):
        for piece in iter_folder(corpus):
            if piece.split == split:
                yield Source(piece.id, piece.title), piece.group, list(lines_of(piece.score))
        return
    import symusic

    for source in sources(corpus) if only is None else only:
        with zipfile.ZipFile(corpus / f"{source}.zip") as archive:
            for item in list_items(corpus, [source], [split]):
                if item.movement > 1:
                    continue  # the same file again
                row = item.row
                try:
                    score: Any = symusic.Score.from_midi(archive.read(row["midi"]), sanitize_data=True)
                except RuntimeError:
                    continue
                title = ", ".join(text for text in (row["title"], row["composer"]) if text)
                yield Source(row["id"], title), row["group"], _lines(score.tracks)


def _lines(tracks: Any) -> Lines:
    found: Lines = []
    for track in tracks:
        if not track.is_drum and len(track.notes):
            notes = track.notes.numpy()
            found.append(top_line(notes["time"].astype(np.int64), notes["pitch"].astype(np.int64)))
    return found


def write_index(
    corpus: Path,
    folder: Path,
    only: Collection[str] | None = None,
    report: Callable[[str], None] = lambda line: None,
) -> None:
    """Writes `originality.npz` of the training split into a folder, unless an up-to-date one is there.

    Raises:
        BadInputError: the corpus folder contains nothing usable.
    """
    path, stamp_file = folder / INDEX_FILE, folder / f"{INDEX_FILE}.stamp"
    stamp = _stamp(corpus, only)
    if path.is_file() and stamp_file.is_file() and stamp_file.read_text() == stamp:
        return
    report("indexing the training music for the originality check")
    build_index(corpus_lines(corpus, only), SHIPPED_WINDOW).save(path)
    write_atomically(stamp_file, stamp.encode())


def _stamp(corpus: Path, only: Collection[str] | None) -> str:
    """Hash of what the index depends on: the corpus and the fingerprint code."""
    digest = hashlib.sha256(repr(sorted(only) if only else None).encode())
    names = sorted(corpus.glob("*.manifest.jsonl"))
    for path in names or sorted(path for path in corpus.rglob("*") if path.is_file()):
        digest.update(path.read_bytes())
    for module in sorted(Path(originality.__file__).parent.glob("*.py")):
        digest.update(module.read_bytes())
    return digest.hexdigest()
