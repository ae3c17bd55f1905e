"""The sampling loop: guided sampling of many streams on one engine. Knows ids only.

The same seed gives the same ids for any batch, number of threads and engine, for two reasons. First, each item has its own
generator, and every choice draws one number per id of the vocabulary (the Gumbel-max trick: the largest logit + noise is an
exact draw from the softmax). Second, single-precision logits differ in the last digits between batches, so a choice that such a
difference could change is repeated with logits in double precision.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from composer.errors import BadInputError
from composer.model.engines import Engine

Floats = NDArray[np.float64]
Shorten = Callable[[Sequence[int]], Sequence[int]]


class Guide(Protocol):
    """Defines what a stream must and may contain. The loop calls `forced`, then `mask` and the others, then `accept`."""

    @property
    def finished(self) -> bool:
        """Whether the stream is complete after the forced ids have been appended."""

    def forced(self) -> Sequence[int]:
        """Ids to append without sampling; at the start the whole prompt, not empty. `accept` is not called for them."""

    def mask(self) -> NDArray[np.bool_]:
        """Ids allowed next, (V,), at least one."""

    def pooled(self) -> tuple[int, NDArray[np.intp]] | None:
        """An allowed id that represents an event, and all ids over which the model spreads that event's probability.

        If only one of several ids is allowed (such as the number of bars left), the model still decides whether the event
        happens now; uncertainty about the number must not make the event less likely. `None` if there is no such event.
        """

    def settings(self, usual: Settings) -> Settings:
        """The settings for the next choice, given the usual ones."""

    def accept(self, token: int) -> None:
        """Records the sampled id."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Sampling settings.

    Attributes:
        temperature: divides the logits; 0 takes the most likely id.
        top_p: nucleus (Holtzman et al. 2020): keeps the most likely ids up to this total probability, above 0 to 1.
        min_p: drops ids less likely than this fraction of the most likely (Nguyen et al. 2024), 0 to below 1.
        guided: apply classifier-free guidance; if false, use only the positively weighted branches.
        max_ids: maximum ids in a stream, including forced ones.
        window: maximum ids in a row before `Request.shorten` is called.
    """

    temperature: float = 1.0
    top_p: float = 1.0
    min_p: float = 0.0
    guided: bool = True
    max_ids: int = 1_000_000
    window: int = 1_000_000

    @property
    def kept(self) -> int:
        """Number of ids to keep of a full window: enough context, and enough room before the next shortening."""
        return self.window * 5 // 8

    def __post_init__(self) -> None:
        if not 0 <= self.temperature <= 10:
            raise BadInputError(f"temperature {self.temperature} is out of range 0 to 10: 1 does not change the logits")
        if not 0 < self.top_p <= 1:
            raise BadInputError(f"top_p {self.top_p} is out of range above 0 to 1: 1 keeps everything")
        if not 0 <= self.min_p < 1:
            raise BadInputError(f"min_p {self.min_p} is out of range 0 to below 1: 0 keeps everything")


@dataclass(frozen=True, slots=True)
class Request:
    """One stream to sample.

    Attributes:
        guide: guide of the stream.
        seed: (seed, index of the item): the same pair gives the same ids.
        branches: further conditions with their weights, for classifier-free guidance (Sanchez et al. 2023). Each is a guide
            that forces other ids (such as a header without moods) and accepts the same ids; masks come from the first guide.
            The logits are the weighted sum over branches; the weight of the stream is 1 minus the sum of theirs. A branch
            without the condition at weight 1 - s gives guidance of scale s; several positive weights mix conditions.
        shorten: returns the part of a row to keep (header and recent bars) when the row has reached `Settings.window`.
    """

    guide: Guide
    seed: tuple[int, int]
    branches: tuple[tuple[Guide, float], ...] = ()
    shorten: Shorten | None = None


@dataclass(slots=True)
class Result:
    """A sampled stream.

    Attributes:
        ids: all ids, including forced ones.
        finished: whether the guide finished before `max_ids` was reached.
        choices: number of sampled ids.
        log_likelihood: log-likelihood of the sampled ids under the stream's condition, in nats, before masks, guidance and
            temperature.
        settled: number of choices repeated in double precision.
    """

    ids: list[int] = field(default_factory=list)
    finished: bool = False
    choices: int = 0
    log_likelihood: float = 0.0
    settled: int = 0


def oddness(results: Sequence[Result]) -> list[float]:
    """How far each stream's surprise is from the median of all, in nats per choice.

    The likeliest stream of many is dull (Holtzman et al. 2020), the least likely one aimless.

    >>> oddness([Result(choices=2, log_likelihood=-nats) for nats in (1.0, 2.0, 4.0)])
    [0.5, 0.0, 1.0]
    """
    surprises = [-result.log_likelihood / max(1, result.choices) for result in results]
    usual = median(surprises)
    return [abs(surprise - usual) for surprise in surprises]


@dataclass(slots=True)
class _Item:
    """A stream being sampled."""

    request: Request
    result: Result
    generator: np.random.Generator
    rows: list[int]
    pending: list[list[int]]  # ids to append, for each row
    logits: list[NDArray[Any]]  # after the last id of each row

    @property
    def guides(self) -> list[Guide]:
        return [self.request.guide, *(guide for guide, _ in self.request.branches)]

    def weights(self, guided: bool) -> list[float]:
        """Weights of the stream and its branches; they sum to 1."""
        others = [weight for _, weight in self.request.branches]
        every = [1.0 - sum(others), *others]
        if guided:
            return every
        mixed = [max(0.0, weight) for weight in every]
        return [weight / sum(mixed) for weight in mixed]

    def take_forced(self) -> None:
        """Takes the forced ids from the guides."""
        for branch, guide in enumerate(self.guides):
            forced = guide.forced()
            self.pending[branch].extend(forced)
            if branch == 0:
                self.result.ids.extend(forced)

    def done(self, settings: Settings) -> bool:
        """Whether there is nothing left to sample."""
        self.result.finished = self.request.guide.finished
        return self.result.finished or len(self.result.ids) >= settings.max_ids


def generate(
    engine: Engine,
    requests: Sequence[Request],
    settings: Settings,
    *,
    rows: int = 16,
    on_step: Callable[[], None] | None = None,
) -> list[Result]:
    """Samples streams, at most `rows` branches at a time; when one ends, the next takes its place.

    Args:
        engine: the network.
        requests: the streams to sample.
        settings: sampling settings.
        rows: rows of the engine's cache; affects only speed and memory.
        on_step: called after every round.

    Returns:
        One result per request, in order.

    Raises:
        BadInputError: a request has more branches than there are rows.
    """
    needed = [1 + len(request.branches) for request in requests]
    if max(needed, default=0) > rows:
        raise BadInputError(f"a request has {max(needed)} branches, the cache {rows} rows: allow more rows")
    results = [Result() for _ in requests]
    free = list(range(min(rows, sum(needed))))
    cache = engine.new_cache(len(free))
    waiting, active = deque(range(len(requests))), list[_Item]()
    while waiting or active:
        while waiting and needed[waiting[0]] <= len(free):
            index = waiting.popleft()
            mine, free = free[: needed[index]], free[needed[index] :]
            item = _start(engine, cache, requests[index], results[index], mine)
            if item.done(settings):  # a completely forced stream needs no network
                free = sorted(free + item.rows)
            else:
                active.append(item)
        if active:
            _append(engine, cache, active, settings)
        for item in active:
            _choose(engine, cache, item, settings)
        free = sorted(free + [row for item in active if item.done(settings) for row in item.rows])
        active = [item for item in active if not item.done(settings)]
        if on_step:
            on_step()
    return results


def _start(engine: Engine, cache: Any, request: Request, result: Result, rows: list[int]) -> _Item:
    for row in rows:
        engine.truncate(cache, row, 0)
    generator = np.random.Generator(np.random.Philox(np.random.SeedSequence(request.seed)))
    item = _Item(request, result, generator, rows, [[] for _ in rows], [np.empty(0) for _ in rows])
    item.take_forced()
    return item


def _append(engine: Engine, cache: Any, items: Sequence[_Item], settings: Settings) -> None:
    """Gives the engine all pending ids in one pass; common prefixes are computed once and copied."""
    work: list[tuple[_Item, int]] = []
    beginnings: dict[tuple[int, ...], list[tuple[_Item, int]]] = {}
    for item in items:
        for branch, row in enumerate(item.rows):
            _shorten(engine, cache, item, branch, settings)
            if not cache.ids[row]:
                beginnings.setdefault(tuple(item.pending[branch]), []).append((item, branch))
            elif item.pending[branch]:
                work.append((item, branch))
    work += [same[0] for same in beginnings.values()]
    rows = [item.rows[branch] for item, branch in work]
    logits = engine.append(cache, rows, [item.pending[branch] for item, branch in work])
    for (item, branch), row_logits in zip(work, logits, strict=True):
        item.logits[branch] = row_logits
    for (first, first_branch), *others in beginnings.values():
        engine.fork(cache, first.rows[first_branch], [item.rows[branch] for item, branch in others])
        for item, branch in others:
            item.logits[branch] = first.logits[first_branch]
    for item in items:
        item.pending = [[] for _ in item.rows]


def _shorten(engine: Engine, cache: Any, item: _Item, branch: int, settings: Settings) -> None:
    """Restarts a row from the part to keep if it has reached the window."""
    row, pending = item.rows[branch], item.pending[branch]
    if item.request.shorten is None or len(cache.ids[row]) + len(pending) <= settings.window:
        return
    kept = item.request.shorten([*cache.ids[row], *pending])
    engine.truncate(cache, row, 0)
    item.pending[branch] = list(kept)


def _choose(engine: Engine, cache: Any, item: _Item, settings: Settings) -> None:
    """Samples the next id of an item and passes it to its guides."""
    allowed = np.flatnonzero(item.request.guide.mask())
    pool, settings = item.request.guide.pooled(), item.request.guide.settings(settings)
    weights = item.weights(settings.guided)
    noise = item.generator.standard_exponential(len(item.logits[0]))[allowed]
    tolerance = engine.tolerance * sum(map(abs, weights))
    token = pick(_mixed(item.logits, weights, allowed, pool), noise, settings, tolerance)
    if token is None:
        item.result.settled += 1
        item.logits = [engine.exact(cache, row) for row in item.rows]
        token = pick(_mixed(item.logits, weights, allowed, pool), noise, settings, 0.0)
    assert token is not None  # with tolerance 0 there is always a choice
    chosen = int(allowed[token])
    item.result.log_likelihood += _log_probability(item.logits[0], chosen)
    item.result.choices += 1
    item.result.ids.append(chosen)
    for guide, pending in zip(item.guides, item.pending, strict=True):
        pending.append(chosen)
        guide.accept(chosen)
    item.take_forced()


def _log_probability(logits: NDArray[Any], token: int) -> float:
    """Log-probability of an id among all ids."""
    shifted = logits - np.maximum.reduce(logits)
    return float(shifted[token]) - math.log(np.add.reduce(np.exp(shifted), dtype=np.float64))


def _mixed(
    logits: Sequence[NDArray[Any]],
    weights: Sequence[float],
    allowed: NDArray[np.intp],
    pool: tuple[int, NDArray[np.intp]] | None,
) -> Floats:
    """The weighted sum of the branches' logits of the allowed ids; a pooled id has the logit of its whole event."""
    mixed = np.zeros(len(allowed))
    for row, weight in zip(logits, weights, strict=True):
        scores = row[allowed].astype(np.float64)
        if pool is not None:
            target, members = pool
            scores[np.searchsorted(allowed, target)] = np.logaddexp.reduce(row[members].astype(np.float64))
        mixed += weight * scores
    return mixed


def pick(logits: Floats, noise: Floats, settings: Settings, tolerance: float) -> int | None:
    """Draws from logits by the Gumbel-max trick.

    Args:
        logits: logits of the allowed ids.
        noise: one exponential deviate per id; minus their logarithms are Gumbel deviates.
        settings: temperature, `top_p` and `min_p`.
        tolerance: maximum error of a logit.

    Returns:
        Index of the choice; `None` if logits within the tolerance could give another one.

    >>> pick(np.log([0.1, 0.6, 0.3]), np.array([1.0, 1.0, 0.4]), Settings(), 0.0)
    2
    >>> pick(np.log([0.1, 0.6, 0.3]), np.array([1.0, 1.0, 0.5]), Settings(), 1e-3) is None  # a tie within the tolerance
    True
    """
    if settings.temperature > 0:
        logits, tolerance = logits / settings.temperature, tolerance / settings.temperature
        maybe, surely = _kept(logits, settings, tolerance)
        race = np.where(maybe, logits - np.log(noise), -np.inf)
    else:
        surely, race = np.ones(len(logits), bool), logits
    winner = int(race.argmax())
    if tolerance > 0:
        rivals = race > race[winner] - 2 * tolerance
        if rivals.sum() > 1 or not surely[winner]:
            return None
    return winner


def _kept(logits: Floats, settings: Settings, tolerance: float) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Ids that `min_p` and `top_p` may keep, and ids that they keep for all logits within the tolerance."""
    floor = logits.max() + np.log(settings.min_p) if settings.min_p else -np.inf
    maybe, surely = logits >= floor - 2 * tolerance, logits >= floor + 2 * tolerance
    if settings.top_p < 1:
        order = np.argsort(-logits, kind="stable")
        ranked = logits[order]
        chances = np.exp(ranked - ranked[0])
        before = (np.cumsum(chances) - chances) / chances.sum()  # total probability of more likely ids
        # An error of t in a logit changes a probability, and any sum of them, by a factor of at most exp(2 t).
        least = max(1, int((before < settings.top_p * np.exp(-2 * tolerance)).sum()))
        most = max(1, int((before < min(1.0, settings.top_p * np.exp(2 * tolerance))).sum()))
        first_out = ranked[least] if least < len(ranked) else -np.inf
        maybe &= logits >= ranked[most - 1] - 2 * tolerance
        surely &= logits > first_out + 2 * tolerance if tolerance else logits >= ranked[least - 1]
    return maybe, surely
