"""The HTTP interface: jobs, their events, versions and files, and the page. `create_app` creates the application.

All events are sent on `/api/events`. The result of a job is a version, whose files are under `/api/versions/<id>/files/`. The
schema is at `/openapi.json`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from threading import Thread
from typing import Annotated, Any

from fastapi import FastAPI, Header, HTTPException, Request, Response
from fastapi.responses import FileResponse, StreamingResponse
from fastapi.staticfiles import StaticFiles
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from composer.errors import CantilenaError
from composer.formats.provenance import software
from composer.records import is_surrogate
from composer.server import engine
from composer.server.events import Events
from composer.server.guard import MOST_SHOWN, Guard, add_refusals
from composer.server.inbox import open_inbox
from composer.server.jobs import LONGEST_S, Job, Jobs, QueueFullError
from composer.server.live import Room
from composer.server.versions import Store

STATIC = Path(__file__).parent / "static"
_MEDIA = {
    ".mid": "audio/midi", ".musicxml": "application/vnd.recordare.musicxml+xml", ".json": "application/json",
    ".wav": "audio/wav", ".pdf": "application/pdf", ".zip": "application/zip",
}  # fmt: skip


def _known_verb(name: str) -> str:
    if name not in engine.CLIENT_JOBS:
        raise ValueError(f"verb {name!r} is not known: choose from {', '.join(engine.CLIENT_JOBS)}")
    return name


def _unicode(text: str) -> str:
    if any(map(is_surrogate, text)):
        raise ValueError(f"text {text[:MOST_SHOWN]!r} is not Unicode: leave out lone surrogates")
    return text


Text = Annotated[str, AfterValidator(_unicode)]
Items = Annotated[list[Text | int], Field(max_length=1_000)]


class JobRequest(BaseModel):
    """A job to do."""

    model_config = ConfigDict(extra="forbid")

    verb: Annotated[str, AfterValidator(_known_verb), Field(json_schema_extra={"enum": list(engine.CLIENT_JOBS)})]
    version: Annotated[str | None, Field(pattern=r"^[0-9a-f]{16}$", description="The piece to work on.")] = None
    options: Annotated[
        dict[Text, Text | float | int | bool | Items | None],
        Field(max_length=40, description="The options of the command of the same name; compose also takes a prompt."),
    ] = {}


class Rating(BaseModel):
    """The version that the user prefers, of two."""

    model_config = ConfigDict(extra="forbid")

    preferred: str
    other: str


class Prompt(BaseModel):
    """A request in words."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[Text, Field(max_length=2000)]


Coordinate = Annotated[float, Field(ge=-1, le=1)]


class LiveStart(BaseModel):
    """Settings of the live room's piece."""

    model_config = ConfigDict(extra="forbid")

    style: Annotated[Text, Field(max_length=200)] = ""
    ensemble: Annotated[Text, Field(max_length=200)] = "piano"
    valence: Coordinate = 0.0
    arousal: Coordinate = 0.0


class LiveNews(BaseModel):
    """Update from the page to the live room: the phrase being played, from 0, or a new mood."""

    model_config = ConfigDict(extra="forbid")

    playing: Annotated[int | None, Field(ge=0)] = None
    mood: tuple[Coordinate, Coordinate] | None = None


def create_app(
    project: Path,
    token: str,
    port: int,
    *,
    model: str | None = None,
    limit_s: float = LONGEST_S,
    inbox: Path | None = None,
) -> FastAPI:
    """The application of one project.

    Args:
        project: folder of the versions.
        token: token that requests must carry.
        port: port on which it is served.
        model: name or path of the model, `None` for the packaged one.
        limit_s: time limit of a job in seconds.
        inbox: folder in which a DAW finds the newest version.

    Raises:
        BadInputError: a folder cannot be created.
    """
    store = Store(project)
    inbox = open_inbox(inbox) if inbox else None

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.events = Events()
        app.state.jobs = Jobs(store.folder, model, app.state.events, limit_s=limit_s, inbox=inbox)
        app.state.jobs.start()
        app.state.room = Room(app.state.jobs, app.state.events)
        Thread(target=engine.warm_up_checks, daemon=True).start()
        yield
        app.state.room.stop()
        app.state.events.close()
        await app.state.jobs.close()

    app = FastAPI(title="Cantilena", version=software().rpartition(" ")[2], lifespan=lifespan, docs_url=None, redoc_url=None)
    app.state.store = store
    app.add_middleware(Guard, token=token, port=port)
    add_refusals(app)
    _add_job_routes(app)
    _add_version_routes(app, store)
    _add_live_routes(app)
    if STATIC.is_dir():
        app.mount("/", StaticFiles(directory=STATIC, html=True), name="page")
    return app


@contextmanager
def _answers() -> Iterator[None]:
    """Converts errors to HTTP statuses."""
    try:
        yield
    except QueueFullError as error:
        raise HTTPException(429, str(error), {"Retry-After": "5"}) from None
    except CantilenaError as error:
        raise HTTPException(422, str(error)) from None
    except KeyError as error:
        raise HTTPException(404, f"{error.args[0]!r} does not exist") from None


def _add_job_routes(app: FastAPI) -> None:
    def jobs() -> Jobs:
        found: Jobs = app.state.jobs
        return found

    @app.post("/api/jobs", status_code=202)
    async def ask(request: JobRequest) -> dict[str, Any]:
        """Queues a job; follow `/api/events` or poll `/api/jobs/<id>`."""
        with _answers():
            if request.version is not None:
                app.state.store.path(request.version)
            await asyncio.to_thread(engine.check, request.verb, request.version, request.options, app.state.store)
            return jobs().put(request.verb, request.version, dict(request.options)).to_dict()

    @app.get("/api/jobs")
    async def list_jobs() -> list[dict[str, Any]]:
        """Lists the jobs of this run of the server, oldest first."""
        return [job.to_dict() for job in jobs().all()]

    @app.get("/api/jobs/{job_id}")
    async def show_job(job_id: str, wait_s: Annotated[float, Field(ge=0, le=60)] = 0.0) -> dict[str, Any]:
        """Returns a job; with `wait_s`, once it has ended or the seconds have passed."""
        with _answers():
            job = jobs().get(job_id)
        await _wait(job, wait_s)
        return job.to_dict()

    @app.delete("/api/jobs/{job_id}")
    async def cancel(job_id: str) -> dict[str, Any]:
        """Stops a job or removes it from the queue."""
        with _answers():
            job = jobs().get(job_id)
            jobs().cancel(job)
        return job.to_dict()

    @app.get("/api/events")
    async def events(last_event_id: Annotated[int | None, Header(ge=0)] = None) -> StreamingResponse:
        """Streams all events as server-sent events: job, progress, bars, version."""
        log: Events = app.state.events
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(log.follow(last_event_id), media_type="text/event-stream", headers=headers)

    @app.post("/api/uploads", status_code=202)
    async def upload(request: Request, name: str) -> dict[str, Any]:
        """Adds a MIDI, MusicXML, kern or ABC file, sent as the body, to the project."""
        suffix = Path(name).suffix.lower()
        if suffix not in engine.SUFFIXES:
            raise HTTPException(422, f"file {name!r} has an unknown format: send one of {' '.join(engine.SUFFIXES)}")
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
        """Describes the server."""
        return {"software": software(), "project": str(store.folder)}

    @app.get("/api/tables")
    def tables() -> dict[str, Any]:
        """Lists the values of options: moods, styles, ensembles, forms, instruments, meters, ranges."""
        return engine.tables()

    @app.post("/api/prompt")
    def prompt(request: Prompt) -> dict[str, Any]:
        """Interprets a prompt."""
        with _answers():
            return engine.understand_prompt(request.text)

    @app.get("/api/versions")
    def versions() -> list[dict[str, Any]]:
        """Lists all versions of the project, oldest first; `parent` links them."""
        return store.all()

    @app.get("/api/versions/{version}")
    def version(version: str) -> dict[str, Any]:
        """Returns the record of a version."""
        with _answers():
            return store.record(version)

    @app.get("/api/versions/{version}/files/{name}")
    def file(version: str, name: str) -> Response:
        """Returns a file of a version: piece.mid, piece.musicxml, piece.json, score.json, or one that a job made."""
        with _answers():
            record, folder = store.record(version), store.path(version)
        path = next((path for path in folder.iterdir() if path.name == name and path.is_file()), None)
        if path is None or name.startswith("."):
            raise HTTPException(404, f"this version has no {name[:MOST_SHOWN]!r}: create it with a render job")
        title = "".join(letter if letter.isalnum() else "-" for letter in record["title"]).strip("-")[:60]
        shown = f"{title or 'piece'}-{version[:6]}{name.removeprefix('piece')}" if name.startswith("piece") else name
        media = _MEDIA.get(path.suffix, "application/octet-stream")
        return FileResponse(path, media_type=media, filename=shown, headers={"Cache-Control": "private, max-age=3600"})

    @app.get("/api/soundfont")
    def soundfont() -> FileResponse:
        """Returns the soundfont for the page."""
        with _answers():
            return FileResponse(engine.soundfont(), headers={"Cache-Control": "private, max-age=86400"})

    @app.get("/api/ratings")
    def ratings() -> list[dict[str, str]]:
        """Lists the user's preferences, oldest first."""
        return store.ratings()

    @app.post("/api/ratings", status_code=201)
    def rate(rating: Rating) -> Rating:
        """Records which of two versions the user prefers."""
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
        status = {"session": room().session, "running": room().running, "phrases": room().phrases}
        return {**status, "audience": {**audience, "open": votes.open, "voters": len(votes), "mean": votes.mean()}}

    @app.get("/api/live")
    async def live() -> dict[str, Any]:
        """Returns the state of the live room; phrases arrive as events."""
        return state()

    @app.post("/api/live", status_code=202)
    async def start(request: LiveStart) -> dict[str, Any]:
        """Starts an endless piece."""
        with _answers():
            options = {"style": request.style, "ensemble": request.ensemble}
            await asyncio.to_thread(engine.check, "compose", None, {**options, "bars": 4, "loop": True})
        room().start(options, (request.valence, request.arousal))
        return state()

    @app.post("/api/live/news")
    async def news(update: LiveNews) -> dict[str, Any]:
        """Updates the phrase being played and the host's mood."""
        room().update(update.playing, update.mood)
        return state()

    @app.delete("/api/live")
    async def stop() -> dict[str, Any]:
        """Ends the piece."""
        room().stop()
        return state()

    @app.post("/api/live/keep", status_code=202)
    async def keep(bars: Annotated[int, Field(ge=1, le=100_000)]) -> dict[str, Any]:
        """Creates a version from the bars that were played."""
        with _answers():
            jobs: Jobs = app.state.jobs
            return jobs.put("live", None, {"session": room().session, "bars": bars}).to_dict()

    @app.post("/api/live/audience")
    async def audience(open: bool) -> dict[str, Any]:
        """Opens or closes the vote."""
        room().votes.open = open
        return state()
