"""The pieces of a streamed message and what they look like together.

The rule it protects: chunks are kept in the order they came, a task is updated in place, and the
message shown is always derived from the pieces. It knows no HTTP; `web_api/streaming.py` does.

A part is one of {"kind": "text", "text"}, {"kind": "task", …the chunk's fields},
{"kind": "plan", "title"} and {"kind": "blocks", "blocks"}.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bullpen_workspace.errors import SlackError
from bullpen_workspace.rooms import Rooms
from bullpen_workspace.types import Json, Message, Stream

TASK_STATUSES = ("pending", "in_progress", "complete", "error")
_STUCK = 3600.0
"""Seconds after which Slack takes a session that still says "processing" for abandoned."""
_TASK_FIELDS = ("id", "title", "status", "details", "output", "sources")


def add_chunks(parts: Sequence[Json], chunks: Sequence[Json]) -> tuple[Json, ...]:
    """The parts with the chunks added. Raises SlackError invalid_chunks."""
    grown = list(parts)
    for chunk in chunks:
        _add(grown, chunk)
    return tuple(grown)


def _add(parts: list[Json], chunk: Json) -> None:
    kind = chunk.get("type")
    if kind == "markdown_text" and isinstance(chunk.get("text"), str):
        _add_text(parts, chunk["text"])
    elif kind == "task_update" and chunk.get("id") and chunk.get("status") in TASK_STATUSES:
        _put_task(parts, chunk)
    elif kind == "plan_update" and isinstance(chunk.get("title"), str):
        _put_plan(parts, chunk["title"])
    elif kind == "blocks" and isinstance(chunk.get("blocks"), list):
        parts.append({"kind": "blocks", "blocks": chunk["blocks"]})
    else:
        raise SlackError(
            "invalid_chunks", response_metadata={"messages": [f"[ERROR] not a chunk: {kind}"]}
        )


def _add_text(parts: list[Json], text: str) -> None:
    if parts and parts[-1]["kind"] == "text":
        parts[-1] = {"kind": "text", "text": parts[-1]["text"] + text}
    elif text:
        parts.append({"kind": "text", "text": text})


def _put_task(parts: list[Json], chunk: Json) -> None:
    fields = {key: chunk[key] for key in _TASK_FIELDS if chunk.get(key) is not None}
    for number, part in enumerate(parts):
        if part["kind"] == "task" and part["id"] == chunk["id"]:
            parts[number] = {**part, **fields}
            return
    parts.append({"kind": "task", "title": "", **fields})


def _put_plan(parts: list[Json], title: str) -> None:
    for part in parts:
        if part["kind"] == "plan":
            part["title"] = title
            return
    parts.insert(0, {"kind": "plan", "title": title})


def text_of(parts: Sequence[Json]) -> str:
    """All Markdown of the stream."""
    return "".join(part["text"] for part in parts if part["kind"] == "text")


def blocks_of(parts: Sequence[Json], mode: str) -> tuple[Json, ...]:
    """The parts as blocks in order; () while there is nothing but text.

    In "plan" mode all tasks are in one plan block, in "timeline" each is where it came.
    """
    if all(part["kind"] == "text" for part in parts):
        return ()
    blocks: list[Json] = []
    tasks = [part for part in parts if part["kind"] == "task"]
    title = next((part["title"] for part in parts if part["kind"] == "plan"), "")
    planned = mode == "plan"
    for part in parts:
        if part["kind"] == "text":
            blocks.append({"type": "markdown", "text": part["text"]})
        elif part["kind"] == "blocks":
            blocks += part["blocks"]
        elif part["kind"] == "task" and mode != "plan":
            blocks.append(task_card(part))
        elif planned:
            cards = [task_card(task) for task in tasks]
            blocks.append({"type": "plan", "title": title, "tasks": cards})
            planned = False
    return tuple(blocks)


def task_card(part: Json) -> Json:
    """A task as Slack's task_card block; details and output become rich text."""
    card: Json = {
        "type": "task_card",
        "task_id": part["id"],
        "title": part["title"],
        "status": part["status"],
    }
    for key in ("details", "output"):
        if part.get(key):
            card[key] = _rich_text(part[key])
    if part.get("sources"):
        card["sources"] = part["sources"]
    return card


def _rich_text(text: Json | str) -> Json:
    if isinstance(text, dict):
        return text
    section: Json = {
        "type": "rich_text_section",
        "elements": [{"type": "text", "text": text}],
    }
    return {"type": "rich_text", "elements": [section]}


def composed(message: Message, stream: Stream) -> Message:
    """The message as the stream's parts now make it."""
    return replace(
        message,
        text=text_of(stream.parts),
        markdown=True,
        blocks=blocks_of(stream.parts, stream.mode),
        streaming=stream.state == "streaming",
    )


def expire_streams(rooms: Rooms, seconds: float | None) -> None:
    """End the streams that are older than `seconds`; their text stays."""
    if seconds is None:
        return
    for stream in rooms.streams.running():
        if rooms.clock() - stream.started > seconds:
            expire_stream(rooms, stream)


def expire_stream(rooms: Rooms, stream: Stream) -> None:
    """End a stream; its text stays."""
    with rooms.transaction():
        rooms.streams.put(replace(stream, state="expired"))
        message = rooms.messages.get(stream.channel, stream.ts)
        if message is not None:
            rooms.messages.change(replace(message, streaming=False), quiet=True)


def expire_statuses(rooms: Rooms, seconds: float) -> None:
    """Clear the status lines that were not renewed for `seconds`, as Slack does."""
    for channel in rooms.channels.all():
        for status in rooms.surfaces.statuses(channel.id):
            age = rooms.clock() - status.updated
            if status.text and age > seconds:
                rooms.surfaces.set_status(replace(status, text="", loading=()))
            elif status.session == "processing" and age > _STUCK:
                rooms.surfaces.set_status(replace(status, session="active"))
