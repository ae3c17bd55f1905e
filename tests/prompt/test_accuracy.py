"""The prompts written by hand: what is right stays right. How the figures were measured is in docs/prompts.md."""

from __future__ import annotations

import pytest

from benchmarks import prompts as benchmark

PROMPTS = benchmark.read_prompts()
ALWAYS_RIGHT = ("development", "players")


def test_there_are_enough_prompts_and_none_twice() -> None:
    texts = [entry["text"] for entries in PROMPTS.values() for entry in entries]
    assert len(texts) == len(set(texts)) >= 150
    assert len(PROMPTS["development"]) == len(PROMPTS["held_out"])


@pytest.mark.parametrize("entry", [one for name in ALWAYS_RIGHT for one in PROMPTS[name]], ids=lambda entry: entry["text"][:40])
def test_prompts_that_were_mended_are_right(entry) -> None:
    assert [option for option, is_right in benchmark.judge(entry).items() if not is_right] == []


@pytest.mark.parametrize("half", [name for name in PROMPTS if name not in ALWAYS_RIGHT])
def test_the_other_prompts_do_not_get_worse(half) -> None:
    right = [all(benchmark.judge(entry).values()) for entry in PROMPTS[half]]
    assert sum(right) / len(right) >= 0.9


def test_the_judge_finds_faults() -> None:
    entry = {"text": "sad waltz in D minor, 80 bpm", "want": {"mood": ["happy|sad"], "style": "waltz,march", "key": "minor"}}
    assert benchmark.judge(entry) == {"mood": True, "style": False, "key": True, "tempo": False}
    assert benchmark.judge({**entry, "free": ["style", "tempo"]}) == {"mood": True, "key": True}
