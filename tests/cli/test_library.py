from __future__ import annotations

import json

import pytest

from composer import presets
from composer.brief import Brief

TABLES = {
    "moods": presets.moods,
    "styles": presets.styles,
    "composers": presets.composers,
    "ensembles": presets.ensembles,
    "instruments": lambda: presets.instruments() | presets.percussion(),
    "forms": presets.forms,
}


@pytest.mark.parametrize("verb", TABLES)
def test_lists_name_every_row_once(cantilena, verb):
    done = cantilena(verb)
    assert done.code == 0
    assert done.err == ""
    assert [line.split()[0] for line in done.out.splitlines()] == list(TABLES[verb]())


@pytest.mark.parametrize("verb", TABLES)
def test_json_lists_hold_one_object_a_line(cantilena, verb):
    rows = [json.loads(line) for line in cantilena(verb, "--json").out.splitlines()]
    assert [row["name"] for row in rows] == list(TABLES[verb]())


def test_listed_names_can_be_requested():
    for style in (*presets.styles(), *presets.composers()):
        Brief.from_dict({"style": style})
    for mood in presets.moods():
        Brief.from_dict({"mood": mood})


def test_version_names_the_product(cantilena):
    done = cantilena("--version")
    assert done.code == 0
    assert done.out.startswith("Cantilena ")


def test_no_command_shows_help(cantilena):
    done = cantilena()
    assert done.code == 0
    assert "compose" in done.out


def test_help_groups_the_commands_and_cuts_no_description(cantilena, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    lines = cantilena("--help").out.splitlines()
    assert {"Compose:", "Work on existing music:", "Files:", "Values of options:"} <= set(lines)
    assert [line for line in lines if line.endswith("...") and not line.startswith("Usage:")] == []


@pytest.mark.parametrize(
    ("words", "value"),
    [("compose --style wal", "waltz"), ("compose --mood hero", "heroic"), ("compose --ensemble string-q", "string-quartet"),
     ("compose --form sonata", "sonata-form"), ("compose --format mid,musicx", "mid,musicxml"),
     ("render a.mid --room ch", "church")],
)  # fmt: skip
def test_shells_complete_values(cantilena, monkeypatch, words, value):
    monkeypatch.setenv("_CANTILENA_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", f"cantilena {words}")
    monkeypatch.setenv("COMP_CWORD", str(len(words.split())))
    assert value in cantilena().out.split()
