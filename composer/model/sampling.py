"""The token loop: guided sampling of many streams over one engine. Knows ids only.

The same seed gives the same ids whatever else is in the batch, however many threads there are, and on any engine. Two things
make that so. Each item has its own generator, and every choice uses one fresh number per id of the vocabulary (the Gumbel-max
trick: the largest of logit + noise wins, which is exactly a draw from the softmax). And since single-precision logits differ
in the last places from batch to batch, a choice that so small a difference could turn is made again on logits in double
precision, where it cannot.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from composer.errors import BadInputError
from composer.model.engines import Engine

Floats = NDArray[np.float64]
Shorten = Callable[[Sequence[int]], Sequence[int]]


class Guide(Protocol):
    """Says what a stream must and may hold: `forced` is asked, then `mask` and the rest; `accept` is called; and again."""

    @property
    def finished(self) -> bool:
        """Whether the stream is complete once the forced ids have been appended."""

    def forced(self) -> Sequence[int]:
        """Ids to append without sampling, at the start the whole prompt, not empty; `accept` is not called for them."""

    def mask(self) -> NDArray[np.bool_]:
        """Ids allowed next, (V,), at least one."""

    def pooled(self) -> tuple[int, NDArray[np.intp]] | None:
        """An allowed id that stands for an event, and all ids over which the model spreads that event's probability.

        Where a stream fixes which of several ids must follow (the count of bars left, say), the model still decides whether
        the event comes now, and its doubts about the count must not make it less likely. `None` where there is none.
        """

    def settings(self, usual: Settings) -> Settings:
        """How to make the next choice, given how choices are usually made."""

    def accept(self, token: int) -> None:
        """Takes the choice."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How to choose among allowed ids.

    Attributes:
        temperature: divides the logits; 0 takes the likeliest.
        top_p: nucleus (Holtzman et al. 2020): the fewest likeliest ids that together have this probability, above 0 to 1.
        min_p: drops ids less likely than this share of the likeliest (Nguyen et al. 2024), 0 to below 1.
        led: whether branches of negative weight lead away from what they would choose; else only mixed conditions count.
        max_ids: most ids in a stream, forced ones included.
        window: most ids that a row attends to before `Request.shorten` is asked.
    """

    temperature: float = 1.0
    top_p: float = 1.0
    min_p: float = 0.0
    led: bool = True
    max_ids: int = 1_000_000
    window: int = 1_000_000

    @property
    def kept(self) -> int:
        """Ids to keep of a full window: enough to remember by, and not too soon full again."""
        return self.window * 5 // 8

    def __post_init__(self) -> None:
        if not 0 <= self.temperature <= 10:
            raise BadInputError(f"temperature {self.temperature} is out of range 0 to 10: 1 is the model's own")
        if not 0 < self.top_p <= 1:
            raise BadInputError(f"top_p {self.top_p} is out of range above 0 to 1: 1 keeps everything")
        if not 0 <= self.min_p < 1:
            raise BadInputError(f"min_p {self.min_p} is out of range 0 to below 1: 0 keeps everything")


@dataclass(frozen=True, slots=True)
class Request:
    """One stream to sample.

    Attributes:
        guide: of the stream itself.
        seed: (seed, index of the item): the same pair gives the same ids.
        branches: further conditions with their weights, for classifier-free guidance (Sanchez et al. 2023). Each is a guide
            that forces other ids (say, a header without moods) and is told the same choices; masks are the first guide's.
            The logits are the weighted sum over branches, the stream's own weight being 1 minus theirs: a branch without the
            condition at weight 1 - s is guidance of scale s, several with positive weights mix conditions.
        shorten: gives the part of a row that is kept (header and recent bars) when the row has reached `Settings.window`.
    """

    guide: Guide
    seed: tuple[int, int]
    branches: tuple[tuple[Guide, float], ...] = ()
    shorten: Shorten | None = None


@dataclass(slots=True)
class Result:
    """A sampled stream.

    Attributes:
        ids: all of it, forced ids included.
        finished: the guide was satisfied, rather than `max_ids` reached.
        choices: how many ids were sampled.
        log_likelihood: of the sampled ids under the stream's own condition, in nats, before masks, guidance and temperature.
        settled: how many choices were made again in double precision.
    """

    ids: list[int] = field(default_factory=list)
    finished: bool = False
    choices: int = 0
    log_likelihood: float = 0.0
    settled: int = 0


@dataclass(slots=True)
class _Item:
    """A stream under way."""

    request: Request
    result: Result
    generator: np.random.Generator
    rows: list[int]
    pending: list[list[int]]  # ids to append, for each row
    logits: list[NDArray[Any]]  # after the last id of each row

    @property
    def guides(self) -> list[Guide]:
        return [self.request.guide, *(guide for guide, _ in self.request.branches)]

    def weights(self, led: bool) -> list[float]:
        """Of the stream itself and its branches; they add up to 1."""
        others = [weight for _, weight in self.request.branches]
        every = [1.0 - sum(others), *others]
        if led:
            return every
        mixed = [max(0.0, weight) for weight in every]
        return [weight / sum(mixed) for weight in mixed]

    def take_forced(self) -> None:
        """Asks the guides for what needs no choice."""
        for branch, guide in enumerate(self.guides):
            forced = guide.forced()
            self.pending[branch].extend(forced)
            if branch == 0:
                self.result.ids.extend(forced)

    def done(self, settings: Settings) -> bool:
        """Whether nothing is left to choose."""
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
    """Samples streams, at most `rows` branches at a time; as one ends, the next one takes its place.

    Args:
        engine: the network.
        requests: what to sample.
        settings: how to choose.
        rows: rows of the engine's cache; changes speed and memory only.
        on_step: called after every round.

    Returns:
        One result for each request, in their order.

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
            if item.done(settings):  # a stream that is given as a whole needs no network
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
    """Gives the engine all pending ids in one pass; equal beginnings are computed once and copied."""
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
    """Starts a row anew from the part of it worth keeping, when it has reached the window."""
    row, pending = item.rows[branch], item.pending[branch]
    if item.request.shorten is None or len(cache.ids[row]) + len(pending) <= settings.window:
        return
    kept = item.request.shorten([*cache.ids[row], *pending])
    engine.truncate(cache, row, 0)
    item.pending[branch] = list(kept)


def _choose(engine: Engine, cache: Any, item: _Item, settings: Settings) -> None:
    """Samples the next id of an item and asks its guides what follows."""
    allowed = np.flatnonzero(item.request.guide.mask())
    pool, settings = item.request.guide.pooled(), item.request.guide.settings(settings)
    weights = item.weights(settings.led)
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
    """Natural logarithm of one id's probability among all."""
    shifted = logits - np.maximum.reduce(logits)
    return float(shifted[token]) - math.log(np.add.reduce(np.exp(shifted), dtype=np.float64))


def _mixed(
    logits: Sequence[NDArray[Any]],
    weights: Sequence[float],
    allowed: NDArray[np.intp],
    pool: tuple[int, NDArray[np.intp]] | None,
) -> Floats:
    """The branches' logits of the allowed ids, weighted and added; a pooled id has the logit of its whole event."""
    mixed = np.zeros(len(allowed))
    for row, weight in zip(logits, weights, strict=True):
        own = row[allowed].astype(np.float64)
        if pool is not None:
            target, members = pool
            own[np.searchsorted(allowed, target)] = np.logaddexp.reduce(row[members].astype(np.float64))
        mixed += weight * own
    return mixed


def pick(logits: Floats, noise: Floats, settings: Settings, tolerance: float) -> int | None:
    """Draws from logits by the Gumbel-max trick.

    Args:
        logits: of the allowed ids.
        noise: exponential deviates, one for each; minus their logarithms are Gumbel deviates.
        settings: temperature and what is cut off.
        tolerance: most that a logit may be wrong by.

    Returns:
        Index of the choice; None when logits within the tolerance could have led to another one.

    >>> pick(np.log([0.1, 0.6, 0.3]), np.array([1.0, 1.0, 0.4]), Settings(), 0.0)
    2
    >>> pick(np.log([0.1, 0.6, 0.3]), np.array([1.0, 1.0, 0.5]), Settings(), 1e-3) is None  # a tie, but for rounding
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
    """Ids that `min_p` and `top_p` may keep, and those that they keep however the logits vary within the tolerance."""
    floor = logits.max() + np.log(settings.min_p) if settings.min_p else -np.inf
    maybe, surely = logits >= floor - 2 * tolerance, logits >= floor + 2 * tolerance
    if settings.top_p < 1:
        order = np.argsort(-logits, kind="stable")
        ranked = logits[order]
        chances = np.exp(ranked - ranked[0])
        before = (np.cumsum(chances) - chances) / chances.sum()  # probability of what is likelier
        # A logit wrong by t changes a probability, and any sum of them, by at most the factor exp(2 t).
        least = max(1, int((before < settings.top_p * np.exp(-2 * tolerance)).sum()))
        most = max(1, int((before < min(1.0, settings.top_p * np.exp(2 * tolerance))).sum()))
        first_out = ranked[least] if least < len(ranked) else -np.inf
        maybe &= logits >= ranked[most - 1] - 2 * tolerance
        surely &= logits > first_out + 2 * tolerance if tolerance else logits >= ranked[least - 1]
    return maybe, surely
