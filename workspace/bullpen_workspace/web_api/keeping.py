"""pins.* and bookmarks.*: what is kept at the head of a channel.

The rule it protects: whoever is in the channel may pin and unpin; a bookmark is a link. Folders
and files as bookmarks are refused as unknown types.
"""

from __future__ import annotations

from dataclasses import replace

from bullpen_workspace.errors import SlackError
from bullpen_workspace.types import Bookmark, Channel, Json, Message
from bullpen_workspace.web_api.table import Call, Method
from bullpen_workspace.wire import bookmark_json, message_json, permalink

MAX_PINS = 100
MAX_BOOKMARKS = 100


def add_pin(call: Call) -> Json:
    channel, message = _item(call)
    if len(call.rooms.pinboard.pins(channel.id)) >= MAX_PINS:
        raise SlackError("too_many_pins")
    if not call.rooms.pinboard.pin(channel.id, message.ts, call.caller.user):
        raise SlackError("already_pinned")
    return {}


def remove_pin(call: Call) -> Json:
    channel, message = _item(call)
    if not call.rooms.pinboard.unpin(channel.id, message.ts, call.caller.user):
        raise SlackError("no_pin")
    return {}


def list_pins(call: Call) -> Json:
    channel = call.channel()
    items: list[Json] = []
    for pin in call.rooms.pinboard.pins(channel.id):
        message = call.rooms.messages.require(channel.id, pin.ts)
        shown = message_json(call.office, message) | {
            "permalink": permalink(call.office, channel.id, message.ts, message.thread_ts)
        }
        items.append(
            {
                "type": "message",
                "channel": channel.id,
                "created": pin.created,
                "created_by": pin.user,
                "message": shown,
            }
        )
    return {"items": items}


def _item(call: Call) -> tuple[Channel, Message]:
    channel = call.channel(member=True)
    if "timestamp" not in call.args:
        raise SlackError("no_item_specified")
    return channel, call.message(channel, call.args.text("timestamp"))


def add_bookmark(call: Call) -> Json:
    channel = call.channel("channel_id")
    if call.args.text("type") != "link":
        raise SlackError("invalid_bookmark_type")
    link = _link(call)
    if len(call.rooms.pinboard.bookmarks(channel.id)) >= MAX_BOOKMARKS:
        raise SlackError("too_many_bookmarks")
    made = call.rooms.pinboard.add_bookmark(
        channel.id,
        title=call.args.text("title"),
        link=link,
        emoji=call.args.text("emoji"),
        app=call.caller.app.id,
    )
    return {"bookmark": bookmark_json(made)}


def edit_bookmark(call: Call) -> Json:
    known = _bookmark(call)
    changed = replace(
        known,
        title=call.args.text("title", known.title),
        link=_link(call) if "link" in call.args else known.link,
        emoji=call.args.text("emoji", known.emoji),
        updated=int(call.office.now()),
    )
    call.rooms.pinboard.put_bookmark(changed)
    return {"bookmark": bookmark_json(changed)}


def remove_bookmark(call: Call) -> Json:
    call.rooms.pinboard.remove_bookmark(_bookmark(call))
    return {}


def list_bookmarks(call: Call) -> Json:
    channel = call.channel("channel_id")
    known = call.rooms.pinboard.bookmarks(channel.id)
    return {"bookmarks": [bookmark_json(bookmark) for bookmark in known]}


def _bookmark(call: Call) -> Bookmark:
    channel = call.channel("channel_id")
    known = call.rooms.pinboard.bookmark(channel.id, call.args.text("bookmark_id"))
    if known is None:
        raise SlackError("not_found")
    return known


def _link(call: Call) -> str:
    link = call.args.text("link")
    if not link.startswith(("https://", "http://")):
        raise SlackError("invalid_link")
    return link


_WRITE = ("bookmarks:write",)
_NO_ITEM = {"channel": "no_item_specified"}

METHODS = (
    Method(
        name="pins.add",
        handler=add_pin,
        needs=("channel",),
        scopes=("pins:write",),
        tier="t2",
        missing=_NO_ITEM,
    ),
    Method(
        name="pins.remove",
        handler=remove_pin,
        needs=("channel",),
        scopes=("pins:write",),
        tier="t2",
        missing=_NO_ITEM,
    ),
    Method(
        name="pins.list", handler=list_pins, needs=("channel",), scopes=("pins:read",), tier="t2"
    ),
    Method(
        name="bookmarks.add",
        handler=add_bookmark,
        needs=("channel_id", "title", "type"),
        scopes=_WRITE,
        tier="t2",
    ),
    Method(
        name="bookmarks.edit",
        handler=edit_bookmark,
        needs=("channel_id", "bookmark_id"),
        scopes=_WRITE,
        tier="t2",
    ),
    Method(
        name="bookmarks.remove",
        handler=remove_bookmark,
        needs=("channel_id", "bookmark_id"),
        scopes=_WRITE,
        tier="t2",
    ),
    Method(
        name="bookmarks.list",
        handler=list_bookmarks,
        needs=("channel_id",),
        scopes=("bookmarks:read",),
    ),
)
