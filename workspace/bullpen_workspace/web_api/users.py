"""users.*: who is here and where they are.

The rule it protects: people and bots are listed alike, told apart by is_bot. It changes nobody.
"""

from __future__ import annotations

from bullpen_workspace.errors import SlackError
from bullpen_workspace.types import Json
from bullpen_workspace.web_api.conversations import page_of_channels
from bullpen_workspace.web_api.paging import page
from bullpen_workspace.web_api.table import READ, Call, Method
from bullpen_workspace.wire import user_json


def info(call: Call) -> Json:
    user = call.rooms.people.get(call.args.text("user"))
    if user is None:
        raise SlackError("user_not_found")
    return {"user": user_json(call.office, user)}


def list_(call: Call) -> Json:
    part, more = page(call, call.rooms.people.all(), default=1000)
    members = [user_json(call.office, user) for user in part]
    return {"members": members, "cache_ts": int(call.office.now()), **more}


def conversations(call: Call) -> Json:
    """The places of a user; of somebody else only those that the caller may see."""
    user = call.args.text("user", call.caller.user)
    if call.rooms.people.get(user) is None:
        raise SlackError("invalid_arguments")
    places = [
        channel
        for channel in call.rooms.channels.of(user)
        if channel.kind == "public" or call.caller.user in channel.members
    ]
    return page_of_channels(call, places)


def lookup_by_email(call: Call) -> Json:
    user = call.rooms.people.by_email(call.args.text("email"))
    if user is None:
        raise SlackError("users_not_found")
    return {"user": user_json(call.office, user)}


def profile(call: Call) -> Json:
    user = call.rooms.people.get(call.args.text("user", call.caller.user))
    if user is None:
        raise SlackError("user_not_found")
    return {"profile": user_json(call.office, user)["profile"]}


def groups(_: Call) -> Json:
    """The workspace has no user groups."""
    return {"usergroups": []}


def group_members(_: Call) -> Json:
    """As there are no user groups, none has members."""
    raise SlackError("no_such_subteam")


METHODS = (
    Method(
        name="usergroups.users.list",
        handler=group_members,
        scopes=("usergroups:read",),
        tier="t2",
        needs=("usergroup",),
    ),
    Method(name="users.profile.get", handler=profile, scopes=("users.profile:read",), tier="t4"),
    Method(name="usergroups.list", handler=groups, scopes=("usergroups:read",), tier="t2"),
    Method(name="users.info", handler=info, scopes=("users:read",), tier="t4", needs=("user",)),
    Method(name="users.list", handler=list_, scopes=("users:read",), tier="t2"),
    Method(name="users.conversations", handler=conversations, scopes=READ),
    Method(
        name="users.lookupByEmail",
        handler=lookup_by_email,
        scopes=("users:read.email",),
        needs=("email",),
    ),
)
