"""Runs the server: its socket on loopback, its token, and its address file for scripts on this machine."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import signal
import socket
import sys
import webbrowser
from pathlib import Path
from typing import Any

import segno
import uvicorn
from fastapi import FastAPI

from composer.errors import BadInputError
from composer.model.checkpoint import find_model
from composer.server.app import create_app
from composer.server.audience import create_audience_app, local_address
from composer.server.live import MOST_VOTERS
from composer.user_folder import home

ADDRESS_FILE = "server.json"
_TERMINATED = 128 + signal.SIGTERM
_QUIET: dict[str, Any] = {"log_level": "warning", "access_log": False, "timeout_graceful_shutdown": 2, "ws": "none"}


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
        BadInputError: the port is in use, or a folder cannot be created.
        ModelNotFoundError: the model is unknown.
    """
    find_model(model)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(_TERMINATED))
    listening = _listen(port)
    port = listening.getsockname()[1]
    token = secrets.token_urlsafe(24)
    app = create_app(project, token, port, model=model, inbox=inbox)
    address = f"http://127.0.0.1:{port}"
    record = _keep_address(address, token)
    print(f"{address}/?token={token}", flush=True)
    if browser:
        webbrowser.open(f"{address}/?token={token}")
    audience = _listen(0, "0.0.0.0") if lan else None
    if audience:
        app.state.audience = invitation(f"http://{local_address()}:{audience.getsockname()[1]}/")
        print(f"audience: {app.state.audience['address']}", flush=True)
    try:
        asyncio.run(_serve_both(app, listening, audience))
    except KeyboardInterrupt:
        pass
    finally:
        record.unlink(missing_ok=True)


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
    main = _Server(uvicorn.Config(app, **_QUIET))
    others: list[tuple[uvicorn.Server, asyncio.Task[None]]] = []
    if audience:
        guests = create_audience_app(lambda: app.state.room.votes)
        second = uvicorn.Server(uvicorn.Config(guests, limit_concurrency=MOST_VOTERS, **_QUIET))
        others.append((second, asyncio.create_task(second.serve(sockets=[audience]))))
    await main.serve(sockets=[studio])
    for server, task in others:
        server.should_exit = True
        await task


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


def _keep_address(address: str, token: str) -> Path:
    """Writes the address and token to a file that only the user can read, for scripts."""
    folder = home()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / ADDRESS_FILE
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump({"address": address, "token": token}, file)
    return path
