"""The checks that Slack makes of Block Kit before it takes a message or a view.

The rule it protects: what the workspace accepts, Slack accepts too, within the limits below
(docs.slack.dev, reference/block-kit). It does not check what only changes the look.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from bullpen_workspace.errors import SlackError
from bullpen_workspace.rooms import Rooms
from bullpen_workspace.types import Json

MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100

KNOWN = frozenset(
    {
        *("actions", "alert", "auth_provider", "call", "card", "carousel", "container"),
        *("context", "context_actions", "divider", "file", "header", "image", "input"),
        *("markdown", "plan", "rich_text", "section", "table", "task_card", "video"),
    }
)
"""Block types of Slack at the end of 2026."""

_TEXT_LIMITS = {"section": 3000, "header": 150, "markdown": 12_000}
_ELEMENT_LIMITS = {"actions": 25, "context": 10, "context_actions": 5}


def check_blocks(
    rooms: Rooms, blocks: Sequence[Json], *, most: int = MESSAGE_BLOCKS
) -> tuple[Json, ...]:
    """The blocks with ids filled in. Raises SlackError invalid_blocks with the reasons."""
    problems = (
        [] if len(blocks) <= most else [f"no more than {most} items allowed [json-pointer:/blocks]"]
    )
    for number, block in enumerate(blocks):
        problems += [f"{text} [json-pointer:/blocks/{number}]" for text in _problems(rooms, block)]
    if problems:
        messages = [f"[ERROR] {problem}" for problem in problems]
        raise SlackError("invalid_blocks", response_metadata={"messages": messages})
    return tuple(_with_ids(block) for block in blocks)


def _problems(rooms: Rooms, block: Json) -> list[str]:
    kind = block.get("type")
    if kind not in KNOWN:
        return [f"unsupported type: {kind}"]
    found: list[str] = []
    length = len(_text_of(block))
    limit = _TEXT_LIMITS.get(kind)
    if limit is not None and length > limit:
        found.append(f"must be less than {limit + 1} characters")
    if kind == "section" and not length and not block.get("fields"):
        found.append("section needs text or fields")
    elements = block.get("elements")
    most = _ELEMENT_LIMITS.get(kind)
    if most is not None and (not isinstance(elements, list) or not elements):
        found.append("must provide elements")
    elif most is not None and isinstance(elements, list) and len(elements) > most:
        found.append(f"no more than {most} items allowed")
    if len(str(block.get("block_id", ""))) > 255:
        found.append("block_id must be less than 256 characters")
    if kind == "image":
        found += _image_problems(rooms, block)
    if kind == "table":
        found += _table_problems(block)
    return found


def _text_of(block: Json) -> str:
    text: Any = block.get("text", "")
    if isinstance(text, dict):
        text = text.get("text", "")
    return text if isinstance(text, str) else ""


def _image_problems(rooms: Rooms, block: Json) -> list[str]:
    found = [] if block.get("alt_text") else ["missing required field: alt_text"]
    file = block.get("slack_file")
    if file is None:
        return found if block.get("image_url") else [*found, "must define an image"]
    file_id = _file_id(file)
    stored = rooms.files.get(file_id) if file_id else None
    if stored is None or not stored.ready:
        found.append("invalid slack file")
    return found


def _file_id(file: Any) -> str:
    """The id in {"id": …} or {"url": …/files-pri/T…/F…/name}."""
    if not isinstance(file, dict):
        return ""
    if isinstance(file.get("id"), str):
        return file["id"]
    parts = str(file.get("url", "")).split("/")
    return next((part for part in parts if part.startswith("F") and len(part) == 11), "")


def _table_problems(block: Json) -> list[str]:
    rows: Any = block.get("rows")
    if not isinstance(rows, list) or not rows:
        return ["missing required field: rows"]
    if len(rows) > 100 or any(isinstance(row, list) and len(row) > 20 for row in rows):
        return ["a table has at most 100 rows of 20 cells"]
    return []


def _with_ids(block: Json) -> Json:
    """The block with a block_id, and its elements with action_ids, as Slack adds them."""
    block = {**block, "block_id": block.get("block_id") or secrets.token_urlsafe(4)}
    elements = block.get("elements")
    if block["type"] == "actions" and isinstance(elements, list):
        block["elements"] = [
            {**element, "action_id": element.get("action_id") or secrets.token_urlsafe(4)}
            for element in elements
            if isinstance(element, dict)
        ]
    return block
