"""The audience's page: phones on the local network vote for a mood and can do nothing else.

A second application on a separate port, enabled by `--lan` only. Knows the votes of the live room and nothing of the studio.
"""

from __future__ import annotations

import secrets
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

from fastapi import Cookie, FastAPI, HTTPException, Request, Response
from fastapi.responses import FileResponse
from pydantic import BaseModel, ConfigDict, Field

from composer.server.guard import Body, add_refusals
from composer.server.live import VoteRefusedError, Votes

PAGE = Path(__file__).parent / "audience.html"
_MOST_BYTES = 200  # maximum size of a vote
Coordinate = Annotated[float, Field(ge=-1, le=1)]


class Vote(BaseModel):
    """A point on the mood plane."""

    model_config = ConfigDict(extra="forbid")

    valence: Coordinate
    arousal: Coordinate


def create_audience_app(votes: Callable[[], Votes]) -> FastAPI:
    """Creates the application.

    Args:
        votes: returns the votes of the live room.
    """
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    add_refusals(app)

    app.add_middleware(Body, most=_MOST_BYTES)

    @app.middleware("http")
    async def guard(request: Request, then: Callable[[Request], Any]) -> Response:
        answer: Response = await then(request)
        answer.headers["Content-Security-Policy"] = "default-src 'self'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
        return answer

    @app.get("/")
    def page() -> FileResponse:
        answer = FileResponse(PAGE, media_type="text/html")
        answer.set_cookie("voter", secrets.token_hex(8), httponly=True, samesite="strict", max_age=43200)
        return answer

    @app.post("/vote", status_code=204)
    async def vote(point: Vote, request: Request, voter: Annotated[str, Cookie(max_length=32)] = "") -> None:
        address = request.client.host if request.client else ""
        try:
            votes().vote(f"{address} {voter}", (point.valence, point.arousal))
        except VoteRefusedError as error:
            raise HTTPException(error.status, str(error)) from None

    return app


def local_address() -> str:
    """This machine's address in the local network, or 127.0.0.1. Sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("10.255.255.255", 1))
            return str(probe.getsockname()[0])
        except OSError:
            return "127.0.0.1"
