"""reactions.add, remove and get.

The rule it protects: one person gives one reaction once. Only messages can be reacted to.
"""

from __future__ import annotations

import re

from bullpen_workspace.errors import SlackError
from bullpen_workspace.types import Json, Message
from bullpen_workspace.web_api.table import Call, Method
from bullpen_workspace.wire import message_json

_NAME = re.compile(r"[a-z0-9_+\-']+(::skin-tone-[2-6])?")


def add(call: Call) -> Json:
    message, name = _item(call), _name(call)
    if not call.rooms.messages.react(message.channel, message.ts, name, call.caller.user):
        raise SlackError("already_reacted")
    return {}


def remove(call: Call) -> Json:
    message, name = _item(call), _name(call)
    if not call.rooms.messages.unreact(message.channel, message.ts, name, call.caller.user):
        raise SlackError("no_reaction")
    return {}


def get(call: Call) -> Json:
    message = _item(call)
    shape = message_json(call.office, message)
    return {"type": "message", "channel": message.channel, "message": shape}


def _item(call: Call) -> Message:
    if "channel" not in call.args or "timestamp" not in call.args:
        raise SlackError("no_item_specified")
    channel = call.channel(member=False)
    return call.message(channel, call.args.text("timestamp"))


def _name(call: Call) -> str:
    name = call.args.text("name").strip(":")
    if not _NAME.fullmatch(name):
        raise SlackError("invalid_name")
    return name


METHODS = (
    Method(
        name="reactions.add",
        handler=add,
        scopes=("reactions:write",),
        needs=("name",),
        missing={"name": "invalid_name"},
    ),
    Method(
        name="reactions.remove",
        handler=remove,
        scopes=("reactions:write",),
        tier="t2",
        needs=("name",),
        missing={"name": "invalid_name"},
    ),
    Method(name="reactions.get", handler=get, scopes=("reactions:read",)),
)
