"""conversations.*: places, who is in them and what was said there.

The rule it protects: nobody reads a place they are not in. Names and members are stored by
`channels.py`; reading order and cursors are Slack's: history newest first, replies oldest first.
"""

from __future__ import annotations

import re

from bullpen_workspace.errors import SlackError
from bullpen_workspace.types import Channel, ChannelKind, Json
from bullpen_workspace.web_api.paging import limit, page, read_cursor, write_cursor
from bullpen_workspace.web_api.table import HISTORY, MANAGE, READ, Call, Method
from bullpen_workspace.web_api.upkeep import active, check_name, shape
from bullpen_workspace.wire import channel_json, message_json

_TYPES: dict[str, ChannelKind] = {
    "public_channel": "public",
    "private_channel": "private",
    "im": "im",
    "mpim": "mpim",
}
_TS = re.compile(r"\d{1,12}(\.\d{1,9})?")
NAMELESS = {"name": "invalid_name_required", "": "missing_argument"}
INVITE = (
    *("channels:manage", "channels:write.invites", "groups:write", "groups:write.invites"),
    *("im:write", "mpim:write"),
)
OPEN = ("channels:manage", "groups:write", "im:write", "mpim:write")


def list_(call: Call) -> Json:
    """Every public channel, and the other places the caller is in, of the wanted types."""
    mine = {channel.id for channel in call.rooms.channels.of(call.caller.user)}
    seen = [
        channel
        for channel in call.rooms.channels.all()
        if channel.kind == "public" or channel.id in mine
    ]
    return page_of_channels(call, seen)


def page_of_channels(call: Call, channels: list[Channel]) -> Json:
    """The channels that match `types` and `exclude_archived`, by cursor."""
    wanted = call.args.listed("types") or ("public_channel",)
    if any(kind not in _TYPES for kind in wanted):
        raise SlackError("invalid_types")
    kinds: set[ChannelKind] = {_TYPES[kind] for kind in wanted}
    for kind in kinds:
        call.require_scope_for(kind)
    open_only = call.args.flag("exclude_archived")
    found = [
        channel
        for channel in channels
        if channel.kind in kinds and not (open_only and channel.archived)
    ]
    part, more = page(call, found)
    shapes = [channel_json(call.office, channel, viewer=call.caller.user) for channel in part]
    return {"channels": shapes, **more}


def info(call: Call) -> Json:
    channel = call.channel()
    shown = shape(call, channel.id)
    if call.caller.user in channel.members:
        shown["last_read"] = call.rooms.channels.last_read(call.caller.user, channel.id)
    return {"channel": shown}


def history(call: Call) -> Json:
    channel = call.channel(member=True)
    size = limit(call, default=100)
    after, before = _bounds(call)
    before = read_cursor(call, "before") or before
    messages = call.rooms.messages.timeline(channel.id, before=before, after=after, limit=size + 1)
    has_more = len(messages) > size
    messages = messages[-size:]
    cursor = write_cursor("before", messages[0].ts) if has_more else ""
    metadata = call.args.flag("include_all_metadata")
    return {
        "messages": [
            message_json(call.office, message, metadata=metadata) for message in reversed(messages)
        ],
        "has_more": has_more,
        "pin_count": len(call.rooms.pinboard.pins(channel.id)),
        "channel_actions_ts": None,
        "channel_actions_count": 0,
        "response_metadata": {"next_cursor": cursor},
    }


def replies(call: Call) -> Json:
    channel = call.channel(member=True)
    asked = call.rooms.messages.get(channel.id, call.args.text("ts"))
    if asked is None or asked.visible_to:
        raise SlackError("thread_not_found")
    root_ts = asked.thread_ts or asked.ts
    size = limit(call, default=1000)
    after, before = _bounds(call)
    after = read_cursor(call, "after") or after
    thread = call.rooms.messages.thread(channel.id, root_ts)
    # Slack always shows the root first, whatever the bounds; a further page leaves it out.
    root = [message for message in thread if message.ts == root_ts and "cursor" not in call.args]
    rest = [
        message
        for message in thread
        if message.ts != root_ts and (after or "0") < message.ts < (before or "9")
    ]
    room = max(size - len(root), 1)
    has_more = len(rest) > room
    shown = [*root, *rest[:room]]
    cursor = write_cursor("after", shown[-1].ts) if has_more else ""
    metadata = call.args.flag("include_all_metadata")
    return {
        "messages": [message_json(call.office, message, metadata=metadata) for message in shown],
        "has_more": has_more,
        "response_metadata": {"next_cursor": cursor},
    }


def members(call: Call) -> Json:
    part, more = page(call, call.channel().members)
    return {"members": list(part), **more}


def open_(call: Call) -> Json:
    if "channel" in call.args:
        channel = call.channel()
        if channel.kind not in ("im", "mpim"):
            raise SlackError("method_not_supported_for_channel_type")
        known = True
    else:
        users = call.args.listed("users")
        if not users:
            raise SlackError("users_list_not_supplied")
        if len(users) > 8:
            raise SlackError("too_many_users")
        if any(call.rooms.people.get(user) is None for user in users):
            raise SlackError("user_not_found")
        before = {channel.id for channel in call.rooms.channels.of(call.caller.user)}
        channel = call.rooms.channels.direct(users, creator=call.caller.user)
        known = channel.id in before
    whole = call.args.flag("return_im")
    shown = shape(call, channel.id) if whole else {"id": channel.id}
    return {"channel": shown, "no_op": known, "already_open": known}


def close(call: Call) -> Json:
    """A direct message is put away. It comes back by itself with the next message, so it stays."""
    channel = call.channel()
    if channel.name:
        raise SlackError("method_not_supported_for_channel_type")
    return {"no_op": True, "already_closed": True}


def join(call: Call) -> Json:
    channel = call.channel()
    if channel.kind != "public":
        raise SlackError("method_not_supported_for_channel_type")
    if channel.archived:
        raise SlackError("is_archived")
    answer: Json = {}
    if not call.rooms.channels.join(channel.id, call.caller.user):
        answer = {
            "warning": "already_in_channel",
            "response_metadata": {"warnings": ["already_in_channel"]},
        }
    return {"channel": shape(call, channel.id), **answer}


def create(call: Call) -> Json:
    name = check_name(call, call.args.text("name"))
    channel = call.rooms.channels.create(
        name,
        creator=call.caller.user,
        kind="private" if call.args.flag("is_private") else "public",
    )
    return {"channel": shape(call, channel.id)}


def invite(call: Call) -> Json:
    channel = active(call)
    users = call.args.listed("users")
    if call.caller.user in users:
        raise SlackError("cant_invite_self")
    if any(call.rooms.people.get(user) is None for user in users):
        raise SlackError("user_not_found")
    if all(user in channel.members for user in users):
        raise SlackError("already_in_channel")
    with call.rooms.transaction():
        for user in users:
            call.rooms.channels.join(channel.id, user, inviter=call.caller.user)
    return {"channel": shape(call, channel.id)}


def leave(call: Call) -> Json:
    channel = call.channel()
    if channel.kind in ("im", "mpim"):
        raise SlackError("method_not_supported_for_channel_type")
    left = call.rooms.channels.leave(channel.id, call.caller.user)
    return {} if left else {"not_in_channel": True}


def mark(call: Call) -> Json:
    channel = call.channel(member=True)
    ts = call.args.text("ts")
    if not _TS.fullmatch(ts):
        raise SlackError("invalid_timestamp")
    call.rooms.channels.mark_read(call.caller.user, channel.id, ts)
    return {}


def _bounds(call: Call) -> tuple[str, str]:
    """Exclusive bounds (after, before) of `oldest` and `latest`, widened when `inclusive`."""
    oldest, latest = call.args.text("oldest"), call.args.text("latest")
    if oldest and not _TS.fullmatch(oldest):
        raise SlackError("invalid_ts_oldest")
    if latest and latest != "now" and not _TS.fullmatch(latest):
        raise SlackError("invalid_ts_latest")
    step = 1 if call.args.flag("inclusive") else 0
    after = _shift(oldest, -step) if oldest else ""
    before = _shift(latest, step) if latest and latest != "now" else ""
    return after, before


def _shift(ts: str, microseconds: int) -> str:
    """A ts with all its digits, moved; ts compare as text only when they are equally long."""
    seconds, _, fraction = ts.partition(".")
    total = int(seconds) * 1_000_000 + int((fraction + "000000")[:6]) + microseconds
    total = max(total, 0)
    return f"{total // 1_000_000:010d}.{total % 1_000_000:06d}"


METHODS = (
    Method(name="conversations.list", handler=list_, scopes=READ, tier="t2"),
    Method(name="conversations.info", handler=info, scopes=READ, needs=("channel",)),
    Method(name="conversations.history", handler=history, scopes=HISTORY, needs=("channel",)),
    Method(name="conversations.replies", handler=replies, scopes=HISTORY, needs=("channel", "ts")),
    Method(
        name="conversations.members", handler=members, scopes=READ, tier="t4", needs=("channel",)
    ),
    Method(
        name="conversations.open",
        handler=open_,
        scopes=OPEN,
    ),
    Method(name="conversations.close", handler=close, scopes=OPEN, tier="t2", needs=("channel",)),
    Method(name="conversations.join", handler=join, scopes=("channels:join",), needs=("channel",)),
    Method(
        name="conversations.create",
        handler=create,
        scopes=MANAGE,
        tier="t2",
        needs=("name",),
        missing=NAMELESS,
    ),
    Method(
        name="conversations.invite",
        handler=invite,
        scopes=INVITE,
        needs=("channel", "users"),
        missing={"users": "no_user"},
    ),
    Method(name="conversations.leave", handler=leave, scopes=MANAGE, needs=("channel",)),
    Method(name="conversations.mark", handler=mark, scopes=MANAGE, needs=("channel", "ts")),
)
