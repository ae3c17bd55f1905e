"""Labeling on several workers: in the order of the corpus, even if workers die."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import pytest

from composer.training.data import build
from tests.farm.crews import Crew, DiedError


@dataclass(frozen=True)
class Item:
    id: int


@pytest.fixture(autouse=True)
def no_reading(monkeypatch):
    """Items that represent their own content; every seventh cannot be read."""
    monkeypatch.setattr(build, "_label_item", lambda item: None if item.id % 7 == 0 else item)


def labeled(**options):
    lines: list[str] = []
    items = [Item(number) for number in range(100)]
    return [found.id for found in build._label_all(items, report=lines.append, **options)], lines


def test_the_order_is_that_of_the_corpus():
    alone, _ = labeled(hire=None)
    assert alone == [number for number in range(100) if number % 7]
    assert labeled(hire=partial(Crew, capacity=3)) == (alone, [])


def test_an_item_that_kills_its_worker_is_skipped_and_reported():
    def fails(chunk):
        if any(item.id == 45 for item in chunk.items):
            raise DiedError

    found, lines = labeled(hire=partial(Crew, fails=fails))
    assert found == [number for number in range(100) if number % 7 and number != 45]
    assert lines == ["skipped 45: the process that read it died"]
