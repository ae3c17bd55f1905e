"""Runs the server: its socket on loopback, its token, and its address file for scripts on this machine."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import signal
import socket
import webbrowser
from pathlib import Path
from typing import Any

import segno
import uvicorn
from fastapi import FastAPI

from composer.errors import BadInputError
from composer.locks import locked
from composer.model.checkpoint import find_model
from composer.server.app import create_app
from composer.server.audience import create_audience_app, local_address
from composer.server.connections import BACKLOG, GuestProtocol
from composer.server.versions import Store
from composer.user_folder import home

ADDRESS_FILE = "server.json"
# Warnings are of what clients send, a line for each request.
_QUIET: dict[str, Any] = {"log_level": "error", "access_log": False, "timeout_graceful_shutdown": 2, "ws": "none"}


def serve_project(
    project: Path,
    port: int,
    *,
    model: str | None = None,
    browser: bool = False,
    lan: bool = False,
    inbox: Path | None = None,
) -> None:
    """Serves a project until interrupted. Prints the address with the token and stores it in the data folder for scripts.

    Args:
        project: folder of the versions.
        port: port on 127.0.0.1; 0 takes a free one.
        model: name or path of the model, `None` for the packaged one.
        browser: whether to open the page in a browser.
        lan: whether to serve the audience's page (and nothing else) on the local network.
        inbox: folder in which a DAW finds the newest version, see `inbox`.

    Raises:
        BadInputError: another server has the project, the port is in use, or a folder cannot be created.
        KeyboardInterrupt: it was interrupted.
        ModelNotFoundError: the model is unknown.
    """
    find_model(model)
    with locked(Store(project).folder, _remedy(project)):
        _serve_locked(project, port, model, browser=browser, lan=lan, inbox=inbox)


def _serve_locked(project: Path, port: int, model: str | None, *, browser: bool, lan: bool, inbox: Path | None) -> None:
    listening = _listen(port)
    port = listening.getsockname()[1]
    token = secrets.token_urlsafe(24)
    app = create_app(project, token, port, model=model, inbox=inbox)
    address = f"http://127.0.0.1:{port}"
    record = {"address": address, "token": token, "project": str(project.resolve())}
    _keep(record)
    print(f"{address}/?token={token}", flush=True)
    if browser:
        webbrowser.open(f"{address}/?token={token}")
    audience = _listen(0, "0.0.0.0") if lan else None
    if audience:
        app.state.audience = invitation(f"http://{local_address()}:{audience.getsockname()[1]}/")
        print(f"audience: {app.state.audience['address']}", flush=True)
    try:
        asyncio.run(_serve_both(app, listening, audience))
    finally:
        if _kept() == record:  # not that of a server of another project
            (home() / ADDRESS_FILE).unlink(missing_ok=True)


class _Server(uvicorn.Server):
    """A server that first ends the event streams of open pages and their waits for jobs, since it waits for all requests."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Ends the streams and waits, then everything else."""
        state = self.config.app.state  # type: ignore[union-attr]
        state.events.close()
        state.jobs.end_waits()
        await super().shutdown(sockets)


async def _serve_both(app: FastAPI, studio: socket.socket, audience: socket.socket | None) -> None:
    """Serves the studio and, while it runs, the audience's page."""
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signal.signal(signal.SIGHUP, lambda *_: signal.raise_signal(signal.SIGTERM))  # uvicorn does not handle it
    main = _Server(uvicorn.Config(app, **_QUIET))
    others: list[tuple[uvicorn.Server, asyncio.Task[None]]] = []
    if audience:
        second = audience_server(create_audience_app(lambda: app.state.room.votes))
        others.append((second, asyncio.create_task(second.serve(sockets=[audience]))))
    await main.serve(sockets=[studio])
    for server, task in others:
        server.should_exit = True
        await task


def audience_server(app: FastAPI) -> uvicorn.Server:
    """A server that bounds the number and the time of its connections."""
    return uvicorn.Server(uvicorn.Config(app, http=GuestProtocol, backlog=BACKLOG, **_QUIET))


def invitation(address: str) -> dict[str, str]:
    """The audience's address as text and as a QR code in SVG."""
    code = segno.make(address, micro=False)
    return {"address": address, "qr": code.svg_inline(scale=4, border=2, dark="#111", light="#fff")}


def _listen(port: int, host: str = "127.0.0.1") -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise BadInputError(f"port {port} cannot be used ({error.strerror}): give another one with --port") from None
    listening.listen(512)
    return listening


def _keep(record: dict[str, str]) -> None:
    """Writes the address, token and project to a file that only the user can read, for scripts."""
    folder = home()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / ADDRESS_FILE
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(record, file)


def _kept() -> Any:
    """The content of the address file; `None` if there is none."""
    try:
        return json.loads((home() / ADDRESS_FILE).read_bytes())
    except (OSError, ValueError):
        return None


def _remedy(project: Path) -> str:
    """What to do if another server has the project."""
    kept = _kept()
    running = isinstance(kept, dict) and kept.get("project") == str(project.resolve())
    page = f"open {kept['address']}/?token={kept['token']}, or " if running else ""
    return f"{page}give another folder with --project"
