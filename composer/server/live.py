"""The live room: an endless piece that follows a point on the mood plane, composed phrase by phrase ahead of playback.

The page reports the phrase it is playing; the room composes until `AHEAD` further phrases are ready. A new mood takes effect in
the next phrase that is not yet composed. The mood is the host's, or the mean of the audience's votes, which fade (`Votes`).
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from math import exp
from time import monotonic
from typing import Any

from composer.server.events import Events
from composer.server.jobs import Job, Jobs, QueueFullError

AHEAD = 2  # phrases ready beyond the one being played
MOST_VOTERS = 500
VOTE_EVERY_S = 1.0
FADE_S = 15.0
Point = tuple[float, float]


class VoteRefusedError(Exception):
    """The vote does not count; `status` is an HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Votes:
    """The audience's points on the mood plane: the latest of each voter, decaying with time constant `FADE_S`.

    Args:
        clock: monotonic clock in seconds.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._points: dict[str, tuple[float, Point]] = {}
        self.open = False

    def vote(self, voter: str, point: Point) -> None:
        """Counts a vote, replacing the voter's previous one.

        Raises:
            VoteRefusedError: voting is closed, the voter votes too often, or there are too many voters.
        """
        now = self._clock()
        if not self.open:
            raise VoteRefusedError(403, "the host has closed the voting")
        if voter in self._points and now - self._points[voter][0] < VOTE_EVERY_S:
            raise VoteRefusedError(429, f"you can vote once in {VOTE_EVERY_S:g} s")
        self._forget(now)
        if voter not in self._points and len(self._points) >= MOST_VOTERS:
            raise VoteRefusedError(429, f"{MOST_VOTERS} people are already voting")
        self._points[voter] = now, point

    def _forget(self, now: float) -> None:
        self._points = {voter: (at, point) for voter, (at, point) in self._points.items() if now - at < 6 * FADE_S}

    def mean(self) -> Point | None:
        """The weighted mean of the votes; `None` without votes."""
        now = self._clock()
        self._forget(now)
        weights = [(exp((at - now) / FADE_S), point) for at, point in self._points.values()]
        total = sum(weight for weight, _ in weights)
        if not self.open or not total:
            return None
        return sum(w * p[0] for w, p in weights) / total, sum(w * p[1] for w, p in weights) / total

    def __len__(self) -> int:
        return len(self._points)


class Room:
    """One endless piece at a time.

    Args:
        jobs: the queue that composes phrases.
        events: log for the events "phrase" and "live".
    """

    def __init__(self, jobs: Jobs, events: Events) -> None:
        self._jobs, self._events = jobs, events
        self.votes = Votes()
        self.session = ""
        self.mood: Point = (0.0, 0.0)
        self.phrases = 0
        self._playing = 0
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._job: Job | None = None
        self._options: dict[str, Any] = {}

    def start(self, options: dict[str, Any], mood: Point) -> str:
        """Starts a new piece and returns its session."""
        self.stop()
        self.session, self.mood, self._options = secrets.token_hex(8), mood, options
        self.phrases = self._playing = 0
        self._task = asyncio.create_task(self._compose(self.session))
        return self.session

    def stop(self) -> None:
        """Stops the piece; the played part can still be saved."""
        if self._task:
            self._task.cancel()
            self._task = None
        if self._job and not self._job.over.is_set():
            self._jobs.cancel(self._job)

    @property
    def running(self) -> bool:
        """Whether phrases are being composed."""
        return self._task is not None and not self._task.done()

    def update(self, playing: int | None, mood: Point | None) -> None:
        """Records the phrase being played, from 0, or a new mood of the host."""
        if playing is not None:
            self._playing = max(self._playing, min(playing, self.phrases - 1))
            self._news.set()
        if mood is not None:
            self.mood = mood

    async def _compose(self, session: str) -> None:
        while True:
            while self.phrases > self._playing + AHEAD:
                self._news.clear()
                await self._news.wait()
            mood = self.votes.mean() or self.mood
            context = {
                "session": session,
                "first": self.phrases == 0,
                "valence": round(mood[0], 3),
                "arousal": round(mood[1], 3),
            }
            try:
                self._job = job = self._jobs.put("phrase", None, {**self._options, **context})
            except QueueFullError:
                await asyncio.sleep(0.5)
                continue
            await job.over.wait()
            if job.result is None:
                self._events.publish("live", {"session": session, "error": job.error})
                return
            content = {**job.result, "session": session, "index": self.phrases, "mood": mood, "voters": len(self.votes)}
            self.phrases += 1
            self._events.publish("phrase", content)
