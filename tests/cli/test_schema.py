"""The published schemas are those of the program, and its output conforms to them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from composer.cli.schema import SCHEMAS, schema_text
from tests.rework.odd_files import odd_files

PUBLISHED = Path(__file__).parents[2] / "docs" / "schema"


def check(name: str, content: object) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads(schema_text(name))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(content)


def test_the_published_schemas_are_the_output_of_the_command(cantilena) -> None:
    assert {path.stem for path in PUBLISHED.glob("*.json")} == set(SCHEMAS)
    for name in SCHEMAS:
        assert (PUBLISHED / f"{name}.json").read_text() == cantilena("schema", name).out, f"cantilena schema {name}"
    assert cantilena("schema").out.split()[0] == "sidecar"
    assert "choose from sidecar" in cantilena("schema", "nonsense").err


def test_a_composition_conforms_to_its_schemas(cantilena, tiny_model, tmp_path) -> None:
    arguments = (
        "a sad waltz for flute, with zebras",
        "--bars",
        2,
        "--name",
        "a",
        "--title",
        "A",
        "--credit",
        "me",
        "--room",
        "hall",
    )
    (tmp_path / "song.mid").write_bytes(odd_files()["lyrics"])
    for options in ((), ("--influence", "song.mid", "--candidates", 2)):
        done = cantilena("compose", *arguments, *options, "--model", tiny_model, "--format", "mid,wav", "--json", "--overwrite")
        check("piece", json.loads(done.out))
        check("sidecar", json.loads((tmp_path / "a.json").read_text()))
    check("inspect", json.loads(cantilena("inspect", "a.mid", "--json").out))
    check("explain", json.loads(cantilena("compose", *arguments, "--explain", "--json").out))


@pytest.mark.parametrize("verb", [("continue", "--bars", 1), ("accompany", "--add", "bass")], ids=lambda verb: verb[0])
def test_rework_commands_conform_to_their_schemas(cantilena, tiny_model, tmp_path, verb) -> None:
    (tmp_path / "song.mid").write_bytes(odd_files()["lyrics"])
    done = cantilena(verb[0], "song.mid", *verb[1:], "--model", tiny_model, "--format", "mid", "--json", "--name", "a")
    check("piece", json.loads(done.out))
    check("sidecar", json.loads((tmp_path / "a.json").read_text()))


def test_a_batch_conforms_to_its_schemas(cantilena, tiny_model, tmp_path) -> None:
    lines = [{"bars": 1, "prompt": "a waltz for flute", "formats": ["mid"]}, {"bars": 1, "key": "nonsense"}]
    (tmp_path / "briefs.jsonl").write_text("\n".join(map(json.dumps, lines)))
    for line in lines:
        check("batch-line", line)
    for line in cantilena("batch", "briefs.jsonl", "--model", tiny_model, "--json", "-q").out.splitlines():
        check("batch", json.loads(line))


def test_an_invalid_brief_does_not_conform_to_its_schema() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    for wrong in ({"bars": 0}, {"color": "blue"}, {"meter": "13/17"}, {"loop": "yes"}):
        with pytest.raises(jsonschema.ValidationError):
            check("batch-line", wrong)
