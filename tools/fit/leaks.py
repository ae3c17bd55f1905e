"""Finds works that are in both splits under different names: `python -m tools.fit leaks [--write]`.

Splits were made by title and catalog number within a source, which misses the same work in another source or edition. The
melodies of every part are compared as sequences of intervals, so transposed copies are found too. A held-out piece is leaked if
one training piece contains at least a tenth of its melodies: above a quarter they are the same works, between a tenth and a
quarter mostly other settings of the same tune, below that chance similarity. With --write the list is written to
composer/training/data/leaks.toml, which excludes the pieces from the valid split.
"""

from __future__ import annotations

import argparse
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import symusic

from composer.training.data.corpus import list_items
from tools.corpus import ROOT, corpus_folder

LENGTH = 12  # intervals in a melody: thirteen notes
DISTINCT = 4  # minimum number of different intervals; scales, trills and Alberti basses are not distinctive
SHARE = 0.10
FEWEST = 8  # melodies in common

LEAKS = ROOT / "composer" / "training" / "data" / "leaks.toml"
HEADER = (
    "# Pieces of the valid split whose work is also in the training split, from another source or edition. "
    "Written by tools/fit/leaks.py.\n"
)


def melodies(midi: bytes) -> np.ndarray:
    """Hashes of all melodies of `LENGTH` intervals in the top line of each pitched track, (n,) uint64, each once.

    Read with symusic only, which is twenty times as fast; bars and instruments do not matter here.
    """
    score = symusic.Score.from_midi(midi, sanitize_data=True)
    found = [grams for track in score.tracks if not track.is_drum for grams in _track_melodies(track.notes.numpy())]
    return np.unique(np.concatenate(found)) if found else np.zeros(0, np.uint64)


def _track_melodies(notes: dict[str, np.ndarray]) -> Iterator[np.ndarray]:
    start, pitch = notes["time"].astype(np.int64), notes["pitch"].astype(np.int64)
    order = np.lexsort((pitch, start))
    top = np.append(np.diff(start[order]) > 0, True)[: len(order)]  # the highest note of each onset
    steps = np.clip(np.diff(pitch[order][top]), -15, 15) + 16
    if len(steps) >= LENGTH:
        windows = np.lib.stride_tricks.sliding_window_view(steps, LENGTH)
        different = 1 + (np.diff(np.sort(windows, axis=1), axis=1) > 0).sum(axis=1)
        powers = np.uint64(37) ** np.arange(LENGTH, dtype=np.uint64)
        yield (windows[different >= DISTINCT].astype(np.uint64) * powers).sum(axis=1, dtype=np.uint64)


def find_leaks(folder: Path) -> list[tuple[str, str, float]]:
    """For each held-out file: its id, the training file that shares most of its melodies, and their share."""
    held_out = list(_files(folder, "valid"))
    owners = np.repeat(np.arange(len(held_out)), [len(grams) for _, grams in held_out])
    grams, place = np.unique(np.concatenate([rows for _, rows in held_out]), return_inverse=True)
    owned = [owners[rows] for rows in np.split(np.argsort(place, kind="stable"), np.cumsum(np.bincount(place))[:-1])]
    sizes = np.array([max(1, len(own)) for _, own in held_out])
    best = [(0.0, "")] * len(held_out)
    for name, mine in _files(folder, "train"):
        found = np.searchsorted(grams, mine)
        hits = found[(found < len(grams)) & (grams[np.minimum(found, len(grams) - 1)] == mine)]
        if len(hits) >= FEWEST:
            counts = np.bincount(np.concatenate([owned[hit] for hit in hits]), minlength=len(held_out))
            for index in np.flatnonzero(counts >= FEWEST):
                best[index] = max(best[index], (counts[index] / sizes[index], name))
    return [(name, other, share) for (name, _), (share, other) in zip(held_out, best, strict=True) if share > 0]


def _files(folder: Path, split: str) -> Iterator[tuple[str, np.ndarray]]:
    """Id and melodies of every file, except drum grooves, which have no melody and are split by player and session."""
    archives = {path.stem: zipfile.ZipFile(path) for path in folder.glob("*.zip")}
    for item in list_items(folder, splits=[split], keep_leaks=True):
        if item.source != "groove" and item.movement < 2:
            yield item.row["id"], melodies(archives[item.source].read(item.row["midi"]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="write composer/training/data/leaks.toml")
    arguments = parser.parse_args()
    matches = find_leaks(corpus_folder())
    for name, other, share in sorted(matches, key=lambda match: -match[2]):
        print(f"{share:6.1%}  {'LEAK' if share >= SHARE else '    '}  {name}  in  {other}")
    leaked = [(name, other, share) for name, other, share in matches if share >= SHARE]
    print(f"{len(leaked)} held-out pieces leaked")
    if arguments.write:
        lines = "".join(f'    "{name}",  # {share:.0%} in {other}\n' for name, other, share in leaked)
        LEAKS.write_text(f"{HEADER}leaks = [\n{lines}]\n", encoding="utf-8")
