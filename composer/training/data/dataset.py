"""The dataset of the training loop: packed rows of ids drawn from a shard, and fixed rows for validation.

Every row starts with a piece's header and is filled completely with windows of pieces, so that nothing is padded. Each draw
drops controls, reorders parts and makes holes at random. Knows nothing of the network.
"""

from __future__ import annotations

import tomllib
from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from composer.controls import PHRASE_BARS
from composer.errors import BadInputError
from composer.tokenizer import Tokenizer
from composer.tokenizer.piece import TokenizedPiece
from composer.tokenizer.stream import StreamOptions, assemble, random_options
from composer.training.data.selection import read_selection
from composer.training.data.shards import Shard

if TYPE_CHECKING:
    from composer.tokenizer.vocabulary import Vocabulary
    from composer.training.evaluation.bits import ValidationBatch

TOKENIZER_FILE = "tokenizer.json"

Rows = npt.NDArray[np.uint16]


def drawing_rates() -> dict[str, float]:
    """Default rates of dropout, part order, holes and openings (see `configs/stream.toml`)."""
    text = files("composer.training").joinpath("configs/stream.toml").read_text(encoding="utf-8")
    return {name: float(value) for name, value in tomllib.loads(text)["rates"].items()}


def check_data(data: Path) -> None:
    """Checks that training data exist.

    Raises:
        BadInputError: they do not; the message contains the command that makes them.
    """
    if not (data / TOKENIZER_FILE).is_file():
        raise BadInputError(f"{data} contains no training data: run `cantilena data build FOLDER -o {data}` first")


class PackedDataset:
    """Draws batches of rows from `folder/train` and validates on `folder/valid`.

    Args:
        folder: a folder made by `composer.training.data.build.build`.
        context: T, the number of predictions per row.
        batch_size: B, the number of rows per batch.
        seed: seed of all random draws.
        rates: see `drawing_rates`.
        select: draw only from the selected subset (see `selection`).

    Raises:
        BadInputError: `folder` contains no data, or none that are selected.
    """

    def __init__(
        self,
        folder: Path,
        *,
        context: int,
        batch_size: int,
        seed: int,
        rates: Mapping[str, float] | None = None,
        select: bool = False,
    ) -> None:
        self.tokenizer = Tokenizer.load(folder / TOKENIZER_FILE)
        self.folder, self.context, self.batch_size, self.seed, self.select = folder, context, batch_size, seed, select
        self.rates = dict(drawing_rates() if rates is None else rates)
        self._train = Shard(folder / "train")
        weights = np.array([info.weight for info in self._train.infos]) * self._train.n_ids
        if select:
            selected = read_selection(folder)
            weights = weights * np.array([info.id in selected for info in self._train.infos])
            if not weights.any():
                raise BadInputError(f"none of the pieces of {folder} is selected: build it again, or omit select in [data]")
        self._chances = weights / weights.sum()
        self._rng = np.random.default_rng(seed)

    @property
    def vocab_size(self) -> int:
        """Number of ids."""
        return len(self.tokenizer)

    def batch(self) -> Rows:
        """The next batch, (B, T + 1)."""
        return np.stack([self._row() for _ in range(self.batch_size)])

    def state_dict(self) -> dict[str, Any]:
        """State of the sampler, as JSON values."""
        return {"rng": self._rng.bit_generator.state}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restores the state returned by `state_dict`."""
        self._rng.bit_generator.state = state["rng"]

    def reseed(self, seed: Sequence[int]) -> None:
        """Restarts the draws from another seed."""
        self._rng = np.random.default_rng(seed)

    def _row(self) -> Rows:
        size = self.context + 1
        ids: list[int] = []
        while len(ids) < size:
            piece = self._train[int(self._rng.choice(len(self._train), p=self._chances))]
            ids.extend(self._window(piece, size - len(ids)))
        return np.array(ids[:size], dtype=np.uint16)

    def _window(self, piece: TokenizedPiece, room: int) -> list[int]:
        """A stream of a piece from a random phrase, or an infill example if it fits into `room`."""
        first = 0
        if self._rng.random() >= self.rates["opening"]:
            first = PHRASE_BARS * int(self._rng.integers((piece.n_bars + PHRASE_BARS - 1) // PHRASE_BARS))
        end = _last_bar(piece, first, room)
        options = random_options(piece, self._rng, self.rates, first, end)
        if self._rng.random() < self.rates["hole"]:
            holed = self._with_hole(piece, options, room)
            if holed is not None:
                return holed
        return assemble(piece, self.tokenizer.vocabulary, options)

    def _with_hole(self, piece: TokenizedPiece, options: StreamOptions, room: int) -> list[int] | None:
        for end in range(_last_bar(piece, options.first_bar, room * 3 // 4), options.first_bar + 1, -1):
            length = int(self._rng.integers(1, min(PHRASE_BARS * 2, end - options.first_bar) + 1))
            start = int(self._rng.integers(options.first_bar, end - length + 1))
            ids = assemble(piece, self.tokenizer.vocabulary, replace(options, end_bar=end, hole=(start, start + length)))
            if len(ids) <= room:
                return ids
        return None

    def validation(self, windows_per_source: int = 16) -> Iterator[ValidationBatch]:
        """Fixed rows of every source; the music does not depend on the merges (see `validation_windows`)."""
        yield from validation_sets(Shard(self.folder / "valid"), self.tokenizer, self.context, windows_per_source)


@dataclass(frozen=True, slots=True)
class Draw:
    """A task of a worker: a number of rows of a data folder, drawn by one seed."""

    folder: Path
    context: int
    rates: tuple[tuple[str, float], ...]
    select: bool
    seed: tuple[int, ...]
    rows: int


def draw_rows(task: Draw) -> Rows:
    """Rows of a task, (rows, T + 1)."""
    dataset = _dataset(task.folder, task.context, task.rates, task.select)
    dataset.reseed(task.seed)
    dataset.batch_size = task.rows
    return dataset.batch()


@lru_cache(maxsize=1)
def _dataset(folder: Path, context: int, rates: tuple[tuple[str, float], ...], select: bool) -> PackedDataset:
    return PackedDataset(folder, context=context, batch_size=1, seed=0, rates=dict(rates), select=select)


def _last_bar(piece: TokenizedPiece, first: int, room: int) -> int:
    """End of the bars from `first` that contain `room` note ids, at least one bar; the row cuts the excess."""
    note_ends = piece.segment_notes[piece.bar_segments]
    return min(piece.n_bars, int(np.searchsorted(note_ends, note_ends[first] + room)) + 1)


def validation_sets(
    shard: Shard,
    tokenizer: Tokenizer,
    context: int,
    windows_per_source: int | None,
    reach: int = 0,
    without: Collection[str] = (),
) -> Iterator[ValidationBatch]:
    """Rows of T + 1 ids for each source of a shard, spread evenly over its pieces (`None`: all windows).

    Padding does not count, nor does the repeated header of windows that are not a piece's first. With a reach, a row starts
    with as many preceding bars as fit, which do not count either. T is the larger of context and reach.
    `without` names groups of controls to drop.
    """
    by_source: dict[str, list[int]] = {}
    for index, info in enumerate(shard.infos):
        by_source.setdefault(info.source, []).append(index)
    for source, indices in sorted(by_source.items()):
        windows = [(index, *window) for index in indices for window in validation_windows(shard[index], tokenizer, context)]
        if windows_per_source is not None and len(windows) > windows_per_source:
            windows = [windows[len(windows) * step // windows_per_source] for step in range(windows_per_source)]
        options = StreamOptions(dropped=frozenset(without))
        yield (source, *_validation_rows(shard, tokenizer, max(context, reach), windows, options, look_back=reach > 0))


def validation_windows(piece: TokenizedPiece, tokenizer: Tokenizer, context: int) -> Iterator[tuple[int, int]]:
    """(first, end) bars of consecutive windows of at most `context` ids even without merges.

    Base tokens are counted, so the windows are the same for every set of merges and bits per note are comparable. A bar that
    is too long for a window is skipped.
    """
    sizes = np.array([len(tokens) for tokens in tokenizer.merges.expansions])[piece.notes]
    note_ends = np.concatenate(([0], np.cumsum(sizes)))[piece.segment_notes]
    # Upper bound of a bar: its notes, two tokens per segment, and seven for the bar's controls.
    ends = note_ends[piece.bar_segments] + 2 * piece.bar_segments + 7 * np.arange(piece.n_bars + 1)
    room = context - 9 - 2 * len(piece.programs)
    first = 0
    while first < piece.n_bars:
        end = int(np.searchsorted(ends, ends[first] + room, side="right")) - 1
        if end > first:
            yield first, end
        first = max(end, first + 1)


def _validation_rows(
    shard: Shard,
    tokenizer: Tokenizer,
    size: int,
    windows: list[tuple[int, int, int]],
    options: StreamOptions,
    *,
    look_back: bool,
) -> tuple[Rows, int, npt.NDArray[np.bool_]]:
    """Rows of ids, how many notes count in them, and which predictions count."""
    ids = np.zeros((len(windows), size + 1), np.uint16)
    mask = np.zeros((len(windows), size), bool)
    for row, (index, first, end) in enumerate(windows):
        piece, vocabulary = shard[index], tokenizer.vocabulary
        while end > first + 1 and len(assemble(piece, vocabulary, replace(options, first_bar=first, end_bar=end))) > size + 1:
            end -= 1  # more controls than `validation_windows` assumes
        whole = replace(options, end_bar=end)
        start = _earliest_bar(piece, vocabulary, first, whole, size + 1) if look_back else first
        stream = assemble(piece, vocabulary, replace(whole, first_bar=start))[: size + 1]
        ids[row, : len(stream)] = stream
        # In a window that is not a piece's first only its bars count; a stream without an end has no EOS.
        given = 1 if first == 0 else len(assemble(piece, vocabulary, replace(options, first_bar=start, end_bar=first)))
        mask[row, given - 1 : len(stream) - 1] = True
    counts = tokenizer.grammar.note_count
    n_notes = int(counts[ids[:, 1:]][mask].sum())
    return ids, n_notes, mask


def _earliest_bar(piece: TokenizedPiece, vocabulary: Vocabulary, first: int, options: StreamOptions, size: int) -> int:
    """The earliest bar from which a stream up to the options' end has at most `size` ids; at most `first`."""
    return bisect_left(
        range(first), True, key=lambda start: len(assemble(piece, vocabulary, replace(options, first_bar=start))) <= size
    )
