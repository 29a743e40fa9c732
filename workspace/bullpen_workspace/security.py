"""Who may talk to the server at all: this machine, by its own name, from its own page.

The rule it protects: a web page of somebody else, open in the same browser, can neither drive
the workspace nor read from it. Every request must name a loopback host with our port; whatever
changes something and every WebSocket of the page needs the page's cookie and origin. Everything
of the page, and every file, is shown only to a browser with the session (`entrance.py`), so
another user of the machine cannot look in. API paths need a token instead (`auth.py`) and never
the cookie. It does not protect against programs that run as the same user; they could read the
database as well.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from bullpen_workspace.entrance import CLOSED, Entrance, parted

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")

_CLIENT_PATHS = ("/api/", "/upload/", "/link/", "/actions/", "/files-pri/", "/_control/")
"""Paths for API clients: a token, a ticket or an unguessable address is their key."""

_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")

_NO_KEY = ("This page needs its key", "This browser has not been let in to this workspace yet.")
_OLD_KEY = (
    "This key does not open the page",
    "It belongs to an earlier start, or it was for a single use and is used up.",
)


class Guard:
    """Middleware around the whole application. `port` is asked per request: 0 becomes real.

    `for_clients` are further paths whose key is a token of their own.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        port: Callable[[], int],
        entrance: Entrance,
        for_clients: Sequence[str] = (),
    ) -> None:
        self._app, self._port, self._entrance = app, port, entrance
        self._for_clients = (*_CLIENT_PATHS, *for_clients)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        dressed = self._dressed(headers, send)
        refusal = self._refusal(scope, headers)
        if refusal is not None:
            await _refuse(refusal, scope, receive, dressed)
            return
        await self._app(scope, receive, dressed)

    def _refusal(self, scope: Scope, headers: Headers) -> Response | None:
        """What is answered instead of the application; None where the request may go on."""
        if headers.get("host", "") not in self._hosts():
            return PlainTextResponse(
                "This workspace answers only to its own address on this machine.\n", 421
            )
        origin = headers.get("origin")
        if origin is not None and origin not in self._origins():
            return PlainTextResponse("Requests from other sites are refused.\n", 403)
        if scope["path"].startswith(self._for_clients):
            return None
        known = self._entrance.knows(headers.get("cookie", ""))
        if scope["type"] == "websocket" or scope["method"] not in _SAFE_METHODS:
            if not known:
                return PlainTextResponse("Open the chat page in this browser first.\n", 403)
            if origin is None:
                return PlainTextResponse("The request does not say which page sent it.\n", 403)
            return None
        return self._at_the_door(scope, known=known)

    def _at_the_door(self, scope: Scope, *, known: bool) -> Response | None:
        """A page is asked for: a right key becomes the session, and no key stays in the address."""
        key, rest = parted(scope["query_string"].decode("latin-1"))
        path = "/" + urlsplit(scope["path"]).path.lstrip("/")
        here = f"{path}?{rest}" if rest else path
        if key is not None and self._entrance.opens(key):
            answer = RedirectResponse(here, 303)
            answer.headers["set-cookie"] = self._entrance.set_cookie
            return answer
        if known:
            return None if key is None else RedirectResponse(here, 303)
        title, why = _NO_KEY if key is None else _OLD_KEY
        return HTMLResponse(CLOSED.format(title=title, why=why, path=escape(here)), 403)

    def _hosts(self) -> tuple[str, ...]:
        return tuple(f"{name}:{self._port()}" for name in LOOPBACK)

    def _origins(self) -> tuple[str, ...]:
        return tuple(f"http://{host}" for host in self._hosts())

    def _dressed(self, headers: Headers, send: Send) -> Send:
        """`send` with the security headers."""

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                out = MutableHeaders(scope=message)
                for name, value in self._headers(headers.get("host", "")).items():
                    out.setdefault(name, value)
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


async def _refuse(response: Response, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await WebSocket(scope, receive, send).close(code=1008)
        return
    await response(scope, receive, send)
