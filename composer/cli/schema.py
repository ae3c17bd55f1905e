"""`schema`: JSON schemas of sidecars, batch lines and `--json` output. docs/schema contains the output of this command.

Fields may be added at any time; changing or removing one increments `SCHEMA_VERSION`. JSON Schema 2020-12.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from composer.cli import completion
from composer.errors import BadInputError

if TYPE_CHECKING:
    from composer.brief import Option

Schema = dict[str, Any]

_TEXT, _NUMBER, _WHOLE, _FLAG = {"type": "string"}, {"type": "number"}, {"type": "integer"}, {"type": "boolean"}
_TEXTS = {"type": "array", "items": _TEXT}
_UNIT = {"type": ["number", "null"], "minimum": 0, "maximum": 1}
_AXIS = {"type": "number", "minimum": -1, "maximum": 1}


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _record(required: Mapping[str, Schema], optional: Mapping[str, Schema] | None = None) -> Schema:
    return {"type": "object", "properties": {**required, **(optional or {})}, "required": list(required)}


def _brief() -> Schema:
    """The options of a brief with their ranges."""
    from composer.brief import Brief

    properties = {name: _option(declared) for name, declared in Brief.options().items()}
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _option(declared: Option) -> Schema:
    if declared.limits:
        low, high = declared.limits
        return {"type": "integer" if declared.kind is int else "number", "minimum": low, "maximum": high}
    if declared.kind is bool:
        return _FLAG
    return {"enum": list(declared.choices)} if declared.choices else {"anyOf": [_TEXT, _TEXTS]}


def _plan() -> Schema:
    part = _record({"name": _TEXT, "program": _WHOLE, "is_drum": _FLAG, "low": _WHOLE, "high": _WHOLE})
    mood = _record({"valence": _AXIS, "arousal": _AXIS})
    return _record(
        {
            "meter": _TEXT,
            "tempo_qpm": _NUMBER,
            "bars": _WHOLE,
            "duration_s": _NUMBER,
            "key": _TEXT,
            "parts": _list(part),
            "styles": _TEXTS,
            "composer": _or_null(_TEXT),
            "moods": _list(mood),
            "sections": {"type": "array"},
            "chords": {"type": "array"},
            "loop": _FLAG,
        }
    )


def _model() -> Schema:
    adapter = _record({"name": _TEXT, "fingerprint": _TEXT})
    return _record({"name": _TEXT, "fingerprint": _TEXT}, {"adapter": adapter, "engine": _TEXT})


def _originality() -> Schema:
    return _record(
        {"checked": _FLAG},
        {"longest_notes": _WHOLE, "longest_bars": _NUMBER, "bar": _or_null(_WHOLE), "title": _or_null(_TEXT), "reason": _TEXT},
    )


def _report() -> Schema:
    entry = _record({"requested": {}, "planned": {}, "measured": {}, "ok": _or_null(_FLAG), "distance": _or_null(_NUMBER)})
    return {"type": "object", "additionalProperties": entry}


def _version() -> Schema:
    from composer.formats.sidecar import SCHEMA_VERSION

    return {"const": SCHEMA_VERSION}


def _summary() -> dict[str, Schema]:
    """The measurements of a score."""
    tempo = {"meter": _TEXT, "tempo_qpm": _NUMBER, "bars": _WHOLE, "duration_s": _NUMBER, "notes": _WHOLE}
    chord = _record({"bar": _WHOLE, "beat": _NUMBER, "chord": _or_null(_TEXT)})
    part = _record({"name": _TEXT, "program": _WHOLE, "is_drum": _FLAG, "notes": _WHOLE, "instrument": _TEXT})
    return {
        "key": _or_null(_TEXT),
        "written_key": _or_null(_TEXT),
        "used_key": _or_null(_TEXT),
        **tempo,
        "density": _NUMBER,
        "polyphony": _or_null(_NUMBER),
        "range": _or_null(_list(_WHOLE)),
        "texture": _record({"name": _TEXT, "voices": _WHOLE, "melody_part": _or_null(_WHOLE), "bass_part": _or_null(_WHOLE)}),
        "form": _record({"letters": _TEXT, "sections": {"type": "array"}}),
        "mood": _record({"valence": _AXIS, "arousal": _AXIS, "confidence": _UNIT, "words": _TEXTS}),
        "harmony": _list(chord),
        "written_chords": _list(chord),
        "quality": {"type": "object", "additionalProperties": _or_null(_NUMBER)},
        "parts": _list(part),
    }


def _played() -> dict[str, Schema]:
    manner = _record({"expression": _UNIT, "style": _or_null(_TEXT), "seed": _WHOLE})
    return {"schema": _version(), "software": _TEXT, "model": _model(), "brief": _brief(), "performance": manner}


def _messages() -> dict[str, Schema]:
    delivery = dict.fromkeys(("title", "subtitle", "composer", "credit", "soundfont", "room"), _TEXT)
    return {"delivery": _record({}, delivery), "rendering": {"type": "object"}}


def _prompt() -> Schema:
    return _record({"text": _TEXT, "options": {"type": "object"}, "understood": {"type": "array"}, "ignored": _TEXTS})


def _kinds() -> Schema:
    from composer.composing.record import COMPOSED
    from composer.rework import VERBS

    return {"enum": [COMPOSED, *VERBS]}


def _of_kind(of_composed: Mapping[str, Schema], of_verbs: Mapping[str, Schema]) -> Schema:
    """What only composed pieces have, and what only those of the verbs have."""
    return {
        "if": {"properties": {"kind": {"const": "compose"}}},
        "then": _record({**of_composed, "report": _report()}),
        "else": _record({**of_verbs, "options": {"type": "object"}, "report": {"type": "object"}}),
    }


def _sidecar() -> Schema:
    required = {**_played(), "kind": _kinds(), "streams": _list(_list(_WHOLE)), "originality": _originality()}
    source = _record({"file": _TEXT, "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"}})
    others = {"candidates": {"type": "object"}, "prompt": _prompt(), "influence": {"type": "object"}, "source": source}
    others["formats"] = _TEXTS
    return _record(required, {**_messages(), **others}) | _of_kind({"plan": _plan()}, {"assumptions": {"type": "object"}})


def _piece() -> Schema:
    made = {"schema": _version(), "kind": _kinds(), "files": _TEXTS, "seed": _WHOLE, "brief": _brief(), "model": _model()}
    found = {"originality": _originality(), "candidates": _or_null({"type": "object"}), "prompt": _or_null(_prompt())}
    return _record({**made, **_summary(), **found}) | _of_kind({"plan": _plan()}, {})


def _inspect() -> Schema:
    more = {"schema": _version(), "file": _TEXT, "title": _TEXT, "understood": _TEXTS}
    return _record({**more, **_summary(), "originality": _originality()})


def _explain() -> Schema:
    more = {"schema": _version(), "seed": _WHOLE, "prompt": _or_null(_prompt())}
    return _record({**more, "brief": _brief(), "plan": _plan(), "files": _TEXTS})


def _batch_line() -> Schema:
    brief = _brief()
    brief["properties"] |= {"prompt": _TEXT, "name": _TEXT, "influence": _TEXT, "formats": {"anyOf": [_TEXT, _TEXTS]}}
    return brief


def _batch() -> Schema:
    outcome: dict[str, Schema] = {"line": _WHOLE, "files": _TEXTS, "skipped": _FLAG, "error": _or_null(_TEXT)}
    return _record({"schema": _version(), **outcome})


# Name -> title and builder of a schema.
SCHEMAS: dict[str, tuple[str, Callable[[], Schema]]] = {
    "sidecar": ("the .json file beside a piece", _sidecar),
    "piece": ("what compose, replay and the verbs print with --json", _piece),
    "inspect": ("what inspect --json prints", _inspect),
    "explain": ("what compose --explain --json prints", _explain),
    "batch-line": ("a line of the file that batch reads", _batch_line),
    "batch": ("what batch --json prints of a line", _batch),
}


def schema_text(name: str) -> str:
    """A schema as JSON."""
    title, make = SCHEMAS[name]
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"Cantilena: {title}"}
    return json.dumps({**head, **make()}, indent=1, sort_keys=True)


def schema(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="Name of a schema.", autocompletion=completion.among(lambda: SCHEMAS))
    ] = None,
) -> None:
    """Print a JSON schema of sidecars, batch lines or --json output; without a name, list the schemas."""
    from composer.cli.console import print_table

    if name is None:
        print_table([(each, title) for each, (title, _) in SCHEMAS.items()])
    elif name in SCHEMAS:
        print(schema_text(name))
    else:
        raise BadInputError(f"schema {name!r} is not known: choose from {', '.join(SCHEMAS)}")


COMMANDS: dict[str, Callable[..., None]] = {"schema": schema}
