"""`studio`, `serve` and `mcp`: the studio page, its server, and the tools for agents."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from composer.cli.exit_codes import exit_code_of
from composer.cli.numerals import within
from composer.cli.options import option
from composer.errors import INTERRUPTED, MissingExtraError, pip_line

Project = Annotated[Path | None, option("DIR", "Folder of the versions; by default in Cantilena's data folder.")]
Port = Annotated[
    int, typer.Option(metavar="N", parser=within("port", int, 0, 65_535), help="Port on 127.0.0.1; 0 takes a free one.")
]
Lan = Annotated[
    bool, typer.Option("--lan", help="Also serve a page on the local network where an audience can vote for the mood.")
]
Inbox = Annotated[Path | None, option("DIR", "Folder that always holds the newest version, for a DAW.")]
Model = Annotated[str | None, option("NAME|PATH", "Model to compose with; `cantilena models list`.")]


def serve(port: Port = 8765, project: Project = None, model: Model = None, lan: Lan = False, inbox: Inbox = None) -> None:
    """Serve the studio and its HTTP interface on this machine until interrupted; prints the address first."""
    _serve(port, project, model, browser=False, lan=lan, inbox=inbox)


def studio(
    port: Port = 0,
    project: Project = None,
    model: Model = None,
    lan: Lan = False,
    inbox: Inbox = None,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page in the browser.")] = True,
) -> None:
    """Open the studio: compose, play, view and change pieces in the browser. Nothing leaves this machine."""
    _serve(port, project, model, browser=browser, lan=lan, inbox=inbox)


def mcp(project: Project = None, model: Model = None) -> None:
    """Serve tools for agents through the Model Context Protocol on standard input and output."""
    try:
        from composer.server.mcp import create_server
    except ImportError as error:
        raise MissingExtraError(f"tools for agents need {error.name}: {pip_line('mcp')}") from error
    server = create_server(project or default_project(), model)
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # it reports the interrupt of a task as an error
    code = exit_code_of(server.run)
    if code == INTERRUPTED:
        os._exit(code)  # a thread that waits for the client's next line would keep the process alive
    raise typer.Exit(code)


def default_project() -> Path:
    """The default folder of versions."""
    from composer.user_folder import home

    return home() / "studio"


def _serve(port: int, project: Path | None, model: str | None, *, browser: bool, lan: bool, inbox: Path | None) -> None:
    try:
        from composer.server.serving import serve_project
    except ImportError as error:
        raise MissingExtraError(f"the studio needs {error.name}: {pip_line('studio')}") from error
    serve_project(project or default_project(), port, model=model, browser=browser, lan=lan, inbox=inbox)


COMMANDS: dict[str, Callable[..., None]] = {"studio": studio, "serve": serve, "mcp": mcp}
