"""Events: what changed in the rooms, told to the apps that may know, in Slack's outer shape.

The rule it protects: an event is queued in the same transaction as the change it tells of, and
only for apps whose bot is in the channel. It does not send; `delivery.py` does.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import cast
from urllib.parse import urlsplit

from bullpen_workspace.notices import NOTICES
from bullpen_workspace.office import Office
from bullpen_workspace.subscriptions import event_ts, send_event
from bullpen_workspace.types import App, Change, Json, Message
from bullpen_workspace.wire import CHANNEL_TYPES, channel_json, message_json, view_json

EVENTS = (
    "message",
    "app_mention",
    "app_home_opened",
    "reaction_added",
    "reaction_removed",
    "member_joined_channel",
    "member_left_channel",
    "file_shared",
    "channel_created",
    "channel_rename",
    "channel_archive",
    "channel_unarchive",
    "group_rename",
    "group_archive",
    "group_unarchive",
    "pin_added",
    "pin_removed",
    "link_shared",
    "agent_session_stopped",
    "agent_session_title_changed",
    "app_context_changed",
    "assistant_thread_started",
    "assistant_thread_context_changed",
    "tokens_revoked",
    "app_uninstalled",
)
"""Every event type that the workspace can send."""

_NOT_IN_MENTIONS = ("channel_type", "subtype")
"""What a message event has and Slack leaves out of the app_mention of the same message."""

_LINK = re.compile(r"https?://[^\s<>|]+")


class Announcer:
    """Turns changes into events. `hear` is a listener inside the rooms' transactions."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._tell: dict[str, Callable[[Change], None]] = {
            "message": self._message,
            "message_changed": self._message_changed,
            "message_deleted": self._message_deleted,
            "reaction_added": self._reaction,
            "reaction_removed": self._reaction,
            "member_joined": self._member_joined,
            "member_left": self._member_left,
            "channel_created": self._channel_created,
            "file_shared": self._file_shared,
            "stopped": self._stopped,
            "session_renamed": self._session_renamed,
            "channel_renamed": self._renamed,
            "channel_archived": self._archived,
            "channel_unarchived": self._archived,
            "pinned": self._pinned,
            "unpinned": self._pinned,
        }

    def hear(self, change: Change) -> None:
        tell = self._tell.get(change.kind)
        if tell is not None:
            tell(change)

    # -- messages ------------------------------------------------------------------------

    def _message(self, change: Change) -> None:
        office = self._office
        message = office.rooms.messages.require(change.channel, change.ts)
        shape = message_json(office, message, metadata=True)
        if message.files and not message.subtype:
            shape["subtype"] = "file_share"
        if message.broadcast:
            shape["subtype"] = "thread_broadcast"
            root = office.rooms.messages.get(change.channel, message.thread_ts)
            shape |= {"root": message_json(office, root)} if root else {}
        if key := office.rooms.sent.key_of(change.channel, change.ts):
            shape["client_msg_id"] = key
        event = self._in_channel(change.channel, shape)
        kind = office.rooms.channels.require(change.channel).kind
        for app in self._apps_in(change.channel):
            send_event(office, app, event)
            mentioned = f"<@{app.bot_user}>" in message.text and message.user != app.bot_user
            mentioned = mentioned and message.subtype not in NOTICES
            if mentioned and kind != "im":
                named = {key: event[key] for key in event if key not in _NOT_IN_MENTIONS}
                send_event(office, app, {**named, "type": "app_mention"})
            self._links(app, message)

    def _links(self, app: App, message: Message) -> None:
        """Tell an app of links to the domains that its manifest names."""
        domains = app.settings.unfurl_domains
        found = [
            {"url": url.replace("&amp;", "&"), "domain": domain}
            for url in _LINK.findall(message.text if domains else "")
            for domain in domains
            if f"{urlsplit(url).hostname or ''}".endswith(domain)
        ]
        if found and message.app_id != app.id:
            event: Json = {
                "type": "link_shared",
                "channel": message.channel,
                "user": message.user,
                "message_ts": message.ts,
                "links": found,
                "source": "conversations_history",
                "is_bot_user_member": True,
                "event_ts": event_ts(self._office),
            }
            if message.thread_ts:
                event["thread_ts"] = message.thread_ts
            send_event(self._office, app, event)

    def _message_changed(self, change: Change) -> None:
        if change.detail["stream"]:
            return  # Slack tells nothing while a stream grows, only when it ends.
        office = self._office
        message = office.rooms.messages.require(change.channel, change.ts)
        event = self._in_channel(
            change.channel,
            {
                "type": "message",
                "subtype": "message_changed",
                "hidden": True,
                "ts": message.edited_ts or message.ts,
                "message": message_json(office, message, metadata=True),
                "previous_message": self._previous(change),
            },
        )
        self._send_to_channel(change.channel, event)

    def _message_deleted(self, change: Change) -> None:
        event = self._in_channel(
            change.channel,
            {
                "type": "message",
                "subtype": "message_deleted",
                "hidden": True,
                "ts": event_ts(self._office),
                "deleted_ts": change.ts,
                "previous_message": self._previous(change),
            },
        )
        self._send_to_channel(change.channel, event)

    def _previous(self, change: Change) -> Json:
        return message_json(self._office, cast("Message", change.detail["previous"]))

    # -- the rest ------------------------------------------------------------------------

    def _reaction(self, change: Change) -> None:
        event: Json = {
            "type": change.kind,
            "user": change.user,
            "reaction": change.detail["name"],
            "item": {"type": "message", "channel": change.channel, "ts": change.ts},
            "item_user": change.detail["author"],
            "event_ts": event_ts(self._office),
        }
        self._send_to_channel(change.channel, event)

    def _member_joined(self, change: Change) -> None:
        event = self._membership("member_joined_channel", change)
        if change.detail["inviter"]:
            event["inviter"] = change.detail["inviter"]
        self._send_to_channel(change.channel, event)

    def _member_left(self, change: Change) -> None:
        event = self._membership("member_left_channel", change)
        self._send_to_channel(change.channel, event)

    def _membership(self, type_: str, change: Change) -> Json:
        channel = self._office.rooms.channels.require(change.channel)
        return {
            "type": type_,
            "user": change.user,
            "channel": channel.id,
            "channel_type": "C" if channel.kind == "public" else "G",
            "team": self._office.credentials.team_id,
            "event_ts": event_ts(self._office),
        }

    def _channel_created(self, change: Change) -> None:
        channel = self._office.rooms.channels.require(change.channel)
        if channel.kind != "public":
            return
        event: Json = {
            "type": "channel_created",
            "channel": channel_json(self._office, channel),
            "event_ts": event_ts(self._office),
        }
        for app in self._office.rooms.people.apps():
            send_event(self._office, app, event)

    def _file_shared(self, change: Change) -> None:
        file_id = change.detail["file"]
        event: Json = {
            "type": "file_shared",
            "file_id": file_id,
            "file": {"id": file_id},
            "user_id": change.user,
            "channel_id": change.channel,
            "event_ts": event_ts(self._office),
        }
        self._send_to_channel(change.channel, event)

    def _renamed(self, change: Change) -> None:
        channel = self._office.rooms.channels.require(change.channel)
        shape: Json = {
            "id": channel.id,
            "is_channel": channel.kind == "public",
            "is_mpim": False,
            "name": channel.name,
            "name_normalized": channel.name,
            "created": channel.created,
        }
        prefix = "channel" if channel.kind == "public" else "group"
        now = event_ts(self._office)
        event: Json = {"type": f"{prefix}_rename", "channel": shape, "event_ts": now}
        self._send_to_channel(channel.id, event)

    def _archived(self, change: Change) -> None:
        channel = self._office.rooms.channels.require(change.channel)
        prefix = "channel" if channel.kind == "public" else "group"
        event: Json = {
            "type": f"{prefix}_{change.kind.partition('_')[2].removesuffix('d')}",
            "channel": channel.id,
            "user": change.user,
            "is_moved": 0,
            "event_ts": event_ts(self._office),
        }
        self._send_to_channel(channel.id, event)

    def _pinned(self, change: Change) -> None:
        rooms = self._office.rooms
        message = rooms.messages.require(change.channel, change.ts)
        item: Json = {
            "type": "message",
            "channel": change.channel,
            "created": int(self._office.now()),
            "created_by": change.user,
            "message": message_json(self._office, message),
        }
        event: Json = {
            "type": "pin_added" if change.kind == "pinned" else "pin_removed",
            "user": change.user,
            "channel_id": change.channel,
            "item": item,
            "item_user": message.user,
            "pin_count": len(rooms.pinboard.pins(change.channel)),
            "event_ts": event_ts(self._office),
        }
        self._send_to_channel(change.channel, event)

    def _session_renamed(self, change: Change) -> None:
        app = self._office.rooms.people.app(change.detail["app"])
        if app is None:
            return
        event: Json = {
            "type": "agent_session_title_changed",
            "channel": change.channel,
            "thread_ts": change.thread_ts,
            "user": change.user,
            "title": change.detail["title"],
            "event_ts": event_ts(self._office),
        }
        send_event(self._office, app, event)

    def _stopped(self, change: Change) -> None:
        app = self._office.rooms.people.app(change.detail["app"])
        if app is None:
            return
        event: Json = {
            "type": "agent_session_stopped",
            "channel": change.channel,
            "thread_ts": change.thread_ts,
            "user": change.user,
            "streaming_message_ts": change.detail["streams"],
            "event_ts": event_ts(self._office),
        }
        send_event(self._office, app, event)

    # -- who hears -----------------------------------------------------------------------

    def _in_channel(self, channel_id: str, shape: Json) -> Json:
        channel = self._office.rooms.channels.require(channel_id)
        return {
            **shape,
            "channel": channel_id,
            "channel_type": CHANNEL_TYPES[channel.kind],
            "event_ts": shape["ts"],
        }

    def _apps_in(self, channel_id: str) -> list[App]:
        members = self._office.rooms.channels.require(channel_id).members
        return [app for app in self._office.rooms.people.apps() if app.bot_user in members]

    def _send_to_channel(self, channel_id: str, event: Json) -> None:
        for app in self._apps_in(channel_id):
            send_event(self._office, app, event)


def tell_home_opened(office: Office, app: App, user: str, *, tab: str) -> None:
    """`user` opened the app's "home" or "messages" tab."""
    channel = office.rooms.channels.direct((app.bot_user,), creator=user)
    event: Json = {
        "type": "app_home_opened",
        "user": user,
        "channel": channel.id,
        "tab": tab,
        "event_ts": event_ts(office),
    }
    view = office.rooms.surfaces.home(user, app.id)
    if tab == "home" and view is not None:
        event["view"] = view_json(office, view)
    send_event(office, app, event)
