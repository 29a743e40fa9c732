"""conversations.*: topic, purpose, name, archive, and who is sent away.

The rule it protects: only members care for a channel, an archived one rests, and a name belongs
to one channel. Reading and joining are in `conversations.py`.
"""

from __future__ import annotations

import re

from bullpen_workspace.errors import SlackError
from bullpen_workspace.types import Channel, Json
from bullpen_workspace.web_api.table import MANAGE, Call, Method
from bullpen_workspace.wire import channel_json

_NAME = re.compile(r"[a-z0-9_\-]+")
_SAID = re.compile(r"[a-z0-9]")
MAX_NAME = 80
MAX_TOPIC = 250
NAMELESS = {"name": "invalid_name_required"}
TOPIC = (
    *("channels:manage", "channels:write.topic", "groups:write", "groups:write.topic"),
    *("im:write", "im:write.topic", "mpim:write", "mpim:write.topic"),
)


def check_name(call: Call, name: str) -> str:
    """A free channel name. Raises SlackError invalid_name_… or name_taken."""
    name = name.lstrip("#")
    if len(name) > MAX_NAME:
        raise SlackError("invalid_name_maxlength")
    if not _NAME.fullmatch(name):
        raise SlackError("invalid_name_specials")
    if not _SAID.search(name):
        raise SlackError("invalid_name_punctuation")
    if call.rooms.channels.by_name(name) is not None:
        raise SlackError("name_taken")
    return name


def active(call: Call) -> Channel:
    """The call's channel, one the caller is in. Raises SlackError is_archived for one at rest."""
    channel = call.channel(member=True)
    if channel.archived:
        raise SlackError("is_archived")
    return channel


def shape(call: Call, channel_id: str) -> Json:
    channel = call.rooms.channels.require(channel_id)
    return channel_json(call.office, channel, viewer=call.caller.user)


def set_topic(call: Call) -> Json:
    channel = active(call)
    if len(call.args.text("topic")) > MAX_TOPIC:
        raise SlackError("too_long")
    call.rooms.channels.describe(channel.id, user=call.caller.user, topic=call.args.text("topic"))
    return {"channel": shape(call, channel.id)}


def set_purpose(call: Call) -> Json:
    channel = active(call)
    if len(call.args.text("purpose")) > MAX_TOPIC:
        raise SlackError("too_long")
    call.rooms.channels.describe(
        channel.id, user=call.caller.user, purpose=call.args.text("purpose")
    )
    return {"channel": shape(call, channel.id), "purpose": call.args.text("purpose")}


def rename(call: Call) -> Json:
    channel = _named(active(call))
    name = check_name(call, call.args.text("name"))
    call.rooms.channels.rename(channel.id, name, user=call.caller.user)
    return {"channel": shape(call, channel.id)}


def archive(call: Call) -> Json:
    channel = _named(call.channel(member=True))
    if channel.archived:
        raise SlackError("already_archived")
    call.rooms.channels.archive(channel.id, user=call.caller.user)
    return {}


def unarchive(call: Call) -> Json:
    channel = _named(call.channel())
    if not channel.archived:
        raise SlackError("not_archived")
    call.rooms.channels.archive(channel.id, user=call.caller.user, archived=False)
    return {}


def kick(call: Call) -> Json:
    channel = _named(call.channel(member=True))
    user = call.args.text("user")
    if user == call.caller.user:
        raise SlackError("cant_kick_self")
    if call.rooms.people.get(user) is None:
        raise SlackError("user_not_found")
    if not call.rooms.channels.leave(channel.id, user):
        raise SlackError("not_in_channel")
    return {}


def _named(channel: Channel) -> Channel:
    if channel.kind in ("im", "mpim"):
        raise SlackError("method_not_supported_for_channel_type")
    return channel


METHODS = (
    Method(
        name="conversations.setTopic",
        handler=set_topic,
        scopes=TOPIC,
        tier="t2",
        needs=("channel", "topic"),
    ),
    Method(
        name="conversations.setPurpose",
        handler=set_purpose,
        scopes=TOPIC,
        tier="t2",
        needs=("channel", "purpose"),
    ),
    Method(
        name="conversations.rename",
        handler=rename,
        scopes=MANAGE,
        tier="t2",
        needs=("channel", "name"),
        missing=NAMELESS,
    ),
    Method(
        name="conversations.archive",
        handler=archive,
        scopes=MANAGE,
        tier="t2",
        needs=("channel",),
    ),
    Method(
        name="conversations.unarchive",
        handler=unarchive,
        scopes=MANAGE,
        tier="t2",
        needs=("channel",),
    ),
    Method(
        name="conversations.kick",
        handler=kick,
        scopes=("channels:manage", "groups:write"),
        needs=("channel", "user"),
    ),
)
