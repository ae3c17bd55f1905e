"""Sampling: the requested distribution, obedience to guides, and the same ids in any batch."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from composer.errors import BadInputError
from composer.model.engines.numpy_engine import CpuEngine
from composer.model.network import to_llama
from composer.model.sampling import Request, Settings, generate, pick
from tests.model.test_network import seeded, tiny

V = 50


@pytest.fixture(scope="module")
def engine() -> CpuEngine:
    config = tiny(max_position_embeddings=128)
    return CpuEngine(
        {name: tensor.numpy() / 2 for name, tensor in to_llama(seeded(config).state_dict(), config).items()}, config
    )


class Limerick:
    """A prompt, then words of free ids; after every third choice two ids are forced; ends after a number of choices."""

    def __init__(self, prompt: Sequence[int], choices: int, forced_ids: Sequence[int] = (3, 4), banned: int = 9) -> None:
        self.queue, self.left, self.forced_ids = list(prompt), choices, forced_ids
        self.allowed = np.ones(V, bool)
        self.allowed[banned] = False

    @property
    def finished(self) -> bool:
        return self.left == 0

    def forced(self) -> Sequence[int]:
        queue, self.queue = self.queue, []
        return queue

    def pooled(self) -> None:
        return None

    def settings(self, usual: Settings) -> Settings:
        return usual

    def mask(self) -> np.ndarray:
        return self.allowed

    def accept(self, token: int) -> None:
        assert self.allowed[token]
        self.left -= 1
        if self.left % 3 == 0:
            self.queue = list(self.forced_ids)


def header_and_last_five(ids: Sequence[int]) -> Sequence[int]:
    return [*ids[:2], *ids[-5:]]


def requests(count: int, guided: bool = False) -> list[Request]:
    made = []
    for index in range(count):
        branches = ((Limerick([2], 15 + index, forced_ids=()), -1.0),) if guided else ()
        made.append(
            Request(Limerick([1, 2, index % 2], 15 + index), seed=(7, index), branches=branches, shorten=header_and_last_five)
        )
    return made


@pytest.mark.parametrize("guided", [False, True])
@pytest.mark.parametrize(
    "settings",
    [Settings(window=20), Settings(temperature=0.8, top_p=0.9), Settings(min_p=0.1), Settings(temperature=0)],
    ids=str,
)
def test_same_ids_alone_and_in_any_batch(engine, settings, guided):
    alone = [generate(engine, requests(i + 1, guided)[i:], settings, rows=2)[0].ids for i in range(6)]
    for rows in (2, 5, 16):
        together = generate(engine, requests(6, guided), settings, rows=rows)
        assert [result.ids for result in together] == alone
        assert all(result.finished for result in together)


class Rough(CpuEngine):
    """An engine with errors a thousand times those of single precision, and the corresponding tolerance."""

    tolerance = 0.02

    def append(self, cache, rows, ids):
        exact = super().append(cache, rows, ids)
        return exact + np.random.default_rng(len(rows)).uniform(-0.0199, 0.0199, exact.shape).astype(np.float32)


@pytest.mark.parametrize(
    "settings", [Settings(), Settings(temperature=0.7, top_p=0.8, min_p=0.05), Settings(temperature=0)], ids=str
)
def test_errors_within_the_tolerance_change_nothing(engine, settings):
    rough = Rough(engine._weights, engine.config)
    exact = generate(engine, requests(12, True), settings)
    noisy = generate(rough, requests(12, True), settings)
    assert [result.ids for result in noisy] == [result.ids for result in exact]
    assert 0 < sum(result.settled for result in noisy) < sum(result.choices for result in noisy)


def test_forced_ids_and_masks_are_obeyed(engine):
    result = generate(engine, [Request(Limerick([1, 2, 0], 31), (1, 0))], Settings(temperature=3.0))[0]
    assert result.choices == 31
    assert len(result.ids) == 3 + 31 + 2 * 11  # choices 1, 4, ... 31 leave multiples of three
    assert result.ids[:3] == [1, 2, 0]
    assert result.ids[4:6] == [3, 4]
    assert 9 not in result.ids
    again = generate(engine, [Request(Limerick([1, 2, 0], 31), (1, 1))], Settings(temperature=3.0))[0]
    assert again.ids != result.ids  # another index, different noise


def test_log_likelihood_is_that_of_the_model(engine):
    class OnlyChoices(Limerick):
        def accept(self, token: int) -> None:
            self.left -= 1

    result = generate(engine, [Request(OnlyChoices([5, 6], 8), (0, 0))], Settings(temperature=0.5, top_p=0.9))[0]
    expected = 0.0
    for end in range(2, 10):
        cache = engine.new_cache(1)
        engine.extend(cache, 0, result.ids[:end])
        logits = engine.exact(cache, 0)
        expected += logits[result.ids[end]] - np.log(np.exp(logits).sum())
    assert result.log_likelihood == pytest.approx(expected, abs=1e-3)


def test_guidance_is_the_weighted_sum(engine):
    """With weights 3 and -2 the greedy choice is that of the mixed logits, which here differs from the unguided choice."""
    for prompt in range(10, 30):
        cache = engine.new_cache(2)
        with_it, without = engine.extend(cache, 0, [prompt, 1]), engine.extend(cache, 1, [1])
        mixed = 3 * with_it - 2 * without
        mixed[9] = with_it[9] = -np.inf
        if mixed.argmax() != with_it.argmax():
            break
    request = Request(Limerick([prompt, 1], 1), (0, 0), branches=((Limerick([1], 1), -2.0),))
    assert generate(engine, [request], Settings(temperature=0))[0].ids[2] == mixed.argmax() != with_it.argmax()


def test_without_guidance_only_mixed_conditions_count(engine):
    """Of the weights 3, 1 and -3, three quarters and one quarter remain, whichever stream has the negative weight."""
    for prompt in range(10, V):
        cache = engine.new_cache(3)
        own, other, away = (engine.extend(cache, row, ids) for row, ids in enumerate(([prompt, 1], [prompt, 2], [1])))
        mixed, led_away = 0.75 * own + 0.25 * other, 3 * own + other - 3 * away
        mixed[9] = led_away[9] = -np.inf
        if mixed.argmax() != led_away.argmax():
            break
    chosen = []
    for led in (True, False):
        others = ((Limerick([prompt, 2], 1), 1.0), (Limerick([1], 1), -3.0))
        request = Request(Limerick([prompt, 1], 1), (0, 0), branches=others)
        chosen.append(generate(engine, [request], Settings(temperature=0, guided=led))[0].ids[2])
    assert chosen == [led_away.argmax(), mixed.argmax()]


def test_a_full_window_keeps_the_part_that_the_request_returns(engine):
    seen = []

    def shorten(ids: Sequence[int]) -> Sequence[int]:
        seen.append(len(ids))
        return header_and_last_five(ids)

    request = Request(Limerick([1, 2, 0], 60), (0, 0), shorten=shorten)
    result = generate(engine, [request], Settings(window=20))[0]
    assert len(result.ids) == 3 + 60 + 2 * 20
    assert len(seen) > 4
    assert max(seen) <= 20 + 3


def test_stops_at_max_ids(engine):
    result = generate(engine, [Request(Limerick([1], 100), (0, 0))], Settings(max_ids=20))[0]
    assert not result.finished
    assert 20 <= len(result.ids) <= 22


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (Settings(), [0.5, 0.3, 0.15, 0.05]),
        (Settings(temperature=0.5), [0.25, 0.09, 0.0225, 0.0025]),
        (Settings(top_p=0.75), [0.5, 0.3, 0, 0]),
        (Settings(min_p=0.2), [0.5, 0.3, 0.15, 0]),
        (Settings(temperature=0), [1, 0, 0, 0]),
    ],
    ids=str,
)
def test_distribution(settings, expected):
    rng = np.random.default_rng(2)
    logits = np.log([0.5, 0.3, 0.15, 0.05])
    draws = 20_000
    picks = [pick(logits, rng.standard_exponential(4), settings, 0.0) for _ in range(draws)]
    shares = np.bincount(picks, minlength=4) / draws
    np.testing.assert_allclose(shares, np.array(expected) / sum(expected), atol=4 * 0.5 / draws**0.5)


@pytest.mark.parametrize("change", [{"temperature": -1}, {"top_p": 0}, {"top_p": 1.1}, {"min_p": 1}])
def test_bad_settings(change):
    with pytest.raises(BadInputError, match="out of range"):
        replace(Settings(), **change)


def test_too_many_branches(engine):
    with pytest.raises(BadInputError, match="2 branches, the cache 1 rows"):
        generate(engine, requests(1, True), Settings(), rows=1)
