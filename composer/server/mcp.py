"""Tools for agents through the Model Context Protocol: the commands of Cantilena on versions in a project folder.

A tool takes the id of a version and returns the record of the new version, with the paths of its files on this machine.
"""

from __future__ import annotations

import inspect
import sys
from pathlib import Path
from typing import Annotated, Any

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import Field, ValidationError

from composer.brief import Brief
from composer.errors import BadInputError, CantilenaError
from composer.formats.capped import read_bytes
from composer.formats.provenance import software
from composer.rework.verbs import VERBS, Verb
from composer.server import engine
from composer.server.guard import MOST_BYTES, MOST_SHOWN, fault
from composer.server.versions import Store
from composer.user_folder import expanded

_SUMMARY = (
    "Composes multi-part music offline and writes MIDI, MusicXML and audio. Each piece is a version with an id; "
    "the other tools create new versions and do not change it."
)


class _Server(MCPServer[Any]):
    async def call_tool(self, name: str, arguments: dict[str, Any], context: Any = None) -> Any:
        """Calls a tool; arguments that do not fit are refused in one line, not in pydantic's several."""
        try:
            return await super().call_tool(name, arguments, context)
        except ToolError as error:
            if not isinstance(error.__cause__, ValidationError):
                raise
            first = error.__cause__.errors()[0]
            raise ToolError(fault(first, ".".join(map(str, first["loc"])))) from None


def create_server(project: Path, model: str | None = None) -> MCPServer:
    """Creates the server with the tools for a project.

    Args:
        project: folder of the versions; the studio can open the same folder.
        model: name or path of the model, `None` for the packaged one.

    Raises:
        BadInputError: the folder cannot be created.
    """
    store = Store(project)
    server = _Server("cantilena", instructions=_SUMMARY, version=software().rpartition(" ")[2])
    bench = engine.Bench(store, lambda kind, content: None, model)

    def do(verb: str, version: str | None, **options: Any) -> dict[str, Any]:
        given = {name: value for name, value in options.items() if value not in (None, "")}
        try:
            engine.check(verb, version, given)
            result = engine.run(verb, version, given, bench)
        except KeyError:
            raise ToolError(f"version {str(version)[:MOST_SHOWN]!r} does not exist: give an id listed by `versions`") from None
        except CantilenaError as error:
            raise ToolError(str(error)) from None
        except Exception as error:
            line = f"unexpected error: {type(error).__name__}: {error}"
            print(f"cantilena: {verb}: {line}", file=sys.stderr, flush=True)
            raise ToolError(line) from None
        if record := result.get("version"):
            folder = store.path(record["id"])
            return {**record, "files": [str(folder / f"piece.{suffix}") for suffix in ("mid", "musicxml")]}
        if name := result.get("file"):
            return {"file": str(store.path(version or "") / name)}
        return result

    @server.tool()
    def compose(
        prompt: str, key: str = "", meter: str = "", bars: int | None = None, tempo: float | None = None, style: str = "",
        ensemble: str = "", chords: str = "", form: str = "", seed: int | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        """Composes a piece from a text prompt; the other arguments override the prompt."""
        options = {"key": key, "meter": meter, "bars": bars, "tempo": tempo, "style": style, "ensemble": ensemble}
        return do("compose", None, prompt=prompt, chords=chords, form=form, seed=seed, **options)

    @server.tool()
    def open_file(path: str) -> dict[str, Any]:
        """Adds a MIDI, MusicXML, kern or ABC file on this machine to the project."""
        try:
            file = expanded(path)
            if not file.is_file() or file.suffix.lower() not in engine.SUFFIXES:
                raise BadInputError(f"{path[:MOST_SHOWN]!r} is not a score file: give one of {' '.join(engine.SUFFIXES)}")
            copy = store.received(read_bytes(file, MOST_BYTES), file.suffix.lower())
        except CantilenaError as error:
            raise ToolError(str(error)[: 3 * MOST_SHOWN]) from None
        except OSError as error:  # such as a name that is too long
            raise ToolError(f"{path[:MOST_SHOWN]!r} cannot be read ({error.strerror}): give another file") from None
        return do("upload", None, path=str(copy), name=file.name)

    def add_verb(verb: Verb) -> None:
        def run(version: str, **options: Any) -> dict[str, Any]:
            return do(verb.name, version, **options)

        run.__signature__ = _signature(verb)  # type: ignore[attr-defined]
        server.add_tool(run, verb.name, description=verb.help)

    for verb in VERBS.values():
        add_verb(verb)

    @server.tool(name="inspect")
    def inspect_version(version: str) -> dict[str, Any]:
        """Measures a piece, compares it with the request, and reports passages shared with the training music."""
        return do("inspect", version)

    @server.tool()
    def render(version: str, format: str = "wav") -> dict[str, Any]:
        """Writes a piece as wav, flac, ogg, mp3, pdf, dawproject, performance.mid or stems."""
        return do("render", version, format=format)

    @server.tool()
    def versions() -> list[dict[str, Any]]:
        """Lists the versions of the project, oldest first."""
        return store.all()

    return server


def _signature(verb: Verb) -> inspect.Signature:
    """The version, the verb's options, and those of a brief that it takes."""
    of_brief = [option for option in Brief.options().values() if option.is_taken_by(verb.name)]
    parameters = [inspect.Parameter("version", inspect.Parameter.KEYWORD_ONLY, annotation=str)]
    for option in (*verb.options, *of_brief):
        kind: Any = list[str | int] | str if option.default == () else option.kind
        annotation: Any = Annotated[kind | None, Field(description=option.help)]
        parameters.append(inspect.Parameter(option.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation))
    return inspect.Signature(parameters)
