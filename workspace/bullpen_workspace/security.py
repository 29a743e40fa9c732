"""Who may talk to the server at all: this machine, by its own name, from its own page.

The rule it protects: a web page of somebody else, open in the same browser, can neither drive
the workspace nor read from it. Every request must name a loopback host with our port; whatever
changes something, every file and every WebSocket of the page needs the page's cookie and origin.
API paths need a token instead (`auth.py`) and never the cookie. It does not protect against
programs that run as the same user of the machine; they could read the database as well.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

COOKIE = "bullpen_session"
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")

_CLIENT_PATHS = ("/api/", "/upload/", "/link/", "/actions/", "/files-pri/", "/_control/")
"""Paths for API clients: a token, a ticket or an unguessable address is their key."""

_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


class Guard:
    """Middleware around the whole application. `port` is asked per request: 0 becomes real."""

    def __init__(self, app: ASGIApp, *, port: Callable[[], int], key: str) -> None:
        self._app, self._port, self._key = app, port, key

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refusal = self._refusal(scope, headers)
        if refusal is not None:
            await _refuse(refusal, scope, receive, send)
            return
        await self._app(scope, receive, self._dressed(scope, headers, send))

    def _refusal(self, scope: Scope, headers: Headers) -> Response | None:
        if headers.get("host", "") not in self._hosts():
            return PlainTextResponse(
                "This workspace answers only to its own address on this machine.\n", 421
            )
        origin = headers.get("origin")
        if origin is not None and origin not in self._origins():
            return PlainTextResponse("Requests from other sites are refused.\n", 403)
        if _for_clients(scope["path"]):
            return None
        needs_session = (
            scope["type"] == "websocket"
            or scope["method"] not in _SAFE_METHODS
            or scope["path"].startswith("/files/")
        )
        if needs_session and not has_session(headers, self._key):
            return PlainTextResponse("Open the chat page in this browser first.\n", 403)
        changes = scope["type"] == "websocket" or scope["method"] not in _SAFE_METHODS
        if changes and origin is None:
            return PlainTextResponse("The request does not say which page sent it.\n", 403)
        return None

    def _hosts(self) -> tuple[str, ...]:
        return tuple(f"{name}:{self._port()}" for name in LOOPBACK)

    def _origins(self) -> tuple[str, ...]:
        return tuple(f"http://{host}" for host in self._hosts())

    def _dressed(self, scope: Scope, headers: Headers, send: Send) -> Send:
        """`send` with the security headers, and with the cookie on a page's first load."""
        give_cookie = (
            scope["type"] == "http"
            and not _for_clients(scope["path"])
            and not has_session(headers, self._key)
        )

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                out = MutableHeaders(scope=message)
                for name, value in self._headers(headers.get("host", "")).items():
                    out.setdefault(name, value)
                if give_cookie:
                    out.append(
                        "set-cookie", f"{COOKIE}={self._key}; Path=/; HttpOnly; SameSite=Strict"
                    )
            await send(message)

        return dressed

    def _headers(self, host: str) -> dict[str, str]:
        return {
            "content-security-policy": (
                "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; "
                f"connect-src 'self' ws://{host}; object-src 'none'; base-uri 'none'; "
                "form-action 'self'; frame-ancestors 'none'"
            ),
            "x-content-type-options": "nosniff",
            "x-frame-options": "DENY",
            "referrer-policy": "no-referrer",
            "cross-origin-opener-policy": "same-origin",
            "cross-origin-resource-policy": "same-origin",
        }


def has_session(headers: Headers, key: str) -> bool:
    """Whether the page's cookie came with the request."""
    try:
        morsel = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return False
    return morsel is not None and hmac.compare_digest(morsel.value.encode(), key.encode())


def _for_clients(path: str) -> bool:
    return path.startswith(_CLIENT_PATHS)


async def _refuse(response: Response, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await WebSocket(scope, receive, send).close(code=1008)
        return
    await response(scope, receive, send)
