"""The events of the server, as a numbered log that any number of pages follow (server-sent events, WHATWG HTML 9.2)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

KEPT = 5000  # number of events that a page can recover after a lost connection
KEEP_ALIVE_S = 15.0


class Events:
    """The log. It belongs to one event loop."""

    def __init__(self) -> None:
        self._log: list[str] = []
        self._last = 0
        self._news = asyncio.Event()
        self.closed = False

    @property
    def last(self) -> int:
        """Number of the newest event; 0 if there is none."""
        return self._last

    def publish(self, kind: str, content: Any) -> None:
        """Appends an event; `content` is a JSON value."""
        self._last += 1
        text = f"id: {self._last}\nevent: {kind}\ndata: {json.dumps(content, separators=(',', ':'))}\n\n"
        self._log.append(text)
        if len(self._log) > 2 * KEPT:
            del self._log[:KEPT]
        self._wake()

    def close(self) -> None:
        """Ends all streams."""
        self.closed = True
        self._wake()

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    async def follow(self, after: int | None) -> AsyncIterator[str]:
        """Yields the events after a number as an event stream; `None` starts with the next event."""
        seen = self._last if after is None or after > self._last else after
        yield "retry: 1000\n\n"
        while not self.closed:
            news = self._news
            if seen < self._last:
                missed = self._log[seen - self._last :] if self._last - seen < len(self._log) else self._log
                seen, text = self._last, "".join(missed)
                yield text
                continue
            try:
                await asyncio.wait_for(news.wait(), KEEP_ALIVE_S)
            except TimeoutError:
                yield ": still here\n\n"
