"""Rows drawn ahead by worker processes and kept in the memory of the training device.

A GPU trains faster than one process draws rows. Here workers draw the next pool of rows while the current one is trained on.
A pool depends only on the settings and its number, so a resumed run sees the same rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch

from composer.errors import BadInputError
from composer.processes import ProcessCrew, checked_jobs
from composer.training.data.dataset import Draw, PackedDataset, Rows, check_data, draw_rows, drawing_rates
from composer.training.evaluation.bits import ValidationBatch
from composer.training.settings import RunConfig

DATA_KEYS = ("context", "seed", "rates", "select", "pool_rows", "pool_workers")


class RowPool:
    """Rows like those of a dataset, drawn ahead.

    Args:
        dataset: the settings of the rows, and the held-out music.
        rows: rows per pool; a last batch that the pool does not fill is left out.
        workers: processes that draw, 1 to 64; the rows depend on this number.
    """

    def __init__(self, dataset: PackedDataset, *, rows: int, workers: int) -> None:
        self._dataset, self._workers = dataset, workers
        self.batch_size, self._seed = dataset.batch_size, dataset.seed
        rates = tuple(dataset.rates.items())
        self._draw = Draw(dataset.folder, dataset.context, rates, dataset.select, (), max(rows, self.batch_size))
        self._crew = ProcessCrew(draw_rows, workers).__enter__()
        self._pool, self._next = 0, 0
        self._rows: torch.Tensor | None = None
        self._drawn: list[Future[Rows]] = []

    @property
    def vocab_size(self) -> int:
        """Number of ids."""
        return self._dataset.vocab_size

    def batch(self) -> torch.Tensor:
        """The next batch, (B, T + 1) int16, on the GPU if there is one."""
        rows = self._load() if self._rows is None else self._rows
        if self._next + self.batch_size > len(rows):
            self._pool, self._next = self._pool + 1, 0
            rows = self._load()
        self._next += self.batch_size
        return rows[self._next - self.batch_size : self._next]

    def _load(self) -> torch.Tensor:
        """Takes the current pool from the workers and starts the next one."""
        drawn = self._drawn or self._start(self._pool)
        rows = np.concatenate([future.result() for future in drawn])
        order = np.random.default_rng((self._seed, self._pool)).permutation(len(rows))
        device = torch.device("cuda", torch.cuda.current_device()) if torch.cuda.is_available() else torch.device("cpu")
        self._rows = torch.from_numpy(rows[order].view(np.int16)).to(device)
        self._drawn = self._start(self._pool + 1)
        return self._rows

    def _start(self, pool: int) -> list[Future[Rows]]:
        size = -(-self._draw.rows // self._workers)
        task = self._draw
        return [
            self._crew.submit(Draw(task.folder, task.context, task.rates, task.select, (self._seed, pool, worker), size))
            for worker in range(self._workers)
        ]

    def state_dict(self) -> dict[str, Any]:
        """Position in the pools, JSON values."""
        return {"pool": self._pool, "next": self._next}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restores a position."""
        self._pool, self._next, self._rows, self._drawn = state["pool"], state["next"], None, []

    def validation(self) -> Iterable[ValidationBatch]:
        """As `PackedDataset.validation`."""
        return self._dataset.validation()

    def close(self) -> None:
        """Ends the workers."""
        self._crew.__exit__(KeyboardInterrupt, None, None)  # at once


@contextmanager
def open_dataset(settings: RunConfig, data: Path) -> Iterator[PackedDataset | RowPool]:
    """The dataset that the `[data]` table of a run describes; the context is by default the network's.

    Raises:
        BadInputError: there are no data, or an unknown key.
    """
    table: Mapping[str, Any] = settings.data
    unknown = next((key for key in table if key not in DATA_KEYS), None)
    if unknown is not None:
        raise BadInputError(f"key {unknown!r} of [data] is not known: use {', '.join(DATA_KEYS)}")
    check_data(data)
    dataset = PackedDataset(
        data,
        context=int(table.get("context", settings.model.get("max_position_embeddings", 512))),
        batch_size=settings.training.batch_size,
        seed=int(table.get("seed", settings.training.seed)),
        rates={**drawing_rates(), **table.get("rates", {})},
        select=bool(table.get("select", False)),
    )
    if not table.get("pool_rows"):
        yield dataset
        return
    pool = RowPool(dataset, rows=int(table["pool_rows"]), workers=checked_jobs(int(table.get("pool_workers", 1))))
    try:
        yield pool
    finally:
        pool.close()
