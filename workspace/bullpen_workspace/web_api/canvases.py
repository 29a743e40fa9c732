"""canvases.* and conversations.canvases.create.

The rule it protects: a canvas of a channel is for who is in the channel, one without for who made
it; for all others it does not exist. All changes of one call happen, or none. People read canvases
on the page and do not write them.
"""

from __future__ import annotations

from dataclasses import replace

from bullpen_workspace.canvases import Canvas, Section, sections
from bullpen_workspace.errors import SlackError
from bullpen_workspace.types import Json
from bullpen_workspace.web_api.table import Call, Method

MAX_TEXT = 1_000_000
"""Characters of a canvas; Slack's own limit is not documented."""


def create(call: Call) -> Json:
    markdown = _markdown(call.args.object("document_content"), "canvas_creation_failed")
    channel = call.channel("channel_id", member=True).id if "channel_id" in call.args else ""
    title = call.args.text("title") or "Untitled"
    made = call.rooms.canvases.create(title, markdown, user=call.caller.user, channel=channel)
    return {"canvas_id": made.id}


def create_for_channel(call: Call) -> Json:
    """The canvas that a channel has as a tab of its own; there is one."""
    channel = call.channel("channel_id", member=True)
    markdown = _markdown(call.args.object("document_content"), "canvas_creation_failed")
    if any(canvas.tab for canvas in call.rooms.canvases.of(channel.id)):
        raise SlackError("channel_canvas_already_exists")
    title = call.args.text("title") or channel.name or "Canvas"
    made = call.rooms.canvases.create(
        title, markdown, user=call.caller.user, channel=channel.id, tab=True
    )
    return {"canvas_id": made.id}


def edit(call: Call) -> Json:
    canvas = _canvas(call)
    changes = call.args.objects("changes")
    if not changes:
        raise SlackError("invalid_arguments")
    for change in changes:
        canvas = _changed(canvas, change)
    if len(canvas.markdown) > MAX_TEXT:
        raise SlackError("canvas_too_large")
    call.rooms.canvases.put(canvas)
    return {}


def _changed(canvas: Canvas, change: Json) -> Canvas:
    """One change applied. Raises SlackError canvas_editing_failed when it makes no sense."""
    operation = change.get("operation")
    if operation == "rename":
        title = _markdown(change.get("title_content"), "canvas_editing_failed").strip()
        return replace(canvas, title=title or canvas.title)
    have, wanted = canvas.sections, change.get("section_id")
    at = next((i for i, section in enumerate(have) if section.id == wanted), -1)
    if at < 0 and (wanted or operation in ("insert_after", "insert_before", "delete")):
        raise SlackError("canvas_editing_failed")
    new: tuple[Section, ...] = ()
    if operation != "delete":
        new = sections(_markdown(change.get("document_content"), "canvas_editing_failed"))
    whole = at < 0
    made = {
        "insert_at_start": (*new, *have),
        "insert_at_end": (*have, *new),
        "insert_after": (*have[: at + 1], *new, *have[at + 1 :]),
        "insert_before": (*have[:at], *new, *have[at:]),
        "replace": new if whole else (*have[:at], *_kept(have[at], new), *have[at + 1 :]),
        "delete": (*have[:at], *have[at + 1 :]),
    }.get(str(operation))
    if made is None:
        raise SlackError("canvas_editing_failed")
    return replace(canvas, sections=made)


def _kept(old: Section, new: tuple[Section, ...]) -> tuple[Section, ...]:
    """What replaces a section goes on under its id."""
    return (replace(new[0], id=old.id), *new[1:]) if new else ()


def look_up(call: Call) -> Json:
    """The ids of the sections that fit all criteria: their types and a text in them."""
    canvas = _canvas(call)
    criteria = call.args.object("criteria") or {}
    kinds, text = criteria.get("section_types") or (), str(criteria.get("contains_text", ""))
    if not kinds and not text:
        raise SlackError("invalid_arguments")
    found = [
        {"id": section.id}
        for section in canvas.sections
        if text.lower() in section.text.lower() and _is_of(section, kinds)
    ]
    return {"sections": found}


def _is_of(section: Section, kinds: object) -> bool:
    """Whether a section is of one of the kinds h1, h2, h3 and any_header; () takes all."""
    if not isinstance(kinds, (list, tuple)) or not kinds:
        return True
    return section.kind in kinds or ("any_header" in kinds and bool(section.kind))


def delete(call: Call) -> Json:
    call.rooms.canvases.delete(_canvas(call))
    return {}


def _canvas(call: Call) -> Canvas:
    canvas = call.rooms.canvases.get(call.args.text("canvas_id"))
    if canvas is None:
        raise SlackError("canvas_not_found")
    inside = call.rooms.channels.is_member(canvas.channel, call.caller.user)
    if not (inside if canvas.channel else canvas.user == call.caller.user):
        raise SlackError("canvas_not_found")
    return canvas


def _markdown(content: object, error: str) -> str:
    """The text of a document_content; "" when there is none."""
    if content is None:
        return ""
    if not isinstance(content, dict) or content.get("type") != "markdown":
        raise SlackError(error)
    text = str(content.get("markdown", ""))
    if len(text) > MAX_TEXT:
        raise SlackError(error)
    return text


_WRITE = ("canvases:write",)
METHODS = (
    Method(name="canvases.create", handler=create, scopes=_WRITE, tier="t2"),
    Method(name="canvases.edit", handler=edit, scopes=_WRITE, needs=("canvas_id", "changes")),
    Method(name="canvases.delete", handler=delete, scopes=_WRITE, needs=("canvas_id",)),
    Method(
        name="canvases.sections.lookup",
        handler=look_up,
        scopes=("canvases:read",),
        needs=("canvas_id", "criteria"),
    ),
    Method(
        name="conversations.canvases.create",
        handler=create_for_channel,
        scopes=_WRITE,
        tier="t2",
        needs=("channel_id",),
    ),
)
