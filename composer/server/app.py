"""The HTTP interface: jobs, their events, versions and files, and the page. `create_app` makes the application.

Everything that happens is told under `/api/events`; what a job makes is a version, whose files lie under
`/api/versions/<id>/files/`. The schema is served under `/openapi.json`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import FastAPI, Header, HTTPException, Request, Response
from fastapi.responses import FileResponse, StreamingResponse
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel, ConfigDict, Field

from composer.errors import CantilenaError
from composer.formats.provenance import software
from composer.server import engine
from composer.server.events import Events
from composer.server.guard import Guard
from composer.server.jobs import LONGEST_S, Job, Jobs, QueueFullError
from composer.server.live import Room
from composer.server.versions import Store

STATIC = Path(__file__).parent / "static"
_MEDIA = {
    ".mid": "audio/midi", ".musicxml": "application/vnd.recordare.musicxml+xml", ".json": "application/json",
    ".wav": "audio/wav", ".pdf": "application/pdf", ".zip": "application/zip",
}  # fmt: skip

Verb = Literal["compose", "continue", "infill", "accompany", "vary", "transfer", "reduce", "inspect", "render", "engrave"]


class JobRequest(BaseModel):
    """A job to do."""

    model_config = ConfigDict(extra="forbid")

    verb: Verb
    version: Annotated[str | None, Field(pattern=r"^[0-9a-f]{16}$", description="The piece it works on.")] = None
    options: Annotated[
        dict[str, str | float | int | bool | list[str | int] | None],
        Field(max_length=40, description="Those of the command of the same name; compose takes a prompt too."),
    ] = {}


class Rating(BaseModel):
    """What the user prefers of two versions."""

    model_config = ConfigDict(extra="forbid")

    preferred: str
    other: str


class Prompt(BaseModel):
    """A wish in words."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, Field(max_length=2000)]


Coordinate = Annotated[float, Field(ge=-1, le=1)]


class LiveStart(BaseModel):
    """What the live room is to play."""

    model_config = ConfigDict(extra="forbid")

    style: Annotated[str, Field(max_length=200)] = ""
    ensemble: Annotated[str, Field(max_length=200)] = "piano"
    valence: Coordinate = 0.0
    arousal: Coordinate = 0.0


class LiveNews(BaseModel):
    """What the page tells the live room: the phrase that it plays, counted from 0, or another mood."""

    model_config = ConfigDict(extra="forbid")

    playing: Annotated[int | None, Field(ge=0)] = None
    mood: tuple[Coordinate, Coordinate] | None = None


def create_app(project: Path, token: str, port: int, *, model: str | None = None, limit_s: float = LONGEST_S) -> FastAPI:
    """The application of one project.

    Args:
        project: the folder of the versions.
        token: what requests must carry.
        port: under which it is served.
        model: name or path of the model, `None` for the packaged one.
        limit_s: the longest that one job may take.

    Raises:
        BadInputError: the folder cannot be made.
    """
    store = Store(project)
    store.clean()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.events = Events()
        app.state.jobs = Jobs(store.folder, model, app.state.events, limit_s=limit_s)
        app.state.jobs.start()
        app.state.room = Room(app.state.jobs, app.state.events)
        yield
        app.state.room.stop()
        app.state.events.close()
        await app.state.jobs.close()

    app = FastAPI(title="Cantilena", version=software().rpartition(" ")[2], lifespan=lifespan, docs_url=None, redoc_url=None)
    app.state.store = store
    app.add_middleware(Guard, token=token, port=port)
    _add_job_routes(app)
    _add_version_routes(app, store)
    _add_live_routes(app)
    if STATIC.is_dir():
        app.mount("/", StaticFiles(directory=STATIC, html=True), name="page")
    return app


@contextmanager
def _answers() -> Iterator[None]:
    """Errors as HTTP statuses."""
    try:
        yield
    except QueueFullError as error:
        raise HTTPException(429, str(error), {"Retry-After": "5"}) from None
    except CantilenaError as error:
        raise HTTPException(422, str(error)) from None
    except KeyError as error:
        raise HTTPException(404, f"there is no {error.args[0]!r}") from None


def _add_job_routes(app: FastAPI) -> None:
    def jobs() -> Jobs:
        found: Jobs = app.state.jobs
        return found

    @app.post("/api/jobs", status_code=202)
    async def ask(wanted: JobRequest) -> dict[str, Any]:
        """Queues a job; follow `/api/events`, or ask for `/api/jobs/<id>`."""
        with _answers():
            if wanted.version is not None:
                app.state.store.path(wanted.version)
            await asyncio.to_thread(engine.check, wanted.verb, wanted.version, wanted.options)
            return jobs().put(wanted.verb, wanted.version, dict(wanted.options)).to_dict()

    @app.get("/api/jobs")
    async def list_jobs() -> list[dict[str, Any]]:
        """The jobs of this run of the server, oldest first."""
        return [job.to_dict() for job in jobs().all()]

    @app.get("/api/jobs/{job_id}")
    async def show_job(job_id: str, wait_s: Annotated[float, Field(ge=0, le=60)] = 0.0) -> dict[str, Any]:
        """A job; with `wait_s`, as soon as it is over or that many seconds have passed."""
        with _answers():
            job = jobs().get(job_id)
        await _wait(job, wait_s)
        return job.to_dict()

    @app.delete("/api/jobs/{job_id}")
    async def cancel(job_id: str) -> dict[str, Any]:
        """Stops a job, or takes it out of the queue."""
        with _answers():
            job = jobs().get(job_id)
            jobs().cancel(job)
        return job.to_dict()

    @app.get("/api/events")
    async def events(last_event_id: Annotated[int | None, Header(ge=0)] = None) -> StreamingResponse:
        """Everything that happens, as server-sent events: job, progress, bars, version."""
        log: Events = app.state.events
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(log.follow(last_event_id), media_type="text/event-stream", headers=headers)

    @app.post("/api/uploads", status_code=202)
    async def upload(request: Request, name: str) -> dict[str, Any]:
        """Takes a MIDI, MusicXML, kern or ABC file, sent as the body, into the project."""
        suffix = Path(name).suffix.lower()
        if suffix not in engine.SUFFIXES:
            raise HTTPException(422, f"file {name!r} is of no known kind: send one of {' '.join(engine.SUFFIXES)}")
        body = await request.body()
        if not body:
            raise HTTPException(422, f"file {name!r} is empty")
        with _answers():
            path = await asyncio.to_thread(app.state.store.received, body, suffix)
            return jobs().put("upload", None, {"path": str(path), "name": name[:200]}).to_dict()


async def _wait(job: Job, seconds: float) -> None:
    if seconds:
        try:
            await asyncio.wait_for(job.over.wait(), seconds)
        except TimeoutError:
            return


def _add_version_routes(app: FastAPI, store: Store) -> None:
    @app.get("/api/about")
    async def about() -> dict[str, str]:
        """What is running."""
        return {"software": software(), "project": str(store.folder)}

    @app.get("/api/tables")
    def tables() -> dict[str, Any]:
        """What a brief may name: moods, styles, ensembles, forms, instruments, meters, ranges."""
        return engine.tables()

    @app.post("/api/prompt")
    def prompt(wish: Prompt) -> dict[str, Any]:
        """What a wish in words is taken to mean."""
        with _answers():
            return engine.understand_prompt(wish.text)

    @app.get("/api/versions")
    def versions() -> list[dict[str, Any]]:
        """All versions of the project, oldest first; `parent` links them."""
        return store.all()

    @app.get("/api/versions/{version}")
    def version(version: str) -> dict[str, Any]:
        """What is kept of a version."""
        with _answers():
            return store.record(version)

    @app.get("/api/versions/{version}/files/{name}")
    def file(version: str, name: str) -> Response:
        """A file of a version: piece.mid, piece.musicxml, piece.json, score.json, and what a render or engrave job wrote."""
        with _answers():
            record, path = store.record(version), store.path(version) / name
        if "/" in name or "\\" in name or name.startswith(".") or not path.is_file():
            raise HTTPException(404, f"there is no {name!r} of this version: ask for it with a render job")
        title = "".join(letter if letter.isalnum() else "-" for letter in record["title"]).strip("-")[:60]
        shown = f"{title or 'piece'}-{version[:6]}{name.removeprefix('piece')}" if name.startswith("piece") else name
        media = _MEDIA.get(path.suffix, "application/octet-stream")
        return FileResponse(path, media_type=media, filename=shown, headers={"Cache-Control": "private, max-age=3600"})

    @app.get("/api/soundfont")
    def soundfont() -> FileResponse:
        """The soundfont that the page plays with."""
        with _answers():
            return FileResponse(engine.soundfont(), headers={"Cache-Control": "private, max-age=86400"})

    @app.get("/api/ratings")
    def ratings() -> list[dict[str, str]]:
        """Which versions the user preferred, oldest first."""
        return store.ratings()

    @app.post("/api/ratings", status_code=201)
    def rate(rating: Rating) -> Rating:
        """Keeps which of two versions the user prefers."""
        with _answers():
            store.rate(rating.preferred, rating.other)
        return rating


def _add_live_routes(app: FastAPI) -> None:
    def room() -> Room:
        found: Room = app.state.room
        return found

    def state() -> dict[str, Any]:
        audience: dict[str, Any] = getattr(app.state, "audience", {})
        votes = room().votes
        told = {"session": room().session, "running": room().running, "phrases": room().phrases}
        return {**told, "audience": {**audience, "open": votes.open, "voters": len(votes), "mean": votes.mean()}}

    @app.get("/api/live")
    async def live() -> dict[str, Any]:
        """How the live room stands; phrases come as events."""
        return state()

    @app.post("/api/live", status_code=202)
    async def start(wanted: LiveStart) -> dict[str, Any]:
        """Begins an endless piece."""
        with _answers():
            asked = {"style": wanted.style, "ensemble": wanted.ensemble}
            await asyncio.to_thread(engine.check, "compose", None, {**asked, "bars": 4, "loop": True})
        room().start(asked, (wanted.valence, wanted.arousal))
        return state()

    @app.post("/api/live/news")
    async def news(told: LiveNews) -> dict[str, Any]:
        """Takes the place that is played and the host's mood."""
        room().hear(told.playing, told.mood)
        return state()

    @app.delete("/api/live")
    async def stop() -> dict[str, Any]:
        """Ends the piece."""
        room().stop()
        return state()

    @app.post("/api/live/keep", status_code=202)
    async def keep(bars: Annotated[int, Field(ge=1, le=100_000)]) -> dict[str, Any]:
        """Makes a version of the bars that were played."""
        with _answers():
            jobs: Jobs = app.state.jobs
            return jobs.put("live", None, {"session": room().session, "bars": bars}).to_dict()

    @app.post("/api/live/audience")
    async def audience(open: bool) -> dict[str, Any]:
        """Opens or closes the vote."""
        room().votes.open = open
        return state()
