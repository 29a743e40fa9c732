"""The arguments of a Web API call, however the client chose to send them.

The rule it protects: query, form and JSON mean the same to a handler, an empty body is no error
whatever its content type says, and JSON inside a form field is read as JSON. A token is taken
from the body, never from the query. It does not know which arguments a method has.
"""

from __future__ import annotations

import base64
import json
from typing import Any, cast
from urllib.parse import parse_qsl

from starlette.requests import Request

from bullpen_workspace.errors import SlackError
from bullpen_workspace.types import Json

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off", ""}


class Arguments:
    """Typed reading of raw arguments. A missing or null argument reads as its default."""

    def __init__(self, raw: Json) -> None:
        self.raw: Json = {key: value for key, value in raw.items() if value is not None}

    def __contains__(self, name: str) -> bool:
        return name in self.raw and self.raw[name] != ""

    def text(self, name: str, default: str = "") -> str:
        value = self.raw.get(name, default)
        if isinstance(value, bool):
            return "true" if value else "false"
        return value if isinstance(value, str) else str(value)

    def flag(self, name: str, default: bool = False) -> bool:
        """Slack's clients send 0/1, true/false or a JSON boolean."""
        value = self.raw.get(name, default)
        if isinstance(value, bool):
            return value
        word = str(value).strip().lower()
        if word in _TRUE:
            return True
        if word in _FALSE:
            return False
        raise SlackError("invalid_arguments", **_explain(f"{name} must be a boolean"))

    def number(self, name: str, default: int) -> int:
        value = self.raw.get(name, default)
        try:
            return int(value)
        except (TypeError, ValueError):
            raise SlackError(
                "invalid_arguments", **_explain(f"{name} must be an integer")
            ) from None

    def listed(self, name: str) -> tuple[str, ...]:
        """A list of words: a JSON array, or a string with commas."""
        value = self.raw.get(name, "")
        if isinstance(value, str) and value.startswith("["):
            value = _decode(value, name)
        if isinstance(value, list):
            return tuple(str(item).strip() for item in cast("list[object]", value))
        return tuple(part.strip() for part in str(value).split(",") if part.strip())

    def objects(self, name: str, *, error: str = "invalid_arguments") -> tuple[Json, ...]:
        """A list of JSON objects, given as such or as a string of JSON."""
        value = self.raw.get(name)
        if value is None or value == "":
            return ()
        value = _decode(value, name, error) if isinstance(value, str) else value
        if not isinstance(value, list):
            raise SlackError(error, **_explain(f"{name} must be an array"))
        items = cast("list[object]", value)
        if not all(isinstance(item, dict) for item in items):
            raise SlackError(error, **_explain(f"{name} must hold objects"))
        return tuple(cast("list[Json]", items))

    def object(self, name: str, *, error: str = "invalid_arguments") -> Json | None:
        """A JSON object, given as such or as a string of JSON; None when absent."""
        value = self.raw.get(name)
        if value is None or value == "":
            return None
        value = _decode(value, name, error) if isinstance(value, str) else value
        if not isinstance(value, dict):
            raise SlackError(error, **_explain(f"{name} must be an object"))
        return cast("Json", value)


async def read_arguments(request: Request) -> Arguments:
    """All arguments of a call; the body wins over the query. Raises SlackError."""
    raw: Json = dict(request.query_params)
    raw.pop("token", None)
    raw |= _basic(request)
    if request.method == "POST":
        raw.update(await _read_body(request))
    return Arguments(raw)


def _basic(request: Request) -> Json:
    """An app's id and secret in a Basic Authorization header, as for oauth.v2.access."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return {}
    try:
        client_id, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except ValueError:
        return {}
    return {"client_id": client_id, "client_secret": secret}


async def _read_body(request: Request) -> Json:
    body = await request.body()
    if not body.strip():
        return {}  # The sync client sends a JSON content type with no body at all.
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind == "application/json":
        return _read_json(body)
    if kind == "multipart/form-data":
        async with request.form() as form:
            return {key: value for key, value in form.multi_items() if isinstance(value, str)}
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True))
    except UnicodeDecodeError:
        raise SlackError("invalid_form_data") from None


def _read_json(body: bytes) -> Json:
    try:
        value: Any = json.loads(body)
    except ValueError:
        raise SlackError("invalid_json") from None
    if not isinstance(value, dict):
        raise SlackError("json_not_object")
    return cast("Json", value)


def _decode(text: str, name: str, error: str = "invalid_arguments") -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise SlackError(error, **_explain(f"{name} is not valid JSON")) from None


def _explain(message: str) -> Json:
    return {"response_metadata": {"messages": [f"[ERROR] {message}"]}}
