"""Builds training data from a corpus: reads, labels and tokenizes pieces, learns merges and writes shards.

    out/base/<source>-<split>/   labeled pieces in base tokens; rebuilt only when the corpus or the labeling code changes
    out/tokenizer.json           vocabulary and merges, learned on the training split
    out/train/ out/valid/        the shards that `PackedDataset` reads
    out/originality.npz          the melodies of each training piece, for the originality check of composed pieces
    out/selected.json            ids of the pieces for the quality ending of a run (see `selection`)

The first step takes minutes on both cores and is cached by source; the others take seconds.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from composer.errors import BadInputError, CantilenaError
from composer.files import write_atomically
from composer.presets import composer_names, style_names
from composer.presets.habits import HABITS_FILE
from composer.processes import Hire, Spread
from composer.tokenizer import Tokenizer, Vocabulary
from composer.tokenizer.piece import TokenizedPiece
from composer.training.data.corpus import CorpusItem, Piece, folder_paths, iter_folder, list_items, read_item, sources, weight
from composer.training.data.labels import label
from composer.training.data.origins import write_index
from composer.training.data.selection import write_selection
from composer.training.data.shards import PieceInfo, Shard, note_runs, with_merges, write_shard
from composer.training.user_style.counting import habits_of

SPLITS = ("train", "valid")
DEFAULT_MERGES = 1024
_MERGE_SAMPLE_RUNS = 400_000
_CHUNK = 16  # items per labeling task
_FEW_ITEMS = 8  # fewer are labeled by this process, since workers take time to start
# Modules and tables whose text determines the content of `base`; of `analysis`, those that label.
_MAKERS = (
    *(f"analysis/{name}" for name in ("arrays", "chords", "key", "meter", "mood", "structure", "texture")),
    "presets",
    "tokenizer",
    *(f"training/data/{name}" for name in ("corpus", "labels", "leaks", "repair", "tagging")),
    "score.py",
    "formats/midi",
)

Labeled = tuple[PieceInfo, TokenizedPiece]


def base_tokenizer() -> Tokenizer:
    """A tokenizer for all learned styles and composers, without merges."""
    return Tokenizer(Vocabulary(style_names(), composer_names()))


def build(
    corpus: Path,
    out: Path,
    *,
    merges: int | Path = DEFAULT_MERGES,
    only: Sequence[str] | None = None,
    hire: Hire | None = None,
    report: Callable[[str], None] = lambda line: None,
) -> None:
    """Builds training data in `out` from a corpus folder or any folder of scores.

    Args:
        corpus: folder of zips and manifests (see data/README.md), or any folder of MIDI, MusicXML or kern files.
        out: output folder.
        merges: number of byte-pair merges to learn on top of the base tokens, or a model folder whose vocabulary and merges are
            used instead.
        only: names of the sources to use, `None` for all.
        hire: starts the workers that label, such as `functools.partial(ProcessCrew, jobs=2)` or `farm.on_ray.RayCrew`, whose
            machines read the corpus under the same path; by default this process labels.
        report: called with lines of progress, including the time that each source and the whole build took.

    Raises:
        BadInputError: the folder contains nothing usable.
    """
    started = time.monotonic()
    shards = _base_shards(corpus, out / "base", only, hire, report)
    write_data(shards, out, merges, report)
    if (out / "base" / HABITS_FILE).is_file():
        write_atomically(out / HABITS_FILE, (out / "base" / HABITS_FILE).read_bytes())
    write_index(corpus, out, only, report)
    write_selection(corpus, out, only, report)
    counts = {split: sum(map(len, shards[split])) for split in SPLITS}
    report(f"{sum(counts.values()):,} pieces: {counts['train']:,} to train on, {counts['valid']:,} held out")
    report(f"done in {_elapsed(started)}")


def open_base(base: Path) -> dict[str, list[Shard]]:
    """Opens the labeled shards of a `base` folder, by split, without checking that they are up to date."""
    return {split: [Shard(folder) for folder in sorted(base.glob(f"*-{split}"))] for split in SPLITS}


def write_data(
    shards: Mapping[str, Sequence[Shard]],
    out: Path,
    merges: int | Path,
    report: Callable[[str], None] = lambda line: None,
) -> None:
    """Learns a number of merges from labeled shards, or uses those of a model folder; writes what `PackedDataset` reads."""
    if isinstance(merges, int):
        report("learning the merges")
        out.mkdir(parents=True, exist_ok=True)
        _learn(shards["train"], out / "tokenizer.json", merges)
    else:
        write_atomically(out / "tokenizer.json", (merges / "tokenizer.json").read_bytes())
    merged = Tokenizer.load(out / "tokenizer.json").merges
    for split in SPLITS:
        report(f"writing {split}")
        pieces = ((info, with_merges(shard[i], merged)) for shard in shards[split] for i, info in enumerate(shard.infos))
        write_shard(out / split, pieces)


def _base_shards(
    corpus: Path,
    base: Path,
    only: Sequence[str] | None,
    hire: Hire | None,
    report: Callable[[str], None],
) -> dict[str, list[Shard]]:
    """Opens the cached shards of every source and split; builds those that are missing or out of date."""
    shards: dict[str, list[Shard]] = {split: [] for split in SPLITS}
    if not any(corpus.glob("*.manifest.jsonl")):
        return _folder_shards(corpus, base, report)
    for source in sources(corpus):
        if only is not None and source not in only:
            continue
        for split in SPLITS:
            folder = base / f"{source}-{split}"
            stamp = _fingerprint(corpus / f"{source}.manifest.jsonl")
            if not (folder / "stamp").is_file() or (folder / "stamp").read_text() != stamp:
                report(f"labeling {source} ({split})")
                started = time.monotonic()
                items = list_items(corpus, [source], [split])
                write_shard(folder, _label_all(items, hire, report))
                (folder / "stamp").write_text(stamp)
                made = len(Shard(folder))
                skipped = f", {len(items) - made:,} skipped" if made < len(items) else ""
                report(f"labeled {made:,} pieces of {source} ({split}){skipped} in {_elapsed(started)}")
            shards[split].append(Shard(folder))
    return shards


def _elapsed(started: float) -> str:
    """Time since a value of `time.monotonic`.

    >>> _elapsed(time.monotonic() - 128.0)
    '2 min 8 s'
    """
    minutes, seconds = divmod(round(time.monotonic() - started), 60)
    return f"{minutes} min {seconds} s"


def _folder_shards(corpus: Path, base: Path, report: Callable[[str], None]) -> dict[str, list[Shard]]:
    """Shards of a user's folder; small enough to be rebuilt each time."""
    report(f"labeling {corpus}")
    pieces, found = list(iter_folder(corpus)), len(folder_paths(corpus))
    if not pieces:
        raise BadInputError(f"{corpus} contains no readable score: put MIDI, MusicXML or kern files there")
    report(f"{len(pieces):,} of {found:,} files read" + (f", {found - len(pieces):,} skipped" if len(pieces) < found else ""))
    base.mkdir(parents=True, exist_ok=True)
    habits_of(pieces).save(base)
    shards = {}
    for split in SPLITS:
        labeled = (_label_piece(piece) for piece in pieces if piece.split == split)
        write_shard(base / f"folder-{split}", (item for item in labeled if item is not None))
        shards[split] = [Shard(base / f"folder-{split}")]
    return shards


def _label_all(items: Sequence[CorpusItem], hire: Hire | None, report: Callable[[str], None]) -> Iterator[Labeled]:
    """Labels items in order, by workers where there are many; skips items that cannot be read or that crash their worker."""
    if hire is None or len(items) < _FEW_ITEMS:
        yield from _label_chunk(_Chunk(0, tuple(items)))
        return
    finished: dict[int, tuple[int, list[Labeled]]] = {}  # by first item: the item after the last, and the results
    next_item = 0

    def collect() -> Iterator[Labeled]:
        nonlocal next_item
        for chunk, labeled in spread.collect():
            if labeled is None:
                report(f"skipped {chunk.items[0].id}: the process that read it died")
            finished[chunk.first] = (chunk.first + len(chunk.items), labeled or [])
        while next_item in finished:
            next_item, ready = finished.pop(next_item)
            yield from ready

    with hire(_label_chunk) as crew:
        spread = Spread[_Chunk, list[Labeled]](crew, _Chunk.halves)
        for first in range(0, len(items), _CHUNK):
            spread.add(_Chunk(first, tuple(items[first : first + _CHUNK])))
            while spread.full:
                yield from collect()
        while spread.busy:
            yield from collect()


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Consecutive items of a source, starting at a position."""

    first: int
    items: tuple[CorpusItem, ...]

    def halves(self) -> list[_Chunk]:
        """The two halves of the chunk; empty for a single item."""
        middle = len(self.items) // 2
        return [_Chunk(self.first, self.items[:middle]), _Chunk(self.first + middle, self.items[middle:])] if middle else []


def _label_chunk(chunk: _Chunk) -> list[Labeled]:
    return [found for found in map(_label_item, chunk.items) if found is not None]


def _label_item(item: CorpusItem) -> Labeled | None:
    try:
        return _label_piece(read_item(item))
    except CantilenaError:
        return None


def _label_piece(piece: Piece) -> Labeled | None:
    score, controls = label(piece)
    tokens = _worker_tokenizer().tokenize(score, controls)
    n_notes = int(_worker_tokenizer().grammar.note_count[tokens.notes].sum())
    return (PieceInfo(piece.id, piece.source, n_notes, weight(piece)), tokens) if n_notes else None


@cache
def _worker_tokenizer() -> Tokenizer:
    return base_tokenizer()


def _learn(shards: Sequence[Shard], path: Path, n_merges: int) -> None:
    """Learns merges from a sample of note runs, drawn with the sampling weights of training."""
    from composer.tokenizer.miditok_base import build_tokenizer_json

    rng = np.random.default_rng(0)
    chances = np.concatenate([[info.weight for info in shard.infos] * shard.n_ids for shard in shards])
    owners = [(shard, index) for shard in shards for index in range(len(shard))]
    draws = np.bincount(
        rng.choice(len(owners), size=_MERGE_SAMPLE_RUNS // 50, p=chances / chances.sum()), minlength=len(owners)
    )
    runs: list[list[int]] = []
    for (shard, index), times in zip(owners, draws.tolist(), strict=True):
        if times:
            found = note_runs(shard[index])
            runs.extend(found[int(pick)] for pick in rng.integers(len(found), size=50 * times))
    temporary = path.with_suffix(".tmp.json")
    build_tokenizer_json(Vocabulary(style_names(), composer_names()), runs, n_merges, temporary)
    write_atomically(path, (json.dumps(json.loads(temporary.read_text()), indent=1) + "\n").encode())
    temporary.unlink()


@cache
def _makers_digest() -> str:
    digest = hashlib.sha256()
    root = Path(__file__).parents[2]
    for name in _MAKERS:
        place = root / name
        inside = [*place.rglob("*.py"), *place.rglob("*.toml")] if place.is_dir() else place.parent.glob(f"{place.name}*")
        for path in sorted(path for path in inside if path.is_file()):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _fingerprint(manifest: Path) -> str:
    """Hash of what a cached source depends on: its manifest (which contains every file's hash) and the code."""
    return hashlib.sha256(manifest.read_bytes() + _makers_digest().encode()).hexdigest()
