"""Common code of composing benchmarks: resumable composing of many pieces into a folder, and confidence intervals.

Not a benchmark itself. An existing piece from the same brief and model is kept, so a long run can be stopped at any moment and
continued.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from composer import composing
from composer.brief import Brief
from composer.errors import CantilenaError
from composer.model.checkpoint import find_model, fingerprint


@dataclass(frozen=True)
class Job:
    """A piece to compose: file name without suffix, options of its brief, number of candidates."""

    name: str
    options: Mapping[str, Any]
    candidates: int = 1


def compose_all(
    jobs: Sequence[Job],
    folder: Path,
    *,
    model: str | None = None,
    formats: Sequence[str] = ("mid",),
    workers: int = 1,
) -> dict[str, str]:
    """Composes the missing pieces of the folder; returns errors by piece name."""
    folder.mkdir(parents=True, exist_ok=True)
    stamp = fingerprint(find_model(model))
    missing = [job for job in jobs if not _is_there(job, folder, stamp, formats)]
    errors: dict[str, str] = {}
    done = len(jobs) - len(missing)

    def note(name: str, error: str) -> None:
        nonlocal done
        done += 1
        if error:
            errors[name] = error
        print(f"\r{done}/{len(jobs)} {error[:100]}", end="\n" if error else "", file=sys.stderr, flush=True)

    if workers <= 1:
        for job in missing:
            note(*_compose_one(job, folder, model, tuple(formats)))
    else:
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            for future in as_completed(pool.submit(_compose_one, job, folder, model, tuple(formats)) for job in missing):
                note(*future.result())
    print(file=sys.stderr)
    return errors


def _is_there(job: Job, folder: Path, stamp: str, formats: Sequence[str]) -> bool:
    sidecar = folder / f"{job.name}.json"
    if not sidecar.is_file() or not all((folder / f"{job.name}.{suffix}").is_file() for suffix in formats):
        return False
    content = json.loads(sidecar.read_text())
    count = (content.get("candidates") or {}).get("count", 1)
    same = content["model"]["fingerprint"] == stamp and count == job.candidates
    return same and content["brief"] == Brief.from_dict(job.options).to_dict()


def _compose_one(job: Job, folder: Path, model: str | None, formats: tuple[str, ...]) -> tuple[str, str]:
    try:
        piece = composing.compose(Brief.from_dict(job.options), model=model, candidates=job.candidates)
        composing.write(piece, folder / job.name, formats)
    except CantilenaError as error:
        return job.name, str(error)
    except Exception as error:  # a benchmark must report bugs and continue
        return job.name, f"{type(error).__name__}: {error}"
    return job.name, ""


def interval(
    values: Sequence[float] | np.ndarray,
    statistic: Callable[[np.ndarray], float] = np.mean,
    *,
    draws: int = 2000,
    seed: int = 0,
) -> tuple[float, float, float]:
    """A statistic and its 95 % interval by the percentile bootstrap (Efron 1979)."""
    values = np.asarray(values, np.float64)
    if not len(values):
        return (float("nan"),) * 3
    rng = np.random.default_rng(seed)
    again = [statistic(values[rng.integers(len(values), size=len(values))]) for _ in range(draws)]
    low, high = np.percentile(again, [2.5, 97.5])
    return float(statistic(values)), float(low), float(high)
