"""What went to and from the apps: the last envelopes and API calls, as they were on the wire.

The rule it protects: looking changes nothing. It stands around the application, keeps copies in a
bounded ring in memory and hands every byte on at once; what is shown never holds a token or an
address that works as one. It deliberately writes nothing to disk.
"""

from __future__ import annotations

import json
import re
import time
from collections import deque
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import parse_qsl

from starlette.types import ASGIApp, Message, Receive, Scope, Send

KEPT = 400
"""Records in memory; the oldest goes first."""
LONGEST = 32_768
"""Bytes kept of one body."""

_SECRETS = (
    (re.compile(r"\b(xox[a-z]|xapp|xwfp)-[\w.-]+"), r"\1-…"),
    (re.compile(r"(ticket=)[\w-]+"), r"\1…"),
    (re.compile(r"(/(?:actions/T\w+|upload/v1)/)[\w-]+"), r"\1…"),
)

Way = Literal["to the app", "from the app"]


@dataclass(frozen=True, slots=True)
class Record:
    """One frame or call. `number` grows by one; `seconds` is 0 for frames; times are Unix."""

    number: int
    at: float
    way: Way
    name: str
    said: str
    answered: str = ""
    ok: bool = True
    seconds: float = 0.0


class Tape:
    """The ring. Safe to read while it is written, in one event loop."""

    def __init__(self, kept: int = KEPT) -> None:
        self._records: deque[Record] = deque(maxlen=kept)
        self._number = 0

    def keep(self, way: Way, name: str, said: str, **more: Any) -> None:
        """Add a record; `more` are its further fields."""
        self._number += 1
        at = time.time()
        self._records.append(Record(self._number, at, way, name, redacted(said), **more))

    def after(self, number: int) -> list[Record]:
        """The records later than `number`, oldest first."""
        return [record for record in self._records if record.number > number]


class Inspector:
    """ASGI middleware that writes the tape: Socket Mode frames and Web API calls."""

    def __init__(self, app: ASGIApp, *, tape: Tape) -> None:
        self._app, self._tape = app, tape

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket" and scope["path"] == "/link/":
            await self._frames(scope, receive, send)
        elif scope["type"] == "http" and scope["path"].startswith(("/api/", "/actions/")):
            await self._call(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _frames(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def heard() -> Message:
            message = await receive()
            if message["type"] == "websocket.receive":
                text = message.get("text") or ""
                self._tape.keep("from the app", _frame_name(text), text[:LONGEST])
            return message

        async def told(message: Message) -> None:
            if message["type"] == "websocket.send":
                text = message.get("text") or ""
                self._tape.keep("to the app", _frame_name(text), text[:LONGEST])
            await send(message)

        await self._app(scope, heard, told)

    async def _call(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked, answered = bytearray(), bytearray()
        statuses: list[int] = []
        began = time.perf_counter()

        async def heard() -> Message:
            message = await receive()
            asked.extend(message.get("body", b"")[: LONGEST - len(asked)])
            return message

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])
            answered.extend(message.get("body", b"")[: LONGEST - len(answered)])
            await send(message)

        try:
            await self._app(scope, heard, told)
        finally:
            path: str = scope["path"]
            name = path.removeprefix("/api/") if path.startswith("/api/") else "response_url"
            self._tape.keep(
                "from the app",
                name,
                _arguments(scope.get("query_string", b""), bytes(asked)),
                answered=redacted(answered.decode("utf-8", "replace")),
                ok=statuses == [200] and b'"ok":false' not in answered[:200].replace(b" ", b""),
                seconds=time.perf_counter() - began,
            )


def redacted(text: str) -> str:
    """`text` without tokens, tickets and addresses that work as keys."""
    for pattern, shown in _SECRETS:
        text = pattern.sub(shown, text)
    return text


def readable(text: str) -> str:
    """JSON in lines; anything else, and JSON that was cut, as it is."""
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except ValueError:
        return text


def _arguments(query: bytes, body: bytes) -> str:
    """The arguments of a call as JSON, wherever its client put them."""
    found = dict(parse_qsl(query.decode("utf-8", "replace"), keep_blank_values=True))
    text = body.decode("utf-8", "replace")
    if text.lstrip().startswith("{"):
        try:
            found |= json.loads(text)
        except ValueError:
            return text
    elif text:
        found |= dict(parse_qsl(text, keep_blank_values=True))
    return json.dumps({k: v for k, v in found.items() if k != "token"}, ensure_ascii=False)


def _frame_name(text: str) -> str:
    """What a frame is: its event's type, its interaction's type, or an acknowledgement."""
    try:
        frame: Any = json.loads(text)
    except ValueError:
        return "unreadable"
    if not isinstance(frame, dict):
        return "unreadable"
    if "type" not in frame:
        return "ack" if "envelope_id" in frame else "unreadable"
    payload = frame.get("payload")
    inner = payload if isinstance(payload, dict) else {}
    event = inner.get("event")
    kind = (event if isinstance(event, dict) else inner).get("type") or inner.get("command")
    attempt = frame.get("retry_attempt")
    return f"{kind or frame['type']}" + (f" (retry {attempt})" if attempt else "")
