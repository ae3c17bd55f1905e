"""Access control and limits: only pages and programs on this machine that know the token may use the server.

Other web sites cannot reach the server through the user's browser: the `Host` must be the server's (DNS rebinding), an `Origin`
must be the server's (cross-site requests), and every request must carry the token.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs

from fastapi import FastAPI, Request, Response
from fastapi.exception_handlers import http_exception_handler
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

COOKIE = "cantilena"
MOST_BYTES = 5_000_000  # of a request's body
READ_ON = 4  # times the maximum that is read of a larger body: TCP may drop the answer to a connection with bytes unread
MOST_OPEN = 400  # requests that are open at a time
BODY_S = 20.0  # for a request's body to arrive
MOST_SHOWN = 100  # characters of a value in a message

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'wasm-unsafe-eval'",  # the synthesizer's decoder
        "style-src 'self' 'unsafe-inline'",
        "font-src 'self' data:",  # in engraved pages
        "img-src 'self' data:",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'self'",
    )
)
_HEADERS = (
    (b"content-security-policy", _POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
)


class _Refusal(Exception):  # noqa: N818
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Guard:
    """ASGI middleware that enforces the rules of this module.

    Args:
        app: the protected application.
        token: token that requests must carry: in the cookie, as a bearer token, or once in the page's `?token=`.
        port: port of the server.
    """

    def __init__(self, app: App, token: str, port: int) -> None:
        self._app, self._token = Body(app, MOST_BYTES), token
        self._hosts = {f"{name}:{port}" for name in ("127.0.0.1", "localhost")}
        self._origins = {f"http://{host}" for host in self._hosts}
        self._open = 0

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Refuses a request or passes it on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
            self._check_place(headers)
            if await self._admitted_by_link(scope, send):
                return
            self._check_token(headers)
            if self._open >= MOST_OPEN:
                raise _Refusal(429, f"{MOST_OPEN} requests are already open: close some pages")
        except _Refusal as refusal:
            await _answer(_with_headers(send), refusal.status, str(refusal))
            return
        self._open += 1
        try:
            await self._app(scope, receive, _with_headers(send))
        finally:
            self._open -= 1

    def _check_place(self, headers: MutableMapping[str, str]) -> None:
        if headers.get("host") not in self._hosts:
            raise _Refusal(403, "the server answers only at its address on this machine")
        origin = headers.get("origin")
        if origin is not None and origin not in self._origins:
            raise _Refusal(403, "requests from other web sites are refused")
        if headers.get("sec-fetch-site") in ("cross-site", "same-site"):
            raise _Refusal(403, "requests from other web sites are refused")

    async def _admitted_by_link(self, scope: Message, send: Send) -> bool:
        """Sets the cookie for a page opened with the token, and redirects to the page without it."""
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        if scope["path"] != "/" or not self._is_token(given):
            return False
        cookie = f"{COOKIE}={self._token}; HttpOnly; SameSite=Strict; Path=/"
        headers = [(b"location", b"/"), (b"set-cookie", cookie.encode()), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": 303, "headers": headers})
        await send({"type": "http.response.body", "body": b""})
        return True

    def _check_token(self, headers: MutableMapping[str, str]) -> None:
        scheme, _, bearer = headers.get("authorization", "").partition(" ")
        try:
            cookie = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
        except CookieError:
            cookie = None
        if not (self._is_token(cookie.value if cookie else "") or (scheme.lower() == "bearer" and self._is_token(bearer))):
            raise _Refusal(403, "the token is missing: open the address that `cantilena studio` prints")

    def _is_token(self, given: str) -> bool:
        return secrets.compare_digest(given.encode(), self._token.encode())


class Body:
    """ASGI middleware that reads a request's whole body within its limits and replays it to the application.

    Args:
        app: the protected application.
        most: maximum size in bytes.
    """

    def __init__(self, app: App, most: int) -> None:
        self._app, self._most = app, most

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Refuses a request or passes it on."""
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        try:
            body = await self._read(scope, receive)
        except _Refusal as refusal:
            await _answer(send, refusal.status, str(refusal))
            return
        await self._app(scope, _replayed(body, receive), send)

    async def _read(self, scope: Message, receive: Receive) -> bytes:
        """The whole body; one that is too large is read to its end before it is refused."""
        too_large = _Refusal(413, f"the request is larger than {self._most:,} bytes")
        length = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"content-length"), "0")
        if not length.isdigit():
            raise _Refusal(400, "the content length is not a number")
        most_read = READ_ON * self._most
        if int(length) > most_read:
            raise too_large
        body, size = b"", 0
        try:
            async with asyncio.timeout(BODY_S):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise _Refusal(400, "the request was interrupted")
                    chunk: bytes = message.get("body", b"")
                    size += len(chunk)
                    body = body + chunk if size <= self._most else b""
                    if size > most_read or (size > self._most and not message.get("more_body")):
                        raise too_large
                    if not message.get("more_body"):
                        return body
        except TimeoutError:
            raise _Refusal(408, f"the request did not arrive within {BODY_S:g} s") from None


def _replayed(body: bytes, receive: Receive) -> Receive:
    """Replays the body that was already read, then continues with `receive`."""
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), *_HEADERS]
        await send(message)

    return sending


async def _answer(send: Send, status: int, text: str) -> None:
    body = json.dumps({"detail": text}).encode()
    length = str(len(body)).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", length), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def refuse_malformed(request: Request, error: Exception) -> JSONResponse:
    """Refuses a request that does not fit its schema, in one line of valid JSON whatever its values are."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    reason = f"the body is not JSON ({first['msg']}): send a JSON object"
    if first["type"] != "json_invalid":
        reason = fault(first, ".".join(map(str, first["loc"][1:3])) or "the body")
    return JSONResponse({"detail": reason.encode(errors="backslashreplace").decode()}, 422)


# What is wrong with a value, and the remedy, by the type of pydantic's error; braces take what the schema says.
_FAULTS = {
    "extra_forbidden": "is not known: leave it out",
    "string_pattern_mismatch": "has another form: give {pattern}",
    "greater_than_equal": "is out of range: give {ge:g} or more",
    "less_than_equal": "is out of range: give at most {le:g}",
    **dict.fromkeys(("string_too_long", "too_long"), "is longer than {max_length}: shorten it"),
}
_KINDS = {
    "string": "a text", "int": "a whole number", "float": "a number", "finite": "a number", "bool": "true or false",
    "list": "a list", "tuple": "a list", "dict": "an object", "model": "an object",
}  # fmt: skip


def fault(error: Mapping[str, Any], place: str) -> str:
    """An error of pydantic as one line: the place, its value, the range and the remedy."""
    kind = str(error["type"])
    if kind == "value_error":
        return str(error["msg"]).removeprefix("Value error, ")
    if kind == "missing":
        return f"{place} is missing: give it"
    raw = error["input"]
    value = json.dumps(raw.decode(errors="replace") if isinstance(raw, bytes) else raw, default=str)[:MOST_SHOWN]
    if kind in _FAULTS:
        return f"{place} {value} {_FAULTS[kind].format(**error.get('ctx', {}))}"
    return f"{place} {value} cannot be used: give {_KINDS.get(kind.partition('_')[0], 'another value')}"


async def refuse_unreadable(request: Request, error: Exception) -> Response:
    """Refuses JSON that Python's parser gives up on, such as deep nesting, in one line; other errors are answered as usual."""
    assert isinstance(error, HTTPException)
    if isinstance(error.__cause__, RecursionError | ValueError):
        detail = "the body is nested too deeply or has a number of too many digits: send a JSON object of plain values"
        return JSONResponse({"detail": detail}, 422)
    return await http_exception_handler(request, error)


def add_refusals(app: FastAPI) -> None:
    """Lets an application answer requests that do not fit its schema in one line."""
    app.add_exception_handler(RequestValidationError, refuse_malformed)
    app.add_exception_handler(HTTPException, refuse_unreadable)
