"""Tools for agents through the Model Context Protocol: the commands of Cantilena on versions in a project folder.

A tool takes the id of a version and returns the record of the new version, with the paths of its files on this machine.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError

from composer.errors import CantilenaError
from composer.formats.provenance import software
from composer.server import engine
from composer.server.versions import Store

_SUMMARY = (
    "Composes multi-part music offline and writes MIDI, MusicXML and audio. Each piece is a version with an id; "
    "the other tools create new versions and do not change it."
)


def create_server(project: Path, model: str | None = None) -> MCPServer:
    """Creates the server with the tools for a project.

    Args:
        project: folder of the versions; the studio can open the same folder.
        model: name or path of the model, `None` for the packaged one.

    Raises:
        BadInputError: the folder cannot be created.
    """
    store = Store(project)
    server = MCPServer("cantilena", instructions=_SUMMARY, version=software().rpartition(" ")[2])
    bench = engine.Bench(store, lambda kind, content: None, model)

    def do(verb: str, version: str | None, **options: Any) -> dict[str, Any]:
        given = {name: value for name, value in options.items() if value not in (None, "")}
        try:
            engine.check(verb, version, given)
            result = engine.run(verb, version, given, bench)
        except KeyError:
            raise ToolError(f"version {version!r} does not exist: give an id listed by `versions`") from None
        except CantilenaError as error:
            raise ToolError(str(error)) from None
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
        file = Path(path).expanduser()
        if not file.is_file() or file.suffix.lower() not in engine.SUFFIXES:
            raise ToolError(f"{path!r} is not a score file: give one of {' '.join(engine.SUFFIXES)}")
        copy = store.received(file.read_bytes(), file.suffix.lower())
        return do("upload", None, path=str(copy), name=file.name)

    @server.tool()
    def infill(version: str, bars: str, parts: list[int] | None = None, seed: int | None = None) -> dict[str, Any]:
        """Rewrites bars such as "9-16" in all parts or in the given ones (numbered from 1); everything else is unchanged."""
        return do("infill", version, bars=bars, parts=parts, seed=seed)

    @server.tool(name="continue")
    def continue_(version: str, bars: int = 8, ending: bool = True, seed: int | None = None) -> dict[str, Any]:
        """Adds bars in the key, meter and ensemble of the piece, based on its material."""
        return do("continue", version, bars=bars, ending=ending, seed=seed)

    @server.tool()
    def vary(version: str, amount: float = 0.5, seed: int | None = None) -> dict[str, Any]:
        """Writes a variation that keeps form and harmony; amount is 0 to 1."""
        return do("vary", version, amount=amount, seed=seed)

    @server.tool()
    def accompany(version: str, add: str, seed: int | None = None) -> dict[str, Any]:
        """Adds parts such as "cello, piano" to a piece."""
        return do("accompany", version, add=add, seed=seed)

    @server.tool()
    def inspect(version: str) -> dict[str, Any]:
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
