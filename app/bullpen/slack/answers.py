"""What Slack answers and sends along, read with types: bodies, lists, cursors, the message of a shortcut.

The rule it protects: the SDK's untyped responses are cast in one place. It checks no content.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from slack_sdk.web.async_slack_response import AsyncSlackResponse

Json = dict[str, Any]


def answer(response: AsyncSlackResponse) -> Json:
    """The body of a successful response."""
    return cast("Json", response.data)


def items(response: AsyncSlackResponse, name: str) -> list[Json]:
    """A list of the body, such as messages or channels; [] where it is absent."""
    return cast("list[Json]", answer(response).get(name) or [])


def next_cursor(response: AsyncSlackResponse) -> str:
    """Where the next page begins; "" after the last."""
    metadata = cast("Json", answer(response).get("response_metadata") or {})
    return str(metadata.get("next_cursor") or "")


def brought(body: Mapping[str, Any]) -> dict[str, str]:
    """Where the message stands that a message shortcut brought along, and the name it was posted under."""
    message: Mapping[str, Any] = body.get("message") or {}
    channel: Mapping[str, Any] = body.get("channel") or {}
    return {
        "channel": channel.get("id", ""), "ts": message.get("ts", ""),
        "thread_ts": message.get("thread_ts") or message.get("ts", ""),
        "who": message.get("username", ""),
    }  # fmt: skip
