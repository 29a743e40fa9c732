"""Cursors: how a long list is read in pages.

The rule it protects: a cursor is opaque and stays valid while items are added at the end. It
does not remember anything on the server.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import TypeVar

from bullpen_workspace.errors import SlackError
from bullpen_workspace.types import Json
from bullpen_workspace.web_api.table import Call

T = TypeVar("T")


def page(call: Call, items: Sequence[T], *, default: int = 100) -> tuple[Sequence[T], Json]:
    """One page of `items` by the call's cursor and limit, and the answer's response_metadata."""
    start = int(read_cursor(call, "offset") or 0)
    size = limit(call, default=default)
    following = start + size
    cursor = write_cursor("offset", str(following)) if following < len(items) else ""
    return items[start:following], {"response_metadata": {"next_cursor": cursor}}


def limit(call: Call, *, default: int) -> int:
    """The page size asked for: at least 1, at most Slack's 999."""
    size = call.args.number("limit", default) or default
    if size < 0:
        raise SlackError("invalid_limit")
    return min(size, 999)


def write_cursor(kind: str, value: str) -> str:
    return base64.b64encode(f"{kind}:{value}".encode()).decode()


def read_cursor(call: Call, kind: str) -> str:
    """What the call's cursor says, "" without one. Raises SlackError invalid_cursor."""
    cursor = call.args.text("cursor")
    if not cursor:
        return ""
    try:
        found, _, value = base64.b64decode(cursor, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise SlackError("invalid_cursor") from None
    if found != kind or not value.replace(".", "").isdigit():
        raise SlackError("invalid_cursor")
    return value
