"""The table of verbs, and that every interface offers what is in it."""

from __future__ import annotations

import inspect
from importlib import import_module
from typing import Any

import pytest

from composer.cli import app
from composer.errors import BadInputError
from composer.rework import VERBS, Verb


@pytest.mark.parametrize("verb", VERBS.values(), ids=VERBS)
def test_a_function_takes_the_options_of_its_entry(verb: Verb) -> None:
    module, _, name = verb.function.partition(".")
    parameters = inspect.signature(getattr(import_module(f"composer.rework.{module}"), name)).parameters
    assert {"score", "brief", *(option.name for option in verb.options)} == {*parameters} - {"session_options"}


def test_every_verb_is_a_command_and_a_job() -> None:
    pytest.importorskip("fastapi")
    from composer.server.engine import CLIENT_JOBS

    commands = {command.name for command in app.registered_commands}
    assert VERBS.keys() <= commands
    assert VERBS.keys() <= set(CLIENT_JOBS)


def test_texts_and_json_are_read_alike() -> None:
    infill = VERBS["infill"]
    read = {"bars": ((2, 5),), "parts": ("violin 2", "3"), "keep": None}
    assert infill.read({"bars": "3-4,5", "parts": "violin 2, 3"}) == read
    assert infill.read({"bars": "3-5", "parts": ["violin 2", 3]}) == read
    assert VERBS["vary"].read({})["amount"] == 0.5


@pytest.mark.parametrize(
    ("verb", "given", "says"),
    [
        ("vary", {"amount": 2}, "amount 2 is out of range"),
        ("vary", {"bars": "1-2,4"}, "2 regions: this verb takes one"),
        ("infill", {"keep": "tempo"}, "keep 'tempo' is not known"),
        ("accompany", {"add": 0.0}, "add 0.0 is not a list of names"),
        ("accompany", {"amount": 1}, "accompany does not take amount: it takes add"),
    ],
)
def test_refusals(verb: str, given: dict[str, Any], says: str) -> None:
    with pytest.raises(BadInputError, match=says):
        VERBS[verb].read(given)
