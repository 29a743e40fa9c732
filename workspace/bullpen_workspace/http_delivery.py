"""Delivery over HTTP, for apps that have a request URL instead of Socket Mode.

The rule it protects: every request is signed (v0 HMAC) and waits as long as Slack would; a 200 is
the acknowledgement, and a retry says its number and the reason. An address gets events only after
it has answered url_verification. Queueing and retrying are `delivery.py`'s: to the courier this is
one more socket.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import urlencode

import aiohttp

from bullpen_workspace.delivery import Courier
from bullpen_workspace.types import App, Json

_JSON = "application/json"
_FORM = "application/x-www-form-urlencoded"


class Endpoint:
    """The request URLs of one app, as a socket of the courier's."""

    def __init__(self, app: App, courier: Courier, *, seconds: float) -> None:
        self.id = f"http-{app.id}"
        self._app, self._courier = app, courier
        self._timeout = aiohttp.ClientTimeout(total=seconds)
        self._http: aiohttp.ClientSession | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._verified = False
        self._reasons: dict[str, str] = {}

    async def send(self, text: str) -> None:
        """Send an envelope in the background; its acknowledgement goes to the courier."""
        task = asyncio.create_task(self._deliver(json.loads(text)))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._http is not None:
            await self._http.close()
            self._http = None

    async def _deliver(self, envelope: Json) -> None:
        envelope_id = str(envelope["envelope_id"])
        kind, body = _body(envelope)
        headers = {"Content-Type": kind, **self._retry_headers(envelope)}
        try:
            if envelope["type"] == "events_api" and not await self._is_verified():
                self._reasons[envelope_id] = "http_error"
                return
            status, answer, told = await self._post(self._address(envelope), body, headers)
        except TimeoutError:
            self._reasons[envelope_id] = "http_timeout"
            return
        except aiohttp.ClientError:
            self._reasons[envelope_id] = "connection_failed"
            return
        if status == 200 or told.get("X-Slack-No-Retry") == "1":
            self._reasons.pop(envelope_id, None)
            self._courier.acknowledge(envelope_id, _payload(answer))
            return
        self._reasons[envelope_id] = "http_error"

    async def _is_verified(self) -> bool:
        if not self._verified:
            challenge = secrets.token_urlsafe(24)
            asked = {"type": "url_verification", "token": "", "challenge": challenge}
            headers = {"Content-Type": _JSON}
            address = self._app.settings.request_url
            status, answer, _ = await self._post(address, json.dumps(asked), headers)
            given = _payload(answer).get("challenge", answer.strip())
            self._verified = status == 200 and given == challenge
        return self._verified

    async def _post(
        self, address: str, body: str, headers: Mapping[str, str]
    ) -> tuple[int, str, Mapping[str, str]]:
        if self._http is None:
            self._http = aiohttp.ClientSession(timeout=self._timeout, trust_env=False)
        signed = {**headers, **sign(self._app.settings.signing_secret, body)}
        async with self._http.post(
            address, data=body.encode(), headers=signed, allow_redirects=False
        ) as response:
            return response.status, await response.text(), response.headers

    def _address(self, envelope: Json) -> str:
        settings, payload = self._app.settings, cast("Json", envelope["payload"])
        if envelope["type"] == "events_api":
            return settings.request_url
        if envelope["type"] == "slash_commands":
            own = [c.url for c in self._app.commands if c.name == payload["command"] and c.url]
            return own[0] if own else settings.interactivity_url
        if payload.get("type") == "block_suggestion":
            return settings.options_url
        return settings.interactivity_url

    def _retry_headers(self, envelope: Json) -> dict[str, str]:
        """A first delivery over HTTP carries no retry headers, unlike one over Socket Mode."""
        number = int(envelope.get("retry_attempt") or 0)
        if not number:
            return {}
        reason = self._reasons.get(str(envelope["envelope_id"]), "http_timeout")
        return {"X-Slack-Retry-Num": str(number), "X-Slack-Retry-Reason": reason}


def sign(secret: str, body: str) -> dict[str, str]:
    """Slack's signature headers of a body, as of now."""
    now = str(int(time.time()))
    digest = hmac.new(secret.encode(), f"v0:{now}:{body}".encode(), hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": now, "X-Slack-Signature": f"v0={digest}"}


def _body(envelope: Json) -> tuple[str, str]:
    payload = envelope["payload"]
    if envelope["type"] == "events_api":
        return _JSON, json.dumps(payload)
    if envelope["type"] == "slash_commands":
        return _FORM, urlencode(payload)
    return _FORM, urlencode({"payload": json.dumps(payload)})


def _payload(answer: str) -> Json:
    """What an answer's body says: JSON, or plain text for a slash command."""
    if not answer.strip():
        return {}
    try:
        value: Any = json.loads(answer)
    except ValueError:
        return {"text": answer}
    return cast("Json", value) if isinstance(value, dict) else {"text": answer}
