"""Limits on the audience's connections, by number and time, so that devices on the network leave descriptors to the studio."""

from __future__ import annotations

import asyncio
import sys

from uvicorn.protocols.http.h11_impl import H11Protocol

MOST_CONNECTIONS = 400  # open at a time; phones close theirs when they are idle
FILE_SHARE = 3  # at most the reciprocal of this share of the files that this process may open
BACKLOG = 32  # accepted at a time before the surplus is closed
REQUEST_S = 10.0  # from the last answer, or the start of the connection, to the end of the next answer


class GuestProtocol(H11Protocol):
    """uvicorn's protocol, for connections that end if they are too many or complete no request in time."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Starts the time for the first request, or ends a connection beyond the limit."""
        super().connection_made(transport)
        self._start_deadline()
        if len(self.connections) > most_connections():
            transport.abort()

    def on_response_complete(self) -> None:
        """Starts the time for the next request."""
        self._deadline.cancel()
        self._start_deadline()
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Ends the time."""
        self._deadline.cancel()
        super().connection_lost(exc)

    def _start_deadline(self) -> None:
        self._deadline = self.loop.call_later(REQUEST_S, self.transport.abort)


def most_connections() -> int:
    """The number of open connections from which on further ones are closed."""
    if sys.platform == "win32":
        return MOST_CONNECTIONS
    import resource

    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return MOST_CONNECTIONS if files == resource.RLIM_INFINITY else min(MOST_CONNECTIONS, files // FILE_SHARE)
